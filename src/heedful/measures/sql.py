"""Pieces of SQL as trees: constants, placeholders, the grid of periods.

Statements stand in the code as text in DuckDB's dialect, with `:name` where a tree goes in. What a person wrote only
ever comes in as such a tree, checked before (see `streams/expressions.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache

from sqlglot import exp, parse_one

from heedful.measures.periods import Period
from heedful.measures.question import Scalar

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Stand for no bound in either direction; every engine can hold them."""


@lru_cache(maxsize=512)
def _parsed(text: str) -> exp.Expr:
    return parse_one(text, dialect="duckdb")


def sql(text: str, **trees: exp.Expr) -> exp.Expr:
    """The tree of our own `text` with each `:name` replaced by a tree."""
    tree = _parsed(text).copy()
    return exp.replace_placeholders(tree, **trees) if trees else tree


def select(text: str, **trees: exp.Expr) -> exp.Select:
    """As `sql`, for a SELECT."""
    tree = sql(text, **trees)
    if not isinstance(tree, exp.Select):
        raise TypeError(f"not a SELECT: {text:.60}")
    return tree


def instant(moment: datetime) -> exp.Expr:
    """A UTC instant as a literal."""
    return exp.cast(exp.Literal.string(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00"), "timestamptz")


def day(value: date) -> exp.Expr:
    """A date as a literal."""
    return exp.cast(exp.Literal.string(value.isoformat()), "date")


def constant(value: Scalar | None, like: Scalar | None = None) -> exp.Expr:
    """A number, text, truth value or null as a literal. `like` gives a null its type."""
    match value:
        case None:
            return exp.cast(exp.null(), "varchar" if isinstance(like, str) else "double")
        case bool():
            return exp.true() if value else exp.false()
        case int():
            return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))
        case float():
            return exp.cast(exp.Literal.string(repr(value)), "double")
        case _:
            return exp.Literal.string(value)


def resolve(tree: exp.Expr, names: Mapping[str, exp.Expr]) -> exp.Expr:
    """`tree` with each bare column replaced by what `names` says it stands for."""

    def swap(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table and node.name in names:
            return exp.paren(names[node.name].copy()) if _compound(names[node.name]) else names[node.name].copy()
        return node

    return tree.transform(swap)


def _compound(tree: exp.Expr) -> bool:
    return not isinstance(tree, exp.Column | exp.Literal | exp.Cast | exp.Boolean)


def grid_rows(periods: Sequence[Period], keys: Sequence[date]) -> exp.Select:
    """The CTE `grid (period, starts_at, ends_at, ref_at)`.

    `ref_at` is the instant at which membership of segments is read: the start of a period, but the end of one that has
    no start.
    """
    rows = [
        exp.select(
            exp.alias_(day(key), "period"),
            exp.alias_(instant(p.start or EARLIEST), "starts_at"),
            exp.alias_(instant(p.end), "ends_at"),
            exp.alias_(instant(p.start or p.end), "ref_at"),
        )
        for p, key in zip(periods, keys, strict=True)
    ]
    if len(rows) == 1:
        return rows[0]
    union = exp.union(*rows, distinct=False, copy=False)
    return exp.select("*").from_(union.subquery("g", copy=False), copy=False)
