"""LimeSurvey's CSV export, headed by codes of questions, by their texts, or by both.

A code with its text (`Q1. How likely …`) is split into name and label. `N/A` stands where a question was not shown,
and the first day of 1980 where a survey keeps no dates: neither is a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from heedful.sources.delimited_files import read_delimited, text_of
from heedful.sources.formats.registry import file_format
from heedful.sources.staged import Original, StagedFile
from heedful.sources.staging import Staging
from heedful.sources.survey_headers import distinct_names, first_rows, named, no_export

_IDS = ("id", "response id")
_NO_VALUE = ("N/A", "{question_not_shown}", "1980-01-01 00:00:00")
_CODE_AND_TEXT = re.compile(r"([A-Za-z]\w*(?:\[[^\]]*\])*)\. (.+)", re.DOTALL)


@file_format(
    "limesurvey", about="CSV exported from LimeSurvey", options=("encoding", "separator", "decimal"), by_lines=True
)
def read(staging: Staging, original: Original) -> StagedFile:
    """A column a question, and one for each of its subquestions: `Q2[SQ001]`."""
    spec = original.spec.model_copy(update={"nulls": (*original.spec.nulls, *_NO_VALUE)})
    original = replace(original, spec=spec)
    text = text_of(staging, original)
    begun = first_rows(text, original, 1)
    bare, labels = _split(begun.rows[0])
    if bare[0].lower() not in _IDS:
        raise no_export(original, "LimeSurvey", 'its first column is neither "id" nor "Response ID"')
    names = distinct_names(bare)
    return read_delimited(
        staging,
        original,
        text,
        begun.layout(names, 1),
        kind="a LimeSurvey export",
        labels=named(names, labels),
    )


def _split(row: Sequence[str]) -> tuple[list[str], list[str]]:
    """The code and the text of each column."""
    found = [_CODE_AND_TEXT.fullmatch(cell) for cell in row]
    return (
        [match[1] if match else cell for match, cell in zip(found, row, strict=True)],
        [match[2] if match else cell for match, cell in zip(found, row, strict=True)],
    )
