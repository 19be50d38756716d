"""A scorecard judged from results at hand: what it says, and what it does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pytest

from heedful.errors import InputError
from heedful.measures.intervals import share_interval
from heedful.measures.periods import next_period
from heedful.measures.question import MeasureInfo, Over, Question
from heedful.measures.results import Result, Row
from heedful.scorecard.definition import Objective, ReadingSpec, Scorecard
from heedful.scorecard.evaluate import evaluate
from heedful.scorecard.results import ObjectiveResult, ScorecardResult, Status, Verbatim

INFO = {
    info.name: info
    for info in (
        MeasureInfo("csat", "Satisfied", "share", "higher", "feedback"),
        MeasureInfo("on_time_rate", "On time", "share", "higher", "activity", "cpi"),
        MeasureInfo("returned", "Returned", "share", "lower", "activity", "kpi"),
        MeasureInfo("revenue", "Revenue", "EUR", "higher", "activity", "kpi"),
    )
}
VOICE = "My order comes when you said it would."

# Deliveries by month of purchase and the share on time, of the public sample of Olist's orders in October 2018.
OLIST = {
    date(2017, 1, 1): (65, 0.9077), date(2017, 2, 1): (124, 0.9355), date(2017, 3, 1): (174, 0.9425),
    date(2017, 4, 1): (196, 0.9082), date(2017, 5, 1): (273, 0.9377), date(2017, 6, 1): (243, 0.9547),
    date(2017, 7, 1): (259, 0.9537), date(2017, 8, 1): (311, 0.9614), date(2017, 9, 1): (281, 0.9395),
    date(2017, 10, 1): (313, 0.9297), date(2017, 11, 1): (478, 0.8515), date(2017, 12, 1): (370, 0.8973),
    date(2018, 1, 1): (516, 0.9379), date(2018, 2, 1): (470, 0.8532), date(2018, 3, 1): (490, 0.7755),
    date(2018, 4, 1): (515, 0.9515), date(2018, 5, 1): (420, 0.9238), date(2018, 6, 1): (421, 0.9834),
    date(2018, 7, 1): (407, 0.9509), date(2018, 8, 1): (451, 0.9157),
}  # fmt: skip


@dataclass
class Known:
    """Answers from results by measure; keeps the questions it was asked."""

    results: Mapping[str, Sequence[Row]]
    asked: list[Question] = field(default_factory=list)

    def answer(self, question: Question) -> Result:
        self.asked.append(question)
        return Result(question.measure, INFO[question.measure].title, tuple(self.results[question.measure]))

    def info(self, name: str) -> MeasureInfo:
        return INFO[name]


def share(measure: str, first: date, n: int, value: float, *, over: Over = "month") -> Row:
    found = share_interval(np.array([n]), np.array([round(n * value)]))
    last = next_period(first, over) - timedelta(days=1)
    return Row(
        measure, "all", {}, first, last, float(found.value[0]), float(found.low[0]), float(found.high[0]), n, n,
        float(n), "share",
    )  # fmt: skip


def total(measure: str, first: date, value: float) -> Row:
    last = next_period(first, "month") - timedelta(days=1)
    return Row(measure, "all", {}, first, last, value, None, None, 100, 90, None, "EUR", "complete")


def months(count: int, *, first: date = date(2025, 10, 1)) -> list[date]:
    found = [first]
    while len(found) < count:
        found.append(next_period(found[-1], "month"))
    return found


def steady(measure: str, *values: float, n: int = 1000, first: date = date(2025, 10, 1)) -> list[Row]:
    return [share(measure, month, n, v) for month, v in zip(months(len(values), first=first), values, strict=True)]


def judged(
    results: Mapping[str, Sequence[Row]],
    objective: Objective,
    *,
    as_of: date = date(2026, 10, 31),
) -> tuple[ObjectiveResult, ScorecardResult, Known]:
    known = Known(results)
    card = evaluate(Scorecard(unit="Shop", objectives=(objective,)), known, company="Nordlys", as_of=as_of)
    return card.objectives[0], card, known


def on_time(**more: object) -> Objective:
    return Objective.model_validate({"voice": VOICE, "do": {"measure": "on_time_rate", "target": 0.95}, **more})


def test_the_shop_misses_its_delivery_promise_in_october_2018() -> None:
    rows = [share("on_time_rate", month, n, value) for month, (n, value) in OLIST.items()]
    one, card, known = judged({"on_time_rate": rows}, on_time(), as_of=date(2018, 10, 1))
    assert one.status is Status.MISSED
    assert one.status_since == date(2017, 4, 1)
    assert one.do is not None
    assert one.do.now is rows[-1]
    assert len(one.do.trend) == 13
    assert one.do.change is not None
    assert one.do.change.since == date(2017, 8, 1)  # the same month a year before
    assert one.do.change.direction == "worse"
    assert (card.company, card.unit, card.as_of) == ("Nordlys", "Shop", date(2018, 10, 1))
    assert known.asked == [Question("on_time_rate", over="month", as_of=date(2018, 10, 1))]


def test_a_measure_is_asked_for_the_objectives_segment_condition_and_parameters() -> None:
    objective = Objective(
        voice=VOICE,
        segment={"country": "LV"},
        say=ReadingSpec(
            measure="csat", where="touchpoint = 'delivery'", params={"boxes": 1}, target=0.8, over="quarter"
        ),
    )
    quarter = share("csat", date(2026, 7, 1), 500, 0.9, over="quarter")
    one, _, known = judged({"csat": [quarter]}, objective)
    assert known.asked == [
        Question(
            "csat", over="quarter", as_of=date(2026, 10, 31), where="touchpoint = 'delivery'",
            segment={"country": "LV"}, params={"boxes": 1},
        )
    ]  # fmt: skip
    assert one.segment == "country LV"
    assert one.say is not None
    assert one.say.now is quarter
    assert one.status is Status.MET


def test_half_a_month_is_not_taken_for_the_figure_now() -> None:
    whole, half = steady("on_time_rate", 0.9, 0.99)
    half = replace(half, period_end=date(2025, 11, 16))
    one, _, _ = judged({"on_time_rate": [whole, half]}, on_time(), as_of=date(2025, 11, 16))
    assert one.do is not None
    assert one.do.now is whole
    assert one.do.trend == (whole,)


def test_where_there_is_no_whole_month_yet_the_part_counts() -> None:
    (half,) = (replace(row, period_end=date(2025, 10, 16)) for row in steady("on_time_rate", 0.99))
    one, _, _ = judged({"on_time_rate": [half]}, on_time(), as_of=date(2025, 10, 16))
    assert one.do is not None
    assert one.do.now is half
    assert one.status is Status.MET


def test_data_that_ended_keep_their_status_and_say_how_old_they_are() -> None:
    rows = steady("on_time_rate", 0.9, 0.9)
    empty = [
        Row("on_time_rate", "all", {}, m, next_period(m, "month") - timedelta(days=1), None, None, None, 0, 0, None,
            "share", reason="no_answers")
        for m in months(5, first=date(2025, 12, 1))
    ]  # fmt: skip
    one, _, _ = judged({"on_time_rate": [*rows, *empty]}, on_time(), as_of=date(2026, 4, 30))
    assert one.do is not None
    assert one.do.now is rows[-1]
    assert one.status is Status.MISSED
    assert "On time: the latest figure is of November 2025; there is nothing newer up to 30 April 2026." in one.unknown


def test_a_measure_without_any_data_is_unknown_rather_than_zero() -> None:
    one, _, _ = judged({"on_time_rate": []}, on_time())
    assert one.status is Status.UNSURE
    assert one.status_since is None
    assert one.do is not None
    assert (one.do.now.value, one.do.now.reason, one.do.status) == (None, "no_answers", Status.UNSURE)
    assert one.do.change is None
    assert one.unknown == (
        "There is no say measure: nobody has been asked.",
        "On time: no data up to 31 October 2026.",
    )


def test_say_and_do_on_opposite_sides_are_a_disagreement() -> None:
    objective = on_time(say={"measure": "csat", "target": 0.85})
    one, _, _ = judged({"csat": steady("csat", 0.92), "on_time_rate": steady("on_time_rate", 0.9)}, objective)
    assert one.status is Status.MISSED
    assert one.disagreement == (
        "Customers are content, yet what happens falls short of its target: "
        "satisfied 92\u00a0% against 85\u00a0%; on time 90\u00a0% against 95\u00a0%."
    )
    other, _, _ = judged({"csat": steady("csat", 0.7), "on_time_rate": steady("on_time_rate", 0.98)}, objective)
    assert other.disagreement is not None
    assert other.disagreement.startswith("What happens is as it should be, yet customers do not say so: satisfied 70")


def test_say_and_do_on_one_side_do_not_disagree() -> None:
    objective = on_time(say={"measure": "csat", "target": 0.85})
    one, _, _ = judged({"csat": steady("csat", 0.7), "on_time_rate": steady("on_time_rate", 0.9)}, objective)
    assert one.disagreement is None


def test_a_kpi_that_improves_while_the_customers_measure_worsens_is_a_tension_with_dates_and_sizes() -> None:
    rows = {
        "on_time_rate": steady("on_time_rate", *np.linspace(0.96, 0.90, 13)),
        "returned": steady("returned", *np.linspace(0.20, 0.10, 13)),
    }
    one, card, _ = judged(rows, on_time(kpi="returned"))
    assert one.tension == (
        "Returned fell from 20\u00a0% to 10\u00a0% since October 2025, while on time fell from 96\u00a0% to 90\u00a0%. "
        "They moved together; that does not show that one caused the other."
    )
    assert "2 comparisons, corrected together (Holm)" in card.notes[1]


@pytest.mark.parametrize(
    ("on_time_now", "returned_now"), [(0.96, 0.10), (0.90, 0.20), (0.955, 0.10), (0.98, 0.10), (0.90, 0.30)]
)
def test_unless_both_have_really_moved_apart_there_is_no_tension(on_time_now: float, returned_now: float) -> None:
    rows = {
        "on_time_rate": steady("on_time_rate", 0.96, on_time_now),
        "returned": steady("returned", 0.20, returned_now),
    }
    one, _, _ = judged(rows, on_time(kpi="returned"), as_of=date(2025, 11, 30))
    assert one.tension is None


def test_a_total_has_really_changed_only_beyond_its_usual_swing() -> None:
    swings = [100.0, 110, 95, 105, 92, 108, 97, 104, 99, 109, 96, 103]
    fall = steady("on_time_rate", *np.linspace(0.96, 0.90, 13))
    for now, direction in ((110.0, "no real change"), (160.0, "better"), (40.0, "worse")):
        totals = [total("revenue", month, v) for month, v in zip(months(13), [*swings, now], strict=True)]
        one, _, _ = judged({"on_time_rate": fall, "revenue": totals}, on_time(kpi="revenue"))
        assert one.kpi is not None
        assert one.kpi.change is not None
        assert one.kpi.change.direction == direction
        assert (one.kpi.change.difference, one.kpi.change.low) == (now - 100, None)
        assert (one.tension is not None) == (direction == "better")


def test_a_total_with_a_short_past_has_a_difference_but_no_verdict() -> None:
    totals = [total("revenue", month, v) for month, v in zip(months(3), (80.0, 100.0, 150.0), strict=True)]
    one, _, _ = judged({"on_time_rate": steady("on_time_rate", 0.9), "revenue": totals}, on_time(kpi="revenue"))
    assert one.kpi is not None
    assert one.kpi.change is not None
    # The first month may have begun in its middle: a total of it is no base.
    assert (one.kpi.change.since, one.kpi.change.difference) == (date(2025, 11, 1), 50.0)
    assert (one.kpi.change.p, one.kpi.change.direction) == (None, "unknown")


def test_changes_are_corrected_over_all_objectives_of_the_scorecard() -> None:
    moved = {"on_time_rate": steady("on_time_rate", 0.95, 0.928)}  # p about 0.04
    alone, _, _ = judged(moved, on_time())
    assert alone.do is not None
    assert alone.do.change is not None
    assert alone.do.change.direction == "worse"
    flat = {**moved, "csat": steady("csat", 0.8, 0.8)}
    objectives = (on_time(), Objective(voice="It fits.", say=ReadingSpec(measure="csat", target=0.8)))
    card = evaluate(
        Scorecard(unit="Shop", objectives=objectives), Known(flat), company="Nordlys", as_of=date(2025, 11, 30)
    )
    together = card.objectives[0].do
    assert together is not None
    assert together.change is not None
    assert alone.do.change.p is not None
    assert together.change.p == pytest.approx(2 * alone.do.change.p)
    assert together.change.direction == "no real change"


def test_a_segmentation_judges_each_objective_in_each_segment_and_quotes_nobody() -> None:
    rows = [
        replace(row, by={"country": country})
        for country, value in (("LV", 0.99), (None, 0.9), ("EE", 0.9))
        for row in steady("on_time_rate", value)
    ]
    known = Known({"on_time_rate": rows})
    card = evaluate(
        Scorecard(unit="Shop", objectives=(on_time(),)), known, company="Nordlys", as_of=date(2025, 10, 31),
        segmentation="country", verbatims=lambda *_: [],
    )  # fmt: skip
    assert known.asked[0].by == ("country",)
    assert [(one.segment, one.status) for one in card.objectives] == [
        ("country EE", Status.MISSED),
        ("country LV", Status.MET),
        ("country not known", Status.MISSED),
    ]
    assert all(one.quotes == () for one in card.objectives)


def test_quotes_come_from_whoever_reads_the_feedback() -> None:
    said = Verbatim("reviews/1", "Kavējās", "lv", "review", date(2026, 10, 2), 2.0)
    card = evaluate(
        Scorecard(unit="Shop", objectives=(on_time(),)), Known({"on_time_rate": []}), company="Nordlys",
        as_of=date(2026, 10, 31), verbatims=lambda _, most: [said] * most, quotes=3,
    )  # fmt: skip
    assert card.objectives[0].quotes == (said, said, said)


def test_a_measure_with_several_figures_a_period_has_to_say_which_is_meant() -> None:
    rows = steady("on_time_rate", 0.9) * 2
    with pytest.raises(InputError, match=r"on_time_rate gives several figures a period.*`where` or `params` of `do`"):
        judged({"on_time_rate": rows}, on_time())


def test_what_is_not_known_is_said_in_sentences() -> None:
    objective = Objective(
        voice=VOICE, say=ReadingSpec(measure="csat", target=0.85), do=ReadingSpec(measure="on_time_rate")
    )
    few = replace(share("csat", date(2026, 10, 1), 12, 0.9), flag="few")
    one, _, _ = judged({"csat": [few], "on_time_rate": steady("on_time_rate", 0.9, first=date(2026, 10, 1))}, objective)
    assert one.unknown == (
        "Satisfied rests on 12 customers in October 2026: too few to judge by.",
        "Satisfied has no earlier figure to compare with.",
        "On time has no target.",
        "On time has no earlier figure to compare with.",
    )
    assert one.status is Status.UNSURE


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((0.95,), "cannot be told from its target yet: between 93\u00a0% and 96\u00a0%, against 95\u00a0%."),
        ((0.9, 0.95), "has been missed since October 2025; November 2025 by itself cannot tell."),
        (
            (0.925, 0.965),
            (
                "has been missed since October 2025; November 2025 says otherwise, and counts once the next period "
                "confirms it."
            ),
        ),
    ],
)
def test_a_status_that_the_latest_figure_does_not_show_is_explained(values: tuple[float, ...], sentence: str) -> None:
    one, _, _ = judged(
        {"on_time_rate": steady("on_time_rate", *values)}, on_time(), as_of=months(len(values))[-1] + timedelta(days=30)
    )
    assert f"On time {sentence}" in one.unknown


def test_one_customer_is_not_one_customers_and_an_event_that_nobody_records_is_said_to_be() -> None:
    one = replace(share("on_time_rate", date(2025, 10, 1), 1, 1.0), flag="few")
    few, _, _ = judged({"on_time_rate": [one]}, on_time(), as_of=date(2025, 10, 31))
    assert "On time rests on 1 customer in October 2025: too few to judge by." in few.unknown
    silent = replace(one, value=None, low=None, high=None, n=40, flag=None, reason="not_recorded")
    none, _, _ = judged({"on_time_rate": [silent]}, on_time(), as_of=date(2025, 10, 31))
    assert none.status is Status.UNSURE
    assert "On time cannot be told: no source records what it counts." in none.unknown


def test_an_objective_has_its_status_since_the_measures_together_gave_it() -> None:
    objective = on_time(say={"measure": "csat", "target": 0.85})
    rows = {
        "csat": steady("csat", 0.90, 0.90, 0.90, 0.90),
        "on_time_rate": steady("on_time_rate", 0.95, 0.95, 0.98, 0.98),
    }
    one, _, _ = judged(rows, objective, as_of=date(2026, 1, 31))
    assert (one.status, one.status_since) == (Status.MET, date(2025, 12, 1))


def test_a_changed_definition_is_carried_by_its_readings_and_told_once() -> None:
    objective = on_time(changed=[{"on": "2025-12-01", "what": "counts returns by post too"}])
    rows = {"on_time_rate": steady("on_time_rate", 0.95, 0.95, 0.98, 0.98)}
    one, result, _ = judged(rows, objective, as_of=date(2026, 1, 31))
    said = "Since 1 December 2025 the definition is another one: counts returns by post too."
    assert one.do is not None
    assert [str(change) for change in one.do.changed] == [said]
    assert f"On time: s{said[1:]}" in result.notes
    long_ago = on_time(changed=[{"on": "2020-12-01", "what": "counts returns by post too"}])
    _, later, _ = judged(rows, long_ago, as_of=date(2026, 1, 31))
    assert len(later.notes) == len(result.notes) - 1
