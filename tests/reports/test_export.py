"""Files for other programs, read back by those programs' own libraries."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from heedful.errors import InputError
from heedful.measures.results import Result, Row
from heedful.reports.codebook import Codebook, of_table
from heedful.reports.contents import result_content
from heedful.reports.export import Content, write
from heedful.reports.spss import REASONS, valid_names
from heedful.streams.schema import FEEDBACK, INSTANT, MONEY, TEXT

WHEN = datetime(2026, 3, 31, 12, 30, 15, tzinfo=UTC)
LONG = ("ร้านนี้ดีมาก " * 400).strip()  # SPSS keeps no spaces at the end


def feedback(**columns: list[object]) -> Content:
    """Two answers, of which the second leaves out what may be left out."""
    schema = FEEDBACK.arrow_schema({})
    base = {
        "source": ["survey", "survey"], "feedback_id": ["1", "2"], "occurred_at": [WHEN, WHEN], "score": [9.0, None],
        "channel": ["survey", "review"], "brand": ["Nordlys"] * 2, "text": [LONG, None], "weight": [1.5, 0.5],
        "question": ["แนะนำไหม", None], "revision": [1, 1], "ingested_at": [WHEN, WHEN],
    }  # fmt: skip
    filled = {name: base.get(name, [None, None]) for name in schema.names} | columns
    table = pa.table(filled, schema=schema)
    return Content(schema, table.to_batches(), 2, of_table(FEEDBACK, schema, {"question": ["แนะนำไหม"]}))


def odd(**columns: tuple[pa.DataType, list[object]]) -> Content:
    """Columns of any name and type."""
    schema = pa.schema([(name, kind) for name, (kind, _) in columns.items()])
    table = pa.table([pa.array(v, kind) for kind, v in columns.values()], schema=schema)
    from heedful.streams.schema import Table

    known = Table("odd", "one odd row", (), {}, "fact")
    return Content(schema, table.to_batches(), table.num_rows, of_table(known, schema, {}))


def test_an_spss_file_keeps_labels_levels_dates_thai_and_long_texts(tmp_path: Path) -> None:
    path = tmp_path / "answers.sav"
    write(feedback(), path)
    rows, meta = pyreadstat.read_sav(str(path), output_format="dict")
    assert "the answer as given" in str(meta.column_names_to_labels["score"])
    assert meta.variable_value_labels["channel"][1.0] == "survey"
    assert rows["channel"] == [1.0, 2.0]
    assert meta.variable_value_labels["question"] == {1.0: "แนะนำไหม"}
    assert rows["text"] == [LONG, ""]
    assert rows["occurred_at"] == [WHEN.replace(tzinfo=None)] * 2
    assert rows["score"][0] == 9.0
    assert meta.variable_measure["score"] == "scale"
    assert meta.variable_measure["channel"] == "nominal"


def test_why_a_figure_is_missing_stays_a_user_missing_value(tmp_path: Path) -> None:
    path = tmp_path / "nps.sav"
    months = (date(2026, 1, 1), date(2026, 1, 31))
    known = Row("nps", "all", {}, *months, 12.5, 8.0, 17.0, 300, 280, 270.0, "points")
    none = Row("nps", "all", {}, *months, None, None, None, 0, 0, None, "points", None, "no_answers")
    write(result_content(Result("nps", "Net Promoter Score", (known, none))), path)
    plain, _ = pyreadstat.read_sav(str(path), output_format="dict")
    kept, meta = pyreadstat.read_sav(str(path), output_format="dict", user_missing=True)
    code = next(code for code, said in REASONS.items() if said == "no answers")
    assert kept["value"] == [12.5, code]
    assert meta.variable_value_labels["value"][code] == "no answers"
    assert meta.missing_ranges["value"] == [{"lo": min(REASONS), "hi": max(REASONS)}]
    assert plain["value"][1] is None or plain["value"][1] != plain["value"][1]
    assert kept["period_start"] == [date(2026, 1, 1)] * 2


def test_names_that_spss_does_not_allow_are_made_valid_and_told_in_the_codebook(tmp_path: Path) -> None:
    path = tmp_path / "odd.sav"
    write(odd(by=(TEXT, ["a"]), to=(TEXT, ["b"]), ชื่อ=(TEXT, ["c"]), x=(pa.bool_(), [True])), path)
    _, meta = pyreadstat.read_sav(str(path), output_format="dict")
    assert meta.column_names == ["by_", "to_", "v_3", "x"]
    assert "by is by_, to is to_, ชื่อ is v_3" in (tmp_path / "odd.sav.codebook.txt").read_text(encoding="utf-8")
    with (tmp_path / "odd.sav.codebook.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {r["column"]: r["name in the file"] for r in rows if not r["value"]}["ชื่อ"] == "v_3"


def test_no_two_columns_get_one_name_in_spss() -> None:
    given = valid_names(["a b", "a_b", "A_B", "_", "x" * 80, "x" * 81])
    assert len({name.upper() for name in given.values()}) == 6
    assert all(len(name) <= 64 for name in given.values())


def test_a_workbook_has_typed_cells_a_frozen_header_and_a_codebook(tmp_path: Path) -> None:
    path = tmp_path / "answers.xlsx"
    write(feedback(), path)
    book = openpyxl.load_workbook(path)
    sheet = book["Data"]
    header = [c.value for c in sheet[1]]
    first = dict(zip(header, [c.value for c in sheet[2]], strict=True))
    assert header == FEEDBACK.arrow_schema({}).names
    assert first["score"] == 9
    assert first["occurred_at"] == WHEN.replace(tzinfo=None)
    assert first["text"] == LONG
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.b
    assert sheet.column_dimensions["A"].width > 7
    codebook = [[c.value for c in row] for row in book["Codebook"].iter_rows()]
    assert ["channel", None, None, "channel", "survey", "survey", None, None] in codebook


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "=HYPERLINK(1)"])
def test_no_text_becomes_a_formula(text: str, tmp_path: Path) -> None:
    content = feedback(text=[text, "fine"])
    write(content, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"]
    cell = sheet.cell(2, FEEDBACK.arrow_schema({}).names.index("text") + 1)
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)
    done = write(content, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["text"] == f"'{text}"
    assert "1 texts that begin like a formula" in " ".join(done.notes)


def test_what_a_cell_cannot_hold_is_cut_and_counted(tmp_path: Path) -> None:
    done = write(feedback(text=["x" * 1_000_000, "bell\x07"]), tmp_path / "a.xlsx")
    assert "1 texts of more than 32,767 characters are cut" in " ".join(done.notes)
    assert "1 texts lost control characters" in " ".join(done.notes)
    whole = write(feedback(text=["x" * 1_000_000, None]), tmp_path / "a.csv")
    assert "cut" not in " ".join(whole.notes)
    short = write(feedback(text=["ก" * 20_000, None]), tmp_path / "a.sav")
    assert "1 texts of more than 32,767 bytes are cut" in " ".join(short.notes)


def test_csv_has_its_codebook_beside_it_and_keeps_money_and_instants(tmp_path: Path) -> None:
    content = odd(amount=(MONEY, [Decimal("12.30"), None]), at_=(INSTANT, [WHEN, None]), n=(pa.int64(), [2**60, 0]))
    done = write(content, tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1].replace('"', "") == f"12.30,2026-03-31T12:30:15.000000Z,{2**60}"
    assert lines[2].replace('"', "") == ",,0"
    assert [f.name for f in done.files] == ["a.csv", "a.csv.codebook.csv", "a.csv.codebook.txt"]


def test_numbers_too_large_and_dates_too_old_for_a_workbook_are_told_as_text(tmp_path: Path) -> None:
    old = datetime(1815, 6, 18, tzinfo=UTC)
    write(odd(n=(pa.int64(), [2**60]), at_=(INSTANT, [old])), tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"]
    assert [c.value for c in sheet[2]] == [str(2**60), "1815-06-18T00:00:00"]


def test_parquet_keeps_types_and_carries_meanings(tmp_path: Path) -> None:
    write(feedback(), tmp_path / "a.parquet")
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert schema.equals(FEEDBACK.arrow_schema({}))
    assert schema.field("text").metadata[b"description"] == b"the words"


@pytest.mark.parametrize(("ending", "rows", "said"), [
    ("xlsx", 1_048_576, "holds 1,048,575 rows below its header, and these are 1,048,576. Write a.parquet or a.csv"),
    ("sav", 2_000_001, "An SPSS file is made in memory, at most 2,000,000 rows of it"),
])  # fmt: skip
def test_too_many_rows_are_refused_before_anything_is_written(
    ending: str, rows: int, said: str, tmp_path: Path
) -> None:
    content = Content(pa.schema([("a", TEXT)]), [], rows, Codebook("a", ()))
    with pytest.raises(InputError, match=said):
        write(content, tmp_path / f"a.{ending}")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write(feedback(), path)
    before = path.read_bytes()
    good = feedback()

    def breaking() -> object:
        yield from good.batches
        raise InputError("the disk is full")

    with pytest.raises(InputError, match="disk"):
        write(Content(good.schema, breaking(), 4, good.codebook), path, force=True)  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "a.csv.codebook.csv", "a.csv.codebook.txt"]


@pytest.mark.parametrize(("name", "said"), [
    ("a.xls", 'ends in ".xls", which says no format. Closest: xlsx. Name it .parquet, .csv, .xlsx or .sav.'),
    ("a", "has no ending"),
    ("none/a.csv", "does not exist. mkdir -p"),
    ("taken.csv", "exists already. Name another file, or overwrite it: --force"),
    ("folder.csv", "is a folder"),
])  # fmt: skip
def test_a_target_that_cannot_be_written_is_refused(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "taken.csv").write_text("mine", encoding="utf-8")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError) as refused:
        write(feedback(), tmp_path / name)
    assert said in str(refused.value)
    assert (tmp_path / "taken.csv").read_text(encoding="utf-8") == "mine"
