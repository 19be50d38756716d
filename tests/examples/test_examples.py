"""The examples' figures on the real data, and that each of them runs anywhere on made-up files of the same shape."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from heedful.scorecard.results import Status
from heedful.simulate import Standin, standin
from heedful.workspace import Workspace, open_workspace
from tests.real_data import real_data

EXAMPLES = Path(__file__).parents[2] / "examples"
STANDINS: dict[str, Standin] = {
    "shop": "olist",
    "telecom": "telco_churn",
    "airport": "sfo_customer_survey",
    "retailer": "online_retail",
}


def opened(name: str, data: Path, folder: Path) -> Workspace:
    shutil.copytree(EXAMPLES / name, folder / name)
    workspace = open_workspace(folder / name)
    list(workspace.pull(variables={"data": str(data)}))
    return workspace


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with opened("shop", real_data("olist"), tmp_path_factory.mktemp("shop")) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def telecom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with opened("telecom", real_data("telco_churn"), tmp_path_factory.mktemp("telecom")) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def airport(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with opened("airport", real_data("sfo_customer_survey"), tmp_path_factory.mktemp("airport")) as workspace:
        yield workspace


def test_three_quarters_of_the_shops_buyers_are_satisfied(shop: Workspace) -> None:
    (row,) = shop.measure("csat")
    assert row.value == pytest.approx(0.76799, abs=5e-6)
    assert row.n == 6866


def test_nine_in_ten_deliveries_came_by_the_end_of_the_promised_day(shop: Workspace) -> None:
    (row,) = shop.measure("on_time_rate", as_of="2018-10-01")
    assert row.value == pytest.approx(0.91509, abs=5e-6)
    assert row.n == 6807


def test_thirteen_customers_of_the_shop_came_back(shop: Workspace) -> None:
    (row,) = shop.measure("repeat_rate")
    assert row.value == pytest.approx(13 / 6874, abs=1e-12)
    assert row.customers == 6874


def test_revenue_is_price_and_freight_of_all_orders_to_the_cent(shop: Workspace) -> None:
    (row,) = shop.measure("revenue")
    assert row.value == pytest.approx(1_085_334.73, abs=1e-6)
    assert row.flag == "complete"


def test_who_had_a_late_delivery_scores_two_points_lower_than_the_rest(shop: Workspace) -> None:
    late = next(c for c in shop.compare(shop.question("mean_score", by="care"), "rest") if c.row.segment == "late")
    assert late.row.value == pytest.approx(2.18, abs=0.01)
    assert late.other.value == pytest.approx(4.26, abs=0.05)
    assert late.high is not None
    assert late.high < -1.9


def test_the_shops_scorecard_calls_on_time_delivery_missed(shop: Workspace) -> None:
    result = shop.score(as_of=date(2018, 10, 1))
    on_time = result.objectives[0]
    assert on_time.status is Status.MISSED
    assert on_time.do is not None
    assert on_time.do.status is Status.MISSED


def test_a_second_pull_of_the_shop_changes_nothing(shop: Workspace) -> None:
    reports = list(shop.pull(variables={"data": str(real_data("olist"))}))
    assert {(w.new, w.changed) for report in reports for w in report.tables.values()} == {(0, 0)}


def test_a_quarter_of_the_telecoms_customers_left(telecom: Workspace) -> None:
    (row,) = telecom.measure("churn_rate")
    assert row.value == pytest.approx(0.26537, abs=5e-6)
    assert row.customers == 7043


def test_the_airports_recommendation_is_higher_once_weighted(airport: Workspace) -> None:
    (plain,) = airport.measure("nps", where="wave = '2017'", weighted=False)
    (weighted,) = airport.measure("nps", where="wave = '2017'")
    assert plain.value == pytest.approx(39.84, abs=5e-3)
    assert weighted.value == pytest.approx(40.40, abs=5e-3)
    assert plain.n == weighted.n == 2746
    assert weighted.n_eff is not None
    assert weighted.n_eff < 2746


def test_the_eight_waves_of_the_airport_are_one_series(airport: Workspace) -> None:
    rows = airport.measure("mean_score", over="year", where="question = 'overall'").rows
    assert [row.period_start.year for row in rows if row.period_start] == list(range(2010, 2018))
    assert rows[-1].value == pytest.approx(4.071202637939741, abs=1e-9)


@pytest.mark.parametrize("name", sorted(STANDINS))
def test_an_example_runs_on_made_up_files(name: str, tmp_path: Path) -> None:
    standin(STANDINS[name], tmp_path / "data")
    with opened(name, tmp_path / "data", tmp_path) as workspace:
        assert workspace.check() == []
        page = tmp_path / "scorecard.html"
        result = workspace.report(page)
        assert page.stat().st_size > 10_000
        assert any(r.now.value is not None for o in result.objectives for r in (o.say, o.do) if r is not None)
