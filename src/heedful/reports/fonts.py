"""The fonts of a page: only the faces whose characters it uses, inside the page itself."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("fonts")

_RANGES = {
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,"
    "U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
    "latin-ext": "U+0100-0130,U+0132-0151,U+0154-017F,U+018F,U+0192,U+01CD-01D4,U+01E6-01E7,U+01FA-01FF,U+0218-021B,"
    "U+0237,U+0259,U+02C7,U+02D8-02D9,U+02DB,U+02DD,U+1E80-1E85,U+1E9E,U+1EF2-1EF3,U+20A0-20AB,U+20AD-20C0,U+2113",
    "cyrillic": "U+0301,U+0400-045F,U+0490-0491,U+04B0-04B1,U+2116",
    "thai": "U+0E01-0E5B,U+200C-200D,U+25CC",
}


@dataclass(frozen=True, slots=True)
class Face:
    """One file: a part of a family's characters in one weight and style."""

    family: str
    subset: str
    weight: int
    style: str

    @property
    def path(self) -> Path:
        """Where the file is."""
        name = self.family.lower().replace(" ", "-")
        return FOLDER / f"{name}-{self.subset}-{self.weight}-{self.style}.woff2"

    def holds(self, text: Iterable[str]) -> bool:
        """Whether any character of `text` is in this part."""
        spans = _spans(self.subset)
        return any(first <= ord(c) <= last for c in text for first, last in spans)

    def css(self) -> str:
        """The `@font-face` rule with the file in it."""
        data = base64.b64encode(self.path.read_bytes()).decode("ascii")
        return (
            f'@font-face{{font-family:"{self.family}";font-style:{self.style};font-weight:{self.weight};'
            f"src:url(data:font/woff2;base64,{data}) format('woff2');unicode-range:{_RANGES[self.subset]}}}"
        )


@dataclass(frozen=True, slots=True)
class Voices:
    """The characters of a page by the type they are set in."""

    serif: frozenset[str]
    italic: frozenset[str]
    sans: frozenset[str]
    bold: frozenset[str]


def font_css(used: Voices) -> str:
    """`@font-face` rules for all characters used, as far as our fonts hold them."""
    return "".join(face.css() for face, text in _faces(used) if text and face.holds(text))


def _faces(used: Voices) -> list[tuple[Face, frozenset[str]]]:
    western = ("latin", "latin-ext", "cyrillic")
    return [
        *((Face("Noto Serif", s, 400, "normal"), used.serif) for s in western),
        *((Face("Noto Serif", s, 400, "italic"), used.italic) for s in western),
        *((Face("Noto Sans", s, 400, "normal"), used.sans) for s in western),
        *((Face("Noto Sans", s, 600, "normal"), used.bold) for s in western),
        # Thai has no italic: quotes are set upright in it.
        (Face("Noto Serif Thai", "thai", 400, "normal"), used.serif | used.italic),
        (Face("Noto Sans Thai", "thai", 400, "normal"), used.sans),
        (Face("Noto Sans Thai", "thai", 600, "normal"), used.bold),
    ]


@cache
def _spans(subset: str) -> tuple[tuple[int, int], ...]:
    found = re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", _RANGES[subset])
    return tuple((int(first, 16), int(last or first, 16)) for first, last in found)
