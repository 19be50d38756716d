"""Bringing a source's rows into the lake.

Everything is read, mapped and judged before anything is written: the files become Parquet in a staging area, each
`rows` entry maps them to rows of its table, and only when few enough do not fit do they go into the lake. Memory stays
bounded on the way; what is large stands on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from heedful.errors import DefinitionError, ExpressionError, Problem, SourceError, SourceInterruptedError
from heedful.sources.definition import Source
from heedful.sources.duplicates import TableRows, distinct_rows
from heedful.sources.files import first_line, one_error, resolve, unknown_columns
from heedful.sources.for_each import spread
from heedful.sources.gathering import gather
from heedful.sources.identifiers import name_rows, write_identities
from heedful.sources.inputs import located, read_entry
from heedful.sources.mapping import Mapped, compose
from heedful.sources.rejects import Reject, RejectRows, left_out, malformed, read_rejects, reject_sql, write_rejects
from heedful.sources.relation import Relation, Unfit, marked, one_file, queried
from heedful.sources.removal import remove_gone
from heedful.sources.settings import PullSettings
from heedful.sources.staged import StagedFile
from heedful.sources.staging import Staging, literal, staging
from heedful.sources.state import read_state, write_state
from heedful.streams.lake import Lake, Written
from heedful.streams.schema import IDENTITIES, MONEY

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done and how much there is (None where nobody knows)."""

