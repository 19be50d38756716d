"""Who is who: names that two ids share join them, unless the name belongs to several people.

All of it is SQL on DuckDB, so that memory stays bounded. Ids are numbered in the order in which they may stand for a
customer, hence the least number of a group is its customer.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from heedful.identity.names import LINKING
from heedful.streams.schema import LINKS

ANONYMOUS = "anonymous:"
"""Before the `anonymous_id` of a visitor of whom no customer is known: such an id never stands for a customer."""
BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Guards:
    """From when on a name is that of several people and links nobody, and which ids stand for a customer.

    `most_ids` counts the ids of one source that share it, `most_records` those of all sources, `most_surnames` the
    surnames where they are given. `first` lists namespaces (`identity_of`) whose ids stand for a customer before
    others.
    """

    most_ids: int = 5
    most_records: int = 50
    most_surnames: int = 3
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people decided: pairs that are one customer, and ids that no name joins to others."""

    joined: tuple[tuple[str, str], ...] = ()
    split: tuple[str, ...] = ()


REASONS = {
    "source": "one source gives it to {ids:,} ids, where at most {limit:,} may be one customer",
    "records": "{ids:,} ids share it, where at most {limit:,} may be one customer",
    "surnames": "it stands with {ids:,} surnames, where at most {limit:,} may be one customer",
    "device": "one source saw {ids:,} customers on it, so it is a shared device",
}


def number_ids(con: duckdb.DuckDBPyConnection, decisions: Decisions, guards: Guards) -> None:
    """Tables `ids` (node, local_id, since) and `pairs`, `apart` of nodes, from the view `identities` and `decisions`.

    The order is the rule of who stands for a customer: no visitor without a name, then `guards.first`, then the id
    brought in first, then the smallest text. None of it changes for ids that are there, so a customer's id is stable.
    """
    pairs = pa.table(
        {"a": pa.array([a for a, _ in decisions.joined], pa.string()),
         "b": pa.array([b for _, b in decisions.joined], pa.string())}
    )  # fmt: skip
    con.register("given_pairs", pairs)
    con.register("given_apart", pa.table({"id": pa.array(decisions.split, pa.string())}))
    namespace = "case when contains(local_id, ':') then split_part(local_id, ':', 1) else '' end"
    rank = f"coalesce(nullif(list_position(?::varchar[], {namespace}), 0), {len(guards.first) + 1})"
    con.execute(
        "create temp table ids as select (row_number() over (order by "
        f"starts_with(local_id, '{ANONYMOUS}'), {rank}, since nulls last, local_id))::bigint as node, local_id, since "
        "from (select local_id, min(since) as since from (select local_id, linked_at as since from identities "
        "union all select a, null from given_pairs union all select b, null from given_pairs) group by local_id)",
        [list(guards.first)],
    )
    con.execute(
        "create temp table pairs as select a.node as a, b.node as b from given_pairs p "
        "join ids a on a.local_id = p.a join ids b on b.local_id = p.b"
    )
    con.execute("create temp table apart as select i.node from given_apart g join ids i on i.local_id = g.id")


