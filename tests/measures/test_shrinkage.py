"""Estimates drawn towards each other: published examples, planted truths, and no alarm where nothing differs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from heedful.measures.comparisons import benjamini_hochberg
from heedful.measures.distributions import Array
from heedful.measures.shrinkage import (
    error_of,
    log_gamma,
    means_against_rest,
    normal_draws,
    ranks,
    share_draws,
    shares_against_rest,
    steadied,
)

# Efron and Morris (1975), Journal of the American Statistical Association 70, table 1: hits in the first 45 times at
# bat of 1970, and the average over the rest of the season, which stands for the truth.
HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7], dtype=np.float64)
SEASON = np.array([.346, .298, .276, .222, .273, .270, .263, .210, .269, .230, .264, .256, .303, .264, .226, .285, .316,
                   .200])  # fmt: skip

# Rubin (1981), Journal of Educational Statistics 6; Gelman et al., Bayesian Data Analysis, third edition, table 5.2.
SCHOOLS = np.array([28, 8, -3, 7, -1, 1, 18, 12], dtype=np.float64)
SCHOOL_ERRORS = np.array([15, 10, 16, 11, 9, 11, 10, 18], dtype=np.float64)
# The same book, table 5.3: 2.5 %, median and 97.5 % of each school's effect, from 200 draws.
SCHOOL_QUANTILES = np.array([(-2, 10, 31), (-5, 8, 23), (-11, 7, 19), (-7, 8, 21), (-9, 5, 18), (-7, 6, 28),
                             (-1, 10, 26), (-6, 8, 33)])  # fmt: skip

# Tarone (1982), Biometrics 38: rats with a tumour and rats, in 71 experiments; the last is the current one.
TUMOURS = (
    f"{'0 ' * 14}{'1 ' * 8}{'2 ' * 9}1 5 2 5 3 2 7 7 3 3 2 9 10 {'4 ' * 7}10 4 4 4 5 11 12 5 5 6 5 6 6 6 6 16 15 15 9 4"
)
RATS = (
    "20 20 20 20 20 20 20 19 19 19 19 18 18 17 20 20 20 20 19 19 18 18 25 24 23 20 20 20 20 20 20 10 49 19 46 27 17 49 "
    "47 20 20 13 48 50 20 20 20 20 20 20 20 48 19 19 19 22 46 49 20 20 23 19 22 20 20 20 52 46 47 24 14"
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_batters_are_predicted_as_well_as_by_james_and_stein(rng: np.random.Generator) -> None:
    own = HITS / 45
    shrunk = share_draws(np.full(18, 45.0), HITS, rng).mean(axis=0)
    # Efron and Morris (1975), section 2: the batting averages are 3.50 times as far from the season as theirs.
    assert ((own - SEASON) ** 2).sum() / ((shrunk - SEASON) ** 2).sum() == pytest.approx(3.5, abs=0.3)
    # Efron and Morris (1977), Scientific American 236: shrunk by c = 0.212 about 0.265.
    assert shrunk == pytest.approx(0.265 + 0.212 * (own - 0.265), abs=0.006)


def test_eight_schools_have_the_published_effects(rng: np.random.Generator) -> None:
    draws = normal_draws(SCHOOLS, SCHOOL_ERRORS, rng, draws=20_000)
    found = np.quantile(draws, (0.025, 0.5, 0.975), axis=0).T
    assert np.abs(found[:, 1] - SCHOOL_QUANTILES[:, 1]).max() < 1.5
    # Outer quantiles of 200 draws have a standard error of about 3.
    assert np.abs(found - SCHOOL_QUANTILES).max() < 10
    assert np.abs(found - SCHOOL_QUANTILES).mean() < 2


def test_the_last_rats_have_the_published_risk(rng: np.random.Generator) -> None:
    tumours, rats = (np.array(text.split(), dtype=np.float64) for text in (TUMOURS, RATS))
    draws = share_draws(rats, tumours, rng, draws=20_000)
    # Gelman et al., section 5.3: a and b are 2.4 and 14.3 in the mean, so that 4 of 14 is drawn to about 0.21.
    assert draws[:, -1].mean() == pytest.approx((2.4 + 4) / (2.4 + 14.3 + 14), abs=0.005)


@pytest.mark.parametrize("spread", [0.0, 0.3, 1.0])
def test_intervals_cover_planted_means(rng: np.random.Generator, spread: float) -> None:
    covered = []
    for _ in range(80):
        customers = rng.integers(4, 60, size=15)
        truth = rng.normal(0, spread, size=15)
        value, error = _sampled(rng, truth, customers)
        low, high = np.quantile(normal_draws(value, error, rng, draws=1000), (0.025, 0.975), axis=0)
        covered.append(((low <= truth) & (truth <= high)).mean())
    # Over any one spread they hold 95 % on average; where nothing differs they hold more.
    assert 0.92 <= np.mean(covered) <= 1


@pytest.mark.parametrize(("a", "b"), [(8.0, 2.0), (80.0, 20.0), (2.0, 60.0)])
def test_intervals_cover_planted_shares(rng: np.random.Generator, a: float, b: float) -> None:
    covered = []
    for _ in range(60):
        answers = rng.integers(4, 80, size=15)
        truth = rng.beta(a, b, size=15)
        low, high = np.quantile(
            share_draws(answers, rng.binomial(answers, truth), rng, draws=1000), (0.025, 0.975), axis=0
        )
        covered.append(((low <= truth) & (truth <= high)).mean())
    assert 0.92 <= np.mean(covered) <= 1


def test_shrunk_figures_are_nearer_to_the_truth_than_the_groups_own(rng: np.random.Generator) -> None:
    own, shrunk = 0.0, 0.0
    for _ in range(50):
        customers = rng.integers(4, 60, size=15)
        truth = rng.normal(0, 0.3, size=15)
        value, error = _sampled(rng, truth, customers)
        own += ((value - truth) ** 2).sum()
        shrunk += ((normal_draws(value, error, rng, draws=500).mean(axis=0) - truth) ** 2).sum()
    assert shrunk < 0.6 * own


@pytest.mark.parametrize(("share", "most"), [(0.9, 60), (0.5, 60), (0.97, 200), (0.7, 500)])
def test_shares_that_do_not_differ_raise_an_alarm_in_at_most_one_ranking_of_twenty(
    rng: np.random.Generator, share: float, most: int
) -> None:
    rankings, alarms = 1000, 0
    for _ in range(rankings):
        answers = rng.integers(3, most, size=30).astype(np.float64)
        p = shares_against_rest(answers, rng.binomial(answers.astype(int), share), answers).p
        alarms += int(np.nanmin(benjamini_hochberg(p)) < 0.05)
    # Three standard errors of a share of 5 % in as many rankings.
    assert alarms / rankings <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / rankings)


@pytest.mark.parametrize("kind", ["answers from 1 to 5", "amounts"])
def test_means_that_do_not_differ_raise_an_alarm_in_at_most_one_ranking_of_twenty(
    rng: np.random.Generator, kind: str
) -> None:
    rankings, alarms = 300, 0
    for _ in range(rankings):
        customers = rng.integers(2, 60, size=25)
        drawn = (
            rng.choice(np.arange(1.0, 6.0), size=customers.sum(), p=[0.05, 0.05, 0.1, 0.3, 0.5])
            if kind != "amounts"
            else rng.exponential(size=customers.sum())
        )
        parts = np.split(drawn, np.cumsum(customers)[:-1])
        value = np.array([part.mean() for part in parts])
        error = np.array([part.std(ddof=1) / math.sqrt(len(part)) for part in parts])
        steady, df = steadied(error, customers, customers)
        p = means_against_rest(value, steady, df, customers).p
        alarms += int(np.nanmin(benjamini_hochberg(p)) < 0.05)
    assert alarms / rankings <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / rankings)


def test_a_group_that_differs_is_found() -> None:
    n = np.array([400.0, 380, 420, 390, 25])
    found = shares_against_rest(n, np.array([320.0, 304, 336, 230, 20]), n)
    assert np.nanargmin(found.p) == 3
    assert found.difference[3] == pytest.approx(230 / 390 - 980 / 1225)
    assert benjamini_hochberg(found.p)[[3, 4]] == pytest.approx([0, 0.5], abs=0.2)


def test_three_customers_who_all_answered_alike_are_not_certain() -> None:
    value, error = np.array([5.0, 3.9, 4.0, 4.1]), np.array([0.0, 0.1, 0.1, 0.1])
    customers = np.array([3, 100, 100, 100])
    steady, df = steadied(error, customers, customers)
    assert steady[0] == pytest.approx(1 / math.sqrt(3), rel=0.05)
    assert means_against_rest(value, steady, df, customers).p[0] > 0.1


def test_ranks_count_from_the_best_and_chances_add_up(rng: np.random.Generator) -> None:
    draws = rng.normal(size=(4000, 10)) + np.linspace(3, 0, 10)
    found, lower = ranks(draws), ranks(draws, higher_first=False)
    assert (found.rank[0], lower.rank[0]) == (2, 9)
    assert found.top.sum() == pytest.approx(2)
    assert found.top == pytest.approx(lower.bottom)
    assert np.all((found.low <= found.rank) & (found.rank <= found.high))


def test_ranks_of_groups_that_do_not_differ_are_all_possible(rng: np.random.Generator) -> None:
    draws = share_draws(np.full(10, 50.0), np.array([38.0, 42, 40, 41, 39, 40, 40, 41, 38, 41]), rng)
    found = ranks(draws)
    assert np.all(found.low <= 2)
    assert np.all(found.high >= 9)


def test_figures_without_any_difference_can_be_drawn(rng: np.random.Generator) -> None:
    draws = normal_draws(np.full(5, 3.0), np.full(5, 1e-9), rng, draws=100)
    assert draws == pytest.approx(3.0, abs=1e-6)


def test_the_error_behind_an_interval_is_found_again() -> None:
    # 12.706 is the quantile of Student's t with one degree of freedom.
    assert error_of(np.array([-12.706]), np.array([12.706]), np.array([1.0])) == pytest.approx(1.0, rel=1e-4)


def test_log_gamma_is_that_of_the_standard_library() -> None:
    x = np.array([1e-6, 1e-3, 0.3, 1, 1.5, 2, 7.99, 8, 20, 1e3, 1e6])
    assert log_gamma(x) == pytest.approx([math.lgamma(v) for v in x], rel=1e-12, abs=1e-11)


def _sampled(rng: np.random.Generator, truth: Array, customers: np.typing.NDArray[np.int64]) -> tuple[Array, Array]:
    parts = [rng.normal(t, 2, size=m) for t, m in zip(truth, customers, strict=True)]
    value = np.array([part.mean() for part in parts])
    error = np.array([part.std(ddof=1) / math.sqrt(len(part)) for part in parts])
    return value, steadied(error, customers, customers)[0]
