"""A workspace in a temporary folder: files go in, a source is pulled, rows come out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pyarrow as pa
import pytest

from heedful.sources import PullReport, PullSettings, Source, check_source, load_source, pull
from heedful.streams.engine import DuckDBEngine
from heedful.streams.lake import Lake

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Workspace:
    """What a test needs of a workspace around one source called "shop"."""

    folder: Path
    settings: PullSettings
    lake: Lake = field(init=False)

    def __post_init__(self) -> None:
        self.lake = Lake(self.folder / "lake", attributes=self.settings.attributes, lock_timeout_s=0.2)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def source(self, text: str, name: str = "shop") -> Source:
        return load_source(self.write(f"sources/{name}.yaml", dedent(text)))

    def check(self, text: str) -> list[str]:
        return [str(p).replace(f"{self.folder}/", "") for p in check_source(self.source(text), self.settings)]

    def pull(self, text: str, *, dry_run: bool = False, **settings: Any) -> PullReport:
        return pull(self.source(text), self.lake, replace(self.settings, **settings), dry_run=dry_run)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        engine = DuckDBEngine(self.lake.snapshot())
        try:
            found: list[dict[str, Any]] = engine.query(sql).to_pylist()
            return found
        finally:
            engine.close()

    def column(self, sql: str) -> list[Any]:
        return [next(iter(row.values())) for row in self.rows(sql)]

    def rejects(self) -> list[str]:
        path = self.folder / "rejected" / "shop.csv"
        return path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []

    def refusal(self, error: pytest.ExceptionInfo[BaseException]) -> str:
        return str(error.value).replace(f"{self.folder}/", "")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    attributes: Mapping[str, pa.DataType] = {"country": pa.string(), "age": pa.int64(), "joined": pa.date32()}
    settings = PullSettings(tmp_path, {}, "Europe/Riga", "EUR", "Nordlys", attributes, NOW)
    return Workspace(tmp_path, settings)


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """A folder of the real data sets; the test is skipped where it is not there."""

    def find(name: str) -> Path:
        root = Path(os.environ.get("HEEDFUL_DATA", "") or Path(__file__).parents[3] / "shared" / "data")
        if not (root / name).is_dir():
            pytest.skip(f"no real data at {root.name}/{name}: set HEEDFUL_DATA to the folder that holds it")
        return root / name

    return find
