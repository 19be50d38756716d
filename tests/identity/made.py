"""Rows of IDENTITIES for tests, and what linking makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa

from heedful.identity.graph import Decisions, Guards, links
from heedful.streams.schema import IDENTITIES

Name = tuple[str, str, str, str]
"""source, local id, kind, value."""

NOTHING_DECIDED, GUARDS = Decisions(), Guards()
Link = Callable[..., dict[str, str]]
START = datetime(2026, 1, 1, tzinfo=UTC)


def identities(names: Sequence[Name], days: Sequence[int] | None = None) -> pa.Table:
    """Rows of IDENTITIES; name i came `days[i]` days after the first of January."""
    at = [START + timedelta(days=d) for d in (days or [0] * len(names))]
    rows = [
        {"source": s, "local_id": i, "kind": k, "value": v, "linked_at": t}
        for (s, i, k, v), t in zip(names, at, strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=IDENTITIES.arrow_schema())


def linked(
    table: pa.Table, decisions: Decisions = NOTHING_DECIDED, guards: Guards = GUARDS
) -> Mapping[str, tuple[str, str]]:
    """Local id -> (customer, rule), as LINKS says."""
    with duckdb.connect() as con:
        con.register("given", table)
        con.execute("create view identities as from given")
        return {r["local_id"]: (r["customer_id"], r["rule"]) for r in links(con, decisions, guards).to_pylist()}
