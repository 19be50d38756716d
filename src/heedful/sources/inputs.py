"""What a `rows` entry says, as checked expressions: each problem with the line it stands in, and a caret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
from sqlglot import exp

from heedful.errors import ExpressionError, Problem
from heedful.sources.definition import NAMES, RowsEntry, Scalar, Source, fillable, unknown_column
from heedful.streams.expressions import parse_condition, parse_query, parse_value
from heedful.streams.schema import TEXT


@dataclass(frozen=True, slots=True)
class Input:
    """What one column of the table is given: an expression, or a constant as one. `name` is that of a column alone."""

    column: str
    type: pa.DataType
    tree: exp.Expr
    columns: frozenset[str]
    name: str | None


@dataclass(frozen=True, slots=True)
class Inputs:
    """An entry's expressions. `when` is None where every row is taken."""

    index: int
    entry: RowsEntry
    when: exp.Expr | None
    when_columns: frozenset[str]
    given: tuple[Input, ...]


def read_entry(
    source: Source, index: int, columns: Mapping[str, str] | None, attributes: Mapping[str, pa.DataType]
) -> tuple[Inputs, list[Problem]]:
    """The entry at `index` over `columns` (name -> DuckDB type), and what is wrong with it.

    Without `columns`, as when the files are not there, expressions are not looked at: then only names are checked.
    """
    entry, problems = source.definition.rows[index], list[Problem]()
    types = {name: column.type for name, column in entry.table.columns.items() if name in fillable(entry.table)}
    if entry.table.open_ended:
        types |= attributes
    given = []
    for name, value in entry.columns.items():
        place = ("rows", index, name)
        if name not in types:
            problems.append(source.document.problem(place, unknown_column(entry.table, name, attributes)))
        elif value is not None and (columns is not None or not isinstance(value, str)):
            try:
                given.append(_input(name, types[name], value, columns or {}))
            except ExpressionError as error:
                problems.append(located(source, place, error))
    for kind, value in entry.identifiers.items():
        if value is not None and (columns is not None or not isinstance(value, str)):
            try:
                given.append(_input(NAMES + kind, TEXT, value, columns or {}))
            except ExpressionError as error:
                problems.append(located(source, ("rows", index, "identifiers", kind), error))
    when, when_columns = None, frozenset[str]()
    if entry.when is not None and columns is not None:
        try:
            condition = parse_condition(_as_text(entry.when), columns, mapping=True)
            when, when_columns = condition.tree, condition.columns
        except ExpressionError as error:
            problems.append(located(source, ("rows", index, "when"), error))
    return Inputs(index, entry, when, when_columns, tuple(given)), problems


def query_problems(source: Source, tables: Mapping[str, Mapping[str, str]]) -> list[Problem]:
    """What is wrong with the query of `source` over `tables`, the columns of its files."""
    try:
        parse_query(source.definition.query or "", tables)
    except ExpressionError as error:
        return [located(source, ("query",), error)]
    return []


def located(source: Source, place: tuple[str | int, ...], error: ExpressionError) -> Problem:
    """The problem with an expression, at the line and column of the file where the text at fault stands."""
    at = source.document.problem(place, "")
    if error.offset is None:
        return Problem(error.message, at.path, at.line, at.column)
    before = error.text[: error.offset]
    line = at.line + before.count("\n") + _begins_below(source, at.line)
    return Problem(str(error), at.path, line, error.offset - (before.rfind("\n") + 1) + 1)


def unwrapped(tree: exp.Expr) -> exp.Expr:
    """The expression within its outermost brackets."""
    while isinstance(tree, exp.Paren):
        tree = tree.this
    return tree


def _input(name: str, type_: pa.DataType, value: Scalar, columns: Mapping[str, str]) -> Input:
    if not isinstance(value, str):
        return Input(name, type_, constant(value), frozenset(), None)
    found = parse_value(value, columns, mapping=True)
    return Input(name, type_, found.tree, found.columns, plain_name(unwrapped(found.tree)))


def constant(value: Scalar) -> exp.Expr:
    """A constant from YAML as SQL."""
    if isinstance(value, datetime):
        kind = "timestamptz" if value.tzinfo else "timestamp"
        return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), kind, dialect="duckdb")
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "date")
    return exp.convert(value)


def plain_name(tree: exp.Expr) -> str | None:
    """The dotted name, if `tree` is nothing but a column or a value within one."""
    if isinstance(tree, exp.Column) and not isinstance(tree.this, exp.Star):
        return ".".join(part.name for part in tree.parts)
    if isinstance(tree, exp.StructExtract) and (outer := plain_name(tree.this)) is not None:
        return f"{outer}.{tree.expression.name}"
    return None


def _as_text(when: str | bool) -> str:
    return when if isinstance(when, str) else str(when).lower()


def _begins_below(source: Source, line: int) -> int:
    """1 where the text at `line` is a block that begins on the next line, as after `query: |`."""
    try:
        written = source.path.read_text(encoding="utf-8-sig").splitlines()[line - 1]
    except (OSError, IndexError):
        return 0
    return int(written.rstrip().rstrip("+-0123456789").endswith(("|", ">")))
