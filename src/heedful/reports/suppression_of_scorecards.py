"""The same hiding for a whole scorecard, whose objectives may show one measure for several segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from heedful.measures.results import Row
from heedful.reports.suppression import Line, base_of, period_lines, places_to_hide, shown
from heedful.scorecard.results import ObjectiveResult, Reading, Role, ScorecardResult, Status
from heedful.scorecard.status import combine

WITHHELD = "Some figures of this objective are hidden, because they would speak of very few customers."


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question behind a reading: measure, conditions and segment. The same question has the same answer."""

    measure: str
    condition: str
    segment: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Figure:
    """One figure of the scorecard, however often it is shown."""

    asked: _Asked
    start: date | None
    end: date | None


def suppress_scorecard(result: ScorecardResult, *, hide_below: int = 5, flag_below: int = 30) -> ScorecardResult:
    """`result` as those may see it who may not see customers. Doing it twice changes nothing.

    Where a reading's figure is hidden, all that was concluded from it goes too: its status, its change, the sentences
    about it, and the quotes of an objective whose say figure is hidden.
    """
    rows: dict[_Figure, Row] = {}
    for objective in result.objectives:
        for role, reading in _readings(objective):
            asked = _asked(objective, role, reading)
            for row in (reading.now, *reading.trend):
                rows.setdefault(_figure(asked, row), row)
    figures, figure_rows = list(rows), list(rows.values())
    lines = [*period_lines(figure_rows, [(figure.asked,) for figure in figures]), *_segment_lines(figures, figure_rows)]
    places = places_to_hide([base_of(row) for row in figure_rows], lines, _nested(figures), hide_below)
    hidden = frozenset(figures[i] for i in places)
    objectives = tuple(_objective(objective, hidden, flag_below) for objective in result.objectives)
    return replace(result, objectives=objectives)


def _readings(objective: ObjectiveResult) -> Iterator[tuple[Role, Reading]]:
    pairs: tuple[tuple[Role, Reading | None], ...] = (
        ("say", objective.say), ("do", objective.do), ("kpi", objective.kpi)
    )  # fmt: skip
    for role, reading in pairs:
        if reading is not None:
            yield role, reading


def _asked(objective: ObjectiveResult, role: Role, reading: Reading) -> _Asked:
    spec = objective.objective.reading(role)
    condition = f"{spec.where} {sorted(spec.params.items())}" if spec else ""
    # Judged by a segmentation, the objective stays the same and its rows name the segment.
    judged = {name: str(value) for name, value in reading.now.by.items()}
    return _Asked(reading.measure, condition, frozenset({**objective.objective.segment, **judged}.items()))


def _figure(asked: _Asked, row: Row) -> _Figure:
    return _Figure(asked, row.period_start, row.period_end)


def _alike(figures: list[_Figure]) -> list[dict[frozenset[tuple[str, str]], int]]:
    """The places of figures that differ in their segment alone, by that segment."""
    alike: dict[tuple[object, ...], dict[frozenset[tuple[str, str]], int]] = defaultdict(dict)
    for i, figure in enumerate(figures):
        asked = figure.asked
        alike[asked.measure, asked.condition, figure.start, figure.end][asked.segment] = i
    return [group for group in alike.values() if len(group) > 1]


def _segment_lines(figures: list[_Figure], rows: list[Row]) -> list[Line]:
    """Segments by one attribute with their total; customers of the total in no shown segment are the rest."""
    lines = []
    for group in _alike(figures):
        for outer, total in group.items():
            parts: dict[str, list[int]] = defaultdict(list)
            for inner, place in group.items():
                if outer < inner and len(inner) == len(outer) + 1:
                    attribute, _ = next(iter(inner - outer))
                    parts[attribute].append(place)
            for places in parts.values():
                rest = max(0, rows[total].customers - sum(rows[i].customers for i in places))
                lines.append(Line(total, tuple(places), rest))
    return lines


def _nested(figures: list[_Figure]) -> list[tuple[int, int]]:
    return [
        (inner_place, outer_place)
        for group in _alike(figures)
        for inner, inner_place in group.items()
        for outer, outer_place in group.items()
        if outer < inner
    ]


def _objective(objective: ObjectiveResult, hidden: frozenset[_Figure], flag_below: int) -> ObjectiveResult:
    before = dict(_readings(objective))
    after = {r: _reading(reading, _asked(objective, r, reading), hidden, flag_below) for r, reading in before.items()}
    seen = replace(objective, say=after.get("say"), do=after.get("do"), kpi=after.get("kpi"))
    if any(before[role].change != after[role].change for role in after):
        seen = replace(seen, tension=None)
    gone = {role for role in after if _is_hidden(after[role]) and not _is_hidden(before[role])}
    if not gone:
        return seen
    return replace(
        seen,
        status=combine(reading.status for reading in after.values()),
        status_since=None,
        disagreement=None if gone & {"say", "do"} else seen.disagreement,
        tension=None,
        quotes=() if "say" in gone else seen.quotes,
        unknown=(WITHHELD,),
    )


def _is_hidden(reading: Reading) -> bool:
    return reading.now.reason == "hidden"


def _reading(reading: Reading, asked: _Asked, hidden: frozenset[_Figure], flag_below: int) -> Reading:
    now = shown(reading.now, _figure(asked, reading.now) in hidden, flag_below)
    trend = tuple(shown(row, _figure(asked, row) in hidden, flag_below) for row in reading.trend)
    gone, status, change = now.reason == "hidden", reading.status, reading.change
    if gone and status is not None:
        status = Status.UNSURE
    if change is not None and (gone or any(row.reason == "hidden" and _holds(row, change.since) for row in trend)):
        change = None
    return replace(reading, now=now, trend=trend, status=status, change=change)


def _holds(row: Row, day: date) -> bool:
    return row.period_start is not None and row.period_end is not None and row.period_start <= day <= row.period_end
