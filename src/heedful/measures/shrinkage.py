"""What small groups have in common tells something of each: estimates drawn towards each other, ranks with doubt.

A group's own figure is its truth plus luck, and the fewer customers the more luck. Given the figures of all groups, the
truth of each is estimated as a compromise between its own figure and those of the others (Efron and Morris 1975,
Journal of the American Statistical Association 70; 1977, Scientific American 236). How much the truths differ is
estimated from the same figures. A single best guess of that would make the intervals of few groups too narrow (Morris
1983, JASA 78), so all its plausible values are averaged over: the restricted likelihood with a weak prior, on a grid
(Gelman et al., Bayesian Data Analysis, third edition, sections 5.3 to 5.5). What comes out are draws of the truths of
all groups together, from which shrunk values, intervals, ranks and chances follow by counting.

Arrays are of shape (n_groups,); draws of shape (n_draws, n_groups).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from heedful.measures.comparisons import Differences, MeanAndError, from_intervals, two_means
from heedful.measures.distributions import Array, t_quantile95
from heedful.measures.intervals import share_interval

Whole = NDArray[np.int64]
DRAWS = 8000
LEAST_GROUPS = 3
"""With fewer the figures say nothing of how much the truths differ."""
_SPREADS, _MEANS, _SIZES = 400, 60, 60
_BORROWED_DF = 30.0


@dataclass(frozen=True, slots=True)
class Ranks:
    """The rank of each group among all, 1 the highest, by draws of their truths.

    `rank` is the median, `low` and `high` bound 95 % of the draws; `top` and `bottom` are the shares of draws in which
    the group is among the highest and the lowest fifth (at least one group each).
    """

    rank: Array
    low: Array
    high: Array
    top: Array
    bottom: Array


def normal_draws(value: ArrayLike, standard_error: ArrayLike, rng: np.random.Generator, *, draws: int = DRAWS) -> Array:
    """Draws of the truths of groups whose figures are normal about them, the truths normal about a common mean.

    The spread of truths has a flat prior, as has their mean; it needs three groups. Source: Gelman et al., section 5.4,
    equations 5.20 and 5.21; the marginal likelihood of the spread is the restricted one (REML). Errors are above 0.
    """
    y, v = np.asarray(value, dtype=np.float64), np.asarray(standard_error, dtype=np.float64) ** 2
    spread = _spreads(y, v)
    precision = 1 / (v + spread[:, None] ** 2)
    total = precision.sum(axis=1)
    centre = (precision @ y) / total
    squares = (precision * (y - centre[:, None]) ** 2).sum(axis=1)
    log_density = 0.5 * (np.log(precision).sum(axis=1) - np.log(total) - squares)
    at = _sample(log_density + np.log(np.gradient(spread)), rng, draws)
    mean = centre[at] + rng.standard_normal(draws) / np.sqrt(total[at])
    between = spread[at] ** 2
    # Written so that no spread at all is no division by it: then every truth is the mean.
    weight = between[:, None] / (between[:, None] + v)
    truth = weight * y + (1 - weight) * mean[:, None]
    return np.asarray(truth + rng.standard_normal(truth.shape) * np.sqrt(weight * v), dtype=np.float64)


def _spreads(y: Array, v: Array) -> Array:
    """The grid of standard deviations between groups: from nothing, densely near it, to more than figures can show."""
    widest = 6 * max(float(np.ptp(y)), float(np.sqrt(v.min())), 1e-12)
    return np.asarray(widest * np.linspace(0, 1, _SPREADS) ** 3 + 1e-9 * widest, dtype=np.float64)


def share_draws(n: ArrayLike, yes: ArrayLike, rng: np.random.Generator, *, draws: int = DRAWS) -> Array:
    """Draws of the true shares of groups with `yes` of `n` (effective counts), the shares beta about a common mean.

    The prior of the beta's parameters is (a + b)^(-5/2), flat in the mean and in (a + b)^(-1/2). Source: Gelman et al.,
    section 5.3, equation 5.8.
    """
    count, hits = np.asarray(n, dtype=np.float64), np.asarray(yes, dtype=np.float64)
    a, b, log_weight = _beta_grid(count, hits)
    log_density = log_weight.copy()
    log_beta = log_gamma(a) + log_gamma(b) - log_gamma(a + b)
    pairs, times = np.unique(np.stack([count, hits]), axis=1, return_counts=True)
    for (m, k), many in zip(pairs.T, times, strict=True):
        log_density += many * (log_gamma(a + k) + log_gamma(b + m - k) - log_gamma(a + b + m) - log_beta)
    at = _sample(log_density, rng, draws)
    return np.asarray(rng.beta(a[at][:, None] + hits, b[at][:, None] + count - hits), dtype=np.float64)


def _beta_grid(n: Array, yes: Array) -> tuple[Array, Array, Array]:
    """Parameters a and b over a grid of means and sizes a + b, and the logarithm of prior times cell.

    The mean runs evenly in its logit, where the cell is m(1 - m); the size in its logarithm, where it is s^(-1/2).
    """
    pooled = (yes.sum() + 0.5) / (n.sum() + 1)
    width = 6 * np.sqrt(1 / (pooled * (1 - pooled)) * max(1 / len(n), 1 / n.sum())) + 0.5
    logits = np.log(pooled / (1 - pooled)) + np.linspace(-width, width, _MEANS)
    means = 1 / (1 + np.exp(-logits))
    log_sizes = np.linspace(np.log(0.3), np.log(1e3 * max(10.0, float(n.max()))), _SIZES)
    mean, log_size = (grid.ravel() for grid in np.meshgrid(means, log_sizes))
    size = np.exp(log_size)
    return mean * size, (1 - mean) * size, np.log(mean * (1 - mean)) - 0.5 * log_size


def _sample(log_density: Array, rng: np.random.Generator, draws: int) -> Whole:
    density = np.exp(log_density - log_density.max())
    return rng.choice(len(density), size=draws, p=density / density.sum()).astype(np.int64)


def ranks(draws: Array, *, higher_first: bool = True) -> Ranks:
    """Where each group stands among all, by `draws` of their truths.

    Ranks of point estimates suggest an order that the data do not hold: Goldstein and Spiegelhalter (1996), Journal of
    the Royal Statistical Society A 159.
    """
    groups = draws.shape[1]
    order = np.argsort(-draws if higher_first else draws, axis=1)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(1, groups + 1)[None, :], axis=1)
    fifth = max(1, groups // 5)
    low, rank, high = np.quantile(place, (0.025, 0.5, 0.975), axis=0, method="nearest")
    top, bottom = (place <= fifth).mean(axis=0), (place > groups - fifth).mean(axis=0)
    return Ranks(rank.astype(np.float64), low.astype(np.float64), high.astype(np.float64), top, bottom)


def steadied(standard_error: ArrayLike, n_eff: ArrayLike, customers: ArrayLike) -> tuple[Array, Array]:
    """Standard errors of means with what their few customers cannot say of the spread borrowed from all groups.

    Three customers who all answered 5 are not certain. The variance of one answer in a group is its own and that of all
    groups, weighted by degrees of freedom: the group's own and thirty. Second come the degrees that a test may count
    on, the group's own: with those, groups that do not differ raise false alarms in at most about 5 of 100 rankings
    even where answers lie far from normal; lighter borrowing raised up to 17. Source: Smyth (2004), Statistical
    Applications in Genetics and Molecular Biology 3, with a fixed weight instead of an estimated one.
    """
    error, base, m = (np.asarray(part, dtype=np.float64) for part in (standard_error, n_eff, customers))
    df = np.maximum(m - 1, 0)
    one = error**2 * base
    pooled = (df * one).sum() / max(df.sum(), 1.0)
    return np.sqrt((df * one + _BORROWED_DF * pooled) / (df + _BORROWED_DF) / base), np.maximum(df, 1)


def shares_against_rest(n: ArrayLike, yes: ArrayLike, rows: ArrayLike) -> Differences:
    """Each share less that of all other groups together, by their intervals (Wilson; Zou and Donner 2008).

    `n` and `yes` are effective counts, `rows` weighs the groups of the rest.
    """
    count, hits, weight = (np.asarray(part, dtype=np.float64) for part in (n, yes, rows))
    share = hits / count
    rest, rest_weight = _rest(share, weight), weight.sum() - weight
    squares = weight**2 / count
    rest_base = rest_weight**2 / (squares.sum() - squares)
    return from_intervals(share_interval(count, hits), share_interval(rest_base, rest * rest_base))


def means_against_rest(value: ArrayLike, standard_error: ArrayLike, df: ArrayLike, rows: ArrayLike) -> Differences:
    """Each figure less that of all other groups together (Welch). `rows` weighs the groups of the rest."""
    y, error, degrees, weight = (np.asarray(part, dtype=np.float64) for part in (value, standard_error, df, rows))
    parts = (weight * error) ** 2
    rest_weight = weight.sum() - weight
    rest_error = np.sqrt(parts.sum() - parts) / rest_weight
    fourths = parts**2 / degrees
    rest_df = np.maximum((parts.sum() - parts) ** 2 / (fourths.sum() - fourths), 1)
    return two_means(MeanAndError(y, error, degrees), MeanAndError(_rest(y, weight), rest_error, rest_df))


def _rest(value: Array, weight: Array) -> Array:
    products = weight * value
    return np.asarray((products.sum() - products) / (weight.sum() - weight), dtype=np.float64)


def error_of(low: ArrayLike, high: ArrayLike, df: ArrayLike) -> Array:
    """The standard error behind t intervals with `df` >= 1 degrees of freedom."""
    half = (np.asarray(high, dtype=np.float64) - np.asarray(low, dtype=np.float64)) / 2
    return np.asarray(half / t_quantile95(df), dtype=np.float64)


def log_gamma(x: Array) -> Array:
    """The logarithm of the gamma function at `x` > 0, within 1e-11 of the true value.

    `math.lgamma` takes one number at a time. Stirling's series (Abramowitz and Stegun 6.1.40) from 8 on, and the
    recurrence Γ(x + 1) = xΓ(x) below.
    """
    product = x * (x + 1) * (x + 2) * (x + 3) * (x + 4) * (x + 5) * (x + 6) * (x + 7)
    z = x + 8
    square = 1 / z**2
    series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / z
    found = (z - 0.5) * np.log(z) - z + 0.5 * np.log(2 * np.pi) + series
    return np.asarray(found - np.log(product), dtype=np.float64)
