"""Bringing rows into streams and facts: by key, once, without losing anything on the way."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.errors import LakeError, LakeSchemaError, UnknownNameError
from heedful.streams.lake import Lake, Written
from heedful.streams.schema import TABLES

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SAID_AT = datetime(2026, 2, 1, 12, tzinfo=UTC)


def feedback(**columns: Sequence[object]) -> pa.Table:
    """Rows of feedback; columns that are left out get a plain value."""
    n = len(next(iter(columns.values())))
    plain: dict[str, Sequence[object]] = {
        "source": ["reviews"] * n,
        "feedback_id": [str(i) for i in range(n)],
        "occurred_at": pa.array([SAID_AT] * n, pa.timestamp("us", tz="UTC")),
        "channel": ["review"] * n,
        "brand": ["Nordlys"] * n,
    }
    return pa.table({**plain, **columns})


def activity(**columns: Sequence[object]) -> pa.Table:
    n = len(next(iter(columns.values())))
    plain: dict[str, Sequence[object]] = {
        "source": ["orders"] * n,
        "activity_id": [str(i) for i in range(n)],
        "occurred_at": pa.array([SAID_AT] * n, pa.timestamp("us", tz="UTC")),
        "kind": ["order"] * n,
    }
    return pa.table({**plain, **columns})


def stored(lake: Lake, name: str) -> list[dict[str, Any]]:
    """The table's rows as they lie on disk, in the order of their keys."""
    files = lake.snapshot([name])[name].uris
    rows = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
    return sorted(rows, key=lambda row: tuple(str(row[k]) for k in TABLES[name].key))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_new_rows_are_stored_with_defaults_and_bookkeeping(lake: Lake) -> None:
    assert lake.upsert("feedback", feedback(score=[9.0]), now=NOW) == Written(1, 0, 0, 1)
    (row,) = stored(lake, "feedback")
    assert row["score"] == 9.0
    assert row["weight"] == 1.0
    assert row["text"] is None
    assert row["revision"] == 1
    assert row["ingested_at"] == NOW
    assert list(row) == TABLES["feedback"].arrow_schema().names


def test_rows_handed_over_again_write_no_version(lake: Lake) -> None:
    rows = feedback(score=[9.0, 3.0], text=["Great", None])
    first = lake.upsert("feedback", rows, now=NOW)
    files = sorted(path for path in lake.root.rglob("*") if path.is_file())
    assert lake.upsert("feedback", rows, now=LATER) == Written(0, 0, 2, first.version)
    assert sorted(path for path in lake.root.rglob("*") if path.is_file()) == files


def test_changed_content_replaces_the_row_with_the_next_revision(lake: Lake) -> None:
    lake.upsert("feedback", feedback(score=[9.0, 3.0, 5.0]), now=NOW)
    assert lake.upsert("feedback", feedback(score=[9.0, 4.0, 5.0]), now=LATER) == Written(0, 1, 2, 2)
    rows = stored(lake, "feedback")
    assert [(r["score"], r["revision"], r["ingested_at"]) for r in rows] == [
        (9.0, 1, NOW),
        (4.0, 2, LATER),
        (5.0, 1, NOW),
    ]


def test_a_value_that_becomes_null_is_a_change(lake: Lake) -> None:
    lake.upsert("feedback", feedback(text=["Great"]), now=NOW)
    assert lake.upsert("feedback", feedback(text=[None]), now=LATER).changed == 1
    assert stored(lake, "feedback")[0]["text"] is None


def test_the_same_id_in_another_source_is_another_row(lake: Lake) -> None:
    lake.upsert("feedback", feedback(score=[9.0]), now=NOW)
    assert lake.upsert("feedback", feedback(score=[1.0], source=["calls"]), now=NOW).new == 1
    assert len(stored(lake, "feedback")) == 2


def test_new_changed_and_unchanged_rows_come_in_one_commit(lake: Lake) -> None:
    lake.upsert("feedback", feedback(score=[9.0, 3.0]), now=NOW)
    assert lake.upsert("feedback", feedback(score=[9.0, 4.0, 7.0]), now=LATER) == Written(1, 1, 1, 2)


def test_facts_are_replaced_without_bookkeeping(lake: Lake) -> None:
    day = pa.array([SAID_AT], pa.timestamp("us", tz="UTC"))
    rows = {"source": ["books"], "period_start": day, "period_end": day, "channel": ["search"]}
    lake.upsert("spend", pa.table({**rows, "amount": [Decimal("10.50")]}), now=NOW)
    assert lake.upsert("spend", pa.table({**rows, "amount": [Decimal("11.50")]}), now=LATER).changed == 1
    (row,) = stored(lake, "spend")
    assert (row["segment"], row["amount"]) == ("", Decimal("11.50"))


