"""The model of `sources/NAME.yaml`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from heedful.definitions import Definition, Document, read_yaml, validate
from heedful.errors import DefinitionError, Problem, did_you_mean
from heedful.sources.file_spec import COMMON_FIELDS, FileSpec
from heedful.sources.formats.registry import endings, format_of, formats
from heedful.sources.sql_spec import SqlSpec
from heedful.streams.schema import IDENTIFIERS, TABLES, Table

Scalar = str | int | float | bool | datetime | date | None
"""What a column may be given: text is an expression, everything else a constant. Null leaves the column empty."""

TableName = Literal["feedback", "activity", "customers", "market", "spend"]

OTHERWISE = "else"
"""The key of a value map that says what becomes of a value that the map does not list."""


def _describe_columns(schema: dict[str, Any]) -> None:
    """Let editors complete the columns of every table."""
    columns = {n: c for t in TableName.__args__ for n, c in TABLES[t].columns.items() if n in fillable(TABLES[t])}  # type: ignore[attr-defined]
    schema["properties"].update({name: {"description": column.meaning} for name, column in columns.items()})
    schema["additionalProperties"] = True


class ForEach(Definition):
    """Several rows of one record: one for each of several columns, or for each part of one cell that lists several.

    Expressions of the entry know it as `each.name` (of the column), `each.label` (its wording, where the file has one),
    `each.number` (from 1) and `each.value`. Empty cells make no row.
    """

    columns: tuple[str, ...] = Field((), description="names of columns, in which * stands for any text")
    split: str | None = Field(None, description="the column whose cells list several answers")
    by: str = Field(", ", min_length=1, description="what stands between the answers in a cell that is split")
    options: tuple[str, ...] = Field((), description="answers that may hold that sign themselves, so are kept whole")

    @field_validator("columns", mode="before")
    @classmethod
    def _one_alone(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _either(self) -> Self:
        if bool(self.columns) == (self.split is not None):
            raise ValueError("for_each takes either `columns:` or `split:`.")
        if self.columns and {"by", "options"} & self.model_fields_set:
            raise ValueError("by and options go with `split:`.")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it reads, patterns among them."""
        return self.columns if self.split is None else (self.split,)


def chosen(patterns: Iterable[str], names: Collection[str]) -> list[str]:
    """Those of `names` that `patterns` name, in the order of the patterns."""
    found: dict[str, None] = {}
    for pattern in patterns:
        like = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE | re.DOTALL)
        found |= dict.fromkeys(name for name in names if like.fullmatch(name))
    return list(found)


NAMES = "identifiers."
"""How the columns that hold identifiers begin while rows are mapped; no column of a table does."""


