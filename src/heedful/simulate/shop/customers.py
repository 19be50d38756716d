"""Who the customers are, how pleased they are at heart, and whether they are on their way out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heedful.simulate.arrays import Flags, Floats, Texts, Times, Whole
from heedful.simulate.calendar import SHOPPING_HOURS
from heedful.simulate.draws import happens, pick, pick_index, pick_row
from heedful.simulate.plan import Plan
from heedful.simulate.shop.parameters import (
    COUNTRIES,
    DISPLEASED_MEAN,
    JOINED_THROUGH,
    LANGUAGES,
    LEAVERS_MEAN_DAYS,
    OWN_SPREAD,
    PERSONAS,
)

NEVER = 10**6
"""A day that never comes."""


@dataclass(frozen=True)
class Customers:
    """One entry a customer, in the order of signup. Day 0 is the first of the simulation; days may lie before it."""

    country: Whole
    persona: Whole
    language: Texts
    joined_day: Whole
    joined_at: Times
    joined_through: Texts
    pleased: Flags  # at heart, before anything happens
    leaver: Flags  # on the way out, whatever happens
    leave_day: Whole  # for leavers: the day from which they buy nothing more; else NEVER
    rate: Floats  # orders a day
    mean_answer: Floats  # to "would you recommend us", 0 to 10

    def __len__(self) -> int:
        return len(self.country)

    @property
    def group(self) -> Whole:
        """0 pleased and staying, 1 pleased but leaving, 2 complaining but buying, 3 displeased and leaving."""
        return np.where(self.pleased, 0, 2) + self.leaver


def draw_customers(plan: Plan) -> Customers:
    """Half of the customers joined in the two years before the first day, the rest since."""
    n, rng = plan.customers, plan.rng("customers")
    days = plan.calendar.days
    before = happens(rng, 0.5, n)
    joined_day = np.sort(np.where(before, rng.integers(-730, 0, n), rng.integers(0, days, n)))
    joined_at = plan.calendar.moments(rng, joined_day, SHOPPING_HOURS)
    country = pick_index(rng, [c.share for c in COUNTRIES], n)
    persona = pick_index(rng, [p.share for p in PERSONAS], n)
    pleased = happens(rng, np.array([p.pleased for p in PERSONAS])[persona], n)
    leaver = happens(rng, leaving_probability(persona, pleased), n)
    leave_day = np.maximum(joined_day, 0) + 1 + rng.exponential(LEAVERS_MEAN_DAYS, n).astype(np.int64)
    mean = np.array([p.mean_answer for p in PERSONAS])[persona] + np.array([c.mood for c in COUNTRIES])[country]
    mean = mean + np.where(pleased, 0.0, DISPLEASED_MEAN) + OWN_SPREAD * rng.standard_normal(n)
    rate = np.array([p.orders for p in PERSONAS])[persona] / 30.44 * rng.gamma(2.5, 1 / 2.5, n)
    language = pick_row(rng, language_shares(), country)
    return Customers(
        country=country,
        persona=persona,
        language=np.array(LANGUAGES, dtype=object)[language],
        joined_day=joined_day,
        joined_at=joined_at,
        joined_through=pick(rng, list(JOINED_THROUGH), list(JOINED_THROUGH.values()), n),
        pleased=pleased,
        leaver=leaver,
        leave_day=np.where(leaver, leave_day, NEVER),
        rate=rate,
        mean_answer=mean,
    )


def leaving_probability(persona: Whole, pleased: Flags) -> Floats:
    """The probability of being on the way out."""
    happy = np.array([p.leaves_if_pleased for p in PERSONAS])[persona]
    unhappy = np.array([p.leaves_if_displeased for p in PERSONAS])[persona]
    chosen: Floats = np.where(pleased, happy, unhappy)
    return chosen


def language_shares() -> Floats:
    """The share of each language (columns) in each country (rows)."""
    return np.array([[c.languages.get(code, 0.0) for code in LANGUAGES] for c in COUNTRIES])
