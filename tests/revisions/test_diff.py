"""Which figures a changed definition moves, by a revision of git and by another folder, over the same data."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from heedful.errors import DefinitionError, InputError
from heedful.revisions import diff
from heedful.scorecard.differences import Differences, edits_between
from heedful.workspace import open_workspace
from tests.project.checkout import ROOT

TEMPLATE = ROOT / "src" / "heedful" / "templates" / "retail"
VOICE = '"My order comes when you said it would."'


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(TEMPLATE, tmp_path_factory.mktemp("diff") / "shop"))
    with open_workspace(folder) as workspace:
        list(workspace.pull())
    return folder


@pytest.fixture
def folder(pulled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pulled, tmp_path / "shop"))


def git(folder: Path, *words: str) -> None:
    names = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "a@example.com"}
    names |= {key.replace("AUTHOR", "COMMITTER"): value for key, value in names.items()}
    subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True, env={**os.environ, **names})


def edit(folder: Path, file: str, was: str, becomes: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(was) == 1
    (folder / file).write_text(text.replace(was, becomes), encoding="utf-8")


@pytest.fixture
def against_before(pulled: Path, folder: Path) -> Callable[[], Differences]:
    """What the edits in `folder` move against the workspace as it was."""

    def ask() -> Differences:
        with open_workspace(folder) as workspace:
            return diff(workspace, str(pulled))

    return ask


def test_files_that_are_the_same_move_nothing(against_before: Callable[[], Differences]) -> None:
    assert against_before() == Differences((), ())


def test_a_new_target_is_listed_with_the_words_that_made_it(
    folder: Path, against_before: Callable[[], Differences]
) -> None:
    edit(
        folder,
        "scorecard.yaml",
        'measure: on_time_rate, where: "due_at < as_of", target: 0.95',
        'measure: on_time_rate, where: "due_at < as_of", target: 0.50',
    )
    (moved,) = against_before()
    assert moved.figure == f"{VOICE}, do: on_time_rate"
    assert moved.before is not None
    assert moved.after is not None
    assert (moved.before.target, moved.after.target) == (0.95, 0.5)
    assert moved.before.row == moved.after.row
    assert [str(edit) for edit in moved.why] == [
        "scorecard.yaml: objectives: My order comes when you said it would.: do: target was 0.95, is 0.5"
    ]


def test_an_edited_measure_moves_its_own_figure_and_those_of_objectives(
    folder: Path, against_before: Callable[[], Differences]
) -> None:
    edit(folder, "measures.yaml", "ended_at) / 24.0", "ended_at) / 12.0")
    moved = {m.figure: m for m in against_before()}
    assert set(moved) == {'"I would send my best friend to you.", do: days_to_door', "days_to_door"}
    one = moved["days_to_door"]
    assert one.before is not None
    assert one.after is not None
    assert one.before.row is not None
    assert one.after.row is not None
    assert one.after.row.value == pytest.approx(2 * (one.before.row.value or 0))
    assert [e.at for e in one.why] == [("days_to_door", "mean")]


def test_a_measure_that_is_new_or_gone_has_one_side(folder: Path, against_before: Callable[[], Differences]) -> None:
    with (folder / "measures.yaml").open("a", encoding="utf-8") as file:
        file.write("big_orders: {stream: activity, where: \"kind = 'order'\", share: amount > 20}\n")
    (moved,) = against_before()
    assert (moved.figure, moved.before) == ("big_orders", None)
    assert moved.after is not None


def test_an_edited_segment_moves_its_size_and_no_other(folder: Path, against_before: Callable[[], Differences]) -> None:
    edit(folder, "segments.yaml", "orders >= 3", "orders >= 1")
    found = against_before()
    assert [m.figure for m in found] == ["customer_base by care: loyal"]
    assert [str(e) for e in found[0].why] == [
        'segments.yaml: care: segments: loyal was "orders >= 3", is "orders >= 1"'
    ]


def test_an_edited_hierarchy_moves_the_sizes_of_its_units(
    folder: Path, against_before: Callable[[], Differences]
) -> None:
    edit(folder, "units.yaml", "in: Internet", "in: High street")
    assert {m.figure for m in against_before()} == {
        "customer_base by region: High street",
        "customer_base by region: Internet",
    }


def test_weights_count_as_each_side_states_them(folder: Path, against_before: Callable[[], Differences]) -> None:
    (folder / "weights.yaml").write_text(
        "by_subject: {where: \"scale = 'csat'\", margins: {country: {LV: 0.1, EE: 0.6, LT: 0.3}}}\n", encoding="utf-8"
    )
    found = against_before()
    assert any("say: csat" in m.figure for m in found)
    assert all("weights.yaml" in str(e) for m in found for e in m.why)


def test_words_alone_move_nothing_and_are_told(folder: Path, against_before: Callable[[], Differences]) -> None:
    edit(folder, "scorecard.yaml", "owner: Logistics", "owner: Drivers")
    found = against_before()
    assert len(found) == 0
    assert [str(e) for e in found.idle] == [
        'scorecard.yaml: objectives: My order comes when you said it would.: owner was "Logistics", is "Drivers"'
    ]


def test_an_edited_source_is_told_to_wait_for_a_pull(folder: Path, against_before: Callable[[], Differences]) -> None:
    edit(folder, "sources/orders.yaml", "    amount: amount\n", "    amount: amount * 2\n")
    found = against_before()
    assert len(found) == 0
    assert found.notes == ("sources/orders.yaml changed too: what that moves shows after the next heedful pull.",)


def test_a_revision_of_git_is_read_without_touching_the_files(folder: Path) -> None:
    git(folder, "init", "-q")
    git(folder, "add", "*.yaml", "sources")
    git(folder, "commit", "-q", "-m", "as it was")
    edit(
        folder,
        "scorecard.yaml",
        'measure: on_time_rate, where: "due_at < as_of", target: 0.95',
        'measure: on_time_rate, where: "due_at < as_of", target: 0.50',
    )
    text = (folder / "scorecard.yaml").read_text(encoding="utf-8")
    with open_workspace(folder) as workspace:
        assert [m.figure for m in diff(workspace, "HEAD")] == [f"{VOICE}, do: on_time_rate"]
        with pytest.raises(InputError, match='git knows no revision "HEAD~1" here, and there is no such folder'):
            diff(workspace, "HEAD~1")
        with pytest.raises(InputError, match='git knows no revision "--output=x" here'):
            diff(workspace, "--output=x")
    assert (folder / "scorecard.yaml").read_text(encoding="utf-8") == text


def test_a_workspace_that_was_not_there_yet_is_told(folder: Path) -> None:
    git(folder, "init", "-q")
    git(folder, "add", "segments.yaml")
    git(folder, "commit", "-q", "-m", "before")
    with (
        open_workspace(folder) as workspace,
        pytest.raises(InputError, match="In the revision HEAD there was no workspace"),
    ):
        diff(workspace, "HEAD")


def test_without_a_repository_or_git_a_folder_is_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with open_workspace(folder) as workspace:
        with pytest.raises(InputError, match="is in no git repository, so there is no revision HEAD"):
            diff(workspace, "HEAD")
        with pytest.raises(InputError, match="is no workspace"):
            diff(workspace, str(tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(InputError, match="git is not installed"):
            diff(workspace, "HEAD")


def test_files_that_are_not_sound_are_told_by_their_lines(pulled: Path, folder: Path) -> None:
    edit(folder, "scorecard.yaml", "measure: on_time_rate", "measure: on_time_rat")
    with open_workspace(folder) as workspace, pytest.raises(DefinitionError, match="Closest: on_time_rate"):
        diff(workspace, str(pulled))


def test_objectives_are_told_apart_by_what_they_say() -> None:
    before = {"scorecard.yaml": {"objectives": [{"voice": "a", "owner": 1}, {"voice": "b", "owner": 2}]}}
    after = {"scorecard.yaml": {"objectives": [{"voice": "b", "owner": 2}, {"voice": "a", "owner": 1}]}}
    assert list(edits_between(before, after)) == []
