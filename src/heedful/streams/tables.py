"""One Delta table on disk: opening it, refusing what we would misread, growing it, committing files to it.

delta-rs keeps the log; the rows are written by `parts` and read by DuckDB. Rows are replaced file by file in one commit
(`commit`), so that a reader sees all of a write or none of it. delta-rs' own `merge` does the same in memory that
grows with the table: 3.5 GB for 100 changed rows among 8 million.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Field, Schema, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from heedful.errors import LakeError, LakeSchemaError, LakeUnsupportedError
from heedful.streams.faults import explained, first_line
from heedful.streams.parts import Part, sync_folder
from heedful.streams.schema import Table

LOG = "_delta_log"

_CONFIGURATION = {
    # The log would otherwise repeat the least and greatest value of each column: ids and words of customers.
    "delta.dataSkippingNumIndexedCols": "0",
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": "interval 7 days",
}
_UNDERSTOOD = frozenset({"appendOnly", "invariants", "timestampNtz", "vacuumProtocolCheck"})
"""Features of Delta under which the Parquet files hold exactly the rows of the table."""


@dataclass(frozen=True)
class Place:
    """Where a table lives, and the columns that the workspace wants of it."""

    table: Table
    folder: Path
    schema: pa.Schema

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name


@dataclass(frozen=True)
class Opened:
    """A table at one version. `schema` has the wanted columns first, then others that the disk holds."""

    place: Place
    delta: DeltaTable
    files: tuple[str, ...]
    """Names within the folder."""
    schema: pa.Schema
    missing: tuple[str, ...]
    """Wanted columns that the table does not have yet."""

    @property
    def version(self) -> int:
        """The Delta version."""
        return int(self.delta.version())

    @property
    def paths(self) -> list[str]:
        """The files' full paths."""
        # Not `file_uris`, which escapes spaces and accents in the names of folders.
        return [str(self.place.folder / name) for name in self.files]


def open_table(place: Place) -> Opened | None:
    """The table at `place`, or None where nothing was written yet.

    Raises `LakeError` for a log that cannot be read, `LakeUnsupportedError` for a table whose Parquet files alone
    would give wrong rows, `LakeSchemaError` where its columns are not those that the workspace declares.
    """
    delta = read_log(place)
    if delta is None:
        return None
    guard(place, delta)
    stored = pa.schema(delta.schema().to_arrow())
    schema = _combined(place, stored)
    missing = tuple(name for name in place.schema.names if name not in stored.names)
    return Opened(place, delta, _files(delta), schema, missing)


def read_log(place: Place) -> DeltaTable | None:
    """The table's log, not yet judged; None where there is none. Raises `LakeError` where it cannot be read."""
    if re.search(r"%[0-9A-Fa-f]{2}|\\", str(place.folder)):
        raise LakeError(
            f"{place.folder}: the Delta library misreads folders whose names hold a backslash, or % and two digits. "
            "Rename that folder."
        )
    log = place.folder / LOG
    if not any(log.glob("*.json")) and not any(log.glob("*.checkpoint.parquet")):
        return None
    try:
        return DeltaTable(str(place.folder))
    except (DeltaError, OSError) as error:
        raise LakeError(
            f"{place.folder}: the log of this table cannot be read ({first_line(error)}). Restore {log} from a backup, "
            f"or delete the folder {place.folder} and load its rows again: heedful pull"
        ) from error


def guard(place: Place, delta: DeltaTable) -> None:
    """Raise `LakeUnsupportedError` where the Parquet files alone would give wrong rows."""
    protocol, metadata = delta.protocol(), delta.metadata()
    configuration: Mapping[str, str | None] = metadata.configuration
    features = {*(protocol.reader_features or ()), *(protocol.writer_features or ())}
    found = ""
    if configuration.get("delta.columnMapping.mode", "none") != "none" or "columnMapping" in features:
        found = "column mapping, under which the files name the columns otherwise"
    elif "deletionVectors" in features:
        found = "deletion vectors, under which the files still hold deleted rows"
    elif metadata.partition_columns:
        found = f"partitions by {', '.join(metadata.partition_columns)}, which are then missing from the files"
    elif configuration.get("delta.appendOnly") == "true":
        found = "delta.appendOnly, under which no row can be corrected or erased"
    elif unknown := sorted(set(protocol.reader_features or ()) - _UNDERSTOOD):
        found = f"the Delta features {', '.join(unknown)}, which Heedful does not know"
    elif protocol.min_reader_version > 1 and protocol.reader_features is None:
        found = f"Delta's reader version {protocol.min_reader_version}, which allows column mapping"
    if found:
        raise LakeUnsupportedError(
            f"{place.folder}: another program gave this table {found}. Have that program write a plain Delta table "
            f"(reader version 1), or delete the folder and load its rows again: heedful pull"
        )


