"""Fitting incoming rows to a table's columns, by name, without losing anything on the way.

Delta's own writer stores 1.5 in a whole-number column as 1 without a word, so that types are checked here, before
anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from heedful.errors import LakeSchemaError, did_you_mean
from heedful.streams.schema import Column


@dataclass(frozen=True)
class Fitting:
    """How the batches of one reader become rows of `table`."""

    table: str
    target: pa.Schema
    fill: Mapping[str, pa.Scalar]
    """Values of the columns that the rows do not bring; every other such column is null."""

    def fit(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """`batch` in the columns, order and types of the table. Raises `LakeSchemaError` that names the column."""
        return pa.RecordBatch.from_arrays([self._column(batch, field) for field in self.target], schema=self.target)

    def _column(self, batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
        if field.name not in batch.schema.names:
            value = self.fill.get(field.name)
            return pa.nulls(len(batch), field.type) if value is None else pa.repeat(value, len(batch))
        column = batch.column(field.name)
        if column.null_count and not field.nullable:
            raise LakeSchemaError(
                f"{self.table}.{field.name}: at least {column.null_count:,} rows have no value, and each row needs "
                "one. Leave such rows out with `when`, or give the mapping a value for them."
            )
        try:
            return _cast(column, field.type)
        except pa.ArrowInvalid as error:
            raise LakeSchemaError(
                f"{self.table}.{field.name}: a value of type {column.type} does not fit into {field.type} without "
                f"loss ({str(error).rstrip('.')}). Round it or leave it out in the source's mapping."
            ) from None


def plan(
    table: str,
    incoming: pa.Schema,
    target: pa.Schema,
    declared: Mapping[str, Column],
    fill: Mapping[str, pa.Scalar],
) -> Fitting:
    """How rows with the columns `incoming` fit into `target`.

    `fill` holds the bookkeeping that Heedful writes itself. Raises `LakeSchemaError` with every column that is unknown,
    missing, or of a type that would lose something.
    """
    problems = [*_unknown(table, incoming, target, fill), *_unfit(table, incoming, target)]
    values = dict(fill)
    for field in target:
        if field.name in incoming.names or field.name in fill:
            continue
        default = declared[field.name].default if field.name in declared else None
        if default is not None:
            values[field.name] = pa.scalar(default, field.type)
        elif not field.nullable:
            problems.append(f'{table}.{field.name}: this column is missing. Add "{field.name}: …" to the mapping.')
    if problems:
        raise LakeSchemaError("\n".join(problems))
    return Fitting(table, target, values)


def _unknown(table: str, incoming: pa.Schema, target: pa.Schema, fill: Mapping[str, pa.Scalar]) -> list[str]:
    known = [name for name in target.names if name not in fill]
    problems = []
    for name in incoming.names:
        if incoming.names.count(name) > 1:
            problems.append(f"{table}.{name}: this column stands twice in the rows. Keep one of the two.")
        elif name in fill:
            problems.append(f"{table}.{name}: Heedful fills this column by itself. Leave it out.")
        elif name not in known:
            problems.append(f'{table} has no column "{name}".{did_you_mean(name, known)}')
    return list(dict.fromkeys(problems))


def _unfit(table: str, incoming: pa.Schema, target: pa.Schema) -> list[str]:
    return [
        f"{table}.{field.name}: the rows bring {incoming.field(field.name).type}, and the table holds {field.type}. "
        f"{advice}"
        for field in target
        if incoming.names.count(field.name) == 1
        and (advice := _advice(field.name, incoming.field(field.name).type, field.type))
    ]


def _advice(name: str, given: pa.DataType, wanted: pa.DataType) -> str:
    """What to do about a type that does not go into `wanted`; empty where it does, value by value."""
    if _goes_into(given, wanted):
        return ""
    if pa.types.is_timestamp(given) and pa.types.is_timestamp(wanted):
        return "A time without a zone could mean any hour: say which `timezone` the source is in."
    if pa.types.is_date(given) and pa.types.is_timestamp(wanted):
        return "Say in the mapping at which hour of that day, and in which zone."
    return f"Convert it in the source's mapping, where you decide what happens to values that do not fit ({name}: …)."


def _goes_into(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether values of `given` go into `wanted`, as far as types can tell."""
    if isinstance(given, pa.DictionaryType):
        given = given.value_type
    is_exact = pa.types.is_integer(given) or pa.types.is_decimal(given)
    return bool(
        given == wanted
        or pa.types.is_null(given)
        or (pa.types.is_string(wanted) and (pa.types.is_large_string(given) or pa.types.is_string_view(given)))
        or (pa.types.is_timestamp(wanted) and pa.types.is_timestamp(given) and given.tz)
        or (pa.types.is_date(wanted) and pa.types.is_date(given))
        or (pa.types.is_floating(wanted) and (is_exact or pa.types.is_floating(given)))
        or ((pa.types.is_integer(wanted) or pa.types.is_decimal(wanted)) and is_exact)
    )


def _cast(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    """`column` as `wanted`; raises `ArrowInvalid` for a value that would change."""
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    if pa.types.is_decimal(wanted) and pa.types.is_integer(column.type):
        # Arrow refuses the direct way by the type's widest value, not by those that are there.
        return pc.cast(pc.cast(column, pa.decimal128(38, 0)), wanted)
    cast = pc.cast(column, wanted)
    if pa.types.is_floating(wanted) and pa.types.is_decimal(column.type):
        back = pc.cast(cast, column.type, safe=False)
        if not pc.all(pc.equal(back, column), min_count=0).as_py():
            raise pa.ArrowInvalid("it has more digits than a double holds")
    return cast
