"""Looking after the tables on disk: joining small files, deleting what nobody needs, naming what is broken."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from heedful.errors import HeedfulError
from heedful.streams.faults import explained, first_line
from heedful.streams.locks import is_held
from heedful.streams.parts import FILE_ROWS
from heedful.streams.scratch import STAGING, abandoned_spills, listed, scratch
from heedful.streams.tables import LOG, Opened, Place, commit, open_table, reopened

_SMALL_ROWS = FILE_ROWS // 2


def compact(root: Path, place: Place, *, retention_days: float) -> int:
    """Join the small files of one table and sweep its folder; how many files fewer. The caller holds its lock."""
    for abandoned in abandoned_spills(root):
        shutil.rmtree(abandoned, ignore_errors=True)
    opened = open_table(place)
    if opened is None:
        return 0
    with explained(place.folder):
        joined = _join(root, opened)
        _sweep(joined, retention_days)
        joined.delta.create_checkpoint()
        joined.delta.cleanup_metadata()
    return len(opened.files) - len(joined.files)


def problems(root: Path, places: Sequence[Place], locks: Path) -> list[str]:
    """Sentences about what is wrong below `root`; empty where all is well."""
    found = []
    for place in places:
        if place.folder.exists():
            found += _table_problems(place)
        staging = root / STAGING / place.name
        if staging.exists() and not is_held(locks / f"{place.name}.lock"):
            found.append(f"{staging}: a process that was stopped left its work here. To delete it: heedful compact")
    found += [
        f"{f}: a reader that was stopped left its work here. To delete it: heedful compact"
        for f in abandoned_spills(root)
    ]
    return found


def _join(root: Path, opened: Opened) -> Opened:
    small = [name for name in opened.files if _rows_in(opened.place.folder / name) < _SMALL_ROWS]
    with scratch(root, opened.place.name) as corner:
        if len(small) < 2:
            return opened
        corner.view("small", [str(opened.place.folder / name) for name in small], opened.schema)
        parts = corner.write(f"select {listed(opened.schema.names)} from small", opened.schema)
        commit(opened, parts, small, is_rearrangement=True)
    return reopened(opened)


def _rows_in(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)


def _sweep(opened: Opened, retention_days: float) -> None:
    folder = opened.place.folder
    # delta-rs lists files of versions that are older, and strays; those that a killed writer left half-written it
    # does not see.
    old = opened.delta.vacuum(
        retention_hours=int(retention_days * 24), dry_run=True, enforce_retention_duration=False, full=True
    )
    for name in {Path(name).name for name in old}:
        (folder / name).unlink(missing_ok=True)
    for path in _half_written(folder):
        if path.stat().st_mtime < time.time() - retention_days * 86_400:
            path.unlink()


def _half_written(folder: Path) -> Iterator[Path]:
    """Temporary files of delta-rs, such as `part-….parquet#1`."""
    return (path for path in folder.rglob("*#*") if path.is_file())


def _table_problems(place: Place) -> list[str]:
    try:
        opened = open_table(place)
    except HeedfulError as error:
        return str(error).splitlines()
    if opened is None:
        return _strays(place, set())
    return [*_broken_files(opened), *_strays(place, set(opened.files))]


def _broken_files(opened: Opened) -> list[str]:
    found = []
    for name in opened.files:
        path = opened.place.folder / name
        try:
            pq.read_metadata(path)
        except (OSError, pa.ArrowInvalid) as error:
            found.append(
                f"{path}: this file of the table {opened.place.name} cannot be read ({first_line(error)}). Restore it "
                f"from a backup, or delete the folder {opened.place.folder} and load its rows again: heedful pull"
            )
    return found


def _strays(place: Place, files: set[str]) -> list[str]:
    found = [
        f"{path}: a process that was stopped left this half-written file here. No reading sees it. "
        "To delete it once it is old enough: heedful compact"
        for path in _half_written(place.folder)
    ]
    if not files and not (place.folder / LOG).exists() and any(place.folder.glob("*.parquet")):
        found.append(
            f"{place.folder}: there are Parquet files here, but no log that says which of them make up the table "
            f"{place.name}. Restore {place.folder / LOG} from a backup, or delete the folder and load its rows again: "
            "heedful pull"
        )
    return found
