"""Ostvik, a city and its residents: requests with a due date, waiting at the counter, trust. No money changes hands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from heedful.simulate import files
from heedful.simulate.answers import mood_of, satisfaction
from heedful.simulate.arrays import Flags, Floats, Texts, Times, Whole
from heedful.simulate.calendar import EVEN_MONTHS, OFFICE_HOURS, OFFICE_WEEK, SHOPPING_HOURS, Calendar, later
from heedful.simulate.contacts import Tries, tries
from heedful.simulate.draws import around, happens, pick, pick_index
from heedful.simulate.plan import Built, Facts, Plan, first_tries
from heedful.simulate.truth import Change
from heedful.simulate.verbatims import Sentences
from heedful.simulate.waves import Waves, within_days

COMPANY = "City of Ostvik"
LANGUAGES = ("en", "lv", "ru")
DISTRICTS, DISTRICT_SHARES = ("Harbour", "Old Town", "Hillside", "Mills"), (0.22, 0.18, 0.34, 0.26)
AGES, AGE_SHARES = ("under 30", "30 to 59", "60 and over"), (0.24, 0.48, 0.28)
REQUESTS_A_MONTH = (0.05, 0.09, 0.12)
"""By age."""


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of request: the days promised for it, who sees to it, how often in time and at the first try."""

    name: str
    share: float
    team: str
    days: int
    on_time: float
    solved: float
    touchpoint: str


SERVICES = (
    Service("pothole", 0.2, "Roads", 10, 0.90, 0.84, "street"),
    Service("street light", 0.18, "Roads", 5, 0.90, 0.90, "street"),
    Service("waste", 0.24, "Cleaning", 3, 0.95, 0.82, "street"),
    Service("building permit", 0.12, "Permits", 30, 0.82, 0.70, "permit"),
    Service("noise", 0.1, "Order", 7, 0.88, 0.60, "street"),
    Service("certificate", 0.16, "Registry", 4, 0.97, 0.93, "counter"),
)
CHANGED_TEAM, ON_TIME_CHANGED = "Roads", 0.74
CHANGED_OFFICE, WAIT, WAIT_CHANGED = "Harbour", 22.0, 11.0
"""Minutes at the counter, median: appointments came to one office on the day of the change."""
TRUSTS = 0.68
LATE_ON_TRUST = -0.22
"""What a late answer in the 180 days before takes from the probability of trusting the city."""
SATISFIED, LATE_ON_CSAT = 0.82, -0.45


@dataclass(frozen=True)
class Residents:
    """One entry a resident. All of them live there from before the first day to after the last."""

    district: Texts
    age: Whole
    language: Texts
    trusting: Floats

    def __len__(self) -> int:
        return len(self.age)


@dataclass(frozen=True)
class Requests:
    """One entry a request, in the order of time."""

    made: Tries
    service: Whole
    due_on: Times
    ended_at: Times
    kept: Floats  # the probability of being in time
    late: Flags


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


def draw_residents(plan: Plan) -> Residents:
    """Trust differs by district, and from one resident to the next."""
    n, rng = plan.customers, plan.rng("residents")
    district = pick(rng, DISTRICTS, DISTRICT_SHARES, n)
    shift = np.select([district == "Harbour", district == "Hillside"], [-0.08, 0.06], 0.0)
    return Residents(
        district=district,
        age=pick_index(rng, AGE_SHARES, n),
        language=pick(rng, LANGUAGES, (0.2, 0.55, 0.25), n),
        trusting=np.clip(TRUSTS + shift + rng.uniform(-0.2, 0.2, n), 0.25, 0.98),
    )


