"""ClickHouse as an engine, through chDB: ClickHouse's own engine as a library in this process."""

from __future__ import annotations

import threading
from pathlib import Path

import pyarrow as pa
from sqlglot import exp

from heedful.errors import EngineError, MissingExtraError
from heedful.streams.dialects import to_sql

SETTINGS = {
    "session_timezone": "UTC",
    "join_use_nulls": 1,  # else a left join without a match yields zeros and empty texts
    "aggregate_functions_null_for_empty": 1,  # else the sum of no rows is 0 and their minimum 1970
    "cast_keep_nullable": 1,
    "prefer_column_name_to_alias": 1,  # else `where x` means the alias x of the select list
    "union_default_mode": "DISTINCT",
    "use_variant_as_common_type": 0,
    "date_time_overflow_behavior": "throw",
    "output_format_arrow_string_as_string": 1,
}


class ChdbEngine:
    """Reads the logical tables in `database` of the ClickHouse data at `path` (None: data of its own, kept nowhere).

    A process can hold one `path` only, with any number of engines over it.
    """

    dialect = "clickhouse"

    def __init__(self, path: Path | None = None, database: str = "default") -> None:
        try:
            from chdb.session import Session  # noqa: PLC0415 - an optional library, 600 MB and slow to load
        except ImportError as error:
            raise MissingExtraError("chdb", "clickhouse") from error
        self._guard = threading.Lock()
        self._closed = False
        try:
            self._session = Session(str(path) if path else None)  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise EngineError(f"ClickHouse could not open its data: {_first_line(error)}") from error
        self.command(f"use {_identifier(database)}")
        for name, value in SETTINGS.items():
            self.command(f"set {name} = {value!r}")

    def query(self, tree: exp.Expr | str) -> pa.Table:
        """See `Engine.query`."""
        data = self.command(to_sql(tree, self.dialect), "ArrowStream")
        table = pa.ipc.open_stream(data).read_all()
        return table.cast(pa.schema([field.with_type(_widened(field.type)) for field in table.schema]))

    def text(self, tree: exp.Expr | str) -> str:
        """See `Engine.text`."""
        return to_sql(tree, self.dialect, pretty=True)

    def command(self, sql: str, output: str = "CSV") -> bytes:
        """Run ClickHouse's own SQL, such as a CREATE TABLE. Never hand it what a person wrote."""
        with self._guard:
            if self._closed:
                raise EngineError("This engine is closed.")
            try:
                # A copy: the Arrow tables that chDB offers point into memory that goes away with its result.
                return bytes(self._session.query(sql, output).bytes())  # type: ignore[no-untyped-call]
            except RuntimeError as error:
                raise EngineError(f"ClickHouse could not answer: {_first_line(error)}") from error

    def close(self) -> None:
        """See `Engine.close`."""
        with self._guard:
            if not self._closed:
                self._closed = True
                self._session.close()  # type: ignore[no-untyped-call]


def _widened(type_: pa.DataType) -> pa.DataType:
    """ClickHouse picks the narrowest type; whole numbers are made of one kind here."""
    return pa.int64() if pa.types.is_integer(type_) else pa.float64() if pa.types.is_floating(type_) else type_


def _identifier(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
