"""The forms of statistics as SQL: from the rows that count to one row a group.

Each form takes what a composer knows of the question and gives the CTEs from `base` on, and the SELECT over them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from heedful.errors import InputError
from heedful.measures.composer import Composer
from heedful.measures.sql import select, sql
from heedful.measures.statistic import Form

_RANKS = 10**12  # more rows than any group has: a place and a rank in one number
Parts = tuple[list[tuple[str, exp.Expr]], exp.Select]


def _clustered(
    c: Composer, groups: Sequence[exp.Expr], v: exp.Expr, *, d: exp.Expr | None = None, absolute: bool = False
) -> Parts:
    """base → clusters → sums: shares, net shares, means and ratios."""
    weight = c.weight()
    columns = {**c.customer(), **({"w": weight} if weight else {}), "v": v, **({"d": d} if d is not None else {})}
    times = "w * " if weight else ""
    sums = [f"sum({times}v) as y"]
    if d is not None or weight:
        sums.append(f"sum({times}d) as x" if d is not None else "sum(w) as x")
    if absolute:
        sums.append(f"sum({times}abs(v)) as a")
    # Where each row weighs 1, a customer's x is the number of their rows: one sum less over millions of them.
    x = "x" if d is not None or weight else "cast(n as double)"
    present = ["v is not null", *(["d is not null"] if d is not None else [])]
    figures = [
        "cast(sum(n) as bigint) as n", f"sum({x}) as sx", "sum(y) as sy", f"sum({x} * {x}) as sxx",
        f"sum({x} * y) as sxy", "sum(y * y) as syy", *(["sum(a) as s_abs"] if absolute else []),
    ]  # fmt: skip
    return _by_customer(c, groups, columns, sums=sums, figures=figures, present=present)


def _by_customer(
    c: Composer,
    groups: Sequence[exp.Expr],
    columns: Mapping[str, exp.Expr],
    *,
    sums: Sequence[str] = (),
    figures: Sequence[str],
    present: Sequence[str] = (),
) -> Parts:
    """Rows summed by customer (and n, their number), then the `figures` over customers (and m, their number)."""
    keys, late = c.keys(groups), c.late(groups)
    units = [k for k in [*keys, *c.customer()] if k not in late]
    where = f" where {' and '.join(present)}" if present else ""
    clusters = select(f"select {', '.join([*units, 'count(*) as n', *sums])} from base{where}").group_by(*units)
    parts: list[tuple[str, exp.Expr]] = [("base", c.base(groups, columns, late)), ("clusters", clusters)]
    if late:
        attributes = ", ".join(f'c."{name}" as {key}' for key, name in late.items())
        customers = "left join customer_versions as c on c.customer_id = k.customer_id"
        parts.append(("placed", select(f"select k.*, {attributes} from clusters as k {customers}")))
    listed = ", ".join([*keys, "count(*) as m", *figures])
    return parts, select(f"select {listed} from {'placed' if late else 'clusters'}").group_by(*keys)


def _share(c: Composer, groups: Sequence[exp.Expr]) -> Parts:
    yes = c.condition(c.measure.statistic.of["of"])
    return _clustered(c, groups, sql("case when :yes then 1e0 when not :yes then 0e0 end", yes=yes))


def _net_share(c: Composer, groups: Sequence[exp.Expr]) -> Parts:
    up, down = (c.condition(c.measure.statistic.of[role]) for role in ("up", "down"))
    v = sql("case when :up then 1e0 when :down then -1e0 when not :up and not :down then 0e0 end", up=up, down=down)
    return _clustered(c, groups, v, absolute=True)


def _mean(c: Composer, groups: Sequence[exp.Expr]) -> Parts:
    return _clustered(c, groups, c.value(c.measure.statistic.of["of"]))


def _median(c: Composer, groups: Sequence[exp.Expr]) -> Parts:
    """The medians, numbered, with the clustered statistics of "at or below its group's median"."""
    keys, units = c.keys(groups), [*c.keys(groups), *c.customer()]
    listed = ", ".join(keys)
    same = " and ".join(f"b.{k} is not distinct from q.{k}" for k in keys)
    medians = select(f"select {listed}, quantile_cont(v, 0.5) as median from base where v is not null").group_by(*keys)
    middle = select(f"select *, row_number() over (order by {listed}) as place from medians")
    marked = select(
        f"select b.*, q.median, q.place, case when b.v <= q.median then 1e0 else 0e0 end as is_below "
        f"from base as b join middle as q on {same} where b.v is not null"
    )
    clusters = select(
        f"select {', '.join(units)}, median, place, count(*) as n, cast(count(*) as double) as x, sum(is_below) as y "
        "from marked"
    ).group_by(*units, "median", "place")
    result = select(
        f"select {listed}, median, place, count(*) as m, cast(sum(n) as bigint) as n, sum(x) as sx, sum(y) as sy, "
        "sum(x * x) as sxx, sum(x * y) as sxy, sum(y * y) as syy from clusters"
    ).group_by(*keys, "median", "place")
    base = c.base(groups, {**c.customer(), "v": c.value(c.measure.statistic.of["of"])})
    return [
        ("base", base),
        ("medians", medians),
        ("middle", middle),
        ("marked", marked),
        ("clusters", clusters),
    ], result


def at_ranks(tree: exp.Select, ranks: Sequence[tuple[int, int]]) -> exp.Select:
    """The values at the given ranks, counted from 1, of the groups at the given places of a plan of medians."""
    wanted = exp.In(this=sql("place * :step + rank", step=exp.Literal.number(_RANKS)), expressions=[
        exp.Literal.number(place * _RANKS + rank) for place, rank in ranks
    ])  # fmt: skip
    result = select("select distinct place, rank, v from ranked").where(wanted)
    for cte in tree.args["with_"].expressions:
        if cte.alias != "clusters":
            result = result.with_(cte.alias, as_=cte.this.copy(), copy=False)
    ranked = sql("select place, v, row_number() over (partition by place order by v) as rank from marked")
    return result.with_("ranked", as_=ranked, copy=False)


def _ratio(c: Composer, groups: Sequence[exp.Expr]) -> Parts:
    of = c.measure.statistic.of
    return _clustered(c, groups, c.value(of["of"]), d=c.value(of["per"]))


def _customers(c: Composer, groups: Sequence[exp.Expr]) -> Parts:
    """One value a customer, computed over their rows."""
    keys = c.keys(groups)
    text = c.measure.statistic.of["of"]
    y = sql(
        "case when :of then 1e0 else 0e0 end"
        if c.measure.statistic.form == "customer_share"
        else "cast(:of as double)",
        of=sql(text),
    )
    inner = {n: exp.column(n, table="r") for n in {col.name for col in sql(text).find_all(exp.Column)}}
    columns = {"customer_id": sql("r.customer_id"), **inner}
    base = c.base(groups, columns).where("r.customer_id is not null")
    clusters = (
        exp.select(*keys, "customer_id", sql("count(*) as n"), exp.alias_(y, "y"))
        .from_("base")
        .group_by(*keys, "customer_id")
    )
    result = select(
        f"select {', '.join(keys)}, count(*) as m, cast(sum(n) as bigint) as n, cast(count(*) as double) as sx, "
        "sum(y) as sy, cast(count(*) as double) as sxx, sum(y) as sxy, sum(y * y) as syy "
        "from clusters where y is not null"
    )
    return [("base", base), ("clusters", clusters)], result.group_by(*keys)


def _total(c: Composer, groups: Sequence[exp.Expr]) -> Parts:
    form, of = c.measure.statistic.form, c.measure.statistic.of
    counted = "cast(sum(n) as bigint) as n"
    if form == "count":
        return _by_customer(c, groups, c.customer(), figures=["cast(sum(n) as double) as value", counted])
    if form == "sum":
        columns = {**c.customer(), "v": c.amount(of["of"])}
        figures = ["cast(sum(y) as double) as value", counted]
        return _by_customer(c, groups, columns, sums=["sum(v) as y"], figures=figures, present=["v is not null"])
    if of["of"] == "customer_id":
        figures = ["cast(count(customer_id) as double) as value", counted]
        return _by_customer(c, groups, c.customer(), figures=figures, present=["customer_id is not null"])
    keys = c.keys(groups)
    units = " + ".join(f"count(distinct {unit})" for unit in c.customer())
    result = select(
        f"select {', '.join(keys)}, cast(count(distinct v) as double) as value, count(*) as n, {units} as m from base "
        "where v is not null"
    )
    base = c.base(groups, {**c.customer(), "v": c.plain_value(of["of"])})
    return [("base", base)], result.group_by(*keys)


def _choices(c: Composer, groups: Sequence[exp.Expr]) -> Parts:
    """Options by respondents: a response counts once in the base, however many options it holds."""
    keys = c.keys(groups)
    weight = c.weight() or sql("1e0")
    columns = {
        **c.customer(),
        "response": sql("r.source || '/' || coalesce(r.thread_id, r.feedback_id)"),
        "question": sql("coalesce(r.question, '')"),
        "choice": sql("r.choice"),
        "w": weight,
    }
    units = [*keys, *c.customer()]
    listed, unit_list = ", ".join(keys), ", ".join(units)
    same, in_group = (" and ".join(f"{a}.{k} is not distinct from b.{k}" for k in keys) for a in ("o", "a"))
    parts: list[tuple[str, exp.Expr]] = [
        ("base", c.base(groups, columns).where("r.choice is not null")),
        # An option that was offered and that nobody chose has a share of 0, not no share: offered is what anybody chose
        # of a question that the group was asked.
        ("menu", select("select distinct question, choice from base")),
        ("asked", select(f"select distinct {listed}, question from base")),
        (
            "offered",
            select(
                f"select distinct {', '.join('a.' + k for k in keys)}, u.choice "
                "from asked as a join menu as u on u.question = a.question"
            ),
        ),
        ("responses", select(f"select {unit_list}, response, max(w) as w from base").group_by(*units, "response")),
        ("people", select(f"select {unit_list}, count(*) as n, sum(w) as x from responses").group_by(*units)),
        (
            "bases",
            select(
                f"select {listed}, count(*) as m, sum(n) as n, sum(x) as sx, sum(x * x) as sxx from people"
            ).group_by(*keys),
        ),
        (
            "picks",
            select(f"select {unit_list}, response, choice, max(w) as w from base").group_by(
                *units, "response", "choice"
            ),
        ),
        ("picked", select(f"select {unit_list}, choice, sum(w) as y from picks").group_by(*units, "choice")),
        (
            "options",
            select(
                f"select {', '.join('k.' + k for k in keys)}, k.choice, sum(k.y) as sy, sum(k.y * k.y) as syy, "
                "sum(k.y * p.x) as sxy from picked as k join people as p on "
                + " and ".join(f"p.{u} is not distinct from k.{u}" for u in units)
            ).group_by(*[f"k.{k}" for k in keys], "k.choice"),
        ),
    ]  # fmt: skip
    sums = ", ".join(f"coalesce(o.{s}, 0e0) as {s}" for s in ("sy", "sxy", "syy"))
    result = select(
        f"select {', '.join('b.' + k for k in keys)}, a.choice, b.m, cast(b.n as bigint) as n, b.sx, b.sxx, {sums} "
        f"from bases as b join offered as a on {in_group} left join options as o on {same} and o.choice = a.choice"
    )
    return parts, result


def _survival(c: Composer, groups: Sequence[exp.Expr]) -> Parts:
    keys = c.keys(groups)
    of = c.measure.statistic.of
    columns = {"customer_id": sql("r.customer_id"), "v": c.value(of["days"]), "reached": c.condition(of["reached"])}
    result = select(
        f"select {', '.join(keys)}, v as days, sum(case when reached then 1 else 0 end) as events, "
        "sum(case when reached then 0 else 1 end) as censored from base where v is not null"
    )
    return [("base", c.base(groups, columns))], result.group_by(*keys, "v")


def _panel(c: Composer, groups: Sequence[exp.Expr]) -> Parts:
    """Market data: sums, with the base of the panels behind them, null unless each of them states it."""
    keys = c.keys(groups)
    of = c.measure.statistic.of
    v = c.value(of["of"])
    panel_of = sql("r.segment") if "segment" in c.row_columns else sql("cast(null as varchar)")
    columns = {
        "panel": sql("r.source"),
        "panel_of": panel_of,
        "at_": sql("r.occurred_at"),
        "base_": sql("r.base"),
        "v": v,
    }
    if c.measure.statistic.form == "panel_share":
        if "brand" in (*c.question.by, *c.question.segment, *c.question.outside):
            raise InputError(
                f'"{c.measure.name}" holds our brand against all brands, so it has no figure for each brand. '
                "Leave brand out."
            )
        columns["d"] = c.value(of["per"])
        x, y, present = "sum(d)", "sum(v)", "d is not null"
    else:
        # Without stated bases each panel counts the same.
        x, y, present = "sum(coalesce(base_, 1e0))", "sum(v * coalesce(base_, 1e0))", "v is not null"
    units = [*keys, "panel", "panel_of", "at_"] if c.measure.rows == "market" else keys
    clusters = select(
        f"select {', '.join(units)}, count(*) as n, {x} as x, {y} as y, max(base_) as b from base where {present}"
    )
    # A panel that does not state our own figure says nothing of our share, rather than that we have none.
    result = select(
        f"select {', '.join(keys)}, count(*) as m, cast(sum(n) as bigint) as n, sum(x) as sx, sum(y) as sy, "
        "case when count(b) = count(*) then sum(b) end as base from clusters where y is not null"
    )
    return [("base", c.base(groups, columns)), ("clusters", clusters.group_by(*units))], result.group_by(*keys)


FORMS: Mapping[Form, Callable[[Composer, Sequence[exp.Expr]], Parts]] = {
    "share": _share,
    "net_share": _net_share,
    "mean": _mean,
    "ratio": _ratio,
    "median": _median,
    "customer_share": _customers,
    "customer_mean": _customers,
    "sum": _total,
    "count": _total,
    "distinct": _total,
    "choices": _choices,
    "survival": _survival,
    "panel_share": _panel,
    "panel_mean": _panel,
}
