"""What holds for every simulated company."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from heedful.errors import InputError
from heedful.simulate import KINDS, Kind, Truth, simulate
from heedful.workspace import Workspace


def digests(folder: Path) -> dict[str, str]:
    """The digest of every file under `folder`, by its path."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_writes_the_same_bytes(kind: Kind, tmp_path: Path) -> None:
    for name in ("one", "two"):
        simulate(kind, tmp_path / name, customers=200, months=6, seed=9)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_makes_another_company(kind: Kind, tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate(kind, tmp_path / str(seed), customers=200, months=6, seed=seed)
    one, two = digests(tmp_path / "1" / "data"), digests(tmp_path / "2" / "data")
    assert [name for name in one if one[name] == two[name]] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_written_truth_is_the_returned_one(kind: Kind, tmp_path: Path) -> None:
    truth = simulate(kind, tmp_path, customers=200, months=6)
    assert Truth.read(tmp_path / "data" / "truth.json") == truth


@pytest.mark.parametrize("kind", KINDS)
def test_the_workspace_has_nothing_to_mend(kind: Kind, tmp_path: Path) -> None:
    simulate(kind, tmp_path, customers=100, months=6)
    workspace = Workspace(tmp_path)
    assert [str(problem) for problem in workspace.check()] == []
    assert [finding for found in workspace.lint().findings for finding in found] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_realised_scatters_around_what_it_was_drawn_from(kind: Kind, tmp_path: Path) -> None:
    truth = simulate(kind, tmp_path, customers=3000, months=18, seed=4)
    shares = [f for f in truth.facts if f.unit == "share" and f.parameter is not None and f.n >= 100]
    shares = [f for f in shares if "effect" not in f.measure and f.measure != "market_share" and f.realised is not None]
    assert len(shares) > 20
    for fact in shares:
        assert fact.parameter is not None
        assert fact.realised is not None
        error = math.sqrt(max(fact.parameter * (1 - fact.parameter), 0.0025) / fact.n)
        assert abs(fact.realised - fact.parameter) < 5 * error, fact


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_change_nothing_changes(kind: Kind, tmp_path: Path) -> None:
    truth = simulate(kind, tmp_path, customers=500, months=12, change=False)
    measure = "first_contact_resolution" if kind == "telecom" else "on_time_rate"
    periods = {
        (period, tuple(f.segment.items())): f.parameter
        for f in truth.facts
        for period in ("before", "after")
        if f.measure == measure and f.period == period and ("team" in f.segment or "country" in f.segment)
    }
    assert truth.changes == ()
    for (_, segment), value in periods.items():
        other = periods.get(("after", segment))
        assert other is None or value is None or kind == "city" or other == pytest.approx(value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_company_may_be_tiny_and_young(kind: Kind, tmp_path: Path) -> None:
    truth = simulate(kind, tmp_path, customers=1, months=1)
    assert truth.until - truth.since == timedelta(days=30)
    assert {path.name for path in (tmp_path / "data").iterdir()} == {*truth.rows, "truth.json"}


def test_the_span_ends_with_the_day_that_was_asked_for(tmp_path: Path) -> None:
    truth = simulate("shop", tmp_path, customers=300, months=5, until=date(2025, 3, 14))
    reviews = [json.loads(line) for line in (tmp_path / "data" / "reviews.jsonl").read_text().splitlines()]
    assert (truth.since, truth.until) == (date(2024, 10, 15), date(2025, 3, 14))
    assert max(review["created_at"] for review in reviews) < "2025-03-14T22:00:00Z"


def test_a_workspace_is_never_written_over(tmp_path: Path) -> None:
    simulate("city", tmp_path, customers=20, months=2)
    before = digests(tmp_path)
    with pytest.raises(InputError, match="there is a workspace already"):
        simulate("city", tmp_path, customers=20, months=2, seed=2)
    assert digests(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kind": "bank"}, 'There is no simulated company "bank". There are: shop, telecom, city.'),
        ({"customers": 0}, "at least 1 customer"),
        ({"months": 0}, "at least 1 customer and 1 month"),
        ({"seed": -1}, "from 0 on"),
    ],
)
def test_senseless_arguments_are_refused(arguments: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        simulate(**{"kind": "shop", "folder": tmp_path / "new", **arguments})  # type: ignore[arg-type]
    assert not (tmp_path / "new").exists()


def test_a_file_that_is_no_truth_is_refused(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text("no")
    with pytest.raises(InputError, match=r"no truth\.json of a simulated company"):
        Truth.read(tmp_path / "truth.json")
