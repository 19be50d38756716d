"""The market that the shop stands in, quarter by quarter, and what it spends on being known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from heedful.simulate.arrays import Floats, Whole
from heedful.simulate.draws import around
from heedful.simulate.plan import Plan
from heedful.simulate.shop.customers import Customers
from heedful.simulate.shop.orders import Orders
from heedful.simulate.shop.parameters import COMPANY, COUNTRIES, OTHERS, RIVAL

CHANNELS = ("search", "social", "mail", "shop windows")
ASKED = 1000


@dataclass(frozen=True)
class Market:
    """One entry a quarter, country and brand. NaN where a figure is not known."""

    quarter: tuple[date, ...]
    at: Whole
    country: Whole
    brand: Whole
    sales: Floats
    aware: Floats  # of ASKED people
    aware_share: Floats  # the probability behind it
    searches: Floats


BRANDS = (COMPANY, RIVAL, OTHERS)


def quarters(plan: Plan) -> tuple[date, ...]:
    """The first days of the whole quarters in the span."""
    found = []
    for year in range(plan.calendar.since.year, plan.calendar.until.year + 1):
        for month in (1, 4, 7, 10):
            after = date(year + month // 10, (month + 2) % 12 + 1, 1)
            if plan.calendar.since <= date(year, month, 1) and (after - plan.calendar.until).days <= 1:
                found.append(date(year, month, 1))
    return tuple(found)


def own_sales(plan: Plan, customers: Customers, orders: Orders) -> Floats:
    """Sales by whole quarter and country, of orders that were not cancelled."""
    starts = quarters(plan)
    totals = np.zeros((len(starts), len(COUNTRIES)))
    for number, start in enumerate(starts):
        after = date(start.year + start.month // 10, (start.month + 2) % 12 + 1, 1)
        within = (orders.placed_at >= np.datetime64(start, "s")) & (orders.placed_at < np.datetime64(after, "s"))
        sold = np.flatnonzero(within & ~orders.cancelled)
        totals[number] = np.bincount(
            customers.country[orders.customer[sold]], orders.amount[sold], minlength=len(COUNTRIES)
        )
    return totals


def draw_market(plan: Plan, customers: Customers, orders: Orders) -> Market:
    """Own sales are those of the orders; the rest of the market is drawn around the stated shares."""
    rng, starts, own = plan.rng("market"), quarters(plan), own_sales(plan, customers, orders)
    shape = (*own.shape, len(BRANDS))
    at, country, brand = (x.ravel() for x in np.indices(shape))
    share = np.array([c.market_share for c in COUNTRIES])
    rival = np.array([c.market_share_rival for c in COUNTRIES])
    total = np.maximum(own, 1.0) / share * around(rng, 1.0, 0.03, own.size).reshape(own.shape)
    total = np.maximum(total, own * 1.05)
    rivals = np.minimum(total * rival, (total - own) * 0.9)
    sales = np.stack([own, rivals, total - own - rivals], axis=-1).ravel()
    aware = np.array([[c.awareness, min(c.awareness * 1.12 + 0.05, 0.97), np.nan] for c in COUNTRIES])[country, brand]
    known = ~np.isnan(aware)
    counted = np.where(known, rng.binomial(ASKED, np.where(known, aware, 0.0)), np.nan)
    interest = np.array([[c.market_share, c.market_share_rival, np.nan] for c in COUNTRIES])[country, brand]
    searches = np.where(known, rng.poisson(np.where(known, interest, 0.0) * 60_000), np.nan)
    return Market(starts, at, country, brand, np.round(sales, 2), counted, aware, searches)
