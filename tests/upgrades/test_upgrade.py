"""A workspace of an earlier version is upgraded with a backup, or left as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from heedful.errors import DefinitionError, InputError
from heedful.settings import SETTINGS_FILE, VERSION
from heedful.upgrades.run import BACKUPS, Upgraded, upgrade
from heedful.upgrades.steps import STEPS, Step
from heedful.upgrades.yaml_edits import Yaml
from heedful.workspace import open_workspace
from tests.project.checkout import ROOT

TEMPLATE = ROOT / "src" / "heedful" / "templates" / "retail"


def rename_owner(folder: Path) -> None:
    """A made-up step: what the scorecard calls `owner` is called `answers_for`."""
    file = Yaml(folder / "scorecard.yaml")
    for place in range(3):
        if file.has(("objectives", place, "owner")):
            file.rename(("objectives", place, "owner"), "answers_for")
    file.save()


def split_bases(folder: Path) -> None:
    """A made-up step: `bases` gets a file of its own."""
    (folder / "bases.yaml").write_text("hide_below: 5\n", encoding="utf-8")
    file = Yaml(folder / SETTINGS_FILE)
    file.remove(("bases",))
    file.save()


def fail(folder: Path) -> None:
    """A made-up step that leaves a file half-way, and another that nobody can read."""
    (folder / "scorecard.yaml").write_text("half: [", encoding="utf-8")
    (folder / SETTINGS_FILE).write_text("half: [", encoding="utf-8")
    raise OSError("the disk is full")


TO_2 = Step(2, "owner is called answers_for", rename_owner)
TO_3 = Step(3, "bases have a file of their own", split_bases)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TEMPLATE, tmp_path / "shop"))


def contents(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder): path for path in folder.rglob("*.yaml")}
    return {str(name): path.read_bytes() for name, path in found.items() if name.parts[0] != ".heedful"}


def test_a_workspace_of_this_version_is_left_alone(folder: Path) -> None:
    before = contents(folder)
    with open_workspace(folder) as workspace:
        assert workspace.upgraded is None
    assert contents(folder) == before
    assert not (folder / BACKUPS).exists()


def test_each_step_is_done_once_and_the_files_as_they_were_are_kept(folder: Path) -> None:
    before = contents(folder)
    done = upgrade(folder, steps=[TO_3, TO_2], version=3)
    assert done is not None
    assert (done.before, done.after, done.changes) == (1, 3, (TO_2.what, TO_3.what))
    assert contents(done.backup) == before
    assert upgrade(folder, steps=[TO_3, TO_2], version=3) is None
    assert "As they were before, they are kept in" in str(done)


def test_comments_and_layout_outlive_an_upgrade(folder: Path) -> None:
    before = contents(folder)
    assert upgrade(folder, steps=[TO_2], version=2) is not None
    after = contents(folder)
    assert after["scorecard.yaml"] == before["scorecard.yaml"].replace(b"    owner:", b"    answers_for:")
    assert after["heedful.yaml"] == before["heedful.yaml"].replace(b"version: 1", b"version: 2")
    assert {n: c for n, c in after.items() if "/" in n} == {n: c for n, c in before.items() if "/" in n}


def test_a_workspace_that_states_no_version_is_of_the_first(folder: Path) -> None:
    text = (folder / SETTINGS_FILE).read_text(encoding="utf-8")
    (folder / SETTINGS_FILE).write_text(text.replace("version: 1\n", ""), encoding="utf-8")
    assert upgrade(folder, steps=[TO_2], version=2) is not None
    assert (folder / SETTINGS_FILE).read_text(encoding="utf-8") == text.replace("version: 1", "version: 2")


def test_a_step_that_fails_leaves_everything_as_it_was(folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(OSError, match="the disk is full"):
        upgrade(folder, steps=[TO_2, Step(3, "fails", fail)], version=3)
    assert contents(folder) == before


def test_an_upgrade_that_died_half_way_begins_again_from_the_backup(folder: Path) -> None:
    before = contents(folder)
    _die_in(folder, fail)
    assert contents(folder) != before
    done = upgrade(folder, steps=[TO_2], version=2)
    assert isinstance(done, Upgraded)
    assert contents(done.backup) == before
    assert b"answers_for" in contents(folder)["scorecard.yaml"]


def test_a_newer_workspace_is_refused_with_its_line(folder: Path) -> None:
    text = (folder / SETTINGS_FILE).read_text(encoding="utf-8")
    (folder / SETTINGS_FILE).write_text(text.replace("version: 1", f"version: {VERSION + 1}"), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        open_workspace(folder)
    (problem,) = caught.value.problems
    assert problem.line == 2
    assert problem.message == (
        f"this workspace is of version {VERSION + 1}, and this program reads versions up to {VERSION}: a newer Heedful "
        "has opened it. Upgrade yours: pip install --upgrade heedful"
    )


def test_a_version_without_a_way_from_it_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="this program cannot bring that up to 3"):
        upgrade(folder, steps=[TO_3], version=3)


def test_there_is_a_step_for_every_version_after_the_first() -> None:
    assert [step.to for step in STEPS] == list(range(2, VERSION + 1))


def _die_in(folder: Path, step: Callable[[Path], None]) -> None:
    """Leave what a killed upgrade leaves: a backup, its name, and files half-way."""
    backup = folder / BACKUPS / "2026-01-01T000000.000000Z"
    shutil.copytree(folder, backup, ignore=shutil.ignore_patterns(".heedful", "data"))
    (folder / ".heedful" / "upgrading").write_text(backup.name, encoding="utf-8")
    with pytest.raises(OSError, match="disk"):
        step(folder)
