"""Excel workbooks: one sheet as a table, row by row, so that memory does not grow with it.

A formula counts by the result that Excel stored with it. Cells become text as they are shown without a number format,
dates as ISO; what type a column is comes later, as it does for CSV, so that numbers stored as text are numbers too.
"""

from __future__ import annotations

import warnings
import zipfile
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from heedful.errors import SourceError, did_you_mean
from heedful.sources.column_types import RawColumn, Trouble
from heedful.sources.delimited import check_names
from heedful.sources.formats.registry import file_format
from heedful.sources.sheet_xml import SheetFacts, cell_name, sheet_facts
from heedful.sources.staged import Original, StagedFile
from heedful.sources.staging import MalformedRecord, Staging

_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"})
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BATCH_ROWS = 10_000
_LOOKED_AT = 30
"""Rows below the header that show whether the first of them is a second header."""

Cells = tuple[Any, ...]


@file_format(
    "excel", about="a sheet of an Excel workbook", endings=(".xlsx", ".xlsm", ".xls"),
    options=("sheet", "header", "skip", "decimal"),
)  # fmt: skip
def read(staging: Staging, original: Original) -> StagedFile:
    """The sheet that is named, or the only one that can be seen."""
    path = original.path
    _refuse_unreadable(path)
    with _opened(path) as (workbook, file):
        sheet = _sheet(workbook, original)
        facts = sheet_facts(file, sheet._worksheet_path)
        table = _Table(original, sheet.title, facts)
        target = staging.folder / f"{original.name}.parquet"
        table.write(enumerate(sheet.iter_rows(values_only=True), 1), target)
    notes = [f'{original.name}: sheet "{sheet.title}" of {path.name} read, {len(table.rows):,} records']
    if merged := table.merged_below:
        more = f" and {len(merged) - 3} more" if len(merged) > 3 else ""
        notes.append(
            f"{original.name}: the cells {', '.join(merged[:3])}{more} are merged; only the first of each has the value"
        )
    columns = tuple(table.column(place) for place in range(len(table.names)))
    lines = _Rows(table.rows, table.malformed)
    faults = tuple(table.malformed)
    return StagedFile(original.name, path, original.spec, target, columns, len(table.rows), faults, lines, tuple(notes))


