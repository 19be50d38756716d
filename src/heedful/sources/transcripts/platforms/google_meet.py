"""Google Meet: the entries of a transcript, as conferenceRecords.transcripts.entries lists them.

An entry names its participant by resource. Where the file also holds `participants`, as conferenceRecords.participants
lists them, their display names take its place.
"""

from __future__ import annotations

from collections.abc import Iterator

from heedful.sources.transcripts.clock import written
from heedful.sources.transcripts.platforms.registry import (
    Json,
    instant_at,
    objects_at,
    platform,
    text_at,
    turn_or_broken,
)
from heedful.sources.transcripts.turns import Found, Opening

_NAMES = tuple(f"{kind}.displayName" for kind in ("signedinUser", "anonymousUser", "phoneUser"))


@platform("google_meet", marks=("transcriptEntries",))
def entries(found: Json) -> Iterator[Found]:
    """Each entry has moments of its own; the first of them begins the conversation."""
    items = list(objects_at(found, "transcriptEntries"))
    starts = [at for _, one in items if (at := instant_at(one, "startTime"))]
    start = min(starts) if starts else None
    resource = next((name for _, one in items if (name := text_at(one, "name"))), "").split("/")
    known = {"started_at": written(start)} if start else {}
    if len(resource) > 1:
        known["call_id"] = resource[1]
    yield Opening(True, known)
    people = {text_at(one, "name"): text_at(one, *_NAMES) for _, one in objects_at(found, "participants")}
    for place, one in items:
        by = text_at(one, "participant")
        began, ended = (
            (at - start).total_seconds() if start and (at := instant_at(one, name)) else None
            for name in ("startTime", "endTime")
        )
        speaker = people.get(by) or (by.rsplit("/", 1)[-1] if by else None)
        language = text_at(one, "languageCode")
        yield turn_or_broken(place, speaker, text_at(one, "text"), (began, ended), language=language)
