"""units.yaml: what is refused with its line, and how figures roll up, on every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from heedful.errors import DefinitionError, UnknownNameError
from heedful.measures.question import Question
from heedful.measures.runner import Runner
from heedful.measures.units import Hierarchy, load_units
from tests.company import runner, setting

BALTICS = """
levels: [region, shop, team]
units:
  Baltics: {level: region}
  riga: {level: shop, in: Baltics, title: Riga Centre}
  tallinn: {level: shop, in: Baltics}
  Care: {level: region}
  north: {level: team, in: Care}
"""


def loaded_units(folder: Path, text: str, taken: Mapping[str, str] | None = None) -> Hierarchy:
    path = folder / "units.yaml"
    path.write_text(text, encoding="utf-8")
    found = load_units(path, taken or {})
    assert found is not None
    return found


def problems(folder: Path, text: str, taken: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        loaded_units(folder, text, taken)
    return [f"{problem.line}: {problem.message}" for problem in caught.value.problems]


@pytest.fixture
def placed(loaded: Callable[[str], Runner], engine_name: str, tmp_path: Path) -> Runner:
    given = replace(setting(), units=loaded_units(tmp_path, BALTICS))
    return runner(loaded(engine_name).engine, given)


def values(answering: Runner, question: Question) -> dict[object, float | None]:
    return {next(iter(row.by.values())): row.value for row in answering.answer(question)}


def test_a_file_that_is_not_there_is_no_hierarchy(tmp_path: Path) -> None:
    assert load_units(tmp_path / "units.yaml", {}) is None


def test_a_unit_lies_in_every_unit_above_it(tmp_path: Path) -> None:
    units = loaded_units(tmp_path, BALTICS)
    assert units.place("riga") == {"shop": "riga", "region": "Baltics"}
    assert units.place("nowhere") == {}
    assert units.labels("shop") == ("riga", "tallinn")
    assert [units.title(unit) for unit in ("riga", "tallinn", "nowhere")] == ["Riga Centre", "tallinn", "nowhere"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "levels: [region, shop]\nunits:\n  Baltics: {level: region}\n  riga: {level: shop, in: Baltic}\n",
            ['4: "riga" lies in "Baltic", which is no unit of this file. Closest: Baltics. Declare it under units.'],
        ),
        (
            "levels: [shop]\nunits:\n  a: {level: shop, in: b}\n  b: {level: shop, in: c}\n  c: {level: shop, in: a}\n",
            ['3: this goes round in a circle: "a" in "b" in "c" in "a".'],
        ),
        (
            "levels: [region, shop]\nunits:\n  a: {level: shop, in: a}\n",
            ['3: this goes round in a circle: "a" in "a".'],
        ),
        (
            "levels: [region, shop]\nunits:\n  a: {level: shop}\n  b: {level: region, in: a}\n",
            ['4: "b" (region) lies in "a" (shop), which is not of a higher level. It is of the highest level.'],
        ),
        (
            "levels: [region, shop]\nunits:\n  a: {level: shop}\n  b: {level: shop, in: a}\n",
            ['4: "b" (shop) lies in "a" (shop), which is not of a higher level. A shop lies in a unit of: region.'],
        ),
        (
            "levels: [region, shop]\nunits:\n  a: {level: shp}\n  b: {level: stall}\n",
            ['3: there is no level "shp". Closest: shop.', '4: there is no level "stall". Levels: region, shop.'],
        ),
        (
            "levels: [country, channel]\nunits: {}\n",
            [
                '1: the level "country" bears the name of an attribute; rename it.',
                '1: the level "channel" bears the name of a column of the streams; rename it.',
            ],
        ),
        ("levels: []\nunits: {}\n", ["1: a hierarchy needs at least one level; write levels: [region, shop]."]),
        ("levels: [a, a]\nunits: {}\n", ['1: the level "a" stands twice; each level has a name of its own.']),
        ("levels: [A b]\nunits: {}\n", ['1: the level "A b" has to be lower_snake_case, such as region.']),
        (
            "levels: [shop]\nunits:\n  riga: {level: shop, titel: Riga}\n",
            ['3: there is no field "titel" here. Closest: title.'],
        ),
    ],
)
def test_a_hierarchy_that_cannot_be_is_refused_with_its_line(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, text, {"country": "an attribute"}) == expected


def test_a_level_adds_up_the_rows_of_its_units(placed: Runner) -> None:
    by_unit = values(placed, Question("orders", by=("unit",)))
    assert values(placed, Question("orders", by=("shop",))) == by_unit
    assert values(placed, Question("orders", by=("region",))) == {
        "Baltics": (by_unit["riga"] or 0) + (by_unit["tallinn"] or 0),
        None: by_unit[None],
    }


def test_a_customer_of_two_shops_counts_once_in_their_region(placed: Runner) -> None:
    named = "unit in ('riga', 'tallinn')"
    (together,) = placed.answer(Question("average_order_value", where=named))
    apart = placed.answer(Question("average_order_value", by=("unit",), where=named))
    region = placed.answer(Question("average_order_value", by=("region",), where=named))
    assert sum(row.customers for row in apart) > together.customers
    (row,) = region
    assert (row.customers, row.value, row.low, row.n_eff) == pytest.approx(
        (together.customers, together.value, together.low, together.n_eff)
    )


def test_rows_of_a_team_alone_roll_up_by_the_team(placed: Runner) -> None:
    contacts = placed.answer(Question("first_contact_resolution", by=("region",)))
    by_team = placed.answer(Question("first_contact_resolution", by=("team",)))
    assert {row.by["region"]: row.n for row in contacts} == {
        "Care" if row.by["team"] == "north" else None: row.n for row in by_team
    }


def test_a_unit_has_precedence_over_a_team(placed: Runner) -> None:
    deliveries = placed.answer(Question("on_time_rate", by=("region",)))
    assert {row.by["region"] for row in deliveries} == {"Baltics"}


def test_a_level_is_a_segment_too(placed: Runner) -> None:
    by_region = values(placed, Question("orders", by=("region",)))
    (row,) = placed.answer(Question("orders", segment={"region": "Baltics"}))
    (rest,) = placed.answer(Question("orders", outside={"region": "Baltics"}))
    assert (row.value, rest.value) == (by_region["Baltics"], by_region[None])


def test_a_condition_may_name_a_level(placed: Runner) -> None:
    (row,) = placed.answer(Question("orders", where="region = 'Baltics' and shop <> 'riga'"))
    assert row.value == values(placed, Question("orders", by=("unit",)))["tallinn"]


def test_customers_roll_up_by_where_they_were_last_seen(placed: Runner) -> None:
    by_unit = values(placed, Question("customer_base", by=("unit",)))
    by_region = values(placed, Question("customer_base", by=("region",)))
    assert by_region["Baltics"] == (by_unit["riga"] or 0) + (by_unit["tallinn"] or 0)


def test_an_unknown_unit_of_a_level_is_told_with_the_closest_one(placed: Runner) -> None:
    with pytest.raises(UnknownNameError, match=r'There is no unit "Baltic" of "region"\. Closest: Baltics\.'):
        placed.answer(Question("orders", segment={"region": "Baltic"}))


def test_a_market_has_no_levels(placed: Runner) -> None:
    with pytest.raises(UnknownNameError, match='There is no column or segmentation "region"'):
        placed.answer(Question("market_share", by=("region",)))
