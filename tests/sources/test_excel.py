"""Excel workbooks: a sheet as a table, and what is wrong with it by the cell."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from heedful.errors import SourceError

ORDERS = """
    files: {orders: orders.xlsx}
    rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'", amount: paid, reason: remark}]
"""
HEADER = ("id", "day", "paid", "remark")


def book(path: Path, rows: Sequence[Sequence[Any]], change: Callable[[Any, Any], None] | None = None) -> None:
    workbook = openpyxl.Workbook()
    sheet: Any = workbook.active
    for row in rows:
        sheet.append(list(row))
    if change:
        change(workbook, sheet)
    workbook.save(path)


def computed(path: Path, cell: str, content: str) -> None:
    """Store `content` (XML) in `cell`, as Excel does when it computes; openpyxl does not."""
    held = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(held) as before, zipfile.ZipFile(path, "w") as after:
        for item in before.infolist():
            data = before.read(item.filename)
            if item.filename == "xl/worksheets/sheet1.xml":
                text = data.decode()
                start = text.index(f'<c r="{cell}"')
                end = text.index("</c>", start) + 4
                data = (text[:start] + content + text[end:]).encode()
            after.writestr(item, data)


def refused(workspace: Any, text: str = ORDERS) -> str:
    with pytest.raises(SourceError) as error:
        workspace.pull(text)
    assert workspace.rows("select * from activity") == [], "nothing was written"
    said: str = workspace.refusal(error)
    return said


def test_numbers_dates_and_text_of_a_sheet_become_rows(workspace: Any) -> None:
    rows = [
        HEADER,
        ("007", date(2024, 1, 1), 12.5, "cash"),
        (8, datetime.fromisoformat("2024-01-02 13:30"), 0.1 + 0.2, "Rīga, сегодня, วันนี้"),
        (None, None, None, None),
        ("9", date(2024, 1, 3), "3.20", None),
    ]
    book(workspace.folder / "orders.xlsx", rows)
    report = workspace.pull(ORDERS)
    assert (report.read, report.rejected) == (3, 0)
    assert 'orders: sheet "Sheet" of orders.xlsx read, 3 records' in report.notes
    found = workspace.rows("select activity_id, occurred_at::text as t, amount, reason from activity order by 1")
    assert [tuple(map(str, row.values())) for row in found] == [
        ("007", "2023-12-31 22:00:00+00", "12.50", "cash"),
        ("8", "2024-01-02 11:30:00+00", "0.30", "Rīga, сегодня, วันนี้"),
        ("9", "2024-01-02 22:00:00+00", "3.20", "None"),
    ]


def test_a_second_pull_of_the_same_workbook_changes_nothing(workspace: Any) -> None:
    book(workspace.folder / "orders.xlsx", [HEADER, ("1", date(2024, 1, 1), 2, None)])
    workspace.pull(ORDERS)
    assert workspace.pull(ORDERS).tables["activity"].unchanged == 1


def test_the_header_may_stand_below_other_rows(workspace: Any) -> None:
    book(workspace.folder / "orders.xlsx", [("Orders of May",), (), HEADER, ("1", date(2024, 1, 1), "much", None)])
    text = ORDERS.replace("orders.xlsx", "{path: orders.xlsx, skip: 1, types: {paid: number}}")
    workspace.pull(text, reject_share=1)
    assert workspace.rejects()[0].startswith('orders.xlsx,4,paid,much,"is not a number')


def test_the_sheet_is_named_where_there_are_several(workspace: Any) -> None:
    def second(workbook: Any, _: Any) -> None:
        workbook.create_sheet("June").append(["x", 1])

    book(workspace.folder / "orders.xlsx", [HEADER, ("1", date(2024, 1, 1), 2, None)], second)
    assert refused(workspace) == (
        "orders.xlsx: this workbook has several sheets (Sheet, June). Say which beside its path: `sheet: Sheet`."
    )
    said = refused(workspace, ORDERS.replace("orders.xlsx", "{path: orders.xlsx, sheet: Juni}"))
    assert said == 'orders.xlsx: there is no sheet "Juni". Closest: June. Sheets: Sheet, June.'
    assert workspace.pull(ORDERS.replace("orders.xlsx", "{path: orders.xlsx, sheet: Sheet}")).read == 1


def test_a_formula_counts_by_its_stored_result(workspace: Any) -> None:
    path = workspace.folder / "orders.xlsx"
    book(path, [HEADER, ("1", date(2024, 1, 1), "=2*21", "x")])
    computed(path, "C2", '<c r="C2"><f>2*21</f><v>42</v></c>')
    workspace.pull(ORDERS)
    assert [str(a) for a in workspace.column("select amount from activity")] == ["42.00"]


def test_formulas_that_fail_or_were_never_computed_are_rejects_with_their_cell(workspace: Any) -> None:
    path = workspace.folder / "orders.xlsx"
    rows = [(str(i), date(2024, 1, 1), float(i), "=1/0" if i == 3 else "x") for i in range(2, 6)]
    book(path, [HEADER, *rows, ("6", date(2024, 1, 1), "=A2*2", "x"), ("7", date(2024, 1, 1), "=1/0", "x")])
    computed(path, "C7", '<c r="C7" t="e"><f>1/0</f><v>#DIV/0!</v></c>')
    computed(path, "D3", '<c r="D3" t="e"><f>1/0</f><v>#DIV/0!</v></c>')
    report = workspace.pull(ORDERS, reject_share=0.5)
    assert report.tables["activity"].new == 3
    shown = [line.split(',"comes of a formula')[0] for line in workspace.rejects()]
    assert shown == [
        "orders.xlsx,3,remark,D3: #DIV/0!", "orders.xlsx,6,paid,C6: no stored result", "orders.xlsx,7,paid,C7: #DIV/0!",
    ]  # fmt: skip


def test_a_formula_that_fails_in_a_column_that_nobody_uses_rejects_nothing(workspace: Any) -> None:
    book(workspace.folder / "orders.xlsx", [(*HEADER, "other"), ("1", date(2024, 1, 1), 2, "x", "=1/0")])
    assert workspace.pull(ORDERS).rejected == 0


def test_a_query_leaves_out_and_names_records_whose_formula_failed(workspace: Any) -> None:
    book(
        workspace.folder / "orders.xlsx", [HEADER, ("1", date(2024, 1, 1), 2, "x"), ("2", date(2024, 1, 1), "=1/0", "")]
    )
    report = workspace.pull(ORDERS + "    query: select id, day, paid, remark from orders\n", reject_share=0.5)
    assert report.tables["activity"].new == 1
    assert workspace.rejects()[0].startswith("orders.xlsx,3,paid,C3: no stored result,")


def test_merged_headers_are_refused_with_their_cells_and_what_to_say(workspace: Any) -> None:
    rows = [("Order", None, "Money", None), HEADER, ("1", date(2024, 1, 1), 2, "x")]

    def merge(_: Any, sheet: Any) -> None:
        sheet.merge_cells("A1:B1")
        sheet.merge_cells("C1:D1")

    book(workspace.folder / "orders.xlsx", rows, merge)
    assert refused(workspace) == (
        'orders.xlsx:1: in the sheet "Sheet", the cells A1:B1, C1:D1 of the header are merged, so that not every '
        "column has a name of its own. Say `skip: 1` beside the path if row 2 holds the names; or take the merging "
        "back in Excel."
    )
    assert workspace.pull(ORDERS.replace("orders.xlsx", "{path: orders.xlsx, skip: 1}")).read == 1


def test_merged_cells_among_the_records_are_stated(workspace: Any) -> None:
    rows = [HEADER, ("1", date(2024, 1, 1), 2, "x"), ("2", date(2024, 1, 1), 2, None)]
    book(workspace.folder / "orders.xlsx", rows, lambda _, sheet: sheet.merge_cells("D2:D3"))
    assert "orders: the cells D2:D3 are merged; only the first of each has the value" in workspace.pull(ORDERS).notes


def test_two_rows_of_headers_are_refused_with_what_to_say(workspace: Any) -> None:
    units = ("number", "of order", "EUR", "free text")
    rows = [HEADER, units, ("1", date(2024, 1, 1), 2, "x"), ("2", date(2024, 1, 2), 3, "y")]
    book(workspace.folder / "orders.xlsx", rows)
    said = refused(workspace)
    assert said.startswith(
        'orders.xlsx:2: the sheet "Sheet" seems to have two rows of headers: row 2 has words ("of order", "EUR" in '
        "B2, C2) above numbers or dates. Say `skip: 1` beside the path to take row 2 for the names"
    )


def test_a_word_for_no_value_in_the_first_record_is_no_second_header(workspace: Any) -> None:
    rows = [HEADER, ("1", "2024-01-01", "n/a", "x"), ("2", "2024-01-02", 3, "y")]
    book(workspace.folder / "orders.xlsx", rows)
    assert workspace.pull(ORDERS.replace("orders.xlsx", '{path: orders.xlsx, nulls: ["n/a"]}')).rejected == 0


def test_a_workbook_with_a_password_is_refused_with_what_to_do(workspace: Any) -> None:
    # The directory of a compound file names the stream that holds the encrypted package.
    names = "EncryptionInfo".encode("utf-16-le") + bytes(64) + "EncryptedPackage".encode("utf-16-le")
    workspace.write("orders.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1_500_000) + names + bytes(900))
    assert refused(workspace).startswith("orders.xlsx: this workbook is protected by a password, without which nobody")


def test_a_workbook_of_excel_97_is_refused_with_what_to_do(workspace: Any) -> None:
    workspace.write("orders.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000))
    said = refused(workspace, ORDERS.replace("orders.xlsx", "orders.xls"))
    assert said == (
        "orders.xls: this is a workbook of Excel 97 to 2003 (.xls). Open it and save it as an Excel workbook (.xlsx)."
    )


def test_a_workbook_cut_short_is_refused(workspace: Any) -> None:
    path = workspace.folder / "orders.xlsx"
    book(path, [HEADER, ("1", date(2024, 1, 1), 2, None)])
    path.write_bytes(path.read_bytes()[:2000])
    assert refused(workspace).startswith("orders.xlsx: this is not a whole Excel workbook (File is not a zip file).")


def test_a_column_that_changes_its_type_half_way_rejects_the_few_that_do_not_fit(workspace: Any) -> None:
    rows = [(str(i), date(2024, 1, 1), float(i) if i < 95 else "on the house", None) for i in range(100)]
    book(workspace.folder / "orders.xlsx", [HEADER, *rows])
    report = workspace.pull(ORDERS, reject_share=0.05)
    assert (report.rejected, report.tables["activity"].new) == (5, 95)
    assert workspace.rejects()[0] == "orders.xlsx,97,paid,on the house,is not a number"


def test_a_value_right_of_the_header_is_a_reject_with_its_cell(workspace: Any) -> None:
    rows = [HEADER, ("1", date(2024, 1, 1), 2, "x"), ("2", date(2024, 1, 1), 2, "x", "call them")]
    book(workspace.folder / "orders.xlsx", rows)
    workspace.pull(ORDERS, reject_share=0.5)
    assert workspace.rejects() == ['orders.xlsx,3,,call them,"a value in E3, right of the last name of the header"']


def test_an_empty_sheet_is_refused(workspace: Any) -> None:
    book(workspace.folder / "orders.xlsx", [])
    assert refused(workspace) == 'orders.xlsx: the sheet "Sheet" holds no row with names or values.'
