"""The program in a real process: on a terminal, in a pipe, and cut short."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.conftest import Run

PROGRAM = [sys.executable, "-c", "from heedful.cli import main; main()"]
CURSOR_OFF, BAR = "\x1b[?25l", "━"


def on_a_terminal(words: Sequence[object], *, stdout: bool = False) -> tuple[int, str, str]:
    """Runs the program with its error output, and if wanted its output, on a terminal; exit code, output, terminal."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [*PROGRAM, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=theirs if stdout else subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = bytearray()
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # how Linux says that nobody has the terminal open any more
            break
        if not part:
            break
        shown += part
    os.close(ours)
    out, _ = child.communicate()
    return child.returncode, (out or b"").decode(), shown.decode()


@pytest.fixture
def own_shop(shop: Path, tmp_path: Path) -> Path:
    """A copy of the shop, to pull into."""
    return Path(shutil.copytree(shop, tmp_path / "shop"))


def test_long_work_shows_a_bar_on_a_terminal_and_keeps_it_out_of_the_output(own_shop: Path) -> None:
    code, out, terminal = on_a_terminal(["pull", "orders", "reviews", "-w", own_shop])
    assert code == 0
    assert CURSOR_OFF in terminal
    assert BAR in terminal
    assert "reading orders.csv" in terminal
    assert "\x1b" not in out
    assert [line.partition(":")[0] for line in out.splitlines() if not line.startswith(" ")] == ["orders", "reviews"]


def test_long_work_shows_each_step_once_as_a_plain_line_elsewhere(own_shop: Path, run: Run) -> None:
    done = run("pull", "orders", "-w", own_shop)
    assert done.code == 0
    assert done.err.splitlines() == ["reading orders.csv", "mapping to activity", "writing activity"]


def test_a_table_has_colours_on_a_terminal_and_none_elsewhere(shop: Path, run: Run) -> None:
    words = ["measure", "nps", "-w", shop]
    code, _, shown = on_a_terminal(words, stdout=True)
    assert code == 0
    assert "\x1b[" in shown
    assert "\x1b" not in run(*words).out


@pytest.mark.parametrize("form", ["table", "json"])
def test_output_cut_off_by_head_ends_without_a_traceback(form: str, shop: Path) -> None:
    words = ["measure", "orders", "--by", "country", "--over", "week", "--format", form, "-w", str(shop)]
    with subprocess.Popen([*PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline().strip()
        child.stdout.close()
        said = child.stderr.read()
    assert said == ""
    assert child.returncode in (0, 1)


def test_an_interrupted_pull_says_so_and_can_be_run_again(own_shop: Path, run: Run) -> None:
    shutil.rmtree(own_shop / "lake")
    with subprocess.Popen(
        [*PROGRAM, "pull", "-w", str(own_shop)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stderr is not None
        assert child.stderr.readline() == "reading closures.csv\n"
        child.send_signal(2)
        _, said = child.communicate()
    assert child.returncode == 130
    assert said.splitlines()[-1] == "Stopped."
    assert "Traceback" not in said
    assert run("pull", "closures", "-w", own_shop).code == 0
    assert run("doctor", "-w", own_shop).code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--version"], 0),
        (["--help"], 0),
        (["measures", "nps"], 0),
        ([], 2),
        (["measure"], 2),
        (["measure", "nps", "--no-such-option"], 2),
        (["measures", "npss"], 2),
        (["score", "-w", "no/such/folder"], 2),
    ],
)
def test_exit_codes_tell_done_from_wrong_input(words: list[str], code: int, run: Run) -> None:
    done = run(*words)
    assert done.code == code
    assert "Traceback" not in done.err


def test_a_command_that_fails_for_no_fault_of_the_input_ends_with_1(own_shop: Path, run: Run) -> None:
    for part in (own_shop / "lake" / "activity").glob("*.parquet"):
        part.write_bytes(b"")
    done = run("measure", "orders", "-w", own_shop)
    assert done.code == 1
    assert done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("form", ["table", "csv", "json", "parquet"])
def test_a_file_that_cannot_be_written_is_told_without_a_traceback(
    form: str, shop: Path, tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "no" / f"such.{form}"
    done = run("measure", "responses", "--format", form, "--output", out, "-w", shop)
    assert done.code == 2
    assert done.err.strip() == (
        f"{out}: this file cannot be written (No such file or directory). Name another, in a folder that exists."
    )
