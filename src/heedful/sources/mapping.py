"""A `rows` entry as one query: from the rows read to rows of a table, each with what is wrong with it.

The query is one tree. People's expressions are nodes of its innermost select, which gives them names; everything
around it is ours and sees nothing but those names. Its columns are those of the table that the entry fills, and

- `.row`: the record that the row comes from;
- `.fault`: 0, or the number of the first thing that is wrong with it, from 1;
- `.value`: the value at fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb
import sqlglot
from sqlglot import exp

from heedful.errors import DefinitionError, Problem
from heedful.sources.conversion import Conversion, DoesNotConvertError, Setting, as_text, convert, family, takes_times
from heedful.sources.definition import OTHERWISE, Scalar, Source
from heedful.sources.files import first_line
from heedful.sources.inputs import Input, Inputs, constant
from heedful.sources.relation import ROW, Raw, Relation, unfit_reason
from heedful.sources.settings import PullSettings
from heedful.sources.staging import Staging, identifier, literal, quoted_list
from heedful.sources.times import Asking, TextTimes, detected, stated
from heedful.streams.schema import MONEY, TEXT

SCALE_BOUNDS: Mapping[str, tuple[float, float]] = {
    "nps": (0, 10),
    "csat": (1, 5),
    "ces": (1, 7),
    "rating": (1, 5),
    "yes_no": (0, 1),
}
"""The lowest and the highest answer of each scale, where a source does not state its own."""

_INPUTS = "inputs_of_this_entry"
_MAY_FAIL_QUIETLY = (exp.Case, exp.If, exp.Coalesce, exp.TryCast)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that may be wrong with a row: SQL for when it is, and for the value to show."""

    field: str
    reason: str
    test: str
    value: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """The query of an entry. `faults` are numbered from 1; `notes` say what was found out on the way."""

    index: int
    table: str
    columns: tuple[str, ...]
    tree: exp.Expression
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]


def compose(staging: Staging, source: Source, inputs: Inputs, relation: Relation, settings: PullSettings) -> Mapped:
    """The query of one entry over `relation`.

    Raises `DefinitionError` for expressions whose type cannot become the column's, `SourceError` for dates that could
    be read in two ways.
    """
    return _Composer(staging, source, inputs, relation, settings).compose()


