"""Do measures find what was planted? Simulated companies say what is true of them, and every figure is held against it.

Seeds are fixed, so that a failure is a fault and never a draw. Bounds on what is pooled follow from the number of
cases: of 200 independent "95 %" intervals or more, an exactly right method covers between 90 and 99 % with probability
.998; of 20 it would do so with probability .57 only, which is why no case is judged by itself.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt
from pathlib import Path
from typing import cast

import pytest

from heedful.measures.question import Question, Scalar
from heedful.measures.results import Row
from heedful.scorecard.evaluate import evaluate
from heedful.scorecard.status import Status, run
from heedful.simulate import Kind, Known, Truth, simulate
from heedful.workspace import Workspace

DAY = timedelta(days=1)
SIZES: Mapping[Kind, int] = {"shop": 2500, "telecom": 6000, "city": 6000}


@dataclass(frozen=True)
class Company:
    """A simulated company with its data brought in, and what is true of it."""

    truth: Truth
    workspace: Workspace

    def figures(
        self, measure: str, by: str | None = None, *, period: str = "all", where: str | None = None, **params: Scalar
    ) -> dict[object, Row]:
        """The measured figure of each group; under None for everyone. `period`: all, or before or after the change."""
        change = self.truth.changes[0].since if period != "all" else None
        result = self.workspace.runner.answer(
            Question(
                measure,
                by=(by,) if by else (),
                start=change if period == "after" else None,
                end=change - DAY if change and period == "before" else None,
                as_of=self.truth.until,
                where=where,
                params=params,
            )
        )
        return {row.by[by] if by else None: row for row in result.rows}

    def pairs(
        self,
        measure: str,
        by: str | None = None,
        *,
        fact: str | None = None,
        named: str | None = None,
        period: str = "all",
        where: str | None = None,
        **params: Scalar,
    ) -> list[tuple[Known, Row]]:
        """Each true figure beside the measured one. The truth may have another name for the measure and for `by`."""
        named = named or by
        known = [
            f
            for f in self.truth.facts
            if f.measure == (fact or measure) and f.period == period and list(f.segment) == ([named] if named else [])
        ]
        assert known, f"the truth says nothing of {fact or measure} by {named} {period}"
        found = self.figures(measure, by, period=period, where=where, **params)
        return [(f, found[f.segment[named] if named else None]) for f in known]

    def change(self, measure: str) -> date:
        """The day of the planted change."""
        return next(c.since for c in self.truth.changes if c.measure == measure)


def made(kind: Kind, folder: Path, *, customers: int, months: int = 18, change: bool = True) -> Company:
    truth = simulate(kind, folder, customers=customers, months=months, seed=5, change=change)
    workspace = Workspace(folder)
    assert all(report.rejected == 0 for report in workspace.pull())
    return Company(truth, workspace)


@pytest.fixture(scope="session")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Kind], Company]]:
    """Makes each company when it is first asked for."""
    there: dict[Kind, Company] = {}

    def find(kind: Kind) -> Company:
        if kind not in there:
            there[kind] = made(kind, tmp_path_factory.mktemp("truth") / kind, customers=SIZES[kind])
        return there[kind]

    yield find
    for company in there.values():
        company.workspace.close()


@pytest.fixture(scope="session")
def shop(companies: Callable[[Kind], Company]) -> Company:
    return companies("shop")


@pytest.fixture(scope="session")
def telecom(companies: Callable[[Kind], Company]) -> Company:
    return companies("telecom")


@pytest.fixture(scope="session")
def city(companies: Callable[[Kind], Company]) -> Company:
    return companies("city")


# -- complete counts and shares ------------------------------------------------------------------------------------

PERIODS = ("all", "before", "after")
TRULY: Mapping[str, str] = {"on_time_rate": "due_at < as_of"}
"""Where the truth looks at fewer rows than a measure does by itself: at promises whose time is over."""
COMPLETE: Sequence[tuple[Kind, str, str | None, str]] = [
    *[("shop", "on_time_rate", by, period) for by in (None, "country", "persona") for period in PERIODS],
    *[("shop", "first_contact_resolution", by, "all") for by in (None, "team")],
    *[("shop", m, None, "all") for m in ("referral_rate", "share_of_search", "share_of_voice")],
    *[("telecom", "first_contact_resolution", by, period) for by in (None, "team") for period in PERIODS],
    *[("city", "on_time_rate", by, period) for by in (None, "team") for period in PERIODS],
    *[("city", "first_contact_resolution", by, "all") for by in (None, "district", "age")],
    *[("city", "waiting_minutes", by, period) for by in (None, "unit") for period in PERIODS],
]


@pytest.mark.parametrize(("kind", "measure", "by", "period"), COMPLETE)
def test_what_is_on_file_of_everyone_is_measured_exactly(
    kind: Kind, measure: str, by: str | None, period: str, companies: Callable[[Kind], Company]
) -> None:
    for known, row in companies(kind).pairs(measure, by, period=period, where=TRULY.get(measure)):
        assert row.value == pytest.approx(known.realised, rel=1e-9), known
        assert row.n == known.n, known


@pytest.mark.parametrize(("kind", "by"), [("shop", "country"), ("city", "team")])
def test_what_came_before_it_was_due_flatters_the_days_that_are_not_over_and_no_others(
    kind: Kind, by: str, companies: Callable[[Kind], Company]
) -> None:
    company = companies(kind)
    over = company.figures("on_time_rate", by, where="due_at < as_of")
    early = company.figures("on_time_rate", by, where="due_at >= as_of")
    whole = company.figures("on_time_rate", by)
    assert all(row.value == 1 for row in early.values()), "who is late for what is not due yet?"
    for label, row in whole.items():
        assert row.n == over[label].n + (early[label].n if label in early else 0)
        assert (row.value or 0) >= (over[label].value or 0)
    before = company.pairs("on_time_rate", by, period="before")
    assert [row.n for _, row in before] == [known.n for known, _ in before]


@pytest.mark.parametrize("measure", ["market_share", "brand_awareness"])
def test_the_market_by_country_is_measured_exactly(measure: str, shop: Company) -> None:
    for known, row in shop.pairs(measure, "segment", named="country"):
        assert row.value == pytest.approx(known.realised, rel=1e-9), known


def test_the_share_of_a_market_counted_in_subscribers_is_measured_exactly(telecom: Company) -> None:
    ((known, row),) = telecom.pairs("market_share")
    assert row.value == pytest.approx(known.realised, rel=1e-9)
    assert (row.low, row.flag) == (None, "complete"), "the regulator states no base, so there is no margin"


def test_orders_revenue_and_who_came_back_are_measured_to_the_cent(shop: Company) -> None:
    revenue, sold = shop.figures("revenue")[None].value, shop.truth.known("revenue")
    assert revenue == pytest.approx(sold.realised, abs=0.004)
    assert shop.figures("orders")[None].value == sold.n
    ((back, row),) = shop.pairs("repeat_rate")
    assert row.value == pytest.approx(back.realised)
    assert row.customers == back.n
    ((returned, row),) = shop.pairs("return_rate")
    assert row.value == pytest.approx(returned.realised)


@pytest.mark.parametrize("period", PERIODS)
def test_the_cost_of_a_parcel_is_measured_before_and_after_it_fell(period: str, shop: Company) -> None:
    ((known, row),) = shop.pairs("delivery_cost", "country", period=period)
    assert row.value == pytest.approx(known.realised, abs=0.0005)  # the carriers bill whole cents
    assert row.n == known.n


@pytest.mark.parametrize("by", [None, "persona", "region"])
def test_churn_per_month_is_measured_exactly(by: str | None, telecom: Company) -> None:
    rows = telecom.workspace.measure("churn_rate", by=by or (), over="month", start=telecom.truth.since).rows
    known = [
        f for f in telecom.truth.facts if f.measure == "churn_per_month" and list(f.segment) == ([by] if by else [])
    ]
    assert len(known) == (1 if by is None else len({row.by[by] for row in rows}))
    for fact in known:
        own = [row for row in rows if row.value is not None and (by is None or row.by[by] == fact.segment[by])]
        at_risk = sum(row.n for row in own)
        assert at_risk == fact.n
        assert sum((row.value or 0) * row.n for row in own) / at_risk == pytest.approx(fact.realised)


def test_everyone_who_ever_cancelled_is_counted_where_no_start_is_given(telecom: Company) -> None:
    ((known, row),) = telecom.pairs("churn_rate", fact="cancelled")
    assert row.value == pytest.approx(known.realised)
    assert row.n == known.n


def test_residents_reached_in_a_year_are_counted_once(city: Company) -> None:
    row = city.workspace.measure("reach", start=city.truth.until - 364 * DAY, end=city.truth.until)[0]
    known = city.truth.known("reach")
    assert known.realised is not None
    assert row.value == pytest.approx(known.realised * known.n)


def test_orders_by_unit_are_those_of_the_shop_systems_own_list(shop: Company) -> None:
    with (shop.workspace.folder / "data" / "orders.csv").open(encoding="utf-8", newline="") as file:
        listed = Counter(line["shop"] for line in csv.DictReader(file) if line["status"] != "cancelled")
    assert {unit: row.value for unit, row in shop.figures("orders", "unit").items()} == listed


# -- samples -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """One figure of one group in one month or quarter, and the probability behind its rows."""

    where: str
    row: Row
    parameter: float


def monthly(company: Company, measure: str, by: str) -> Iterator[Cell]:
    """Each group's figure in each whole month before and after that of the change; groups are drawn independently."""
    change = company.change(measure)
    found = company.workspace.measure(measure, by=by, over="month", as_of=company.truth.until, where=TRULY.get(measure))
    for row in found:
        assert row.period_start is not None
        if (row.period_start.year, row.period_start.month) == (change.year, change.month) or row.value is None:
            continue
        label = cast("str", row.by[by])
        period = "before" if row.period_start < change else "after"
        known = company.truth.known(measure, period=period, **{by: label})
        assert known.parameter is not None
        yield Cell(f"{measure} {label} {row.period_start:%Y-%m}", row, known.parameter)


