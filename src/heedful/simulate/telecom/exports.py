"""The telecom's raw files, each in the shape of the system that it comes from."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from heedful.simulate import files
from heedful.simulate.answers import effort, mood_of, recommend
from heedful.simulate.arrays import Texts, Times, Whole
from heedful.simulate.calendar import OFFICE_HOURS, SHOPPING_HOURS, later
from heedful.simulate.contacts import Tries
from heedful.simulate.draws import around, happens, pick
from heedful.simulate.plan import Facts, Plan
from heedful.simulate.telecom.drawing import Customers, mean_answers
from heedful.simulate.telecom.parameters import (
    COMPANY,
    EASY_IF_NOT,
    EASY_IF_SOLVED,
    LANGUAGES,
    PERSONAS,
    PLAN_PRICES,
    PLANS,
    REASONS,
    RIVAL,
    RIVAL_SHARE,
    SHARE,
    SHOPS,
)
from heedful.simulate.verbatims import Sentences
from heedful.simulate.waves import Waves


def customer_ids(numbers: Whole) -> pa.Array:
    """`T000001`, …"""
    return files.numbered("T", np.asarray(numbers) + 1)


def write_customers(plan: Plan, customers: Customers) -> int:
    """The customer base, one line each."""
    moments = plan.calendar.moments(plan.rng("joined"), customers.joined_day, SHOPPING_HOURS)
    return files.write_csv(
        plan.data / "customers.csv",
        {
            "customer": customer_ids(np.arange(len(customers))),
            "persona": files.texts(np.array([p.name for p in PERSONAS], dtype=object)[customers.persona]),
            "region": files.texts(customers.region),
            "plan": files.texts(np.array(PLANS, dtype=object)[customers.plan_of]),
            "contract": files.texts(np.where(customers.yearly, "yearly", "monthly").astype(object)),
            "since": files.local_text(moments),
            "won_through": files.texts(
                pick(plan.rng("won"), ("shop", "web", "agent", "referral"), (0.4, 0.35, 0.15, 0.1), len(customers))
            ),
        },
    )


def write_contracts(plan: Plan, customers: Customers, cancel_day: Whole, contacts: Tries) -> int:
    """The contract system's journal: signups, yearly renewals, cancellations with a reason."""
    rng = plan.rng("contracts")
    joined = np.flatnonzero(customers.joined_day >= 0)
    years = np.arange(1, (1500 + plan.calendar.days) // 365 + 1)
    whom = np.repeat(np.flatnonzero(customers.yearly), len(years))
    day = customers.joined_day[whom] + np.tile(years, len(whom) // max(len(years), 1)) * 365
    renews = (day >= 0) & (day < np.minimum(cancel_day[whom], plan.calendar.days))
    gone = np.flatnonzero(cancel_day < plan.calendar.days)
    wronged = np.zeros(len(customers), dtype=bool)
    wronged[contacts.customer[~contacts.solved]] = True
    reason = np.where(
        wronged[gone] & happens(rng, 0.6, len(gone)),
        "poor service",
        pick(rng, REASONS, (0.35, 0.2, 0.3, 0.15), len(gone)),
    )
    kind = np.repeat(np.array(["NEW", "REN", "CAN"], dtype=object), [len(joined), int(renews.sum()), len(gone)])
    customer = np.concatenate((joined, whom[renews], gone))
    days = np.concatenate((customers.joined_day[joined], day[renews], cancel_day[gone]))
    moment = plan.calendar.moments(rng, days, OFFICE_HOURS)
    why = np.concatenate((np.full(len(joined) + int(renews.sum()), None), reason))
    order = np.lexsort((customer, moment))
    return files.write_parquet(
        plan.data / "contracts.parquet",
        {
            "entry": files.numbered("J", np.arange(len(order)) + 1, width=7),
            "customer": customer_ids(customer[order]),
            "event": files.texts(kind[order]),
            "at": files.instants(moment[order], plan.zone),
            "reason": files.texts(why[order]),
        },
    )


def write_billing(plan: Plan, customers: Customers, starts: Whole, cancel_day: Whole) -> int:
    """What was paid each month: semicolons, day.month.year, decimal commas."""
    rng, n = plan.rng("billing"), len(customers)
    months = starts[starts < plan.calendar.days]
    whom = np.tile(np.arange(n), len(months))
    day = np.repeat(months, n) + customers.billing_day[whom]
    paid = np.flatnonzero((customers.joined_day[whom] < day) & (day < cancel_day[whom]) & (day < plan.calendar.days))
    price = np.array(PLAN_PRICES)[customers.plan_of[whom[paid]]]
    extra = np.where(happens(rng, 0.25, len(paid)), around(rng, 3.0, 0.7, len(paid)), 0.0)
    cents = np.round((price + extra) * 100).astype(np.int64)
    amount = [f"{c // 100},{c % 100:02}" for c in cents.tolist()]
    moment = np.datetime64(plan.calendar.since, "s") + day[paid].astype("timedelta64[D]")
    return files.write_csv(
        plan.data / "billing.csv",
        {
            "invoice": files.numbered("B", np.arange(len(paid)) + 1, width=8),
            "customer": customer_ids(whom[paid]),
            "paid on": files.local_text(moment, pattern="%d.%m.%Y"),
            "amount": files.texts(np.array(amount, dtype=object)),
        },
        separator=";",
    )


def write_contacts(plan: Plan, contacts: Tries, team: Texts, closed: Times) -> int:
    """The call centre's feed: nested objects, one a line, instants in UTC."""
    opened, ended = (files.iso_instants(m, plan.zone).to_pylist() for m in (contacts.opened_at, closed))
    whom = customer_ids(contacts.customer).to_pylist()
    return files.write_json_lines(
        plan.data / "contacts.jsonl",
        (
            {
                "id": f"Q{i + 1:06}",
                "customer": {"id": whom[i]},
                "contact": {"started": opened[i], "ended": ended[i], "team": team[i]},
                "outcome": {
                    "settled": "Y" if contacts.solved[i] else "N",
                    "follows": f"Q{contacts.follows[i] + 1:06}" if contacts.follows[i] >= 0 else None,
                },
            }
            for i in range(len(contacts))
        ),
    )


def write_visits(plan: Plan, customers: Customers, cancel_day: Whole) -> int:
    """Visits to the shops, from the queue machines."""
    rng = plan.rng("visits")
    begin = np.maximum(customers.joined_day + 1, 0)
    whom, when = plan.calendar.recurring(
        rng, begin=begin, end=cancel_day, per_day=np.full(len(customers), 0.06 / 30.44), hours=OFFICE_HOURS
    )
    waited = (around(rng, 7.0, 0.7, len(whom)) * 60).astype("timedelta64[s]")
    return files.write_parquet(
        plan.data / "visits.parquet",
        {
            "ticket": files.numbered("V", np.arange(len(whom)) + 1),
            "customer": customer_ids(whom),
            "shop": files.texts(np.array([SHOPS[r] for r in customers.region[whom]], dtype=object)),
            "taken_at": files.instants(when, plan.zone),
            "served_at": files.instants(when + waited, plan.zone),
        },
    )


def write_survey(plan: Plan, customers: Customers, contacts: Tries, waves: Waves) -> int:
    """The survey tool's export: the recommendation each quarter, and how easy each contact was; times in UTC."""
    rng = plan.rng("survey")
    answers = recommend(plan.rng("answers"), mean_answers(customers, contacts, waves))
    willing = np.array([p.answers for p in PERSONAS])[customers.persona[waves.customer]]
    # The displeased answer less: what comes back flatters the company.
    willing = willing * np.where(answers >= 9, 1.15, np.where(answers <= 6, 0.65, 1.0))
    _, answered = waves.answered(rng, asked=0.5, willing=willing)
    w = np.flatnonzero(answered)
    easy = happens(rng, np.where(contacts.solved, EASY_IF_SOLVED, EASY_IF_NOT), len(contacts))
    c = np.flatnonzero(happens(rng, np.where(easy, 0.16, 0.22), len(contacts)))
    effort_answers = effort(rng, easy[c])
    customer = np.concatenate((waves.customer[w], contacts.customer[c]))
    after = later(contacts.opened_at[c], rng.integers(0, 2, len(c)), rng, SHOPPING_HOURS)
    moment = np.concatenate((waves.moments(plan, rng, w), after))
    mood = np.concatenate((mood_of(answers[w], low=6, high=9), mood_of(effort_answers, low=3, high=5)))
    unsolved = np.concatenate((np.zeros(len(w), dtype=bool), ~contacts.solved[c]))
    words = Sentences.load("telecom", LANGUAGES).comments(
        rng, languages=customers.language[customer], mood=mood, late=unsolved, first_theme="service"
    )
    words = np.where(happens(rng, 0.4, len(words)), words, np.array(None, dtype=object))
    scores = [np.concatenate((answers[w], np.full(len(c), -1))), np.concatenate((np.full(len(w), -1), effort_answers))]
    wave = np.concatenate((waves.name_of(w), np.full(len(c), None)))
    known = np.flatnonzero(moment < plan.end)
    order = known[np.lexsort((customer[known], moment[known]))]
    return files.write_csv(
        plan.data / "survey.csv",
        {
            "response": files.numbered("A", np.arange(len(order)) + 1),
            "answered_at": files.local_text(moment[order], zone=(plan.zone, "UTC")),
            "customer": customer_ids(customer[order]),
            "wave": files.texts(wave[order]),
            "recommend": pa.array(scores[0][order], mask=scores[0][order] < 0),
            "easy": pa.array(scores[1][order], mask=scores[1][order] < 0),
            "language": files.texts(customers.language[customer[order]]),
            "words": files.texts(words[order]),
        },
        quoted=True,
    )


def write_market(plan: Plan, facts: Facts) -> int:
    """The regulator's table: subscribers of each brand, a line a quarter."""
    rng = plan.rng("market")
    first, last = np.datetime64(plan.calendar.since, "M"), np.datetime64(plan.calendar.until, "M")
    quarters = np.arange(first + (-first.astype(np.int64)) % 3, last - 1, 3)
    shares = (SHARE, RIVAL_SHARE, 1 - SHARE - RIVAL_SHARE)
    lines = np.repeat(np.arange(len(quarters)), len(shares))
    volume = np.round(around(rng, np.tile(shares, len(quarters)) * 1_800_000, 0.01, len(lines)))
    if len(lines):
        own = volume[:: len(shares)]
        facts.figure(
            "market_share", "own subscribers of all, over all whole quarters", unit="share", n=len(quarters),
            parameter=SHARE, realised=float(own.sum() / volume.sum()),
        )  # fmt: skip
    return files.write_csv(
        plan.data / "market.csv",
        {
            "quarter": files.texts(np.array([str(q) + "-01" for q in quarters], dtype=object)[lines]),
            "brand": files.texts(np.tile(np.array([COMPANY, RIVAL, "others"], dtype=object), len(quarters))),
            "subscribers": files.whole(volume),
        },
    )
