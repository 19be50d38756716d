"""What sqlglot's ClickHouse leaves wrong. The engine's settings do the rest (`clickhouse.py`).

A local time without a zone is held as the DateTime64 in UTC that shows the same clock, as DuckDB does inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from sqlglot import exp

from heedful.errors import EngineError
from heedful.streams.dialect_parts import call, cast, number, rounded, unit_name

_UTC = exp.Literal.string("UTC")
_CONDITIONS = (exp.Predicate, exp.Connector, exp.Not, exp.Contains, exp.Boolean)


def _named(name: str, *keys: str) -> Callable[[exp.Expr], exp.Expr]:
    """The engine's function `name` with the fields `keys` of the node as arguments, those absent left out."""
    return lambda node: call(name, *(node.args[key] for key in keys if node.args.get(key) is not None))


def _signed(name: str, *keys: str) -> Callable[[exp.Expr], exp.Expr]:
    """As `_named`, for a function whose unsigned answer would have no common type with signed numbers."""
    answer = _named(name, *keys)
    return lambda node: call("toInt64", answer(node))


def _test(name: str) -> Callable[[exp.Expr], exp.Expr]:
    """As `_named`, for a function that answers true or false."""

    def rule(node: exp.Expr) -> exp.Expr:
        tested = call(name, node.this, node.expression)
        tested.meta["boolean"] = True
        return tested

    return rule


def _is_truth(node: exp.Expr) -> bool:
    """Whether ClickHouse answers with 0 or 1 what is true or false elsewhere."""
    node = node.unnest()
    if isinstance(node, exp.Coalesce):
        return any(map(_is_truth, [node.this, *node.expressions]))
    if isinstance(node, exp.Case):
        return any(_is_truth(branch.args["true"]) for branch in node.args["ifs"])
    if isinstance(node, exp.If):
        return _is_truth(node.args["true"])
    return bool(node.meta.get("boolean")) or (isinstance(node, _CONDITIONS) and not isinstance(node, exp.Case))


def _cast(node: exp.Expr) -> exp.Expr:  # noqa: PLR0911 - one answer a type
    if not isinstance(node, exp.Cast) or isinstance(node, exp.TryCast):
        return node
    kind = node.to.this
    if kind == exp.DType.DATE:
        if isinstance(node.this, exp.Literal):
            return call("toDate32", exp.Literal.string(date.fromisoformat(node.this.name).isoformat()))
        return exp.Cast(this=node.this.copy(), to=_type("DATE32"))
    if kind in {exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.TIMESTAMPTZ}:
        if isinstance(node.this, exp.Literal):
            return _instant(node.this.name)
        return exp.Cast(this=node.this.copy(), to=_datetime64())
    if node.meta.get("rounded"):
        # Under a null lies what was computed before it became one, perhaps infinity, which no whole number can hold.
        known = exp.Cast(this=call("ifNull", node.this, number(0)), to=node.to.copy())
        return call("if", exp.Is(this=node.this.copy(), expression=exp.null()), exp.null(), known)
    return node


def _instant(text: str) -> exp.Expr:
    # ClickHouse's own reading of a text takes no offset.
    moment = datetime.fromisoformat(text)
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return call("toDateTime64", exp.Literal.string(f"{moment:%Y-%m-%d %H:%M:%S.%f}"), number(6), _UTC)


def _type(name: str) -> exp.DataType:
    return exp.DataType(this=exp.DType[name])


def _datetime64() -> exp.DataType:
    parameters = [exp.DataTypeParam(this=number(6)), exp.DataTypeParam(this=_UTC.copy())]
    return exp.DataType(this=exp.DType.DATETIME64, expressions=parameters)


def _at_time_zone(node: exp.Expr) -> exp.Expr:
    inner = node.this.unnest()
    if isinstance(inner, exp.Cast) and inner.to.this == exp.DType.DATETIME64:
        raise EngineError("ClickHouse cannot tell here whether a time is local; write `at time zone` on instants only.")
    shifted = call("toTimeZone", node.this, node.args["zone"])
    return call("addSeconds", node.this, call("timeZoneOffset", shifted))


