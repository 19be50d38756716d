# ruff: noqa: E501 - the cases are SQL, a line each
"""Whatever is written: a checked tree or an ExpressionError, never a crash, and nothing beyond the list in the tree."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from heedful.errors import ExpressionError
from heedful.streams.expressions import Expression, parse_condition, parse_query, parse_value
from heedful.streams.functions import AGGREGATES, FUNCTIONS, WINDOWS

COLUMNS = {
    "score": "DOUBLE", "amount": "DECIMAL(18,2)", "visits": "BIGINT", "text": "VARCHAR", "resolved": "BOOLEAN",
    "occurred_at": "TIMESTAMP WITH TIME ZONE", "joined_on": "DATE", "user": "VARCHAR",
}  # fmt: skip
STRUCTURE = {
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Not, exp.Neg, exp.And, exp.Or, exp.EQ,
    exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.Add, exp.Sub, exp.Mul,
    exp.Div, exp.Mod, exp.DPipe, exp.Case, exp.If, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Interval, exp.Var,
    exp.AtTimeZone, exp.DateTrunc, exp.TimestampTrunc,
}  # fmt: skip
ALLOWED = STRUCTURE | {f.node for f in FUNCTIONS if not f.mapping}
WORDS = [
    *COLUMNS, *(f.name for f in FUNCTIONS), *AGGREGATES, *WINDOWS, "and", "or", "not", "is", "null", "in", "between", "like",
    "ilike", "case", "when", "then", "else", "end", "cast", "try_cast", "as", "date", "timestamp", "interval", "day", "from",
    "at time zone", "select", "over", "filter", "where", "union", "exists", "distinct", "any", "all", "true", "false", "*",
    "(", ")", "(", ")", ",", ",", "=", "<>", "<", ">=", "+", "-", "/", "//", "%", "||", "::", ".", "[", "]", "{", "}", ":",
    "?", "$1", ";", "->", "->>", "~", "!~", "&", "&&", "^", "@", "'a'", "'2024-01-01'", "'Europe/Riga'", "'", '"', '"a b"',
    "1", "0", "2.5", "1e3", "-7", "--", "/*", "*/", "e'x'", "$$", "read_csv", "getenv", "columns", "random", "current_date",
    "lambda", "escape", "collate", "similar to", "glob", "unnest", "struct_pack", "array", "map", "row", "values", "with",
    "пример", "ช้า", "\n", "\t", "\x00", "#", "`", "\\", "varchar", "double", "int[]", "decimal(10,2)", "json", "pivot",
]  # fmt: skip
GRAINS = (
    "score",
    "amount",
    "visits",
    "text",
    "resolved",
    "occurred_at",
    "joined_on",
    "1",
    "2.5",
    "'a'",
    "null",
    "true",
)


def accepted(text: str) -> Expression | None:
    try:
        return parse_value(text, COLUMNS)
    except ExpressionError as error:
        assert str(error)  # noqa: PT017 - most are refused, and some are not
        assert error.offset is None or 0 <= error.offset <= len(text)  # noqa: PT017
        return None


def check(text: str) -> None:
    found = accepted(text)
    if found is None:
        return
    assert {type(node) for node in found.tree.walk()} <= ALLOWED
    assert {column.name for column in found.tree.find_all(exp.Column)} == found.columns <= COLUMNS.keys()
    assert not any(column.table for column in found.tree.find_all(exp.Column))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
@example("date")
@example("score - - - amount")
@example("x'")
@example("interval")
@example("( ( )")
@example("score :: decimal(10,2) [ 1 ]")
def test_words_thrown_together_are_checked_or_refused(text: str) -> None:
    check(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
@example("\ud800")
@example("'\\")
@example('"')
@example("$")
@example("\u2028score")
def test_any_text_at_all_is_checked_or_refused(text: str) -> None:
    check(text)


def nested() -> st.SearchStrategy[str]:
    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        binary = st.sampled_from(
            [f" {o} " for o in ("=", "<", "+", "-", "*", "/", "%", "||", "and", "or", "is", "like")]
        )
        return st.one_of(
            st.tuples(inner, binary, inner).map(lambda t: f"({''.join(t)})"),
            st.tuples(st.sampled_from([f.name for f in FUNCTIONS]), st.lists(inner, max_size=3)).map(
                lambda t: f"{t[0]}({', '.join(t[1])})"
            ),
            st.tuples(inner, inner, inner).map(lambda t: f"case when {t[0]} then {t[1]} else {t[2]} end"),
            st.tuples(inner, st.lists(inner, min_size=1, max_size=2)).map(lambda t: f"{t[0]} in ({', '.join(t[1])})"),
            st.tuples(inner, st.sampled_from(["date", "bigint", "varchar", "double", "boolean"])).map(
                lambda t: f"({t[0]})::{t[1]}"
            ),
        )

    return st.recursive(st.sampled_from(GRAINS), grow, max_leaves=8)


@settings(max_examples=300, deadline=None)
@given(nested())
def test_well_formed_expressions_of_any_kind_are_checked_or_refused(text: str) -> None:
    check(text)


@settings(max_examples=100, deadline=None)
@given(nested())
def test_mappings_and_queries_never_crash_either(text: str) -> None:
    for attempt in range(3):
        try:
            if attempt == 0:
                parse_value(text, COLUMNS, mapping=True)
            elif attempt == 1:
                parse_query(f"select {text} as x from orders", {"orders": COLUMNS})
            else:
                parse_condition(text, COLUMNS)
        except ExpressionError as error:
            assert str(error)  # noqa: PT017 - most are refused, and some are not
