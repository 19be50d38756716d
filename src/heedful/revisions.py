"""The definitions of a workspace as they once were, against those of today, over the same data.

As they once were: in another folder, or in a revision that git keeps.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from heedful.definitions import read_yaml
from heedful.errors import InputError
from heedful.measures.question import Question
from heedful.measures.runner import Runner
from heedful.measures.waves import load_weightings, weigh
from heedful.scorecard.differences import Differences, Side, differences
from heedful.settings import SETTINGS_FILE
from heedful.streams.engine import DuckDBEngine
from heedful.streams.lake import Lake, TableFiles
from heedful.streams.schema import WEIGHTS
from heedful.workspace import Workspace

_LEFT_OUT = frozenset({"lake", "data", "rejected", ".heedful", ".git"})
"""Folders of a workspace that hold no definitions."""


def diff(workspace: Workspace, ref: str, *, as_of: date | None = None) -> Differences:
    """What the definitions of `workspace` move against those of `ref`, a git revision or another workspace's folder.

    Both are asked over the tables of `workspace`; nothing is written. Raises `InputError` where `ref` is neither, and
    `DefinitionError` where the files of either side are not sound.
    """
    if workspace.runner.reach.last is None:
        raise InputError("There is no data yet, so that no figure can move. Bring it in: heedful pull")
    day = as_of or workspace.runner.as_of(Question("nps"))
    with ExitStack() as stack:
        folder = stack.enter_context(files_at(workspace.folder, ref))
        other = stack.enter_context(Workspace(folder))
        other.lake = Lake(workspace.lake.root, attributes=other.attributes)
        files = [_files(side.folder) for side in (other, workspace)]
        reweighed = files[0].get("weights.yaml") != files[1].get("weights.yaml")
        before, after = (
            _side(side, found, stack, reweighed=reweighed)
            for side, found in zip((other, workspace), files, strict=True)
        )
        return differences(before, after, as_of=day)


def _side(workspace: Workspace, files: Mapping[str, object], stack: ExitStack, *, reweighed: bool) -> Side:
    definitions = workspace.definitions
    runner = workspace.runner
    if reweighed:
        engine = _reweighed(workspace, stack)
        runner = Runner(engine, workspace.setting, workspace.measures)
    return Side(files, workspace.setting, workspace.measures, definitions.scorecard, runner)


def _reweighed(workspace: Workspace, stack: ExitStack) -> DuckDBEngine:
    """An engine whose weights are those that this side's weights.yaml asks for, whatever the lake holds."""
    weightings = load_weightings(workspace.folder / "weights.yaml", workspace.setting)
    table = weigh(workspace.runner.engine, workspace.setting, weightings)[0] if weightings else None
    path = Path(stack.enter_context(TemporaryDirectory(prefix="heedful-"))) / "weights.parquet"
    pq.write_table(WEIGHTS.arrow_schema().empty_table() if table is None else table, path)
    weights = TableFiles("weights", 0, (str(path),), WEIGHTS.arrow_schema())
    engine = DuckDBEngine(
        {**workspace.lake.snapshot(), "weights": weights},
        memory_limit=workspace.settings.memory,
        threads=workspace.settings.threads,
    )
    stack.callback(engine.close)
    return engine


def _files(folder: Path) -> Mapping[str, object]:
    """The plain data of each definition file by its name within the workspace."""
    names = [path.relative_to(folder) for path in sorted(folder.rglob("*.yaml"))]
    return {
        name.as_posix(): read_yaml(folder / name).data
        for name in names
        if _is_definition(PurePosixPath(name.as_posix()))
    }


@contextmanager
def files_at(folder: Path, ref: str) -> Iterator[Path]:
    """A folder with the definitions of the workspace `folder` as they were in `ref`; gone afterwards if it was made.

    `ref` is another workspace's folder, or a git revision. Raises `InputError` where it is neither.
    """
    other = Path(ref)
    if (other / SETTINGS_FILE).is_file():
        yield other
        return
    if other.is_dir():
        raise InputError(
            f"{other} is no workspace ({SETTINGS_FILE} is missing). Name a git revision or a workspace's folder."
        )
    with TemporaryDirectory(prefix="heedful-") as kept:
        _restore(folder, _commit(folder, ref), ref, Path(kept))
        yield Path(kept)


def _commit(folder: Path, ref: str) -> str:
    if _git(folder, "rev-parse", "--is-inside-work-tree") is None:
        raise InputError(
            f"{folder} is in no git repository, so there is no revision {ref}. Name a folder that holds the earlier "
            "files instead, such as heedful diff ../shop-before"
        )
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if found is None:
        raise InputError(
            f'git knows no revision "{ref}" here, and there is no such folder. Revisions of these files: '
            "git log --oneline ."
        )
    return found.decode().strip()


def _restore(folder: Path, commit: str, ref: str, into: Path) -> None:
    listed = _git(folder, "ls-tree", "-r", "-z", "--name-only", commit, ".") or b""
    names = [name for name in listed.decode().split("\0") if name and _is_definition(PurePosixPath(name))]
    if SETTINGS_FILE not in names:
        raise InputError(
            f"In the revision {ref} there was no workspace in {folder} ({SETTINGS_FILE} is missing there)."
        )
    for name in names:
        content = _git(folder, "show", f"{commit}:./{name}")
        if content is not None:
            path = into / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _is_definition(path: PurePosixPath) -> bool:
    # Names that lead out of the workspace stand for nothing in it.
    return path.suffix == ".yaml" and path.parts[0] not in _LEFT_OUT and ".." not in path.parts


def _git(folder: Path, *words: str) -> bytes | None:
    """What git prints; None where it says no. Raises `InputError` where there is no git."""
    command = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)  # noqa: S603 -- git of the machine, no shell
    except FileNotFoundError:
        raise InputError(
            "git is not installed, so revisions cannot be read. Install it, or name a folder that holds the earlier "
            "files."
        ) from None
    return done.stdout if done.returncode == 0 else None
