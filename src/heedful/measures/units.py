"""units.yaml: where each shop, branch or team belongs, and how figures roll up from them.

A level (region, shop, …) groups like a column: `by="region"` gives each row the region that its unit lies in. The
hierarchy goes into the query as inline values, so that the customers of a region are counted once however many of its
shops they use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from pydantic import Field, field_validator
from sqlglot import exp

from heedful.definitions import Definition, Document, read_yaml, validate
from heedful.errors import DefinitionError, Problem, did_you_mean
from heedful.measures.sql import select
from heedful.streams.engine import Engine
from heedful.streams.schema import ACTIVITY, FEEDBACK

UNITS_FILE = "units.yaml"
TEAM = "team"
"""The one level that may bear the name of a column: its units are what the column `team` of activity holds."""


_TAKEN: Mapping[str, str] = {
    **dict.fromkeys((*FEEDBACK.columns, *ACTIVITY.columns), "a column of the streams"),
    **dict.fromkeys(("acquired_at", "acquired_through"), "something known of every customer"),
}
"""Names that no level can bear in any workspace."""


class Unit(Definition):
    """One unit: its level, and the unit that it lies in (nothing for one right under the company)."""

    level: str = Field(min_length=1, description="one of `levels`")
    within: str | None = Field(None, alias="in", description="the unit of a higher level that it lies in")
    title: str | None = Field(None, description="its name for readers; by default the name that the data use")


class UnitFile(Definition):
    """units.yaml: the levels under the company, from the highest to the lowest, and the units of each."""

    levels: tuple[str, ...] = Field(description="from the highest to the lowest, such as [region, shop]")
    units: dict[str, Unit] = Field(description="units by the name that the data use in the column `unit`")

    @field_validator("levels")
    @classmethod
    def _check_levels(cls, levels: tuple[str, ...]) -> tuple[str, ...]:
        if not levels:
            raise ValueError("a hierarchy needs at least one level; write levels: [region, shop].")
        twice = next((name for name in levels if levels.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f'the level "{twice}" stands twice; each level has a name of its own.')
        wrong = next((name for name in levels if not name.isidentifier() or name != name.lower()), None)
        if wrong is not None:
            raise ValueError(f'the level "{wrong}" has to be lower_snake_case, such as region.')
        return levels


class Hierarchy:
    """A checked units.yaml."""

    def __init__(self, file: UnitFile) -> None:
        self.levels, self.units = file.levels, file.units

    def labels(self, level: str) -> tuple[str, ...]:
        """The units of a level, in the order of the file."""
        return tuple(name for name, unit in self.units.items() if unit.level == level)

    def title(self, unit: str) -> str:
        """The name of a unit for readers; a unit that is not declared bears its own."""
        return (self.units[unit].title if unit in self.units else None) or unit

    def place(self, unit: str) -> Mapping[str, str]:
        """The unit of each level that `unit` lies in, itself included; nothing for one that is not declared."""
        return self._places.get(unit, {})

    @cached_property
    def _places(self) -> Mapping[str, Mapping[str, str]]:
        return {name: {self.units[each].level: each for each in _upwards(name, self.units)} for name in self.units}

    def rows(self, levels: Sequence[str]) -> exp.Select:
        """The relation `(unit, <levels…>)` as inline values: the units that lie in any of `levels`."""
        wanted = {unit: place for unit, place in self._places.items() if any(level in place for level in levels)}
        rows = [
            exp.Tuple(expressions=[_text(unit), *(_text(place.get(level)) for level in levels)])
            for unit, place in wanted.items()
        ] or [exp.Tuple(expressions=[_text(None)] * (len(levels) + 1))]
        columns = [exp.to_identifier(name) for name in ("unit", *levels)]
        values = exp.Values(expressions=rows, alias=exp.TableAlias(this=exp.to_identifier("places"), columns=columns))
        return select("select * from t").from_(values, copy=False)


def load_units(path: Path, taken: Mapping[str, str]) -> Hierarchy | None:
    """The hierarchy of the file at `path`, None where it does not exist. Raises `DefinitionError`.

    `taken` says, by name, what else of the workspace groups already, so that no level can bear the name.
    """
    if not path.exists():
        return None
    document = read_yaml(path)
    file = validate(document, UnitFile)
    problems = [*_unfit_levels(document, file, {**_TAKEN, **taken}), *_unfit_units(document, file)]
    if problems:
        raise DefinitionError(problems)
    return Hierarchy(file)


def undeclared_units(engine: Engine, units: Hierarchy, path: Path) -> list[str]:
    """A sentence for each unit that the data hold and the file at `path` does not: its rows miss every roll-up."""
    held = engine.query(
        "select unit, count(*) as k from (select unit from feedback union all select unit from activity) as every "
        "where unit is not null group by unit order by unit"
    ).to_pylist()
    return [
        f'{path} does not know the unit "{row["unit"]}" of {row["k"]:,} rows, so that they roll up nowhere.'
        f"{did_you_mean(row['unit'], units.units)} Declare it under units, or mend the source's mapping."
        for row in held
        if row["unit"] not in units.units
    ]


def _unfit_levels(document: Document, file: UnitFile, taken: Mapping[str, str]) -> Iterator[Problem]:
    for place, level in enumerate(file.levels):
        if level in taken and level != TEAM:
            yield document.problem(
                ("levels", place), f'the level "{level}" bears the name of {taken[level]}; rename it.'
            )


def _unfit_units(document: Document, file: UnitFile) -> Iterator[Problem]:
    circles = _circles(file.units)
    for name, unit in file.units.items():
        if unit.level not in file.levels:
            tail = did_you_mean(unit.level, file.levels) or f" Levels: {', '.join(file.levels)}."
            yield document.problem(("units", name, "level"), f'there is no level "{unit.level}".{tail}')
        if name in circles:
            if circles[name][0] == name:
                way = " in ".join(f'"{each}"' for each in circles[name])
                yield document.problem(("units", name, "in"), f"this goes round in a circle: {way}.")
        elif unit.within is not None and (wrong := _unfit_parent(name, unit, unit.within, file)):
            yield document.problem(("units", name, "in"), wrong)


def _unfit_parent(name: str, unit: Unit, within: str, file: UnitFile) -> str | None:
    if within not in file.units:
        tail = did_you_mean(within, [other for other in file.units if other != name])
        return f'"{name}" lies in "{within}", which is no unit of this file.{tail} Declare it under units.'
    depth = {level: place for place, level in enumerate(file.levels)}
    above = file.units[within].level
    if unit.level not in depth or above not in depth or depth[above] < depth[unit.level]:
        return None
    higher = file.levels[: depth[unit.level]]
    mend = f"A {unit.level} lies in a unit of: {', '.join(higher)}." if higher else "It is of the highest level."
    return f'"{name}" ({unit.level}) lies in "{within}" ({above}), which is not of a higher level. {mend}'


def _circles(units: Mapping[str, Unit]) -> Mapping[str, Sequence[str]]:
    """The units that lie in a circle, each with the way round from the first of them in the file back to it."""
    found: dict[str, Sequence[str]] = {}
    for name in units:
        way = list(_upwards(name, units))
        if units[way[-1]].within == name and name not in found:
            found |= {each: [*way, name] for each in way}
    return found


def _upwards(name: str, units: Mapping[str, Unit]) -> Iterator[str]:
    """`name` and the units that it lies in, upwards; stops before one that it has passed or that is not declared."""
    passed: set[str] = set()
    at: str | None = name
    while at is not None and at in units and at not in passed:
        passed.add(at)
        yield at
        at = units[at].within


def _text(value: str | None) -> exp.Expr:
    return exp.cast(exp.null(), "varchar") if value is None else exp.Literal.string(value)