def create(place: Place) -> Opened:
    """A new, empty table. The caller holds its lock."""
    with explained(place.folder):
        place.folder.mkdir(parents=True, exist_ok=True)
        DeltaTable.create(str(place.folder), place.schema, name=place.name, configuration=_CONFIGURATION)
    opened = open_table(place)
    if opened is None:
        raise LakeError(f"{place.folder}: the table that was just made there is gone. Is another program tidying up?")
    return opened


def grown(opened: Opened) -> Opened:
    """`opened` with every wanted column, null for the past. The caller holds its lock."""
    if not opened.missing:
        return opened
    wanted = Schema.from_arrow(pa.schema([opened.schema.field(name) for name in opened.missing]))
    fields: list[Field] = list(wanted.fields)
    with explained(opened.place.folder):
        opened.delta.alter.add_columns(fields)
    return reopened(opened)


def reopened(opened: Opened) -> Opened:
    """The same table as it is now."""
    again = open_table(opened.place)
    if again is None:
        raise LakeError(f"{opened.place.folder}: this table was deleted while Heedful was writing it.")
    return again


def commit(
    opened: Opened,
    add: Sequence[Part],
    remove: Collection[str] = (),
    *,
    delivery: tuple[str, int] | None = None,
    is_rearrangement: bool = False,
) -> int:
    """Add files to the table and take others out, at once; the new version. The caller holds its lock.

    `delivery` is the source and sequence that are remembered with this commit. `is_rearrangement` says that the rows
    stay the same. Nothing is written where there is nothing to do. Raises `CommitFailedError` where another program
    got there first.
    """
    if not (add or remove or delivery):
        return opened.version
    folder = opened.place.folder
    now_ms, is_change = time.time_ns() // 1_000_000, not is_rearrangement
    for part in add:
        part.path.rename(folder / part.path.name)
    if add:
        sync_folder(folder)
    added = [AddAction(p.path.name, p.size, {}, now_ms, is_change, json.dumps({"numRecords": p.rows})) for p in add]
    removed = [RemoveAction(name, is_change, now_ms) for name in remove]
    remembered = [Transaction(app_id=delivery[0], version=delivery[1])] if delivery else None
    opened.delta.create_write_transaction(
        [*added, *removed], "append", opened.schema, commit_properties=CommitProperties(app_transactions=remembered)
    )
    return _settled(opened.place)


def _settled(place: Place) -> int:
    version = int(DeltaTable(str(place.folder)).version())
    # Without this a power cut may leave an empty entry at the end of the log, and a table that nobody can open.
    with suppress(FileNotFoundError):
        handle = os.open(place.folder / LOG / f"{version:020}.json", os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(place.folder / LOG)
    return version


def _files(delta: DeltaTable) -> tuple[str, ...]:
    return tuple(str(path) for path in pa.table(delta.get_add_actions())["path"].to_pylist())


def _combined(place: Place, stored: pa.Schema) -> pa.Schema:
    problems = []
    for field in place.schema:
        if field.name in stored.names:
            found = stored.field(field.name).type
            if found != field.type:
                problems.append(_retyped(place, field, found))
        elif not field.nullable:
            problems.append(
                f"{place.name}.{field.name}: the table in {place.folder} has no such column. "
                "Delete that folder and load its rows again: heedful pull"
            )
    if problems:
        raise LakeSchemaError("\n".join(problems))
    extra = [field.with_nullable(True) for field in stored if field.name not in place.schema.names]
    return pa.schema([*place.schema, *extra])


def _retyped(place: Place, field: pa.Field, found: pa.DataType) -> str:
    message = f"{place.name}.{field.name}: stored as {found}, and wanted as {field.type}."
    if field.name in place.table.columns or field.name in place.table.bookkeeping:
        return f"{message} Delete the folder {place.folder} and load its rows again: heedful pull"
    return (
        f"{message} An attribute keeps the type that it was first stored with. Under `attributes` in heedful.yaml, "
        f"put the old type back, or give the attribute another name."
    )
