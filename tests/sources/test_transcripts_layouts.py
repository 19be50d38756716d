"""Conversations in the layouts of real programs, in six languages: who said what, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import Workspace

FILES = Path(__file__).parent / "transcripts"

TURNS = """
rows:
  - into: feedback
    feedback_id: thread_id || '/' || turn
    thread_id: thread_id
    customer_id: customer_id
    occurred_at: occurred_at
    channel: "'call'"
    speaker: said_by
    text: text
    language: language
    touchpoint: section
"""


@pytest.fixture
def turns(workspace: Workspace) -> Any:
    """Pulls one of the files as feedback and returns its turns in order."""

    def pull(name: str, *, spec: str = "", rows: str = TURNS) -> list[dict[str, Any]]:
        workspace.write(f"data/{name}", (FILES / name).read_bytes())
        head = f"files: {{calls: {{path: 'data/{name}'{spec}}}}}\nreject_share: 0.5\n"
        workspace.pull(head + rows)
        return workspace.rows("select * from feedback order by occurred_at, feedback_id")

    return pull


def said(rows: list[dict[str, Any]]) -> list[tuple[str | None, str]]:
    return [(row["speaker"], row["text"]) for row in rows]


def moments(rows: list[dict[str, Any]]) -> list[str]:
    return [row["occurred_at"].isoformat(sep=" ", timespec="milliseconds")[:23] for row in rows]


def test_a_zoom_recording_has_its_speakers_from_the_words_and_its_start_from_its_name(turns: Any) -> None:
    found = turns("GMT20260304-101500_Recording.transcript.vtt", spec=", speakers: {'anna*': customer}")
    assert said(found) == [
        ("agent", "Good morning, Nordlys, how can I help?"),
        ("customer", "My parcel should have come on Monday & it is Wednesday now."),
        ("agent", "I am sorry."),
        ("customer", "Problem: nobody called me."),
    ]
    assert moments(found)[:2] == ["2026-03-04 10:15:03.000", "2026-03-04 10:15:06.000"]
    assert {(row["thread_id"], row["customer_id"]) for row in found} == {("4711", "C-17")}


def test_several_voices_of_one_cue_are_several_turns(turns: Any, workspace: Workspace) -> None:
    rows = TURNS.replace("occurred_at: occurred_at", "occurred_at: \"'2026-03-04'\"")
    found = turns("teams.vtt", rows=rows)
    assert said(found) == [
        ("agent", "Goedemiddag, waarmee kan ik u helpen?"),
        ("customer", "De kluis bij het station is altijd vol."),
        ("agent", "Dat is vervelend."),
    ]


def test_a_cue_that_is_an_object_of_teams_gives_its_words_and_their_language(turns: Any) -> None:
    rows = TURNS.replace("occurred_at: occurred_at", "occurred_at: \"'2026-03-04'\"")
    (only,) = turns("teams_metadata.vtt", rows=rows)
    assert (only["speaker"], only["text"], only["language"]) == ("customer", "The app lost my order.", "en-us")


def test_subtitles_keep_dashes_apart_and_a_blank_line_within_a_cue(turns: Any) -> None:
    rows = TURNS.replace("occurred_at: occurred_at", "occurred_at: \"'2026-03-04'\"")
    assert said(turns("krievu.srt", rows=rows)) == [
        (None, "Здравствуйте, чем могу помочь?"),
        (None, "Курьер не приехал."),
        ("agent", "Проверю заказ."),
        ("customer", "Я жду уже третий день, и никто не звонит."),
    ]


def test_contact_lens_says_who_is_the_customer_by_participant(turns: Any, workspace: Workspace) -> None:
    found = turns("connect_analysis_2026-03-04T09_30_00Z.json", spec=", format: calls")
    assert said(found) == [
        ("agent", "This call may be recorded."),
        ("agent", "Hello, how can I help?"),
        ("customer", "I was charged twice."),
    ]
    assert moments(found)[-1] == "2026-03-04 09:30:04.500"
    assert found[0]["thread_id"] == "c0ffee00-1111-2222-3333-444455556666"
    assert workspace.rejects() == [
        "connect_analysis_2026-03-04T09_30_00Z.json,4,,Twice!,ends before it begins",
    ]


def test_twilios_channels_have_the_roles_of_the_transcripts_participants(turns: Any) -> None:
    found = turns("twilio.json", spec=", format: calls")
    assert said(found) == [
        ("agent", "สวัสดีค่ะ มีอะไรให้ช่วยไหมคะ"),
        ("customer", "พัสดุมาช้ามาก"),
        ("customer", "ไม่มีใครโทรหาเลย"),
    ]
    assert moments(found)[1] == "2026-03-04 03:00:02.500"


def test_zoom_phone_and_google_meet_name_their_speakers(turns: Any) -> None:
    assert said(turns("zoom_phone.json", spec=", format: calls")) == [
        ("agent", "Support, good morning."),
        ("Anna Brown", "The shop was closed."),
    ]
    assert ("Participant 1", "The courier rang first.") in said(turns("meet.json", spec=", format: calls"))


def test_one_file_may_hold_several_conversations(turns: Any) -> None:
    found = turns("gong.json", spec=", format: calls")
    assert [(row["thread_id"], row["speaker"], row["text"]) for row in found] == [
        ("1", "agent", "Hello Ben. How is it going?"),
        ("1", "customer", "The invoice is wrong again."),
        ("2", "s7", "All fine now."),
    ]
    assert moments(found) == ["2026-03-04 08:00:00.500", "2026-03-04 08:00:03.000", "2026-03-05 08:00:00.000"]


def test_text_with_speakers_takes_times_before_and_behind_the_name_and_no_remark_for_one(turns: Any) -> None:
    found = turns("chiamata_2026-03-05.txt", spec=", format: dialogue")
    assert said(found) == [
        ("agent", "Buongiorno, come posso aiutarla?"),
        ("Giulia Verdi", "Il pacco è arrivato rotto. Nota: l'ho fotografato."),
        ("agent", "Mi dispiace."),
        ("Giulia Verdi", "Vorrei un rimborso."),
    ]
    # The fifth of March begins in Riga at 22:00 UTC.
    assert moments(found)[1] == "2026-03-04 22:00:07.000"


def test_a_focus_group_keeps_participants_apart_and_the_note_takers_words_as_the_moderators(turns: Any) -> None:
    found = sorted(turns("fokusgrupa.md"), key=lambda row: int(row["feedback_id"].split("/")[1]))
    assert [(row["touchpoint"], row["speaker"], row["text"]) for row in found] == [
        ("Pakomāti", "moderator", "Visi pazīst pakomātus."),
        ("Pakomāti", "moderator", "Kā jums patīk pakomāti?"),
        ("Pakomāti", "P1", "Ērti, bet bieži pilni. un tālu no mājām"),
        ("Pakomāti", "P2", "Man labāk kurjers."),
        ("Kurjeri", "moderator", "Un kurjeri?"),
        ("Kurjeri", "P1", "Nekad nezvana."),
    ]
    assert [row["customer_id"] for row in found] == [None, None, "C-17", None, None, "C-17"]


def test_what_notes_state_of_participants_can_be_mapped(workspace: Workspace) -> None:
    workspace.write("data/fokusgrupa.md", (FILES / "fokusgrupa.md").read_bytes())
    workspace.pull("""
        files: {notes: data/fokusgrupa.md}
        rows:
          - into: feedback
            when: participant.age > 40
            feedback_id: thread_id || '/' || turn
            occurred_at: occurred_at
            channel: "'focus_group'"
            text: participant.country || ' ' || about.place || ' ' || topic
    """)
    assert workspace.column("select text from feedback") == ["LV Rīga Piegāde"]


def test_notes_without_front_matter_say_their_date_in_the_first_lines(turns: Any) -> None:
    found = turns("interview.txt", spec=", format: dialogue")
    assert said(found) == [
        ("moderator", "Waarom heeft u opgezegd?"),
        ("Respondent", "Te duur. En niemand nam de telefoon op."),
    ]
    assert moments(found) == ["2026-03-05 22:00:00.000"] * 2


def test_one_call_gives_its_turns_and_one_contact(workspace: Workspace) -> None:
    name = "GMT20260304-101500_Recording.transcript.vtt"
    workspace.write(f"data/{name}", (FILES / name).read_bytes())
    workspace.pull(
        f"files: {{calls: data/{name}}}"
        + TURNS
        + """
  - into: activity
    when: turn = 1
    activity_id: thread_id
    customer_id: customer_id
    kind: "'contact'"
    occurred_at: started_at
    ended_at: ended_at
