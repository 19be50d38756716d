"""SPSS files: codes, labels, user-missing answers, dates and letters come in as they are."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from heedful.errors import SourceError
from heedful.sources.formats import spss


def save(path: Path, **options: Any) -> None:
    frame = pd.DataFrame({
        "id": [1.0, 2.0, 3.0, 4.0],
        "day": [date(2024, 1, 1), date(2024, 2, 29), date(1999, 12, 31), date(2024, 1, 4)],
        "q1": [10.0, 99.0, 3.0, None],
        "region": ["LV", "TH", "RU", ""],
        "why": ["a" * 4000, "วันนี้ช้า", "сегодня поздно", "labi"],
        "w": [0.5, 1.5, 1.0, 1.0],
        "use_1": [1.0, 0.0, 1.0, 0.0],
        "use_2": [0.0, 0.0, 1.0, 1.0],
    })  # fmt: skip
    options = {
        "column_labels": {"q1": "How likely are you to recommend us?", "use_1": "Website", "use_2": "แอป"},
        "variable_value_labels": {
            "q1": {0.0: "Not at all", 10.0: "Extremely", 99.0: "Don't know"},
            "region": {"LV": "Latvija", "TH": "ไทย", "RU": "Россия"},
        },
        "missing_ranges": {"q1": [99]},
        **options,
    }
    pyreadstat.write_sav(frame, str(path), **options)


ROWS = """
rows:
  - into: feedback
    channel: "'survey'"
    feedback_id: id
    occurred_at: day
    scale: "'nps'"
    score: q1
    text: why
    weight: w
"""


@pytest.fixture
def survey(workspace: Any) -> Any:
    save(workspace.folder / "survey.sav")
    return workspace


def test_scores_dates_weights_and_letters_come_in_as_they_are(survey: Any) -> None:
    report = survey.pull("files: {survey: survey.sav}" + ROWS, reject_share=0.5)
    assert (report.read, report.rejected) == (4, 1)
    found = survey.rows("select feedback_id, occurred_at::text as t, score, text, weight from feedback order by 1")
    assert [tuple(row.values()) for row in found] == [
        ("1", "2023-12-31 22:00:00+00", 10.0, "a" * 4000, 0.5),
        ("3", "1999-12-30 22:00:00+00", 3.0, "сегодня поздно", 1.0),
        ("4", "2024-01-03 22:00:00+00", None, "labi", 1.0),
    ]


def test_a_user_missing_answer_that_nobody_thought_of_is_a_reject_that_says_what_to_write(survey: Any) -> None:
    report = survey.pull("files: {survey: survey.sav}" + ROWS, reject_share=0.5)
    assert "survey: user-missing answers of q1 are rejects, unless the mapping asks for …_missing" in report.notes
    (reject,) = survey.rejects()
    assert reject.startswith("survey.sav,2,q1,99 (Don't know),\"is user-missing, as the file declares: say")


def test_a_mapping_that_names_what_is_missing_decides(survey: Any) -> None:
    text = ROWS.replace("score: q1", "score: case when q1_missing is null then q1 end")
    report = survey.pull("files: {survey: survey.sav}" + text)
    assert report.rejected == 0
    assert survey.column("select score from feedback order by feedback_id") == [10.0, None, 3.0, None]


def test_a_value_map_of_a_missing_code_decides(survey: Any) -> None:
    text = ROWS + "    values: {score: {99: null, else: keep}}\n"
    assert survey.pull("files: {survey: survey.sav}" + text).rejected == 0
    assert survey.column("select score from feedback order by feedback_id") == [10.0, None, 3.0, None]


def test_missing_answers_may_be_left_empty_in_the_whole_file(survey: Any) -> None:
    report = survey.pull("files: {survey: {path: survey.sav, missing: empty}}" + ROWS)
    assert (report.rejected, report.tables["feedback"].new) == (0, 4)
    assert "survey: user-missing answers of q1 are left empty" in report.notes


def test_labels_stand_beside_the_codes_or_in_their_place(survey: Any) -> None:
    text = ROWS.replace("score: q1", "choice: region_label")
    survey.pull("files: {survey: survey.sav}" + text)
    assert survey.column("select choice from feedback order by feedback_id") == ["Latvija", "ไทย", "Россия", None]
    survey.pull("files: {survey: {path: survey.sav, labels: true}}" + text.replace("region_label", "region"))
    assert survey.column("select choice from feedback order by feedback_id") == ["Latvija", "ไทย", "Россия", None]


def test_the_columns_of_a_multiple_response_become_a_row_each_with_their_labels(survey: Any) -> None:
    survey.pull("""
        files: {survey: survey.sav}
        rows:
          - into: feedback
            channel: "'survey'"
            for_each: {columns: "use_*"}
            when: each.value = 1
            feedback_id: id || ':' || each.name
            occurred_at: day
            choice: each.label
    """)
    assert survey.column("select feedback_id || ' ' || choice from feedback order by 1") == [
        "1:use_1 Website", "3:use_1 Website", "3:use_2 แอป", "4:use_2 แอป",
    ]  # fmt: skip


def test_missing_answers_of_several_columns_are_rejects_unless_each_missing_is_asked(survey: Any) -> None:
    text = """
        files: {survey: survey.sav}
        rows:
          - into: feedback
            channel: "'survey'"
            for_each: {columns: [q1, use_1]}
            feedback_id: id || ':' || each.name
            occurred_at: day
            score: each.value
    """
    survey.pull(text, reject_share=1)
    assert [line.split(',"')[0] for line in survey.rejects()] == ["survey.sav,2,each.value,99 (Don't know)"]
    text = text.replace("            feedback_id", "            when: each.missing is null\n            feedback_id")
    assert survey.pull(text).rejected == 0


def test_a_file_larger_than_a_chunk_comes_in_whole(survey: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spss, "_CHUNK_ROWS", 3)
    assert survey.pull("files: {survey: {path: survey.sav, missing: empty}}" + ROWS).tables["feedback"].new == 4


def test_a_file_that_is_no_spss_file_is_refused(workspace: Any) -> None:
    workspace.write("survey.sav", b"no sav at all" * 100)
    with pytest.raises(SourceError) as error:
        workspace.pull("files: {survey: survey.sav}" + ROWS)
    assert workspace.refusal(error).startswith("survey.sav: this SPSS file cannot be read: ")


def test_a_machine_without_pyreadstat_is_told_what_to_install(survey: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(Exception, match=r"This needs pyreadstat. Install it with: pip install 'heedful\[spss\]'"):
        survey.pull("files: {survey: survey.sav}" + ROWS)
