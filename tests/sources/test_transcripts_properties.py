"""Whatever stands in a file, its reader goes on to the end, and no word of a speaker is lost without a trace."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.sources.transcripts.roles import Roles
from heedful.sources.transcripts.turns import Broken, Found, Turn, joined, layouts

LINES = st.sampled_from(
    [
        "", " ", "WEBVTT", "NOTE", "NOTE call_id: 1", "STYLE", "1", "2", "---", "# Heading", "- item",
        "Date: 2026-03-04",
        "00:00:01.000 --> 00:00:02.000", "00:00:02,000 --> 00:00:03,000 align:start", "00:00:04.000 -->", "--> 00:01",
        "00:05 -> 00:06", "<v Anna>hello", "<v>", "<v Anna>", "</v>", "Anna: word", "[AGENT] word", "[laughter]",
        "**P1:** word", "- word", "&amp; &#0; &bogus;", "{\\an8}word", "{", '{"spokenText": 1}', "participants: [P1]",
        "\u200fדנה: word", "00:12 Anna: word", "plain word",
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["Transcript", "sentences", "timeline", "transcriptEntries", "callTranscripts", "segments", "Segments",
                 "utterances", "results", "transcript", "text", "start", "end", "speaker", "Content", "users",
                 "channel", "startTime", "participants", "metaData", "started", "media_channel", "name", "ts"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)  # fmt: skip


def _read(layout: str, content: str) -> list[Found]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        path.write_text(content, encoding="utf-8", newline="\n")
        return list(joined(layouts()[layout].read(path, Roles())))


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=15), st.sampled_from(["vtt", "srt", "dialogue"]))
def test_any_order_of_lines_is_read_to_the_end(lines: list[str], layout: str) -> None:
    for one in _read(layout, "\n".join(lines)):
        if isinstance(one, Turn):
            assert one.text
            assert 1 <= one.line <= len(lines)
        if isinstance(one, Broken):
            assert 1 <= one.line <= max(len(lines), 1)
            assert one.reason


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=10), st.sampled_from(["vtt", "srt", "dialogue"]))
def test_a_word_that_somebody_says_is_in_a_turn_or_among_what_was_set_aside(lines: list[str], layout: str) -> None:
    timed = [line for said in lines for line in ("", "00:00:01.000 --> 00:00:02.000", said)]
    written = timed if layout != "dialogue" else ["Ben Smith: begins", *lines]
    found = _read(layout, "\n".join(written))
    kept = " ".join(one.text if isinstance(one, Turn) else one.value for one in found if isinstance(one, Turn | Broken))
    assert kept.count("word") >= sum("word" in line for line in lines)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_any_json_is_read_to_the_end(value: object) -> None:
    for one in _read("calls", json.dumps(value)):
        assert not isinstance(one, Turn) or one.text
