"""CSV files: separator and header, and the reading by DuckDB, every value as text."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from heedful.errors import SourceError
from heedful.sources.encodings import TextFile
from heedful.sources.file_spec import SEPARATORS, FileSpec
from heedful.sources.staging import MalformedRecord, Staging, identifier, literal, quoted_list

OPEN_QUOTE = "UNQUOTED VALUE"
"""DuckDB's name for a quote that is not closed, or followed by more text; its place is that of the quote."""

_SAMPLE = 1 << 18
_LONGEST_LINE = 16 << 20
"""Bytes. A record that is longer is rejected, not read in part."""
_LONGEST_READ = 256 << 20
"""Bytes. DuckDB drops a line without a word that is longer than its buffer, so the buffer grows with it up to here."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV file is laid out: its separator, its columns, and the lines above its first record.

    Where a header has several rows, `header` is false and `header_rows` counts them; `header_lines` are their lines,
    which are more where a cell of the header holds a line break.
    """

    separator: str
    columns: tuple[str, ...]
    skip: int
    header: bool
    header_rows: int = 0
    header_lines: int = 0


def layout(text: TextFile, shown: Path, spec: FileSpec) -> Layout:
    """The layout of a file; messages name it `shown`. Raises `SourceError`."""
    skip, separator, lines = beginning(text, shown, spec)
    first = next(csv.reader(lines, delimiter=separator))
    if spec.header:
        check_names(first, shown, skip + 1)
        names = [name.strip() or f"column{i}" for i, name in enumerate(first, 1)]
    else:
        names = [f"column{i}" for i in range(1, len(first) + 1)]
    return Layout(separator, tuple(names), skip, spec.header)


def beginning(text: TextFile, shown: Path, spec: FileSpec) -> tuple[int, str, list[str]]:
    """How many lines to pass over, the separator, and the first of the lines below. Raises `SourceError`."""
    csv.field_size_limit(_LONGEST_READ)
    if text.lines.longest > _LONGEST_READ:
        raise SourceError(f"this file has a line of {text.lines.longest >> 20:,} MiB. Is it a CSV file?", path=shown)
    skip, separator = spec.skip, spec.separator
    lines = _first_lines(text.path, skip)
    while lines and not lines[0].strip():
        skip, lines = skip + 1, lines[1:]
    if separator is None and lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:
        # Excel's own way to state it.
        skip, separator, lines = skip + 1, lines[0].strip()[4], lines[1:]
    if not any(line.strip() for line in lines):
        raise SourceError("this file holds no line with names or values.", path=shown)
    return skip, separator or _separator(lines), lines


def stage(staging: Staging, text: TextFile, found: Layout, spec: FileSpec, target: Path) -> list[MalformedRecord]:
    """Write the records of `text` to the Parquet file `target`, every value as text; the malformed ones come back."""
    buffer = 2 * max(_LONGEST_LINE, text.lines.longest)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in found.columns)
    header = "true" if found.header else "false"
    nulls = quoted_list(["", *spec.nulls])
    # Trimming each cell costs a sixth of the reading; only one that begins with a blank can be nothing but blanks.
    blank = f"trim(CELL) in ({nulls})" if spec.nulls else "CELL < '!' and trim(CELL) = ''"
    kept = ", ".join(
        f"case when {blank.replace('CELL', n)} then null else {n} end as {n}" for n in map(identifier, found.columns)
    )
    staging.execute("drop table if exists reject_errors")
    staging.execute("drop table if exists reject_scans")
    staging.execute(
        f"copy (select {kept} from read_csv({literal(str(text.path))}, auto_detect = false, header = {header}, "
        f"skip = {found.skip + found.header_rows}, delim = {literal(found.separator)}, quote = '\"', escape = '\"', "
        f"columns = {{{columns}}}, max_line_size = {_LONGEST_LINE}, buffer_size = {buffer}, "
        f"store_rejects = true)) to {literal(str(target))} (format parquet, compression lz4)"
    )
    return _malformed(staging)


def line_breaks(staging: Staging, found: Layout, parquet: Path) -> int:
    """How many line feeds stand within the values of the staged records."""
    each = (f"length({n}) - length(replace({n}, chr(10), ''))" for n in map(identifier, found.columns))
    total = " + ".join(f"coalesce(sum({count}), 0)" for count in each)
    ((breaks,),) = staging.rows(f"select {total} from read_parquet({literal(str(parquet))})")
    return int(breaks)


def state_machine_failed(error: duckdb.Error) -> bool:
    """Whether DuckDB gave up since the lines of the file end in different ways."""
    return "invalid state" in str(error)


def _malformed(staging: Staging) -> list[MalformedRecord]:
    rows = staging.rows(
        f"select case when error_type = '{OPEN_QUOTE}' then byte_position else line_byte_position end - 1, "
        "min(error_type), min(error_message), min(csv_line) from reject_errors group by 1 order by 1"
    )
    return [
        MalformedRecord(
            int(at), str(code), _said(str(code), str(said)), str(record)[:200], str(record).count("\n") or 1
        )
        for at, code, said, record in rows
    ]


def _said(code: str, said: str) -> str:
    if code in ("MISSING COLUMNS", "TOO MANY COLUMNS"):
        wanted, found = (int(word) for word in said.replace(":", "").split() if word.isdigit())
        return f"{found} values where the header has {wanted} names"
    if code == OPEN_QUOTE:
        return "a quote is opened and not closed, or followed by more text"
    if code == "LINE SIZE OVER MAXIMUM":
        return f"longer than {_LONGEST_LINE >> 20} MiB"
    return said[:1].lower() + said[1:]


def _first_lines(text: Path, skip: int) -> list[str]:
    with text.open("rb") as file:
        for _ in range(skip):
            file.readline()
        block = file.read(_SAMPLE)
        whole = block if len(block) < _SAMPLE else block[: block.rfind(b"\n") + 1] or block
    return [line.decode("utf-8", "replace") for line in whole.splitlines(keepends=True)]


def _separator(lines: Sequence[str]) -> str:
    """The sign that splits the sample's records most evenly into more than one value."""

    def evenness(sign: str) -> tuple[float, int]:
        try:
            widths = [len(record) for record in csv.reader(lines, delimiter=sign) if record]
        except csv.Error:
            return 0.0, 0
        if widths[0] < 2:
            return 0.0, 0
        return Counter(widths)[widths[0]] / len(widths), widths[0]

    best = max(SEPARATORS, key=evenness)
    return best if evenness(best)[0] > 0 else ","


def check_names(names: Sequence[str], shown: Path, line: int) -> None:
    """Raise `SourceError` where two columns have the same name."""
    places: dict[str, int] = {}
    for place, name in enumerate((n.strip() for n in names), 1):
        first = places.setdefault(name.lower(), place)
        if name and first != place:
            other = names[first - 1].strip()
            same = (
                f'two columns are called "{name}"' if other == name else f'"{other}" and "{name}" differ in case only'
            )
            raise SourceError(
                f"{same} (columns {first} and {place}). Rename one in the file, or say `header: false, skip: {line}` "
                "beside its path and use column1, column2, ….",
                path=shown,
                line=line,
            )
