from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from heedful.measures.formats import MINUS, SPACE
from heedful.reports import sentences
from heedful.reports.suppression_of_scorecards import suppress_scorecard
from heedful.scorecard.definition import Benchmark
from heedful.scorecard.results import Change, Reading, ScorecardResult, Status

MET, MISSED, UNSURE = Status.MET, Status.MISSED, Status.UNSURE
AS_OF = date(2026, 11, 16)
THINGS = "customers should be able to say of us"
UNTIL = "but counts as missed until that is more than chance"


def plain(text: str) -> str:
    return text.replace(SPACE, " ").replace(MINUS, "-")


@pytest.fixture
def say(scorecard: ScorecardResult) -> Reading:
    found = scorecard.objectives[0].say
    assert found is not None
    return found


def judged(scorecard: ScorecardResult, statuses: Sequence[Status]) -> ScorecardResult:
    one = scorecard.objectives[0]
    return replace(scorecard, objectives=tuple(replace(one, status=status) for status in statuses))


@pytest.mark.parametrize(
    ("statuses", "heading"),
    [
        ([], "Nobody has written down yet what customers should be able to say of us"),
        ([MET], "What customers should be able to say of us is true"),
        ([MISSED], "What customers should be able to say of us is not true yet"),
        ([UNSURE], "We cannot tell yet whether what customers should be able to say of us is true"),
        ([MET] * 3, "All three things that customers should be able to say of us are true"),
        ([MISSED] * 2, "Neither of the two things that customers should be able to say of us is true yet"),
        ([MET, MISSED], "Of two things that customers should be able to say of us, one is true and one is not"),
        (
            [MISSED, MISSED, UNSURE],
            "Of three things that customers should be able to say of us, two are not true and one cannot be told yet",
        ),
        (
            [MET] * 12 + [MISSED, UNSURE],
            f"Of 14 things that {THINGS}, twelve are true, one is not, and one cannot be told yet",
        ),
    ],
)
def test_the_heading_says_what_is_true(scorecard: ScorecardResult, statuses: list[Status], heading: str) -> None:
    assert sentences.headline(judged(scorecard, statuses)) == heading


def test_the_lede_says_how_sure_of_whom_and_as_of_when(scorecard: ScorecardResult) -> None:
    lede = plain(sentences.lede(suppress_scorecard(scorecard)))
    assert "95 % certainty" in lede
    assert "to the end of 16 November 2026, each on 18 to 18,422 customers." in lede
    assert "One figure rests on few customers and is marked." in lede
    assert "One figure is hidden to protect small groups of customers." in lede


def test_the_lede_of_a_scorecard_without_figures_says_so(scorecard: ScorecardResult) -> None:
    assert "There is no figure yet" in sentences.lede(replace(scorecard, objectives=scorecard.objectives[-1:]))


@pytest.mark.parametrize(
    ("changes", "reads"),
    [
        ({}, "Delivery CSAT is 9 to 19 points below its target."),
        ({"target": 0.60, "status": MET}, "Delivery CSAT is 6 to 16 points above its target."),
        ({"target": 0.60, "status": MISSED, "better": "lower"}, "Delivery CSAT is 6 to 16 points above its target."),
        ({"target": 0.80, "status": MET, "better": "lower"}, "Delivery CSAT is 4 to 14 points below its target."),
        (
            {"target": 0.72, "status": UNSURE},
            "Delivery CSAT could lie on either side of its target: 66 to 76 % against 72 %.",
        ),
        (
            {"target": 0.72},
            "Delivery CSAT is now within its margin of the target, and has not really changed since it was missed.",
        ),
        (
            {"target": 0.60},
            f"Delivery CSAT is now on the other side of its target, {UNTIL}.",
        ),
        ({"target": None, "status": None}, ""),
    ],
)
def test_a_verdict_says_how_far_the_whole_interval_lies_from_the_target(
    say: Reading, changes: dict[str, object], reads: str
) -> None:
    assert plain(sentences.verdict(replace(say, **changes))) == reads  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "reads"),
    [
        ("no_answers", "Delivery CSAT: there are no answers in this period."),
        ("too_few", "Delivery CSAT: there are too few answers."),
        ("not_yet", "Delivery CSAT: it is too early to know."),
        ("hidden", "Delivery CSAT: the figure is hidden, because it would speak of very few customers."),
    ],
)
def test_a_figure_that_is_missing_says_why(say: Reading, reason: str, reads: str) -> None:
    now = replace(say.now, value=None, low=None, high=None, reason=reason)  # type: ignore[arg-type]
    assert sentences.verdict(replace(say, now=now)) == reads


def test_a_complete_count_is_above_its_target_by_one_number(say: Reading) -> None:
    now = replace(say.now, value=1250.0, low=None, high=None, flag="complete")
    counted = replace(say, now=now, unit="orders", target=1000.0, status=MET, title="Orders")
    assert plain(sentences.verdict(counted)) == "Orders is 250 orders above its target."


def test_a_wait_without_an_upper_bound_reads_as_so_much_or_more(say: Reading) -> None:
    now = replace(say.now, value=3.0, low=2.5, high=math.inf)
    wait = replace(say, now=now, unit="days", target=2.0, better="lower", title="Time to value")
    assert plain(sentences.verdict(wait)) == "Time to value is 0.5 days or more above its target."
    assert plain(sentences.interval(now, "days")) == "2.5 days or more"
    endless = Change(MARCH, 1.0, 0.5, math.inf, 0.01, "worse")
    assert plain(sentences.change_sentence(replace(wait, change=endless), AS_OF)) == "worse since March, by about 1 day"


MARCH = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("unit", "change", "reads"),
    [
        ("share", Change(MARCH, -0.09, -0.12, -0.06, 0.001, "worse"), "worse since March, by 6 to 12 points"),
        ("share", Change(MARCH, 0.09, 0.002, 0.18, 0.04, "better"), "better since March, by up to 18 points"),
        ("share", Change(MARCH, 0.01, -0.03, 0.05, 0.6, "no real change"), "no real change since March"),
        (
            "points",
            Change(date(2025, 3, 1), 4.0, 2.0, 6.0, 0.001, "better"),
            "better since March 2025, by 2 to 6 points",
        ),
        ("EUR", Change(MARCH, 108_000.0, None, None, 0.01, "up"), "up since March, by € 108,000"),
        ("days", Change(date(2026, 3, 9), -1.0, -1.0, -1.0, 0.01, "better"), "better since 9 March, by 1 day"),
        ("share", Change(MARCH, None, None, None, None, "unknown"), "change since March cannot be told yet"),
        ("share", None, "nothing earlier to compare with"),
    ],
)
def test_a_change_reads_as_large_as_its_interval_allows(
    say: Reading, unit: str, change: Change | None, reads: str
) -> None:
    assert plain(sentences.change_sentence(replace(say, unit=unit, change=change), AS_OF)) == reads


def test_a_base_of_one_is_one_customer(say: Reading) -> None:
    assert sentences.base_sentence(replace(say.now, customers=1)) == "1 customer"
    assert sentences.base_sentence(replace(say.now, customers=18, flag="few")) == "only 18 customers"
    assert sentences.base_sentence(replace(say.now, customers=0, n=1)) == "1 record"


def test_a_benchmark_reads_with_its_base_source_and_date(say: Reading) -> None:
    benchmark = Benchmark(value=0.93, base=4000, source="branch report", date=date(2026, 3, 1))
    reads = "Others reach 93 % in Delivery CSAT (base 4,000; branch report, March 2026)."
    assert plain(sentences.benchmark_sentence(benchmark, say)) == reads
