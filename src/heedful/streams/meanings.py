"""Types of expressions: what goes with what, and the rewrites that give every engine DuckDB's meaning.

DuckDB says what type each part has (`binding.py`). Here the parts are held against each other more strictly than DuckDB
does, because the engines convert differently: PostgreSQL refuses `text = 3`, ClickHouse cuts where the others round.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Literal

from sqlglot import exp

from heedful.streams.dialect_parts import cast
from heedful.streams.functions import Function
from heedful.streams.grammar import Fault

Family = Literal["boolean", "number", "text", "time", "date", "interval", "null", "other"]

_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|U?INTEGER")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_ORDERINGS = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between)
_KIND_WORDS = {
    "boolean": "true or false",
    "number": "a number",
    "text": "text",
    "time": "an instant",
    "date": "a date",
    "interval": "an interval",
    "null": "null",
    "other": "a value of another kind",
}


def family(type_: str) -> Family:  # noqa: PLR0911 - one answer a family
    """The family of a DuckDB type."""
    if type_ == "BOOLEAN":
        return "boolean"
    if _WHOLE.fullmatch(type_) or type_ in {"DOUBLE", "FLOAT"} or type_.startswith("DECIMAL"):
        return "number"
    if type_ == "VARCHAR":
        return "text"
    if type_ == "DATE":
        return "date"
    if type_.startswith("TIMESTAMP"):
        return "time"
    if type_ == "INTERVAL":
        return "interval"
    return "null" if type_.strip('"') == "NULL" else "other"


class Meanings:
    """Checks one node after the other, operands first, and rewrites where engines would differ.

    It has to `learn` the types first; rewrites enter those of what they put in a node's place.
    """

    def __init__(self) -> None:
        # Nodes equal each other by content, so they are kept by identity, and alive so that no id comes twice.
        self._types: dict[int, tuple[exp.Expr, str]] = {}

    def learn(self, nodes: Iterable[exp.Expr], types: Iterable[str]) -> None:
        """Take DuckDB's types of `nodes`."""
        self._types |= {id(node): (node, type_) for node, type_ in zip(nodes, types, strict=True)}

    def explain(self, node: exp.Expr, function: Function | None) -> None:
        """Raise the `Fault` that says better than DuckDB why `node` does not fit, if there is one."""
        self.learn([node], ["UNKNOWN"])
        self.read(node, function)

    def known(self, node: exp.Expr) -> None:
        """Raise `Fault` where `node` is nothing but null."""
        if self.family(node) == "null":
            raise Fault(node, "null alone says nothing")

    def type(self, node: exp.Expr) -> str:
        """DuckDB's type of `node`."""
        return self._types[id(node)][1]

    def family(self, node: exp.Expr) -> Family:
        """The family of the type of `node`."""
        return family(self.type(node))

    def read(self, node: exp.Expr, function: Function | None) -> exp.Expr:
        """`node` as it should stand. Raises `Fault`."""
        if isinstance(node, _COMPARISONS):
            self._compared(node, [node.this, node.expression])
        elif isinstance(node, exp.In):
            self._compared(node, [node.this, *node.expressions])
        elif isinstance(node, exp.Between):
            self._compared(node, [node.this, node.args["low"], node.args["high"]])
        elif isinstance(node, exp.And | exp.Or | exp.Not):
            self._conditions([node.args[k] for k in ("this", "expression") if node.args.get(k)])
        elif isinstance(node, exp.Case):
            self._case(node)
        elif isinstance(node, exp.Cast):
            return self._cast(node)
        elif isinstance(node, exp.Add | exp.Sub):
            return self._sum(node)
        elif function is not None:
            return self._call(node, function)
        else:
            self._simple(node)
        return node

    def condition(self, node: exp.Expr) -> None:
        """Raise `Fault` unless `node` is true or false."""
        self._conditions([node])

    def _simple(self, node: exp.Expr) -> None:
        match node:
            case exp.Mul() | exp.Div() | exp.Mod():
                self._all(node, "number", [node.this, node.expression])
            case exp.Neg():
                self._all(node, "number", [node.this])
            case exp.Like() | exp.ILike():
                self._all(node, "text", [node.this])
            case exp.DPipe():
                self._all(
                    node, "text", [node.this, node.expression], hint="; write ::varchar after a whole number or a date"
                )
            case exp.Is() if isinstance(node.expression, exp.Boolean):
                self._conditions([node.this])
            case exp.AtTimeZone():
                self._zone(node)
        if isinstance(node, exp.Mod) and not all(_WHOLE.fullmatch(self.type(x)) for x in (node.this, node.expression)):
            raise Fault(node, "`%` takes whole numbers; write a - b * floor(a / b)")

    def _zone(self, node: exp.Expr) -> None:
        # A local time that is computed cannot be told from an instant on every engine.
        inner = node.this.unnest()
        written_out = isinstance(inner, exp.Cast) and isinstance(inner.this, exp.Literal)
        if self.type(node.this) != "TIMESTAMP WITH TIME ZONE" and not written_out:
            raise Fault(node, "`at time zone` takes an instant, such as occurred_at, or a time that is written out")

    def _all(self, node: exp.Expr, wanted: Family, operands: Iterable[exp.Expr], hint: str = "") -> None:
        for operand in operands:
            found = self.family(operand)
            if found != wanted:
                word = "`||`" if isinstance(node, exp.DPipe) else f"`{_written(node)}`"
                raise Fault(operand, f"{word} takes {_KIND_WORDS[wanted]}, and this is {_KIND_WORDS[found]}{hint}")

    def _conditions(self, operands: Iterable[exp.Expr]) -> None:
        for operand in operands:
            found = self.family(operand)
            if found != "boolean":
                hint = "; compare it, as in `score >= 9`" if found == "number" else ""
                raise Fault(operand, f"a condition is true or false, and this is {_KIND_WORDS[found]}{hint}")

    def _compared(self, node: exp.Expr, operands: list[exp.Expr]) -> None:
        if any(self.family(o) == "null" for o in operands):
            raise Fault(node, "nothing equals null; write `is null` or `is not null`")
        if any(self.family(o) in {"interval", "other"} for o in operands):
            raise Fault(node, "values of this kind cannot be compared on every engine")
        families = {self.family(o) for o in operands}
        self._alike(node, operands)
        if families == {"boolean"} and isinstance(node, _ORDERINGS):
            raise Fault(node, "true and false have no order")
        if families == {"text"} and isinstance(node, _ORDERINGS):
            node.meta["text"] = True

    def _alike(self, node: exp.Expr, operands: list[exp.Expr]) -> None:
        """Bring operands to one family, or raise."""
        known = [o for o in operands if self.family(o) != "null"]
        families = {self.family(o) for o in known}
        times = families & {"time", "date"}
        if times and families <= {"time", "date", "text"}:
            target: Literal["time", "date"] = "time" if "time" in times else "date"
            for operand in known:
                self._to_time(operand, target)
            return
        if len(families) > 1:
            first = known[0]
            other = next(o for o in known if self.family(o) != self.family(first))
            raise Fault(
                other,
                f"{_KIND_WORDS[self.family(first)]} stands beside {_KIND_WORDS[self.family(other)]}; both sides "
                "have to be of one kind",
            )
        if families == {"number"}:
            self._one_kind_of_number(node, known)

    def _to_time(self, operand: exp.Expr, target: Literal["time", "date"]) -> None:
        found = self.family(operand)
        if found == "text":
            if not isinstance(operand, exp.Literal):
                raise Fault(
                    operand, "text stands beside a time; only a time that is written out can be compared with one"
                )
            self._put(
                operand, time_literal(operand, target), "TIMESTAMP WITH TIME ZONE" if target == "time" else "DATE"
            )
        elif found == "date" and target == "time":
            self._put(operand, cast(operand, "timestamp"), "TIMESTAMP")

    def _one_kind_of_number(self, node: exp.Expr, operands: list[exp.Expr]) -> None:
        # ClickHouse finds no common type for doubles and others; comparisons of two do without.
        if not any(self.type(o) in {"DOUBLE", "FLOAT"} for o in operands) or isinstance(
            node, (*_COMPARISONS, exp.Nullif)
        ):
            return
        for operand in operands:
            if self.type(operand) not in {"DOUBLE", "FLOAT"} and not _is_number_literal(operand):
                self._put(operand, cast(operand, "double"), "DOUBLE")

    def _put(self, old: exp.Expr, new: exp.Expr, type_: str) -> None:
        old.replace(new)
        self._types[id(new)] = (new, type_)

    def _case(self, node: exp.Case) -> None:
        branches = node.args["ifs"]
        if node.this is None:
            self._conditions([b.this for b in branches])
        else:
            self._compared(node, [node.this, *(b.this for b in branches)])
        default = node.args.get("default")
        self._results(node, [*(b.args["true"] for b in branches), *([default] if default else [])])

    def _results(self, node: exp.Expr, results: list[exp.Expr]) -> None:
        if all(self.family(r) == "null" for r in results):
            raise Fault(node, "all of its results are null; one of them has to be a value")
        self._alike_results(node, results)

    def _alike_results(self, node: exp.Expr, results: list[exp.Expr]) -> None:
        for result in results:
            if self.family(result) == "text" and any(self.family(r) in {"time", "date"} for r in results):
                raise Fault(
                    result, "text stands beside a time; write date '2026-01-31' or timestamp '2026-01-31 09:30:00'"
                )
        self._alike(node, results)
        if self.type(node).startswith("DECIMAL") and not isinstance(node, exp.Nullif):
            # ClickHouse has no `if` over decimals of different scales.
            for result in results:
                if self.family(result) == "number" and self.type(result) != self.type(node):
                    self._put(result, cast(result, self.type(node)), self.type(node))

    def _call(self, node: exp.Expr, function: Function) -> exp.Expr:
        same: list[exp.Expr] = []
        for key, kind in function.takes.items():
            value = node.args.get(key)
            given = value if isinstance(value, list) else [value] if isinstance(value, exp.Expr) else []
            for part in given:
                if kind == "any":
                    same.append(part)
                else:
                    self._argument(part, kind, function)
        if function.name in {"greatest", "least"} and any(self.family(s) in {"text", "boolean"} for s in same):
            raise Fault(node, f"`{function.name}` takes numbers or times: {function.signature}")
        if function.name == "nullif" and any(self.family(s) == "null" for s in same):
            raise Fault(node, "nothing equals null, so this nullif does nothing")
        if same:
            self._results(node, same)
        if isinstance(node, exp.Round | exp.Floor | exp.Ceil) and _WHOLE.fullmatch(self.type(node.this)):
            # A whole number stays what it is; the engines differ only in whether it becomes a double by it.
            whole = node.this.copy() if isinstance(node, exp.Round) else cast(node.this, "double")
            return self._instead(node, exp.Paren(this=whole))
        if isinstance(node, exp.Round) and self.type(node.this).startswith("DECIMAL"):
            node.meta["decimal"] = True
        return node

    def _argument(self, part: exp.Expr, kind: str, function: Function) -> None:
        wanted: dict[str, tuple[Family, ...]] = {
            "number": ("number",),
            "text": ("text",),
            "time": ("time", "date"),
            "instant": ("time",),
            "truth": ("boolean",),
        }
        if kind in wanted and self.family(part) not in wanted[kind]:
            words = " or ".join(_KIND_WORDS[f] for f in wanted[kind])
            raise Fault(
                part,
                f"`{function.name}` takes {words}, and this is {_KIND_WORDS[self.family(part)]}: {function.signature}",
            )

    def _sum(self, node: exp.Expr) -> exp.Expr:
        left, right = node.this, node.expression
        pair = (self.family(left), self.family(right))
        if pair == ("number", "number"):
            return node
        if pair[1] == "interval" and pair[0] in {"time", "date"}:
            if pair[0] == "date":
                self._put(left, cast(left, "timestamp"), "TIMESTAMP")
            return node
        if isinstance(node, exp.Sub) and pair == ("date", "date"):
            days = exp.DateDiff(this=left.copy(), expression=right.copy(), unit=exp.var("DAY"), date_part_boundary=True)
            return self._instead(node, days)
        if isinstance(node, exp.Sub) and set(pair) <= {"time", "date"}:
            raise Fault(node, "two times cannot be subtracted on every engine; write date_diff('hour', from, to), or "
                              "epoch(to) - epoch(from) for seconds")  # fmt: skip
        if pair[0] in {"time", "date"} and pair[1] == "number":
            raise Fault(right, "say what is added to a time: interval 2 day")
        self._all(node, "number", [left, right])
        return node

    def _instead(self, node: exp.Expr, new: exp.Expr) -> exp.Expr:
        self._types[id(new)] = (new, self.type(node))
        return new

    def _cast(self, node: exp.Cast) -> exp.Expr:
        target, source, inner = node.to.this, self.family(node.this), node.this
        if isinstance(inner, exp.Literal) and inner.is_string:
            return self._cast_of_text(node, inner)
        if isinstance(inner, exp.Literal) and target == exp.DType.DOUBLE:
            return node
        allowed: dict[exp.DType, tuple[Family, ...]] = {
            exp.DType.DATE: ("time", "date"),
            exp.DType.TIMESTAMPNTZ: ("time", "date"),
            exp.DType.TIMESTAMPTZ: ("time", "date"),
            exp.DType.DOUBLE: ("number",),
            exp.DType.DECIMAL: ("number",),
            exp.DType.BIGINT: ("number",),
            exp.DType.INT: ("number",),
            exp.DType.BOOLEAN: ("boolean",),
        }
        if source not in allowed.get(target, ("text", "number", "date", "boolean")):
            hint = "; convert text in the mapping of its source" if source == "text" else ""
            raise Fault(node, f"{_KIND_WORDS[source]} cannot be made a {_type_name(node)} here{hint}")
        if (
            target in {exp.DType.VARCHAR, exp.DType.TEXT}
            and source == "number"
            and not _WHOLE.fullmatch(self.type(inner))
        ):
            raise Fault(node, "a number with a fraction reads differently on different engines; only whole numbers, "
                              "dates and true or false can be made text")  # fmt: skip
        if target in {exp.DType.BIGINT, exp.DType.INT}:
            node.set("to", exp.DataType.build("bigint"))
            self._rounded(node, 0)
        if target == exp.DType.DECIMAL:
            self._cast_to_decimal(node)
        return node

    def _cast_to_decimal(self, node: exp.Cast) -> None:
        scale = int(node.to.expressions[1].this.name) if len(node.to.expressions) > 1 else 0
        found = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", self.type(node.this))
        if isinstance(node.this, exp.Literal):
            if len(node.this.name.partition(".")[2]) > scale:
                raise Fault(node, "this number has more digits than its type")
            node.set("this", exp.Literal.string(node.this.name))
        elif found and int(found[2]) > scale:
            self._rounded(node, scale)
        elif self.type(node.this) in {"DOUBLE", "FLOAT"}:
            raise Fault(node, "a double cannot be made a decimal on every engine alike; write round(…, 2)")

    def _rounded(self, node: exp.Cast, digits: int) -> None:
        # Each engine has its own idea of what becomes of 2.5 in a cast.
        if isinstance(node.this, exp.Literal) and not node.this.name.isdigit():
            raise Fault(node, "write the whole number itself")
        if _WHOLE.fullmatch(self.type(node.this)):
            return
        node.meta["rounded"] = True
        inner = exp.Round(this=node.this.copy(), **({"decimals": exp.Literal.number(digits)} if digits else {}))
        inner.meta["decimal"] = self.type(node.this).startswith("DECIMAL")
        self._put(node.this, inner, self.type(node.this))

    def _cast_of_text(self, node: exp.Cast, literal: exp.Literal) -> exp.Expr:
        match node.to.this:
            case exp.DType.DATE:
                return self._instead(node, time_literal(literal, "date"))
            case exp.DType.TIMESTAMPNTZ:
                return self._instead(node, time_literal(literal, "local"))
            case exp.DType.TIMESTAMPTZ:
                return self._instead(node, time_literal(literal, "time"))
            case exp.DType.VARCHAR | exp.DType.TEXT:
                return node
        raise Fault(node, f"write the {_type_name(node)} itself, without quotes")


