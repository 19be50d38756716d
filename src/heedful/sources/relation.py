"""What expressions see: the one file of a source, or what its query makes of several, as a view with types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from heedful.errors import DefinitionError, SourceError, did_you_mean
from heedful.sources.column_types import Decimal, RawColumn, Trouble, TypedColumn, typed_columns
from heedful.sources.definition import Source, chosen
from heedful.sources.files import first_line
from heedful.sources.staged import StagedFile
from heedful.sources.staging import Staging, identifier, literal
from heedful.streams.expressions import parse_query
from heedful.streams.functions import FUNCTIONS
from heedful.streams.schema import TEXT

ROW = ".row"
"""A hidden column: the number of the record, from 0. No name in an expression begins with a dot."""
NTH = ".nth"
"""A hidden column: which of the rows that `for_each` makes of a record; 0 without it."""
DELETED = ".deleted"
"""A hidden column of mapped rows: whether the row says that it is gone."""

_TEXT_FUNCTIONS = tuple({f.node for f in FUNCTIONS if f.group == "text" and f.node is not exp.Anonymous})
_NUMBERS = ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "DOUBLE", "FLOAT", "UBIGINT", "UINTEGER")
_SAME_AS: Mapping[str, str] = {
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP",
    "UUID": "VARCHAR",
    "HUGEINT": "DOUBLE",
    "UHUGEINT": "DOUBLE",
}


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Raw:
    """The text behind a typed column: the hidden column that holds it, and how its numbers are written."""

    column: str
    type: str
    unfit: bool
    decimal: Decimal | None


@dataclass(frozen=True, slots=True)
class Relation:
    """A view of rows. `columns` are those that expressions may name, `raws` the text behind some of them.

    `file` is the file whose records the rows are; None where a query gathers them so that no record is theirs.
    `troubles` are values that no expression may take for what they seem, by column. `deleted` is SQL for whether a row
    says that it is gone.
    """

    view: str
    columns: Mapping[str, str]
    raws: Mapping[str, Raw]
    file: StagedFile | None
    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    deleted: str = "false"


@dataclass(frozen=True, slots=True)
class Unfit:
    """Records that a query leaves out: their value in `field` is not of the type of that column. `where` is SQL."""

    file: StagedFile
    field: str
    reason: str
    value: str
    where: str


def one_file(staging: Staging, source: Source, file: StagedFile) -> Relation:
    """The only file of a source, each record a row."""
    used = _used(source)
    typed = _typed(staging, file, used, _keep_text(source))
    raws, troubles, hidden = dict[str, Raw](), dict[str, Trouble](), list[str]()
    for place, column in enumerate(typed):
        if (trouble := column.raw.trouble) is not None:
            name = f".trouble.{place}"
            troubles[column.raw.name] = replace(trouble, stored=name)
            hidden.append(f"{identifier(trouble.stored)} as {identifier(name)}")
        if column.raw.infer != "no":
            name = f".raw.{place}"
            raws[column.raw.name] = Raw(name, column.type, column.unfit, column.decimal)
            hidden.append(f"{identifier(column.raw.stored)} as {identifier(name)}")
    rows = [f"file_row_number as {identifier(ROW)}", f"0 as {identifier(NTH)}"]
    _create_view(staging, ".rows", file, typed, [*rows, *hidden])
    return Relation(".rows", _visible(staging, ".rows"), raws, file, troubles)


def queried(staging: Staging, source: Source, files: Sequence[StagedFile]) -> tuple[Relation, list[Unfit]]:
    """The rows that the query makes of the files, and the records that it had to leave out.

    Raises `ExpressionError` for a query that is not allowed, `SourceError` for one that fails on this data.
    """
    used, keep_text = _used(source), _keep_text(source)
    unfit: list[Unfit] = []
    typed = {file.name: _typed(staging, file, used, keep_text) for file in files}
    _agree(typed, keep_text)
    for file in files:
        looked_at = [c for c in typed[file.name] if c.raw.name.lower() in used.names]
        wrong = [_unfit(file, c) for c in looked_at if c.unfit] + _troubled(file, looked_at, used.names)
        unfit += wrong
        where = f"not coalesce({' or '.join(w.where for w in wrong)}, false)" if wrong else "true"
        _create_view(staging, file.name, file, typed[file.name], where=where)
        rows = [f"file_row_number as {identifier(ROW)}"]
        _create_view(staging, f".{file.name}", file, typed[file.name], rows, where=where)
    tables = {file.name: _visible(staging, file.name) for file in files}
    tree = parse_query(source.definition.query or "", tables).tree.copy()
    traced = _trace(tree, {file.name: file for file in files})
    target = staging.folder / ".query.parquet"
    try:
        staging.execute(f"copy ({tree.sql('duckdb')}) to {literal(str(target))} (format parquet, compression lz4)")
    except duckdb.Error as error:
        raise SourceError(_failed(error), path=source.path, line=source.document.problem(["query"], "").line) from None
    read = f"read_parquet({literal(str(target))}, file_row_number = true)"
    row = identifier(ROW) if traced else f"file_row_number as {identifier(ROW)}"
    exclude = f"exclude (file_row_number{', ' + identifier(ROW) if traced else ''})"
    staging.execute(f'create view ".rows" as select * {exclude}, {row}, 0 as {identifier(NTH)} from {read}')
    return Relation(".rows", _visible(staging, ".rows"), {}, traced), unfit


def leading(source: Source) -> str | None:
    """The file or query whose records the rows are: the only one, or the first of a query that gathers none of them."""
    names = {name: name for name in source.definition.relations}
    if source.definition.query is None:
        return next(iter(names))
    tree = _parsed(source.definition.query)
    return _trace(tree, names) if isinstance(tree, exp.Expression) else None


def marked(source: Source, relation: Relation) -> Relation:
    """`relation`, whose rows know whether they are gone. Raises `DefinitionError` where the column is not there."""
    deleted = source.definition.sql.deleted if source.definition.sql else None
    if deleted is None or deleted.column is None:
        return relation
    found = next((name for name in relation.columns if name.lower() == deleted.column.lower()), None)
    if found is None:
        said = f'no column is called "{deleted.column}".{did_you_mean(deleted.column, relation.columns)}'
        if source.definition.query is not None:
            said += " The `query:` has to select it too."
        raise DefinitionError([source.document.problem(["sql", "deleted", "column"], said)])
    return replace(relation, deleted=flag(found, relation.columns[found]))


def flag(column: str, type_: str) -> str:
    """SQL for whether a column that marks what is gone is set: true, not 0, a time, or a word other than no."""
    x = identifier(column)
    if type_ == "BOOLEAN":
        return f"coalesce({x}, false)"
    if type_ in _NUMBERS or type_.startswith("DECIMAL"):
        return f"coalesce({x} <> 0, false)"
    if type_ == "VARCHAR":
        return f"coalesce(lower(trim({x})) not in ('', 'false', 'f', 'no', 'n', '0'), false)"
    return f"{x} is not null"


def unfit_reason(type_: str) -> str:
    """Why a value was rejected that is not of the column's type."""
    words = {"BIGINT": "a whole number", "DOUBLE": "a number", "BOOLEAN": "true or false", "DATE": "a date"}
    return f"is not {words.get(type_, 'a time')}, as the rest of its column is"


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that a source's expressions and its query mention; `star` where the query takes all columns.

    `spread` are the names and patterns of columns that `for_each` makes rows of.
    """

    names: frozenset[str]
    star: bool
    spread: tuple[str, ...]


def trees(source: Source) -> Iterator[exp.Expr]:
    """The expressions of a source, parsed for their names alone; those that do not parse are left out."""
    for entry in source.definition.rows:
        for text in (entry.when, *entry.expressions.values()):
            if isinstance(text, str) and (tree := _parsed(text)) is not None:
                yield tree


def _used(source: Source) -> _Names:
    query = _parsed(source.definition.query or "")
    spread = tuple(name for entry in source.definition.rows if entry.for_each for name in entry.for_each.names)
    outer = _column_names(trees(source))
    if query is None:
        return _Names(outer, star=False, spread=spread)
    # What an expression names may come from any file; an output that the query computes is none of theirs.
    return _Names(outer | _column_names([query]), any(query.find_all(exp.Star)), spread)


def _column_names(found: Iterable[exp.Expr]) -> frozenset[str]:
    """Every name and dotted name that `found` mentions, in small letters, since DuckDB does not tell them apart."""
    names = set()
    for tree in found:
        for column in tree.find_all(exp.Column, exp.Dot):
            parts = [part.name for part in getattr(column, "parts", [])]
            names.update(parts)
            names.add(".".join(parts))
    return frozenset(name.lower() for name in names)


def _keep_text(source: Source) -> frozenset[str]:
    """Columns that are used as text, or that join files: they must keep how they are written."""
    names: set[str] = set()
    for tree in trees(source):
        names.update(_column_names(tree.find_all(exp.DPipe, *_TEXT_FUNCTIONS)))
        names.update(_column_names(node for node in tree.find_all(exp.EQ, exp.NEQ, exp.In) if _has_text(node)))
    for entry in source.definition.rows:
        for name, text in entry.expressions.items():
            declared = entry.table.columns.get(name)
            takes_text = declared is None or declared.type == TEXT
            if isinstance(text, str) and takes_text and isinstance(alone := _parsed(text), exp.Column):
                names.update(_column_names([alone]))
    query = _parsed(source.definition.query or "")
    for join in query.find_all(exp.Join) if query is not None else ():
        names.update(column.name.lower() for column in join.args.get("using") or [])
        if on := join.args.get("on"):
            names.update(_column_names([on]))
    return frozenset(names)


def _has_text(node: exp.Expr) -> bool:
    """Whether a comparison is with a text in quotes."""
    return any(isinstance(part, exp.Literal) and part.is_string for part in node.iter_expressions())


def _parsed(text: str) -> exp.Expr | None:
    try:
        return sqlglot.parse_one(text, dialect="duckdb") if text.strip() else None
    except SqlglotError:
        return None


def _typed(staging: Staging, file: StagedFile, used: _Names, keep_text: frozenset[str]) -> list[TypedColumn]:
    """The columns of a file; only those used are looked at, the others stay text."""
    spread = frozenset(chosen(used.spread, [c.name for c in file.columns]))

    def is_used(name: str) -> bool:
        if used.star or name in spread:
            return True
        name = name.lower()
        first, last = name.split(".", maxsplit=1)[0], name.rsplit(".", maxsplit=1)[-1]
        return not used.names.isdisjoint((name, first, last))

    if "each.value" in keep_text:
        keep_text |= {name.lower() for name in spread}
    looked = [c for c in file.columns if c.infer != "no" and is_used(c.name)]
    found = {
        column.raw.stored: column
        for column in typed_columns(staging, file.parquet, looked, file.spec, keep_text=keep_text)
    }
    return [found.get(c.stored) or _as_it_is(c) for c in file.columns]


def _agree(typed: Mapping[str, list[TypedColumn]], keep_text: frozenset[str]) -> None:
    """Let a column that joins files be text in all of them if its values are no whole numbers in one."""
    named: dict[str, list[TypedColumn]] = {}
    for column in (column for columns in typed.values() for column in columns):
        named.setdefault(column.raw.name.lower(), []).append(column)
    mixed = {n for n, columns in named.items() if n in keep_text and len({c.type for c in columns}) > 1}
    for columns in typed.values():
        columns[:] = [_as_it_is(c.raw) if c.raw.name.lower() in mixed and c.raw.infer != "no" else c for c in columns]


def _as_it_is(column: RawColumn) -> TypedColumn:
    kind = column.fits or _SAME_AS.get(column.type, "VARCHAR" if column.type.startswith("ENUM") else column.type)
    stored = identifier(column.stored)
    return TypedColumn(column, kind, stored if kind == column.type else f"cast({stored} as {kind})")


def _create_view(
    staging: Staging,
    name: str,
    file: StagedFile,
    typed: Sequence[TypedColumn],
    more: Sequence[str] = (),
    *,
    where: str = "true",
) -> None:
    tree: dict[str, Any] = {}
    for column in typed:
        inner = tree
        for step in column.raw.path[:-1]:
            inner = inner.setdefault(step, {})
        inner[column.raw.path[-1]] = column.value
    columns = [f"{_packed(value)} as {identifier(step)}" for step, value in tree.items()]
    read = f"read_parquet({literal(str(file.parquet))}, file_row_number = true)"
    selected = ", ".join([*columns, *more]) or "1 as empty"
    staging.execute(f"create view {identifier(name)} as select {selected} from {read} where {where}")


def _packed(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "struct_pack(" + ", ".join(f"{identifier(k)} := {_packed(v)}" for k, v in value.items()) + ")"


def _visible(staging: Staging, view: str) -> dict[str, str]:
    columns = staging.columns(f"select * from {identifier(view)}")
    return {name: kind for name, kind in columns.items() if not name.startswith(".")}


def _unfit(file: StagedFile, column: TypedColumn) -> Unfit:
    stored = identifier(column.raw.stored)
    where = f"({stored} is not null and {column.value} is null)"
    return Unfit(file, column.raw.name, unfit_reason(column.type), stored, where)


def _troubled(file: StagedFile, columns: Iterable[TypedColumn], names: frozenset[str]) -> list[Unfit]:
    """Records that the query leaves out since it reads a value that is not what it seems."""
    found = []
    for column in columns:
        trouble = column.raw.trouble
        if trouble is not None and (trouble.excused_by or "").lower() not in names:
            stored = identifier(trouble.stored)
            found.append(Unfit(file, column.raw.name, trouble.reason, stored, f"({stored} is not null)"))
    return found


def _trace(tree: exp.Expression, files: Mapping[str, T]) -> T | None:
    """Make the rows of a plain query carry the number of the record of its first file; that file, or None."""
    if not isinstance(tree, exp.Select) or tree.args.get("group") or tree.args.get("distinct"):
        return None
    table = from_.this if (from_ := tree.args.get("from_") or tree.args.get("from")) else None
    shadowed = {cte.alias for cte in tree.ctes}
    if not isinstance(table, exp.Table) or table.name not in files or table.name in shadowed:
        return None
    if any(not isinstance(a.parent, exp.Window) for p in tree.expressions for a in p.find_all(exp.AggFunc)):
        return None
    name, alias = table.name, table.alias_or_name
    table.set("this", exp.to_identifier(f".{name}", quoted=True))
    table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    if not any(_is_star(projection, alias) for projection in tree.expressions):
        tree.select(exp.column(exp.to_identifier(ROW, quoted=True), table=alias), copy=False)
    return files[name]


def _is_star(projection: exp.Expression, alias: str) -> bool:
    if isinstance(projection, exp.Star):
        return True
    return isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star) and projection.table == alias


def _failed(error: duckdb.Error) -> str:
    said = first_line(error)
    if isinstance(error, duckdb.ConversionException):
        said += ". Where a value may not fit, write try_cast(… as …), which leaves it null"
    return f"the query failed on this data: {said}."
