"""How formats come in: by one call, the same for ours and for a plug-in's."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import PurePath
from typing import TypeVar

from heedful.errors import InputError

ENTRY_POINTS = "heedful.formats"

_registered: dict[str, Format] = {}

R = TypeVar("R", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Format:
    """A format as declared.

    `options` are the fields of `FileSpec` that its reader heeds beside those of every format. `by_lines` says that the
    beginning of a file, cut off at the end of a line, is a file of the format too. `read` is a `staged.Reader`, which
    this module cannot say, since what is read names its format.
    """

    name: str
    about: str
    read: Callable[..., object]
    endings: tuple[str, ...]
    options: frozenset[str]
    by_lines: bool


def file_format(
    name: str, *, about: str, endings: tuple[str, ...] = (), options: tuple[str, ...] = (), by_lines: bool = False
) -> Callable[[R], R]:
    """Register the decorated reader as the format `name`. A name or an ending taken twice is an `InputError`."""

    def register(read: R) -> R:
        if name in _registered:
            raise InputError(f'Two formats are called "{name}". Rename one of them.')
        for other in _registered.values():
            if taken := set(endings) & set(other.endings):
                raise InputError(f'The formats "{name}" and "{other.name}" both claim the ending {min(taken)}.')
        _registered[name] = Format(name, about, read, endings, frozenset(options), by_lines)
        return read

    return register


@cache
def _load() -> None:
    package = import_module("heedful.sources.formats")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    for plugin in entry_points(group=ENTRY_POINTS):
        plugin.load()


def formats() -> Mapping[str, Format]:
    """All registered formats by name, plug-ins included."""
    _load()
    return dict(sorted(_registered.items()))


def endings() -> Mapping[str, Format]:
    """The formats by the endings of files' names."""
    return {ending: found for found in formats().values() for ending in found.endings}


def format_of(stated: str | None, path: str) -> Format | None:
    """The format `stated`, else the one that the ending of `path` tells; None where there is none."""
    return formats().get(stated) if stated is not None else endings().get(PurePath(path).suffix.lower())
