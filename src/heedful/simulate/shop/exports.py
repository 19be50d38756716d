"""The shop's raw files, each in the shape of the system that it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from heedful.simulate import files
from heedful.simulate.arrays import Flags, Floats, Texts, Times, Whole
from heedful.simulate.plan import Plan
from heedful.simulate.shop.customers import Customers
from heedful.simulate.shop.market import ASKED, BRANDS, CHANNELS, Market
from heedful.simulate.shop.orders import Orders
from heedful.simulate.shop.parameters import COMPANY, COUNTRIES, GOODS_COST, LANGUAGE_NAMES, PERSONAS, REASONS, RIVAL
from heedful.simulate.shop.service import Contacts, Returns
from heedful.simulate.shop.voices import Responses, Reviews, Waves

SURVEY_ZONE = "Asia/Bangkok"
"""The clocks of the survey tool's account: not the shop's."""


def customer_ids(numbers: Whole) -> pa.Array:
    """`C000001`, …; null for a negative number."""
    return files.numbered("C", np.where(numbers >= 0, numbers + 1, -1))


def order_ids(numbers: Whole) -> pa.Array:
    """`N0100001`, …; null for a negative number."""
    return files.numbered("N", np.where(numbers >= 0, numbers + 100_001, -1), width=7)


def units(customers: Customers, orders: Orders) -> Texts:
    """Where each order was placed: the country's shop, or online."""
    shop = np.array([c.unit for c in COUNTRIES], dtype=object)[customers.country[orders.customer]]
    return np.where(orders.in_shop, shop, "online").astype(object)


def write_customers(plan: Plan, customers: Customers, orders: Orders) -> int:
    """The customer list, one line each."""
    reached = np.where(orders.in_shop, orders.placed_at, orders.delivered_at)
    reached = np.where(orders.cancelled | ~(reached < plan.end), np.datetime64("NaT", "s"), reached)
    first = np.full(len(customers), np.datetime64("2999-01-01", "s"))
    there = np.flatnonzero(~np.isnat(reached))
    np.minimum.at(first, orders.customer[there], reached[there])
    # Who joined before the first day received something before it.
    early = customers.joined_at + np.timedelta64(3, "D") + (np.arange(len(customers)) % 5) * np.timedelta64(20, "h")
    first = np.where(customers.joined_day < 0, np.minimum(first, early), first)
    first = np.where(first < plan.end, first, np.datetime64("NaT", "s"))
    return files.write_csv(
        plan.data / "customers.csv",
        {
            "customer_no": customer_ids(np.arange(len(customers))),
            "country": files.texts(np.array([c.name for c in COUNTRIES], dtype=object)[customers.country]),
            "language": files.texts(customers.language),
            "persona": files.texts(np.array([p.name for p in PERSONAS], dtype=object)[customers.persona]),
            "home_shop": files.texts(np.array([c.unit for c in COUNTRIES], dtype=object)[customers.country]),
            "joined": files.local_text(customers.joined_at),
            "joined_through": files.texts(customers.joined_through),
            "first_received": files.local_text(first),
        },
    )


def write_orders(plan: Plan, customers: Customers, orders: Orders) -> int:
    """The shop system's orders, in the shop's local time."""
    return files.write_csv(
        plan.data / "orders.csv",
        {
            "order_no": order_ids(np.arange(len(orders))),
            "customer_no": customer_ids(orders.customer),
            "shop": files.texts(units(customers, orders)),
            "placed": files.local_text(orders.placed_at),
            "status": files.texts(np.where(orders.cancelled, "cancelled", "done").astype(object)),
            "items": pa.array(orders.items),
            "total": files.money(orders.amount),
            "goods_cost": files.money(orders.amount * GOODS_COST),
        },
    )


def write_deliveries(plan: Plan, customers: Customers, orders: Orders) -> int:
    """The carriers' data: instants in UTC, the promise as a date."""
    sent = np.flatnonzero(orders.parcel & (orders.handed_over_at < plan.end))
    delivered = _if_known(plan, orders.delivered_at[sent])
    country = customers.country[orders.customer[sent]]
    return files.write_parquet(
        plan.data / "deliveries.parquet",
        {
            "parcel_no": files.numbered("P", sent + 100_001, width=7),
            "order_no": order_ids(sent),
            "customer_no": customer_ids(orders.customer[sent]),
            "carrier": files.texts(np.array([c.carrier for c in COUNTRIES], dtype=object)[country]),
            "handed_over_at": files.instants(orders.handed_over_at[sent], plan.zone),
            "promised_on": files.dates(orders.promised_on[sent]),
            "delivered_at": files.instants(delivered, plan.zone),
            "cost": files.money(orders.delivery_cost[sent]),
        },
    )


