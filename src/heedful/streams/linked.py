"""The streams as they read once links are followed: each row under the customer that its id belongs to.

Nothing is rewritten for it: LINKS stands beside the tables, and taking a link away gives the rows back their own ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa

STORED = "stored"
"""The schema that holds the tables as they lie on disk, under their own names."""

_ANONYMOUS = "anonymous:"
_NEEDS_CUSTOMERS = re.compile(r"customer|(?:\bselect\b|\bdistinct\b|,)\s*\*|\.\s*\*", re.IGNORECASE)


def follows_links(sql: str) -> bool:
    """Whether an answer may depend on who is whose: it names customers, or takes all columns."""
    return _NEEDS_CUSTOMERS.search(sql) is not None


def linked_views(schemas: Sequence[tuple[str, pa.Schema]]) -> Iterator[str]:
    """Statements that make the tables of `STORED` readable with links followed; `schemas` are (name, columns).

    Links come into memory, since every query joins with them: 2 million rows of activity then cost a few per cent more.
    """
    yield (
        f"create table {STORED}.followed as select local_id, customer_id from {STORED}.links "
        f"where not starts_with(local_id, '{_ANONYMOUS}')"
    )
    yield (
        f"create table {STORED}.visitors as select substr(local_id, {len(_ANONYMOUS) + 1}) as anonymous_id, "
        f"customer_id from {STORED}.links where starts_with(local_id, '{_ANONYMOUS}')"
    )
    for name, schema in schemas:
        if name == "customers":
            yield f"create view customers as {_customers(schema)}"
        elif "anonymous_id" in schema.names:
            yield (
                f"create view {name} as select s.* replace (coalesce(f.customer_id, s.customer_id, v.customer_id) as "
                f"customer_id) from {STORED}.{name} s left join {STORED}.followed f on f.local_id = s.customer_id "
                f"left join {STORED}.visitors v on v.anonymous_id = s.anonymous_id and s.customer_id is null"
            )
        elif "customer_id" in schema.names and "local_id" not in schema.names:
            yield (
                f"create view {name} as select s.* replace (coalesce(f.customer_id, s.customer_id) as customer_id) "
                f"from {STORED}.{name} s left join {STORED}.followed f on f.local_id = s.customer_id"
            )
        else:
            yield f"create view {name} as from {STORED}.{name}"


def _customers(schema: pa.Schema) -> str:
    """One history for each customer. Of several at once, what the customer's own id says goes before the others.

    Whoever stands in no link passes through untouched. `acquired_at` is the earliest of those known at the time.
    """
    columns = []
    for name in schema.names:
        if name == "customer_id":
            columns.append("s.owner as customer_id")
        elif name in ("valid_from", "valid_to"):
            columns.append(f"s.{name}")
        elif name == "acquired_at":
            columns.append("min(c.acquired_at) as acquired_at")
        elif name == "acquired_through":
            columns.append(
                "coalesce(arg_min(c.acquired_through, c.acquired_at), min(c.acquired_through)) as acquired_through"
            )
        else:
            columns.append(f'arg_min(c."{name}", c.turn) as "{name}"')
    listed = ", ".join(f'"{name}"' for name in schema.names)
    return (
        f"with owners as (select local_id, customer_id as owner from {STORED}.followed "
        f"union all select distinct customer_id, customer_id from {STORED}.followed), "
        "several as (select c.*, o.owner, (c.customer_id <> o.owner)::int || c.customer_id as turn "
        f"from {STORED}.customers c join owners o on o.local_id = c.customer_id), "
        "turns as (select distinct owner, unnest([valid_from, valid_to]) as valid_from from several), "
        "spans as (select owner, valid_from, "
        "lead(valid_from) over (partition by owner order by valid_from) as valid_to "
        "from turns where valid_from is not null) "
        f"select {listed} from {STORED}.customers c anti join owners o on o.local_id = c.customer_id "
        f"union all by name select {', '.join(columns)} from spans s join several c on c.owner = s.owner "
        "and c.valid_from <= s.valid_from and (c.valid_to is null or c.valid_to > s.valid_from) "
        "group by s.owner, s.valid_from, s.valid_to"
    )
