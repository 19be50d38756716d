"""How well links hit the truth, counted in pairs of ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from heedful.identity.names import Hashing, Names
from heedful.streams.schema import IDENTITIES
from tests.identity.made import START


@dataclass(frozen=True)
class Score:
    """Of the pairs that were linked, the share that is one person; and of the pairs that are one, the share linked."""

    precision: float
    recall: float


def stored(names: pa.Table, how: Names) -> pa.Table:
    """The names of a stack as rows of IDENTITIES, hashed as a pull does."""
    hashing = Hashing(bytes(32), how)
    values: list[str | None] = []
    for kind, text in zip(names["kind"].to_pylist(), names["text"].to_pylist(), strict=True):
        values += [value for value, _ in hashing(kind, [text])]
    table = names.select(["source", "local_id", "kind"]).append_column("value", pa.array(values, pa.string()))
    table = table.filter(pa.compute.is_valid(table["value"])).group_by(table.column_names).aggregate([])
    table = table.append_column("linked_at", pa.repeat(pa.scalar(START), table.num_rows))
    table = table.append_column("unlinked_at", pa.nulls(table.num_rows, pa.timestamp("us", tz="UTC")))
    return table.cast(IDENTITIES.arrow_schema())


def scored(truth: pa.Table, customers: Mapping[str, str]) -> Score:
    """The score of `customers` (local id -> customer) against `truth` (local_id, person)."""
    ids, persons = truth["local_id"].to_pylist(), truth["person"].to_pylist()
    found = [customers.get(i, i) for i in ids]
    both = _pairs(zip(found, persons, strict=True))
    return Score(both / _pairs(found), both / _pairs(persons))


def _pairs(groups: Iterable[object]) -> int:
    return sum(k * (k - 1) for k in Counter(groups).values())
