"""What sqlglot's PostgreSQL leaves wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from heedful.errors import EngineError
from heedful.streams.dialect_parts import call, cast, number, rounded, unit_name

_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600}
_PER_YEAR = {"YEAR": 1, "QUARTER": 4, "MONTH": 12}


def _part(part: str) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: _extract(part, node.this)


def _extract(part: str, time: exp.Expr) -> exp.Expr:
    # PostgreSQL answers in numeric, whose division and printing differ from those of whole numbers.
    type_ = "double" if part == "EPOCH" else "bigint"
    return cast(exp.Extract(this=exp.var(part), expression=time.copy()), type_)


def _date_diff(node: exp.Expr) -> exp.Expr:
    unit = unit_name(node)
    end, start = node.this, node.expression  # sqlglot turns DuckDB's order (from, to) round
    if unit == "DAY":
        days = exp.Sub(this=cast(end, "date"), expression=cast(start, "date"))
        return cast(exp.Paren(this=days), "bigint")
    if unit in _SECONDS:
        return cast(
            exp.Paren(this=exp.Sub(this=_ticks(end, _SECONDS[unit]), expression=_ticks(start, _SECONDS[unit]))),
            "bigint",
        )
    if unit in _PER_YEAR:
        return exp.Paren(this=exp.Sub(this=_periods(end, unit), expression=_periods(start, unit)))
    raise EngineError(f"date_diff knows no unit {unit.lower()} that is the same on every engine.")


def _ticks(time: exp.Expr, seconds: int) -> exp.Expr:
    epoch = exp.Extract(this=exp.var("EPOCH"), expression=time.copy())
    return exp.Floor(this=exp.Div(this=epoch, expression=number(seconds), typed=True, safe=True))


def _periods(time: exp.Expr, unit: str) -> exp.Expr:
    year = _extract("YEAR", time)
    if unit == "YEAR":
        return year
    years = exp.Mul(this=year, expression=number(_PER_YEAR[unit]))
    return exp.Paren(this=exp.Add(this=years, expression=_extract(unit, time)))


def _round(node: exp.Expr) -> exp.Expr:
    # round(double) takes halves to even here; round(numeric) does not.
    decimals = node.args.get("decimals")
    if node.meta.get("decimal"):
        return node
    return rounded(node.this, int(decimals.name) if decimals else 0)


def _contains(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.GT(this=call("strpos", node.this, node.expression), expression=number(0)))


def _ends_with(node: exp.Expr) -> exp.Expr:
    end = call("right", node.this, exp.Length(this=node.expression.copy()))
    return exp.Paren(this=exp.EQ(this=end, expression=node.expression.copy()))


def _any_value(node: exp.Expr) -> exp.Expr:
    # PostgreSQL has any_value only since 16.
    return _first(exp.ArrayAgg(this=node.this.copy()), node.this.copy())


def _ignore_nulls(node: exp.Expr) -> exp.Expr:
    # `any_value` is parsed with IGNORE NULLS around it, which the rule above has seen to.
    inner: exp.Expr = node.this.copy()
    return inner


def _arg(*, descending: bool) -> Callable[[exp.Expr], exp.Expr]:
    def rule(node: exp.Expr) -> exp.Expr:
        value, key = node.this.copy(), node.expression.copy()
        ordered = exp.Order(this=value, expressions=[exp.Ordered(this=key, desc=descending, nulls_first=False)])
        return _first(exp.ArrayAgg(this=ordered), value.copy(), key.copy())

    return rule


def _first(gathered: exp.Expr, *known: exp.Expr) -> exp.Expr:
    """The first of an array_agg, of the rows where all of `known` are."""
    tests = exp.and_(*(exp.Not(this=exp.Is(this=k, expression=exp.null())) for k in known))
    kept = exp.Filter(this=gathered, expression=exp.Where(this=tests))
    return exp.Bracket(this=exp.Paren(this=kept), expressions=[number(0)])  # sqlglot counts from 0


def _filter(node: exp.Expr) -> exp.Expr:
    # A rule above may have given the aggregate a filter of its own: `any_value(x) filter (where y)`.
    inner = node.this
    if not isinstance(inner, exp.Bracket):
        return node
    own = inner.find(exp.Filter)
    if own is not None:
        both = exp.and_(own.expression.this.copy(), node.expression.this.copy())
        own.set("expression", exp.Where(this=both))
    return inner.copy()


def _interval(node: exp.Expr) -> exp.Expr:
    amount = node.this
    if isinstance(amount, exp.Literal):
        return node
    one = exp.Interval(this=exp.Literal.string("1"), unit=node.args["unit"].copy())
    return exp.Paren(this=exp.Mul(this=exp.Paren(this=amount.unnest().copy()), expression=one))


def _letters_by_code(node: exp.Expr) -> exp.Expr:
    # The other engines order text by its code points; PostgreSQL by the database's language.
    if node.meta.get("text"):
        left = exp.Collate(this=exp.Paren(this=node.this.copy()), expression=exp.to_identifier("C", quoted=True))
        node.set("this", left)
    return node


RULES: Mapping[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Year: _part("YEAR"),
    exp.Quarter: _part("QUARTER"),
    exp.Month: _part("MONTH"),
    exp.Week: _part("WEEK"),
    exp.Day: _part("DAY"),
    exp.DayOfWeekIso: _part("ISODOW"),
    exp.Hour: _part("HOUR"),
    exp.Minute: _part("MINUTE"),
    exp.TimeToUnix: _part("EPOCH"),
    exp.DateDiff: _date_diff,
    exp.Round: _round,
    exp.Contains: _contains,
    exp.EndsWith: _ends_with,
    exp.AnyValue: _any_value,
    exp.IgnoreNulls: _ignore_nulls,
    exp.ArgMax: _arg(descending=True),
    exp.ArgMin: _arg(descending=False),
    exp.Filter: _filter,
    exp.Interval: _interval,
    exp.LT: _letters_by_code,
    exp.LTE: _letters_by_code,
    exp.GT: _letters_by_code,
    exp.GTE: _letters_by_code,
    exp.Between: _letters_by_code,
}
