"""The city's raw files, each in the shape of the system that it comes from."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from heedful.simulate import files
from heedful.simulate.answers import mood_of, satisfaction
from heedful.simulate.arrays import Flags, Texts, Times, Whole
from heedful.simulate.calendar import SHOPPING_HOURS, later
from heedful.simulate.city.drawing import Requests, Residents
from heedful.simulate.city.parameters import AGES, LANGUAGES, SERVICES
from heedful.simulate.draws import happens
from heedful.simulate.plan import Plan
from heedful.simulate.verbatims import Sentences
from heedful.simulate.waves import Waves


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
