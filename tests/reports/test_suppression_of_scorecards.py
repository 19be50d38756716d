from __future__ import annotations

from dataclasses import replace

from heedful.measures.results import Row
from heedful.reports.suppression_of_scorecards import WITHHELD, suppress_scorecard
from heedful.scorecard.results import ObjectiveResult, Reading, ScorecardResult, Status


def trust(scorecard: ScorecardResult) -> ObjectiveResult:
    return next(o for o in scorecard.objectives if "data" in o.objective.voice)


def test_hiding_a_figure_hides_all_that_was_concluded_from_it(scorecard: ScorecardResult) -> None:
    before, after = trust(scorecard), trust(suppress_scorecard(scorecard))
    assert before.status is Status.MISSED
    assert after.say is not None
    assert after.say.now.reason == "hidden"
    assert after.say.status is Status.UNSURE
    assert (after.status, after.status_since, after.quotes, after.unknown) == (Status.UNSURE, None, (), (WITHHELD,))


def test_a_miss_that_a_shown_figure_proves_stays(scorecard: ScorecardResult) -> None:
    one = scorecard.objectives[0]
    assert one.kpi is not None
    hidden_kpi = replace(one.kpi, now=replace(one.kpi.now, customers=3), trend=())
    after = suppress_scorecard(replace(scorecard, objectives=(replace(one, kpi=hidden_kpi),))).objectives[0]
    assert after.status is Status.MISSED
    assert after.tension is None
    assert after.quotes == one.quotes


def test_a_change_goes_when_the_figure_that_it_started_from_is_hidden(scorecard: ScorecardResult) -> None:
    one = scorecard.objectives[1]
    assert one.say is not None
    assert one.say.change is not None
    start = one.say.change.since
    trend = tuple(replace(r, customers=3) if r.period_start == start else r for r in one.say.trend)
    after = suppress_scorecard(replace(scorecard, objectives=(replace(one, say=replace(one.say, trend=trend)),)))
    say = after.objectives[0].say
    assert say is not None
    assert say.now.value is not None
    assert say.change is None


def with_base(objective: ObjectiveResult, country: str | None, customers: int) -> ObjectiveResult:
    def based(row: Row) -> Row:
        return replace(row, customers=customers)

    def rebased(reading: Reading | None) -> Reading | None:
        return reading and replace(reading, now=based(reading.now), trend=tuple(map(based, reading.trend)))

    segment = {"country": country} if country else {}
    return replace(
        objective, objective=objective.objective.model_copy(update={"segment": segment}),
        say=rebased(objective.say), do=None, kpi=None,
    )  # fmt: skip


def is_hidden(objective: ObjectiveResult) -> bool:
    return objective.say is not None and objective.say.now.reason == "hidden"


def test_a_segment_is_hidden_that_all_customers_but_a_few_belong_to(scorecard: ScorecardResult) -> None:
    one = scorecard.objectives[1]
    objectives = (with_base(one, None, 100), with_base(one, "LV", 97))
    after = suppress_scorecard(replace(scorecard, objectives=objectives))
    assert [is_hidden(o) for o in after.objectives] == [False, True]


def test_the_last_segment_of_a_partition_does_not_follow_from_the_others(scorecard: ScorecardResult) -> None:
    one = scorecard.objectives[1]
    objectives = tuple(with_base(one, c, n) for c, n in [(None, 100), ("LV", 60), ("LT", 37), ("EE", 3)])
    after = suppress_scorecard(replace(scorecard, objectives=objectives))
    assert [is_hidden(o) for o in after.objectives] == [False, False, True, True]


def test_segments_that_leave_others_unshown_need_no_complement(scorecard: ScorecardResult) -> None:
    one = scorecard.objectives[1]
    objectives = tuple(with_base(one, c, n) for c, n in [(None, 100), ("LV", 60), ("EE", 3)])
    after = suppress_scorecard(replace(scorecard, objectives=objectives))
    assert [is_hidden(o) for o in after.objectives] == [False, False, True]


def test_the_same_figure_under_two_objectives_is_hidden_under_both(scorecard: ScorecardResult) -> None:
    one = scorecard.objectives[1]
    objectives = tuple(with_base(one, c, n) for c, n in [(None, 100), ("LV", 60), ("LT", 37), ("EE", 3), ("LT", 37)])
    after = suppress_scorecard(replace(scorecard, objectives=objectives))
    assert [is_hidden(o) for o in after.objectives] == [False, False, True, True, True]


def test_a_segmentation_judged_by_segment_is_hidden_segment_by_segment(scorecard: ScorecardResult) -> None:
    one = with_base(scorecard.objectives[1], None, 50)
    assert one.say is not None

    def judged(country: str, customers: int) -> ObjectiveResult:
        assert one.say is not None
        rows = tuple(replace(r, by={"country": country}, customers=customers) for r in one.say.trend)
        return replace(one, say=replace(one.say, now=rows[-1], trend=rows), segment=f"country {country}")

    after = suppress_scorecard(replace(scorecard, objectives=(judged("LV", 50), judged("EE", 3))))
    assert [is_hidden(o) for o in after.objectives] == [False, True]


def test_hiding_a_scorecard_twice_changes_nothing(scorecard: ScorecardResult) -> None:
    once = suppress_scorecard(scorecard)
    assert suppress_scorecard(once) == once
