# ruff: noqa: E501 - the cases are SQL, a line each
"""Expressions of mappings and the queries of sources, which DuckDB alone runs."""

from __future__ import annotations

import duckdb
import pytest

from heedful.errors import ExpressionError
from heedful.streams.expressions import parse_condition, parse_query, parse_value

COLUMNS = {
    "Customer ID": "VARCHAR",
    "order": "BIGINT",
    "amount": "VARCHAR",
    "address": "STRUCT(city VARCHAR, geo STRUCT(lat DOUBLE))",
    "items": "STRUCT(sku VARCHAR)[]",
    "meta.source": "VARCHAR",
    "delivered": "TIMESTAMP",
    "n": "BIGINT",
}
ORDERS = {"order_id": "VARCHAR", "customer_id": "VARCHAR", "placed": "TIMESTAMP"}
ITEMS = {"order_id": "VARCHAR", "price": "DOUBLE", "freight_value": "DOUBLE"}
TABLES = {"orders": ORDERS, "items": ITEMS, "Order Lines": {"id": "BIGINT"}}


@pytest.mark.parametrize(
    ("text", "columns", "kind"),
    [
        ('"Customer ID"', {"Customer ID"}, "text"),
        ('"customer id"', {"Customer ID"}, "text"),
        ("\"order\"::varchar || ':delivery'", {"order"}, "text"),
        ("try_cast(amount as double)", {"amount"}, "number"),
        ("address.city", {"address"}, "text"),
        ("address.geo.lat * 2", {"address"}, "number"),
        ("items[1].sku", {"items"}, "text"),
        ("meta.source", {"meta.source"}, "text"),
        ("'order'", set(), "text"),
        ("null", set(), "other"),
        ("1.5", set(), "number"),
        ("strptime(amount, '%d.%m.%Y')", {"amount"}, "time"),
        ("delivered at time zone 'America/Sao_Paulo'", {"delivered"}, "time"),
        ("delivered::date", {"delivered"}, "date"),
        ("case when amount = '' then null else amount end", {"amount"}, "text"),
        ("n / 100", {"n"}, "number"),
        ("regexp_extract(amount, '([0-9]+)', 1)", {"amount"}, "text"),
        ("concat('a', n, null)", {"n"}, "text"),
    ],
)
def test_a_mapping_may_use_what_duckdb_alone_knows(text: str, columns: set[str], kind: str) -> None:
    found = parse_value(text, COLUMNS, mapping=True)
    assert (set(found.columns), found.type) == (columns, kind)
    row = ", ".join(f'null::{t} as "{name}"' for name, t in COLUMNS.items())
    with duckdb.connect() as connection:
        assert len(connection.execute(f"select {found.tree.sql('duckdb')} from (select {row})").fetchall()) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("read_csv('/etc/passwd') is null", 'There is no function "read_csv"'),
        ("(select 1)", "A query within an expression"),
        ("sum(n)", "`sum` gathers many rows"),
        ("adress.city", 'There is no column "adress". Closest: address'),
        ("address.town", 'Could not find key "town" in struct'),
        ("getenv('HOME')", 'There is no function "getenv"'),
        ("n + amount", "`+` does not work on bigint, varchar"),
        ("unnest(items)", 'There is no function "unnest"'),
        ("columns('a')", "`*` stands for many columns"),
        ("current_timestamp", "`current_timestamp` gives another answer"),
    ],
)
def test_a_mapping_is_confined_to_the_row_too(text: str, sentence: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_value(text, COLUMNS, mapping=True)
    assert refused.value.message.startswith(sentence)
    assert refused.value.offset is not None


def test_a_condition_of_a_mapping_is_true_or_false() -> None:
    assert parse_condition("amount not in ('canceled', 'unavailable')", COLUMNS, mapping=True).type == "boolean"
    with pytest.raises(ExpressionError, match="true or false"):
        parse_condition("n", COLUMNS, mapping=True)


def test_dividing_by_nothing_is_null_in_a_mapping() -> None:
    found = parse_value("n / 0", {"n": "BIGINT"}, mapping=True)
    with duckdb.connect() as connection:
        assert connection.execute(f"select {found.tree.sql('duckdb')} from (select 3 as n)").fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("select * from orders", {"order_id", "customer_id", "placed"}),
        (
            "select o.*, i.amount from orders o left join (select order_id, sum(price + freight_value) as amount from items group by order_id) i using (order_id)",
            {"order_id", "customer_id", "placed", "amount"},
        ),
        ("with big as (select * from items where price > 10) select order_id, count(*) as n from big group by all", {"order_id", "n"}),
        ("select order_id from orders union all select order_id from items", {"order_id"}),
        (
            "select order_id, row_number() over (partition by customer_id order by placed desc) as place from orders qualify place = 1 order by order_id limit 10",
            {"order_id", "place"},
        ),
        ('select "Order Lines".id from "Order Lines"', {"id"}),
        ("select order_id from orders where order_id in (select order_id from items) and exists (select 1 from items)", {"order_id"}),
        ("select distinct o.order_id as x from ORDERS as o join items as i on i.order_id = o.order_id", {"x"}),
        ("select * exclude (placed) from orders", {"order_id", "customer_id"}),
        ("select order_id, price / 0 as share, string_agg(order_id, ',' order by price) as all_ids from items group by 1, 2",
         {"order_id", "share", "all_ids"}),
    ],
)  # fmt: skip
def test_a_query_over_the_named_tables_is_accepted(text: str, names: set[str]) -> None:
    found = parse_query(text, TABLES)
    assert (found.type, set(found.columns)) == ("query", names)