def _epoch(node: exp.Expr) -> exp.Expr:
    micros = call("toUnixTimestamp64Micro", exp.Cast(this=node.this.copy(), to=_datetime64()))
    return exp.Paren(this=exp.Div(this=micros, expression=number(1000000), typed=True, safe=True))


def _date_diff(node: exp.Expr) -> exp.Expr:
    unit = exp.Literal.string(unit_name(node).lower())
    ends = [exp.Cast(this=end.copy(), to=_datetime64()) for end in (node.expression, node.this)]
    return call("dateDiff", unit, *ends)


def _date_trunc(node: exp.Expr) -> exp.Expr:
    return call("dateTrunc", exp.Literal.string(unit_name(node).lower()), node.this)


def _round(node: exp.Expr) -> exp.Expr:
    decimals = node.args.get("decimals")
    if node.meta.get("decimal"):  # ClickHouse takes halves to even in floats only
        return node
    return rounded(node.this, int(decimals.name) if decimals else 0)


def _split_part(node: exp.Expr) -> exp.Expr:
    # An array cannot be null here, so the null of the text is put back around it.
    pieces = call("splitByString", node.args["delimiter"], call("assumeNotNull", node.this))
    piece = call("arrayElement", pieces, node.args["part_index"])
    return call("if", exp.Is(this=node.this.copy(), expression=exp.null()), exp.null(), piece)


def _trim(node: exp.Expr) -> exp.Expr:
    return call({"LEADING": "trimLeft", "TRAILING": "trimRight"}.get(node.text("position"), "trimBoth"), node.this)


def _is(node: exp.Expr) -> exp.Expr:
    if not isinstance(node.expression, exp.Boolean):
        return node
    equal = exp.EQ(this=node.this.copy(), expression=node.expression.copy())
    return exp.Coalesce(this=exp.Paren(this=equal), expressions=[exp.false()])


def _case(node: exp.Expr) -> exp.Expr:
    # `case x when y` takes null for equal to null here.
    if node.this is None:
        return node
    subject = exp.Paren(this=node.this.copy())
    branches = [
        exp.If(this=exp.EQ(this=subject.copy(), expression=exp.Paren(this=b.this.copy())), true=b.args["true"].copy())
        for b in node.args["ifs"]
    ]
    default = node.args.get("default")
    return exp.Case(ifs=branches, default=default.copy() if default else None)


def _quantile(node: exp.Expr) -> exp.Expr:
    # median() and quantile() sample; PostgreSQL's and DuckDB's are exact and interpolate.
    level = node.args.get("expression") or number(0.5)
    return exp.ParameterizedAgg(this="quantileExactInclusive", expressions=[level.copy()], params=[node.this.copy()])


def _string_agg(node: exp.Expr) -> exp.Expr:
    separator = node.args.get("separator") or exp.Literal.string(",")
    inner = node.this
    if not isinstance(inner, exp.Order):
        raise EngineError("string_agg needs an order here: string_agg(x, ', ' order by y).")
    keys = inner.expressions
    if len(keys) != 1 or keys[0].args.get("desc"):
        raise EngineError("string_agg can be ordered by one ascending key here.")
    value = inner.this
    known = exp.Not(this=exp.Is(this=value.copy(), expression=exp.null()))
    pairs = call("groupArrayIf", exp.Tuple(expressions=[keys[0].this.copy(), value.copy()]), known)
    texts = call("arrayMap", exp.Lambda(this=call("tupleElement", exp.column("p"), number(2)),
                                        expressions=[exp.to_identifier("p")]), call("arraySort", pairs))  # fmt: skip
    joined = call("arrayStringConcat", texts, separator)
    return call("if", exp.EQ(this=exp.Count(this=value.copy()), expression=number(0)), exp.null(), joined)


def _truth(node: exp.Expr) -> exp.Expr:
    return cast(exp.Max(this=node.this.copy()), "boolean")


def _truth_of_all(node: exp.Expr) -> exp.Expr:
    return cast(exp.Min(this=node.this.copy()), "boolean")


def _ignore_nulls(node: exp.Expr) -> exp.Expr:
    inner: exp.Expr = node.this.copy()  # any() leaves nulls out anyway
    return inner