def write_contacts(plan: Plan, contacts: Contacts) -> int:
    """The help desk's cases; one that is still open has neither an end nor an outcome."""
    open_still = ~(contacts.closed_at < plan.end)
    return files.write_parquet(
        plan.data / "contacts.parquet",
        {
            "case_no": files.numbered("K", np.arange(len(contacts.order)) + 1),
            "follows": files.numbered("K", np.where(contacts.follows >= 0, contacts.follows + 1, -1)),
            "customer_no": customer_ids(contacts.customer),
            "order_no": order_ids(contacts.order),
            "opened_at": files.instants(contacts.opened_at, plan.zone),
            "closed_at": files.instants(_if_known(plan, contacts.closed_at), plan.zone),
            "team": files.texts(contacts.team),
            "channel": files.texts(contacts.channel),
            "topic": files.texts(contacts.topic),
            "solved": pa.array(contacts.solved, mask=open_still),
        },
    )


def write_returns(plan: Plan, orders: Orders, returns: Returns) -> int:
    """The warehouse's list: semicolons, day.month.year, decimal commas."""
    refund = [f"{amount:.2f}".replace(".", ",") for amount in returns.refund]
    return files.write_csv(
        plan.data / "returns.csv",
        {
            "return_no": files.numbered("R", np.arange(len(returns.order)) + 1),
            "order_no": order_ids(returns.order),
            "customer_no": customer_ids(orders.customer[returns.order]),
            "received": files.local_text(returns.returned_at, pattern="%d.%m.%Y"),
            "refund": files.texts(np.array(refund, dtype=object)),
            "why": files.texts(returns.reason),
        },
        separator=";",
    )


def write_referrals(plan: Plan, customers: Customers, referrer: Whole, friend: Whole) -> int:
    """Who brought whom."""
    return files.write_csv(
        plan.data / "referrals.csv",
        {
            "referral_no": files.numbered("F", np.arange(len(friend)) + 1),
            "referrer_no": customer_ids(referrer),
            "friend_no": customer_ids(friend),
            "joined": files.local_text(customers.joined_at[friend]),
        },
    )


def write_closures(plan: Plan, closed: Whole, closed_at: Times, reason: Texts) -> int:
    """Accounts closed."""
    order = np.lexsort((closed, closed_at))
    return files.write_csv(
        plan.data / "closures.csv",
        {
            "customer_no": customer_ids(closed[order]),
            "closed": files.local_text(closed_at[order]),
            "reason": files.texts(reason[order]),
        },
    )


def write_survey(plan: Plan, customers: Customers, responses: Responses) -> int:
    """The survey tool's export: one line a response, a column a question, semicolons, another zone's clocks."""
    asked = responses.survey == "relationship"
    names = np.array([LANGUAGE_NAMES[code] for code in customers.language], dtype=object)
    reasons = {f"Why: {name}": _answered(responses.reasons[:, i], asked) for i, name in enumerate(REASONS)}
    return files.write_csv(
        plan.data / "survey.csv",
        {
            "Response ID": files.numbered("A", np.arange(len(responses.customer)) + 1),
            "Submitted": files.local_text(
                responses.submitted_at, pattern="%Y-%m-%d %H:%M", zone=(plan.zone, SURVEY_ZONE)
            ),
            "Survey": files.texts(responses.survey),
            "Wave": files.texts(responses.wave),
            "Customer no": customer_ids(responses.customer),
            "Order no": order_ids(responses.order),
            "Language": files.texts(names[responses.customer]),
            "Recommend (0-10)": _if_asked(responses.recommend),
            "Satisfaction (1-5)": _if_asked(responses.satisfaction),
            "Ease (1-7)": _if_asked(responses.ease),
            "Easy to find (1-5)": _if_asked(responses.finds),
            "Fair price (1-5)": _if_asked(responses.fair),
            **reasons,
            "Comment": files.texts(responses.comment),
        },
        separator=";",
        quoted=True,
    )


