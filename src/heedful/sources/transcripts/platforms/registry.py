"""How the shapes of call platforms come in, and the looks that they take at JSON."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from heedful.errors import InputError
from heedful.sources.transcripts.clock import moment
from heedful.sources.transcripts.roles import Role, usual_role
from heedful.sources.transcripts.turns import Broken, Found, Turn

ENTRY_POINTS = "heedful.call_platforms"

Json = Mapping[str, object]
Read = Callable[[Json], Iterator[Found]]
"""From one object to a conversation, or several. The `line` of a turn is its place in its list, from 1."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What one platform hands out. `marks` are dotted names of lists that an object of the shape has."""

    name: str
    marks: tuple[str, ...]
    read: Read

    def fits(self, found: Json) -> bool:
        """Whether `found` is of this shape."""
        return all(_at(found, mark) is not None for mark in self.marks)


_registered: dict[str, Shape] = {}


def platform(name: str, *, marks: tuple[str, ...]) -> Callable[[Read], Read]:
    """Register the decorated reader for objects that have all of `marks`. More marks are asked before fewer."""

    def register(read: Read) -> Read:
        if name in _registered:
            raise InputError(f'Two call platforms are called "{name}". Rename one of them.')
        _registered[name] = Shape(name, marks, read)
        return read

    return register


@cache
def shapes() -> tuple[Shape, ...]:
    """All shapes, those with most marks first, so that a general one does not take what a special one knows."""
    package = import_module("heedful.sources.transcripts.platforms")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    for plugin in entry_points(group=ENTRY_POINTS):
        plugin.load()
    return tuple(sorted(_registered.values(), key=lambda shape: (-len(shape.marks), shape.name)))


def _at(found: object, path: str) -> object:
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def text_at(found: Json, *paths: str) -> str | None:
    """The first of `paths` that holds a text or a number, as text."""
    for path in paths:
        value = _at(found, path)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return None


def number_at(found: Json, path: str, *, times: float = 1.0) -> float | None:
    """The number at `path`, which may be written as text."""
    value = text_at(found, path)
    try:
        return None if value is None else float(value) * times
    except ValueError:
        return None


def objects_at(found: Json, path: str) -> Iterator[tuple[int, Json]]:
    """The objects of the list at `path` with their places from 1."""
    value = _at(found, path)
    for place, one in enumerate(value if isinstance(value, list) else (), 1):
        yield place, cast("Json", one) if isinstance(one, Mapping) else {}


def instant_at(found: Json, *paths: str) -> datetime | None:
    """The moment at the first of `paths`; None where there is none."""
    value = text_at(found, *paths)
    read = moment(value) if value is not None else None
    return read if isinstance(read, datetime) else None


def turn_or_broken(
    place: int,
    speaker: str | None,
    text: str | None,
    times: tuple[float | None, float | None],
    *,
    role: Role | None = None,
    language: str | None = None,
) -> Turn | Broken:
    """One entry of a transcript as a turn; broken where it holds no words or times that cannot be."""
    began, ended = times
    if text is None:
        return Broken(place, "holds no words", speaker or "")
    if began is not None and (began < 0 or (ended is not None and ended < began)):
        return Broken(place, "ends before it begins", text)
    return Turn(place, speaker, text, began, ended, role=role, language=language)


def stated_role(name: str | None) -> Role | None:
    """The role that a platform's own word states; None where it states none."""
    role = usual_role(name)
    return None if role == "unknown" else role
