"""The measures against plain Python that counts row by row, over the hand-made company and over random ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from heedful.measures.question import Over, Question
from heedful.measures.registry import shipped
from heedful.measures.results import Row
from heedful.measures.runner import Runner
from tests.company import ATTRIBUTES, RIGA, Cell, Rows, Tables, arrow_tables, blank, company, runner
from tests.engines import NAMES, Engines
from tests.measures.oracle import DO, SAY, Oracle
from tests.measures.oracle_cells import Asked, Condition, Figure

MEASURES = [*SAY, *DO]
NEW_YEAR, MARCH = date(2024, 1, 1), date(2024, 3, 31)


def asked(
    *by: str, over: Over | None = None, start: date | None = None, end: date | None = None, as_of: date | None = None,
    where: tuple[str, Condition] | None = None, segment: Mapping[str, str] | None = None,
    outside: Mapping[str, str] | None = None, params: Mapping[str, str | float | int | bool] | None = None,
) -> tuple[Question, Asked]:  # fmt: skip
    """The same question for the runner, in SQL, and for the oracle, in Python; the measure is filled in later."""
    told = {"segment": segment or {}, "outside": outside or {}}
    sql = Question("", by, over, start, end, as_of, where[0] if where else None, **told, params=params or {})
    return sql, Asked("", by, over, start, end, as_of, where[1] if where else None, **told, params=dict(params or {}))


EARLY = (
    "occurred_at < timestamptz '2024-03-10 12:00:00+00'",
    lambda r: r["occurred_at"] < datetime(2024, 3, 10, 12, tzinfo=UTC),
)
INSIDE = ("insider", lambda r: r["insider"])
QUESTIONS = [
    asked(),
    asked(over="month"),
    asked("country", over="month", start=NEW_YEAR),
    asked("value", over="month", start=NEW_YEAR),
    asked("stage", over="quarter", start=NEW_YEAR, as_of=MARCH),
    asked("care", "insider", over="month", start=NEW_YEAR),
    asked(over="month", start=NEW_YEAR, outside={"care": "late"}),
    asked("stage", start=date(2024, 2, 1), segment={"care": "o'brien"}),
    asked("insider", start=date(2024, 2, 1), where=EARLY),
    asked(over="week", start=date(2024, 1, 17), end=date(2024, 4, 10), as_of=date(2024, 4, 9), where=INSIDE),
    asked(over="year", outside={"seats": "2.5"}),
    asked("country", start=date(2024, 2, 1), end=date(2024, 2, 29), outside={"country": "LV"}),
    asked(as_of=date(2024, 2, 14), segment={"insider": "true"}),
]
OF_FEEDBACK = [asked("brand", params={"weighted": False}), asked("touchpoint", "unit", over="quarter", start=NEW_YEAR)]
OF_ACTIVITY = [asked("unit", "team", over="month", start=NEW_YEAR), asked("kind", outside={"unit": "riga"})]
BY_STREAM = {"feedback": OF_FEEDBACK, "activity": OF_ACTIVITY}
FOR_ONE = {
    "csat": [asked(params={"boxes": 1})],
    "top_box": [asked(params={"boxes": 3, "weighted": False}, over="month")],
    "inactivity_churn": [asked(over="month", start=NEW_YEAR, params={"window_days": 21, "only_kind": "order"})],
    "first_contact_resolution": [asked("team", params={"window_days": 2})],
}


def oracle(tables: Tables) -> Oracle:
    return Oracle(tables, RIGA, "Nordlys", lambda r: r["kind"] == "first_value", list(ATTRIBUTES))


def questions(measure: str, given: Runner) -> list[tuple[Question, Asked]]:
    declared = given.measures[measure]
    streams = BY_STREAM.get(declared.stream, []) if declared.rows in ("feedback", "activity") else []
    listed = [*QUESTIONS, *streams, *FOR_ONE.get(measure, [])]
    return [(replace(q, measure=measure), replace(a, measure=measure)) for q, a in listed]


def differences(given: Runner, judge: Oracle, question: Question, told: Asked) -> list[str]:
    got = {(tuple(r.by.values()), r.period_start): r for r in given.answer(question)}
    wanted = judge.answer(told)
    wrong = [f"{key} is {'missing' if key in wanted else 'too much'}" for key in got.keys() ^ wanted.keys()]
    return wrong + [f"{k}: {got[k]}, not {f}" for k, f in wanted.items() if k in got and not same(got[k], f)]


def same(row: Row, figure: Figure) -> bool:
    if (row.n, row.customers) != (figure.n, figure.customers):
        return False
    if row.reason == "not_recorded":  # the oracle does not know that none on file is not none: see tests/soundness
        return row.value is None
    pairs = [(row.value, figure.value)] + (
        [(row.low, figure.low), (row.high, figure.high)] if figure.low is not None else []
    )
    return all(
        (a is None) == (b is None) and (a is None or b is None or abs(a - b) <= 1e-9 * max(1, abs(b))) for a, b in pairs
    )


@pytest.mark.parametrize("number", range(len(MEASURES)), ids=MEASURES)
def test_every_measure_counts_what_counting_row_by_row_gives(loaded: Callable[[str], Runner], number: int) -> None:
    """Every measure with every third question; between the measures all questions come up many times."""
    judge, given = oracle(company()), loaded("duckdb")
    listed = questions(MEASURES[number], given)
    wrong = [f"{q}: {d}" for q, told in listed[number % 3 :: 3] for d in differences(given, judge, q, told)]
    assert wrong == []


@pytest.mark.parametrize("number", range(len(MEASURES)), ids=MEASURES)
def test_every_engine_gives_the_same_rows(loaded: Callable[[str], Runner], number: int) -> None:
    """Every measure with one question, another for the next: each question comes up for three measures."""
    listed = questions(MEASURES[number], loaded("duckdb"))
    question, _ = listed[number % len(listed)]
    first, *others = (loaded(name).answer(question) for name in NAMES)
    for other in others:
        assert [a for a, b in zip(first, other, strict=True) if not alike(a, b)] == [], question


def alike(a: Row, b: Row) -> bool:
    """Equal but for the rounding of sums taken in another order."""
    numbers = (a.value, b.value), (a.low, b.low), (a.high, b.high), (a.n_eff, b.n_eff)
    close = all(
        (x is None) == (y is None) and (x is None or y is None or x == y or abs(x - y) <= 1e-9 * max(1, abs(x)))
        for x, y in numbers
    )
    bare = {"value": None, "low": None, "high": None, "n_eff": None}
    return close and replace(a, **bare) == replace(b, **bare)  # type: ignore[arg-type]


def test_every_measure_over_the_streams_is_counted_a_second_time() -> None:
    assert {n for n, m in shipped().items() if m.stream != "market"} <= set(MEASURES)


# -- random companies --------------------------------------------------------------------------------------------

KINDS = [
    "order", "order", "order", "payment", "renewal", "refund", "return", "visit", "referral", "cancellation", "signup",
    "delivery", "delivery", "contact", "contact", "first_value",
]  # fmt: skip
PEOPLE = [None, "a", "b", "c", "d", "e", "f", "g"]


def random_company(seed: int) -> dict[str, Rows]:
    """A few people over three months, with as many ties, borders and blanks as there is room for.

    Where the seed is even nobody has a history: attributes then hold for all time, and are joined in another way.
    """
    rng = random.Random(seed)  # noqa: S311 - a company, not a secret
    days = [datetime(2024, 2, 20, 22, tzinfo=UTC) + timedelta(days=d) for d in range(70)]

    def moment() -> datetime:
        # Half of all fall on local midnights, before or after the change of clocks, or a breath beside one.
        at = rng.choice(days) - (timedelta(hours=1) if rng.random() < 0.4 else timedelta())
        return at + rng.choice(
            [timedelta(), timedelta(), timedelta(microseconds=-1), timedelta(hours=rng.randrange(24), minutes=13)]
        )

    def perhaps(value: Cell, chance: float = 0.7) -> Cell:
        return value if rng.random() < chance else None

    activity: Rows = []
    for i in range(rng.randrange(20, 90)):
        at = moment()
        activity.append(blank(
            "activity", source=rng.choice(["s", "t"]), activity_id=f"{i}", customer_id=rng.choice(PEOPLE),
            anonymous_id=perhaps(rng.choice(["v", "w"]), 0.4), occurred_at=at, kind=rng.choice(KINDS),
            ended_at=perhaps(at + timedelta(minutes=rng.randrange(0, 9000)), 0.6), unit=perhaps(rng.choice(["x", "y"])),
            team=perhaps("n"), amount=perhaps(Decimal(rng.randrange(0, 5000)) / 100),
            cost=perhaps(Decimal(rng.randrange(0, 3000)) / 100),
            due_at=perhaps(at + timedelta(days=rng.randrange(0, 6)), 0.5), resolved=perhaps(rng.random() < 0.5),
        ))  # fmt: skip
    feedback: Rows = []
    for i in range(rng.randrange(20, 80)):
        scale, low, high = rng.choice(
            [("nps", 0, 10), ("csat", 1, 5), ("csat", 1, 7), ("ces", 1, 7), ("choice", None, None)]
        )
        feedback.append(blank(
            "feedback", source="s", feedback_id=f"{i}", customer_id=rng.choice(PEOPLE), occurred_at=moment(),
            channel=rng.choice(["survey", "review", "social"]), brand=rng.choice(["Nordlys"] * 3 + ["Kaffia"]),
            unit=perhaps("x"), touchpoint=perhaps(rng.choice(["service", "delivery"])), question="q", scale=scale,
            score=None if low is None or high is None else perhaps(float(rng.randint(low, high)), 0.9),
            scale_min=None if low is None else float(low), scale_max=None if high is None else float(high),
            choice=rng.choice(["p", "q", "r"]) if scale == "choice" else None, thread_id=perhaps(f"t{i // 3}"),
            weight=1.0 if scale == "choice" else rng.choice([0.0, 0.5, 1.0, 2.0]),
        ))  # fmt: skip
    customers: Rows = []
    for name in rng.sample("abcdefgh", rng.randrange(2, 8)):
        begins, moves = datetime(2024, 2, 1, tzinfo=UTC), seed % 2 == 1 and rng.random() < 0.4
        border, acquired = moment(), perhaps(moment(), 0.6)
        for start, end in [(begins, border), (border, None)] if moves else [(begins, None)]:
            customers.append(blank(
                "customers", customer_id=name, valid_from=start, valid_to=end, acquired_at=acquired, source="s",
                country=perhaps(rng.choice(["LV", "EE", "O'Brien"])), insider=perhaps(rng.random() < 0.5),
                seats=perhaps(rng.choice([1.0, 2.5])),
            ))  # fmt: skip
    return {"feedback": feedback, "activity": activity, "customers": customers, "market": [], "weights": []}


RANDOM_QUESTIONS = [
    asked(),
    asked("country", over="month"),
    asked("stage", "insider", over="week", start=date(2024, 3, 5), as_of=date(2024, 4, 11)),
    asked("value", over="month", start=date(2024, 3, 1), end=date(2024, 4, 20)),
    asked("care", over="quarter", as_of=date(2024, 4, 1)),
    asked("seats", "insider", over="month", outside={"country": "EE"}),
    asked(over="month", start=date(2024, 3, 31), outside={"care": "late"}, segment={"country": "LV"}),
]


@pytest.mark.parametrize("seed", range(4))
def test_a_random_company_is_counted_as_row_by_row(engines: Engines, seed: int) -> None:
    tables = random_company(seed)
    given, judge = runner(engines.load("duckdb", arrow_tables(tables))), oracle(tables)
    for number, measure in enumerate(MEASURES):
        question, told = RANDOM_QUESTIONS[(number + seed) % len(RANDOM_QUESTIONS)]
        wrong = differences(given, judge, replace(question, measure=measure), replace(told, measure=measure))
        assert wrong == [], replace(question, measure=measure)


@pytest.mark.parametrize("seed", range(6, 8))
def test_what_must_hold_of_every_figure_holds(engines: Engines, seed: int) -> None:
    given = runner(engines.load("duckdb", arrow_tables(random_company(seed))))
    for measure, declared in given.measures.items():
        low, high = declared.bounds
        for row in given.answer(Question(measure, over="month")):
            assert (row.value is None) == (row.reason is not None), row
            assert (row.low is None) == (row.high is None), row
            if row.value is not None:
                assert row.low is None or row.high is None or row.low <= row.value <= row.high, row
                assert low is None or low <= min(row.value, row.value if row.low is None else row.low), row
                assert high is None or high >= max(row.value, row.value if row.high is None else row.high), row


@pytest.mark.parametrize("measure", ["orders", "revenue", "responses", "acquisition"])
def test_the_figures_of_parts_add_up_to_that_of_the_whole(engines: Engines, measure: str) -> None:
    given = runner(engines.load("duckdb", arrow_tables(random_company(20))))
    whole = given.answer(Question(measure, start=date(2024, 2, 1))).rows[0]
    assert given.measures[measure].statistic.adds_up
    for by, over in (((), "week"), (("country",), None), (("value",), "quarter"), (("stage",), "month")):
        parts = given.answer(Question(measure, by, over, start=date(2024, 2, 1))).rows  # type: ignore[arg-type]
        assert sum(r.value or 0 for r in parts) == pytest.approx(whole.value), (by, over)
        assert sum(r.n for r in parts) == whole.n, (by, over)


@pytest.mark.parametrize(
    ("name", "label"), [("country", "LV"), ("care", "late"), ("value", "lost"), ("insider", "true"), ("seats", "2.5")]
)
def test_a_segment_and_all_outside_of_it_are_everyone(engines: Engines, name: str, label: str) -> None:
    given = runner(engines.load("duckdb", arrow_tables(random_company(21))))
    for measure in ("orders", "responses", "churn_rate"):
        whole = Question(measure, over="month", start=date(2024, 3, 1))
        inside = given.answer(replace(whole, segment={name: label})).rows
        outside = given.answer(replace(whole, outside={name: label})).rows
        totals = given.answer(whole).rows
        assert [a.n + b.n for a, b in zip(inside, outside, strict=True)] == [t.n for t in totals], measure
