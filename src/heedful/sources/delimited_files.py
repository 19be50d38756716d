"""A delimited text file whose layout is known, staged: what CSV and the exports of survey tools have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from heedful.errors import SourceError
from heedful.sources import delimited
from heedful.sources.column_types import RawColumn
from heedful.sources.csv_lines import CsvLines
from heedful.sources.delimited import Layout
from heedful.sources.encodings import TextFile, as_utf8, rewritten_lines
from heedful.sources.files import count_records, first_line, shown_encoding
from heedful.sources.staged import LineNumbers, Original, StagedFile
from heedful.sources.staging import MalformedRecord, Staging

_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def text_of(staging: Staging, original: Original) -> TextFile:
    """The file as UTF-8."""
    return as_utf8(original.path, original.spec.encoding, staging.folder / f"{original.name}.utf8", link=original.link)


def read_delimited(
    staging: Staging,
    original: Original,
    text: TextFile,
    layout: Layout,
    *,
    kind: str = "",
    labels: Mapping[str, str] | None = None,
    timezone: str | None = None,
) -> StagedFile:
    """The records below the header of `layout`. `kind` says in the notes whose export it is."""
    name, path = original.name, original.path
    target = staging.folder / f"{name}.parquet"
    try:
        malformed = delimited.stage(staging, text, layout, original.spec, target)
    except duckdb.Error as error:
        if not delimited.state_machine_failed(error):
            raise SourceError(f"this file cannot be read as CSV: {first_line(error)}.", path=path) from None
        text = rewritten_lines(text, staging.folder / f"{name}.lines")
        malformed = delimited.stage(staging, text, layout, original.spec, target)
    records = count_records(staging, target)
    lines = CsvLines(text, layout, malformed, records=records)
    if not lines.is_plain and not lines.are_complete(delimited.line_breaks(staging, layout, target)):
        raise _lost_lines(path, malformed, lines)
    columns = tuple(RawColumn((column,), column, "VARCHAR", "all") for column in layout.columns)
    spec = original.spec.model_copy(update={"separator": layout.separator})
    notes = _notes(original, text, layout, kind=kind, records=records, malformed=malformed)
    return StagedFile(
        name, path, spec, target, columns, records, tuple(malformed), lines, notes, labels or {}, timezone
    )


def _notes(
    original: Original, text: TextFile, layout: Layout, *, kind: str, records: int, malformed: Sequence[MalformedRecord]
) -> tuple[str, ...]:
    name, shown = original.name, original.path.name
    guess = " (a guess by its letters; if they look wrong, say `encoding:`)" if text.guessed else ""
    separator = _NAMES.get(layout.separator, f'"{layout.separator}"')
    what = f"{kind}, " if kind else ""
    note = f"{name}: {shown} read as {what}{shown_encoding(text.encoding)}{guess}, separated by {separator}, "
    notes = [note + f"{records:,} records"]
    if not records and not malformed:
        notes.append(f"{name}: {shown} has a header and no records")
    return tuple(notes)


def _lost_lines(path: Path, malformed: Sequence[MalformedRecord], lines: LineNumbers) -> SourceError:
    opened = [at for at, f in zip(lines.of_malformed(), malformed, strict=True) if f.code == delimited.OPEN_QUOTE]
    place = f"the quote that opens in line {opened[0]}" if opened else "a quote that is opened"
    said = f"{place} is never closed, and lines are lost in it. Close it, or write it twice if it belongs to the text."
    return SourceError(said, path=path, line=opened[0] if opened else 0)
