"""A `rows` entry as one query: from the rows read to rows of a table, each with what is wrong with it.

The query is one tree. People's expressions are nodes of its innermost select, which gives them names; everything
around it is ours and sees nothing but those names. Its columns are those of the table that the entry fills, and

- `.row`: the record that the row comes from, and `.nth`: which of the rows made of it;
- `.deleted`: whether the row says that it is gone;
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
from heedful.sources.definition import NAMES, OTHERWISE, Scalar, Source
from heedful.sources.files import first_line
from heedful.sources.innermost import Fault, Innermost, innermost, slot
from heedful.sources.inputs import Input, Inputs, constant
from heedful.sources.relation import DELETED, NTH, ROW, Relation
from heedful.sources.settings import PullSettings
from heedful.sources.staging import Staging, identifier, literal, quoted_list
from heedful.sources.table_rules import filled_columns, table_faults, written
from heedful.sources.times import Asking, TextTimes, detected, stated
from heedful.streams.duckdb_types import duckdb_type
from heedful.streams.schema import MONEY

_INPUTS = "inputs_of_this_entry"


@dataclass(frozen=True, slots=True)
class Mapped:
    """The query of an entry. `faults` are numbered from 1; `notes` say what was found out on the way.

    `identifiers` are further columns of the query, which hold people's names and go into no stream.
    """

    index: int
    table: str
    columns: tuple[str, ...]
    sql: str
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    identifiers: tuple[str, ...] = ()


def compose(staging: Staging, source: Source, inputs: Inputs, relation: Relation, settings: PullSettings) -> Mapped:
    """The query of one entry over `relation`.

    Raises `DefinitionError` for expressions whose type cannot become the column's, `SourceError` for dates that could
    be read in two ways.
    """
    inner = innermost(inputs, relation)
    converter = _Converter(staging, source, inputs, relation, settings, inner)
    converted = converter.converted()
    table = inputs.entry.table
    given = {name: identifier(name) for name in converted}
    filled = filled_columns(table, given, source=source.name, own_brand=settings.own_brand)
    identifiers = tuple(name for name in converted if name.startswith(NAMES))
    if identifiers:
        # Who gives no id of their own gets one made of their names; see `heedful.sources.identifiers`.
        filled |= {n: "null" for n in ("customer_id", "anonymous_id") if n in table.columns and n not in filled}
    faults = (*inner.faults, *converter.faults, *table_faults(table, inputs.given, filled))
    schema = table.arrow_schema(settings.attributes if table.open_ended else None)
    types = {column.name: duckdb_type(column.type) for column in schema if column.name in filled}
    outer = _outer({**types, **dict.fromkeys(identifiers, "VARCHAR")}, converted, filled, faults)
    for node in list(outer.find_all(exp.Table)):
        if node.name == _INPUTS:
            node.replace(inner.select.subquery(_INPUTS))
    notes = tuple(dict.fromkeys(converter.notes))
    return Mapped(inputs.index, table.name, tuple(types), outer.sql("duckdb"), faults, notes, identifiers)


def _outer(
    types: Mapping[str, str], converted: Mapping[str, str], filled: Mapping[str, str], faults: tuple[Fault, ...]
) -> exp.Expr:
    """The selects around the innermost one: convert, fill, judge, and name the culprit."""
    converts = ", ".join(["*", *(f"{sql} as {identifier(name)}" for name, sql in converted.items())])
    fills = ", ".join(["*", *(f"{filled[name]} as {identifier(written(name))}" for name in types)])
    results = ", ".join(f"cast({identifier(written(n))} as {types[n]}) as {identifier(n)}" for n in types)
    numbered = list(enumerate(faults, 1))
    judged = " ".join(f"when {fault.test} then {number}" for number, fault in numbered)
    shown = " ".join(f"when {number} then left(cast({fault.value} as varchar), 300)" for number, fault in numbered)
    judgement = f"case when {identifier(DELETED)} then 0 {judged} else 0 end" if numbered else "0"
    value = f'case ".fault" {shown} end' if numbered else "cast(null as varchar)"
    hidden = ", ".join(map(identifier, (ROW, NTH, DELETED)))
    return sqlglot.parse_one(
        f'select {results}, {hidden}, ".fault", {value} as ".value" from ('
        f'select *, {judgement} as ".fault" from ('
        f"select {fills} from (select {converts} from {_INPUTS}) as converted) as filled) as judged",
        dialect="duckdb",
    )


@dataclass
class _Converter:
    """Gives the inputs of one entry the types of their columns."""

    staging: Staging
    source: Source
    inputs: Inputs
    relation: Relation
    settings: PullSettings
    inner: Innermost
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def converted(self) -> dict[str, str]:
        """SQL for each column, over the slots of the innermost select."""
        types, problems, converted = self._types(), [], {}
        for given in self.inputs.given:
            try:
                converted[given.column] = self._column(given, types[slot(given.column)])
            except DoesNotConvertError as error:
                problems.append(self._problem((given.column,), f"{given.column} {error}."))
        if problems:
            raise DefinitionError(problems)
        return converted

    def _types(self) -> dict[str, str]:
        try:
            return self.staging.columns(self.inner.select.sql("duckdb"))
        except duckdb.Error as error:
            raise DefinitionError([self._problem((), f"DuckDB does not take this: {first_line(error)}.")]) from error

    def _column(self, given: Input, type_: str) -> str:
        x, is_given = identifier(slot(given.column)), _is_given(identifier(slot(given.column)), type_)
        mapping = self.inputs.entry.values.get(given.column)
        if mapping is not None:
            return self._looked_up(given, type_, mapping)
        conversion = self._conversion(given, type_)
        self._add(given, conversion.reason, f"({is_given} and {identifier(given.column)} is null)", x)
        return conversion.value

    def _looked_up(self, given: Input, type_: str, mapping: Mapping[str, Scalar]) -> str:
        """SQL for the column by its value map; what the map does not list is rejected, kept or left empty."""
        x = identifier(slot(given.column))
        numeric = family(type_) == "number"
        key = as_text(f"cast({x} as double)", "DOUBLE") if numeric else as_text(x, type_)
        listed = {raw: meant for raw, meant in mapping.items() if raw != OTHERWISE}
        known = f"coalesce({key} in ({quoted_list(list(listed))}), false)" if listed else "false"
        unknown = f"{_is_given(x, type_)} and not {known}"
        rest, otherwise = "null", mapping.get(OTHERWISE, "reject")
        if otherwise == "keep":
            kept = self._conversion(given, type_)
            rest = kept.value
            self._add(given, kept.reason, f"({unknown} and {identifier(given.column)} is null)", x)
        elif otherwise == "reject":
            reason = f"is not listed under `values: {{{given.column}: …}}`; add it, or say `{OTHERWISE}: keep` or null"
            self._add(given, reason, f"({unknown})", x)
        whens = " ".join(f"when {literal(raw)} then {self._constant(given, meant)}" for raw, meant in listed.items())
        return f"case {key} {whens} else {rest} end" if listed else rest

    def _constant(self, given: Input, meant: Scalar) -> str:
        if meant is None:
            return "null"
        sql = constant(meant).sql("duckdb")
        (type_,) = self.staging.columns(f"select {sql} as c").values()
        return convert(sql, type_, given.type, Setting(self._zone, None, ".", given.column == "due_at", None)).value

    def _conversion(self, given: Input, type_: str) -> Conversion:
        raw = self.inner.raws.get(given.column)
        times = self._times(given) if takes_times(given.type) and family(type_) == "text" else None
        rate = self.source.definition.rate if given.type == MONEY else None
        setting = Setting(self._zone, rate, raw.decimal if raw else None, given.column == "due_at", times)
        return convert(identifier(slot(given.column)), type_, given.type, setting)

    def _times(self, given: Input) -> TextTimes:
        """How the text of a column of times is read: as stated for it, or as all its values suggest."""
        until_end = given.column == "due_at"
        of_file = self.relation.file.spec.dates if self.relation.file else {}
        format_ = self.inputs.entry.dates.get(given.column) or of_file.get(given.name or "")
        if format_ is not None:
            return stated(format_, self._zone, until_end=until_end)
        place = self._problem((given.column,), "")
        asking = Asking(given.column, f"{place.path}:{place.line}", f"{self.inputs.entry.into}.{given.column}")
        view = f"({self.inner.select.sql('duckdb')})"
        x = identifier(slot(given.column))
        times = detected(self.staging, view, x, self._zone, asking, until_end=until_end)
        self.notes += [times.note] if times.note else []
        return times

    def _add(self, given: Input, reason: str, test: str, value: str) -> None:
        self.faults.append(Fault(given.name or given.column, reason, test, value))

    @property
    def _zone(self) -> str:
        of_file = self.relation.file.timezone if self.relation.file else None
        return self.source.definition.timezone or of_file or self.settings.timezone

    def _problem(self, place: tuple[str, ...], message: str) -> Problem:
        return self.source.document.problem(["rows", self.inputs.index, *place], message)


def _is_given(x: str, type_: str) -> str:
    """SQL for whether there is a value: no empty text, and no NaN, which is how some tables write null."""
    if family(type_) == "text":
        return f"nullif(trim({x}), '') is not null"
    return f"({x} is not null and not isnan({x}))" if type_ in ("DOUBLE", "FLOAT") else f"{x} is not null"