def time_literal(literal: exp.Expr, target: Literal["time", "date", "local"]) -> exp.Expr:
    """A date or time that is written out as a typed literal that every engine reads alike. Raises `Fault`."""
    text = literal.name
    example = "2026-01-31" if target == "date" else "2026-01-31 09:30:00"
    plain = re.fullmatch(r"(\d{4}-\d\d-\d\d)([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)? ?(Z|[+-]\d\d(:?\d\d)?)?", text)
    try:
        if plain is None:
            raise ValueError  # noqa: TRY301 - the same fault as a month of 13
        day = date.fromisoformat(plain[1])
        moment = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-") if plain[2] else plain[1])
    except ValueError:
        raise Fault(literal, f"'{text}' is not a {'date' if target == 'date' else 'time'}; write '{example}'") from None
    if not 1900 <= moment.year <= 2261:
        raise Fault(literal, "the years from 1900 to 2261 are the ones that every engine can hold")
    if target == "date":
        if plain[2]:
            raise Fault(literal, f"'{text}' is a time, where a date is meant; write '{plain[1]}'")
        return cast(exp.Literal.string(day.isoformat()), "date")
    if target == "local" and moment.tzinfo is None:
        return cast(exp.Literal.string(f"{moment:%Y-%m-%d %H:%M:%S.%f}"), "timestamp")
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return cast(exp.Literal.string(f"{moment:%Y-%m-%d %H:%M:%S.%f}+00"), "timestamptz")


def _is_number_literal(node: exp.Expr) -> bool:
    return isinstance(node.this if isinstance(node, exp.Neg) else node, exp.Literal)


def _written(node: exp.Expr) -> str:
    signs: dict[type[exp.Expr], str] = {
        exp.Add: "+",
        exp.Sub: "-",
        exp.Mul: "*",
        exp.Div: "/",
        exp.Mod: "%",
        exp.Neg: "-",
    }
    return signs.get(type(node), node.key)


def _type_name(node: exp.Cast) -> str:
    return str(node.to.sql("duckdb")).lower()
