"""A checkout as a newcomer has it: nothing installed but Python and make."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.project.checkout import ROOT, environment, project_files


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's files, and of nothing that was made from them."""
    folder = tmp_path_factory.mktemp("checkout")
    for path in project_files(ROOT):
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return folder


def typed(folder: Path, *command: str, **changed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment(**changed), capture_output=True, text=True, check=False, timeout=300
    )


def test_the_demo_needs_the_runtime_requirements_alone(checkout: Path) -> None:
    done = typed(checkout, "make", "demo", "ARGS=--customers 300")
    assert done.returncode == 0, done.stderr
    assert (checkout / "demo/scorecard.html").stat().st_size > 0
    assert not (checkout / ".venv/bin/pytest").exists()


def test_an_environment_that_is_as_it_should_be_is_left_alone(checkout: Path) -> None:
    assert typed(checkout, "scripts/environment", "runtime").returncode == 0
    stamp = checkout / ".venv/heedful-environment"
    before = stamp.stat().st_mtime_ns
    assert typed(checkout, "scripts/environment", "runtime").returncode == 0
    assert stamp.stat().st_mtime_ns == before


def test_without_a_fitting_python_it_says_what_to_install(checkout: Path, tmp_path: Path) -> None:
    done = typed(bare(checkout, tmp_path), "scripts/environment", "runtime", **path_of(tmp_path, ()))
    assert done.returncode == 1
    assert "apt-get install python3" in done.stderr


def test_without_uv_pip_and_venv_it_says_what_to_install(checkout: Path, tmp_path: Path) -> None:
    broken = '#!/bin/sh\n[ "$1" = -m ] && exit 1\n[ "$1" = -c ] && exit 0\n'
    done = typed(bare(checkout, tmp_path), "scripts/environment", "runtime", **path_of(tmp_path, ("python3",), broken))
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def bare(checkout: Path, tmp_path: Path) -> Path:
    """The checkout without an environment."""
    return Path(shutil.copytree(checkout, tmp_path / "bare", ignore=shutil.ignore_patterns(".venv", "demo")))


def path_of(tmp_path: Path, programs: tuple[str, ...], text: str = "") -> Mapping[str, str]:
    """A PATH with the few tools that the script uses, and with `programs`, each of which is `text`; with no apt-get."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("bash", "cat", "cksum", "dirname", "env", "head", "id", "rm", "sed", "sort", "sh"):
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    for name in programs:
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder), "PYTHON": ""}
