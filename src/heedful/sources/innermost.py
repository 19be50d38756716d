"""People's expressions as the innermost select of a mapping: each under a name of ours, which is all that others see.

Two things are watched here. A value that is not of its column's type is null to an expression, and a conversion that
people write (`paid::double`) could stop the whole pull; both become faults of the row in question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp

from heedful.sources.inputs import Input, Inputs, plain_name
from heedful.sources.relation import DELETED, NTH, ROW, Raw, Relation, unfit_reason
from heedful.sources.staging import identifier
from heedful.streams.schema import TEXT

_MAY_BE_NULL_ON_PURPOSE = (exp.Case, exp.If, exp.Coalesce, exp.TryCast)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that may be wrong with a row: SQL for whether it is, and for the value to show."""

    field: str
    reason: str
    test: str
    value: str


@dataclass(slots=True)
class Innermost:
    """The select, the faults that show in it, and the texts that stand for a column's typed value."""

    select: exp.Select
    faults: list[Fault] = field(default_factory=list)
    raws: dict[str, Raw] = field(default_factory=dict)


def slot(name: str) -> str:
    """The name under which the innermost select gives an expression on."""
    return f".in.{name}"


def innermost(inputs: Inputs, relation: Relation) -> Innermost:
    """The expressions of an entry over `relation`, of the rows that its condition takes."""
    view = exp.to_identifier(relation.view, quoted=True)
    built = Innermost(exp.select(_named(ROW), _named(NTH)).from_(view))
    named = _names([*([inputs.when] if inputs.when is not None else []), *(given.tree for given in inputs.given)])
    gone = sqlglot.parse_one(relation.deleted, dialect="duckdb")
    _give_on(built, gone, DELETED)
    if inputs.when is not None:
        # A row of which nobody can say whether it belongs here is a reject, not left out in silence.
        tests = _watch(built, relation, inputs.when_columns)
        tests += _watch_troubles(built, relation, inputs.when_columns, named)
        doubts = [sqlglot.parse_one(test, dialect="duckdb") for test in tests]
        when = _tried_everywhere(built, inputs.when.copy(), None)
        # What is gone is gone, whatever else is said of it.
        built.select.where(exp.or_(when, *doubts, gone.copy(), copy=False), copy=False)
    for given in inputs.given:
        if given.column not in inputs.entry.values:
            _watch_troubles(built, relation, given.columns, named)
        if (raw := _text_behind(given, relation)) is not None:
            built.raws[given.column] = raw
            tree: exp.Expr = _named(raw.column)
        else:
            _watch(built, relation, given.columns)
            tree = _tried_everywhere(built, given.tree.copy(), given.column)
        _give_on(built, tree, slot(given.column))
    return built


def _text_behind(given: Input, relation: Relation) -> Raw | None:
    """The text of a column that stands alone, where it says more than the typed value."""
    raw = relation.raws.get(given.name or "")
    if raw is None:
        return None
    if given.type == TEXT:
        return None if raw.type in ("BIGINT", "BOOLEAN") and not raw.unfit else raw
    return raw if raw.unfit else None


def _watch(built: Innermost, relation: Relation, columns: frozenset[str]) -> list[str]:
    """Faults for values that are not of the type of their column; SQL for whether there are any."""
    tests = []
    for name, raw in relation.raws.items():
        if raw.unfit and (name in columns or name.split(".")[0] in columns):
            path = ".".join(identifier(part) for part in name.split("."))
            test = f"({identifier(raw.column)} is not null and {path} is null)"
            tests.append(test)
            seen = slot(f"unfit.{name}")
            if all(fault.test != identifier(seen) for fault in built.faults):
                built.faults.append(Fault(name, unfit_reason(raw.type), identifier(seen), identifier(seen + ".text")))
                _give_on(built, sqlglot.parse_one(test, dialect="duckdb"), seen)
                _give_on(built, _named(raw.column), seen + ".text")
    return tests


def _watch_troubles(built: Innermost, relation: Relation, columns: frozenset[str], named: frozenset[str]) -> list[str]:
    """Faults for values that are not what they seem; SQL for whether there are any. `named` are excuses."""
    tests = []
    for name, trouble in relation.troubles.items():
        if (name in columns or name.split(".")[0] in columns) and trouble.excused_by not in named:
            tests.append(f"({identifier(trouble.stored)} is not null)")
            seen = identifier(slot(f"trouble.{name}"))
            if all(fault.value != seen for fault in built.faults):
                built.faults.append(Fault(name, trouble.reason, f"({seen} is not null)", seen))
                _give_on(built, _named(trouble.stored), slot(f"trouble.{name}"))
    return tests


def _names(trees: Iterable[exp.Expr]) -> frozenset[str]:
    """Every name and dotted name in `trees`."""
    nodes = (node for tree in trees for node in tree.find_all(exp.Column, exp.StructExtract))
    return frozenset(name for node in nodes if (name := plain_name(node)))


def _tried_everywhere(built: Innermost, tree: exp.Expr, column: str | None) -> exp.Expr:
    """`tree` with conversions that answer null where they fail, and a fault of `column` for each that does."""
    root = exp.paren(tree, copy=False)
    for node in list(root.find_all(exp.Cast, exp.StrToTime, exp.UnixToTime)):
        if isinstance(node, exp.UnixToTime):
            if node.args.get("scale") is not None:
                # DuckDB gives milliseconds since 1970 as a time without a zone, though they are an instant.
                node.replace(exp.AtTimeZone(this=node.copy(), zone=exp.Literal.string("UTC")))
            continue
        if isinstance(node, exp.TryCast) or isinstance(node.this, exp.Literal):
            continue
        tried = _tried(node)
        if column is not None and not node.find_ancestor(*_MAY_BE_NULL_ON_PURPOSE):
            before, after = slot(f"try.{len(built.faults)}"), slot(f"tried.{len(built.faults)}")
            test = f"({identifier(before)} is not null and {identifier(after)} is null)"
            built.faults.append(Fault(column, f"cannot become {_wanted(node)}", test, identifier(before)))
            _give_on(built, node.this.copy(), before)
            _give_on(built, tried.copy(), after)
        node.replace(tried)
    return root


def _tried(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.StrToTime):
        return exp.Anonymous(this="try_strptime", expressions=[node.this.copy(), node.args["format"].copy()])
    return exp.TryCast(this=node.this.copy(), to=node.args["to"].copy())


def _wanted(node: exp.Expr) -> str:
    return str(node.args["to"].sql("duckdb")).lower() if isinstance(node, exp.Cast) else "a time in that format"


def _give_on(built: Innermost, tree: exp.Expr, name: str) -> None:
    built.select.select(exp.alias_(tree, name, quoted=True), copy=False)


def _named(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))