def find_holders(con: duckdb.DuckDBPyConnection, guards: Guards) -> None:
    """Tables of names: `holders` (who bears which, and `part` of its household) and `shared` (names that link nobody).

    Visitors without a name are not counted by the guards: one customer has many browsers. Ids that people split are
    counted, and left out after that, so that splitting one never lets a shared name link others.

    A household's telephone has several first names or surnames: it links only ids that bear the same ones, and none
    whose names are not known. An e-mail is a household's where one source tells its people apart by first name.
    """
    linking = ", ".join(f"'{kind}'" for kind in LINKING)
    con.execute(
        "create temp table people as select i.node, "
        "case when count(distinct value) filter (where kind = 'first_name') = 1 "
        "then min(value) filter (where kind = 'first_name') end as first_name, "
        "case when count(distinct value) filter (where kind = 'surname') = 1 "
        "then min(value) filter (where kind = 'surname') end as surname "
        "from identities join ids i using (local_id) where kind in ('first_name', 'surname') group by i.node"
    )
    con.execute(
        "create temp table bearers as select distinct kind, value, i.node, source, "
        f"starts_with(local_id, '{ANONYMOUS}') as is_visitor, p.first_name, p.surname "
        "from identities join ids i using (local_id) left join people p on p.node = i.node "
        f"where kind in ({linking}) and unlinked_at is null"
    )
    con.execute(
        "create temp table names as with "
        "by_source as (select kind, value, source, count(distinct node) filter (where not is_visitor) as ids, "
        "count(distinct first_name) as first_names "
        "from bearers group by kind, value, source), "
        "widest as (select kind, value, max(ids) as ids, "
        "max(case when first_names > 1 then 1 else 0 end) = 1 as is_told_apart from by_source group by kind, value), "
        "whole as (select kind, value, count(distinct node) as bearers, "
        "count(distinct node) filter (where not is_visitor) as records, count(distinct first_name) as first_names, "
        "count(distinct surname) as surnames from bearers group by kind, value) "
        "select w.*, bearers, records, first_names, surnames from widest w join whole using (kind, value) "
        "where bearers > 1"
    )
    con.execute(
        "create temp table shared as select kind, value, "
        f"case when kind = 'cookie' and ids > 1 then 'device' when ids > {guards.most_ids:d} then 'source' "
        f"when records > {guards.most_records:d} then 'records' "
        f"when surnames > {guards.most_surnames:d} then 'surnames' end as reason, "
        "case reason when 'records' then records when 'surnames' then surnames else ids end as ids "
        "from names where reason is not null"
    )
    by_first = "(kind = 'phone' and first_names > 1 or kind <> 'cookie' and is_told_apart)"
    by_surname = "(kind = 'phone' and surnames > 1)"
    con.execute(
        "create temp table holders as select distinct kind, value, node, part from ("
        f"select b.kind, b.value, b.node, case when {by_first} then b.first_name else '' end "
        f"|| case when {by_surname} then b.surname else '' end as part "
        "from bearers b join names using (kind, value) anti join shared using (kind, value) "
        "anti join apart a on a.node = b.node) where part is not null"
    )


def join_up(con: duckdb.DuckDBPyConnection) -> None:
    """Table `roots` (node, root): each node's customer, for the nodes that share a name or are joined by hand.

    Each round lets every node follow its least neighbour, shortens the ways to their ends and joins the ends, so that
    a chain of n ids takes about log n rounds.
    """
    con.execute(
        "create temp table edges as select distinct node as a, least_node as b from ("
        "select node, min(node) over (partition by kind, value, part) as least_node from holders) "
        "where node <> least_node union select greatest(a, b), least(a, b) from pairs where a <> b"
    )
    con.execute(
        "create temp table roots as select node, node as root from "
        "(select a as node from edges union select b from edges)"
    )
    while _count(con, "edges"):
        con.execute(
            "create or replace temp table steps as select node, min(least) as root from ("
            "select a as node, b as least from edges union all select b, a from edges "
            "union all select a, a from edges union all select b, b from edges) group by node"
        )
        while _shorten(con):
            pass
        con.execute(
            "create or replace temp table roots as select r.node, coalesce(s.root, r.root) as root "
            "from roots r left join steps s on s.node = r.root"
        )
        con.execute(
            "create or replace temp table edges as select distinct greatest(x.root, y.root) as a, "
            "least(x.root, y.root) as b from edges e join steps x on x.node = e.a join steps y on y.node = e.b "
            "where x.root <> y.root"
        )


def _shorten(con: duckdb.DuckDBPyConnection) -> bool:
    """Let each step lead where the next one leads; whether any was changed."""
    con.execute(
        "create or replace temp table shorter as select s.node, coalesce(t.root, s.root) as root, "
        "t.root is distinct from s.root as moved from steps s left join steps t on t.node = s.root"
    )
    con.execute("create or replace temp table steps as select node, root from shorter")
    return bool(con.execute("select count(*) from shorter where moved").fetchall()[0][0])


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])


def links(con: duckdb.DuckDBPyConnection, decisions: Decisions, guards: Guards) -> pa.Table:
    """The rows of LINKS, by local id, from the view `identities` of `con`, which is ours to fill with tables."""
    number_ids(con, decisions, guards)
    find_holders(con, guards)
    join_up(con)
    con.execute(
        "create temp table rules as select node, string_agg(kind, ', ' order by kind) as rule from ("
        "select distinct h.node, h.kind from holders h join (select kind, value, part from holders "
        "group by all having count(*) > 1) using (kind, value, part) "
        f"union select a, '{BY_HAND}' from pairs union select b, '{BY_HAND}' from pairs) group by node"
    )
    table: pa.Table = con.sql(
        "select i.local_id, c.local_id as customer_id, rules.rule from roots r join ids i on i.node = r.node "
        "join ids c on c.node = r.root join rules on rules.node = r.node "
        f"where r.node <> r.root and not starts_with(c.local_id, '{ANONYMOUS}') order by i.local_id"
    ).to_arrow_table()
    return table.cast(LINKS.arrow_schema())
