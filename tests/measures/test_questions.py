"""What is said where a question cannot be put: what was asked, what would be right, and the closest name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from heedful.errors import ExpressionError, InputError, UnknownNameError
from heedful.measures.question import Question
from heedful.measures.runner import Runner


@pytest.fixture
def given(loaded: Callable[[str], Runner]) -> Runner:
    return loaded("duckdb")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (
            Question("on_time_rat"),
            'There is no measure "on_time_rat". Closest: on_time_rate. List all: heedful measures',
        ),
        (Question("nps", by=("touchpint",)), 'There is no column or segmentation "touchpint". Closest: touchpoint.'),
        (Question("nps", by=("countri",)), 'There is no column or segmentation "countri". Closest: country.'),
        (Question("churn_rate", by=("touchpoint",)), 'There is no column or segmentation "touchpoint".'),
        (Question("nps", segment={"care": "lat"}), 'There is no segment "lat" of "care". Closest: late.'),
        (Question("nps", outside={"care": "lat"}), 'There is no segment "lat" of "care". Closest: late.'),
        (Question("nps", outside={"stage": "onse"}), 'There is no segment "onse" of "stage". Closest: once.'),
        (
            Question("nps", segment={"value": "champion"}),
            'There is no segment "champion" of "value". Closest: champions.',
        ),
        (Question("csat", params={"box": 1}), 'There is no parameter "box" of "csat". Closest: boxes.'),
        (Question("nps", params={"weightd": False}), 'There is no parameter "weightd" of "nps". Closest: weighted.'),
    ],
)
def test_an_unknown_name_is_told_with_the_closest_one(given: Runner, question: Question, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        given.answer(question)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (
            Question("inactivity_churn", params={"window_days": -3}),
            'window_days of "inactivity_churn" is -3; it has to be a whole number, at least 1.',
        ),
        (Question("inactivity_churn", params={"window_days": 0}), "window_days of"),
        (Question("inactivity_churn", params={"window_days": 1.5}), "window_days of"),
        (Question("inactivity_churn", params={"window_days": "ninety"}), "window_days of"),
        (Question("inactivity_churn", params={"window_days": float("nan")}), "window_days of"),
        (Question("inactivity_churn", params={"window_days": 10**12}), "window_days of"),
        (Question("inactivity_churn", params={"window_days": True}), "window_days of"),
        (
            Question("active_customers", params={"only_kind": 5}),
            'only_kind of "active_customers" is 5; it has to be text. For example: --param only_kind=order',
        ),
        (
            Question("csat", params={"boxes": "two"}),
            'boxes of "csat" is two; it has to be a whole number, at least 1. For example: --param boxes=1',
        ),
        (
            Question("nps", params={"weighted": "no"}),
            'weighted of "nps" is no; it has to be true or false. For example: --param weighted=false',
        ),
        (
            Question("nps", start=date(2024, 3, 2), end=date(2024, 3, 1)),
            "The start 2024-03-02 lies after the end 2024-03-01. Swap them, or leave one out.",
        ),
        (
            Question("nps", start=date(2024, 3, 2), as_of=date(2024, 3, 1)),
            "The start 2024-03-02 lies after the as-of date 2024-03-01. Swap them, or leave one out.",
        ),
        (
            Question("nps", over="week", start=date(1950, 1, 1)),
            (
                "From 1950-01-01 to 2024-05-01 there are 3880 weeks; at most 2000 can be asked for. "
                "Give a later --from or a longer --over."
            ),
        ),
        (Question("nps", by=("unit", "unit")), "A name stands twice among --by: unit, unit."),
        (Question("market_share", by=("brand",)), '"market_share" holds our brand against all brands'),
        (Question("orders", segment={"seats": "many"}), '"seats" holds numbers, and "many" is none.'),
        (Question("orders", outside={"insider": "perhaps"}), '"insider" holds true or false, and "perhaps" is none.'),
    ],
)
def test_a_question_that_cannot_be_put_says_what_would_be_right(
    given: Runner, question: Question, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        given.answer(question)
    assert str(caught.value).startswith(message)


def test_a_fault_in_a_condition_is_shown_in_place_with_the_closest_column(given: Runner) -> None:
    with pytest.raises(ExpressionError) as caught:
        given.answer(Question("nps", where="touchpoint = 'service' and scor > 3"))
    assert caught.value.offset == len("touchpoint = 'service' and ")
    assert 'There is no column "scor". Closest: score.' in str(caught.value)


def test_a_condition_may_use_attributes_of_customers_and_the_date_looked_from(given: Runner) -> None:
    row = given.answer(Question("orders", where="country = 'LV' and occurred_at < as_of")).rows[0]
    assert row.n == 5
