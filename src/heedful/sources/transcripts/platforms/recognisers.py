"""Speech recognisers: Whisper and its kin (`segments`), AssemblyAI (`utterances`), Deepgram (`results.utterances`)."""

from __future__ import annotations

from collections.abc import Iterator

from heedful.sources.transcripts.platforms.registry import (
    Json,
    number_at,
    objects_at,
    platform,
    text_at,
    turn_or_broken,
)
from heedful.sources.transcripts.turns import Found, Opening


@platform("whisper", marks=("segments",))
def segments(found: Json) -> Iterator[Found]:
    """Offsets are seconds; a speaker is named only where somebody told voices apart."""
    return _read(found, "segments", "text", 1.0)


@platform("assemblyai", marks=("utterances",))
def utterances(found: Json) -> Iterator[Found]:
    """Offsets are milliseconds; speakers are letters."""
    return _read(found, "utterances", "text", 1e-3)


@platform("deepgram", marks=("results.utterances",))
def results(found: Json) -> Iterator[Found]:
    """Offsets are seconds; speakers are numbers from 0."""
    return _read(found, "results.utterances", "transcript", 1.0)


def _read(found: Json, path: str, words: str, unit: float) -> Iterator[Found]:
    known = {
        "call_id": text_at(found, "id", "metadata.request_id"),
        "language": text_at(found, "language", "language_code"),
    }
    yield Opening(True, {name: value for name, value in known.items() if value is not None})
    for place, one in objects_at(found, path):
        speaker = text_at(one, "speaker")
        name = f"speaker {speaker}" if speaker is not None and len(speaker) < 3 else speaker
        times = (number_at(one, "start", times=unit), number_at(one, "end", times=unit))
        yield turn_or_broken(place, name, text_at(one, words), times)
