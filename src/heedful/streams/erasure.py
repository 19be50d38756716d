"""Erasing customers: their rows in every table, and every older trace of them below the lake's folder.

Delta keeps what was deleted in older versions of the files, and a deletion's condition in the log. So the rows that
remain are written anew, and all files and log entries but those of the present version are deleted.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from heedful.streams.faults import explained
from heedful.streams.schema import FEEDBACK, WEIGHTS
from heedful.streams.scratch import STAGING, Scratch, listed, scratch, stored
from heedful.streams.tables import LOG, Opened, Place, commit, open_table, reopened
from heedful.streams.upsert import replaced_files


def erase(root: Path, places: Sequence[Place], customers: Sequence[str]) -> Mapping[str, int]:
    """Remove `customers`; the rows gone by table. The caller holds the locks of all `places`."""
    tables = {p.name: opened for p in places if (opened := open_table(p)) is not None}
    gone = {place.name: 0 for place in places}
    if not customers:
        return gone
    with explained(root):
        # Weights first: once the feedback is gone, nobody knows any more which weights were theirs.
        if WEIGHTS.name in tables and FEEDBACK.name in tables:
            gone[WEIGHTS.name] = _erase_weights(root, tables[WEIGHTS.name], tables[FEEDBACK.name], customers)
        for name, opened in tables.items():
            if "customer_id" in opened.schema.names:
                with scratch(root, name) as corner:
                    corner.con.register("gone", _table_of(customers))
                    gone[name] = _rewrite(opened, corner, ("customer_id",))
        for opened in tables.values():
            _forget(reopened(opened))
        shutil.rmtree(root / STAGING, ignore_errors=True)
    return gone


def _erase_weights(root: Path, weights: Opened, feedback: Opened, customers: Sequence[str]) -> int:
    with scratch(root, WEIGHTS.name) as corner:
        corner.con.register("customers", _table_of(customers))
        corner.view("feedback", feedback.paths, feedback.schema)
        theirs = f"select {listed(FEEDBACK.key)} from feedback semi join customers using (customer_id)"
        corner.con.execute(f"create temp table gone as {theirs}")
        return _rewrite(weights, corner, FEEDBACK.key)


def _table_of(customers: Sequence[str]) -> pa.Table:
    return pa.table({"customer_id": pa.array(customers, pa.string())})


def _rewrite(opened: Opened, corner: Scratch, key: Sequence[str]) -> int:
    """Replace the files that hold rows of `gone` by files without them; how many rows went."""
    using = listed(key)
    stored(corner, opened)
    (rows,) = corner.counts(f"select count(*) from stored semi join gone using ({using})")
    if rows:
        paths, files = replaced_files(corner, f"select distinct filename from stored semi join gone using ({using})")
        corner.view("touched", paths, opened.schema)
        commit(opened, corner.write(f"from touched anti join gone using ({using})", opened.schema), files)
    return rows


def _forget(opened: Opened) -> None:
    """Delete every file below the table's folder that its present version does not need."""
    folder = opened.place.folder
    # A commit that says nothing, so that the newest entry of the log, which has to stay, names nobody.
    opened.delta.alter.set_table_properties({"delta.dataSkippingNumIndexedCols": "0"})
    now = reopened(opened)
    now.delta.create_checkpoint()
    version = f"{now.version:020}"
    needed = {folder / name for name in now.files}
    needed |= {folder / LOG / name for name in ("_last_checkpoint", f"{version}.json", f"{version}.checkpoint.parquet")}
    # Oldest first: a log that is cut off at its beginning can still be read through the checkpoint.
    for path in sorted(folder.rglob("*")):
        if path not in needed and path.is_file():
            path.unlink()
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and path != folder / LOG:
            with suppress(OSError):
                path.rmdir()
