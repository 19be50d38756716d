"""What the XML of a sheet says that its values do not: which cells are merged, and which formulas have no result."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

_CHUNK = 1 << 20
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:]+)"')
_LONGEST_TAG = 200


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, as in B1:D2."""

    text: str

    @property
    def first_row(self) -> int:
        """Its topmost row."""
        return _row(self.text.split(":")[0])

    @property
    def last_row(self) -> int:
        """Its lowest row."""
        return _row(self.text.split(":")[-1])

    @property
    def is_cell(self) -> bool:
        """Whether it is a single cell."""
        first, _, last = self.text.partition(":")
        return last in ("", first)


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """Merged cells, and by row the columns, from 1, of formulas whose result was never stored."""

    merged: tuple[Area, ...]
    uncomputed: Mapping[int, set[int]] = field(default_factory=dict)


def sheet_facts(workbook: BinaryIO, part: str) -> SheetFacts:
    """The facts of the sheet that the archive keeps as `part`."""
    with zipfile.ZipFile(workbook) as archive:
        merged, has_formulas = dict[str, None](), False
        held = b""
        for block in _blocks(archive, part):
            text = held + block
            has_formulas = has_formulas or _FORMULA.search(text) is not None
            merged |= dict.fromkeys(found.decode() for found in _MERGED.findall(text))
            held = block[-_LONGEST_TAG:]
        uncomputed = _uncomputed(archive, part) if has_formulas else {}
    areas = sorted(map(Area, merged), key=lambda area: (area.first_row, _column(area.text.split(":")[0])))
    return SheetFacts(tuple(areas), uncomputed)


def cell_name(row: int, column: int) -> str:
    """The name of a cell: C7 for row 7, column 3."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def _uncomputed(archive: zipfile.ZipFile, part: str) -> dict[int, set[int]]:
    """Cells with a formula and without a value; what a program wrote that does not compute."""
    found: dict[int, set[int]] = {}
    cell, kind, formula, value, within = "", "", False, False, False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal cell, kind, formula, value, within
        tag = name.rpartition(":")[2]
        if tag == "c":
            cell, kind, formula, value = attributes.get("r", ""), attributes.get("t", ""), False, False
        elif tag == "f":
            formula = True
        elif tag == "v":
            within = True
            # An empty text is a result too.
            value = value or kind == "str"

    def end(name: str) -> None:
        nonlocal within
        tag = name.rpartition(":")[2]
        if tag == "v":
            within = False
        elif tag == "c" and formula and not value and cell:
            found.setdefault(_row(cell), set()).add(_column(cell))

    def text(_: str) -> None:
        nonlocal value
        value = value or within

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    for block in _blocks(archive, part):
        parser.Parse(block)
    return found


def _blocks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with archive.open(part) as file:
        while block := file.read(_CHUNK):
            yield block


def _row(cell: str) -> int:
    return int(cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def _column(cell: str) -> int:
    number = 0
    for letter in cell.rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number
