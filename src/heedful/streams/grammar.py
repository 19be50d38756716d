"""What an expression may be made of: the allow-list, node by node, and a sentence for what is not on it.

A block-list would be unsafe: `read_csv('/etc/passwd') is not null` parses into a node of its own class,
as do many more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal
from zoneinfo import available_timezones

from sqlglot import exp

from heedful.errors import ExpressionError, did_you_mean
from heedful.streams.functions import AGGREGATES, FUNCTIONS, WINDOWS, Function, known_names
from heedful.streams.patterns import portable

Mode = Literal["plain", "mapping", "query"]

_TWO = frozenset({"this", "expression"})
_ONE = frozenset({"this"})
_PLAIN: Mapping[type[exp.Expr], frozenset[str]] = {
    exp.Column: frozenset({"this", "table", "db", "catalog"}),
    exp.Identifier: frozenset({"this", "quoted"}),
    exp.Literal: frozenset({"this", "is_string"}),
    exp.Boolean: _ONE,
    exp.Null: frozenset(),
    exp.Paren: _ONE,
    exp.Not: _ONE,
    exp.Neg: _ONE,
    **dict.fromkeys((exp.And, exp.Or, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is), _TWO),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Mod), _TWO),
    **dict.fromkeys((exp.Like, exp.ILike), _TWO | {"negate"}),
    exp.Div: _TWO | {"typed", "safe"},
    exp.DPipe: _TWO | {"safe"},
    exp.In: frozenset({"this", "expressions"}),
    exp.Between: frozenset({"this", "low", "high"}),
    exp.Case: frozenset({"this", "ifs", "default"}),
    exp.Cast: frozenset({"this", "to"}),
    exp.DataType: frozenset({"this", "expressions"}),
    exp.DataTypeParam: _ONE,
    exp.Interval: frozenset({"this", "unit"}),
    exp.Var: _ONE,
    exp.AtTimeZone: frozenset({"this", "zone"}),
}
_MAPPING: Mapping[type[exp.Expr], frozenset[str]] = {
    exp.TryCast: frozenset({"this", "to", "safe"}),
    exp.Dot: _TWO,
    exp.Bracket: frozenset({"this", "expressions", "offset", "safe"}),
    exp.IntDiv: _TWO,
    exp.NullSafeEQ: _TWO,
    exp.NullSafeNEQ: _TWO,
    exp.JSONPath: frozenset({"expressions"}),
    exp.JSONPathRoot: frozenset(),
    exp.JSONPathKey: _ONE,
    exp.JSONPathSubscript: _ONE,
}
_SIDES = frozenset({"this", "expression", "distinct", "by_name", "with_", "order", "limit", "offset"})
_QUERY: Mapping[type[exp.Expr], frozenset[str]] = {
    exp.Select: frozenset(
        {"expressions", "from_", "joins", "where", "group", "having", "qualify", "order", "limit", "offset", "distinct"}
    )
    | {"with_", "windows", "operation_modifiers"},
    exp.Union: _SIDES,
    exp.Except: _SIDES,
    exp.Intersect: _SIDES,
    exp.Subquery: frozenset({"this", "alias", "with_"}),
    exp.From: _ONE,
    exp.Table: frozenset({"this", "alias", "joins"}),
    exp.TableAlias: frozenset({"this", "columns"}),
    exp.Join: frozenset({"this", "side", "kind", "on", "using", "method"}),
    exp.With: frozenset({"expressions"}),
    exp.CTE: frozenset({"this", "alias"}),
    exp.Where: _ONE,
    exp.Having: _ONE,
    exp.Qualify: _ONE,
    exp.Group: frozenset({"expressions", "all"}),
    exp.Order: frozenset({"this", "expressions"}),
    exp.Ordered: frozenset({"this", "desc", "nulls_first"}),
    exp.Limit: frozenset({"expression"}),
    exp.Offset: frozenset({"expression"}),
    exp.Distinct: frozenset({"expressions", "on"}),
    exp.Alias: frozenset({"this", "alias"}),
    exp.Star: frozenset({"except_"}),
    exp.Filter: _TWO,
    exp.Window: frozenset({"this", "partition_by", "order", "spec", "over"}),
    exp.WindowSpec: frozenset({"kind", "start", "start_side", "end", "end_side"}),
    exp.IgnoreNulls: _ONE,
    exp.Exists: _ONE,
    exp.In: frozenset({"this", "expressions", "query"}),
    exp.Tuple: frozenset({"expressions"}),
    exp.PropertyEQ: frozenset(),
}

_SENTENCES: Mapping[tuple[type[exp.Expr], ...], str] = {
    (exp.Query, exp.Subquery, exp.Exists):
        "a query within an expression is not allowed; an expression looks at one row",
    (exp.Window, exp.WindowSpec): "`over (…)` looks at other rows; an expression looks at one row",
    (exp.AggFunc, exp.Filter):
        "`{name}` gathers many rows; an expression looks at one row, and the measure gathers them",
    (exp.Star, exp.Columns): "`*` stands for many columns; name the one that is meant",
    (exp.Placeholder, exp.Parameter): "there is nothing that could fill a parameter in here; write the value itself",
    (exp.Rand, exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime, exp.Localtime, exp.Localtimestamp):
        "`{name}` gives another answer each time, so figures could not be repeated; write the value itself",
    (exp.NullSafeEQ, exp.NullSafeNEQ): "`is distinct from` is not available; write `a = b` and `is null`",
    (exp.SimilarTo, exp.Glob, exp.RegexpLike, exp.RegexpILike): "use `like`, `ilike` or regexp_matches(text, pattern)",
    (exp.ArrayOverlaps,): "`&&` is not available; write and",
    (exp.IntDiv,): "`//` is not available; write floor(a / b)",
    (exp.Pow,): "powers are not available; write a * a",
    (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot):
        "there are no operations on bits; write and, or, not",
    (exp.TryCast,): "`try_cast` works in the mappings of sources only",
    (exp.Dot, exp.Bracket, exp.Slice, exp.JSONExtract, exp.JSONExtractScalar):
        "fields and elements can be picked in the mappings of sources only",
    (exp.Array, exp.Struct, exp.Tuple, exp.Lambda, exp.Map): "lists and structs cannot be built here",
    (exp.ByteString, exp.RawString, exp.HexString, exp.BitString, exp.National):
        "write text between single quotes: 'it''s late'",
    (exp.Collate,): "`collate` is not available; text is compared by its code points",
    (exp.Escape,): "`escape` is not available; use contains(text, part)",
    (exp.Alias,): "an expression takes no name here",
    (exp.Any, exp.All): "`any` and `all` are not available; write `in (…)`, or several comparisons with `or`",
}  # fmt: skip

# How nodes begin that remember no place of their own.
_WORDS: Mapping[type[exp.Expr], tuple[str, ...]] = {
    exp.Select: ("select",),
    exp.Subquery: ("select",),
    exp.Exists: ("exists",),
    exp.Null: ("null",),
    exp.Case: ("case",),
}
_TYPES = ("date", "timestamp", "timestamptz", "double", "decimal", "varchar", "bigint", "boolean")
_PLAIN_TYPES = frozenset(
    exp.DType[name]
    for name in (
        "DATE",
        "TIMESTAMPNTZ",
        "TIMESTAMPTZ",
        "DOUBLE",
        "DECIMAL",
        "VARCHAR",
        "TEXT",
        "BIGINT",
        "INT",
        "BOOLEAN",
    )
)
_MAPPING_TYPES = _PLAIN_TYPES | {
    exp.DType[name] for name in ("FLOAT", "SMALLINT", "TINYINT", "TIME", "INT128", "UBIGINT")
}
_INTERVAL_UNITS = frozenset({"SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})


class Fault(Exception):  # noqa: N818 - becomes an ExpressionError once the place is known
    """A node that may not stand where it stands, with a sentence about it."""

    def __init__(self, node: exp.Expr, sentence: str) -> None:
        self.node, self.sentence = node, sentence
        super().__init__(sentence)


@lru_cache(maxsize=1)
def _by_class() -> Mapping[type[exp.Expr], tuple[Function, ...]]:
    found: dict[type[exp.Expr], list[Function]] = {exp.DateTrunc: [], exp.TimestampTrunc: []}
    for function in FUNCTIONS:
        found.setdefault(function.node, []).append(function)
    found[exp.DateTrunc] = found[exp.TimestampTrunc]
    return {node: tuple(functions) for node, functions in found.items()}


def check_grammar(tree: exp.Expr, text: str, mode: Mode) -> None:
    """Raise `ExpressionError` for the first node of `tree` that is not allowed in `mode`."""
    try:
        for node in tree.walk(bfs=False):
            _check(node, text, mode)
    except Fault as fault:
        raise fault_error(fault, text) from None


def fault_error(fault: Fault, text: str) -> ExpressionError:
    """The error that shows the fault under the user's own text."""
    sentence = fault.sentence
    return ExpressionError(f"{sentence[:1].upper()}{sentence[1:]}.", text=text, offset=place(fault.node, text))


