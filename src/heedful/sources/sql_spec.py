"""The model of `sql:` in `sources/NAME.yaml`: a database and what is asked of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import Field, field_validator, model_validator

from heedful.definitions import Definition

Overlap = timedelta | int
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_DURATION = re.compile(rf"(\d+) ?({'|'.join(_UNITS)})s?")


class Deleted(Definition):
    """How rows are known that the database has no more, so that the lake loses them too."""

    column: str | None = Field(None, description="a column that is set in rows that are gone: a flag, or a time")
    snapshot: bool = Field(
        False, description="whether the queries answer with all rows each time: what is absent is gone"
    )
    at_most: float = Field(0.5, gt=0, le=1, description="the share of rows that may go at once by a snapshot, 0 to 1")


class QuerySpec(Definition):
    """One query. What it leaves out here is as `sql:` says for all."""

    select: str = Field(min_length=1, description="one SELECT in the database's own SQL")
    cursor: str | None = Field(None, description="a column that grows with each change, such as updated_at or an id")
    overlap: str | int | None = Field(None, description="how far before the last value to read again, such as 2 days")

    @field_validator("select")
    @classmethod
    def _reads_only(cls, value: str) -> str:
        value = value.strip().rstrip(";").rstrip()
        if not re.match(r"(select|with)\b", value, re.IGNORECASE):
            raise ValueError("a query begins with select or with.")
        return value

    @field_validator("overlap")
    @classmethod
    def _known_unit(cls, value: str | int | None) -> str | int | None:
        if isinstance(value, str) and not _DURATION.fullmatch(value):
            raise ValueError(f'"{value}" is no span; write it as "2 days" or "90 minutes", or as a number of ids.')
        return value

    @property
    def reach(self) -> Overlap | None:
        """The overlap: a span of time, or a number."""
        if isinstance(self.overlap, str):
            match = _DURATION.fullmatch(self.overlap)
            return timedelta(seconds=int(match[1]) * _UNITS[match[2]]) if match else None
        return self.overlap


class SqlSpec(Definition):
    """A database, by SQLAlchemy: its address, and queries whose answers are tables to the mapping."""

    url: str = Field(
        min_length=1,
        description="such as postgresql://reader:${env:SHOP_PASSWORD}@db.example.com/shop; ${env:NAME} is taken from "
        "the environment, and nothing of it is ever shown",
    )
    connect_args: Mapping[str, Any] = Field({}, description="passed on to the database's driver")
    queries: Mapping[str, QuerySpec] = Field(
        min_length=1, description="name: SELECT, or a mapping with select and more"
    )
    cursor: str | None = Field(None, description="the cursor of queries that name none of their own")
    overlap: str | int | None = Field(None, description="the overlap of queries that name none of their own")
    deleted: Deleted | None = Field(None, description="snapshot, or {column: …}: how rows are known that are gone")

    @model_validator(mode="before")
    @classmethod
    def _written_short(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        data = dict(data)
        shared = {key: data[key] for key in ("cursor", "overlap") if data.get(key) is not None}
        if isinstance(data.get("queries"), dict):
            queries = {n: {"select": q} if isinstance(q, str) else q for n, q in data["queries"].items()}
            data["queries"] = {n: _completed(q, shared) for n, q in queries.items()}
        if data.get("deleted") == "snapshot":
            data["deleted"] = {"snapshot": True}
        return data

    @model_validator(mode="after")
    def _fits_together(self) -> SqlSpec:
        with_cursor = [name for name, query in self.queries.items() if query.cursor]
        if self.deleted is not None:
            if self.deleted.snapshot == (self.deleted.column is not None):
                raise ValueError("deleted is either `snapshot` or `{column: …}`.")
            if self.deleted.snapshot and with_cursor:
                raise ValueError(
                    f"with a cursor, {with_cursor[0]} brings only what changed, so that nobody can tell what is gone. "
                    "Name a column that says so, `deleted: {column: …}`, or leave out the cursor."
                )
        for name, query in self.queries.items():
            if query.overlap is not None and query.cursor is None:
                raise ValueError(f"{name} has an overlap and no cursor that it could overlap.")
        return self


def _completed(query: Any, shared: Mapping[str, Any]) -> Any:
    """A query with what is said for all; one without a cursor of its own has no overlap either."""
    if not isinstance(query, dict) or ("cursor" in query and query["cursor"] is None):
        return query
    return {**shared, **query}
