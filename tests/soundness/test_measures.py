"""Figures that would be wrong without an error: each of these was, or could have been, a number that looks right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from heedful.errors import ExpressionError, InputError, UnknownNameError
from heedful.measures.compare import compare
from heedful.measures.question import Question
from heedful.measures.registry import Catalogue
from heedful.measures.results import Row
from heedful.measures.runner import Runner
from tests.company import Cell, Rows, arrow_tables, blank, company, runner, setting
from tests.engines import NAMES, Engines

MAY = datetime(2024, 5, 1, 12, tzinfo=UTC)
Load = Callable[..., Runner]


@pytest.fixture
def load(engines: Engines, engine_name: str) -> Load:
    """A runner over the given rows on each engine in turn."""
    return lambda **tables: runner(engines.load(engine_name, arrow_tables(tables)))


@pytest.fixture(scope="session")
def small(engines: Engines) -> Runner:
    """The hand-made company on DuckDB."""
    return runner(engines.load("duckdb", arrow_tables(company())))


def said(number: int, **cells: object) -> dict[str, object]:
    row = {
        "source": "s",
        "feedback_id": f"{number}",
        "occurred_at": MAY,
        "channel": "survey",
        "brand": "Nordlys",
        "scale": "nps",
    }
    return blank("feedback", **{**row, "scale_min": 0.0, "scale_max": 10.0, **cells})  # type: ignore[arg-type,return-value]


def did(number: int, kind: str, customer: str | None = None, at: datetime = MAY, **cells: object) -> dict[str, object]:
    row = {"source": "s", "activity_id": f"{number}", "customer_id": customer, "occurred_at": at, "kind": kind}
    return blank("activity", **{**row, **cells})  # type: ignore[arg-type,return-value]


def figures(rows: object) -> dict[tuple[object, ...], float | None]:
    return {tuple(r.by.values()): r.value for r in rows}  # type: ignore[attr-defined]


# -- undefined is never zero -------------------------------------------------------------------------------------


def test_without_any_data_no_measure_has_a_figure(load: Load) -> None:
    empty = load()
    for name in empty.measures:
        rows = empty.answer(Question(name)).rows
        assert [(r.value, r.low, r.high, r.n, r.customers) for r in rows] in ([(None, None, None, 0, 0)], []), name
        assert all(r.reason in ("no_answers", "not_recorded") for r in rows), name
        if empty.engine.dialect == "duckdb":
            assert empty.answer(Question(name, by=("country",))).rows == (), name


def test_where_no_cancellation_was_ever_recorded_churn_is_not_known_rather_than_none(load: Load) -> None:
    given = load(activity=[did(1, "order", "a"), did(2, "order", "b", MAY + timedelta(days=40))])
    for name in ("churn_rate", "retention_rate", "contact_rate", "referral_rate", "came_by"):
        row = given.answer(Question(name, start=date(2024, 6, 1))).rows[0]
        assert (row.value, row.low, row.reason, row.n) == (None, None, "not_recorded", 1), name


def test_what_was_first_recorded_later_was_not_recorded_then(small: Runner) -> None:
    row = small.answer(Question("churn_rate", as_of=date(2024, 1, 10))).rows[0]
    assert (row.value, row.reason) == (None, "not_recorded")


def test_a_customer_whom_no_table_knows_has_no_attributes_rather_than_empty_ones(load: Load) -> None:
    given = load(activity=[did(1, "order", "a", amount=Decimal("5.00"))])
    for name in ("insider", "seats", "acquired_through"):
        assert figures(given.answer(Question("revenue", by=(name,)))) == {(None,): 5.0}, name
    assert figures(given.answer(Question("revenue", by=("country",)))) == {("unknown",): 5.0}
    assert given.answer(Question("revenue", where="seats < 1")).rows[0].value is None


def test_amounts_that_are_not_known_make_no_sum_of_nothing(load: Load) -> None:
    given = load(activity=[did(1, "order", "a"), did(2, "order", "b")])
    for name in ("revenue", "average_order_value", "revenue_per_customer", "typical_order", "cost_share"):
        row = given.answer(Question(name)).rows[0]
        assert (row.value, row.reason) == (None, "no_answers"), name


def test_answers_of_no_weight_make_no_score(load: Load) -> None:
    row = load(feedback=[said(1, score=9.0, weight=0.0)]).answer(Question("nps")).rows[0]
    assert (row.value, row.low, row.reason, row.n) == (None, None, "no_answers", 1)


def test_our_own_figure_missing_from_a_panel_is_no_share_of_nought(load: Load) -> None:
    market = {"source": "p", "period_start": MAY, "period_end": MAY + timedelta(days=30), "segment": ""}
    rows = [blank("market", **market, brand="Kaffia", sales=Decimal(5), searches=3.0)]  # type: ignore[arg-type]
    given = load(market=rows)
    for name in ("market_share", "share_of_search", "brand_awareness"):
        row = given.answer(Question(name)).rows[0]
        assert (row.value, row.reason) == (None, "no_answers"), name


def test_anonymous_answers_count_as_people_so_that_they_are_not_hidden_as_nobody(load: Load) -> None:
    given = load(feedback=[said(i, thread_id=f"t{i // 2}") for i in range(8)])
    row = given.answer(Question("responses")).rows[0]
    assert (row.value, row.n, row.customers) == (8.0, 8, 4)


# -- time --------------------------------------------------------------------------------------------------------


def test_nothing_after_the_date_looked_from_is_looked_at(engines: Engines, small: Runner) -> None:
    tables, day = company(), date(2024, 3, 14)
    cut = datetime(2024, 3, 14, 22, tzinfo=UTC)
    known: dict[str, Rows] = {
        "feedback": [r for r in tables["feedback"] if r["occurred_at"] < cut],  # type: ignore[operator]
        "activity": [hide(r, "ended_at", cut) for r in tables["activity"] if r["occurred_at"] < cut],  # type: ignore[operator]
        "customers": [hide(r, "valid_to", cut) for r in tables["customers"] if r["valid_from"] < cut],  # type: ignore[operator]
        "market": [r for r in tables["market"] if r["period_start"] < cut],  # type: ignore[operator]
    }
    then = runner(engines.load("duckdb", arrow_tables(known)))
    for number, name in enumerate(small.measures):
        by = ((), ("country",), ("value",), ("care",))[number % 4]
        if small.measures[name].stream == "market":
            by = ()
        question = Question(name, by, "month" if number % 3 else None, as_of=day)
        assert small.answer(question).rows == then.answer(question).rows, question


def hide(row: dict[str, Cell], column: str, cut: datetime) -> dict[str, Cell]:
    at = row[column]
    return {**row, column: None} if isinstance(at, datetime) and at >= cut else row


def test_membership_is_that_at_the_start_of_the_period(load: Load) -> None:
    """Who becomes a buyer in May was none in May: else every buyer would have bought by definition."""
    june = datetime(2024, 6, 10, tzinfo=UTC)
    given = load(
        activity=[did(1, "signup", "a", MAY - timedelta(days=90)), did(2, "order", "a"), did(3, "order", "a", june)]
    )
    found = {
        (r.by["stage"], r.period_start): r.value
        for r in given.answer(Question("orders", ("stage",), "month", start=date(2024, 5, 1)))
    }
    assert found[("once", date(2024, 6, 1))] == 1
    assert found[("unknown", date(2024, 5, 1))] == 1
    assert ("once", date(2024, 5, 1)) not in {k for k, v in found.items() if v}


def test_the_parts_of_a_longest_day_belong_to_their_own_local_days(load: Load) -> None:
    """In Riga 27 October 2024 has 25 hours: 03:30 comes twice, and the week ends two hours before midnight in UTC."""
    at = [datetime(2024, 10, 26, 21, tzinfo=UTC), datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
          datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
          datetime(2024, 10, 27, 21, 59, 59, 999999, tzinfo=UTC), datetime(2024, 10, 27, 22, tzinfo=UTC)]  # fmt: skip
    given = load(activity=[did(i, "order", "a", t) for i, t in enumerate(at)])
    rows = given.answer(Question("orders", over="week")).rows
    assert [(r.period_start, r.value) for r in rows] == [(date(2024, 10, 27), 4.0), (date(2024, 10, 28), 1.0)]
    assert given.answer(Question("orders", start=date(2024, 10, 27), end=date(2024, 10, 27))).rows[0].value == 4


def test_a_second_short_of_the_window_is_within_it(load: Load) -> None:
    contacts = [
        did(1, "contact", "a", resolved=False),
        did(2, "contact", "a", MAY + timedelta(days=7, seconds=-1), resolved=True),
    ]
    row = load(activity=contacts).answer(Question("first_contact_resolution")).rows[0]
    assert (row.value, row.n) == (0.0, 1)


# -- groups ------------------------------------------------------------------------------------------------------


def test_an_option_that_nobody_chose_in_a_month_has_a_share_of_nought(load: Load) -> None:
    rows = [
        said(i, scale="choice", choice=c, customer_id=f"{i}", occurred_at=MAY + timedelta(days=d))
        for i, (c, d) in enumerate([("x", 0), ("y", 0), ("x", 31)])
    ]
    found = load(feedback=rows).answer(Question("choice_share", over="month"))
    assert [(r.by["choice"], r.value, r.n) for r in found] == [
        ("x", 0.5, 2),
        ("x", 1.0, 1),
        ("y", 0.5, 2),
        ("y", 0.0, 1),
    ]


def test_raked_weights_take_the_place_of_those_that_came_with_the_answers(load: Load) -> None:
    rows = [
        said(1, score=10.0, customer_id="a", weight=9.0),
        said(2, score=0.0, customer_id="b"),
        said(3, score=0.0, customer_id="c"),
    ]
    weights = [blank("weights", source="s", feedback_id=f"{i}", wave="", weight=w) for i, w in ((1, 0.5), (2, 1.5))]
    given = load(feedback=rows, weights=weights)
    assert given.answer(Question("nps")).rows[0].value == pytest.approx(100 * (0.5 - 1.5 - 1) / 3)
    assert given.answer(Question("nps", params={"weighted": False})).rows[0].value == pytest.approx(-100 / 3)


def test_a_whole_market_is_not_counted_a_second_time_by_its_parts(load: Load) -> None:
    def row(segment: str, brand: str, sales: int, source: str = "p") -> dict[str, object]:
        end = MAY + timedelta(days=30)
        return blank(
            "market",
            source=source,
            period_start=MAY,
            period_end=end,
            segment=segment,
            brand=brand,
            sales=Decimal(sales),
        )  # type: ignore[return-value]

    parts = [row("LV", "Nordlys", 10), row("LV", "Kaffia", 10), row("EE", "Nordlys", 0), row("EE", "Kaffia", 60)]
    whole = [row("", "Nordlys", 10), row("", "Kaffia", 90)]
    assert load(market=parts).answer(Question("market_share")).rows[0].value == pytest.approx(10 / 80)
    given = load(market=parts + whole)
    assert given.answer(Question("market_share")).rows[0].value == pytest.approx(10 / 100)
    assert figures(given.answer(Question("market_share", by=("segment",)))) == {("",): 0.1, ("EE",): 0.0, ("LV",): 0.5}


def test_each_group_is_compared_with_all_others_whatever_its_label(small: Runner) -> None:
    for name in ("insider", "seats", "country", "care"):
        question = Question("orders", (name,), start=date(2024, 2, 1))
        total = small.answer(replace(question, by=())).rows[0].n
        for each in compare(small, question, "rest"):
            assert each.row.n + each.other.n == total, (name, each.row.by)


def test_an_option_is_compared_with_the_same_option_of_the_others(small: Runner) -> None:
    question = Question("choice_share", ("wave",), where="question = 'why'")
    found = {
        (c.row.by["wave"], c.row.by["choice"]): (c.row.value or 0, c.other.value or 0)
        for c in compare(small, question, "rest")
    }
    assert found["w-2024-02", "price"] == pytest.approx((4 / 6, 1 / 2))
    assert found["w-2024-03", "range"] == pytest.approx((1 / 2, 1 / 6))


# -- what people write -------------------------------------------------------------------------------------------

ATTACKS = [
    "read_csv('/etc/passwd') is not null", "1=1) or (1=1", "score > 1; drop table feedback", "score in (select 1)",
    "exists (select * from activity)", "getenv('HOME') = ''", "score = (select max(amount) from activity)", "1 = 1 --",
    "current_setting('x') = '1'", "pg_sleep(9) is null", "file('/etc/passwd') = ''", "row_number() over () = 1",
]  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS)
def test_a_condition_that_is_more_than_a_condition_is_refused(small: Runner, text: str) -> None:
    try:
        row = small.answer(Question("nps", where=text)).rows[0]
    except ExpressionError:
        return
    # A comment is no part of a condition: what is left of it is harmless, and true.
    assert (text, row.n) == ("1 = 1 --", 12)


LABELS = [
    "LV' or '1'='1",
    "LV'; drop table activity; --",
    "\\' or 1=1 --",
    "LV\\",
    'LV" or "1"="1',
    "{x:String}",
    "%s",
    "$1",
    ":as_of",
    "?",
]


@pytest.mark.parametrize("label", LABELS)
def test_the_label_of_a_segment_is_only_ever_a_label(
    company_like: Callable[[str], Runner], engine_name: str, label: str
) -> None:
    given = company_like(engine_name)
    everyone = given.answer(Question("orders", as_of=date(2024, 4, 30))).rows[0]
    inside = given.answer(Question("orders", segment={"country": label}, as_of=date(2024, 4, 30))).rows[0]
    outside = given.answer(Question("orders", outside={"country": label}, as_of=date(2024, 4, 30))).rows[0]
    assert (inside.n, outside.n) == (0, everyone.n)


@pytest.fixture(scope="session")
def company_like(engines: Engines) -> Callable[[str], Runner]:
    """The hand-made company on any engine, loaded once."""
    kept: dict[str, Runner] = {}

    def load(name: str) -> Runner:
        if name not in kept:
            kept[name] = runner(engines.load(name, arrow_tables(company())))
        return kept[name]

    return load


@pytest.mark.parametrize(
    "name", ["country; drop table customers", 'unit"', "unit' or '1'='1", "r.unit", "read_csv('x')", "count(*)", ""]
)
def test_a_name_to_group_by_is_a_name_or_nothing(small: Runner, name: str) -> None:
    with pytest.raises(UnknownNameError, match="There is no column or segmentation"):
        small.answer(Question("orders", by=(name,)))


def test_quotes_in_attributes_and_segments_come_back_as_they_are(
    company_like: Callable[[str], Runner], engine_name: str
) -> None:
    given = company_like(engine_name)
    rows = given.answer(Question("orders", by=("country",), segment={"care": "o'brien"}, as_of=date(2024, 4, 30))).rows
    assert [(r.by["country"], r.value) for r in rows] == [("O'Brien", 3.0)]


# -- bookkeeping -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["revision", "ingested_at"])
def test_columns_of_the_lake_itself_are_no_columns_of_measures(small: Runner, name: str) -> None:
    with pytest.raises(UnknownNameError):
        small.answer(Question("orders", by=(name,)))
    with pytest.raises(ExpressionError):
        small.answer(Question("orders", where=f"{name} is not null"))


def test_time_to_value_asks_for_what_first_value_is(engines: Engines) -> None:
    bare = setting(first_value=None)
    given = Runner(engines.load("duckdb", arrow_tables(company())), bare, Catalogue())
    with pytest.raises(InputError, match="first_value: kind = 'delivery'"):
        given.answer(Question("time_to_value"))


def test_every_bound_of_a_waiting_time_is_known_or_infinite(small: Runner) -> None:
    rows: list[Row] = [
        r for r in small.answer(Question("time_to_value", over="month", start=date(2024, 1, 1))) if r.value is not None
    ]
    assert [(r.value, r.low, r.high) for r in rows] == [(0.0, 0.0, float("inf")), (10.0, 10.0, float("inf"))]


def test_the_names_of_all_engines_are_tried() -> None:
    assert NAMES == ("duckdb", "postgres", "clickhouse")
