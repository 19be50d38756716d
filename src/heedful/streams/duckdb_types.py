"""Arrow types as DuckDB names them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as pt

_NAMES: dict[pa.DataType, str] = {
    pa.string(): "VARCHAR",
    pa.large_string(): "VARCHAR",
    pa.string_view(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT",
    pa.uint16(): "USMALLINT",
    pa.uint32(): "UINTEGER",
    pa.uint64(): "UBIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.binary(): "BLOB",
    pa.null(): "VARCHAR",
}


def duckdb_type(type_: pa.DataType) -> str:
    """The name that `describe` gives a column of this type, such as `TIMESTAMP WITH TIME ZONE`."""
    if name := _NAMES.get(type_):
        return name
    if pt.is_timestamp(type_):
        return "TIMESTAMP WITH TIME ZONE" if type_.tz else "TIMESTAMP"
    if pt.is_decimal(type_):
        return f"DECIMAL({type_.precision},{type_.scale})"
    if pt.is_dictionary(type_):
        return duckdb_type(type_.value_type)
    if pt.is_list(type_) or pt.is_large_list(type_):
        return f"{duckdb_type(type_.value_type)}[]"
    if pt.is_struct(type_):
        fields = (f'"{field.name}" {duckdb_type(field.type)}' for field in type_)
        return f"STRUCT({', '.join(fields)})"
    raise TypeError(f"no DuckDB type is known for Arrow's {type_}")
