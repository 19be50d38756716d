"""Is it a real difference? Two figures against one another, and many such questions at once.

Differences are `now` less `before`, or a segment less the rest; both sides are taken for independent. Two periods that
share customers are positively related, so that their intervals here are too wide rather than too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from heedful.measures.distributions import Z95, Array, normal_two_sided, t_quantile95, t_two_sided
from heedful.measures.intervals import Interval, Mask, adjusted_net_share, share_interval
from heedful.measures.results import Row


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference with its 95 % interval and two-sided p, before any correction. None where it is not known."""

    difference: float | None
    low: float | None
    high: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Differences:
    """Differences of shape (n_pairs,) with their 95 % bounds and two-sided p; NaN where they are not known."""

    difference: Array
    low: Array
    high: Array
    p: Array


@dataclass(frozen=True, slots=True)
class UpsAndDowns:
    """(Effective) counts of answers, and of those that count up and down, of shape (n_pairs,) each."""

    n: Array
    up: Array
    down: Array


@dataclass(frozen=True, slots=True)
class MeanAndError:
    """Means with their standard errors and degrees of freedom, of shape (n_pairs,) each."""

    value: Array
    standard_error: Array
    df: Array


def compare_rows(now: Row, before: Row) -> Difference:
    """The figure of one row less that of another, of one measure. All None where either has no value or no interval.

    The same serves a segment against the rest, whose customers are others.
    """
    if any(part is None or not math.isfinite(part) for r in (now, before) for part in (r.value, r.low, r.high)):
        return Difference(None, None, None, None)
    found = from_intervals(_interval(now), _interval(before))
    p = float(found.p[0])
    return Difference(
        float(found.difference[0]), float(found.low[0]), float(found.high[0]), None if math.isnan(p) else p
    )


def from_intervals(now: Interval, before: Interval) -> Differences:
    """The difference of two independent figures from their own intervals, lopsided as these may be.

    Source: Zou and Donner (2008), Statistics in Medicine 27 ("MOVER"); for two shares it is Newcombe's interval. p
    comes from the standard error that the bound towards 0 implies, so that p is below 0.05 exactly where the interval
    leaves out 0. Two figures without any spread (intervals without width) have a difference but no p, unless they are
    equal.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = now.value - before.value
        down = np.hypot(now.value - now.low, before.high - before.value)
        up = np.hypot(now.high - now.value, before.value - before.low)
        towards_zero = np.where(difference > 0, down, up)
        z = np.where(towards_zero > 0, Z95 * np.abs(difference) / towards_zero, np.nan)
        p = np.where(difference == 0, 1.0, normal_two_sided(z))
    return _where(now.bounded & before.bounded, difference, difference - down, difference + up, p)


def two_shares(n_now: ArrayLike, yes_now: ArrayLike, n_before: ArrayLike, yes_before: ArrayLike) -> Differences:
    """Difference of two shares from (effective) counts: Newcombe's interval and the pooled z test.

    Source: Newcombe (1998), Statistics in Medicine 17, method 10. p is 1 where all or none answer alike in both.
    """
    now, before = share_interval(n_now, yes_now), share_interval(n_before, yes_before)
    found = from_intervals(now, before)
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (now.n_eff * now.value + before.n_eff * before.value) / (now.n_eff + before.n_eff)
        error = np.sqrt(np.maximum(pooled * (1 - pooled), 0) * (1 / now.n_eff + 1 / before.n_eff))
        p = np.where(found.difference == 0, 1.0, normal_two_sided(found.difference / error))
    return Differences(found.difference, found.low, found.high, p)


def two_net_shares(now: UpsAndDowns, before: UpsAndDowns) -> Differences:
    """Difference of two net shares from (effective) counts: adjusted Wald interval, and p from the same.

    Both sides get three pseudo-answers each (Rocks 2016), so that 30 promoters of 30 are not certain. NaN where a side
    has fewer than 2 answers.
    """
    centre1, error1 = adjusted_net_share(now.n, now.up, now.down)
    centre2, error2 = adjusted_net_share(before.n, before.up, before.down)
    centre, error = centre1 - centre2, np.hypot(error1, error2)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = (now.up - now.down) / now.n - (before.up - before.down) / before.n
        p = normal_two_sided(centre / error)
    low, high = np.maximum(centre - Z95 * error, -2), np.minimum(centre + Z95 * error, 2)
    return _where((now.n >= 2) & (before.n >= 2), difference, low, high, p)


def two_means(now: MeanAndError, before: MeanAndError) -> Differences:
    """Difference of two means with Welch's t interval and test.

    Source: Welch (1947), Biometrika 34, with Satterthwaite's degrees of freedom. NaN where a side has none; without p
    where neither varies, unless they are equal.
    """
    e1, e2, known = now.standard_error, before.standard_error, (now.df >= 1) & (before.df >= 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        df = np.where(known, (e1**2 + e2**2) ** 2 / (e1**4 / now.df + e2**4 / before.df), np.nan)
        difference, error = now.value - before.value, np.hypot(e1, e2)
        p = np.where(difference == 0, 1.0, t_two_sided(difference / error, df))
        half = np.where(error == 0, 0.0, t_quantile95(df) * error)
    return _where(known, difference, difference - half, difference + half, p)


def holm(p: Sequence[float | None] | Array) -> Array:
    """p values corrected so that one false alarm among all of them stays as rare as each was before.

    None and NaN stay NaN and do not count. Source: Holm (1979), Scandinavian Journal of Statistics 6.
    """
    return _stepwise(p, rising=True)


def benjamini_hochberg(p: Sequence[float | None] | Array) -> Array:
    """p values corrected so that the share of false alarms among all alarms stays below the level.

    None and NaN stay NaN and do not count. Source: Benjamini and Hochberg (1995), JRSS B 57.
    """
    return _stepwise(p, rising=False)


def _stepwise(p: Sequence[float | None] | Array, *, rising: bool) -> Array:
    given = np.asarray(p, dtype=np.float64)
    corrected = np.full(given.shape, np.nan)
    known = np.flatnonzero(~np.isnan(given))
    order = known[np.argsort(given[known], kind="stable")]
    count = len(order)
    if rising:
        steps = np.maximum.accumulate(given[order] * np.arange(count, 0, -1))
    else:
        steps = np.minimum.accumulate((given[order] * (count / np.arange(1, count + 1)))[::-1])[::-1]
    corrected[order] = np.minimum(steps, 1)
    return corrected


def _where(known: Mask, difference: Array, low: Array, high: Array, p: Array) -> Differences:
    return Differences(*(np.where(known, part, np.nan) for part in (difference, low, high, p)))


def _interval(row: Row) -> Interval:
    value, low, high = (np.array([part], dtype=np.float64) for part in (row.value, row.low, row.high))
    return Interval(value, low, high, np.array([np.nan]))
