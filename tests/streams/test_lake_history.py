"""Customers with their history: what was known of them at any instant."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.errors import LakeSchemaError
from heedful.streams.lake import Lake, Written

INSTANT = pa.timestamp("us", tz="UTC")
ATTRIBUTES = {"country": pa.string(), "plan": pa.string()}


def day(n: int) -> datetime:
    return datetime(2026, 1, n, tzinfo=UTC)


def customers(rows: Sequence[dict[str, Any]], *, source: str = "crm") -> pa.Table:
    """Rows as dictionaries; a column is there if any of them has it."""
    types = {"customer_id": pa.string(), "valid_from": INSTANT, "acquired_at": INSTANT, **ATTRIBUTES}
    names = [name for name in types if any(name in row for row in rows)]
    columns = {name: pa.array([row.get(name) for row in rows], types[name]) for name in names}
    return pa.table({**columns, "source": pa.array([source] * len(rows), pa.string())})


def history(lake: Lake, column: str = "country") -> list[tuple[Any, ...]]:
    """(customer, from day, to day, value), in order."""
    files = lake.snapshot(["customers"])["customers"].uris
    rows = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
    spans = [(r["customer_id"], r["valid_from"].day, _day_of(r["valid_to"]), r.get(column)) for r in rows]
    return sorted(spans, key=str)


def _day_of(at: datetime | None) -> int | None:
    return at.day if at else None


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", attributes=ATTRIBUTES)


def test_a_first_row_holds_from_the_day_the_customer_was_won(lake: Lake) -> None:
    rows = customers(
        [{"customer_id": "a", "acquired_at": day(2), "country": "LV"}, {"customer_id": "b", "country": "EE"}]
    )
    assert lake.write_history(rows, now=day(9)) == Written(2, 0, 0, 1)
    assert history(lake) == [("a", 2, None, "LV"), ("b", 9, None, "EE")]


def test_a_first_row_holds_from_the_instant_that_the_source_gives(lake: Lake) -> None:
    rows = customers([{"customer_id": "a", "valid_from": day(5), "acquired_at": day(2), "country": "LV"}])
    lake.write_history(rows, now=day(9))
    assert history(lake) == [("a", 5, None, "LV")]


def test_an_unchanged_customer_writes_nothing(lake: Lake) -> None:
    rows = customers([{"customer_id": "a", "acquired_at": day(2), "country": "LV"}])
    lake.write_history(rows, now=day(9))
    assert lake.write_history(rows, now=day(10)) == Written(0, 0, 1, 1)
    assert lake.write_history(customers(rows.to_pylist(), source="shop"), now=day(11)) == Written(0, 0, 1, 1)


def test_a_change_closes_the_open_span_and_opens_another(lake: Lake) -> None:
    lake.write_history(customers([{"customer_id": "a", "acquired_at": day(2), "country": "LV"}]), now=day(9))
    rows = customers([{"customer_id": "a", "acquired_at": day(2), "country": "LT"}])
    assert lake.write_history(rows, now=day(12)) == Written(0, 1, 0, 2)
    assert history(lake) == [("a", 12, None, "LT"), ("a", 2, 12, "LV")]


def test_only_changed_customers_are_touched(lake: Lake) -> None:
    lake.write_history(customers([{"customer_id": c, "country": "LV"} for c in "abc"]), now=day(1))
    lake.write_history(customers([{"customer_id": "b", "country": "LT"}]), now=day(5))
    assert history(lake) == [("a", 1, None, "LV"), ("b", 1, 5, "LV"), ("b", 5, None, "LT"), ("c", 1, None, "LV")]


def test_several_versions_of_a_customer_come_in_one_batch(lake: Lake) -> None:
    rows = customers(
        [
            {"customer_id": "a", "valid_from": day(n), "country": c}
            for n, c in ((8, "EE"), (2, "LV"), (5, "LV"), (6, "LT"))
        ]
    )
    assert lake.write_history(rows, now=day(20)) == Written(3, 0, 1, 1)
    assert history(lake) == [("a", 2, 6, "LV"), ("a", 6, 8, "LT"), ("a", 8, None, "EE")]
    assert lake.write_history(rows, now=day(21)) == Written(0, 0, 4, 1)


def test_a_late_older_version_takes_its_place_in_the_history(lake: Lake) -> None:
    for n, country in ((2, "LV"), (10, "EE")):
        lake.write_history(customers([{"customer_id": "a", "valid_from": day(n), "country": country}]), now=day(20))
    late = customers([{"customer_id": "a", "valid_from": day(6), "country": "LT"}])
    assert lake.write_history(late, now=day(21)).changed == 1
    assert history(lake) == [("a", 10, None, "EE"), ("a", 2, 6, "LV"), ("a", 6, 10, "LT")]


def test_a_version_before_the_first_one_extends_the_history_backwards(lake: Lake) -> None:
    lake.write_history(customers([{"customer_id": "a", "valid_from": day(5), "country": "LV"}]), now=day(20))
    lake.write_history(customers([{"customer_id": "a", "valid_from": day(2), "country": "LT"}]), now=day(20))
    assert history(lake) == [("a", 2, 5, "LT"), ("a", 5, None, "LV")]


def test_a_version_that_says_what_was_known_is_left_out(lake: Lake) -> None:
    lake.write_history(customers([{"customer_id": "a", "valid_from": day(2), "country": "LV"}]), now=day(20))
    again = customers([{"customer_id": "a", "valid_from": day(7), "country": "LV"}])
    assert lake.write_history(again, now=day(20)) == Written(0, 0, 1, 1)


def test_a_version_at_a_known_instant_corrects_it(lake: Lake) -> None:
    for n, country in ((2, "LV"), (10, "EE")):
        lake.write_history(customers([{"customer_id": "a", "valid_from": day(n), "country": country}]), now=day(20))
    lake.write_history(customers([{"customer_id": "a", "valid_from": day(2), "country": "LT"}]), now=day(21))
    assert history(lake) == [("a", 10, None, "EE"), ("a", 2, 10, "LT")]


def test_a_return_to_older_content_is_a_new_version(lake: Lake) -> None:
    for n, country in ((2, "LV"), (5, "LT"), (9, "LV")):
        lake.write_history(customers([{"customer_id": "a", "country": country}]), now=day(n))
    assert history(lake) == [("a", 2, 5, "LV"), ("a", 5, 9, "LT"), ("a", 9, None, "LV")]


def test_an_undated_row_speaks_of_a_version_that_begins_in_the_future(lake: Lake) -> None:
    lake.write_history(customers([{"customer_id": "a", "valid_from": day(20), "country": "LV"}]), now=day(1))
    lake.write_history(customers([{"customer_id": "a", "country": "LT"}]), now=day(5))
    assert history(lake) == [("a", 20, None, "LT")]


def test_columns_that_the_rows_lack_keep_what_was_known(lake: Lake) -> None:
    lake.write_history(customers([{"customer_id": "a", "country": "LV"}]), now=day(1))
    lake.write_history(customers([{"customer_id": "a", "plan": "gold"}], source="billing"), now=day(5))
    assert lake.write_history(customers([{"customer_id": "a", "country": "LV"}]), now=day(6)).unchanged == 1
    assert history(lake) == [("a", 1, 5, "LV"), ("a", 5, None, "LV")]
    assert history(lake, "plan") == [("a", 1, 5, None), ("a", 5, None, "gold")]


def test_a_customer_who_stands_twice_at_one_instant_is_refused(lake: Lake) -> None:
    rows = customers([{"customer_id": "a", "country": "LV"}, {"customer_id": "a", "country": "LT"}])
    with pytest.raises(LakeSchemaError, match="same customer_id and valid_from"):
        lake.write_history(rows, now=day(1))
    assert history(lake) == []


def test_valid_to_is_not_for_sources_to_say(lake: Lake) -> None:
    rows = customers([{"customer_id": "a"}]).append_column("valid_to", pa.array([day(3)], INSTANT))
    with pytest.raises(LakeSchemaError, match='no column "valid_to"'):
        lake.write_history(rows, now=day(1))


def test_a_newly_declared_attribute_is_null_for_the_past(tmp_path: Path) -> None:
    before = Lake(tmp_path, attributes={"country": pa.string()})
    before.write_history(customers([{"customer_id": c, "country": "LV"} for c in "ab"]), now=day(1))
    after = Lake(tmp_path, attributes=ATTRIBUTES)
    assert "plan" in after.snapshot()["customers"].schema.names
    rows = customers([{"customer_id": "a", "country": "LV", "plan": "gold"}])
    assert after.write_history(rows, now=day(5)).changed == 1
    assert history(after, "plan") == [("a", 1, 5, None), ("a", 5, None, "gold"), ("b", 1, None, None)]


def test_an_attribute_no_longer_declared_is_kept_on_disk_and_left_out_of_snapshots(tmp_path: Path) -> None:
    Lake(tmp_path, attributes=ATTRIBUTES).write_history(
        customers([{"customer_id": "a", "country": "LV", "plan": "gold"}]), now=day(1)
    )
    fewer = Lake(tmp_path, attributes={"country": pa.string()})
    assert "plan" not in fewer.snapshot()["customers"].schema.names
    assert fewer.write_history(customers([{"customer_id": "a", "country": "LT"}]), now=day(2)).changed == 1
    assert history(Lake(tmp_path, attributes=ATTRIBUTES), "plan") == [("a", 1, 2, "gold"), ("a", 2, None, "gold")]


def test_an_attribute_whose_type_changed_is_refused_with_what_to_do(tmp_path: Path) -> None:
    Lake(tmp_path, attributes=ATTRIBUTES).write_history(customers([{"customer_id": "a"}]), now=day(1))
    changed = Lake(tmp_path, attributes={"country": pa.float64()})
    with pytest.raises(
        LakeSchemaError, match=r"customers\.country: stored as string, and wanted as double.*heedful\.yaml"
    ):
        changed.snapshot()


VERSION = st.fixed_dictionaries(
    {"customer_id": st.sampled_from("ab"), "n": st.integers(1, 6), "country": st.sampled_from(["LV", "LT", None])}
)


@settings(max_examples=15, deadline=None)
@given(batches=st.lists(st.lists(VERSION, max_size=5, unique_by=lambda v: (v["customer_id"], v["n"])), max_size=4))
def test_dated_versions_in_any_order_answer_as_if_each_had_been_noted_at_its_instant(
    batches: list[list[dict[str, Any]]],
) -> None:
    model: dict[str, dict[int, str | None]] = {"a": {}, "b": {}}
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder), attributes=ATTRIBUTES)
        for batch in batches:
            rows = [
                {"customer_id": v["customer_id"], "valid_from": day(v["n"]), "country": v["country"]} for v in batch
            ]
            lake.write_history(customers(rows or [{"customer_id": "a"}]).slice(0, len(rows)), now=day(20))
            _note(model, batch)
        for customer, versions in model.items():
            spans = [(a, b, value) for c, a, b, value in history(lake) if c == customer]
            for n in range(1, 8):
                holding = [value for a, b, value in spans if a <= n and (b is None or n < b)]
                known = [versions[k] for k in sorted(versions) if k <= n][-1:]
                assert holding == known, (customer, n, spans)


def _note(model: dict[str, dict[int, str | None]], batch: list[dict[str, Any]]) -> None:
    """As the contract says: a version that says nothing new of its moment is left out, so that a later insertion
    before it reaches past it."""
    for v in sorted(batch, key=lambda v: (v["customer_id"], v["n"])):
        versions = model[v["customer_id"]]
        before = [versions[k] for k in sorted(versions) if k < v["n"]][-1:]
        if v["n"] in versions or before != [v["country"]]:
            versions[v["n"]] = v["country"]
