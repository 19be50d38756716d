"""How people answer a questionnaire: what each would say, and who says it."""

from __future__ import annotations

import numpy as np

from heedful.simulate.arrays import Flags, Floats, Whole
from heedful.simulate.draws import happens

NPS_SPREAD = 0.55
"""Scale of the logistic noise around a person's own mean: standard deviation 1.0 on the scale from 0 to 10."""


def recommend(rng: np.random.Generator, mean: Floats) -> Whole:
    """Answers from 0 to 10 around each person's `mean`."""
    answers: Whole = np.clip(np.round(mean + rng.logistic(0, NPS_SPREAD, mean.shape)), 0, 10).astype(np.int64)
    return answers


def net_promotion(mean: Floats) -> Floats:
    """The probability of a 9 or 10 less that of a 6 or below, of people whose answers scatter around `mean`."""
    return 1 / (1 + np.exp((8.5 - mean) / NPS_SPREAD)) - 1 / (1 + np.exp((mean - 6.5) / NPS_SPREAD))


def net_promoters(answers: Whole) -> Floats:
    """1 for a promoter, -1 for a detractor, 0 for a passive."""
    return (answers >= 9).astype(np.float64) - (answers <= 6)


def satisfaction(rng: np.random.Generator, satisfied: Flags) -> Whole:
    """Answers from 1 to 5: a 4 or a 5 of the `satisfied`, 1 to 3 of the rest."""
    n = len(satisfied)
    high = 4 + happens(rng, 0.62, n)
    low = 3 - happens(rng, 0.5, n) - happens(rng, 0.35, n)
    return np.where(satisfied, high, low).astype(np.int64)


def effort(rng: np.random.Generator, easy: Flags) -> Whole:
    """Answers from 1 to 7: 5 to 7 of those who had it `easy`, 1 to 4 of the rest."""
    n = len(easy)
    high = 5 + rng.integers(0, 3, n)
    low = 1 + rng.integers(0, 4, n)
    return np.where(easy, high, low).astype(np.int64)


def mood_of(score: Whole, *, low: int, high: int) -> Whole:
    """-1 for a score up to `low`, 1 from `high` on, else 0."""
    return (score >= high).astype(np.int64) - (score <= low)
