"""What is asked of a measure, and what answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from heedful.measures.results import DefinitionChange, Result

Over = Literal["week", "month", "quarter", "year"]
Better = Literal["higher", "lower", "neither"]
Stream = Literal["feedback", "activity", "customers", "market"]
Scalar = str | float | int | bool


@dataclass(frozen=True, slots=True)
class Question:
    """One question to one measure.

    `by` names columns of the stream, attributes of customers, or segmentations. `start`, `end` and `as_of` are local
    dates; `end` and `as_of` include that whole day. Nothing that happened after `as_of` is looked at; None means as far
    as the data reach. `where` is a condition in the documented subset of SQL. `segment` maps a segmentation, attribute
    or column to the one value that is meant; `outside` to the one that is left out.
    """

    measure: str
    by: tuple[str, ...] = ()
    over: Over | None = None
    start: date | None = None
    end: date | None = None
    as_of: date | None = None
    where: str | None = None
    segment: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MeasureInfo:
    """What a reader has to know of a measure before using it.

    `kind` says whether it is what the company wants (kpi) or what its customers want (cpi); None for neither.
    `bounds` are the lowest and highest possible values, None where there is none. `changed` says when its definition
    became another one.
    """

    name: str
    title: str
    unit: str
    better: Better
    stream: Stream
    kind: Literal["kpi", "cpi"] | None = None
    voice: str | None = None
    outcome: Literal["functional", "emotional", "social"] | None = None
    bounds: tuple[float | None, float | None] = (None, None)
    changed: tuple[DefinitionChange, ...] = ()


class Answers(Protocol):
    """Whatever answers questions: the runner over a lake, or a warehouse."""

    def answer(self, question: Question) -> Result:
        """The figures. Raises `InputError` for a question that cannot be put."""
        ...

    def info(self, name: str) -> MeasureInfo:
        """What is known of the measure `name`. Raises `UnknownNameError`."""
        ...
