"""What scorecard.yaml may say, and the checks of it that need the measures and segments of the workspace."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from heedful.definitions import Definition, Document, Loc, read_yaml, validate
from heedful.errors import Problem, UnknownNameError, did_you_mean
from heedful.measures.own import Changed
from heedful.measures.question import MeasureInfo, Over, Scalar

Attribute = Literal[
    "price", "quality", "availability", "selection", "functionality", "service", "partnership", "brand",
]  # fmt: skip
"""What a customer can value in an offer, after Kaplan and Norton (2004), Strategy Maps, chapter 2."""

ATTRIBUTES: tuple[Attribute, ...] = get_args(Attribute)
Role = Literal["say", "do", "kpi"]
ROLES: tuple[Role, ...] = get_args(Role)
Text = Annotated[str, Field(min_length=1)]
SegmentValue = Annotated[str, Field(coerce_numbers_to_str=True)]


class DatedTarget(Definition):
    """A target and the last day on which it is the one to reach."""

    value: float
    by: dt.date


def _target_kind(target: object) -> str:
    return "dates" if isinstance(target, list | tuple) else "number"


Targets = Annotated[
    Annotated[float, Tag("number")] | Annotated[tuple[DatedTarget, ...], Tag("dates")], Discriminator(_target_kind)
]


class ReadingSpec(Definition):
    """One measure of an objective: what to ask, and what the answer should be.

    `over` is the period that each figure covers, and so the one that `target` is meant for; the scorecard's own
    unless it is stated here.
    """

    measure: Text
    where: str | None = None
    params: Mapping[str, Scalar] = Field(default_factory=dict)
    target: Targets | None = None
    by: dt.date | None = None
    over: Over | None = None

    @model_validator(mode="after")
    def _check_dates(self) -> Self:
        if isinstance(self.target, tuple):
            if not self.target:
                raise ValueError("this list of targets is empty; write `target: 0.95`, or a value and a date for each")
            if self.by is not None:
                raise ValueError("`by` belongs to a single target; here each target in the list has its own")
            days = [t.by for t in self.target]
            if days != sorted(set(days)):
                raise ValueError("the targets have to follow each other by date, each date once")
        elif self.by is not None and self.target is None:
            raise ValueError("`by` says until when a target is to be reached, but there is no `target`")
        return self

    @property
    def targets(self) -> tuple[float, ...]:
        """All values that are ever aimed at."""
        if self.target is None:
            return ()
        return (self.target,) if isinstance(self.target, float) else tuple(t.value for t in self.target)

    def target_on(self, day: dt.date) -> tuple[float | None, dt.date | None]:
        """The target that holds on `day`, and by when it is to be reached.

        Of several dated targets the next one due; once the last is due, it goes on holding.
        """
        if self.target is None or isinstance(self.target, float):
            return self.target, self.by
        due = next((t for t in self.target if day <= t.by), self.target[-1])
        return due.value, due.by


class Benchmark(Definition):
    """What others reach: a figure comparable with the objective's measure `of`, its base, and who says so."""

    value: float
    of: Role = "do"
    base: Annotated[int, Field(gt=0)] | None = None
    source: Text
    date: dt.date


def _reading_kind(kpi: object) -> str:
    return "name" if isinstance(kpi, str) else "reading"


Paired = Annotated[Annotated[Text, Tag("name")] | Annotated[ReadingSpec, Tag("reading")], Discriminator(_reading_kind)]


