"""Reads the wording of an objective in English for what a customer would not say.

Plain rules over words, so that each finding can name what it saw. Each was kept only if it left sentences that a
customer would say alone: a lint that cries wolf gets switched off (`tests/scorecard/objectives.csv` holds both kinds).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from heedful.scorecard import english as en

WordingCode = Literal["company_subject", "third_person", "jargon", "wish", "solution", "compound"]

_THE_COMPANY = re.compile(
    r"\b(?:(?:the|this) (?:company|business|organi[sz]ation|firm|enterprise|corporation|management)|"
    r"employees|workforce|(?:low|lowest)[- ]cost (?:producer|provider)|one-stop shop|"
    r"(?:supplier|provider|partner|employer|bank|brand) of choice|"
    r"(?:preferred|trusted) (?:supplier|provider|partner|advis[eo]r))\b"
)

_JARGON = re.compile(rf"\b(?:{en.JARGON})\b")
_TARGET_IN_WORDS = re.compile(
    r"[<>≥≤]|\b\d+(?:[.,]\d+)?\s?(?:%|percent\b|per cent\b)|\b(?:below|above|under|over|at least|at most|than) \d+"
)

_THEM = r"(?:customers|clients|users|members|donors|subscribers)"
_WISHES = re.compile(
    rf"\b(?:(?:keep|retain|hold|win|attract|get|gain|acquire)\b.*\b{_THEM}\b|"
    r"customer (?:satisfaction|loyalty|retention|happiness|delight|centricity|focus)|customer[- ]centric\w*|"
    r"(?:exceed|meet|surpass|beat)\w* .*\bexpectations|(?:number|no\.?) (?:one|1)\b|market leader|first choice|"
    r"i (?:stay|remain)\b(?! (?:safe|warm|dry|informed|in touch|connected|in control|anonymous))|"
    r"i (?:buy|spend|order|donate|give) more\b|(?:come|comes|coming) back more|i would recommend|i recommend)"
)
_MORE_OF_THEM = re.compile(rf"\b(?:more|new|loyal|happy|happier|satisfied|returning) {_THEM}\b")

_NEGATED = re.compile(r"\b(?:no|not|without|never|rather|instead)\b")
_ASKS_FOR_MEANS = re.compile(
    r"\b(?:want|need|have|has|get|like|use|offers?|gives?|build|launch|introduce|add|create|develop|install|roll out|"
    r"open|provide|implement|set up|there is|there are|through|via)\b(?: to have| to get)?(?: me| us| customers)?"
    rf" (?:a|an|another|more|new|some)(?: [\w-]+){{0,3}}? (?:{en.MEANS})\b"
)
_OPENS_WITH_MEANS = re.compile(rf"^(?:a|an|more|new|another|better)(?: [\w-]+){{0,2}}? (?:{en.MEANS})\b")

_SUBORDINATE = re.compile(
    r"^(?:when|if|once|after|before|while|whenever|as soon as|should|because|although)\b[^,]*,\s*"
)
_LISTING = re.compile(r"\b(?:as well as(?! (?:i|you|he|she|it|we|they|in|on|at|the|ever|before)\b)|and also|plus)\b")


@dataclass(frozen=True, slots=True)
class Sign:
    """Something in a wording that speaks against it: `seen` are the words themselves."""

    code: WordingCode
    seen: str


def signs(voice: str) -> tuple[Sign, ...]:
    """What in `voice` a customer would not say; one sign a code at most."""
    text = _Text(re.sub(r"\s+", " ", voice.lower().replace("’", "'")).strip(" \"'“”‘"))
    found = ((code, look(text)) for code, look in _RULES)
    return tuple(Sign(code, seen) for code, seen in found if seen)


def is_english(voice: str) -> bool:
    """Whether enough of the words are everyday English ones; a heading of two nouns is not known to be."""
    words = _Text(voice.lower().replace("’", "'")).words
    return bool(words) and sum(word in en.ENGLISH for word in words) >= max(1, len(words) / 4)


@dataclass(frozen=True)
class _Text:
    text: str

    @cached_property
    def words(self) -> list[str]:
        return re.findall(r"[^\W_]+(?:['-][^\W_]+)*", self.text)

    @property
    def speaks(self) -> bool:
        """Whether a customer speaks of themselves or to the company."""
        return any(word in en.ME or word in en.YOU for word in self.words)

    @cached_property
    def main(self) -> str:
        """Without the clause that sets the scene ("When I call, …")."""
        return _SUBORDINATE.sub("", self.text, count=1)


def _third_person(text: _Text) -> str:
    if text.speaks:
        return ""
    if text.words[:1] == ["they"]:
        return "they"
    pairs = zip(text.words, [*text.words[1:], ""], strict=True)
    return next(
        (
            word
            for word, following in pairs
            if word in en.PEOPLE or (word in en.PERSON and _stands_alone(text, word, following))
        ),
        "",
    )


def _stands_alone(text: _Text, word: str, following: str) -> bool:
    before = text.words[text.words.index(word) - 1] if text.words.index(word) else ""
    return following not in en.ADJUNCTS and before in {"the", "a", "an", "each", "every", "any", "our"}


def _company_subject(text: _Text) -> str:
    words = [word for word in text.words if word not in {"to", "please"}]
    if not words:
        return ""
    first, following = words[0], words[1] if len(words) > 1 else ""
    if not any(word in en.ME for word in words):
        if _base_form(first) in en.COMPANY_VERBS or (
            first in en.ALSO_ADJECTIVES and following in {"the", "our", "all"}
        ):
            return first
        if first in {"be", "become", "being"} and following in {"the", "a", "an", "number", "seen"}:
            return f"{first} {following}"
    if any(word in en.ME for word in words):
        return ""
    if not text.speaks and (match := _THE_COMPANY.search(text.text)):
        return match[0]
    return _ours(text.words) or _we(text.words)


def _base_form(word: str) -> str:
    """`increase` for `increasing`, `deliver` for `delivering`; the word itself where it is no such form."""
    if not word.endswith("ing"):
        return word
    return next((base for base in (word[:-3], f"{word[:-3]}e") if base in en.COMPANY_VERBS), word)


def _ours(words: list[str]) -> str:
    for place, word in enumerate(words):
        # "You deliver to our shop" is a customer's sentence, "Our people know your account" is not.
        if words[0] in en.YOU and "is our" not in " ".join(words):
            return ""
        if word == "our":
            owned = next((w for w in words[place + 1 : place + 3] if w in en.OWN), "")
            if owned:
                return f"our {owned}"
    return ""


def _we(words: list[str]) -> str:
    if "we" not in words:
        return ""
    rest = words[words.index("we") + 1 :]
    if rest[:1] == ["are"]:
        return f"we are {rest[1]}" if len(rest) > 1 and rest[1] in en.WE_ARE else ""
    if rest[:2] in (["want", "to"], ["aim", "to"], ["strive", "to"]):
        return f"we {rest[0]}"
    place = next((i for i, word in enumerate(rest) if word not in en.SKIPPED and not word.endswith("ly")), 0)
    verb, objects = "".join(rest[place : place + 1]), rest[place + 1 : place + 4]
    if any(word in en.YOU for word in words) and not any(word in en.YOU for word in objects):
        return ""
    return f"we {verb}" if verb in en.WE_VERBS else ""


def _jargon(text: _Text) -> str:
    if match := _JARGON.search(text.text):
        return match[0]
    match = None if text.speaks else _TARGET_IN_WORDS.search(text.text)
    return match[0] if match else ""


def _wish(text: _Text) -> str:
    match = _WISHES.search(text.text) or (None if text.speaks else _MORE_OF_THEM.search(text.text))
    if match:
        return match[0]
    parts = [part for word in text.words for part in word.split("-")]
    return text.text.rstrip(".!") if parts and all(part in en.VAGUE for part in parts) else ""


def _solution(text: _Text) -> str:
    match = _OPENS_WITH_MEANS.search(text.text) or _ASKS_FOR_MEANS.search(text.text)
    return match[0] if match and not _NEGATED.search(match[0]) else ""


def _compound(text: _Text) -> str:
    if any(_are_two(*cut) for cut in _cuts(text.text, r";\s+|[.!?]\s+(?=\S)", least=3)):
        return "two sentences"
    for match in _LISTING.finditer(text.main):
        if min(len(text.main[: match.start()].split()), len(text.main[match.end() :].split())) >= 2:
            return match[0]
    return next((f"and {right}" for left, right in _cuts(text.main, r",? and ", least=2) if _joins(left, right)), "")


def _cuts(text: str, at: str, *, least: int) -> Iterator[tuple[str, str]]:
    """`text` before and after each match of `at`, where both sides have at least so many words."""
    for match in re.finditer(at, text):
        left, right = text[: match.start()], text[match.end() :].rstrip(".!?")
        if min(len(left.split()), len(right.split())) >= least:
            yield left, right


def _are_two(left: str, right: str) -> bool:
    return not en.REFERS_BACK & set(_Text(right).words) and bool(en.VERBS & set(_Text(left).words))


def _joins(left: str, right: str) -> bool:
    """Whether `left and right` are two objectives rather than one of two parts, or cause and effect."""
    before, after = _Text(left).words, _Text(right).words
    if not before or not after:
        return False
    if after[0] == "to":
        return "to" in before
    if not en.VERBS & set(before + after) and not (en.PRONOUNS & set(before + after)):
        return before[0] in en.ADJECTIVES and after[0] in en.ADJECTIVES
    if not (en.VERBS & set(before)) or en.REFERS_BACK & set(after):
        return False
    return after[0] in en.PRONOUNS or (after[0] in en.DETERMINERS and bool(en.VERBS & set(after[1:])))


_RULES: tuple[tuple[WordingCode, Callable[[_Text], str]], ...] = (
    ("company_subject", _company_subject),
    ("third_person", _third_person),
    ("jargon", _jargon),
    ("wish", _wish),
    ("solution", _solution),
    ("compound", _compound),
)