def draw_requests(plan: Plan, residents: Residents) -> Requests:
    """Requests and their second tries; each promised for a number of days."""
    rng = plan.rng("requests")
    calendar = Calendar(plan.calendar.since, plan.calendar.until, EVEN_MONTHS, OFFICE_WEEK)
    n = len(residents)
    whom, when = calendar.recurring(
        rng, begin=np.zeros(n, dtype=np.int64), end=np.full(n, plan.calendar.days),
        per_day=np.array(REQUESTS_A_MONTH)[residents.age] / 30.44, hours=OFFICE_HOURS,
    )  # fmt: skip
    service = pick_index(rng, [s.share for s in SERVICES], len(whom))
    made = tries(rng, whom, when, np.array([s.solved for s in SERVICES])[service], before=plan.end)
    service = service[made.matter]
    kept = np.array([s.on_time for s in SERVICES])[service]
    roads = np.array([s.team == CHANGED_TEAM for s in SERVICES])[service]
    if plan.change:
        kept = np.where(plan.is_changed(made.opened_at) & roads, ON_TIME_CHANGED, kept)
    late = ~happens(rng, kept, len(made))
    days = np.array([s.days for s in SERVICES])[service]
    due = made.opened_at.astype("datetime64[D]") + days
    ended_on = due + np.where(late, 1 + rng.geometric(0.25, len(made)), -rng.integers(0, np.maximum(days - 1, 1)))
    ended = later(ended_on.astype("datetime64[s]"), np.zeros(len(made), dtype=np.int64), rng, OFFICE_HOURS)
    return Requests(made, service, due.astype("datetime64[s]"), np.maximum(ended, made.opened_at + 600), kept, late)


def draw_visits(plan: Plan, residents: Residents) -> tuple[Whole, Times, Times, Texts]:
    """Visits to the district's office: who, when they came, when they were served, where."""
    rng = plan.rng("visits")
    calendar = Calendar(plan.calendar.since, plan.calendar.until, EVEN_MONTHS, OFFICE_WEEK)
    n = len(residents)
    whom, arrived = calendar.recurring(
        rng, begin=np.zeros(n, dtype=np.int64), end=np.full(n, plan.calendar.days),
        per_day=np.full(n, 0.07 / 30.44), hours=OFFICE_HOURS,
    )  # fmt: skip
    office = residents.district[whom]
    changed = plan.is_changed(arrived) & (office == CHANGED_OFFICE) & plan.change
    minutes = around(rng, np.where(changed, WAIT_CHANGED, WAIT), 0.5, len(whom))
    return whom, arrived, arrived + (minutes * 60).astype("timedelta64[s]"), office


def trust_probability(residents: Residents, requests: Requests, waves: Waves) -> Floats:
    """The probability that each entry of the waves trusts the city."""
    late = within_days(requests.made.customer, requests.ended_at, waves, days=180, happened=requests.late)
    return np.clip(residents.trusting[waves.customer] + np.where(late, LATE_ON_TRUST, 0.0), 0.02, 0.98)


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
    due = (requests.due_on + np.timedelta64(1, "D") <= plan.end) | (requests.ended_at < plan.end)
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


def segments(residents: Residents, of: Whole) -> Iterator[tuple[Mapping[str, str], Flags]]:
    """Everyone, each district, each age: its name and which of `of` (positions of residents) belong to it."""
    yield {}, np.ones(len(of), dtype=bool)
    for district in DISTRICTS:
        yield {"district": district}, residents.district[of] == district
    for number, age in enumerate(AGES):
        yield {"age": age}, residents.age[of] == number


def resident_ids(numbers: Whole) -> pa.Array:
    """`E000001`, …"""
    return files.numbered("E", np.asarray(numbers) + 1)


def write_residents(plan: Plan, residents: Residents) -> int:
    """The register, without names."""
    return files.write_csv(
        plan.data / "residents.csv",
        {
            "resident": resident_ids(np.arange(len(residents))),
            "district": files.texts(residents.district),
            "age": files.texts(np.array(AGES, dtype=object)[residents.age]),
        },
    )


def write_requests(plan: Plan, requests: Requests) -> int:
    """The request system's export, in local time; a request that is still open has no end and no outcome."""
    made = requests.made
    done = requests.ended_at < plan.end
    outcome = np.where(done, np.where(made.solved, "solved", "not solved"), "open")
    return files.write_csv(
        plan.data / "requests.csv",
        {
            "number": files.numbered("S", np.arange(len(made)) + 1),
            "again": files.numbered("S", np.where(made.follows >= 0, made.follows + 1, -1)),
            "resident": resident_ids(made.customer),
            "about": files.texts(np.array([s.name for s in SERVICES], dtype=object)[requests.service]),
            "team": files.texts(np.array([s.team for s in SERVICES], dtype=object)[requests.service]),
            "touchpoint": files.texts(np.array([s.touchpoint for s in SERVICES], dtype=object)[requests.service]),
            "received": files.local_text(made.opened_at, pattern="%d/%m/%Y %H:%M"),
            "promised": files.local_text(requests.due_on, pattern="%d/%m/%Y"),
            "closed": files.local_text(
                np.where(done, requests.ended_at, np.datetime64("NaT", "s")), pattern="%d/%m/%Y %H:%M"
            ),
            "outcome": files.texts(outcome.astype(object)),
        },
        separator=";",
    )


