"""The lake: the tables of a workspace on disk, written by any number of processes, one at a time for each table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from deltalake.exceptions import CommitFailedError

from heedful.errors import LakeError, UnknownNameError
from heedful.streams import deletion, erasure, upkeep
from heedful.streams.faults import explained
from heedful.streams.history import write_versions
from heedful.streams.locks import table_lock
from heedful.streams.schema import CUSTOMERS, TABLES
from heedful.streams.scratch import ReaderFault, Rows, scratch
from heedful.streams.tables import Opened, Place, commit, create, grown, open_table
from heedful.streams.upsert import stage, upsert

LOCKS = ".locks"
_OTHERWISE = "write_history (customers) or replace (derived tables)"


@dataclass(frozen=True, slots=True)
class TableFiles:
    """A table at one version: the Parquet files that hold it, and the columns that the workspace declares for it.

    A column of `schema` may be absent from every file (newly declared) and is null then. `version` is -1 and `uris`
    is empty where nothing was written yet.
    """

    name: str
    version: int
    uris: tuple[str, ...]
    schema: pa.Schema


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the rows handed over, which add up to all of them; `version` is the table's afterwards."""

    new: int
    changed: int
    unchanged: int
    version: int


class Lake:
    """The tables below the folder `root`, which is made when first written to.

    `attributes` are the further columns of `customers`. A writer waits `lock_timeout_s` seconds for another one.
    Every method may raise `LakeError`; those that write raise `LakeBusyError` while another process holds the table.
    """

    def __init__(
        self, root: Path, *, attributes: Mapping[str, pa.DataType] | None = None, lock_timeout_s: float = 60
    ) -> None:
        self.root = root.absolute()
        self.lock_timeout_s = lock_timeout_s
        self._places = {
            name: Place(table, self.root / name, table.arrow_schema(attributes if table.open_ended else None))
            for name, table in TABLES.items()
        }

    def snapshot(self, names: Iterable[str] | None = None) -> Mapping[str, TableFiles]:
        """Every declared table, or those named, as it is now; also those in which nothing was written yet.

        Each table is whole at its version. The files stay for the retention of `compact`, unless `erase` takes them.
        """
        return {name: self._files(self._place(name)) for name in (self._places if names is None else names)}

    def append(self, name: str, rows: Rows, *, source: str, sequence: int, now: datetime | None = None) -> bool:
        """Add `rows`, delivered by `source` as its number `sequence`, exactly once; False where they are there already.

        Sequences of a source rise. Keys are not compared with those stored: that is what `upsert` does. `now` is
        written as `ingested_at`. Raises `LakeSchemaError` for rows that do not fit.
        """
        self._expect(name, "stream", "fact", instead=_OTHERWISE)
        with self._writing(name) as opened, scratch(self.root, name) as corner:
            if _is_delivered(opened, source, sequence):
                return False
            with explained(opened.place.folder):
                parts = stage(opened, rows, corner, now=now or datetime.now(UTC))
                try:
                    commit(opened, parts, delivery=(source, sequence))
                except CommitFailedError:
                    again = open_table(opened.place)
                    if again is None or not _is_delivered(again, source, sequence):
                        raise
                    return False
            return True

    def upsert(self, name: str, rows: Rows, *, now: datetime) -> Written:
        """Bring `rows` into a stream or a table of facts, by the table's key, in one commit.

        Known keys whose content changed replace the stored row, with the next `revision` and `now` as `ingested_at`;
        unchanged ones are left alone. Raises `LakeSchemaError` for rows that do not fit, or a key that stands twice.
        """
        self._expect(name, "stream", "fact", instead=_OTHERWISE)
        with self._writing(name) as opened, scratch(self.root, name) as corner, explained(opened.place.folder):
            counts = upsert(opened, rows, corner, now=now)
            return self._written(opened.place, counts.new, counts.changed, counts.unchanged)

    def write_history(self, rows: Rows, *, now: datetime) -> Written:
        """Bring customers in, keeping what was known before; `heedful.streams.history` says how.

        `new` counts rows of customers not seen before, `changed` those that opened or corrected a version of a known
        one. Raises `LakeSchemaError` for rows that do not fit, or a customer who stands twice at the same instant.
        """
        name = CUSTOMERS.name
        with self._writing(name) as opened, scratch(self.root, name) as corner, explained(opened.place.folder):
            counts = write_versions(opened, rows, corner, now=now)
            return self._written(opened.place, counts.new, counts.changed, counts.unchanged)

    def replace(self, name: str, rows: pa.Table) -> int:
        """Make `rows` the whole content of a derived table; how many there are. Raises `LakeSchemaError`."""
        self._expect(name, "derived", instead="upsert")
        with self._writing(name) as opened, scratch(self.root, name) as corner, explained(opened.place.folder):
            commit(opened, stage(opened, rows, corner, now=datetime.now(UTC)), opened.files)
            return int(rows.num_rows)

    def delete(self, name: str, keys: Rows) -> int:
        """Take the rows with `keys` (the columns of the table's key) out of a stream or table of facts; how many went.

        Older versions of the table still hold them, until `compact` finds those too old.
        """
        self._expect(name, "stream", "fact", instead=_OTHERWISE)
        with self._writing(name) as opened, scratch(self.root, name) as corner, explained(opened.place.folder):
            return deletion.delete(opened, keys, corner)

    def retain(self, name: str, keys: Rows, *, source: str, allow: Callable[[int, int], None]) -> int:
        """Take the rows of `source` out of which `keys` does not speak; how many went.

        `allow` is told how many would go and how many there are, and may raise to prevent it.
        """
        self._expect(name, "stream", "fact", instead=_OTHERWISE)
        with self._writing(name) as opened, scratch(self.root, name) as corner, explained(opened.place.folder):
            return deletion.retain(opened, keys, corner, source=source, allow=allow)

    def versions(self, names: Iterable[str]) -> Mapping[str, tuple[str, int]]:
        """Which table each of `names` is, by an id that a table made anew does not share, and at which version.

        Those in which nothing was written yet are absent.
        """
        opened = {name: open_table(self._place(name)) for name in names}
        return {name: (str(o.delta.metadata().id), o.version) for name, o in opened.items() if o is not None}

    def erase(self, customers: Iterable[str]) -> Mapping[str, int]:
        """Remove everything of `customers` from all tables, and every trace of it from the disk; rows gone by table.

        Older versions of the tables go with it. A process that dies half-way has erased some tables; run it again.
        """
        ids = sorted(set(customers))
        with ExitStack() as stack:
            for name in sorted(self._places):  # always in this order: two erasures never wait for each other
                stack.enter_context(self._lock(name))
            return erasure.erase(self.root, list(self._places.values()), ids)

    def compact(self, *, retention_days: float = 7) -> Mapping[str, int]:
        """Join small files, and delete what no version younger than `retention_days` needs; files saved by table."""
        saved = {}
        for name, place in self._places.items():
            if place.folder.exists():
                with self._lock(name):
                    saved[name] = upkeep.compact(self.root, place, retention_days=retention_days)
        return saved

    def problems(self) -> list[str]:
        """What is wrong with the tables on disk, in sentences that say what to type; empty where all is well."""
        return upkeep.problems(self.root, list(self._places.values()), self.root / LOCKS)

    @contextmanager
    def exclusive(self, work: str) -> Iterator[None]:
        """Hold the lake's lock for `work`, which spans several tables; takes none of their locks."""
        with self._lock(work):
            yield

    @contextmanager
    def _writing(self, name: str) -> Iterator[Opened]:
        place = self._place(name)
        with self._lock(name):
            opened = open_table(place)
            try:
                yield create(place) if opened is None else grown(opened)
            except ReaderFault as fault:
                raise fault.__cause__ or fault from None

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        path = self.root / LOCKS / f"{name}.lock"
        with explained(self.root):
            path.parent.mkdir(parents=True, exist_ok=True)
        with table_lock(path, table=name, timeout_s=self.lock_timeout_s):
            yield

    def _place(self, name: str) -> Place:
        if name not in self._places:
            raise UnknownNameError("table", name, self._places)
        return self._places[name]

    def _expect(self, name: str, *kinds: str, instead: str) -> None:
        kind = self._place(name).table.kind
        if kind not in kinds:
            raise LakeError(f'The table "{name}" is of kind {kind}: write it with {instead}.')

    def _files(self, place: Place) -> TableFiles:
        opened = open_table(place)
        if opened is None:
            return TableFiles(place.name, -1, (), place.schema)
        return TableFiles(place.name, opened.version, tuple(opened.paths), place.schema)

    def _written(self, place: Place, new: int, changed: int, unchanged: int) -> Written:
        return Written(new, changed, unchanged, self._files(place).version)


def _is_delivered(opened: Opened, source: str, sequence: int) -> bool:
    last = opened.delta.transaction_version(source)
    return last is not None and last >= sequence