"""
    )
    (contact,) = workspace.rows("select *, epoch(ended_at) - epoch(occurred_at) as lasted_s from activity")
    assert (contact["activity_id"], contact["customer_id"], contact["lasted_s"]) == ("4711", "C-17", 15.25)
    assert workspace.column("select count(*) from feedback") == [4]


def test_all_files_of_a_pattern_are_one_relation(workspace: Workspace) -> None:
    for day in (4, 5):
        workspace.write(
            f"calls/2026-03-0{day}_c{day}.vtt", f"WEBVTT\n\n00:01.000 --> 00:02.000\nCustomer: Day {day}.\n"
        )
    workspace.pull("files: {calls: 'calls/*.vtt'}" + TURNS)
    assert workspace.rows("select thread_id, text from feedback order by text") == [
        {"thread_id": "2026-03-04_c4", "text": "Day 4."},
        {"thread_id": "2026-03-05_c5", "text": "Day 5."},
    ]


def test_a_second_pull_of_the_same_calls_changes_nothing(workspace: Workspace) -> None:
    name = "GMT20260304-101500_Recording.transcript.vtt"
    workspace.write(f"data/{name}", (FILES / name).read_bytes())
    for expected in (4, 0):
        report = workspace.pull(f"files: {{calls: data/{name}}}" + TURNS)
        assert report.tables["feedback"].new == expected


def test_speakers_whose_role_nobody_states_are_named_with_what_to_write(workspace: Workspace) -> None:
    name = "zoom_phone.json"
    workspace.write(f"data/{name}", (FILES / name).read_bytes())
    notes = workspace.pull(f"files: {{calls: {{path: data/{name}, format: calls}}}}" + TURNS, dry_run=True).notes
    assert (
        "zoom_phone.json: nothing says whether these are customers or staff, so they count as customers: Anna Brown. "
        "Say it beside the path: `speakers: {Anna Brown: agent}`"
    ) in notes


def test_a_windows_encoding_is_found_out_as_for_a_csv(workspace: Workspace) -> None:
    text = "Клиент: Курьер не приехал, я жду уже третий день и никто не звонит\nОператор: Проверю заказ\n"
    workspace.write("data/2026-03-04.md", text.encode("cp1251"))
    report = workspace.pull("files: {calls: data/2026-03-04.md}" + TURNS)
    assert workspace.column("select speaker from feedback order by feedback_id") == ["customer", "agent"]
    assert any("windows-1251" in note for note in report.notes)
