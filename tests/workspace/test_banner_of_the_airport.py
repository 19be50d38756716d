"""The airport's weighted surveys as a banner table, against the same figures computed straight from its files."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from scipy import stats

from heedful.measures.banner_results import BannerTable, Line
from heedful.measures.tabulation import read_nets
from heedful.workspace import open_workspace
from tests.real_data import real_data

EXAMPLE = Path(__file__).parents[2] / "examples" / "airport"
WAVES = ("2015", "2016", "2017")
RATING = "Q9RESTROOM"
Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BannerTable]:
    data = real_data("sfo_customer_survey")
    folder = tmp_path_factory.mktemp("airport") / "airport"
    shutil.copytree(EXAMPLE, folder)
    with open_workspace(folder) as workspace:
        list(workspace.pull(*(f"wave_{wave}" for wave in WAVES), variables={"data": str(data)}))
        yield workspace.table(["restrooms"], ["wave"], nets=read_nets(["Top 2=4,5"]))


def answers(wave: str) -> tuple[Array, Array]:
    """Ratings of 1 to 5 and their weights, as the file has them."""
    file = pq.read_table(real_data("sfo_customer_survey") / f"sfo_{wave}.parquet", columns=[RATING, "WEIGHT"])
    given = [(float(a), float(w)) for a, w in zip(*(c.to_pylist() for c in file.columns), strict=True) if _rated(a)]
    values, weights = np.array(given).T
    return values, weights


def _rated(answer: object) -> bool:
    try:
        return 1 <= float(str(answer)) <= 5
    except ValueError:
        return False


def line(table: BannerTable, label: str) -> Line:
    return next(each for each in table.blocks[0].lines if each.label == label)


def test_bases_shares_means_and_deviations_are_those_of_the_files(table: BannerTable) -> None:
    for place, wave in enumerate(WAVES, 1):
        v, w = answers(wave)
        base = table.blocks[0].bases[place]
        assert base.n == len(v)
        assert base.weighted == pytest.approx(w.sum())
        assert base.n_eff == pytest.approx(w.sum() ** 2 / (w @ w))
        mean = w @ v / w.sum()
        assert line(table, "Top 2").cells[place].value == pytest.approx(w @ (v >= 4) / w.sum())
        assert line(table, "Mean").cells[place].value == pytest.approx(mean)
        deviation = math.sqrt(w @ (v - mean) ** 2 / w.sum() * len(v) / (len(v) - 1))
        assert line(table, "Standard deviation").cells[place].value == pytest.approx(deviation)


def test_letters_of_means_are_those_of_a_weighted_welch_test_corrected_by_hand(table: BannerTable) -> None:
    found = [moments(wave) for wave in WAVES]
    p = {}
    for one, other in combinations(range(len(WAVES)), 2):
        (m1, e1, d1), (m2, e2, d2) = found[one], found[other]
        df = (e1 + e2) ** 2 / (e1**2 / d1 + e2**2 / d2)
        p[one, other] = float(2 * stats.t.sf(abs(m1 - m2) / math.sqrt(e1 + e2), df))
    expected = ["", "", ""]
    worst = 0.0
    for rank, (pair, value) in enumerate(sorted(p.items(), key=lambda item: item[1])):
        worst = max(worst, value * (len(p) - rank))
        high, low = sorted(pair, key=lambda i: -found[i][0])
        letter = "ABC"[low]
        expected[high] += letter if worst < 0.01 else letter.lower() if worst < 0.05 else ""
    letters = [cell.letters for cell in line(table, "Mean").cells[1:]]
    assert letters == ["".join(sorted(each, key=str.upper)) for each in expected]
    assert any(letters)


def moments(wave: str) -> tuple[float, float, float]:
    """The weighted mean, its linearised variance, and the degrees of freedom."""
    v, w = answers(wave)
    mean = float(w @ v / w.sum())
    variance = len(v) / (len(v) - 1) * float(w**2 @ (v - mean) ** 2) / w.sum() ** 2
    return mean, variance, w.sum() ** 2 / (w @ w) - 1
