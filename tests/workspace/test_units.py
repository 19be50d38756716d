"""Any measure of what customers do, by unit and by team."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from heedful.measures.registry import shipped
from heedful.measures.results import Row
from heedful.workspace import Workspace
from tests.workspace.conftest import Run, Write

OF_DOING = sorted(name for name, m in shipped().items() if m.stream in ("activity", "customers"))
HANDLED = {"first_contact_resolution", "handling_time", "on_time_rate"}
"""Measures of what teams and carriers do, all of it online."""


def rows_of(found: Sequence[Row]) -> int:
    return sum(row.n for row in found)


@pytest.mark.parametrize("by", ["unit", "team"])
@pytest.mark.parametrize("name", OF_DOING)
def test_a_measure_of_doing_splits_by_unit_and_by_team_without_losing_a_row(
    name: str, by: str, shop: Workspace
) -> None:
    whole, parts = shop.measure(name), shop.measure(name, by=by)
    assert parts.to_arrow().column_names[2] == {"unit": "by_unit", "team": "team"}[by]
    assert rows_of(parts) == rows_of(whole) > 0
    if shipped()[name].statistic.adds_up:
        assert sum(row.value or 0 for row in parts) == pytest.approx(whole[0].value)
    labels = {row.by[by] for row in parts}
    assert len(labels) == len(parts)
    if (name in HANDLED) == (by == "team"):
        assert len(labels - {None}) >= 3


@pytest.mark.parametrize("by", ["unit", "team"])
def test_a_unit_may_be_followed_over_months_and_held_against_the_rest(by: str, shop: Workspace) -> None:
    monthly = shop.measure("on_time_rate", by=by, over="month", start="2026-01-01", end="2026-06-30")
    assert {len([r for r in monthly if r.by[by] == label]) for label in {r.by[by] for r in monthly}} == {6}
    compared = shop.compare(shop.question("churn_rate", by=by), "rest")
    assert all(c.other.n + c.row.n == rows_of(shop.measure("churn_rate")) for c in compared.rows)


def test_the_command_line_writes_the_unit_of_the_company_beside_the_unit_of_the_figure(
    run: Run, shop_folder: Path
) -> None:
    code, out, _ = run("measure", "revenue", "--by", "unit", "--by", "team", "--format", "csv", "-w", shop_folder)
    assert code == 0
    lines = list(csv.DictReader(io.StringIO(out)))
    assert {line["unit"] for line in lines} == {"EUR"}
    assert {"riga", "online"} <= {line["by_unit"] for line in lines}
    assert {line["team"] for line in lines} == {""}, "orders are not handled by teams"


def test_a_customer_counts_where_they_were_last_seen_before(write: Write) -> None:
    folder = write(
        sources__orders="""
            files: {orders: orders.csv}
            rows:
              - into: activity
                activity_id: id
                customer_id: whom
                occurred_at: day
                kind: kind
                unit: shop
        """,
        **{
            "orders.csv": "id,whom,day,kind,shop\n1,a,2026-01-05,order,riga\n2,a,2026-02-05,order,tallinn\n"
            "3,b,2026-01-07,order,riga\n4,c,2026-01-07,order,\n5,a,2026-02-20,cancellation,\n"
        },
    )
    with Workspace(folder) as workspace:
        list(workspace.pull())
        found = workspace.measure("churn_rate", by="unit", over="month", start="2026-02-01")
        assert {
            row.by["unit"]: (row.value, row.n) for row in found if row.period_start and row.period_start.month == 2
        } == {
            "riga": (0.5, 2),
            None: (0.0, 1),
        }
        base = workspace.measure("customer_base", by="unit", end="2026-02-10", as_of="2026-02-10")
        assert {row.by["unit"]: row.value for row in base} == {"riga": 1, "tallinn": 1, None: 1}


@pytest.mark.parametrize("by", ["unit", "team"])
@pytest.mark.parametrize("name", ["csat", "nps", "responses"])
def test_what_customers_say_splits_by_the_team_that_last_served_them(name: str, by: str, shop: Workspace) -> None:
    whole, parts = shop.measure(name), shop.measure(name, by=by)
    assert rows_of(parts) == rows_of(whole) > 0
    assert len({row.by[by] for row in parts}) == len(parts)
