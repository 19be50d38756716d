"""SubRip subtitles. A blank line within a cue belongs to its text, as players take it too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from heedful.sources.transcripts.cues import Cue, blocks, cue_of, spoken
from heedful.sources.transcripts.names import Speakers
from heedful.sources.transcripts.roles import Roles
from heedful.sources.transcripts.turns import Broken, Found, Opening, reads


@reads("srt", title="SubRip", endings=(".srt",), cues=True)
def read(path: Path, roles: Roles) -> Iterator[Found]:
    """Cues, each named speaker in them a turn."""
    speakers = Speakers(path, roles)
    yield Opening(begins=True)
    open_: Cue | None = None
    for block in blocks(path):
        found = cue_of(block)
        if found is None and open_ is not None:
            open_.lines += [line for _, line in block]
            continue
        if open_ is not None:
            yield from spoken(open_, speakers)
        open_ = found if isinstance(found, Cue) else None
        if isinstance(found, Broken):
            yield found
        elif found is None and not _is_number(block[0][1]):
            text = " ".join(line for _, line in block)
            yield Broken(block[0][0], "has no time above it, so that nobody can tell when it was said", text)
    if open_ is not None:
        yield from spoken(open_, speakers)


def _is_number(line: str) -> bool:
    return line.strip().isdecimal()
