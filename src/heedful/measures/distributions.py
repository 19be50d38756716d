"""The normal and Student's t distribution, as far as 95 % intervals and two-sided tests need them.

SciPy would bring these in 35 MB, more than all the rest of the numerics; its values are the oracle of the tests
(quantiles within 1e-10 and tail probabilities within 1e-9, relative).
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

Z95 = NormalDist().inv_cdf(0.975)
_LARGE_DF = 1000.0

_lgamma = np.frompyfunc(math.lgamma, 1, 1)
_erfc = np.frompyfunc(math.erfc, 1, 1)


def normal_two_sided(z: ArrayLike) -> Array:
    """The probability that a standard normal lies at least as far from 0 as `z`; NaN stays NaN."""
    return np.asarray(_erfc(np.abs(np.asarray(z, dtype=np.float64)) / math.sqrt(2)), dtype=np.float64)


def t_two_sided(t: ArrayLike, df: ArrayLike) -> Array:
    """The probability that Student's t with `df` > 0 degrees lies at least as far from 0 as `t`; NaN stays NaN.

    Source: the incomplete beta function (Abramowitz and Stegun 26.7.1); from 1,000 degrees Hill (1970), Algorithm 395.
    """
    # Beyond 1e150 the square would overflow, and every tail is nothing long before.
    distance = np.minimum(np.abs(np.asarray(t, dtype=np.float64)), 1e150)
    size, degrees = np.broadcast_arrays(distance, np.asarray(df, dtype=np.float64))
    p = np.full(size.shape, np.nan)
    known = ~(np.isnan(size) | np.isnan(degrees))
    large = known & (degrees >= _LARGE_DF)
    p[large] = normal_two_sided(_hill(size[large], degrees[large]))
    small = known & ~large
    p[small] = _tail(size[small] ** 2, degrees[small])
    return p


def t_quantile95(df: ArrayLike) -> Array:
    """Student's t with `df` >= 1 degrees beyond which 2.5 % lie on the upper side; NaN stays NaN.

    Newton's steps from the normal quantile: the distribution is concave there, so that no step overshoots. From 1,000
    degrees the expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5).
    """
    wanted = np.asarray(df, dtype=np.float64)
    distinct, place = np.unique(wanted, return_inverse=True)
    quantile = np.full(distinct.shape, np.nan)
    large = distinct >= _LARGE_DF
    quantile[large] = _cornish_fisher(distinct[large])
    small = ~large & ~np.isnan(distinct)
    if small.any():
        quantile[small] = _newton(distinct[small])
    return quantile[place].reshape(wanted.shape)


def _newton(df: Array) -> Array:
    log_constant = _log_gamma((df + 1) / 2) - _log_gamma(df / 2) - 0.5 * np.log(df * math.pi)
    t = np.full(df.shape, Z95)
    for _ in range(50):
        density = np.exp(log_constant - (df + 1) / 2 * np.log1p(t**2 / df))
        step = (0.5 * _tail(t**2, df) - 0.025) / density
        t = t + step
        if np.all(np.abs(step) <= 1e-13 * t):
            break
    return t


def _cornish_fisher(df: Array) -> Array:
    z = Z95
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + terms[0] / df + terms[1] / df**2 + terms[2] / df**3


def _hill(t: Array, df: Array) -> Array:
    a = df - 0.5
    b = 48 * a**2
    y = a * np.log1p(t**2 / df)
    series = ((((-0.4 * y - 3.3) * y - 24) * y - 85.5) / (0.8 * y**2 + 100 + b) + y + 3) / b + 1
    return series * np.sqrt(y)


def _tail(square: Array, df: Array) -> Array:
    """P(|T| >= t) of `square` = t², as the regularised incomplete beta I_x(df/2, 1/2) at x = df / (df + t²)."""
    a, b = df / 2, np.full(df.shape, 0.5)
    x, rest = df / (df + square), square / (df + square)
    near = x < (a + 1) / (a + b + 2)
    front = np.exp(_log_gamma(a + b) - _log_gamma(a) - _log_gamma(b) + a * np.log(x)) * np.sqrt(rest)
    first, second, at = np.where(near, a, b), np.where(near, b, a), np.where(near, x, rest)
    part = front * _continued_fraction(first, second, at) / first
    return np.where(near, part, 1 - part)


def _continued_fraction(a: Array, b: Array, x: Array) -> Array:
    """The fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by the method of Lentz."""
    c = np.ones(x.shape)
    d = 1 / (1 - (a + b) * x / (a + 1))
    fraction = d.copy()
    for i in range(1, 200):
        for factor in (
            i * (b - i) * x / ((a + 2 * i - 1) * (a + 2 * i)),
            -(a + i) * (a + b + i) * x / ((a + 2 * i) * (a + 2 * i + 1)),
        ):
            d = 1 / (1 + factor * d)
            c = 1 + factor / c
            fraction = fraction * (c * d)
        if np.all(np.abs(c * d - 1) < 1e-15):
            break
    return fraction


def _log_gamma(x: Array) -> Array:
    return np.asarray(_lgamma(x), dtype=np.float64)