class Objective(Definition):
    """One objective, as a customer would say it."""

    voice: Text
    attribute: Attribute | None = None
    segment: Mapping[str, SegmentValue] = Field(default_factory=dict)
    say: ReadingSpec | None = None
    do: ReadingSpec | None = None
    kpi: Paired | None = None
    owner: str | None = None
    initiatives: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    benchmark: Benchmark | None = None
    changed: tuple[Changed, ...] = Field(default=(), description="when its measures became other ones, and how")

    @field_validator("quotes")
    @classmethod
    def _check_quotes(cls, quotes: tuple[str, ...]) -> tuple[str, ...]:
        for quote in quotes:
            if not re.fullmatch(r"[^/\s]+/\S+", quote):
                raise ValueError(
                    f'"{quote:.60}" is not the key of a verbatim. Quotes stand here by key, such as reviews/7213 '
                    "(source/feedback_id), so that an erased customer's words go with them"
                )
        return quotes

    def reading(self, role: Role) -> ReadingSpec | None:
        """The spec of the measure in `role`; a KPI given by name alone becomes a spec without a target."""
        if role == "kpi":
            return ReadingSpec(measure=self.kpi) if isinstance(self.kpi, str) else self.kpi
        return self.say if role == "say" else self.do

    def readings(self) -> Iterator[tuple[Role, ReadingSpec]]:
        """The measures that the objective has, say first."""
        for role in ROLES:
            if spec := self.reading(role):
                yield role, spec


class Scorecard(Definition):
    """A business unit, whom it competes for and why they choose it, and its objectives."""

    unit: Text
    competes_for: Mapping[str, str] = Field(default_factory=dict)
    objectives: tuple[Objective, ...]

    @field_validator("objectives")
    @classmethod
    def _check_any(cls, objectives: tuple[Objective, ...]) -> tuple[Objective, ...]:
        if not objectives:
            raise ValueError("a scorecard needs at least one objective; begin with `- voice:` and a customer's words")
        return objectives


def load_scorecard(path: Path) -> tuple[Scorecard, Document]:
    """The scorecard at `path` with the lines of its pieces. Raises `DefinitionError` with every problem found."""
    document = read_yaml(path)
    return validate(document, Scorecard), document


def check_scorecard(
    scorecard: Scorecard,
    document: Document,
    *,
    info: Callable[[str], MeasureInfo],
    segments: Mapping[str, Collection[str] | None],
    check_where: Callable[[str, str], str | None] | None = None,
    check_params: Callable[[str, Mapping[str, Scalar]], str | None] | None = None,
) -> list[Problem]:
    """What does not fit the workspace's measures and segments.

    `info` raises `UnknownNameError`, as `Answers.info` does. `segments` maps whatever an objective's `segment` may
    name (segmentations, attributes, columns) to its values, None where any value may occur. `check_where` gets a
    measure and a condition and says what is wrong with it, None if nothing is; `check_params` does so for parameters.
    """
    check = _Check(document, info, segments, check_where, check_params)
    found = list(check.repeated(scorecard.objectives))
    for place, objective in enumerate(scorecard.objectives):
        found += check.objective(("objectives", place), objective)
    return found


