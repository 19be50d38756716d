"""Survey waves: who is asked in each quarter, and who answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from heedful.simulate.arrays import Flags, Floats, Times, Whole
from heedful.simulate.calendar import SHOPPING_HOURS, later
from heedful.simulate.draws import happens
from heedful.simulate.plan import Plan

WAVE_DAYS = 21


@dataclass(frozen=True)
class Waves:
    """Everyone who could have been asked in each wave; one entry a wave and customer."""

    names: tuple[str, ...]
    starts: tuple[date, ...]
    wave: Whole
    customer: Whole
    start_day: Whole

    @classmethod
    def of(cls, plan: Plan, joined_day: Whole, left_day: Whole) -> Waves:
        """Each wave concerns those who joined a month before it and are still there."""
        names, starts = wave_starts(plan)
        entries = [
            np.flatnonzero((joined_day <= day - 30) & (left_day > day)) for day in map(plan.calendar.day_of, starts)
        ]
        sizes = [len(e) for e in entries]
        days = np.array([plan.calendar.day_of(s) for s in starts], dtype=np.int64)
        wave = np.repeat(np.arange(len(starts)), sizes)
        customer = np.concatenate([np.zeros(0, dtype=np.int64), *entries])
        return cls(names, starts, wave, customer, days[wave])

    def __len__(self) -> int:
        return len(self.wave)

    def answered(self, rng: np.random.Generator, *, asked: float, willing: Floats) -> tuple[Flags, Flags]:
        """Who is asked, each with the probability `asked`, and who of them answers, each with `willing`."""
        chosen = happens(rng, asked, len(self))
        return chosen, chosen & happens(rng, willing, len(self))

    def moments(self, plan: Plan, rng: np.random.Generator, of: Whole) -> Times:
        """When the entries `of` answer: soon after the wave starts, at the latest before it is over."""
        days = np.minimum(rng.exponential(4, len(of)).astype(np.int64), WAVE_DAYS - 2)
        started = np.datetime64(plan.calendar.since, "s") + self.start_day[of].astype("timedelta64[D]")
        return later(started, days, rng, SHOPPING_HOURS)

    def name_of(self, of: Whole) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
        """The names of the waves of the entries `of`."""
        return np.array(self.names or ("",), dtype=object)[self.wave[of]]


def wave_starts(plan: Plan) -> tuple[tuple[str, ...], tuple[date, ...]]:
    """Names and first days of the waves: the tenth of the middle month of each quarter, if three weeks remain."""
    names, starts = [], []
    last = plan.calendar.until
    for year in range(plan.calendar.since.year, last.year + 1):
        for quarter, month in enumerate((2, 5, 8, 11), 1):
            start = date(year, month, 10)
            if plan.calendar.since <= start and (last - start).days >= WAVE_DAYS:
                names.append(f"{year}-Q{quarter}")
                starts.append(start)
    return tuple(names), tuple(starts)


def within_days(customer: Whole, moments: Times, waves: Waves, *, days: int, happened: Flags) -> Flags:
    """For each entry of `waves`: did it happen to the customer in the `days` days before the wave."""
    size = int(max(customer.max(initial=-1), waves.customer.max(initial=-1))) + 1
    result = np.zeros(len(waves), dtype=bool)
    for number, start in enumerate(waves.starts):
        begin = np.datetime64(start, "s")
        known = happened & (moments < begin) & (moments >= begin - np.timedelta64(days, "D"))
        here = waves.wave == number
        result[here] = (np.bincount(customer[known], minlength=size) > 0)[waves.customer[here]]
    return result
