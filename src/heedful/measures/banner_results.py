"""What a banner table is: columns, and for each question its bases and lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

LineKind = Literal["option", "net", "mean", "deviation", "nps"]
TOTAL = "Total"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its banner (what was given as `by`; empty for the total), its group and its letter."""

    banner: str
    label: str
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """Who a column's figures of one question rest on.

    `n` counts answers, `customers` sampling units; `weighted` is the sum of weights, `n_eff` the effective number of
    customers (Kish). `flag` is "few" where they are too few to be tested, "hidden" where they may not be shown.
    """

    n: int
    customers: int
    weighted: float
    n_eff: float
    flag: Literal["few", "hidden"] | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: a share (0 to 1), mean, deviation or net score; None where nobody answered.

    `n` counts the answers that the line counts, unweighted; `letters` name the columns that this one is above.
    """

    value: float | None
    n: int
    letters: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a question: an option, a net, the mean, its standard deviation, or the net promoter score."""

    label: str
    kind: LineKind
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One question. `outside` counts, by banner, the customers of the total who are in none of its columns."""

    name: str
    title: str
    is_multiple: bool
    bases: tuple[Base, ...]
    lines: tuple[Line, ...]
    outside: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class BannerTable:
    """A table as computed, small bases and all. `overlapping` names the banners whose groups overlap."""

    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    is_weighted: bool
    as_of: date | None = None
    where: str | None = None
    overlapping: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def banners(self) -> tuple[str, ...]:
        """What stands across the top, in order."""
        return tuple(dict.fromkeys(c.banner for c in self.columns if c.banner))
