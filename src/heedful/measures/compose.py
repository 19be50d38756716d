"""One query for one question: the rows that a measure looks at, then per customer, then per group.

    base      the rows that count, each with its group, its customer, its weight w and its value v (and divisor d)
    clusters  one row a customer and group: n rows, x = sum of w (or of w * d), y = sum of w * v
    result    one row a group: m customers, n rows and the sums of x, y, xx, xy, yy over customers

What is derived for the rows (tenures, segments, the grid of periods) stands before them as further CTEs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlglot import exp

from heedful.errors import InputError, UnknownNameError
from heedful.measures.periods import Period, span
from heedful.measures.question import Question, Scalar
from heedful.measures.registry import Measure, Param
from heedful.measures.relations import HOMES, RELATIONS, ROWS, home_rows, relation_ctes
from heedful.measures.segments import member_ctes, profile_ctes
from heedful.measures.setting import Setting
from heedful.measures.sql import EARLIEST, LATEST, constant, day, grid_rows, instant, resolve, select, sql
from heedful.streams.expressions import Expression, parse_condition, parse_value, table_columns
from heedful.streams.schema import CUSTOMERS, TABLES

WEIGHTED = "weighted"
_LARGEST = 100_000  # of a parameter: days of three centuries, beyond which no engine has instants
UNKNOWN_SEGMENT = "unknown"
_INSTANT = "TIMESTAMP WITH TIME ZONE"
_ATTRIBUTE_COLUMNS = ("acquired_at", "acquired_through")


@dataclass(frozen=True)
class Plan:
    """A composed query. Its columns are `by_0`, `by_1`, …, `period` and those of the form of the statistic."""

    tree: exp.Select
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scope:
    """Everything outside of the measure that its query depends on.

    `keys` are the dates by which rows name their period. `has_versions` says whether some customer has a history,
    `has_weights` whether raked weights are there.
    """

    setting: Setting
    as_of: datetime
    periods: tuple[Period, ...]
    keys: tuple[date, ...]
    has_versions: bool = False
    has_weights: bool = False


def compose(measure: Measure, question: Question, scope: Scope) -> Plan:
    """The query whose answer holds the statistics of `measure` for each group of `question`.

    Raises `UnknownNameError` and `ExpressionError` where the question names what does not exist or does not fit.
    """
    return _Composer(measure, question, scope).plan()


def row_conditions(measure: Measure, question: Question, scope: Scope, columns: Sequence[str]) -> exp.Select:
    """The rows behind a figure: `columns` (of `r`, the measure's rows) of each row that counts in `question`."""
    return _Composer(measure, question, scope).rows(columns)


def check(measure: Measure, question: Question, setting: Setting) -> None:
    """Compose without data, for what it raises: `ExpressionError` and `UnknownNameError`."""
    period = span(None, LATEST.date(), setting.zone)
    compose(measure, question, Scope(setting, LATEST, (period,), (LATEST.date(),)))


def _truth(label: str) -> exp.Expr:
    if label.lower() not in ("true", "false"):
        raise ValueError(label)
    return exp.Boolean(this=label.lower() == "true")


def _moment(label: str) -> exp.Expr:
    moment = datetime.fromisoformat(label)
    return instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _figure(label: str) -> exp.Expr:
    return constant(float(label), None)


_LABELS: Mapping[str, tuple[str, Callable[[str], exp.Expr]]] = {
    "BOOLEAN": ("true or false", _truth),
    "DATE": ("dates", lambda label: day(date.fromisoformat(label))),
    _INSTANT: ("instants, such as 2026-03-31T12:00:00+00:00", _moment),
    **dict.fromkeys(("DOUBLE", "DECIMAL", "BIGINT", "INTEGER"), ("numbers", _figure)),
}
"""How the label of a group is read, by the type of its column."""


class _Composer:
    """Builds one plan; its fields are the parts of the query as they become known."""

    def __init__(self, measure: Measure, question: Question, scope: Scope) -> None:
        self.measure, self.question, self.scope = measure, question, scope
        self.setting = scope.setting
        self.relation = RELATIONS[measure.rows]
        self.row_columns = self._row_columns()
        self.attributes = {
            n: t
            for n, t in table_columns(CUSTOMERS, self.setting.attributes).items()
            if (n in _ATTRIBUTE_COLUMNS or n in self.setting.attributes) and n not in self.row_columns
        }
        # Rows that are customers have no unit of their own: theirs is where they were last seen.
        self.homes = () if self.relation.like else HOMES
        self.params = self._params()
        self.constants: dict[str, exp.Expr] = {
            "as_of": instant(scope.as_of),
            "own_brand": exp.Literal.string(self.setting.own_brand),
            **{n: constant(v, measure.params[n].default) for n, v in self.params.items() if n in measure.params},
        }
        self.used: set[str] = set()
        self.segmentations: dict[str, bool] = {}  # joined to rows: name -> whether rows outside of it are kept
        self.outsiders: set[str] = set()  # segmentations that rows are kept out of

    # -- names ---------------------------------------------------------------------------------------------------

    def _row_columns(self) -> dict[str, str]:
        own = dict(self.relation.columns or {})
        if self.relation.like:
            table = TABLES[self.relation.like]
            like = {n: t for n, t in table_columns(table).items() if n not in table.bookkeeping}
            return {**like, **own, "occurred_at": _INSTANT}
        return {"customer_id": "VARCHAR", "occurred_at": _INSTANT, **own}

    def _params(self) -> Mapping[str, Scalar | None]:
        known = self.measure.params
        given = dict(self.question.params)
        for name, value in given.items():
            if name not in known and name != WEIGHTED:
                raise UnknownNameError(f'parameter of "{self.measure.name}"', name, [*known, WEIGHTED])
            wanted, example = _wanted(known.get(name), value)
            if wanted:
                raise InputError(
                    f'{name} of "{self.measure.name}" is {value}; it has to be {wanted}. '
                    f"For example: --param {name}={example}"
                )
        return {**{n: p.default for n, p in known.items()}, **given}

    def _names(self) -> dict[str, exp.Expr]:
        rows = {n: exp.column(n, table="r") for n in self.row_columns}
        homes = {n: exp.column(n, table=f"h_{n}") for n in self.homes}
        return {**{n: exp.column(n, table="c") for n in self.attributes}, **homes, **rows, **self.constants}

    def _types(self) -> dict[str, str]:
        typed: dict[str, str] = {"as_of": _INSTANT, "own_brand": "VARCHAR"}
        for name, param in self.measure.params.items():
            typed[name] = "VARCHAR" if isinstance(param.default, str) else "DOUBLE"
        return {**self.attributes, **dict.fromkeys(self.homes, "VARCHAR"), **typed, **self.row_columns}

    def _bind(self, parsed: Expression) -> exp.Expr:
        self.used |= parsed.columns
        return resolve(parsed.tree.copy(), self._names())

    def condition(self, text: str) -> exp.Expr:
        """A condition over the rows' own columns, customers' attributes and constants."""
        return self._bind(parse_condition(text, self._types()))

    def value(self, text: str) -> exp.Expr:
        """A value over the same names, as a double."""
        return exp.cast(self._bind(parse_value(text, self._types())), "double")

    def aggregate(self, text: str) -> exp.Expr:
        """An aggregate over one customer's rows; only our own measures have them."""
        tree = sql(text)
        self.used |= {c.name for c in tree.find_all(exp.Column)}
        return resolve(tree, self._names())

    def group(self, name: str) -> exp.Expr:
        """The expression for one `by`."""
        if name in self.setting.segmentations:
            exclusive = self.setting.segmentations[name].exclusive
            self.segmentations[name] = exclusive
            label = exp.column("segment", table=f"m_{name}")
            return (
                sql("coalesce(:label, :unknown)", label=label, unknown=exp.Literal.string(UNKNOWN_SEGMENT))
                if exclusive
                else label
            )
        if name in self.row_columns or name in self.attributes or name in self.homes:
            self.used.add(name)
            return self._names()[name]
        known = [*self.setting.segmentations, *self.row_columns, *self.attributes, *self.homes]
        raise UnknownNameError("column or segmentation", name, known)

    # -- parts ---------------------------------------------------------------------------------------------------

    def period(self) -> exp.Expr:
        """The date that names the period of a row."""
        if self.relation.gridded:
            return exp.column("period", table="r")
        if self.question.over is None:
            return day(self.scope.keys[0])
        return sql(
            "cast(date_trunc(:over, r.occurred_at at time zone :zone) as date)",
            over=exp.Literal.string(self.question.over),
            zone=exp.Literal.string(str(self.setting.zone)),
        )

    def filters(self) -> list[exp.Expr]:
        """Every condition that a row has to meet."""
        found: list[exp.Expr] = []
        if not self.relation.gridded:
            first, last = self.scope.periods[0], self.scope.periods[-1]
            if first.start is not None:
                found.append(sql("r.occurred_at >= :start", start=instant(first.start)))
            if last.end < self.scope.as_of:
                found.append(sql("r.occurred_at < :end", end=instant(last.end)))
        if self.measure.scale is not None:
            found.append(sql("r.scale = :scale", scale=exp.Literal.string(self.measure.scale)))
        for text in (self.measure.where, self.question.where):
            if text is not None:
                found.append(self.condition(text))
        for name, wanted in self.question.segment.items():
            found.append(self._segment(name, wanted))
        for name, unwanted in self.question.outside.items():
            found.append(self._outside(name, unwanted))
        if self.measure.rows == "market" and "segment" not in self.used:
            found.append(sql("r.is_summed"))
        if self._is_of_one_brand and "brand" not in self.used:
            found.append(sql("r.brand = :own", own=self.constants["own_brand"]))
        return found

    @property
    def _is_of_one_brand(self) -> bool:
        """Whether our own brand is meant unless another is asked for; shares of a market need all of them."""
        return self.relation.own_brand or self.measure.statistic.form == "panel_mean"

    def _segment(self, name: str, wanted: str) -> exp.Expr:
        segmentation = self.setting.segmentations.get(name)
        if segmentation is not None and segmentation.segments and wanted not in segmentation.segments:
            raise UnknownNameError(f'segment of "{name}"', wanted, segmentation.segments)
        return self._is(name, wanted)

    def _outside(self, name: str, unwanted: str) -> exp.Expr:
        """Everyone but one group. In an overlapping segmentation who is in it is left out whatever else they are in."""
        if name in self.setting.segmentations and not self.setting.segmentations[name].exclusive:
            inside = sql("m.segment = :unwanted", unwanted=exp.Literal.string(unwanted))
            members = exp.select("m.customer_id", "m.period").from_(f"members_{name} as m").where(inside)
            self.outsiders.add(name)
            kept = exp.Tuple(expressions=[exp.column("customer_id", table="r"), self.period()])
            return sql("r.customer_id is null or not :inside", inside=exp.In(this=kept, query=members.subquery()))
        return sql("not coalesce(:inside, false)", inside=self._is(name, unwanted))

    def _is(self, name: str, label: str) -> exp.Expr:
        """Whether a row's group is the one that `label` spells, empty where there is none.

        Compared in the group's own type: engines write out numbers and truths differently.
        """
        group = self.group(name)
        if not label:
            missing = sql("cast(:group as varchar) = ''", group=group.copy())
            return exp.paren(exp.or_(sql(":group is null", group=group), missing))
        kind = "VARCHAR" if name in self.setting.segmentations else self._types()[name].partition("(")[0]
        wanted, read = _LABELS.get(kind, ("text", exp.Literal.string))
        try:
            return sql(":group = :label", group=group, label=read(label))
        except ValueError:
            raise InputError(f'"{name}" holds {wanted}, and "{label}" is none.') from None

    def base(self, groups: Sequence[exp.Expr], columns: Mapping[str, exp.Expr]) -> exp.Select:
        """The rows that count, with their groups, period, customer and the given columns."""
        named = [exp.alias_(g, f"by_{i}") for i, g in enumerate(groups)]
        wanted = [exp.alias_(tree, name) for name, tree in columns.items()]
        period = self.period()
        filters = self.filters()
        query = exp.select(*named, exp.alias_(period.copy(), "period"), *wanted).from_(
            exp.alias_(exp.to_table(ROWS), "r")
        )
        for home in self.used.intersection(self.homes):
            last = (
                f"h_{home}.seen_at <= r.occurred_at and (h_{home}.next_at is null or h_{home}.next_at > r.occurred_at)"
            )
            on_home = sql(f"h_{home}.customer_id = r.customer_id and {last}")
            query = query.join(f"homes_{home} as h_{home}", on=on_home, join_type="left", copy=False)
        if self.used & self.attributes.keys():
            on = "c.customer_id = r.customer_id"
            within = " and c.valid_from <= r.occurred_at and c.valid_to > r.occurred_at"
            query = query.join(
                "customer_versions as c",
                on=sql(on + (within if self.scope.has_versions else "")),
                join_type="left",
                copy=False,
            )
        for name, keeps in self.segmentations.items():
            on_member = sql(f"m_{name}.customer_id = r.customer_id and m_{name}.period = :period", period=period.copy())
            query = query.join(
                f"members_{name} as m_{name}", on=on_member, join_type="left" if keeps else "inner", copy=False
            )
        if self.weighs and self.scope.has_weights:
            on_weight = sql("wt.source = r.source and wt.feedback_id = r.feedback_id")
            query = query.join("weights as wt", on=on_weight, join_type="left", copy=False)
        return query.where(*filters, copy=False)

    @property
    def weighs(self) -> bool:
        """Whether rows carry survey weights that are asked for."""
        return "weight" in self.row_columns and self.params.get(WEIGHTED, True) is not False

    def weight(self) -> exp.Expr | None:
        """The weight of a row; None where each counts one."""
        if not self.weighs:
            return None
        return sql("coalesce(wt.weight, r.weight)") if self.scope.has_weights else sql("r.weight")

    def customer(self) -> dict[str, exp.Expr]:
        """The sampling unit: the customer; without one the response or visitor, else the row itself."""
        found: dict[str, exp.Expr] = {"customer_id": sql("r.customer_id")}
        if "thread_id" in self.row_columns:
            found["other_id"] = sql(
                "case when r.customer_id is null then coalesce(r.thread_id, r.source || '/' || r.feedback_id) end"
            )
        elif "activity_id" in self.row_columns:
            found["other_id"] = sql(
                "case when r.customer_id is null then coalesce(r.anonymous_id, r.source || '/' || r.activity_id) end"
            )
        return found

    def ctes(self) -> list[tuple[str, exp.Expr]]:
        """What stands before `base`, those that nothing refers to left out later."""
        versions = _VERSIONS if self.scope.has_versions else _ONE_VERSION
        attributes = "".join(f", {a}" for a in (*_ATTRIBUTE_COLUMNS, *self.setting.attributes))
        trees = self._trees()
        derived = bool(self.segmentations or self.outsiders)
        # Trees cost time to build: the grid of a hundred weeks only where something is read by it.
        has_grid = derived or self.relation.gridded
        found: list[tuple[str, exp.Expr]] = [
            *([("grid", grid_rows(self.scope.periods, self.scope.keys))] if has_grid else []),
            (
                "customer_versions",
                sql(versions.replace("{attributes}", attributes), earliest=instant(EARLIEST), latest=instant(LATEST)),
            ),
        ]
        chosen = {
            n: self.setting.segmentations[n]
            for n in (*self.segmentations, *sorted(self.outsiders - self.segmentations.keys()))
        }
        found += profile_ctes(chosen.values(), self.setting.attributes, trees)
        for name, segmentation in chosen.items():
            found += member_ctes(name, segmentation, self.setting.attributes)
        found += [(f"homes_{home}", home_rows(home, trees)) for home in self.used.intersection(self.homes)]
        taken = {name for name, _ in found}
        return found + [(n, t) for n, t in relation_ctes(self.measure.rows, trees) if n not in taken]

    def _trees(self) -> dict[str, exp.Expr]:
        window = self.params.get("window_days") or 1
        trees: dict[str, exp.Expr] = {
            "as_of": self.constants["as_of"],
            "window": exp.Interval(this=exp.Literal.string(str(int(window))), unit=exp.var("DAY")),
        }
        event = self.measure.event if self.measure.rows != "first_values" else self.setting.first_value
        if event is None and self.measure.rows == "first_values":
            raise InputError(
                f'"{self.measure.name}" has to know by what a customer first gets something out of it. '
                "Say so in heedful.yaml, for example: first_value: kind = 'delivery'"
            )
        if event is not None:
            types = {**table_columns(TABLES["activity"]), "kind_only": "VARCHAR"}
            typed = {n: ("VARCHAR" if isinstance(p.default, str) else "DOUBLE") for n, p in self.measure.params.items()}
            parsed = parse_condition(event, {**types, **typed})
            columns = {n: exp.column(n, table="a") for n in parsed.columns if n not in self.constants}
            trees["event"] = resolve(parsed.tree.copy(), {**columns, **self.constants})
        return trees

    # -- the whole -----------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """The finished query."""
        groups = [self.group(name) for name in self.question.by]
        form = self.measure.statistic.form
        parts, result = _FORMS[form](self, groups)
        keys = [f"by_{i}" for i in range(len(groups))] + ["period"]
        for name, tree in _reachable([*self.ctes(), *parts], result):
            result = result.with_(name, as_=tree, copy=False)
        return Plan(result.order_by(*keys, copy=False))

    def rows(self, columns: Sequence[str]) -> exp.Select:
        """The rows that count, unsummed."""
        picked = {str(c).rpartition(".")[2]: sql(c) for c in columns}
        result = self.base([], picked)
        for name, tree in _reachable(self.ctes(), result):
            result = result.with_(name, as_=tree, copy=False)
        return result

    def keys(self, groups: Sequence[exp.Expr]) -> list[str]:
        """The columns that name a group."""
        return [f"by_{i}" for i in range(len(groups))] + ["period"]


_ONE_VERSION = "select customer_id, :earliest as valid_from, :latest as valid_to{attributes} from customers"
_VERSIONS = (
    "select customer_id, case when lag(valid_from) over (partition by customer_id order by valid_from) is null "
    "then :earliest else valid_from end as valid_from, coalesce(valid_to, :latest) as valid_to{attributes} from customers"
)
_RANKS = 10**12  # more rows than any group has: a place and a rank in one number
Parts = tuple[list[tuple[str, exp.Expr]], exp.Select]


def _clustered(
    c: _Composer, groups: Sequence[exp.Expr], v: exp.Expr, *, d: exp.Expr | None = None, absolute: bool = False
) -> Parts:
    """base → clusters → sums: shares, net shares, means and ratios."""
    weight = c.weight()
    columns = {**c.customer(), **({"w": weight} if weight else {}), "v": v, **({"d": d} if d is not None else {})}
    keys = c.keys(groups)
    times = "w * " if weight else ""
    x = f"sum({times}d)" if d is not None else ("sum(w)" if weight else "cast(count(*) as double)")
    more = f", sum({times}abs(v)) as a" if absolute else ""
    present = "v is not null and d is not null" if d is not None else "v is not null"
    units = [*keys, *c.customer()]
    clusters = select(
        f"select {', '.join(units)}, count(*) as n, {x} as x, sum({times}v) as y{more} from base where {present}"
    )
    result = select(
        f"select {', '.join(keys)}, count(*) as m, cast(sum(n) as bigint) as n, sum(x) as sx, sum(y) as sy, "
        f"sum(x * x) as sxx, sum(x * y) as sxy, sum(y * y) as syy{', sum(a) as s_abs' if absolute else ''} from clusters"
    )
    return [("base", c.base(groups, columns)), ("clusters", clusters.group_by(*units))], result.group_by(*keys)


def _share(c: _Composer, groups: Sequence[exp.Expr]) -> Parts:
    yes = c.condition(c.measure.statistic.of["of"])
    return _clustered(c, groups, sql("case when :yes then 1e0 when not :yes then 0e0 end", yes=yes))


def _net_share(c: _Composer, groups: Sequence[exp.Expr]) -> Parts:
    up, down = (c.condition(c.measure.statistic.of[role]) for role in ("up", "down"))
    v = sql("case when :up then 1e0 when :down then -1e0 when not :up and not :down then 0e0 end", up=up, down=down)
    return _clustered(c, groups, v, absolute=True)


def _mean(c: _Composer, groups: Sequence[exp.Expr]) -> Parts:
    return _clustered(c, groups, c.value(c.measure.statistic.of["of"]))


def _median(c: _Composer, groups: Sequence[exp.Expr]) -> Parts:
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
        f"select {', '.join(units)}, median, place, count(*) as n, cast(count(*) as double) as x, sum(is_below) as y from marked"
    ).group_by(*units, "median", "place")
    result = select(
        f"select {listed}, median, place, count(*) as m, cast(sum(n) as bigint) as n, sum(x) as sx, sum(y) as sy, "
        "sum(x * x) as sxx, sum(x * y) as sxy, sum(y * y) as syy from clusters"
    ).group_by(*keys, "median", "place")
    base = c.base(groups, {**c.customer(), "v": c.value(c.measure.statistic.of["of"])})
    parts = [("base", base), ("medians", medians), ("middle", middle), ("marked", marked), ("clusters", clusters)]
    return parts, result


