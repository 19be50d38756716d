"""The examples' pages tell the truth: their commands run, and print what the pages show, on the real data."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from heedful.cli import heedful
from heedful.workspace import Workspace, open_workspace
from tests.project.console_blocks import SavedFile, missing_line, steps
from tests.real_data import real_data

EXAMPLES = Path(__file__).parents[2] / "examples"
DATA = {"shop": "olist", "telecom": "telco_churn", "airport": "sfo_customer_survey"}
NAMES = sorted([*DATA, "retailer"])


def page_of(name: str) -> str:
    return (EXAMPLES / name / "README.md").read_text(encoding="utf-8")


def prose_of(name: str) -> str:
    """The page without its line breaks."""
    return " ".join(page_of(name).split())


def copied(name: str, folder: Path) -> Path:
    """The example, with its data where its page wants them; the retailer's ship with it."""
    shutil.copytree(EXAMPLES / name, folder / name)
    if name in DATA:
        (folder / name / "data").symlink_to(real_data(DATA[name]), target_is_directory=True)
    return folder / name


def faults(markdown: str, folder: Path) -> Iterator[str]:
    """What `heedful` does not print in `folder` as the page says. In this process: forty starts take a minute."""
    for step in steps(markdown):
        if isinstance(step, SavedFile):
            (folder / step.name).write_text(step.text, encoding="utf-8")
            continue
        program, *arguments = shlex.split(step.text)
        assert program == "heedful"
        done = CliRunner().invoke(heedful, ["-w", str(folder), *arguments], env={"COLUMNS": "120", "NO_COLOR": "1"})
        if done.exit_code or (absent := missing_line(step.shown, done.output)) is not None:
            wanted = "" if done.exit_code else f"no line `{absent}` there, but "
            yield f"line {step.line}: `{step.text}` ended with {done.exit_code} and printed {wanted}:\n{done.output}"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_an_examples_page_prints_what_the_page_shows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied(name, tmp_path)
    monkeypatch.chdir(folder)
    assert list(faults(page_of(name), folder)) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_examples_page_names_its_licence_and_says_how_to_make_a_stand_in(name: str) -> None:
    assert "| Licence |" in page_of(name)
    assert "heedful simulate " in page_of(name)


def test_the_telecoms_page_repeats_the_segments_that_the_example_has() -> None:
    assert (EXAMPLES / "telecom" / "segments.yaml").read_text(encoding="utf-8") in page_of("telecom")


def test_the_airports_page_gives_the_score_and_what_weights_cost(tmp_path: Path) -> None:
    with open_workspace(copied("airport", tmp_path)) as workspace:
        list(workspace.pull("wave_2017"))
        (weighted,), (plain,) = workspace.measure("nps"), workspace.measure("nps", weighted=False)
    assert weighted.value is not None
    assert weighted.n_eff is not None
    assert f"2017 is {weighted.value:.1f}**" in prose_of("airport")
    assert f"{plain.value:.1f} of those who happened" in prose_of("airport")
    assert f"as good as {weighted.n_eff:,.0f} of a simple random sample" in prose_of("airport")
    assert f"a design effect of {weighted.n / weighted.n_eff:.2f}" in prose_of("airport")


def value_of(workspace: Workspace, measure: str, where: str | None = None) -> float:
    (row,) = workspace.measure(measure, where=where)
    assert row.value is not None
    return float(row.value)


def test_the_retailers_page_gives_the_figures_of_the_whole_file(tmp_path: Path) -> None:
    page = prose_of("retailer")
    named, nameless = "customer_id is not null", "customer_id is null"
    with open_workspace(copied("retailer", tmp_path)) as workspace:
        list(workspace.pull(variables={"data": str(real_data("online_retail"))}))
        came_back = value_of(workspace, "repeat_rate")
        returned = [value_of(workspace, "return_rate", where) for where in (named, nameless)]
        pieces = [value_of(workspace, "order_pieces", where) for where in (named, nameless)]
        orders = value_of(workspace, "orders", nameless)
    assert f"59 to 73 | {100 * came_back:.1f} % |" in page
    assert f"13 to 21 | {100 * returned[0]:.1f} % | {100 * returned[1]:.1f} % |" in page
    assert f"156 to 224 | {pieces[0]:g} | {pieces[1]:g} |" in page
    assert f"The {orders:,.0f} orders **without a customer number**" in page
