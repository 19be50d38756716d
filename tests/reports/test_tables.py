"""Banner tables as they leave the house: small bases hidden, in a page, a workbook and a file."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from heedful.errors import InputError
from heedful.measures.banner_results import BannerTable, Base, Block, Cell, Column, Line
from heedful.reports.table_files import write_table
from heedful.reports.tables import html, suppress_table, text


def table(*customers: int, outside: int = 0, title: str = "Overall", overlapping: bool = False) -> BannerTable:
    """A question by country with that many customers in each group."""
    names = ("EE", "LT", "LV", "FI")[: len(customers)]
    columns = (Column("", "Total"), *(Column("country", n, "ABCD"[i]) for i, n in enumerate(names)))
    total = sum(customers) + outside
    bases = tuple(Base(n, n, float(n), float(n), None if n >= 30 else "few") for n in (total, *customers))
    cells = (Cell(0.5, total // 2), *(Cell(0.25 * (i + 1), n // 2, "a" * (i > 0)) for i, n in enumerate(customers)))
    lines = (Line("Top 2", "net", cells), Line("Mean", "mean", tuple(replace(c, value=-0.5) for c in cells)))
    block = Block("overall", title, False, bases, lines, {"country": outside})
    return BannerTable(columns, (block,), False, overlapping=frozenset({"country"}) if overlapping else frozenset())


def hidden(shown: BannerTable) -> list[str]:
    return [c.label for c, base in zip(shown.columns, shown.blocks[0].bases, strict=True) if base.flag == "hidden"]


def test_a_small_column_is_hidden_with_the_next_smallest_and_names_nobody_any_more() -> None:
    shown = suppress_table(table(3, 40, 50))
    assert hidden(shown) == ["EE", "LT"]
    for line in shown.blocks[0].lines:
        assert [c.value for c in line.cells[1:3]] == [None, None]
        assert "a" not in line.cells[3].letters
    assert suppress_table(shown) == shown


def test_a_small_column_needs_no_companion_where_enough_customers_are_in_no_column() -> None:
    assert hidden(suppress_table(table(3, 40, 50, outside=9))) == ["EE"]


def test_of_overlapping_groups_one_is_shown_only_if_what_is_left_of_the_total_is_large_enough() -> None:
    assert hidden(suppress_table(table(40, 3, overlapping=True))) == ["EE", "LT"]


def test_large_columns_stay_as_they_are() -> None:
    whole = table(40, 50)
    assert suppress_table(whole) == whole


def test_the_page_needs_nothing_else_and_escapes_what_people_wrote() -> None:
    page = html(table(3, 40, 50, title="<script>alert(1)</script>"), company="Nordlys & Co")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "Nordlys &amp; Co" in page
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    assert "25\u00a0%" in page
    assert "\u22120.50" in page
    assert '<span class="letters" data-type="bold">a</span>' in page


def test_a_workbook_has_figures_as_numbers_and_letters_beneath(tmp_path: Path) -> None:
    path = tmp_path / "tables.xlsx"
    write_table(table(40, 50, title="=1+1"), path, company="Nordlys")
    book = openpyxl.load_workbook(path)
    rows = [[c.value for c in row] for row in book["Table"].iter_rows()]
    assert rows[0][:3] == [None, None, "country"]
    assert rows[1] == [None, "Total", "EE (A)", "LT (B)"]
    place = next(i for i, row in enumerate(rows) if row[0] == "Top 2")
    assert rows[place][1:] == [0.5, 0.25, 0.5]
    assert rows[place + 1][1:] == [None, None, "a"]
    assert book["Table"].cell(place + 1, 2).number_format == "0%"
    assert book["Table"].freeze_panes == "B3"
    title = next(c for c in book["Table"]["A"] if c.value == "=1+1")
    assert title.data_type == "s"
    assert any("Holm" in str(row[0].value) for row in book["How to read it"].iter_rows())


def test_a_hidden_column_has_no_figure_in_any_file(tmp_path: Path) -> None:
    shown = suppress_table(table(3, 40, 50))
    write_table(shown, tmp_path / "t.xlsx")
    rows = [[c.value for c in row] for row in openpyxl.load_workbook(tmp_path / "t.xlsx")["Table"].iter_rows(min_row=3)]
    assert {v for row in rows for v in row[2:4]} == {None, "hidden"}
    write_table(shown, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        told = [row for row in csv.DictReader(file) if row["column"] in ("EE", "LT")]
    assert {(row["value"], row["n"], row["base"], row["flag"]) for row in told} == {("", "0", "0", "hidden")}
    assert "hidden" in text(shown)


@pytest.mark.parametrize(("name", "said"), [
    ("t.pdf", 'ends in ".pdf", which says no format. Name it .xlsx, .html or .csv.'),
    ("none/t.html", "does not exist"),
    ("taken.html", "exists already"),
])  # fmt: skip
def test_a_target_that_cannot_be_written_is_refused(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "taken.html").touch()
    with pytest.raises(InputError) as refused:
        write_table(table(40, 50), tmp_path / name)
    assert said in str(refused.value)
