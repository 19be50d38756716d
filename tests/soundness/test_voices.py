"""Calls and discussions: what staff say is nobody's feedback, and who talks much is not many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from heedful.measures.own import OwnMeasure
from heedful.measures.question import Question
from heedful.measures.registry import Catalogue
from heedful.measures.results import Row
from heedful.measures.runner import Runner
from heedful.scorecard.definition import Objective
from heedful.scorecard.verbatims import verbatims_of
from tests.company import Rows, arrow_tables, blank, setting
from tests.engines import Engines

MAY = datetime(2024, 5, 1, 12, tzinfo=UTC)
LATE = {"stream": "feedback", "share": "text like '%late%'"}

Ask = Callable[..., Row]


def turn(number: int, speaker: str | None, text: str, *, thread: str = "g1", customer: str | None = None) -> Rows:
    row = blank(
        "feedback", source="s", feedback_id=f"{thread}/{number:03d}", occurred_at=MAY, channel="focus_group",
        brand="Nordlys", speaker=speaker, text=text, thread_id=thread, customer_id=customer,
    )  # fmt: skip
    return [row]


def group() -> Rows:
    """Ten times the same thing from one participant, once from each of two, and a moderator who asks for it."""
    rows = [r for n in range(5) for r in turn(n, "moderator", "Was it late for anybody?")]
    rows += [r for n in range(10, 20) for r in turn(n, "P1", "It was late.")]
    return rows + turn(20, "P2", "It was on time.") + turn(21, "P3", "No complaints.")


def _runner(engines: Engines, engine_name: str, rows: Rows, **more: object) -> Runner:
    own = {"late": OwnMeasure.model_validate({**LATE, **more}).measure("late", "EUR")}
    return Runner(engines.load(engine_name, arrow_tables({"feedback": rows})), setting(), Catalogue(own))


@pytest.fixture
def late(engines: Engines, engine_name: str) -> Ask:
    """The share of turns that speak of being late, on each engine in turn."""
    return lambda rows, **more: _runner(engines, engine_name, rows, **more).answer(Question("late")).rows[0]


def test_moderators_and_agents_are_not_among_those_who_said_it(late: Ask) -> None:
    assert late(group()).n == 12
    assert late(turn(1, "agent", "You are late.") + turn(2, "customer", "I am not.")).value == 0


def test_participants_of_one_discussion_are_each_one_in_the_base(late: Ask) -> None:
    found = late(group())
    assert (found.n, found.customers) == (12, 3)


def test_somebody_who_talks_much_makes_no_figure_more_certain(late: Ask) -> None:
    once = turn(10, "P1", "It was late.") + turn(20, "P2", "It was on time.") + turn(21, "P3", "No complaints.")
    many, few = late(group()), late(once)
    assert many.high is not None
    assert few.high is not None
    assert many.high - many.low >= 0.8 * (few.high - few.low)  # type: ignore[operator]


def test_turns_of_one_call_are_one_customer_whether_known_or_not(late: Ask) -> None:
    unknown = [r for n in range(8) for r in turn(n, "customer", "late", thread="c1")]
    known = [r for n in range(8) for r in turn(n, "customer", "late", thread=f"c{n % 2 + 2}", customer="C-17")]
    found = late(unknown + known)
    assert (found.n, found.customers) == (16, 2)


def test_the_same_name_in_two_discussions_is_two_people(late: Ask) -> None:
    assert late(turn(1, "P1", "late") + turn(1, "P1", "late", thread="g2")).customers == 2


def test_a_thread_without_speakers_is_one_response_as_before(late: Ask) -> None:
    assert late(turn(1, None, "late") + turn(2, None, "on time")).customers == 1


def test_a_measure_that_asks_for_everyone_gets_staff_too(late: Ask) -> None:
    found = late(group(), speakers="everyone")
    assert (found.n, found.customers) == (17, 4)


def test_no_agent_is_quoted_as_a_customer(engines: Engines) -> None:
    rows = turn(1, "agent", "I am so sorry that it came late to you.") + turn(
        2, "customer", "It came three days late and nobody called."
    )
    given = _runner(engines, "duckdb", rows)
    objective = Objective.model_validate({"voice": "It comes on time.", "say": {"measure": "late", "target": 0.1}})
    quotes = verbatims_of(objective, 3, given, date(2024, 6, 1))
    assert [quote.text for quote in quotes] == ["It came three days late and nobody called."]
