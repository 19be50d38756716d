"""Stand-ins for public data sets."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from heedful.errors import InputError
from heedful.simulate import STANDINS, Standin, standin
from tests.real_data import real_data


@pytest.mark.parametrize("name", STANDINS)
def test_the_same_seed_writes_the_same_bytes(name: Standin, tmp_path: Path) -> None:
    files = standin(name, tmp_path / "one")
    standin(name, tmp_path / "two")
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize("name", STANDINS)
def test_columns_and_types_are_those_of_the_original(name: Standin, tmp_path: Path) -> None:
    original = real_data(name)
    for file in standin(name, tmp_path):
        made, real = pq.read_schema(tmp_path / file), pq.read_schema(original / file)
        assert [(f.name, f.type) for f in made] == [(f.name, f.type) for f in real]


def test_every_review_and_item_belongs_to_an_order(tmp_path: Path) -> None:
    standin("olist", tmp_path)
    tables = {name: pq.read_table(tmp_path / f"{name}.parquet") for name in ("orders", "order_items", "order_reviews")}
    orders = set(tables["orders"]["order_id"].to_pylist())
    for name in ("order_items", "order_reviews"):
        assert set(tables[name]["order_id"].to_pylist()) <= orders
    assert tables["orders"].num_rows == len(orders)


def test_the_airport_is_asked_for_recommendation_in_one_wave_and_weighted_in_most(tmp_path: Path) -> None:
    waves = {file: pq.read_table(tmp_path / file) for file in standin("sfo_customer_survey", tmp_path)}
    assert [file for file, table in waves.items() if "NETPRO" in table.column_names] == ["sfo_2017.parquet"]
    unweighted = [file for file, table in waves.items() if "WEIGHT" not in table.column_names]
    assert unweighted == ["sfo_2011.parquet", "sfo_2012.parquet"]
    assert pc.mean(waves["sfo_2017.parquet"]["WEIGHT"]).as_py() == pytest.approx(1, abs=0.01)
    assert set(waves["sfo_2017.parquet"]["NETPRO"].to_pylist()) <= set(range(12))


def test_low_scores_of_the_telecom_leave_and_high_ones_stay(tmp_path: Path) -> None:
    standin("telco_churn", tmp_path)
    table = pq.read_table(tmp_path / "telco_status.parquet")
    left: dict[int, set[int]] = {score: set() for score in range(1, 6)}
    for row in table.to_pylist():
        left[row["Satisfaction Score"]].add(row["Churn Value"])
    assert left == {1: {1}, 2: {1}, 3: {0, 1}, 4: {0}, 5: {0}}


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There are: olist, telco_churn"):
        standin("amazon", tmp_path)  # type: ignore[arg-type]
