"""A wholesaler of gifts, in the file of Online Retail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from heedful.simulate.calendar import GIFT_MONTHS, OFFICE_HOURS, SHOP_WEEK, Calendar
from heedful.simulate.draws import around, happens, pick, pick_index
from heedful.simulate.standins.columns import Columns, named, text, time


def online_retail(rng: np.random.Generator) -> Mapping[str, Columns]:
    """One line an item of an invoice; an invoice whose number begins with C takes something back."""
    people = 700
    calendar = Calendar(date(2010, 12, 1), date(2011, 12, 9), GIFT_MONTHS, SHOP_WEEK)
    begin = rng.integers(0, 200, people)
    whom, when = calendar.recurring(
        rng,
        begin=begin,
        end=begin + rng.integers(30, 374, people),
        per_day=rng.gamma(1.2, 0.012, people),
        hours=OFFICE_HOURS,
    )
    order = np.argsort(when, kind="stable")
    whom, when = whom[order], when[order]
    lines = 1 + rng.poisson(9, len(whom))
    at = np.repeat(np.arange(len(whom)), lines)
    n = len(at)
    product = pick_index(rng, 1 / np.arange(1, 121), n)
    back = np.repeat(happens(rng, 0.06, len(whom)), lines)
    quantity = 1 + rng.geometric(0.12, n)
    names = ("WHITE HANGING HEART", "METAL LANTERN", "CREAM CUPID HANGER", "RED RETROSPOT BAG", "JAM MAKING SET")
    country = pick(
        rng, ("United Kingdom", "Germany", "France", "EIRE", "Netherlands"), (0.9, 0.04, 0.03, 0.02, 0.01), people
    )
    invoice = np.array(
        [f"{'C' if b else ''}{536365 + i}" for i, b in zip(at.tolist(), back.tolist(), strict=True)], dtype=object
    )
    known = np.where(happens(rng, 0.2, len(whom)), -1, 12346 + whom)[at]
    customer = np.array([str(c) if c > 0 else None for c in known.tolist()], dtype=object)
    price = np.round(around(rng, 2.4, 0.7, 120), 2)
    return {
        "online_retail_2010_2011": {
            "InvoiceNo": text(invoice),
            "StockCode": text(np.array([str(20000 + 7 * p) for p in product.tolist()], dtype=object)),
            "Description": text(named(names, product % len(names))),
            "Quantity": pa.array(np.where(back, -quantity, quantity)),
            "InvoiceDate": time(when.astype("datetime64[m]")[at]),
            "UnitPrice": pa.array(price[product]),
            "CustomerID": text(customer),
            "Country": text(country[whom[at]]),
        }
    }
