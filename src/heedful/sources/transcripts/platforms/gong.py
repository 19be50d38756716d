"""Gong: call transcripts, several a file.

`parties` and `metaData`, which another of its calls answers, may stand beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from heedful.sources.transcripts.platforms.registry import (
    Json,
    number_at,
    objects_at,
    platform,
    text_at,
    turn_or_broken,
)
from heedful.sources.transcripts.roles import Role
from heedful.sources.transcripts.turns import Found, Opening

_SIDES: Mapping[str, Role] = {"Internal": "agent", "External": "customer"}


@platform("gong", marks=("callTranscripts",))
def transcripts(found: Json) -> Iterator[Found]:
    """A monologue is a turn; offsets are milliseconds. Who is of the company stands in `parties`."""
    for _, call in objects_at(found, "callTranscripts"):
        known = {
            "call_id": text_at(call, "callId"),
            "started_at": text_at(call, "metaData.started") or text_at(found, "metaData.started"),
            "topic": text_at(call, "metaData.title") or text_at(found, "metaData.title"),
        }
        yield Opening(True, {name: value for name, value in known.items() if value is not None})
        parties = {
            text_at(one, "speakerId"): (text_at(one, "name"), _SIDES.get(text_at(one, "affiliation") or ""))
            for holder in (found, call)
            for _, one in objects_at(holder, "parties")
        }
        for place, monologue in objects_at(call, "transcript"):
            said = [one for _, one in objects_at(monologue, "sentences")]
            words = " ".join(text for one in said if (text := text_at(one, "text")))
            by = text_at(monologue, "speakerId")
            name, role = parties.get(by, (None, None))
            first, last = (said[0], said[-1]) if said else ({}, {})
            times = (number_at(first, "start", times=1e-3), number_at(last, "end", times=1e-3))
            yield turn_or_broken(place, name or by, words or None, times, role=role)
