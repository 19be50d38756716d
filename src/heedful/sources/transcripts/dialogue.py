"""Speaker-prefixed text, and notes of interviews and focus groups in Markdown or plain text.

`Anna: …`, `[AGENT] …`, `00:12 Anna: …`, `**P1:** …` begin a turn; other lines go on with it. A text may begin with what
it is about: date, topic, moderator, participants with what is known of them, as front matter between lines of `---` or
as `Date: …` lines. Where speakers are named, words that are nobody's (before the first speaker, or below a heading) are
the note-taker's: they are kept as the moderator's. Where no speaker is ever named, each paragraph is a turn of nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from pathlib import Path

import yaml

from heedful.sources.transcripts.clock import offset_s
from heedful.sources.transcripts.cues import Line, numbered
from heedful.sources.transcripts.facts import KNOWN, known_name, plain_name
from heedful.sources.transcripts.names import Speakers
from heedful.sources.transcripts.roles import Role, Roles, usual_role
from heedful.sources.transcripts.turns import Broken, Found, Opening, Turn, reads

_LONGEST_HEAD = 1_000
_HEADING = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_BULLET = re.compile(r"^\s*(?:[-*•>]\s+)+")
_RULE = re.compile(r"\s*([-*_=]\s*){3,}$")
_BARE_TIME = re.compile(r"\s*[\[(]?(\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?)[\])]?\s+(?=\S)")
_PERSON = re.compile(r"\s*([^\s(:,;]+(?:\s+\d+)?)\s*(?:\(([^)]*)\))?\s*$")


@dataclass
class _Head:
    """What stands before the conversation: its facts, its people and their roles, and the line after it."""

    known: dict[str, str] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    ends_before: int = 1


@reads("dialogue", title="text with speakers", endings=(".md", ".markdown"))
def read(path: Path, roles: Roles) -> Iterator[Found]:
    """Turns as they are prefixed, with the heading above them as their section."""
    head = _head(path)
    stated = Roles({**head.roles, **roles.stated})
    speakers = Speakers(path, stated, head.people)
    yield Opening(True, head.known, head.about, head.people)
    yield from head.broken
    yield from _Body(speakers, stated, head).turns(numbered(path))


@dataclass
class _Body:
    speakers: Speakers
    roles: Roles
    head: _Head
    open_: Turn | None = None
    section: str | None = None
    orphans: bool = True
    """Whether what has no speaker now is nobody's: before the first speaker, and below a heading."""
    held: list[Turn] = field(default_factory=list)
    named: bool = False
    after_blank: bool = False

    def turns(self, lines: Iterator[Line]) -> Iterator[Turn]:
        for number, line in lines:
            if number >= self.head.ends_before and not _RULE.match(line):
                yield from self._line(number, line)
        yield from self._close()
        yield from self._held()

    def _line(self, number: int, line: str) -> Iterator[Turn]:
        if not line.strip():
            self.after_blank = True
            return
        heading = _HEADING.match(line)
        found = None if heading else self.speakers.leading(line)
        if heading is not None:
            yield from self._close()
            self.section, self.orphans = heading[2].strip("*_ ") or None, True
        elif found is not None:
            yield from self._close()
            self.named, self.orphans = True, False
            role = self.roles.of(found.name)
            self.open_ = Turn(number, found.name, found.text, found.began_s, role=role, section=self.section)
        elif self.open_ is not None and not (self.orphans and self.after_blank):
            self.open_.text = f"{self.open_.text} {_plain(line)}".strip()
        else:
            yield from self._close()
            timed = _BARE_TIME.match(line)
            text = _plain(line[timed.end() :] if timed else line)
            began = offset_s(timed[1]) if timed else None
            self.open_ = Turn(number, None, text, began, section=self.section)
        self.after_blank = False

    def _close(self) -> Iterator[Turn]:
        """The turn that ends here. A turn of nobody waits until it is known whether anybody is ever named."""
        closed, self.open_ = self.open_, None
        if closed is None or not closed.text:
            return
        closed.text = closed.text.strip("*_ ") if closed.text.startswith(("**", "__")) else closed.text
        if closed.speaker is None and not self.named and len(self.held) < _LONGEST_HEAD:
            self.held.append(closed)
            return
        yield from self._held()
        if closed.speaker is None and self.named:
            closed.role = "moderator"
        yield closed

    def _held(self) -> Iterator[Turn]:
        for turn in self.held:
            if self.named:
                turn.role = "moderator"
            yield turn
        self.held.clear()


