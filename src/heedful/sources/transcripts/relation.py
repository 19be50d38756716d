"""Conversations as one relation: a row a turn, with what is known of its conversation beside it.

Two passes: turns go to disk as they are read, and what a conversation states of itself, which may stand at its end,
joins them afterwards. So a file of a million lines takes no more memory than a short one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from heedful.sources.transcripts.clock import after, moment, moment_in_name
from heedful.sources.transcripts.roles import Roles
from heedful.sources.transcripts.turns import Broken, Layout, Opening, Turn, joined

BATCH = 20_000

_Row = tuple[int, int, int, str | None, str, float | None, float | None, str, str | None, str | None]
"""A turn as it goes to disk: the columns of `_RAW`."""

COLUMNS: Mapping[str, tuple[pa.DataType, str]] = {
    "file": (pa.string(), "the name of the file"),
    "thread_id": (pa.string(), "the conversation: its `call_id`, else the file's name without its ending"),
    "turn": (pa.int64(), "the number of the turn in its conversation, from 1"),
    "speaker": (pa.string(), "who speaks, as the file names them; null where it does not"),
    "role": (pa.string(), "customer, agent, moderator, participant, or unknown"),
    "said_by": (pa.string(), "what `feedback.speaker` wants: agent, moderator or customer, else the speaker's name"),
    "started_s": (pa.float64(), "when the turn begins, in seconds from the start of the conversation"),
    "ended_s": (pa.float64(), "when the turn ends, in the same seconds"),
    "occurred_at": (pa.string(), "the moment at which the turn begins; null where the start is not known"),
    "text": (pa.string(), "the words"),
    "section": (pa.string(), "the heading above the turn, in notes"),
    "language": (pa.string(), "the language of the words, where the file states it"),
    "call_id": (pa.string(), "the conversation's id, where the file states one"),
    "customer_id": (pa.string(), "the customer: a participant's own, else the one whose call it is"),
    "started_at": (pa.string(), "when the conversation began: stated in the file, else in its name"),
    "ended_at": (pa.string(), "when it ended: stated, else the end of its last turn"),
    "topic": (pa.string(), "what it was about"),
}
"""The columns of every transcript. `participant.…` and `about.…` come with files that state more."""


@dataclass
class _Conversation:
    known: dict[str, str] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    people: dict[str, Mapping[str, str]] = field(default_factory=dict)
    turns: int = 0
    last_s: float = 0.0
    start: datetime | date | None = None


@dataclass(slots=True)
class Transcribed:
    """What became of a file. `lines` are those of its turns, `unnamed` counts turns of speakers without a name."""

    turns: int
    conversations: int
    lines: NDArray[np.int64]
    broken: list[Broken]
    attributes: list[tuple[str, str]]
    unknown: list[str]
    unnamed: int
    undated: int
    dated_by_name: bool


def transcribe(
    layout: Layout, text: Path, original: Path, target: Path, *, roles: Roles, starts: str | None = None
) -> Transcribed:
    """Write the turns in `text` to the Parquet file `target`. `original` is the file that people know.

    `starts` is the format of the moments at which conversations begin, where they are not written as 2026-03-04 18:00.
    """
    return _Transcription(layout, original, roles, starts).run(text, target)


@dataclass
class _Transcription:
    layout: Layout
    original: Path
    roles: Roles
    starts: str | None
    conversations: list[_Conversation] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    unknown: dict[str, None] = field(default_factory=dict)
    unnamed: int = 0

    def run(self, text: Path, target: Path) -> Transcribed:
        raw, lines = target.with_suffix(".turns"), list[NDArray[np.int64]]()
        with pq.ParquetWriter(raw, _RAW) as writer:
            for batch in self._batches(text):
                lines.append(batch.column("line").to_numpy())
                writer.write_batch(batch)
        in_name = moment_in_name(self.original.name)
        for conversation in self.conversations:
            self._settle(conversation, in_name)
        attributes = sorted(
            {("about", name) for c in self.conversations for name in c.about}
            | {("participant", name) for c in self.conversations for said in c.people.values() for name in said}
        )
        with pq.ParquetWriter(target, _schema(attributes), compression="lz4") as writer:
            for batch in pq.ParquetFile(raw).iter_batches(BATCH):
                writer.write_batch(self._completed(batch, attributes))
        raw.unlink()
        spoken = [c for c in self.conversations if c.turns]
        return Transcribed(
            sum(c.turns for c in spoken),
            len(spoken),
            np.concatenate(lines) if lines else np.zeros(0, np.int64),
            self.broken,
            attributes,
            list(self.unknown),
            self.unnamed,
            sum(c.start is None for c in spoken),
            in_name is not None and any("started_at" not in c.known for c in spoken),
        )

    def _batches(self, text: Path) -> Iterator[pa.RecordBatch]:
        rows: list[_Row] = []
        found = self.layout.read(text, self.roles)
        for one in joined(found) if self.layout.cues else found:
            if isinstance(one, Broken):
                self.broken.append(one)
            elif isinstance(one, Opening):
                self._open(one)
            else:
                rows.append(self._row(one))
                if len(rows) == BATCH:
                    yield _batch(rows)
                    rows = []
        if rows:
            yield _batch(rows)

    def _open(self, opening: Opening) -> None:
        if opening.begins or not self.conversations:
            self.conversations.append(_Conversation())
        now = self.conversations[-1]
        now.known.update(opening.known)
        now.about.update(opening.about)
        now.people.update(opening.people)

    def _row(self, turn: Turn) -> _Row:
        now = self.conversations[-1]
        now.turns += 1
        now.last_s = max(now.last_s, turn.ended_s or turn.began_s or 0.0)
        role = self.roles.said(turn.speaker) or turn.role or self.roles.of(turn.speaker)
        if turn.speaker is None and role == "unknown":
            self.unnamed += 1
        elif role == "unknown" and turn.speaker is not None and len(self.unknown) < 100:
            self.unknown[turn.speaker] = None
        return (
            len(self.conversations) - 1, now.turns, turn.line, turn.speaker, role, turn.began_s, turn.ended_s,
            turn.text, turn.section, turn.language,
        )  # fmt: skip

    def _settle(self, conversation: _Conversation, in_name: str | None) -> None:
        """The moment at which a conversation began, and the one at which it ended."""
        stated = conversation.known.get("started_at")
        conversation.start = self._moment(stated) if stated is not None else moment(in_name) if in_name else None
        if stated is not None and conversation.start is None:
            said = "is no moment such as 2026-03-04 18:00; or say its format beside the path, `dates: {started_at: …}`"
            self.broken.append(Broken(1, f"the start {said}", stated))

    def _moment(self, stated: str) -> datetime | date | None:
        if self.starts is None:
            return moment(stated)
        try:
            read = datetime.strptime(stated, self.starts)  # noqa: DTZ007 (local to the source, which knows its zone)
        except ValueError:
            return None
        return read if any(sign in self.starts for sign in ("%H", "%I", "%X", "%c")) else read.date()

    def _completed(self, batch: pa.RecordBatch, attributes: list[tuple[str, str]]) -> pa.RecordBatch:
        """Turns with what is known of their conversations."""
        of = [self.conversations[number] for number in batch.column("conversation").to_pylist()]
        speakers, roles = (batch.column(name).to_pylist() for name in ("speaker", "role"))
        people = [c.people.get(speaker or "", {}) for c, speaker in zip(of, speakers, strict=True)]
        begins = batch.column("started_s").to_pylist()
        languages = batch.column("language").to_pylist()
        columns: dict[str, list[object]] = {
            "file": [self.original.name] * len(of),
            "thread_id": [c.known.get("call_id") or self.stem for c in of],
            "said_by": [r if r in _TOLD_BY_ROLE else s for r, s in zip(roles, speakers, strict=True)],
            "occurred_at": [after(c.start, began) for c, began in zip(of, begins, strict=True)],
            "language": [own or c.known.get("language") for c, own in zip(of, languages, strict=True)],
            "customer_id": [
                said.get("customer_id") or (None if role in _OF_GROUPS else c.known.get("customer_id"))
                for c, said, role in zip(of, people, roles, strict=True)
            ],
            "started_at": [after(c.start, None) for c in of],
            "ended_at": [self._end(c) for c in of],
            **{name: [c.known.get(name) for c in of] for name in ("call_id", "topic")},
            **{f"about.{name}": [c.about.get(name) for c in of] for kind, name in attributes if kind == "about"},
            **{f"participant.{n}": [said.get(n) for said in people] for kind, n in attributes if kind == "participant"},
        }
        schema = _schema(attributes)
        return pa.record_batch(
            [
                pa.array(columns[f.name], f.type) if f.name in columns else batch.column(f.name).cast(f.type)
                for f in schema
            ],
            schema=schema,
        )

    def _end(self, conversation: _Conversation) -> str | None:
        stated = conversation.known.get("ended_at")
        if stated is not None and (read := self._moment(stated)) is not None:
            return after(read, None)
        return after(conversation.start, conversation.last_s) if conversation.last_s else None

    @property
    def stem(self) -> str:
        """The name of the file without its endings, as in GMT20260304-101500_Recording.transcript.vtt."""
        return self.original.name.removesuffix(self.original.suffix).removesuffix(".transcript")


_TOLD_BY_ROLE = ("agent", "moderator", "customer")
_OF_GROUPS = ("moderator", "participant")
"""Roles of a discussion, in which no customer's id is everybody's."""

_RAW = pa.schema(
    [
        ("conversation", pa.int32()), ("turn", pa.int64()), ("line", pa.int64()), ("speaker", pa.string()),
        ("role", pa.string()), ("started_s", pa.float64()), ("ended_s", pa.float64()), ("text", pa.string()),
        ("section", pa.string()), ("language", pa.string()),
    ]
)  # fmt: skip


def _batch(rows: list[_Row]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    return pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, _RAW, strict=True)], schema=_RAW)


def _schema(attributes: list[tuple[str, str]]) -> pa.Schema:
    more = [(f"{kind}.{name}", pa.string()) for kind, name in attributes]
    return pa.schema([*((name, type_) for name, (type_, _) in COLUMNS.items()), *more])
