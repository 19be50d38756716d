"""The types of columns that a file holds as text.

A type is chosen from all the values of a column, not from the first ones, and a few values that do not fit it do not
change it: those become rejects with their line. Numbers written with leading zeros are codes and stay text, and so does
a column whose text goes into an id, unless every value is a whole number as SQL itself would write it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from heedful.sources.file_spec import ColumnType, FileSpec
from heedful.sources.staging import Staging, identifier, literal

Infer = Literal["all", "times", "no"]
Decimal = Literal[".", ","]
Counts = Mapping[str, int]
"""How many values of a column fit each class, by its name; `n` counts the values that are there."""

_SAMPLE = 5_000
_MAJORITY = 0.9
"""The share of values that must fit a type for the rest to be called wrong."""

_WHOLE = r"-?(0|[1-9]\d{0,17})"
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
COMMA = r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?"
GROUPED = r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?"
ISO_DATE = r"\d{4}-\d{1,2}-\d{1,2}"
ISO_TIME = ISO_DATE + r"([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?"
ISO_ZONED = ISO_DATE + r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|UTC|[+-]\d{2}(:?\d{2})?)"
_CODE = r"[+-]?0\d+"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with single values of a column, which are null in it or not meant as they stand.

    `stored` is a hidden column of text that shows such a value and is null elsewhere; `reason` goes with it to the
    rejects. An expression that names the column `excused_by` has thought of it.
    """

    stored: str
    reason: str
    excused_by: str | None = None


@dataclass(frozen=True, slots=True)
class RawColumn:
    """A column as staged. `path` is how expressions name it: more than one step within a nested value.

    `infer` says whether its text may turn out to be any type, a time only, or is what it is; `fits` is a narrower type
    that all of its values fit.
    """

    path: tuple[str, ...]
    stored: str
    type: str
    infer: Infer
    trouble: Trouble | None = None
    fits: str = ""

    @property
    def name(self) -> str:
        """The dotted name."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column as expressions see it: `value` is SQL over the stored one.

    `unfit` says that some values are there but not of `type`; they are null in `value`. `decimal` is the sign that its
    numbers are written with, None where a comma in them could be either.
    """

    raw: RawColumn
    type: str
    value: str
    unfit: bool = False
    decimal: Decimal | None = "."


@dataclass(frozen=True, slots=True)
class _Class:
    """A way to read a text. `pattern` must fit it whole; `value` is SQL with `{x}` for the trimmed text."""

    name: str
    pattern: str
    value: str
    type: str

    def fits(self, x: str) -> str:
        test = f"regexp_full_match({x}, {literal(self.pattern)})"
        return f"({test} and {self.value.format(x=x)} is not null)" if self.type[:4] in ("DATE", "TIME") else test


_CLASSES: Mapping[str, _Class] = {
    c.name: c
    for c in (
        _Class("whole", _WHOLE + r"(\.0+)?", "try_cast({x} as bigint)", "BIGINT"),
        _Class("plain", _WHOLE, "try_cast({x} as bigint)", "BIGINT"),
        _Class("number", NUMBER, "try_cast({x} as double)", "DOUBLE"),
        _Class("comma", COMMA, "try_cast(replace(replace({x}, '.', ''), ',', '.') as double)", "DOUBLE"),
        _Class("grouped", GROUPED, "try_cast(replace({x}, ',', '') as double)", "DOUBLE"),
        _Class("boolean", "(?i)true|false", "try_cast({x} as boolean)", "BOOLEAN"),
        _Class("date", ISO_DATE, "try_cast({x} as date)", "DATE"),
        _Class("time", ISO_TIME, "try_cast({x} as timestamp)", "TIMESTAMP"),
        _Class("zoned", ISO_ZONED, "try_cast({x} as timestamptz)", "TIMESTAMP WITH TIME ZONE"),
        _Class("code", _CODE, "{x}", "VARCHAR"),
    )
}
_TIMES = ("date", "time", "zoned")
_SIMPLEST_FIRST = ("plain", "whole", "number", "grouped", "comma", "boolean", *_TIMES)
_COMMA_FIRST = ("plain", "comma", "number", "boolean", *_TIMES)
_STATED: Mapping[ColumnType, Sequence[str]] = {
    "text": (),
    "number": ("number", "grouped", "comma"),
    "boolean": ("boolean",),
    "date": ("date",),
    "timestamp": ("time", "zoned"),
}


def typed_columns(
    staging: Staging, parquet: Path, columns: Iterable[RawColumn], spec: FileSpec, *, keep_text: frozenset[str]
) -> list[TypedColumn]:
    """The columns with their types; those named in `keep_text` lose nothing of how they are written."""
    columns = list(columns)
    wanted = {c.stored: _candidates(c, spec) for c in columns}
    counted = _count(staging, parquet, wanted, {c.stored for c in columns if c.name in spec.types})
    decimal = spec.decimal or ("," if _comma_file(list(counted.values()), spec) else None)
    if decimal == "," and spec.decimal is None:
        # 1.234 in such a file is more than a thousand, though it looks like a number with three decimals.
        numeric = {s: wanted[s] for s, c in counted.items() if c.get("whole") or c.get("number")}
        counted |= _aggregate(staging, _read(parquet), numeric)
    return [_typed(c, counted.get(c.stored, {}), spec, decimal, keep_text=c.name.lower() in keep_text) for c in columns]


