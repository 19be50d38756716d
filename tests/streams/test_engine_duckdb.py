# ruff: noqa: E501 - the cases are SQL, a line each
"""DuckDB over Parquet files: what it reads, what it refuses, and how it fails."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heedful.errors import EngineError
from heedful.streams.engine import DuckDBEngine, confined_duckdb, machine_memory
from heedful.streams.lake import TableFiles
from heedful.streams.schema import FEEDBACK, TABLES

OLD = pa.table({"id": [1, 2], "score": [9.0, None]})
YOUNG = pa.table({"score": [3.0], "country": ["LV"], "id": [3]})
SCHEMA = pa.schema(
    [("id", pa.int64()), ("score", pa.float64()), ("country", pa.string()), ("spend", pa.decimal128(18, 2))]
)


def stored(folder: Path, *parts: pa.Table, schema: pa.Schema = SCHEMA) -> TableFiles:
    folder.mkdir(parents=True, exist_ok=True)
    uris = []
    for number, part in enumerate(parts):
        pq.write_table(part, folder / f"it's {number}.parquet")
        uris.append(str(folder / f"it's {number}.parquet"))
    return TableFiles(name="feedback", version=len(parts) - 1, uris=tuple(uris), schema=schema)


def test_files_with_different_columns_make_one_table(tmp_path: Path) -> None:
    engine = DuckDBEngine({"feedback": stored(tmp_path, OLD, YOUNG)})
    found = engine.query("select * from feedback order by id")
    assert found.schema.names == SCHEMA.names
    assert found.to_pylist() == [
        {"id": 1, "score": 9.0, "country": None, "spend": None},
        {"id": 2, "score": None, "country": None, "spend": None},
        {"id": 3, "score": 3.0, "country": "LV", "spend": None},
    ]
    engine.close()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_rows_is_empty_with_its_types(name: str) -> None:
    schema = TABLES[name].arrow_schema()
    engine = DuckDBEngine({name: TableFiles(name=name, version=-1, uris=(), schema=schema)})
    found = engine.query(f"select * from {name}")
    assert found.num_rows == 0
    assert [(f.name, f.type) for f in found.schema] == [(f.name, f.type) for f in schema]
    engine.close()


def test_a_column_of_a_narrower_type_is_widened_to_the_tables_own(tmp_path: Path) -> None:
    narrow = pa.table({"id": pa.array([1], pa.int32()), "score": pa.array([1], pa.int16())})
    engine = DuckDBEngine({"feedback": stored(tmp_path, narrow)})
    assert engine.query("select id, score from feedback").schema.types == [pa.int64(), pa.float64()]
    engine.close()


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from read_text('/etc/hostname')",
        "select * from glob('/etc/*')",
        "select * from read_parquet('https://example.com/x.parquet')",
        "select getenv('HOME')",
    ],
)
def test_nothing_outside_of_the_tables_can_be_read(tmp_path: Path, query: str) -> None:
    engine = DuckDBEngine({"feedback": stored(tmp_path, OLD)})
    with pytest.raises(EngineError):
        engine.query(query)
    engine.close()


def test_a_file_beside_the_tables_files_cannot_be_read(tmp_path: Path) -> None:
    files = stored(tmp_path, OLD)
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    engine = DuckDBEngine({"feedback": files})
    with pytest.raises(EngineError, match="Cannot access file"):
        engine.query(f"select * from read_csv('{tmp_path}/secret.csv')")
    engine.close()


def test_allowed_files_and_folders_can_be_read(tmp_path: Path) -> None:
    for place in ("one.csv", "folder/two.csv", "other.csv"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text("a\n1\n", encoding="utf-8")
    engine = DuckDBEngine({}, allowed=[tmp_path / "one.csv", tmp_path / "folder"])
    for place in ("one.csv", "folder/two.csv"):
        assert engine.query(f"select a from read_csv('{tmp_path / place}')").column("a").to_pylist() == [1]
    with pytest.raises(EngineError, match="Cannot access file"):
        engine.query(f"select a from read_csv('{tmp_path}/other.csv')")
    engine.close()


@pytest.mark.parametrize(
    "statement",
    [
        "copy (select 1) to '{folder}/x.csv'",
        "attach '{folder}/x.db'",
        "install spatial",
        "load spatial",
        "set threads = 1",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "reset lock_configuration",
        "create secret (type s3)",
    ],
)
def test_the_confined_database_cannot_write_fetch_or_be_unlocked(tmp_path: Path, statement: str) -> None:
    connection = confined_duckdb(memory_limit="200MB", threads=1)
    with pytest.raises(duckdb.Error):
        connection.execute(statement.format(folder=tmp_path))
    assert list(tmp_path.iterdir()) == []
    connection.close()


def test_memory_and_threads_are_what_was_asked_for(tmp_path: Path) -> None:
    engine = DuckDBEngine({}, memory_limit="300MiB", threads=1)
    query = (
        "select current_setting('memory_limit') as m, current_setting('threads') as t, current_setting('TimeZone') as z"
    )
    assert engine.query(query).to_pylist() == [{"m": "300.0 MiB", "t": 1, "z": "UTC"}]
    engine.close()
    assert 0 < machine_memory() < 1 << 50


def test_a_query_that_needs_too_much_memory_says_what_to_do() -> None:
    engine = DuckDBEngine({}, memory_limit="30MB", threads=1)
    with pytest.raises(EngineError, match="needs more memory than it may use"):
        engine.query("select list(i::varchar || repeat('x', 100)) as l from range(5000000) as t(i) group by i % 3")
    assert engine.query("select 1 as one").column("one").to_pylist() == [1]
    engine.close()


def test_what_does_not_fit_into_memory_is_spilt_to_the_folder_given(tmp_path: Path) -> None:
    query = """
        select max(place) as places from (
            select row_number() over (order by hash(i), i::varchar || repeat('y', 50)) as place from range(500000) as t(i))"""
    without = DuckDBEngine({}, memory_limit="50MB", threads=1)
    with pytest.raises(EngineError, match="needs more memory"):
        without.query(query)
    without.close()
    engine = DuckDBEngine({}, memory_limit="50MB", threads=1, spill=tmp_path / "spill")
    assert engine.query(query).column("places").to_pylist() == [500000]
    engine.close()


def test_a_query_that_is_interrupted_ends_with_a_sentence() -> None:
    engine = DuckDBEngine({}, threads=1)
    seen: list[str] = []

    def ask() -> None:
        try:
            engine.query(
                "select count(*) as n from range(10000000000) as a(i), range(1000) as b(j) where hash(i, j) = 0"
            )
        except EngineError as error:
            seen.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    while asking.is_alive():
        engine.interrupt()
        asking.join(0.05)
    assert seen == ["The query was stopped before it had finished."]
    engine.close()


def test_two_threads_ask_one_engine_at_once(tmp_path: Path) -> None:
    engine = DuckDBEngine({"feedback": stored(tmp_path, OLD, YOUNG)}, threads=2)
    answers: list[list[int]] = []

    def ask() -> None:
        for _ in range(20):
            answers.append(engine.query("select count(*) as n from feedback").column("n").to_pylist())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[3]] * 80
    engine.close()


def test_a_closed_engine_says_so_and_closing_twice_is_fine() -> None:
    engine = DuckDBEngine({"feedback": TableFiles("feedback", -1, (), FEEDBACK.arrow_schema())})
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.query("select 1")


def test_a_file_that_is_not_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 half a file")
    files = TableFiles("feedback", 0, (str(tmp_path / "broken.parquet"),), SCHEMA)
    with pytest.raises(EngineError, match=r"broken\.parquet"):
        DuckDBEngine({"feedback": files})
