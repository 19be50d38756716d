"""Joining and sweeping files, naming what is broken, refusing what would be misread, and a full disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from heedful.errors import LakeError, LakeSchemaError, LakeUnsupportedError
from heedful.streams.lake import Lake
from heedful.streams.schema import ACTIVITY

NOW = datetime(2026, 3, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", tz="UTC")
SCHEMA = ACTIVITY.arrow_schema()
LONG_AGO = 1_000_000_000


def activity(*ids: int, reason: str = "as asked") -> pa.Table:
    n = len(ids)
    return pa.table(
        {
            "source": ["s"] * n,
            "activity_id": [str(i) for i in ids],
            "occurred_at": pa.array([NOW] * n, INSTANT),
            "kind": ["order"] * n,
            "reason": [reason] * n,
        }
    )


def ids(lake: Lake) -> list[str]:
    files = lake.snapshot(["activity"])["activity"].uris
    return sorted(v for f in files for v in pq.ParquetFile(f).read(columns=["activity_id"])["activity_id"].to_pylist())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    for n in range(4):
        lake.upsert("activity", activity(n), now=NOW)
    return lake


@pytest.fixture
def folder(lake: Lake) -> Path:
    return lake.root / "activity"


def test_small_files_are_joined_and_the_rows_stay_the_same(lake: Lake) -> None:
    assert lake.compact() == {"activity": 3}
    assert len(lake.snapshot()["activity"].uris) == 1
    assert ids(lake) == ["0", "1", "2", "3"]
    version = lake.snapshot()["activity"].version
    assert lake.compact() == {"activity": 0}
    assert lake.snapshot()["activity"].version == version


def test_files_of_older_versions_stay_for_the_retention(lake: Lake, folder: Path) -> None:
    before = lake.snapshot()["activity"].uris
    lake.compact()
    assert all(Path(file).exists() for file in before)
    lake.compact(retention_days=0)
    assert [path.name for path in folder.glob("*.parquet")] == [Path(f).name for f in lake.snapshot()["activity"].uris]


def test_what_killed_writers_left_is_named_and_swept_once_it_is_old(lake: Lake, folder: Path) -> None:
    half, orphan = folder / "part-1.parquet#1", folder / "part-2.parquet"
    for path in (half, orphan):
        path.write_bytes(b"PAR1 cut off")
        os.utime(path, (LONG_AGO, LONG_AGO))
    fresh = folder / "part-3.parquet#1"
    fresh.write_bytes(b"PAR1")
    (lake.root / ".staging" / "activity").mkdir()
    said = "\n".join(lake.problems())
    assert f"{half}: a process that was stopped left this half-written file" in said
    assert "To delete it: heedful compact" in said
    assert ids(lake) == ["0", "1", "2", "3"]
    lake.compact()
    assert (half.exists(), orphan.exists(), fresh.exists()) == (False, False, True)
    assert len(lake.problems()) == 1


def test_a_healthy_lake_has_no_problems(lake: Lake, tmp_path: Path) -> None:
    assert lake.problems() == []
    assert Lake(tmp_path / "nothing here").problems() == []


def test_a_folder_without_a_log_holds_no_rows_and_is_named(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    (tmp_path / "activity").mkdir()
    (tmp_path / "activity" / "part-0.parquet").write_bytes(b"PAR1")
    assert lake.snapshot()["activity"].uris == ()
    (said,) = lake.problems()
    assert "no log that says which of them make up the table activity" in said
    assert said.endswith("heedful pull")
    assert lake.upsert("activity", activity(1), now=NOW).new == 1


def test_a_table_whose_making_was_cut_off_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "activity" / "_delta_log").mkdir(parents=True)
    lake = Lake(tmp_path)
    assert lake.snapshot()["activity"].version == -1
    assert lake.upsert("activity", activity(1), now=NOW).new == 1


@pytest.mark.parametrize("content", [b"", b'{"commitInfo":{"times', b"\x00" * 64])
def test_a_log_that_was_cut_off_is_named_with_what_to_do(lake: Lake, folder: Path, content: bytes) -> None:
    (folder / "_delta_log" / f"{0:020}.json").write_bytes(content)
    with pytest.raises(LakeError, match=r"the log of this table cannot be read .*Restore .*heedful pull"):
        lake.snapshot()
    assert "the log of this table cannot be read" in lake.problems()[0]


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_lost_or_cut_file_is_named_with_what_to_do(lake: Lake, damage: str) -> None:
    file = Path(lake.snapshot()["activity"].uris[0])
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-20])
    (said,) = lake.problems()
    assert said.startswith(f"{file}: this file of the table activity cannot be read")
    assert said.endswith("heedful pull")
    with pytest.raises(LakeError, match="heedful doctor"):
        lake.upsert("activity", activity(1), now=NOW)


FOREIGN = {
    "column mapping": {
        "delta.columnMapping.mode": "name",
        "delta.minReaderVersion": "2",
        "delta.minWriterVersion": "5",
    },
    "deletion vectors": {"delta.enableDeletionVectors": "true"},
    "delta.appendOnly": {"delta.appendOnly": "true"},
}


@pytest.mark.parametrize("feature", FOREIGN)
def test_a_table_that_would_be_misread_is_refused(tmp_path: Path, feature: str) -> None:
    lake = Lake(tmp_path)
    DeltaTable.create(str(tmp_path / "activity"), SCHEMA, configuration=FOREIGN[feature])
    for attempt in (lake.snapshot, lambda: lake.upsert("activity", activity(1), now=NOW)):
        with pytest.raises(LakeUnsupportedError, match=rf"gave this table {feature}.* heedful pull"):
            attempt()
    assert feature in lake.problems()[0]


def test_a_partitioned_table_is_refused(tmp_path: Path) -> None:
    DeltaTable.create(str(tmp_path / "activity"), SCHEMA, partition_by=["kind"])
    with pytest.raises(LakeUnsupportedError, match="partitions by kind"):
        Lake(tmp_path).snapshot()


def test_a_table_with_another_type_is_refused(tmp_path: Path) -> None:
    other = SCHEMA.set(SCHEMA.get_field_index("amount"), pa.field("amount", pa.float64()))
    DeltaTable.create(str(tmp_path / "activity"), other)
    with pytest.raises(LakeSchemaError, match=r"activity\.amount: stored as double, and wanted as decimal128"):
        Lake(tmp_path).snapshot()


def test_a_plain_table_of_another_program_is_read_and_written_on(tmp_path: Path) -> None:
    lake, folder = Lake(tmp_path), str(tmp_path / "activity")
    columns = {"revision": pa.array([1]), "ingested_at": pa.array([NOW], INSTANT)}
    row = {
        n: activity(7)[n] if n in activity(7).column_names else pa.nulls(1, SCHEMA.field(n).type) for n in SCHEMA.names
    }
    write_deltalake(folder, pa.table({**row, **columns}).cast(SCHEMA), configuration={"delta.targetFileSize": "1000"})
    assert lake.upsert("activity", activity(7, 8), now=NOW).new == 1
    assert ids(lake) == ["7", "8"]


@pytest.mark.parametrize("name", ["My Documents", "Müller", "a[b]", "50%", "#1 'shop' {x}"])
def test_a_folder_may_bear_any_usual_name(tmp_path: Path, name: str) -> None:
    lake = Lake(tmp_path / name)
    lake.upsert("activity", activity(1, 2), now=NOW)
    lake.upsert("activity", activity(1, 3, reason="changed"), now=NOW)
    lake.compact(retention_days=0)
    lake.erase(["nobody"])
    assert lake.upsert("activity", activity(2), now=NOW).unchanged == 1
    assert ids(lake) == ["1", "2", "3"]
    assert lake.problems() == []


def test_a_folder_name_that_the_delta_library_misreads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="Rename that folder"):
        Lake(tmp_path / "a%20b").snapshot()


FILL_UP = """
import importlib.util, resource, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("rows", sys.argv[1])
rows = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rows)
lake = rows.Lake(Path(sys.argv[2]))
if sys.argv[3] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
import random
noise = rows.activity(*range(4000)).append_column("team", rows.pa.array(
    ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=700)) for _ in range(4000)]))
try:
    lake.upsert("activity", noise, now=rows.NOW)
except rows.LakeError as error:
    print(error)
"""


@pytest.fixture(params=["a size limit", "a full disk"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder with little room, and how it is limited."""
    if request.param == "a size limit":
        yield tmp_path, "limit"
        return
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)], capture_output=True, text=True, check=False
    )
    if mount.returncode:
        (pytest.fail if os.environ.get("HEEDFUL_NO_SKIP") else pytest.skip)(f"no tiny disk: {mount.stderr.strip()}")
    yield tmp_path, "disk"
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_is_told_in_a_sentence_and_nothing_is_lost(small_disk: tuple[Path, str]) -> None:
    root, limit = small_disk
    lake = Lake(root)
    lake.upsert("activity", activity(1), now=NOW)
    done = subprocess.run(
        [sys.executable, "-c", FILL_UP, __file__, str(root), limit], capture_output=True, text=True, check=True
    )
    assert "the disk is full" in done.stdout, done.stdout
    assert "Nothing was lost" in done.stdout
    assert "MB free" in done.stdout
    assert ids(lake) == ["1"]
    assert lake.problems() == []
    assert lake.upsert("activity", activity(1, 2), now=NOW).new == 1
