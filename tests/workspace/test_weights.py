"""weights.yaml, from the file to the figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from heedful.errors import InputError
from heedful.workspace import Workspace
from tests.workspace.conftest import Run, Write

# 80 in Latvia, all promoters; 20 in Norway, all detractors.
PEOPLE = "whom,land\n" + "".join(f"p{n},{'LV' if n < 80 else 'NO'}\n" for n in range(100))
SURVEY = "id,whom,day,likely\n" + "".join(
    f"{n},p{n},2026-03-{n % 28 + 1:02},{10 if n < 80 else 0}\n" for n in range(100)
)
WEIGHTS = "recommend:\n  where: scale = 'nps'\n  margins: {country: {LV: 0.5, NO: 0.5}}\n"
SOURCE = """
    files: {survey: survey.csv}
    rows:
      - into: feedback
        feedback_id: id
        customer_id: whom
        occurred_at: day
        channel: "'survey'"
        scale: "'nps'"
        score: likely
"""


@pytest.fixture
def survey(write: Write) -> Write:
    """A workspace with a survey in which Latvia answers four times as often as Norway, and margins that say half."""

    def make(**files: str) -> Path:
        given = {
            "sources__survey": SOURCE, "survey.csv": SURVEY, "people.csv": PEOPLE, "weights": WEIGHTS, **files,
        }  # fmt: skip
        return write(**given)

    return make


def test_raked_answers_count_as_their_margins_say_unless_plain_ones_are_asked_for(survey: Write) -> None:
    with Workspace(survey()) as workspace:
        list(workspace.pull())
        (wave,) = workspace.weigh()
        weighted = workspace.measure("nps")[0]
        plain = workspace.measure("nps", weighted=False)[0]
    assert wave.respondents == 100
    assert [wave.n_eff, wave.deff] == pytest.approx([64, 1.5625])
    assert (weighted.value, weighted.n) == (pytest.approx(0, abs=1e-6), 100)
    assert (plain.value, plain.n) == (pytest.approx(60), 100)


def test_pull_weighs_and_prints_the_design_effect(survey: Write, run: Run) -> None:
    folder = survey()
    code, out, _ = run("pull", "-w", folder)
    assert code == 0
    assert "weights: recommend: 100 respondents count as 64 (design effect 1.56)" in out.splitlines()
    code, out, _ = run("measure", "nps", "-w", folder, "--format", "csv", "--param", "weighted=false")
    assert out.splitlines()[1].split(",")[4] == "60.0"


def test_each_wave_is_weighted_by_itself(survey: Write) -> None:
    waves = SURVEY.replace("likely\n", "likely,wave\n", 1)
    waves = "\n".join(
        line if i == 0 else f"{line},{'spring' if i % 2 else 'autumn'}" for i, line in enumerate(waves.splitlines())
    )
    folder = survey(sources__survey=SOURCE + "        wave: wave\n", **{"survey.csv": waves + "\n"})
    with Workspace(folder) as workspace:
        list(workspace.pull())
        found = workspace.weigh()
        figures = workspace.measure("nps", by="wave")
    assert [(w.wave, w.respondents) for w in found] == [("autumn", 50), ("spring", 50)]
    assert [row.value for row in figures] == [pytest.approx(0, abs=1e-6)] * 2


@pytest.mark.parametrize(
    ("margin", "said"),
    [
        (
            "{LV: 0.5, NO: 0.3, EE: 0.2}",
            'Margin "country": nobody among the respondents is "EE". Merge it with another category.',
        ),
        (
            "{LV: 0.5, SE: 0.5}",
            'Margin "country": respondents are "NO", which has no share. Stated: LV, SE.',
        ),
    ],
)
def test_a_margin_that_does_not_fit_the_respondents_is_told_and_the_command_exits_with_2(
    margin: str, said: str, survey: Write, run: Run
) -> None:
    folder = survey(weights=WEIGHTS.replace("{LV: 0.5, NO: 0.5}", margin))
    code, _, err = run("pull", "-w", folder)
    assert code == 2
    assert 'weights.yaml: "recommend" cannot be weighted.' in err
    assert said in err.splitlines()


def test_respondents_without_a_category_are_counted(survey: Write) -> None:
    with Workspace(survey(**{"people.csv": PEOPLE.replace("p7,LV\n", "").replace("p90,NO\n", "p90,\n")})) as workspace:
        list(workspace.pull())
        with pytest.raises(InputError, match="2 of 100 respondents have no country; give them one or leave them out"):
            workspace.weigh()


def test_without_the_file_nothing_is_weighted_any_more(survey: Write) -> None:
    folder = survey()
    with Workspace(folder) as workspace:
        list(workspace.pull())
        workspace.weigh()
        assert workspace.measure("nps")[0].value == pytest.approx(0, abs=1e-6)
    (folder / "weights.yaml").unlink()
    with Workspace(folder) as workspace:
        assert workspace.weigh() == ()
        assert workspace.measure("nps")[0].value == pytest.approx(60)
        assert workspace.lake.snapshot(["weights"])["weights"].uris == ()


def test_a_weight_column_counts_without_any_file(survey: Write) -> None:
    rows = ["id,whom,day,likely,w", "1,p1,2026-03-01,10,1", "2,p2,2026-03-01,0,3"]
    folder = survey(sources__survey=SOURCE + "        weight: w\n", **{"survey.csv": "\n".join(rows) + "\n"})
    (folder / "weights.yaml").unlink()
    with Workspace(folder) as workspace:
        list(workspace.pull())
        assert workspace.measure("nps")[0].value == pytest.approx(-50)
        assert workspace.measure("nps", weighted=False)[0].value == pytest.approx(0)