class RowsEntry(BaseModel):
    """How the rows read become rows of one table. Every further field is a column of that table."""

    model_config = ConfigDict(extra="allow", frozen=True, json_schema_extra=_describe_columns)
    __pydantic_extra__: dict[str, Scalar]

    into: TableName = Field(description="the table that the rows go to")
    for_each: ForEach | None = Field(None, description="the columns, or the parts of a cell, that make a row each")
    when: str | bool | None = Field(None, description="the condition that a row meets to be taken")
    values: Mapping[str, Mapping[str, Scalar]] = Field(
        {}, description="column: {as it stands: as it is meant}; `else` may be reject (the default), keep or null"
    )
    dates: Mapping[str, str] = Field({}, description="column: the format of its dates, such as %d/%m/%Y")
    identifiers: Mapping[str, Scalar] = Field(
        {}, description=f"names of the customer that join sources, kept as keyed hashes: {', '.join(IDENTIFIERS)}"
    )

    @field_validator("values", mode="before")
    @classmethod
    def _text_keys(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {c: {_key_text(k): v for k, v in m.items()} if isinstance(m, dict) else m for c, m in value.items()}

    @property
    def table(self) -> Table:
        """The declaration of the table that the rows go to."""
        return TABLES[self.into]

    @property
    def columns(self) -> Mapping[str, Scalar]:
        """The columns that the entry fills, in the order of the file."""
        return dict(self.__pydantic_extra__ or {})

    @property
    def expressions(self) -> Mapping[str, Scalar]:
        """All that the entry gives: its columns, and its identifiers as `identifiers.KIND`."""
        return {**self.columns, **{f"{NAMES}{kind}": value for kind, value in self.identifiers.items()}}


class SourceDefinition(Definition):
    """A file of `sources/`: files, and how their columns fill the tables."""

    files: Mapping[str, FileSpec] = Field({}, description="name: path, or a mapping with path and more")
    sql: SqlSpec | None = Field(None, description="a database and what is asked of it")
    identity: Literal["named", "confidential", "anonymous"] = Field(
        "named", description="what people were promised when they gave the data"
    )
    identity_of: str | None = Field(
        None, description="the system whose customer ids these are, put before each as in crm:17; else all share them"
    )
    timezone: str | None = Field(None, description="of times that state no zone; the workspace's where not stated")
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$", description="of the amounts; the workspace's by default")
    rate: float | None = Field(None, gt=0, description="what one unit of `currency` is in the reporting currency")
    query: str | None = Field(None, description="one SELECT over the files; needed where there are several")
    rows: tuple[RowsEntry, ...] = Field(min_length=1)
    reject_share: float | None = Field(None, ge=0, le=1, description="the share of rows that may be rejected, 0 to 1")

    @model_validator(mode="before")
    @classmethod
    def _paths_alone(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("files"), dict):
            files = {name: {"path": spec} if isinstance(spec, str) else spec for name, spec in data["files"].items()}
            return {**data, "files": files}
        return data

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if not self.relations:
            raise ValueError("a source needs `files:` or `sql:` to read from.")
        if self.sql and (both := set(self.files) & set(self.sql.queries)):
            raise ValueError(f'a file and a query are both called "{min(both)}". Rename one of them.')
        return self

    @property
    def relations(self) -> tuple[str, ...]:
        """The names of the files and of the queries, which a query over them knows as tables."""
        return (*self.files, *(self.sql.queries if self.sql else ()))


@dataclass(frozen=True, slots=True)
class Source:
    """One file of `sources/`, read. `name` is the file's stem and fills the column `source`."""

    name: str
    path: Path
    definition: SourceDefinition
    document: Document


def load_source(path: Path) -> Source:
    """The source described at `path`. Raises `DefinitionError` with every problem that shows without its data."""
    document = read_yaml(path)
    definition = validate(document, SourceDefinition)
    source = Source(path.stem, path, definition, document)
    if problems := list(_problems(source)):
        raise DefinitionError(problems)
    return source


def fillable(table: Table) -> tuple[str, ...]:
    """The columns of `table` that a mapping may fill; the rest is filled by Heedful."""
    return tuple(name for name in table.columns if name not in ("source", "valid_to"))


def needed(table: Table) -> tuple[str, ...]:
    """The columns of `table` that a mapping must fill."""
    columns = {n: c for n, c in table.columns.items() if n not in ("source", "valid_from", "brand")}
    return tuple(name for name, column in columns.items() if column.required and column.default is None)


def _problems(source: Source) -> Iterator[Problem]:
    definition, problem = source.definition, source.document.problem
    yield from _file_problems(source)
    if len(definition.relations) > 1 and definition.query is None:
        names, what = ", ".join(definition.relations), "files" if definition.sql is None else "files and queries"
        place = "files" if definition.files else "sql"
        yield problem([place], f"there are several {what} ({names}), so a query must join them: add `query:`.")
    if said := namespace_problem(definition.identity_of):
        yield problem(["identity_of"], said)
    if definition.timezone is not None and (said := zone_problem(definition.timezone)):
        yield problem(["timezone"], said)
    if definition.rate is not None and definition.currency is None:
        yield problem(["rate"], "rate needs `currency:`, the currency that it converts from.")
    for index, entry in enumerate(definition.rows):
        yield from _entry_problems(source, index, entry)


def _file_problems(source: Source) -> Iterator[Problem]:
    problem = source.document.problem
    for name in source.definition.sql.queries if source.definition.sql else ():
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
            yield problem(["sql", "queries", name], f'"{name}" must be lower_snake_case.')
    for name, spec in source.definition.files.items():
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
            yield problem(["files", name], f'"{name}" must be lower_snake_case, since a query names the file so.')
        yield from _format_problems(source, name, spec)
        for column, format_ in spec.dates.items():
            if said := date_format_problem(format_):
                yield problem(["files", name, "dates", column], said)


def _format_problems(source: Source, name: str, spec: FileSpec) -> Iterator[Problem]:
    problem, found = source.document.problem, format_of(spec.format, spec.path)
    if spec.format is not None and found is None:
        said = f'there is no format "{spec.format}".{did_you_mean(spec.format, formats())}'
        yield problem(["files", name, "format"], f"{said} Formats: {', '.join(formats())}.")
    elif found is None:
        known = ", ".join(endings())
        said = f'"{spec.path}" has an ending that says no format ({known}). '
        yield problem(["files", name], f"{said}Write {name}: {{path: …, format: csv}}.")
    else:
        for field in sorted(spec.model_fields_set - COMMON_FIELDS - found.options):
            takers = ", ".join(n for n, f in formats().items() if field in f.options)
            yield problem(["files", name, field], f"{field} is for {takers}; this file is read as {found.name}.")


def _entry_problems(source: Source, index: int, entry: RowsEntry) -> Iterator[Problem]:
    def problem(*loc: str, message: str) -> Problem:
        return source.document.problem(["rows", index, *loc], message)

    table, columns = entry.table, entry.columns
    for name in columns:
        # A workspace may declare more columns of customers; `check_source` and `pull` know them.
        if name not in fillable(table) and not table.open_ended:
            yield problem(name, message=unknown_column(table, name))
    for name in needed(table):
        if columns.get(name) is None:
            meaning = table.columns[name].meaning
            yield problem(message=f"rows into {table.name} need the column {name} ({meaning}), which is not given.")
    if source.definition.identity == "anonymous" and columns.get("customer_id") is not None:
        yield problem(
            "customer_id",
            message="the source is `identity: anonymous`, so no customer may be named: leave out customer_id.",
        )
    yield from _identifier_problems(source, index, entry)
    yield from _speaker_problems(source, index, entry)
    for field in ("values", "dates"):
        for name in getattr(entry, field):
            if name not in columns:
                hint = did_you_mean(name, columns)
                yield problem(field, name, message=f'{field} speaks of "{name}", which this entry does not fill.{hint}')
    for name, format_ in entry.dates.items():
        if said := date_format_problem(format_):
            yield problem("dates", name, message=said)
    for name, mapping in entry.values.items():
        if mapping.get(OTHERWISE, "reject") not in ("reject", "keep", None):
            yield problem("values", name, OTHERWISE, message="else is reject, keep or null.")


def _speaker_problems(source: Source, index: int, entry: RowsEntry) -> Iterator[Problem]:
    """Turns of a transcript whose staff could not be told from customers, and would count as their words."""
    read_as = [format_of(spec.format, spec.path) for spec in source.definition.files.values()]
    has_turns = any(found is not None and "speakers" in found.options for found in read_as)
    if has_turns and entry.into == "feedback" and entry.when is None:
        given = entry.columns.get("speaker")
        if given in (None, "speaker"):
            told = "speaker is the name as it stands" if given else "speaker is not given"
            said = f"{told}, so what agents and moderators say would count as customers' words. Write speaker: said_by."
            yield source.document.problem(("rows", index, *(["speaker"] if given else [])), said)


def _identifier_problems(source: Source, index: int, entry: RowsEntry) -> Iterator[Problem]:
    def problem(*loc: str, message: str) -> Problem:
        return source.document.problem(["rows", index, "identifiers", *loc], message)

    for kind in entry.identifiers:
        if kind not in IDENTIFIERS:
            hint = did_you_mean(kind, IDENTIFIERS)
            yield problem(kind, message=f'"{kind}" is no identifier ({", ".join(IDENTIFIERS)}).{hint}')
    if entry.identifiers and "customer_id" not in entry.table.columns:
        yield problem(message=f"rows into {entry.into} are of no customer, so that they have no identifiers.")
    if entry.identifiers and source.definition.identity == "anonymous":
        yield problem(
            message="the source is `identity: anonymous`, so no customer may be named: leave out identifiers."
        )


def namespace_problem(name: str | None) -> str | None:
    """What is wrong with the name of a system whose customer ids a source holds, or None."""
    if name is None:
        return None
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        return f'identity_of is lower_snake_case, such as crm or web_shop; found "{name}".'
    if name in (*IDENTIFIERS, "anonymous"):
        return f'identity_of names a system, such as crm or web_shop, and "{name}" is an identifier.'
    return None


def unknown_column(table: Table, name: str, extra: Iterable[str] = ()) -> str:
    """The message for a column that `table` does not have; `extra` are the attributes that the workspace declares."""
    if name in table.columns or name in table.bookkeeping:
        return f"{table.name}.{name} is filled by Heedful: leave it out."
    known = (*fillable(table), *extra)
    said = f'the table {table.name} has no column "{name}".{did_you_mean(name, known)}'
    if table.open_ended:
        said += " Further columns are declared in heedful.yaml under `attributes:`."
    return said


def date_format_problem(format_: str) -> str | None:
    """What is wrong with a format of dates, or None."""
    signs = re.findall(r"%-?(.?)", format_)
    if unknown := [sign for sign in signs if sign not in "aAbBdfgHIjmMnpSTXxcuUVwWyYzZ%" or not sign]:
        return f'the date format "{format_}" has %{unknown[0]}, which means nothing. Write it as in "%d/%m/%Y %H:%M".'
    if not {"Y", "y", "x", "c"} & set(signs):
        return f'the date format "{format_}" has no year. Write it as in "%d/%m/%Y %H:%M".'
    return None


def zone_problem(name: str) -> str | None:
    """What is wrong with the name of a time zone, or None."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return f'there is no time zone "{name}". Write it as in Europe/Riga or America/Sao_Paulo, or UTC.'
    return None


def _key_text(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)
