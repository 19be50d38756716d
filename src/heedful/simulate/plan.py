"""What was asked of a simulation, and what a kind of company gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np

from heedful.simulate.arrays import Flags, Floats, Times, Whole
from heedful.simulate.calendar import Calendar
from heedful.simulate.draws import stream
from heedful.simulate.truth import Change, Known


@dataclass(frozen=True)
class Plan:
    """How large, how long, which seed. Times within a simulation are wall-clock times of `zone`."""

    seed: int
    customers: int
    calendar: Calendar
    change: bool
    mess: bool
    data: Path
    zone: str = "Europe/Riga"

    def rng(self, name: str) -> np.random.Generator:
        """The random numbers of the part called `name`."""
        return stream(self.seed, name)

    @property
    def changes_on(self) -> date:
        """The day of the planted change: two thirds into the span."""
        return self.calendar.since + timedelta(days=self.calendar.days * 2 // 3)

    @property
    def end(self) -> np.datetime64:
        """The first moment after the last day."""
        return np.datetime64(self.calendar.until, "s") + np.timedelta64(1, "D")

    def is_changed(self, moments: Times) -> Flags:
        """Whether each moment lies on or after the day of the change (also where the change itself is switched off)."""
        flags: Flags = moments >= np.datetime64(self.changes_on, "s")
        return flags


@dataclass
class Facts:
    """The true figures of a company, as they are gathered."""

    known: list[Known] = field(default_factory=list)

    def share(
        self,
        measure: str,
        meaning: str,
        probability: Floats | float | None,
        outcome: Flags | Floats,
        *,
        scale: float = 1.0,
        unit: str = "share",
        period: str = "all",
        segment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Note the mean of `outcome` beside that of the `probability` behind it. Of nobody nothing is noted."""
        if len(outcome) == 0:
            return
        parameter = None if probability is None else float(np.mean(probability)) * scale
        realised = float(np.mean(outcome)) * scale
        self.known.append(Known(measure, meaning, unit, parameter, realised, len(outcome), dict(segment), period))

    def figure(
        self, measure: str, meaning: str, *, unit: str, n: int, parameter: float | None = None,
        realised: float | None = None, period: str = "all", segment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        """Note one figure as it is."""
        self.known.append(Known(measure, meaning, unit, parameter, realised, n, dict(segment), period))


@dataclass(frozen=True)
class Built:
    """What a kind of company gives back. `blanks` fill the workspace's YAML."""

    company: str
    facts: Facts
    changes: tuple[Change, ...]
    rows: Mapping[str, int]
    faults: Mapping[str, Mapping[str, int]]
    blanks: Mapping[str, object]


def first_tries(customer: Whole, opened_at: Times, *, days: int = 7) -> Flags:
    """Which contacts no other of the same customer came before within `days` days."""
    order = np.lexsort((opened_at, customer))
    whom, when = customer[order], opened_at[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (whom[1:] != whom[:-1]) | (when[1:] - when[:-1] >= np.timedelta64(days, "D"))
    tries = np.empty(len(order), dtype=bool)
    tries[order] = first
    return tries
