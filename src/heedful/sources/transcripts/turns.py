"""What readers of conversations yield, and the call by which they come in."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pathlib import Path

from heedful.errors import InputError
from heedful.sources.transcripts.roles import Role, Roles

PAUSE_S = 2.0
"""A named speaker who goes on within this time is still in the same turn, though subtitles cut it into cues."""

LONGEST = 10_000
"""Characters after which another cue begins another turn: a monologue of a million lines is not held in memory."""


@dataclass(slots=True)
class Turn:
    """What one speaker says at a time. `line` is where it begins: a line, or its number in a list of JSON.

    `began_s` and `ended_s` count from the start of the conversation; `speaker` is the name as it stands, None where
    none does. `role` is what the layout itself states, None where names must tell. `section` is the heading above it.
    """

    line: int
    speaker: str | None
    text: str
    began_s: float | None = None
    ended_s: float | None = None
    role: Role | None = None
    language: str | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that cannot be read: where it stands, what is wrong with it, and what it says."""

    line: int
    reason: str
    value: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A conversation begins, or more becomes known of the one that has begun.

    `begins` says which. `known` are columns of the relation (`call_id`, `customer_id`, `started_at`, `ended_at`,
    `language`, `topic`), `about` further things that the file states, and `people` what it states of each speaker.
    """

    begins: bool = False
    known: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


Found = Turn | Broken | Opening
Reader = Callable[[Path, Roles], Iterator[Found]]
"""Reads the UTF-8 text at a path. It yields as it reads, and holds no more than a conversation's worth."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A way in which conversations are written down. `cues` says that turns may be cut into several cues."""

    name: str
    title: str
    endings: tuple[str, ...]
    read: Reader
    cues: bool


_registered: dict[str, Layout] = {}


def reads(name: str, *, title: str, endings: tuple[str, ...] = (), cues: bool = False) -> Callable[[Reader], Reader]:
    """Register the decorated reader for the layout `name` and the file names that end so."""

    def register(reader: Reader) -> Reader:
        if name in _registered:
            raise InputError(f'Two layouts of transcripts are called "{name}". Rename one of them.')
        _registered[name] = Layout(name, title, endings, reader, cues)
        return reader

    return register


@cache
def _load() -> None:
    package = import_module("heedful.sources.transcripts")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")


def layouts() -> Mapping[str, Layout]:
    """All layouts by name."""
    _load()
    return dict(sorted(_registered.items()))


def joined(found: Iterable[Found]) -> Iterator[Found]:
    """`found`, with the cues of one speaker who goes on without a pause as one turn."""
    open_: Turn | None = None
    for one in found:
        if not isinstance(one, Turn):
            if isinstance(one, Opening) and one.begins and open_ is not None:
                yield open_
                open_ = None
            yield one
        elif open_ is not None and _goes_on(open_, one):
            ended = max((t for t in (open_.ended_s, one.ended_s) if t is not None), default=None)
            open_ = replace(open_, text=f"{open_.text} {one.text}", ended_s=ended)
        else:
            if open_ is not None:
                yield open_
            open_ = one
    if open_ is not None:
        yield open_


def _goes_on(before: Turn, after: Turn) -> bool:
    if before.speaker is None or (before.speaker, before.section) != (after.speaker, after.section):
        return False
    if before.ended_s is None or after.began_s is None or len(before.text) + len(after.text) > LONGEST:
        return False
    return before.began_s is not None and before.began_s <= after.began_s <= before.ended_s + PAUSE_S