@dataclass
class _Composer:
    staging: Staging
    source: Source
    inputs: Inputs
    relation: Relation
    settings: PullSettings
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    raws: dict[str, Raw] = field(default_factory=dict)

    def compose(self) -> Mapped:
        table = self.inputs.entry.table
        innermost = self._innermost()
        types = self._types(innermost)
        view = f"({innermost.sql('duckdb')})"
        converted = {
            given.column: self._converted(given, types[_slot(given.column)], view) for given in self.inputs.given
        }
        if self.problems:
            raise DefinitionError(self.problems)
        filled = self._with_defaults(converted)
        self._check_table(filled)
        columns = tuple(name for name in table.arrow_schema(self.settings.attributes).names if name in filled)
        outer = self._outer(columns, converted, filled)
        for node in outer.find_all(exp.Table):
            if node.name == _INPUTS:
                node.replace(innermost.subquery(_INPUTS))
        return Mapped(
            self.inputs.index, table.name, columns, outer, tuple(self.faults), tuple(dict.fromkeys(self.notes))
        )

    def _innermost(self) -> exp.Select:
        """The select that holds people's expressions, under names of ours."""
        row = exp.column(exp.to_identifier(ROW, quoted=True))
        select = exp.select(row).from_(exp.to_identifier(self.relation.view, quoted=True))
        where: exp.Expression | None = None
        if self.inputs.when is not None:
            tree = self._guarded(self.inputs.when.copy(), "when", select)
            # A row of which nobody can say whether it belongs here is a reject, not left out in silence.
            doubts = [
                sqlglot.parse_one(f.test, dialect="duckdb") for f in self._unfit(self.inputs.when_columns, select)
            ]
            where = exp.or_(tree, *doubts, copy=False)
        for given in self.inputs.given:
            if (raw := self._raw_of(given)) is not None:
                tree = exp.column(exp.to_identifier(raw.column, quoted=True))
                self.raws[given.column] = raw
            else:
                tree = self._guarded(given.tree.copy(), given.column, select)
                self._unfit(given.columns, select)
            select.select(exp.alias_(tree, _slot(given.column), quoted=True), copy=False)
        return select.where(where, copy=False) if where is not None else select

    def _raw_of(self, given: Input) -> Raw | None:
        """The text behind a column that stands alone, where it says more than the typed value."""
        raw = self.relation.raws.get(given.name or "")
        if raw is None:
            return None
        if given.type == TEXT:
            return None if raw.type == "BIGINT" and not raw.unfit else raw
        return raw if raw.unfit else None

    def _unfit(self, columns: frozenset[str], select: exp.Select) -> list[Fault]:
        """Faults for the values that are not of the type of their column, which an expression would take for null."""
        found = []
        for name, raw in self.relation.raws.items():
            if raw.unfit and (name in columns or name.split(".")[0] in columns):
                typed = exp.column(*reversed([exp.to_identifier(part, quoted=True) for part in name.split(".")]))
                hidden = identifier(raw.column)
                fault = Fault(
                    name, unfit_reason(raw.type), f"({hidden} is not null and {typed.sql('duckdb')} is null)", hidden
                )
                found.append(fault)
                slot = _slot(f"unfit.{name}")
                if any(f.field == name and f.test == identifier(slot) for f in self.faults):
                    continue
                self.faults.append(Fault(name, fault.reason, identifier(slot), identifier(raw.column)))
                test = sqlglot.parse_one(fault.test, dialect="duckdb")
                select.select(exp.alias_(test, slot, quoted=True), copy=False)
                select.select(exp.column(exp.to_identifier(raw.column, quoted=True)), copy=False)
        return found

    def _guarded(self, tree: exp.Expression, field_: str, select: exp.Select) -> exp.Expression:
        """`tree` with conversions that leave null what they cannot convert, and a fault for each that does."""
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
            if not node.find_ancestor(*_MAY_FAIL_QUIETLY) and field_ != "when":
                slot = _slot(f"cast.{len(self.faults)}")
                self.faults.append(
                    Fault(
                        field_,
                        f"cannot become {_shown(node)}",
                        f"({identifier(slot)} is not null and {identifier(slot + '.tried')} is null)",
                        identifier(slot),
                    )
                )
                select.select(exp.alias_(node.this.copy(), slot, quoted=True), copy=False)
                select.select(exp.alias_(tried.copy(), slot + ".tried", quoted=True), copy=False)
            node.replace(tried)
        return root

    def _types(self, innermost: exp.Select) -> dict[str, str]:
        try:
            return self.staging.columns(innermost.sql("duckdb"))
        except duckdb.Error as error:
            raise DefinitionError(
                [self._problem((), f"DuckDB does not take this entry: {first_line(error)}.")]
            ) from error

    def _converted(self, given: Input, type_: str, view: str) -> str:
        """SQL for the column's value; its faults are noted."""
        x, mapping = identifier(_slot(given.column)), self.inputs.entry.values.get(given.column)
        try:
            if mapping is not None:
                return self._looked_up(given, x, type_, mapping, view)
            conversion = self._conversion(given, x, type_, view)
        except DoesNotConvertError as error:
            self.problems.append(self._problem((given.column,), f"{given.column} {error}."))
            return "null"
        self._add(given, conversion.reason, _is_given(x, type_), conversion.value, x)
        return conversion.value

    def _conversion(self, given: Input, x: str, type_: str, view: str) -> Conversion:
        raw = self.raws.get(given.column)
        decimal = raw.decimal if raw else "."
        if raw is None and given.name in self.relation.raws:
            decimal = self.relation.raws[given.name].decimal
        times = self._times(given, x, view) if takes_times(given.type) and family(type_) == "text" else None
        rate = self.source.definition.rate if given.type == MONEY else None
        setting = Setting(self._zone, rate, decimal, given.column == "due_at", times)
        return convert(x, type_, given.type, setting)

    def _times(self, given: Input, x: str, view: str) -> TextTimes:
        until_end = given.column == "due_at"
        of_file = self.relation.file.spec.dates if self.relation.file else {}
        format_ = self.inputs.entry.dates.get(given.column) or of_file.get(given.name or "")
        if format_ is not None:
            return stated(format_, self._zone, until_end=until_end)
        place = self._problem((given.column,), "")
        asking = Asking(given.column, f"{place.path}:{place.line}", f"{self.inputs.entry.into}.{given.column}")
        times = detected(self.staging, view, x, self._zone, asking, until_end=until_end)
        if times.note:
            self.notes.append(times.note)
        return times

    def _looked_up(self, given: Input, x: str, type_: str, mapping: Mapping[str, Scalar], view: str) -> str:
        key = as_text(
            x if family(type_) != "number" else f"cast({x} as double)", type_ if family(type_) != "number" else "DOUBLE"
        )
        listed = {raw: meant for raw, meant in mapping.items() if raw != OTHERWISE}
        whens = " ".join(f"when {literal(raw)} then {self._constant(given, meant)}" for raw, meant in listed.items())
        otherwise = mapping.get(OTHERWISE, "reject")
        kept = self._conversion(given, x, type_, view) if otherwise == "keep" else None
        value = (
            f"case {key} {whens} else {kept.value if kept else 'null'} end"
            if listed
            else (kept.value if kept else "null")
        )
        known = f"coalesce({key} in ({quoted_list(list(listed))}), false)" if listed else "false"
        if kept is not None:
            self._add(given, kept.reason, f"{_is_given(x, type_)} and not {known}", value, x)
        elif otherwise == "reject":
            reason = (
                f"is not listed under `values: {{{given.column}: …}}`; add it there, or say `{OTHERWISE}: keep` or null"
            )
            self.faults.append(Fault(given.name or given.column, reason, f"({_is_given(x, type_)} and not {known})", x))
        return value

    def _constant(self, given: Input, meant: Scalar) -> str:
        if meant is None:
            return "null"
        sql = constant(meant).sql("duckdb")
        type_ = next(iter(self.staging.columns(f"select {sql} as c").values()))
        return convert(sql, type_, given.type, Setting(self._zone, None, ".", given.column == "due_at", None)).value

    def _add(self, given: Input, reason: str, is_given: str, value: str, x: str) -> None:
        if not reason.startswith("cannot be text"):
            converted = identifier(given.column)
            self.faults.append(Fault(given.name or given.column, reason, f"({is_given} and {converted} is null)", x))

    def _with_defaults(self, converted: Mapping[str, str]) -> dict[str, str]:
        """SQL over the converted columns for every column that is written."""
        table = self.inputs.entry.table
        filled = {name: identifier(name) for name in converted}
        filled["source"] = literal(self.source.name)
        for name, column in table.columns.items():
            if name == "brand" and column.required:
                filled[name] = f"coalesce({filled.get(name, 'null')}, {literal(self.settings.own_brand)})"
            elif column.default == "":
                filled[name] = f"coalesce({filled.get(name, 'null')}, '')"
            elif column.allowed and name in filled:
                filled[name] = f"lower({filled[name]})"
        if table.name == "feedback" and "score" in filled and "scale" in filled:
            for place, name in enumerate(("scale_min", "scale_max")):
                whens = " ".join(f"when {literal(s)} then {float(b[place])!r}" for s, b in SCALE_BOUNDS.items())
                default = f"case {filled['scale']} {whens} end"
                filled[name] = f"cast(coalesce({filled.get(name, 'null')}, {default}) as double)"
        return filled

    def _check_table(self, filled: Mapping[str, str]) -> None:
        """The faults that are the table's own: what it needs, what it allows, and answers outside of their scale."""
        table = self.inputs.entry.table
        shown = {given.column: given.name or given.column for given in self.inputs.given}
        for name, column in table.columns.items():
            if name not in shown:
                continue
            written, x = identifier(f".out.{name}"), identifier(_slot(name))
            if column.allowed:
                allowed = quoted_list(column.allowed)
                reason = f"is no {name} ({', '.join(column.allowed)}); say under `values:` which it is"
                self.faults.append(
                    Fault(shown[name], reason, f"({written} is not null and {written} not in ({allowed}))", x)
                )
            if column.required and column.default != "" and name != "brand":
                self.faults.append(Fault(shown[name], f"{table.name}.{name} is empty", f"({written} is null)", x))
        if "scale_min" in filled and "score" in shown:
            score, low, high = (identifier(f".out.{n}") for n in ("score", "scale_min", "scale_max"))
            if "scale_max" in filled:
                reason = "is outside of its scale"
                self.faults.append(Fault(shown["score"], reason, f"({score} < {low} or {score} > {high})", score))
        if "weight" in shown and table.name == "feedback":
            weight = identifier(".out.weight")
            self.faults.append(Fault(shown["weight"], "is below 0, which no weight can be", f"({weight} < 0)", weight))

    def _outer(
        self, columns: tuple[str, ...], converted: Mapping[str, str], filled: Mapping[str, str]
    ) -> exp.Expression:
        """The selects around the innermost one: convert, fill, judge, and name the culprit."""
        converts = ", ".join(["*", *(f"{sql} as {identifier(name)}" for name, sql in converted.items())])
        fills = ", ".join(["*", *(f"{filled[name]} as {identifier(f'.out.{name}')}" for name in columns)])
        faults = " ".join(f"when {fault.test} then {number}" for number, fault in enumerate(self.faults, 1))
        values = " ".join(
            f"when {number} then left(cast({fault.value} as varchar), 300)"
            for number, fault in enumerate(self.faults, 1)
        )
        fault = f"case {faults} else 0 end" if faults else "0"
        value = f'case ".fault" {values} end' if values else "cast(null as varchar)"
        written = ", ".join(f"{identifier(f'.out.{name}')} as {identifier(name)}" for name in columns)
        return sqlglot.parse_one(
            f'select {written}, {identifier(ROW)}, ".fault", {value} as ".value" from ('
            f'select *, {fault} as ".fault" from ('
            f"select {fills} from (select {converts} from {_INPUTS}) as converted) as filled) as judged",
            dialect="duckdb",
        )

    @property
    def _zone(self) -> str:
        return self.source.definition.timezone or self.settings.timezone

    def _problem(self, place: tuple[str, ...], message: str) -> Problem:
        return self.source.document.problem(["rows", self.inputs.index, *place], message)


def _slot(name: str) -> str:
    """The name under which the innermost select gives an expression on."""
    return f".in.{name}"


def _is_given(x: str, type_: str) -> str:
    """SQL for whether there is a value: no empty text, and no NaN, which is how some tables write null."""
    if family(type_) == "text":
        return f"nullif(trim({x}), '') is not null"
    return f"({x} is not null and not isnan({x}))" if type_ in ("DOUBLE", "FLOAT") else f"{x} is not null"


def _tried(node: exp.Expression) -> exp.Expression:
    """The conversion `node` in the form that answers null where it fails."""
    if isinstance(node, exp.StrToTime):
        call = [node.this.copy(), node.args["format"].copy()]
        return exp.Anonymous(this="try_strptime", expressions=call)
    return exp.TryCast(this=node.this.copy(), to=node.args["to"].copy())


def _shown(node: exp.Expression) -> str:
    return str(node.args["to"].sql("duckdb").lower()) if isinstance(node, exp.Cast) else "a time in that format"
