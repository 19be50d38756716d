"""The lines on which the records of a CSV file begin, and whether every line is in some record."""

from __future__ import annotations

import csv
import sys
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heedful.sources.delimited import OPEN_QUOTE, Layout
from heedful.sources.encodings import TextFile
from heedful.sources.staging import MalformedRecord


class CsvLines:
    """Lines counted as an editor does.

    Cells may hold line breaks and files blank lines, so a record's number says little; the file is read a second time,
    and only when somebody asks.
    """

    def __init__(self, text: TextFile, found: Layout, malformed: Sequence[MalformedRecord], *, records: int) -> None:
        self._text, self._layout, self._malformed, self._records = text.path, found, malformed, records
        self._above = found.skip + found.header + found.header_lines
        self._lines = text.lines.line_feeds + (_last_byte(text.path) != b"\n")
        self._is_plain = not malformed and self._lines == records + self._above
        self._known: tuple[NDArray[np.int64], dict[int, int]] | None = None

    def of_records(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The line of each record, given the records' numbers from 0."""
        return numbers + self._above + 1 if self._is_plain else self._read()[0][numbers]

    def of_malformed(self) -> list[int]:
        """The line of each malformed record."""
        known = self._read()[1]
        return [known.get(fault.offset, 0) for fault in self._malformed]

    @property
    def _open_quotes(self) -> list[int]:
        return sorted(fault.offset for fault in self._malformed if fault.code == OPEN_QUOTE)

    @property
    def is_plain(self) -> bool:
        """Whether each line below the header is a record."""
        return self._is_plain

    def are_complete(self, line_breaks: int) -> bool:
        """Whether DuckDB has seen all records, given how many line breaks stand within their values.

        It drops, without a word, what an open quote swallows beyond the length of its buffer.
        """
        expected = self._above + self._records + line_breaks + sum(fault.rows for fault in self._malformed)
        if expected == self._lines:
            return True
        kept, bad = self._read()
        return len(kept) == self._records and len(bad) == len(self._malformed)

    def _read(self) -> tuple[NDArray[np.int64], dict[int, int]]:
        if self._known is None:
            malformed = {fault.offset for fault in self._malformed}
            kept, bad = array("q"), dict[int, int]()
            for offset, line in _records(self._text, self._layout, self._open_quotes):
                if offset in malformed:
                    bad[offset] = line
                else:
                    kept.append(line)
            self._known = np.frombuffer(kept, np.int64) if kept else np.empty(0, np.int64), bad
        return self._known


def _records(text: Path, found: Layout, open_quotes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Byte offset and line of each record below the header.

    Of a line with an open quote, only that line is passed over, and its offset is that of the quote.
    """
    quotes = iter([*open_quotes, sys.maxsize])
    quote = next(quotes)
    with text.open("rb") as file:
        number = offset = 0
        for _ in range(found.skip + found.header_lines):
            offset += len(file.readline())
            number += 1
        header = found.header
        while line := file.readline():
            start, at = offset, number + 1
            offset, number = offset + len(line), at
            if start <= quote < offset:
                yield quote, at
                quote = next(quotes)
                continue
            if not line.strip() and len(found.columns) > 1:
                continue
            if b'"' in line:
                more = _continuation(file, line, found.separator)
                offset, number = offset + sum(map(len, more)), number + len(more)
            if header:
                header = False
                continue
            yield start, at


def _continuation(file: Iterator[bytes], line: bytes, separator: str) -> list[bytes]:
    """The further lines that belong to the record which begins with `line`."""
    more: list[bytes] = []

    def lines() -> Iterator[str]:
        yield line.decode("utf-8", "replace")
        for following in file:
            more.append(following)
            yield following.decode("utf-8", "replace")

    with suppress(csv.Error):
        next(csv.reader(lines(), delimiter=separator, skipinitialspace=True), None)
    return more


def _last_byte(text: Path) -> bytes:
    with text.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1)