@dataclass
class _Table:
    """The table that a sheet holds, being written."""

    original: Original
    sheet: str
    facts: SheetFacts
    names: list[str] = field(default_factory=list)
    header_row: int = 0
    rows: array[int] = field(default_factory=lambda: array("q"))
    malformed: list[MalformedRecord] = field(default_factory=list)
    troubled: set[int] = field(default_factory=set)

    def write(self, rows: Iterator[tuple[int, Cells]], target: Path) -> None:
        """Find the header and write what stands below it."""
        rows = ((number, cells) for number, cells in rows if number > self.original.spec.skip)
        filled = ((number, cells) for number, cells in rows if any(c is not None and c != "" for c in cells))
        first = next(filled, None)
        if first is None:
            raise self._error(f'the sheet "{self.sheet}" holds no row with names or values.')
        self._take_names(*first)
        body = filled if self.original.spec.header else iter([first, *filled])
        beginning = list(islice(body, _LOOKED_AT))
        if self.original.spec.header:
            self._refuse_second_header(beginning)
        nulls = {"", *self.original.spec.nulls}
        width = len(self.names)
        schema = pa.schema([(_stored(i), pa.string()) for i in range(width)]
                           + [(_trouble(i), pa.string()) for i in range(width)])  # fmt: skip
        with pq.ParquetWriter(target, schema, compression="lz4") as writer:
            batch: list[list[str | None]] = []
            for number, cells in (*beginning,):
                self._add(batch, number, cells, nulls)
            for number, cells in body:
                self._add(batch, number, cells, nulls)
                if len(batch) >= _BATCH_ROWS:
                    writer.write_table(_arrow(batch, schema))
                    batch = []
            if batch:
                writer.write_table(_arrow(batch, schema))

    def _add(self, batch: list[list[str | None]], number: int, cells: Cells, nulls: set[str]) -> None:
        width = len(self.names)
        beyond = next((i for i, c in enumerate(cells[width:], width) if c is not None and c != ""), None)
        if beyond is not None:
            reason = f"a value in {cell_name(number, beyond + 1)}, right of the last name of the header"
            self.malformed.append(MalformedRecord(number, "TOO MANY COLUMNS", reason, str(cells[beyond])[:200]))
            return
        texts: list[str | None] = [None] * (2 * width)
        uncomputed = self.facts.uncomputed.get(number, ())
        for i, value in enumerate(cells):
            if i + 1 in uncomputed:
                texts[width + i] = f"{cell_name(number, i + 1)}: no stored result"
                self.troubled.add(i)
            elif value is not None:
                text = value if isinstance(value, str) else _text(value)
                if text in _ERRORS:
                    texts[width + i] = f"{cell_name(number, i + 1)}: {text}"
                    self.troubled.add(i)
                elif text.strip() not in nulls:
                    texts[i] = text
        self.rows.append(number)
        batch.append(texts)

    def column(self, place: int) -> RawColumn:
        """The column at `place`."""
        trouble = None
        if place in self.troubled:
            reason = (
                "comes of a formula that Excel could not compute or never did: mend it in the workbook, "
                "open and save it in Excel, or put the values in place of the formulas"
            )
            trouble = Trouble(_trouble(place), reason)
        return RawColumn((self.names[place],), _stored(place), "VARCHAR", "all", trouble)

    @property
    def merged_below(self) -> list[str]:
        """The merged cells among the records."""
        return [area.text for area in self.facts.merged if area.first_row > self.header_row]

    def _take_names(self, number: int, cells: Cells) -> None:
        if not self.original.spec.header:
            self.names = [f"column{i}" for i in range(1, len(cells) + 1)]
            return
        self.header_row = number
        merged = [area for area in self.facts.merged if area.first_row <= number <= area.last_row and not area.is_cell]
        if merged:
            below = max(area.last_row for area in merged)
            raise self._error(
                f'in the sheet "{self.sheet}", the cells {", ".join(area.text for area in merged)} of the header are '
                f"merged, so that not every column has a name of its own. Say `skip: {below}` beside the path if row "
                f"{below + 1} holds the names; or take the merging back in Excel.",
                number,
            )
        texts = ["" if cell is None else " ".join(_text(cell).split()) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        check_names(texts, self.original.path, number)
        self.names = [text or f"column{i}" for i, text in enumerate(texts, 1)]

    def _refuse_second_header(self, beginning: Sequence[tuple[int, Cells]]) -> None:
        """Raise where the first row below the header is words above columns of numbers and dates."""
        if len(beginning) < 2:
            return
        (number, first), *others = beginning
        words = {i for i, cell in enumerate(first) if isinstance(cell, str) and cell.strip()}
        words = {i for i in words if first[i].strip() not in self.original.spec.nulls and first[i] not in _ERRORS}
        if any(cell is not None and not isinstance(cell, str) for cell in first) or len(words) < 2:
            return
        typed = [i for i in sorted(words) if _is_typed(others, i) and not _is_number(first[i])]
        if typed:
            where = ", ".join(cell_name(number, i + 1) for i in typed[:3])
            shown = ", ".join(f'"{first[i]}"' for i in typed[:3])
            raise self._error(
                f'the sheet "{self.sheet}" seems to have two rows of headers: row {number} has words ({shown} in '
                f"{where}) above numbers or dates. Say `skip: {number - 1}` beside the path to take row {number} for "
                "the names, or delete one of the rows; if those words mean that there is no value, list them under "
                "`nulls:`.",
                number,
            )

    def _error(self, said: str, line: int = 0) -> SourceError:
        return SourceError(said, path=self.original.path, line=line)


class _Rows:
    """The rows of a sheet that records stand in."""

    def __init__(self, rows: array[int], malformed: Sequence[MalformedRecord]) -> None:
        self._rows, self._malformed = rows, malformed

    def of_records(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each record."""
        return np.asarray(np.frombuffer(self._rows, np.int64)[numbers])

    def of_malformed(self) -> list[int]:
        """The row of each record that was not taken."""
        return [fault.offset for fault in self._malformed]


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, BinaryIO]]:
    from openpyxl import load_workbook  # noqa: PLC0415 -- a quarter of a second, and needed here only

    broken = (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, SyntaxError, ExpatError)
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features that a table does not need
        try:
            workbook = load_workbook(file, read_only=True, data_only=True)
            for sheet in workbook.worksheets:
                sheet.reset_dimensions()  # some programs state them wrongly
        except broken as error:
            raise _broken(path, error) from None
        try:
            yield workbook, file
        except (zipfile.BadZipFile, EOFError, SyntaxError, ExpatError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
            raise _broken(path, error) from None
        finally:
            workbook.close()


def _broken(path: Path, error: Exception) -> SourceError:
    said = str(error).strip().split("\n", 1)[0].rstrip(".") or type(error).__name__
    return SourceError(f"this is not a whole Excel workbook ({said}). Was the copy cut short?", path=path)


def _refuse_unreadable(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(8) != _OLD:
            return
        file.seek(0)
        held = b""
        while block := file.read(1 << 20):
            if _ENCRYPTED in held + block:
                raise SourceError(
                    "this workbook is protected by a password, without which nobody can read it. Open it in Excel, "
                    "remove the password (File, Info, Protect Workbook, Encrypt with Password), and save it.",
                    path=path,
                )
            held = block[-len(_ENCRYPTED) :]
    raise SourceError(
        "this is a workbook of Excel 97 to 2003 (.xls). Open it and save it as an Excel workbook (.xlsx).", path=path
    )


def _sheet(workbook: Any, original: Original) -> Any:
    sheets = {sheet.title: sheet for sheet in workbook.worksheets}
    wanted = original.spec.sheet
    if wanted is not None:
        if wanted in sheets:
            return sheets[wanted]
        said = f'there is no sheet "{wanted}".{did_you_mean(wanted, sheets)} Sheets: {", ".join(sheets)}.'
        raise SourceError(said, path=original.path)
    seen = [sheet for sheet in sheets.values() if sheet.sheet_state == "visible"]
    filled = [s for s in seen if next((r for r in s.iter_rows(values_only=True) if any(c is not None for c in r)), ())]
    if len(filled) == 1 or len(seen) == 1:
        return (filled or seen)[0]
    names = ", ".join(sheet.title for sheet in filled or seen)
    raise SourceError(
        f"this workbook has several sheets ({names}). Say which beside its path: `sheet: {(filled or seen)[0].title}`."
        if seen
        else "this workbook has no sheet that can be seen. Name one beside its path: `sheet: …`.",
        path=original.path,
    )


def _text(value: object) -> str:
    """A cell as text that SQL would read as the same value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # Excel keeps 15 digits; what follows is noise of the binary form.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(value, ".15g")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _is_typed(rows: Sequence[tuple[int, Cells]], place: int) -> bool:
    """Whether the column is one of numbers or dates, as far as these rows show."""
    values = [cells[place] for _, cells in rows if place < len(cells) and cells[place] not in (None, "")]
    return bool(values) and sum(not isinstance(v, str) for v in values) > 0.5 * len(values)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _arrow(batch: Sequence[Sequence[str | None]], schema: pa.Schema) -> pa.Table:
    columns: Mapping[str, pa.Array] = {
        name: pa.array(values, pa.string()) for name, values in zip(schema.names, zip(*batch, strict=True), strict=True)
    }
    return pa.table(columns, schema=schema)


def _stored(place: int) -> str:
    return f"c{place}"


def _trouble(place: int) -> str:
    return f".trouble.{place}"
