"""What the oracle is asked and answers, and how it reads a cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from tests.company import Cell

Row = dict[str, Cell]
Condition = Callable[[Row], bool | None]
FAR = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """A question as the oracle takes it: conditions are Python functions of a row."""

    measure: str
    by: tuple[str, ...] = ()
    over: str | None = None
    start: date | None = None
    end: date | None = None
    as_of: date | None = None
    where: Condition | None = None
    segment: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """What the oracle says of one group and period."""

    value: float | None
    n: int
    customers: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Span:
    """A period: its local dates and its instants."""

    first: date | None
    last: date
    start: datetime
    end: datetime

    @property
    def ref(self) -> datetime:
        return self.end if self.first is None else self.start


Answer = dict[tuple[tuple[object, ...], date | None], Figure]


def unit(row: Row) -> str:
    """The sampling unit: the customer, else the thread or visitor, else the row."""
    if row.get("customer_id") is not None:
        return f"customer {row['customer_id']}"
    is_said = "feedback_id" in row
    other = row.get("thread_id") if is_said else row.get("anonymous_id")
    if is_said and other is not None:
        other = f"{row['source']}/{other}"
    return (
        f"other {other}"
        if other is not None
        else f"row {row['source']}/{row.get('feedback_id') or row.get('activity_id')}"
    )


def response(row: Row) -> str:
    return f"{row['source']}/{row['thread_id'] or row['feedback_id']}"


def period_name(day: date, over: str) -> object:
    year, week, _ = day.isocalendar()
    return {
        "week": (year, week),
        "month": (day.year, day.month),
        "quarter": (day.year, (day.month - 1) // 3),
        "year": day.year,
    }[over]


def moment(row: Mapping[str, Cell], column: str) -> datetime:
    found = row[column]
    assert isinstance(found, datetime)
    return found


def spelt(label: object) -> str:
    return str(label).lower() if isinstance(label, bool) else str(label)


def number(cell: Cell) -> float | None:
    return None if cell is None else float(cell)  # type: ignore[arg-type]


def whole(cell: Cell) -> int:
    return int(cell)  # type: ignore[arg-type]