def awareness(company: Company) -> Iterator[Cell]:
    """Each country's panel of 1,000 in each quarter."""
    for row in company.workspace.measure("brand_awareness", by="segment", over="quarter", as_of=company.truth.until):
        known = company.truth.known("brand_awareness", country=cast("str", row.by["segment"]))
        if row.value is not None and known.parameter is not None:
            yield Cell(f"awareness {row.by['segment']} {row.period_start}", row, known.parameter)


def test_intervals_cover_what_the_data_were_drawn_from(shop: Company, telecom: Company, city: Company) -> None:
    cells = [
        *monthly(shop, "on_time_rate", "country"),
        *monthly(telecom, "first_contact_resolution", "team"),
        *monthly(city, "on_time_rate", "team"),
        *awareness(shop),
    ]
    assert len(cells) >= 250
    covered = [
        c.row.low <= c.parameter <= c.row.high for c in cells if c.row.low is not None and c.row.high is not None
    ]
    assert len(covered) == len(cells)
    assert 0.90 <= sum(covered) / len(covered) <= 0.99


def standard_errors_off(row: Row, parameter: float) -> float:
    """How far a share lies from the probability behind it, in standard errors of as many answers as it counts for."""
    assert row.value is not None
    assert row.n_eff is not None
    return abs(row.value - parameter) / sqrt(parameter * (1 - parameter) / row.n_eff)


