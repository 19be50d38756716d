"""PostgreSQL and ClickHouse: what is particular to each."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from heedful.errors import EngineError
from tests.engines import Engines

TABLE = pa.table({"id": [1, 2], "amount": pa.array([Decimal("1.10"), None], pa.decimal128(18, 2))})


def test_postgres_that_cannot_be_reached_is_an_error_of_the_engine() -> None:
    pytest.importorskip("psycopg")
    from heedful.streams.postgres import PostgresEngine

    with pytest.raises(EngineError, match="PostgreSQL cannot be reached"):
        PostgresEngine("host=/nowhere connect_timeout=2")


def test_postgres_changes_nothing(engines: Engines) -> None:
    import psycopg

    from heedful.streams.postgres import PostgresEngine

    engine = engines.load("postgres", {"feedback": TABLE})
    assert isinstance(engine, PostgresEngine)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        engine._connection.execute("delete from feedback")


def test_a_postgres_that_knows_no_cyrillic_letters_is_refused(engines: Engines) -> None:
    import psycopg

    from heedful.streams.postgres import PostgresEngine

    with psycopg.connect(engines.postgres_dsn, autocommit=True) as connection:
        connection.execute("drop database if exists narrow")
        connection.execute("create database narrow template template0 lc_ctype 'C' lc_collate 'C'")
    with pytest.raises(EngineError, match="LC_CTYPE is C"):
        PostgresEngine(engines.postgres_dsn.replace("dbname=postgres", "dbname=narrow"))


def test_postgres_decimals_keep_their_digits(engines: Engines) -> None:
    engine = engines.load("postgres", {"feedback": TABLE})
    found = engine.query("select sum(amount) as s, amount * 3 as t from feedback where id = 1 group by amount")
    assert found.to_pylist() == [{"s": Decimal("1.10"), "t": Decimal("3.30")}]


def test_two_clickhouse_engines_in_one_process_keep_their_tables_apart(engines: Engines) -> None:
    one = engines.load("clickhouse", {"feedback": TABLE})
    two = engines.load("clickhouse", {"feedback": TABLE.slice(0, 1)})
    count = "select count(*) as n from feedback"
    assert [e.query(count).column("n").to_pylist() for e in (one, two, one)] == [[2], [1], [2]]


def test_clickhouse_says_that_a_process_holds_one_folder_only(engines: Engines, tmp_path: Path) -> None:
    from heedful.streams.clickhouse import ChdbEngine

    engines.load("clickhouse", {"feedback": TABLE})
    with pytest.raises(EngineError, match="could not open its data"):
        ChdbEngine(tmp_path / "another")


def test_a_closed_clickhouse_engine_says_so(engines: Engines) -> None:
    engine = engines.load("clickhouse", {"feedback": TABLE})
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.query("select 1")


@pytest.mark.parametrize(
    ("library", "make"),
    [
        ("psycopg", "from heedful.streams.postgres import PostgresEngine as E; E('host=x')"),
        ("chdb", "from heedful.streams.clickhouse import ChdbEngine as E; E()"),
    ],
)
def test_without_its_library_an_engine_says_what_to_install(library: str, make: str) -> None:
    code = f"""
import sys
sys.modules[{library!r}] = None
from heedful.errors import MissingExtraError
try:
    {make}
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"This needs {library}. Install it with: pip install 'heedful[" in done.stdout, done.stderr
