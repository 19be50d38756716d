"""The statistics of a banner table as SQL: one query for one question and one banner.

    base       the answers that count, each with its group g, its customer u, its weight w and its code v
    responses  one row a response: an answer on a scale, or all that somebody chose of a question
    people     one row a customer and group: n responses, x = sum of w
    marks      one row a customer, group and line of the table: k responses, y = sum of w * what the line counts

Sums of x, y, xx, xy and yy over customers serve every line, as they do every measure (`estimators.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from heedful.measures.composer import Composer
from heedful.measures.sql import select, sql
from heedful.measures.tabulation import Net

Kind = Literal["scale", "choice"]
BASE, OPTION, NET, MEAN, SQUARE, NPS = "base", "option", "net", "mean", "square", "nps"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines to count: each option, the nets, and of a scale its moments."""

    kind: Kind
    nets: Sequence[Net]
    options: bool = True
    nps: bool = False


def profile(c: Composer) -> exp.Select:
    """How often each scale was used: `scale, scale_min, scale_max, n, scores, choices, codes`."""
    names = ("scale", "scale_min", "scale_max", "score", "choice")
    base = c.base([], {n: exp.column(n, table="r") for n in names})
    result = select(
        "select scale, scale_min, scale_max, count(*) as n, count(score) as scores, count(choice) as choices, "
        "count(distinct score) as codes from base group by scale, scale_min, scale_max order by count(*) desc"
    )
    return _with(result, [*c.ctes(), ("base", base)])


def statistics(c: Composer, group: exp.Expr | None, wanted: Wanted) -> exp.Select:
    """The sums of each line: `g, line, place, code, m, k, sy, sa, sxy, syy`; of line `base` those of x."""
    parts = _people(c, group, wanted)
    lines = _lines(wanted)
    marks = lines[0]
    for line in lines[1:]:
        marks = exp.union(marks, line, distinct=False, copy=False)
    code = "double" if wanted.kind == "scale" else "varchar"
    base = sql(
        f"select g, '{BASE}' as line, 0 as place, cast(null as {code}) as code, count(*) as m, "
        "cast(sum(n) as bigint) as k, sum(x) as sy, sum(x) as sa, sum(x * x) as sxy, sum(x * x) as syy "
        "from people group by g"
    )
    summed = sql(
        "select m.g, m.line, m.place, m.code, count(*) as m, cast(sum(m.k) as bigint) as k, sum(m.y) as sy, "
        "sum(m.a) as sa, sum(p.x * m.y) as sxy, sum(m.y * m.y) as syy from marks as m "
        "join people as p on p.u = m.u and p.g is not distinct from m.g group by m.g, m.line, m.place, m.code"
    )
    result = select("select * from sums")
    return _with(
        result, [*c.ctes(), *parts, ("marks", marks), ("sums", exp.union(base, summed, distinct=False, copy=False))]
    )


def shared(c: Composer, group: exp.Expr, wanted: Wanted) -> exp.Select:
    """The pairs of groups that share a customer: `one, other`."""
    result = select(
        "select distinct a.g as one, b.g as other from people as a join people as b on a.u = b.u and a.g < b.g"
    )
    return _with(result, [*c.ctes(), *_people(c, group, wanted)])


def _people(c: Composer, group: exp.Expr | None, wanted: Wanted) -> list[tuple[str, exp.Expr]]:
    """The CTEs from `base` to `people`."""
    weight, customer = c.weight() or sql("1e0"), c.customer()
    answer = {"score": sql("r.score")} if wanted.kind == "scale" else {"choice": sql("r.choice")}
    if wanted.kind == "choice":
        answer["response"] = sql("r.source || '/' || coalesce(r.thread_id, r.feedback_id)")
    base = c.base([group] if group is not None else [], {**customer, **answer, "w": weight})
    # One key for both kinds of unit: ids of customers and of responses may be alike.
    unit = "'c' || customer_id" if "other_id" not in customer else "coalesce('c' || customer_id, 'o' || other_id)"
    g = "by_0" if group is not None else "cast(null as varchar)"
    if wanted.kind == "scale":
        responses = sql(f"select {g} as g, {unit} as u, w, score as v from base where score is not null")
        found: list[tuple[str, exp.Expr]] = [("base", base), ("responses", responses)]
    else:
        chosen = sql(
            f"select {g} as g, {unit} as u, response, choice as v, max(w) as w from base where choice is not null "
            f"group by {'by_0, ' if group is not None else ''}{', '.join(customer)}, response, choice"
        )
        responses = sql("select g, u, response, max(w) as w from chosen group by g, u, response")
        found = [("base", base), ("chosen", chosen), ("responses", responses)]
    return [*found, ("people", sql("select g, u, count(*) as n, sum(w) as x from responses group by g, u"))]


def _lines(wanted: Wanted) -> list[exp.Expr]:
    single = wanted.kind == "scale"
    code = "double" if single else "varchar"
    found = []
    if wanted.options:
        found.append(
            sql(
                f"select g, u, '{OPTION}' as line, 0 as place, v as code, count(*) as k, sum(w) as y, sum(w) as a "
                f"from {'responses' if single else 'chosen'} group by g, u, v"
            )
        )
    # Who chose two options of a net counts once in it.
    once = (
        "responses"
        if single
        else "(select g, u, response, max(w) as w from chosen where :among group by g, u, response) as o"
    )
    for place, net in enumerate(wanted.nets):
        among = exp.In(this=exp.column("v"), expressions=[_code(each, single=single) for each in net.codes])
        text = (
            f"select g, u, '{NET}' as line, {place} as place, cast(null as {code}) as code, count(*) as k, "
            f"sum(w) as y, sum(w) as a from {once}{' where :among' if single else ''} group by g, u"
        )
        found.append(sql(text, among=among))
    if single:
        found += [_moment(MEAN, "v"), _moment(SQUARE, "v * v")]
    if wanted.nps:
        found.append(_moment(NPS, "case when v >= 9 then 1e0 when v <= 6 then -1e0 else 0e0 end"))
    return found


def _moment(line: str, value: str) -> exp.Expr:
    return sql(
        f"select g, u, '{line}' as line, 0 as place, cast(null as double) as code, count(*) as k, "
        f"sum(w * ({value})) as y, sum(w * abs({value})) as a from responses group by g, u"
    )


def _code(code: str, *, single: bool) -> exp.Expr:
    if not single:
        return exp.Literal.string(code)
    return exp.cast(exp.Literal.string(repr(float(code))), "double")


def _with(result: exp.Select, ctes: Sequence[tuple[str, exp.Expr]]) -> exp.Select:
    for name, tree in ctes:
        result = result.with_(name, as_=tree, copy=False)
    return result
