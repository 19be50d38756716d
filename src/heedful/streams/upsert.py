"""Bringing rows in by key: new ones are added, changed ones replaced, unchanged ones left alone.

All of it is one commit. A process that dies before it leaves the table as it was; a rerun after it finds every row
unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from heedful.errors import LakeSchemaError
from heedful.streams.fitting import plan
from heedful.streams.parts import Part
from heedful.streams.schema import Table
from heedful.streams.scratch import Rows, Scratch, listed, quoted, stored
from heedful.streams.tables import Opened, commit


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows of one write."""

    new: int
    changed: int
    unchanged: int


def upsert(opened: Opened, rows: Rows, scratch: Scratch, *, now: datetime) -> Counts:
    """Bring `rows` into the table. The caller holds its lock. Raises `LakeSchemaError`."""
    table = opened.place.table
    parts = stage(opened, rows, scratch, now=now)
    total = sum(part.rows for part in parts)
    scratch.view("staged", [str(part.path) for part in parts], opened.schema)
    refuse_duplicates(scratch, "staged", table)
    stored(scratch, opened)
    _find_known(scratch, table, opened.schema)
    known, changed = scratch.counts("select count(*), count(*) filter (where differs) from known")
    if known == 0:
        commit(opened, parts)
    elif known < total or changed:
        _replace(opened, scratch)
    return Counts(total - known, changed, known - changed)


def stage(opened: Opened, rows: Rows, scratch: Scratch, *, now: datetime) -> list[Part]:
    """`rows` as files that could become part of the table just as they are."""
    table = opened.place.table
    first: dict[str, object] = {"revision": 1, "ingested_at": now}
    fill = {name: pa.scalar(first[name], column.type) for name, column in table.bookkeeping.items()}
    return scratch.stage(rows, plan(table.name, rows.schema, opened.schema, table.columns, fill))


def refuse_duplicates(scratch: Scratch, view: str, table: Table) -> None:
    """Raise `LakeSchemaError` where a key stands twice in `view`."""
    keys = listed(table.key)
    twice = scratch.names(
        f"select concat_ws(' / ', {keys}) || ' (' || count(*) || ' times)' from {view} group by {keys} "
        f"having count(*) > 1 order by {keys} limit 3"
    )
    if twice:
        shown = "; ".join(twice)
        raise LakeSchemaError(
            f"{table.name}: rows with the same {' and '.join(table.key)} stand more than once among the rows read: "
            f"{shown}. Each row needs an id of its own: make the mapping's id more specific, or leave the copies out."
        )


def distinct_from(left: str, right: str, columns: Sequence[str]) -> str:
    """A condition: the rows `left` and `right` differ in one of `columns`."""
    tests = (f"{left}.{quoted(c)} is distinct from {right}.{quoted(c)}" for c in columns)
    return f"({' or '.join(tests) or 'false'})"


def replaced_files(scratch: Scratch, query: str) -> tuple[list[str], list[str]]:
    """Paths that `query` answers, and their names within the table's folder."""
    paths = scratch.names(query)
    return paths, [Path(path).name for path in paths]


def _find_known(scratch: Scratch, table: Table, schema: pa.Schema) -> None:
    """A table `known`: keys that are staged and stored, whether the content differs, and in which files they are.

    Delivered twice by some older fault, a key has several stored rows; it then counts as changed, which heals it.
    """
    content = [name for name in schema.names if name not in table.key and name not in table.bookkeeping]
    revision = "max(t.revision)" if "revision" in table.bookkeeping else "1"
    scratch.con.execute(
        f"create temp table known as select {listed(table.key)}, {revision} as last_revision, "
        f"bool_or({distinct_from('s', 't', content)}) or count(*) > 1 as differs, list(distinct t.filename) as files "
        f"from staged s join stored t using ({listed(table.key)}) group by {listed(table.key)}"
    )


def _replace(opened: Opened, scratch: Scratch) -> None:
    """Write the new and the changed rows, and again those that share a file with a changed one."""
    table, names = opened.place.table, opened.schema.names
    using = listed(table.key)
    paths, files = replaced_files(scratch, "select distinct unnest(files) from known where differs")
    scratch.view("touched", paths, opened.schema)
    fresh = [_next_revision(name, table) for name in names]
    parts = scratch.write(
        f"select {', '.join(fresh)} from staged s left join known k using ({using}) "
        f"where k.differs is null or k.differs "
        f"union all select {listed(names)} from touched anti join (from known where differs) using ({using})",
        opened.schema,
    )
    commit(opened, parts, files)


def _next_revision(name: str, table: Table) -> str:
    if name == "revision" and name in table.bookkeeping:
        return "coalesce(k.last_revision, 0) + 1 as revision"
    return f"s.{quoted(name)}"
