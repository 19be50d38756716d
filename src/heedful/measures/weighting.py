"""Raking: survey weights that make the respondents' margins those of the people they speak for.

Iterative proportional fitting (Deming and Stephan 1940, Annals of Mathematical Statistics 11) runs over the cells that
respondents fall into, not over respondents: its cost does not grow with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heedful.errors import InputError, did_you_mean
from heedful.measures.distributions import Array

Categories = Sequence[str | None] | NDArray[np.object_] | NDArray[np.str_]
Codes = NDArray[np.intp]
Encoded = tuple[Codes, list[str | None]]

TOLERANCE = 1e-10
"""Weights have converged when each category's share differs from its target by at most this."""

SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight a respondent, of shape (n_rows,) and mean 1, with what they cost in precision.

    `n_eff` and `deff` are Kish's (1965): (sum w)² / sum w², and n / n_eff; they hold for answers unrelated to the
    weights, and an interval uses the linearised variance instead (`estimators`). `gap` is the largest difference
    between a category's share and its target: above `TOLERANCE` only where the bounds on weights stand in the way.
    """

    weights: Array
    iterations: int
    n_eff: float
    deff: float
    min: float
    max: float
    gap: float


def rake(
    columns: Mapping[str, Categories],
    margins: Mapping[str, Mapping[str, float]],
    *,
    bounds: tuple[float, float] | None = None,
    max_iterations: int = 1000,
) -> Weights:
    """Weights under which each column's categories have the shares that `margins` states.

    `columns` holds each respondent's category, of shape (n_rows,) each; columns without a margin are left alone.
    `bounds` trims weights to between two multiples of their mean, such as (0.2, 5): after each round the cells outside
    are set to the bound, and the next round makes good for it with the others. Where no weights satisfy both, the
    bounds win and `gap` says by how much the margins are missed.

    Raises `InputError` for a margin without its column, a category without respondents or without a target, respondents
    without a category, shares that are not above 0 or do not sum to 1 (within 1e-6), and margins that contradict each
    other, so that no weights fit.
    """
    problems, n = _check_shape(columns, margins, bounds)
    encoded = {name: _encode(columns[name]) for name in margins if name in columns}
    for name, (codes, categories) in encoded.items():
        problems += _check_margin(name, margins[name], codes, categories)
    if problems:
        raise InputError("\n".join(problems))
    targets = [
        np.array([margins[name][category] for category in categories if category is not None])
        for name, (_, categories) in encoded.items()
    ]
    targets = [target / target.sum() for target in targets]
    sizes = [len(target) for target in targets]
    cell_codes, cell_of_row, counts = np.unique(
        np.ravel_multi_index([codes for codes, _ in encoded.values()], sizes), return_inverse=True, return_counts=True
    )
    cells = np.array(np.unravel_index(cell_codes, sizes))
    base = counts / n
    total, iterations, gap = _fit(base, cells, targets, bounds, max_iterations)
    if gap > TOLERANCE and bounds is None:
        raise InputError(_not_converged(total, cells, encoded, targets, iterations))
    weights = (total / base)[cell_of_row]
    weights = weights / weights.mean()
    n_eff = float(weights.sum() ** 2 / (weights @ weights))
    return Weights(weights, iterations, n_eff, n / n_eff, float(weights.min()), float(weights.max()), gap)


def _fit(
    base: Array, cells: Codes, targets: Sequence[Array], bounds: tuple[float, float] | None, max_iterations: int
) -> tuple[Array, int, float]:
    """The cells' shares of the total after raking, the rounds it took, and the largest gap left."""
    total = base.copy()
    gap = _gap(total, cells, targets)
    for iteration in range(max_iterations):
        if gap <= TOLERANCE:
            return total, iteration, gap
        before = total
        for code, target in zip(cells, targets, strict=True):
            total = total * (target / np.bincount(code, total, len(target)))[code]
        if bounds is not None:
            total = _trim(total, base, bounds)
        gap = _gap(total, cells, targets)
        if bounds is not None and np.max(np.abs(total - before)) <= 1e-3 * TOLERANCE:
            return total, iteration + 1, gap
    return total, max_iterations, gap


