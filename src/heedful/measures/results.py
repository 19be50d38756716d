"""What a measure answers: rows with a value, its interval, its base, and a reason where there is no value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from heedful.errors import MissingExtraError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Flag = Literal["few", "complete", "stale"]
Reason = Literal["no_answers", "too_few", "not_yet", "not_recorded", "hidden"]
ALL = "all"

RESERVED = (
    "measure", "segment", "period_start", "period_end", "value", "low", "high", "n", "customers", "n_eff", "unit",
    "flag", "reason",
)  # fmt: skip
"""Column names of results. What is grouped by and bears one of them stands in tables as `by_unit`, `by_value`."""


COLUMN_MEANINGS: Mapping[str, str] = {
    "measure": "the measure's name",
    "segment": "the segment, or `all`",
    "period_start": "the first local day of the period; empty where it is open",
    "period_end": "its last local day, included; empty where it is open",
    "value": "the figure, in `unit`; empty exactly where `reason` says why",
    "low": "the lower end of the 95 % interval; empty for a complete count",
    "high": "its upper end",
    "n": "rows counted",
    "customers": "sampling units: customers, and rows or threads that name none",
    "n_eff": "answers of a simple random sample that would be as precise",
    "unit": "what `value`, `low` and `high` count in",
    "flag": "`few` customers, `complete` count (not a sample), `stale` data; else empty",
    "reason": "`no_answers`, `not_recorded`, `not_yet`, `too_few` or `hidden`, where there is no value",
}
"""What each column of a result means, as the reference and codebooks say it."""


def column_of(by: str) -> str:
    """The column that holds a `by` in tables: its own name, or `by_unit` where results have a column of that name."""
    return f"by_{by}" if by in RESERVED else by


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """The first day on which a figure is made in another way than before, and what is other."""

    on: date
    what: str

    def __str__(self) -> str:
        return f"Since {self.on.day} {self.on:%B %Y} the definition is another one: {self.what}."


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    `value`, `low` and `high` are in `unit`; `value` is None exactly when `reason` says why. `low` and `high` bound the
    95 % interval and are None together, for a complete count (`flag` "complete") or where there is no value; a waiting
    time of which no upper bound is known has an infinite `high`.
    `n` counts rows, `customers` the sampling units, `n_eff` the answers of a simple random sample as precise as these.
    `period_start` and `period_end` are local dates, both inclusive; None where the period is open on that side.
    """

    measure: str
    segment: str
    by: Mapping[str, object]
    period_start: date | None
    period_end: date | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    customers: int
    n_eff: float | None
    unit: str
    flag: Flag | None = None
    reason: Reason | None = None

    def hidden(self) -> Row:
        """This row as it is shown to those who may not see small bases."""
        return replace(self, value=None, low=None, high=None, n=0, customers=0, n_eff=None, flag=None, reason="hidden")


@dataclass(frozen=True)
class Result(Sequence[Row]):
    """The rows of one measure, with what was asked. Shows itself as a table; converts to Arrow, pandas and polars."""

    measure: str
    title: str
    rows: tuple[Row, ...]
    by: tuple[str, ...] = ()
    over: str | None = None
    as_of: date | None = None
    better: Literal["higher", "lower", "neither"] = "higher"
    notes: tuple[str, ...] = ()
    query: Callable[[], str] | None = field(default=None, repr=False, compare=False)
    changed: tuple[DefinitionChange, ...] = ()

    @property
    def sql(self) -> str:
        """The SQL behind the figures, in the engine's dialect; empty where they were not computed by one."""
        return self.query() if self.query else ""

    def __getitem__(self, index: Any) -> Any:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def to_arrow(self) -> pa.Table:
        """Columns `measure, segment, <by…>, period_start, …, reason`, numbers unrounded."""
        columns: dict[str, pa.Array] = {
            "measure": pa.array([r.measure for r in self.rows], pa.string()),
            "segment": pa.array([r.segment for r in self.rows], pa.string()),
        }
        for name in self.by:
            columns[column_of(name)] = pa.array([_plain(r.by.get(name)) for r in self.rows])
        for name, kind in _TYPES.items():
            columns[name] = pa.array([getattr(r, name) for r in self.rows], kind)
        return pa.table(columns)

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a pandas data frame. Raises `MissingExtraError` where pandas is not installed."""
        try:
            import pandas  # noqa: F401, PLC0415 -- optional and heavy
        except ImportError:
            raise MissingExtraError("pandas", "pandas") from None
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def to_polars(self) -> pl.DataFrame:
        """The rows as a polars data frame. Raises `MissingExtraError` where polars is not installed."""
        try:
            import polars  # noqa: PLC0415 -- optional and heavy
        except ImportError:
            raise MissingExtraError("polars", "polars") from None
        frame = polars.from_arrow(self.to_arrow())
        if not isinstance(frame, polars.DataFrame):
            raise TypeError("polars read a table as a series")
        return frame

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Arrow's C stream: any library that speaks it reads a result without a copy."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)


_TYPES: Mapping[str, pa.DataType] = {
    "period_start": pa.date32(),
    "period_end": pa.date32(),
    "value": pa.float64(),
    "low": pa.float64(),
    "high": pa.float64(),
    "n": pa.int64(),
    "customers": pa.int64(),
    "n_eff": pa.float64(),
    "unit": pa.string(),
    "flag": pa.string(),
    "reason": pa.string(),
}


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | date | None) else str(value)
