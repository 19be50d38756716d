"""Zoom Phone's transcript of a recording. (Zoom's meetings hand out WebVTT, which needs no shape of its own.)"""

from __future__ import annotations

from collections.abc import Iterator

from heedful.sources.transcripts.clock import offset_s
from heedful.sources.transcripts.platforms.registry import Json, objects_at, platform, text_at, turn_or_broken
from heedful.sources.transcripts.turns import Found, Opening


@platform("zoom_phone", marks=("timeline",))
def timeline(found: Json) -> Iterator[Found]:
    """Entries with offsets as hh:mm:ss and the users who speak; two at once are one speaker of both names."""
    known = {
        "call_id": text_at(found, "call_id", "recording_id", "meeting_id"),
        "started_at": text_at(found, "recording_start", "date_time"),
        "ended_at": text_at(found, "recording_end"),
    }
    yield Opening(True, {name: value for name, value in known.items() if value is not None})
    for place, one in objects_at(found, "timeline"):
        names = [name for _, user in objects_at(one, "users") if (name := text_at(user, "username", "name"))]
        times = (offset_s(text_at(one, "ts") or ""), offset_s(text_at(one, "end_ts") or ""))
        yield turn_or_broken(place, " + ".join(names) or None, text_at(one, "text", "raw_text"), times)
