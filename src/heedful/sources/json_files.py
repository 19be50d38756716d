"""JSON files and JSON Lines: every value that an expression may name becomes a column of text, lists stay lists."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from heedful.errors import SourceError
from heedful.sources.column_types import RawColumn
from heedful.sources.file_spec import FileSpec
from heedful.sources.staging import MalformedRecord, Staging, identifier, literal, quoted_list

_LARGEST_OBJECT = 64 << 20
_NUMBERS = ("UBIGINT", "BIGINT", "HUGEINT", "UHUGEINT", "DOUBLE")
_TYPES = {"UBIGINT": "BIGINT", "JSON": "VARCHAR", "NULL": "VARCHAR", "HUGEINT": "VARCHAR", "UHUGEINT": "VARCHAR"}


@dataclass(frozen=True, slots=True)
class Objects:
    """A JSON file as staged: its columns, and the records that are no objects."""

    columns: tuple[RawColumn, ...]
    malformed: tuple[MalformedRecord, ...]
    records: int


def stage(staging: Staging, text: Path, shown: Path, spec: FileSpec, target: Path, *, lines: bool) -> Objects:
    """Write the objects in `text` to the Parquet file `target`; messages name the file `shown`."""
    raw = target.with_suffix(".raw")
    try:
        staging.execute(
            f"copy ({_objects(text, spec, lines=lines)}) to {literal(str(raw))} (format parquet, compression lz4)"
        )
    except duckdb.Error as error:
        raise _broken(error, text, shown) from None
    read = f"read_parquet({literal(str(raw))}, file_row_number = true)"
    is_object = "(json is not null and json_type(json) = 'OBJECT')"
    ((records, good),) = staging.rows(f"select count(*), count(*) filter (where {is_object}) from {read}")
    if not records and spec.records:
        raise SourceError(f"there is no list at `records: {spec.records}`, or it is empty.{_lists(text)}", path=shown)
    if records and not good:
        raise SourceError(
            "no record of this file is a JSON object. Is it JSON Lines, or a list of objects?", path=shown
        )
    if not good:
        return Objects((), (), 0)
    structure = _structure(staging, f"{read} where {is_object}")
    leaves = list(_leaves(structure, ()))
    malformed = staging.rows(f"select file_row_number, left(json, 200) from {read} where not {is_object} order by 1")
    faults = tuple(
        MalformedRecord(
            int(at),
            "JSON",
            "this is not one whole JSON object" if found is None else "a JSON value, not an object",
            found or "",
        )
        for at, found in malformed
    )
    nulls = quoted_list(["", *spec.nulls])
    wanted = ", ".join(_column(path, kind, nulls) for path, kind in leaves) or "1 as empty"
    transform = json.dumps(_transform(structure))
    staging.execute(
        f"copy (select {wanted} from (select from_json(json, {literal(transform)}) as v from {read} "
        f"where {is_object})) to {literal(str(target))} (format parquet, compression lz4)"
    )
    raw.unlink()
    types = staging.columns(f"select * from read_parquet({literal(str(target))})") if leaves else {}
    columns = tuple(_raw_column(path, kind, types[".".join(path)]) for path, kind in leaves)
    return Objects(columns, faults, int(records))


def is_json_lines(text: Path) -> bool:
    """Whether a file is one object a line, whatever its name says."""
    with text.open("rb") as file:
        first = next((line for line in _few_lines(file) if line.strip()), b"")
        second = next((line for line in _few_lines(file) if line.strip()), b"")
    return second.lstrip().startswith(b"{") and isinstance(_loads(first), dict)


def first_sign(text: Path) -> str:
    """The first character that is not blank."""
    with text.open("rb") as file:
        return file.read(4096).lstrip()[:1].decode("utf-8", "replace")


def one_object(text: Path, shown: Path) -> SourceError:
    """The error for a file that is one object where a list was expected."""
    return SourceError(
        f"this file is one object, not a list. Say beside its path where the list stands: `records: …`.{_lists(text)}",
        path=shown,
    )


class JsonLines:
    """The lines of the records of a JSON Lines file: blank lines are no records. A list counts its elements from 1."""

    def __init__(self, text: Path, malformed: tuple[MalformedRecord, ...], *, records: int, by_line: bool) -> None:
        self._text, self._by_line = text, by_line
        self._bad = np.array([fault.offset for fault in malformed], np.int64)
        self._good = np.delete(np.arange(records, dtype=np.int64), self._bad)
        self._lines: NDArray[np.int64] | None = None

    def of_records(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The line of each record that was kept, given their numbers from 0."""
        return self._of(self._good[numbers])

    def of_malformed(self) -> list[int]:
        """The line of each malformed record."""
        return [int(n) for n in self._of(self._bad)]

    def _of(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        if not self._by_line:
            return places + 1
        if self._lines is None:
            with self._text.open("rb") as file:
                found = [number for number, line in enumerate(file, 1) if line.strip()]
            self._lines = np.array(found, np.int64)
        return self._lines[places]


def _objects(text: Path, spec: FileSpec, *, lines: bool) -> str:
    path, limit = literal(str(text)), f"maximum_object_size = {_LARGEST_OBJECT}"
    if lines:
        return f"select json from read_ndjson_objects({path}, ignore_errors = true, {limit})"
    if spec.records is None:
        return f"select json from read_json_objects({path}, format = 'array', {limit})"
    steps = "".join(f'."{step}"' for step in spec.records.split("."))
    size = max(text.stat().st_size + 1024, 1 << 20)
    whole = f"read_json_objects({path}, format = 'unstructured', maximum_object_size = {size})"
    return f"select unnest(json -> {literal('$' + steps + '[*]')}) as json from {whole}"


def _structure(staging: Staging, objects: str) -> Any:
    """What all objects hold, as one structure. DuckDB's own summary would gather the whole file in memory."""
    merged: Any = {}
    for batch in staging.batches(f"select distinct cast(json_structure(json) as varchar) as shape from {objects}"):
        for shape in batch.column("shape").to_pylist():
            merged = _merged(merged, _shape(json.loads(shape)))
    return merged


def _shape(structure: Any) -> Any:
    """A structure of one object, in which JSON without more stands for an object that holds nothing."""
    if isinstance(structure, dict):
        return {name: _shape(inner) for name, inner in structure.items()}
    return {} if structure == "JSON" else structure


def _merged(one: Any, other: Any) -> Any:
    """The structure that both fit; JSON where they have nothing in common, so that their text is kept."""
    if "NULL" in (one, other):
        return other if one == "NULL" else one
    if one == other:
        return one
    if isinstance(one, dict) and isinstance(other, dict):
        return one | {name: _merged(one.get(name, "NULL"), inner) for name, inner in other.items()}
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(one[0], other[0])]
    if one in _NUMBERS and other in _NUMBERS:
        return "DOUBLE" if "DOUBLE" in (one, other) else "BIGINT"
    return "JSON"