def test_no_segment_is_off_by_more_than_four_standard_errors(shop: Company, telecom: Company, city: Company) -> None:
    by_kind = {"shop": shop, "telecom": telecom, "city": city}
    checked = 0
    for kind, measure, by, period in COMPLETE:
        for known, row in by_kind[kind].pairs(measure, by, period=period, where=TRULY.get(measure)):
            if known.unit == "share" and known.parameter is not None:
                assert standard_errors_off(row, known.parameter) < 4, (known, row)
                checked += 1
    assert checked >= 75


@pytest.mark.parametrize(
    ("kind", "measure", "by"), [("shop", "on_time_rate", "country"), ("telecom", "first_contact_resolution", "team")]
)
def test_four_standard_errors_are_few_enough_to_show_what_was_planted(
    kind: Kind, measure: str, by: str, companies: Callable[[Kind], Company]
) -> None:
    company = companies(kind)
    changed = set(next(c for c in company.truth.changes if c.measure == measure).segment.values())
    after = company.figures(measure, by, period="after")
    for label in changed:
        before = company.truth.known(measure, period="before", **{by: label}).parameter
        assert before is not None
        assert standard_errors_off(after[label], before) > 4


def test_the_score_of_those_who_answered_is_theirs_to_the_last_answer(shop: Company) -> None:
    ((known, row),) = shop.pairs("nps", fact="nps_answered")
    assert row.value == pytest.approx(known.realised)
    assert row.n == known.n
    assert row.low is not None
    assert row.high is not None
    assert known.parameter is not None
    assert row.low <= known.parameter <= row.high


