"""Who the customers are, what they call about, and who leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from heedful.simulate.arrays import Flags, Floats, Texts, Times, Whole
from heedful.simulate.calendar import EVEN_MONTHS, OFFICE_HOURS, OFFICE_WEEK, Calendar
from heedful.simulate.contacts import Tries, tries
from heedful.simulate.draws import happens, pick, pick_index
from heedful.simulate.plan import Plan
from heedful.simulate.telecom.parameters import (
    CHANGED_TEAM,
    LANGUAGES,
    NEVER,
    PERSONAS,
    PLAN_SHARES,
    REGION_SHARES,
    REGIONS,
    SOLVES,
    SOLVES_CHANGED,
    TEAM_SHARES,
    TEAMS,
    UNRESOLVED_ON_RECOMMENDATION,
    UNRESOLVED_TIMES_LEAVING,
)
from heedful.simulate.waves import Waves, within_days


@dataclass(frozen=True)
class Customers:
    """One entry a customer. Days count from the first of the simulation; who never cancels has NEVER."""

    persona: Whole
    region: Texts
    plan_of: Whole
    yearly: Flags
    language: Texts
    joined_day: Whole
    billing_day: Whole
    mean_answer: Floats

    def __len__(self) -> int:
        return len(self.persona)


@dataclass(frozen=True)
class Months:
    """Every customer in every month that began with them; one entry each."""

    customer: Whole
    month: Whole
    leaving: Floats  # the probability of cancelling in it
    leaves: Flags


def draw_customers(plan: Plan) -> Customers:
    """Six in ten were there before the first day."""
    n, rng = plan.customers, plan.rng("customers")
    early = happens(rng, 0.6, n)
    joined = np.sort(np.where(early, rng.integers(-1500, 0, n), rng.integers(0, plan.calendar.days, n)))
    persona = pick_index(rng, [p.share for p in PERSONAS], n)
    return Customers(
        persona=persona,
        region=pick(rng, REGIONS, REGION_SHARES, n),
        plan_of=pick_index(rng, PLAN_SHARES, n),
        yearly=happens(rng, 0.6, n),
        language=pick(rng, LANGUAGES, (0.6, 0.33, 0.07), n),
        joined_day=joined,
        billing_day=rng.integers(1, 28, n),
        mean_answer=np.array([p.mean_answer for p in PERSONAS])[persona] + rng.normal(0, 0.9, n),
    )


def month_starts(plan: Plan) -> Whole:
    """The number of the first day of each month of the span, and that of the day after the last whole one."""
    first = np.datetime64(plan.calendar.since, "D")
    months = np.arange(first.astype("datetime64[M]"), np.datetime64(plan.calendar.until, "M") + 2)
    into = first - first.astype("datetime64[M]").astype("datetime64[D]")
    days: Whole = (months.astype("datetime64[D]") + into - first).astype(np.int64)
    return days[days <= plan.calendar.days]


def draw_contacts(plan: Plan, customers: Customers) -> tuple[Tries, Texts]:
    """Contacts as if nobody ever left; the team of each matter."""
    rng = plan.rng("contacts")
    calendar = Calendar(plan.calendar.since, plan.calendar.until, EVEN_MONTHS, OFFICE_WEEK)
    per_day = np.array([p.asks for p in PERSONAS])[customers.persona] / 30.44
    begin = np.maximum(customers.joined_day + 1, 0)
    whom, when = calendar.recurring(
        rng, begin=begin, end=np.full(len(customers), plan.calendar.days), per_day=per_day, hours=OFFICE_HOURS
    )
    team = pick(rng, TEAMS, TEAM_SHARES, len(whom))
    solves = np.array([SOLVES[t] for t in team], dtype=np.float64)
    if plan.change:
        solves = np.where(plan.is_changed(when) & (team == CHANGED_TEAM), SOLVES_CHANGED, solves)
    return tries(rng, whom, when, solves, before=plan.end), team


def draw_leaving(plan: Plan, customers: Customers, starts: Whole, contacts: Tries) -> tuple[Whole, Months]:
    """Month by month: who cancels, more often after a month with an unsettled matter."""
    rng, n = plan.rng("leaving"), len(customers)
    base = np.array([p.leaves for p in PERSONAS])[customers.persona]
    day, cancel = day_of(plan, contacts.opened_at), np.full(n, NEVER)
    entries: list[tuple[Whole, Whole, Floats, Flags]] = []
    before = -31
    for month, (begin, end) in enumerate(pairwise(starts.tolist())):
        at_risk = np.flatnonzero((customers.joined_day < begin) & (cancel == NEVER))
        wronged = np.zeros(n, dtype=bool)
        wronged[contacts.customer[~contacts.solved & (day >= before) & (day < begin)]] = True
        leaving = (base * np.where(wronged, UNRESOLVED_TIMES_LEAVING, 1.0))[at_risk]
        leaves = happens(rng, leaving, len(at_risk))
        gone = at_risk[leaves]
        cancel[gone] = rng.integers(begin, end, len(gone))
        entries.append((at_risk, np.full(len(at_risk), month), leaving, leaves))
        before = begin
    whom, months, chances, left = zip(*entries, strict=True)  # a span holds one month at least
    return cancel, Months(*map(np.concatenate, (whom, months, chances, left)))


def segments(customers: Customers, of: Whole) -> Iterator[tuple[Mapping[str, str], Flags]]:
    """Everyone, each persona, each region: its name and which of `of` (positions of customers) belong to it."""
    yield {}, np.ones(len(of), dtype=bool)
    for number, persona in enumerate(PERSONAS):
        yield {"persona": persona.name}, customers.persona[of] == number
    for region in REGIONS:
        yield {"region": region}, customers.region[of] == region


def mean_answers(customers: Customers, contacts: Tries, waves: Waves) -> Floats:
    """What each entry of the waves would answer on average."""
    wronged = within_days(
        contacts.customer, contacts.opened_at, waves, days=60, happened=~contacts.solved & (contacts.follows < 0)
    )
    return customers.mean_answer[waves.customer] + np.where(wronged, UNRESOLVED_ON_RECOMMENDATION, 0.0)


def day_of(plan: Plan, moments: Times) -> Whole:
    """The number of the day of each moment."""
    days: Whole = ((moments - np.datetime64(plan.calendar.since, "s")) // np.timedelta64(1, "D")).astype(np.int64)
    return days


def keep(contacts: Tries, here: Whole) -> Tries:
    """The contacts at the positions `here`."""
    place = np.full(len(contacts), -1)
    place[here] = np.arange(len(here))
    follows = contacts.follows[here]
    return Tries(
        contacts.customer[here], contacts.matter[here], contacts.opened_at[here], contacts.solvable[here],
        contacts.solved[here], np.where(follows >= 0, place[follows], -1),
    )  # fmt: skip
