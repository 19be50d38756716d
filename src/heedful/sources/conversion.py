"""From the type that an expression gives to the type that a column of the lake has, as SQL.

Nothing is forced: a value that does not convert is a reject with a reason, and an empty text is no value at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from heedful.sources.column_types import COMMA, NUMBER, Decimal
from heedful.sources.staging import literal
from heedful.sources.times import TextTimes, from_date, from_naive
from heedful.streams.schema import FLAG, INSTANT, MONEY, TEXT, WHOLE
from heedful.streams.schema import NUMBER as NUMBER_TYPE

Family = Literal["text", "number", "boolean", "date", "naive", "instant", "clock", "nested"]

_TRUE = ("true", "yes", "y", "t", "1")
_FALSE = ("false", "no", "n", "f", "0")
_COMMA_HINT = (
    'is not a number; if its comma is a decimal sign, say `decimal: ","` beside the path of the file, '
    'and `decimal: "."` if it is not'
)


class DoesNotConvertError(Exception):
    """An expression whose type cannot become the column's; the message says what would do."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """SQL for the converted value; null where there is nothing, or where the value does not fit for `reason`."""

    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What a conversion needs to know besides the two types.

    `times` is how text becomes times; None where the expression gives no text or the column takes no time.
    """

    zone: str
    rate: float | None
    decimal: Decimal | None
    until_end: bool
    times: TextTimes | None


def family(type_: str) -> Family:
    """The kind of a DuckDB type."""
    if type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION")):
        return "nested"
    if type_ in ("VARCHAR", "JSON", "BLOB", "UUID") or type_.startswith("ENUM"):
        return "text"
    named: dict[str, Family] = {
        "BOOLEAN": "boolean",
        "DATE": "date",
        "TIMESTAMP WITH TIME ZONE": "instant",
        "TIME": "clock",
        "INTERVAL": "clock",
    }
    if type_ in named:
        return named[type_]
    return "naive" if type_.startswith("TIMESTAMP") else "number"


def takes_times(target: pa.DataType) -> bool:
    """Whether a column of this type holds times."""
    return bool(target == INSTANT or target == pa.date32())


def convert(x: str, given: str, target: pa.DataType, setting: Setting) -> Conversion:
    """The value of `x`, SQL of DuckDB's type `given`, as `target`. Raises `DoesNotConvertError`."""
    kind = family(given)
    if kind == "nested":
        raise DoesNotConvertError("gives a list or an object; pick one value out of it, such as name.part or name[1]")
    if target == TEXT:
        return Conversion(as_text(x, given), "cannot be text")
    if target == INSTANT or target == pa.date32():
        return _time(x, kind, target, setting)
    if kind in ("date", "naive", "instant", "clock"):
        raise DoesNotConvertError(f"gives a time, where {_needs(target)} is needed")
    if target == FLAG:
        return _flag(x, kind)
    return _number(x, given, kind, target, setting)


def as_text(x: str, given: str) -> str:
    """`x` as text, trimmed and null where empty. A whole number in a column of decimals is written as a whole one.

    That is how a table that passed through pandas holds ids: 17850.0.
    """
    if given in ("DOUBLE", "FLOAT"):
        whole = f"cast(cast({x} as bigint) as varchar)"
        return (
            f"case when isnan({x}) then null when {x} = floor({x}) and abs({x}) < 1e15 then {whole} "
            f"else cast({x} as varchar) end"
        )
    return f"nullif(trim(cast({x} as varchar)), '')"


def _number(x: str, given: str, kind: Family, target: pa.DataType, setting: Setting) -> Conversion:
    if kind == "text":
        number, reason = _number_in_text(x, setting.decimal)
    elif kind == "boolean":
        number, reason = f"cast({x} as integer)", "is not a number"
    elif given in ("DOUBLE", "FLOAT"):
        number, reason = f"(case when isfinite({x}) then {x} end)", "is not a finite number"
    else:
        number, reason = x, "is not a number"
    if target == MONEY:
        money = f"cast({number} as double) * {setting.rate!r}" if setting.rate is not None else number
        return Conversion(f"try_cast({money} as decimal(18, 2))", reason)
    if target == WHOLE:
        whole = f"try_cast({number} as double)"
        value = f"case when {whole} = floor({whole}) then try_cast({number} as bigint) end"
        return Conversion(value, "is not a whole number")
    if target != NUMBER_TYPE:
        raise DoesNotConvertError(f"cannot become {target}")
    return Conversion(f"try_cast({number} as double)", reason)


def _number_in_text(x: str, decimal: Decimal | None) -> tuple[str, str]:
    text = f"trim({x})"
    if decimal == ",":
        plain = f"replace(replace({text}, '.', ''), ',', '.')"
        return f"(case when regexp_full_match({text}, {literal(COMMA)}) then {plain} end)", "is not a number"
    ungrouped = r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"
    number = f"(case when regexp_full_match({text}, {literal(NUMBER)}) then {text} end)"
    if decimal is None:
        return number, _COMMA_HINT
    grouped = f"when regexp_full_match({text}, {literal(ungrouped)}) then replace({text}, ',', '')"
    return f"(case when regexp_full_match({text}, {literal(NUMBER)}) then {text} {grouped} end)", "is not a number"


def _flag(x: str, kind: Family) -> Conversion:
    if kind == "boolean":
        return Conversion(x, "is not true or false")
    word = f"lower(trim(cast({x} as varchar)))" if kind == "text" else f"cast(try_cast({x} as bigint) as varchar)"
    true, false = (", ".join(map(literal, words)) for words in (_TRUE, _FALSE))
    value = f"case when {word} in ({true}) then true when {word} in ({false}) then false end"
    return Conversion(value, "is not true or false (yes, no, true, false, 1 or 0)")


def _time(x: str, kind: Family, target: pa.DataType, setting: Setting) -> Conversion:
    wants_date = target == pa.date32()
    match kind:
        case "text" if setting.times is not None:
            value = setting.times.date if wants_date else setting.times.instant
            return Conversion(value.replace("{x}", f"trim({x})"), f"is not a time {setting.times.words}")
        case "date":
            value = x if wants_date else from_date(x, setting.zone, until_end=setting.until_end)
        case "naive":
            value = f"cast({x} as date)" if wants_date else from_naive(f"cast({x} as timestamp)", setting.zone)
        case "instant":
            value = f"cast(timezone({literal(setting.zone)}, {x}) as date)" if wants_date else x
        case _:
            raise DoesNotConvertError(
                f"gives {'numbers' if kind == 'number' else 'no date'}, where a time is needed. Seconds since 1970 "
                "become one with to_timestamp(…), milliseconds with epoch_ms(…)"
            )
    # DuckDB knows an infinite time, which no other part of Heedful does.
    return Conversion(f"(case when isfinite({x}) then {value} end)", "is not a time")


def _needs(target: pa.DataType) -> str:
    return {MONEY: "an amount", FLAG: "true or false", WHOLE: "a whole number"}.get(target, "a number")
