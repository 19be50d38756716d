"""Golden vectors as columns."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Vectors = Mapping[str, list[str]]
VECTORS = Path(__file__).parents[1] / "golden" / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], Vectors]:
    """Reads tests/golden/vectors/NAME.csv: columns of text by name."""

    def read(name: str) -> Vectors:
        with (VECTORS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return {column: [row[column] for row in rows] for column in rows[0]}

    return read
