"""From the sums over customers to a value with its interval: the half of every measure that is not SQL.

The customer is the sampling unit. With x = sum(w) and y = sum(w * value) over each customer's rows, every estimate is
r = Sy / Sx with the variance of Taylor's linearisation (Woodruff 1971, Journal of the American Statistical Association
66; Cochran 1977, Sampling Techniques, section 6.4):

    var(r) = m / (m - 1) * (Syy - 2 r Sxy + r² Sxx) / Sx²

The same six sums serve shares, net shares, means and ratios, weighted or not. For shares and net shares, whose variance
follows from their value in a simple random sample, var(r) gives the effective number of answers (Kish 1965; Korn and
Graubard 1998, Survey Methodology 24), and that goes into Wilson's and the adjusted Wald interval:

    n_eff = n * (variance of n independent answers) / var(r),  at most n,  times (t(n - 1) / t(df))²

so that n_eff = n where each customer answers once. Degrees of freedom are Sx² / Sxx - 1: m - 1 where all customers
weigh alike, fewer where a few of them make the figure, which linearisation by itself would not notice.

One step is our own. Near 0 and 1 few customers differ from the rest, and var(r) by chance misses how alike each one's
answers are: with 30 customers of 2 to 20 rows, a share of 0.97 and an intra-class correlation of 0.5, the interval
covers 0.87. So 1 / n_eff moves towards 1 / (Sx² / Sxx), what it is where customers always answer alike, by the part
0.1 / (0.1 + customers * variance of one answer). The same case then covers 0.97; with 300 customers the part is about
one in a hundred, with each answering once nothing moves, and at 0 and 1 it is all, without a jump.

Precision: the bracket cancels where customers hardly differ. It is computed here to a few units in the last place of
what the sums allow. Sums with a relative error d leave the variance with a relative error of about 4 d (1 + 1 / c²), c
being the spread of the customers' residuals relative to their values. Sums of whole numbers below 2**53 have d = 0;
sums by parts about 1e-16; sums of a million large amounts one by one up to 1e-11, so that 20 million rows of cents with
c = 0.1 keep their variance within 1e-8. Standard errors below 1e-6 of the value are rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from heedful.errors import InputError
from heedful.measures.distributions import Array, t_quantile95
from heedful.measures.intervals import Interval, Mask, mean_interval, net_share_interval, ratio_interval, share_interval

_ROUNDING = 1e-9
"""By how much sums may contradict one another before that is an error in the input."""

_DOUBT = 0.1
"""How much the variance between customers is doubted near 0 and 1; chosen by coverage, see the module's text."""


@dataclass(frozen=True, slots=True)
class ClusterSums:
    """Sums over customers of x = sum(w) and y = sum(w * value), each of shape (n_groups,).

    `m` counts customers, `n` rows; `s_abs` is sum(w * |value|) over rows, which net shares need. For a ratio x is the
    sum of the denominator. Sums may be NaN where `m` is 0. Raises `InputError` for sums that no rows can have.
    """

    m: Array
    n: Array
    sx: Array
    sy: Array
    sxx: Array
    sxy: Array
    syy: Array
    s_abs: Array | None = None

    def __post_init__(self) -> None:
        empty = ~(np.asarray(self.m, dtype=np.float64) > 0)
        for field in fields(self):
            given = getattr(self, field.name)
            if given is None:
                continue
            array = np.asarray(given, dtype=np.float64)
            if array.shape != empty.shape:
                raise ValueError(f"{field.name} is of shape {array.shape}, m of {empty.shape}")
            array = np.where(empty, 0.0, array)
            _refuse(~np.isfinite(array), f"{field.name} is not a finite number: a value or weight is infinite or NaN")
            object.__setattr__(self, field.name, array)

    @classmethod
    def from_rows(
        cls, values: ArrayLike, *, weights: ArrayLike | None = None, customers: ArrayLike | None = None
    ) -> Self:
        """One group from its rows, of shape (n_rows,). Without `customers` each row is its own."""
        value = np.asarray(values, dtype=np.float64)
        weight = np.ones(value.shape) if weights is None else np.asarray(weights, dtype=np.float64)
        if np.any(weight < 0):
            raise InputError(f"A weight is negative ({weight.min():g}); weights are 0 or more.")
        place = np.arange(len(value)) if customers is None else np.unique(customers, return_inverse=True)[1]
        x, y = np.bincount(place, weight), np.bincount(place, weight * value)
        sums = (len(x), len(value), x.sum(), y.sum(), x @ x, x @ y, y @ y, weight @ np.abs(value))
        return cls(*(np.array([s], dtype=np.float64) for s in sums))