SAMPLE_ROWS = 10
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a pull did. `read` counts the records of the files, `rejected` those things that did not fit.

    `notes` state what was found out rather than told: encoding, separator, dates, zone. A dry run writes nothing and
    has `sample`: the first ten mapped rows of each table. `linked_share` is the share of `feedback` and of `activity`,
    of all sources, that is linked to a customer after this pull, and under `joined` that of feedback whose customer
    also has activity; a workspace fills it.
    """

    source: str
    tables: Mapping[str, Written]
    read: int
    rejected: int
    rejects_path: Path | None
    notes: tuple[str, ...]
    sample: Mapping[str, pa.Table] = field(default_factory=dict)
    linked_share: Mapping[str, float | None] = field(default_factory=dict)


def pull(
    source: Source, lake: Lake, settings: PullSettings, *, dry_run: bool = False, progress: Progress | None = None
) -> PullReport:
    """Bring the rows of `source` into `lake`; a second pull of the same files changes nothing.

    Raises `DefinitionError` for a mapping that does not fit the files, `SourceError` for files that cannot be read or
    of which too much does not fit (then nothing is written), and what the lake raises.
    """
    tell = progress or (lambda _what, _done, _whole: None)
    paths, problems = resolve(source, settings.folder, settings.variables)
    if problems:
        raise one_error(problems)
    if said := currency_problem(source, settings):
        raise DefinitionError([said])
    before, again = read_state(settings.folder, source, lake)
    with staging(settings.folder, (path for several in paths.values() for path in several)) as area:
        found = gather(area, source, paths, settings, before=before, tell=tell, dry_run=dry_run)
        notes = (*([again] if again else []), *found.notes)
        if found.nothing_new:
            return PullReport(source.name, {}, 0, 0, None, notes)
        if unknown := unknown_columns(source, found.files):
            raise DefinitionError(unknown)
        report = _Pull(source, lake, settings, area, found.files, tell).run(dry_run=dry_run)
    if found.keeps_state and not dry_run:
        write_state(settings.folder, source, lake, found.reached)
    if found.broken_off:
        kept = "what came until then is in the lake, and the next pull goes on from there"
        raise SourceInterruptedError(f"{found.broken_off}; {kept}. Type: heedful pull {source.name}", path=source.path)
    return replace(report, notes=(*notes, *report.notes))


def currency_problem(source: Source, settings: PullSettings) -> Problem | None:
    """What is wrong with the currency of the amounts, or None."""
    definition = source.definition
    own = definition.currency in (None, settings.currency)
    if own and definition.rate is not None:
        return source.document.problem(["rate"], f"rate is for another currency than {settings.currency}; remove it.")
    money = any(
        column.type == MONEY and entry.columns.get(name) is not None
        for entry in definition.rows
        for name, column in entry.table.columns.items()
    )
    if not own and definition.rate is None and money:
        return source.document.problem(
            ["currency"],
            f"amounts are in {definition.currency}, and reports in {settings.currency}. Add `rate:`, what one "
            f"{definition.currency} is in {settings.currency}; or, where rates change by date, join a file of rates in "
            "`query:`, multiply there, and leave out `currency:`.",
        )
    return None


@dataclass
class _Pull:
    source: Source
    lake: Lake
    settings: PullSettings
    area: Staging
    files: Sequence[StagedFile]
    tell: Progress
    notes: list[str] = field(default_factory=list)
    unfit: list[Unfit] = field(default_factory=list)
    stated_zone: str | None = None

    def run(self, *, dry_run: bool) -> PullReport:
        if any(not file.columns for file in self.files):
            # An empty list in JSON has no columns that a mapping could be held against, and nothing to load.
            notes = tuple(note for file in self.files for note in file.notes)
            return PullReport(self.source.name, {}, sum(file.read for file in self.files), 0, None, notes)
        relation = marked(self.source, self._relation())
        self.stated_zone = relation.file.timezone if relation.file else None
        named = [name_rows(self.area, self.source, *part, self.settings) for part in self._map(relation)]
        mapped = [(part.mapped, part.path) for part in named]
        self.notes += [note for part in named for note in part.notes]
        tables = [
            distinct_rows(self.area, name, [part for part in mapped if part[0].table == name], relation)
            for name in dict.fromkeys(part[0].table for part in mapped)
        ]
        for rows in tables:
            if rows.collapsed:
                self.notes.append(f"{rows.table}: {rows.collapsed:,} copies of other rows, with the same key, left out")
            if rows.older:
                self.notes.append(f"{rows.table}: {rows.older:,} rows left out, since a later file has them anew")
        rejects = self._rejects(relation, mapped, tables)
        excess = self._excess(mapped, tables)
        notes = (*(note for file in self.files for note in file.notes), self._zone_note(), *self.notes)
        read = sum(file.read for file in self.files)
        if dry_run:
            rejected = sum(1 for _ in rejects())
            more = (f"a real pull would stop: {excess}",) if excess else ()
            sample = {rows.table: self._sample(rows) for rows in tables}
            return PullReport(self.source.name, {}, read, rejected, None, (*notes, *more), sample)
        path = self.settings.folder / "rejected" / f"{self.source.name}.csv"
        rejected = write_rejects(rejects(), path)
        if excess:
            raise SourceError(self._stopped(excess, rejects, path), path=self.source.path)
        written = {rows.table: self._write(rows) for rows in tables}
        identities = write_identities(self.area, self.lake, named, now=self.settings.now)
        if identities is not None:
            written[IDENTITIES.name] = identities
        gone = remove_gone(self.area, self.source, self.lake, mapped)
        return PullReport(self.source.name, written, read, rejected, path if rejected else None, (*notes, *gone))

    def _relation(self) -> Relation:
        if self.source.definition.query is None:
            return one_file(self.area, self.source, self.files[0])
        self.tell("running the query", 0, None)
        try:
            relation, self.unfit = queried(self.area, self.source, self.files)
        except ExpressionError as error:
            raise DefinitionError([located(self.source, ("query",), error)]) from None
        return relation

    def _map(self, relation: Relation) -> list[tuple[Mapped, Path]]:
        """Each entry's rows as Parquet. Every problem of every entry is found before the first is mapped."""
        problems, composed = [], []
        for index in range(len(self.source.definition.rows)):
            try:
                rows = spread(self.area, self.source, index, relation)
                inputs, said = read_entry(self.source, index, rows.columns, self.settings.attributes)
                problems += said
                if not said:
                    composed.append(compose(self.area, self.source, inputs, rows, self.settings))
            except DefinitionError as error:
                problems += error.problems
        if problems:
            raise DefinitionError(problems)
        mapped = []
        for number, entry in enumerate(composed):
            self.tell(f"mapping to {entry.table}", number, len(composed))
            self.notes += entry.notes
            path = self.area.folder / f".mapped-{entry.index}.parquet"
            try:
                self.area.execute(f"copy ({entry.sql}) to {literal(str(path))} (format parquet, compression lz4)")
            except duckdb.Error as error:
                place = self.source.document.problem(["rows", entry.index], "")
                raise SourceError(
                    f"the rows into {entry.table} fail on this data: {first_line(error)}.",
                    path=place.path,
                    line=place.line,
                ) from None
            mapped.append((entry, path))
        return mapped

    def _rejects(
        self, relation: Relation, mapped: Sequence[tuple[Mapped, Path]], tables: Sequence[TableRows]
    ) -> Callable[[], Iterator[Reject]]:
        parts = [left_out(unfit) for unfit in self.unfit]
        for entry, path in mapped:
            if entry.faults:
                numbered = enumerate(entry.faults, 1)
                faults = ", ".join(f"({n}, {literal(f.field)}, {literal(f.reason)})" for n, f in numbered)
                parts.append(RejectRows(relation.file, reject_sql(path, faults)))
        parts += [rows.rejects for rows in tables if rows.rejects is not None]

        def rejects() -> Iterator[Reject]:
            for file in self.files:
                yield from malformed(file)
            yield from read_rejects(self.area, parts)

        return rejects

    @property
    def _limit(self) -> float:
        own = self.source.definition.reject_share
        return self.settings.reject_share if own is None else own

    def _excess(self, mapped: Sequence[tuple[Mapped, Path]], tables: Sequence[TableRows]) -> str:
        """Which part of the source has too many rejects, in words; empty if none has."""
        shares = []
        for file in self.files:
            bad = sum(fault.rows for fault in file.malformed)
            wrong = [u.where for u in self.unfit if u.file is file]
            if wrong:
                read = f"read_parquet({literal(str(file.parquet))})"
                ((count,),) = self.area.rows(f"select count(*) from {read} where {' or '.join(wrong)}")
                bad += int(count)
            shares.append((bad, file.read, f"the records of {file.title}"))
        for entry, path in mapped:
            (counts,) = self.area.rows(
                f'select count(*) filter (where ".fault" > 0), count(*) from read_parquet({literal(str(path))})'
            )
            shares.append((int(counts[0]), int(counts[1]), f"the rows into {entry.table}"))
        shares += [
            (t.conflicts, t.rows + t.collapsed + t.older + t.conflicts, f"the rows into {t.table}") for t in tables
        ]
        bad, whole, what = max(shares, key=lambda share: share[0] / share[1] if share[1] else 0.0)
        return (
            f"{bad:,} of {whole:,} of {what} do not fit ({bad / whole:.1%})"
            if whole and bad / whole > self._limit
            else ""
        )

    def _stopped(self, excess: str, rejects: Callable[[], Iterator[Reject]], path: Path) -> str:
        counts: dict[tuple[str, str], int] = {}
        examples: dict[tuple[str, str], Reject] = {}
        for reject in rejects():
            kind = (reject.field, reject.reason.split(", also in line")[0])
            counts[kind] = counts.get(kind, 0) + 1
            examples.setdefault(kind, reject)
        top = sorted(counts, key=lambda kind: -counts[kind])[:_EXAMPLES]
        shown = "\n".join(f"  {counts[kind]:,} times, such as {examples[kind]}" for kind in top)
        share = round(self._limit * 100, 6)
        return (
            f"{excess}, where at most {share:g}% may. Nothing was written to the lake.\n{shown}\n"
            f"All of them: {path}. Mend the file or the mapping; or, if they may be left out, say "
            f"`reject_share: …` in {self.source.path.name} and type: heedful pull {self.source.name}"
        )

    def _zone_note(self) -> str:
        zone, stated = self.source.definition.timezone, self.stated_zone
        if zone is None and stated is not None:
            return f"times without a zone are local to {stated} (as the file says)"
        own = "" if zone else " (the workspace's)"
        return f"times without a zone are local to {zone or self.settings.timezone}{own}"

    def _sample(self, rows: TableRows) -> pa.Table:
        reader = self.area.batches(f"select * from ({rows.sql}) limit {SAMPLE_ROWS}")
        return pa.Table.from_batches(list(reader), schema=reader.schema)

    def _write(self, rows: TableRows) -> Written:
        self.tell(f"writing {rows.table}", 0, rows.rows)
        reader = self._counted(rows)
        if rows.table == "customers":
            return self.lake.write_history(reader, now=self.settings.now)
        return self.lake.upsert(rows.table, reader, now=self.settings.now)

    def _counted(self, rows: TableRows) -> pa.RecordBatchReader:
        reader = self.area.batches(rows.sql)

        def batches() -> Iterator[pa.RecordBatch]:
            done = 0
            for batch in reader:
                done += len(batch)
                self.tell(f"writing {rows.table}", done, rows.rows)
                yield batch

        return pa.RecordBatchReader.from_batches(reader.schema, batches())
