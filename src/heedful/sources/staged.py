"""A file as it is staged: Parquet of its records in their order, and where each of them stands in the original."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from heedful.sources.column_types import RawColumn
from heedful.sources.file_spec import FileSpec
from heedful.sources.staging import MalformedRecord, Staging


class LineNumbers(Protocol):
    """Where the records of a file stand, as its reader counts."""

    def of_records(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The line of each record; -1 where it cannot be told."""

    def of_malformed(self) -> list[int]:
        """The line of each malformed record."""


class RowNumbers:
    """Rows that follow each other, the first of them in row `first`."""

    def __init__(self, first: int = 1) -> None:
        self._first = first

    def of_records(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each record."""
        return numbers + self._first

    def of_malformed(self) -> list[int]:
        """There are none."""
        return []


@dataclass(frozen=True, slots=True)
class Original:
    """A file to be read: what the source calls it, its path, and a name for it without signs that mean something."""

    name: str
    path: Path
    spec: FileSpec
    link: Path


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file as Parquet, or several as one, which are its `parts` then.

    `records` counts what was kept; `malformed` are the records that could not be read. `labels` are what the file says
    of its columns, such as the wording of a question, and `timezone` is that of its times where it states one.
    """

    name: str
    path: Path
    spec: FileSpec
    parquet: Path
    columns: tuple[RawColumn, ...]
    records: int
    malformed: tuple[MalformedRecord, ...]
    lines: LineNumbers
    notes: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    parts: tuple[StagedFile, ...] = ()

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.path.name

    @property
    def read(self) -> int:
        """Every record of the file, the malformed ones too."""
        return self.records + sum(fault.rows for fault in self.malformed)

    @property
    def starts(self) -> list[int]:
        """The number of the first record of each part."""
        counts = [part.records for part in self.parts or (self,)]
        return [sum(counts[:place]) for place in range(len(counts))]

    def places(self, numbers: NDArray[np.int64]) -> Iterator[tuple[str, int]]:
        """The title of the file and the line, for each of the records' numbers."""
        parts = self.parts or (self,)
        starts = np.array(self.starts, np.int64)
        which = np.searchsorted(starts, numbers, side="right") - 1
        lines = np.empty(len(numbers), np.int64)
        for place in np.unique(which):
            of_part = which == place
            lines[of_part] = parts[place].lines.of_records(numbers[of_part] - starts[place])
        for place, line in zip(which.tolist(), lines.tolist(), strict=True):
            yield parts[place].title, line


Reader = Callable[[Staging, Original], StagedFile]
"""Reads one file into the staging area. Raises `SourceError` for a file that cannot be read at all."""
