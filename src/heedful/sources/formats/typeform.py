"""Typeform's CSV export: questions as names, a column for each answer of a multiple choice, times in UTC.

A question may be asked twice and "Other" is an answer of many: the second column of a name has (2) after it.
"""

from __future__ import annotations

from heedful.sources.delimited_files import read_delimited, text_of
from heedful.sources.formats.registry import file_format
from heedful.sources.staged import Original, StagedFile
from heedful.sources.staging import Staging
from heedful.sources.survey_headers import distinct_names, first_rows, named, no_export

_TIMES = ("start date (utc)", "submit date (utc)")


@file_format(
    "typeform", about="CSV exported from Typeform", options=("encoding", "separator", "decimal"), by_lines=True
)
def read(staging: Staging, original: Original) -> StagedFile:
    """A column a question, and one for each answer of which several may be given."""
    text = text_of(staging, original)
    begun = first_rows(text, original, 1)
    if not any(cell.lower() in _TIMES for cell in begun.rows[0]):
        raise no_export(original, "Typeform", 'it has no column "Submit Date (UTC)"')
    names = distinct_names(begun.rows[0])
    return read_delimited(
        staging,
        original,
        text,
        begun.layout(names, 1),
        kind="a Typeform export",
        labels=named(names, begun.rows[0]),
        timezone="UTC",
    )
