"""tables.yaml: how questions stand in banner tables, with their titles, labels and nets; and nets typed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field, RootModel

from heedful.definitions import Definition, read_yaml, validate
from heedful.errors import DefinitionError, ExpressionError, InputError
from heedful.measures.setting import Setting
from heedful.streams.expressions import parse_condition, table_columns
from heedful.streams.schema import CUSTOMERS, FEEDBACK

Code = str | int | float
TABLES_FILE = "tables.yaml"


class TableRow(Definition):
    """One question as banner tables show it."""

    title: str | None = Field(None, description="how it is headed; by default its name")
    where: str | None = Field(
        None, description="the condition on feedback that its answers meet; by default the question of that name"
    )
    labels: dict[Code, str] = Field(
        default_factory=dict, description="what each score or option is called; options stand in this order"
    )
    nets: dict[str, tuple[Code, ...]] = Field(
        default_factory=dict, description="scores or options taken together, by the net's name: `Top 2: [4, 5]`"
    )


class TableFile(RootModel[dict[str, TableRow]]):
    """tables.yaml: questions by name."""


@dataclass(frozen=True, slots=True)
class Net:
    """Answers taken together. `codes` are scores as they are written (`4`, `4.5`) or options; `of` is one question."""

    label: str
    codes: tuple[str, ...]
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a table: which answers count, and how they are called."""

    name: str
    title: str
    where: str
    labels: Mapping[str, str] = field(default_factory=dict)
    nets: tuple[Net, ...] = ()


def code_text(code: object) -> str:
    """A score or option as it is written: 4.0 is `4`."""
    return f"{code:.12g}" if isinstance(code, int | float) and not isinstance(code, bool) else str(code)


def load_table_rows(path: Path, setting: Setting) -> Mapping[str, TableRow]:
    """The questions of the file at `path`, none where it does not exist. Raises `DefinitionError`."""
    if not path.exists():
        return {}
    document = read_yaml(path)
    found = validate(document, TableFile).root
    columns = {**table_columns(CUSTOMERS, setting.attributes), **table_columns(FEEDBACK)}
    problems = []
    for name, row in found.items():
        if row.where is not None:
            try:
                parse_condition(row.where, columns)
            except ExpressionError as error:
                problems.append(document.problem((name, "where"), str(error)))
        problems += [
            document.problem((name, "nets", net), f'the net "{net}" is empty; name its scores or options.')
            for net, codes in row.nets.items()
            if not codes
        ]
    if problems:
        raise DefinitionError(problems)
    return found


def asked(name: str, row: TableRow | None, where: str) -> Asked:
    """The question `name` as tables.yaml has it; `where` holds unless the file says otherwise."""
    if row is None:
        return Asked(name, name, where)
    labels = {code_text(code): label for code, label in row.labels.items()}
    nets = tuple(Net(label, tuple(map(code_text, codes))) for label, codes in row.nets.items())
    return Asked(name, row.title or name, row.where or where, labels, nets)


def read_nets(given: Sequence[str], questions: Sequence[str] = ()) -> tuple[Net, ...]:
    """Nets as they are typed: `Top 2=4,5`, or `overall: Top 2=4,5` for one of `questions`. Raises `InputError`.

    >>> read_nets(["overall: Top 2=4,5"], ["overall"])
    (Net(label='Top 2', codes=('4', '5'), of='overall'),)
    """
    found = []
    for text in given:
        label, sign, codes = text.rpartition("=")
        parts = tuple(_typed(part) for part in codes.split(",") if part.strip())
        if not sign or not label.strip() or not parts:
            raise InputError(f'--net "{text}" is not NAME=CODE,CODE, such as --net "Top 2=4,5".')
        of, colon, rest = label.partition(":")
        is_of_one = bool(colon) and of.strip() in questions
        found.append(Net(rest.strip(), parts, of.strip()) if is_of_one else Net(label.strip(), parts))
    return tuple(found)


def _typed(part: str) -> str:
    text = part.strip()
    try:
        return code_text(float(text))
    except ValueError:
        return text