@dataclass(frozen=True, slots=True)
class Estimate(Interval):
    """Values with bounds and bases. `reason` holds why a value is NaN, and None elsewhere.

    A value without bounds has too few customers for an interval.
    """

    reason: NDArray[np.object_]

    def times(self, factor: float) -> Estimate:
        """The same in another unit, such as 100 for points."""
        low, high = (self.low, self.high) if factor >= 0 else (self.high, self.low)
        return replace(self, value=self.value * factor, low=low * factor, high=high * factor)


Estimator = Callable[[ClusterSums], Estimate]


def share(sums: ClusterSums) -> Estimate:
    """Share of rows that meet a condition (value 1 or 0), with Wilson's interval at the effective count.

    Where all or none meet it there is no variance to learn from: n_eff is then the effective number of customers, which
    is right where each of them would always answer alike, and cautious elsewhere. So it is with one customer alone.
    """
    _refuse_negative_weights(sums)
    r = _value(sums)
    _refuse((r < -_ROUNDING) | (r > 1 + _ROUNDING), "a share lies outside 0 to 1: a weight is negative")
    r = np.clip(r, 0, 1)
    n_eff = _effective(sums, r * (1 - r))
    return _estimate(share_interval(n_eff, n_eff * r), r)


def net_share(sums: ClusterSums) -> Estimate:
    """Share of rows with value 1 less the share with value -1, with the adjusted Wald interval at the effective count.

    Values are 1, 0 or -1. Without bounds where the effective count is below 2. Where all rows have one value, n_eff is
    the effective number of customers, as for `share`.
    """
    if sums.s_abs is None:
        raise ValueError("a net share needs s_abs")
    _refuse_negative_weights(sums)
    r = _value(sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        either = np.where(np.isnan(r), np.nan, sums.s_abs / sums.sx)
    wrong = (np.abs(r) > either + _ROUNDING) | (either > 1 + _ROUNDING)
    _refuse(wrong, "a net share lies outside -1 to 1: a weight is negative")
    either = np.minimum(either, 1)
    r = np.clip(r, -either, either)
    n_eff = _effective(sums, either - r**2)
    interval = net_share_interval(n_eff, n_eff * (either + r) / 2, n_eff * (either - r) / 2)
    return _estimate(interval, r)


def mean(sums: ClusterSums) -> Estimate:
    """The mean of the values, with Student's t interval. Without bounds where there is one customer.

    `n_eff` is the effective number of customers: the sums do not tell how alike the answers of one customer are. Equal
    answers give an interval without width, which says nothing where they are few.
    """
    _refuse_negative_weights(sums)
    return _linear(sums)


def ratio(sums: ClusterSums, *, positive: bool = False) -> Estimate:
    """A sum over a sum, by the delta method with Student's t. Without bounds where there is one customer.

    `positive` says that the numerator cannot be negative: the interval is then one on the log scale, except at 0, which
    has none. `n_eff` is the effective number of customers.
    """
    return _linear(sums) if not positive else _positive(sums)


def linearised_variance(sums: ClusterSums) -> Array:
    """The variance of Sy / Sx; NaN where there are fewer than two customers or Sx is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        # Syy - 2 r Sxy + r² Sxx as two terms that cannot be negative, each from one difference of products: what is
        # left around the best slope through the origin, and what r misses of that slope.
        around = np.maximum(_difference_of_products(sums.syy, sums.sxx, sums.sxy, sums.sxy), 0) / sums.sxx
        missed = _difference_of_products(sums.sy, sums.sxx, sums.sxy, sums.sx) / sums.sx
        bracket = around + missed**2 / sums.sxx
        defined = (sums.m >= 2) & (sums.sx != 0)
        return np.where(defined, sums.m / (sums.m - 1) * bracket / sums.sx**2, np.nan)


def effective_customers(sums: ClusterSums) -> Array:
    """Sx² / Sxx, at most m: how many customers of equal weight would count as much (Kish 1965). NaN where Sx is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums.sx != 0, np.minimum(sums.sx**2 / sums.sxx, sums.m), np.nan)


