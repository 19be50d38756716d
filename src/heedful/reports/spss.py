"""SPSS files: variable and value labels, user-missing values, measure levels, dates, and text in any script.

In SPSS a label belongs to a number. Text of a few different values is therefore stored as the numbers 1, 2, 3 … with
the texts as their labels; all other text stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from heedful.errors import InputError, MissingExtraError
from heedful.measures.formats import WHY_NONE
from heedful.reports.codebook import Codebook, Variable

Level = Literal["nominal", "ordinal", "scale"]
MOST_ROWS = 2_000_000
_LONGEST_TEXT, _LONGEST_LABEL, _LONGEST_VALUE_LABEL, _LONGEST_NAME = 32_767, 256, 120, 64
_RESERVED = frozenset(("ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"))
_FIRST_MISSING = -999_999_999.0
REASONS: Mapping[float, str] = {
    _FIRST_MISSING + place: said for place, said in enumerate(said for reason, said in WHY_NONE.items() if reason)
}
"""Why a figure has no value, as user-missing codes: far below what any measure can be."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """One column as SPSS gets it."""

    variable: Variable
    column: pa.ChunkedArray
    level: Level
    labels: Mapping[float, str]
    format: str | None = None
    missing: tuple[float, float] | None = None


def write_rows(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], rows: int, codebook: Codebook, path: Path
) -> Codebook:
    """Write the rows as .sav. Raises `InputError` where there are too many, `MissingExtraError` without the library."""
    try:
        import polars  # noqa: PLC0415 -- optional, for SPSS alone
        import pyreadstat  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("pyreadstat and polars", "spss") from None
    if rows > MOST_ROWS:
        raise InputError(
            f"An SPSS file is made in memory, at most {MOST_ROWS:,} rows of it, and these are {rows:,}. "
            "Narrow them with --where, --columns or --limit, or write .parquet or .csv."
        )
    table = pa.Table.from_batches(batches, schema=schema)
    names = valid_names(schema.names)
    reasons = table.column("reason") if {"reason", "value"} <= set(schema.names) else None
    stored = [
        _stored(replace(v, stored_as=names[v.name]), table.column(v.name), reasons if v.name == "value" else None)
        for v in codebook.variables
    ]
    frame = polars.DataFrame(pa.table({s.variable.stored_as: s.column for s in stored}))
    cut = sum(_cut(table.column(v.name)) for v in codebook.variables)
    pyreadstat.write_sav(
        frame,
        str(path),
        file_label=_bytes(codebook.title, 64),
        column_labels={s.variable.stored_as: _bytes(s.variable.meaning, _LONGEST_LABEL) for s in stored},
        variable_value_labels={s.variable.stored_as: dict(s.labels) for s in stored if s.labels},
        missing_ranges={s.variable.stored_as: [{"lo": s.missing[0], "hi": s.missing[1]}] for s in stored if s.missing},
        variable_measure={s.variable.stored_as: s.level for s in stored},
        variable_format={s.variable.stored_as: s.format for s in stored if s.format},
    )
    notes = ["Instants are UTC: SPSS knows no time zones."]
    if cut:
        notes.append(f"{cut:,} texts of more than {_LONGEST_TEXT:,} bytes are cut: SPSS holds no more.")
    renamed = [f"{name} is {given}" for name, given in names.items() if name != given]
    if renamed:
        notes.append(f"Names that SPSS does not allow were changed: {', '.join(renamed)}.")
    return replace(codebook, variables=tuple(s.variable for s in stored)).noted(*notes)


def valid_names(names: Iterable[str]) -> dict[str, str]:
    """A name that SPSS allows for each: letters first, at most 64 bytes, no word of its language, none twice.

    >>> valid_names(["score", "by", "2nd", "ชื่อ"])
    {'score': 'score', 'by': 'by_', '2nd': 'v_2nd', 'ชื่อ': 'v_4'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for place, name in enumerate(names, 1):
        given = re.sub(r"[^A-Za-z0-9_.$#@]+", "_", name).strip("._")[: _LONGEST_NAME - 4]
        if not given:
            given = f"v_{place}"
        if not given[0].isalpha():
            given = f"v_{given}"
        if given.upper() in _RESERVED:
            given += "_"
        unique, count = given, 1
        while unique.upper() in taken:
            count += 1
            unique = f"{given}_{count}"
        taken.add(unique.upper())
        found[name] = unique
    return found


def _stored(v: Variable, column: pa.ChunkedArray, reasons: pa.ChunkedArray | None) -> _Stored:
    kind = v.type
    if pa.types.is_boolean(kind):
        labels = {0.0: "false", 1.0: "true"}
        return _Stored(replace(v, values=labels), column.cast(pa.int8()).cast(pa.float64()), "nominal", labels)
    if pa.types.is_timestamp(kind):
        return _Stored(v, column.cast(pa.timestamp("us")), "scale", {}, "DATETIME20")
    if pa.types.is_date(kind):
        return _Stored(v, column, "scale", {}, "DATE11")
    if pa.types.is_string(kind):
        return _text(v, column)
    numbers = column.cast(pa.float64())
    numbers = pc.if_else(pc.is_finite(numbers), numbers, None)  # SPSS knows no infinity, such as an open upper bound
    form = "F18.2" if pa.types.is_decimal(kind) else "F18.0" if pa.types.is_integer(kind) else "F18.4"
    if reasons is None:
        return _Stored(v, numbers, "scale", {}, form)
    codes = {said: code for code, said in REASONS.items()}
    given = [None if r is None else codes[WHY_NONE[r]] for r in reasons.to_pylist()]
    filled = pc.coalesce(numbers, pa.chunked_array([pa.array(given, pa.float64())]))
    note = "Why there is no value is told by a user-missing code."
    return _Stored(replace(v, missing=REASONS, note=note), filled, "scale", REASONS, form, (min(REASONS), max(REASONS)))


def _text(v: Variable, column: pa.ChunkedArray) -> _Stored:
    values = [str(value) for value in v.values]
    places = pc.index_in(column, value_set=pa.array(values, pa.string()))
    # A value that the codebook does not know would become no answer.
    is_complete = bool(values) and places.null_count == column.null_count
    if not is_complete or any(len(label.encode()) > _LONGEST_VALUE_LABEL for label in v.values.values()):
        shortened = pa.chunked_array([pa.array([_cut_text(t) for t in column.to_pylist()], pa.string())])
        return _Stored(replace(v, values={}), shortened, "nominal", {})
    codes = {float(place): label for place, label in enumerate(v.values.values(), 1)}
    note = f"Stored as numbers: {', '.join(f'{code:g} is {value}' for code, value in zip(codes, values, strict=True))}."
    coded = replace(v, values=codes, note=note if list(codes.values()) != values else "")
    return _Stored(coded, pc.add(places.cast(pa.float64()), 1.0), "nominal", codes, "F4.0")


def _cut_text(text: str | None) -> str | None:
    return None if text is None else _bytes(text, _LONGEST_TEXT)


def _cut(column: pa.ChunkedArray) -> int:
    if not pa.types.is_string(column.type):
        return 0
    return pc.sum(pc.greater(pc.binary_length(column), _LONGEST_TEXT)).as_py() or 0


def _bytes(text: str, most: int) -> str:
    """The text, cut to `most` bytes between two characters."""
    raw = text.encode()
    return text if len(raw) <= most else raw[:most].decode(errors="ignore")
