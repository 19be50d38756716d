"""A private corner of the lake in which one writer stages its rows and compares them with those stored.

It belongs to whoever holds the table's lock: anything found there by the next holder was left by a process that died.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa

from heedful.streams.faults import explained
from heedful.streams.fitting import Fitting
from heedful.streams.parts import Part, write_parts
from heedful.streams.tables import Opened

Rows: TypeAlias = pa.Table | pa.RecordBatchReader

STAGING = ".staging"
_MEMORY = "512MB"
_BATCH_ROWS = 8_192
_SLICE_ROWS = 65_536


_READING = "reading-"


def spill_folder(root: Path) -> Path:
    """Where this process's queries may spill; it holds rows of the lake, so it lies where erasing sweeps."""
    folder = root / STAGING / f"{_READING}{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def abandoned_spills(root: Path) -> list[Path]:
    """Spill folders whose process is gone."""
    return [f for f in (root / STAGING).glob(f"{_READING}*") if not _is_alive(f.name.removeprefix(_READING))]


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


class ReaderFault(Exception):  # noqa: N818 -- it never reaches a user: whoever handed over the rows gets its cause
    """The reader of the incoming rows failed; that is no fault of the lake's disk. The cause is what it raised."""


@dataclass(frozen=True)
class Scratch:
    """A folder and an in-process DuckDB that reads nothing outside the lake and spills into that folder."""

    folder: Path
    con: duckdb.DuckDBPyConnection

    def stage(self, rows: Rows, fitting: Fitting) -> list[Part]:
        """`rows` fitted to the table, as files in the scratch folder."""
        return write_parts((fitting.fit(batch) for batch in _batches(rows)), fitting.target, self.folder)

    def view(self, name: str, files: Sequence[str], schema: pa.Schema) -> None:
        """A view `name` over Parquet `files` with the columns of `schema`, and `filename` for where a row stands.

        Columns that no file has are null.
        """
        types = self.con.from_arrow(schema.empty_table()).types
        nulls = {n: f"null::{kind} as {quoted(n)}" for n, kind in zip(schema.names, types, strict=True)}
        if not files:
            columns = [*nulls.values(), "null::varchar as filename"]
            self.con.execute(f"create view {quoted(name)} as select {', '.join(columns)} where false")
            return
        read = self.con.read_parquet(list(files), union_by_name=True, filename=True)
        columns = [quoted(n) if n in read.columns else null for n, null in nulls.items()]
        read.project(", ".join([*columns, "filename"])).create_view(name)

    def rows(self, query: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The answer of `query`, batch by batch, in the columns of `schema`."""
        for batch in self.con.sql(query).to_arrow_reader(_BATCH_ROWS):
            yield batch.select(schema.names).cast(schema)

    def write(self, query: str, schema: pa.Schema) -> list[Part]:
        """The answer of `query` as files in the scratch folder."""
        return write_parts(self.rows(query, schema), schema, self.folder)

    def counts(self, query: str) -> tuple[int, ...]:
        """The one row of whole numbers that `query` answers."""
        (row,) = self.con.sql(query).fetchall()
        return tuple(int(n or 0) for n in row)

    def names(self, query: str) -> list[str]:
        """The one column of text that `query` answers."""
        return [str(name) for (name,) in self.con.sql(query).fetchall()]


@contextmanager
def scratch(root: Path, table: str) -> Iterator[Scratch]:
    """A scratch for the holder of `table`'s lock, gone when the block ends."""
    folder = root / STAGING / table
    with explained(root):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        con = _connect(root, folder)
    try:
        yield Scratch(folder, con)
    finally:
        con.close()
        shutil.rmtree(folder, ignore_errors=True)


def stored(scratch: Scratch, opened: Opened) -> None:
    """Make the view `stored` over the rows of `opened`."""
    scratch.view("stored", opened.paths, opened.schema)


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """`value` as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def listed(names: Iterable[str], prefix: str = "") -> str:
    """`names` as a list of SQL identifiers."""
    return ", ".join(prefix + quoted(name) for name in names)


def _connect(root: Path, folder: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": _MEMORY,
            "threads": min(4, os.cpu_count() or 1),
            "temp_directory": str(folder / "spill"),
            "preserve_insertion_order": False,
        }
    )
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"set allowed_directories = [{text(str(root))}]")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def _batches(rows: Rows) -> Iterator[pa.RecordBatch]:
    reader = iter(rows.to_reader(max_chunksize=_SLICE_ROWS) if isinstance(rows, pa.Table) else rows)
    while True:
        try:
            batch = next(reader, None)
        except Exception as error:
            raise ReaderFault from error
        if batch is None:
            return
        for start in range(0, len(batch), _SLICE_ROWS):
            yield batch.slice(start, _SLICE_ROWS)