def place(node: exp.Expr, text: str) -> int | None:
    """The offset in the user's text at which `node` begins, as far as its parts remember it."""
    if "start" not in node.meta:
        for word in _WORDS.get(type(node), ()) or ((node.sql_name(),) if isinstance(node, exp.Func) else ()):
            if found := re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE):
                return found.start()
    starts = [n.meta["start"] for n in node.walk() if "start" in n.meta]
    if starts:
        return int(min(starts))
    return place(node.parent, text) if node.parent else None


def function_of(node: exp.Expr, text: str, *, mapping: bool) -> Function | None:
    """The entry of the function table that `node` is a call of."""
    known = _by_class().get(type(node), ())
    if isinstance(node, exp.RegexpLike) and "start" not in node.meta:
        return None  # `~` asks DuckDB whether the whole text fits; sqlglot takes it for regexp_matches
    if isinstance(node.parent, exp.Case) and isinstance(node, exp.If):
        return None
    name = written_name(node, text)
    for function in known:
        if function.name == name and (mapping or not function.mapping):
            return function
    if isinstance(node, exp.Anonymous):
        return None
    # Written under another name, such as `len`, or with words between its arguments.
    return next((f for f in known if mapping or not f.mapping), None)


def written_name(node: exp.Expr, text: str) -> str:
    """The name of the function as the user wrote it, in small letters."""
    if "start" in node.meta:
        return text[int(node.meta["start"]) : int(node.meta["end"]) + 1].strip('"').lower()
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    return node.sql_name().lower() if isinstance(node, exp.Func) else node.key


