"""Where a figure stands against its target, and when that may change.

A colour that flickers with chance teaches people to ignore it. One figure is judged by its 95 % interval. A status once
decided yields only to the other one, and only if the figures have really changed since the one that set it. Whoever
looks every week looks a hundred times in two years, and 95 % is too little for that: the change has to be significant
at 0.1 % in two periods running, or at 0.001 % in one. With the target exactly at the truth, the hardest case, two
readings in a hundred then change in 104 periods; under a single test at 5 %, nine in ten would. A fall of ten points
across the target, at 400 answers a period, shows within twelve periods in 99 of 100 cases.

The whole history is replayed each time, so that nothing has to be kept and the past never reads differently later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from heedful.measures.comparisons import compare_rows
from heedful.measures.question import Better
from heedful.measures.results import Row

REPEATED_P = 0.001
"""A change this unlikely by chance counts if it shows in two periods running."""

SINGLE_P = 0.00001
"""A change this unlikely by chance counts at once."""


class Status(StrEnum):
    """Where an objective or a reading stands."""

    MET = "met"
    MISSED = "missed"
    UNSURE = "cannot tell yet"

    @property
    def opposite(self) -> Status:
        """Met for missed and the reverse; what cannot be told stays so."""
        return {Status.MET: Status.MISSED, Status.MISSED: Status.MET}.get(self, self)


TargetOn = Callable[[date], float | None]


@dataclass(frozen=True, slots=True)
class StatusAt:
    """The status of a reading in one period.

    `alone` is what the period's own figure says. `since` is the first day of the period that set `status`, and
    `set_by` its figure; both None while nothing has been decided. `pending` says that this period's figure speaks for
    the other status and waits for the next one to confirm it.
    """

    row: Row
    target: float | None
    alone: Status
    status: Status
    since: date | None
    set_by: Row | None
    pending: bool = False


def judge(row: Row, target: float | None, better: Better) -> Status:
    """Where one figure stands: met or missed if its whole interval lies on that side of `target`.

    An interval that ends on the target has reached it. A complete count has no interval and is judged by itself. No
    value, a base flagged as few, no target or a measure without a better side: cannot tell.
    """
    if target is None or row.value is None or row.flag == "few" or better == "neither":
        return Status.UNSURE
    if row.low is None or row.high is None:
        if row.flag != "complete":
            return Status.UNSURE
        low = high = row.value
    else:
        low, high = row.low, row.high
    if better == "lower":
        low, high, target = -high, -low, -target
    if low >= target:
        return Status.MET
    return Status.MISSED if high < target else Status.UNSURE


def run(history: Sequence[Row], target: float | TargetOn | None, better: Better) -> list[StatusAt]:
    """The status of a reading after each period of `history`, which runs from the oldest to the newest.

    `target` is a number or gives the target that holds on a period's last day. The first decided period sets the status
    by its own 95 % interval, since there is nothing yet to have changed from. A period that cannot tell leaves a
    decided status as it was. Complete counts have no chance in them and are followed at once. A new target starts
    afresh: a figure judged against another one is no reason to keep a status.
    """
    replay = _Replay(better)
    return [replay.step(row, _target_of(row, target)) for row in history]


def combine(statuses: Iterable[Status | None]) -> Status:
    """The status of an objective: missed if any of its measures is, met if all are, else cannot tell.

    Measures without a target (None) have no say; with no other there is nothing to tell.
    """
    judged = [status for status in statuses if status is not None]
    if Status.MISSED in judged:
        return Status.MISSED
    return Status.MET if judged and all(status is Status.MET for status in judged) else Status.UNSURE


def _target_of(row: Row, target: float | TargetOn | None) -> float | None:
    if not callable(target):
        return target
    day = row.period_end or row.period_start
    return target(day) if day else None


@dataclass(slots=True)
class _Replay:
    better: Better
    target: float | None = None
    status: Status = Status.UNSURE
    since: date | None = None
    set_by: Row | None = None
    pending: bool = field(default=False)

    def step(self, row: Row, target: float | None) -> StatusAt:
        if target != self.target:
            self.target, self.status, self.since, self.set_by, self.pending = target, Status.UNSURE, None, None, False
        alone = judge(row, target, self.better)
        if row.value is not None:  # a period without a figure neither confirms nor denies
            self._follow(row, alone)
        return StatusAt(row, target, alone, self.status, self.since, self.set_by, self.pending)

    def _follow(self, row: Row, alone: Status) -> None:
        if self.set_by is None:
            if alone is not Status.UNSURE:
                self._set(row, alone)
            return
        if alone is not self.status.opposite:
            self.pending = False
            return
        p = 0.0 if "complete" in (row.flag, self.set_by.flag) else compare_rows(row, self.set_by).p
        if p is not None and (p < SINGLE_P or (p < REPEATED_P and self.pending)):
            self._set(row, alone)
        else:
            self.pending = p is not None and p < REPEATED_P

    def _set(self, row: Row, status: Status) -> None:
        self.status, self.since, self.set_by, self.pending = status, row.period_start, row, False
