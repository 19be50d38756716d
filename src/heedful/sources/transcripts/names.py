"""Whether the words before a colon are somebody's name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from heedful.sources.transcripts.clock import offset_s
from heedful.sources.transcripts.roles import Roles, usual_role

_LONGEST_NAME = 60
_TIME = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
_BEFORE = rf"(?:[\[(]?(?P<before>{_TIME})[\])]?\s*(?:[-–—|]\s*)?)?"
_AFTER = rf"(?:\s*[\[(]?(?P<after>{_TIME})[\])]?)?"
_STARS = r"(?:\*\*|__|\*)"
_PREFIX = re.compile(
    rf"^\s*(?:[-*•>]\s+)*{_BEFORE}(?P<stars>{_STARS})?(?:"
    rf"\[(?P<boxed>[^\]\n:]{{1,{_LONGEST_NAME}}})\]{_STARS}?\s*(?P<colon>[:：])?"
    rf"|(?P<name>[^\W\d_][^:：\n*\[\]]{{0,{_LONGEST_NAME}}}?){_STARS}?{_AFTER}\s*[:：]"
    rf"){_STARS}?(?:\s+|$)"
)
_PARTICLE = re.compile(r"de|van|von|der|den|di|da|del|della|du|la|le|el|al|bin|ben|ibn|y|e|und", re.IGNORECASE)
_REMARK = re.compile(
    r"music|laughter|inaudible|silence|applause|crosstalk|pause|noise|blank_audio|unintelligible", re.IGNORECASE
)
_MARKS = "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"
"""Signs that turn the direction of writing and show nothing."""
_MOST_NAMES = 10_000
_NOT_IN_NAMES = re.compile(r"[!?;,…\"«»/=<>]|\.(?=\s+[a-zà-ÿа-я])")


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stands before the words of a turn: a name, and a time where one does. `text` is what follows."""

    name: str
    text: str
    began_s: float | None
    boxed: bool
    """Whether the name stands in square brackets with no colon, as remarks such as [laughter] do too."""


def prefixed(line: str) -> Prefix | None:
    """The name, time and words of `Anna: …`, `[AGENT] …`, `00:12 Anna: …`, `Anna (00:12): …`, `**P1:** …`."""
    if ":" not in line and "：" not in line and "[" not in line:
        return None
    line = line.lstrip(_MARKS)
    found = _PREFIX.match(line[:200])
    if found is None:
        return None
    boxed, stars = found["boxed"], found["stars"]
    name = " ".join((boxed or found["name"]).split())
    if not name or _NOT_IN_NAMES.search(re.sub(r"[(\[].*", "", name)) or (boxed and offset_s(boxed) is not None):
        return None
    if len(name.split()) > 6 and not stars:
        return None
    time = found["before"] or found["after"]
    return Prefix(
        name, line[found.end() :].strip(), offset_s(time) if time else None, boxed is not None and not found["colon"]
    )


class Speakers:
    """The speakers of one text, found by looking through it once.

    A word before a colon is not always a name ("Problem: the parcel is late"). It is one where it is a role or stated
    to be a speaker, where a time stands beside it, where it consists of several words written as names are, and where
    it comes twice. A single word that comes once is taken for a name only in a text in which none comes twice.
    """

    def __init__(self, path: Path, roles: Roles, listed: Iterable[str] = ()) -> None:
        self._roles = roles
        self._listed = {name.casefold(): name for name in listed}
        self._counts: Counter[str] = Counter()
        self.has_voices = False
        """Whether the text marks its speakers by voice tags, so that no name stands in the words."""
        with path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                self._look_at(line)
        self._repeats = any(count > 1 for count in self._counts.values())

    def _look_at(self, line: str) -> None:
        if "<v" in line:
            self.has_voices = True
        if "-->" in line or len(self._counts) >= _MOST_NAMES:
            return
        found = prefixed(line)
        if found is not None and self._may_be(found):
            self._counts[found.name.casefold()] += 1

    def leading(self, line: str) -> Prefix | None:
        """What `line` begins with, if that is a speaker of this text."""
        found = prefixed(line)
        if found is None or not self._may_be(found):
            return None
        listed = self._listed.get(re.sub(r"\s*\(.*?\)", "", found.name).casefold())
        if listed is not None:
            return replace(found, name=listed)
        if self._is_told(found.name) or found.began_s is not None:
            return found
        count = self._counts[found.name.casefold()]
        if found.boxed:
            return found if count > 1 or any(sign.isdigit() for sign in found.name) else None
        return found if count > 1 or len(found.name.split()) > 1 or not self._repeats else None

    def _is_told(self, name: str) -> bool:
        folded = re.sub(r"\s*\(.*?\)", "", name).casefold()
        return folded in self._listed or usual_role(name) != "unknown" or self._roles.said(name) is not None

    def _may_be(self, found: Prefix) -> bool:
        if self._is_told(found.name):
            return True
        if found.boxed and (found.name != found.name.upper() or _REMARK.fullmatch(found.name)):
            return False
        words = re.sub(r"\(.*?\)", "", found.name).split()
        if not words or len(words) > 4 or words[0][0].islower():
            return False
        return all(_PARTICLE.fullmatch(word) or not word[0].islower() for word in words)
