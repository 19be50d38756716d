"""How measures come in: by one call, the same for ours, for a plug-in's and for a workspace's own."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Literal

from heedful.errors import InputError, UnknownNameError
from heedful.measures.question import Better, MeasureInfo, Scalar, Stream
from heedful.measures.results import DefinitionChange
from heedful.measures.statistic import Statistic

ENTRY_POINTS = "heedful.measures"
LISTED_BY = "heedful measures"

_registered: dict[str, Measure] = {}


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a measure: its default, what it means, and the bounds of a number (inclusive)."""

    default: Scalar | None
    meaning: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure as declared.

    `relation` names the rows that it looks at: a stream, or one derived from the streams (see `relations.py`).
    `where` keeps rows of it; `source` cites where the definition comes from. `event` is the condition on activity that
    the relations `at_risk` and `first_values` wait for.
    """

    name: str
    title: str
    stream: Stream
    statistic: Statistic
    better: Better
    unit: str
    about: str = ""
    source: str = ""
    where: str | None = None
    scale: str | None = None
    relation: str = ""
    event: str | None = None
    kind: Literal["kpi", "cpi"] | None = None
    voice: str | None = None
    outcome: Literal["functional", "emotional", "social"] | None = None
    target: float | None = None
    params: Mapping[str, Param] = field(default_factory=dict)
    own: bool = False  # declared by the workspace
    lowest: float | None = None  # no figure of it can be lower
    changed: tuple[DefinitionChange, ...] = ()

    @property
    def rows(self) -> str:
        """The relation whose rows are counted."""
        return self.relation or self.stream

    def info(self) -> MeasureInfo:
        """What a reader has to know of it."""
        return MeasureInfo(
            self.name, self.title, self.unit, self.better, self.stream, self.kind, self.voice, self.outcome,
            self.bounds, self.changed,
        )  # fmt: skip

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The lowest and highest possible values."""
        times = self.statistic.times
        match self.statistic.form:
            case "share" | "customer_share" | "choices" | "panel_share" | "panel_mean":
                return 0.0, times
            case "net_share":
                return -times, times
            case "count" | "distinct" | "survival":
                return 0.0, None
            case _:
                return self.lowest, None


def measure(
    name: str,
    *,
    title: str,
    stream: Stream,
    better: Better,
    unit: str,
    about: str = "",
    source: str = "",
    where: str | None = None,
    scale: str | None = None,
    relation: str = "",
    event: str | None = None,
    kind: Literal["kpi", "cpi"] | None = None,
    voice: str | None = None,
    outcome: Literal["functional", "emotional", "social"] | None = None,
    params: Mapping[str, Param] | None = None,
    lowest: float | None = None,
) -> Callable[[Callable[[], Statistic]], Callable[[], Statistic]]:
    """Register the decorated function's statistic as the measure `name`. A name taken twice is an `InputError`."""

    def register(declare: Callable[[], Statistic]) -> Callable[[], Statistic]:
        if name in _registered:
            raise InputError(f'Two measures are called "{name}". Rename one of them.')
        said = about or " ".join((declare.__doc__ or "").split())
        _registered[name] = Measure(
            name, title, stream, declare(), better, unit, said, source, where, scale, relation, event, kind, voice,
            outcome, None, params or {}, lowest=lowest,
        )  # fmt: skip
        return declare

    return register


@cache
def _load() -> None:
    package = import_module("heedful.measures.shipped")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    for plugin in entry_points(group=ENTRY_POINTS):
        plugin.load()


def shipped() -> Mapping[str, Measure]:
    """All registered measures by name, plug-ins included."""
    _load()
    return dict(sorted(_registered.items()))


class Catalogue(Mapping[str, Measure]):
    """Shipped measures and a workspace's own; an unknown name is an `UnknownNameError` with the closest one."""

    def __init__(self, own: Mapping[str, Measure] | None = None) -> None:
        self._all = {**shipped(), **(own or {})}

    def __getitem__(self, name: str) -> Measure:
        if name not in self._all:
            raise UnknownNameError("measure", name, self._all, listed_by=LISTED_BY)
        return self._all[name]

    def __contains__(self, name: object) -> bool:
        return name in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)