def test_an_empty_reader_makes_an_empty_table(lake: Lake) -> None:
    assert lake.upsert("feedback", feedback(score=[1.0]).slice(0, 0), now=NOW) == Written(0, 0, 0, 0)
    assert lake.snapshot()["feedback"].uris == ()


def test_a_table_never_written_has_version_minus_one_and_its_columns(lake: Lake) -> None:
    tables = lake.snapshot()
    assert set(tables) == set(TABLES)
    assert (tables["activity"].version, tables["activity"].uris) == (-1, ())
    assert tables["activity"].schema == TABLES["activity"].arrow_schema()
    assert not lake.root.exists()


def test_an_unknown_table_is_refused_with_the_closest_name(lake: Lake) -> None:
    with pytest.raises(UnknownNameError, match="Closest: feedback"):
        lake.snapshot(["feedbak"])


def test_each_kind_of_table_has_its_own_way_of_writing(lake: Lake) -> None:
    with pytest.raises(LakeError, match='"customers" is of kind history: write it with write_history'):
        lake.upsert("customers", pa.table({"customer_id": ["a"]}), now=NOW)
    with pytest.raises(LakeError, match='"feedback" is of kind stream: write it with upsert'):
        lake.replace("feedback", feedback(score=[1.0]))


def test_a_key_that_stands_twice_is_named_and_nothing_is_written(lake: Lake) -> None:
    with pytest.raises(LakeSchemaError, match=r"same source and feedback_id .* reviews / 7 \(2 times\)"):
        lake.upsert("feedback", feedback(feedback_id=["7", "8", "7"]), now=NOW)
    assert stored(lake, "feedback") == []


NOT_FITTING: Mapping[str, tuple[pa.Table, str]] = {
    "float into whole money": (
        activity(amount=[1.5]),
        r"activity\.amount: the rows bring double, .* decimal128\(18, 2\)",
    ),
    "text into number": (activity(quantity=["many"]), r"activity\.quantity: the rows bring string, .* holds double"),
    "number into text": (activity(unit=[7]), r"activity\.unit: the rows bring int64, .* holds string"),
    "number into flag": (activity(resolved=[1]), r"activity\.resolved: the rows bring int64, .* holds bool"),
    "cents cut off": (
        activity(amount=[Decimal("1.255")]),
        r"activity\.amount: a value of type .* does not fit .* loss",
    ),
    "out of range": (activity(amount=[10**17]), r"activity\.amount: a value of type int64 does not fit"),
    "more than a double holds": (activity(quantity=[2**53 + 1]), r"activity\.quantity: a value .* does not fit"),
    "more digits than a double holds": (
        activity(quantity=[Decimal("1234567890.123456789012")]),
        r"activity\.quantity: .* more digits than a double holds",
    ),
    "no zone": (activity(ended_at=pa.array([SAID_AT.replace(tzinfo=None)])), r"activity\.ended_at: .* `timezone`"),
    "a date for an instant": (activity(due_at=pa.array([SAID_AT.date()])), r"activity\.due_at: .* at which hour"),
    "a null where one is needed": (activity(kind=[None]), r"activity\.kind: at least 1 rows have no value"),
    "a missing column": (activity(kind=["order"]).drop_columns("kind"), r"activity\.kind: this column is missing"),
    "an unknown column": (activity(quantty=[1.0]), 'activity has no column "quantty". Closest: quantity'),
    "bookkeeping": (activity(revision=[1]), r"activity\.revision: Heedful fills this column by itself"),
}


@pytest.mark.parametrize("case", NOT_FITTING)
def test_rows_that_would_lose_something_are_refused_by_column_and_type(lake: Lake, case: str) -> None:
    rows, message = NOT_FITTING[case]
    with pytest.raises(LakeSchemaError, match=message):
        lake.upsert("activity", rows, now=NOW)
    assert stored(lake, "activity") == []


def test_all_columns_that_do_not_fit_are_named_at_once(lake: Lake) -> None:
    with pytest.raises(LakeSchemaError) as caught:
        lake.upsert("activity", activity(quantity=["x"], resolved=["y"]), now=NOW)
    assert str(caught.value).count("\n") == 1


