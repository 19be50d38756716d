from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from heedful.cli import main
from heedful.simulate import simulate
from heedful.workspace import open_workspace


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the program as a person would: `run("measure", "nps", "-w", folder)`."""

    def call(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["heedful", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return call


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated shop, its data brought in. Tests only read it."""
    folder = tmp_path_factory.mktemp("cli") / "shop"
    simulate("shop", folder, customers=600, months=14)
    with open_workspace(folder) as workspace:
        list(workspace.pull())
    return folder
