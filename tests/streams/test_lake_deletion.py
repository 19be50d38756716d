"""Rows that a source has no more leave a table by their keys."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heedful.errors import LakeError
from heedful.streams.lake import Lake

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def visits(source: str, *ids: str) -> pa.Table:
    return pa.table({
        "source": [source] * len(ids),
        "activity_id": list(ids),
        "occurred_at": pa.array([NOW] * len(ids), pa.timestamp("us", tz="UTC")),
        "kind": ["visit"] * len(ids),
    })  # fmt: skip


def stored(lake: Lake) -> list[str]:
    paths = lake.snapshot(["activity"])["activity"].uris
    tables = [pq.read_table(path) for path in paths]
    return sorted(
        f"{s}/{i}" for t in tables for s, i in zip(t["source"].to_pylist(), t["activity_id"].to_pylist(), strict=True)
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(tmp_path / "lake")
    made.upsert("activity", visits("shop", "1", "2", "3"), now=NOW)
    made.upsert("activity", visits("web", "1", "2"), now=NOW)
    return made


def test_deleting_takes_the_rows_with_these_keys_and_no_others(lake: Lake) -> None:
    assert lake.delete("activity", visits("shop", "2", "9")) == 1
    assert stored(lake) == ["shop/1", "shop/3", "web/1", "web/2"]


def test_retaining_takes_what_the_keys_do_not_name_of_that_source_alone(lake: Lake) -> None:
    told: list[tuple[int, int]] = []
    gone = lake.retain("activity", visits("shop", "1"), source="shop", allow=lambda *counts: told.append(counts))
    assert (gone, told) == (2, [(2, 3)])
    assert stored(lake) == ["shop/1", "web/1", "web/2"]


def test_nothing_is_taken_where_the_caller_does_not_allow_it(lake: Lake) -> None:
    def refuse(_gone: int, _there: int) -> None:
        raise LakeError("too many")

    with pytest.raises(LakeError, match="too many"):
        lake.retain("activity", visits("shop", "1"), source="shop", allow=refuse)
    assert len(stored(lake)) == 5


def test_customers_are_not_deleted_by_key(lake: Lake) -> None:
    with pytest.raises(LakeError, match="is of kind"):
        lake.delete("customers", visits("shop", "1"))


def test_a_table_made_anew_has_another_id(lake: Lake, tmp_path: Path) -> None:
    other = Lake(tmp_path / "other")
    other.upsert("activity", visits("shop", "1"), now=NOW)
    assert lake.versions(["activity"])["activity"][0] != other.versions(["activity"])["activity"][0]
    assert lake.versions(["feedback"]) == {}
