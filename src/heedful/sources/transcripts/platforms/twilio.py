"""Twilio Conversational Intelligence: the sentences of a transcript, alone or within the transcript's own resource.

A sentence says its channel. Who spoke in which channel stands in the resource of the transcript, under
`channel.participants`; without it speakers are `channel 1` and `channel 2`, for `speakers:` to tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from heedful.sources.transcripts.platforms.registry import (
    Json,
    number_at,
    objects_at,
    platform,
    stated_role,
    text_at,
    turn_or_broken,
)
from heedful.sources.transcripts.turns import Found, Opening


@platform("twilio", marks=("sentences",))
def sentences(found: Json) -> Iterator[Found]:
    """Offsets are seconds, written as text."""
    own = re.search(r"/Transcripts/(GT[0-9a-fA-F]{32})", text_at(found, "meta.url", "url") or "")
    known = {
        "call_id": text_at(found, "transcript_sid", "sid") or (own[1] if own else None),
        "customer_id": text_at(found, "customer_key"),
        "started_at": text_at(found, "media_start_time"),
        "language": text_at(found, "language_code"),
    }
    yield Opening(True, {name: value for name, value in known.items() if value is not None})
    people = {
        text_at(one, "channel_participant"): (text_at(one, "role"), text_at(one, "full_name"))
        for path in ("channel.participants", "channel.media_properties.participants")
        for _, one in objects_at(found, path)
    }
    for place, one in objects_at(found, "sentences"):
        channel = text_at(one, "media_channel")
        role, name = people.get(channel, (None, None))
        speaker = name or role or (f"channel {channel}" if channel is not None else None)
        times = (number_at(one, "start_time"), number_at(one, "end_time"))
        yield turn_or_broken(place, speaker, text_at(one, "transcript"), times, role=stated_role(role))
