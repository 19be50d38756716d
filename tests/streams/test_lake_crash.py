"""Several processes, and processes that die: tables stay whole, and running again completes the work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from heedful.errors import LakeBusyError
from heedful.streams.lake import Lake
from heedful.streams.locks import is_held, table_lock
from heedful.streams.schema import ACTIVITY

NOW = datetime(2026, 3, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", tz="UTC")
ROWS = 5_000


def activity(ids: Sequence[int], *, reason: str = "as asked", source: str = "s") -> pa.Table:
    n = len(ids)
    return pa.table(
        {
            "source": [source] * n,
            "activity_id": [str(i) for i in ids],
            "customer_id": [f"c{i % 50}" for i in ids],
            "occurred_at": pa.array([NOW + timedelta(seconds=i) for i in ids], INSTANT),
            "kind": ["order"] * n,
            "reason": [reason] * n,
        }
    )


def batch(n: int) -> range:
    return range(n * ROWS, n * ROWS + ROWS)


def stored(lake: Lake, *columns: str) -> list[tuple[Any, ...]]:
    files = lake.snapshot(["activity"])["activity"].uris
    rows = [row for file in files for row in pq.ParquetFile(file).read(columns=list(columns)).to_pylist()]
    return sorted(tuple(row[c] for c in columns) for row in rows)


@contextmanager
def process(code: str, root: Path) -> Iterator[subprocess.Popen[str]]:
    """Python in another process that has this file's functions, and `lake`; killed at the end if it still runs."""
    preamble = f"""
import importlib.util, itertools, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("rows", {__file__!r})
rows = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rows)
activity, batch, NOW, ROWS = rows.activity, rows.batch, rows.NOW, rows.ROWS
lake = rows.Lake(Path({str(root)!r}))
"""
    child = subprocess.Popen(
        [sys.executable, "-c", preamble + code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def kill_after(child: subprocess.Popen[str], moment_s: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        child.wait(moment_s)
    child.kill()
    child.wait()


def line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


ENDLESS = {
    "new rows": "lake.upsert('activity', activity(batch(n)), now=NOW)",
    "changed rows": "lake.upsert('activity', activity(range(ROWS), reason=str(n)), now=NOW)",
    "deliveries": "lake.append('activity', activity(batch(n)), source='s', sequence=n)",
    "compaction": "lake.upsert('activity', activity(batch(n)), now=NOW); lake.compact(retention_days=0)",
}


@pytest.mark.parametrize("work", ENDLESS)
def test_a_writer_killed_at_any_moment_leaves_whole_batches_and_a_free_table(tmp_path: Path, work: str) -> None:
    lake = Lake(tmp_path, lock_timeout_s=5)
    for moment_s in (0.2, 0.31, 0.43):
        first = lake.snapshot()["activity"].version + 2
        code = f"print('ready', flush=True)\nfor n in itertools.count({first}): {ENDLESS[work]}"
        with process(code, tmp_path) as child:
            assert line(child) == "ready"
            kill_after(child, moment_s)
        rows = stored(lake, "activity_id", "reason")
        assert len(rows) % ROWS == 0
        assert len({key for key, _ in rows}) == len(rows)
        assert len({reason for _, reason in rows}) <= 1
    lake.upsert("activity", activity([-1]), now=NOW)
    assert ("-1",) in stored(lake, "activity_id")
    assert lake.problems() == []


def test_a_killed_load_is_completed_by_running_it_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path, lock_timeout_s=5)
    load = "for n in range(4): lake.upsert('activity', activity(batch(n)), now=NOW); print(n, flush=True)"
    with process(load, tmp_path) as child:
        assert line(child) == "0"
        child.kill()
    with process(load, tmp_path) as child:
        assert [line(child) for _ in range(4)] == [str(n) for n in range(4)]
    assert stored(lake, "activity_id", "revision") == sorted((str(i), 1) for i in range(4 * ROWS))


def test_a_killed_erasure_is_completed_by_running_it_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path, lock_timeout_s=5)
    lake.upsert("activity", activity(range(ROWS)), now=NOW)
    for n, moment_s in enumerate((0.02, 0.06, 0.15)):
        with process(f"print('ready', flush=True)\nlake.erase(['c{n}'])", tmp_path) as child:
            assert line(child) == "ready"
            kill_after(child, moment_s)
        assert len(stored(lake, "activity_id")) in (ROWS - n * 100, ROWS - (n + 1) * 100)
        lake.erase([f"c{n}"])
        assert len(stored(lake, "activity_id")) == ROWS - (n + 1) * 100
    assert b'"c0"' not in b"".join(p.read_bytes() for p in tmp_path.rglob("*.json"))


def test_writers_of_every_kind_work_side_by_side(tmp_path: Path) -> None:
    upsert = "for n in range({0}, {0} + 5): lake.upsert('activity', activity(range(n * 50, n * 50 + 50)), now=NOW)"
    deliver = "for n in range(8): lake.append('activity', activity([n], source='app'), source='app', sequence=n)"
    tidy = "for _ in range(2): lake.compact(retention_days=0); lake.erase(['c7'])"
    with ExitStack() as stack:
        codes = (upsert.format(0), upsert.format(3), deliver, deliver, tidy)
        children = [stack.enter_context(process(code, tmp_path)) for code in codes]
        assert [child.wait(timeout=120) for child in children] == [0, 0, 0, 0, 0]
    lake = Lake(tmp_path)
    lake.erase(["c7"])
    assert stored(lake, "source", "activity_id", "revision") == sorted(
        [("s", str(i), 1) for i in range(400) if i % 50 != 7] + [("app", str(n), 1) for n in range(8) if n != 7]
    )


def test_a_locked_table_names_its_holder_and_is_free_once_that_dies(tmp_path: Path) -> None:
    lake = Lake(tmp_path, lock_timeout_s=0)
    hold = """
from heedful.streams.locks import table_lock
with table_lock(lake.root / ".locks" / "activity.lock", table="activity", timeout_s=0):
    print("held", flush=True); sys.stdin.read()
"""
    with process(hold, tmp_path) as child:
        assert line(child) == "held"
        with pytest.raises(LakeBusyError, match=rf'"activity" is being written by process {child.pid} on ') as caught:
            lake.upsert("activity", activity([1]), now=NOW)
        assert caught.value.retry
        assert lake.snapshot()["activity"].version == -1
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert lake.upsert("activity", activity([1]), now=NOW).new == 1


def test_a_lock_excludes_another_thread_of_the_same_process(tmp_path: Path) -> None:
    path = tmp_path / "activity.lock"
    caught: list[LakeBusyError] = []

    def try_it() -> None:
        try:
            with table_lock(path, table="activity", timeout_s=0):
                pass
        except LakeBusyError as error:
            caught.append(error)

    with table_lock(path, table="activity", timeout_s=0):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
        assert is_held(path)
    assert f"process {os.getpid()}" in str(caught[0])
    assert not is_held(path)


def meanwhile(rows: pa.Table, act: Callable[[], object]) -> pa.RecordBatchReader:
    """`rows`, while whose reading another program acts on the table without asking for our lock."""

    def batches() -> Iterator[pa.RecordBatch]:
        act()
        yield from rows.to_batches()

    return pa.RecordBatchReader.from_batches(rows.schema, batches())


def test_a_delivery_that_another_program_commits_first_is_skipped(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.append("activity", activity([1]), source="app", sequence=1)
    full = pa.table(pq.ParquetFile(lake.snapshot()["activity"].uris[0]).read()).cast(ACTIVITY.arrow_schema())
    delivered = CommitProperties(app_transactions=[Transaction(app_id="app", version=2)])
    folder = str(tmp_path / "activity")
    rows = meanwhile(activity([2]), lambda: write_deltalake(folder, full, mode="append", commit_properties=delivered))
    assert not lake.append("activity", rows, source="app", sequence=2)
    assert stored(lake, "activity_id") == [("1",), ("1",)]


def test_a_file_that_another_program_replaces_meanwhile_is_a_failure_worth_a_retry(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.upsert("activity", activity([1, 2]), now=NOW)
    folder = str(tmp_path / "activity")
    rows = meanwhile(activity([1], reason="new"), lambda: DeltaTable(folder).delete("activity_id = '2'"))
    with pytest.raises(LakeBusyError, match="another program changed this table at the same moment") as caught:
        lake.upsert("activity", rows, now=NOW)
    assert caught.value.retry
    assert stored(lake, "activity_id", "reason") == [("1", "as asked")]
    assert lake.upsert("activity", activity([1], reason="new"), now=NOW).changed == 1
