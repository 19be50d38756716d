# ruff: noqa: E501 - the cases are SQL, a line each
"""What people may write means the same on every engine: every function, every operator, in one table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import pyarrow as pa
import pytest
from sqlglot import exp

from heedful.streams.engine import Engine
from heedful.streams.expressions import parse_condition, parse_value
from heedful.streams.functions import FUNCTIONS, Function
from heedful.streams.schema import INSTANT, MONEY
from tests.engines import NAMES, Engines

Cell = str | float | bool | dt.date | dt.datetime | Decimal | None


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


ROWS = pa.table(
    {
        "id": pa.array(range(8), pa.int64()),
        "score": pa.array([9.0, 2.5, -2.5, 0.0, 1.005, -0.5, 1e6, None], pa.float64()),
        "amount": pa.array([Decimal(x) if x else None for x in ("10.00", "-2.50", "0.05", "0.00", "2.68", "99.99", "3.30", "")], MONEY),
        "visits": pa.array([3, -7, 0, 2, 10, 5, 8, None], pa.int64()),
        "resolved": pa.array([True, False, None, True, False, None, True, None], pa.bool_()),
        "text": pa.array(
            ["Late again", "ОПОЗДАЛА, жду ещё", "ส่งช้ามาก", "Ļoti ātri / šeit", "", " è tardi 100%_ok ", "line one\nline 2", None],
            pa.string(),
        ),
        "occurred_at": pa.array(
            [at("2024-01-01 00:00:00"), at("2024-02-29 23:59:59.5"), at("2024-03-31 00:30:00"), at("2024-10-27 00:30:00"),
             at("2023-12-31 22:30:00"), at("1969-07-20 20:17:40"), at("2024-12-30 12:00:00"), at("2024-06-30 21:00:00")],
            INSTANT,
        ),
        "due_at": pa.array(
            [at("2024-01-03 10:00:00"), at("2024-02-28 00:00:00"), at("2024-03-31 01:29:59"), None, at("2024-01-01 00:00:00"),
             at("1970-01-01 00:00:01"), at("2025-01-01 12:00:00"), None],
            INSTANT,
        ),
        "joined_on": pa.array(
            [dt.date(2024, 1, 1), dt.date(1950, 2, 28), dt.date(2020, 2, 29), dt.date(2024, 12, 29), dt.date(2021, 1, 3), None,
             dt.date(2016, 12, 31), dt.date(1999, 12, 31)],
            pa.date32(),
        ),
        "user": pa.array(["a", "b", "ä", "B", "Z", None, "ж", "_"], pa.string()),
    },
    schema=None,
)  # fmt: skip
ROWS = ROWS.cast(pa.schema([f.with_nullable(f.name not in {"id", "occurred_at"}) for f in ROWS.schema]))
COLUMNS = {
    "id": "BIGINT",
    "score": "DOUBLE",
    "amount": "DECIMAL(18,2)",
    "visits": "BIGINT",
    "resolved": "BOOLEAN",
    "text": "VARCHAR",
    "occurred_at": "TIMESTAMP WITH TIME ZONE",
    "due_at": "TIMESTAMP WITH TIME ZONE",
    "joined_on": "DATE",
    "user": "VARCHAR",
}

EXPRESSIONS = """
abs(score) | abs(amount) | abs(visits) | ceil(score) | floor(amount) | floor(score / 3) | sign(amount) | sign(score)
round(score) | round(score, 2) | round(amount, 1) | round(amount) | round(score / 3, 3) | round(-score * 2.5) | round(visits)
sqrt(score) | ln(score) | ln(amount) | sqrt(visits * visits)
greatest(score, visits, 1) | least(amount, 2.5) | greatest(occurred_at, due_at) | least(joined_on, date '2000-01-01')
coalesce(score, 0) | coalesce(amount, 0) | coalesce(score, visits) | coalesce(amount, score) | coalesce(resolved, false)
coalesce(text, '?') | coalesce(due_at, occurred_at) | nullif(visits, 0) | nullif(text, '') | nullif(score, 2.5)
if(score > 2, 'up', 'down') | if(resolved, score, visits) | if(resolved, 1, 0) | if(visits > 2, amount, 0)
case when score >= 9 then 1 when score < 0 then -1 else 0 end | case visits when 3 then 'three' when 0 then 'none' end
case when resolved then amount else 0.5 end | case when resolved is null then null else visits end
lower(text) | upper(text) | length(text) | trim(text) | ltrim(text) | rtrim(text) | left(text, 3) | right(text, 4)
substring(text, 2) | substring(text, 3, 4) | substring(text, 50, 2) | replace(text, 'e', '') | replace(text, 'а', 'o')
contains(text, 'ещё') | contains(text, '') | contains(text, text) | starts_with(text, 'Late') | ends_with(text, 'šeit')
strpos(text, 'i') | strpos(text, 'ช้า') | split_part(text, ' ', 2) | split_part(text, ', ', 3) | split_part(text, 'ā', 1)
regexp_matches(text, 'a.a') | regexp_matches(text, '^.ОП|\\d$') | regexp_matches(text, 'one.line') | regexp_matches(text, '[ā-ž]{2}')
regexp_matches(text, '(late|LATE|Late) +again') | regexp_matches(text, '[^a-z ]') | regexp_matches(text, '%_')
text like '%a%' | text like '_ate%' | text ilike '%опоздала%' | text ilike 'ļ%ĀTRI%' | text not like '%t%' | text like 'line%2'
text like '%100%' | text like '' | text || '!' | 'x' || text || visits::varchar | text = '' | text <> 'Late again' | text in ('', 'Late again')
text not in ('') | user = 'B' | user < 'a' | user >= 'B' | user between 'a' and 'b' | user = 'ж'
score + visits | score - 0.1 | amount * 1.1 | amount * 2 | amount + amount | amount * amount | -score | -amount | score * -2
score / visits | amount / 3 | visits / 2 | visits / 0 | score / score | amount / amount | 1 / visits | 0 / 0.0 | visits % 3 | visits % visits | -7 % 3
score > 2.5 | score >= 2.5 | amount >= 2.68 | amount = 3.3 | amount * 3 = 9.9 | visits = 3.0 | score = visits | amount < visits | score <> 9
score between 0 and 2.5 | amount between 0.05 and 2.68 | visits not between 0 and 5 | score in (9, 2.5, -0.5) | visits in (3, 1.5) | amount in (3.3, 10)
visits not in (3, -7) | score is null | score is not null | resolved is true | resolved is not true | resolved is false | resolved = true | not resolved | resolved
resolved and score > 0 | resolved or score > 0 | not (resolved or visits > 2) | (resolved and visits > 2) is null
score::bigint | (score / 3)::bigint | amount::bigint | amount::double | visits::double | visits::decimal(10, 2) | amount::decimal(18, 1) | (2.5 * 1)::bigint
occurred_at::date | joined_on::timestamp | visits::varchar | joined_on::varchar | resolved::varchar | '2024-01-31'::date | 1.25::decimal(4, 2)
year(occurred_at) | quarter(joined_on) | month(occurred_at) | week(joined_on) | week(occurred_at) | day(joined_on) | isodow(joined_on) | hour(occurred_at) | minute(due_at)
hour(occurred_at at time zone 'Europe/Riga') | (occurred_at at time zone 'America/Sao_Paulo')::date | day(due_at at time zone 'Asia/Bangkok')
date_trunc('month', occurred_at) | date_trunc('week', joined_on) | date_trunc('quarter', joined_on) | date_trunc('year', due_at) | date_trunc('day', occurred_at)
date_trunc('month', occurred_at at time zone 'Europe/Riga') | date_trunc('week', (occurred_at at time zone 'Europe/Riga')::date)
date_diff('day', occurred_at, due_at) | date_diff('hour', occurred_at, due_at) | date_diff('minute', occurred_at, due_at) | date_diff('second', due_at, occurred_at)
date_diff('month', joined_on, occurred_at) | date_diff('quarter', joined_on, occurred_at) | date_diff('year', due_at, joined_on) | date_diff('day', joined_on, date '2024-03-01')
epoch(occurred_at) | epoch(due_at) - epoch(occurred_at) | (epoch(due_at) - epoch(occurred_at)) / 3600 > 24 | epoch(joined_on)
joined_on - date '2024-01-01' | occurred_at + interval 1 month | occurred_at - interval '36 hours' | joined_on + interval 2 day | due_at <= occurred_at + interval 2 day
occurred_at >= '2024-01-01' | occurred_at < date '2024-03-31' | occurred_at = '2024-03-31 00:30' | occurred_at >= timestamp '2024-01-01 02:00:00' at time zone 'Europe/Riga'
occurred_at > '2024-02-29T23:59:59+00:00' | joined_on > '2020-02-29' | joined_on <= occurred_at | occurred_at between '2024-01-01' and '2024-06-30' | joined_on in ('2024-01-01', date '2021-01-03')
due_at > occurred_at | due_at is null | coalesce(due_at > occurred_at, false) | if(due_at > occurred_at, 'late', null)
'it''s \\ "quoted"' | length('a\\nb') | 'ก็' = left('ก็', 2) | true | 1.5 | -3 | 'x' | date '2024-01-31' | timestamptz '2024-01-31 09:30:00+02'
"""
WRITTEN = [part.strip() for line in EXPRESSIONS.strip().splitlines() for part in line.split(" | ")]


@pytest.fixture(scope="session")
def loaded(engines: Engines) -> Mapping[str, Engine]:
    return _Loaded(engines)


class _Loaded(dict[str, Engine]):
    """The engines over ROWS, each loaded when a test first asks for it."""

    def __init__(self, engines: Engines) -> None:
        super().__init__()
        self.engines = engines

    def __missing__(self, name: str) -> Engine:
        self[name] = self.engines.load(name, {"feedback": ROWS})
        return self[name]


def answers(engine: Engine, tree: exp.Expression) -> list[Cell]:
    query = exp.select("id", exp.alias_(tree.copy(), "answer")).from_("feedback").order_by("id")
    return [plain(cell) for cell in engine.query(query).column("answer").to_pylist()]


def plain(cell: Cell) -> Cell:
    """A cell without the differences of type that no reader sees: 3 and 3.0, a clock with UTC and one without."""
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, dt.datetime):
        return cell.replace(tzinfo=None)
    return cell


def alike(one: Cell, other: Cell) -> bool:
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and one == pytest.approx(other, rel=1e-12, abs=1e-12)
    return one == other


@cache
def examples() -> list[Function]:
    return [f for f in FUNCTIONS if not f.mapping]


@pytest.mark.parametrize("function", examples(), ids=lambda f: f.name)
@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_function_gives_the_result_that_the_manual_states(
    loaded: Mapping[str, Engine], name: str, function: Function
) -> None:
    found = answers(loaded[name], parse_value(function.example, COLUMNS).tree)[0]
    assert alike(found.isoformat() if isinstance(found, dt.date) else found, function.result), found


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.mapping], ids=lambda f: f.name)
def test_the_example_of_a_function_for_mappings_gives_its_result_on_duckdb(
    loaded: Mapping[str, Engine], function: Function
) -> None:
    tree = parse_value(function.example, COLUMNS, mapping=True).tree
    found = answers(loaded["duckdb"], exp.cast(tree, "varchar") if isinstance(function.result, str) else tree)[0]
    assert found == function.result


@pytest.mark.parametrize("name", [n for n in NAMES if n != "duckdb"])
@pytest.mark.parametrize("text", WRITTEN)
def test_an_expression_gives_the_same_on_every_engine(loaded: Mapping[str, Engine], name: str, text: str) -> None:
    tree = parse_value(text, COLUMNS).tree
    expected, found = answers(loaded["duckdb"], tree), answers(loaded[name], tree)
    assert all(alike(e, f) for e, f in zip(expected, found, strict=True)), (expected, found)


@pytest.mark.parametrize("name", NAMES)
def test_an_expression_filters_the_same_rows_on_every_engine(loaded: Mapping[str, Engine], name: str) -> None:
    tree = parse_condition(
        "not (score > 1 and text ilike '%а%' or visits in (3, 10)) and amount / visits < 1", COLUMNS
    ).tree
    query = exp.select("id").from_("feedback").where(tree).order_by("id")
    assert loaded[name].query(query).column("id").to_pylist() == [3, 6]


def test_every_function_is_tried_on_rows_with_nulls_too() -> None:
    written = " ".join(WRITTEN)
    assert [f.name for f in examples() if f"{f.name}(" not in written] == []