def at_ranks(plan: Plan, ranks: Sequence[tuple[int, int]]) -> exp.Select:
    """The values at the given ranks, counted from 1, of the groups at the given places of a plan of medians."""
    wanted = exp.In(this=sql("place * :step + rank", step=exp.Literal.number(_RANKS)), expressions=[
        exp.Literal.number(place * _RANKS + rank) for place, rank in ranks
    ])  # fmt: skip
    result = select("select distinct place, rank, v from ranked").where(wanted)
    for cte in plan.tree.args["with_"].expressions:
        if cte.alias != "clusters":
            result = result.with_(cte.alias, as_=cte.this.copy(), copy=False)
    ranked = sql("select place, v, row_number() over (partition by place order by v) as rank from marked")
    return result.with_("ranked", as_=ranked, copy=False)


def _ratio(c: _Composer, groups: Sequence[exp.Expr]) -> Parts:
    of = c.measure.statistic.of
    return _clustered(c, groups, c.value(of["of"]), d=c.value(of["per"]))


def _customers(c: _Composer, groups: Sequence[exp.Expr]) -> Parts:
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
        f"select {', '.join(keys)}, count(*) as m, cast(sum(n) as bigint) as n, cast(count(*) as double) as sx, sum(y) as sy, "
        "cast(count(*) as double) as sxx, sum(y) as sxy, sum(y * y) as syy from clusters where y is not null"
    )
    return [("base", base), ("clusters", clusters)], result.group_by(*keys)


