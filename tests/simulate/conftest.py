"""Simulated companies, written once for all tests that only read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from heedful.simulate import Kind, Truth, simulate

RIGA = ZoneInfo("Europe/Riga")


@dataclass(frozen=True)
class Company:
    """A simulated workspace and what is true of it."""

    folder: Path
    truth: Truth

    def csv(self, name: str, separator: str = ",") -> pa.Table:
        """A raw CSV file, every column as text."""
        path = self.folder / "data" / name
        names = csv.open_csv(path, parse_options=csv.ParseOptions(delimiter=separator)).schema.names
        return csv.read_csv(
            path,
            parse_options=csv.ParseOptions(delimiter=separator),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True
            ),
        )

    def parquet(self, name: str) -> pa.Table:
        """A raw Parquet file."""
        return pq.read_table(self.folder / "data" / name)


def end_of(day: date) -> datetime:
    """The first instant after the local `day`."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), RIGA)


def made(kind: Kind, folder: Path) -> Company:
    """A company of 1,200 customers."""
    return Company(folder, simulate(kind, folder, customers=1200, seed=3))


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return made("shop", tmp_path_factory.mktemp("simulated") / "shop")


@pytest.fixture(scope="session")
def telecom(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return made("telecom", tmp_path_factory.mktemp("simulated") / "telecom")


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return made("city", tmp_path_factory.mktemp("simulated") / "city")
