"""What subtitles have in common: a time, then who says what."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from heedful.sources.transcripts.clock import offset_s
from heedful.sources.transcripts.names import Speakers
from heedful.sources.transcripts.turns import Broken, Turn

_TIMING = re.compile(r"\s*(\S*)\s*-->\s*(\S*)")
_LOOKS_TIMED = re.compile(r"\s*\d{1,4}:\d{2}\S*\s*\S{0,3}>?\s*\d{1,4}:\d{2}")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_TAG = re.compile(r"</?[A-Za-z0-9:][^<>]*>|</?>|\{\\[^}]*\}")
_DASH = re.compile(r"^\s*[-–—]\s+")
_KEYWORDS = ("WEBVTT", "NOTE", "STYLE", "REGION")
_LONGEST_BLOCK = 10_000
_IDENTIFIER = re.compile(r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{20,}\S*")


@dataclass(slots=True)
class Cue:
    """A cue: where its timing stands, its times, and its lines of text."""

    line: int
    began_s: float
    ended_s: float
    lines: list[str] = field(default_factory=list)


def numbered(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text, from 1, without their ends."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            yield number, line.rstrip("\r\n")


def is_timing(line: str) -> bool:
    """Whether a line states the times of a cue, rightly or not."""
    return "-->" in line or _LOOKS_TIMED.match(line) is not None


def timed(number: int, line: str) -> Cue | Broken:
    """The cue whose timing is `line`."""
    found = _TIMING.match(line)
    if found is None:
        return Broken(number, "has no --> between its times", line)
    began, ended = offset_s(found[1]), offset_s(found[2])
    if began is None:
        return Broken(number, f'begins at "{found[1]}", which is no time such as 00:01:02.500', line)
    if not found[2]:
        return Broken(number, "has no end: write it after -->, such as 00:01:02.500", line)
    if ended is None:
        return Broken(number, f'ends at "{found[2]}", which is no time such as 00:01:02.500', line)
    if ended < began:
        return Broken(number, "ends before it begins", line)
    return Cue(number, began, ended)


Line = tuple[int, str]


def blocks(path: Path) -> Iterator[list[Line]]:
    """The text in runs of lines without a blank one among them, each with at most one line of times.

    Where the blank line before a cue is missing, its times begin a block, and so does an identifier above them.
    """
    block: list[Line] = []
    for number, line in numbered(path):
        if not line.strip():
            if block:
                yield block
            block = []
            continue
        if is_timing(line) and block:
            own = [block.pop()] if _is_identifier(block) else []
            if block:
                yield block
            block = own
        elif len(block) >= _LONGEST_BLOCK:
            yield block
            block = []
        block.append((number, line))
    if block:
        yield block


def _is_identifier(block: Sequence[Line]) -> bool:
    """Whether the last line of `block` belongs to the times that follow it."""
    last = block[-1][1].strip()
    if is_timing(last) or last.split(maxsplit=1)[0] in _KEYWORDS:
        return False
    return len(block) == 1 or _IDENTIFIER.fullmatch(last) is not None


def cue_of(block: Sequence[Line]) -> Cue | Broken | None:
    """The cue that `block` is; None where no time stands in it."""
    for place, (number, line) in enumerate(block[:2]):
        if is_timing(line):
            found = timed(number, line)
            if isinstance(found, Cue):
                found.lines += [text for _, text in block[place + 1 :]]
                return found
            rest = " ".join(text for _, text in block[place + 1 :])
            return Broken(found.line, found.reason, f"{line.strip()} {rest}".strip())
    return None


def spoken(cue: Cue, speakers: Speakers) -> Iterator[Turn]:
    """The turns within a cue: one for each voice, name or dash."""
    if cue.lines and cue.lines[0].startswith("{") and (turn := _as_object(cue)) is not None:
        yield turn
        return
    speaker: str | None = None
    said: list[str] = []
    for name, text in _pieces(cue.lines, speakers):
        if name is not None:
            yield from _turn(cue, speaker, said)
            speaker, said = name or None, []
        said.append(text)
    yield from _turn(cue, speaker, said)


def _pieces(lines: Sequence[str], speakers: Speakers) -> Iterator[tuple[str | None, str]]:
    """The text in pieces: a name begins a new voice (empty where it is not told), None goes on with the last one."""
    for line in lines:
        if speakers.has_voices:
            parts = _VOICE.split(line)
            if parts[0].strip():
                yield None, _plain(parts[0])
            for name, text in zip(parts[1::2], parts[2::2], strict=True):
                yield _plain(name), _plain(text)
            continue
        text = _plain(line)
        has_dash = _DASH.match(text) is not None
        text = _DASH.sub("", text) if has_dash else text
        found = speakers.leading(text)
        if found is not None:
            yield found.name, found.text
        else:
            yield ("" if has_dash else None), text


def _turn(cue: Cue, speaker: str | None, said: Sequence[str]) -> Iterator[Turn]:
    text = " ".join(part for part in said if part)
    if text:
        yield Turn(cue.line, speaker, text, cue.began_s, cue.ended_s)


def _plain(text: str) -> str:
    if "<" in text or "{" in text:
        text = _TAG.sub("", text)
    if "&" in text:
        text = html.unescape(text)
    return " ".join(text.replace("\u200e", "").replace("\u200f", "").split())


def _as_object(cue: Cue) -> Turn | None:
    """A cue of Teams' transcript with metadata: an object with the speaker, the words and their language."""
    try:
        found = json.loads("\n".join(cue.lines))
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("spokenText"), str):
        return None
    name, language = found.get("speakerName"), found.get("spokenLanguage")
    return Turn(
        cue.line,
        name if isinstance(name, str) and name.strip() else None,
        found["spokenText"].strip(),
        cue.began_s,
        cue.ended_s,
        language=language if isinstance(language, str) else None,
    )
