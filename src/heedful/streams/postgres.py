"""PostgreSQL as an engine: the logical tables are tables or views of one of its schemas.

The database must fold the case of all letters (`LC_CTYPE` other than `C`); `lower('Ж')` would stay as it is otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlglot import exp

from heedful.errors import EngineError, MissingExtraError
from heedful.streams.dialects import to_sql

if TYPE_CHECKING:
    import psycopg

_TYPES: dict[int, pa.DataType] = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int64(),
    23: pa.int64(),
    25: pa.string(),
    700: pa.float64(),
    701: pa.float64(),
    1042: pa.string(),
    1043: pa.string(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", tz="UTC"),
    1186: pa.duration("us"),
}
_NUMERIC = 1700
_UNKNOWN = 705  # a bare null or literal


class PostgresEngine:
    """Reads the logical tables in `schema` of the database at `dsn`; it can change nothing there."""

    dialect = "postgres"

    def __init__(self, dsn: str, schema: str = "public") -> None:
        try:
            import psycopg  # noqa: PLC0415 - an optional library
        except ModuleNotFoundError as error:
            raise MissingExtraError("psycopg", "postgres") from error
        self._errors: tuple[type[Exception], ...] = (psycopg.Error,)
        try:
            self._connection = psycopg.connect(dsn, autocommit=True)
        except psycopg.Error as error:
            raise EngineError(f"PostgreSQL cannot be reached: {_first_line(error)}") from error
        try:
            self._prepare(schema)
        except (psycopg.Error, EngineError):
            self.close()
            raise

    def _prepare(self, schema: str) -> None:
        for name, value in (
            ("TimeZone", "UTC"),
            ("search_path", '"' + schema.replace('"', '""') + '"'),
            ("DateStyle", "ISO, YMD"),
            ("default_transaction_read_only", "on"),
        ):
            self._connection.execute("select set_config(%s, %s, false)", (name, value))
        row = self._connection.execute("select lower('Ж')").fetchone()
        if row != ("ж",):
            raise EngineError(
                "This PostgreSQL database knows no letters beyond ASCII (LC_CTYPE is C), so text would be compared "
                "wrongly. Create it with a UTF-8 locale: createdb --template=template0 --locale=C.UTF-8 NAME"
            )

    def query(self, tree: exp.Expr | str) -> pa.Table:
        """See `Engine.query`."""
        sql = to_sql(tree, self.dialect)
        try:
            # No parameters are passed: psycopg then leaves the percent signs of LIKE patterns alone.
            cursor = self._connection.execute(sql.encode())
            rows = cursor.fetchall()
        except self._errors as error:
            raise EngineError(f"PostgreSQL could not answer: {_first_line(error)}") from error
        columns = cursor.description or []
        return pa.Table.from_arrays(
            [_array([row[i] for row in rows], column) for i, column in enumerate(columns)],
            names=[column.name for column in columns],
        )

    def text(self, tree: exp.Expr | str) -> str:
        """See `Engine.text`."""
        return to_sql(tree, self.dialect, pretty=True)

    def close(self) -> None:
        """See `Engine.close`."""
        self._connection.close()


def _array(values: Sequence[object], column: psycopg.Column) -> pa.Array:
    if column.type_code == _NUMERIC:
        return _decimals(values, column)
    if column.type_code == _UNKNOWN:
        return pa.array(values)
    wanted = _TYPES.get(column.type_code)
    if wanted is None:
        raise EngineError(f'PostgreSQL answered with a type that Heedful does not read, in column "{column.name}".')
    if wanted == pa.timestamp("us", tz="UTC"):
        values = [v.astimezone(UTC) if isinstance(v, datetime) else v for v in values]
    return pa.array(values, wanted)


def _decimals(values: Sequence[object], column: psycopg.Column) -> pa.Array:
    """`numeric` as a decimal of the declared scale, or the finest found; floats where 38 digits cannot hold it."""
    known = [v for v in values if isinstance(v, Decimal)]
    finest = max((-int(v.as_tuple().exponent) for v in known if v.is_finite()), default=0)
    scale = column.scale if column.scale is not None and column.precision is not None else max(finest, 0)
    try:
        return pa.array(values, pa.decimal128(38, scale))
    except pa.ArrowInvalid:
        return pa.array([None if v is None else float(str(v)) for v in values], pa.float64())


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
