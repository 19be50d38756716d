"""Ostvik, a city and its residents: requests with a due date, waiting at the counter, trust. No money changes hands."""

from __future__ import annotations

import numpy as np

from heedful.simulate.arrays import Flags, Texts, Times
from heedful.simulate.city.drawing import (
    Requests,
    Residents,
    draw_requests,
    draw_residents,
    draw_visits,
    segments,
    trust_probability,
)
from heedful.simulate.city.exports import write_ratings, write_requests, write_residents, write_trust, write_visits
from heedful.simulate.city.parameters import (
    CHANGED_OFFICE,
    CHANGED_TEAM,
    COMPANY,
    DISTRICTS,
    LATE_ON_CSAT,
    LATE_ON_TRUST,
    ON_TIME_CHANGED,
    SATISFIED,
    SERVICES,
    WAIT,
    WAIT_CHANGED,
)
from heedful.simulate.draws import happens
from heedful.simulate.plan import Built, Facts, Plan, first_tries
from heedful.simulate.truth import Change
from heedful.simulate.waves import Waves


def build(plan: Plan) -> Built:
    """Draw the city and write its files into `plan.data`."""
    residents = draw_residents(plan)
    requests = draw_requests(plan, residents)
    whom, arrived, served, office = draw_visits(plan, residents)
    waves = Waves.of(plan, np.full(len(residents), -1000), np.full(len(residents), plan.calendar.days + 1))
    trusting = trust_probability(residents, requests, waves)
    trusts = happens(plan.rng("trust"), trusting, len(waves))
    facts = Facts()
    satisfied = draw_satisfaction(plan, requests, facts)
    truths(facts, plan, residents, requests)
    waiting(facts, plan, arrived, served, office)
    for segment, chosen in segments(residents, waves.customer):
        meaning = "share who trust the city (4 and 5 of 5) over all waves, had everyone answered"
        facts.share("trust", meaning, trusting[chosen], trusts[chosen], segment=segment)
    facts.figure(
        "late_effect_on_trust", "what a late answer in the 180 days before takes from the share who trust",
        unit="share", n=len(waves), parameter=LATE_ON_TRUST,
    )  # fmt: skip
    year = requests.made.opened_at >= plan.end - np.timedelta64(365, "D")
    reached = np.zeros(len(residents), dtype=bool)
    reached[requests.made.customer[year]] = True
    reached[whom[arrived >= plan.end - np.timedelta64(365, "D")]] = True
    facts.share("reach", "share of residents who asked for or visited anything in the last 365 days", None, reached)
    rows = {
        "residents.csv": write_residents(plan, residents),
        "requests.csv": write_requests(plan, requests),
        "visits.parquet": write_visits(plan, whom, arrived, served, office),
        "trust_survey.csv": write_trust(plan, residents, waves, trusts),
        "ratings.jsonl": write_ratings(plan, residents, requests, satisfied),
    }
    return Built(COMPANY, facts, changes(plan), rows, {}, {})


def changes(plan: Plan) -> tuple[Change, ...]:
    """One for the worse, one for the better."""
    if not plan.change:
        return ()
    on_time = next(s.on_time for s in SERVICES if s.team == CHANGED_TEAM)
    worse, better = "requests to this team are answered late more often", "median wait: appointments were introduced"
    return (
        Change("on_time_rate", worse, {"team": CHANGED_TEAM}, plan.changes_on, on_time, ON_TIME_CHANGED),
        Change("waiting_minutes", better, {"unit": CHANGED_OFFICE}, plan.changes_on, WAIT, WAIT_CHANGED),
    )


def draw_satisfaction(plan: Plan, requests: Requests, facts: Facts) -> Flags:
    """Who was satisfied with how a request was dealt with."""
    likely = np.where(requests.late, SATISFIED + LATE_ON_CSAT, SATISFIED)
    satisfied = happens(plan.rng("satisfied"), likely, len(likely))
    over = requests.ended_at < plan.end
    facts.share("csat", "share of 4 and 5 of all requests dealt with", likely[over], satisfied[over])
    late = requests.late & over
    if late.any():
        effect = float(satisfied[late].mean() - satisfied[~requests.late & over].mean())
        facts.figure(
            "late_effect_on_csat", "what lateness takes from the share of 4 and 5", unit="share",
            n=int(over.sum()), parameter=LATE_ON_CSAT, realised=effect,
        )  # fmt: skip
    return satisfied


def truths(facts: Facts, plan: Plan, residents: Residents, requests: Requests) -> None:
    """Promises kept and matters settled, by team, before and since the change."""
    made = requests.made
    team = np.array([s.team for s in SERVICES], dtype=object)[requests.service]
    due = requests.due_on + np.timedelta64(1, "D") <= plan.end
    since = plan.is_changed(made.opened_at)
    for period, when in (("all", due), ("before", due & ~since), ("after", due & since)):
        for name in (None, *sorted({s.team for s in SERVICES})):
            chosen = when if name is None else when & (team == name)
            facts.share(
                "on_time_rate", "share of requests dealt with by the end of the day promised", requests.kept[chosen],
                ~requests.late[chosen], period=period, segment={} if name is None else {"team": name},
            )  # fmt: skip
    first = first_tries(made.customer, made.opened_at) & (requests.ended_at < plan.end)
    for segment, chosen in segments(residents, made.customer):
        meaning = "share of requests, none within seven days before, that settled the matter"
        here = first & chosen
        facts.share("first_contact_resolution", meaning, made.solvable[here], made.solved[here], segment=segment)


def waiting(facts: Facts, plan: Plan, arrived: Times, served: Times, office: Texts) -> None:
    """Minutes at the counter, by office, before and since the change."""
    minutes = (served - arrived).astype(np.float64) / 60
    since = plan.is_changed(arrived)
    for period, when in (("all", since | ~since), ("before", ~since), ("after", since)):
        for name in (None, *DISTRICTS):
            chosen = when if name is None else when & (office == name)
            if chosen.any():
                facts.figure(
                    "waiting_minutes", "mean minutes at the counter", unit="minutes", n=int(chosen.sum()),
                    realised=float(minutes[chosen].mean()), period=period,
                    segment={} if name is None else {"unit": name},
                )  # fmt: skip
