"""A marketplace in Brazil, in the files of Olist."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from heedful.simulate.answers import satisfaction
from heedful.simulate.calendar import DOORSTEP_HOURS, OFFICE_HOURS, SHOPPING_HOURS, Calendar, later
from heedful.simulate.draws import around, happens, pick, pick_index
from heedful.simulate.standins.columns import NOTHING, Columns, keys, named, text, time


def olist(rng: np.random.Generator) -> Mapping[str, Columns]:
    """`customer_id` is one an order, `customer_unique_id` is the person."""
    n = 3000
    day = np.sort(rng.integers(0, 640, n))
    calendar = Calendar(date(2016, 11, 1), date(2018, 8, 31))
    placed = calendar.moments(rng, day, SHOPPING_HOURS)
    status = pick(
        rng, ("delivered", "shipped", "canceled", "unavailable", "processing", "invoiced"),
        (0.97, 0.011, 0.008, 0.005, 0.003, 0.003), n,
    )  # fmt: skip
    promised = placed.astype("datetime64[D]") + rng.integers(12, 35, n)
    late = happens(rng, 0.08, n)
    days = np.where(late, (promised - placed.astype("datetime64[D]")).astype(np.int64) + rng.geometric(0.15, n), 0)
    early = 3 + (rng.beta(2, 3, n) * 9).astype(np.int64)
    delivered = later(placed, np.where(late, days, early), rng, DOORSTEP_HOURS)
    arrived = status == "delivered"
    nothing = np.datetime64("NaT", "s")
    carrier = later(placed, rng.integers(1, 4, n), rng, OFFICE_HOURS)
    left = np.isin(status, ("delivered", "shipped"))
    orders, people = keys(rng, n), keys(rng, n)
    # Few come back: two orders in a hundred are by somebody who ordered before.
    people = np.where(happens(rng, 0.02, n), people[rng.integers(0, n, n)], people)
    customers = keys(rng, n)
    products, sellers = keys(rng, 400), keys(rng, 90)
    pieces = 1 + rng.poisson(0.13, n)
    item_of = np.repeat(np.arange(n), pieces)
    place = np.arange(len(item_of)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    reviewed = np.flatnonzero(happens(rng, 0.99, n))
    score = satisfaction(rng, happens(rng, np.where(late | ~arrived, 0.33, 0.84), n))[reviewed]
    asked = np.where(arrived, delivered, placed + np.timedelta64(30, "D"))[reviewed].astype("datetime64[D]")
    answered = later(asked.astype("datetime64[s]"), rng.integers(0, 4, len(asked)), rng, SHOPPING_HOURS)
    words = np.where(score >= 4, "Chegou antes do prazo, recomendo.", "O produto ainda não chegou.").astype(object)
    cities = pick_index(rng, (0.42, 0.13, 0.12, 0.1, 0.12, 0.11), n)
    return {
        "orders": {
            "order_id": text(orders),
            "customer_id": text(customers),
            "order_status": text(status),
            "order_purchase_timestamp": time(placed),
            "order_approved_at": time(placed + np.timedelta64(15, "m")),
            "order_delivered_carrier_date": time(np.where(left, carrier, nothing)),
            "order_delivered_customer_date": time(np.where(arrived, delivered, nothing)),
            "order_estimated_delivery_date": time(promised),
        },
        "customers": {
            "customer_id": text(customers),
            "customer_unique_id": text(people),
            "customer_zip_code_prefix": text(named(("01310", "20040", "30130", "90010", "80010", "40020"), cities)),
            "customer_city": text(named(
                ("sao paulo", "rio de janeiro", "belo horizonte", "porto alegre", "curitiba", "salvador"), cities
            )),
            "customer_state": text(named(("SP", "RJ", "MG", "RS", "PR", "BA"), cities)),
        },
        "order_items": {
            "order_id": text(orders[item_of]),
            "order_item_id": pa.array(place + 1),
            "product_id": text(products[rng.integers(0, 400, len(item_of))]),
            "seller_id": text(sellers[rng.integers(0, 90, len(item_of))]),
            "shipping_limit_date": time(placed[item_of] + np.timedelta64(6, "D")),
            "price": pa.array(np.round(around(rng, 75.0, 0.8, len(item_of)), 2)),
            "freight_value": pa.array(np.round(around(rng, 17.0, 0.4, len(item_of)), 2)),
        },
        "order_reviews": {
            "review_id": text(keys(rng, len(reviewed))),
            "order_id": text(orders[reviewed]),
            "review_score": pa.array(score),
            "review_comment_title": text(np.full(len(reviewed), None)),
            "review_comment_message": text(np.where(happens(rng, 0.4, len(reviewed)), words, NOTHING)),
            "review_creation_date": time(asked),
            "review_answer_timestamp": time(answered),
        },
    }  # fmt: skip
