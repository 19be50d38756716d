"""The starters that `heedful init` copies."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from heedful.definitions import read_yaml
from heedful.scorecard.definition import ATTRIBUTES
from heedful.workspace import Workspace

TEMPLATES = ("retail", "saas", "public-service", "charity")


@pytest.fixture(params=TEMPLATES)
def starter(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    with as_file(files("heedful") / "templates" / str(request.param)) as origin:
        return Path(shutil.copytree(origin, tmp_path / "starter"))


def test_every_file_parses_and_explains_itself(starter: Path) -> None:
    found = sorted(starter.rglob("*.yaml"))
    assert {"heedful.yaml", "segments.yaml", "measures.yaml", "scorecard.yaml"} <= {path.name for path in found}
    for path in found:
        assert read_yaml(path).data
        assert path.read_text("utf-8").startswith("# "), f"{path.name} does not say what it is for"


def test_it_works_at_once_on_its_sample(starter: Path) -> None:
    workspace = Workspace(starter)
    assert [str(problem) for problem in workspace.check()] == []
    reports = list(workspace.pull())
    assert [report.rejected for report in reports] == [0] * len(reports)
    assert all(10 <= report.read <= 20 for report in reports)
    scored = workspace.score(as_of="2026-10-31")
    assert len(scored.objectives) == 3
    assert all(o.say and o.say.now.value is not None and o.do and o.do.now.value is not None for o in scored.objectives)


def test_the_lint_passes_its_objectives(starter: Path) -> None:
    linted = Workspace(starter).lint()
    assert [finding for found in linted.findings for finding in found] == []
    assert linted.notes == ()


@pytest.mark.parametrize("name", ["public-service", "charity"])
def test_who_sells_nothing_needs_no_revenue(name: str) -> None:
    scorecard = (files("heedful") / "templates" / name / "scorecard.yaml").read_text("utf-8")
    for measure in ("on_time_rate", "first_contact_resolution", "trust", "reach"):
        assert f"measure: {measure}" in scorecard or f"kpi: {measure}" in scorecard
    assert "revenue" not in scorecard


def test_every_attribute_of_an_offer_is_named_to_the_reader() -> None:
    for name in TEMPLATES:
        scorecard = (files("heedful") / "templates" / name / "scorecard.yaml").read_text("utf-8")
        assert ", ".join(ATTRIBUTES) in scorecard
