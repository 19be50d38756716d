"""SPSS files (.sav, .zsav), read in chunks so that memory does not grow with them.

A column holds the code, as in the file. Where codes have labels, `NAME_label` holds the label of each answer beside it;
with `labels: true` the column itself holds the label. Answers that the file declares user-missing stay as they are, and
`NAME_missing` says which they are: using one where nobody has thought of it is a reject.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from heedful.errors import MissingExtraError, SourceError
from heedful.sources.column_types import RawColumn, Trouble
from heedful.sources.formats.registry import file_format
from heedful.sources.staged import Original, RowNumbers, StagedFile
from heedful.sources.staging import Staging

_CHUNK_ROWS = 20_000
_EPOCH = datetime(1582, 10, 14, tzinfo=UTC)
_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE")
_TIMES = ("DATETIME", "YMDHMS")
_REASON = (
    "is user-missing, as the file declares: say `missing: empty` beside its path to leave it empty, or decide by "
    "{name} in the mapping, such as `when: {name} is null`"
)


@file_format("spss", about="SPSS (.sav)", endings=(".sav", ".zsav"), options=("encoding", "labels", "missing"))
def read(staging: Staging, original: Original) -> StagedFile:
    """The records with their codes, labels and reasons for missing answers."""
    pyreadstat = _library()
    with _explained(original):
        # Its path may have any name; that of the link ends in no suffix, which pyreadstat does not mind.
        _, meta = pyreadstat.read_sav(
            str(original.path), metadataonly=True, user_missing=True, encoding=original.spec.encoding
        )
    variables = [_variable(name, meta, original) for name in meta.column_names]
    _refuse_taken(variables, original)
    schema = pa.schema([field for variable in variables for field in variable.fields])
    target, records = staging.folder / f"{original.name}.parquet", 0
    whole = {field.name for field in schema if field.type == pa.float64()}
    with _explained(original), pq.ParquetWriter(target, schema, compression="lz4") as writer:
        for columns in _chunks(pyreadstat, original):
            table = pa.table([a for v in variables for a in v.arrays(columns[v.name])], schema=schema)
            writer.write_table(table)
            records += len(table)
            whole = {n for n in whole if _is_whole(table[n])}
    name, path = original.name, original.path
    notes = [f"{name}: {path.name} read as SPSS, {records:,} records"]
    if missing := [v.name for v in variables if v.missing]:
        shown = f"{', '.join(missing[:5])}{', …' if len(missing) > 5 else ''}"
        notes.append(f"{name}: user-missing answers of {shown} are {_treated(original.spec.missing)}")
    if meta.variable_measure and getattr(meta, "mr_sets", None):
        sets = ", ".join(f"{k} ({', '.join(v['variable_list'])})" for k, v in meta.mr_sets.items())
        notes.append(f"{name}: multiple-response sets: {sets}")
    labels = {v.name: v.label for v in variables if v.label}
    raw = tuple(
        replace(column, fits="BIGINT") if column.name in whole and column.type == "DOUBLE" else column
        for variable in variables
        for column in variable.columns
    )
    return StagedFile(name, path, original.spec, target, raw, records, (), RowNumbers(), tuple(notes), labels)


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable of the file. `kind` is number, date, time, clock or text; `ranges` are its user-missing codes."""

    name: str
    label: str
    kind: str
    codes: Mapping[object, str]
    ranges: Sequence[tuple[Any, Any]]
    treatment: str
    by_label: bool

    @property
    def missing(self) -> bool:
        return bool(self.ranges)

    @property
    def has_codes(self) -> bool:
        return bool(self.codes) and self.kind in ("number", "text")

    @property
    def fields(self) -> list[pa.Field]:
        types = {"number": pa.float64(), "date": pa.date32(), "time": pa.timestamp("us")}
        own = pa.string() if self.by_label and self.has_codes else types.get(self.kind, pa.string())
        found = [pa.field(self.name, own)]
        found += [pa.field(f"{self.name}_label", pa.string())] if self.has_codes else []
        return found + ([pa.field(f"{self.name}_missing", pa.string())] if self.missing else [])

    @property
    def columns(self) -> list[RawColumn]:
        stored = {pa.float64(): "DOUBLE", pa.date32(): "DATE", pa.timestamp("us"): "TIMESTAMP"}
        found = []
        for field in self.fields:
            trouble = None
            if self.missing and self.treatment == "reject" and not field.name.endswith("_missing"):
                why = f"{self.name}_missing"
                trouble = Trouble(why, _REASON.format(name=why), why)
            kind = stored.get(field.type, "VARCHAR")
            infer = "times" if kind == "VARCHAR" and self.kind == "text" and field.name == self.name else "no"
            found.append(RawColumn((field.name,), field.name, kind, infer, trouble))  # type: ignore[arg-type]
        return found

    def arrays(self, values: Sequence[Any]) -> list[pa.Array]:
        """The columns of a chunk: the value, its label, and why it is missing."""
        plain = [None if value is None or value != value or value == "" else value for value in values]  # noqa: PLR0124
        why = [self._why(value) for value in plain] if self.missing else []
        if why and self.treatment == "empty":
            plain = [None if reason else value for value, reason in zip(plain, why, strict=True)]
        labels = [self.codes.get(value) for value in plain] if self.has_codes else []
        own = labels if self.by_label and self.has_codes else self._own(plain)
        found = [pa.array(own, self.fields[0].type)]
        found += [pa.array(labels, pa.string())] if self.has_codes else []
        return found + ([pa.array(why, pa.string())] if self.missing else [])

    def _own(self, values: Sequence[Any]) -> list[Any]:
        match self.kind:
            case "date":
                return [value if value is None else _moment(value).date() for value in values]
            case "time":
                return [value if value is None else _moment(value).replace(tzinfo=None) for value in values]
            case "clock":
                return [value if value is None else str(timedelta(seconds=float(value))) for value in values]
            case "text":
                return [value if value is None else str(value) for value in values]
            case _:
                return list(values)

    def _why(self, value: Any) -> str | None:
        if value is None or not any(low <= value <= high for low, high in self.ranges):
            return None
        shown = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        label = self.codes.get(value)
        return f"{shown} ({label})" if label else shown


