"""Rows that the database has no more leave the lake: those marked as deleted, or absent from a full answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from heedful.errors import SourceError
from heedful.sources.definition import Source
from heedful.sources.mapping import Mapped
from heedful.sources.relation import DELETED
from heedful.sources.sql_spec import Deleted
from heedful.sources.staging import Staging, identifier, literal
from heedful.streams.lake import Lake
from heedful.streams.schema import CUSTOMERS, TABLES


def remove_gone(area: Staging, source: Source, lake: Lake, mapped: Sequence[tuple[Mapped, Path]]) -> list[str]:
    """Take out what is gone, and say what went. Raises `SourceError` where a snapshot lacks too much to be believed."""
    deleted = source.definition.sql.deleted if source.definition.sql else None
    if deleted is None:
        return []
    notes = []
    for table in dict.fromkeys(part.table for part, _ in mapped):
        if table == CUSTOMERS.name:
            # What was known of a customer is history; taking a person out is `heedful erase`.
            notes.append("customers: who is gone from the database stays as last known")
            continue
        if "source" not in TABLES[table].key:
            notes.append(f"{table}: rows gone from the database stay, since the table does not say whose they are")
            continue
        parts = [(part, path) for part, path in mapped if part.table == table]
        there = " union ".join(_keys(part, path, f"not {identifier(DELETED)}") for part, path in parts)
        if deleted.snapshot:
            gone = lake.retain(
                table, area.batches(there), source=source.name, allow=_believable(source, table, deleted)
            )
        else:
            marked = " union ".join(_keys(part, path, identifier(DELETED)) for part, path in parts)
            gone = lake.delete(table, area.batches(f"({marked}) except ({there})"))
        if gone:
            notes.append(f"{table}: {gone:,} rows deleted, since the database has them no more")
    return notes


def _keys(mapped: Mapped, path: Path, where: str) -> str:
    """SQL for the keys of rows; also of rejected ones, since they are there, if not as they should be."""
    key = TABLES[mapped.table].key
    names = ", ".join(map(identifier, key))
    filled = " and ".join(f"{identifier(name)} is not null" for name in key)
    return f"select {names} from read_parquet({literal(str(path))}) where {where} and {filled}"


def _believable(source: Source, table: str, deleted: Deleted) -> Callable[[int, int], None]:
    def judge(gone: int, there: int) -> None:
        if there and gone / there > deleted.at_most:
            raise SourceError(
                f"{gone:,} of {there:,} rows of {table} are absent from this answer, where at most "
                f"{100 * deleted.at_most:g}% may go at once; was the database emptied, or the query changed? New and "
                "changed rows are in the lake, and nothing was deleted. If they are gone for good, write "
                "`deleted: {snapshot: true, at_most: 1}`.",
                path=source.path,
                line=source.document.problem(["sql", "deleted"], "").line,
            )

    return judge