@dataclass(frozen=True)
class _Check:
    document: Document
    info: Callable[[str], MeasureInfo]
    segments: Mapping[str, Collection[str] | None]
    check_where: Callable[[str, str], str | None] | None
    check_params: Callable[[str, Mapping[str, Scalar]], str | None] | None

    def repeated(self, objectives: tuple[Objective, ...]) -> Iterator[Problem]:
        first: dict[str, int] = {}
        for place, objective in enumerate(objectives):
            words = re.sub(r"\W+", " ", objective.voice.casefold()).strip()
            if words in first:
                line, _ = self.document.lines.get(("objectives", first[words], "voice"), (0, 0))
                yield self.document.problem(
                    ("objectives", place, "voice"),
                    f'objective "{objective.voice}" stands here a second time; first in line {line}. '
                    "Merge the two, or say what makes this one different.",
                )
            first.setdefault(words, place)

    def objective(self, loc: Loc, objective: Objective) -> Iterator[Problem]:
        yield from self._segment(loc, objective)
        for role, spec in objective.readings():
            bare = isinstance(objective.kpi, str) and role == "kpi"
            at = (*loc, role) if bare else (*loc, role, "measure")
            try:
                info = self.info(spec.measure)
            except UnknownNameError as error:
                tail = did_you_mean(spec.measure, error.known, listed_by="heedful measures")
                yield self.document.problem(
                    at, f'objective "{objective.voice}" uses measure "{spec.measure}", which does not exist.{tail}'
                )
                continue
            if wrong := _misplaced(role, info):
                yield self.document.problem(at, wrong)
            yield from self._targets((*loc, role), spec, info)
            if spec.where and self.check_where and (unfit := self.check_where(spec.measure, spec.where)):
                yield self.document.problem((*loc, role, "where"), unfit)
            if spec.params and self.check_params and (unfit := self.check_params(spec.measure, spec.params)):
                yield self.document.problem((*loc, role, "params", *list(spec.params)[:1]), unfit)
        if objective.benchmark and objective.reading(objective.benchmark.of) is None:
            yield self.document.problem(
                (*loc, "benchmark"),
                f"the benchmark is one of the {objective.benchmark.of} measure, which this objective does not have. "
                "Say which it belongs to: `of: say`, `of: do` or `of: kpi`.",
            )

    def _segment(self, loc: Loc, objective: Objective) -> Iterator[Problem]:
        for name, value in objective.segment.items():
            if name not in self.segments:
                tail = did_you_mean(name, self.segments) or f" There are: {', '.join(sorted(self.segments)) or 'none'}."
                yield self.document.problem(
                    (*loc, "segment", name),
                    f'objective "{objective.voice}" is for the segment "{name}: {value}", but there is no segmentation '
                    f'or attribute "{name}".{tail} Declare it in segments.yaml.',
                )
            elif (known := self.segments[name]) is not None and value not in known:
                tail = did_you_mean(value, known) or f" There are: {', '.join(sorted(known)) or 'none'}."
                yield self.document.problem(
                    (*loc, "segment", name), f'the segmentation "{name}" has no segment "{value}".{tail}'
                )

    def _targets(self, loc: Loc, spec: ReadingSpec, info: MeasureInfo) -> Iterator[Problem]:
        if not spec.targets:
            return
        at = (*loc, "target")
        if info.better == "neither":
            yield self.document.problem(
                at,
                f'"{info.name}" has no better side: neither more nor less of it is good in itself, so it cannot have '
                "a target. Take a measure that is better higher or lower (heedful measures lists both).",
            )
        low, high = info.bounds
        for place, value in enumerate(spec.targets):
            if (low is not None and value < low) or (high is not None and value > high):
                here = (*at, place, "value") if isinstance(spec.target, tuple) else at
                yield self.document.problem(here, _out_of_range(info, value))


def _out_of_range(info: MeasureInfo, value: float) -> str:
    low, high = info.bounds
    ends = f"{low:g} to {high:g}" if low is not None and high is not None else ""
    ends = ends or (f"{low:g} upwards" if low is not None else f"{high:g} downwards")
    hint = f" Percent are written as shares: {value / 100:g} for {value:g} %." if high == 1 and 1 < value <= 100 else ""
    return f'the target {value:g} cannot be reached: "{info.name}" runs from {ends}.{hint}'


def _misplaced(role: Role, info: MeasureInfo) -> str:
    if role == "say" and info.stream != "feedback":
        return (
            f'"{info.name}" is no say measure: it reads {info.stream}, not what customers say. Put it under `do`, and '
            "under `say` a measure of feedback such as csat."
        )
    if role == "do" and info.stream not in {"activity", "customers"}:
        return (
            f'"{info.name}" is no do measure: it reads {info.stream}, not what customers do or what is done for them. '
            "Under `do` goes a measure of activity such as on_time_rate or repeat_rate."
        )
    if role == "kpi" and info.kind != "kpi":
        kind = "a CPI, which customers care about" if info.kind == "cpi" else "not declared as one"
        return (
            f'"{info.name}" is no KPI: it is {kind}. Under `kpi` goes what the company wants for itself, such as '
            "revenue, or a measure of your own with `kind: kpi` in measures.yaml."
        )
    return ""
