"""Reporting periods: local calendar spans as half-open instants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from heedful.measures.question import Over


@dataclass(frozen=True, slots=True)
class Period:
    """A span from `start` to before `end` (UTC instants); `start` None reaches back without bound.

    `first` and `last` are its local dates, both inclusive.
    """

    first: date | None
    last: date | None
    start: datetime | None
    end: datetime


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the local `day` begins, in UTC; where the zone skips midnight, the first one after it."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The local date of `instant`."""
    return instant.astimezone(zone).date()


def period_start(day: date, over: Over) -> date:
    """The first day of the period that holds `day`; weeks begin on Monday (ISO 8601)."""
    match over:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case "year":
            return day.replace(month=1, day=1)


def next_period(first: date, over: Over) -> date:
    """The first day of the period after the one that begins on `first`."""
    match over:
        case "week":
            return first + timedelta(days=7)
        case "month":
            return (first + timedelta(days=31)).replace(day=1)
        case "quarter":
            return (first + timedelta(days=93)).replace(day=1)
        case "year":
            return first.replace(year=first.year + 1)


def _starts(start: date, end: date, over: Over) -> Iterator[date]:
    first = period_start(start, over)
    while first <= end:
        yield first
        first = next_period(first, over)


def grid(start: date, end: date, over: Over, zone: ZoneInfo) -> tuple[Period, ...]:
    """The periods that meet the days from `start` to `end`, whole ones, but cut at `start` and `end` themselves."""
    periods = []
    for first in _starts(start, end, over):
        last = next_period(first, over) - timedelta(days=1)
        cut_first, cut_last = max(first, start), min(last, end)
        periods.append(
            Period(cut_first, cut_last, midnight(cut_first, zone), midnight(cut_last + timedelta(days=1), zone))
        )
    return tuple(periods)


def span(start: date | None, end: date, zone: ZoneInfo) -> Period:
    """One period from `start` (None: without bound) to the end of the day `end`."""
    return Period(start, end, midnight(start, zone) if start else None, midnight(end + timedelta(days=1), zone))
