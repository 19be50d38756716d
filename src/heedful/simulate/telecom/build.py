"""Sakari, a telecom with contracts: payments each month, faults that are put right or not, and people who leave."""

from __future__ import annotations

import numpy as np

from heedful.simulate.answers import net_promoters, net_promotion, recommend
from heedful.simulate.arrays import Texts, Whole
from heedful.simulate.contacts import Tries
from heedful.simulate.draws import around
from heedful.simulate.plan import Built, Facts, Plan, first_tries
from heedful.simulate.telecom.drawing import (
    Customers,
    Months,
    day_of,
    draw_contacts,
    draw_customers,
    draw_leaving,
    keep,
    mean_answers,
    month_starts,
    segments,
)
from heedful.simulate.telecom.exports import (
    write_billing,
    write_contacts,
    write_contracts,
    write_customers,
    write_market,
    write_survey,
    write_visits,
)
from heedful.simulate.telecom.parameters import (
    CHANGED_TEAM,
    COMPANY,
    NEVER,
    RIVAL,
    SOLVES,
    SOLVES_CHANGED,
    TEAMS,
    UNRESOLVED_ON_RECOMMENDATION,
    UNRESOLVED_TIMES_LEAVING,
)
from heedful.simulate.truth import Change
from heedful.simulate.waves import Waves


def build(plan: Plan) -> Built:
    """Draw the telecom and write its files into `plan.data`."""
    customers = draw_customers(plan)
    starts = month_starts(plan)
    asked, team = draw_contacts(plan, customers)
    cancel_day, months = draw_leaving(plan, customers, starts, asked)
    here = np.flatnonzero(day_of(plan, asked.opened_at) < cancel_day[asked.customer])
    contacts, team = keep(asked, here), team[asked.matter[here]]
    closed = contacts.opened_at + (around(plan.rng("lengths"), 9.0, 0.8, len(contacts)) * 60).astype("timedelta64[s]")
    waves = Waves.of(plan, customers.joined_day, cancel_day)
    facts = Facts()
    say(facts, plan, customers, contacts, waves)
    do(facts, plan, customers=customers, contacts=contacts, team=team, months=months, cancel_day=cancel_day)
    rows = {
        "customers.csv": write_customers(plan, customers),
        "contracts.parquet": write_contracts(plan, customers, cancel_day, contacts),
        "billing.csv": write_billing(plan, customers, starts, cancel_day),
        "contacts.jsonl": write_contacts(plan, contacts, team, closed),
        "visits.parquet": write_visits(plan, customers, cancel_day),
        "survey.csv": write_survey(plan, customers, contacts, waves),
        "market.csv": write_market(plan, facts),
    }
    meaning = "contacts with the technical team settle the matter less often"
    where = {"team": CHANGED_TEAM}
    change = Change("first_contact_resolution", meaning, where, plan.changes_on, SOLVES[CHANGED_TEAM], SOLVES_CHANGED)
    return Built(COMPANY, facts, (change,) if plan.change else (), rows, {}, {"rival": RIVAL})


def say(facts: Facts, plan: Plan, customers: Customers, contacts: Tries, waves: Waves) -> None:
    """What customers would say if all were asked and all answered."""
    mean = mean_answers(customers, contacts, waves)
    answers, net = recommend(plan.rng("answers"), mean), net_promotion(mean)
    values = net_promoters(answers)
    for segment, chosen in segments(customers, waves.customer):
        facts.share(
            "nps", "Net Promoter Score of all customers over all waves, had everyone answered",
            net[chosen], values[chosen], scale=100, unit="points", segment=segment,
        )  # fmt: skip
    facts.figure(
        "unresolved_effect_on_answer", "what an unsettled matter in the 60 days before takes from the answer, 0 to 10",
        unit="points of 10", n=len(waves), parameter=UNRESOLVED_ON_RECOMMENDATION,
    )  # fmt: skip


def do(
    facts: Facts,
    plan: Plan,
    *, customers: Customers, contacts: Tries, team: Texts, months: Months, cancel_day: Whole
) -> None:  # fmt: skip
    """Leaving, and what was settled at the first try."""
    for segment, chosen in segments(customers, months.customer):
        meaning = "of the customers at the start of a month, the share who cancel in it"
        facts.share("churn_per_month", meaning, months.leaving[chosen], months.leaves[chosen], segment=segment)
    facts.figure(
        "unresolved_effect_on_churn", "factor on the probability of cancelling in the month after", unit="times",
        n=len(months.customer), parameter=UNRESOLVED_TIMES_LEAVING,
    )  # fmt: skip
    facts.share("cancelled", "share of all customers who cancelled by the last day", None, cancel_day < NEVER)
    first = first_tries(contacts.customer, contacts.opened_at)
    since = plan.is_changed(contacts.opened_at)
    for period, when in (("all", first), ("before", first & ~since), ("after", first & since)):
        for name in (None, *TEAMS):
            chosen = when if name is None else when & (team == name)
            facts.share(
                "first_contact_resolution", "share of contacts, none within seven days before, that settled the matter",
                contacts.solvable[chosen], contacts.solved[chosen], period=period,
                segment={} if name is None else {"team": name},
            )  # fmt: skip
