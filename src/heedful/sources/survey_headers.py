"""The headers of survey exports: several rows of them, questions as names, names that come twice."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heedful.errors import SourceError
from heedful.sources.delimited import Layout, beginning
from heedful.sources.encodings import TextFile
from heedful.sources.staged import Original


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first rows of an export, cells without surrounding blanks, and on which line each of them ends."""

    separator: str
    skip: int
    rows: Sequence[Sequence[str]]
    ends: Sequence[int]

    def layout(self, names: Sequence[str], header_rows: int) -> Layout:
        """The layout of a file whose first `header_rows` rows are its header and whose columns are `names`."""
        lines = self.ends[header_rows - 1]
        return Layout(
            self.separator, tuple(names), self.skip, header=False, header_rows=header_rows, header_lines=lines
        )


def first_rows(text: TextFile, original: Original, most: int) -> Beginning:
    """Up to `most` rows from the beginning of an export. Raises `SourceError` for a file without any."""
    skip, separator, lines = beginning(text, original.path, original.spec)
    reader = csv.reader(lines, delimiter=separator)
    rows, ends = [], []
    for _, row in zip(range(most), reader, strict=False):
        rows.append([" ".join(cell.split()) for cell in row])
        ends.append(reader.line_num)
    return Beginning(separator, skip, rows, ends)


def distinct_names(names: Sequence[str]) -> list[str]:
    """`names`, the second of the same name with (2) after it; a column without a name is called by its place."""
    seen: dict[str, int] = {}
    found = []
    for place, given in enumerate(names, 1):
        name = given or f"column{place}"
        seen[name.lower()] = times = seen.get(name.lower(), 0) + 1
        found.append(name if times == 1 else f"{name} ({times})")
    return found


def without_tags(text: str) -> str:
    """`text` without the HTML in which survey tools keep their questions."""
    return " ".join(re.sub(r"<[^<>]*>", " ", text).replace("&nbsp;", " ").replace("&amp;", "&").split())


def named(names: Sequence[str], labels: Sequence[str]) -> Mapping[str, str]:
    """The label of each name that has one."""
    return {name: label for name, label in zip(names, map(without_tags, labels), strict=False) if label}


def no_export(original: Original, tool: str, expected: str) -> SourceError:
    """The error for a file that is not what the tool writes."""
    return SourceError(
        f"this is no CSV export of {tool}: {expected}. Export it again without opening it in a spreadsheet; or, if it "
        "is some other CSV file, remove `format:`.",
        path=original.path,
        line=original.spec.skip + 1,
    )
