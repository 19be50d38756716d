"""Fragments of SQL that people write, checked before any engine sees them.

A fragment is parsed alone, never spliced into a query as text: `1) or (1=1` would pass for a condition there. Its nodes
are held against an allow-list (`grammar.py`), its columns are found in the user's own text, an offline DuckDB finds the
types (`binding.py`), and what the engines would read differently is refused or rewritten (`meanings.py`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from heedful.errors import ExpressionError, closest, did_you_mean
from heedful.streams.binding import DoesNotBindError, try_query, types_of
from heedful.streams.dialect_parts import cast, identifier
from heedful.streams.dialects import apply_shared_rules
from heedful.streams.duckdb_types import duckdb_type
from heedful.streams.grammar import Fault, Mode, check_grammar, fault_error, function_of, place, value_nodes
from heedful.streams.meanings import Meanings, family
from heedful.streams.schema import Table

MAX_LENGTH = 10_000
MAX_NODES = 1_500
_ALWAYS_BOOLEAN = (exp.Predicate, exp.Connector, exp.Not)
_ATOMS = (exp.Column, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Cast, exp.Func, exp.Case)
# sqlglot fails in these ways, too, on texts that are far from SQL.
_PARSER_FAILURES = (SqlglotError, ValueError, TypeError, AttributeError, LookupError, AssertionError)


@dataclass(frozen=True)
class Expression:
    """A checked fragment. `tree` is in DuckDB's dialect, unqualified, and may be embedded as a node as it is.

    `columns` are those that it reads. `type` is one of boolean, number, text, time, date, interval, other; "query" for
    a whole query.
    """

    text: str
    tree: exp.Expression
    columns: frozenset[str]
    type: str


def parse_condition(text: str, columns: Mapping[str, str], *, mapping: bool = False) -> Expression:
    """A true-or-false expression over `columns` (name -> DuckDB type).

    `mapping` also allows what only DuckDB knows, and DuckDB's own conversions. Raises `ExpressionError`, whose offset
    counts in `text`.
    """
    found = _parse(text, columns, "mapping" if mapping else "plain", is_condition=True)
    if mapping and found.type != "boolean":
        raise ExpressionError("A condition is true or false; compare with something.", text=text, offset=0)
    return found


def parse_value(text: str, columns: Mapping[str, str], *, mapping: bool = False) -> Expression:
    """An expression of any type over `columns` (name -> DuckDB type). See `parse_condition`."""
    return _parse(text, columns, "mapping" if mapping else "plain", is_condition=False)


def parse_query(text: str, tables: Mapping[str, Mapping[str, str]]) -> Expression:
    """One SELECT over `tables` (name -> columns -> DuckDB type) and nothing else; for sources, so only DuckDB runs it.

    `columns` of the result are the names that the query gives its columns. Raises `ExpressionError`.
    """
    tree = _parsed(text, None)
    check_grammar(tree, text, "query")
    _check_tables(tree, text, tables)
    for node in tree.walk():
        node.comments = None
    try:
        names = try_query(tree.sql("duckdb"), tables)
    except DoesNotBindError as error:
        sentence = _about_columns(error.sentence, tables)
        raise ExpressionError(sentence, text=text, offset=_blamed(error.sentence, tree, text)) from None
    if not (isinstance(tree, exp.Expression) and isinstance(tree, exp.Query)):
        raise ExpressionError("A query is one SELECT.", text=text)
    apply_shared_rules(tree)
    return Expression(text, tree, frozenset(names), "query")


def table_columns(table: Table, extra: Mapping[str, pa.DataType] | None = None) -> Mapping[str, str]:
    """The columns of a logical table with their DuckDB types, as the functions above take them."""
    return {field.name: duckdb_type(field.type) for field in table.arrow_schema(extra)}


def _parse(text: str, columns: Mapping[str, str], mode: Mode, *, is_condition: bool) -> Expression:
    try:
        tree = _parsed(text, exp.Condition)
        check_grammar(tree, text, mode)
        if not isinstance(tree, exp.Condition | exp.Interval | exp.AtTimeZone):
            raise ExpressionError("This is not an expression.", text=text, offset=0)
        holder = exp.Paren(this=tree)  # gives the root a parent, so that it can be replaced like any node
        used = _resolve(holder, text, columns, mode)
        type_ = _typed(holder, text, {name: columns[name] for name in used}, mode, is_condition=is_condition)
    except RecursionError:
        raise ExpressionError("This is nested too deeply; split it up.") from None
    for node in holder.walk():
        node.comments = None
    root = holder.this
    standalone = isinstance(root, _ATOMS) and isinstance(root, exp.Expression) and not isinstance(root, exp.Connector)
    return Expression(text, root.pop() if standalone else holder, frozenset(used), type_)


def _parsed(text: str, into: type[exp.Expr] | None) -> exp.Expr:
    if not text.strip():
        raise ExpressionError("There is nothing here; write an expression such as score >= 9.", text=text)
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"This is longer than {MAX_LENGTH:,} characters; split it up.")
    for offset, letter in enumerate(text):
        if unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\r\t":
            shown = text.encode(errors="replace").decode()
            raise ExpressionError("There is a character here that is not text.", text=shown, offset=offset)
    if into is None and not re.match(r"\s*(?:--.*\n\s*)*(?:select|with|\()\b", text, re.IGNORECASE):
        # Other statements would make sqlglot fall back to taking their text as it is.
        raise ExpressionError("A query begins with select or with.", text=text, offset=len(text) - len(text.lstrip()))
    try:
        tree = (
            sqlglot.parse_one(text, dialect="duckdb", into=into) if into else sqlglot.parse_one(text, dialect="duckdb")
        )
        # The parser drops a semicolon and what it takes for a comment; nobody should think that they did something.
        for token in sqlglot.tokenize(text, dialect="duckdb"):
            if token.token_type == sqlglot.TokenType.SEMICOLON:
                raise ExpressionError("One expression stands here, without a semicolon.", text=text, offset=token.start)
    except ParseError as error:
        raise _parse_error(error, text) from None
    except RecursionError:
        raise ExpressionError("This is nested too deeply; split it up.") from None
    except _PARSER_FAILURES as error:
        if "tokenizing" in str(error):
            raise ExpressionError("A quote is not closed here.", text=text, offset=_open_quote(text)) from None
        raise ExpressionError("This is not an expression that Heedful can read.", text=text) from None
    return tree


def _parse_error(error: ParseError, text: str) -> ExpressionError:
    details = error.errors[0] if error.errors else {}
    highlight = str(details.get("highlight") or "")
    lines = text.split("\n")
    line, column = int(details.get("line") or 1), int(details.get("col") or 0)
    end = sum(len(part) + 1 for part in lines[: line - 1]) + column
    offset = max(0, min(end - len(highlight), len(text)))
    if expected := re.match(r"Expect(?:ed|ing) (\S{1,10})$", str(details.get("description"))):
        return ExpressionError(f"`{expected[1]}` is missing after this.", text=text, offset=offset)
    if "Required keyword" in str(details.get("description")) or not highlight:
        return ExpressionError("Something is missing after this.", text=text, offset=offset)
    return ExpressionError(f"`{highlight}` cannot stand here.", text=text, offset=offset)


def _open_quote(text: str) -> int | None:
    """Where the last quote stands, if there is one."""
    at = max(text.rfind("'"), text.rfind('"'))
    return at if at >= 0 else None


def _resolve(tree: exp.Expr, text: str, columns: Mapping[str, str], mode: Mode) -> list[str]:
    """Give each column its name as declared, and struct paths their fields. Returns the names used."""
    used: dict[str, None] = {}
    for node in list(tree.find_all(exp.Column)):
        parts = [part.name for part in node.parts]
        # A heading with dots in it, as exports of nested data have, comes before a path into a struct.
        whole = _known(".".join(parts), columns)
        name = whole or _known(parts[0], columns)
        if name is None:
            if mode == "plain" and len(parts) > 1 and (last := _known(parts[-1], columns)):
                raise ExpressionError(f"Write {last} alone, without {parts[0]}.", text=text, offset=place(node, text))
            listed = "" if closest(parts[0], columns) else _listed(columns)
            near = did_you_mean(parts[0], columns)
            raise ExpressionError(
                f'There is no column "{parts[0]}".{near}{listed}', text=text, offset=place(node, text)
            )
        if mode == "plain" and len(parts) > 1:
            raise ExpressionError(f"{name} has no parts; write it alone.", text=text, offset=place(node, text))
        used[name] = None
        column = exp.Column(this=identifier(name))
        column.this.meta.update(node.parts[0].meta)
        found: exp.Expr = column
        for part in [] if whole else parts[1:]:
            found = exp.StructExtract(this=found, expression=exp.Literal.string(part))
        node.replace(found)
    return list(used)


def _listed(names: Mapping[str, object]) -> str:
    shown = sorted(names)[:12]
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f" There are: {', '.join(shown)}{more}." if shown else " There are none here."


def _known(name: str, columns: Mapping[str, object]) -> str | None:
    """The column of that name, whatever its capitals if only one fits."""
    if name in columns:
        return name
    alike = [c for c in columns if c.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None


def _typed(holder: exp.Paren, text: str, columns: Mapping[str, str], mode: Mode, *, is_condition: bool) -> str:
    if mode != "plain":
        type_ = _bind_root(holder.this, text, columns)
        apply_shared_rules(holder)
        return _type_word(type_)
    _fractions_are_doubles(holder)
    nodes = list(value_nodes(holder.this))
    if len(nodes) > MAX_NODES:
        raise ExpressionError("This is too long to be checked; split it up.")
    meanings = Meanings()
    try:
        _bind(nodes, meanings, text, columns)
        for node in nodes:
            new = meanings.read(node, function_of(node, text, mapping=False))
            if new is not node:
                node.replace(new)
        if is_condition:
            meanings.condition(holder.this)
        meanings.known(holder.this)
    except Fault as fault:
        raise fault_error(fault, text) from None
    return _type_word(meanings.type(holder.this))


def _type_word(type_: str) -> str:
    found = family(type_)
    return "other" if found == "null" else found


def _fractions_are_doubles(tree: exp.Expr) -> None:
    """`1.1` is a decimal to DuckDB and PostgreSQL, and a double to ClickHouse: `amount * 1.1` would differ."""
    for literal in list(tree.find_all(exp.Literal)):
        if (
            not literal.is_string
            and not literal.name.isdigit()
            and not isinstance(literal.parent, exp.Cast | exp.Interval)
        ):
            new = cast(literal, "double")
            new.this.meta.update(literal.meta)
            literal.replace(new)


def _bind(nodes: list[exp.Expr], meanings: Meanings, text: str, columns: Mapping[str, str]) -> None:
    """Learn the types of all `nodes`, operands first; where one does not fit, raise a `Fault` about the innermost."""
    asked = [n for n in nodes if not isinstance(n, _ALWAYS_BOOLEAN) or n is nodes[-1]]
    try:
        found = types_of([_sql(node) for node in asked], columns)
    except DoesNotBindError as whole:
        for node in nodes:
            try:
                meanings.learn([node], types_of([_sql(node)], columns))
            except DoesNotBindError as error:
                meanings.explain(node, function_of(node, text, mapping=False))
                raise Fault(node, error.sentence) from None
        raise Fault(nodes[-1], whole.sentence) from None
    meanings.learn(nodes, ["BOOLEAN"] * len(nodes))
    meanings.learn(asked, found)


def _bind_root(root: exp.Expr, text: str, columns: Mapping[str, str]) -> str:
    """The type of `root`, for what DuckDB alone runs."""
    try:
        return types_of([_sql(root)], columns)[0]
    except DoesNotBindError as whole:
        for node in value_nodes(root):
            try:
                types_of([_sql(node)], columns)
            except DoesNotBindError as error:
                raise fault_error(Fault(node, error.sentence), text) from None
        raise ExpressionError(f"{whole.sentence}.", text=text) from None


def _sql(node: exp.Expr) -> str:
    return str(node.sql("duckdb", comments=False))


def _check_tables(tree: exp.Expr, text: str, tables: Mapping[str, Mapping[str, str]]) -> None:
    given = {cte.alias for cte in tree.find_all(exp.CTE)}
    for node in tree.find_all(exp.Table):
        name = node.name
        if isinstance(node.this, exp.Identifier) and not node.db and (name in given or _known(name, tables)):
            continue
        offered = did_you_mean(name, [*tables, *given])
        listed = _listed(tables) if not offered else ""
        raise ExpressionError(f'There is no table "{name}".{offered}{listed}', text=text, offset=place(node, text))


def _about_columns(sentence: str, tables: Mapping[str, Mapping[str, str]]) -> str:
    """DuckDB's sentence about a column that is not there in our words, with the closest of all tables' columns."""
    found = re.search(r'Referenced column "(.+?)" not found|does not have a column named "(.+?)"', sentence)
    if found is None:
        return f"{sentence}."
    name = found[1] or found[2]
    columns = [column for table in tables.values() for column in table]
    return f'There is no column "{name}".{did_you_mean(name, columns)}'


def _blamed(sentence: str, tree: exp.Expr, text: str) -> int | None:
    """Where the name stands that DuckDB's message is about."""
    quoted = set(re.findall(r'"([^"]+)"|`([^`]+)`', sentence))
    names = {part.lower() for pair in quoted for part in pair if part}
    for node in tree.find_all(exp.Column, exp.Func, exp.Table):
        if node.name.lower() in names or (isinstance(node, exp.Func) and node.sql_name().lower() in names):
            return place(node, text)
    return None