def _check(node: exp.Expr, text: str, mode: Mode) -> None:
    function = function_of(node, text, mapping=mode != "plain")
    if function is not None:
        _check_call(node, function)
        return
    fields = _fields(node, mode)
    if fields is None:
        raise Fault(node, _why_not(node, text, mode))
    if isinstance(node, exp.DataType):
        _shape_type(node, mode)
    for key, value in node.args.items():
        if key not in fields and value not in (None, False, []):
            if isinstance(value, exp.Expr) and _fields(value, mode) is None:
                raise Fault(value, _why_not(value, text, mode))
            raise Fault(node, f"this form of `{node.key}` is not available ({key.strip('_')})")
    for rule_class, rule in _SHAPES.items():
        if isinstance(node, rule_class):
            rule(node, mode)


def _fields(node: exp.Expr, mode: Mode) -> frozenset[str] | None:
    if isinstance(node, exp.If) and isinstance(node.parent, exp.Case):
        return frozenset({"this", "true"})
    if mode == "query":
        if type(node) in _QUERY:
            return _QUERY[type(node)]
        if type(node) in AGGREGATES.values() or type(node) in WINDOWS.values():
            return frozenset(node.arg_types)
    if mode != "plain" and type(node) in _MAPPING:
        return _MAPPING[type(node)]
    return _PLAIN.get(type(node))


def _why_not(node: exp.Expr, text: str, mode: Mode) -> str:
    name = written_name(node, text)
    for classes, sentence in _SENTENCES.items():
        if isinstance(node, classes) and not (mode == "query" and classes[0] in {exp.AggFunc, exp.Query}):
            return sentence.format(name=name)
    if any(f.name == name for f in FUNCTIONS):
        return f"`{name}` works in the mappings of sources only"
    if isinstance(node, exp.Func):
        known = known_names(mapping=mode != "plain") + (list(AGGREGATES) + list(WINDOWS) if mode == "query" else [])
        return f'there is no function "{name}" here.{did_you_mean(name, known)} The functions are listed in the manual'
    return f"`{name}` is not part of the expressions that Heedful reads"


def _check_call(node: exp.Expr, function: Function) -> None:
    for key, value in node.args.items():
        parts = value if isinstance(value, list) else [value]
        given = [part for part in parts if isinstance(part, exp.Expr)]
        kind = function.takes.get(key)
        if not given or kind is None:
            # sqlglot fills in defaults of its own, which are literals without a place in the text.
            if any("start" in part.meta or not isinstance(part, exp.Literal) for part in given):
                raise Fault(node, f"`{function.name}` takes other arguments: {function.signature}")
            continue
        for part in given:
            _check_argument(part, kind, function)
    missing = [k for k, required in node.arg_types.items() if required and k in function.takes and not node.args.get(k)]
    if missing:
        raise Fault(node, f"`{function.name}` takes more arguments: {function.signature}")


def _check_argument(part: exp.Expr, kind: str, function: Function) -> None:
    whole = int(part.name) if isinstance(part, exp.Literal) and not part.is_string and part.name.isdigit() else None
    match kind:
        case "count" if whole is None or not 1 <= whole <= 1_000_000:
            raise Fault(part, f"`{function.name}` takes a whole number from 1 here: {function.signature}")
        case "digits" if whole is None or not 0 <= whole <= 15:
            raise Fault(part, f"`{function.name}` takes a number of digits from 0 to 15 here: {function.signature}")
        case "constant" if not (part.is_string and part.name):
            raise Fault(part, f"`{function.name}` takes text between quotes here, not empty: {function.signature}")
        case "text constant" if not part.is_string:
            raise Fault(part, f"`{function.name}` takes text between quotes here: {function.signature}")
        case "unit" if part.name.lower() not in function.units:
            near = did_you_mean(part.name.lower(), function.units)
            raise Fault(part, f"`{function.name}` knows the units {', '.join(function.units)}.{near}".rstrip("."))
        case "pattern":
            _check_pattern(part)


