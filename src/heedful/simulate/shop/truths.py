"""The true figures of the shop: what was planted, and what it came to among all customers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from heedful.simulate.arrays import Flags, Whole
from heedful.simulate.plan import Facts, Plan, first_tries
from heedful.simulate.shop.customers import NEVER, Customers, leaving_probability
from heedful.simulate.shop.market import BRANDS, Market
from heedful.simulate.shop.orders import CHANGED, Orders
from heedful.simulate.shop.parameters import (
    CLOSES_ACCOUNT,
    COUNTRIES,
    LATE_LEAVES,
    LATE_ON_CSAT,
    LEAVERS_MEAN_DAYS,
    PERSONAS,
    REASONS,
    TEAMS,
)
from heedful.simulate.shop.service import Contacts, Returns, return_probability
from heedful.simulate.shop.voices import Deliveries, Efforts, Waves, agreement, net_promoter_values

GROUPS = ("pleased and staying", "pleased but leaving", "complaining but buying", "displeased and leaving")


def segments(customers: Customers, of: Whole) -> Iterator[tuple[dict[str, str], Flags]]:
    """Everyone, each country, each persona: its name and which of `of` (positions of customers) belong to it."""
    yield {}, np.ones(len(of), dtype=bool)
    for number, country in enumerate(COUNTRIES):
        yield {"country": country.code}, customers.country[of] == number
    for number, persona in enumerate(PERSONAS):
        yield {"persona": persona.name}, customers.persona[of] == number


def say(facts: Facts, customers: Customers, orders: Orders, waves: Waves, deliveries: Deliveries) -> None:
    """What customers would say if all were asked and all answered."""
    values = net_promoter_values(waves)
    for segment, chosen in segments(customers, waves.base.customer):
        facts.share(
            "nps", "Net Promoter Score of all account holders over all waves, had everyone answered",
            waves.net[chosen], values[chosen], scale=100, unit="points", segment=segment,
        )  # fmt: skip
    for number, name in enumerate(waves.base.names):
        chosen = waves.base.wave == number
        facts.share(
            "nps",
            "the same in one wave",
            waves.net[chosen],
            values[chosen],
            scale=100,
            unit="points",
            segment={"wave": name},
        )
    facts.share(
        "nps_answered",
        "Net Promoter Score of those who did answer",
        waves.net[waves.answered],
        values[waves.answered],
        scale=100,
        unit="points",
    )
    whom = orders.customer[deliveries.order]
    for segment, chosen in segments(customers, whom):
        facts.share(
            "csat", "share of 4 and 5 of all deliveries, had everyone answered",
            deliveries.likely[chosen], deliveries.satisfied[chosen], segment=segment,
        )  # fmt: skip
    late = orders.late[deliveries.order]
    if late.any() and not late.all():
        effect = float(deliveries.satisfied[late].mean() - deliveries.satisfied[~late].mean())
        facts.figure(
            "late_effect_on_csat", "what lateness takes from the share of 4 and 5", unit="share",
            n=len(late), parameter=LATE_ON_CSAT, realised=effect,
        )  # fmt: skip


def answering(facts: Facts, customers: Customers, waves: Waves) -> None:
    """Who answers the relationship survey, and what else all of them would say in it."""
    for pleased, name in ((True, "pleased"), (False, "displeased")):
        asked = waves.asked & (customers.pleased[waves.base.customer] == pleased)
        facts.share(
            "response_rate",
            "share of those asked in a wave who answered",
            waves.willing[asked],
            waves.answered[asked],
            segment={"mood": name},
        )
    for column, reason in enumerate(REASONS):
        facts.share(
            "choice_share",
            "share who name this reason for buying, had everyone answered",
            None,
            waves.reasons[:, column],
            segment={"choice": reason},
        )
    for question, likely, answers in zip(
        ("easy_to_find", "fair_price"),
        agreement(customers, waves.base.customer),
        (waves.finds, waves.fair),
        strict=True,
    ):
        for segment, chosen in segments(customers, waves.base.customer):
            facts.share(
                "agreement",
                "share of 4 and 5, had everyone answered",
                likely[chosen],
                answers[chosen] >= 4,
                segment={"question": question, **segment},
            )


def kept_promises(facts: Facts, plan: Plan, customers: Customers, orders: Orders) -> None:
    """On-time rates of parcels handed over, whose promised day is over; before and since the change."""
    due = orders.parcel & (orders.handed_over_at < plan.end) & (orders.promised_on + np.timedelta64(1, "D") <= plan.end)
    since = plan.is_changed(np.where(orders.parcel, orders.handed_over_at, np.datetime64(0, "s")))
    for period, when in (("all", due), ("before", due & ~since), ("after", due & since)):
        for segment, chosen in segments(customers, orders.customer):
            facts.share(
                "on_time_rate", "share of parcels that came by the end of the promised day",
                orders.kept[when & chosen], ~orders.late[when & chosen], period=period, segment=segment,
            )  # fmt: skip
        here = orders.parcel & (customers.country[orders.customer] == CHANGED) & (orders.handed_over_at < plan.end)
        cost = orders.delivery_cost[here & ((since if period == "after" else ~since) if period != "all" else True)]
        if len(cost):
            facts.figure(
                "delivery_cost",
                "mean cost of a parcel",
                unit="EUR",
                n=len(cost),
                realised=float(cost.mean()),
                period=period,
                segment={"country": COUNTRIES[CHANGED].code},
            )


def doing(facts: Facts, plan: Plan, customers: Customers, orders: Orders, left_day: Whole) -> None:
    """The four groups, leaving, and the totals."""
    leaves = leaving_probability(customers.persona, customers.pleased)
    left = left_day < NEVER
    happy = np.array([p.pleased for p in PERSONAS])[customers.persona]
    for number, group in enumerate(GROUPS):
        pleased = happy if number < 2 else 1 - happy
        # The probability of the group follows from the persona alone; nothing of the customer's own fate is in it.
        as_if = leaving_probability(customers.persona, np.full(len(customers), number < 2))
        facts.share(
            "say_do_share",
            "share of customers drawn into this group",
            pleased * (as_if if number % 2 else 1 - as_if),
            customers.group == number,
            segment={"group": group},
        )
        outcome = (customers.pleased == (number < 2)) & (left == bool(number % 2))
        facts.share(
            "say_do_outcome",
            "share of customers in this group by what happened up to the last day",
            None,
            outcome,
            segment={"group": group},
        )
    facts.share("leaver_share", "share of customers on the way out, whatever happens", leaves, customers.leaver)
    present = np.minimum(left_day, plan.calendar.days) - np.clip(customers.joined_day, 0, None)
    months = present / 30.44
    exposed = customers.leaver
    if exposed.any():
        facts.figure(
            "leaving_per_month",
            "of customers on the way out: leavings per month at risk",
            unit="a month",
            n=int(exposed.sum()),
            parameter=30.44 / LEAVERS_MEAN_DAYS,
            realised=float(left[exposed].sum() / months[exposed].sum()),
        )
    facts.figure(
        "left",
        "customers who have left by the last day",
        unit="customers",
        n=len(customers),
        realised=float(left.sum()),
    )
    late = orders.parcel & orders.late & (orders.delivered_at < plan.end)
    facts.share(
        "late_drives_away", "share of late parcels that are a customer's last", LATE_LEAVES, orders.drives_away[late]
    )
    sold = ~orders.cancelled
    facts.figure("orders", "orders placed", unit="orders", n=len(orders), realised=float(len(orders)))
    facts.figure(
        "revenue",
        "amount of all orders not cancelled",
        unit="EUR",
        n=int(sold.sum()),
        realised=round(float(orders.amount[sold].sum()), 2),
    )
    counts = np.bincount(orders.customer[sold], minlength=len(customers))
    facts.share("repeat_rate", "share of buyers with two orders or more", None, counts[counts > 0] > 1)


def service(
    facts: Facts,
    plan: Plan,
    *,
    customers: Customers,
    contacts: Contacts,
    efforts: Efforts,
    referrers: Whole,
) -> None:
    """Contacts, referrals, closed accounts."""
    ended = contacts.closed_at < plan.end
    first = first_tries(contacts.customer, contacts.opened_at) & ended
    facts.share(
        "first_contact_resolution",
        "share of contacts, none within seven days before, that solved the matter",
        contacts.solvable[first],
        contacts.solved[first],
    )
    for code, team in TEAMS.items():
        own = first & (contacts.team == code)
        facts.share(
            "first_contact_resolution",
            "the same, by team",
            contacts.solvable[own],
            contacts.solved[own],
            segment={"team": team},
        )
    facts.share(
        "contacts_resolved",
        "share of all contacts, first and second, that solved the matter",
        contacts.solvable[ended],
        contacts.solved[ended],
    )
    facts.share("ces_easy", "share of 5 to 7 of all contacts, had everyone answered", efforts.likely, efforts.easy)
    facts.share(
        "referral_rate",
        "share of all customers who ever brought another",
        None,
        np.bincount(referrers, minlength=len(customers)) > 0,
    )
    facts.figure(
        "closes_account",
        "probability that a leaver closes the account",
        unit="share",
        n=len(customers),
        parameter=CLOSES_ACCOUNT,
    )


def returned(facts: Facts, plan: Plan, customers: Customers, orders: Orders, returns: Returns) -> None:
    """What is sent back."""
    sent = orders.parcel & (orders.delivered_at < plan.end)
    back = np.zeros(len(orders), dtype=bool)
    back[returns.order] = True
    facts.figure(
        "return_rate",
        "returns per order not cancelled",
        unit="ratio",
        n=int((~orders.cancelled).sum()),
        realised=len(returns.order) / max(int((~orders.cancelled).sum()), 1),
    )
    facts.share(
        "parcel_return_rate",
        "share of delivered parcels sent back (the last three weeks are not over)",
        return_probability(customers, orders)[sent],
        back[sent],
    )


def market_truths(facts: Facts, market: Market, *, own_reviews: int, rival_reviews: int) -> None:
    """Share of the market and awareness, by country over all whole quarters; who is spoken of in the open."""
    mentions = own_reviews + rival_reviews
    if mentions:
        facts.figure(
            "share_of_voice", f"reviews of {BRANDS[0]} among those of {BRANDS[0]} and {BRANDS[1]}", unit="share",
            n=mentions, realised=own_reviews / mentions,
        )  # fmt: skip
    for number, country in enumerate(COUNTRIES):
        here = market.country == number
        own = here & (market.brand == 0)
        if not own.any():
            continue
        total = float(market.sales[here].sum())
        facts.figure(
            "market_share",
            "own sales of all sales",
            unit="share",
            n=int(own.sum()),
            parameter=country.market_share,
            realised=float(market.sales[own].sum()) / total,
            segment={"country": country.code},
        )
        facts.share(
            "brand_awareness",
            "share of people asked who know the brand",
            country.awareness,
            market.aware[own] / 1000,
            segment={"country": country.code},
        )
    both = np.isin(market.brand, (0, 1))
    if both.any():
        own = market.brand == 0
        facts.figure(
            "share_of_search",
            f"searches for {BRANDS[0]} among those for {BRANDS[0]} and {BRANDS[1]}",
            unit="share",
            n=int(both.sum()),
            realised=float(market.searches[own].sum() / market.searches[both].sum()),
        )