def _plain(line: str) -> str:
    return " ".join(_BULLET.sub("", line).split())


def _head(path: Path) -> _Head:
    lines = numbered(path)
    first = next(((n, line) for n, line in lines if line.strip()), None)
    if first is None:
        return _Head()
    return _front_matter(lines, first[0]) if first[1].strip() == "---" else _fact_lines(chain([first], lines))


def _front_matter(lines: Iterator[Line], began: int) -> _Head:
    head, text = _Head(ends_before=began + 1), list[str]()
    for number, line in lines:
        if line.strip() in ("---", "..."):
            head.ends_before = number + 1
            break
        text.append(line)
        if len(text) > _LONGEST_HEAD:
            head.broken.append(Broken(began, "opens front matter that no line of --- closes", "---"))
            return head
    else:
        head.broken.append(Broken(began, "opens front matter that no line of --- closes", "---"))
        return head
    try:
        data = yaml.safe_load("\n".join(text))
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        at = began + 1 + (mark.line if mark else 0)
        head.broken.append(Broken(at, "front matter that is not valid YAML, so what it states is not known", text[0]))
        return head
    for name, value in data.items() if isinstance(data, dict) else ():
        _take(head, str(name), value)
    return head


def _fact_lines(lines: Iterator[Line]) -> _Head:
    """`Date: …`, `Topic: …` at the very top, below a title or not, up to the first line that is no fact."""
    head, stated = _Head(), 0
    for number, line in lines:
        if not line.strip() or _HEADING.match(line):
            if stated:
                break
            continue
        name, _, value = line.strip().strip("*_").partition(":")
        name, value = name.strip("*_ "), value.strip("*_ ")
        known = known_name(name)
        if known is None or not value or (_is_role(name) and (not stated or value[-1] in ".?!…")):
            break
        _take(head, name, value)
        head.ends_before, stated = number + 1, stated + 1
    return head


def _is_role(name: str) -> bool:
    """Whether `Moderator: Ilze` could as well be somebody who speaks."""
    return usual_role(name) != "unknown"


def _take(head: _Head, name: str, value: object) -> None:
    known = known_name(name)
    if known == "participants":
        _people(head, value)
    elif known == "moderator":
        for one in value if isinstance(value, list) else str(value).split(","):
            head.roles[str(one).strip()] = "moderator"
    elif value is not None and known in KNOWN:
        head.known[known] = _text(value)
    elif value is not None and not isinstance(value, dict | list):
        head.about[plain_name(name)] = _text(value)


def _people(head: _Head, value: object) -> None:
    """Participants as `P1: {age: 34}`, as a list of names or of objects with a name, or as `P1 (34, LV), P2`."""
    if isinstance(value, str):
        value = re.split(r"[,;]\s*(?![^()]*\))", value)
    pairs: list[tuple[object, object]] = list(value.items()) if isinstance(value, dict) else []
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict) and len(one) == 1 and isinstance(next(iter(one.values())), dict | None):
            pairs += one.items()
        elif isinstance(one, dict):
            called = next((one[k] for k in ("name", "id", "label") if k in one), None)
            pairs.append((called, {k: v for k, v in one.items() if v is not called}))
        else:
            found = _PERSON.match(str(one))
            pairs.append((found[1], found[2]) if found else (one, None))
    for name, said in pairs:
        if name is None:
            continue
        attributes = said if isinstance(said, Mapping) else {"note": said} if said else {}
        head.people[str(name)] = {plain_name(str(k)): _text(v) for k, v in attributes.items() if v is not None}
        head.roles[str(name)] = "participant"


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
