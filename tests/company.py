"""The hand-made company of `tests/golden/company`: its tables, its workspace files, and runners over them.

Every row is there for an edge that its note names.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from heedful.measures.own import load_measures
from heedful.measures.registry import Catalogue
from heedful.measures.runner import Runner
from heedful.measures.segments import load_segments
from heedful.measures.setting import Setting
from heedful.streams.engine import Engine
from heedful.streams.schema import FLAG, INSTANT, MONEY, NUMBER, TABLES, TEXT

FOLDER = Path(__file__).parent / "golden" / "company"
RIGA = ZoneInfo("Europe/Riga")
ATTRIBUTES: Mapping[str, pa.DataType] = {"country": TEXT, "insider": FLAG, "seats": NUMBER}
FIRST_VALUE = "kind = 'first_value'"
INGESTED = datetime(2024, 5, 1, tzinfo=UTC)

_BOOKKEEPING: Mapping[str, int | datetime] = {"revision": 1, "ingested_at": INGESTED}

Cell = str | float | int | bool | datetime | Decimal | None
Rows = list[dict[str, Cell]]
Tables = Mapping[str, Rows]


def company() -> dict[str, Rows]:
    """The company's tables as rows."""
    return {name: read_rows(name) for name in ("feedback", "activity", "customers", "market", "weights")}


def read_rows(name: str) -> Rows:
    """The rows of one table, typed as its schema says; columns that the file leaves out are null."""
    schema = arrow_schema(name)
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [{f.name: _cell(row.get(f.name, ""), f) for f in schema} for row in csv.DictReader(file)]


def arrow_schema(name: str) -> pa.Schema:
    """The schema of a table, customers with the attributes of this company."""
    return TABLES[name].arrow_schema(ATTRIBUTES if name == "customers" else None)


def _cell(text: str, field: pa.Field) -> Cell:
    if field.name in _BOOKKEEPING:
        return _BOOKKEEPING[field.name]
    if not text:
        return None if field.nullable else ""
    kind = field.type
    if kind == INSTANT:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    if kind == MONEY:
        return Decimal(text)
    if kind == NUMBER:
        return float(text)
    return text == "true" if kind == FLAG else text


def arrow_tables(tables: Tables) -> dict[str, pa.Table]:
    """Rows as the Arrow tables that engines load; tables that are not given are empty."""
    return {name: pa.Table.from_pylist(list(tables.get(name, [])), schema=arrow_schema(name)) for name in TABLES}


def setting(*, first_value: str | None = FIRST_VALUE) -> Setting:
    """The company's workspace as measures see it."""
    segmentations = load_segments(FOLDER / "segments.yaml", ATTRIBUTES)
    return Setting(RIGA, "Nordlys", "EUR", ATTRIBUTES, segmentations, first_value)


def runner(engine: Engine, given: Setting | None = None) -> Runner:
    """A runner over `engine` that knows the company's own measures."""
    known = given or setting()
    return Runner(engine, known, Catalogue(load_measures(FOLDER / "measures.yaml", known)))


def blank(name: str, **cells: Cell) -> dict[str, Cell]:
    """One row of the table `name` with what is not given left null, or at its default where it may not be."""
    row: dict[str, Cell] = {}
    for column in arrow_schema(name):
        declared = TABLES[name].columns.get(column.name)
        row[column.name] = declared.default if declared is not None else None
    return {**row, **_BOOKKEEPING, **cells} if TABLES[name].kind == "stream" else {**row, **cells}
