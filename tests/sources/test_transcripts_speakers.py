"""Who speaks for whom, what is a name and what is a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.sources.transcripts.clock import moment_in_name, offset_s
from heedful.sources.transcripts.names import Speakers, prefixed
from heedful.sources.transcripts.roles import Roles, usual_role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Agent", "agent"), ("AGENT 2", "agent"), ("Support Agent", "agent"), ("Ben (agent)", "agent"),
        ("Operatrice", "agent"), ("Medewerker", "agent"), ("Operatore 1", "agent"), ("Konsultante", "agent"),
        ("Оператор", "agent"), ("เจ้าหน้าที่", "agent"), ("Customer", "customer"), ("Cliente", "customer"),
        ("Klant", "customer"), ("Klients", "customer"), ("КЛИЕНТ", "customer"), ("ลูกค้า", "customer"),
        ("Moderator", "moderator"), ("Moderatrice", "moderator"), ("Gespreksleider", "moderator"),
        ("Intervētāja", "moderator"), ("Ведущая", "moderator"), ("ผู้ดำเนินรายการ", "moderator"),
        ("P1", "participant"), ("R 12", "participant"), ("Participant #3", "participant"),
        ("Deelnemer 2", "participant"), ("Dalībniece", "participant"), ("Участник 4", "participant"),
        ("ผู้เข้าร่วม 1", "participant"),
        ("P", "unknown"), ("Anna", "unknown"), ("Client Services", "unknown"), ("Agentina", "unknown"),
    ],
)  # fmt: skip
def test_usual_words_tell_the_role_and_names_do_not(name: str, role: str) -> None:
    assert usual_role(name) == role


def test_what_a_source_states_of_its_speakers_goes_before_what_words_mean() -> None:
    roles = Roles({"Client": "agent", "*@nordlys.lv": "agent", "anna*": "customer"})
    assert [roles.of(n) for n in ("client", "ilze@nordlys.lv", "Anna Brown", "Ben", None)] == [
        "agent", "agent", "customer", "unknown", "unknown",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "name", "text", "began_s"),
    [
        ("Anna: Hello.", "Anna", "Hello.", None),
        ("Anna Bērziņa: Labdien: es gaidu.", "Anna Bērziņa", "Labdien: es gaidu.", None),
        ("[AGENT] Good morning", "AGENT", "Good morning", None),
        ("[Agent]: Good morning", "Agent", "Good morning", None),
        ("00:12 Anna: Hello", "Anna", "Hello", 12),
        ("[01:02:03] Anna: Hello", "Anna", "Hello", 3723),
        ("Anna (00:19): Hello", "Anna", "Hello", 19),
        ("**P1:** Hello", "P1", "Hello", None),
        ("- **P1**: Hello", "P1", "Hello", None),
        ("Ведущий： Здравствуйте", "Ведущий", "Здравствуйте", None),
        ("P1:", "P1", "", None),
    ],
)
def test_a_speaker_is_read_however_it_is_written(line: str, name: str, text: str, began_s: float | None) -> None:
    found = prefixed(line)
    assert found is not None
    assert (found.name, found.text, found.began_s) == (name, text, began_s)


@pytest.mark.parametrize(
    "line",
    ["It came at 12:30 today", "see https://nordlys.lv/help", "[00:12] and then", "Well, Anna: no", "", ":", "12: no"],
)
def test_a_colon_alone_makes_no_speaker(line: str) -> None:
    assert prefixed(line) is None


def test_a_remark_before_a_colon_is_no_speaker_where_others_come_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Anna: One\nProblem: two\nI said: three\n[laughter]\n[laughter]\nBen Smith: four\nAnna: five\n")
    speakers = Speakers(path, Roles())
    found = [speakers.leading(line) for line in path.read_text().splitlines()]
    assert [one.name if one else None for one in found] == ["Anna", None, None, None, None, "Ben Smith", "Anna"]


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("GMT20260304-101500_Recording.transcript.vtt", "2026-03-04T10:15:00Z"),
        ("c0ffee_analysis_2026-03-04T09_30_00Z.json", "2026-03-04T09:30:00Z"),
        ("call 2026-03-04 10.15.vtt", "2026-03-04T10:15:00"),
        ("2026-03-04.md", "2026-03-04"),
        ("order 20261399.vtt", None),
        ("call-371200260304101500.vtt", None),
    ],
)
def test_the_moment_in_a_name_is_found_and_a_number_is_not_taken_for_one(name: str, moment: str | None) -> None:
    assert moment_in_name(name) == moment


@given(st.integers(0, 3_599_999), st.sampled_from([",", "."]), st.booleans())
def test_an_offset_is_read_as_it_is_written(millis: int, sign: str, has_hours: bool) -> None:
    seconds, rest = divmod(millis, 1000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    begin = f"{hours:02}:" if hours or has_hours else ""
    assert offset_s(f"{begin}{minutes:02}:{seconds % 60:02}{sign}{rest:03}") == pytest.approx(millis / 1000)


@given(st.text())
def test_any_text_is_a_time_or_none_and_raises_nothing(text: str) -> None:
    assert offset_s(text) is None or ":" in text
    assert prefixed(text) is None or any(sign in text for sign in ":：[")
