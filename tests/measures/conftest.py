"""Golden vectors as columns, and runners over the hand-made company."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from heedful.measures.runner import Runner
from tests.company import arrow_tables, company, runner
from tests.engines import Engines

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


@pytest.fixture(scope="session")
def loaded(engines: Engines) -> Callable[[str], Runner]:
    """The hand-made company on the engine of that name, loaded once."""

    @cache
    def load(name: str) -> Runner:
        return runner(engines.load(name, arrow_tables(company())))

    return load


@pytest.fixture
def company_runner(loaded: Callable[[str], Runner], engine_name: str) -> Runner:
    """The hand-made company on each engine in turn."""
    return loaded(engine_name)