def _check_pattern(part: exp.Expr) -> None:
    if not (isinstance(part, exp.Literal) and part.is_string):
        raise Fault(part, "a regular expression is written out, between quotes")
    try:
        part.set("this", portable(part.name))
    except ValueError as error:
        raise Fault(part, f"this regular expression {error}") from None


def _shape_is(node: exp.Expr, _mode: Mode) -> None:
    if not isinstance(node.expression, exp.Null | exp.Boolean):
        raise Fault(node, "`is` goes with null, true or false; compare with =")


def _shape_in(node: exp.Expr, mode: Mode) -> None:
    if mode == "query" and node.args.get("query"):
        return
    if not node.expressions:
        raise Fault(node, "`in` takes a list of values in brackets: in ('a', 'b')")
    for item in node.expressions:
        if isinstance(item, exp.Null):
            raise Fault(node, "null in a list makes every other answer unknown; write `or … is null`")
        if mode == "plain" and any(item.find_all(exp.Column, exp.Func)) and not isinstance(item, exp.Cast):
            raise Fault(item, "the list of `in` holds values that are written out; compare with = and or")


def _shape_like(node: exp.Expr, mode: Mode) -> None:
    pattern = node.expression
    if mode == "plain" and not pattern.is_string:
        raise Fault(pattern, "`like` takes a pattern between quotes; use contains(text, part) for another column")
    if mode == "plain" and "\\" in pattern.name:
        raise Fault(
            pattern, "a backslash in a pattern means different things to different engines; use contains(text, part)"
        )


def _shape_type(node: exp.Expr, mode: Mode) -> None:
    allowed = _PLAIN_TYPES if mode == "plain" else _MAPPING_TYPES
    if node.this not in allowed or node.args.get("nested"):
        written = node.sql("duckdb").lower()
        raise Fault(node, f"a value cannot be made a {written}; the types are {', '.join(_TYPES)}")
    if node.expressions and node.this != exp.DType.DECIMAL:
        raise Fault(node, f"the type {node.this.value.lower()} takes no numbers in brackets")


def _shape_interval(node: exp.Expr, _mode: Mode) -> None:
    amount, unit = node.this, node.args.get("unit")
    name = unit.name.upper().removesuffix("S") if isinstance(unit, exp.Var) else ""
    if not (isinstance(amount, exp.Literal) and re.fullmatch(r"\d{1,6}", amount.name)) or name not in _INTERVAL_UNITS:
        raise Fault(node, "an interval is a whole number and a unit: interval 2 day")


def _shape_zone(node: exp.Expr, _mode: Mode) -> None:
    zone = node.args["zone"]
    if not zone.is_string:
        raise Fault(zone, "a time zone is written between quotes: 'Europe/Riga'")
    if zone.name not in _zones():
        raise Fault(zone, f'there is no time zone "{zone.name}".{did_you_mean(zone.name, _zones())}'.rstrip("."))


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _shape_literal(node: exp.Expr, _mode: Mode) -> None:
    if node.is_string:
        return
    usual = re.fullmatch(r"\d{1,18}|\d{0,18}\.\d{0,18}|(\d+\.?\d*|\.\d+)e[+-]?\d{1,3}", node.name.lower())
    if not usual or node.name == "." or not math.isfinite(float(node.name)):
        raise Fault(node, "this number is written in a way that Heedful does not read, or is too large")


_SHAPES = {
    exp.Is: _shape_is,
    exp.In: _shape_in,
    exp.Like: _shape_like,
    exp.ILike: _shape_like,
    exp.Interval: _shape_interval,
    exp.AtTimeZone: _shape_zone,
    exp.Literal: _shape_literal,
}


def value_nodes(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes of an expression that have a value, operands before what is made of them."""
    for node in reversed(list(tree.walk(bfs=False))):
        part_of_other = isinstance(node, exp.Identifier | exp.DataType | exp.DataTypeParam | exp.Var | exp.JSONPathPart)
        branch = isinstance(node, exp.If) and isinstance(node.parent, exp.Case)
        detail = isinstance(node.parent, exp.Interval | exp.DataTypeParam) or node.arg_key in {"zone", "unit"}
        if not (part_of_other or branch or detail):
            yield node
