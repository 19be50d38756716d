"""Conversations as files of a source: each layout of `sources/transcripts` is a format."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from heedful.errors import SourceError
from heedful.sources.column_types import RawColumn
from heedful.sources.encodings import as_utf8
from heedful.sources.files import shown_encoding
from heedful.sources.formats.registry import file_format
from heedful.sources.staged import Original, StagedFile
from heedful.sources.staging import MalformedRecord, Staging
from heedful.sources.transcripts.relation import COLUMNS, Transcribed, transcribe
from heedful.sources.transcripts.roles import Roles
from heedful.sources.transcripts.turns import Broken, Layout, layouts

_NAMED = 5
_LONGEST_VALUE = 200


class TurnLines:
    """The lines at which turns begin, as their reader found them."""

    def __init__(self, lines: NDArray[np.int64], broken: list[Broken]) -> None:
        self._lines, self._broken = lines, broken

    def of_records(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The line of each turn."""
        found: NDArray[np.int64] = self._lines[numbers]
        return found

    def of_malformed(self) -> list[int]:
        """The line of each thing that could not be read."""
        return [one.line for one in self._broken]


def read(layout: Layout, staging: Staging, original: Original) -> StagedFile:
    """The turns of one file. Among many files, one that is no text is set aside like a turn that cannot be read."""
    spec, target = original.spec, staging.folder / f"{original.name}.parquet"
    encoding, copy, refused = "utf-8", staging.folder / f"{original.name}.utf8", list[Broken]()
    try:
        text = as_utf8(original.path, spec.encoding, copy, link=original.link)
        read_from, encoding = text.path, text.encoding
    except SourceError as error:
        if not spec.is_pattern:
            raise
        copy.write_bytes(b"")
        said = str(error).removeprefix(f"{original.path}:{error.line}: ").removeprefix(f"{original.path}: ")
        read_from, refused = copy, [Broken(error.line or 1, f"cannot be read: {said}", original.path.name)]
    found = transcribe(
        layout, read_from, original.path, target, roles=Roles(spec.speakers), starts=spec.dates.get("started_at")
    )
    broken = [*refused, *found.broken]
    columns = [RawColumn((n,), n, _TYPES[type_], "no") for n, (type_, _) in COLUMNS.items()]
    columns += [RawColumn((k, n), f"{k}.{n}", "VARCHAR", "all") for k, n in found.attributes]
    note = (
        f"{original.name}: {original.path.name} read as {layout.title}, {shown_encoding(encoding)}, "
        f"{found.turns:,} turns of {found.conversations:,} conversations"
    )
    return StagedFile(
        original.name,
        original.path,
        spec.model_copy(update={"dates": {}}),
        target,
        tuple(columns),
        found.turns,
        tuple(MalformedRecord(one.line, layout.name, one.reason, one.value[:_LONGEST_VALUE]) for one in broken),
        TurnLines(found.lines, broken),
        (note, *_doubts(original, found)),
    )


def _doubts(original: Original, found: Transcribed) -> list[str]:
    """What somebody should know before trusting the turns."""
    name, said = original.path.name, []
    if found.unknown:
        some = ", ".join(found.unknown[:_NAMED]) + (", …" if len(found.unknown) > _NAMED else "")
        said.append(
            f"{name}: nothing says whether these are customers or staff, so they count as customers: {some}. "
            f"Say it beside the path: `speakers: {{{found.unknown[0]}: agent}}`"
        )
    if found.unnamed:
        said.append(f"{name}: {found.unnamed:,} turns name no speaker; they count as customers'")
    if found.dated_by_name:
        said.append(f"{name}: when it began is taken from its name")
    elif found.undated:
        said.append(f"{name}: nothing says when it began, so occurred_at is empty. Put the date into its name or head")
    return said


_TYPES = {pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.float64(): "DOUBLE"}

for _layout in layouts().values():
    file_format(
        _layout.name,
        about=f"{_layout.title}: a row a turn",
        endings=_layout.endings,
        options=("encoding", "speakers"),
        by_lines=_layout.name != "calls",
    )(partial(read, _layout))
