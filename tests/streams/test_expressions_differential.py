# ruff: noqa: E501 - the cases are SQL, a line each
"""Expressions made up at random, of every kind and function: what is accepted gives the same on every engine."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pytest
from sqlglot import exp

from heedful.errors import ExpressionError
from heedful.streams.engine import Engine
from heedful.streams.expressions import parse_value
from heedful.streams.schema import INSTANT, MONEY
from tests.engines import NAMES, Engines

Cell = str | float | bool | dt.date | dt.datetime | Decimal | None


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


ROWS = pa.table(
    {
        "id": pa.array(range(6), pa.int64()),
        "score": pa.array([9.0, 2.5, -2.5, 0.0, 1.005, None], pa.float64()),
        "amount": pa.array([Decimal(x) if x else None for x in ("10.00", "-2.50", "0.05", "0.00", "99.99", "")], MONEY),
        "visits": pa.array([3, -7, 0, 2, 10, None], pa.int64()),
        "resolved": pa.array([True, False, None, True, False, None], pa.bool_()),
        "text": pa.array(["Late again", "ОПОЗДАЛА, жду ещё", "ส่งช้ามาก", "Ļoti ātri 100%", "", None], pa.string()),
        "occurred_at": pa.array(
            [at("2024-01-01"), at("2024-02-29 23:59:59.5"), at("2024-03-31 00:30"), at("2023-12-31 22:30"),
             at("1969-07-20 20:17:40"), at("2024-12-30 12:00")], INSTANT),
        "due_at": pa.array(
            [at("2024-01-03 10:00"), at("2024-02-28"), at("2024-03-31 01:29:59"), None, at("1970-01-01 00:00:01"), None],
            INSTANT),
        "joined_on": pa.array(
            [dt.date(2024, 1, 1), dt.date(1950, 2, 28), dt.date(2020, 2, 29), dt.date(2024, 12, 29), None,
             dt.date(1999, 12, 31)], pa.date32()),
    }
)  # fmt: skip
ROWS = ROWS.cast(pa.schema([f.with_nullable(f.name not in {"id", "occurred_at"}) for f in ROWS.schema]))
COLUMNS = {
    "id": "BIGINT", "score": "DOUBLE", "amount": "DECIMAL(18,2)", "visits": "BIGINT", "resolved": "BOOLEAN",
    "text": "VARCHAR", "occurred_at": "TIMESTAMP WITH TIME ZONE", "due_at": "TIMESTAMP WITH TIME ZONE", "joined_on": "DATE",
}  # fmt: skip

# Each kind: what it is at the end of a branch, and what it is made of. n, t, i, d, b stand for more of a kind: number,
# text, instant, date, boolean; k for several of one kind; [x|y] for one of these words.
ENDS = {
    "n": ["score", "amount", "visits", "id", "0", "1", "2.5", "0.1"],
    "t": ["text", "'a'", "'Late again'", "''"],
    "i": ["occurred_at", "due_at", "timestamptz '2024-03-31 00:30:00+00'"],
    "d": ["joined_on", "date '2024-02-29'"],
    "b": ["resolved", "true", "false"],
}
FORMS = {
    "n": ["({n} [+|-|*|/] {n})", "(-{n})", "[abs|ceil|floor|sign|sqrt|ln]({n})", "round({n}[|, 1|, 2])", "greatest({n}, {n})",
          "least({n}, {n}, null)", "coalesce({n}, {n})", "nullif({n}, {n})", "if({b}, {n}, {n})",
          "case when {b} then {n} when {b} then {n} end", "case {n} when {n} then {n} else null end", "length({t})",
          "strpos({t}, 'а')", "({n})::bigint", "({n})::double", "([visits|id|amount])::decimal(12, [0|1|2])", "(visits % id)",
          "[year|quarter|month|week|day|isodow]([{i}|{d}])", "[hour|minute]({i})", "epoch([{i}|{d}])", "({d} - {d})",
          "date_diff('[second|minute|hour|day|month|quarter|year]', [{i}|{d}], [{i}|{d}])"],
    "t": ["[lower|upper|trim|ltrim|rtrim]({t})", "[left|right]({t}, [1|3|40])", "substring({t}, [1|2|9][|, 2])",
          "replace({t}, '[a|а|%]', '[|Z]')", "split_part({t}, '[ |a|, ]', [1|2|7])", "({t} || {t})", "coalesce({t}, {t})",
          "nullif({t}, {t})", "if({b}, {t}, {t})", "case when {b} then {t} end", "([visits|id|joined_on|resolved])::varchar"],
    "i": ["({i} [+|-] interval [1 month|3 day|36 hour|1 year|2 week])", "greatest({i}, {i})", "coalesce({i}, {i})",
          "({d})::timestamp", "([occurred_at|due_at] at time zone '[Europe/Riga|America/Sao_Paulo|Asia/Bangkok]')"],
    "d": ["({i})::date", "date_trunc('[day|week|month|quarter|year]', [{i}|{d}])", "coalesce({d}, {d})", "least({d}, {d})"],
    "b": ["({k} [=|<>|<|<=|>|>=] {k})", "({k} [|not ]between {k} and {k})", "({k} is [|not ]null)", "({b} [and|or] {b})",
          "(not {b})", "({b} is [|not ][true|false])", "({n} [|not ]in ([1|2.5|-7], [3|0]))", "coalesce({b}, {b})",
          "({t} [|not ][like|ilike] '[%a%|_ate%||%|%Ж%|100%]')", "[contains|starts_with|ends_with]({t}, {t})",
          "regexp_matches({t}, '[a.a|^[a-z]+$|[0-9]|(а|о)+|^$]')", "({b} = {b})"],
}  # fmt: skip


class Writer:
    """Writes one expression after the other, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret

    def expression(self) -> str:
        return self.of_kind(self.random.choice("ntidb"), self.random.randint(1, 3))

    def of_kind(self, kind: str, depth: int) -> str:
        if depth == 0:
            return self.random.choice(ENDS[kind])
        form = self.random.choice(FORMS[kind]).replace("{k}", "{" + self.random.choice("ntid") + "}")
        return self.filled(self.chosen(form), lambda inner: self.of_kind(inner, depth - 1))

    def chosen(self, form: str) -> str:
        """`form` with one word of each [x|y]. Brackets within quotes belong to the patterns of regexp_matches."""
        if form.startswith("regexp_matches"):
            return f"regexp_matches({{t}}, '{self.random.choice(['a.a', '^[a-z]+$', '[0-9]', '(а|о)+', '^$'])}')"
        while "[" in form:
            start, end = form.index("["), form.index("]")
            form = form[:start] + self.random.choice(form[start + 1 : end].split("|")) + form[end + 1 :]
        return form

    def filled(self, form: str, write: Callable[[str], str]) -> str:
        parts = form.split("{")
        return parts[0] + "".join(write(part[0]) + part[2:] for part in parts[1:])


