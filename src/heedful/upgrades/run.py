"""Bring a workspace's files up to the version that this program reads, or put them back as they were."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from heedful.definitions import read_yaml
from heedful.errors import DefinitionError, InputError
from heedful.settings import SETTINGS_FILE, VERSION
from heedful.streams.locks import table_lock
from heedful.upgrades.steps import STEPS, Step
from heedful.upgrades.yaml_edits import Yaml

_OWN = Path(".heedful")
BACKUPS = _OWN / "backups"
_UNDERWAY = _OWN / "upgrading"
"""Names the backup while files are being edited: should the program die there, the next one begins from it."""
_NO_DEFINITIONS = frozenset({"lake", "data", ".heedful", ".git"})
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did, and where the files as they were before are kept."""

    before: int
    after: int
    changes: tuple[str, ...]
    backup: Path

    def __str__(self) -> str:
        done = "; ".join(self.changes)
        return (
            f"The workspace's files were of version {self.before} and are of version {self.after} now: {done}. "
            f"As they were before, they are kept in {self.backup}."
        )


def upgrade(folder: Path, *, steps: Sequence[Step] = STEPS, version: int = VERSION) -> Upgraded | None:
    """Bring the workspace in `folder` up to `version`; None where it is already, or where there is no workspace.

    The files are kept as they were under `.heedful/backups/`. A step that fails leaves everything as it was. Raises
    `DefinitionError` for a workspace that is newer than the program, or whose heedful.yaml cannot be read.
    """
    if not (folder / SETTINGS_FILE).exists():
        return None
    if not (folder / _UNDERWAY).exists() and _version(folder, version) in (None, version):
        return None
    with table_lock(folder / _OWN / "upgrade.lock", table="the workspace's files", timeout_s=_PATIENCE_S):
        _recover(folder)
        found = _version(folder, version)
        if found is None or found == version:
            return None  # another process did it while this one waited
        due = [step for step in sorted(steps, key=lambda step: step.to) if found < step.to <= version]
        if [step.to for step in due] != list(range(found + 1, version + 1)):
            raise InputError(
                f"{folder} is of version {found}, and this program cannot bring that up to {version}. Upgrade it with "
                "an earlier release first: the changelog says which."
            )
        return _upgrade(folder, found, due)


def _upgrade(folder: Path, found: int, due: Sequence[Step]) -> Upgraded:
    backup = _back_up(folder)
    (folder / _UNDERWAY).write_text(backup.name, encoding="utf-8")
    try:
        for step in due:
            step.edit(folder)
            _set_version(folder, step.to)
    except BaseException:
        _recover(folder)
        raise
    (folder / _UNDERWAY).unlink()
    return Upgraded(found, due[-1].to, tuple(step.what for step in due), backup)


def _version(folder: Path, newest: int) -> int | None:
    """The version that heedful.yaml states, 1 where it states none; None for what its model will complain of."""
    document = read_yaml(folder / SETTINGS_FILE)
    found = document.data.get("version", 1) if isinstance(document.data, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        return None
    if found > newest:
        said = (
            f"this workspace is of version {found}, and this program reads versions up to {newest}: a newer Heedful "
            "has opened it. Upgrade yours: pip install --upgrade heedful"
        )
        raise DefinitionError([document.problem(("version",), said)])
    return found


def _set_version(folder: Path, version: int) -> None:
    file = Yaml(folder / SETTINGS_FILE)
    if file.has(("version",)):
        file.replace(("version",), str(version))
    else:
        file.put_first("version", str(version))
    file.save()


def _files(folder: Path) -> list[Path]:
    """The definition files, relative to the folder."""
    every = (path.relative_to(folder) for path in folder.rglob("*.yaml"))
    return sorted(path for path in every if path.parts[0] not in _NO_DEFINITIONS)


def _back_up(folder: Path) -> Path:
    stamp = f"{datetime.now(UTC):%Y-%m-%dT%H%M%S.%fZ}"
    backup = folder / BACKUPS / stamp
    for path in _files(folder):
        kept = backup / path
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / path, kept)
    return backup


def _recover(folder: Path) -> None:
    """Put the files back as they were before an upgrade that did not come to its end."""
    underway = folder / _UNDERWAY
    if not underway.exists():
        return
    backup = folder / BACKUPS / underway.read_text(encoding="utf-8")
    kept = set(_files(backup)) if backup.is_dir() else set()
    if kept:
        for path in set(_files(folder)) - kept:
            (folder / path).unlink()
        for path in kept:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(backup / path, folder / path)
    underway.unlink()
