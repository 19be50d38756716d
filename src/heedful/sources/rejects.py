"""`rejected/SOURCE.csv`: what did not fit, where it stands and why; each pull writes it anew."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heedful.sources.relation import Unfit
from heedful.sources.staged import StagedFile
from heedful.sources.staging import Staging, identifier, literal

COLUMNS = ("file", "line", "field", "value", "reason")


@dataclass(frozen=True, slots=True)
class Reject:
    """One thing that did not fit. `line` is None where none can be named, as for the rows of a query."""

    file: str
    line: int | None
    field: str
    value: str
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        what = f"{self.field} " if self.field else ""
        return f"{place}: {what}{self.value!r:.60} {self.reason}"


@dataclass(frozen=True, slots=True)
class RejectRows:
    """SQL for rejects of one file: row (from 0), field, value, reason, and `twin`, a row to name after the reason."""

    file: StagedFile | None
    sql: str


def malformed(file: StagedFile) -> Iterator[Reject]:
    """The records of `file` that could not be read."""
    for part in file.parts:
        yield from malformed(part)
    if file.malformed and not file.parts:
        for fault, line in zip(file.malformed, file.lines.of_malformed(), strict=True):
            swallowed = f"; {fault.rows} lines are lost in it" if fault.rows > 1 else ""
            yield Reject(file.title, line if line > 0 else None, "", fault.value, fault.reason + swallowed)


def left_out(unfit: Unfit) -> RejectRows:
    """The records that a query could not take."""
    read = f"read_parquet({literal(str(unfit.file.parquet))}, file_row_number = true)"
    return RejectRows(
        unfit.file,
        f"select file_row_number as row, {literal(unfit.field)} as field, "
        f"left(cast({unfit.value} as varchar), 300) as value, {literal(unfit.reason)} as reason, "
        f"cast(null as bigint) as twin from {read} where {unfit.where}",
    )


def read_rejects(staging: Staging, rows: Iterable[RejectRows]) -> Iterator[Reject]:
    """The rejects with their lines, in bounded memory."""
    for part in rows:
        for batch in staging.batches(part.sql):
            places, twins = (_places(part.file, batch.column(c).to_pylist()) for c in ("row", "twin"))
            texts = (batch.column(c).to_pylist() for c in ("field", "value", "reason"))
            for (title, line), (other, twin), field, value, reason in zip(places, twins, *texts, strict=True):
                also = f", also in {'' if other == title else f'{other}, '}line {twin}" if twin else ""
                yield Reject(title, line, field, value or "", reason + also)


def write_rejects(rejects: Iterable[Reject], path: Path) -> int:
    """Replace the file at `path` by `rejects`, whole or not at all, and say how many there are; none leaves no file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    count = 0
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for reject in rejects:
                writer.writerow([reject.file, reject.line, reject.field, reject.value, reject.reason])
                count += 1
        if count:
            Path(name).replace(path)
        else:
            path.unlink(missing_ok=True)
    finally:
        Path(name).unlink(missing_ok=True)
    return count


def reject_sql(parquet: Path, faults: str) -> str:
    """SQL for the rejects among the mapped rows in `parquet`; `faults` is a list of (number, field, reason)."""
    return (
        f"select m.{identifier('.row')} as row, f.field, m.{identifier('.value')} as value, f.reason, "
        f"cast(null as bigint) as twin from read_parquet({literal(str(parquet))}) m "
        f"join (values {faults}) f(number, field, reason) on f.number = m.{identifier('.fault')} order by 1"
    )


def _places(file: StagedFile | None, rows: Sequence[int | None]) -> list[tuple[str, int | None]]:
    """Title and line of `rows`; no line where there is no row, or no file whose lines these could be."""
    known = [row for row in rows if row is not None]
    if file is None or not known:
        return [(file.title if file else "query", None)] * len(rows)
    found = iter(file.places(np.array(known, np.int64)))
    return [(file.title, None) if row is None else _shown_place(*next(found)) for row in rows]


def _shown_place(title: str, line: int) -> tuple[str, int | None]:
    return title, line if line > 0 else None
