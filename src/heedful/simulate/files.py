"""Writing raw files the way other people's systems do. The same arrays always give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from heedful.simulate.arrays import Floats, Indexed, Times, Whole

Columns = Mapping[str, pa.Array]


def write_csv(path: Path, columns: Columns, *, separator: str = ",", quoted: bool = False) -> int:
    """Write `columns` under a header line; `quoted` puts all text in quotes, for columns with free words.

    Returns how many rows.
    """
    table = pa.table(dict(columns))
    options = csv.WriteOptions(include_header=False, delimiter=separator, quoting_style="needed" if quoted else "none")
    with path.open("wb") as file:
        header = [f'"{name}"' if quoted else name for name in columns]
        file.write((separator.join(header) + "\n").encode())
        csv.write_csv(table, file, options)
    rows: int = table.num_rows
    return rows


def write_parquet(path: Path, columns: Columns) -> int:
    """Write `columns`; returns how many rows."""
    table = pa.table(dict(columns))
    pq.write_table(table, path, compression="zstd")
    rows: int = table.num_rows
    return rows


def write_json_lines(path: Path, objects: Iterable[Mapping[str, object]]) -> int:
    """Write one object a line; returns how many."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for count, each in enumerate(objects, 1):  # noqa: B007 -- the last count is the answer
            file.write(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n")
    return count


def texts(values: Indexed) -> pa.Array:
    """Text; None is null."""
    return pa.array(values, pa.string())


def numbered(prefix: str, numbers: Whole, *, width: int = 6) -> pa.Array:
    """Identifiers such as `C000123`; a negative number is null."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width=width, padding="0")
    ids = pc.binary_join_element_wise(prefix, digits, "")
    return pc.if_else(pa.array(numbers >= 0), ids, pa.scalar(None, pa.string()))


def money(amounts: Floats) -> pa.Array:
    """Amounts with two decimals, as decimals; NaN is null."""
    cents = pa.array(np.round(amounts * 100), pa.float64(), mask=np.isnan(amounts))
    scaled = pc.divide(pc.cast(pc.cast(cents, pa.int64()), pa.decimal128(19, 0)), pa.scalar(100, pa.decimal128(3, 0)))
    return pc.cast(pc.round(scaled, 2), pa.decimal128(12, 2))


def whole(numbers: Indexed) -> pa.Array:
    """Whole numbers; NaN is null."""
    values = np.asarray(numbers, dtype=np.float64)
    return pc.cast(pa.array(values, mask=np.isnan(values)), pa.int64())


def local_text(moments: Times, *, pattern: str = "%Y-%m-%d %H:%M:%S", zone: tuple[str, str] | None = None) -> pa.Array:
    """Wall-clock times as text; NaT is an empty field. `zone` (from, to) moves them to another zone's clocks first."""
    array = pa.array(moments.astype("datetime64[s]"))
    if zone is not None:
        array = pc.local_timestamp(pc.cast(instants(moments, zone[0]), pa.timestamp("s", tz=zone[1])))
    return pc.strftime(array, format=pattern)


def instants(moments: Times, zone: str, *, unit: Literal["s", "us"] = "us") -> pa.Array:
    """Local times of `zone` as UTC instants; NaT is null."""
    local = pa.array(moments.astype(f"datetime64[{unit}]"))
    aware = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="latest")
    return pc.cast(aware, pa.timestamp(unit, tz="UTC"))


def iso_instants(moments: Times, zone: str) -> pa.Array:
    """Local times of `zone` as text like `2026-03-04T16:22:00Z`."""
    return pc.strftime(instants(moments, zone, unit="s"), format="%Y-%m-%dT%H:%M:%SZ")


def dates(moments: Times) -> pa.Array:
    """The local date of each moment."""
    return pa.array(moments.astype("datetime64[D]"), pa.date32())