def test_reasons_for_buying_come_within_four_standard_errors_of_what_all_would_say(shop: Company) -> None:
    result = shop.workspace.measure("choice_share", as_of=shop.truth.until)
    known = {f.segment["choice"]: f for f in shop.truth.facts if f.measure == "choice_share"}
    assert {row.by["choice"] for row in result} == set(known)
    for row in result:
        realised = known[cast("str", row.by["choice"])].realised
        assert realised is not None
        assert standard_errors_off(row, realised) < 4, row
        assert row.n == shop.truth.known("nps_answered").n, "who chose several counts once in the base"


# -- who does not answer -------------------------------------------------------------------------------------------


def test_the_pleased_answer_more_often_so_that_the_score_flatters(shop: Company) -> None:
    willing = [shop.truth.known("response_rate", mood=mood).realised for mood in ("pleased", "displeased")]
    assert (willing[0] or 0) > (willing[1] or 0)
    ((everyone, row),) = shop.pairs("nps")
    answered = shop.truth.known("nps_answered").parameter
    assert everyone.parameter is not None
    assert answered is not None
    assert answered > everyone.parameter
    assert row.low is not None
    assert row.low > everyone.parameter, "no interval makes good for those who stay silent"
    for by in ("country", "persona", "wave"):
        above = [(row.value or 0) > (known.parameter or 0) for known, row in shop.pairs("nps", by)]
        assert sum(above) >= 0.8 * len(above), by


def test_the_displeased_telecom_customers_answer_less_so_that_the_score_flatters(telecom: Company) -> None:
    pairs = [*telecom.pairs("nps"), *telecom.pairs("nps", "persona"), *telecom.pairs("nps", "region")]
    assert all((row.value or 0) > (known.parameter or 0) for known, row in pairs)


@pytest.mark.parametrize("kind", ["shop", "city"])
def test_who_was_let_down_answers_more_often_after_a_delivery_so_that_satisfaction_looks_worse(
    kind: Kind, companies: Callable[[Kind], Company]
) -> None:
    ((known, row),) = companies(kind).pairs("csat")
    assert row.high is not None
    assert known.parameter is not None
    assert row.high < known.parameter


# -- the day of the change -----------------------------------------------------------------------------------------

CHANGES: Sequence[tuple[Kind, str, str, str]] = [
    ("shop", "on_time_rate", "country = 'LV'", "LV"),
    ("telecom", "first_contact_resolution", "team = 'Technical'", "Technical"),
    ("city", "on_time_rate", "team = 'Roads'", "Roads"),
    ("city", "waiting_minutes", "unit = 'Harbour'", "Harbour"),
]


@pytest.mark.parametrize(("kind", "measure", "where", "label"), CHANGES)
def test_the_month_of_the_change_is_the_one_that_differs_from_the_month_before(
    kind: Kind, measure: str, where: str, label: str, companies: Callable[[Kind], Company]
) -> None:
    company = companies(kind)
    change = next(c for c in company.truth.changes if c.measure == measure)
    assert label in change.segment.values()
    around = company.workspace.question(
        measure,
        over="month",
        where=where,
        start=(change.since.replace(day=1) - 100 * DAY).replace(day=1),
        end=(change.since.replace(day=1) + 125 * DAY).replace(day=1) - DAY,
        as_of=company.truth.until,
    )
    found = company.workspace.compare(around, "previous").rows
    assert len(found) == 7
    real = [c for c in found if c.p is not None and c.p < 0.05]
    assert [c.row.period_start for c in real] == [change.since.replace(day=1)]
    assert real[0].difference is not None
    assert (real[0].difference < 0) == (change.after < change.before)


@pytest.mark.parametrize(
    ("kind", "measure", "by"), [("telecom", "first_contact_resolution", "team"), ("city", "on_time_rate", "team")]
)
def test_a_team_of_which_nothing_was_changed_does_not_differ(
    kind: Kind, measure: str, by: str, companies: Callable[[Kind], Company]
) -> None:
    company = companies(kind)
    changed = set(next(c for c in company.truth.changes if c.measure == measure).segment.values())
    for (known, before), (_, after) in zip(
        company.pairs(measure, by, period="before"), company.pairs(measure, by, period="after"), strict=True
    ):
        assert None not in (before.low, before.high, after.low, after.high)
        apart = cast("float", before.low) > cast("float", after.high) or cast("float", after.low) > cast(
            "float", before.high
        )
        assert apart == (known.segment[by] in changed), known


