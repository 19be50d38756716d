from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.measures.formats import MINUS, SPACE, difference_format, format_for


def plain(text: str) -> str:
    return text.replace(SPACE, " ")


@pytest.mark.parametrize(
    ("unit", "value", "low", "high", "reads", "interval"),
    [
        ("share", 0.71, 0.66, 0.76, "71 %", "66 to 76 %"),
        ("share", 0.917, 0.9105, 0.9232, "91.7 %", "91.0 to 92.3 %"),
        ("share", 0.00189, 0.0011, 0.0032, "0.2 %", "0.1 to 0.3 %"),
        ("points", 12.0, -3.0, 27.0, "12 points", f"{MINUS}3 to 27 points"),
        ("points", -1.0, -9.0, 7.0, f"{MINUS}1 point", f"{MINUS}9 to 7 points"),
        ("days", 2.34, 2.1, 2.6, "2.3 days", "2.1 to 2.6 days"),
        ("EUR", 4.82, 4.7, 4.93, "€ 4.82", "€ 4.70 to € 4.93"),
        ("EUR", 48.2, 41.0, 55.0, "€ 48", "€ 41 to € 55"),
        ("CHF", -3.5, -4.4, -2.6, f"{MINUS}CHF 3.50", f"{MINUS}CHF 4.40 to {MINUS}CHF 2.60"),
        ("score", 4.21, 4.15, 4.27, "4.21", "4.15 to 4.27"),
    ],
)
def test_a_figure_has_no_more_digits_than_its_margin_bears(  # noqa: PLR0917 -- the columns of the table above
    unit: str, value: float, low: float, high: float, reads: str, interval: str
) -> None:
    form = format_for(unit, value, low, high)
    assert (plain(form.figure(value)), plain(form.interval(low, high))) == (reads, interval)


@pytest.mark.parametrize(
    ("unit", "value", "reads"),
    [
        ("EUR", 1_085_334.73, "€ 1.09 million"),
        ("EUR", 12_300.0, "€ 12,300"),
        ("orders", 6690.0, "6,690 orders"),
        ("days", 1.0, "1 day"),
    ],
)
def test_complete_counts_read_in_round_numbers(unit: str, value: float, reads: str) -> None:
    assert plain(format_for(unit, value).figure(value)) == reads


def test_a_value_just_short_of_its_target_never_reads_the_same_as_the_target() -> None:
    form = format_for("share", 0.9496, 0.93, 0.965, 0.95)
    assert form.figure(0.9496) != form.figure(0.95)


@given(
    st.sampled_from(["share", "points", "EUR", "days", "score"]),
    st.floats(-1e7, 1e7),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)
def test_the_interval_as_written_holds_the_value_as_written(
    unit: str, value: float, below: float, above: float
) -> None:
    form = format_for(unit, value, value - below, value + above)
    low, at, high = (
        float(form.bare(x).replace(",", "").replace(MINUS, "-")) for x in (value - below, value, value + above)
    )
    assert low <= at <= high


def test_a_difference_of_shares_reads_in_points() -> None:
    assert plain(difference_format("share", 0.06, 0.12).interval(0.06, 0.12)) == "6 to 12 points"


def test_zero_has_no_sign() -> None:
    assert format_for("points", -0.2, -8.0, 7.6).figure(-0.2) == f"0{SPACE}points"
