"""Contacts about a matter, and the second try of those whose matter the first did not settle."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from heedful.simulate.arrays import Flags, Floats, Indexed, Times, Whole
from heedful.simulate.calendar import OFFICE_HOURS, later
from heedful.simulate.draws import happens

SECOND_TRY_SOLVES = 0.75


@dataclass(frozen=True)
class Tries:
    """One entry a contact, in the order of time. `matter` is what it is about; `follows` an earlier contact, or -1."""

    customer: Whole
    matter: Whole
    opened_at: Times
    solvable: Floats  # the probability with which it was to be solved
    solved: Flags
    follows: Whole

    def __len__(self) -> int:
        return len(self.customer)


def tries(
    rng: np.random.Generator, customer: Whole, opened_at: Times, solvable: Floats, *, before: np.datetime64
) -> Tries:
    """A first contact for each matter, and a second one to four days after each that settled nothing."""
    n = len(customer)
    solved = happens(rng, solvable, n)
    again = np.flatnonzero(~solved)
    m = len(again)
    second_at = later(opened_at[again], rng.integers(1, 5, m), rng, OFFICE_HOURS)
    both = Tries(
        customer=np.concatenate((customer, customer[again])),
        matter=np.concatenate((np.arange(n), again)),
        opened_at=np.concatenate((opened_at, second_at)),
        solvable=np.concatenate((solvable, np.full(m, SECOND_TRY_SOLVES))),
        solved=np.concatenate((solved, happens(rng, SECOND_TRY_SOLVES, m))),
        follows=np.concatenate((np.full(n, -1), again)),
    )
    order = np.lexsort((both.matter, both.opened_at))
    place = np.empty(n + m, dtype=np.int64)
    place[order] = np.arange(n + m)
    # First contacts lie before their second, so that cutting off the end leaves every position valid.
    order = order[both.opened_at[order] < before]
    follows = np.where(both.follows >= 0, place[np.maximum(both.follows, 0)], -1)
    columns: dict[str, Indexed] = {f.name: getattr(both, f.name)[order] for f in fields(Tries)}
    return Tries(**{**columns, "follows": follows[order]})
