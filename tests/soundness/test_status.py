"""Does a status stand still where nothing changes, and move where something does?"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from heedful.measures.intervals import share_interval
from heedful.measures.results import Row
from heedful.scorecard.status import Status, combine, run

WEEKS = 104
FIRST = date(2024, 1, 1)


def _rows(yes: NDArray[np.int64], n: int) -> list[Row]:
    """One row a week from the counts of those who said yes among `n` respondents."""
    found = share_interval(np.full(len(yes), n), yes)
    return [
        Row(
            "csat", "all", {}, FIRST + timedelta(weeks=week), FIRST + timedelta(weeks=week, days=6),
            float(value), float(low), float(high), n, n, float(n), "share",
        )
        for week, (value, low, high) in enumerate(zip(found.value, found.low, found.high, strict=True))
    ]  # fmt: skip


def _shares_that_change(rng: np.random.Generator, gaps: NDArray[np.float64], *, readings: int) -> float:
    """Share of objectives whose status, once decided, turns into the other in 104 weeks; one gap an objective."""
    changed = 0
    for gap in gaps:
        histories = []
        for _ in range(readings):
            truth, n = rng.uniform(0.6, 0.95), int(rng.integers(30, 401))
            at = run(_rows(rng.binomial(n, truth, WEEKS), n), min(truth + gap, 0.999), "higher")
            histories.append([week.status for week in at])
        shown = [combine(statuses) for statuses in zip(*histories, strict=True)]
        decided = [status for status in shown if status is not Status.UNSURE]
        changed += len(set(decided)) > 1
    return changed / len(gaps)


def test_of_objectives_without_any_change_at_most_five_in_a_hundred_change_status_in_104_weeks() -> None:
    rng = np.random.default_rng(1)
    gaps = rng.uniform(-0.1, 0.1, 500)  # targets from far below to far above the truth
    assert _shares_that_change(rng, gaps, readings=2) <= 0.05


def test_even_with_every_target_exactly_at_the_truth_at_most_five_in_a_hundred_change_status() -> None:
    rng = np.random.default_rng(2)
    assert _shares_that_change(rng, np.zeros(500), readings=1) <= 0.05


def test_a_fall_from_87_to_77_against_82_turns_red_within_twelve_periods_in_nearly_all_runs() -> None:
    rng = np.random.default_rng(3)
    runs, before, after, n = 400, 12, 12, 400
    red = 0
    for _ in range(runs):
        yes = np.concatenate([rng.binomial(n, 0.87, before), rng.binomial(n, 0.77, after)])
        at = run(_rows(yes, n), 0.82, "higher")
        assert at[before - 1].status is Status.MET
        red += at[-1].status is Status.MISSED
    assert red / runs >= 0.95


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_a_status_moves_the_same_way_whichever_side_is_the_good_one(better: str) -> None:
    rng = np.random.default_rng(4)
    yes = np.concatenate([rng.binomial(400, 0.9, 6), rng.binomial(400, 0.6, 6)])
    at = run(_rows(yes, 400), 0.75, "lower" if better == "lower" else "higher")
    first, last = (Status.MISSED, Status.MET) if better == "lower" else (Status.MET, Status.MISSED)
    assert [at[5].status, at[6].status] == [first, last]