def test_types_that_lose_nothing_are_widened(lake: Lake) -> None:
    rows = activity(
        activity_id=pa.array(["a", "b"]).dictionary_encode(),
        unit=pa.array(["Riga", None], pa.large_string()),
        team=pa.nulls(2),
        amount=[3, None],
        cost=[Decimal("1.5"), Decimal("2.250")],
        quantity=pa.array([1, 2], pa.uint8()),
        ended_at=pa.array([0, 10**9], pa.timestamp("ns", tz="Europe/Riga")),
    )
    lake.upsert("activity", rows, now=NOW)
    first, second = stored(lake, "activity")
    assert (first["amount"], first["cost"], first["quantity"]) == (Decimal("3.00"), Decimal("1.50"), 1.0)
    assert (second["amount"], second["cost"], second["unit"]) == (None, Decimal("2.25"), None)
    assert second["ended_at"] == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_a_failing_reader_raises_its_own_error_and_leaves_the_table(lake: Lake) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield feedback(score=[1.0]).to_batches()[0]
        raise OSError(28, "the network share is gone")

    reader = pa.RecordBatchReader.from_batches(feedback(score=[1.0]).schema, batches())
    with pytest.raises(OSError, match="the network share is gone"):
        lake.upsert("feedback", reader, now=NOW)
    assert stored(lake, "feedback") == []
    assert not list((lake.root / ".staging").iterdir())


def test_a_derived_table_is_replaced_as_a_whole(lake: Lake) -> None:
    keys = {"source": ["s", "s"], "feedback_id": ["1", "2"]}
    assert lake.replace("weights", pa.table({**keys, "weight": [0.5, 1.5]})) == 2
    assert lake.replace("weights", pa.table({"source": ["s"], "feedback_id": ["3"], "weight": [1.0]})) == 1
    assert [(r["feedback_id"], r["wave"]) for r in stored(lake, "weights")] == [("3", "")]


def test_a_delivery_is_stored_exactly_once(lake: Lake) -> None:
    def deliver(number: int) -> bool:
        rows = feedback(feedback_id=[f"{number}"], source=["form"])
        return lake.append("feedback", rows, source="form", sequence=number, now=NOW)

    assert [deliver(n) for n in (1, 2, 1, 2, 3, 3)] == [True, True, False, False, True, False]
    assert [row["feedback_id"] for row in stored(lake, "feedback")] == ["1", "2", "3"]


def test_sources_count_their_deliveries_apart(lake: Lake) -> None:
    assert lake.append("feedback", feedback(source=["form"]), source="form", sequence=5)
    assert lake.append("feedback", feedback(source=["app"]), source="app", sequence=1)


def test_an_empty_delivery_is_remembered(lake: Lake) -> None:
    assert lake.append("feedback", feedback(score=[1.0]).slice(0, 0), source="form", sequence=1)
    assert not lake.append("feedback", feedback(score=[1.0]), source="form", sequence=1)


def test_an_upsert_heals_a_key_that_was_delivered_twice(lake: Lake) -> None:
    for number in (1, 2):
        lake.append("feedback", feedback(score=[5.0]), source="form", sequence=number, now=NOW)
    assert len(stored(lake, "feedback")) == 2
    assert lake.upsert("feedback", feedback(score=[5.0]), now=LATER).changed == 1
    assert [row["revision"] for row in stored(lake, "feedback")] == [2]


def test_long_texts_are_stored_whole(lake: Lake) -> None:
    words = ["long " * 400_000, "short", "żółć 🎉 \x00 '\"\\"]
    lake.upsert("feedback", feedback(text=words), now=NOW)
    assert lake.upsert("feedback", feedback(text=words), now=NOW).unchanged == 3
    assert [row["text"] for row in stored(lake, "feedback")] == words


SMALL = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.one_of(st.none(), st.floats(0, 3)), st.sampled_from(["", "x", None])),
    max_size=6,
)


@settings(max_examples=12, deadline=None)
@given(batches=st.lists(SMALL, max_size=5))
def test_a_sequence_of_upserts_equals_a_dictionary(batches: list[dict[str, tuple[float | None, str | None]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        model: dict[str, tuple[float | None, str | None, int]] = {}
        for batch in batches:
            rows = feedback(
                feedback_id=pa.array(list(batch), pa.string()),
                score=pa.array([score for score, _ in batch.values()], pa.float64()),
                text=pa.array([words for _, words in batch.values()], pa.string()),
            )
            written = lake.upsert("feedback", rows, now=NOW)
            known = {key for key in batch if key in model}
            changed = {key for key in known if model[key][:2] != batch[key]}
            for key in batch.keys() - known | changed:
                model[key] = (*batch[key], model[key][2] + 1 if key in model else 1)
            assert (written.new, written.changed) == (len(batch) - len(known), len(changed))
            assert written.unchanged == len(known) - len(changed)
        assert {r["feedback_id"]: (r["score"], r["text"], r["revision"]) for r in stored(lake, "feedback")} == model
