"""Where one figure stands, and when a status changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from heedful.measures.question import Better
from heedful.measures.results import Flag, Row
from heedful.scorecard.status import Status, combine, judge, run

MET, MISSED, UNSURE = Status.MET, Status.MISSED, Status.UNSURE


def row(
    value: float | None, half: float | None = 0.02, *, month: int = 1, flag: Flag | None = None, n: int = 400
) -> Row:
    """The figure of a month of 2026 with an interval of `half` to each side."""
    first = date(2026, month, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    low, high = (None, None) if value is None or half is None else (value - half, value + half)
    return Row(
        "csat", "all", {}, first, last, value, low, high, n, n, float(n), "share", flag,
        None if value is not None else "no_answers",
    )  # fmt: skip


def statuses(*rows: Row, target: float = 0.82, better: Better = "higher") -> list[Status]:
    return [at.status for at in run(rows, target, better)]


@pytest.mark.parametrize(
    ("value", "better", "status"),
    [
        (0.90, "higher", MET),
        (0.87, "higher", MET),  # the interval ends on the target
        (0.84, "higher", UNSURE),
        (0.83, "higher", UNSURE),
        (0.82, "higher", MISSED),
        (0.90, "lower", MISSED),
        (0.87, "lower", UNSURE),
        (0.83, "lower", MET),
        (0.90, "neither", UNSURE),
    ],
)
def test_a_figure_is_met_or_missed_only_if_its_whole_interval_is(value: float, better: Better, status: Status) -> None:
    assert judge(row(value, half=0.0200001 if value == 0.83 and better == "higher" else 0.02), 0.85, better) is status


def test_without_a_figure_or_with_few_answers_or_without_a_target_nobody_can_tell() -> None:
    assert judge(row(None), 0.5, "higher") is UNSURE
    assert judge(row(0.99, flag="few", n=12), 0.5, "higher") is UNSURE
    assert judge(row(0.99), None, "higher") is UNSURE
    assert judge(row(0.99, half=None), 0.5, "higher") is UNSURE


def test_a_complete_count_is_judged_by_itself() -> None:
    assert judge(row(100.0, half=None, flag="complete"), 100, "higher") is MET
    assert judge(row(99.9, half=None, flag="complete"), 100, "higher") is MISSED
    assert judge(row(99.9, half=None, flag="complete"), 100, "lower") is MET


def test_the_first_decided_period_sets_the_status_and_undecided_ones_keep_it() -> None:
    history = [row(0.83, month=1), row(0.87, month=2), row(0.83, month=3), row(None, month=4)]
    at = run(history, 0.82, "higher")
    assert [step.status for step in at] == [UNSURE, MET, MET, MET]
    assert [step.alone for step in at] == [UNSURE, MET, UNSURE, UNSURE]
    assert at[-1].since == date(2026, 2, 1)
    assert at[-1].set_by is history[1]


def test_one_period_beyond_the_target_waits_for_the_next_to_confirm_it() -> None:
    at = run([row(0.855, month=1), row(0.795, month=2), row(0.795, month=3)], 0.82, "higher")
    assert [step.status for step in at] == [MET, MET, MISSED]
    assert [step.pending for step in at] == [False, True, False]
    assert at[-1].since == date(2026, 3, 1)


def test_a_period_that_cannot_tell_between_two_undoes_the_first() -> None:
    assert statuses(row(0.855, month=1), row(0.795, month=2), row(0.82, month=3), row(0.795, month=4)) == [MET] * 4


def test_a_period_without_a_figure_between_two_does_not() -> None:
    history = [row(0.855, month=1), row(0.795, month=2), row(None, month=3), row(0.795, month=4)]
    assert statuses(*history) == [MET, MET, MET, MISSED]


def test_a_collapse_shows_at_once() -> None:
    assert statuses(row(0.86, month=1), row(0.60, month=2)) == [MET, MISSED]


def test_a_change_that_may_be_chance_never_changes_a_status() -> None:
    # Both decided, but their difference of 0.05 is 2.9 standard errors only.
    history = [row(0.845, half=0.024, month=1), *(row(0.795, half=0.024, month=m) for m in range(2, 9))]
    assert statuses(*history) == [MET] * 8


def test_complete_counts_are_followed_at_once() -> None:
    history = [row(v, half=None, flag="complete", month=m) for m, v in enumerate((101.0, 99.0, 100.0), start=1)]
    assert statuses(*history, target=100.0) == [MET, MISSED, MET]


def test_a_new_target_starts_afresh() -> None:
    history = [row(0.86, month=m) for m in range(1, 5)]
    at = run(history, lambda day: 0.82 if day < date(2026, 3, 1) else 0.9, "higher")
    assert [step.status for step in at] == [MET, MET, MISSED, MISSED]
    assert [step.target for step in at] == [0.82, 0.82, 0.9, 0.9]
    assert at[-1].since == date(2026, 3, 1)


def test_the_past_reads_the_same_whenever_it_is_replayed() -> None:
    values = (0.86, 0.79, 0.83, 0.79, 0.78, 0.60, 0.9, 0.91, 0.84, 0.82)
    history = [row(value, month=m) for m, value in enumerate(values, start=1)]
    whole = statuses(*history)
    assert [statuses(*history[:end])[-1] for end in range(1, len(history) + 1)] == whole
    assert len(set(whole)) > 1


@pytest.mark.parametrize(
    ("each", "together"),
    [
        ([MET, MET], MET),
        ([MET, MISSED], MISSED),
        ([UNSURE, MISSED], MISSED),
        ([MET, UNSURE], UNSURE),
        ([MET, None], MET),
        ([None, None], UNSURE),
        ([], UNSURE),
    ],
)
def test_an_objective_is_missed_if_any_measure_is_and_met_if_all_are(
    each: list[Status | None], together: Status
) -> None:
    assert combine(each) is together
