"""A scorecard as a company might have it: six objectives in six moods, and the corners that break pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import pytest

from heedful.measures.results import Flag, Reason, Row
from heedful.reports.page import render
from heedful.reports.suppression_of_scorecards import suppress_scorecard
from heedful.scorecard.definition import Benchmark, Objective, ReadingSpec
from heedful.scorecard.results import (
    Change,
    Freshness,
    ObjectiveResult,
    Reading,
    Role,
    ScorecardResult,
    Status,
    Verbatim,
)  # fmt: skip

AS_OF = date(2026, 11, 16)
MONTHS = [date(2025 + (9 + i) // 12, (9 + i) % 12 + 1, 1) for i in range(13)]  # October 2025 to October 2026
Direction = Literal["better", "worse", "up", "down", "no real change", "unknown"]


def month_end(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def row(
    value: float | None, half: float | None, customers: int, *, month: date = MONTHS[-1], unit: str = "share",
    flag: Flag | None = None, reason: Reason | None = None, measure: str = "csat",
) -> Row:  # fmt: skip
    known = value is not None and half is not None
    return Row(
        measure, "all", {}, month, month_end(month), value, value - half if known and value and half else None,
        value + half if known and value and half else None, int(customers * 1.2), customers,
        customers * 0.9 if known else None, unit, flag, reason,
    )  # fmt: skip


def reading(  # noqa: PLR0917 -- a fixture reads best in the order of the page
    role: Role, measure: str, title: str, values: Sequence[float | None], half: float | None, customers: int, *,
    unit: str = "share", better: Literal["higher", "lower", "neither"] = "higher", target: float | None = None,
    by: date | None = None, status: Status | None = None, change: Change | None = None, flag: Flag | None = None,
    bases: Sequence[int] | None = None, none_because: Reason = "no_answers",
) -> Reading:  # fmt: skip
    counts = bases or [customers] * len(values)
    months = MONTHS[len(MONTHS) - len(values) :]
    trend = tuple(
        row(v, half, n, month=m, unit=unit, flag=flag, measure=measure, reason=None if v is not None else none_because)
        for v, n, m in zip(values, counts, months, strict=True)
    )
    now = trend[-1] if trend else row(None, None, 0, unit=unit, reason=none_because, measure=measure)
    return Reading(role, measure, title, unit, better, now, target, by, status, trend, change)


def change(direction: Direction, difference: float | None, half: float | None, since: date = MONTHS[5]) -> Change:
    if difference is None or half is None:
        return Change(since, difference, None, None, None, direction)
    return Change(
        since, difference, difference - half, difference + half, 0.5 if "no" in direction else 0.001, direction
    )


def spec(measure: str, target: float | None = None, where: str | None = None) -> ReadingSpec:
    return ReadingSpec(measure=measure, target=target, where=where)


def delivery() -> ObjectiveResult:
    csat = [0.84, 0.83, 0.84, 0.82, 0.81, 0.80, 0.79, 0.77, 0.75, 0.74, 0.73, 0.72, 0.71]
    kept = [0.951, 0.952, 0.95, 0.949, 0.946, 0.944, 0.94, 0.935, 0.93, 0.926, 0.922, 0.919, 0.917]
    cost = [4.1, 4.12, 4.08, 4.1, 4.06, 4.0, 3.96, 3.9, 3.88, 3.84, 3.8, 3.79, 3.77]
    return ObjectiveResult(
        Objective(
            voice="My order comes when you said it would.", attribute="availability", segment={"country": "LV"},
            say=spec("csat", 0.85, "touchpoint = 'delivery'"), do=spec("on_time_rate", 0.95), kpi="delivery_cost",
            owner="Logistics", initiatives=("A second courier for Riga from January", "Parcel lockers in Daugavpils"),
            benchmark=Benchmark(value=0.93, base=4000, source="branch report", date=date(2026, 3, 1)),
        ),
        Status.MISSED, date(2026, 3, 1),
        reading("say", "csat", "Delivery CSAT", csat, 0.05, 1204, target=0.85, status=Status.MISSED,
                change=change("worse", -0.09, 0.03)),
        reading("do", "on_time_rate", "Promise kept", kept, 0.0065, 6690, target=0.95, by=date(2026, 12, 31),
                status=Status.MISSED, change=change("worse", -0.027, 0.007)),
        reading("kpi", "delivery_cost", "Delivery cost", cost, 0.06, 6690, unit="EUR", better="lower",
                change=change("better", -0.23, 0.09)),
        None,
        "Delivery cost fell from EUR 4.00 to EUR 3.77 since March 2026, while promise kept fell from 94.4 % to 91.7 %. "
        "They moved together; that does not show that one caused the other.",
        (
            Verbatim("reviews/7213", "Pasūtījums kavējās trīs dienas, un neviens neko nepateica.", "lv", "review",
                     date(2026, 10, 14), 2),
            Verbatim("reviews/7300", "Заказ пришёл на неделю позже, чем обещали.", "ru", "review",
                     date(2026, 10, 9), 1),
        ),
        "country LV", ("Promise kept has no earlier figure before October 2025.",),
    )  # fmt: skip


def first_time() -> ObjectiveResult:
    easy = [0.74, 0.73, 0.75, 0.76, 0.75, None, 0.77, 0.78, 0.77, 0.76, 0.78, 0.77, 0.78]
    solved = [0.80, 0.79, 0.81, 0.8, 0.82, 0.81, 0.8, 0.82, 0.81, 0.83, 0.82, 0.81, 0.82]
    return ObjectiveResult(
        Objective(
            voice="When something goes wrong, you make it right the first time.", attribute="service",
            say=spec("ces", 0.8), do=spec("first_contact_resolution", 0.8), owner="Care",
        ),
        Status.UNSURE, None,
        reading("say", "ces", "Effort: easy", easy, 0.065, 462, target=0.8, status=Status.UNSURE,
                change=change("no real change", 0.01, 0.04)),
        reading("do", "first_contact_resolution", "Solved at first contact", solved, 0.03, 1877, target=0.8,
                status=Status.UNSURE, change=change("no real change", 0.01, 0.03)),
        None, None, None,
        (Verbatim("calls/88", "พนักงานสุภาพมาก แต่ต้องโทรสามครั้งกว่าจะเรียบร้อย", "th", "call", date(2026, 11, 2), None),),
        "all",
        ("Effort: easy cannot be told from its target yet: between 71.5 % and 84.5 %, against 80 %.",),
    )  # fmt: skip


def choice() -> ObjectiveResult:
    ease = [0.78, 0.80, 0.81, 0.83, 0.84, 0.86, 0.87, 0.88, 0.88, 0.88, 0.87, 0.88, 0.88]
    return ObjectiveResult(
        Objective(voice="It is easy to find what suits me.", attribute="selection", segment={"tenure": "new"},
                  say=spec("csat", 0.82, "question = 'choice'"), do=spec("repeat_rate", 0.3), kpi="revenue",
                  owner="Shop"),
        Status.MET, date(2026, 5, 1),
        reading("say", "csat", "Ease of choice", ease, 0.03, 903, target=0.82, status=Status.MET,
                change=change("better", 0.095, 0.025, MONTHS[0])),
        reading("do", "repeat_rate", "Second order in 90 days", [0.31, 0.32, 0.33, 0.335, 0.34], 0.0165, 3015,
                target=0.3, status=Status.MET, change=change("unknown", None, None)),
        reading("kpi", "revenue", "Revenue", [1_012_000.0 + 9_000 * i for i in range(13)], None, 18_422, unit="EUR",
                flag="complete", change=change("up", 108_000.0, None, MONTHS[0])),
        None, None,
        (
            Verbatim("survey/1", "Ho trovato il regalo giusto in cinque minuti.", "it", "survey", date(2026, 11, 9), 9),
            Verbatim("survey/2", "Eindelijk een winkel waar ik niet hoef te zoeken. " * 14, "nl", "focus_group",
                     date(2025, 12, 3), None),
        ),
        "tenure new", (),
    )  # fmt: skip


def waiting() -> ObjectiveResult:
    bases = [31, 40, 28, 33, 3, 44, 38, 29, 33, 41, 36, 30, 18]
    nps = [12.0, 18, 9, 3, 7, 15, 22, 19, 14, 8, 12, 17, 11]
    return ObjectiveResult(
        Objective(
            voice="However odd my question is, and whether I write, call or come by in person with two children and a "
            "pram, somebody who knows the answer takes the time for me, in my own language, and does not send me on to "
            "the next desk.",
            attribute="service", segment={"care": "late", "country": "EE"}, say=spec("nps", 30), do=spec("wait", 2),
        ),
        Status.MISSED, date(2026, 8, 12),
        reading("say", "nps", "Net Promoter Score", nps, 24.0, 18, unit="points", target=30, status=Status.UNSURE,
                flag="few", bases=bases, change=change("no real change", -4.0, 20.0)),
        reading("do", "wait", "Days until somebody helps", [2.6, 2.5, 2.4, 2.55, 2.6, 2.4], 0.21, 690, unit="days",
                better="lower", target=2.0, status=Status.MISSED, change=change("no real change", -0.1, 0.3)),
        None, None, None,
        (Verbatim("forms/4", "שירות מצוין אבל צריך לחכות", "he", "form", date(2026, 9, 30), 4),),
        "care late, country EE", ("Net Promoter Score rests on 18 customers in October 2026: too few to judge by.",),
    )  # fmt: skip


def trust() -> ObjectiveResult:
    return ObjectiveResult(
        Objective(voice="You keep my data to yourselves.", attribute="partnership", segment={"country": "EE"},
                  say=spec("top_box", 0.7), do=spec("complaints", 0.01)),
        Status.MISSED, date(2026, 10, 1),
        reading("say", "top_box", "Trust with data", [0.5, 0.25], 0.2, 4, target=0.7, status=Status.MISSED),
        reading("do", "complaints", "Complaints about data", [], None, 0, target=0.01, better="lower",
                status=Status.UNSURE, none_because="not_yet"),
        None, None, None,
        (Verbatim("survey/9", "Only three of us were asked, and I was one.", "en", "survey", date(2026, 10, 2), 1),),
        "country EE", ("Trust with data rests on 4 customers in October 2026: too few to judge by.",),
    )  # fmt: skip


def nothing_yet() -> ObjectiveResult:
    return ObjectiveResult(
        Objective(voice="Ordering from you is one thing less to think about.", attribute="functionality"),
        Status.UNSURE, None, None, None, None, None, None, (), "all",
        ("There is no say measure: nobody has been asked.", "There is no do measure: nothing shows it."),
    )  # fmt: skip


@pytest.fixture(scope="session")
def scorecard() -> ScorecardResult:
    return ScorecardResult(
        company="Nordlys",
        unit="Online shop",
        as_of=AS_OF,
        objectives=(delivery(), first_time(), choice(), waiting(), trust(), nothing_yet()),
        competes_for=(
            ("Busy parents", "They buy from us because an order is one thing less to think about."),
            ("New in the city", "We know what a first flat needs."),
        ),
        sources=(
            Freshness("orders", 1_204_331, datetime(2026, 11, 16, 20, 0, tzinfo=UTC)),
            Freshness("reviews", 41_210, datetime(2026, 11, 2, 8, 0, tzinfo=UTC)),
            Freshness("calls", 0, None),
        ),
        notes=(
            "Each figure covers the latest whole month with data, unless its objective states another period.",
            "Changes are against the same month a year before; eight comparisons, corrected together (Holm).",
        ),
    )


@pytest.fixture(scope="session")
def empty_scorecard() -> ScorecardResult:
    return ScorecardResult("Nordlys", "Online shop", AS_OF, (), (), (), ())


@pytest.fixture(scope="session")
def page(scorecard: ScorecardResult) -> str:
    """The page as a reader gets it."""
    return render(suppress_scorecard(scorecard))
