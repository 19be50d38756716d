"""SQL over the logical tables: one protocol, and DuckDB in this process as its default engine.

A query is written once, in DuckDB's dialect, over `feedback`, `activity`, `customers`, `market`, `spend` and `weights`.
`heedful.streams.dialects` gives it the same meaning on every engine.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import duckdb
import pyarrow as pa
from sqlglot import exp

from heedful.errors import EngineError
from heedful.streams.dialects import to_sql
from heedful.streams.duckdb_types import duckdb_type
from heedful.streams.linked import STORED, follows_links, linked_views

if TYPE_CHECKING:
    from heedful.streams.lake import TableFiles


class Engine(Protocol):
    """Answers queries over the logical tables. `dialect` is "duckdb", "postgres" or "clickhouse"."""

    dialect: str

    def query(self, tree: exp.Expr | str) -> pa.Table:
        """The answer to one SELECT in DuckDB's dialect. Instants are aware and in UTC. Raises `EngineError`."""

    def text(self, tree: exp.Expr | str) -> str:
        """The SQL that `query` would run, in this engine's dialect, for people to read."""

    def close(self) -> None:
        """Release what the engine holds; a second call does nothing."""


class DuckDBEngine:
    """DuckDB over Parquet files: no network, no extensions to fetch, and no file but those of `tables` and `allowed`.

    `allowed` names further files or whole folders that queries may read. `memory_limit` is such as "4GB" (60 % of the
    machine where not given); what exceeds it goes to `spill`, or fails where there is none.
    """

    dialect = "duckdb"

    def __init__(
        self,
        tables: Mapping[str, TableFiles],
        *,
        allowed: Sequence[Path] = (),
        memory_limit: str | None = None,
        threads: int | None = None,
        spill: Path | None = None,
    ) -> None:
        files = [Path(uri.removeprefix("file://")) for table in tables.values() for uri in table.uris]
        self._connection = confined_duckdb(
            allowed=[*files, *allowed], memory_limit=memory_limit, threads=threads, spill=spill
        )
        self._running: set[duckdb.DuckDBPyConnection] = set()
        self._guard = threading.Lock()
        links = tables.get("links")
        self._is_linked = links is not None and bool(links.uris)
        try:
            if self._is_linked:
                self._follow_links(tables)
            else:
                for table in tables.values():
                    self._create_view(table, "main")
        except EngineError:
            self.close()
            raise

    def _follow_links(self, tables: Mapping[str, TableFiles]) -> None:
        with self._cursor() as cursor:
            cursor.execute(f"create schema {STORED}")
        for table in tables.values():
            self._create_view(table, STORED)
        with self._cursor() as cursor:
            for statement in linked_views([(name, table.schema) for name, table in tables.items()]):
                cursor.execute(statement)

    def _create_view(self, table: TableFiles, schema: str) -> None:
        uris = [uri.removeprefix("file://") for uri in table.uris]
        read = f"read_parquet([{', '.join(map(_quoted, uris))}], union_by_name = true)"
        with self._cursor() as cursor:
            found = (
                {str(row[0]): str(row[1]) for row in cursor.execute(f"describe select * from {read}").fetchall()}
                if uris
                else {}
            )
            columns = []
            for field in table.schema:
                name, wanted = _identifier(field.name), duckdb_type(field.type)
                # A column may be younger than every file; its rows are null until the next append.
                source = name if field.name in found else "null"
                columns.append(name if found.get(field.name) == wanted else f"cast({source} as {wanted}) as {name}")
            origin = f"from {read}" if uris else "where false"
            cursor.execute(f"create view {schema}.{_identifier(table.name)} as select {', '.join(columns)} {origin}")

    def query(self, tree: exp.Expr | str) -> pa.Table:
        """See `Engine.query`."""
        sql = to_sql(tree, self.dialect)
        with self._cursor() as cursor:
            if self._is_linked and not follows_links(sql):
                # Nothing in the answer depends on who is whose, so that looking it up would be for nothing.
                cursor.execute(f"use {STORED}")
            table: pa.Table = cursor.sql(sql).to_arrow_table()
            return table

    def batches(self, tree: exp.Expr | str, *, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The answer as `query` gives it, batch by batch: memory does not grow with its rows. Raises `EngineError`."""
        sql = to_sql(tree, self.dialect)
        with self._cursor() as cursor:
            yield from cursor.sql(sql).to_arrow_reader(rows)

    def text(self, tree: exp.Expr | str) -> str:
        """See `Engine.text`."""
        return to_sql(tree, self.dialect, pretty=True)

    def interrupt(self) -> None:
        """Stop the queries that other threads are running; they raise `EngineError`."""
        with self._guard:
            for cursor in self._running:
                cursor.interrupt()

    def close(self) -> None:
        """See `Engine.close`."""
        self._connection.close()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own for each query: DuckDB 2 refuses a second one beside an unfinished result."""
        with translated_errors():
            cursor = self._connection.cursor()
            with self._guard:
                self._running.add(cursor)
            try:
                yield cursor
            finally:
                with self._guard:
                    self._running.discard(cursor)
                cursor.close()


def confined_duckdb(
    *,
    allowed: Sequence[Path] = (),
    memory_limit: str | None = None,
    threads: int | None = None,
    spill: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with locked settings that reads only `allowed`: files, and folders with all they hold.

    Within an allowed folder it can also write: never hand it SQL that was not checked to be a query.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads or available_cpus(),
        "memory_limit": memory_limit or f"{int(machine_memory() * 0.6) >> 20}MiB",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with translated_errors():
        connection = duckdb.connect(":memory:", config=config)
        folders = [p for p in allowed if p.is_dir()]
        paths = [p for p in allowed if p not in folders]
        try:
            connection.execute("set global TimeZone = 'UTC'")
            # In a prompt or a notebook DuckDB would print its own progress into our output.
            connection.execute("set enable_progress_bar = false")
            connection.execute(f"set temp_directory = {_quoted(str(spill.absolute()) if spill else '')}")
            connection.execute(f"set allowed_directories = {_list(folders)}")
            connection.execute(f"set allowed_paths = {_list(paths)}")
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
        except duckdb.Error:
            connection.close()
            raise
    return connection


@contextmanager
def translated_errors() -> Iterator[None]:
    """DuckDB's errors as `EngineError`, each with a sentence that says what to do."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise EngineError("The query was stopped before it had finished.") from error
    except duckdb.OutOfMemoryException as error:
        raise EngineError(
            "The query needs more memory than it may use. Ask for a shorter period or fewer groups, raise the memory "
            f"limit, or give it a spill folder with room. DuckDB says: {_first_line(error)}"
        ) from error
    except (duckdb.Error, RuntimeError) as error:
        raise EngineError(f"DuckDB could not answer: {_first_line(error)}") from error


def available_cpus() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def machine_memory() -> int:
    """Bytes of memory that this process may use: the machine's, or its container's where that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            total = min(total, int(Path(limit).read_text(encoding="ascii")))
    return total


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _list(paths: Sequence[Path]) -> str:
    return "[" + ", ".join(_quoted(str(p.absolute())) for p in paths) + "]"