def write_visits(plan: Plan, whom: Whole, arrived: Times, served: Times, office: Texts) -> int:
    """The queue machines' data."""
    return files.write_parquet(
        plan.data / "visits.parquet",
        {
            "ticket": files.numbered("W", np.arange(len(whom)) + 1),
            "resident": resident_ids(whom),
            "office": files.texts(office),
            "ticket_at": files.instants(arrived, plan.zone),
            "called_at": files.instants(served, plan.zone),
        },
    )


def write_trust(plan: Plan, residents: Residents, waves: Waves, trusts: Flags) -> int:
    """The quarterly survey of residents. The old answer more readily than the young, who trust as much."""
    rng = plan.rng("trust survey")
    willing = np.array([0.12, 0.2, 0.38])[residents.age[waves.customer]] * np.where(trusts, 1.1, 0.85)
    _, answered = waves.answered(rng, asked=0.5, willing=willing)
    at = np.flatnonzero(answered)
    score = satisfaction(rng, trusts[at])
    late = np.zeros(len(at), dtype=bool)
    words = Sentences.load("city", LANGUAGES).comments(
        rng, languages=residents.language[waves.customer[at]], mood=mood_of(score, low=2, high=4), late=late,
        first_theme="waiting",
    )  # fmt: skip
    words = np.where(happens(rng, 0.35, len(at)), words, np.array(None, dtype=object))
    moments = waves.moments(plan, rng, at)
    order = np.lexsort((waves.customer[at], moments))
    return files.write_csv(
        plan.data / "trust_survey.csv",
        {
            "Response": files.numbered("A", np.arange(len(at)) + 1),
            "Date": files.local_text(moments[order]),
            "Resident": resident_ids(waves.customer[at][order]),
            "Wave": files.texts(waves.name_of(at)[order]),
            "I trust the city to do what it says (1-5)": pa.array(score[order]),
            "Language": files.texts(residents.language[waves.customer[at]][order]),
            "Remarks": files.texts(words[order]),
        },
        separator=";",
        quoted=True,
    )


def write_ratings(plan: Plan, residents: Residents, requests: Requests, satisfied: Flags) -> int:
    """What residents answered when a request was closed: nested, one object a line."""
    rng = plan.rng("ratings")
    made, over = requests.made, requests.ended_at < plan.end - np.timedelta64(3, "D")
    at = np.flatnonzero(over & happens(rng, np.where(satisfied, 0.2, 0.3), len(made)))
    score = satisfaction(rng, satisfied[at])
    language = residents.language[made.customer[at]]
    words = Sentences.load("city", LANGUAGES).comments(
        rng, languages=language, mood=mood_of(score, low=2, high=4), late=requests.late[at], first_theme="waiting"
    )
    has_words = happens(rng, 0.5, len(at))
    when = files.iso_instants(later(requests.ended_at[at], rng.integers(0, 3, len(at)), rng, SHOPPING_HOURS), plan.zone)
    whom, stamps = resident_ids(made.customer[at]).to_pylist(), when.to_pylist()
    return files.write_json_lines(
        plan.data / "ratings.jsonl",
        (
            {
                "rating_id": f"G{i + 1:06}",
                "request": {"number": f"S{at[i] + 1:06}", "touchpoint": SERVICES[requests.service[at[i]]].touchpoint},
                "resident": whom[i],
                "given_at": stamps[i],
                "stars": int(score[i]),
                "remark": {"text": words[i], "language": language[i]} if has_words[i] else None,
            }
            for i in range(len(at))
        ),
    )
