"""The JSON of call platforms: an object a conversation, a list of them, or one a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from heedful.errors import SourceError
from heedful.sources.transcripts.cues import numbered
from heedful.sources.transcripts.platforms.registry import Json, shapes
from heedful.sources.transcripts.roles import Roles
from heedful.sources.transcripts.turns import Broken, Found, Opening, Turn, reads

_LARGEST = 64 << 20
_KNOWN = "Transcript (Amazon Connect), sentences (Twilio), transcriptEntries (Google Meet), callTranscripts (Gong), …"


@reads("calls", title="JSON of a call platform", cues=True)
def read(path: Path, roles: Roles) -> Iterator[Found]:  # noqa: ARG001 (platforms state roles in words that all know)
    """The conversations of every shape that is known. Turns are counted through the file, since JSON has no lines."""
    counted = 0
    for line, value in _values(path):
        if isinstance(value, Broken):
            yield value
            continue
        for one in value if isinstance(value, list) else [value]:
            for found in _conversation(one, line):
                if isinstance(found, Opening):
                    yield found
                    continue
                counted += 1
                yield replace(found, line=line or counted)


def _conversation(value: object, line: int) -> Iterator[Turn | Broken | Opening]:
    found = cast("Json", value) if isinstance(value, Mapping) else {}
    for shape in shapes():
        if shape.fits(found):
            yield from shape.read(found)
            return
    names = ", ".join(map(str, found))
    said = f"is no transcript that Heedful knows: it has none of {_KNOWN}"
    yield Broken(line, said, names or str(value))


def _values(path: Path) -> Iterator[tuple[int, object]]:
    """The values of a file with their lines; line 0 where the file is one value."""
    first = next((line for _, line in numbered(path) if line.strip()), "")
    try:
        json.loads(first)
    except ValueError:
        yield 0, _whole(path)
        return
    for number, line in numbered(path):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                yield number, Broken(number, f"is not one whole JSON object ({error})", line)


def _whole(path: Path) -> object:
    if path.stat().st_size > _LARGEST:
        raise SourceError("this JSON is larger than 64 MiB. Export one call a file, or one object a line.", path=path)
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        said = getattr(error, "msg", str(error))
        return Broken(line, f"is not whole JSON: {said[:1].lower()}{said[1:]}. Export it again", path.name)
