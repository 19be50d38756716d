"""The files of a source: found, staged as Parquet in one pass, and seen by expressions as typed relations.

Nothing is read but the files that the source names. Whatever their format, a file becomes a Parquet file of records in
their order, so that a record's number is known, and its line can be told when something is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import numpy as np
from numpy.typing import NDArray

from heedful.errors import Problem, SourceError, did_you_mean
from heedful.sources import delimited, json_files
from heedful.sources.column_types import RawColumn
from heedful.sources.csv_lines import CsvLines
from heedful.sources.definition import FileSpec, Source
from heedful.sources.encodings import TextFile, as_utf8, rewritten_lines
from heedful.sources.staging import MalformedRecord, Staging, literal

_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


class LineNumbers(Protocol):
    """Where the records of a file stand, as its reader counts."""

    def of_records(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The line of each record; -1 where it cannot be told."""

    def of_malformed(self) -> list[int]:
        """The line of each malformed record."""


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file as Parquet. `records` counts what was kept; `malformed` are the records that could not be read."""

    name: str
    path: Path
    spec: FileSpec
    parquet: Path
    columns: tuple[RawColumn, ...]
    records: int
    malformed: tuple[MalformedRecord, ...]
    lines: LineNumbers
    notes: tuple[str, ...]

    @property
    def read(self) -> int:
        """Every record of the file, the malformed ones too."""
        return self.records + sum(fault.rows for fault in self.malformed)


def resolve(source: Source, folder: Path, variables: Mapping[str, str]) -> tuple[dict[str, Path], list[Problem]]:
    """The absolute path of each file, and what is wrong: unknown variables, missing files, folders."""
    paths: dict[str, Path] = {}
    problems: list[Problem] = []
    for name, spec in source.definition.files.items():
        unknown = [v for v in re.findall(r"\$\{(\w+)\}", spec.path) if v not in variables]
        if unknown:
            asks = " ".join(f"--set {v}=…" for v in unknown)
            said = f'the file "{name}" is {spec.path}, and nothing says what {" and ".join(unknown)} is.'
            said += f" Type: heedful pull {source.name} {asks}"
            problems.append(source.document.problem(["files", name], said))
            continue
        path = (folder / substituted(spec.path, variables)).absolute()
        paths[name] = path
        if said := _absent(path, spec.path):
            problems.append(source.document.problem(["files", name], f'the file "{name}" {said}'))
    return paths, problems


def substituted(path: str, variables: Mapping[str, str]) -> str:
    """`path` with each `${name}` filled."""
    return re.sub(r"\$\{(\w+)\}", lambda match: variables[match[1]], path)


def stage_file(staging: Staging, name: str, path: Path, spec: FileSpec) -> StagedFile:
    """Read one file into the staging area. Raises `SourceError` for a file that cannot be read at all."""
    if path.stat().st_size == 0:
        raise SourceError("this file is empty (0 bytes). Was the export cut short?", path=path)
    # DuckDB takes a * or [ in a path for a pattern, so it is given a name of ours.
    link = staging.folder / f"{name}.original"
    link.symlink_to(path)
    if spec.kind == "parquet":
        return _stage_parquet(staging, name, path, spec, link)
    text = as_utf8(path, spec.encoding, staging.folder / f"{name}.utf8", link=link)
    if spec.kind == "csv":
        return _stage_csv(staging, name, path, spec, text)
    return _stage_json(staging, name, path, spec, text)


def unknown_columns(source: Source, files: Sequence[StagedFile]) -> list[Problem]:
    """What is said of columns that a file does not have."""
    problems = []
    for file in files:
        known = [column.name for column in file.columns]
        for part, names in (("types", file.spec.types), ("dates", file.spec.dates)):
            for name in names:
                if name not in known:
                    said = f'{file.path.name} has no column "{name}".{did_you_mean(name, known)}'
                    problems.append(source.document.problem(["files", file.name, part, name], said))
    return problems


def _stage_csv(staging: Staging, name: str, path: Path, spec: FileSpec, text: TextFile) -> StagedFile:
    layout = delimited.layout(text, path, spec)
    target = staging.folder / f"{name}.parquet"
    try:
        malformed = delimited.stage(staging, text, layout, spec, target)
    except duckdb.Error as error:
        if not delimited.state_machine_failed(error):
            raise SourceError(f"this file cannot be read as CSV: {first_line(error)}.", path=path) from None
        text = rewritten_lines(text, staging.folder / f"{name}.lines")
        malformed = delimited.stage(staging, text, layout, spec, target)
    records = _count(staging, target)
    lines = CsvLines(text, layout, malformed, records=records)
    if not lines.is_plain and not lines.are_complete(delimited.line_breaks(staging, layout, target)):
        raise _lost_lines(path, malformed, lines)
    columns = tuple(RawColumn((column,), column, "VARCHAR", "all") for column in layout.columns)
    guess = " (a guess by its letters; if they look wrong, say `encoding:`)" if text.guessed else ""
    separator = _NAMES.get(layout.separator, f'"{layout.separator}"')
    note = f"{name}: {path.name} read as {_shown(text.encoding)}{guess}, separated by {separator}, {records:,} records"
    notes = [note] if records or malformed else [note, f"{name}: {path.name} has a header and no records"]
    found = spec.model_copy(update={"separator": layout.separator})
    return StagedFile(name, path, found, target, columns, records, tuple(malformed), lines, tuple(notes))


def _lost_lines(path: Path, malformed: Sequence[MalformedRecord], lines: LineNumbers) -> SourceError:
    opened = [at for at, f in zip(lines.of_malformed(), malformed, strict=True) if f.code == delimited.OPEN_QUOTE]
    place = f"the quote that opens in line {opened[0]}" if opened else "a quote that is opened"
    said = f"{place} is never closed, and lines are lost in it. Close it, or write it twice if it belongs to the text."
    return SourceError(said, path=path, line=opened[0] if opened else 0)


def _stage_json(staging: Staging, name: str, path: Path, spec: FileSpec, text: TextFile) -> StagedFile:
    target = staging.folder / f"{name}.parquet"
    by_line = spec.kind == "jsonl" or (spec.records is None and json_files.is_json_lines(text.path))
    if not by_line and spec.records is None and json_files.first_sign(text.path) == "{":
        raise json_files.one_object(text.path, path)
    found = json_files.stage(staging, text.path, path, spec, target, lines=by_line)
    records = found.records - len(found.malformed)
    lines = json_files.JsonLines(text.path, found.malformed, records=found.records, by_line=by_line)
    what = "JSON, an object a line" if by_line else "a list in JSON"
    note = f"{name}: {path.name} read as {what}, {_shown(text.encoding)}, {records:,} records"
    return StagedFile(name, path, spec, target, found.columns, records, found.malformed, lines, (note,))


class _RowNumbers:
    """A Parquet file has no lines: its rows count from 1."""

    def of_records(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return numbers + 1

    def of_malformed(self) -> list[int]:
        return []


def _stage_parquet(staging: Staging, name: str, path: Path, spec: FileSpec, link: Path) -> StagedFile:
    try:
        types = staging.columns(f"select * from read_parquet({literal(str(link))})")
        records = _count(staging, link)
    except duckdb.Error as error:
        raise SourceError(
            f"this is not a whole Parquet file ({first_line(error)}). Was the copy cut short? Fetch it again.",
            path=path,
        ) from None
    columns = tuple(RawColumn((column,), column, kind, "no") for column, kind in types.items())
    note = f"{name}: {path.name} read as Parquet, {records:,} records"
    return StagedFile(name, path, spec, link, columns, records, (), _RowNumbers(), (note,))


def _absent(path: Path, written: str) -> str:
    """Why there is nothing to read at `path`; empty where there is."""
    where = f"{path}" if written == str(path) else f"{path} (written {written})"
    if path.is_dir():
        inside = [p.name for p in sorted(path.iterdir()) if p.is_file()]
        some = f" It holds {', '.join(inside[:5])}{', …' if len(inside) > 5 else ''}." if inside else ""
        return f"is a folder, not a file: {where}. Name one file.{some}"
    if path.is_file():
        return ""
    if not path.parent.is_dir():
        return f"does not exist: {where}. There is no folder {path.parent} either."
    return f"does not exist: {where}.{did_you_mean(path.name, [p.name for p in path.parent.iterdir()])}"


def _count(staging: Staging, parquet: Path) -> int:
    ((count,),) = staging.rows(f"select count(*) from read_parquet({literal(str(parquet))})")
    return int(count)


def _shown(encoding: str) -> str:
    return {"utf-8": "UTF-8", "iso8859-1": "Latin-1"}.get(encoding, re.sub("^cp", "windows-", encoding))


def first_line(error: Exception) -> str:
    """The first line of what another library says."""
    return str(error).strip().split("\n", 1)[0].rstrip(".")


def one_error(problems: Sequence[Problem]) -> SourceError:
    """All of `problems` as one error."""
    first, *more = problems
    message = "\n".join([first.message, *map(str, more)])
    return SourceError(message, path=first.path, line=first.line)
