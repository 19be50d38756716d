"""The tree of errors. Everything that Heedful raises on purpose descends from `HeedfulError`.

HeedfulError
├── InputError                  what a person wrote or handed over is wrong: the command line exits with 2
│   ├── DefinitionError         a workspace file; carries every problem found, each with its file and line
│   ├── ExpressionError         a fragment of SQL; carries the offset within the user's own text
│   ├── SourceError             a source's files or their contents
│   │   └── SourceInterruptedError  a database that went away; worth a retry
│   └── UnknownNameError        a measure, segmentation, source … that does not exist; carries the closest one
├── LakeError                   the tables on disk
│   ├── LakeBusyError           another process holds the table; worth a retry
│   ├── LakeSchemaError         rows whose types do not fit the table
│   └── LakeUnsupportedError    a table written with a Delta feature that we cannot read correctly
├── EngineError                 the SQL engine could not answer
└── MissingExtraError           an optional library is not installed
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


class HeedfulError(Exception):
    """Base of all errors raised on purpose. `retry` says whether the same call may succeed later."""

    retry: bool = False


class InputError(HeedfulError):
    """What a person wrote or handed over is wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one place. `line` and `column` count from 1; 0 where the place has none."""

    message: str
    path: Path | None = None
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if self.path is None:
            return self.message
        place = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        return f"{place}: {self.message}"


class DefinitionError(InputError):
    """One or more problems in the workspace's files, all of them collected before this is raised."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class ExpressionError(InputError):
    """A fragment of SQL that is not allowed or does not fit. `offset` counts characters from 0 in `text`."""

    def __init__(self, message: str, *, text: str = "", offset: int | None = None) -> None:
        self.message, self.text, self.offset = message, text, offset
        super().__init__(f"{message}\n{caret(text, offset)}" if offset is not None else message)


class SourceError(InputError):
    """A source's files or their contents. `path` and `line` say where, if one place is to blame."""

    def __init__(self, message: str, *, path: Path | None = None, line: int = 0) -> None:
        self.path, self.line = path, line
        super().__init__(str(Problem(message, path, line)))


class SourceInterruptedError(SourceError):
    """A database went away in the middle of a pull, or could not be reached."""

    retry = True


class UnknownNameError(InputError):
    """A name that does not exist. `closest` is the best guess or None."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, of: str = "", listed_by: str = "") -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        self.closest = closest(name, self.known)
        owner = f' of "{of}"' if of else ""
        super().__init__(f'There is no {kind} "{name}"{owner}.{did_you_mean(name, self.known, listed_by=listed_by)}')


class LakeError(HeedfulError):
    """The tables on disk."""


class LakeBusyError(LakeError):
    """Another process holds the table."""

    retry = True


class LakeSchemaError(LakeError):
    """Rows whose columns or types do not fit the table."""


class LakeUnsupportedError(LakeError):
    """A table that another program wrote with a Delta feature that would make our readings wrong."""


class EngineError(HeedfulError):
    """The SQL engine could not answer."""


class MissingExtraError(HeedfulError):
    """An optional library is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"This needs {library}. Install it with: pip install 'heedful[{extra}]'")


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that resembles `name` most, or None."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.55)), None)


def did_you_mean(name: str, known: Iterable[str], *, listed_by: str = "") -> str:
    """` Closest: x.` and the command that lists all, as a tail for a message; empty where there is neither."""
    best = closest(name, known)
    tail = f" Closest: {best}." if best else ""
    return tail + (f" List all: {listed_by}" if listed_by else "")


def caret(text: str, offset: int) -> str:
    """The line of `text` that holds `offset`, with a caret under it."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:].split("\n", 1)[0]
    return f"  {line}\n  {' ' * (offset - start)}^"
