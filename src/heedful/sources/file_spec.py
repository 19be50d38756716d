"""How one file of a source is read, where that is not to be found out from the file itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator

from heedful.definitions import Definition
from heedful.sources.transcripts.roles import Role

ColumnType = Literal["text", "number", "boolean", "date", "timestamp"]
SEPARATORS = (",", ";", "\t", "|")
COMMON_FIELDS = frozenset({"path", "format", "types", "dates", "nulls"})
"""The fields of `FileSpec` that every format takes; each format names the others that it takes."""
GLOB_SIGNS = ("*", "?")


class FileSpec(Definition):
    """A file, or all files that a pattern names: the path, and how to read it where the file itself does not say."""

    path: str = Field(
        min_length=1,
        description="relative to the workspace; ${name} is filled by --set name=…, ${env:NAME} by the environment; "
        "a pattern such as exports/*.csv stands for many files, of which only new and changed ones are read",
    )
    format: str | None = Field(None, description="by the ending of the name where it is not stated")
    encoding: str | None = Field(None, description="such as utf-8, utf-16, windows-1252; detected where not stated")
    separator: str | None = Field(None, description="of a CSV file; detected where not stated")
    decimal: Literal[".", ","] | None = Field(None, description="the decimal sign of a CSV file; detected per column")
    header: bool = Field(
        True, description="whether the first line of a CSV file, or row of a sheet, holds the names; else column1, …"
    )
    skip: int = Field(0, ge=0, description="lines of a CSV file, or rows of a sheet, before the header or first row")
    nulls: tuple[str, ...] = Field((), description="further texts that mean that there is no value, such as n/a")
    records: str | None = Field(None, description="where the list stands in a JSON object, such as data.items")
    sheet: str | None = Field(None, description="the sheet of a workbook; needed where several hold rows")
    labels: bool = Field(False, description="of an SPSS file: a column with value labels holds the label, not the code")
    missing: Literal["reject", "empty", "keep"] = Field(
        "reject", description="of an SPSS file: what becomes of an answer that the file declares user-missing"
    )
    types: Mapping[str, ColumnType] = Field({}, description="columns whose type is stated, not found out")
    dates: Mapping[str, str] = Field({}, description="columns with dates in a format of their own, such as %d/%m/%Y")

    speakers: Mapping[str, Role] = Field(
        {}, description="of a transcript: a speaker's name, or a pattern with * and ?, and whose words these are"
    )

    @field_validator("separator")
    @classmethod
    def _one_sign(cls, value: str | None) -> str | None:
        value = {"tab": "\t", "\\t": "\t"}.get(value or "", value)
        if value is not None and (len(value) != 1 or value in "\r\n\"'"):
            raise ValueError('separator is one sign, such as "," or ";" or "|", or the word tab.')
        return value

    @property
    def is_pattern(self) -> bool:
        """Whether the path stands for as many files as fit it."""
        return any(sign in self.path for sign in GLOB_SIGNS)
