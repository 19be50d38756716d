"""Significance letters: which columns of a banner differ in one row of a table.

Each column is tested against each other of its banner that it shares nobody with. The p values of one row and banner
are corrected together (Holm), so that one false letter among all of them stays as rare as a false alarm in one test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from heedful.measures.comparisons import (
    Differences,
    MeanAndError,
    UpsAndDowns,
    holm,
    two_means,
    two_net_shares,
    two_shares,
)
from heedful.measures.estimators import ClusterSums, degrees_of_freedom, linearised_variance, mean, net_share, share

Array = NDArray[np.float64]
Places = NDArray[np.intp]
Test = Callable[[ClusterSums, Places, Places], Differences]
SURE, VERY_SURE = 0.05, 0.01
_LEAST_EXPECTED = 5


def letters(values: Array, tested: Sequence[tuple[int, int]], p: Array, names: Sequence[str]) -> tuple[str, ...]:
    """For each column the letters of those that it is above: lower case at 5 %, upper case at 1 %.

    `values` is of shape (n_columns,); `p` (uncorrected) belongs to the pairs `tested`, of shape (n_pairs,).
    """
    found: list[list[str]] = [[] for _ in names]
    for (one, other), corrected in zip(tested, holm(p), strict=True):
        if corrected < SURE:
            higher, lower = (one, other) if values[one] > values[other] else (other, one)
            name = names[lower]
            found[higher].append(name.upper() if corrected < VERY_SURE else name.lower())
    return tuple("".join(sorted(each, key=str.upper)) for each in found)


def pairs(columns: Sequence[int], apart: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """The pairs of `columns` that share nobody, as `apart` says."""
    return [pair for pair in combinations(columns, 2) if apart(*pair)]


def shares_differ(sums: ClusterSums, one: Places, other: Places) -> Differences:
    """The pooled z test of two shares at their effective counts; no p where fewer than 5 are expected on either side.

    Source of the rule: Cochran (1954), Biometrics 10. Below it the test gives letters too freely.
    """
    found = share(sums)
    n, yes = found.n_eff, found.n_eff * found.value
    tested = two_shares(n[one], yes[one], n[other], yes[other])
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (yes[one] + yes[other]) / (n[one] + n[other])
        expected = np.minimum(n[one], n[other]) * np.minimum(pooled, 1 - pooled)
    return replace(tested, p=np.where(expected >= _LEAST_EXPECTED, tested.p, np.nan))


def means_differ(sums: ClusterSums, one: Places, other: Places) -> Differences:
    """Welch's test of two means with their linearised standard errors."""
    value, error, df = mean(sums).value, np.sqrt(linearised_variance(sums)), degrees_of_freedom(sums)
    return two_means(MeanAndError(value[one], error[one], df[one]), MeanAndError(value[other], error[other], df[other]))


def net_shares_differ(sums: ClusterSums, one: Places, other: Places) -> Differences:
    """The adjusted Wald test of two net shares at their effective counts."""
    found = net_share(sums)
    if sums.s_abs is None:
        raise ValueError("a net share needs s_abs")
    with np.errstate(invalid="ignore", divide="ignore"):
        either = sums.s_abs / sums.sx
    up, down = found.n_eff * (either + found.value) / 2, found.n_eff * (either - found.value) / 2
    return two_net_shares(
        UpsAndDowns(found.n_eff[one], up[one], down[one]), UpsAndDowns(found.n_eff[other], up[other], down[other])
    )
