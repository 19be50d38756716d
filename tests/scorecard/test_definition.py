"""What scorecard.yaml may say, and how its faults are reported."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from heedful.errors import DefinitionError, UnknownNameError
from heedful.measures.question import MeasureInfo
from heedful.scorecard.definition import (
    DatedTarget,
    Objective,
    ReadingSpec,
    Scorecard,
    check_scorecard,
    load_scorecard,
)

DESIGNED = """\
unit: Online shop
competes_for: {"Busy parents": "They buy from us because an order is one thing less to think about."}
objectives:
  - voice: My order comes when you said it would.
    attribute: availability
    segment: {country: LV}
    say: {measure: csat, where: "touchpoint = 'delivery'", target: 0.85}
    do: {measure: on_time_rate, target: 0.95, by: 2026-12-31}
    kpi: delivery_cost
    owner: Logistics
    quotes: [reviews/7213]
    benchmark: {value: 0.93, base: 4000, source: "branch report", date: 2026-03-01}
"""
MEASURES = {
    info.name: info
    for info in (
        MeasureInfo("csat", "Satisfied", "share", "higher", "feedback", bounds=(0.0, 1.0)),
        MeasureInfo("nps", "Net Promoter Score", "points", "higher", "feedback", "kpi", bounds=(-100.0, 100.0)),
        MeasureInfo("responses", "Answers", "answers", "neither", "feedback", bounds=(0.0, None)),
        MeasureInfo("on_time_rate", "On time", "share", "higher", "activity", "cpi", bounds=(0.0, 1.0)),
        MeasureInfo("churn_rate", "Cancelled", "share", "lower", "customers", "kpi", bounds=(0.0, 1.0)),
        MeasureInfo("market_share", "Market share", "share", "higher", "market", "kpi", bounds=(0.0, 1.0)),
        MeasureInfo("delivery_cost", "Delivery cost", "EUR", "lower", "activity", "kpi"),
    )
}
SEGMENTS = {"country": None, "value": ["high", "low"]}


def info(name: str) -> MeasureInfo:
    if name not in MEASURES:
        raise UnknownNameError("measure", name, MEASURES)
    return MEASURES[name]


def written(folder: Path, text: str) -> Path:
    path = folder / "scorecard.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def found(folder: Path, objectives: str) -> list[str]:
    """The problems of a scorecard with these objectives, as they are printed, without the folder."""
    path = written(folder, f"unit: Shop\nobjectives:\n{objectives}")
    try:
        scorecard, document = load_scorecard(path)
    except DefinitionError as error:
        return [str(problem).removeprefix(f"{folder}/") for problem in error.problems]
    problems = check_scorecard(scorecard, document, info=info, segments=SEGMENTS)
    return [str(problem).removeprefix(f"{folder}/") for problem in problems]


def test_the_scorecard_of_the_design_loads_and_has_no_problems(tmp_path: Path) -> None:
    scorecard, document = load_scorecard(written(tmp_path, DESIGNED))
    assert check_scorecard(scorecard, document, info=info, segments=SEGMENTS) == []
    (objective,) = scorecard.objectives
    assert objective.segment == {"country": "LV"}
    assert objective.do is not None
    assert objective.do.target_on(date(2026, 1, 31)) == (0.95, date(2026, 12, 31))
    assert objective.reading("kpi") == ReadingSpec(measure="delivery_cost")
    assert [role for role, _ in objective.readings()] == ["say", "do", "kpi"]


def test_a_kpi_may_have_its_own_condition_and_target() -> None:
    objective = Objective.model_validate({"voice": "I pay little.", "kpi": {"measure": "delivery_cost", "target": 4}})
    assert objective.reading("kpi") == ReadingSpec(measure="delivery_cost", target=4.0)


def test_of_dated_targets_the_next_one_due_holds_and_the_last_goes_on_holding() -> None:
    spec = ReadingSpec(
        measure="csat",
        target=(
            DatedTarget(value=0.8, by=date(2026, 6, 30)),
            DatedTarget(value=0.9, by=date(2026, 12, 31)),
        ),
    )
    days = (date(2025, 1, 1), date(2026, 6, 30), date(2026, 7, 1), date(2027, 1, 1))
    assert [spec.target_on(day)[0] for day in days] == [0.8, 0.8, 0.9, 0.9]


@pytest.mark.parametrize(
    ("objectives", "message"),
    [
        (
            "  - voice: My order comes on time\n    do: {measure: on_time_rat, target: 0.9}",
            ('scorecard.yaml:4: objective "My order comes on time" uses measure "on_time_rat", which does not exist. '
            "Closest: on_time_rate. List all: heedful measures"),
        ),
        (
            "  - voice: It fits.\n    kpi: delivery_costs",
            ('scorecard.yaml:4: objective "It fits." uses measure "delivery_costs", which does not exist. '
            "Closest: delivery_cost. List all: heedful measures"),
        ),
        (
            "  - voice: It fits.\n    segment: {countri: LV}",
            ('scorecard.yaml:4: objective "It fits." is for the segment "countri: LV", but there is no segmentation or '
            'attribute "countri". Closest: country. Declare it in segments.yaml.'),
        ),
        (
            "  - voice: It fits.\n    segment: {value: hihg}",
            'scorecard.yaml:4: the segmentation "value" has no segment "hihg". Closest: high.',
        ),
        (
            "  - voice: It fits.\n  - voice: it fits!",
            ('scorecard.yaml:4: objective "it fits!" stands here a second time; first in line 3. '
            "Merge the two, or say what makes this one different."),
        ),
        (
            "  - voice: It fits.\n    say: {measure: csat, target: 85}",
            ('scorecard.yaml:4: the target 85 cannot be reached: "csat" runs from 0 to 1. '
            "Percent are written as shares: 0.85 for 85 %."),
        ),
        (
            ("  - voice: It fits.\n    say:\n      measure: csat\n      target:\n"
            "        - {value: 0.8, by: 2026-06-30}\n        - {value: -1, by: 2026-12-31}"),
            'scorecard.yaml:8: the target -1 cannot be reached: "csat" runs from 0 to 1.',
        ),
        (
            "  - voice: It fits.\n    say: {measure: responses, target: 200}",
            ('scorecard.yaml:4: "responses" has no better side: neither more nor less of it is good in itself, so it '
            "cannot have a target. Take a measure that is better higher or lower (heedful measures lists both)."),
        ),
        (
            "  - voice: It fits.\n    say: {measure: on_time_rate}",
            ('scorecard.yaml:4: "on_time_rate" is no say measure: it reads activity, not what customers say. '
            "Put it under `do`, and under `say` a measure of feedback such as csat."),
        ),
        (
            "  - voice: It fits.\n    do: {measure: market_share}",
            ('scorecard.yaml:4: "market_share" is no do measure: it reads market, not what customers do or what is '
            "done for them. Under `do` goes a measure of activity such as on_time_rate or repeat_rate."),
        ),
        (
            "  - voice: It fits.\n    kpi: on_time_rate",
            ('scorecard.yaml:4: "on_time_rate" is no KPI: it is a CPI, which customers care about. Under `kpi` goes '
            "what the company wants for itself, such as revenue, or a measure of your own with "
                "`kind: kpi` in measures.yaml."),
        ),
        (
            "  - voice: It fits.\n    benchmark: {value: 0.9, source: x, date: 2026-01-01}",
            ("scorecard.yaml:4: the benchmark is one of the do measure, which this objective does not have. "
            "Say which it belongs to: `of: say`, `of: do` or `of: kpi`."),
        ),
        (
            ("  - voice: It fits.\n    say: {measure: csat, target: [{value: 0.9, by: 2026-12-31}, "
            "{value: 0.8, by: 2026-01-01}]}"),
            "scorecard.yaml:4: the targets have to follow each other by date, each date once",
        ),
        (
            "  - voice: It fits.\n    say: {measure: csat, by: 2026-12-31}",
            "scorecard.yaml:4: `by` says until when a target is to be reached, but there is no `target`",
        ),
        (
            "  - voice: It fits.\n    quotes: [They came late!]",
            ('scorecard.yaml:4: "They came late!" is not the key of a verbatim. Quotes stand here by key, such as '
            "reviews/7213 (source/feedback_id), so that an erased customer's words go with them"),
        ),
    ],
)  # fmt: skip
def test_a_fault_is_reported_with_its_line_and_what_to_do(tmp_path: Path, objectives: str, message: str) -> None:
    assert found(tmp_path, objectives) == [message]


def test_what_customers_do_may_be_read_from_the_customers_table(tmp_path: Path) -> None:
    assert found(tmp_path, "  - voice: It fits.\n    do: {measure: churn_rate, target: 0.05}") == []


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    said = found(tmp_path, "  - voice: A\n    say: {measure: csta}\n    do: {measure: nps}\n    segment: {x: y}")
    assert [message.split(":")[1] for message in said] == ["6", "4", "5"]


def test_a_condition_is_checked_by_whoever_knows_the_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "unit: Shop\nobjectives:\n- voice: A\n  say: {measure: csat, where: scor > 3}\n")
    scorecard, document = load_scorecard(path)
    problems = check_scorecard(
        scorecard, document, info=info, segments=SEGMENTS, check_where=lambda measure, where: f"{measure}: no {where}"
    )
    assert [(p.line, p.message) for p in problems] == [(4, "csat: no scor > 3")]


def test_a_scorecard_without_objectives_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"scorecard\.yaml:2: a scorecard needs at least one objective"):
        load_scorecard(written(tmp_path, "unit: Shop\nobjectives: []\n"))


def test_a_misspelt_field_of_a_dated_target_is_named_with_those_that_exist(tmp_path: Path) -> None:
    text = "unit: S\nobjectives:\n- voice: A\n  say: {measure: csat, target: [{value: 0.9, bye: 2026-12-31}]}\n"
    with pytest.raises(DefinitionError) as caught:
        load_scorecard(written(tmp_path, text))
    messages = [problem.message for problem in caught.value.problems]
    assert 'there is no field "bye" here. Closest: by' in messages[-1]
    assert {problem.line for problem in caught.value.problems} == {4}


def test_editors_learn_from_the_schema_that_a_target_is_a_number_or_a_list_of_dated_ones() -> None:
    target = Scorecard.model_json_schema()["$defs"]["ReadingSpec"]["properties"]["target"]
    kinds = [kind for one in target["anyOf"] for kind in one.get("oneOf", [one])]
    assert {kind["type"] for kind in kinds} == {"number", "array", "null"}
