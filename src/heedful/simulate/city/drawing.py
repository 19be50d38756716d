"""Who the residents are, what they ask for, how long they wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from heedful.simulate.arrays import Flags, Floats, Texts, Times, Whole
from heedful.simulate.calendar import EVEN_MONTHS, OFFICE_HOURS, OFFICE_WEEK, Calendar, later
from heedful.simulate.city.parameters import (
    AGE_SHARES,
    AGES,
    CHANGED_OFFICE,
    CHANGED_TEAM,
    DISTRICT_SHARES,
    DISTRICTS,
    LANGUAGES,
    LATE_ON_TRUST,
    ON_TIME_CHANGED,
    REQUESTS_A_MONTH,
    SERVICES,
    TRUSTS,
    WAIT,
    WAIT_CHANGED,
)
from heedful.simulate.contacts import Tries, tries
from heedful.simulate.draws import around, happens, pick, pick_index
from heedful.simulate.plan import Plan
from heedful.simulate.waves import Waves, within_days


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


def segments(residents: Residents, of: Whole) -> Iterator[tuple[Mapping[str, str], Flags]]:
    """Everyone, each district, each age: its name and which of `of` (positions of residents) belong to it."""
    yield {}, np.ones(len(of), dtype=bool)
    for district in DISTRICTS:
        yield {"district": district}, residents.district[of] == district
    for number, age in enumerate(AGES):
        yield {"age": age}, residents.age[of] == number
