"""The labels of groups as text, as questions spell them, and back in the type of their column.

Engines write out numbers, truths and instants each in their own way, so labels are compared as what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from sqlglot import exp

from heedful.errors import InputError
from heedful.measures.sql import constant, day, instant


def label_text(label: object) -> str:
    """A group's label as questions spell it: empty where there is none."""
    if label is None:
        return ""
    return str(label).lower() if isinstance(label, bool) else str(label)


def read_label(name: str, label: str, kind: str) -> exp.Expr:
    """`label` as a literal of the DuckDB type `kind`, that of the column `name`. Raises `InputError`."""
    wanted, read = _READERS.get(kind.partition("(")[0], ("text", exp.Literal.string))
    try:
        return read(label)
    except ValueError:
        raise InputError(f'"{name}" holds {wanted}, and "{label}" is none.') from None


def _truth(label: str) -> exp.Expr:
    if label.lower() not in ("true", "false"):
        raise ValueError(label)
    return exp.Boolean(this=label.lower() == "true")


def _moment(label: str) -> exp.Expr:
    moment = datetime.fromisoformat(label)
    return instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _figure(label: str) -> exp.Expr:
    return constant(float(label), None)


_READERS: Mapping[str, tuple[str, Callable[[str], exp.Expr]]] = {
    "BOOLEAN": ("true or false", _truth),
    "DATE": ("dates", lambda label: day(date.fromisoformat(label))),
    "TIMESTAMP WITH TIME ZONE": ("instants, such as 2026-03-31T12:00:00+00:00", _moment),
    **dict.fromkeys(("DOUBLE", "DECIMAL", "BIGINT", "INTEGER"), ("numbers", _figure)),
}
"""How the label of a group is read, by the type of its column."""
