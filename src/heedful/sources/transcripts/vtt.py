"""WebVTT: Zoom (`Anna: …` in the words), Teams (`<v Anna>`, or an object a cue), and most others.

Source: WebVTT: The Web Video Text Tracks Format (W3C). We differ where files in the wild do: a time begins a cue even
where the blank line before it is missing, and a comma is a decimal sign too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from heedful.sources.transcripts.cues import Line, blocks, cue_of, spoken
from heedful.sources.transcripts.facts import KNOWN, known_name
from heedful.sources.transcripts.names import Speakers
from heedful.sources.transcripts.roles import Roles
from heedful.sources.transcripts.turns import Broken, Found, Opening, reads


@reads("vtt", title="WebVTT", endings=(".vtt",), cues=True)
def read(path: Path, roles: Roles) -> Iterator[Found]:
    """Cues, each voice in them a turn. `key: value` in the head or in a NOTE says what the conversation is."""
    speakers = Speakers(path, roles)
    yield Opening(begins=True)
    for block in blocks(path):
        number, first = block[0]
        if first.split(maxsplit=1)[0] in ("WEBVTT", "NOTE"):
            yield from _stated(block)
        elif first.strip() not in ("STYLE", "REGION"):
            cue = cue_of(block)
            if cue is None:
                text = " ".join(line for _, line in block)
                yield Broken(number, "has no time above it, so that nobody can tell when it was said", text)
            elif isinstance(cue, Broken):
                yield cue
            else:
                yield from spoken(cue, speakers)


def _stated(block: Sequence[Line]) -> Iterator[Opening]:
    """The facts in a block, as `started_at: 2026-03-04T10:15:00Z`; other remarks say nothing to us."""
    for _, line in block:
        name, separator, value = line.removeprefix("NOTE").partition(":")
        known = known_name(name)
        if separator and value.strip() and known in KNOWN:
            yield Opening(known={known: value.strip()})
