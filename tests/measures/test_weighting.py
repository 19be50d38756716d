"""Raking against the golden vectors, its limits, and the messages for margins that do not fit.

Tolerance: the weights in the vectors hold ten significant digits, and raking stops within 1e-10 of each share: 1e-8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.errors import InputError
from heedful.measures.estimators import ClusterSums, linearised_variance, net_share
from heedful.measures.weighting import TOLERANCE, rake

Read = Callable[[str], Mapping[str, list[str]]]

MARGINS = {
    "gender": {"0": 0.48, "1": 0.52},
    "region": {"0": 0.60, "1": 0.40},
    "age": {"0": 0.25, "1": 0.35, "2": 0.40},
}


def respondents(vectors: Read) -> tuple[dict[str, list[str]], np.ndarray, np.ndarray]:
    """The 250 respondents of the vectors: their categories, their answers as -1, 0 and 1, and the weights expected."""
    v = vectors("raking_2x2x3")
    n = [int(cell) for cell in v["n"]]
    columns = {name: list(np.repeat(v[name], n)) for name in MARGINS}
    answers = [
        [1] * int(up) + [-1] * int(down) + [0] * (size - int(up) - int(down))
        for up, down, size in zip(v["promoters"], v["detractors"], n, strict=True)
    ]
    return columns, np.concatenate(answers), np.repeat([float(cell) for cell in v["weight"]], n)


def test_raked_weights_hold_for_every_row_of_raking_2x2x3(vectors: Read) -> None:
    columns, _, expected = respondents(vectors)
    found = rake(columns, MARGINS)
    np.testing.assert_allclose(found.weights, expected, rtol=1e-8)
    assert found.weights.mean() == pytest.approx(1)
    assert found.gap <= TOLERANCE


def test_the_summary_of_raking_holds(vectors: Read) -> None:
    columns, answers, _ = respondents(vectors)
    v = {name: cells[0] for name, cells in vectors("raking_summary").items()}
    found = rake(columns, MARGINS)
    assert found.n_eff == pytest.approx(float(v["n_eff_kish"]), rel=1e-8)
    assert found.deff == pytest.approx(float(v["deff"]), rel=1e-8)
    assert (found.min, found.max) == pytest.approx((float(v["min_w"]), float(v["max_w"])), rel=1e-8)
    weighted = ClusterSums.from_rows(answers, weights=found.weights)
    assert 100 * net_share(weighted).value[0] == pytest.approx(float(v["nps_weighted"]), rel=1e-8)
    unweighted = net_share(ClusterSums.from_rows(answers))
    assert 100 * unweighted.value[0] == pytest.approx(float(v["nps_unweighted"]))
    # The vector's linearised variance leaves out m / (m - 1), which ours has.
    error = 100 * np.sqrt(linearised_variance(weighted)[0] * (250 - 1) / 250)
    assert error == pytest.approx(float(v["se_linearised"]), rel=1e-8)
    # Kish's standard error is not ours, but follows from the effective count.
    net, either = net_share(weighted).value[0], np.average(np.abs(answers), weights=found.weights)
    assert 100 * np.sqrt((either - net**2) / found.n_eff) == pytest.approx(float(v["se_kish"]), rel=1e-8)
    not_ours = {"se_kish", "iterations"}  # rounds depend on the stopping rule
    ours = {"targets", "n", "n_eff_kish", "deff", "max_w", "min_w", "nps_unweighted", "nps_weighted", "se_linearised"}
    assert set(v) == ours | not_ours


def test_raking_by_one_margin_is_the_ratio_of_shares() -> None:
    found = rake({"gender": ["f", "f", "f", "m"]}, {"gender": {"f": 0.5, "m": 0.5}})
    np.testing.assert_allclose(found.weights, [2 / 3, 2 / 3, 2 / 3, 2])
    assert found.n_eff == pytest.approx(16 / (3 * 4 / 9 + 4))


def test_respondents_who_fit_already_keep_weight_one() -> None:
    found = rake({"gender": ["f", "m"], "unused": ["a", "b"]}, {"gender": {"f": 0.5, "m": 0.5}})
    assert found.weights.tolist() == [1, 1]
    assert (found.iterations, found.deff) == (0, 1)


def test_columns_may_be_arrays_and_lists_alike() -> None:
    names = ["f", "f", "m", "f"]
    margins = {"gender": {"m": 0.4, "f": 0.6}}
    expected = rake({"gender": names}, margins).weights
    np.testing.assert_array_equal(rake({"gender": np.array(names)}, margins).weights, expected)
    np.testing.assert_array_equal(rake({"gender": np.array(names, dtype=object)}, margins).weights, expected)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=80),
    st.lists(st.floats(0.05, 1), min_size=3, max_size=3),
    st.lists(st.floats(0.05, 1), min_size=4, max_size=4),
)
def test_raked_margins_are_the_targets(more: list[tuple[int, int]], rows: list[float], columns: list[float]) -> None:
    people = [(i, j) for i in range(3) for j in range(4)] + more  # every combination occurs, so weights exist
    a, b = [str(i) for i, _ in people], [str(j) for _, j in people]
    margins = {
        "a": {str(i): share / sum(rows) for i, share in enumerate(rows)},
        "b": {str(j): share / sum(columns) for j, share in enumerate(columns)},
    }
    found = rake({"a": a, "b": b}, margins)
    assert (found.weights > 0).all()
    for column, shares in ((a, margins["a"]), (b, margins["b"])):
        for category, share in shares.items():
            held = found.weights[np.array(column) == category].sum() / found.weights.sum()
            assert held == pytest.approx(share, abs=1e-9)


def test_bounds_trim_weights_and_keep_the_margins_where_they_can(vectors: Read) -> None:
    columns, _, _ = respondents(vectors)
    free, found = rake(columns, MARGINS), rake(columns, MARGINS, bounds=(0.75, 1.25))
    assert free.max > 1.25
    assert found.min >= 0.75 - 1e-12
    assert found.max <= 1.25 + 1e-12
    assert found.gap <= TOLERANCE


def test_bounds_win_over_margins_and_the_gap_says_by_how_much() -> None:
    column = ["rare"] * 2 + ["usual"] * 98
    found = rake({"kind": column}, {"kind": {"rare": 0.5, "usual": 0.5}}, bounds=(0.2, 5))
    assert found.max == pytest.approx(5)
    assert found.weights.mean() == pytest.approx(1)
    assert found.gap == pytest.approx(0.5 - 0.02 * 5)


def test_a_category_without_respondents_is_named_with_the_closest_one_found() -> None:
    with pytest.raises(InputError) as refused:
        rake({"city": ["Riga", "Liepaja"]}, {"city": {"Riga": 0.7, "Liepāja": 0.3}})
    assert 'nobody among the respondents is "Liepāja". Closest: Liepaja.' in str(refused.value)
    assert 'respondents are "Liepaja", which has no share. Closest: Liepāja. Stated: Riga, Liepāja.' in str(
        refused.value
    )


def test_every_problem_of_the_margins_is_named_at_once() -> None:
    with pytest.raises(InputError) as refused:
        rake(
            {"gender": ["f", "m", None, None], "age": ["old", "old", "young", "old"]},
            {"gender": {"f": 0.5, "m": 0.4}, "age": {"old": 1.2, "young": -0.2}, "regoin": {"n": 1}},
        )
    assert str(refused.value).splitlines() == [
        'Margin "regoin": there is no such column.',
        'Margin "gender": 2 of 4 respondents have no gender; give them one or leave them out.',
        'Margin "gender": the shares sum to 0.9; they have to sum to 1.',
        'Margin "age": the share of "young" is -0.2; shares are above 0.',
    ]


def test_a_misspelt_column_is_offered_the_closest_one() -> None:
    with pytest.raises(InputError, match=r"there is no such column\. Closest: region\."):
        rake({"region": ["n"]}, {"regoin": {"n": 1}})


def test_shares_that_sum_to_one_but_for_rounding_are_taken() -> None:
    found = rake({"third": ["a", "b", "c", "c"]}, {"third": {"a": 0.3333333, "b": 0.3333333, "c": 0.3333334}})
    np.testing.assert_allclose(found.weights, [4 / 3, 4 / 3, 2 / 3, 2 / 3], rtol=1e-6)


def test_margins_that_no_weights_can_meet_are_an_error_that_names_the_worst() -> None:
    with pytest.raises(
        InputError, match=r"did not converge in 1000 rounds: a = y stands at 0.8000 and should be 0.3000"
    ):
        rake({"a": ["x", "y", "y"], "b": ["p", "p", "q"]}, {"a": {"x": 0.7, "y": 0.3}, "b": {"p": 0.2, "q": 0.8}})


@pytest.mark.parametrize(
    ("columns", "margins", "message"),
    [
        ({"a": ["x"]}, {}, "no margin to rake to"),
        ({"a": []}, {"a": {"x": 1.0}}, "no respondents"),
        ({"a": ["x"], "b": ["y", "y"]}, {"a": {"x": 1.0}, "b": {"y": 1.0}}, "differ in length"),
        ({"a": ["x"]}, {"a": {"x": float("nan")}}, 'the share of "x" is nan'),
    ],
)
def test_what_cannot_be_raked_is_refused(
    columns: dict[str, list[str | None]], margins: dict[str, dict[str, float]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        rake(columns, margins)


@pytest.mark.parametrize("bounds", [(0.0, 5.0), (1.2, 5.0), (0.2, 0.9)])
def test_bounds_that_leave_no_room_for_the_mean_are_refused(bounds: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="below and above their mean of 1"):
        rake({"a": ["x", "y"]}, {"a": {"x": 0.5, "y": 0.5}}, bounds=bounds)
