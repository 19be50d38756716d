"""95 % intervals from (effective) counts and standard errors. All are vectorised over groups; null is NaN inside.

`low <= value <= high` holds for every interval that is given. Rows are not independent where customers repeat: hand
over effective counts (`estimators.py`), not counts of rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from heedful.measures.distributions import Z95, Array, t_quantile95

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Interval:
    """Values of shape (n_groups,) with their 95 % bounds and effective bases; NaN where there is none."""

    value: Array
    low: Array
    high: Array
    n_eff: Array

    @staticmethod
    def where(defined: ArrayLike, *, value: Array, low: Array, high: Array, n_eff: Array) -> Interval:
        """Bounds only where `defined`; the value stands by itself.

        Bounds that miss their own value by a rounding error are put on it.
        """
        mask = np.asarray(defined, dtype=np.bool_)
        slack = 1e-9 * (1 + np.abs(value))
        low, high = _onto(value, low, value - low, slack), _onto(value, high, high - value, slack)
        return Interval(value, np.where(mask, low, np.nan), np.where(mask, high, np.nan), n_eff)

    @property
    def bounded(self) -> Mask:
        """Where there is an interval."""
        return ~(np.isnan(self.low) | np.isnan(self.high))


def share_interval(n: ArrayLike, yes: ArrayLike) -> Interval:
    """Share `yes` / `n` with Wilson's interval, within 0 to 1. Null where `n` is not above 0.

    Source: Wilson (1927), Journal of the American Statistical Association 22: the inverted score test.
    """
    count, hits = _floats(n, yes)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(count > 0, hits / count, np.nan)
        centre = (p + Z95**2 / (2 * count)) / (1 + Z95**2 / count)
        half = Z95 * np.sqrt(np.maximum(p * (1 - p), 0) / count + (Z95 / (2 * count)) ** 2) / (1 + Z95**2 / count)
        low, high = np.maximum(centre - half, 0), np.minimum(centre + half, 1)
    return Interval.where(count > 0, value=p, low=low, high=high, n_eff=count)


def net_share_interval(n: ArrayLike, up: ArrayLike, down: ArrayLike) -> Interval:
    """Difference of two shares of the same answers, with its adjusted Wald interval, within -1 to 1.

    Null where `n` is not above 0; without bounds where `n` is below 2, as the adjusted interval would leave out its own
    value there. Source: Rocks (2016), The American Statistician 70(4): three pseudo-answers, a quarter of them on each
    side.
    """
    count, ups, downs = _floats(n, up, down)
    centre, standard_error = adjusted_net_share(count, ups, downs)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(count > 0, (ups - downs) / count, np.nan)
    low, high = np.maximum(centre - Z95 * standard_error, -1), np.minimum(centre + Z95 * standard_error, 1)
    return Interval.where(count >= 2, value=value, low=low, high=high, n_eff=count)


def adjusted_net_share(n: ArrayLike, up: ArrayLike, down: ArrayLike) -> tuple[Array, Array]:
    """Centre and standard error of the adjusted Wald interval: `n` + 3 answers, 3/4 of one more on each side."""
    count, ups, downs = _floats(n, up, down)
    count, ups, downs = count + 3, ups + 0.75, downs + 0.75
    net = (ups - downs) / count
    return net, np.sqrt(np.maximum((ups + downs) / count - net**2, 0) / count)


def mean_interval(value: ArrayLike, standard_error: ArrayLike, df: ArrayLike, n_eff: ArrayLike) -> Interval:
    """A mean with Student's t interval. Without bounds where `df` is below 1.

    Equal answers give a standard error of 0 and an interval without width, which says nothing about few answers.
    """
    mean, error, degrees, n = _floats(value, standard_error, df, n_eff)
    half = t_quantile95(np.where(degrees >= 1, degrees, np.nan)) * error
    return Interval.where(degrees >= 1, value=mean, low=mean - half, high=mean + half, n_eff=n)


def ratio_interval(value: ArrayLike, standard_error: ArrayLike, df: ArrayLike, n_eff: ArrayLike) -> Interval:
    """A ratio that cannot be negative, with Student's t interval on the log scale (delta method).

    It is wider upwards than downwards, as ratios of amounts are, and never reaches below 0. A ratio of 0 has no
    bounds: there is no logarithm, and no spread to learn from.
    """
    ratio, error, degrees, n = _floats(value, standard_error, df, n_eff)
    defined = (degrees >= 1) & (ratio > 0)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        factor = np.exp(t_quantile95(np.where(defined, degrees, np.nan)) * error / np.where(defined, ratio, np.nan))
        return Interval.where(defined, value=ratio, low=ratio / factor, high=ratio * factor, n_eff=n)


def median_levels(n_eff: ArrayLike) -> tuple[Array, Array]:
    """The two shares whose quantiles bound the median: ask for them with `quantile_disc`.

    `n_eff` is the effective base of the share of rows at or below the median (`estimators.share`). NaN below 6, the
    least number of answers whose whole range covers the median in 95 % of cases. Source: Woodruff (1952), Journal of
    the American Statistical Association 47.
    """
    (n,) = _floats(n_eff)
    with np.errstate(invalid="ignore", divide="ignore"):
        half = np.where(n >= 6, Z95 * 0.5 / np.sqrt(n), np.nan)
    return 0.5 - half, 0.5 + half


@dataclass(frozen=True, slots=True)
class MedianTime:
    """The median time until an event. All NaN where half have not come to it; `high` infinite where it is not known."""

    value: float
    low: float
    high: float
    n: int
    events: int


def survival_median(time: ArrayLike, events: ArrayLike, censored: ArrayLike) -> MedianTime:
    """The median of the survival curve of Kaplan and Meier (1958), with its log-log interval.

    Parameters are of shape (n_times,), in any order: at `time`, `events` came to it and `censored` were lost from
    sight, after the events of that time. The median is the first time at which at most half are left. Its bounds are
    the first times at which the bounds of the curve come to a half: Brookmeyer and Crowley (1982), Biometrics 38, with
    the log-log bounds of Kalbfleisch and Prentice, as R's survfit(conf.type = "log-log") and SAS give them.
    """
    at, came, lost = _floats(time, events, censored)
    order = np.argsort(at, kind="stable")
    at, came, lost = at[order], came[order], lost[order]
    at, first = np.unique(at, return_index=True)
    came, lost = (np.add.reduceat(x, first) if len(first) else x for x in (came, lost))
    leaving = came + lost
    n, total = int(leaving.sum()), int(came.sum())
    at_risk = n - np.concatenate(([0.0], np.cumsum(leaving)[:-1])) if len(at) else at
    at, came, at_risk = at[came > 0], came[came > 0], at_risk[came > 0]
    left = np.cumprod(1 - came / at_risk)
    # At the last time everyone may be gone: Greenwood's sum and the logarithm are infinite there, and the curve is 0.
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(came / (at_risk * (at_risk - came)))
        spread = Z95 * np.sqrt(greenwood) / np.abs(np.log(left))
        lower = np.where(left > 0, left ** np.exp(spread), 0.0)
        upper = np.where(left > 0, left ** np.exp(-spread), 0.0)
    value = _first(at, left)
    if np.isnan(value):
        return MedianTime(value, value, value, n, total)
    high = _first(at, upper)
    return MedianTime(value, _first(at, lower), np.inf if np.isnan(high) else high, n, total)


def _first(time: Array, curve: NDArray[np.floating]) -> float:
    """The first time at which `curve` is at a half or below, or NaN; 1e-12 above a half is a half after rounding."""
    reached = np.flatnonzero(curve <= 0.5 + 1e-12)
    return float(time[reached[0]]) if len(reached) else float("nan")


def _onto(value: Array, bound: Array, distance: Array, slack: Array) -> Array:
    return np.where((distance < 0) & (distance > -slack), value, bound)


def _floats(*arrays: ArrayLike) -> tuple[Array, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in arrays)))