def _leaves(structure: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """The values of a structure that are no objects themselves."""
    if isinstance(structure, dict):
        for name, inner in structure.items():
            yield from _leaves(inner, (*path, name))
    else:
        yield path, structure


def _transform(structure: Any, *, within_list: bool = False) -> Any:
    """The structure to read with: text outside of lists, so that no value fails to be read."""
    if isinstance(structure, dict):
        inner = {name: _transform(inner, within_list=within_list) for name, inner in structure.items()}
        return inner or "VARCHAR"
    if isinstance(structure, list):
        return [_transform(structure[0], within_list=True)]
    return _TYPES.get(structure, structure) if within_list else "VARCHAR"


def _column(path: tuple[str, ...], kind: object, nulls: str) -> str:
    value = "v." + ".".join(map(identifier, path))
    if not isinstance(kind, list):
        value = f"case when trim({value}) in ({nulls}) then null else {value} end"
    return f"{value} as {identifier('.'.join(path))}"


def _raw_column(path: tuple[str, ...], kind: object, type_: str) -> RawColumn:
    if isinstance(kind, list):
        return RawColumn(path, ".".join(path), type_, "no")
    return RawColumn(path, ".".join(path), type_, "times" if kind == "VARCHAR" else "all")


def _broken(error: duckdb.Error, text: Path, shown: Path) -> SourceError:
    """Where the JSON breaks off, to the line if the file is of a size that Python can look at."""
    said, line = str(error).split("\n", 1)[0], 0
    place = said[said.find("at byte") :].rstrip(". ") if "at byte" in said else said
    if text.stat().st_size <= _LARGEST_OBJECT:
        try:
            json.loads(text.read_bytes())
        except json.JSONDecodeError as broken:
            place, line = f"{broken.msg[:1].lower()}{broken.msg[1:]} in line {broken.lineno}", broken.lineno
    return SourceError(f"this is not whole JSON: {place}. Mend it, or export it again.", path=shown, line=line)


def _lists(text: Path) -> str:
    """Where the lists of a file stand, for a message."""
    if text.stat().st_size > _LARGEST_OBJECT:
        return ""
    found = [".".join(path) for path in _list_paths(_loads(text.read_bytes()), ())]
    return f" Lists in it: {', '.join(found[:10])}." if found else ""


def _list_paths(value: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _list_paths(inner, (*path, str(name)))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield path


def _loads(text: bytes) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _few_lines(file: Iterator[bytes]) -> Iterator[bytes]:
    for _, line in zip(range(100), file, strict=False):
        yield line
