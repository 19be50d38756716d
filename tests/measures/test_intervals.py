"""Intervals from counts and standard errors, against the golden vectors and SciPy.

Tolerances: the vectors hold ten significant digits, so 1e-9 relative (net shares: 1e-7 of a point).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from heedful.measures.intervals import (
    MedianTime,
    adjusted_net_share,
    mean_interval,
    median_levels,
    net_share_interval,
    ratio_interval,
    share_interval,
    survival_median,
)

Read = Callable[[str], Mapping[str, list[str]]]

# Columns of the vectors that hold other methods' answers, which Heedful does not give.
CSAT_NOT_OURS = {
    "ac_lo", "ac_hi", "clopper_pearson_lo", "clopper_pearson_hi", "jeffreys_lo", "jeffreys_hi", "wald_lo", "wald_hi",
    "wilson_cc_lo", "wilson_cc_hi",
}  # fmt: skip
NPS_NOT_OURS = {"se", "moe95", "wald_lo", "wald_hi", "score_lo", "score_hi"}
NPS_AS_A_MEAN = {"t_se", "t_lo", "t_hi"}  # the mean of -1, 0 and 1: see test_estimators.py

counts = st.integers(0, 10**7)


def numbers(column: list[str]) -> np.ndarray:
    return np.array([float(cell) if cell else np.nan for cell in column])


def test_wilson_holds_for_every_row_of_csat_ci(vectors: Read) -> None:
    v = vectors("csat_ci")
    found = share_interval(numbers(v["n"]), numbers(v["k"]))
    np.testing.assert_allclose(found.value, numbers(v["p"]), rtol=1e-9)
    np.testing.assert_allclose(found.low, numbers(v["wilson_lo"]), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.high, numbers(v["wilson_hi"]), rtol=1e-9)
    assert set(v) == {"k", "n", "p", "wilson_lo", "wilson_hi"} | CSAT_NOT_OURS


def test_wilson_agrees_with_scipy() -> None:
    for yes, n in [(0, 3), (7, 9), (412, 500), (99_999, 100_000)]:
        expected = stats.binomtest(yes, n).proportion_ci(method="wilson")
        found = share_interval([n], [yes])
        np.testing.assert_allclose([found.low[0], found.high[0]], [expected.low, expected.high], rtol=1e-9, atol=1e-12)


def test_adjusted_wald_holds_for_every_row_of_nps_ci(vectors: Read) -> None:
    v = vectors("nps_ci")
    n, up, down = (numbers(v[c]) for c in ("n", "promoters", "detractors"))
    centre, error = adjusted_net_share(n, up, down)
    np.testing.assert_allclose(100 * centre, numbers(v["aw_centre"]), atol=1e-7)
    np.testing.assert_allclose(100 * error, numbers(v["aw_se"]), atol=1e-7)
    found = net_share_interval(n, up, down)
    np.testing.assert_allclose(100 * found.value, numbers(v["nps"]), atol=1e-7)
    # One answer has an interval in the vectors, which leaves out its own value; ours has none there.
    several = n >= 2
    np.testing.assert_allclose(100 * found.low[several], numbers(v["aw_lo"])[several], atol=1e-7)
    np.testing.assert_allclose(100 * found.high[several], numbers(v["aw_hi"])[several], atol=1e-7)
    assert np.isnan(found.low[~several]).all()
    assert (~several).sum() == 3
    ours = {"promoters", "passives", "detractors", "n", "nps", "aw_centre", "aw_se", "aw_lo", "aw_hi"}
    assert set(v) == ours | NPS_NOT_OURS | NPS_AS_A_MEAN


def test_t_intervals_hold_for_every_row_of_mean_scores(vectors: Read) -> None:
    v = vectors("mean_scores")
    mean, sd, n = (numbers(v[c]) for c in ("mean", "sd", "n"))
    found = mean_interval(mean, sd / np.sqrt(n), n - 1, n)
    np.testing.assert_allclose(found.low, numbers(v["lo"]), rtol=1e-9)
    np.testing.assert_allclose(found.high, numbers(v["hi"]), rtol=1e-9)


def test_no_answers_give_no_share_rather_than_zero() -> None:
    for found in (share_interval([0], [0]), net_share_interval([0], [0], [0])):
        assert np.isnan([found.value[0], found.low[0], found.high[0]]).all()


@given(n=st.floats(0.01, 1e9), part=st.floats(0, 1))
def test_a_share_lies_within_its_interval(n: float, part: float) -> None:
    found = share_interval([n], [n * part])
    assert 0 <= found.low[0] <= found.value[0] <= found.high[0] <= 1


@given(n=st.floats(2, 1e9), either=st.floats(0, 1), up=st.floats(0, 1))
def test_a_net_share_lies_within_its_interval_from_two_answers_on(n: float, either: float, up: float) -> None:
    found = net_share_interval([n], [n * either * up], [n * either * (1 - up)])
    assert -1 <= found.low[0] <= found.value[0] <= found.high[0] <= 1


def test_the_adjusted_interval_of_one_answer_would_leave_out_its_own_value() -> None:
    centre, error = adjusted_net_share([1.0], [1.0], [0.0])
    assert centre[0] + 1.96 * error[0] < 1


@given(value=st.floats(-1e9, 1e9), error=st.floats(0, 1e9), df=st.floats(1, 1e7))
def test_a_mean_lies_within_its_interval(value: float, error: float, df: float) -> None:
    found = mean_interval([value], [error], [df], [df + 1])
    assert found.low[0] <= found.value[0] <= found.high[0]


@given(value=st.floats(1e-6, 1e9), error=st.floats(0, 1e9), df=st.floats(1, 1e7))
def test_a_ratio_that_cannot_be_negative_has_an_interval_above_zero(value: float, error: float, df: float) -> None:
    found = ratio_interval([value], [error], [df], [df + 1])
    assert 0 <= found.low[0] <= found.value[0] <= found.high[0]


def test_a_ratio_with_a_small_error_has_the_interval_of_the_delta_method() -> None:
    log, plain = ratio_interval([50.0], [0.01], [400], [401]), mean_interval([50.0], [0.01], [400], [401])
    np.testing.assert_allclose([log.low, log.high], [plain.low, plain.high], rtol=1e-6)


def test_one_customer_gives_a_mean_without_interval() -> None:
    found = mean_interval([4.0], [np.nan], [0], [1])
    assert found.value[0] == 4
    assert np.isnan([found.low[0], found.high[0]]).all()
    assert found.bounded.tolist() == [False]


def test_the_median_of_five_answers_has_no_interval_and_that_of_six_is_their_range() -> None:
    low, high = median_levels([5.9, 6])
    assert np.isnan([low[0], high[0]]).all()
    assert np.ceil(6 * low[1]) == 1
    assert np.ceil(6 * high[1]) == 6


# Freireich et al. (1963), Blood 21: weeks of remission on 6-mercaptopurine (events, then censored) and on placebo.
SIX_MP_EVENTS = (6, 6, 6, 7, 10, 13, 16, 22, 23)
SIX_MP_CENSORED = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
PLACEBO_EVENTS = (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)


def survival(events: tuple[int, ...], censored: tuple[int, ...] = ()) -> MedianTime:
    ones, zeros = [1] * len(events) + [0] * len(censored), [0] * len(events) + [1] * len(censored)
    return survival_median([*events, *censored], ones, zeros)


def test_the_median_remission_of_freireichs_patients_is_the_published_one() -> None:
    assert survival(SIX_MP_EVENTS, SIX_MP_CENSORED) == MedianTime(23, 13, np.inf, 21, 9)
    assert survival(PLACEBO_EVENTS) == MedianTime(8, 4, 11, 21, 21)


def test_survival_counts_may_come_grouped_and_in_any_order() -> None:
    time, came, lost = [23, 6, 13, 7, 10, 16, 22], [1, 3, 1, 1, 1, 1, 1], [0, 1, 0, 0, 1, 0, 0]
    more = [9, 11, 17, 19, 20, 25, 32, 34, 35]
    grouped = survival_median(time + more, came + [0] * 9, lost + [1] * 6 + [2, 1, 1])
    assert grouped == survival(SIX_MP_EVENTS, SIX_MP_CENSORED)


def test_a_median_that_half_have_not_reached_is_not_known() -> None:
    found = survival((3, 5), (10,) * 20)
    assert np.isnan([found.value, found.low, found.high]).all()
    assert (found.n, found.events) == (22, 2)


def test_nobody_has_no_median_time() -> None:
    found = survival_median([], [], [])
    assert np.isnan(found.value)
    assert found.n == 0


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=60))
def test_a_median_time_lies_within_its_interval(lives: list[tuple[int, bool]]) -> None:
    came = [int(reached) for _, reached in lives]
    found = survival_median([day for day, _ in lives], came, [1 - c for c in came])
    assert np.isnan(found.value) or found.low <= found.value <= found.high


@pytest.mark.parametrize("n", [30, 300])
def test_without_censoring_the_survival_median_is_the_median(n: int) -> None:
    days = np.random.default_rng(n).permutation(n) + 1
    found = survival_median(days, np.ones(n), np.zeros(n))
    assert found.value == n / 2
