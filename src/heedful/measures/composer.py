"""What a question comes to in SQL: its names, groups and conditions, and the rows that count."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlglot import exp

from heedful.errors import ExpressionError, InputError, UnknownNameError
from heedful.measures.labels import read_label
from heedful.measures.parameters import check_value
from heedful.measures.periods import Period, midnight
from heedful.measures.question import Question, Scalar
from heedful.measures.registry import Measure
from heedful.measures.relations import HOMES, RELATIONS, ROWS, home_rows, relation_ctes
from heedful.measures.segments import member_ctes, profile_ctes
from heedful.measures.setting import Setting
from heedful.measures.sql import EARLIEST, LATEST, constant, day, grid_rows, instant, resolve, sql
from heedful.measures.units import TEAM
from heedful.streams.expressions import Expression, parse_condition, parse_value, table_columns
from heedful.streams.schema import CUSTOMERS, TABLES

WEIGHTED = "weighted"
UNKNOWN_SEGMENT = "unknown"
_LISTED_PERIODS = 60
_INSTANT = "TIMESTAMP WITH TIME ZONE"
_ATTRIBUTE_COLUMNS = ("acquired_at", "acquired_through")


@dataclass(frozen=True)
class Scope:
    """Everything outside of the measure that its query depends on.

    `keys` are the dates by which rows name their period. The rest says what need not be looked at: `has_versions`
    whether some customer has a history, `has_weights` whether there are raked weights, `has_own_weights` whether
    sources weight some answer otherwise than 1, `anonymous` which streams hold rows of nobody known.
    """

    setting: Setting
    as_of: datetime
    periods: tuple[Period, ...]
    keys: tuple[date, ...]
    has_versions: bool = True
    has_weights: bool = True
    has_own_weights: bool = True
    anonymous: frozenset[str] = frozenset({"feedback", "activity"})


class Composer:
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
        # What customers are or say has no team, and often no unit, of its own: theirs is where they were last seen.
        self.homes = () if self.relation.like == "market" else tuple(h for h in HOMES if h not in self.row_columns)
        self.levels = self._levels()
        self.params = self._params()
        self.constants: dict[str, exp.Expr] = {
            "as_of": instant(scope.as_of),
            "own_brand": exp.Literal.string(self.setting.own_brand),
            **{n: constant(v, measure.params[n].default) for n, v in self.params.items() if n in measure.params},
        }
        self.used: set[str] = set()  # names that the query needs
        self.bound: set[str] = set()  # those of them that stand in expressions
        self.segmentations: dict[str, bool] = {}  # joined to rows: name -> whether rows outside of it are kept
        self.outsiders: dict[str, str] = {}  # overlapping segmentations -> the segment that rows are kept out of

    # -- names ---------------------------------------------------------------------------------------------------

    def _row_columns(self) -> dict[str, str]:
        own = dict(self.relation.columns or {})
        if self.relation.like:
            table = TABLES[self.relation.like]
            like = {n: t for n, t in table_columns(table).items() if n not in table.bookkeeping}
            return {**like, **own, "occurred_at": _INSTANT}
        return {"customer_id": "VARCHAR", "occurred_at": _INSTANT, **own}

    def _levels(self) -> tuple[str, ...]:
        """The levels of units that rows can be grouped by; `team` is a column already where rows have one."""
        known = {*self.row_columns, *self.homes}
        units = self.setting.units
        return tuple(level for level in units.levels if level not in known) if units and "unit" in known else ()

    def _params(self) -> Mapping[str, Scalar | None]:
        known = self.measure.params
        given = dict(self.question.params)
        for name, value in given.items():
            if name not in known and name != WEIGHTED:
                raise UnknownNameError("parameter", name, [*known, WEIGHTED], of=self.measure.name)
            check_value(self.measure.name, name, value, known.get(name))
        return {**{n: p.default for n, p in known.items()}, **given}

    def _names(self) -> dict[str, exp.Expr]:
        rows = {n: exp.column(n, table="r") for n in self.row_columns}
        homes = {n: exp.column(n, table=f"h_{n}") for n in self.homes}
        levels = {n: exp.column(n, table="places") for n in self.levels}
        return {**{n: exp.column(n, table="c") for n in self.attributes}, **levels, **homes, **rows, **self.constants}

    def _types(self) -> dict[str, str]:
        typed: dict[str, str] = {"as_of": _INSTANT, "own_brand": "VARCHAR"}
        for name, param in self.measure.params.items():
            typed[name] = "VARCHAR" if isinstance(param.default, str) else "DOUBLE"
        return {**self.attributes, **dict.fromkeys((*self.levels, *self.homes), "VARCHAR"), **typed, **self.row_columns}

    def _bind(self, parsed: Expression) -> exp.Expr:
        self.used |= parsed.columns
        self.bound |= parsed.columns
        return resolve(parsed.tree.copy(), self._names())

    def condition(self, text: str) -> exp.Expr:
        """A condition over the rows' own columns, customers' attributes and constants."""
        return self._bind(parse_condition(text, self._types()))

    def value(self, text: str) -> exp.Expr:
        """A number over the same names, as a double."""
        return exp.cast(self.amount(text), "double")

    def amount(self, text: str) -> exp.Expr:
        """A number over the same names, in its own type: money stays decimal where it is summed."""
        parsed = parse_value(text, self._types())
        if parsed.type != "number":
            raise ExpressionError(_no_number(self.measure.statistic.form, parsed.type), text=text, offset=0)
        return self._bind(parsed)

    def plain_value(self, text: str) -> exp.Expr:
        """A value of any type over the same names."""
        return self._bind(parse_value(text, self._types()))

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
        known = [*self.setting.segmentations, *self.row_columns, *self.attributes, *self.homes, *self.levels]
        if name in known:
            self.used.add(name)
            return self._names()[name]
        raise UnknownNameError("column or segmentation", name, known)

    # -- parts ---------------------------------------------------------------------------------------------------

    def period(self) -> exp.Expr:
        """The date that names the period of a row."""
        if self.relation.gridded:
            return exp.column("period", table="r")
        if self.question.over is None:
            return day(self.scope.keys[0])
        starts = [midnight(key, self.setting.zone) for key in self.scope.keys]
        if len(starts) <= _LISTED_PERIODS:
            # Comparing instants costs a third of what shifting each to its zone and cutting it does.
            case = exp.Case()
            for key, following in zip(self.scope.keys, starts[1:], strict=False):
                case = case.when(sql("r.occurred_at < :following", following=instant(following)), day(key), copy=False)
            return case.else_(day(self.scope.keys[-1]), copy=False) if len(starts) > 1 else day(self.scope.keys[0])
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
        self._check_segment(name, wanted)
        return self._is(name, wanted)

    def _check_segment(self, name: str, label: str) -> None:
        segmentation = self.setting.segmentations.get(name)
        known = segmentation.labels if segmentation else ()
        if known and label not in (*known, UNKNOWN_SEGMENT):
            raise UnknownNameError("segment", label, known, of=name)
        units = self.setting.units.labels(name) if self.setting.units and name in self.levels else ()
        if units and label and label not in units:
            raise UnknownNameError("unit", label, units, of=name)

    def _outside(self, name: str, unwanted: str) -> exp.Expr:
        """Everyone but one group. In an overlapping segmentation who is in it is left out whatever else they are in."""
        self._check_segment(name, unwanted)
        if name in self.setting.segmentations and not self.setting.segmentations[name].exclusive:
            self.outsiders[name] = unwanted
            return sql(f"o_{name}.customer_id is null")
        return sql("not coalesce(:inside, false)", inside=self._is(name, unwanted))

    def _is(self, name: str, label: str) -> exp.Expr:
        """Whether a row's group is the one that `label` spells, empty where there is none.

        Compared in the group's own type: engines write out numbers and truths differently.
        """
        group = self.group(name)
        if not label:
            missing = sql("cast(:group as varchar) = ''", group=group.copy())
            return exp.paren(exp.or_(sql(":group is null", group=group), missing))
        kind = "VARCHAR" if name in self.setting.segmentations else self._types()[name]
        return sql(":group = :label", group=group, label=read_label(name, label, kind))

    def late(self, groups: Sequence[exp.Expr]) -> dict[str, str]:
        """The groups that are attributes of customers and nothing else than groups, with the attribute of each.

        They can be joined to customers, who are fewer, instead of to their rows.
        """
        of_customers = {f"by_{i}": g.name for i, g in enumerate(groups) if isinstance(g, exp.Column) and g.table == "c"}
        self.filters()  # so that every name that an expression binds is known
        elsewhere = self.bound.intersection(self.attributes) or {*self.question.segment, *self.question.outside}
        return {} if self.scope.has_versions or elsewhere else of_customers

    def base(
        self, groups: Sequence[exp.Expr], columns: Mapping[str, exp.Expr], late: Collection[str] = ()
    ) -> exp.Select:
        """The rows that count, with their groups (but those joined `late`), period, customer and the given columns."""
        named = [exp.alias_(g, f"by_{i}") for i, g in enumerate(groups) if f"by_{i}" not in late]
        wanted = [exp.alias_(tree, name) for name, tree in columns.items()]
        period = self.period()
        filters = self.filters()
        unit = self._unit()
        query = exp.select(*named, exp.alias_(period.copy(), "period"), *wanted).from_(
            exp.alias_(exp.to_table(ROWS), "r")
        )
        for home in self.used.intersection(self.homes):
            last = (
                f"h_{home}.seen_at <= r.occurred_at and (h_{home}.next_at is null or h_{home}.next_at > r.occurred_at)"
            )
            on_home = sql(f"h_{home}.customer_id = r.customer_id and {last}")
            query = query.join(f"homes_{home} as h_{home}", on=on_home, join_type="left", copy=False)
        if unit is not None:
            on_place = sql("places.unit = :unit", unit=unit)
            query = query.join("unit_places as places", on=on_place, join_type="left", copy=False)
        if self.used & self.attributes.keys() and not late:
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
        for name, unwanted in self.outsiders.items():
            on_outsider = sql(
                f"o_{name}.customer_id = r.customer_id and o_{name}.period = :period and o_{name}.segment = :unwanted",
                period=period.copy(),
                unwanted=exp.Literal.string(unwanted),
            )
            query = query.join(f"members_{name} as o_{name}", on=on_outsider, join_type="left", copy=False)
        if self.weighs and self.scope.has_weights:
            on_weight = sql("wt.source = r.source and wt.feedback_id = r.feedback_id")
            query = query.join("weights as wt", on=on_weight, join_type="left", copy=False)
        return query.where(*filters, copy=False)

    def _unit(self) -> exp.Expr | None:
        """Where a row stands in the hierarchy: its unit, else its team if teams are units; None if nobody asks."""
        if not self.used.intersection(self.levels):
            return None
        names = self._names()
        has_teams = self.setting.units is not None and TEAM in self.setting.units.levels and TEAM in names
        self.used |= {"unit", TEAM} if has_teams else {"unit"}
        return sql("coalesce(:unit, :team)", unit=names["unit"], team=names[TEAM]) if has_teams else names["unit"]

    @property
    def weighs(self) -> bool:
        """Whether rows carry survey weights that are asked for."""
        return "weight" in self.row_columns and self.params.get(WEIGHTED, True) is not False

    def weight(self) -> exp.Expr | None:
        """The weight of a row; None where each counts one."""
        if not self.weighs or not (self.scope.has_weights or self.scope.has_own_weights):
            return None
        return sql("coalesce(wt.weight, r.weight)") if self.scope.has_weights else sql("r.weight")

    def customer(self) -> dict[str, exp.Expr]:
        """The sampling unit: the customer; without one who speaks, the response or the visitor, else the row itself."""
        found: dict[str, exp.Expr] = {"customer_id": sql("r.customer_id")}
        if self.relation.like not in self.scope.anonymous:
            return found  # reading ids of rows costs more than all the rest
        if "thread_id" in self.row_columns:
            found["other_id"] = sql(
                # Of several who speak in one discussion, each is one. Sources number their threads alike.
                "case when r.customer_id is null then r.source || '/' || "
                "coalesce(r.thread_id || '/' || r.speaker, r.thread_id, r.feedback_id) end"
            )
        elif "activity_id" in self.row_columns:
            found["other_id"] = sql(
                "case when r.customer_id is null then coalesce(r.anonymous_id, r.source || '/' || r.activity_id) end"
            )
        return found

    def ctes(self) -> list[tuple[str, exp.Expr]]:
        """What stands before `base`, those that nothing refers to left out later."""
        versions = _VERSIONS if self.scope.has_versions else _ONE_VERSION
        attributes = "".join(f', "{a}"' for a in (*_ATTRIBUTE_COLUMNS, *self.setting.attributes))
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
            for n in (*self.segmentations, *sorted(self.outsiders.keys() - self.segmentations.keys()))
        }
        found += profile_ctes(chosen.values(), self.setting.attributes, trees)
        for name, segmentation in chosen.items():
            found += member_ctes(name, segmentation, self.setting.attributes)
        found += [(f"homes_{home}", home_rows(home, trees)) for home in self.used.intersection(self.homes)]
        if self.setting.units and (levels := [n for n in self.levels if n in self.used]):
            found.append(("unit_places", self.setting.units.rows(levels)))
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

    def rows(self, columns: Sequence[str]) -> exp.Select:
        """The rows that count, unsummed."""
        return self.whole(self.base([], {str(c).rpartition(".")[2]: sql(c) for c in columns}), [])

    def whole(self, result: exp.Select, parts: Sequence[tuple[str, exp.Expr]]) -> exp.Select:
        """`result` with those of `parts`, and of what stands before them, that it needs."""
        for name, tree in _reachable([*self.ctes(), *parts], result):
            result = result.with_(name, as_=tree, copy=False)
        return result

    def keys(self, groups: Sequence[exp.Expr]) -> list[str]:
        """The columns that name a group."""
        return [f"by_{i}" for i in range(len(groups))] + ["period"]


_ONE_VERSION = "select customer_id, :earliest as valid_from, :latest as valid_to{attributes} from customers"
_VERSIONS = (
    "select customer_id, case when lag(valid_from) over (partition by customer_id order by valid_from) is null "
    "then :earliest else valid_from end as valid_from, coalesce(valid_to, :latest) as valid_to{attributes} "
    "from customers"
)


def _no_number(form: str, kind: str) -> str:
    told = {"boolean": "true or false", "text": "text"}.get(kind, f"a {kind}")
    hint = {
        "boolean": "For the rows in which it is true, write share.",
        "time": "Days gone by are (epoch(ended_at) - epoch(occurred_at)) / 86400.",
        "date": "Days gone by are date_diff('day', acquired_at, occurred_at).",
    }.get(kind, "For how many different ones there are, write distinct.")
    return f"A {form} needs a number, and this is {told}. {hint}"


def _reachable(ctes: Sequence[tuple[str, exp.Expr]], result: exp.Select) -> list[tuple[str, exp.Expr]]:
    """The CTEs that `result` needs, in order: people read these queries."""
    needed = {t.name for t in result.find_all(exp.Table)}
    kept = []
    for name, tree in reversed(ctes):
        if name in needed:
            kept.append((name, tree))
            needed |= {t.name for t in tree.find_all(exp.Table)}
    return kept[::-1]
