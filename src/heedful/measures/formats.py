"""How figures read: by their unit, and never with more digits than their margin supports."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from heedful.measures.results import Row

SPACE = "\u00a0"
MINUS = "\u2212"
_SYMBOLS = {
    "EUR": "€",
    "GBP": "£",
    "USD": "$",
    "JPY": "¥",
    "THB": "฿",
    "BRL": "R$",
    "INR": "₹",
    "UAH": "₴",
    "PLN": "zł",
}
_PLAIN = {"", "number", "score", "ratio"}
_MOST_DECIMALS = {"share": 2, "points": 1}


WHY_NONE: Mapping[str | None, str] = {
    "no_answers": "no answers",
    "too_few": "too few answers",
    "not_yet": "not yet known",
    "not_recorded": "not recorded",
    "hidden": "hidden: too few customers",
    None: "no figure",
}
"""Why there is no value, in words."""


@dataclass(frozen=True, slots=True)
class Format:
    """How the figures of one reading are written: value, interval and target alike."""

    factor: float
    prefix: str
    suffix: str
    decimals: int

    def bare(self, x: float) -> str:
        """The number alone, with thousands separators and a true minus sign; zero has no sign."""
        text = f"{abs(x) * self.factor:,.{self.decimals}f}"
        negative = x < 0 and any(c in "123456789" for c in text)
        return f"{MINUS}{text}" if negative else text

    def figure(self, x: float) -> str:
        """The number with its unit: `71 %`, `€ 12.40`, `1 day`."""
        bare = self.bare(x)
        sign, digits = (MINUS, bare[1:]) if bare.startswith(MINUS) else ("", bare)
        return f"{sign}{self.prefix}{digits}{self._suffix(digits)}"

    def interval(self, low: float, high: float) -> str:
        """`66 to 76 %`, `€ 12 to € 14`; `3 days or more` where no upper bound is known."""
        if math.isinf(high):
            return f"{self.figure(low)} or more"
        if self.prefix:
            return f"{self.figure(low)} to {self.figure(high)}"
        return f"{self.bare(low)} to {self.bare(high)}{self._suffix(self.bare(high))}"

    def _suffix(self, digits: str) -> str:
        one = digits in {"1", f"{MINUS}1"} and self.suffix.endswith("s") and not self.suffix.endswith("ss")
        return self.suffix[:-1] if one else self.suffix

    def axis(self) -> str:
        """A Vega expression that writes an axis's numbers the same way."""
        number = f"format(abs(datum.value) * {self.factor}, ',.{self.decimals}f')"
        sign = f"(datum.value < 0 ? '{MINUS}' : '')"
        tail = self.suffix if self.suffix in {f"{SPACE}%", f"{SPACE}million", "k"} else ""
        return f"{sign} + '{self.prefix}' + {number} + '{tail}'"


def format_for(
    unit: str, value: float | None, low: float | None = None, high: float | None = None, target: float | None = None
) -> Format:
    """The format of a reading.

    Digits follow the interval: the last one shown is no finer than half of its width. A value that is not its target
    never reads the same as the target, as far as two more digits can help that.
    """
    if high is not None and math.isinf(high):
        high = None if value is None or low is None else 2 * value - low
    known = [x for x in (value, low, high, target) if x is not None]
    factor, prefix, suffix = _parts(unit, max((abs(x) for x in known), default=0.0))
    decimals = _decimals(unit, factor, value, low, high)
    if target is not None:
        decimals = max(decimals, _needed(target * factor, 2))
        if value is not None and value != target:
            for _ in range(2):
                if round(value * factor, decimals) != round(target * factor, decimals):
                    break
                decimals += 1
    return Format(factor, prefix, suffix, decimals)


def difference_format(unit: str, low: float, high: float) -> Format:
    """The format of a difference: of two shares it is in percentage points, otherwise in the unit itself."""
    if math.isinf(high):
        low, high = 0.0, 2 * low
    if unit == "share":
        decimals = _decimals("share", 100.0, None, low, high)
        return Format(100.0, "", f"{SPACE}points", decimals)
    return format_for(unit, None, low, high)


def axis_format(unit: str, span: float, largest: float) -> Format:
    """The format of an axis over `span`, both in the measure's unit."""
    factor, prefix, suffix = _parts(unit, largest)
    step = span * factor / 4
    return Format(factor, prefix, suffix, max(0, math.ceil(-math.log10(step))) if 0 < step < 1 else 0)


def period_name(row: Row) -> str:
    """`March 2026` for a whole month, `2026` for a year, `Q2 2026` for a quarter, else its days."""
    start, end = row.period_start, row.period_end
    if start is None or end is None:
        return f"to {day(end)}" if end else (f"from {day(start)}" if start else "all time")
    days = (end - start).days + 1
    if start.day == 1 and 28 <= days <= 31 and start.month == end.month:
        return f"{start:%B %Y}"
    if start.day == 1 and start.month % 3 == 1 and 90 <= days <= 92:
        return f"Q{start.month // 3 + 1} {start.year}"
    if start.day == 1 and start.month == 1 and end.month == 12 and end.day == 31:
        return f"{start.year}" if start.year == end.year else f"{start.year} to {end.year}"
    return f"{day(start)} to {day(end)}" if start != end else day(start)


def day(when: date) -> str:
    """`16 November 2026`."""
    return f"{when.day} {when:%B %Y}"


def count(n: int) -> str:
    """`6,690`."""
    return f"{n:,}"


def _parts(unit: str, largest: float) -> tuple[float, str, str]:
    million = largest >= 1e6
    factor, tail = (1e-6, f"{SPACE}million") if million else (1.0, "")
    if unit == "share":
        return 100.0, "", f"{SPACE}%"
    if _is_currency(unit):
        return factor, f"{_SYMBOLS.get(unit, unit)}{SPACE}", tail
    return factor, "", tail if unit in _PLAIN else f"{tail}{SPACE}{unit}"


def _decimals(unit: str, factor: float, value: float | None, low: float | None, high: float | None) -> int:
    most = _MOST_DECIMALS.get(unit, 2)
    money = _is_currency(unit)
    half = (high - low) / 2 * factor if low is not None and high is not None else 0.0
    if half > 0:
        decimals = min(most, max(0, math.ceil(-math.log10(half) - 1e-9)))
        # Prices have cents or none: nobody pays € 4.8.
        return 2 if money and decimals and factor == 1 else decimals
    if value is None:
        return 0
    size = abs(value) * factor
    if unit == "share":
        return 1
    if factor < 1:
        return 2
    if float(value).is_integer() and not money:
        return 0
    return 2 if size < 100 else 0


def _is_currency(unit: str) -> bool:
    return len(unit) == 3 and unit.isupper()


def _needed(x: float, most: int) -> int:
    return next((d for d in range(most) if math.isclose(round(x, d), x, abs_tol=1e-9)), most)