def write_invitations(plan: Plan, customers: Customers, waves: Waves) -> int:
    """Who was asked in each wave of the relationship survey, and whether an answer came."""
    at = np.flatnonzero(waves.asked)
    persona = np.array([p.name for p in PERSONAS], dtype=object)[customers.persona[waves.base.customer[at]]]
    return files.write_csv(
        plan.data / "invitations.csv",
        {
            "wave": files.texts(waves.base.name_of(at)),
            "customer_no": customer_ids(waves.base.customer[at]),
            "persona": files.texts(persona),
            "answered": files.texts(np.where(waves.answered[at], "yes", "no").astype(object)),
        },
    )


def write_reviews(plan: Plan, orders: Orders, own: Reviews, rivals: Reviews) -> int:
    """What a collector of reviews delivers: nested, one object a line, ours and the competitor's."""
    return files.write_json_lines(plan.data / "reviews.jsonl", _review_objects(plan, orders, own, rivals))


def _review_objects(plan: Plan, orders: Orders, own: Reviews, rivals: Reviews) -> Iterator[Mapping[str, object]]:
    number = 7000
    for brand, reviews in ((COMPANY, own), (RIVAL, rivals)):
        when = files.iso_instants(reviews.written_at, plan.zone).to_pylist()
        whom = (
            np.where(reviews.order >= 0, orders.customer[np.maximum(reviews.order, 0)], -1)
            if len(orders)
            else reviews.order
        )
        # The sites know who wrote two in three of the reviews.
        named = customer_ids(np.where(np.arange(len(whom)) % 3 < 2, whom, -1)).to_pylist()
        for i, text in enumerate(reviews.text):
            number += 1
            yield {
                "id": str(number),
                "site": reviews.site[i],
                "brand": brand,
                "created_at": when[i],
                "rating": {"value": int(reviews.score[i]), "best": 5},
                "author": {"customer_no": named[i], "verified": named[i] is not None},
                "body": {"text": text, "language": reviews.language[i]},
            }


def write_market(plan: Plan, market: Market) -> int:
    """The market researchers' table: a line a quarter, country and brand."""
    quarter = [market.quarter[i].isoformat() for i in market.at]
    return files.write_csv(
        plan.data / "market.csv",
        {
            "quarter": files.texts(np.array(quarter, dtype=object)),
            "country": files.texts(np.array([c.name for c in COUNTRIES], dtype=object)[market.country]),
            "brand": files.texts(np.array(BRANDS, dtype=object)[market.brand]),
            "sales_eur": files.money(market.sales),
            "aware_percent": pa.array(np.round(market.aware / ASKED * 100, 1), mask=np.isnan(market.aware)),
            "asked": files.whole(np.where(np.isnan(market.aware), np.nan, ASKED)),
            "searches": files.whole(market.searches),
        },
    )


def write_spend(plan: Plan, orders: Orders) -> int:
    """Monthly spend on each channel, near a twentieth of the sales."""
    rng = plan.rng("spend")
    first = np.datetime64(plan.calendar.since, "M")
    months = np.arange(first, np.datetime64(plan.calendar.until, "M") + 1)
    sold = np.bincount(
        (orders.placed_at.astype("datetime64[M]") - first).astype(np.int64), orders.amount, minlength=len(months)
    )
    share = np.array([0.4, 0.3, 0.1, 0.2])
    amount = np.outer(sold[: len(months)] * 0.05, share) * rng.uniform(0.85, 1.15, (len(months), len(share)))
    return files.write_csv(
        plan.data / "spend.csv",
        {
            "month": pa.array(np.repeat(months.astype("datetime64[D]"), len(CHANNELS)), pa.date32()),
            "channel": files.texts(np.tile(np.array(CHANNELS, dtype=object), len(months))),
            "amount_eur": files.money(amount.ravel()),
        },
    )


def _if_known(plan: Plan, moments: Times) -> Times:
    return np.where(moments < plan.end, moments, np.datetime64("NaT", "s"))


def _if_asked(answers: Whole) -> pa.Array:
    return pa.array(answers, mask=answers < 0)


def _answered(chosen: Flags, asked: Flags) -> pa.Array:
    values: Floats = np.where(chosen, 1.0, 0.0)
    return files.whole(np.where(asked, values, np.nan))
