"""Puts questions to an engine and makes figures of what comes back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from heedful.errors import InputError
from heedful.identity.coverage import joined_note, joined_share
from heedful.measures import estimators
from heedful.measures.compose import Plan, compose
from heedful.measures.composer import Scope
from heedful.measures.estimators import ClusterSums, Estimate
from heedful.measures.forms import at_ranks
from heedful.measures.intervals import median_levels, share_interval, survival_median
from heedful.measures.periods import Period, grid, local_date, midnight, period_start, span
from heedful.measures.question import MeasureInfo, Question
from heedful.measures.registry import Catalogue, Measure
from heedful.measures.results import ALL, Flag, Reason, Result, Row
from heedful.measures.setting import Setting
from heedful.measures.sql import EARLIEST, instant, sql
from heedful.measures.statistic import Form
from heedful.streams.engine import Engine
from heedful.streams.expressions import parse_condition, table_columns
from heedful.streams.schema import TABLES

Array = NDArray[np.float64]
_EPOCH = EARLIEST.date()
_LONGEST_GRID = 2000


@dataclass(frozen=True)
class Reach:
    """The first and last instant of the streams; None where they are empty."""

    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class _Figure:
    """One group's figure before it knows its period."""

    by: tuple[object, ...]
    key: date
    value: float | None
    low: float | None
    high: float | None
    n: int
    customers: int
    n_eff: float | None
    flag: Flag | None
    reason: Reason | None


