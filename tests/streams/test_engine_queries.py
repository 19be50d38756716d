# ruff: noqa: E501 - the cases are SQL, a line each
"""Queries as measures compose them: the same answer, cell by cell, on DuckDB, PostgreSQL and ClickHouse."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

import pyarrow as pa
import pytest
from sqlglot import exp

from heedful.errors import EngineError
from heedful.streams.engine import Engine
from heedful.streams.schema import INSTANT, MONEY
from tests.engines import NAMES, Engines

NOW = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)

ACTIVITY = pa.table(
    {
        "activity_id": [str(i) for i in range(60)],
        "customer_id": [None if i % 13 == 0 else f"c{i % 7}" for i in range(60)],
        "kind": [("order", "delivery", "contact", "cancellation")[i % 4] for i in range(60)],
        "occurred_at": pa.array([NOW + dt.timedelta(hours=37 * i, microseconds=i) for i in range(60)], INSTANT),
        "ended_at": pa.array([None if i % 5 == 0 else NOW + dt.timedelta(hours=38 * i) for i in range(60)], INSTANT),
        "amount": pa.array([None if i % 6 == 0 else Decimal(i * 37 % 101) / 4 for i in range(60)], MONEY),
        "score": pa.array([None if i % 9 == 0 else (i * 7 % 11) / 2 for i in range(60)], pa.float64()),
        "resolved": pa.array([None if i % 4 else i % 8 == 0 for i in range(60)], pa.bool_()),
    },
    schema=pa.schema(
        [
            pa.field("activity_id", pa.string(), nullable=False),
            pa.field("customer_id", pa.string()),
            pa.field("kind", pa.string(), nullable=False),
            pa.field("occurred_at", INSTANT, nullable=False),
            pa.field("ended_at", INSTANT),
            pa.field("amount", MONEY),
            pa.field("score", pa.float64()),
            pa.field("resolved", pa.bool_()),
        ]
    ),
)
CUSTOMERS = pa.table(
    {"customer_id": [f"c{i}" for i in range(2, 9)], "country": ["LV", "LT", None, "LV", "EE", "LT", "LV"]},
    schema=pa.schema([pa.field("customer_id", pa.string(), nullable=False), pa.field("country", pa.string())]),
)
QUERIES = {
    "sums and counts by group": """
        select kind, count(*) as n, count(score) as known, count(distinct customer_id) as customers, sum(amount) as money,
               avg(score) as mean, min(occurred_at) as first_at, max(amount) as most, sum(score) / count(*) as ratio
        from activity group by kind order by kind""",
    "aggregates of no rows are null, not zero": """
        select sum(amount) as a, min(occurred_at) as b, avg(score) as c, max(kind) as d, count(*) as n,
               sum(score) filter (where kind = 'order') as e, median(score) as f, bool_or(resolved) as g
        from activity where occurred_at < timestamptz '1990-01-01 00:00:00+00'""",
    "a filter that keeps nothing gives null": """
        select kind, min(occurred_at) filter (where false) as a, sum(score) filter (where score > 100) as b,
               count(*) filter (where score > 100) as c, median(score) filter (where score > 3) as d,
               any_value(kind) filter (where score > 100) as e, bool_or(resolved) filter (where kind = 'order') as f,
               arg_max(kind, score) filter (where score > 100) as g
        from activity group by kind order by kind""",
    "quantiles interpolate": """
        select kind, quantile_cont(score, 0.25) as q1, median(score) as q2, quantile_cont(amount, 0.9) as q9,
               median(amount) as m from activity group by kind order by kind""",
    "spread": """
        select kind, var_samp(score) as v, stddev_samp(score) as s from activity where score > 1 group by kind order by kind""",
    "any and all, largest and smallest": """
        select kind, bool_or(score > 4) as any_high, bool_and(score >= 0) as all_known, arg_max(activity_id, amount) as dearest,
               arg_min(activity_id, occurred_at) as first, any_value(case when score > 4 then kind end) as some, count_if(score > 4) as high,
               string_agg(customer_id, '+' order by activity_id) as who from activity group by kind order by kind""",
    "months of local time": """
        select cast(date_trunc('month', occurred_at at time zone 'Europe/Riga') as date) as month, count(*) as n
        from activity group by cast(date_trunc('month', occurred_at at time zone 'Europe/Riga') as date) order by month""",
    "date_trunc gives dates": """
        select date_trunc('week', occurred_at) as week, count(*) as n from activity
        group by date_trunc('week', occurred_at) order by week""",
    "a left join without a match is null": """
        select a.customer_id, c.country, c.customer_id is null as unknown, count(*) as n
        from activity as a left join customers as c on c.customer_id = a.customer_id
        group by a.customer_id, c.country, c.customer_id is null order by a.customer_id, n""",
    "a full join": """
        select coalesce(f.customer_id, c.customer_id) as who, f.n as n, c.country as country
        from (select customer_id, count(*) as n from activity where customer_id is not null group by customer_id) as f
        full join customers as c on c.customer_id = f.customer_id order by who""",
    "neighbours beyond the edge are null": """
        select activity_id, lag(occurred_at) over (partition by customer_id order by occurred_at) as before,
               lead(kind) over (partition by customer_id order by occurred_at) as after,
               row_number() over (partition by customer_id order by occurred_at) as place
        from activity where customer_id is not null order by activity_id""",
    "running sums": """
        select activity_id, sum(score) over (order by occurred_at rows between unbounded preceding and current row) as total,
               ntile(4) over (order by occurred_at) as quarter_ from activity order by activity_id""",
    "an alias does not hide its column": """
        select kind, count(*) as score from activity where score > 3 group by kind having count(*) > 2 order by kind""",
    "unions and common tables": """
        with late as (select customer_id, 1 as is_late from activity where ended_at > occurred_at + interval 40 hour),
             rest as (select customer_id, 0 as is_late from activity where ended_at is null)
        select customer_id, sum(is_late) as late, count(*) as n
        from (select * from late union all select * from rest) as x group by customer_id order by customer_id""",
    "a grid of periods": """
        with grid as (select date '2024-01-01' as period, timestamptz '2024-01-01 00:00:00+00' as starts_at,
                             timestamptz '2024-02-01 00:00:00+00' as ends_at
                      union all select date '2024-02-01', timestamptz '2024-02-01 00:00:00+00', timestamptz '2024-03-01 00:00:00+00')
        select g.period, a.customer_id, count(*) as n from activity as a cross join grid as g
        where a.occurred_at >= g.starts_at and a.occurred_at < g.ends_at
        group by g.period, a.customer_id order by g.period, a.customer_id""",
    "values as a table": """
        select v.kind, v.weight, count(a.activity_id) as n
        from (values ('order', 1.5::double), ('refund', 2::double)) as v(kind, weight)
        left join activity as a on a.kind = v.kind group by v.kind, v.weight order by v.kind""",
    "half a day": "select activity_id, round(epoch(ended_at) - epoch(occurred_at)) / 86400 as days from activity order by activity_id",
    "exists": """
        select c.customer_id from customers as c
        where not exists (select 1 from activity as a where a.customer_id = c.customer_id and a.amount > 20)
        order by c.customer_id""",
    "the best row of each": """
        select customer_id, activity_id from (
            select customer_id, activity_id, row_number() over (partition by customer_id order by amount desc nulls last, activity_id) as place
            from activity) as ranked where place = 1 order by customer_id""",
    "per customer, then over customers": """
        select kind, count(*) as m, sum(n) as n, sum(x) as sx, sum(y) as sy, sum(x * x) as sxx, sum(x * y) as sxy, sum(y * y) as syy
        from (select kind, coalesce(customer_id, activity_id) as who, count(*) as n, sum(1.0::double) as x,
                     sum(case when score >= 3 then 1.0::double when score < 1 then -1.0::double else 0.0::double end) as y
              from activity where score is not null group by kind, coalesce(customer_id, activity_id)) as c
        group by kind order by kind""",
    "intervals that are computed": """
        select activity_id, occurred_at + interval (cast(2 as bigint)) day as later from activity order by activity_id limit 3""",
}  # fmt: skip

Rows = list[dict[str, object]]


@pytest.fixture(scope="module")
def loaded(engines: Engines) -> Mapping[str, Engine]:
    tables = {"activity": ACTIVITY, "customers": CUSTOMERS}

    class Loaded(dict[str, Engine]):
        def __missing__(self, name: str) -> Engine:
            self[name] = engines.load(name, tables)
            return self[name]

    return Loaded()


def plain(cell: object) -> object:
    """A cell without the differences of type that no reader sees."""
    return float(cell) if isinstance(cell, Decimal | int) and not isinstance(cell, bool) else cell


def near(cell: object) -> object:
    return pytest.approx(cell, rel=1e-12, abs=1e-12) if isinstance(cell, float) else cell


def rows(engine: Engine, query: str) -> Rows:
    return [{name: plain(cell) for name, cell in row.items()} for row in engine.query(query).to_pylist()]


@pytest.mark.parametrize("name", [n for n in NAMES if n != "duckdb"])
@pytest.mark.parametrize("title", QUERIES)
def test_a_composed_query_gives_the_same_on_every_engine(loaded: Mapping[str, Engine], name: str, title: str) -> None:
    expected = [{k: near(v) for k, v in row.items()} for row in rows(loaded["duckdb"], QUERIES[title])]
    found = rows(loaded[name], QUERIES[title])
    assert found == expected
    assert len(found) > 0


@pytest.mark.parametrize("name", NAMES)
def test_instants_come_back_aware_and_in_utc(loaded: Mapping[str, Engine], name: str) -> None:
    table = loaded[name].query("select min(occurred_at) as first_at from activity")
    assert table.schema.field("first_at").type == INSTANT
    assert table.column("first_at")[0].as_py() == NOW


@pytest.mark.parametrize("name", NAMES)
def test_the_text_shown_is_the_query_that_runs(loaded: Mapping[str, Engine], name: str) -> None:
    text = loaded[name].text("select kind, sum(amount) / count(*) as mean from activity group by kind")
    assert "\n" in text
    assert "NULLIF" in text.upper()
    assert "DOUBLE" in text or "Float64" in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "statement",
    ["drop table activity", "insert into activity select * from activity", "create table x as select 1",
     "copy (select 1) to 'x.csv'", "set threads = 1", "attach 'x.db'", "select 1; select 2", "not sql ("],
)  # fmt: skip
def test_only_one_query_can_be_asked(loaded: Mapping[str, Engine], name: str, statement: str) -> None:
    with pytest.raises(EngineError):
        loaded[name].query(statement)
    assert loaded[name].query("select count(*) as n from activity").column("n").to_pylist() == [60]


@pytest.mark.parametrize("name", NAMES)
def test_a_query_that_fails_says_which_engine_refused_it_and_leaves_the_engine_usable(
    loaded: Mapping[str, Engine], name: str
) -> None:
    said = {"duckdb": "DuckDB", "postgres": "PostgreSQL", "clickhouse": "ClickHouse"}[name]
    with pytest.raises(EngineError, match=f"^{said} could not answer: .*nowhere"):
        loaded[name].query("select * from nowhere")
    assert loaded[name].query("select 1 as one").column("one").to_pylist() == [1]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_words_of_sql_are_kept_apart_from_them(engines: Engines, name: str) -> None:
    table = pa.table({"user": ["u"], "order": ["o"], "group": ["g"], "at": ["a"], "Customer ID": ["c"]})
    engine = engines.load(name, {"feedback": table})
    query = exp.select(*(exp.column(c, quoted=c == "Customer ID") for c in table.column_names)).from_("feedback")
    assert engine.query(query).to_pylist() == table.to_pylist()


def test_clickhouse_refuses_a_not_in_whose_nulls_it_would_treat_differently(loaded: Mapping[str, Engine]) -> None:
    with pytest.raises(EngineError, match="not exists"):
        loaded["clickhouse"].query(
            "select * from customers where customer_id not in (select customer_id from activity)"
        )
