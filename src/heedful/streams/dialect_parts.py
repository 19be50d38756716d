"""Small trees that the rewrites of several engines are made of."""

from __future__ import annotations

import re

from sqlglot import exp

# Words that cannot be a bare name on one engine or another; `user` would silently be the database's user.
_RESERVED_WORDS = """
    all analyse analyze and any array as asc asof asymmetric at authorization between binary both by case cast check
    collate collation column concurrently constraint create cross current_catalog current_date current_role
    current_schema current_time current_timestamp current_user default deferrable desc describe distinct do else end
    except exists false fetch final for foreign format freeze from full glob global grant group having ilike in
    initially inner intersect interval into is isnull join lambda lateral leading left like limit localtime
    localtimestamp map natural not notnull null of offset on only or order outer overlaps pivot placing positional
    prewhere primary qualify references returning right sample select semi session_user settings show similar some
    struct summarize symmetric system_user table tablesample then to trailing true try_cast union unique unpivot user
    using values variadic verbose when where window with
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_BELOW_A_DAY = frozenset({"HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"})


def cast(tree: exp.Expr, type_: str) -> exp.Cast:
    """`tree` as a `type_` of DuckDB's."""
    return exp.Cast(this=tree.copy(), to=exp.DataType.build(type_, dialect="duckdb"))


def number(value: float) -> exp.Literal:
    """A number of 0 or more."""
    return exp.Literal(this=str(value), is_string=False)


def identifier(name: str) -> exp.Identifier:
    """A name, in quotes where some engine would take it for something else without them."""
    return exp.Identifier(this=name, quoted=name in _RESERVED or not _PLAIN_NAME.fullmatch(name))


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of an engine's own function."""
    return exp.Anonymous(this=name, expressions=[a.copy() for a in arguments])


def text_literal(tree: exp.Expr, type_: exp.DType) -> str | None:
    """The text of a literal that is cast to `type_`, such as in `timestamp '2024-01-01'`; else None."""
    tree = tree.unnest()
    if isinstance(tree, exp.Cast) and tree.to.this == type_ and isinstance(tree.this, exp.Literal):
        return str(tree.this.name)
    return None


def units_above_hours(node: exp.Expr) -> bool:
    """Whether the unit of a truncation is a day or longer."""
    return unit_name(node) not in _BELOW_A_DAY


def unit_name(node: exp.Expr) -> str:
    """The unit of a truncation or difference, such as MONTH."""
    return str(node.args["unit"].name).upper()


def rounded(value: exp.Expr, digits: int) -> exp.Expr:
    """A double rounded with halves away from zero, for engines that round halves to even.

    It scales, rounds and scales back as DuckDB does, so that the same doubles come out.
    """
    scaled = exp.Paren(this=exp.Mul(this=value.copy(), expression=number(10**digits))) if digits else value
    whole = call("trunc", scaled)
    rest = exp.Abs(this=exp.Sub(this=scaled.copy(), expression=whole.copy()))
    up = exp.Add(this=whole.copy(), expression=exp.Sign(this=scaled.copy()))
    result: exp.Expr = exp.Case(
        ifs=[exp.If(this=exp.GTE(this=rest, expression=cast(number(0.5), "double")), true=up)], default=whole
    )
    if digits:
        result = exp.Div(this=exp.Paren(this=result), expression=number(10**digits), typed=True, safe=True)
    return exp.Paren(this=result)