def _total(c: _Composer, groups: Sequence[exp.Expr]) -> Parts:
    form, of = c.measure.statistic.form, c.measure.statistic.of
    keys = c.keys(groups)
    columns = dict(c.customer())
    if "of" in of:
        columns["v"] = c._bind(parse_value(of["of"], c._types()))
    figure = {
        "count": "cast(count(*) as double)",
        "sum": "cast(sum(v) as double)",
        "distinct": "cast(count(distinct v) as double)",
    }[form]
    present = " where v is not null" if "of" in of else ""
    units = " + ".join(f"count(distinct {unit})" for unit in c.customer())
    result = select(f"select {', '.join(keys)}, {figure} as value, count(*) as n, {units} as m from base{present}")
    return [("base", c.base(groups, columns))], result.group_by(*keys)


def _choices(c: _Composer, groups: Sequence[exp.Expr]) -> Parts:
    """Options by respondents: a response counts once in the base, however many options it holds."""
    keys = c.keys(groups)
    weight = c.weight() or sql("1e0")
    columns = {
        **c.customer(),
        "response": sql("coalesce(r.thread_id, r.source || '/' || r.feedback_id)"),
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
                f"select distinct {', '.join('a.' + k for k in keys)}, u.choice from asked as a join menu as u on u.question = a.question"
            ),
        ),
        ("responses", select(f"select {unit_list}, response, max(w) as w from base").group_by(*units, "response")),
        ("people", select(f"select {unit_list}, count(*) as n, sum(w) as x from responses").group_by(*units)),
        ("bases", select(f"select {listed}, count(*) as m, sum(n) as n, sum(x) as sx, sum(x * x) as sxx from people").group_by(*keys)),
        ("picks", select(f"select {unit_list}, response, choice, max(w) as w from base").group_by(*units, "response", "choice")),
        ("picked", select(f"select {unit_list}, choice, sum(w) as y from picks").group_by(*units, "choice")),
        (
            "options",
            select(
                f"select {', '.join('k.' + k for k in keys)}, k.choice, sum(k.y) as sy, sum(k.y * k.y) as syy, sum(k.y * p.x) as sxy "
                "from picked as k join people as p on "
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


def _survival(c: _Composer, groups: Sequence[exp.Expr]) -> Parts:
    keys = c.keys(groups)
    of = c.measure.statistic.of
    columns = {"customer_id": sql("r.customer_id"), "v": c.value(of["days"]), "reached": c.condition(of["reached"])}
    result = select(
        f"select {', '.join(keys)}, v as days, sum(case when reached then 1 else 0 end) as events, "
        "sum(case when reached then 0 else 1 end) as censored from base where v is not null"
    )
    return [("base", c.base(groups, columns))], result.group_by(*keys, "v")


def _panel(c: _Composer, groups: Sequence[exp.Expr]) -> Parts:
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
        columns["d"] = c.value(of["per"])
        x, y = "sum(d)", "sum(v)"
    else:
        # Without stated bases each panel counts the same.
        x, y = "sum(coalesce(base_, 1e0))", "sum(v * coalesce(base_, 1e0))"
    units = [*keys, "panel", "panel_of", "at_"] if c.measure.rows == "market" else keys
    clusters = select(
        f"select {', '.join(units)}, count(*) as n, {x} as x, {y} as y, max(base_) as b from base where v is not null"
    )
    result = select(
        f"select {', '.join(keys)}, count(*) as m, cast(sum(n) as bigint) as n, sum(x) as sx, sum(y) as sy, "
        "case when count(b) = count(*) then sum(b) end as base from clusters"
    )
    return [("base", c.base(groups, columns)), ("clusters", clusters.group_by(*units))], result.group_by(*keys)


_FORMS = {
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


def _reachable(ctes: Sequence[tuple[str, exp.Expr]], result: exp.Select) -> list[tuple[str, exp.Expr]]:
    """The CTEs that `result` needs, in order: people read these queries."""
    needed = {t.name for t in result.find_all(exp.Table)}
    kept = []
    for name, tree in reversed(ctes):
        if name in needed:
            kept.append((name, tree))
            needed |= {t.name for t in tree.find_all(exp.Table)}
    return kept[::-1]


def _wanted(param: Param | None, value: Scalar) -> tuple[str, Scalar]:
    """What a parameter has to be where `value` is not that, else nothing; and an example."""
    if param is None:
        return ("" if isinstance(value, bool) else "true or false", "false")
    if isinstance(param.default, str):
        return ("" if isinstance(value, str) else "text", param.default or "order")
    low = param.low if param.low is not None else -_LARGEST
    high = param.high if param.high is not None else _LARGEST
    fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high and value == int(value)
    example = param.default if param.default is not None else max(int(low), 1)
    return ("" if fits else f"a whole number, {_range(param.low, param.high)}", example)


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"from {low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    return f"at most {high:g}" if high is not None else f"at most {_LARGEST:g} in size"