def answers(engine: Engine, trees: list[exp.Expression]) -> list[list[Cell]]:
    named = [exp.alias_(tree.copy(), f"e{i}") for i, tree in enumerate(trees)]
    table = engine.query(exp.select("id", *named).from_("feedback").order_by("id"))
    return [[plain(cell) for cell in table.column(f"e{i}").to_pylist()] for i in range(len(trees))]


def plain(cell: Cell) -> Cell:
    if isinstance(cell, Decimal):
        return float(cell)
    return cell.replace(tzinfo=None) if isinstance(cell, dt.datetime) else cell


def alike(one: Cell, other: Cell) -> bool:
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == pytest.approx(other, rel=1e-11, abs=1e-11)
    return one == other


@pytest.fixture(scope="module")
def written() -> list[tuple[str, exp.Expression]]:
    writer = Writer(20261121)
    found: list[tuple[str, exp.Expression]] = []
    while len(found) < 200:
        text = writer.expression()
        try:
            found.append((text, parse_value(text, COLUMNS).tree))
        except ExpressionError as error:
            assert "cannot be subtracted" in str(error) or "null" in str(error), (text, error)  # noqa: PT017
    return found


@pytest.mark.parametrize("name", [n for n in NAMES if n != "duckdb"])
def test_two_hundred_expressions_at_random_give_the_same_on_every_engine(
    engines: Engines, name: str, written: list[tuple[str, exp.Expression]]
) -> None:
    texts, trees = [t for t, _ in written], [t for _, t in written]
    expected = answers(engines.load("duckdb", {"feedback": ROWS}), trees)
    found = answers(engines.load(name, {"feedback": ROWS}), trees)
    different = [
        (text, e, f)
        for text, e, f in zip(texts, expected, found, strict=True)
        if not all(alike(*pair) for pair in zip(e, f, strict=True))
    ]
    assert different == []
