"""The normal and t distribution against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from heedful.measures.distributions import normal_two_sided, t_quantile95, t_two_sided

DF = np.concatenate([np.arange(1, 1200), np.linspace(1, 12, 400), [1e4, 1e6, 1e9]]).astype(np.float64)


def test_t_quantiles_agree_with_scipy_at_whole_and_broken_degrees_of_freedom() -> None:
    np.testing.assert_allclose(t_quantile95(DF), stats.t.ppf(0.975, DF), rtol=1e-10)


@pytest.mark.parametrize("t", [1e-3, 0.3, 1.0, 1.96, 3.0, 6.0])
def test_t_tails_agree_with_scipy(t: float) -> None:
    np.testing.assert_allclose(t_two_sided(t, DF), 2 * stats.t.sf(t, DF), rtol=1e-9)


def test_far_tails_are_small_and_not_errors() -> None:
    assert (t_two_sided(np.array([40.0, 1e200, np.inf]), 12.0) < 1e-12).all()
    assert (t_two_sided(np.array([40.0, 1e200, np.inf]), 5000.0) < 1e-12).all()


def test_normal_tails_agree_with_scipy() -> None:
    z = np.linspace(-8, 8, 101)
    np.testing.assert_allclose(normal_two_sided(z), 2 * stats.norm.sf(np.abs(z)), rtol=1e-12)


def test_what_is_not_known_stays_unknown() -> None:
    assert np.isnan(t_quantile95(np.array([np.nan, 5.0]))).tolist() == [True, False]
    assert np.isnan(t_two_sided(np.array([np.nan, 1.0, 1.0]), np.array([5.0, np.nan, 5.0]))).tolist() == [
        True,
        True,
        False,
    ]
    assert np.isnan(normal_two_sided(np.nan))
