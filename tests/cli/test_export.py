"""`heedful export` and `heedful table`, as a person runs them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from heedful.measures.results import RESERVED
from tests.cli.conftest import Run


def test_a_table_is_exported_with_the_rows_and_columns_asked_for(run: Run, shop: Path, tmp_path: Path) -> None:
    asked = ("--where", "scale = 'nps'", "--columns", "score, customer_id", "--limit", "7")
    done = run("export", "feedback", tmp_path / "a.parquet", *asked, "-w", shop)
    table = pq.read_table(tmp_path / "a.parquet")
    assert done.code == 0
    assert (table.column_names, table.num_rows) == (["score", "customer_id"], 7)
    assert "7 rows" in done.out
    assert "rows of customers, one by one" in done.err


def test_customers_are_exported_with_the_attributes_that_the_workspace_declares(
    run: Run, shop: Path, tmp_path: Path
) -> None:
    assert run("export", "customers", tmp_path / "a.csv", "--where", "country = 'LV'", "-w", shop).code == 0
    assert "country (text)" in (tmp_path / "a.csv.codebook.txt").read_text(encoding="utf-8")


def test_small_bases_are_hidden_in_exported_figures_unless_asked_for(run: Run, shop: Path, tmp_path: Path) -> None:
    asked = ("export", "nps", "--by", "country", "--over", "month", "-w", shop)
    done = run(*asked, tmp_path / "a.parquet")
    rows = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert {*RESERVED, "country"} == set(rows[0])
    assert not [r for r in rows if 0 < r["customers"] < 5]
    assert f"{sum(r['reason'] == 'hidden' for r in rows)} figures are hidden" in done.out
    done = run(*asked, tmp_path / "b.parquet", "--with-small-bases")
    assert [r for r in pq.read_table(tmp_path / "b.parquet").to_pylist() if 0 < r["customers"] < 5]
    assert "keep it to those who may see customers" in done.err


def test_an_empty_table_is_a_file_with_a_header(run: Run, shop: Path, tmp_path: Path) -> None:
    for ending in ("csv", "xlsx", "parquet", "sav"):
        done = run("export", "weights", tmp_path / f"a.{ending}", "--force", "-w", shop)
        assert (done.code, "0 rows" in done.out) == (0, True), done.err
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").startswith('"source","feedback_id","wave","weight"')


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fedback", "a.csv"], 'There is no table or measure "fedback". Closest: feedback.'),
        (["feedback", "a.xls"], "Closest: xlsx"),
        (["feedback", "a.csv", "--columns", "scor"], 'There is no column "scor" of "feedback". Closest: score.'),
        (["feedback", "a.csv", "--where", "scor > 1"], "score"),
        (["feedback", "a.csv", "--by", "unit"], '"feedback" is a table, and --by is for a measure. Leave it out.'),
        (["nps", "a.csv", "--limit", "3"], '"nps" is no table, and --limit is for a table. Leave it out.'),
        (["feedback", "a.csv", "--limit", "-1"], "--limit -1 is negative"),
    ],
)
def test_bad_input_is_refused_with_what_would_be_right(
    words: list[str], said: str, run: Run, shop: Path, tmp_path: Path
) -> None:
    name, out, *options = words
    done = run("export", name, tmp_path / out, *options, "-w", shop)
    assert done.code == 2
    assert said in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_banner_table_is_shown_and_written(run: Run, shop: Path, tmp_path: Path) -> None:
    done = run("table", "nps", "--by", "country", "--net", "Nines=9", "-w", shop)
    assert done.code == 0
    assert "Net Promoter Score" in done.out
    assert "Nines" in done.out
    assert "LV (" in done.out
    written = run("table", "nps", "csat", "--by", "country", "-o", tmp_path / "t.html", "-w", shop)
    assert written.out == f"Written: {tmp_path / 't.html'}\n"
    again = run("table", "nps", "-o", tmp_path / "t.html", "-w", shop)
    assert (again.code, "--force" in again.err) == (2, True)


def test_a_question_that_nobody_was_asked_is_refused_with_the_closest(run: Run, shop: Path) -> None:
    done = run("table", "npss", "--by", "country", "-w", shop)
    assert done.code == 2
    assert 'There is no question "npss". Closest: nps.' in done.err


def test_a_table_too_wide_for_the_terminal_is_shown_in_parts_each_with_the_total(run: Run, shop: Path) -> None:
    done = run("table", "nps", "--by", "country", "--by", "wave", "--by", "language", "-w", shop)
    drawn = done.out.split("Percentages are of")[0].splitlines()
    heads = [each for each in drawn if "Total" in each]
    assert len(heads) > 1
    assert all(len(each) <= 160 for each in drawn)
    assert " ".join(heads).count("(A)") == 3


def test_a_fault_in_tables_yaml_is_found_by_check(run: Run, shop: Path, tmp_path: Path) -> None:
    shutil.copytree(shop, tmp_path / "shop", ignore=shutil.ignore_patterns("lake", "data"))
    (tmp_path / "shop" / "tables.yaml").write_text("nps:\n  nets: {Nines: []}\n", encoding="utf-8")
    done = run("check", "-w", tmp_path / "shop")
    assert done.code == 2
    assert 'tables.yaml:2: the net "Nines" is empty' in done.out + done.err
