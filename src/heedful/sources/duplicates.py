"""Rows of one pull with the same key: the last in the file wins.

Copies that say the same are collapsed and counted; those that say something else become rejects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heedful.sources.mapping import Mapped
from heedful.sources.rejects import RejectRows
from heedful.sources.relation import DELETED, NTH, ROW, Relation
from heedful.sources.staging import Staging, identifier, literal
from heedful.streams.schema import TABLES


@dataclass(frozen=True, slots=True)
class TableRows:
    """The mapped rows of one table, without faults and each key once. `sql` selects them.

    `collapsed` counts copies, `conflicts` rows that another one of the same file contradicts, and `older` rows for
    which a later file has a newer version.
    """

    table: str
    sql: str
    rows: int
    collapsed: int
    conflicts: int
    older: int
    rejects: RejectRows | None


def distinct_rows(staging: Staging, table: str, parts: Sequence[tuple[Mapped, Path]], relation: Relation) -> TableRows:
    """The rows that `parts` (entries into the same table, as Parquet) bring, each key once."""
    columns = list(dict.fromkeys(name for mapped, _ in parts for name in mapped.columns))
    key = [name for name in TABLES[table].key if name in columns]
    view, twins = f".into.{table}", f".into.{table}.twins"
    selects = [_good(mapped, path, columns) for mapped, path in parts]
    staging.execute(f"create view {identifier(view)} as {' union all '.join(selects)}")
    keys = ", ".join(map(identifier, key))
    content = ", ".join(f"{identifier(n)} := {identifier(n)}" for n in columns)
    row, nth = identifier(ROW), identifier(NTH)
    # What a later file says of the same thing is news, and no contradiction.
    starts = relation.file.starts if relation.file else []
    part = f"len(list_filter({starts}, lambda s: s <= {{}}))" if len(starts) > 1 else "0"
    staging.execute(f"""
        create temp table {identifier(twins)} as
        with several as (select {keys} from {identifier(view)} group by {keys} having count(*) > 1),
        rows as (
            select v.*, struct_pack({content}) as content
            from {identifier(view)} v semi join several using ({keys})
        ),
        judged as (
            select *, first_value(content) over last as winner, first_value({row}) over last as twin,
                row_number() over last as place
            from rows window last as (partition by {keys} order by {row} desc, ".entry" desc, {nth} desc)
        )
        select {keys}, ".entry", {row}, {nth}, twin,
            content is distinct from winner and {part.format(row)} = {part.format("twin")} as differs,
            {part.format(row)} < {part.format("twin")} as is_older
        from judged where place > 1
    """)
    ((collapsed, conflicts, older),) = staging.rows(
        "select count(*) filter (where not differs), count(*) filter (where differs), "
        f"count(*) filter (where is_older) from {identifier(twins)}"
    )
    ((total,),) = staging.rows(f"select count(*) from {identifier(view)}")
    chosen = ", ".join(map(identifier, columns))
    dropped = f'anti join {identifier(twins)} using ("{ROW}", "{NTH}", ".entry")' if collapsed + conflicts else ""
    rejects = RejectRows(
        relation.file,
        f"select {identifier(ROW)} as row, {literal(key[-1] if table != 'customers' else key[0])} as field, "
        f"{_shown_key(key)} as value, 'duplicate key of {table}: a later row says something else' as reason, twin "
        f"from {identifier(twins)} where differs order by 1",
    )
    return TableRows(
        table,
        f"select {chosen} from {identifier(view)} {dropped}",
        int(total) - int(collapsed) - int(conflicts),
        int(collapsed) - int(older),
        int(conflicts),
        int(older),
        rejects if conflicts else None,
    )


def _good(mapped: Mapped, path: Path, columns: Sequence[str]) -> str:
    chosen = ", ".join(identifier(n) if n in mapped.columns else f"null as {identifier(n)}" for n in columns)
    read = f"read_parquet({literal(str(path))})"
    place = f'{identifier(ROW)}, {identifier(NTH)}, {mapped.index} as ".entry"'
    return f'select {chosen}, {place} from {read} where ".fault" = 0 and not {identifier(DELETED)}'


def _shown_key(key: Sequence[str]) -> str:
    parts = [f"cast({identifier(name)} as varchar)" for name in key if name != "source"]
    return f"concat_ws(' / ', {', '.join(parts)})"