def _candidates(column: RawColumn, spec: FileSpec) -> Sequence[str]:
    stated = spec.types.get(column.name)
    if stated is not None:
        return _STATED[stated]
    if column.infer == "no" or column.name in spec.dates:
        return ()
    if column.infer == "times":
        return _TIMES
    numbers = {".": ("plain", "whole", "number", "grouped"), ",": ("plain", "comma")}
    signs = numbers.get(spec.decimal or "", ("plain", "whole", "number", "grouped", "comma"))
    return (*signs, "boolean", *_TIMES, "code")


def _count(
    staging: Staging, parquet: Path, wanted: Mapping[str, Sequence[str]], stated: Collection[str]
) -> dict[str, Counts]:
    """The counts over the whole file by stored name, of as few classes as settle each column."""
    sample = _aggregate(staging, f"(select * from {_read(parquet)} limit {_SAMPLE})", wanted)
    likely: dict[str, Sequence[str]] = {}
    for stored, counts in sample.items():
        if stored in stated:
            likely[stored] = wanted[stored]
            continue
        best = max((name for name in wanted[stored] if name != "code"), key=lambda n: counts[n])
        if counts["n"] == 0:
            likely[stored] = wanted[stored]
        elif counts[best] > 0.5 * counts["n"]:
            likely[stored] = [best, "code"] if best not in ("grouped", "comma") else wanted[stored]
    counted = _aggregate(staging, _read(parquet), likely)
    unsettled = {s: wanted[s] for s, c in counted.items() if c[likely[s][0]] < c["n"] and likely[s] != wanted[s]}
    return counted | _aggregate(staging, _read(parquet), unsettled)


def _aggregate(staging: Staging, relation: str, wanted: Mapping[str, Sequence[str]]) -> dict[str, Counts]:
    labels = [(stored, name) for stored, names in wanted.items() if names for name in ("n", *names)]
    if not labels:
        return {}
    parts = []
    for stored, name in labels:
        column = identifier(stored)
        test = f" filter (where {_CLASSES[name].fits(f'trim({column})')})" if name != "n" else ""
        parts.append(f"count({column}){test}")
    (row,) = staging.rows(f"select {', '.join(parts)} from {relation}")
    found: dict[str, dict[str, int]] = {}
    for (stored, name), count in zip(labels, row, strict=True):
        found.setdefault(stored, {})[name] = int(count)
    return dict(found)


def _comma_file(counted: Sequence[Counts], spec: FileSpec) -> bool:
    """Whether a column can only be read with decimal commas, or may be and the separator suggests it."""
    return any(_says_comma(c) for c in counted) or (spec.separator == ";" and any(_ambiguous(c) for c in counted))


def _says_comma(counts: Counts) -> bool:
    others = max(counts.get("number", 0), counts.get("grouped", 0))
    return 0 < _MAJORITY * counts["n"] <= counts.get("comma", 0) > others


def _ambiguous(counts: Counts) -> bool:
    """Whether commas in a column may set off thousands as well as decimals."""
    return counts.get("comma", 0) == counts.get("grouped", 0) > counts.get("number", 0)


def _typed(
    column: RawColumn, counts: Counts, spec: FileSpec, decimal: Decimal | None, *, keep_text: bool
) -> TypedColumn:
    stored = identifier(column.stored)
    if column.name in spec.dates:
        return _dated(column, spec.dates[column.name])
    sign = decimal or (None if _ambiguous(counts) else ".")
    text = TypedColumn(column, column.type, stored, decimal=sign)
    stated = spec.types.get(column.name)
    chosen = _choose(counts, decimal, majority=0.0 if stated else _MAJORITY)
    if chosen is None:
        return text
    unfit = counts[chosen.name] < counts["n"]
    if keep_text and stated is None and (unfit or chosen.name not in ("plain", "whole", "boolean", "date")):
        return text
    x = f"trim({stored})"
    value = chosen.value.format(x=x)
    guarded = f"case when {chosen.fits(x)} then {value} end" if unfit else value
    return TypedColumn(column, chosen.type, guarded, unfit, sign)


def _choose(counts: Counts, decimal: Decimal | None, *, majority: float) -> _Class | None:
    """The class that fits most values, the simpler of two that fit as many."""
    if not counts.get("n") or counts.get("code") or (decimal is None and _ambiguous(counts)):
        return None
    order = [name for name in (_COMMA_FIRST if decimal == "," else _SIMPLEST_FIRST) if counts.get(name)]
    best = max(order, key=lambda name: counts[name], default=None)
    return _CLASSES[best] if best and counts[best] >= majority * counts["n"] else None


def _dated(column: RawColumn, stated: str) -> TypedColumn:
    kind = "TIMESTAMP" if has_time(stated) else "DATE"
    parsed = f"try_strptime(trim({identifier(column.stored)}), {literal(stated)})"
    return TypedColumn(column, kind, f"cast({parsed} as {kind})", unfit=True)


def has_time(format_: str) -> bool:
    """Whether a format of dates also has the time of day."""
    return any(sign in format_ for sign in ("%H", "%-H", "%I", "%-I", "%T", "%X", "%c"))


def _read(parquet: Path) -> str:
    return f"read_parquet({literal(str(parquet))})"