# -- silence and first value ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [None, "persona"])
def test_who_stops_paying_is_found_silent_as_often_as_customers_cancel(by: str | None, telecom: Company) -> None:
    # A month later, that is: a contract that ended is silent only once a bill has failed to come.
    rows = telecom.workspace.measure(
        "inactivity_churn", by=by or (), over="month", start=telecom.truth.since, only_kind="payment", window_days=31
    ).rows
    known = [
        f for f in telecom.truth.facts if f.measure == "churn_per_month" and list(f.segment) == ([by] if by else [])
    ]
    for fact in known:
        own = [row for row in rows if row.value is not None and (by is None or row.by[by] == fact.segment[by])]
        n = sum(row.n for row in own)
        silent = sum((row.value or 0) * row.n for row in own)
        assert fact.parameter is not None
        assert abs(silent / n - fact.parameter) < 4 * sqrt(fact.parameter * (1 - fact.parameter) / n), fact


def test_more_fall_silent_than_leave_where_people_buy_now_and_then(shop: Company) -> None:
    left = shop.truth.known("left").realised
    assert left is not None
    row = shop.figures("inactivity_churn", only_kind="order", window_days=60)[None]
    assert row.value is not None
    assert row.value * row.n > left


def kaplan_meier(waits: Sequence[tuple[float, bool]]) -> float | None:
    """The time by which half have got there, those still waiting taken out of the count as they leave it."""
    at_risk, still = len(waits), 1.0
    for time in sorted({t for t, _ in waits}):
        here = [there for t, there in waits if t == time]
        still *= 1 - sum(here) / at_risk
        if still <= 0.5:
            return time
        at_risk -= len(here)
    return None


@pytest.mark.parametrize("country", [None, "Latvia", "Thailand"])
def test_half_of_the_customers_have_their_first_parcel_as_soon_as_the_list_says(
    country: str | None, shop: Company
) -> None:
    with (shop.workspace.folder / "data" / "customers.csv").open(encoding="utf-8", newline="") as file:
        listed = [line for line in csv.DictReader(file) if country in (None, line["country"])]
    end = datetime.combine(shop.truth.until + DAY, datetime.min.time())
    waits = []
    for line in listed:
        joined = datetime.fromisoformat(line["joined"])
        there = datetime.fromisoformat(line["first_received"]) if line["first_received"] else None
        waits.append((float(((there or end) - joined).days), there is not None))
    codes = {"Latvia": "LV", "Thailand": "TH"}
    row = shop.figures("time_to_value", "country" if country else None)[codes[country] if country else None]
    assert (row.value, row.n) == (kaplan_meier(waits), len(listed))


def test_a_first_bill_comes_within_half_a_month_for_half_of_the_new_customers(telecom: Company) -> None:
    row = telecom.workspace.measure("time_to_value", start=telecom.truth.since)[0]
    assert row.low is not None
    assert row.high is not None
    assert row.low <= 15 <= row.high  # bills have a day of the month of their own, people join on any


# -- where nothing changes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "segmentation"), [("shop", "country"), ("telecom", "region"), ("city", "district")])
def test_a_scorecard_over_two_years_without_any_change_hardly_changes_status(
    kind: Kind, segmentation: str, tmp_path: Path
) -> None:
    company = made(kind, tmp_path / kind, customers=2000, months=24, change=False)
    assert json.loads((tmp_path / kind / "data" / "truth.json").read_text(encoding="utf-8"))["changes"] == []
    with company.workspace as workspace:
        result = evaluate(
            workspace.scorecard,
            workspace.runner,
            company=company.truth.company,
            as_of=company.truth.until,
            periods=30,
            segmentation=segmentation,
        )
    decided = []
    for objective in result.objectives:
        for reading in filter(None, (objective.say, objective.do)):
            history = [at.status for at in run(reading.trend, reading.target, reading.better)]
            decided.append(set(history) - {Status.UNSURE})
    assert sum(bool(d) for d in decided) >= 10, "enough have a status that could change"
    assert sum(len(d) > 1 for d in decided) <= 0.05 * len(decided)
