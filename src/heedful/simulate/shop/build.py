"""Puts the shop together and writes its raw files, each in the shape of the system that it comes from."""

from __future__ import annotations

import numpy as np

from heedful.simulate.arrays import Flags
from heedful.simulate.faults import shop_faults
from heedful.simulate.plan import Built, Facts, Plan
from heedful.simulate.shop import exports, truths
from heedful.simulate.shop.customers import NEVER, Customers, draw_customers, language_shares
from heedful.simulate.shop.market import draw_market
from heedful.simulate.shop.orders import Orders, draw_orders
from heedful.simulate.shop.parameters import (
    CHANGED_COUNTRY,
    COMPANY,
    COST_CHANGED,
    COUNTRIES,
    LANGUAGES,
    ON_TIME,
    ON_TIME_CHANGED,
)
from heedful.simulate.shop.service import (
    draw_closures,
    draw_contacts,
    draw_referrals,
    draw_returns,
)
from heedful.simulate.shop.voices import (
    Reviews,
    draw_deliveries,
    draw_efforts,
    draw_reviews,
    draw_rival_reviews,
    draw_waves,
    responses_of,
)
from heedful.simulate.truth import Change
from heedful.simulate.verbatims import Sentences


def build(plan: Plan) -> Built:
    """Draw the shop and write its files into `plan.data`."""
    customers = draw_customers(plan)
    orders, left_day = draw_orders(plan, customers)
    contacts = draw_contacts(plan, customers, orders)
    returns = draw_returns(plan, customers, orders)
    referrer, friend = draw_referrals(plan, customers, left_day)
    closed, closed_at, closed_why = draw_closures(plan, left_day)
    closed_day = np.full(len(customers), NEVER)
    closed_day[closed] = (closed_at - np.datetime64(plan.calendar.since, "s")) // np.timedelta64(1, "D")
    waves = draw_waves(plan, customers, orders, left_day, closed_day)
    deliveries = draw_deliveries(plan, customers, orders)
    efforts = draw_efforts(plan, contacts)
    responses = responses_of(
        plan,
        customers=customers,
        orders=orders,
        contacts=contacts,
        waves=waves,
        deliveries=deliveries,
        efforts=efforts,
    )
    reviews = draw_reviews(plan, customers, orders, deliveries)
    shares = np.array([c.share for c in COUNTRIES]) @ language_shares()
    rivals = draw_rival_reviews(plan, len(reviews.order), shares.tolist())
    market = draw_market(plan, customers, orders)

    facts = Facts()
    truths.say(facts, customers, orders, waves, deliveries)
    truths.answering(facts, customers, waves)
    truths.kept_promises(facts, plan, customers, orders)
    truths.doing(facts, plan, customers, orders, left_day)
    truths.service(
        facts,
        plan,
        customers=customers,
        contacts=contacts,
        efforts=efforts,
        referrers=referrer,
    )
    truths.returned(facts, plan, customers, orders, returns)
    truths.market_truths(facts, market, own_reviews=len(reviews.order), rival_reviews=len(rivals.order))
    rows = {
        "customers.csv": exports.write_customers(plan, customers, orders),
        "orders.csv": exports.write_orders(plan, customers, orders),
        "deliveries.parquet": exports.write_deliveries(plan, customers, orders),
        "contacts.parquet": exports.write_contacts(plan, contacts),
        "returns.csv": exports.write_returns(plan, orders, returns),
        "referrals.csv": exports.write_referrals(plan, customers, referrer, friend),
        "closures.csv": exports.write_closures(plan, closed, closed_at, closed_why),
        "survey.csv": exports.write_survey(plan, customers, responses),
        "invitations.csv": exports.write_invitations(plan, customers, waves),
        "reviews.jsonl": exports.write_reviews(plan, orders, reviews, rivals),
        "market.csv": exports.write_market(plan, market),
        "spend.csv": exports.write_spend(plan, orders),
    }  # fmt: skip
    faults = shop_faults(plan) if plan.mess else {}
    return Built(COMPANY, facts, changes(plan), rows, faults, {"quotes": quotes(orders, customers, reviews)})


def changes(plan: Plan) -> tuple[Change, ...]:
    """What was made different, if anything was."""
    if not plan.change:
        return ()
    where, since = {"country": CHANGED_COUNTRY}, plan.changes_on
    cost = next(c.delivery_cost for c in COUNTRIES if c.code == CHANGED_COUNTRY)
    late = "parcels handed over since then come late more often"
    cheap = "median cost of a parcel: the cheaper round"
    return (
        Change("on_time_rate", late, where, since, ON_TIME, ON_TIME_CHANGED),
        Change("delivery_cost", cheap, where, since, cost, round(cost * COST_CHANGED, 4)),
    )


def quotes(orders: Orders, customers: Customers, reviews: Reviews) -> dict[str, list[str]]:
    """Keys of recent reviews worth quoting: late parcels in the changed country; pleased and displeased writers."""
    sentences = Sentences.load("shop", LANGUAGES)
    key = np.array([f"reviews/{7001 + i}" for i in range(len(reviews.order))], dtype=object)
    country = np.array([c.code for c in COUNTRIES])[customers.country[orders.customer[reviews.order]]]

    def latest(language: str, fits: Flags, theme: str, count: int = 1) -> list[str]:
        said = sentences.of(language, theme)
        about = [n for n in np.flatnonzero(fits & (reviews.language == language)) if reviews.text[n] in said]
        return [str(key[n]) for n in about[-count:]]

    happy, unhappy = (reviews.score == 5) & ~reviews.late, (reviews.score <= 2) & ~reviews.late
    return {
        "late": latest("lv", reviews.late & (country == CHANGED_COUNTRY) & (reviews.score <= 2), "delivery", 2),
        "service": latest("th", unhappy, "staff") + latest("ru", unhappy, "staff"),
        "choice": latest("it", happy, "choice") + latest("en", unhappy, "choice"),
        "price": latest("nl", unhappy, "price") + latest("en", happy, "price"),
        "quality": latest("ru", happy, "quality") + latest("it", unhappy, "quality"),
        "brand": latest("nl", happy, "staff"),
    }
