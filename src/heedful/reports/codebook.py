"""The codebook of an exported file: what each column is, what its values mean, which codes stand for no answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from heedful.measures.formats import WHY_NONE
from heedful.measures.results import COLUMN_MEANINGS, Result
from heedful.streams.schema import Table

Codes = Mapping[str, str] | Mapping[float, str]
FIELDS = ("column", "type", "meaning", "name in the file", "value", "label", "missing", "note")
_FLAGS = {"few": "few customers", "complete": "a complete count, no sample", "stale": "data are late"}


@dataclass(frozen=True, slots=True)
class Variable:
    """One column. `values` and `missing` map codes of the file to their meanings; `stored_as` is its name there."""

    name: str
    type: pa.DataType
    meaning: str
    values: Codes = field(default_factory=dict)
    missing: Codes = field(default_factory=dict)
    stored_as: str = ""
    note: str = ""

    @property
    def kind(self) -> str:
        """The type in words."""
        return _kind(self.type)


@dataclass(frozen=True)
class Codebook:
    """The columns of one file."""

    title: str
    variables: tuple[Variable, ...]
    notes: tuple[str, ...] = ()

    def noted(self, *notes: str) -> Codebook:
        """With further notes on the whole."""
        return replace(self, notes=(*self.notes, *notes))

    def rows(self) -> Iterator[tuple[str, ...]]:
        """A row a column, then one for each of its values: the fields of `FIELDS`."""
        for v in self.variables:
            yield (v.name, v.kind, v.meaning, v.stored_as or v.name, "", "", "", v.note)
            for codes, missing in ((v.values, ""), (v.missing, "yes")):
                for code, label in codes.items():
                    yield (v.name, "", "", v.stored_as or v.name, _code(code), label, missing, "")

    def csv(self) -> str:
        """As CSV, a row a column and a row a value."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows([formula_safe(cell) for cell in row] for row in self.rows())
        return buffer.getvalue()

    def text(self) -> str:
        """For people to read."""
        lines = [self.title, "=" * len(self.title), "", *self.notes, *([""] if self.notes else [])]
        for v in self.variables:
            stored = f", in the file {v.stored_as}" if v.stored_as not in ("", v.name) else ""
            lines += [f"{v.name} ({v.kind}{stored})", f"    {v.meaning}"]
            lines += [f"    {v.note}"] if v.note else []
            lines += [f"    {_code(c)} = {label}" for c, label in v.values.items() if _code(c) != label]
            plain = [label for c, label in v.values.items() if _code(c) == label]
            lines += [f"    values: {', '.join(plain)}"] if plain else []
            lines += [f"    {_code(c)} = {label} (missing)" for c, label in v.missing.items()]
            lines.append("")
        return "\n".join(lines)


def formula_safe(text: str) -> str:
    """A spreadsheet runs text that begins like a formula; a quote in front keeps it text."""
    return f"'{text}" if text[:1] in FORMULA_STARTS else text


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def of_table(table: Table, schema: pa.Schema, values: Mapping[str, Sequence[str]]) -> Codebook:
    """The codebook of rows of a table of the lake; `values` are those found in columns that hold only a few."""
    declared = {**table.columns, **table.bookkeeping}
    variables = []
    for column in schema:
        known = declared.get(column.name)
        meaning = known.meaning if known else "an attribute of customers, declared in heedful.yaml"
        if known and column.name in table.key:
            meaning += " (part of the row's key)"
        listed = known.allowed if known and known.allowed else values.get(column.name, ())
        variables.append(Variable(column.name, column.type, meaning, {v: v for v in listed}))
    return Codebook(f"{table.name}: {table.grain}", tuple(variables))


def of_result(result: Result, table: pa.Table) -> Codebook:
    """The codebook of a measure's figures."""
    variables = []
    for column in table.schema:
        name = column.name
        meaning = COLUMN_MEANINGS.get(name, f"the group: {name.removeprefix('by_')}").replace("`", "")
        values: Codes = {}
        if name == "flag":
            values = _FLAGS
        elif name == "reason":
            values = {str(reason): said for reason, said in WHY_NONE.items() if reason}
        elif pa.types.is_string(column.type):
            found = table.column(name).unique().to_pylist()
            values = {v: v for v in found if v is not None} if len(found) <= MOST_VALUES else {}
        variables.append(Variable(name, column.type, meaning, values))
    title = f"{result.title or result.measure}{f', as of {result.as_of}' if result.as_of else ''}"
    return Codebook(title, tuple(variables), result.notes)


MOST_VALUES = 60
"""Columns of text with more different values have none listed."""


def _code(code: str | float) -> str:
    return code if isinstance(code, str) else f"{code:.15g}"


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "instant, UTC"
    if pa.types.is_decimal(kind):
        return "money"
    for is_kind, said in _KINDS:
        if is_kind(kind):
            return said
    return "text"


_KINDS = (
    (pa.types.is_boolean, "true or false"),
    (pa.types.is_integer, "whole number"),
    (pa.types.is_floating, "number"),
    (pa.types.is_date, "date"),
)
