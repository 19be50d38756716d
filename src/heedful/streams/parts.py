"""Writing rows as Parquet files of a size that is good to read, in bounded memory."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

GROUP_ROWS = 131_072
GROUP_BYTES = 64 * 2**20
FILE_ROWS = 1_000_000
FILE_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Part:
    """One finished Parquet file, not yet part of any table."""

    path: Path
    rows: int
    size: int


def write_parts(batches: Iterable[pa.RecordBatch], schema: pa.Schema, folder: Path) -> list[Part]:
    """The rows of `batches` as files in `folder`; none where there are no rows."""
    writer = _Writer(schema, folder)
    with closing(writer):
        for group in _groups(batches, schema):
            writer.write(group)
    return writer.parts


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Batches gathered into row groups: bounded in bytes too, since one call's transcript can be long."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        held.append(batch)
        rows, size = rows + len(batch), size + batch.nbytes
        if rows >= GROUP_ROWS or size >= GROUP_BYTES:
            yield pa.Table.from_batches(held, schema)
            held, rows, size = [], 0, 0
    if rows:
        yield pa.Table.from_batches(held, schema)


class _Writer:
    def __init__(self, schema: pa.Schema, folder: Path) -> None:
        self.schema, self.folder = schema, folder
        self.parts: list[Part] = []
        self._open: pq.ParquetWriter | None = None
        self._path = folder
        self._rows = 0

    def write(self, group: pa.Table) -> None:
        if self._open is None:
            self._path = self.folder / f"part-{uuid.uuid4()}.parquet"
            self._open = pq.ParquetWriter(
                self._path,
                self.schema,
                compression="zstd",
                compression_level=1,
                store_decimal_as_integer=True,
            )
        self._open.write_table(group, row_group_size=GROUP_ROWS)
        self._rows += group.num_rows
        if self._rows >= FILE_ROWS or self._path.stat().st_size >= FILE_BYTES:
            self.close()

    def close(self) -> None:
        if self._open is None:
            return
        writer, self._open = self._open, None
        writer.close()
        with self._path.open("rb") as file:
            # Before the log names it: a log that outlives its rows makes the whole table unreadable.
            os.fsync(file.fileno())
        self.parts.append(Part(self._path, self._rows, self._path.stat().st_size))
        self._rows = 0
