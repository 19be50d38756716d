"""Real engines for tests: DuckDB and chDB in this process, and a PostgreSQL server of our own in a temporary folder.

`Engines.load(name, tables)` gives an engine over the same Arrow tables. What cannot be had is skipped with its reason;
with HEEDFUL_NO_SKIP=1, as in CI, it fails instead.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heedful.streams.clickhouse import ChdbEngine
from heedful.streams.engine import DuckDBEngine, Engine
from heedful.streams.lake import TableFiles
from heedful.streams.postgres import PostgresEngine

NAMES = ("duckdb", "postgres", "clickhouse")


def unavailable(reason: str) -> NoReturn:
    """Skip the test with `reason`, or fail it where nothing may be skipped."""
    if os.environ.get("HEEDFUL_NO_SKIP") == "1":
        pytest.fail(f"{reason} (HEEDFUL_NO_SKIP=1 allows no skips)")
    pytest.skip(reason)


class Engines:
    """Starts what is asked for on first use and takes all of it down at the end."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._numbers = itertools.count(1)
        # A socket's path may have 107 characters at most, which pytest's own temporary folders can exceed.
        self.folder = Path(tempfile.mkdtemp(prefix="heedful-"))
        self.folder.chmod(0o755)
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def close(self) -> None:
        self._stack.close()

    def load(self, name: str, tables: Mapping[str, pa.Table]) -> Engine:
        """An engine over `tables`, each with the nullability that its schema states. It is closed at the end."""
        loaders: Mapping[str, Callable[[Mapping[str, pa.Table]], Engine]] = {
            "duckdb": self._load_duckdb,
            "postgres": self._load_postgres,
            "clickhouse": self._load_clickhouse,
        }
        engine = loaders[name](tables)
        self._stack.callback(engine.close)
        return engine

    def _load_duckdb(self, tables: Mapping[str, pa.Table]) -> Engine:
        return DuckDBEngine({n: self._files(n, t) for n, t in tables.items()}, memory_limit="1GB", threads=2)

    def _files(self, name: str, table: pa.Table) -> TableFiles:
        path = self.folder / f"{name}-{next(self._numbers)}.parquet"
        pq.write_table(table, path)
        return TableFiles(name=name, version=0, uris=(str(path),), schema=table.schema)

    def _load_postgres(self, tables: Mapping[str, pa.Table]) -> Engine:
        import psycopg
        from psycopg import sql

        schema = f"load_{next(self._numbers)}"
        with psycopg.connect(self.postgres_dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
            for name, table in tables.items():
                target = sql.Identifier(schema, name)
                columns = sql.SQL(", ").join(
                    sql.SQL("{} {}").format(
                        sql.Identifier(f.name), sql.SQL(postgres_type(f.type) + ("" if f.nullable else " not null"))
                    )
                    for f in table.schema
                )
                connection.execute(sql.SQL("create table {} ({})").format(target, columns))
                with connection.cursor() as cursor, cursor.copy(sql.SQL("copy {} from stdin").format(target)) as copy:
                    for batch in table.to_batches():
                        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                            copy.write_row(row)
                connection.execute(sql.SQL("analyze {}").format(target))
        return PostgresEngine(self.postgres_dsn, schema)

    @cached_property
    def postgres_dsn(self) -> str:
        """The server's address; the server is started on first use."""
        if os.environ.get("HEEDFUL_TEST_POSTGRES"):
            return os.environ["HEEDFUL_TEST_POSTGRES"]
        if find_spec("psycopg") is None:
            unavailable("psycopg is not installed")
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
        if not found:
            unavailable("there is no PostgreSQL server (apt-get install postgresql)")
        as_user = unprivileged()
        folder = self.folder / "postgres"
        folder.mkdir(mode=0o700)
        if as_user:
            shutil.chown(folder, "postgres", "postgres")
        bin_, data = found[-1].parent, folder / "data"

        def run(*command: str | Path) -> None:
            done = subprocess.run(
                [*as_user, *map(str, command)], cwd="/", capture_output=True, text=True, check=False, timeout=120
            )
            if done.returncode:
                unavailable(f"PostgreSQL does not start here: {done.stderr.strip() or done.stdout.strip()}")

        run(bin_ / "initdb", "-D", data, "-U", "heedful", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        settings = {
            "listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off", "full_page_writes": "off",
            "max_connections": "100", "shared_buffers": "64MB",
        }  # fmt: skip
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        # The server goes down with us even if we are killed.
        last_will = ["setpriv", "--pdeathsig=QUIT", "--"] if shutil.which("setpriv") else []
        with (self.folder / "postgres.log").open("wb") as log:
            server = subprocess.Popen(
                [*as_user, *last_will, str(bin_ / "postgres"), "-D", str(data), *options],
                cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._stack.callback(stop, server)
        ready = [str(bin_ / "pg_isready"), "-q", "-h", str(folder), "-U", "heedful", "-d", "postgres", "-t", "5"]
        while subprocess.run(ready, check=False, timeout=60).returncode:
            if server.poll() is not None:
                unavailable(f"PostgreSQL does not start here: {(self.folder / 'postgres.log').read_text().strip()}")
        return f"host={folder} user=heedful dbname=postgres"

    def _load_clickhouse(self, tables: Mapping[str, pa.Table]) -> Engine:
        if find_spec("chdb") is None:
            unavailable("chdb is not installed")
        database = f"load_{next(self._numbers)}"
        self._clickhouse.command(f"create database {database}")
        engine = ChdbEngine(self.folder / "clickhouse", database)
        for name, table in tables.items():
            columns = ", ".join(f"`{f.name}` {clickhouse_type(f.type, nullable=f.nullable)}" for f in table.schema)
            engine.command(f"create table `{name}` ({columns}) engine = MergeTree order by tuple()")
            if table.num_rows:
                path = self.folder / f"{name}-{next(self._numbers)}.parquet"
                pq.write_table(table, path)
                names = ", ".join(f"`{f.name}`" for f in table.schema)
                engine.command(f"insert into `{name}` ({names}) select {names} from file('{path}', Parquet)")
        return engine

    @cached_property
    def _clickhouse(self) -> ChdbEngine:
        engine = ChdbEngine(self.folder / "clickhouse")
        self._stack.callback(engine.close)
        return engine


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a server at once: its data go away with the folder."""
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(timeout=30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def unprivileged() -> list[str]:
    """The words before a command that make it run as `postgres` where we are root: the server refuses to be root."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        unavailable("PostgreSQL will not run as root, and there is no setpriv to become another user")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]


def postgres_type(type_: pa.DataType) -> str:
    """The PostgreSQL type of an Arrow type."""
    if pa.types.is_decimal(type_):
        return f"numeric({type_.precision},{type_.scale})"
    return {
        pa.string(): "text",
        pa.float64(): "double precision",
        pa.int64(): "bigint",
        pa.bool_(): "boolean",
        pa.date32(): "date",
        pa.timestamp("us", tz="UTC"): "timestamptz",
        pa.timestamp("us"): "timestamp",
    }[type_]


def clickhouse_type(type_: pa.DataType, *, nullable: bool) -> str:
    """The ClickHouse type of an Arrow type."""
    if pa.types.is_decimal(type_):
        name = f"Decimal({type_.precision}, {type_.scale})"
    else:
        name = {
            pa.string(): "String",
            pa.float64(): "Float64",
            pa.int64(): "Int64",
            pa.bool_(): "Bool",
            pa.date32(): "Date32",
            pa.timestamp("us", tz="UTC"): "DateTime64(6, 'UTC')",
            pa.timestamp("us"): "DateTime64(6, 'UTC')",
        }[type_]
    return f"Nullable({name})" if nullable else name
