"""Excel workbooks: typed cells, a header that stays in sight, and text that no spreadsheet takes for a formula."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from heedful.errors import InputError
from heedful.reports.codebook import FIELDS, FORMULA_STARTS, Codebook

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

MOST_ROWS = 1_048_576
_MOST_CHARACTERS = 32_767
_SAMPLED = 200
_AT_ONCE = 2_000
_WIDEST = 60.0
_EXACT = 2**53
_Held = str | int | float | Decimal | date | None
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a day that never was


@dataclass
class Losses:
    """What a workbook could not hold as it was."""

    cut: int = 0
    control: int = 0

    def notes(self) -> list[str]:
        """What happened, a sentence each."""
        found = []
        if self.cut:
            found.append(
                f"{self.cut:,} texts of more than {_MOST_CHARACTERS:,} characters are cut: a cell holds no more. "
                "Parquet and CSV hold them whole."
            )
        if self.control:
            found.append(f"{self.control:,} texts lost control characters that a workbook cannot hold.")
        return found


def open_workbook() -> Workbook:
    """An empty workbook that is written row by row."""
    from openpyxl import Workbook  # noqa: PLC0415 -- takes a fifth of a second to import

    return Workbook(write_only=True)


def write_rows(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], rows: int, codebook: Codebook, path: Path
) -> Codebook:
    """One sheet of rows and one with their codebook. Raises `InputError` where there are too many rows."""
    if rows + 1 > MOST_ROWS:
        raise InputError(
            f"A sheet of a workbook holds {MOST_ROWS - 1:,} rows below its header, and these are {rows:,}. "
            f"Write {path_like(path, 'parquet')} or {path_like(path, 'csv')}, or narrow them with --where or --limit."
        )
    book, losses = open_workbook(), Losses()
    stream = _rows(batches)
    first = list(islice(stream, _SAMPLED))
    sheet = new_sheet(book, "Data", schema.names, _widths(schema.names, first))
    for row in chain(first, stream):
        sheet.append([cell(sheet, value, losses) for value in row])
    notes = ["Instants are UTC: a workbook knows no time zones.", *losses.notes()]
    found = codebook.noted(*notes)
    add_codebook(book, found)
    book.save(path)
    return found


def path_like(path: Path, ending: str) -> str:
    """The name that the file would have in another format."""
    return path.with_suffix(f".{ending}").name.removeprefix(".").replace(".part.", ".")


def new_sheet(book: Workbook, title: str, header: Sequence[str], widths: Sequence[float]) -> WriteOnlyWorksheet:
    """A sheet with its header in bold, which stays in sight."""
    from openpyxl.styles import Font  # noqa: PLC0415 -- see open_workbook

    sheet: WriteOnlyWorksheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    set_widths(sheet, widths)
    cells = [cell(sheet, name, Losses()) for name in header]
    for each in cells:
        each.font = Font(bold=True)
    sheet.append(cells)
    return sheet


def set_widths(sheet: WriteOnlyWorksheet, widths: Sequence[float]) -> None:
    """Column widths, in characters; before the first row."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 -- see open_workbook

    for i, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(i)].width = width


def add_codebook(book: Workbook, codebook: Codebook) -> None:
    """The sheet that says what the columns are."""
    rows = [list(row) for row in codebook.rows()]
    sheet = new_sheet(book, "Codebook", FIELDS, _widths(FIELDS, rows))
    for row in [*rows, [], [codebook.title], *([note] for note in codebook.notes)]:
        sheet.append([cell(sheet, value, Losses()) for value in row])


def cell(sheet: WriteOnlyWorksheet, value: object, losses: Losses) -> Cell:
    """A cell of the value's own type."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 -- see open_workbook

    held, form = _held(value, losses)
    found: Cell = WriteOnlyCell(sheet, value=held)
    if isinstance(held, str):
        # A text that begins like a formula is a text: by its type here, and by its style once somebody edits it.
        found.data_type = "s"
        if held[:1] in FORMULA_STARTS:
            found.quotePrefix = True
    elif form:
        found.number_format = form
    return found


def _held(value: object, losses: Losses) -> tuple[_Held, str]:
    """The value as a workbook holds it, and its number format."""
    match value:
        case None | bool():
            return value, ""
        case int():
            return (value, "0") if abs(value) <= _EXACT else (str(value), "")
        case float():
            return (value if math.isfinite(value) else None if math.isnan(value) else str(value)), ""
        case Decimal():
            return value, "#,##0.00"
        case date():
            return _day(value)
        case _:
            return _text(str(value), losses), ""


def _day(value: date) -> tuple[_Held, str]:
    form = "yyyy-mm-dd"
    if isinstance(value, datetime):
        value, form = (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value), "yyyy-mm-dd hh:mm:ss"
    since = value.date() if isinstance(value, datetime) else value
    return (value, form) if since >= _FIRST_DAY else (value.isoformat(), "")


def _text(text: str, losses: Losses) -> str:
    clean = _CONTROL.sub("", text)
    losses.control += clean != text
    losses.cut += len(clean) > _MOST_CHARACTERS
    return clean[:_MOST_CHARACTERS]


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[object, ...]]:
    for batch in batches:
        # As Python objects a whole batch would take a hundred times its own room.
        for start in range(0, batch.num_rows, _AT_ONCE):
            part = batch.slice(start, _AT_ONCE)
            yield from zip(*(column.to_pylist() for column in part.columns), strict=True)


def _widths(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[float]:
    """Wide enough for the first rows, and no wider than can be read."""
    found = []
    for i, name in enumerate(header):
        longest = max((len(_first_line(row[i])) for row in rows if i < len(row) and row[i] is not None), default=0)
        found.append(min(max(len(name), longest) + 2.0, _WIDEST))
    return found


def _first_line(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value).split("\n", 1)[0]
