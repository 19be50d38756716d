"""Runs what a page tells its reader to type.

A fenced `console` block holds commands after `$ ` and, under each, what it prints; a line `…` stands for any lines. A
fenced block after `<!-- file: NAME -->` is a file that the reader saves. Blocks of other languages are not run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.project.checkout import ROOT, environment

ANYTHING = "…"
_BLOCK = re.compile(
    r"(?:^<!-- file: (?P<file>\S+) -->\n+)?^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class SavedFile:
    """A file that the reader saves."""

    line: int
    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """One command, and the lines that the page shows of its output; none means that the page shows nothing of it."""

    line: int
    text: str
    shown: tuple[str, ...]


def steps(markdown: str) -> Iterator[SavedFile | Command]:
    """What the reader of `markdown` does, in order."""
    for block in _BLOCK.finditer(markdown):
        body = re.sub(rf"^{block['indent']}", "", block["body"], flags=re.MULTILINE)
        line = markdown.count("\n", 0, block.start("body")) + 1
        if block["file"]:
            yield SavedFile(line, block["file"], body)
        elif block["language"] == "console":
            yield from _commands(body, line)


def _commands(body: str, first: int) -> Iterator[Command]:
    lines = body.splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith("$ ")]
    if any(line.strip() for line in lines[: starts[0] if starts else len(lines)]):
        raise ValueError(f"line {first}: this console block does not begin with a command after `$ `")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield Command(first + start, lines[start][2:], tuple(line for line in lines[start + 1 : end] if line.strip()))


def run(markdown: str, folder: Path) -> list[str]:
    """Do in `folder` what `markdown` says. Returns what did not go as the page says: a sentence each."""
    faults = []
    for step in steps(markdown):
        if isinstance(step, SavedFile):
            path = folder / step.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
            continue
        done = _shell(step.text, folder)
        if done.returncode:
            faults.append(f"line {step.line}: `{step.text}` ended with {done.returncode}:\n{done.stdout}")
        elif (absent := missing_line(step.shown, done.stdout)) is not None:
            faults.append(f"line {step.line}: `{step.text}` printed no line `{absent}` there, but:\n{done.stdout}")
    return faults


def _shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # A page's `make` is typed in a checkout. Its targets are run by CI itself; here they have to exist.
    if command.startswith("make "):
        command, folder = f"make --dry-run {command.removeprefix('make ')}", ROOT
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        shell=True,  # a page's command is what its reader types into a shell
        cwd=folder,
        env=environment(PATH=path, COLUMNS="120", NO_COLOR="1", PYTHONWARNINGS="error"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def missing_line(shown: tuple[str, ...], printed: str) -> str | None:
    """The first line of `shown` that `printed` lacks in its place, or its first line beyond them; None if all fits."""
    lines = [" ".join(line.split()) for line in printed.splitlines() if line.strip()]
    anywhere = False
    for line in shown:
        wanted = " ".join(line.split())
        if wanted == ANYTHING:
            anywhere = True
            continue
        place = next((n for n, one in enumerate(lines) if one == wanted), None) if anywhere else 0
        if place is None or not lines or lines[place] != wanted:
            return line
        lines, anywhere = lines[place + 1 :], False
    return None if anywhere or not shown or not lines else lines[0]
