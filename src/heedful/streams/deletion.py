"""Taking rows out of a table by their keys, since the source has them no more. Erasing a person is another matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from heedful.streams.scratch import Rows, Scratch, listed, quoted, stored, text
from heedful.streams.tables import Opened, commit
from heedful.streams.upsert import replaced_files


def delete(opened: Opened, keys: Rows, scratch: Scratch) -> int:
    """Take out the rows with `keys`. The caller holds the table's lock."""
    key = opened.place.table.key
    stored(scratch, opened)
    _keep(keys, scratch, "gone", opened)
    return _rewrite(opened, scratch, key)


def retain(opened: Opened, keys: Rows, scratch: Scratch, *, source: str, allow: Callable[[int, int], None]) -> int:
    """Take out the rows of `source` that have none of `keys`. The caller holds the table's lock."""
    key = opened.place.table.key
    stored(scratch, opened)
    _keep(keys, scratch, "present", opened)
    scratch.con.execute(
        f"create temp table gone as select {listed(key)} from stored anti join present using ({listed(key)}) "
        f"where source = {text(source)}"
    )
    gone, there = scratch.counts(
        f"select (select count(*) from gone), (select count(*) from stored where source = {text(source)})"
    )
    allow(gone, there)
    return _rewrite(opened, scratch, key)


def _keep(keys: Rows, scratch: Scratch, name: str, opened: Opened) -> None:
    """The keys as a view."""
    schema = pa.schema([opened.schema.field(column) for column in opened.place.table.key])
    path = scratch.folder / f"{name}.parquet"
    with pq.ParquetWriter(path, schema) as writer:
        for batch in keys.to_batches() if isinstance(keys, pa.Table) else keys:
            writer.write_table(pa.Table.from_batches([batch]).select(schema.names).cast(schema))
    scratch.con.execute(f"create view {quoted(name)} as from read_parquet({text(str(path))})")


def _rewrite(opened: Opened, scratch: Scratch, key: Sequence[str]) -> int:
    """Replace the files that hold rows of `gone` by files without them; how many rows went."""
    using = listed(key)
    (rows,) = scratch.counts(f"select count(*) from stored semi join gone using ({using})")
    if rows:
        paths, files = replaced_files(scratch, f"select distinct filename from stored semi join gone using ({using})")
        scratch.view("touched", paths, opened.schema)
        commit(opened, scratch.write(f"from touched anti join gone using ({using})", opened.schema), files)
    return rows
