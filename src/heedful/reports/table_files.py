"""Banner tables as files: a workbook, a page, or one row a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv

from heedful.measures.banner_results import BannerTable
from heedful.reports.codebook import formula_safe
from heedful.reports.export import check_target, replacing
from heedful.reports.tables import ShownBlock, ShownRow, caption, head, html, layout, notes, to_arrow
from heedful.reports.workbooks import Losses, cell, new_sheet, open_workbook, set_widths

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_FORMATS = {"option": "0%", "net": "0%", "mean": "0.00", "deviation": "0.00", "nps": "0"}
ENDINGS = ("xlsx", "html", "csv")


def write_table(table: BannerTable, path: Path, *, company: str = "", force: bool = False) -> None:
    """Write `table` as it stands: hiding small bases is the caller's part. Raises `InputError`."""
    ending = check_target(path, force=force, endings=ENDINGS)
    with replacing(path) as draft:
        _WRITERS[ending](table, draft, company)


def _html(table: BannerTable, path: Path, company: str) -> None:
    path.write_text(html(table, company=company), encoding="utf-8")


def _csv(table: BannerTable, path: Path, company: str) -> None:  # noqa: ARG001 -- one signature for all
    rows = to_arrow(table)
    safe = [
        pa.array([None if t is None else formula_safe(t) for t in column.to_pylist()], pa.string())
        if pa.types.is_string(column.type)
        else column
        for column in rows.columns
    ]
    pyarrow.csv.write_csv(pa.table(safe, names=rows.column_names), path)


def _workbook(table: BannerTable, path: Path, company: str) -> None:
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415 -- takes a fifth of a second to import

    book, losses, top = open_workbook(), Losses(), head(table)
    sheet: WriteOnlyWorksheet = book.create_sheet("Table")
    sheet.freeze_panes = "B3"
    set_widths(sheet, [34.0])
    spread = [name if i == 0 else None for name, columns in top.banners for i in range(columns)]
    for names in ([None, *spread], [None, *top.columns]):
        cells = [cell(sheet, name, losses) for name in names]
        for each in cells:
            each.font = Font(bold=True)
            each.alignment = Alignment(wrap_text=True, vertical="bottom")
        sheet.append(cells)
    for block in layout(table):
        _append(block, sheet, losses)
    about = new_sheet(book, "How to read it", ["How to read it"], [110])
    for note in (*([company] if company else []), caption(table), *notes(table)):
        about.append([cell(about, note, losses)])
    book.save(path)


def _append(block: ShownBlock, sheet: WriteOnlyWorksheet, losses: Losses) -> None:
    from openpyxl.styles import Font  # noqa: PLC0415 -- takes a fifth of a second to import

    title = cell(sheet, block.title, losses)
    title.font = Font(bold=True, italic=True)
    sheet.append([])
    sheet.append([title])
    for row in block.rows:
        sheet.append([cell(sheet, row.label, losses), *_figures(row, sheet, losses)])
        if any(c.letters for c in row.cells):
            # Letters stand under their figures, so that figures stay numbers.
            sheet.append([None, *(cell(sheet, c.letters or None, losses) for c in row.cells)])


def _figures(row: ShownRow, sheet: WriteOnlyWorksheet, losses: Losses) -> list[Cell]:
    found = []
    for shown in row.cells:
        value = shown.number if shown.number is not None else shown.text or None
        if isinstance(value, float) and row.kind == "base" and shown.text.endswith("*"):
            value = shown.text
        each = cell(sheet, value, losses)
        if not isinstance(value, str):
            each.number_format = _FORMATS.get(row.kind, "#,##0")
        found.append(each)
    return found


_WRITERS: Mapping[str, Callable[[BannerTable, Path, str], None]] = {"html": _html, "xlsx": _workbook, "csv": _csv}
