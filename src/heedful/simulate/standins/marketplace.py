"""A marketplace in Brazil, in the files of Olist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from heedful.simulate.answers import satisfaction
from heedful.simulate.arrays import Flags, Texts, Times
from heedful.simulate.calendar import DOORSTEP_HOURS, OFFICE_HOURS, SHOPPING_HOURS, Calendar, later
from heedful.simulate.draws import around, happens, pick, pick_index
from heedful.simulate.standins.columns import NOTHING, Columns, keys, named, text, time

STATUSES = {
    "delivered": 0.97,
    "shipped": 0.011,
    "canceled": 0.008,
    "unavailable": 0.005,
    "processing": 0.003,
    "invoiced": 0.003,
}
PLACES = (
    ("01310", "sao paulo", "SP"),
    ("20040", "rio de janeiro", "RJ"),
    ("30130", "belo horizonte", "MG"),
    ("90010", "porto alegre", "RS"),
    ("80010", "curitiba", "PR"),
    ("40020", "salvador", "BA"),
)


@dataclass(frozen=True)
class Orders:
    """One entry an order, in the order of time."""

    key: Texts
    customer: Texts  # a key of its own for each order
    person: Texts
    placed_at: Times
    status: Texts
    carrier_at: Times
    delivered_at: Times  # as it would be, whatever the status
    promised_on: Times
    late: Flags


def olist(rng: np.random.Generator) -> Mapping[str, Columns]:
    """`customer_id` is one an order, `customer_unique_id` is the person."""
    orders = draw_orders(rng, 3000)
    nothing = np.datetime64("NaT", "s")
    left, arrived = np.isin(orders.status, ("delivered", "shipped")), orders.status == "delivered"
    return {
        "orders": {
            "order_id": text(orders.key),
            "customer_id": text(orders.customer),
            "order_status": text(orders.status),
            "order_purchase_timestamp": time(orders.placed_at),
            "order_approved_at": time(orders.placed_at + np.timedelta64(15, "m")),
            "order_delivered_carrier_date": time(np.where(left, orders.carrier_at, nothing)),
            "order_delivered_customer_date": time(np.where(arrived, orders.delivered_at, nothing)),
            "order_estimated_delivery_date": time(orders.promised_on),
        },
        "customers": customers(rng, orders),
        "order_items": items(rng, orders),
        "order_reviews": reviews(rng, orders),
    }


def draw_orders(rng: np.random.Generator, n: int) -> Orders:
    """Eight in a hundred come late; two in a hundred are by somebody who ordered before."""
    placed = Calendar(date(2016, 11, 1), date(2018, 8, 31)).moments(
        rng, np.sort(rng.integers(0, 640, n)), SHOPPING_HOURS
    )
    promised = placed.astype("datetime64[D]") + rng.integers(12, 35, n)
    late = happens(rng, 0.08, n)
    overdue = (promised - placed.astype("datetime64[D]")).astype(np.int64) + rng.geometric(0.15, n)
    days = np.where(late, overdue, 3 + (rng.beta(2, 3, n) * 9).astype(np.int64))
    people = keys(rng, n)
    return Orders(
        key=keys(rng, n),
        customer=keys(rng, n),
        person=np.where(happens(rng, 0.02, n), people[rng.integers(0, n, n)], people),
        placed_at=placed,
        status=pick(rng, tuple(STATUSES), tuple(STATUSES.values()), n),
        carrier_at=later(placed, rng.integers(1, 3, n), rng, OFFICE_HOURS),
        delivered_at=later(placed, days, rng, DOORSTEP_HOURS),
        promised_on=promised.astype("datetime64[s]"),
        late=late,
    )


def customers(rng: np.random.Generator, orders: Orders) -> Columns:
    """Where each order's customer lives."""
    place = pick_index(rng, (0.42, 0.13, 0.12, 0.1, 0.12, 0.11), len(orders.key))
    zips, cities, states = zip(*PLACES, strict=True)
    return {
        "customer_id": text(orders.customer),
        "customer_unique_id": text(orders.person),
        "customer_zip_code_prefix": text(named(zips, place)),
        "customer_city": text(named(cities, place)),
        "customer_state": text(named(states, place)),
    }


def items(rng: np.random.Generator, orders: Orders) -> Columns:
    """What was ordered, a line an item."""
    pieces = 1 + rng.poisson(0.13, len(orders.key))
    order = np.repeat(np.arange(len(pieces)), pieces)
    n, place = len(order), np.arange(len(order)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return {
        "order_id": text(orders.key[order]),
        "order_item_id": pa.array(place + 1),
        "product_id": text(keys(rng, 400)[rng.integers(0, 400, n)]),
        "seller_id": text(keys(rng, 90)[rng.integers(0, 90, n)]),
        "shipping_limit_date": time(orders.placed_at[order] + np.timedelta64(6, "D")),
        "price": pa.array(np.round(around(rng, 75.0, 0.8, n), 2)),
        "freight_value": pa.array(np.round(around(rng, 17.0, 0.4, n), 2)),
    }


def reviews(rng: np.random.Generator, orders: Orders) -> Columns:
    """Nearly every order has a review; who waited in vain or too long is rarely satisfied."""
    written = np.flatnonzero(happens(rng, 0.99, len(orders.key)))
    n, arrived = len(written), orders.status[written] == "delivered"
    score = satisfaction(rng, happens(rng, np.where(orders.late[written] | ~arrived, 0.33, 0.84), n))
    given_up = orders.placed_at[written] + np.timedelta64(30, "D")
    asked = np.where(arrived, orders.delivered_at[written], given_up).astype("datetime64[D]").astype("datetime64[s]")
    words = np.where(score >= 4, "Chegou antes do prazo, recomendo.", "O produto ainda não chegou.").astype(object)
    return {
        "review_id": text(keys(rng, n)),
        "order_id": text(orders.key[written]),
        "review_score": pa.array(score),
        "review_comment_title": text(np.full(n, None)),
        "review_comment_message": text(np.where(happens(rng, 0.4, n), words, NOTHING)),
        "review_creation_date": time(asked),
        "review_answer_timestamp": time(later(asked, rng.integers(0, 4, n), rng, SHOPPING_HOURS)),
    }
