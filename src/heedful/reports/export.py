"""Files for other programs: Parquet, CSV with a codebook beside it, workbooks, and SPSS files.

Parquet and CSV are written batch by batch, workbooks row by row: memory does not grow with the rows. An SPSS file is
made in memory, which its library leaves no choice about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from heedful.errors import InputError, did_you_mean
from heedful.reports import spss, workbooks
from heedful.reports.codebook import FORMULA_STARTS, Codebook


@dataclass(frozen=True)
class Content:
    """What is to be written: rows in batches, how many there will be, and their codebook."""

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]
    rows: int
    codebook: Codebook


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and what a reader of it has to know."""

    files: tuple[Path, ...]
    rows: int
    notes: tuple[str, ...] = ()


def check_target(path: Path, *, force: bool, endings: Iterable[str] = ()) -> str:
    """The ending of a file that may be written. Raises `InputError` that says what to type instead."""
    known = tuple(endings) or tuple(_WRITERS)
    ending = path.suffix.lower().removeprefix(".")
    if ending not in known:
        listed = f"{', '.join('.' + e for e in known[:-1])} or .{known[-1]}"
        told = f'ends in ".{ending}"' if ending else "has no ending"
        raise InputError(f"{path} {told}, which says no format.{did_you_mean(ending, known)} Name it {listed}.")
    if not path.parent.is_dir():
        raise InputError(f"{path} cannot be written: the folder {path.parent} does not exist. mkdir -p {path.parent}")
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name a file in it, such as {path / f'export.{ending}'}.")
    taken = [p for p in (path, *(_beside(path) if ending in _WITH_CODEBOOK and not endings else ())) if p.exists()]
    if taken and not force:
        raise InputError(f"{taken[0]} exists already. Name another file, or overwrite it: --force")
    return ending


def write(content: Content, path: Path, *, force: bool = False) -> Exported:
    """Write `content` to `path` in the format of its ending; nothing is left behind where that fails.

    Raises `InputError` where the file cannot be written or does not fit the format.
    """
    ending = check_target(path, force=force)
    with replacing(path) as draft:
        codebook = _WRITERS[ending](content, draft)
    files: tuple[Path, ...] = (path,)
    if ending in _WITH_CODEBOOK:
        beside = _beside(path)
        for file, text in zip(beside, (codebook.csv(), codebook.text()), strict=True):
            with replacing(file) as draft:
                draft.write_text(text, encoding="utf-8")
        files = (path, *beside)
    return Exported(files, content.rows, codebook.notes)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place once it is whole."""
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}.codebook.csv"), path.with_name(f"{path.name}.codebook.txt")


def _parquet(content: Content, path: Path) -> Codebook:
    meanings = {v.name: v.meaning for v in content.codebook.variables}
    schema = pa.schema([f.with_metadata({"description": meanings.get(f.name, "")}) for f in content.schema])
    with pq.ParquetWriter(path, schema) as writer:
        for batch in content.batches:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
    return content.codebook


def _csv(content: Content, path: Path) -> Codebook:
    written = [_in_csv(f.type) for f in content.schema]
    schema = pa.schema([pa.field(f.name, kind) for f, kind in zip(content.schema, written, strict=True)])
    quoted = 0
    with pyarrow.csv.CSVWriter(path, schema) as writer:
        for batch in content.batches:
            columns = []
            for column in batch.columns:
                safe, more = _safe(_plain(column))
                columns.append(safe)
                quoted += more
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    notes = ["UTF-8, comma-separated; instants are UTC, such as 2026-03-31T12:00:00.000000Z; nothing stands for null."]
    if quoted:
        notes.append(f"{quoted:,} texts that begin like a formula have an apostrophe in front.")
    return content.codebook.noted(*notes)


def _in_csv(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_timestamp(kind) or pa.types.is_decimal(kind) else kind


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        return pc.binary_join_element_wise(pc.strftime(column, format="%Y-%m-%dT%H:%M:%S"), "Z", "")
    return column.cast(pa.string()) if pa.types.is_decimal(column.type) else column


def _safe(column: pa.Array) -> tuple[pa.Array, int]:
    """Texts that a spreadsheet would run, with an apostrophe in front, and how many there are."""
    if not pa.types.is_string(column.type) or not len(column):
        return column, 0
    starts = pc.is_in(pc.utf8_slice_codeunits(column, 0, 1), value_set=pa.array(FORMULA_STARTS))
    found = pc.sum(starts).as_py() or 0
    return (pc.if_else(starts, pc.binary_join_element_wise("'", column, ""), column) if found else column), found


def _workbook(content: Content, path: Path) -> Codebook:
    return workbooks.write_rows(content.schema, content.batches, content.rows, content.codebook, path)


def _sav(content: Content, path: Path) -> Codebook:
    return spss.write_rows(content.schema, content.batches, content.rows, content.codebook, path)


_WRITERS: Mapping[str, Callable[[Content, Path], Codebook]] = {
    "parquet": _parquet,
    "csv": _csv,
    "xlsx": _workbook,
    "sav": _sav,
}
_WITH_CODEBOOK = ("csv", "sav")
