"""Amazon Connect: what Contact Lens writes of a call or a chat, and its segments in real time.

Shapes: the administrator guide's example output files, and the API's Transcript and RealtimeContactAnalysisSegment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from heedful.sources.transcripts.clock import written
from heedful.sources.transcripts.platforms.registry import (
    Json,
    instant_at,
    number_at,
    objects_at,
    platform,
    stated_role,
    text_at,
    turn_or_broken,
)
from heedful.sources.transcripts.turns import Found, Opening


@platform("amazon_connect", marks=("Transcript",))
def analysis(found: Json) -> Iterator[Found]:
    """The file of an analysed contact; offsets of calls, moments of chats."""
    starts = [at for _, item in objects_at(found, "Transcript") if (at := instant_at(item, "AbsoluteTime"))]
    yield _opening(found, starts)
    people = {
        text_at(one, "ParticipantId"): text_at(one, "ParticipantRole") for _, one in objects_at(found, "Participants")
    }
    for place, item in objects_at(found, "Transcript"):
        yield from _item(place, item, people, starts)


@platform("amazon_connect_segments", marks=("Segments",))
def segments(found: Json) -> Iterator[Found]:
    """The answer of ListRealtimeContactAnalysisSegments; what is no transcript is left aside."""
    yield _opening(found, [])
    for place, segment in objects_at(found, "Segments"):
        item = segment.get("Transcript")
        if isinstance(item, Mapping):
            yield from _item(place, item, {}, [])


def _opening(found: Json, starts: list[datetime]) -> Opening:
    known = {
        "call_id": text_at(found, "CustomerMetadata.ContactId", "ContactId"),
        "language": text_at(found, "LanguageCode"),
        "started_at": written(min(starts)) if starts else None,
    }
    return Opening(True, {name: value for name, value in known.items() if value is not None})


def _item(place: int, item: Json, people: Mapping[str | None, str | None], starts: list[datetime]) -> Iterator[Found]:
    if text_at(item, "Type") == "EVENT":
        return
    by = text_at(item, "ParticipantId")
    role = text_at(item, "ParticipantRole") or people.get(by) or by
    began, ended = (number_at(item, name, times=1e-3) for name in ("BeginOffsetMillis", "EndOffsetMillis"))
    if began is None and starts and (at := instant_at(item, "AbsoluteTime")) is not None:
        began = (at - min(starts)).total_seconds()
    name = text_at(item, "DisplayName") or role
    yield turn_or_broken(place, name, text_at(item, "Content"), (began, ended), role=stated_role(role))
