"""heedful.yaml: what holds for the whole workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

from heedful.definitions import Definition, read_yaml, validate
from heedful.errors import DefinitionError, Problem, did_you_mean
from heedful.streams.schema import ATTRIBUTE_TYPES, TABLES

SETTINGS_FILE = "heedful.yaml"
VERSION = 1
_TAKEN = frozenset(c for table in ("feedback", "activity", "customers", "market") for c in TABLES[table].columns)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f'there is no time zone "{name}".{did_you_mean(name, available_timezones())}')
    return name


def _currency(code: str) -> str:
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise ValueError(f'"{code}" is no currency; write its three capital letters (ISO 4217), such as EUR.')
    return code


def _attribute_name(name: str) -> str:
    if name in _TAKEN:
        raise ValueError(f'the attribute "{name}" bears the name of a column of the streams; rename it.')
    if not name.isidentifier() or name != name.lower():
        raise ValueError(f'the attribute "{name}" has to be lower_snake_case, such as {_snake(name)}.')
    return name


def _attribute(kind: str) -> str:
    if kind not in ATTRIBUTE_TYPES:
        raise ValueError(f'an attribute cannot be a "{kind}"; types: {", ".join(ATTRIBUTE_TYPES)}.')
    return kind


class Brands(Definition):
    """The company's own brand, and those that it is compared with."""

    own: str = Field(min_length=1, description="the name under which customers speak of the company")
    others: tuple[str, ...] = Field((), description="competitors")


class Bases(Definition):
    """From how many customers on a figure is shown, and shown without a warning."""

    hide_below: int = Field(5, ge=1, description="in reports and exports, figures of fewer customers are hidden")
    flag_below: int = Field(30, ge=1, description="figures of fewer customers are marked as resting on few")


class Identity(Definition):
    """How names from several sources are told to be one customer's, and from when on they are several people's."""

    country: str | None = Field(
        None, pattern="^[A-Z]{2}$", description="the country of telephone numbers that state none (ISO 3166-1)"
    )
    plus_tags: bool = Field(False, description="whether anna+shop@… is another mailbox than anna@…")
    most_ids: int = Field(5, ge=1, description="a name that one source gives to more ids links nobody")
    most_records: int = Field(50, ge=2, description="a name that more ids of all sources share links nobody")
    most_surnames: int = Field(3, ge=1, description="a name that stands with more surnames links nobody")
    first: tuple[str, ...] = Field(
        (), description="systems (`identity_of`) whose ids stand for a customer before others"
    )


class Settings(Definition):
    """heedful.yaml: the company, its currency, time zone and languages, and what holds for all figures."""

    version: Literal[1] = Field(1, description="the version of the workspace's files")
    company: str = Field(min_length=1, description="the company's name, as it heads the scorecard")
    brands: Brands | None = Field(None, description="by default the company's name is its brand")
    currency: Annotated[str, AfterValidator(_currency)] = Field("EUR", description="the reporting currency (ISO 4217)")
    timezone: Annotated[str, AfterValidator(_zone)] = Field("UTC", description="the zone in which days begin and end")
    languages: tuple[str, ...] = Field(("en",), description="the languages of customers, as BCP 47 tags")
    attributes: dict[Annotated[str, AfterValidator(_attribute_name)], Annotated[str, AfterValidator(_attribute)]] = (
        Field(default_factory=dict, description=f"further columns of customers; types: {', '.join(ATTRIBUTE_TYPES)}")
    )
    first_value: str | None = Field(
        None, description="the condition on activity by which a customer first gets something out of it"
    )
    bases: Bases = Field(Bases(hide_below=5, flag_below=30), description="small bases")
    identity: Identity = Field(Identity(), description="one customer under several names")  # type: ignore[call-arg]
    variables: dict[str, str] = Field(
        default_factory=dict, description="what ${name} stands for in sources where --set does not say"
    )
    reject_share: float = Field(
        0.05, ge=0, le=1, description="a source with more rejected rows than this is not loaded"
    )
    engine: Literal["duckdb"] = Field("duckdb", description="what runs the measures")
    memory: str | None = Field(
        None, pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$", description="the most memory a query may take, such as 4GB"
    )
    threads: int | None = Field(None, ge=1, description="the most threads a query may take")

    @property
    def zone(self) -> ZoneInfo:
        """The workspace's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def own_brand(self) -> str:
        """The company's own brand."""
        return self.brands.own if self.brands else self.company


def load_settings(folder: Path) -> Settings:
    """The settings of the workspace in `folder`. Raises `DefinitionError`."""
    path = folder / SETTINGS_FILE
    if not path.exists():
        said = f"there is no workspace here ({SETTINGS_FILE} is missing). Make one: heedful init NAME --template retail"
        raise DefinitionError([Problem(said, folder)])
    return validate(read_yaml(path), Settings)


def _snake(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name.strip().lower()) or "attribute"
