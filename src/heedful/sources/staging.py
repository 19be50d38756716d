"""Where a pull works: a folder of its own that nothing survives, and a DuckDB that sees nothing else.

What is staged is personal data, so a folder left by a crash is removed by the next pull.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from heedful.streams.engine import confined_duckdb
from heedful.streams.faults import full_disk_explained

MEMORY = "512MiB"
"""What DuckDB may hold during a pull; the rest goes to the folder."""


@dataclass(frozen=True, slots=True)
class MalformedRecord:
    """A record that cannot be read. `offset` is its place in bytes or records, `rows` how many lines it takes."""

    offset: int
    code: str
    reason: str
    value: str
    rows: int = 1


class Staging:
    """A confined DuckDB and its folder."""

    def __init__(self, folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.folder, self._connection = folder, connection

    def execute(self, sql: str) -> None:
        """Run one statement of ours."""
        with full_disk_explained(self.folder.parent):
            self._connection.execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a small answer."""
        with full_disk_explained(self.folder.parent):
            return self._connection.execute(sql).fetchall()

    def batches(self, sql: str) -> pa.RecordBatchReader:
        """A large answer, batch by batch; read it to its end before the next query."""
        return self._connection.sql(sql).to_arrow_reader(50_000)

    def columns(self, sql: str) -> dict[str, str]:
        """The names and the types of what `sql` selects."""
        return {str(row[0]): str(row[1]) for row in self.rows(f"describe {sql}")}


@contextmanager
def staging(workspace: Path, files: Iterable[Path]) -> Iterator[Staging]:
    """A staging area below the workspace, outside of which its DuckDB reads nothing but `files`."""
    root = workspace / ".staging"
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("wb") as everyone:
        # While this is held, no other pull takes a folder without a lock for one that was left.
        fcntl.flock(everyone, fcntl.LOCK_EX)
        _sweep(root)
        folder = Path(tempfile.mkdtemp(prefix="pull-", dir=root)).absolute()
        lock = (folder / ".lock").open("wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        try:
            connection = confined_duckdb(
                allowed=[folder, *(f.resolve() for f in files)], memory_limit=MEMORY, spill=folder / "spill"
            )
            try:
                with full_disk_explained(root):
                    yield Staging(folder, connection)
            finally:
                connection.close()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(root: Path) -> None:
    """Remove what pulls that were killed left behind: their locks are free."""
    for folder in root.glob("pull-*"):
        try:
            with (folder / ".lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        shutil.rmtree(folder, ignore_errors=True)


def identifier(name: str) -> str:
    """`name` quoted as a name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` quoted as a value in SQL."""
    return "'" + text.replace("'", "''") + "'"


def quoted_list(texts: Sequence[str]) -> str:
    """`texts` as the inside of a list in SQL."""
    return ", ".join(map(literal, texts))