def _filter(node: exp.Expr) -> exp.Expr:
    # The filter belongs to the aggregate within what a rule above put around it.
    inner = node.this
    if isinstance(inner, exp.Cast):
        kept = exp.Filter(this=inner.this.copy(), expression=node.expression.copy())
        return exp.Cast(this=kept, to=inner.to.copy())
    if isinstance(inner, exp.Anonymous):
        raise EngineError("string_agg cannot have a filter here; gather `case when … then x end`.")
    return node


def _neighbour(node: exp.Expr) -> exp.Expr:
    # Over a column that cannot be null, the row beyond the edge would be 0 or 1970.
    node.set("this", call("toNullable", node.this))
    return node


def _not(node: exp.Expr) -> exp.Expr:
    inner = node.this.unnest()
    if isinstance(inner, exp.In) and inner.args.get("query"):
        raise EngineError("`not in (select …)` treats nulls differently on ClickHouse; use `not exists`.")
    return node


def _select(node: exp.Expr) -> exp.Expr:
    """Names for bare columns, which would be called `table.column`, and truth values where 0 and 1 would come out."""
    projections = []
    for item in node.expressions:
        value, alias = item.unalias(), item.alias or item.output_name
        if _is_truth(value):
            value = cast(value, "boolean")
        is_bare = isinstance(value, exp.Column) and value.table and not value.is_star
        changed = value is not item.unalias()
        projections.append(
            exp.alias_(value.copy(), alias) if alias and (is_bare or changed) else item if not changed else value
        )
    node.set("expressions", projections)
    return node


def _values(node: exp.Expr) -> exp.Expr:
    alias = node.args.get("alias")
    names = [c.name for c in alias.columns] if alias else []
    rows = []
    for row in node.expressions:
        cells = row.expressions if isinstance(row, exp.Tuple) else [row]
        rows.append(
            exp.select(*(exp.alias_(cell.copy(), name, quoted=True) for cell, name in zip(cells, names, strict=True)))
        )
    whole: exp.Query = rows[0]
    for row in rows[1:]:
        whole = exp.union(whole, row, distinct=False)
    return exp.Subquery(this=whole, alias=exp.TableAlias(this=alias.this.copy()) if alias else None)


RULES: Mapping[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Cast: _cast,
    exp.AtTimeZone: _at_time_zone,
    exp.TimeToUnix: _epoch,
    exp.DateDiff: _date_diff,
    exp.DateTrunc: _date_trunc,
    exp.TimestampTrunc: _date_trunc,
    exp.Week: _named("toISOWeek", "this"),
    exp.Year: _named("toYear", "this"),
    exp.Quarter: _named("toQuarter", "this"),
    exp.Month: _named("toMonth", "this"),
    exp.Day: _named("toDayOfMonth", "this"),
    exp.Hour: _named("toHour", "this"),
    exp.Minute: _named("toMinute", "this"),
    exp.DayOfWeekIso: _named("toDayOfWeek", "this"),
    exp.Round: _round,
    exp.Lower: _named("lowerUTF8", "this"),
    exp.Upper: _named("upperUTF8", "this"),
    exp.Length: _signed("lengthUTF8", "this"),
    exp.Left: _named("leftUTF8", "this", "expression"),
    exp.Right: _named("rightUTF8", "this", "expression"),
    exp.Substring: _named("substringUTF8", "this", "start", "length"),
    exp.StrPosition: _signed("positionUTF8", "this", "substr"),
    exp.Replace: _named("replaceAll", "this", "expression", "replacement"),
    exp.EndsWith: _test("endsWith"),
    exp.StartsWith: _test("startsWith"),
    exp.RegexpLike: _test("match"),
    exp.SplitPart: _split_part,
    exp.Trim: _trim,
    exp.Is: _is,
    exp.Case: _case,
    exp.PercentileCont: _quantile,
    exp.Median: _quantile,
    exp.GroupConcat: _string_agg,
    exp.LogicalOr: _truth,
    exp.LogicalAnd: _truth_of_all,
    exp.IgnoreNulls: _ignore_nulls,
    exp.Filter: _filter,
    exp.Lead: _neighbour,
    exp.Lag: _neighbour,
    exp.Not: _not,
    exp.Select: _select,
    exp.Values: _values,
}
