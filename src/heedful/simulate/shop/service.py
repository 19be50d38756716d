"""What follows an order: contacts, returns; who brought whom; who closes the account."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heedful.simulate.arrays import Flags, Floats, Texts, Times, Whole
from heedful.simulate.calendar import OFFICE_HOURS, SHOPPING_HOURS, later
from heedful.simulate.contacts import tries
from heedful.simulate.draws import around, happens, pick
from heedful.simulate.plan import Plan
from heedful.simulate.shop.customers import NEVER, Customers
from heedful.simulate.shop.orders import Orders
from heedful.simulate.shop.parameters import (
    CLOSES_ACCOUNT,
    CONTACT_IF_LATE,
    CONTACT_IF_ON_TIME,
    COUNTRIES,
    FIRST_CONTACT,
    PERSONAS,
)

TOPICS = ("damaged", "wrong item", "refund", "product question", "payment")


@dataclass(frozen=True)
class Contacts:
    """One entry a contact, in the order of time. `follows` is the position of the contact before it, or -1."""

    customer: Whole
    order: Whole
    opened_at: Times
    closed_at: Times
    team: Texts
    channel: Texts
    topic: Texts
    solved: Flags
    solvable: Floats  # the probability with which it was to be solved
    follows: Whole


@dataclass(frozen=True)
class Returns:
    """One entry an order sent back."""

    order: Whole
    returned_at: Times
    refund: Floats
    reason: Texts


def draw_contacts(plan: Plan, customers: Customers, orders: Orders) -> Contacts:
    """First contacts about parcels, and the second ones of those whose matter was not settled."""
    rng = plan.rng("contacts")
    asks = orders.parcel & happens(rng, np.where(orders.late, CONTACT_IF_LATE, CONTACT_IF_ON_TIME), len(orders))
    order = np.flatnonzero(asks)
    n, whom, late = len(order), orders.customer[order], orders.late[order]
    # Who waits in vain asks the day after the promise, everyone else once the parcel is there.
    since = np.where(late, orders.promised_on[order], orders.delivered_at[order])
    opened = later(since, np.where(late, 1, rng.integers(0, 6, n)), rng, OFFICE_HOURS)
    team = np.array([c.team for c in COUNTRIES], dtype=object)[customers.country[whom]]
    topic = np.where(late, "where is my order", pick(rng, TOPICS, (0.25, 0.15, 0.2, 0.28, 0.12), n))
    channel = pick(rng, ("phone", "chat", "mail"), (0.45, 0.35, 0.2), n)
    solvable = np.array([FIRST_CONTACT[t] for t in team], dtype=np.float64)
    made = tries(rng, whom, opened, solvable, before=plan.end)
    minutes = around(rng, np.where(channel[made.matter] == "mail", 240.0, 11.0), 0.8, len(made))
    return Contacts(
        customer=made.customer,
        order=order[made.matter],
        opened_at=made.opened_at,
        closed_at=made.opened_at + (minutes * 60).astype("timedelta64[s]"),
        team=team[made.matter],
        channel=channel[made.matter],
        topic=topic[made.matter],
        solved=made.solved,
        solvable=made.solvable,
        follows=made.follows,
    )


def draw_returns(plan: Plan, customers: Customers, orders: Orders) -> Returns:
    """Parcels sent back within three weeks."""
    rng = plan.rng("returns")
    sent_back = orders.parcel & happens(rng, return_probability(customers, orders), len(orders))
    order = np.flatnonzero(sent_back)
    n = len(order)
    when = later(orders.delivered_at[order], rng.integers(2, 21, n), rng, SHOPPING_HOURS)
    part = np.where(happens(rng, 0.7, n), 1.0, rng.uniform(0.2, 0.8, n))
    reason = pick(rng, ("does not fit", "not as pictured", "damaged", "changed my mind"), (0.4, 0.25, 0.15, 0.2), n)
    known = when < plan.end
    return Returns(order[known], when[known], np.round(orders.amount[order] * part, 2)[known], reason[known])


def return_probability(customers: Customers, orders: Orders) -> Floats:
    """The probability of each order's return, if it has a parcel."""
    return np.array([p.returns for p in PERSONAS])[customers.persona[orders.customer]]


def draw_referrals(plan: Plan, customers: Customers, left_day: Whole) -> tuple[Whole, Whole]:
    """Who brought whom (positions of customers): one who was there before, and a friend who joined through them."""
    rng = plan.rng("referrals")
    friend = np.flatnonzero((customers.joined_through == "referral") & (customers.joined_day >= 0))
    weight = np.array([p.refers for p in PERSONAS])[customers.persona] * np.where(customers.pleased, 1.0, 0.15)
    edges = np.concatenate(([0.0], np.cumsum(weight)))
    earlier = np.searchsorted(customers.joined_day, customers.joined_day[friend], side="left")
    # Up to five tries to meet someone who has not left; a friend without any referrer stays one.
    referrer = np.full(len(friend), -1)
    for _ in range(5):
        drawn = np.searchsorted(edges, rng.random(len(friend)) * edges[earlier], side="right") - 1
        fits = (referrer < 0) & (earlier > 0) & (left_day[np.maximum(drawn, 0)] > customers.joined_day[friend])
        referrer = np.where(fits, drawn, referrer)
    found = referrer >= 0
    return referrer[found], friend[found]


def draw_closures(plan: Plan, left_day: Whole) -> tuple[Whole, Times, Texts]:
    """Who closes the account some weeks after leaving, when, and the reason given."""
    rng = plan.rng("closures")
    who = np.flatnonzero((left_day < NEVER) & happens(rng, CLOSES_ACCOUNT, len(left_day)))
    n = len(who)
    when = plan.calendar.moments(rng, left_day[who] + rng.integers(3, 60, n), SHOPPING_HOURS)
    reason = pick(
        rng, ("too expensive", "late deliveries", "found another shop", "no longer needed"), (0.3, 0.2, 0.28, 0.22), n
    )
    known = when < plan.end
    return who[known], when[known], reason[known]
