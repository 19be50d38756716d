"""Differences against the golden vectors, MOVER against Newcombe, and corrections for many comparisons.

Tolerances: the vectors hold ten significant digits, so 1e-8 relative, and 1e-7 of a point for net shares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from heedful.measures.comparisons import (
    Difference,
    MeanAndError,
    UpsAndDowns,
    benjamini_hochberg,
    compare_rows,
    from_intervals,
    holm,
    two_means,
    two_net_shares,
    two_shares,
)
from heedful.measures.intervals import Interval, mean_interval, share_interval
from heedful.measures.results import Row

Read = Callable[[str], Mapping[str, list[str]]]

# Columns of the vectors that hold other methods' answers, which Heedful does not give.
SHARES_NOT_OURS = {"chi2", "p_fisher", "p_barnard", "wald_lo", "wald_hi", "mn_score_lo", "mn_score_hi"}
CHANGE_NOT_OURS = {"se", "z", "p", "lo", "hi"}  # Wald


def numbers(column: list[str]) -> np.ndarray:
    return np.array([float(cell) if cell else np.nan for cell in column])


def waves(column: list[str]) -> np.ndarray:
    """Promoters, passives and detractors of each wave, of shape (3, n_waves)."""
    return np.array([[float(part) for part in cell.split("/")] for cell in column]).T


def row(value: float | None, low: float | None, high: float | None) -> Row:
    return Row("nps", "all", {}, None, None, value, low, high, 100, 100, 100.0, "points")


def test_newcombes_interval_and_the_pooled_z_test_hold_for_every_row_of_two_proportions(vectors: Read) -> None:
    v = vectors("two_proportions")
    found = two_shares(*(numbers(v[c]) for c in ("n1", "k1", "n2", "k2")))
    np.testing.assert_allclose(found.difference, numbers(v["diff"]), rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.p, numbers(v["p_ztest"]), rtol=1e-8)
    np.testing.assert_allclose(found.low, numbers(v["newcombe_lo"]), rtol=1e-8)
    np.testing.assert_allclose(found.high, numbers(v["newcombe_hi"]), rtol=1e-8)
    z = numbers(v["z_pooled"])
    np.testing.assert_allclose(found.p[~np.isnan(z)], 2 * stats.norm.sf(np.abs(z[~np.isnan(z)])), rtol=1e-7)
    ours = {"k1", "n1", "k2", "n2", "diff", "z_pooled", "p_ztest", "newcombe_lo", "newcombe_hi"}
    assert set(v) == ours | SHARES_NOT_OURS


def test_the_adjusted_wald_interval_of_a_change_holds_for_every_row_of_nps_change(vectors: Read) -> None:
    v = vectors("nps_change")
    before, now = (UpsAndDowns(w.sum(axis=0), w[0], w[2]) for w in (waves(v["w1"]), waves(v["w2"])))
    found = two_net_shares(now, before)
    np.testing.assert_allclose(100 * found.difference, numbers(v["change"]), atol=1e-7)
    np.testing.assert_allclose(100 * found.low, numbers(v["aw_lo"]), atol=1e-7)
    np.testing.assert_allclose(100 * found.high, numbers(v["aw_hi"]), atol=1e-7)
    expected = 2 * stats.norm.sf(np.abs(numbers(v["aw_change"]) / numbers(v["aw_se"])))
    np.testing.assert_allclose(found.p, expected, rtol=1e-7)
    ours = {"w1", "w2", "change", "aw_change", "aw_se", "aw_lo", "aw_hi", "welch_t", "welch_df", "welch_p"}
    assert set(v) == ours | CHANGE_NOT_OURS


def test_welchs_test_holds_for_every_row_of_nps_change(vectors: Read) -> None:
    v = vectors("nps_change")
    sides = []
    for counts in (waves(v["w2"]), waves(v["w1"])):
        n = counts.sum(axis=0)
        mean = (counts[0] - counts[2]) / n
        error = np.sqrt(((counts[0] + counts[2]) / n - mean**2) / (n - 1))
        sides.append(MeanAndError(mean, error, n - 1))
    found = two_means(*sides)
    np.testing.assert_allclose(found.p, numbers(v["welch_p"]), rtol=1e-8)
    half = stats.t.ppf(0.975, numbers(v["welch_df"])) * np.hypot(sides[0].standard_error, sides[1].standard_error)
    np.testing.assert_allclose(found.high - found.difference, half, rtol=1e-8)
    np.testing.assert_allclose(found.difference - found.low, half, rtol=1e-8)


def test_holm_and_benjamini_hochberg_hold_for_every_row_of_multiple(vectors: Read) -> None:
    v = vectors("multiple")
    shuffled = np.random.default_rng(5).permutation(len(v["p"]))
    p = numbers(v["p"])[shuffled]
    np.testing.assert_allclose(holm(p), numbers(v["holm"])[shuffled], rtol=1e-9)
    np.testing.assert_allclose(benjamini_hochberg(p), numbers(v["bh"])[shuffled], rtol=1e-9)


def test_what_has_no_p_does_not_count_among_the_comparisons() -> None:
    for correct in (holm, benjamini_hochberg):
        with_gaps = correct([0.01, None, 0.04, float("nan")])
        assert np.isnan(with_gaps[[1, 3]]).all()
        np.testing.assert_array_equal(with_gaps[[0, 2]], correct([0.01, 0.04]))
        assert correct([]).tolist() == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_corrected_p_values_keep_their_order_and_are_never_smaller(p: list[float]) -> None:
    for corrected in (holm(p), benjamini_hochberg(p)):
        assert (corrected >= np.array(p)).all()
        assert (corrected <= 1).all()
        assert (np.diff(corrected[np.argsort(p, kind="stable")]) >= 0).all()


def test_mover_on_two_wilson_intervals_is_newcombes_interval() -> None:
    n1, k1, n2, k2 = [100, 10], [80, 0], [90, 12], [60, 5]
    general = from_intervals(share_interval(n1, k1), share_interval(n2, k2))
    special = two_shares(n1, k1, n2, k2)
    np.testing.assert_array_equal(general.low, special.low)
    np.testing.assert_array_equal(general.high, special.high)


def test_mover_on_two_large_means_is_the_z_test() -> None:
    now, before = mean_interval([10.3], [0.1], [1e7], [1e7]), mean_interval([10.0], [0.1], [1e7], [1e7])
    found = from_intervals(now, before)
    assert found.p[0] == pytest.approx(2 * stats.norm.sf(0.3 / np.hypot(0.1, 0.1)), rel=1e-5)


bounds = st.floats(1e-3, 10)


@given(st.floats(-10, 10), st.floats(-10, 10), st.tuples(bounds, bounds), st.tuples(bounds, bounds))
def test_p_is_below_five_percent_exactly_where_the_interval_leaves_out_zero(
    a: float, b: float, reach_a: tuple[float, float], reach_b: tuple[float, float]
) -> None:
    found = from_intervals(interval(a, a - reach_a[0], a + reach_a[1]), interval(b, b - reach_b[0], b + reach_b[1]))
    assert found.low[0] <= found.difference[0] <= found.high[0]
    if abs(found.p[0] - 0.05) > 1e-9:
        assert (found.p[0] < 0.05) == (found.low[0] > 0 or found.high[0] < 0)


@given(st.floats(-10, 10), st.floats(-10, 10), bounds, bounds)
def test_turning_a_comparison_round_turns_its_sign_and_keeps_p(a: float, b: float, wide: float, narrow: float) -> None:
    first, second = interval(a, a - wide, a + narrow), interval(b, b - narrow, b + wide)
    there, back = from_intervals(first, second), from_intervals(second, first)
    assert (there.difference[0], there.low[0], there.high[0]) == (-back.difference[0], -back.high[0], -back.low[0])
    assert there.p[0] == back.p[0]


def interval(value: float, low: float, high: float) -> Interval:
    return Interval(*(np.array([part]) for part in (value, low, high, np.nan)))


def test_two_rows_differ_by_their_values_with_an_interval_and_a_p() -> None:
    found = compare_rows(row(40, 30, 48), row(20, 12, 31))
    assert found.difference == 20
    assert found.low == pytest.approx(20 - np.hypot(10, 11))
    assert found.high == pytest.approx(20 + np.hypot(8, 8))
    assert found.p == pytest.approx(2 * stats.norm.sf(stats.norm.ppf(0.975) * 20 / np.hypot(10, 11)))


@pytest.mark.parametrize(
    "missing", [row(None, None, None), row(1234, None, None), row(5, 4, float("inf")), row(float("nan"), 1, 2)]
)
def test_a_row_without_value_or_interval_compares_with_nothing(missing: Row) -> None:
    unknown = Difference(None, None, None, None)
    assert compare_rows(row(40, 30, 48), missing) == unknown
    assert compare_rows(missing, row(40, 30, 48)) == unknown


def test_figures_without_any_spread_differ_but_prove_nothing() -> None:
    assert compare_rows(row(5, 5, 5), row(4, 4, 4)) == Difference(1, 1, 1, None)
    assert compare_rows(row(5, 5, 5), row(5, 5, 5)) == Difference(0, 0, 0, 1)
    still = two_means(
        MeanAndError(np.array([5.0]), np.zeros(1), np.ones(1)), MeanAndError(np.ones(1), np.zeros(1), np.ones(1))
    )
    assert (still.difference[0], still.low[0], still.high[0]) == (4, 4, 4)
    assert np.isnan(still.p[0])


def test_too_few_answers_on_one_side_give_no_difference() -> None:
    some, none = (
        UpsAndDowns(np.array([9.0]), np.array([5.0]), np.ones(1)),
        UpsAndDowns(np.ones(1), np.ones(1), np.zeros(1)),
    )
    alone = MeanAndError(np.ones(1), np.full(1, np.nan), np.zeros(1))
    fine = MeanAndError(np.ones(1), np.ones(1), np.ones(1))
    for found in (two_net_shares(some, none), two_shares([5], [3], [0], [0]), two_means(fine, alone)):
        assert np.isnan(astuple(found)).all()
