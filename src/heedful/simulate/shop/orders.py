"""Orders and their deliveries, and whom a late parcel drives away."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from heedful.simulate.arrays import Flags, Floats, Indexed, Times, Whole
from heedful.simulate.calendar import DOORSTEP_HOURS, OFFICE_HOURS, SHOP_WEEK, SHOPPING_HOURS, Calendar, later
from heedful.simulate.draws import around, happens
from heedful.simulate.plan import Plan
from heedful.simulate.shop.customers import NEVER, Customers
from heedful.simulate.shop.parameters import (
    CANCELLED,
    CHANGED_COUNTRY,
    COST_CHANGED,
    COUNTRIES,
    LATE_LEAVES,
    ON_TIME,
    ON_TIME_CHANGED,
    PERSONAS,
)

CHANGED = next(i for i, c in enumerate(COUNTRIES) if c.code == CHANGED_COUNTRY)


@dataclass(frozen=True)
class Orders:
    """One entry an order, in the order of time. Those bought in a shop or cancelled have no parcel."""

    customer: Whole
    placed_at: Times
    amount: Floats
    items: Whole
    in_shop: Flags
    cancelled: Flags
    handed_over_at: Times  # to the carrier; NaT without a parcel
    promised_on: Times
    delivered_at: Times  # as it will be, also beyond the last day
    kept: Floats  # the probability with which the promise was to be kept; NaN without a parcel
    late: Flags
    drives_away: Flags
    delivery_cost: Floats

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def parcel(self) -> Flags:
        """Which orders have a parcel that has left the house."""
        return ~self.in_shop & ~self.cancelled

    def where(self, chosen: Indexed) -> Orders:
        """Some of the orders."""
        return replace(self, **{f.name: getattr(self, f.name)[chosen] for f in fields(self)})


def draw_orders(plan: Plan, customers: Customers) -> tuple[Orders, Whole]:
    """The orders up to each customer's leaving, and the day on which each left (NEVER for those who stay)."""
    whom, placed = _placed(plan, customers)
    orders = _with_parcels(plan, customers, whom, placed)
    left_day = customers.leave_day.copy()
    driven = orders.drives_away & orders.parcel
    day = (orders.delivered_at[driven] - np.datetime64(plan.calendar.since, "s")) // np.timedelta64(1, "D")
    # Of several leavings the first counts: what comes after it never happens.
    np.minimum.at(left_day, orders.customer[driven], day.astype(np.int64) + 1)
    placed_day = (orders.placed_at - np.datetime64(plan.calendar.since, "s")) // np.timedelta64(1, "D")
    stays = (placed_day < left_day[orders.customer]) & (orders.placed_at < plan.end)
    left_day = np.where(left_day < plan.calendar.days, left_day, NEVER)
    return orders.where(stays), left_day


def _placed(plan: Plan, customers: Customers) -> tuple[Whole, Times]:
    rng = plan.rng("orders")
    whom, when = [], []
    end = np.minimum(customers.leave_day, plan.calendar.days)
    for number, persona in enumerate(PERSONAS):
        own = np.flatnonzero(customers.persona == number)
        calendar = Calendar(plan.calendar.since, plan.calendar.until, persona.months, SHOP_WEEK)
        begin = np.maximum(customers.joined_day[own] + 1, 0)
        index, moments = calendar.recurring(
            rng, begin=begin, end=end[own], per_day=customers.rate[own], hours=SHOPPING_HOURS
        )
        whom.append(own[index])
        when.append(moments)
    # Most people join in order to buy.
    first = np.flatnonzero((customers.joined_day >= 0) & happens(rng, 0.85, len(customers)))
    whom.append(first)
    when.append(customers.joined_at[first] + rng.integers(120, 1500, len(first)).astype("timedelta64[s]"))
    all_whom, all_when = np.concatenate(whom), np.concatenate(when)
    order = np.lexsort((all_whom, all_when))
    return all_whom[order], all_when[order]


def _with_parcels(plan: Plan, customers: Customers, whom: Whole, placed: Times) -> Orders:
    rng, n = plan.rng("parcels"), len(whom)
    persona, country = customers.persona[whom], customers.country[whom]
    in_shop = happens(rng, np.array([p.in_shop for p in PERSONAS])[persona], n)
    cancelled = happens(rng, CANCELLED, n) & ~in_shop
    parcel = ~in_shop & ~cancelled
    handed_over = later(placed, rng.integers(0, 2, n), rng, OFFICE_HOURS)
    changed = plan.is_changed(handed_over) & (country == CHANGED) & plan.change
    kept = np.where(changed, ON_TIME_CHANGED, ON_TIME)
    late = ~happens(rng, kept, n)
    promised = handed_over.astype("datetime64[D]") + np.array([c.promise_days for c in COUNTRIES])[country]
    early = rng.integers(0, 3, n)
    delay = 1 + rng.geometric(0.42, n)
    delivered_on = promised + np.where(late, delay, -early)
    delivered = later(delivered_on.astype("datetime64[s]"), np.zeros(n, dtype=np.int64), rng, DOORSTEP_HOURS)
    cost = around(rng, np.array([c.delivery_cost for c in COUNTRIES])[country], 0.18, n)
    nothing = np.datetime64("NaT", "s")
    return Orders(
        customer=whom,
        placed_at=placed,
        amount=np.round(around(rng, np.array([p.basket for p in PERSONAS])[persona], 0.5, n), 2),
        items=1 + rng.poisson(1.3, n),
        in_shop=in_shop,
        cancelled=cancelled,
        handed_over_at=np.where(parcel, handed_over, nothing),
        promised_on=np.where(parcel, promised.astype("datetime64[s]"), nothing),
        delivered_at=np.where(parcel, delivered, nothing),
        kept=np.where(parcel, kept, np.nan),
        late=late & parcel,
        drives_away=late & parcel & happens(rng, LATE_LEAVES, n),
        delivery_cost=np.where(parcel, cost * np.where(changed, COST_CHANGED, 1.0), np.nan),
    )
