"""Transcripts that are broken: what can be read is kept, and the rest is set aside with file, line and reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from heedful.errors import DefinitionError, SourceError
from heedful.sources import PullReport
from tests.sources.conftest import Workspace

Pull = Callable[..., PullReport]

SOURCE = """
files: {{calls: {{path: 'data/{name}'{spec}}}}}
reject_share: {share}
rows:
  - into: feedback
    feedback_id: thread_id || '/' || turn
    thread_id: thread_id
    occurred_at: occurred_at
    channel: "'call'"
    speaker: said_by
    text: text
"""


@pytest.fixture
def pull(workspace: Workspace) -> Pull:
    def run(name: str, content: str | bytes, *, spec: str = "", share: float = 0.9) -> PullReport:
        workspace.write(f"data/{name}", content)
        return workspace.pull(SOURCE.format(name=name, spec=spec, share=share))

    return run


def texts(workspace: Workspace) -> list[str]:
    return [str(text) for text in workspace.column("select text from feedback order by feedback_id")]


@pytest.mark.parametrize(
    ("timing", "reason"),
    [
        ("00:00:02.000 -->", "has no end: write it after -->, such as 00:01:02.500"),
        ("00:00:02.000 -> 00:00:04.000", "has no --> between its times"),
        ("00:00:02.000 --> 00:00:01.000", "ends before it begins"),
        ("00:00:02.000 --> soon", 'ends at ""soon"", which is no time such as 00:01:02.500'),
        ("00:75:02.000 --> 00:76:00.000", 'begins at ""00:75:02.000"", which is no time such as 00:01:02.500'),
    ],
)
def test_a_cue_with_broken_times_is_set_aside_and_stops_nothing(
    pull: Pull, workspace: Workspace, timing: str, reason: str
) -> None:
    first, last = "00:00:00.000 --> 00:00:01.000\nAgent: One.", "00:00:05.000 --> 00:00:06.000\nCustomer: Three."
    report = pull("2026-03-04.vtt", f"WEBVTT\n\n{first}\n\n{timing}\nCustomer: Two.\n\n{last}\n")
    assert texts(workspace) == ["One.", "Three."]
    assert report.rejected == 1
    (reject,) = workspace.rejects()
    assert reject.replace('"', "") == f"2026-03-04.vtt,6,,{timing} Customer: Two.,{reason}".replace('"', "")


def test_overlapping_cues_both_stay(pull: Pull, workspace: Workspace) -> None:
    pull(
        "2026-03-04.srt",
        "1\n00:00:01,000 --> 00:00:05,000\nAgent: Please wait\n\n2\n00:00:02,000 --> 00:00:03,000\nCustomer: No!\n",
    )
    assert texts(workspace) == ["Please wait", "No!"]


def test_a_missing_blank_line_before_a_cue_loses_neither_cue_nor_takes_its_number_for_words(
    pull: Pull, workspace: Workspace
) -> None:
    one, two = "1\n00:00:01,000 --> 00:00:02,000\nAgent: One", "2\n00:00:03,000 --> 00:00:04,000\nCustomer: Two"
    pull("2026-03-04.srt", f"{one}\n{two}\n")
    assert texts(workspace) == ["One", "Two"]


def test_words_without_a_time_above_them_are_set_aside_in_webvtt(pull: Pull, workspace: Workspace) -> None:
    pull("2026-03-04.vtt", "WEBVTT\n\nAgent: When?\n\n00:01.000 --> 00:02.000\nAgent: Now.\n")
    assert texts(workspace) == ["Now."]
    assert workspace.rejects() == [
        '2026-03-04.vtt,3,,Agent: When?,"has no time above it, so that nobody can tell when it was said"'
    ]


def test_a_text_that_never_names_a_speaker_is_kept_as_paragraphs_and_said_to_be_so(
    pull: Pull, workspace: Workspace
) -> None:
    report = pull("2026-03-04.md", "The parcel was late\nagain.\n\nNobody called.\n")
    assert texts(workspace) == ["The parcel was late again.", "Nobody called."]
    assert workspace.column("select count(speaker) from feedback") == [0]
    assert "2026-03-04.md: 2 turns name no speaker; they count as customers'" in report.notes


def test_an_empty_file_is_said_to_be_empty(pull: Pull) -> None:
    with pytest.raises(SourceError, match=r"2026-03-04\.vtt: this file is empty \(0 bytes\)"):
        pull("2026-03-04.vtt", "")


def test_a_file_with_a_head_and_no_cue_brings_nothing_and_says_so(pull: Pull) -> None:
    report = pull("2026-03-04.vtt", "WEBVTT\n")
    assert report.read == 0
    assert "calls: 2026-03-04.vtt read as WebVTT, UTF-8, 0 turns of 0 conversations" in report.notes


def test_a_recording_that_is_named_as_a_transcript_is_refused(pull: Pull) -> None:
    with pytest.raises(SourceError, match="NUL byte, which no text file does"):
        pull("2026-03-04.vtt", b"RIFF\x24\x08\x00\x00WAVEfmt " + bytes(2000))


def test_right_to_left_names_and_words_keep_their_order(pull: Pull, workspace: Workspace) -> None:
    pull(
        "2026-03-04.md",
        "\u200fדנה כהן: החבילה לא הגיעה (order 4711).\nAgent: One moment.\n\u200fדנה כהן: עדיין לא!\n",
    )
    assert workspace.rows("select speaker, text from feedback order by feedback_id") == [
        {"speaker": "דנה כהן", "text": "החבילה לא הגיעה (order 4711)."},
        {"speaker": "agent", "text": "One moment."},
        {"speaker": "דנה כהן", "text": "עדיין לא!"},
    ]


def test_a_turn_of_a_million_characters_is_kept_whole(pull: Pull, workspace: Workspace) -> None:
    words = "so long " * 131_072
    pull("2026-03-04.md", f"Customer: {words}\nAgent: I see.\n")
    assert workspace.column("select length(text) from feedback order by feedback_id") == [len(words) - 1, 6]


def test_calls_that_do_not_say_when_they_began_are_set_aside_with_what_to_do(pull: Pull) -> None:
    with pytest.raises(SourceError, match=r"call\.vtt:3: occurred_at '' feedback\.occurred_at is empty"):
        pull("call.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nAgent: Hello.\n", share=0.05)


def test_a_start_in_another_order_needs_its_format(pull: Pull, workspace: Workspace) -> None:
    notes = "Date: 04.03.2026 18:00\n\nModerator: So?\nP1: Fine.\n"
    with pytest.raises(SourceError, match="the start is no moment such as 2026-03-04 18:00"):
        pull("group.md", notes, share=0.05)
    pull("group.md", notes, spec=", dates: {started_at: '%d.%m.%Y %H:%M'}")
    assert workspace.column("select distinct strftime(occurred_at, '%Y-%m-%d %H:%M') from feedback") == [
        "2026-03-04 16:00"
    ]


def test_front_matter_that_is_no_yaml_costs_its_facts_and_not_the_turns(pull: Pull, workspace: Workspace) -> None:
    pull("2026-03-04.md", "---\ntopic: [unclosed\n---\nModerator: So?\nP1: Fine.\n")
    assert texts(workspace) == ["So?", "Fine."]
    assert workspace.rejects()[0].startswith("2026-03-04.md,")


def test_front_matter_that_never_ends_is_told_at_its_line(pull: Pull, workspace: Workspace) -> None:
    pull("2026-03-04.md", "---\nModerator: So?\nP1: Fine.\n")
    assert texts(workspace) == ["So?", "Fine."]
    assert workspace.rejects() == ["2026-03-04.md,1,,---,opens front matter that no line of --- closes"]


def test_json_that_is_no_transcript_is_told_what_it_holds(pull: Pull, workspace: Workspace) -> None:
    with pytest.raises(SourceError, match="is no transcript that Heedful knows"):
        pull("2026-03-04.json", '{"orders": [1, 2], "page": 1}', spec=", format: calls")


def test_json_that_breaks_off_is_told_at_its_line(pull: Pull, workspace: Workspace) -> None:
    with pytest.raises(SourceError, match=r"2026-03-04\.json:3: .*is not whole JSON"):
        pull("2026-03-04.json", '{"sentences":\n [{"transcript": "a"},\n', spec=", format: calls")


def test_a_role_that_there_is_not_is_told_with_those_that_there_are(workspace: Workspace) -> None:
    workspace.write("data/c.vtt", "WEBVTT\n")
    with pytest.raises(DefinitionError, match="'customer', 'agent', 'moderator', 'participant' or 'unknown'"):
        workspace.source(SOURCE.format(name="c.vtt", spec=", speakers: {Anna: boss}", share=0.1))


def test_one_file_that_is_no_text_does_not_stop_the_others_of_its_pattern(workspace: Workspace) -> None:
    workspace.write("data/2026-03-04.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nCustomer: Hello.\n")
    workspace.write("data/2026-03-05.vtt", b"RIFF\x24\x08\x00\x00WAVEfmt " + bytes(2000))
    workspace.pull(SOURCE.format(name="*.vtt", spec="", share=0.9))
    assert texts(workspace) == ["Hello."]
    (reject,) = workspace.rejects()
    assert reject.startswith('2026-03-05.vtt,1,,2026-03-05.vtt,"cannot be read: line 1 holds a NUL byte')


def test_who_speaks_first_is_no_fact_about_the_conversation(pull: Pull, workspace: Workspace) -> None:
    pull("2026-03-04.md", "Customer: Hello?\nAgent: Hello.\n")
    assert texts(workspace) == ["Hello?", "Hello."]
    pull("2026-03-05.md", "Topic: Parcels\nModerator: Ilze\n\nModerator: So?\nIlze: Well?\n")
    assert workspace.column("select speaker from feedback where thread_id = '2026-03-05'") == ["moderator"] * 2


@pytest.mark.parametrize(("line", "place"), [("", "5: speaker is not given"), ("speaker: speaker", "10: speaker is")])
def test_a_mapping_that_would_count_staff_as_customers_is_refused(workspace: Workspace, line: str, place: str) -> None:
    text = SOURCE.format(name="c.vtt", spec="", share=0.1).replace("speaker: said_by", line)
    with pytest.raises(DefinitionError, match=rf"shop\.yaml:{place}.*Write speaker: said_by\."):
        workspace.source(text)