class Runner:
    """Answers questions to measures over one engine. Makes one snapshot's figures: open a new one for newer data."""

    def __init__(self, engine: Engine, setting: Setting, measures: Catalogue | None = None) -> None:
        self.engine, self.setting = engine, setting
        self.measures = measures or Catalogue()

    def info(self, name: str) -> MeasureInfo:
        """What is known of the measure `name`. Raises `UnknownNameError`."""
        info = self.measures[name].info()
        return replace(info, unit=self.setting.currency) if info.unit == "currency" else info

    @cached_property
    def reach(self) -> Reach:
        """How far the streams reach."""
        table = self.engine.query(
            "select min(t) as first_at, max(u) as last_at from ("
            "select min(occurred_at) as t, max(occurred_at) as u from feedback union all "
            "select min(occurred_at) as t, greatest(max(occurred_at), coalesce(max(ended_at), max(occurred_at))) as u "
            "from activity union all "
            # A period of a market is known once it is over; its end is the first instant of the next.
            "select min(period_start) as t, max(period_end) - interval '1 second' as u from market) as reach"
        )
        row = table.to_pylist()[0]
        if row["last_at"] is None:
            known = "select min(acquired_at) as first_at, max(acquired_at) as last_at from customers"
            row = self.engine.query(known).to_pylist()[0]
        return Reach(row["first_at"], row["last_at"])

    @cached_property
    def _has_versions(self) -> bool:
        return bool(self.engine.query("select count(valid_to) as k from customers").to_pylist()[0]["k"])

    def _exists(self, table: str, condition: str) -> bool:
        """Whether any row meets the condition; an engine that keeps bounds of its columns need not read them."""
        return bool(self.engine.query(f"select 1 as k from {table} where {condition} limit 1").num_rows)

    @cached_property
    def _has_own_weights(self) -> bool:
        return self._exists("feedback", "weight <> 1")

    @cached_property
    def _anonymous(self) -> frozenset[str]:
        return frozenset(stream for stream in ("feedback", "activity") if self._exists(stream, "customer_id is null"))

    @cached_property
    def _has_weights(self) -> bool:
        return bool(self.engine.query("select count(*) as k from weights").to_pylist()[0]["k"])

    def as_of(self, question: Question) -> date:
        """The day from whose end the question looks back: what was asked for, or as far as the data reach."""
        if question.as_of is not None:
            return question.as_of
        last = self.reach.last
        return local_date(last, self.setting.zone) if last is not None else _EPOCH

    def scope(self, question: Question) -> Scope:
        """The periods and instants of `question`."""
        zone = self.setting.zone
        as_of = self.as_of(question)
        end = min(question.end or as_of, as_of)
        if question.start is not None and question.start > end:
            told = "as-of date" if question.end is None or question.end > as_of else "end"
            raise InputError(f"The start {question.start} lies after the {told} {end}. Swap them, or leave one out.")
        if question.over is None:
            periods: tuple[Period, ...] = (span(question.start, end, zone),)
            keys: tuple[date, ...] = (question.start or _EPOCH,)
        else:
            first = self.reach.first
            start = question.start or (local_date(first, zone) if first is not None else end)
            periods = grid(min(start, end), end, question.over, zone)
            if len(periods) > _LONGEST_GRID:
                raise InputError(
                    f"From {start} to {end} there are {len(periods)} {question.over}s; at most {_LONGEST_GRID} can be "
                    "asked for. Give a later --from or a longer --over."
                )
            keys = tuple(period_start(p.first, question.over) for p in periods if p.first is not None)
        cut = midnight(as_of + timedelta(days=1), zone)
        return Scope(
            self.setting,
            cut,
            periods,
            keys,
            self._has_versions,
            self._has_weights,
            self._has_own_weights,
            self._anonymous,
        )

    def plan(self, question: Question) -> Plan:
        """The composed query of `question`."""
        measure = self.measures[question.measure]
        _check_by(question)
        return compose(measure, question, self.scope(question))

    def text(self, question: Question) -> str:
        """The SQL behind the figures, in the engine's dialect."""
        return self.engine.text(self.plan(question).tree)

    def answer(self, question: Question) -> Result:
        """The figures. Raises `InputError` for a question that cannot be put, `EngineError` where the engine fails."""
        measure = self.measures[question.measure]
        _check_by(question)
        scope = self.scope(question)
        plan = compose(measure, question, scope)
        table = self.engine.query(plan.tree)
        by = (*question.by, "choice") if measure.statistic.form == "choices" else question.by
        names = [f"by_{i}" for i in range(len(question.by))] + (["choice"] if len(by) > len(question.by) else [])
        groups = _groups(table, names)
        figures = _READERS[measure.statistic.form](self, measure, plan, table, groups)
        if not self._recorded(measure, scope):
            figures = [
                replace(f, value=None, low=None, high=None, n_eff=None, flag=None, reason="not_recorded")
                for f in figures
            ]
        periods = dict(zip(scope.keys, scope.periods, strict=True))
        rows = [
            self._row(measure, question, by, f, periods[f.key]) for f in _completed(figures, measure, scope, bool(by))
        ]
        rows.sort(key=lambda r: (tuple(str(r.by[b]) for b in by), r.period_end))
        return Result(
            question.measure,
            measure.title,
            tuple(rows),
            by,
            question.over,
            self.as_of(question) if self.reach.last is not None or question.as_of else None,
            measure.better,
            (*plan.notes, *self._coverage(plan), *(str(c) for c in measure.changed if _within(c.on, scope.periods))),
            lambda: self.engine.text(plan.tree),
            measure.changed,
        )

    @cached_property
    def _joined_share(self) -> float | None:
        return joined_share(self.engine)

    def _coverage(self, plan: Plan) -> tuple[str, ...]:
        """What part of feedback a figure speaks of that joins what customers said with what they did."""
        read = {table.name for table in plan.tree.find_all(exp.Table)}
        if not {"feedback", "activity"} <= read or self._joined_share is None:
            return ()
        return (joined_note(self._joined_share),)

    def _recorded(self, measure: Measure, scope: Scope) -> bool:
        """Whether the kind of row that the measure waits for was recorded by then: none on file is not none."""
        witness = (
            "kind = 'cancellation'"
            if measure.rows == "standings"
            else measure.event
            if measure.rows == "at_risk"
            else None
        )
        if witness is None:
            return True
        condition = parse_condition(witness, table_columns(TABLES["activity"])).tree
        known = sql("occurred_at < :as_of", as_of=instant(scope.as_of))
        found = self.engine.query(
            exp.select(exp.Literal.number(1).as_("k")).from_("activity").where(condition, known).limit(1)
        )
        return bool(found.num_rows)

    def _row(self, measure: Measure, question: Question, by: Sequence[str], figure: _Figure, period: Period) -> Row:
        labels = dict(zip(by, figure.by, strict=True))
        segments = [str(labels[b]) for b in question.by if b in self.setting.segmentations or b == "segment"]
        flag = figure.flag
        if flag is None and figure.value is not None and figure.customers < self.setting.flag_below:
            flag = "few"
        return Row(
            measure=measure.name,
            segment=" × ".join(segments) or ALL,
            by=labels,
            period_start=period.first,
            period_end=period.last,
            value=figure.value,
            low=figure.low,
            high=figure.high,
            n=figure.n,
            customers=figure.customers,
            n_eff=figure.n_eff,
            unit=self.setting.currency if measure.unit == "currency" else measure.unit,
            flag=flag,
            reason=figure.reason,
        )


