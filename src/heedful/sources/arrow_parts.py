"""Columns of Python values, batch by batch, as Parquet: a new file whenever a column comes in another type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from heedful.sources.staging import Staging, identifier, quoted_list

_SCALES = (0, 2, 4, 6, 10, 18, 38)
_INSTANT = pa.timestamp("us", tz="UTC")


class Parts:
    """The rows that came so far. `mixed` are columns that came as text and as something else."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._paths: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._schema = pa.schema([])
        self._kinds: dict[str, set[str]] = {}
        self.names: list[str] = []
        self.rows = 0

    def begin(self, names: Sequence[str]) -> None:
        """State the columns before the first rows."""
        self.names = list(names)

    def add(self, columns: Sequence[list[Any]]) -> None:
        """Write one batch, a list a column."""
        arrays = {n: a for n, values in zip(self.names, columns, strict=True) if (a := _array(values)) is not None}
        rows = len(columns[0]) if columns else 0
        for name, array in arrays.items():
            self._kinds.setdefault(name, set()).add("text" if pa.types.is_string(array.type) else "other")
        if self._writer is None or not self._fits(arrays):
            self._close()
            # A batch in which a column is empty says nothing of its type.
            known = {f.name: f.type for f in self._schema}
            types = {n: arrays[n].type if n in arrays else known.get(n) for n in self.names}
            self._schema = pa.schema(
                [(n, t) for n, t in types.items() if t is not None] or [(self.names[0], pa.string())]
            )
            self._paths.append(self._folder / f"{self._name}.part{len(self._paths)}.parquet")
            self._writer = pq.ParquetWriter(self._paths[-1], self._schema, compression="lz4")
        filled = [arrays.get(f.name, pa.nulls(rows, f.type)) for f in self._schema]
        self._writer.write_table(pa.table(filled, schema=self._schema))
        self.rows += rows

    @property
    def mixed(self) -> frozenset[str]:
        """Columns that came as text in one batch and as something else in another."""
        return frozenset(name for name, kinds in self._kinds.items() if len(kinds) > 1)

    def as_one(self, staging: Staging) -> tuple[Path, Mapping[str, str]]:
        """One Parquet file of all rows in their order, and the types of its columns."""
        self._close()
        target = self._folder / f"{self._name}.parquet"
        paths = quoted_list([str(path) for path in self._paths])
        source = f"read_parquet([{paths}], union_by_name = true)"
        found = staging.columns(f"from {source}") if self._paths else {}
        # A column without any value has no type of its own.
        chosen = [identifier(n) if n in found else f"null::varchar as {identifier(n)}" for n in self.names]
        if self._paths:
            staging.execute(f"copy (select {', '.join(chosen)} from {source}) to {quoted_list([str(target)])} "
                            "(format parquet, compression lz4)")  # fmt: skip
        else:
            pq.write_table(pa.table({name: pa.array([], pa.string()) for name in self.names}), target)
        for path in self._paths:
            path.unlink()
        return target, {name: found.get(name, "VARCHAR") for name in self.names}

    def _fits(self, arrays: Mapping[str, pa.Array]) -> bool:
        types = {f.name: f.type for f in self._schema}
        return all(types.get(name) == array.type for name, array in arrays.items())

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _array(values: list[Any]) -> pa.Array | None:
    """The values as Arrow; text where they are of several types or of one that no column has. None if all are null."""
    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([_text(value) for value in values], pa.string())
    kind = array.type
    if pa.types.is_null(kind):
        return None
    if pa.types.is_timestamp(kind):
        return array.cast(_INSTANT if kind.tz else pa.timestamp("us"))
    if pa.types.is_decimal128(kind):
        # Otherwise each batch would have the precision of its own largest value, and be a type of its own.
        return array.cast(pa.decimal128(38, next(s for s in _SCALES if s >= kind.scale)))
    simple: tuple[Callable[[pa.DataType], bool], ...] = (
        pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_string, pa.types.is_date32,
    )  # fmt: skip
    return array if any(is_it(kind) for is_it in simple) else pa.array([_text(v) for v in values], pa.string())


def _text(value: Any) -> str | None:
    """A value as a person would write it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
