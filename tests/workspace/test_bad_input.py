"""Bad input from end to end, as whoever types the commands meets it. What a source alone shows is in tests/sources."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from heedful.streams.lake import Lake
from tests.workspace.conftest import Run, Write

HOLD = """
import sys
from pathlib import Path
from heedful.streams.locks import table_lock
with table_lock(Path(sys.argv[1]), table="activity", timeout_s=0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def loaded(write: Write, run: Run) -> Path:
    """A small workspace with its data brought in."""
    folder = write()
    code, _, err = run("pull", "-w", folder)
    assert code == 0, err
    return folder


def orders(run: Run, folder: Path) -> str:
    """How many orders there are, as the terminal says."""
    code, out, err = run("measure", "orders", "-w", folder, "--format", "csv")
    assert (code, err) == (0, "")
    return out.splitlines()[1].split(",")[4]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"people.csv": ""}, "people.csv: this file is empty (0 bytes). Was the export cut short?"),
        ({"orders.csv": "id,whom,day,sum\n1,a,2026-01-05,10\n"}, 'There is no column "paid".'),
        (
            {"orders.csv": "id,whom,day,paid\n1,a,03/04/2026,1\n2,a,05/06/2026,1\n"},
            "could have the day or the month first",
        ),
        ({"orders.csv": "id,whom,day,paid\n1,a,2026-01-05,ten\n2,a,2026-01-05,20\n"}, "1 of 2"),
    ],
)
def test_a_file_that_cannot_be_read_as_it_should_ends_with_2_and_a_message(
    files: dict[str, str], said: str, write: Write, run: Run
) -> None:
    code, _, err = run("pull", "-w", write(**files))
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_a_missing_file_ends_with_2_and_names_what_to_look_for(write: Write, run: Run) -> None:
    folder = write()
    (folder / "orders.csv").unlink()
    code, _, err = run("pull", "orders", "-w", folder)
    assert code == 2
    assert 'sources/orders.yaml:2: the file "orders" does not exist: ' in err


def test_a_measure_that_no_objective_can_use_stops_check_and_score_with_its_line(write: Write, run: Run) -> None:
    folder = write(scorecard="unit: a\nobjectives:\n  - voice: It comes on time.\n    do: {measure: on_time_rat}\n")
    for words in (("check",), ("score",), ("report", folder / "page.html")):
        code, _, err = run(*words, "-w", folder)
        assert code == 2
        assert "scorecard.yaml:4" in err
        assert "Closest: on_time_rate." in err
    assert not (folder / "page.html").exists()


def test_a_cycle_in_a_file_ends_with_2_and_its_line(write: Write, run: Run) -> None:
    folder = write(measures="a: &a\n  stream: feedback\n  net_share: {up: score > 3, down: *a}\n")
    code, _, err = run("measure", "nps", "-w", folder)
    assert code == 2
    assert err.strip() == f"{folder / 'measures.yaml'}:1: this anchor contains itself"


@pytest.mark.parametrize("window", ["-3", "0", "1.5", "ten"])
def test_a_window_that_is_none_ends_with_2_and_an_example(window: str, loaded: Path, run: Run) -> None:
    code, _, err = run("measure", "inactivity_churn", "--param", f"window_days={window}", "-w", loaded)
    assert code == 2
    assert f"is {window}; it has to be a whole number, at least 1. For example: --param window_days=90" in err


@pytest.mark.parametrize("word", ["--from=0001-01-01", "--as-of=9999-12-31", "--from=31.12.2026", "--over=day"])
def test_a_date_or_period_that_is_none_ends_with_2(word: str, loaded: Path, run: Run) -> None:
    code, _, err = run("measure", "orders", word, "-w", loaded)
    assert code == 2
    assert err
    assert "Traceback" not in err


# -- what a machine does to us -------------------------------------------------------------------------------------


@pytest.fixture
def held(loaded: Path) -> Iterator[int]:
    """Another process that holds the lock of activity; its number."""
    lock = loaded / "lake" / ".locks" / "activity.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        yield child.pid
        child.communicate("")


def test_a_table_that_another_process_writes_is_read_as_it_is_and_not_written(
    held: int, loaded: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heedful.workspace.Lake", partial(Lake, lock_timeout_s=0))
    (loaded / "orders.csv").write_text("id,whom,day,paid\n9,a,2026-02-09,10\n", encoding="utf-8")
    code, _, err = run("pull", "orders", "-w", loaded)
    assert code == 1
    assert f'The table "activity" is being written by process {held} on ' in err
    assert "then run the same command again." in err
    assert "Traceback" not in err
    assert orders(run, loaded) == "3.0"


@pytest.mark.parametrize(("rows", "room", "where"), [(30_000, 60_000, ".staging"), (20, 4_000, "lake/activity")])
def test_a_full_disk_ends_with_1_and_a_sentence_wherever_it_strikes(
    rows: int, room: int, where: str, loaded: Path, run: Run
) -> None:
    lines = [f"{n},c{n},2026-02-{n % 28 + 1:02},{n * 7919 % 100_003}" for n in range(rows)]
    (loaded / "orders.csv").write_text("\n".join(["id,whom,day,paid", *lines]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "from heedful.cli import main; main()", "pull", "orders", "-w", str(loaded)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert f"{loaded / where}: the disk is full" in done.stderr
    assert "Free some space there, then run the same command again." in done.stderr
    assert "Traceback" not in done.stderr
    assert orders(run, loaded) == "3.0"
    assert run("doctor", "-w", loaded)[0] == 0
    assert run("pull", "orders", "-w", loaded)[0] == 0
    assert orders(run, loaded) == f"{rows}.0"


def test_what_a_killed_writer_left_is_named_by_doctor_and_seen_by_no_reading(loaded: Path, run: Run) -> None:
    half = loaded / "lake" / "activity" / "part-00000.parquet#1"
    half.write_bytes(b"PAR1 and then the power went")
    code, out, _ = run("doctor", "-w", loaded)
    assert code == 1
    assert out.startswith(f"{half}: a process that was stopped left this half-written file here.")
    assert "heedful compact" in out
    assert orders(run, loaded) == "3.0"


def test_a_table_without_its_log_is_named_by_doctor_while_the_others_can_be_read(loaded: Path, run: Run) -> None:
    shutil.rmtree(loaded / "lake" / "customers" / "_delta_log")
    code, out, _ = run("doctor", "-w", loaded)
    assert code == 1
    assert "no log that says which of them make up the table customers" in out
    assert "heedful pull" in out
    assert orders(run, loaded) == "3.0"


def test_a_file_cut_short_is_named_by_doctor_and_stops_only_what_needs_it(loaded: Path, run: Run) -> None:
    (part,) = (loaded / "lake" / "customers").glob("*.parquet")
    part.write_bytes(part.read_bytes()[:-40])
    code, out, _ = run("doctor", "-w", loaded)
    assert code == 1
    assert f"{part}: this file of the table customers cannot be read" in out
    code, _, err = run("measure", "orders", "--by", "country", "-w", loaded)
    assert code == 1
    assert part.name in err
    assert "Traceback" not in err


def test_doctor_says_what_check_would_say_too(loaded: Path, run: Run) -> None:
    (loaded / "segments.yaml").write_text("land: {exclusive: true, by: contry}\n", encoding="utf-8")
    code, out, _ = run("doctor", "-w", loaded)
    assert code == 1
    assert "segments.yaml:1" in out
