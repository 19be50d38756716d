"""How far a source was read: `.heedful/state/NAME.json`, written only once the lake has the rows.

It holds for one definition of the source and one state of the tables. Where the mapping changed, or a table was deleted
or put back to an earlier version, everything is read again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from heedful.sources.definition import Source
from heedful.streams.lake import Lake

_VERSION = 1
CursorValue = datetime | date | int | float | Decimal | str | uuid.UUID


@dataclass(frozen=True, slots=True)
class SeenFile:
    """One file as it was when its rows came in."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Reached:
    """The last value of each query's cursor, and the files read, by name and path."""

    cursors: Mapping[str, CursorValue] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, SeenFile]] = field(default_factory=dict)


def read_state(folder: Path, source: Source, lake: Lake) -> tuple[Reached, str]:
    """How far `source` was read, and why that does not count, in words; nothing and no words for a first pull."""
    path = _path(folder, source)
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Reached(), ""
    except ValueError:
        return Reached(), "what was noted of the last pull cannot be read, so everything is read again"
    if held.get("version") != _VERSION or held.get("definition") != _fingerprint(source):
        return Reached(), "the source was described otherwise at the last pull, so everything is read again"
    now = lake.versions(held["tables"])
    for name, (table, version) in held["tables"].items():
        if name not in now or now[name][0] != table or now[name][1] < version:
            return Reached(), f"the table {name} is another one than after the last pull, so everything is read again"
    files = {name: {p: SeenFile(**f) for p, f in seen.items()} for name, seen in held["files"].items()}
    return Reached({name: _decoded(value) for name, value in held["cursors"].items()}, files), ""


def write_state(folder: Path, source: Source, lake: Lake, reached: Reached) -> None:
    """Note how far `source` was read, whole or not at all."""
    path = _path(folder, source)
    path.parent.mkdir(parents=True, exist_ok=True)
    tables = {entry.into for entry in source.definition.rows}
    content = {
        "version": _VERSION,
        "definition": _fingerprint(source),
        "tables": {name: list(known) for name, known in lake.versions(tables).items()},
        "cursors": {name: _encoded(value) for name, value in reached.cursors.items()},
        "files": {name: {p: asdict(f) for p, f in seen.items()} for name, seen in reached.files.items()},
    }
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _path(folder: Path, source: Source) -> Path:
    return folder / ".heedful" / "state" / f"{source.name}.json"


def _fingerprint(source: Source) -> str:
    return hashlib.sha256(source.definition.model_dump_json().encode()).hexdigest()


def _encoded(value: CursorValue) -> list[str]:
    kinds: Mapping[type, str] = {datetime: "time", date: "date", int: "int", float: "float", Decimal: "decimal",
                                 str: "text", uuid.UUID: "uuid"}  # fmt: skip
    return [kinds[type(value)], value.isoformat() if isinstance(value, date) else str(value)]


def _decoded(held: list[str]) -> CursorValue:
    kind, text = held
    readers: Mapping[str, Any] = {
        "time": datetime.fromisoformat, "date": date.fromisoformat, "int": int, "float": float, "decimal": Decimal,
        "text": str, "uuid": uuid.UUID,
    }  # fmt: skip
    value: CursorValue = readers[kind](text)
    return value
