"""The model of `sources/NAME.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from heedful.definitions import Definition, Document, read_yaml, validate
from heedful.errors import DefinitionError, Problem, did_you_mean
from heedful.streams.schema import TABLES, Table

Scalar = str | int | float | bool | datetime | date | None
"""What a column may be given: text is an expression, everything else a constant. Null leaves the column empty."""

ColumnType = Literal["text", "number", "boolean", "date", "timestamp"]
FileFormat = Literal["csv", "parquet", "json", "jsonl"]
TableName = Literal["feedback", "activity", "customers", "market", "spend"]

ENDINGS: Mapping[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
SEPARATORS = (",", ";", "\t", "|")
OTHERWISE = "else"
"""The key of a value map that says what becomes of a value that the map does not list."""


class FileSpec(Definition):
    """One file: its path, and how to read it where that is not to be found out from the file itself."""

    path: str = Field(min_length=1, description="relative to the workspace; ${name} is filled by --set name=…")
    format: FileFormat | None = Field(None, description="by the ending of the name where it is not stated")
    encoding: str | None = Field(None, description="such as utf-8, utf-16, windows-1252; detected where not stated")
    separator: str | None = Field(None, description="of a CSV file; detected where not stated")
    decimal: Literal[".", ","] | None = Field(None, description="the decimal sign of a CSV file; detected per column")
    header: bool = Field(True, description="whether the first line of a CSV file holds the names; else column1, …")
    skip: int = Field(0, ge=0, description="lines of a CSV file before the header or the first row")
    nulls: tuple[str, ...] = Field((), description="further texts that mean that there is no value, such as n/a")
    records: str | None = Field(None, description="where the list stands in a JSON object, such as data.items")
    types: Mapping[str, ColumnType] = Field({}, description="columns whose type is stated, not found out")
    dates: Mapping[str, str] = Field({}, description="columns with dates in a format of their own, such as %d/%m/%Y")

    @field_validator("separator")
    @classmethod
    def _one_sign(cls, value: str | None) -> str | None:
        value = {"tab": "\t", "\\t": "\t"}.get(value or "", value)
        if value is not None and (len(value) != 1 or value in "\r\n\"'"):
            raise ValueError('separator is one sign, such as "," or ";" or "|", or the word tab.')
        return value

    @property
    def kind(self) -> FileFormat | None:
        """The format, stated or by the ending of the path; None where neither says."""
        return self.format or ENDINGS.get(Path(self.path).suffix.lower())


def _describe_columns(schema: dict[str, Any]) -> None:
    """Let editors complete the columns of every table."""
    columns = {n: c for t in TableName.__args__ for n, c in TABLES[t].columns.items() if n in fillable(TABLES[t])}  # type: ignore[attr-defined]
    schema["properties"].update({name: {"description": column.meaning} for name, column in columns.items()})
    schema["additionalProperties"] = True


class RowsEntry(BaseModel):
    """How the rows read become rows of one table. Every further field is a column of that table."""

    model_config = ConfigDict(extra="allow", frozen=True, json_schema_extra=_describe_columns)
    __pydantic_extra__: dict[str, Scalar]

    into: TableName = Field(description="the table that the rows go to")
    when: str | bool | None = Field(None, description="the condition that a row meets to be taken")
    values: Mapping[str, Mapping[str, Scalar]] = Field(
        {}, description="column: {as it stands: as it is meant}; `else` may be reject (the default), keep or null"
    )
    dates: Mapping[str, str] = Field({}, description="column: the format of its dates, such as %d/%m/%Y")

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


class SourceDefinition(Definition):
    """A file of `sources/`: files, and how their columns fill the tables."""

    files: Mapping[str, FileSpec] = Field(min_length=1, description="name: path, or a mapping with path and more")
    identity: Literal["named", "confidential", "anonymous"] = Field(
        "named", description="what people were promised when they gave the data"
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
    if len(definition.files) > 1 and definition.query is None:
        names = ", ".join(definition.files)
        yield problem(["files"], f"there are several files ({names}), so a query must join them: add `query:`.")
    if definition.timezone is not None and (said := zone_problem(definition.timezone)):
        yield problem(["timezone"], said)
    if definition.rate is not None and definition.currency is None:
        yield problem(["rate"], "rate needs `currency:`, the currency that it converts from.")
    for index, entry in enumerate(definition.rows):
        yield from _entry_problems(source, index, entry)


def _file_problems(source: Source) -> Iterator[Problem]:
    problem = source.document.problem
    for name, spec in source.definition.files.items():
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
            yield problem(["files", name], f'"{name}" must be lower_snake_case, since a query names the file so.')
        if spec.kind is None:
            endings = ", ".join(ENDINGS)
            yield problem(
                ["files", name],
                f'"{spec.path}" has an ending that says no format ({endings}). Write {name}: {{path: …, format: csv}}.',
            )
        for column, format_ in spec.dates.items():
            if said := date_format_problem(format_):
                yield problem(["files", name, "dates", column], said)
        for field in ("separator", "decimal", "encoding"):
            if getattr(spec, field) is not None and spec.kind not in (None, "csv"):
                if field == "encoding" and spec.kind in ("json", "jsonl"):
                    continue
                yield problem(["files", name, field], f"{field} is for CSV files; this one is {spec.kind}.")
        if spec.records is not None and spec.kind != "json":
            yield problem(["files", name, "records"], "records is for JSON files.")


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
