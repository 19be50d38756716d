"""SurveyMonkey's CSV export: a row of questions, and below it a row of what each column of a question holds.

A question with several columns has its wording above the first of them only. A column is called as its question, or
`question [answer]` where the question has several.
"""

from __future__ import annotations

from collections.abc import Sequence

from heedful.sources.delimited_files import read_delimited, text_of
from heedful.sources.formats.registry import file_format
from heedful.sources.staged import Original, StagedFile
from heedful.sources.staging import Staging
from heedful.sources.survey_headers import distinct_names, first_rows, named, no_export

_FIRST = ("respondent id", "respondentid")
_ONLY_ANSWER = ("", "response", "open-ended response")


@file_format(
    "surveymonkey", about="CSV exported from SurveyMonkey", options=("encoding", "separator", "decimal"), by_lines=True
)
def read(staging: Staging, original: Original) -> StagedFile:
    """A column a question, or one for each of its answers."""
    text = text_of(staging, original)
    begun = first_rows(text, original, 2)
    if begun.rows[0][0].lower() not in _FIRST:
        raise no_export(original, "SurveyMonkey", 'its first column is not "Respondent ID"')
    second = begun.rows[1] if len(begun.rows) > 1 and not begun.rows[1][0] else []
    questions = _carried_on(begun.rows[0])
    answers = [*second, *[""] * (len(questions) - len(second))]
    names = distinct_names([_name(*pair) for pair in zip(questions, answers, strict=False)])
    return read_delimited(
        staging,
        original,
        text,
        begun.layout(names, 2 if second else 1),
        kind="a SurveyMonkey export",
        labels=named(names, questions),
    )


def _carried_on(row: Sequence[str]) -> list[str]:
    """The row with each gap filled by the question before it."""
    questions: list[str] = []
    for cell in row:
        questions.append(cell or (questions[-1] if questions else ""))
    return questions


def _name(question: str, answer: str) -> str:
    return question if answer.lower() in _ONLY_ANSWER else f"{question} [{answer}]"
