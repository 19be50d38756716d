"""Customers with their history: a row for each span of time in which everything known of a customer stayed the same.

Rows come in with or without `valid_from`:

- with it, a row says what holds from that instant. It corrects the version that begins just then, or is put in its
  place in the history, however late it arrives; if it says nothing new of that moment, it is left out (so that a
  still older version which arrives later reaches beyond it, unless the source then repeats what it said);
- without it, a row says what holds now. The first row of a customer holds from `acquired_at` (from now where that is
  unknown too); a later one opens a version from now, if anything changed.

Spans of a customer follow each other without a gap, and the last one is open. Columns that the rows do not have keep
what was known, so that two sources may each bring some of the attributes. Which source brought a row is no part of its
content: another source that says the same changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa

from heedful.streams.fitting import plan
from heedful.streams.schema import CUSTOMERS
from heedful.streams.scratch import Rows, Scratch, listed, quoted, stored
from heedful.streams.tables import Opened, commit
from heedful.streams.upsert import Counts, distinct_from, refuse_duplicates, replaced_files

_NOT_CONTENT = ("customer_id", "valid_from", "valid_to", "source")


def write_versions(opened: Opened, rows: Rows, scratch: Scratch, *, now: datetime) -> Counts:
    """Bring `rows` into the history, in one commit. The caller holds the table's lock. Raises `LakeSchemaError`."""
    stored(scratch, opened)
    absent = _stage(opened, rows, scratch)
    content = [name for name in opened.schema.names if name not in _NOT_CONTENT]
    _date_undated(scratch, now)
    refuse_duplicates(scratch, "dated", CUSTOMERS)
    _carry_over(scratch, [name for name in content if name in absent])
    _merge(scratch, content)
    _span(scratch, opened.schema.names)
    counts = _count(scratch)
    _write(opened, scratch)
    return counts


def _stage(opened: Opened, rows: Rows, scratch: Scratch) -> list[str]:
    """Views `staged`, and `known` with the stored versions of the same customers; the columns that `rows` lack."""
    target = pa.schema(
        f.with_nullable(True) if f.name == "valid_from" else f for f in opened.schema if f.name != "valid_to"
    )
    parts = scratch.stage(rows, plan(CUSTOMERS.name, rows.schema, target, CUSTOMERS.columns, {}))
    scratch.view("staged", [str(part.path) for part in parts], target)
    scratch.con.execute("create temp table known as from stored semi join staged using (customer_id)")
    return [name for name in opened.schema.names if name not in rows.schema.names]


def _date_undated(scratch: Scratch, now: datetime) -> None:
    """A view `dated`: the staged rows, each with the instant from which it holds."""
    scratch.con.execute("create temp table instant (now timestamptz)")
    scratch.con.execute("insert into instant values (?)", [now])
    scratch.con.execute("""
        create temp view dated as
        with latest as (select customer_id, max(valid_from) as at_last from known group by customer_id),
        begun as (select distinct customer_id, true as has_begun from staged where valid_from is not null)
        select s.* exclude (filename) replace (
            case
                when s.valid_from is not null then s.valid_from
                when l.at_last is null and b.has_begun is null then coalesce(s.acquired_at, i.now)
                -- A version that begins after now is the one that an undated row speaks of.
                else greatest(i.now, l.at_last)
            end as valid_from)
        from staged s left join latest l using (customer_id) left join begun b using (customer_id), instant i
    """)


def _carry_over(scratch: Scratch, columns: Iterable[str]) -> None:
    """A view `said`: the dated rows, with columns that they do not have taken from the version in force."""
    replaced = ", ".join(f"k.{quoted(c)} as {quoted(c)}" for c in columns)
    scratch.con.execute(
        "create temp view said as "
        + (
            f"select d.* replace ({replaced}) from dated d asof left join known k "
            "on d.customer_id = k.customer_id and d.valid_from >= k.valid_from"
            if replaced
            else "from dated"
        )
    )


def _merge(scratch: Scratch, content: list[str]) -> None:
    """A table `merged`: known and said versions side by side, without said ones that say nothing new."""
    taken = ", ".join(
        f"case when k.customer_id is null or {distinct_from('s', 'k', content)} and s.customer_id is not null "
        f"then s.{quoted(c)} else k.{quoted(c)} end as {quoted(c)}"
        for c in [*content, "source"]
    )
    scratch.con.execute(
        f"create temp table merged as with both_sides as (select customer_id, valid_from, {taken}, "
        f"k.valid_to as known_to, k.filename as filename, k.customer_id is not null as is_known, "
        f"s.customer_id is not null as is_said, "
        f"is_known and is_said and {distinct_from('s', 'k', content)} as is_corrected "
        f"from said s full join known k using (customer_id, valid_from)) "
        f"from both_sides window history as (partition by customer_id order by valid_from) "
        f"qualify is_known or row_number() over history = 1 "
        f"or row({listed(content)}) is distinct from lag(row({listed(content)})) over history"
    )


def _span(scratch: Scratch, names: list[str]) -> None:
    """A view `spans`: the whole history of these customers, each version up to the next one, and what changed in it."""
    columns = ["following as valid_to" if name == "valid_to" else quoted(name) for name in names]
    scratch.con.execute(
        f"create temp view spans as with next as (select *, lead(valid_from) over "
        f"(partition by customer_id order by valid_from) as following from merged) "
        f"select {', '.join(columns)}, filename, is_known, is_corrected, "
        f"is_known and (is_corrected or known_to is distinct from following) as is_altered from next"
    )


def _count(scratch: Scratch) -> Counts:
    total, new, changed = scratch.counts("""
        select (select count(*) from staged),
            count(*) filter (where not is_known and customer_id not in (select customer_id from known)),
            count(*) filter (where is_corrected or not is_known and customer_id in (select customer_id from known))
        from spans
    """)
    return Counts(new, changed, total - new - changed)


def _write(opened: Opened, scratch: Scratch) -> None:
    paths, files = replaced_files(scratch, "select distinct filename from spans where is_altered")
    scratch.view("touched", paths, opened.schema)
    names = listed(opened.schema.names)
    parts = scratch.write(
        f"select {names} from spans where is_altered or not is_known union all select {names} from touched "
        "anti join (from spans where is_altered) using (customer_id, valid_from)",
        opened.schema,
    )
    commit(opened, parts, files)
