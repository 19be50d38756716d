from __future__ import annotations

import csv
import io
import json
import pkgutil
import shutil
from importlib import import_module
from pathlib import Path

import click
import pyarrow.parquet as pq
import pytest

import heedful.cli.commands
from heedful.measures.results import RESERVED
from tests.cli.conftest import Run

COMMANDS = [m.name for m in pkgutil.iter_modules(heedful.cli.commands.__path__)]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_shows_an_example_that_names_it(name: str, run: Run) -> None:
    done = run(name, "--help")
    assert done.code == 0
    assert f"Example: heedful {name}" in done.out
    command: click.Command = import_module(f"heedful.cli.commands.{name}").command
    assert command.help


def test_a_mistyped_command_is_answered_with_the_closest_one(run: Run) -> None:
    done = run("mesure", "nps")
    assert done.code == 2
    assert "Closest: measure" in done.err


def test_the_workspace_may_stand_before_or_after_the_command(run: Run, shop: Path) -> None:
    before = run("-w", shop, "measure", "nps", "--format", "json")
    after = run("measure", "nps", "--format", "json", "--workspace", shop)
    assert before.code == after.code == 0
    assert before.out == after.out


def test_json_is_an_array_of_result_rows_with_unrounded_numbers(run: Run, shop: Path) -> None:
    done = run("measure", "nps", "--by", "country", "--over", "quarter", "--format", "json", "-w", shop)
    rows = json.loads(done.out)
    assert {*RESERVED, "country"} == set(rows[0])
    assert any(len(str(row["value"])) > 8 for row in rows if row["value"] is not None)


def test_csv_and_parquet_hold_the_same_rows_as_json(run: Run, shop: Path, tmp_path: Path) -> None:
    asked = ("measure", "csat", "--by", "country", "-w", shop)
    rows = json.loads(run(*asked, "--format", "json").out)
    of_csv = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv").out)))
    run(*asked, "--format", "parquet", "--output", tmp_path / "rows.parquet")
    of_parquet = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert [r["value"] for r in of_parquet] == [r["value"] for r in rows]
    assert [float(r["value"]) for r in of_csv] == [r["value"] for r in rows]


def test_sql_prints_the_query_and_not_the_figure(run: Run, shop: Path) -> None:
    done = run("measure", "on_time_rate", "--sql", "-w", shop)
    assert done.code == 0
    assert done.out.lstrip().upper().startswith(("WITH", "SELECT"))
    assert "FROM activity" in done.out


def test_a_comparison_with_the_rest_says_what_is_real(run: Run, shop: Path) -> None:
    done = run("measure", "csat", "--by", "country", "--against", "rest", "--format", "json", "-w", shop)
    rows = json.loads(done.out)
    assert {"difference", "difference_low", "difference_high", "p", "other_value"} <= set(rows[0])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("measure", "npss"), "Closest: nps"),
        (("measure", "nps", "--by", "contry"), "Closest: country"),
        (("measure", "nps", "--where", "scor > 3"), "Closest: score"),
        (("measure", "nps", "--where", "read_csv('/etc/passwd') is not null"), "read_csv"),
        (("measure", "nps", "--from", "1.2.2026"), "2026-03-31"),
        (("measure", "nps", "--from", "2026-05-01", "--to", "2026-04-01"), "Swap them"),
        (("measure", "inactivity_churn", "--param", "window_days=-3"), "at least 1"),
        (("measure", "nps", "--param", "window_days=3"), "parameter"),
        (("measure", "nps", "--param", "window_days"), "NAME=VALUE"),
        (("pull", "nothing"), 'no source "nothing"'),
        (("report", "page.pdf"), "page.html"),
    ],
)
def test_wrong_input_ends_with_2_and_says_what_would_be_right(
    words: tuple[str, ...], said: str, run: Run, shop: Path
) -> None:
    done = run(*words, "-w", shop)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_folder_without_a_workspace_is_named_with_what_to_type(run: Run, tmp_path: Path) -> None:
    done = run("score", "-w", tmp_path)
    assert done.code == 2
    assert "heedful init" in done.err


@pytest.mark.parametrize("template", ["retail", "saas", "public-service", "charity"])
def test_a_template_pulls_and_scores_at_once(template: str, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert run("init", folder, "--template", template).code == 0
    assert run("check", "-w", folder).code == 0
    pulled = run("pull", "-w", folder)
    assert (pulled.code, pulled.err.count("rejected")) == (0, 0)
    scored = run("score", "-w", folder, "--format", "json")
    assert scored.code == 0
    assert any(row["value"] is not None for row in json.loads(scored.out))


def test_init_never_writes_into_a_folder_that_holds_something(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear customer")
    done = run("init", tmp_path)
    assert done.code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_scoring_before_pulling_says_to_pull(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path / "new")
    done = run("score", "-w", tmp_path / "new")
    assert done.code == 2
    assert "heedful pull" in done.err


def test_a_dry_run_shows_mapped_rows_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path / "new")
    done = run("pull", "--dry-run", "-w", tmp_path / "new")
    assert done.code == 0
    assert "nothing written" in done.out
    assert "kind=order" in done.out
    assert "heedful pull" in run("score", "-w", tmp_path / "new").err


def test_check_names_every_problem_with_file_and_line(run: Run, shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(shop, folder, ignore=shutil.ignore_patterns("lake", "data"))
    (folder / "measures.yaml").write_text("broken:\n  stream: activity\n  where: kid = 'order'\n  count: true\n")
    (folder / "segments.yaml").write_text("care:\n  exclusive: true\n")
    done = run("check", "-w", folder)
    assert done.code == 2
    assert "segments.yaml:1" in done.err


def test_the_scorecard_of_the_simulated_shop_names_its_missed_objective(run: Run, shop: Path) -> None:
    done = run("score", "-w", shop)
    assert done.code == 0
    assert "▲ missed" in done.out


def test_a_report_is_one_page_that_fetches_nothing(run: Run, shop: Path, tmp_path: Path) -> None:
    page = tmp_path / "scorecard.html"
    assert run("report", page, "-w", shop).code == 0
    text = page.read_text(encoding="utf-8")
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text


def test_doctor_is_content_with_a_sound_workspace(run: Run, shop: Path) -> None:
    done = run("doctor", "-w", shop)
    assert (done.code, "Nothing is wrong." in done.out) == (0, True)


def test_compact_keeps_every_figure(run: Run, shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(shop, folder)
    before = run("measure", "csat", "--over", "month", "--format", "json", "-w", folder).out
    assert run("compact", "-w", folder).code == 0
    assert run("measure", "csat", "--over", "month", "--format", "json", "-w", folder).out == before


def test_a_formula_in_a_name_stays_text_in_csv(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path / "new", "--template", "retail")
    orders = next((tmp_path / "new" / "data").glob("orders*.csv"))
    lines = orders.read_text(encoding="utf-8").splitlines()
    assert lines
    done = run("measures", "--format", "csv")
    assert not any(line.startswith(("=", "+", "@")) for line in done.out.splitlines())