def degrees_of_freedom(sums: ClusterSums) -> Array:
    """The effective number of customers less one, at least 1; 0 where there is one customer, NaN where Sx is 0."""
    alike = effective_customers(sums)
    return np.where(np.isnan(alike), np.nan, np.where(sums.m >= 2, np.maximum(alike - 1, 1), 0.0))


def _effective(sums: ClusterSums, variance_of_one: Array) -> Array:
    """The effective number of answers, given the variance of a single answer."""
    customers = effective_customers(sums)
    varies = (variance_of_one > 1e-12) & (sums.m >= 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.minimum(variance_of_one * sums.n / (sums.n - 1) / linearised_variance(sums), sums.n)
        t_rows, t_customers = (
            t_quantile95(np.where(varies, df, np.nan)) for df in (sums.n - 1, degrees_of_freedom(sums))
        )
        found = found * (t_rows / t_customers) ** 2
        doubt = _DOUBT / (_DOUBT + customers * variance_of_one)
        n_eff = 1 / ((1 - doubt) / found + doubt / np.minimum(found, customers))
    return np.where(varies, n_eff, customers)


def _linear(sums: ClusterSums) -> Estimate:
    r = _value(sums)
    interval = mean_interval(r, np.sqrt(linearised_variance(sums)), degrees_of_freedom(sums), effective_customers(sums))
    return _estimate(interval, r)


def _positive(sums: ClusterSums) -> Estimate:
    r = _value(sums)
    _refuse(r < 0, "a ratio that cannot be negative is")
    error = np.sqrt(linearised_variance(sums))
    return _estimate(ratio_interval(r, error, degrees_of_freedom(sums), effective_customers(sums)), r)


def _value(sums: ClusterSums) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums.sx != 0, sums.sy / sums.sx, np.nan)


def _estimate(interval: Interval, value: Array) -> Estimate:
    reason = np.where(np.isnan(value), np.array("no_answers", dtype=np.object_), np.array(None, dtype=np.object_))
    return Estimate(value, interval.low, interval.high, interval.n_eff, reason)


def _refuse_negative_weights(sums: ClusterSums) -> None:
    _refuse(sums.sx < 0, "the sum of weights is negative; weights are 0 or more")


def _refuse(wrong: Mask, message: str) -> None:
    if np.any(wrong):
        raise InputError(f"Group {int(np.flatnonzero(wrong)[0]) + 1}: {message}.")


def _difference_of_products(a: Array, b: Array, c: Array, d: Array) -> Array:
    """a b - c d without cancellation: the rounding errors of both products are computed and given back."""
    (ab, ab_error), (cd, cd_error) = _product(a, b), _product(c, d)
    return (ab - cd) + (ab_error - cd_error)


def _product(a: Array, b: Array) -> tuple[Array, Array]:
    """The product and its rounding error, exactly: Dekker (1971), Numerische Mathematik 18."""
    (a_high, a_low), (b_high, b_low) = _split(a), _split(b)
    product = a * b
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _split(a: Array) -> tuple[Array, Array]:
    scaled = 134_217_729.0 * a
    high = scaled - (scaled - a)
    return high, a - high
