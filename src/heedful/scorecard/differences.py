"""Two sets of definitions over the same data: which figures are others now, and which words of which file did it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import pyarrow as pa

from heedful.definitions import Loc
from heedful.errors import HeedfulError, UnknownNameError
from heedful.measures.question import Answers, Question
from heedful.measures.registry import Catalogue, Measure
from heedful.measures.results import Row
from heedful.measures.setting import Setting
from heedful.scorecard.definition import Scorecard
from heedful.scorecard.evaluate import evaluate
from heedful.scorecard.results import Reading

_SIZE = "customer_base"
"""What shows that a group of customers has others in it now."""
_WORDS_ONLY = frozenset(
    {"title", "about", "voice", "outcome", "changed", "owner", "initiatives", "quotes", "competes_for", "benchmark"}
)
"""Fields that change what is read, and no figure."""


@dataclass(frozen=True)
class Side:
    """One set of definitions, and what answers by them. `files` holds each file's plain data by its name."""

    files: Mapping[str, object]
    setting: Setting
    measures: Catalogue
    scorecard: Scorecard | None
    answers: Answers


@dataclass(frozen=True, slots=True)
class Edit:
    """One piece of one file that is another one now; None where it is not there."""

    file: str
    at: Loc
    before: object
    after: object

    def __str__(self) -> str:
        place = ": ".join(map(str, self.at))
        return f"{self.file}: {place} was {_spelt(self.before)}, is {_spelt(self.after)}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure by one set of definitions; `problem` says why it cannot be had."""

    row: Row | None
    target: float | None = None
    status: str | None = None
    earlier: tuple[Row, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure that is another one now. None on the side whose definitions do not have it."""

    figure: str
    before: Figure | None
    after: Figure | None
    why: tuple[Edit, ...]

    @property
    def is_earlier_only(self) -> bool:
        """Whether the figure of now is the same, and those of earlier periods are not."""
        was, now = self.before, self.after
        return was is not None and now is not None and _same(replace(was, earlier=()), replace(now, earlier=()))


@dataclass(frozen=True)
class Differences(Sequence[Moved]):
    """The figures that moved; `idle` are the edits that moved none of the figures looked at."""

    rows: tuple[Moved, ...]
    idle: tuple[Edit, ...]
    notes: tuple[str, ...] = ()

    def __getitem__(self, index: Any) -> Any:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def to_arrow(self) -> pa.Table:
        """A row for each figure that moved: before and after with interval and target, and why."""
        columns: dict[str, pa.Array] = {"figure": pa.array([m.figure for m in self.rows], pa.string())}
        for name in ("before", "after"):
            sides: list[Figure | None] = [getattr(m, name) for m in self.rows]
            rows = [side.row if side else None for side in sides]
            for part in ("value", "low", "high"):
                label = name if part == "value" else f"{name}_{part}"
                columns[label] = pa.array([getattr(row, part) if row else None for row in rows], pa.float64())
            columns[f"{name}_n"] = pa.array([row.n if row else None for row in rows], pa.int64())
            columns[f"{name}_target"] = pa.array([side.target if side else None for side in sides], pa.float64())
            columns[f"{name}_status"] = pa.array([side.status if side else None for side in sides], pa.string())
        columns["why"] = pa.array(["\n".join(map(str, m.why)) for m in self.rows], pa.string())
        return pa.table(columns)


def differences(before: Side, after: Side, *, as_of: date) -> Differences:
    """The figures of the scorecard, and those of measures and groups whose definition changed, that moved."""
    edits = tuple(edits_between(before.files, after.files))
    figures = [_scorecard_figures(side, as_of) for side in (before, after)]
    names = _touched(before, after, edits)
    for side, found in zip((before, after), figures, strict=True):
        found.update(_other_figures(side, names, as_of))
    moved = []
    for name in dict.fromkeys([*figures[1], *figures[0]]):
        was, now = figures[0].get(name), figures[1].get(name)
        if not _same(was, now):
            moved.append(Moved(_label(name), was, now, tuple(e for e in edits if _concerns(e, name, before, after))))
    causes = {id(edit) for one in moved for edit in one.why}
    idle = tuple(e for e in edits if id(e) not in causes and not e.file.startswith("sources/"))
    pulled = sorted({e.file for e in edits if e.file.startswith("sources/")})
    notes = [f"{', '.join(pulled)} changed too: what that moves shows after the next heedful pull."] if pulled else []
    return Differences(tuple(moved), idle, tuple(notes))


def edits_between(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Edit]:
    """Every piece that differs, innermost mappings opened; objectives are told apart by what they say."""
    for file in sorted({*before, *after}):
        yield from _edits(file, (), _by_voice(before.get(file)), _by_voice(after.get(file)))


def _edits(file: str, at: Loc, before: object, after: object) -> Iterator[Edit]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from _edits(file, (*at, key), before.get(key), after.get(key))
    elif before != after:
        yield Edit(file, at, before, after)


def _by_voice(data: object) -> object:
    if not isinstance(data, Mapping):
        return {} if data is None else data
    objectives = data.get("objectives")
    if not isinstance(objectives, list) or not all(isinstance(o, Mapping) for o in objectives):
        return data
    return {**data, "objectives": {str(o.get("voice")): o for o in objectives}}


Name = tuple[str, ...]
"""What a figure is: ("objective", voice, role, measure), ("measure", name) or ("group", segmentation, label)."""


def _scorecard_figures(side: Side, as_of: date) -> dict[Name, Figure]:
    found: dict[Name, Figure] = {}
    for objective in side.scorecard.objectives if side.scorecard else ():
        alone = side.scorecard.model_copy(update={"objectives": (objective,)}) if side.scorecard else None
        names = [(role, spec.measure) for role, spec in objective.readings()]
        try:
            (result,) = evaluate(alone, side.answers, company="", as_of=as_of).objectives if alone else ()
        except HeedfulError as error:
            # One objective that today's data cannot answer must not hide what became of the others.
            found |= {("objective", objective.voice, r, m): Figure(None, problem=str(error)) for r, m in names}
            continue
        readings = {"say": result.say, "do": result.do, "kpi": result.kpi}
        for role, name in names:
            found["objective", objective.voice, role, name] = _figure(readings[role])
    return found


def _figure(reading: Reading | None) -> Figure:
    if reading is None:
        return Figure(None)
    status = str(reading.status) if reading.status is not None else None
    return Figure(reading.now, reading.target, status, reading.trend)


def _touched(before: Side, after: Side, edits: Sequence[Edit]) -> tuple[Name, ...]:
    """The measures and groups whose own definition changed; all own measures where what holds for all of them did."""
    everywhere = any(edit.file in ("heedful.yaml", "weights.yaml") for edit in edits)
    found: list[Name] = []
    for name in dict.fromkeys([*after.measures, *before.measures]):
        was, now = (_measure(side, name) for side in (before, after))
        own = (was is not None and was.own) or (now is not None and now.own)
        if own and (everywhere or was is None or now is None or _bare(was) != _bare(now)):
            found.append(("measure", name))
    groups = {str(edit.at[0]) for edit in edits if edit.file == "segments.yaml" and edit.at}
    if any(edit.file == "units.yaml" for edit in edits):
        groups |= {level for side in (before, after) if side.setting.units for level in side.setting.units.levels}
    return (*found, *(("group", name) for name in sorted(groups)))


def _measure(side: Side, name: str) -> Measure | None:
    try:
        return side.measures[name]
    except UnknownNameError:
        return None


def _bare(measure: Measure) -> Measure:
    """The measure without its words."""
    return replace(measure, title="", about="", source="", voice=None, outcome=None, changed=())


def _other_figures(side: Side, names: Iterable[Name], as_of: date) -> Mapping[Name, Figure]:
    found: dict[Name, Figure] = {}
    for kind, name in names:
        units = side.setting.units
        known = name in side.measures if kind == "measure" else name in side.setting.segmentations
        if not known and not (kind == "group" and units is not None and name in units.levels):
            continue
        question = Question(_SIZE, by=(name,), as_of=as_of) if kind == "group" else Question(name, as_of=as_of)
        try:
            result = side.answers.answer(question)
        except HeedfulError as error:
            found[kind, name] = Figure(None, problem=str(error))
            continue
        for row in result:
            labels = ["none" if row.by[by] is None else str(row.by[by]) for by in result.by]
            found[(kind, name, *labels)] = Figure(row)
    return found


def _same(was: Figure | None, now: Figure | None) -> bool:
    if was is None or now is None:
        return was is now
    if (was.target, was.status, was.problem) != (now.target, now.status, now.problem):
        return False
    return (
        _alike(was.row, now.row) and len(was.earlier) == len(now.earlier) and all(map(_alike, was.earlier, now.earlier))
    )


def _alike(was: Row | None, now: Row | None) -> bool:
    """Whether two rows say the same. Sums of the same numbers in another order differ in their last digits."""
    if was is None or now is None:
        return was is now
    for part in fields(Row):
        one, other = getattr(was, part.name), getattr(now, part.name)
        if isinstance(one, float) and isinstance(other, float):
            if not math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12):
                return False
        elif part.name != "by" and one != other:
            return False
    return True


def _concerns(edit: Edit, name: Name, before: Side, after: Side) -> bool:
    """Whether a figure may rest on the piece that was edited."""
    if edit.at and str(edit.at[-1]) in _WORDS_ONLY:
        return False
    groups = _groups_of(name, before, after)
    match edit.file:
        case "heedful.yaml":
            bears = edit.at[:1] != ("version",)
        case "weights.yaml":
            bears = name[0] != "group"
        case "measures.yaml":
            bears = name[0] != "group" and edit.at[:1] == (name[-1] if name[0] == "objective" else name[1],)
        case "segments.yaml":
            bears = bool(edit.at) and str(edit.at[0]) in groups
        case "units.yaml":
            units = [side.setting.units for side in (before, after)]
            bears = any(level in groups for each in units if each is not None for level in each.levels)
        case "scorecard.yaml":
            bears = name[0] == "objective" and edit.at[:2] == ("objectives", name[1]) and _is_of(edit.at[2:], name[2])
        case _:
            bears = False
    return bears


def _is_of(rest: Loc, role: str) -> bool:
    """Whether a piece of an objective bears on the measure in that role: its own, or what all three share."""
    return not rest or rest[0] == role or rest[0] not in ("say", "do", "kpi")


def _groups_of(name: Name, before: Side, after: Side) -> set[str]:
    if name[0] == "group":
        return {name[1]}
    objectives = [o for side in (before, after) if side.scorecard for o in side.scorecard.objectives]
    return {group for o in objectives if name[0] == "objective" and o.voice == name[1] for group in o.segment}


def _label(name: Name) -> str:
    match name:
        case ("objective", voice, role, measure):
            return f'"{voice}", {role}: {measure}'
        case ("group", group, *labels):
            return f"{_SIZE} by {group}{': ' if labels else ''}{', '.join(labels)}"
        case _:
            return ", ".join(name[1:])


def _spelt(piece: object) -> str:
    if piece is None:
        return "not there"
    text = f'"{piece}"' if isinstance(piece, str) else str(piece)
    return text if len(text) <= 120 else f"{text[:117]}…"
