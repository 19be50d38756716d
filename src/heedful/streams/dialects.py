"""One meaning on every engine: what sqlglot's translation from DuckDB's dialect leaves wrong is put right here.

The rewrites need no types, so that they serve composed queries too. Those that do need types are made when an
expression is read (`meanings.py`), which leaves notes for us in `meta`: "decimal" on a rounding of money, "text" on
an ordering of texts.

What holds for every engine, DuckDB included: `/` divides doubles and is null where the divisor is 0; `%` is null there
too; `sqrt` and `ln` are null where they are undefined; `round` takes halves away from zero; `date_trunc` to a day or
more gives a date; identifiers without quotes are lower-case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from heedful.errors import EngineError
from heedful.streams import dialect_clickhouse, dialect_postgres
from heedful.streams.dialect_parts import cast, identifier, number, text_literal, units_above_hours

Rules = Mapping[type[exp.Expr], Callable[[exp.Expr], exp.Expr]]


def to_sql(tree: exp.Expr | str, dialect: str, *, pretty: bool = False) -> str:
    """One query in DuckDB's dialect as the SQL of `dialect`. Raises `EngineError` for what is not one query."""
    try:
        query = sqlglot.parse_one(tree, dialect="duckdb") if isinstance(tree, str) else tree.copy()
        if not isinstance(query, exp.Query):
            raise EngineError("Only a query (SELECT) can be asked of an engine.")
        return str(_translated(query, dialect).sql(dialect, pretty=pretty, comments=False))
    except SqlglotError as error:
        raise EngineError(f"This is not SQL that Heedful can translate: {error}") from error


def apply_shared_rules(tree: exp.Expr) -> None:
    """Make in place the rewrites that hold on every engine, for what DuckDB runs without `to_sql`."""
    _apply(tree, _EVERYWHERE)


def _translated(query: exp.Expr, dialect: str) -> exp.Expr:
    _apply(query, _EVERYWHERE)
    _apply(query, _BY_DIALECT[dialect])
    for name in query.find_all(exp.Identifier):
        if not name.args.get("quoted"):
            name.replace(identifier(name.name.lower()))
    return query


def _apply(tree: exp.Expr, rules: Rules) -> None:
    # Children before parents, so that a rule sees its operands as they will stand.
    for node in reversed(list(tree.walk(bfs=False))):
        if rule := rules.get(type(node)):
            new = rule(node)
            if new is not node:
                node.replace(new)


def _divide(node: exp.Expr) -> exp.Expr:
    divisor = node.expression
    below: exp.Expr = cast(divisor, "double")
    if not (isinstance(divisor, exp.Literal) and float(divisor.name) != 0):
        below = exp.Nullif(this=below, expression=number(0))
    return exp.Paren(this=exp.Div(this=cast(node.this, "double"), expression=below, typed=True, safe=True))


def _remainder(node: exp.Expr) -> exp.Expr:
    divisor = node.expression
    if isinstance(divisor, exp.Literal) and divisor.name != "0":
        return node
    node.set("expression", exp.Nullif(this=divisor.copy(), expression=number(0)))
    return node


def _where_defined(allowed: type[exp.Binary]) -> Callable[[exp.Expr], exp.Expr]:
    def rule(node: exp.Expr) -> exp.Expr:
        operand = cast(node.this, "double")
        defined = allowed(this=operand.copy(), expression=number(0))
        return exp.Case(ifs=[exp.If(this=defined, true=type(node)(this=operand))])

    return rule


def _date_trunc(node: exp.Expr) -> exp.Expr:
    if not units_above_hours(node) or isinstance(node.parent, exp.Cast):
        return node
    return cast(node, "date")


def _round(node: exp.Expr) -> exp.Expr:
    if not node.meta.get("decimal"):
        node.set("this", cast(node.this, "double"))
    return node


def _count_if(node: exp.Expr) -> exp.Expr:
    return exp.Count(this=exp.Case(ifs=[exp.If(this=node.this.copy(), true=number(1))]), big_int=True)


def _quantile(node: exp.Expr) -> exp.Expr:
    node.set("this", cast(node.this, "double"))
    return node


def _zone_of_literal(node: exp.Expr) -> exp.Expr:
    """A local time written out becomes the instant that it is, so that no engine has to know the zone's history."""
    local, zone = text_literal(node.this, exp.DType.TIMESTAMPNTZ), node.args["zone"]
    if local is None or not isinstance(zone, exp.Literal):
        return node
    try:
        moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone.name)).astimezone(UTC)
    except (ValueError, OSError, LookupError):
        return node
    return cast(exp.Literal.string(f"{moment:%Y-%m-%d %H:%M:%S.%f}+00"), "timestamptz")


_EVERYWHERE: Rules = {
    exp.Div: _divide,
    exp.Mod: _remainder,
    exp.Sqrt: _where_defined(exp.GTE),
    exp.Ln: _where_defined(exp.GT),
    exp.Round: _round,
    exp.DateTrunc: _date_trunc,
    exp.TimestampTrunc: _date_trunc,
    exp.CountIf: _count_if,
    exp.PercentileCont: _quantile,
    exp.Median: _quantile,
    exp.AtTimeZone: _zone_of_literal,
}
_BY_DIALECT: Mapping[str, Rules] = {
    "duckdb": {},
    "postgres": dialect_postgres.RULES,
    "clickhouse": dialect_clickhouse.RULES,
}
