"""links.yaml: what people decided about who is who. It wins over what names say, and lies beside other definitions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from heedful.definitions import Definition, read_yaml, validate
from heedful.errors import DefinitionError, InputError, Problem
from heedful.identity.graph import Decisions

LINKS_FILE = "links.yaml"

Id = Annotated[str, BeforeValidator(lambda x: str(x) if isinstance(x, int) and not isinstance(x, bool) else x)]
"""An id; YAML reads 17 as a number, and meant is the text."""


class LinksFile(Definition):
    """links.yaml: which ids are one customer and which are not, whatever their e-mails and telephones say."""

    version: Literal[1] = Field(1, description="the version of the workspace's files")
    join: tuple[tuple[Id, Id], ...] = Field((), description="pairs of ids that are one customer")
    split: tuple[Id, ...] = Field((), description="ids that no name joins to another id; only `join` does")

    @field_validator("join", "split", mode="before")
    @classmethod
    def _none_left(cls, value: object) -> object:
        return () if value is None else value

    @field_validator("join")
    @classmethod
    def _two_of_them(cls, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        for a, b in pairs:
            if a == b:
                raise ValueError(f'"{a}" is joined to itself; name two ids.')
        return pairs

    @property
    def decisions(self) -> Decisions:
        """As the graph takes them."""
        return Decisions(self.join, self.split)


def load_decisions(folder: Path) -> Decisions:
    """The decisions of the workspace in `folder`; none where it has no links.yaml. Raises `DefinitionError`."""
    return _load(folder / LINKS_FILE).decisions


def decide_join(folder: Path, a: str, b: str) -> bool:
    """Write down that `a` and `b` are one customer; False where it was written already. Raises `InputError`."""
    if a == b:
        raise InputError(f'"{a}" cannot be joined to itself; name two ids.')
    file = _load(folder / LINKS_FILE)
    if (a, b) in file.join or (b, a) in file.join:
        return False
    return _write(folder, file, file.model_copy(update={"join": (*file.join, (a, b))}))


def decide_split(folder: Path, local_id: str) -> bool:
    """Write down that no name joins `local_id` to another id, and take back its joins; False where nothing changed."""
    file = _load(folder / LINKS_FILE)
    split = file.split if local_id in file.split else (*file.split, local_id)
    return _write(folder, file, file.model_copy(update={"join": _without(file.join, local_id), "split": split}))


def undo(folder: Path, local_id: str) -> bool:
    """Take back every decision about `local_id`; False where there is none."""
    file = _load(folder / LINKS_FILE)
    kept = tuple(i for i in file.split if i != local_id)
    return _write(folder, file, file.model_copy(update={"join": _without(file.join, local_id), "split": kept}))


def _without(pairs: Sequence[tuple[str, str]], local_id: str) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in pairs if local_id not in pair)


def _load(path: Path) -> LinksFile:
    return validate(read_yaml(path), LinksFile) if path.exists() else LinksFile()  # type: ignore[call-arg]


def _write(folder: Path, before: LinksFile, after: LinksFile) -> bool:
    if before == after:
        return False
    path = folder / LINKS_FILE
    lines = path.read_text(encoding="utf-8-sig").splitlines() if path.exists() else [_HEAD]
    lines = _without_entries(lines, path, before, after)
    for section in _SECTIONS:
        old, new = getattr(before, section), getattr(after, section)
        lines = _added(lines, section, [x for x in new if x not in old])
    draft = path.with_name(f".{LINKS_FILE}.draft")
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        written: LinksFile | None = _load(draft)
    except DefinitionError:
        written = None
    if written != after:
        draft.unlink()
        said = (
            "this file is laid out in a way that cannot be edited here. Write each pair and each id on a line of its "
            "own that begins with a hyphen, or edit it by hand"
        )
        raise DefinitionError([Problem(said, path)])
    draft.replace(path)
    return True


_SECTIONS = ("join", "split")
_HEAD = "# Decisions of people about who is who; they win over what names say. See: heedful links --help"


def _without_entries(lines: list[str], path: Path, before: LinksFile, after: LinksFile) -> list[str]:
    """`lines` without the entries that went; comments and everything else stay as they are."""
    gone = [(s, i) for s in _SECTIONS for i, x in enumerate(getattr(before, s)) if x not in getattr(after, s)]
    if not gone:
        return lines
    places = read_yaml(path).lines
    dropped = {places[entry][0] - 1 for entry in gone}
    return [line for i, line in enumerate(lines) if i not in dropped]


def _added(lines: list[str], section: str, new: Sequence[object]) -> list[str]:
    if not new:
        return lines
    entries = [f"  - {json.dumps(x, ensure_ascii=False)}" for x in new]
    heads = [i for i, line in enumerate(lines) if line.split("#")[0].rstrip() == f"{section}:"]
    if not heads:
        return [*lines, f"{section}:", *entries]
    end = heads[0] + 1
    while end < len(lines) and lines[end].lstrip().startswith(("-", "#")):
        end += 1
    return [*lines[:end], *entries, *lines[end:]]
