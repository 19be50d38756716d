"""Expressions tried out on a DuckDB that holds one row of nulls and can reach nothing: do names and types fit?"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache

import duckdb

from heedful.errors import EngineError
from heedful.streams.engine import confined_duckdb

_GUARD = threading.Lock()


class DoesNotBindError(Exception):
    """DuckDB refuses the expression; `sentence` says why, in short."""

    def __init__(self, error: Exception) -> None:
        self.sentence = _sentence(error)
        super().__init__(self.sentence)


@lru_cache(maxsize=1)
def _database() -> duckdb.DuckDBPyConnection:
    return confined_duckdb(threads=1, memory_limit="256MB")


def types_of(fragments: Sequence[str], columns: Mapping[str, str]) -> list[str]:
    """DuckDB's types of checked `fragments` over `columns`, each evaluated once. Raises `DoesNotBindError`."""
    listed = ", ".join(f'null::{type_} as "{_escaped(name)}"' for name, type_ in columns.items()) or "null as nothing"
    # What is wrong with a constant only shows when it is evaluated, and DuckDB may skip what nobody looks at.
    wanted = ", ".join(f"typeof({f}), ({f}) is null" for f in fragments)
    with _GUARD:
        try:
            cursor = _database().cursor()
            try:
                cursor.execute(f"create or replace temp table one_row as select {listed}")
                row = cursor.execute(f"select {wanted} from one_row").fetchall()[0]
            finally:
                cursor.close()
        except (duckdb.Error, EngineError, RuntimeError, UnicodeError) as error:
            raise DoesNotBindError(error) from error
    return [str(cell) for cell in row[::2]]


def try_query(sql: str, tables: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The names of the columns of a checked query, run over tables of one row of nulls. Raises `DoesNotBindError`."""
    with _GUARD:
        try:
            cursor = _database().cursor()
            try:
                cursor.execute("begin")
                for table, columns in tables.items():
                    listed = ", ".join(f'null::{t} as "{_escaped(n)}"' for n, t in columns.items()) or "null as nothing"
                    cursor.execute(f'create temp table "{_escaped(table)}" as select {listed}')
                cursor.execute(sql).fetchall()
                return [str(column[0]) for column in cursor.description or ()]
            finally:
                cursor.execute("rollback")
                cursor.close()
        except (duckdb.Error, EngineError, RuntimeError, UnicodeError) as error:
            raise DoesNotBindError(error) from error


def _escaped(name: str) -> str:
    return name.replace('"', '""')


def _sentence(error: Exception) -> str:
    """DuckDB's message without its position in our own text, its list of candidates and its advice on settings."""
    said = re.split(r"\n\s*\n|\n\tCandidate functions|\nLINE \d", str(error).strip(), maxsplit=1)[0]
    said = re.sub(r"^[A-Z][A-Za-z ]+ Error: ", "", said).replace("\n", " ")
    if found := re.match(r"No function matches the given name and argument types '(.+?)\((.*)\)'", said):
        types = found[2].replace("_LITERAL", "").replace("STRING", "VARCHAR")
        return f"`{found[1]}` does not work on {types.lower()}"
    if found := re.match(r"Could not convert string '(.*)' to (\w+)", said, re.DOTALL):
        return f"'{found[1]}' is not a {_plain(found[2])}"
    said = re.sub(
        r" Use TRY\(.*| You might need to add explicit type casts\..*| - an explicit cast is required", "", said
    )
    return said.rstrip(".! ")


def _plain(type_: str) -> str:
    return {"DOUBLE": "number", "INT32": "whole number", "INT64": "whole number", "BOOL": "true or false"}.get(
        type_, type_.lower()
    )
