"""When things happen: seasons, weekdays, hours of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from heedful.simulate.arrays import Floats, Spans, Times, Whole

SHOPPING_HOURS = (0, 0, 0, 0, 0, 1, 2, 4, 5, 6, 7, 7, 8, 7, 6, 6, 7, 8, 10, 12, 12, 9, 5, 0)
OFFICE_HOURS = (0, 0, 0, 0, 0, 0, 0, 1, 7, 10, 11, 9, 6, 9, 10, 9, 6, 3, 1, 0, 0, 0, 0, 0)
DOORSTEP_HOURS = (0, 0, 0, 0, 0, 0, 0, 0, 3, 6, 9, 10, 9, 8, 9, 10, 9, 7, 4, 2, 0, 0, 0, 0)
EVEN_MONTHS = (1.0,) * 12
GIFT_MONTHS = (0.85, 1.0, 0.95, 0.95, 1.05, 0.95, 0.85, 0.9, 1.0, 1.0, 1.35, 1.75)
SHOP_WEEK = (1.1, 1.0, 0.95, 0.95, 1.0, 0.95, 1.05)
OFFICE_WEEK = (1.3, 1.15, 1.1, 1.05, 0.95, 0.05, 0.0)


@dataclass(frozen=True)
class Calendar:
    """The days from `since` to `until`, both inclusive, each with its weight. The day `since` is number 0."""

    since: date
    until: date
    months: tuple[float, ...] = EVEN_MONTHS
    week: tuple[float, ...] = (1.0,) * 7

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.until - self.since).days + 1

    @property
    def elapsed(self) -> Floats:
        """Weight before the start of each day, of shape (days + 1,); on average a day weighs 1."""
        first = np.datetime64(self.since)
        dates = first + np.arange(self.days)
        month = dates.astype("datetime64[M]").astype(np.int64) % 12
        weekday = (dates.astype(np.int64) + 3) % 7  # 1 January 1970 was a Thursday
        weight = np.asarray(self.months)[month] * np.asarray(self.week)[weekday]
        weight /= np.asarray(self.months).mean() * np.asarray(self.week).mean()
        return np.concatenate(([0.0], np.cumsum(weight)))

    def recurring(
        self, rng: np.random.Generator, *, begin: Whole, end: Whole, per_day: Floats, hours: tuple[int, ...]
    ) -> tuple[Whole, Times]:
        """Things that befall each of n people at a steady rate from day `begin` to day `end`, exclusive.

        Returns whom (an index of shape (n_things,), ascending) and when.
        """
        elapsed = self.elapsed
        begin, end = np.clip(begin, 0, self.days), np.clip(end, 0, self.days)
        low, high = elapsed[begin], elapsed[np.maximum(begin, end)]
        counts = rng.poisson(per_day * (high - low))
        whom = np.repeat(np.arange(len(begin)), counts)
        at = low[whom] + rng.random(len(whom)) * (high - low)[whom]
        day = np.clip(np.searchsorted(elapsed, at, side="right") - 1, begin[whom], end[whom] - 1)
        when = self.moments(rng, day, hours)
        order = np.lexsort((when, whom))
        return whom[order], when[order]

    def moments(self, rng: np.random.Generator, day: Whole, hours: tuple[int, ...]) -> Times:
        """A local time on each `day`, at an hour drawn from the weights of the 24 `hours`.

        No hour of the night has a weight: times that summer time skips or repeats never occur.
        """
        midnight: Times = np.datetime64(self.since, "s") + day.astype("timedelta64[D]")
        return midnight + time_of_day(rng, len(day), hours)

    def day_of(self, on: date) -> int:
        """The number of the day `on`."""
        return (on - self.since).days


def time_of_day(rng: np.random.Generator, n: int, hours: tuple[int, ...]) -> Spans:
    """`n` times since midnight, as timedelta64[s]."""
    edges = np.cumsum(hours) / np.sum(hours)
    hour = np.searchsorted(edges, rng.random(n), side="right")
    spans: Spans = (hour * 3600 + rng.integers(0, 3600, n)).astype("timedelta64[s]")
    return spans


def later(moment: Times, days: Whole, rng: np.random.Generator, hours: tuple[int, ...]) -> Times:
    """A local time `days` days after each `moment`; never before it."""
    then = moment.astype("datetime64[D]").astype("datetime64[s]") + days.astype("timedelta64[D]")
    at: Times = np.maximum(then + time_of_day(rng, len(moment), hours), moment + np.timedelta64(60, "s"))
    return at


def months_before(until: date, months: int) -> date:
    """The first day of the span of `months` months that ends with `until`."""
    after = until + timedelta(days=1)
    count = after.year * 12 + after.month - 1 - months
    return date(count // 12, count % 12 + 1, min(after.day, 28))
