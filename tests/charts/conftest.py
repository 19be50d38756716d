"""Readings to draw."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from heedful.measures.results import Result, Row
from heedful.scorecard.results import Reading, Status


def month(i: int) -> date:
    return date(2025 + (9 + i) // 12, (9 + i) % 12 + 1, 1)


def figure(value: float | None, half: float | None, first: date, *, unit: str = "share", country: str = "") -> Row:
    known = value is not None and half is not None
    return Row(
        "csat", "all", {"country": country} if country else {}, first, first.replace(day=28),
        value, value - half if known and value and half else None, value + half if known and value and half else None,
        500, 400, 380.0 if known else None, unit, None if half or value is None else "complete",
        None if value is not None else "no_answers",
    )  # fmt: skip


@pytest.fixture
def say() -> Reading:
    values = [0.84, 0.83, 0.80, None, 0.75, None, 0.72, 0.71]
    trend = tuple(figure(v, 0.05, month(i)) for i, v in enumerate(values))
    return Reading(
        "say", "csat", "Delivery CSAT", "share", "higher", trend[-1], 0.85, None, Status.MISSED, trend, None
    )  # fmt: skip


@pytest.fixture
def do() -> Reading:
    trend = tuple(figure(0.95 - i / 200, 0.0065, month(i)) for i in range(8))
    return Reading(
        "do", "on_time_rate", "Promise kept", "share", "higher", trend[-1], 0.95, None, Status.MISSED, trend, None
    )  # fmt: skip


@pytest.fixture
def wait() -> Reading:
    """A waiting time of which no upper bound is known."""
    trend = tuple(replace(figure(3.0, 0.5, month(i), unit="days"), high=math.inf) for i in range(3))
    return Reading(
        "do", "time_to_value", "Time to value", "days", "lower", trend[-1], 2.0, None, Status.MISSED, trend, None
    )  # fmt: skip


@pytest.fixture
def by_country() -> Result:
    rows = tuple(
        figure(v, h, month(0), country=c) for c, v, h in [("all", 0.7, 0.01), ("LV", 0.71, 0.02), ("EE", None, None)]
    )
    return Result("csat", "Customer satisfaction", rows, by=("country",))


@pytest.fixture
def revenue_by_country() -> Result:
    rows = tuple(figure(v, None, month(0), unit="EUR", country=c) for c, v in [("LV", 1_085_334.73), ("LT", 680_000.0)])
    return Result("revenue", "Revenue", rows, by=("country",))


@pytest.fixture
def over_months() -> Result:
    rows = tuple(figure(0.7 + i / 50, 0.05, month(i), country=c) for c in ("LV", "LT", "EE") for i in range(5))
    return Result("csat", "Customer satisfaction", rows, by=("country",), over="month")
