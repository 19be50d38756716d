"""What a scorecard says: per objective a status, the readings behind it, and what customers said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from heedful.measures.results import DefinitionChange, Row
from heedful.scorecard.definition import Objective, Role
from heedful.scorecard.status import Status

__all__ = [
    "Change",
    "Direction",
    "Freshness",
    "ObjectiveResult",
    "Reading",
    "Role",
    "ScorecardResult",
    "Status",
    "Verbatim",
]

Direction = Literal["better", "worse", "up", "down", "no real change", "unknown"]


@dataclass(frozen=True, slots=True)
class Change:
    """A figure against an earlier one: `difference` with its 95 % interval, in the measure's unit, and Holm's p.

    `direction` is "no real change" unless the corrected p is below 0.05. A complete count has no interval; its p comes
    from its usual swing from period to period, and is None (direction "unknown") where too few periods show that.
    """

    since: date
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    direction: Direction


@dataclass(frozen=True, slots=True)
class Reading:
    """One measure of an objective: the figure now, its target, its way here."""

    role: Role
    measure: str
    title: str
    unit: str
    better: Literal["higher", "lower", "neither"]
    now: Row
    target: float | None
    target_by: date | None
    status: Status | None  # None where there is no target
    trend: tuple[Row, ...]  # one row a reporting period, oldest first
    change: Change | None
    changed: tuple[DefinitionChange, ...] = ()  # days on which it became another figure


@dataclass(frozen=True, slots=True)
class Verbatim:
    """The words of one feedback row."""

    key: str  # source/feedback_id
    text: str
    language: str | None
    channel: str
    said_on: date
    score: float | None


@dataclass(frozen=True, slots=True)
class ObjectiveResult:
    """One objective, judged."""

    objective: Objective
    status: Status
    status_since: date | None  # the period since which it has had this status
    say: Reading | None
    do: Reading | None
    kpi: Reading | None
    disagreement: str | None  # a sentence, where say and do stand on opposite sides
    tension: str | None  # a sentence, where the KPI improved while the customers' own measures worsened
    quotes: tuple[Verbatim, ...]
    segment: str  # "all" or a description such as "country LV"
    unknown: tuple[str, ...]  # sentences: what is not known about this objective, and why


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the data of one source reach."""

    source: str
    rows: int
    data_until: datetime | None


@dataclass(frozen=True, slots=True)
class ScorecardResult:
    """A whole scorecard as of a day (the end of it, in the workspace's zone)."""

    company: str
    unit: str
    as_of: date
    objectives: tuple[ObjectiveResult, ...]
    competes_for: tuple[tuple[str, str], ...]  # (segment, why they choose us)
    sources: tuple[Freshness, ...]
    notes: tuple[str, ...]  # sentences that qualify the whole
