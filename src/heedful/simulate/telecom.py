"""Sakari, a telecom with contracts: payments each month, faults that are put right or not, and people who leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from heedful.simulate import files
from heedful.simulate.answers import effort, mood_of, net_promoters, net_promotion, recommend
from heedful.simulate.arrays import Flags, Floats, Texts, Times, Whole
from heedful.simulate.calendar import EVEN_MONTHS, OFFICE_HOURS, OFFICE_WEEK, SHOPPING_HOURS, Calendar, later
from heedful.simulate.contacts import Tries, tries
from heedful.simulate.draws import around, happens, pick, pick_index
from heedful.simulate.plan import Built, Facts, Plan, first_tries
from heedful.simulate.truth import Change
from heedful.simulate.verbatims import Sentences
from heedful.simulate.waves import Waves, within_days

COMPANY, RIVAL = "Sakari", "Vilnis"
LANGUAGES = ("lv", "ru", "en")
NEVER = 10**6


@dataclass(frozen=True, slots=True)
class Persona:
    """One kind of customer. `leaves` is the probability of cancelling in a month, when nothing has gone wrong."""

    name: str
    share: float
    leaves: float
    asks: float  # contacts a month
    mean_answer: float
    answers: float  # probability of answering a survey


PERSONAS = (
    Persona("families", 0.4, 0.008, 0.11, 8.3, 0.3),
    Persona("students", 0.2, 0.022, 0.07, 7.6, 0.2),
    Persona("seniors", 0.25, 0.004, 0.16, 8.7, 0.42),
    Persona("small firms", 0.15, 0.012, 0.2, 7.9, 0.24),
)
REGIONS, REGION_SHARES = ("Riga", "Vidzeme", "Kurzeme", "Zemgale", "Latgale"), (0.46, 0.15, 0.14, 0.12, 0.13)
PLANS, PLAN_SHARES, PLAN_PRICES = ("mobile", "internet", "bundle"), (0.45, 0.25, 0.3), (14.9, 21.9, 32.9)
TEAMS, TEAM_SHARES = ("Technical", "Billing", "Sales"), (0.5, 0.32, 0.18)
SOLVES = {"Technical": 0.80, "Billing": 0.86, "Sales": 0.90}
CHANGED_TEAM, SOLVES_CHANGED = "Technical", 0.66
UNRESOLVED_TIMES_LEAVING = 4.0
"""An unsettled matter multiplies the probability of cancelling in the month after it."""
UNRESOLVED_ON_RECOMMENDATION = -1.6
EASY_IF_SOLVED, EASY_IF_NOT = 0.84, 0.22
SHARE, RIVAL_SHARE = 0.27, 0.34
REASONS = ("price", "moved away", "competitor's offer", "no longer needed")
SHOPS = {
    "Riga": "riga-centre",
    "Vidzeme": "valmiera",
    "Kurzeme": "liepaja",
    "Zemgale": "jelgava",
    "Latgale": "daugavpils",
}


@dataclass(frozen=True)
class Customers:
    """One entry a customer. Days count from the first of the simulation; who never cancels has NEVER."""

    persona: Whole
    region: Texts
    plan_of: Whole
    yearly: Flags
    language: Texts
    joined_day: Whole
    billing_day: Whole
    mean_answer: Floats

    def __len__(self) -> int:
        return len(self.persona)


@dataclass(frozen=True)
class Months:
    """Every customer in every month that began with them; one entry each."""

    customer: Whole
    month: Whole
    leaving: Floats  # the probability of cancelling in it
    leaves: Flags


def build(plan: Plan) -> Built:
    """Draw the telecom and write its files into `plan.data`."""
    customers = draw_customers(plan)
    starts = month_starts(plan)
    asked, team = draw_contacts(plan, customers)
    cancel_day, months = draw_leaving(plan, customers, starts, asked)
    here = np.flatnonzero(_day(plan, asked.opened_at) < cancel_day[asked.customer])
    contacts, team = _keep(asked, here), team[asked.matter[here]]
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


def draw_customers(plan: Plan) -> Customers:
    """Six in ten were there before the first day."""
    n, rng = plan.customers, plan.rng("customers")
    early = happens(rng, 0.6, n)
    joined = np.sort(np.where(early, rng.integers(-1500, 0, n), rng.integers(0, plan.calendar.days, n)))
    persona = pick_index(rng, [p.share for p in PERSONAS], n)
    return Customers(
        persona=persona,
        region=pick(rng, REGIONS, REGION_SHARES, n),
        plan_of=pick_index(rng, PLAN_SHARES, n),
        yearly=happens(rng, 0.6, n),
        language=pick(rng, LANGUAGES, (0.6, 0.33, 0.07), n),
        joined_day=joined,
        billing_day=rng.integers(1, 28, n),
        mean_answer=np.array([p.mean_answer for p in PERSONAS])[persona] + rng.normal(0, 0.9, n),
    )


def month_starts(plan: Plan) -> Whole:
    """The number of the first day of each month of the span, and that of the day after the last whole one."""
    first = np.datetime64(plan.calendar.since, "D")
    months = np.arange(first.astype("datetime64[M]"), np.datetime64(plan.calendar.until, "M") + 2)
    into = first - first.astype("datetime64[M]").astype("datetime64[D]")
    days = (months.astype("datetime64[D]") + into - first).astype(np.int64)
    return days[days <= plan.calendar.days]


def draw_contacts(plan: Plan, customers: Customers) -> tuple[Tries, Texts]:
    """Contacts as if nobody ever left; the team of each matter."""
    rng = plan.rng("contacts")
    calendar = Calendar(plan.calendar.since, plan.calendar.until, EVEN_MONTHS, OFFICE_WEEK)
    per_day = np.array([p.asks for p in PERSONAS])[customers.persona] / 30.44
    begin = np.maximum(customers.joined_day + 1, 0)
    whom, when = calendar.recurring(
        rng, begin=begin, end=np.full(len(customers), plan.calendar.days), per_day=per_day, hours=OFFICE_HOURS
    )
    team = pick(rng, TEAMS, TEAM_SHARES, len(whom))
    solves = np.array([SOLVES[t] for t in team], dtype=np.float64)
    if plan.change:
        solves = np.where(plan.is_changed(when) & (team == CHANGED_TEAM), SOLVES_CHANGED, solves)
    return tries(rng, whom, when, solves, before=plan.end), team


def draw_leaving(plan: Plan, customers: Customers, starts: Whole, contacts: Tries) -> tuple[Whole, Months]:
    """Month by month: who cancels, more often after a month with an unsettled matter."""
    rng, n = plan.rng("leaving"), len(customers)
    base = np.array([p.leaves for p in PERSONAS])[customers.persona]
    day, cancel = _day(plan, contacts.opened_at), np.full(n, NEVER)
    entries: list[tuple[Whole, Whole, Floats, Flags]] = []
    before = -31
    for month, (begin, end) in enumerate(pairwise(starts.tolist())):
        at_risk = np.flatnonzero((customers.joined_day < begin) & (cancel == NEVER))
        wronged = np.zeros(n, dtype=bool)
        wronged[contacts.customer[~contacts.solved & (day >= before) & (day < begin)]] = True
        leaving = (base * np.where(wronged, UNRESOLVED_TIMES_LEAVING, 1.0))[at_risk]
        leaves = happens(rng, leaving, len(at_risk))
        gone = at_risk[leaves]
        cancel[gone] = rng.integers(begin, end, len(gone))
        entries.append((at_risk, np.full(len(at_risk), month), leaving, leaves))
        before = begin
    whom, months, leaving, leaves = (
        np.concatenate(part) if entries else np.zeros(0, dtype=np.int64) for part in zip(*entries, strict=True)
    )
    return cancel, Months(whom, months, leaving, leaves)


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


def segments(customers: Customers, of: Whole) -> Iterator[tuple[Mapping[str, str], Flags]]:
    """Everyone, each persona, each region: its name and which of `of` (positions of customers) belong to it."""
    yield {}, np.ones(len(of), dtype=bool)
    for number, persona in enumerate(PERSONAS):
        yield {"persona": persona.name}, customers.persona[of] == number
    for region in REGIONS:
        yield {"region": region}, customers.region[of] == region


def mean_answers(customers: Customers, contacts: Tries, waves: Waves) -> Floats:
    """What each entry of the waves would answer on average."""
    wronged = within_days(
        contacts.customer, contacts.opened_at, waves, days=60, happened=~contacts.solved & (contacts.follows < 0)
    )
    return customers.mean_answer[waves.customer] + np.where(wronged, UNRESOLVED_ON_RECOMMENDATION, 0.0)


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
    c = np.flatnonzero(happens(rng, 0.16 + 0.06 * ~easy, len(contacts)))
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


def _day(plan: Plan, moments: Times) -> Whole:
    days: Whole = ((moments - np.datetime64(plan.calendar.since, "s")) // np.timedelta64(1, "D")).astype(np.int64)
    return days


def _keep(contacts: Tries, here: Whole) -> Tries:
    place = np.full(len(contacts), -1)
    place[here] = np.arange(len(here))
    follows = contacts.follows[here]
    return Tries(
        contacts.customer[here], contacts.matter[here], contacts.opened_at[here], contacts.solvable[here],
        contacts.solved[here], np.where(follows >= 0, place[follows], -1),
    )  # fmt: skip