def _variable(name: str, meta: Any, original: Original) -> _Variable:
    kind = "text" if meta.readstat_variable_types[name] == "string" else "number"
    written = str(meta.original_variable_types.get(name, "")).upper().rstrip("0123456789.")
    if kind == "number":
        kind = "date" if written in _DATES else "time" if written in _TIMES else "clock" if written == "TIME" else kind
    ranges = [(r["lo"], r["hi"]) for r in meta.missing_ranges.get(name, [])]
    label = " ".join((meta.column_names_to_labels.get(name) or "").split())
    codes = meta.variable_value_labels.get(name, {})
    spec = original.spec
    return _Variable(name, label, kind, codes, ranges, spec.missing, spec.labels)


def _refuse_taken(variables: Sequence[_Variable], original: Original) -> None:
    """Raise where a variable bears the name of a column that is made for another one."""
    own = {v.name.lower() for v in variables}
    for variable in variables:
        for field in variable.fields[1:]:
            if field.name.lower() in own:
                raise SourceError(
                    f'the variable "{field.name}" has the name that the column for labels or missing answers of '
                    f'"{variable.name}" would have. Rename it in SPSS.',
                    path=original.path,
                )


def _chunks(pyreadstat: Any, original: Original) -> Iterator[Mapping[str, Sequence[Any]]]:
    offset = 0
    while True:
        columns, _ = pyreadstat.read_sav(
            str(original.path),
            output_format="dict",
            user_missing=True,
            disable_datetime_conversion=True,
            row_offset=offset,
            row_limit=_CHUNK_ROWS,
            encoding=original.spec.encoding,
        )
        rows = len(next(iter(columns.values()), ()))
        if rows:
            yield columns
        if rows < _CHUNK_ROWS:
            return
        offset += rows


def _is_whole(column: pa.ChunkedArray) -> bool:
    """Whether each number is a whole one, which SPSS does not tell apart from others."""
    values = column.drop_null().to_numpy()
    return bool(np.all(np.abs(values) < 2**53) and np.all(values == np.floor(values)))


def _moment(seconds: float) -> datetime:
    return _EPOCH + timedelta(seconds=float(seconds))


def _treated(missing: str) -> str:
    return {
        "reject": "rejects, unless the mapping asks for …_missing",
        "empty": "left empty",
        "keep": "kept as any other code",
    }[missing]


def _library() -> Any:
    try:
        import pyreadstat  # noqa: PLC0415 -- an optional library
    except ImportError:
        raise MissingExtraError("pyreadstat", "spss") from None
    return pyreadstat


@contextmanager
def _explained(original: Original) -> Iterator[None]:
    pyreadstat = _library()
    try:
        yield
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError) as error:
        said = str(error).strip().rstrip(".")
        tip = " If its letters are of another encoding, say `encoding:` beside its path." if "onver" in said else ""
        raise SourceError(f"this SPSS file cannot be read: {said}.{tip}", path=original.path) from None
