"""How a figure has changed since a comparable period, and whether the change is real."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from heedful.measures.comparisons import compare_rows, holm
from heedful.measures.distributions import t_two_sided
from heedful.measures.question import Better, Over
from heedful.measures.results import Row
from heedful.scorecard.results import Change, Direction

ALPHA = 0.05
MIN_STEPS = 5
"""Steps from period to period below which the usual swing of a complete count is not known."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two figures of one measure with the difference between them; `p` is not yet corrected."""

    now: Row
    before: Row
    better: Better
    difference: float
    low: float | None
    high: float | None
    p: float | None


def year_before(first: date, over: Over) -> date:
    """The first day of the period a year before the one that begins on `first`; 52 weeks for weeks."""
    return first - timedelta(weeks=52) if over == "week" else first.replace(year=first.year - 1)


def compare(history: Sequence[Row], over: Over, better: Better, *, periods: int) -> Compared | None:
    """The last row of `history` against a comparable one; None where either has no value.

    Comparable is the same period a year before, so that a season is not taken for a change; without one, the oldest of
    the last `periods` rows with a value. A complete count has no margin: its change is held against its usual swing,
    the steps from each period to the next.
    """
    now, before = (history[-1], _comparable(history, over, periods)) if history else (None, None)
    if now is None or before is None or now.value is None or before.value is None:
        return None
    found = compare_rows(now, before)
    if found.difference is not None:
        return Compared(now, before, better, found.difference, found.low, found.high, found.p)
    difference = now.value - before.value
    p = _swing_p(history[-periods:], difference) if now.flag == "complete" else None
    return Compared(now, before, better, difference, None, None, p)


def judge_changes(compared: Sequence[Compared | None]) -> list[Change | None]:
    """All changes of a scorecard, their p corrected together (Holm): 5 % is then the chance of even one false alarm."""
    corrected = holm([c.p if c else None for c in compared])
    return [_change(c, float(p)) if c else None for c, p in zip(compared, corrected, strict=True)]


def _comparable(history: Sequence[Row], over: Over, periods: int) -> Row | None:
    first = history[-1].period_start
    earlier = [row for row in history[:-1] if row.value is not None]
    if first is not None:
        wanted = year_before(first, over)
        if row := next((row for row in earlier if row.period_start == wanted), None):
            return row
    shown = history[-periods:]
    # The data may begin in the middle of the first period: a total of it would be too low.
    return next((row for row in earlier if row in shown and not (row.flag == "complete" and row is history[0])), None)


def _swing_p(rows: Sequence[Row], difference: float) -> float | None:
    values = np.array([row.value for row in rows if row.value is not None])
    steps = np.diff(values)
    if len(steps) < MIN_STEPS:
        return None
    swing = float(np.sqrt(np.mean(steps**2)))
    if swing == 0:
        return 1.0
    return float(t_two_sided(difference / swing, len(steps) - 1))


def _change(compared: Compared, p: float) -> Change:
    since = compared.before.period_start or compared.before.period_end
    if since is None:
        raise ValueError("a figure of all time is not comparable with a later one")
    known = None if math.isnan(p) else p
    return Change(since, compared.difference, compared.low, compared.high, known, _direction(compared, known))


def _direction(compared: Compared, p: float | None) -> Direction:
    if p is None:
        return "unknown"
    if p >= ALPHA:
        return "no real change"
    risen = compared.difference > 0
    if compared.better == "neither":
        return "up" if risen else "down"
    return "better" if risen == (compared.better == "higher") else "worse"
