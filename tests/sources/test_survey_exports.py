"""CSV exports of survey tools, with their header rows and multiple choices; `for_each` makes rows of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from heedful.errors import DefinitionError, SourceError

EXPORTS = Path(__file__).parent / "exports"
ANSWERS = (
    "select feedback_id, question, score, choice, text, strftime(occurred_at, '%m-%d %H:%M') as t "
    "from feedback order by feedback_id"
)


def copied(workspace: Any, name: str) -> str:
    workspace.write(name, (EXPORTS / name).read_bytes())
    return name


def answers(workspace: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in workspace.rows(ANSWERS)]


def test_a_qualtrics_export_gives_scores_and_choices_in_the_zone_that_it_states(workspace: Any) -> None:
    copied(workspace, "qualtrics.csv")
    report = workspace.pull("""
        files: {survey: {path: qualtrics.csv, format: qualtrics}}
        rows:
          - into: feedback
            channel: "'survey'"
            when: Status = 'IP Address' and Q1 is not null
            feedback_id: ResponseId
            occurred_at: EndDate
            scale: "'nps'"
            score: Q1
            text: Q3
          - into: feedback
            channel: "'survey'"
            for_each: {columns: ["Q2_1", "Q2_2", "Q2_3"]}
            when: Status = 'IP Address'
            feedback_id: ResponseId || ':' || each.name
            occurred_at: EndDate
            scale: "'choice'"
            question: each.label
            choice: each.value
    """)
    assert (report.read, report.rejected) == (3, 0)
    assert "times without a zone are local to America/Denver (as the file says)" in report.notes
    first, second = "R_1aB2cD3eF4gH5iJ", "R_2bC3dE4fG5hI6jK"
    heard = "Where did you hear of us? - Selected Choice - "
    assert answers(workspace) == [
        (first, None, 9.0, None, "Quicker answers, please", "03-04 16:14"),
        (f"{first}:Q2_1", f"{heard}Radio", None, "Radio", None, "03-04 16:14"),
        (f"{first}:Q2_2", f"{heard}A friend", None, "A friend", None, "03-04 16:14"),
        (second, None, 3.0, None, "El envío\nllegó tarde", "03-05 05:41"),
        (f"{second}:Q2_3", f"{heard}Other:", None, "Other:", None, "03-05 05:41"),
    ]


def test_rejects_of_an_export_with_three_header_rows_name_the_line_of_the_file(workspace: Any) -> None:
    text = (EXPORTS / "qualtrics.csv").read_text(encoding="utf-8").replace(",c002,ES,3,", ",c002,ES,31,")
    workspace.write("qualtrics.csv", text)
    workspace.pull(
        """
        files: {survey: {path: qualtrics.csv, format: qualtrics}}
        rows: [{into: feedback, channel: "'survey'",
          feedback_id: ResponseId, occurred_at: EndDate, scale: "'nps'", score: Q1}]
        """,
        reject_share=1,
    )
    assert workspace.rejects() == ["qualtrics.csv,7,Q1,31.0,is outside of its scale"]
    assert text.splitlines()[6].startswith("2024-03-04 22:40:00")


def test_an_older_qualtrics_export_with_two_header_rows_is_read_too(workspace: Any) -> None:
    lines = (EXPORTS / "qualtrics.csv").read_text(encoding="utf-8").split("\n")
    workspace.write("old.csv", "\n".join(line for line in lines if "ImportId" not in line))
    report = workspace.pull("""
        files: {survey: {path: old.csv, format: qualtrics}}
        rows: [{into: feedback, channel: "'survey'",
          feedback_id: ResponseId, occurred_at: EndDate, score: Q1, scale: "'nps'"}]
    """)
    assert report.tables["feedback"].new == 3
    assert "times without a zone are local to Europe/Riga (the workspace's)" in report.notes


def test_a_surveymonkey_export_names_each_column_by_question_and_answer(workspace: Any) -> None:
    copied(workspace, "surveymonkey.csv")
    report = workspace.pull("""
        files: {survey: {path: surveymonkey.csv, format: surveymonkey}}
        rows:
          - into: feedback
            channel: "'survey'"
            feedback_id: '"Respondent ID"'
            customer_id: '"Custom Data 1"'
            occurred_at: '"End Date"'
            scale: "'nps'"
            score: '"How likely is it that you would recommend us?"'
            text: '"What else would you like to say?"'
          - into: feedback
            channel: "'survey'"
            for_each: {columns: "Which of these do you use? [*"}
            feedback_id: '"Respondent ID" || '':use:'' || each.number'
            occurred_at: '"End Date"'
            question: each.label
            choice: each.value
          - into: feedback
            channel: "'survey'"
            for_each: {columns: "How do you rate our [*"}
            feedback_id: '"Respondent ID" || '':'' || each.name'
            occurred_at: '"End Date"'
            question: each.name
            scale: "'rating'"
            score: each.value
    """)
    assert report.rejected == 0
    used = "Which of these do you use?"
    assert answers(workspace) == [
        ("118800000001", None, 10.0, None, "All good, thanks", "01-15 08:25"),
        ("118800000001:How do you rate our [Prices]", "How do you rate our [Prices]", 4.0, None, None, "01-15 08:25"),
        ("118800000001:How do you rate our [Service]", "How do you rate our [Service]", 5.0, None, None, "01-15 08:25"),
        ("118800000001:use:1", used, None, "Website", None, "01-15 08:25"),
        ("118800000001:use:2", used, None, "App", None, "01-15 08:25"),
        ("118800000002", None, 6.0, None, None, "01-16 13:02"),
        ("118800000002:How do you rate our [Prices]", "How do you rate our [Prices]", 2.0, None, None, "01-16 13:02"),
        ("118800000002:use:2", used, None, "App", None, "01-16 13:02"),
        ("118800000002:use:3", used, None, "A kiosk", None, "01-16 13:02"),
    ]


def test_a_typeform_export_is_in_utc_and_its_second_other_is_told_from_the_first(workspace: Any) -> None:
    copied(workspace, "typeform.csv")
    report = workspace.pull("""
        files: {survey: {path: typeform.csv, format: typeform}}
        rows:
          - into: feedback
            channel: "'survey'"
            for_each: {columns: [Email, Phone, Other]}
            feedback_id: '"#" || '':'' || each.name'
            occurred_at: '"Submit Date (UTC)"'
            question: "'How should we reach you?'"
            choice: each.value
          - into: feedback
            channel: "'survey'"
            for_each: {columns: [App, "Other (2)"]}
            feedback_id: '"#" || '':'' || each.name'
            occurred_at: '"Submit Date (UTC)"'
            question: "'Where do you buy?'"
            choice: each.value
    """)
    assert "times without a zone are local to UTC (as the file says)" in report.notes
    assert [(a[0][-8:], a[3], a[5]) for a in answers(workspace)] == [
        ("3ijk:App", "App", "02-01 23:51"),
        ("jk:Email", "Email", "02-01 23:51"),
        ("jk:Phone", "Phone", "02-01 23:51"),
        ("kl:Other", "Carrier pigeon", "02-02 08:03"),
        ("ther (2)", "The shop", "02-02 08:03"),
    ]


def test_a_limesurvey_export_is_read_by_its_codes_and_what_was_not_shown_is_no_answer(workspace: Any) -> None:
    copied(workspace, "limesurvey.csv")
    report = workspace.pull("""
        files: {survey: {path: limesurvey.csv, format: limesurvey}}
        rows:
          - into: feedback
            channel: "'survey'"
            when: submitdate is not null
            feedback_id: id
            occurred_at: submitdate
            scale: "'nps'"
            score: NPS
            text: WHY
          - into: feedback
            channel: "'survey'"
            for_each: {columns: "USE[SQ*"}
            when: submitdate is not null and each.value = 'Yes'
            feedback_id: id || ':' || each.name
            occurred_at: submitdate
            question: "'USE'"
            choice: each.label
    """)
    assert (report.read, report.rejected) == (3, 0)
    assert [a[:5] for a in answers(workspace)] == [
        ("1", None, 8.0, None, None),
        ("1:USE[SQ001]", "USE", None, "Which do you use? [Website]", None),
        ("3", None, 2.0, None, "Zu teuer; zu spät"),
        ("3:USE[SQ002]", "USE", None, "Which do you use? [App]", None),
    ]


def test_google_forms_own_times_become_instants_and_joined_answers_a_row_each(workspace: Any) -> None:
    copied(workspace, "google_forms.csv")
    report = workspace.pull("""
        files: {survey: {path: google_forms.csv, format: google_forms}}
        rows:
          - into: feedback
            channel: "'survey'"
            for_each: {split: "Which do you use?", by: ";"}
            feedback_id: Timestamp::text || each.number
            occurred_at: Timestamp
            question: each.label
            choice: each.value
          - into: feedback
            channel: "'survey'"
            for_each: {columns: "Rate us [*"}
            feedback_id: Timestamp::text || each.name
            occurred_at: Timestamp
            question: each.name
            scale: "'rating'"
            score: each.value
    """)
    assert report.rejected == 0
    assert sorted((a[5], a[3] or a[2]) for a in answers(workspace) if a[3]) == [
        ("01-14 18:35", "App, on the phone"),
        ("01-15 08:23", "App, on the phone"),
        ("01-15 08:23", "Website"),
    ]
    assert sorted((a[5], a[2]) for a in answers(workspace) if a[2]) == [
        ("01-14 18:35", 1.0), ("01-14 18:35", 2.0), ("01-15 08:23", 4.0), ("01-15 08:23", 5.0), ("01-16 18:00", 3.0),
    ]  # fmt: skip


def test_options_that_hold_the_sign_itself_are_kept_whole(workspace: Any) -> None:
    copied(workspace, "google_sheet.csv")
    workspace.pull("""
        files: {survey: {path: google_sheet.csv, format: google_forms}}
        rows:
          - into: feedback
            channel: "'survey'"
            for_each: {split: "Which do you use?", options: ["App, on the phone"]}
            feedback_id: Timestamp::text || each.number
            occurred_at: Timestamp
            choice: each.value
    """)
    assert [(a[3], a[5]) for a in answers(workspace)] == [
        ("Website", "01-15 08:23"),
        ("App, on the phone", "01-15 08:23"),
        ("App, on the phone", "01-16 07:00"),
    ]


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("qualtrics", "it has no column ResponseId in a header of two or three rows"),
        ("surveymonkey", 'its first column is not "Respondent ID"'),
        ("typeform", 'it has no column "Submit Date (UTC)"'),
        ("limesurvey", 'its first column is neither "id" nor "Response ID"'),
    ],
)
def test_a_file_that_is_no_such_export_is_refused_with_what_is_missing(workspace: Any, name: str, missing: str) -> None:
    workspace.write("survey.csv", "when,score\n2024-01-01,9\n")
    with pytest.raises(SourceError) as error:
        workspace.pull(f"""
            files: {{survey: {{path: survey.csv, format: {name}}}}}
            rows: [{{into: feedback, channel: "'survey'", feedback_id: x, occurred_at: y}}]
        """)
    said = workspace.refusal(error)
    assert said.startswith("survey.csv:1: this is no CSV export of ")
    assert f": {missing}. Export it again" in said


def test_values_of_several_columns_that_do_not_fit_are_rejects_with_their_text(workspace: Any) -> None:
    workspace.write("wide.csv", "id,day,q1,q2\n1,2024-01-01,4,five\n2,2024-01-02,3,\n")
    report = workspace.pull(
        """
        files: {survey: wide.csv}
        rows:
          - into: feedback
            channel: "'survey'"
            for_each: {columns: [q1, q2]}
            feedback_id: id || each.name
            occurred_at: day
            question: each.name
            scale: "'rating'"
            score: each.value
        """,
        reject_share=0.5,
    )
    assert report.tables["feedback"].new == 2
    (reject,) = workspace.rejects()
    assert reject.startswith('wide.csv,2,each.value,five,"is not a number')


def test_two_rows_of_one_record_with_the_same_id_are_told(workspace: Any) -> None:
    workspace.write("wide.csv", "id,day,q1,q2\n1,2024-01-01,4,5\n2,2024-01-02,3,3\n")
    report = workspace.pull(
        """
        files: {survey: wide.csv}
        rows: [{into: feedback, channel: "'survey'", for_each: {columns: [q1, q2]},
          feedback_id: id, occurred_at: day, score: each.value}]
        """,
        reject_share=0.5,
    )
    assert report.tables["feedback"].new == 2
    assert workspace.rejects() == [
        'wide.csv,2,feedback_id,1,"duplicate key of feedback: a later row says something else, also in line 2"'
    ]
    assert workspace.column("select score from feedback order by feedback_id") == [5.0, 3.0], "the last one wins"


def test_for_each_over_a_column_that_is_not_there_offers_the_closest(workspace: Any) -> None:
    workspace.write("wide.csv", "id,day,Question 1\n1,2024-01-01,4\n")
    with pytest.raises(DefinitionError) as error:
        workspace.pull("""
        files: {survey: wide.csv}
        rows:
          - into: feedback
            channel: "'survey'"
            for_each: {columns: [id, Question 2]}
            feedback_id: id
            occurred_at: day
            score: each.value
        """)
    assert workspace.refusal(error) == 'sources/shop.yaml:6: no column is called "Question 2". Closest: Question 1.'


def test_for_each_takes_columns_or_one_to_split_and_not_both(workspace: Any) -> None:
    with pytest.raises(DefinitionError) as error:
        workspace.source("""
        files: {survey: wide.csv}
        rows: [{into: feedback, channel: "'survey'", for_each: {columns: [a], split: b},
          feedback_id: id, occurred_at: day}]
        """)
    assert "for_each takes either `columns:` or `split:`." in str(error.value)
