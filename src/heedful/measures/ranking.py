"""Units beside each other: what each is probably worth, how sure its rank is, and which of them really stand out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from heedful.errors import InputError
from heedful.measures.comparisons import Differences, benjamini_hochberg
from heedful.measures.distributions import Array
from heedful.measures.question import Answers, MeasureInfo, Question
from heedful.measures.results import Result, Row
from heedful.measures.shrinkage import (
    LEAST_GROUPS,
    error_of,
    means_against_rest,
    normal_draws,
    ranks,
    share_draws,
    shares_against_rest,
    steadied,
)

Side = Literal["better", "worse", "higher", "lower"]
_ALARM = 0.05
_SEED = 20250101


@dataclass(frozen=True, slots=True)
class Ranked:
    """One unit among its like.

    `row` holds its own figure. `value`, `low` and `high` are the shrunk one with its 95 % interval, in the measure's
    unit. `rank` counts from 1, the best (the highest where neither side is better), with its 95 % interval; `top` and
    `bottom` are the chances of being among the best and the worst fifth. `p` is that of the difference from all others
    together, corrected for all units (Benjamini and Hochberg). `stands_out` says to which side it really is other:
    `p` is below 0.05 and its estimate lies apart from that of the unit in the middle; None where it may be luck.
    """

    row: Row
    title: str
    value: float
    low: float
    high: float
    rank: int
    rank_low: int
    rank_high: int
    top: float
    bottom: float
    p: float | None
    stands_out: Side | None


@dataclass(frozen=True)
class Ranking(Sequence[Ranked]):
    """Units by rank. `unranked` are those without a figure or without an interval; `sentence` says who stands out."""

    measure: str
    title: str
    by: str
    unit: str
    rows: tuple[Ranked, ...]
    unranked: tuple[Row, ...]
    sentence: str
    notes: tuple[str, ...] = ()

    def __getitem__(self, index: Any) -> Any:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        lines = [f"{r.rank:>4}  ({r.rank_low} to {r.rank_high})  {r.title}: {r.value:.4g}" for r in self.rows]
        return "\n".join([f"{self.title} by {self.by}", *lines, self.sentence])

    def to_arrow(self) -> pa.Table:
        """The columns of a result, then `shrunk`, `rank`, `chance_top`, `p`, … of each; unranked rows last."""
        everything = [*((r.row, r) for r in self.rows), *((row, None) for row in self.unranked)]
        table = Result(self.measure, self.title, tuple(row for row, _ in everything), (self.by,)).to_arrow()
        for name, kind, read in _COLUMNS:
            values = [read(ranked) if ranked is not None else None for _, ranked in everything]
            table = table.append_column(name, pa.array(values, kind))
        return table


_COLUMNS: tuple[tuple[str, pa.DataType, Callable[[Ranked], object]], ...] = (
    ("shrunk", pa.float64(), lambda r: r.value),
    ("shrunk_low", pa.float64(), lambda r: r.low),
    ("shrunk_high", pa.float64(), lambda r: r.high),
    ("rank", pa.int64(), lambda r: r.rank),
    ("rank_low", pa.int64(), lambda r: r.rank_low),
    ("rank_high", pa.int64(), lambda r: r.rank_high),
    ("chance_top", pa.float64(), lambda r: r.top),
    ("chance_bottom", pa.float64(), lambda r: r.bottom),
    ("p", pa.float64(), lambda r: r.p),
    ("stands_out", pa.string(), lambda r: r.stands_out),
)


def rank(answers: Answers, question: Question, *, title_of: Callable[[str], str] = str) -> Ranking:
    """The groups of `question` in order, with what chance may have done to it. The same question gives the same ranks.

    `title_of` names a unit for readers. Raises `InputError` for a question without exactly one `by`, with periods, or
    to a measure that has no intervals, and where fewer than three groups have a figure with an interval.
    """
    if len(question.by) != 1 or question.over is not None:
        raise InputError(
            "A ranking needs exactly one --by, such as --by unit, and no --over: rank one span of time, given "
            "by --from and --to."
        )
    result = answers.answer(question)
    (by,) = question.by
    if result.by != question.by:
        raise InputError(f'"{result.measure}" gives several figures a group, and a ranking needs one of each.')
    if any(row.flag == "complete" for row in result.rows):
        raise InputError(
            f'"{result.measure}" is a complete count, in which there is no luck: the order of its figures is the '
            "ranking. Take a measure with an interval, or one per customer."
        )
    fit = tuple(row for row in result.rows if row.by[by] is not None and _has_interval(row))
    if len(fit) < LEAST_GROUPS:
        raise InputError(
            f"{len(fit)} of {len(result.rows)} groups by {by} have a figure with an interval; a ranking needs at least "
            f"{LEAST_GROUPS}. Ask over a longer time, or for a lower level."
        )
    info = answers.info(question.measure)
    rows = _ranked(fit, info, by, title_of)
    return Ranking(
        result.measure,
        result.title,
        by,
        fit[0].unit,
        rows,
        tuple(row for row in result.rows if row not in fit),
        _sentence(rows, by),
        result.notes,
    )


def _has_interval(row: Row) -> bool:
    known = all(part is not None and np.isfinite(part) for part in (row.value, row.low, row.high))
    return known and row.n_eff is not None and row.n_eff >= 1 and row.customers >= 2


def _ranked(rows: Sequence[Row], info: MeasureInfo, by: str, title_of: Callable[[str], str]) -> tuple[Ranked, ...]:
    draws, differences = _drawn(rows, info)
    # One bad unit makes every ordinary one better than "the rest", and so does a giant that stands apart.
    from_middle = draws - np.median(draws, axis=1, keepdims=True)
    is_apart = np.sign(np.quantile(from_middle, 0.025, axis=0)) == np.sign(np.quantile(from_middle, 0.975, axis=0))
    lower, estimate, upper = np.quantile(draws, 0.025, axis=0), draws.mean(axis=0), np.quantile(draws, 0.975, axis=0)
    places = ranks(draws, higher_first=info.better != "lower")
    corrected = benjamini_hochberg(differences.p)
    found = [
        Ranked(
            row,
            title_of(str(row.by[by])),
            float(estimate[i]),
            float(lower[i]),
            float(upper[i]),
            int(places.rank[i]),
            int(places.low[i]),
            int(places.high[i]),
            float(places.top[i]),
            float(places.bottom[i]),
            None if np.isnan(corrected[i]) else float(corrected[i]),
            _side(float(differences.difference[i]), info) if corrected[i] < _ALARM and is_apart[i] else None,
        )
        for i, row in enumerate(rows)
    ]
    towards = 1 if info.better == "lower" else -1
    return tuple(sorted(found, key=lambda r: (r.rank, towards * r.value, r.title)))


def _drawn(rows: Sequence[Row], info: MeasureInfo) -> tuple[Array, Differences]:
    """Draws of the truths in the measure's unit, and each figure against the rest."""
    rng = np.random.default_rng(_SEED)
    value, low, high, n, base, m = (
        np.array([getattr(row, name) for row in rows], dtype=np.float64)
        for name in ("value", "low", "high", "n", "n_eff", "customers")
    )
    least, most = info.bounds
    if least == 0 and most is not None:
        yes = np.clip(value / most, 0, 1) * base
        return most * share_draws(base, yes, rng), shares_against_rest(base, yes, n)
    error, df = steadied(error_of(low, high, np.maximum(m - 1, 1)), base, m)
    draws = normal_draws(value, np.maximum(error, 1e-9), rng)
    return np.clip(draws, least, most), means_against_rest(value, error, df, n)


def _side(difference: float, info: MeasureInfo) -> Side:
    if info.better == "neither":
        return "higher" if difference > 0 else "lower"
    return "better" if (difference > 0) == (info.better == "higher") else "worse"


def _sentence(rows: Sequence[Ranked], by: str) -> str:
    sides = dict.fromkeys(r.stands_out for r in rows if r.stands_out is not None)
    if not sides:
        return (
            f"No {by} really stands out: differences such as these between {len(rows)} come about by luck, and the "
            "order says little."
        )
    told = [f"{side}: {_listed([r.title for r in rows if r.stands_out == side])}" for side in sides]
    rest = sum(r.stands_out is None for r in rows)
    tail = f" The order of the other {rest} may be luck." if rest > 1 else ""
    against = f"against all others together and against the {by} in the middle"
    return f"Beyond what luck explains, {against}: {'; '.join(told)}.{tail}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
