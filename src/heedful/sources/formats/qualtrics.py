"""Qualtrics' CSV and TSV export: a row of names, a row of questions, and a row of JSON with ids and the time zone.

Exports of before 2017 lack the third row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from heedful.sources.delimited_files import read_delimited, text_of
from heedful.sources.formats.registry import file_format
from heedful.sources.staged import Original, StagedFile
from heedful.sources.staging import Staging
from heedful.sources.survey_headers import distinct_names, first_rows, named, no_export

_IDS = ("responseid", "response id")


@file_format(
    "qualtrics", about="CSV exported from Qualtrics", options=("encoding", "separator", "decimal"), by_lines=True
)
def read(staging: Staging, original: Original) -> StagedFile:
    """Columns by the short names of the first row, which a survey's author sets; the questions are their labels."""
    text = text_of(staging, original)
    begun = first_rows(text, original, 3)
    if len(begun.rows) < 2 or not any(cell.lower() in _IDS for row in begun.rows[:2] for cell in row):
        raise no_export(original, "Qualtrics", "it has no column ResponseId in a header of two or three rows")
    ids = _import_ids(begun.rows[2]) if len(begun.rows) > 2 else []
    names = distinct_names(begun.rows[0])
    zones = {str(cell["timeZone"]) for cell in ids if cell.get("timeZone")}
    return read_delimited(
        staging,
        original,
        text,
        begun.layout(names, 3 if ids else 2),
        kind="a Qualtrics export",
        labels=named(names, begun.rows[1]),
        timezone=zones.pop() if len(zones) == 1 else None,
    )


def _import_ids(row: Sequence[str]) -> list[dict[str, object]]:
    """What the third row says of each column; nothing where it is no such row."""
    found = []
    for cell in row:
        try:
            value = json.loads(cell)
        except ValueError:
            return []
        if not isinstance(value, dict) or "ImportId" not in value:
            return []
        found.append(value)
    return found