def _trim(total: Array, base: Array, bounds: tuple[float, float]) -> Array:
    """Cells' shares with weights within `bounds` and mean 1: the factor on the others is found by halving."""
    weight = total / base
    low, high = np.log(bounds[0] / weight.max()), np.log(bounds[1] / weight.min())
    for _ in range(100):
        middle = (low + high) / 2
        if base @ np.clip(weight * np.exp(middle), *bounds) > 1:
            high = middle
        else:
            low = middle
    trimmed: Array = base * np.clip(weight * np.exp((low + high) / 2), *bounds)
    return trimmed


def _gap(total: Array, cells: Codes, targets: Sequence[Array]) -> float:
    shares = total / total.sum()
    return max(
        float(np.max(np.abs(np.bincount(code, shares, len(target)) - target)))
        for code, target in zip(cells, targets, strict=True)
    )


def _check_shape(
    columns: Mapping[str, Categories], margins: Mapping[str, Mapping[str, float]], bounds: tuple[float, float] | None
) -> tuple[list[str], int]:
    if not margins:
        raise InputError("There is no margin to rake to; state at least one, such as gender: {f: 0.52, m: 0.48}.")
    lengths = {len(columns[name]) for name in margins if name in columns}
    if len(lengths) > 1:
        raise InputError("The columns to rake by differ in length; each holds one category a respondent.")
    if lengths == {0}:
        raise InputError("There are no respondents to weight.")
    if bounds is not None and not 0 < bounds[0] < 1 < bounds[1]:
        raise InputError(
            f"Bounds on weights stand below and above their mean of 1; found {bounds[0]:g} and {bounds[1]:g}."
        )
    missing = [
        f'Margin "{name}": there is no such column.{did_you_mean(name, columns)}'
        for name in margins
        if name not in columns
    ]
    return missing, max(lengths, default=0)


def _encode(column: Categories) -> Encoded:
    """Each respondent's category as a number, and the categories in the order of these; None stays None."""
    given = column.tolist() if isinstance(column, np.ndarray) else column
    place: dict[str | None, int] = {}
    codes = np.fromiter((place.setdefault(c, len(place)) for c in given), np.intp, len(given))
    return codes, list(place)


def _check_margin(name: str, shares: Mapping[str, float], codes: Codes, categories: Sequence[str | None]) -> list[str]:
    problems = []
    found = [c for c in categories if c is not None]
    if None in categories:
        lost = int(np.count_nonzero(codes == categories.index(None)))
        problems.append(
            f'Margin "{name}": {lost} of {len(codes)} respondents have no {name}; give them one or leave them out.'
        )
    for category, share in shares.items():
        if not share > 0:
            problems.append(f'Margin "{name}": the share of "{category}" is {share:g}; shares are above 0.')
        if category not in found:
            problems.append(
                f'Margin "{name}": nobody among the respondents is "{category}".'
                f"{did_you_mean(category, [c for c in found if c not in shares])}"
                " Merge it with another category."
            )
    for category in found:
        if category not in shares:
            problems.append(
                f'Margin "{name}": respondents are "{category}", which has no share.{did_you_mean(category, shares)}'
                f" Stated: {', '.join(shares)}."
            )
    if not abs(sum(shares.values()) - 1) <= SUM_TOLERANCE:
        problems.append(f'Margin "{name}": the shares sum to {sum(shares.values()):.6g}; they have to sum to 1.')
    return problems


def _not_converged(
    total: Array, cells: Codes, encoded: Mapping[str, Encoded], targets: Sequence[Array], iterations: int
) -> str:
    worst = (0.0, "", "", 0.0, 0.0)
    for code, target, (name, (_, categories)) in zip(cells, targets, encoded.items(), strict=True):
        reached = np.bincount(code, total, len(target)) / total.sum()
        i = int(np.argmax(np.abs(reached - target)))
        gap = float(abs(reached[i] - target[i]))
        worst = max(worst, (gap, name, str(categories[i]), float(reached[i]), float(target[i])))
    _, name, category, reached_share, target_share = worst
    return (
        f"Raking did not converge in {iterations} rounds: {name} = {category} stands at {reached_share:.4f} and should"
        f" be {target_share:.4f}. No weights of these respondents fit all margins; merge categories that never occur"
        " together."
    )
