"""The links of a workspace: made anew from all names and decisions, shown with what made them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from heedful.errors import UnknownNameError
from heedful.identity import graph
from heedful.identity.graph import ANONYMOUS, BY_HAND, Decisions, Guards
from heedful.identity.names import masked
from heedful.streams.engine import confined_duckdb, translated_errors
from heedful.streams.lake import Lake, TableFiles
from heedful.streams.scratch import spill_folder

MEMORY = "1GiB"
"""What linking may hold in memory; the rest goes to disk."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking found: names and ids that were looked at, ids that another id stands for, and names that are shared.

    `shared` counts names that link nobody, by the reason.
    """

    ids: int
    links: int
    customers: int
    shared: Mapping[str, int]
    changed: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What a pull says of it."""
        if not self.ids:
            return ()
        said = f"{self.links:,} of {self.ids:,} ids with names are other names of {self.customers:,} customers"
        shared = (f"{n:,} that {_GUARDS[reason]}" for reason, n in self.shared.items())
        return (said, f"names that link nobody: {'; '.join(shared)}") if self.shared else (said,)


_GUARDS = {
    "source": "one source gives to too many ids",
    "records": "too many ids share",
    "surnames": "stand with too many surnames",
    "device": "are cookies of a shared device",
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """One name of an id. `shown` is its mask; `reason` says why it links nobody, and is empty where it may."""

    kind: str
    shown: str
    sources: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Member:
    """One id of a customer. `through` says what joined it to which other id; empty for the customer's own id."""

    local_id: str
    since: datetime | None
    through: str
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class CustomerLinks:
    """Who is joined under one customer, and by what."""

    customer_id: str
    members: tuple[Member, ...]


def relink(lake: Lake, decisions: Decisions, guards: Guards) -> Linked:
    """Make LINKS anew from all of IDENTITIES; nothing is written where nothing changed. Raises `LakeError`."""
    # One at a time, or a slower process would write what it found before a faster one knew better.
    with lake.exclusive("linking"):
        return _relinked(lake, decisions, guards)


def _relinked(lake: Lake, decisions: Decisions, guards: Guards) -> Linked:
    tables = lake.snapshot(["identities", "links"])
    if not (tables["identities"].uris or tables["links"].uris or decisions.joined):
        return Linked(0, 0, 0, {}, changed=False)
    with _opened(lake, tables) as con:
        found = graph.links(con, decisions, guards)
        counted = con.execute("select reason, count(*) from shared group by reason order by reason").fetchall()
        ((ids,),) = con.execute("select count(*) from ids").fetchall()
        stored = con.sql("select local_id, customer_id, rule from links order by local_id").to_arrow_table()
    changed = not found.equals(stored.cast(found.schema))
    if changed:
        lake.replace("links", found)
    customers = len(found.column("customer_id").unique())
    return Linked(int(ids), found.num_rows, customers, {str(r): int(n) for r, n in counted}, changed)


def links_of(lake: Lake, name: str, decisions: Decisions, guards: Guards) -> CustomerLinks:
    """Who is joined with `name`, which is a customer's id or one that links to it. Raises `UnknownNameError`."""
    with _opened(lake, lake.snapshot()) as con:
        name = known_id(con, name)
        root = con.execute("select customer_id from links where local_id = ?", [name]).fetchall()
        customer = str(root[0][0]) if root else name
        ids = [customer, *_column(con, "select local_id from links where customer_id = ? order by 1", [customer])]
        con.register("members", pa.table({"local_id": pa.array(ids, pa.string())}))
        # Enough of the table to judge the members' names: all ids that bear one of them, with all that they bear.
        con.execute(
            "create temp table near as with theirs as (select distinct kind, value from stored_identities "
            "semi join members using (local_id) where kind not in ('first_name', 'surname')), "
            "others as (select local_id from stored_identities semi join theirs using (kind, value) "
            "union select local_id from members) from stored_identities semi join others using (local_id)"
        )
        con.execute("create or replace view identities as from near")
        graph.number_ids(con, decisions, guards)
        graph.find_holders(con, guards)
        return CustomerLinks(customer, tuple(_members(con, ids, decisions, guards)))


def known_id(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """`name`, if any table holds it; the 17 of crm:17 will do where only one system has a 17.

    Raises `UnknownNameError` with the ids that resemble it.
    """
    con.execute(
        "create or replace temp view everybody as select local_id as id from stored_identities "
        "union all select customer_id from links union all select customer_id from feedback "
        f"union all select coalesce(customer_id, '{ANONYMOUS}' || anonymous_id) from activity "
        "union all select customer_id from customers"
    )
    if con.execute("select 1 from everybody where id = ? limit 1", [name]).fetchall():
        return name
    within = _column(con, "select distinct id from everybody where ends_with(id, ?) limit 2", [f":{name}"])
    if len(within) == 1:
        return within[0]
    alike = _column(
        con,
        "select id from (select distinct id from everybody where id is not null) "
        "order by jaro_winkler_similarity(id, ?) desc, id limit 5",
        [name],
    )
    raise UnknownNameError("customer", name, alike)


def known_ids(lake: Lake, *names: str) -> tuple[str, ...]:
    """`names` as the tables hold them. Raises `UnknownNameError` where one of them is the id of nobody."""
    with _opened(lake, lake.snapshot()) as con:
        return tuple(known_id(con, name) for name in names)


def _members(
    con: duckdb.DuckDBPyConnection, ids: Sequence[str], decisions: Decisions, guards: Guards
) -> Iterator[Member]:
    since = dict(con.execute("select local_id, since::varchar from ids").fetchall())
    names = _identifiers(con, guards)
    through = _ways(con, ids, decisions)
    for local_id in ids:
        at = since.get(local_id)
        when = datetime.fromisoformat(at) if at else None
        yield Member(local_id, when, through.get(local_id, ""), tuple(names.get(local_id, ())))


def _identifiers(con: duckdb.DuckDBPyConnection, guards: Guards) -> dict[str, list[Identifier]]:
    rows = con.execute(
        "select i.local_id, i.kind, i.value, list_sort(list(distinct i.source)), "
        "any_value(s.reason), any_value(s.ids), "
        "bool_or(h.node is not null), any_value(n.bearers), bool_or(a.node is not null) "
        "from identities i semi join members using (local_id) join ids on ids.local_id = i.local_id "
        "left join shared s on s.kind = i.kind and s.value = i.value "
        "left join names n on n.kind = i.kind and n.value = i.value "
        "left join holders h on h.kind = i.kind and h.value = i.value and h.node = ids.node "
        "left join apart a on a.node = ids.node "
        "group by i.local_id, i.kind, i.value order by i.local_id, i.kind, i.value"
    ).fetchall()
    found: dict[str, list[Identifier]] = {}
    limits = {"source": guards.most_ids, "records": guards.most_records, "surnames": guards.most_surnames, "device": 1}
    for local_id, kind, value, sources, reason, count, links, bearers, is_apart in rows:
        if kind in ("first_name", "surname"):
            why = "a person's name only tells people apart"
        elif reason is not None:
            why = graph.REASONS[reason].format(ids=count, limit=limits[reason])
        elif is_apart:
            why = "this id was split off by hand"
        elif bearers is not None and not links:
            why = "a household shares it, and this id does not say whose it is"
        else:
            why = ""
        found.setdefault(str(local_id), []).append(Identifier(kind, masked(kind, value), tuple(sources), why))
    return found


def _ways(con: duckdb.DuckDBPyConnection, ids: Sequence[str], decisions: Decisions) -> dict[str, str]:
    """For each id but the first, the name or decision by which the shortest way from the first one reaches it."""
    rows = con.execute(
        "select kind, value, part, list(local_id order by local_id) from holders join ids using (node) "
        "semi join members using (local_id) group by all having count(*) > 1 order by kind, value, part"
    ).fetchall()
    groups = [(masked(kind, value), [str(i) for i in held]) for kind, value, _, held in rows]
    groups = [(BY_HAND, list(pair)) for pair in decisions.joined if set(pair) <= set(ids)] + groups
    at: dict[str, list[int]] = {}
    for number, (_, held) in enumerate(groups):
        for local_id in held:
            at.setdefault(local_id, []).append(number)
    reached, ways, used = [ids[0]], dict[str, str](), set[int]()
    for start in reached:
        for number in at.get(start, ()):
            if number not in used:
                used.add(number)
                shown, held = groups[number]
                fresh = [i for i in held if i != ids[0] and i not in ways]
                ways |= dict.fromkeys(fresh, f"{shown} with {start}")
                reached += fresh
    return ways


@contextmanager
def _opened(lake: Lake, tables: Mapping[str, TableFiles]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB over the raw tables, in which no link is followed; `identities` is a view that may be replaced."""
    with tempfile.TemporaryDirectory(dir=spill_folder(lake.root), prefix="links-") as spill:
        files = [Path(uri.removeprefix("file://")) for table in tables.values() for uri in table.uris]
        con = confined_duckdb(allowed=files, memory_limit=MEMORY, spill=Path(spill))
        try:
            with translated_errors():
                for name, table in tables.items():
                    _view(con, f"stored_{name}" if name == "identities" else name, table)
                con.execute("create view identities as from stored_identities")
                yield con
        finally:
            con.close()


def _view(con: duckdb.DuckDBPyConnection, name: str, table: TableFiles) -> None:
    if table.uris:
        listed = ", ".join("'" + u.removeprefix("file://").replace("'", "''") + "'" for u in table.uris)
        con.execute(f"create view {name} as from read_parquet([{listed}], union_by_name = true)")
    else:
        con.from_arrow(table.schema.empty_table()).create_view(name)


def _column(con: duckdb.DuckDBPyConnection, query: str, values: Sequence[str]) -> list[str]:
    return [str(value) for (value,) in con.execute(query, list(values)).fetchall()]