@pytest.mark.parametrize(
    ("text", "sentence", "under"),
    [
        ("select * from read_csv('/etc/passwd')", 'There is no function "read_csv"', "read_csv"),
        ("select * from '/etc/passwd'", 'There is no table "/etc/passwd"', None),
        ("select * from \"/etc/passwd\"", 'There is no table "/etc/passwd"', None),
        ("select * from order", 'There is no table "order". Closest: orders', "order"),
        ("select * from ordrs", 'There is no table "ordrs". Closest: orders', "ordrs"),
        ("select * from main.orders", "This form of `table` is not available", None),
        ("select * from duckdb_settings()", 'There is no function "duckdb_settings"', None),
        ("select * from information_schema.tables", "This form of `table` is not available", None),
        ("select * from glob('*')", "", None),
        ("select * from range(10)", "", None),
        ("select unnest([1, 2]) from orders", "", None),
        ("select getenv('HOME') from orders", 'There is no function "getenv"', "getenv"),
        ("select random() from orders", "`random` gives another answer", "random"),
        ("select order_idd from orders", 'There is no column "order_idd". Closest: order_id', "order_idd"),
        ("select o.plced from orders o", 'There is no column "plced". Closest: placed', "o.plced"),
        ("select order_id, count(*) from orders", 'column "order_id" must appear in the GROUP BY', "order_id"),
        ("select lower(price) from items", "`lower` does not work on double", "lower"),
        ("select 1 from orders; drop table orders", "", None),
        ("drop table orders", "A query begins", None),
        ("insert into orders select * from orders", "", None),
        ("copy orders to 'x'", "", None),
        ("pragma version", "A query begins", None),
        ("with recursive r as (select 1 as n union all select n + 1 from r) select * from r", "This form of `with`", None),
        ("select * from orders tablesample 10", "", None),
        ("from orders", "A query begins with select or with", None),
        ("values (1)", "A query begins with select or with", None),
        ("", "There is nothing here", None),
    ],
)  # fmt: skip
def test_a_query_that_reaches_further_is_refused(text: str, sentence: str, under: str | None) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_query(text, TABLES)
    assert refused.value.message.startswith(sentence), refused.value.message
    if under:
        assert refused.value.offset == text.index(under)
