"""Made-up streams of any size as a lake of plain Parquet, the same bytes for the same size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from heedful.streams.lake import TableFiles
from heedful.streams.schema import TABLES, TEXT

COUNTRIES = ("LV", "LT", "EE", "FI", "IT", "NL", "TH", "DE")


def make(folder: Path, activity: int, feedback: int) -> None:
    """Write activity, feedback and customers (a twentieth of the activity) into `folder`, in order of time."""
    customers = max(activity // 20, 100)
    folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'; set enable_progress_bar = false")
    listed = ", ".join(f"'{c}'" for c in COUNTRIES)
    parts = {
        "customers": f"""
            select 'C' || lpad(i::varchar, 9, '0') as customer_id, timestamptz '2023-01-01' as valid_from,
                   null::timestamptz as valid_to, null::timestamptz as acquired_at, null::varchar as acquired_through,
                   'crm' as source, [{listed}][1 + (hash(i) % {len(COUNTRIES)})::int] as country
            from range({customers}) t(i)""",
        "activity": f"""
            select 'shop' as source, 'A' || i as activity_id,
                   'C' || lpad((hash(i, 1) % {customers})::varchar, 9, '0') as customer_id,
                   null::varchar as anonymous_id,
                   at_ as occurred_at,
                   case when k in (1, 3) then at_ + to_minutes((hash(i, 3) % 9000)::int) end as ended_at,
                   ['order', 'delivery', 'visit', 'contact', 'return'][1 + k] as kind,
                   'shop ' || (hash(i, 5) % 40)::varchar as unit, null::varchar as team, null::varchar as touchpoint,
                   case when k = 0 then (hash(i, 6) % 20000 / 100)::decimal(18, 2) end as amount,
                   null::decimal(18, 2) as cost, 1.0::double as quantity, null::varchar as reference,
                   case when k = 1 then at_ + interval 5 day end as due_at,
                   case when k = 3 then hash(i, 7) % 10 < 7 end as resolved, null::varchar as reason,
                   1::bigint as revision, timestamptz '2026-11-01' as ingested_at
            from (select i, timestamptz '2023-11-01' + to_seconds(i * 94600000.0 / {activity}) as at_,
                         [0, 0, 0, 1, 1, 2, 2, 2, 3, 4][1 + (hash(i, 2) % 10)::int] as k
                  from range({activity}) t(i))""",
        "feedback": f"""
            select 'survey' as source, 'F' || i as feedback_id,
                   'C' || lpad((hash(i, 1) % {customers})::varchar, 9, '0') as customer_id,
                   timestamptz '2023-11-01' + to_seconds(i * 94600000.0 / {feedback}) as occurred_at,
                   'survey' as channel, 'Own' as brand, null::varchar as unit, null::varchar as touchpoint,
                   null::varchar as wave, null::varchar as question, ['nps', 'csat', 'ces'][1 + s] as scale,
                   (case s when 0 then least(10, hash(i, 3) % 14) when 1 then 1 + least(4, hash(i, 3) % 7)
                    else 1 + least(6, hash(i, 3) % 9) end)::double as score,
                   [0, 1, 1][1 + s]::double as scale_min, [10, 5, 7][1 + s]::double as scale_max,
                   null::varchar as choice, null::varchar as text, null::varchar as language, null::varchar as speaker,
                   null::varchar as thread_id, 1.0::double as weight, 1::bigint as revision,
                   timestamptz '2026-11-01' as ingested_at
            from (select i, (hash(i, 2) % 3)::int as s from range({feedback}) t(i))""",
    }
    for name, query in parts.items():
        con.execute(f"copy ({query}) to '{folder / name}.parquet' (compression zstd, row_group_size 500000)")
    con.close()


def tables(folder: Path) -> Mapping[str, TableFiles]:
    """The files in `folder` as an engine takes them."""
    found = {}
    for name, table in TABLES.items():
        path = folder / f"{name}.parquet"
        schema = table.arrow_schema({"country": TEXT} if name == "customers" else None)
        found[name] = TableFiles(name, 0, (str(path),) if path.exists() else (), schema)
    return found