def _check_by(question: Question) -> None:
    if len(set(question.by)) < len(question.by):
        raise InputError(f"A name stands twice among --by: {', '.join(question.by)}.")


def _within(day: date, periods: Sequence[Period]) -> bool:
    """Whether the day lies in what `periods` cover, so that both definitions are in it."""
    first, last = periods[0].first, periods[-1].last
    return (first is None or day > first) and (last is None or day <= last)


def _groups(table: pa.Table, names: Sequence[str]) -> list[tuple[tuple[object, ...], date]]:
    columns = [table.column(n).to_pylist() for n in names]
    periods = [p.date() if isinstance(p, datetime) else p for p in table.column("period").to_pylist()]
    return [(tuple(_label(c[i]) for c in columns), periods[i]) for i in range(table.num_rows)]


def _label(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _completed(figures: list[_Figure], measure: Measure, scope: Scope, grouped: bool) -> list[_Figure]:
    """The figures, with one that says so for each period in which a group has no rows: undefined is not left out."""
    seen = {(f.by, f.key) for f in figures}
    groups = {f.by for f in figures} or (set() if grouped else {()})
    # A period without rows counts 0 only where the same rows were recorded in another.
    counts = measure.statistic.form in ("count", "distinct") and bool(figures)
    for by in groups:
        for key in scope.keys:
            if (by, key) not in seen:
                figures.append(
                    _Figure(by, key, 0.0, None, None, 0, 0, None, "complete", None)
                    if counts
                    else _Figure(by, key, None, None, None, 0, 0, None, None, "no_answers")
                )
    return figures


def _floats(table: pa.Table, name: str) -> Array:
    column = table.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(column, dtype=np.float64)


Groups = Sequence[tuple[tuple[object, ...], date]]


def _sums(table: pa.Table) -> ClusterSums:
    names = ("m", "n", "sx", "sy", "sxx", "sxy", "syy")
    extra = _floats(table, "s_abs") if "s_abs" in table.column_names else None
    return ClusterSums(**{n: _floats(table, n) for n in names}, s_abs=extra)


def _estimated(estimate: Callable[[ClusterSums], Estimate]) -> Callable[..., list[_Figure]]:
    def read(_: Runner, measure: Measure, __: Plan, table: pa.Table, groups: Groups) -> list[_Figure]:
        sums = _sums(table)
        found = estimate(sums).times(measure.statistic.times)
        lowest = measure.bounds[0]
        if lowest is not None:  # an interval may not promise less than there can be
            found = replace(found, low=np.maximum(found.low, np.minimum(lowest, found.value)))
        return _figures(found, sums.n, sums.m, groups)

    return read


def _figures(found: Estimate, n: Array, m: Array, groups: Groups) -> list[_Figure]:
    figures = []
    for i, (by, key) in enumerate(groups):
        value, low, high = (_known(a[i]) for a in (found.value, found.low, found.high))
        reason: Reason | None = None if value is not None else (found.reason[i] or "no_answers")
        figures.append(_Figure(by, key, value, low, high, int(n[i]), int(m[i]), _known(found.n_eff[i]), None, reason))
    return figures


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _totals(_: Runner, measure: Measure, __: Plan, table: pa.Table, groups: Groups) -> list[_Figure]:
    values, n, m = (_floats(table, c) for c in ("value", "n", "m"))
    return [
        _Figure(
            by,
            key,
            float(values[i]) * measure.statistic.times,
            None,
            None,
            int(n[i]),
            int(m[i]),
            None,
            "complete",
            None,
        )
        for i, (by, key) in enumerate(groups)
    ]


def _survivals(_: Runner, measure: Measure, __: Plan, table: pa.Table, groups: Groups) -> list[_Figure]:
    days, events, censored = (_floats(table, c) for c in ("days", "events", "censored"))
    places: dict[tuple[tuple[object, ...], date], list[int]] = {}
    for i, group in enumerate(groups):
        places.setdefault(group, []).append(i)
    figures = []
    for (by, key), at in places.items():
        found = survival_median(days[at], events[at], censored[at])
        value, low, high = (_known(x * measure.statistic.times) for x in (found.value, found.low, found.high))
        reason: Reason | None = None if value is not None else "not_yet"
        figures.append(
            _Figure(
                by, key, value, low if value is not None else None, high, found.n, found.n, float(found.n), None, reason
            )
        )
    return figures


def _panels(_: Runner, __: Measure, ___: Plan, table: pa.Table, groups: Groups) -> list[_Figure]:
    sx, sy, base, n = (_floats(table, c) for c in ("sx", "sy", "base", "n"))
    figures = []
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(sx > 0, sy / sx, np.nan)
        interval = share_interval(base, values * base)
    for i, (by, key) in enumerate(groups):
        value = _known(values[i])
        if value is None:
            figures.append(_Figure(by, key, None, None, None, int(n[i]), 0, None, None, "no_answers"))
        elif math.isnan(base[i]):
            figures.append(_Figure(by, key, value, None, None, int(n[i]), int(n[i]), None, "complete", None))
        else:
            low, high = _known(interval.low[i]), _known(interval.high[i])
            figures.append(_Figure(by, key, value, low, high, int(n[i]), int(base[i]), float(base[i]), None, None))
    return figures


def _medians(runner: Runner, measure: Measure, plan: Plan, table: pa.Table, groups: Groups) -> list[_Figure]:
    """The medians, and by Woodruff's method the values at the ranks that bound them: one more pass over the rows."""
    sums = _sums(table)
    share = estimators.share(sums)
    medians, places = _floats(table, "median"), table.column("place").to_pylist()
    ranks = [
        # As `quantile_disc`: the least value up to which at least that share of the rows lies.
        (place, min(max(math.ceil(level * n), 1), int(n)))
        for levels in median_levels(share.n_eff)
        for place, level, n in zip(places, levels.tolist(), sums.n.tolist(), strict=True)
        if not math.isnan(level)
    ]
    rows = runner.engine.query(at_ranks(plan.tree, ranks)).to_pylist() if ranks else []
    bounds: dict[int, list[float]] = {}
    for row in rows:
        bounds.setdefault(row["place"], []).append(float(row["v"]) * measure.statistic.times)
    figures = []
    for i, (by, key) in enumerate(groups):
        found = bounds.get(places[i])
        low, high = (min(found), max(found)) if found else (None, None)
        value, n, m = float(medians[i]) * measure.statistic.times, int(sums.n[i]), int(sums.m[i])
        figures.append(_Figure(by, key, value, low, high, n, m, _known(share.n_eff[i]), None, None))
    return figures


_READERS: Mapping[Form, Callable[[Runner, Measure, Plan, pa.Table, Groups], list[_Figure]]] = {
    "share": _estimated(estimators.share),
    "customer_share": _estimated(estimators.share),
    "choices": _estimated(estimators.share),
    "net_share": _estimated(estimators.net_share),
    "mean": _estimated(estimators.mean),
    "customer_mean": _estimated(estimators.mean),
    "ratio": _estimated(estimators.ratio),
    "median": _medians,
    "sum": _totals,
    "count": _totals,
    "distinct": _totals,
    "survival": _survivals,
    "panel_share": _panels,
    "panel_mean": _panels,
}
