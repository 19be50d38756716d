from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.measures.results import Result, Row
from heedful.reports.suppression import suppress

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))


def row(customers: int, *, period: tuple[date | None, date | None] = JANUARY, segment: str = "all", **by: str) -> Row:
    none = customers == 0
    return Row(
        "csat", segment, by, *period, None if none else 0.5, None if none else 0.4, None if none else 0.6,
        customers, customers, None if none else float(customers), "share", None, "no_answers" if none else None,
    )  # fmt: skip


def result(rows: Sequence[Row], *by: str) -> Result:
    return Result("csat", "Satisfaction", tuple(rows), by=by)


def hidden(of: Result) -> list[bool]:
    return [r.reason == "hidden" for r in of]


def with_total(bases: Sequence[int]) -> Result:
    return result([*(row(n, country=f"c{i}") for i, n in enumerate(bases)), row(sum(bases), country="all")], "country")


def test_a_figure_of_fewer_than_five_customers_is_hidden_with_all_that_would_tell_its_size() -> None:
    small = suppress(result([row(4, country="EE"), row(5, country="LV")], "country"))[0]
    assert (small.value, small.low, small.high, small.n, small.customers, small.n_eff) == (None, None, None, 0, 0, None)
    assert small.reason == "hidden"


def test_without_a_total_nothing_but_the_small_figure_goes() -> None:
    assert hidden(suppress(result([row(4, country="EE"), row(5, country="LV")], "country"))) == [True, False]


def test_a_single_hidden_figure_takes_the_next_smallest_with_it_where_the_total_is_shown() -> None:
    assert hidden(suppress(with_total([4, 900, 12, 300]))) == [True, False, True, False, False]


def test_hidden_figures_that_hold_fewer_than_five_customers_together_take_another_with_them() -> None:
    assert hidden(suppress(with_total([2, 1, 900, 50]))) == [True, True, False, True, False]


def test_the_total_goes_where_no_group_is_left_to_hide() -> None:
    assert hidden(suppress(with_total([3]))) == [True, True]
    assert hidden(suppress(with_total([4, 0, 0]))) == [True, False, False, True]


def test_a_group_of_nobody_is_shown_as_such() -> None:
    shown = suppress(with_total([0, 40, 60]))
    assert hidden(shown) == [False] * 4
    assert shown[0].reason == "no_answers"


def test_a_shown_figure_of_few_customers_is_marked() -> None:
    shown = suppress(with_total([12, 31]), flag_below=30)
    assert [r.flag for r in shown] == ["few", None, None]


def test_a_month_cannot_be_had_from_the_year() -> None:
    months = [row(n, period=(date(2026, m, 1), date(2026, m, 28))) for m, n in [(1, 3), (2, 50), (3, 40)]]
    year = row(93, period=(date(2026, 1, 1), date(2026, 12, 31)))
    assert hidden(suppress(result([*months, year]))) == [True, False, True, False]


def test_overlapping_groups_hide_the_one_whose_difference_from_everybody_is_too_small() -> None:
    rows = [row(97, care="loyal"), row(40, care="late"), row(100, care="all")]
    assert hidden(suppress(result(rows, "care"), overlapping={"care"})) == [True, False, False]


def test_overlapping_groups_have_no_complement() -> None:
    rows = [row(3, care="late"), row(40, care="loyal"), row(100, care="all")]
    assert hidden(suppress(result(rows, "care"), overlapping={"care"})) == [True, False, False]


def test_a_group_within_another_shown_one_has_to_differ_from_it_by_five_customers() -> None:
    rows = [row(40, care="late"), row(38, care="very late"), row(100, care="all")]
    nested = suppress(result(rows, "care"), overlapping={"care"}, nested={("very late", "late")})
    assert hidden(nested) == [False, True, False]
    assert hidden(suppress(result(rows, "care"), overlapping={"care"})) == [False, False, False]


def test_segments_beside_the_columns_asked_for_overlap() -> None:
    rows = [row(99, segment="loyal", country="LV"), row(100, country="LV")]
    rows += [row(60, segment="loyal", country="LT"), row(100, country="LT")]
    assert hidden(suppress(result(rows, "country"))) == [True, False, False, False]


