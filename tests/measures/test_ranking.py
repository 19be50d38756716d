"""Who is said to stand out, and what cannot be ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from heedful.errors import InputError
from heedful.measures.intervals import share_interval
from heedful.measures.question import Better, MeasureInfo, Question
from heedful.measures.ranking import Ranking, rank
from heedful.measures.results import Flag, Reason, Result, Row


@dataclass
class Shops:
    """Answers one measure by shop from rows at hand."""

    rows: Sequence[Row]
    better: Better = "higher"
    bounds: tuple[float | None, float | None] = (0.0, 1.0)

    def answer(self, question: Question) -> Result:
        return Result(question.measure, "Satisfied", tuple(self.rows), ("shop",))

    def info(self, name: str) -> MeasureInfo:
        return MeasureInfo(name, "Satisfied", "share", self.better, "feedback", bounds=self.bounds)


def share(shop: str | None, n: int, yes: int, *, flag: Flag | None = None) -> Row:
    found = share_interval(np.array([n]), np.array([yes]))
    value, low, high = (float(part[0]) if n else None for part in (found.value, found.low, found.high))
    reason: Reason | None = None if n else "no_answers"
    return Row("csat", "all", {"shop": shop}, None, None, value, low, high, n, n, float(n), "share", flag, reason)


ALIKE = [share("a", 400, 320), share("b", 300, 246), share("c", 500, 395), share("luck", 6, 6), share("d", 350, 276)]
QUESTION = Question("csat", by=("shop",))


def of(ranking: Ranking, shop: str) -> int:
    return next(place for place, ranked in enumerate(ranking.rows) if ranked.title == shop)


def test_the_luck_of_a_small_shop_is_no_triumph() -> None:
    ranking = rank(Shops(ALIKE), QUESTION)
    lucky = ranking.rows[of(ranking, "luck")]
    assert lucky.row.value == 1
    assert lucky.value < 0.86
    assert (lucky.rank_low, lucky.rank_high) == (1, 5)
    assert lucky.stands_out is None
    assert ranking.sentence == (
        "No shop really stands out: differences such as these between 5 come about by luck, and the order says little."
    )


def test_a_shop_that_really_is_worse_is_named() -> None:
    ranking = rank(Shops([*ALIKE, share("e", 400, 240)]), QUESTION)
    worst = ranking.rows[-1]
    assert (worst.title, worst.stands_out, worst.rank_low) == ("e", "worse", 6)
    assert worst.bottom > 0.98
    assert worst.p is not None
    assert worst.p < 0.001
    assert ranking.sentence == (
        "Beyond what luck explains, against all others together and against the shop in the middle: worse: e. The "
        "order of the other 5 may be luck."
    )


def test_one_bad_shop_does_not_make_stars_of_the_ordinary_ones() -> None:
    ranking = rank(Shops([*ALIKE, share("e", 400, 240)]), QUESTION)
    ordinary = ranking.rows[of(ranking, "b")]
    assert ordinary.p is not None
    assert ordinary.p < 0.05
    assert ordinary.stands_out is None


@pytest.mark.parametrize(("better", "first", "side"), [("lower", "e", "better"), ("neither", "luck", "lower")])
def test_what_is_best_depends_on_the_measure(better: Better, first: str, side: str) -> None:
    ranking = rank(Shops([*ALIKE, share("e", 400, 240)], better), QUESTION)
    assert of(ranking, "e") == (0 if first == "e" else 5)
    assert ranking.rows[of(ranking, "e")].stands_out == side


def test_the_same_question_gives_the_same_ranks() -> None:
    assert rank(Shops(ALIKE), QUESTION) == rank(Shops(ALIKE), QUESTION)


def test_net_scores_and_means_are_ranked_within_their_bounds() -> None:
    rows = [
        Row("nps", "all", {"shop": name}, None, None, v, v - 8, min(v + 8, 100), 90, 80, 85.0, "points")
        for name, v in [("a", 40.0), ("b", 97.0), ("c", 45.0), ("d", 38.0)]
    ]
    ranking = rank(Shops(rows, bounds=(-100.0, 100.0)), QUESTION)
    assert ranking.rows[0].title == "b"
    assert ranking.rows[0].high <= 100
    assert ranking.rows[0].value < 97


def test_what_has_no_interval_or_no_shop_is_not_ranked_but_told() -> None:
    ranking = rank(Shops([*ALIKE, share(None, 50, 30), share("new", 0, 0)]), QUESTION)
    assert [row.by["shop"] for row in ranking.unranked] == [None, "new"]
    table = ranking.to_arrow()
    assert table.num_rows == 7
    assert table.column("rank").to_pylist()[5:] == [None, None]
    assert table.column("shrunk").null_count == 2


def test_readers_see_titles() -> None:
    assert rank(Shops(ALIKE), QUESTION, title_of=str.upper).rows[0].title.isupper()


@pytest.mark.parametrize(
    ("rows", "question", "message"),
    [
        (ALIKE, Question("csat"), "A ranking needs exactly one --by, such as --by unit, and no --over"),
        (ALIKE, Question("csat", by=("shop",), over="month"), "and no --over"),
        (ALIKE, Question("csat", by=("shop", "country")), "exactly one --by"),
        (ALIKE[:2], QUESTION, "2 of 2 groups by shop have a figure with an interval; a ranking needs at least 3."),
        ([share("a", 10, 5, flag="complete")], QUESTION, '"csat" is a complete count, in which there is no luck'),
    ],
)
def test_what_cannot_be_ranked_is_told_with_what_can(rows: list[Row], question: Question, message: str) -> None:
    with pytest.raises(InputError) as caught:
        rank(Shops(rows), question)
    assert message in str(caught.value)
