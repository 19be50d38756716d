"""Erasing customers: proven on the bytes that are left on the disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from heedful.streams.lake import Lake
from heedful.streams.schema import TABLES

NOW = datetime(2026, 3, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", tz="UTC")
EVE, WORDS, PLAN = "eve-4711-secret", "my very private words", "eves-own-plan"


def rows_of(customers: Sequence[str | None], *, prefix: str = "") -> dict[str, pa.Table]:
    """One row a customer in each table; feedback bears the customer's words."""
    n = len(customers)
    ids = [f"{prefix}{i}" for i in range(n)]
    at = pa.array([NOW] * n, INSTANT)
    who = pa.array(customers, pa.string())
    known = sorted({c for c in customers if c})
    words = [WORDS if c == EVE else f"words {i}" for i, c in enumerate(customers)]
    return {
        "feedback": pa.table(
            {"source": ["s"] * n, "feedback_id": ids, "customer_id": who, "occurred_at": at, "channel": ["form"] * n}
        )
        .append_column("brand", pa.array(["own"] * n))
        .append_column("text", pa.array(words)),
        "activity": pa.table(
            {"source": ["s"] * n, "activity_id": ids, "customer_id": who, "occurred_at": at, "kind": ["order"] * n}
        ),
        "customers": pa.table({"customer_id": known, "source": ["s"] * len(known), "plan": [plan(c) for c in known]}),
        "weights": pa.table({"source": ["s"] * n, "feedback_id": ids, "weight": [1.0] * n}),
    }


def plan(customer: str) -> str:
    return PLAN if customer == EVE else "basic"


def fill(lake: Lake, customers: Sequence[str | None], *, prefix: str = "") -> None:
    rows = rows_of(customers, prefix=prefix)
    lake.upsert("feedback", rows["feedback"], now=NOW)
    lake.upsert("activity", rows["activity"], now=NOW)
    lake.write_history(rows["customers"], now=NOW)
    lake.replace("weights", rows["weights"])


def stored(lake: Lake, name: str) -> list[dict[str, Any]]:
    return [r for file in lake.snapshot([name])[name].uris for r in pq.ParquetFile(file).read().to_pylist()]


def traces(root: Path, *words: str) -> Iterator[str]:
    """Files below `root` that hold one of `words`, as bytes or in a cell of a Parquet file."""
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if content.startswith(b"PAR1"):
            content += str(pq.ParquetFile(path).read().to_pylist()).encode()
        for word in words:
            if word.encode() in content or word in str(path):
                yield f"{path}: {word}"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", attributes={"plan": pa.string()})


def test_nothing_of_an_erased_customer_stays_below_the_root(lake: Lake) -> None:
    fill(lake, [EVE, "ann", None])
    fill(lake, [EVE, "bob", EVE], prefix="more-")
    assert list(traces(lake.root, EVE, WORDS, PLAN))
    gone = lake.erase([EVE])
    assert gone == {**dict.fromkeys(TABLES, 0), "feedback": 3, "activity": 3, "customers": 1, "weights": 2}
    assert list(traces(lake.root, EVE, WORDS, PLAN)) == []
    assert sorted(str(r["customer_id"]) for r in stored(lake, "feedback")) == ["None", "ann", "bob"]
    assert [r["customer_id"] for r in stored(lake, "customers")] == ["ann", "bob"]
    assert [r["feedback_id"] for r in stored(lake, "weights")] == ["more-1"]


def test_what_another_program_logged_of_an_erased_customer_goes_too(lake: Lake) -> None:
    """Column statistics, the predicate of a deletion, change data and half-written files of a killed writer."""
    fill(lake, ["ann"])
    folder = lake.root / "activity"
    full = pa.table(pq.ParquetFile(lake.snapshot()["activity"].uris[0]).read())
    eve = full.set_column(full.schema.get_field_index("customer_id"), "customer_id", pa.array([EVE]))
    delta = DeltaTable(str(folder))
    delta.alter.set_table_properties({"delta.dataSkippingNumIndexedCols": "32", "delta.enableChangeDataFeed": "true"})
    write_deltalake(str(folder), eve.cast(full.schema), mode="append")
    DeltaTable(str(folder)).delete(f"customer_id = '{EVE}'")
    (folder / "part-0.parquet#1").write_bytes(f"half {EVE}".encode())
    (lake.root / ".staging" / "activity").mkdir()
    (lake.root / ".staging" / "activity" / "left.parquet").write_bytes(EVE.encode())
    assert len(list(traces(lake.root, EVE))) >= 4
    assert lake.erase([EVE])["activity"] == 0
    assert list(traces(lake.root, EVE)) == []
    assert [r["customer_id"] for r in stored(lake, "activity")] == ["ann"]


def test_a_name_with_quotes_is_erased_as_it_stands(lake: Lake) -> None:
    names = ["o'neill", 'double " quote', "back\\slash", "per%cent", "ünï"]
    fill(lake, [*names, "ann"])
    lake.erase(names)
    assert [r["customer_id"] for r in stored(lake, "activity")] == ["ann"]


def test_many_customers_go_in_one_commit_for_each_table(lake: Lake) -> None:
    names = [f"c{i}" for i in range(500)]
    fill(lake, [*names, "ann"])
    before = lake.snapshot()["activity"].version
    assert lake.erase(names)["activity"] == 500
    assert lake.snapshot()["activity"].version == before + 2  # the survivors, then the commit that says nothing


def test_erasing_again_finds_nothing(lake: Lake) -> None:
    fill(lake, [EVE, "ann"])
    lake.erase([EVE])
    assert set(lake.erase([EVE]).values()) == {0}
    assert set(lake.erase([]).values()) == {0}


def test_erasing_from_an_empty_lake_is_no_error(lake: Lake) -> None:
    assert lake.erase([EVE]) == dict.fromkeys(TABLES, 0)


def test_a_table_is_written_on_after_an_erasure_and_remembers_its_deliveries(lake: Lake) -> None:
    one = rows_of([EVE], prefix="a")["activity"]
    two = rows_of(["ann"], prefix="b")["activity"]
    three = rows_of(["bob"], prefix="c")["activity"]
    lake.append("activity", one, source="app", sequence=1)
    lake.append("activity", two, source="app", sequence=2)
    lake.erase([EVE])
    assert not lake.append("activity", two, source="app", sequence=2)
    assert lake.append("activity", three, source="app", sequence=3)
    assert lake.upsert("activity", two, now=NOW).unchanged == 1
    assert sorted(r["customer_id"] for r in stored(lake, "activity")) == ["ann", "bob"]


def test_the_last_customer_can_be_erased(lake: Lake) -> None:
    fill(lake, [EVE])
    lake.erase([EVE])
    assert lake.snapshot()["feedback"].uris == ()
    assert lake.upsert("feedback", rows_of(["ann"])["feedback"], now=NOW).new == 1
