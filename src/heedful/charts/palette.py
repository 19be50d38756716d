"""Heedful's colours, once: for light and dark pictures, and as names of a page's own CSS variables.

Colour means status alone; `accent` means "look here". `faint` is for lines and marks, never for text: it is too pale to
be read by everyone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

StatusName = Literal["met", "missed", "unsure", "plain"]


@dataclass(frozen=True, slots=True)
class Palette:
    """One set of colours, each as CSS writes it."""

    paper: str
    card: str
    ink: str
    soft: str
    faint: str
    line: str
    wash: str
    met: str
    missed: str
    unsure: str
    accent: str
    band: str

    def status(self, name: StatusName) -> str:
        """The colour of a status; ink where there is none."""
        return {"met": self.met, "missed": self.missed, "unsure": self.unsure, "plain": self.ink}[name]


LIGHT = Palette(
    paper="#fbfaf7", card="#ffffff", ink="#1c2127", soft="#5d6670", faint="#8b939c", line="#e5e2da", wash="#f3f1eb",
    met="#1f7a5a", missed="#b3412b", unsure="#86691c", accent="#2f4b9a", band="#dfe5f3",
)  # fmt: skip
"""For paper and for pictures that leave a page."""

DARK = Palette(
    paper="#14171b", card="#1b1f25", ink="#eceae4", soft="#a7aeb6", faint="#7d858e", line="#2c323a", wash="#20252c",
    met="#58b893", missed="#e5836d", unsure="#d0b15a", accent="#9db2f0", band="#2a3350",
)  # fmt: skip

COLOURS = tuple(f.name for f in fields(Palette))

PAGE = Palette(**{name: f"var(--{name})" for name in COLOURS})
"""For SVG inside a page that sets `--ink` and the rest, and so follows its light or dark scheme."""


def css(palette: Palette) -> str:
    """The colours as CSS declarations, for a page's `:root`."""
    return "".join(f"--{name}:{getattr(palette, name)};" for name in COLOURS)
