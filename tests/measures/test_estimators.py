"""From clustered sums to estimates: agreement with the vectors, the edges, and numerical stability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from heedful.errors import InputError
from heedful.measures.estimators import (
    ClusterSums,
    Estimate,
    Estimator,
    degrees_of_freedom,
    effective_customers,
    linearised_variance,
    mean,
    net_share,
    ratio,
    share,
)
from heedful.measures.intervals import net_share_interval, share_interval

Read = Callable[[str], Mapping[str, list[str]]]
Array = NDArray[np.float64]


def sums(*parts: float) -> ClusterSums:
    """One group from m, n, sx, sy, sxx, sxy, syy and, where given, s_abs."""
    return ClusterSums(*(np.array([part], dtype=np.float64) for part in parts))


def one(estimate: Estimate) -> tuple[float, float, float, float, object]:
    e = estimate
    return float(e.value[0]), float(e.low[0]), float(e.high[0]), float(e.n_eff[0]), e.reason[0]


def answers(promoters: str, passives: str, detractors: str) -> list[int]:
    return [1] * int(promoters) + [0] * int(passives) + [-1] * int(detractors)


def test_one_answer_a_customer_gives_wilsons_interval_on_the_plain_count(vectors: Read) -> None:
    v = vectors("csat_ci")
    k, n = (np.array(v[c], dtype=np.float64) for c in ("k", "n"))
    found = share(ClusterSums(n, n, n, k, n, k, k))
    np.testing.assert_allclose(found.n_eff, n, rtol=1e-9)
    np.testing.assert_allclose(found.low, np.array(v["wilson_lo"], dtype=np.float64), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.high, np.array(v["wilson_hi"], dtype=np.float64), rtol=1e-9)


def test_one_answer_a_customer_gives_the_adjusted_wald_interval_of_every_row_of_nps_ci(vectors: Read) -> None:
    v = vectors("nps_ci")
    for row in zip(v["promoters"], v["passives"], v["detractors"], v["n"], v["aw_lo"], v["aw_hi"], strict=True):
        found = net_share(ClusterSums.from_rows(answers(*row[:3]))).times(100)
        np.testing.assert_allclose(found.n_eff, float(row[3]), rtol=1e-9)
        expected = [float(row[4]), float(row[5])] if int(row[3]) >= 2 else [np.nan, np.nan]
        np.testing.assert_allclose([found.low[0], found.high[0]], expected, atol=1e-6)


def test_the_mean_of_plus_and_minus_one_has_the_t_interval_of_nps_ci(vectors: Read) -> None:
    v = vectors("nps_ci")
    for p, q, d, error, low, high in zip(
        *(v[c] for c in ("promoters", "passives", "detractors", "t_se", "t_lo", "t_hi")), strict=True
    ):
        rows = ClusterSums.from_rows(answers(p, q, d))
        found = mean(rows).times(100)
        expected = [float(cell or "nan") for cell in (error, low, high)]
        np.testing.assert_allclose(100 * np.sqrt(linearised_variance(rows))[0], expected[0], atol=1e-7)
        # The vectors stop at the ends of the scale, which a mean does not know.
        np.testing.assert_allclose(np.clip([found.low[0], found.high[0]], -100, 100), expected[1:], atol=1e-6)


def test_means_have_the_intervals_of_mean_scores(vectors: Read) -> None:
    v = vectors("mean_scores")
    for counts, value, low, high in zip(v["counts"], v["mean"], v["lo"], v["hi"], strict=True):
        scores = np.repeat(np.arange(1, counts.count("/") + 2), [int(c) for c in counts.split("/")])
        found = mean(ClusterSums.from_rows(scores))
        expected = [float(value), float(low), float(high)]
        np.testing.assert_allclose([found.value[0], found.low[0], found.high[0]], expected, rtol=1e-9)


def test_the_top_two_boxes_of_mean_scores_are_shares(vectors: Read) -> None:
    v = vectors("mean_scores")
    for counts, top2 in zip(v["counts"], v["top2"], strict=True):
        scores = np.repeat(np.arange(1, counts.count("/") + 2), [int(c) for c in counts.split("/")])
        assert share(ClusterSums.from_rows(scores >= counts.count("/"))).value[0] == pytest.approx(float(top2))


def test_customers_who_always_answer_alike_count_once() -> None:
    asked_once = np.repeat([1.0, 0.0], [70, 30])
    repeated, customers = np.repeat(asked_once, 10), np.repeat(np.arange(100), 10)
    _, low, high, n_eff, _ = one(share(ClusterSums.from_rows(repeated, customers=customers)))
    plain = share_interval([100], [70])
    assert n_eff == pytest.approx(100, rel=0.05)
    assert (low, high) == pytest.approx((plain.low[0], plain.high[0]), abs=0.005)


def test_the_variance_is_the_textbook_one_of_a_ratio() -> None:
    # Worked by hand: x = 1, 2, 3 and y = 1, 1, 2, so r = 2/3 and the residuals are 1/3, -1/3, 0.
    rows = ClusterSums.from_rows([1, 1, 0, 1, 1, 0], customers=[1, 2, 2, 3, 3, 3])
    assert linearised_variance(rows)[0] == pytest.approx(3 / 2 * (1 / 9 + 1 / 9) / 36)


def test_no_customers_have_no_answer_and_a_reason() -> None:
    nobody = sums(0, 0, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan)
    for estimator in (share, net_share, mean, ratio):
        value, low, high, n_eff, reason = one(estimator(nobody))
        assert np.isnan([value, low, high, n_eff]).all()
        assert reason == "no_answers"


def test_weights_of_zero_are_no_answers() -> None:
    weightless = ClusterSums.from_rows([1, 0, 1], weights=[0, 0, 0])
    for estimator in (share, net_share, mean, ratio):
        assert np.isnan(estimator(weightless).value[0])
        assert estimator(weightless).reason[0] == "no_answers"


def test_one_customer_has_a_value_and_only_a_share_an_interval() -> None:
    rows = ClusterSums.from_rows([1, 1, 0, 1], customers=[7, 7, 7, 7])
    for estimator in (net_share, mean, ratio):
        value, low, high, n_eff, reason = one(estimator(rows))
        assert (value, n_eff, reason) == (0.75, 1, None)
        assert np.isnan([low, high]).all()
    expected = share_interval([1], [0.75])
    assert one(share(rows))[:4] == pytest.approx((0.75, expected.low[0], expected.high[0], 1))


def test_unanimous_answers_count_customers_and_not_rows() -> None:
    for answer in (0.0, 1.0):
        rows = ClusterSums.from_rows([answer] * 50, customers=np.repeat(np.arange(5), 10))
        _, low, high, n_eff, _ = one(share(rows))
        assert n_eff == 5
        expected = share_interval([5], [5 * answer])
        assert (low, high) == (expected.low[0], expected.high[0])
    rows = ClusterSums.from_rows([-1.0] * 50, customers=np.repeat(np.arange(5), 10))
    expected = net_share_interval([5], [0], [5])
    assert one(net_share(rows))[1:4] == (expected.low[0], expected.high[0], 5)


def test_unanimous_answers_of_unequal_weight_count_by_kish() -> None:
    rows = ClusterSums.from_rows([1, 1, 1], weights=[4, 1, 1])
    assert share(rows).n_eff[0] == pytest.approx(36 / 18)


def test_the_effective_count_has_no_jump_where_the_last_dissenter_agrees() -> None:
    customers = np.repeat(np.arange(100), 10)
    almost, all_agree = np.ones(1000), np.ones(1000)
    almost[0] = 1 - 1e-9  # not an answer that anyone can give, but the limit of one
    n_effs = [share(ClusterSums.from_rows(v, customers=customers)).n_eff[0] for v in (almost, all_agree)]
    assert n_effs[0] == pytest.approx(n_effs[1], rel=1e-3)


def test_answers_that_balance_within_each_customer_do_not_make_certainty() -> None:
    rows = ClusterSums.from_rows([1, 0] * 20, customers=np.repeat(np.arange(20), 2))
    value, low, high, n_eff, _ = one(share(rows))
    assert value == 0.5
    assert n_eff <= 40
    assert low < 0.4
    assert high > 0.6


def test_one_customer_who_makes_the_figure_leaves_it_open() -> None:
    values = np.concatenate([np.ones(500), np.tile([0.0, 1.0], 20)])
    customers = np.concatenate([np.zeros(500), np.arange(1, 41)])
    _, low, high, n_eff, _ = one(share(ClusterSums.from_rows(values, customers=customers)))
    assert n_eff < 2
    assert high - low > 0.5


def test_a_net_share_of_fewer_than_two_effective_answers_has_no_interval() -> None:
    value, low, high, n_eff, reason = one(net_share(ClusterSums.from_rows([1, 1, -1], weights=[100, 1, 1])))
    assert value == pytest.approx(100 / 102)
    assert n_eff < 2
    assert np.isnan([low, high]).all()
    assert reason is None


def test_weights_do_not_matter_by_their_scale() -> None:
    rng = np.random.default_rng(3)
    values, weights, customers = rng.integers(-1, 2, 200), rng.uniform(0.2, 5, 200), rng.integers(0, 60, 200)
    for estimator in (net_share, mean):
        small = one(estimator(ClusterSums.from_rows(values, weights=weights, customers=customers)))
        large = one(estimator(ClusterSums.from_rows(values, weights=1000 * weights, customers=customers)))
        assert small == pytest.approx(large)


@pytest.mark.parametrize(
    ("estimator", "bad"),
    [
        (share, sums(2, 2, -1, 1, 5, 1, 1)),
        (share, sums(2, 2, 1, 3, 17, 12, 9)),
        (share, sums(2, 2, 5, -1, 17, -4, 1)),
        (net_share, sums(2, 2, 1, 3, 17, 12, 9, 3)),
        (net_share, sums(2, 2, 5, 3, 17, 12, 9, 2)),
        (mean, sums(2, 2, -3, 3, 5, 3, 9)),
    ],
)
def test_negative_weights_are_refused(estimator: Estimator, bad: ClusterSums) -> None:
    with pytest.raises(InputError, match=r"Group 1: .*negative"):
        estimator(bad)


def test_negative_weights_of_rows_are_refused() -> None:
    with pytest.raises(InputError, match=r"A weight is negative \(-1\)"):
        ClusterSums.from_rows([1, 0], weights=[2, -1])


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused_with_the_group_that_holds_them(broken: float) -> None:
    fine = np.ones(3)
    with pytest.raises(InputError, match="Group 2: sy is not a finite number"):
        ClusterSums(fine, fine, fine, np.array([1, broken, 1]), fine, fine, fine)


def test_sums_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="sy is of shape"):
        ClusterSums(np.ones(2), np.ones(2), np.ones(2), np.ones(1), np.ones(2), np.ones(2), np.ones(2))


def test_a_net_share_without_its_absolute_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="s_abs"):
        net_share(ClusterSums(*(np.ones(1) for _ in range(7))))


def test_a_ratio_over_nothing_has_no_value() -> None:
    value, low, high, _, reason = one(ratio(sums(3, 3, 0, 40, 0, 0, 600)))
    assert np.isnan([value, low, high]).all()
    assert reason == "no_answers"


def test_a_ratio_that_cannot_be_negative_stays_above_zero() -> None:
    rows = sums(4, 4, 10, 100, 30, 150, 9100)
    assert ratio(rows).low[0] < 0
    assert 0 < ratio(rows, positive=True).low[0] < 10
    with pytest.raises(InputError, match="cannot be negative"):
        ratio(sums(4, 4, 10, -100, 30, -150, 9100), positive=True)


def test_another_unit_scales_the_figure_and_a_negative_one_turns_it_round() -> None:
    found = mean(ClusterSums.from_rows([1.0, 2.0, 4.0]))
    points, loss = found.times(100), found.times(-1)
    assert one(points)[:3] == pytest.approx(tuple(100 * part for part in one(found)[:3]))
    assert (loss.value[0], loss.low[0], loss.high[0]) == (-found.value[0], -found.high[0], -found.low[0])
    assert points.n_eff[0] == found.n_eff[0]


def test_groups_do_not_touch_one_another() -> None:
    groups = [ClusterSums.from_rows(v) for v in ([1, 0, 1], [0, 0], [1])]
    together = ClusterSums(*(np.concatenate([getattr(g, f) for g in groups]) for f in
                             ("m", "n", "sx", "sy", "sxx", "sxy", "syy", "s_abs")))  # fmt: skip
    for estimator in (share, net_share, mean, ratio):
        whole = estimator(together)
        for i, group in enumerate(groups):
            alone = one(estimator(group))
            np.testing.assert_array_equal([whole.value[i], whole.low[i], whole.high[i], whole.n_eff[i]], alone[:4])


values_in = hnp.arrays(
    np.float64, st.shared(st.integers(1, 60), key="rows"), elements=st.sampled_from([-1.0, 0.0, 1.0])
)
weights_in = hnp.arrays(np.float64, st.shared(st.integers(1, 60), key="rows"), elements=st.floats(0.0, 1e4, width=32))
customers_in = hnp.arrays(np.int64, st.shared(st.integers(1, 60), key="rows"), elements=st.integers(0, 12))


@given(values_in, weights_in, customers_in)
def test_every_estimate_lies_within_its_interval(values: Array, weights: Array, customers: NDArray[np.int64]) -> None:
    net = ClusterSums.from_rows(values, weights=weights, customers=customers)
    hits = ClusterSums.from_rows(values > 0, weights=weights, customers=customers)
    for found in (share(hits), net_share(net), mean(net), ratio(net), ratio(hits, positive=True)):
        if found.bounded[0]:
            assert found.low[0] <= found.value[0] <= found.high[0]
            assert found.reason[0] is None
        assert np.isnan(found.value[0]) == (found.reason[0] == "no_answers")
        assert np.isnan(found.low[0]) == np.isnan(found.high[0])


@given(values_in, weights_in, customers_in)
def test_the_effective_counts_stay_within_their_limits(
    values: Array, weights: Array, customers: NDArray[np.int64]
) -> None:
    rows = ClusterSums.from_rows(values > 0, weights=weights, customers=customers)
    if rows.sx[0] > 0:
        assert 0 < share(rows).n_eff[0] <= rows.n[0] * (1 + 1e-12)
        assert 0 < effective_customers(rows)[0] <= rows.m[0]
        assert 0 <= degrees_of_freedom(rows)[0] <= max(rows.m[0] - 1, 1)


def exact_variance(x: Array, y: Array) -> float:
    """The linearised variance from the customers themselves, in decimal arithmetic."""
    xs, ys, m = [Decimal(float(v)) for v in x], [Decimal(float(v)) for v in y], len(x)
    sx = sum(xs, Decimal(0))
    r = sum(ys, Decimal(0)) / sx
    bracket = sum(((b - r * a) ** 2 for a, b in zip(xs, ys, strict=True)), Decimal(0))
    return float(Decimal(m) / (m - 1) * bracket / sx**2)


def of_customers(x: Array, y: Array) -> ClusterSums:
    return sums(len(x), x.sum(), x.sum(), y.sum(), float(x @ x), float(x @ y), float(y @ y))


@pytest.mark.parametrize("spread", [1.0, 1e-2, 1e-4])
def test_amounts_in_cents_keep_their_variance_where_customers_hardly_differ(spread: float) -> None:
    rng = np.random.default_rng(11)
    x = rng.integers(1, 21, 20_000).astype(np.float64)
    # Whole cents up to about 10**9 a customer: the sums of squares pass 2**53, so they are rounded as in any engine.
    y = np.round(x * 5e7 * (1 + spread * rng.standard_normal(20_000)))
    found = linearised_variance(of_customers(x, y))[0]
    # The module promises 4 d (1 + 1 / c²) with d about 1e-16 times the root of m; ten times that is still a tight net.
    allowed = 10 * 4 * 1e-16 * np.sqrt(len(x)) * (1 + 1 / spread**2)
    assert found == pytest.approx(exact_variance(x, y), rel=allowed)


def test_twenty_million_rows_of_cents_keep_their_variance() -> None:
    rng = np.random.default_rng(12)
    x = rng.integers(2, 39, 1_000_000).astype(np.float64)  # about 20 rows each
    y = np.round(x * 4599 * (1 + 0.1 * rng.standard_normal(len(x))))
    wide_x, wide_y = x.astype(np.longdouble), y.astype(np.longdouble)
    r = wide_y.sum() / wide_x.sum()
    m = len(x)
    expected = np.longdouble(m) / (m - 1) * ((wide_y - r * wide_x) ** 2).sum() / wide_x.sum() ** 2
    assert linearised_variance(of_customers(x, y))[0] == pytest.approx(float(expected), rel=1e-12)
    # One by one, odd squares beyond 2**53 lose a cent each, always downwards: the worst that an engine can do.
    one_by_one = sums(m, x.sum(), *(float(np.cumsum(v)[-1]) for v in (x, y, x * x, x * y, y * y)))
    assert linearised_variance(one_by_one)[0] == pytest.approx(float(expected), rel=1e-8)


def test_equal_amounts_have_no_variance_whatever_the_rounding() -> None:
    x = np.arange(1, 1001, dtype=np.float64)
    found = mean(of_customers(x, 0.1 * x))
    assert found.value[0] == pytest.approx(0.1)
    assert found.high[0] - found.low[0] < 1e-8


def test_the_naive_bracket_would_have_lost_what_ours_keeps() -> None:
    x = np.array([1.0, 2, 3, 1, 2, 3])
    y = x * 2.0**24 + np.array([1.0, 0, 0, 0, 0, 0])
    s = of_customers(x, y)
    r = s.sy / s.sx
    naive = 6 / 5 * (s.syy - 2 * r * s.sxy + r**2 * s.sxx) / s.sx**2
    expected = exact_variance(x, y)
    assert linearised_variance(s)[0] == pytest.approx(expected, rel=1e-9)
    assert naive[0] != pytest.approx(expected, rel=1e-3)