def table(bases: Sequence[Sequence[int]]) -> Result:
    """Countries by channels, with the totals of both and of all."""
    rows = [row(n, country=f"c{i}", channel=f"h{k}") for i, line in enumerate(bases) for k, n in enumerate(line)]
    rows += [row(sum(line), country=f"c{i}", channel="all") for i, line in enumerate(bases)]
    rows += [row(sum(column), country="all", channel=f"h{k}") for k, column in enumerate(zip(*bases, strict=True))]
    return result([*rows, row(sum(map(sum, bases)), country="all", channel="all")], "country", "channel")


def recoverable(before: Result, after: Result) -> set[int]:
    """The hidden rows that follow from the shown ones by sums; in exact fractions, unlike the code's SVD."""
    unknown = [i for i, r in enumerate(after) if r.reason == "hidden"]
    equations = []
    for dimension, other in (("country", "channel"), ("channel", "country")):
        for total in (i for i, r in enumerate(before) if r.by.get(dimension) == "all"):
            same = [i for i, r in enumerate(before) if r.by.get(other) == before[total].by.get(other) and i != total]
            equations.append([Fraction((u in same) - (u == total)) for u in unknown])
    solved: list[list[Fraction]] = []
    for column in range(len(unknown)):
        pivot = next((e for e in equations if e[column]), None)
        if pivot is None:
            continue
        equations = [e for e in equations if e is not pivot]
        pivot = [x / pivot[column] for x in pivot]
        equations = [[x - e[column] * p for x, p in zip(e, pivot, strict=True)] for e in equations]
        solved = [[x - e[column] * p for x, p in zip(e, pivot, strict=True)] for e in solved]
        solved.append(pivot)
    return {unknown[e.index(Fraction(1))] for e in solved if sum(x != 0 for x in e) == 1}


bases_of_groups = st.lists(st.integers(0, 14), min_size=1, max_size=7)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 12), min_size=width, max_size=width), min_size=1, max_size=5)
)


@given(bases_of_groups)
def test_no_hidden_figure_follows_from_the_total_of_an_exclusive_partition(bases: list[int]) -> None:
    shown = suppress(with_total(bases))
    concealed = [n for n, is_hidden in zip(bases, hidden(shown), strict=False) if is_hidden]
    assert not [n for n, r in zip(bases, shown, strict=False) if 0 < n < 5 and r.reason != "hidden"]
    if concealed and shown[-1].reason != "hidden":
        assert len(concealed) > 1
        assert sum(concealed) >= 5


@settings(max_examples=150, deadline=None)
@given(tables)
def test_no_hidden_figure_of_a_table_with_totals_follows_from_what_is_shown(bases: list[list[int]]) -> None:
    before = table(bases)
    assert recoverable(before, suppress(before)) == set()


def test_a_figure_that_only_several_sums_together_give_away_is_protected_too() -> None:
    # Two closed squares joined by one cell: each line hides two or three, and yet the joint would follow.
    bases = [
        [3, 4, 90, 90],
        [4, 3, 4, 90],
        [90, 90, 3, 4],
        [90, 90, 4, 4],
    ]
    before = table(bases)
    assert recoverable(before, suppress(before)) == set()
    small = {i for i, r in enumerate(before) if 0 < r.customers < 5}
    only_small = replace(before, rows=tuple(r.hidden() if i in small else r for i, r in enumerate(before)))
    assert recoverable(before, only_small)


@settings(max_examples=100, deadline=None)
@given(tables)
def test_hiding_twice_changes_nothing(bases: list[list[int]]) -> None:
    once = suppress(table(bases))
    assert suppress(once) == once


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(0, 10))
def test_shown_groups_that_overlap_differ_from_everybody_by_nobody_or_by_five(bases: list[int], more: int) -> None:
    total = max(bases) + more
    rows = [*(row(n, care=f"s{i}") for i, n in enumerate(bases)), row(total, care="all")]
    once = suppress(result(rows, "care"), overlapping={"care"})
    assert suppress(once, overlapping={"care"}) == once
    if once[-1].reason != "hidden":
        assert all(r.reason == "hidden" or not 0 < total - r.customers < 5 for r in once)
