"""Telephone numbers in one form, E.164: +37129123456.

This says only which texts mean the same number, which needs each country's calling code, the prefix that is dialled
within it, and how long its numbers are. Whether a number is in service needs tables of 48 MB, and links nobody better.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """How a country dials: `trunk` precedes national numbers, which have `shortest` to `longest` digits without it."""

    code: str
    trunk: str
    shortest: int
    longest: int


_PLANS = """
AE 971 0 8 9|AL 355 0 8 9|AM 374 0 8 8|AR 54 0 10 11|AT 43 0 4 13|AU 61 0 9 9|AZ 994 0 9 9|BA 387 0 8 9|BD 880 0 8 10
BE 32 0 8 9|BG 359 0 7 9|BR 55 0 10 11|BY 375 80 9 9|CA 1 1 10 10|CH 41 0 9 9|CL 56 - 9 9|CN 86 0 10 11|CO 57 - 10 10
CY 357 - 8 8|CZ 420 - 9 9|DE 49 0 6 12|DK 45 - 8 8|EE 372 - 7 8|EG 20 0 8 10|ES 34 - 9 9|FI 358 0 5 11|FR 33 0 9 9
GB 44 0 9 10|GE 995 0 9 9|GH 233 0 9 9|GR 30 - 10 10|HK 852 - 8 8|HR 385 0 8 9|HU 36 06 8 9|ID 62 0 8 12|IE 353 0 7 9
IL 972 0 8 9|IN 91 0 10 10|IS 354 - 7 9|IT 39 - 6 11|JP 81 0 9 10|KE 254 0 9 9|KR 82 0 8 10|KZ 7 8 10 10|LK 94 0 9 9
LT 370 8 8 8|LU 352 - 4 11|LV 371 - 8 8|MA 212 0 9 9|MD 373 0 8 8|ME 382 0 8 8|MK 389 0 8 8|MT 356 - 8 8|MX 52 - 10 10
MY 60 0 8 10|NG 234 0 8 10|NL 31 0 9 9|NO 47 - 8 8|NZ 64 0 8 10|PE 51 0 8 9|PH 63 0 8 10|PK 92 0 9 10|PL 48 - 9 9
PT 351 - 9 9|RO 40 0 9 9|RS 381 0 8 9|RU 7 8 10 10|SA 966 0 8 9|SE 46 0 7 9|SG 65 - 8 8|SI 386 0 8 8|SK 421 0 9 9
TH 66 0 8 9|TN 216 - 8 8|TR 90 0 10 10|TW 886 0 8 9|UA 380 0 9 9|US 1 1 10 10|UZ 998 - 9 9|VN 84 0 9 10|ZA 27 0 9 9
"""

PLANS: Mapping[str, Plan] = {
    country: Plan(code, "" if trunk == "-" else trunk, int(shortest), int(longest))
    for country, code, trunk, shortest, longest in (entry.split() for entry in re.split(r"[|\n]", _PLANS.strip()))
}
"""By the country's two letters (ISO 3166-1)."""

_DROPS_ZERO = frozenset(p.code for p in PLANS.values() if p.trunk == "0")
_CODES = sorted({p.code for p in PLANS.values()}, key=len, reverse=True)
_EXTENSION = re.compile(r"(?:\b(?:ext|extension|x|int|tel)\b\.?|#|;ext=)\s*:?\s*\d{1,6}\s*$", re.IGNORECASE)
_TRUNK_IN_BRACKETS = re.compile(r"\(\s*0\s*\)")
_LABEL = re.compile(r"^\s*(?:tel|phone|mob|mobile|telephone)\s*[.:]*\s*", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060\ufeff'_]+")
_MOST_DIGITS = 15
_FEWEST_DIGITS = 7


def e164(text: str, country: str | None) -> str | None:
    """`text` as E.164, or None where it is no telephone number.

    `country` is meant where a number states none; without it such a number is None too (`lacks_country` tells).
    """
    is_international, digits = _dialled(text, country)
    if digits is None:
        return None
    if not is_international:
        if country is None:
            return None
        digits = _national(digits, PLANS[country])
    elif (code := next((c for c in _CODES if digits.startswith(c)), "")) in _DROPS_ZERO:
        digits = code + digits[len(code) :].removeprefix("0")
    return f"+{digits}" if _FEWEST_DIGITS < len(digits) <= _MOST_DIGITS and not digits.startswith("0") else None


def lacks_country(text: str) -> bool:
    """Whether `text` is a number that says nothing of its country."""
    is_international, digits = _dialled(text, None)
    return digits is not None and not is_international and len(digits) >= _FEWEST_DIGITS - 1


def _dialled(text: str, country: str | None) -> tuple[bool, str | None]:
    """Whether `text` begins with a calling code, and its digits from there on; None where it holds anything else."""
    text = "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in text)
    text = _EXTENSION.sub("", _LABEL.sub("", text.replace("\uff0b", "+")))
    bare = _SEPARATORS.sub("", _TRUNK_IN_BRACKETS.sub("", text) if text.lstrip().startswith(("+", "00")) else text)
    is_international = bare.startswith("+")
    digits = bare.removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        return False, None
    if not is_international:
        abroad = "011" if country in ("US", "CA") else "810" if country in ("RU", "KZ") else "00"
        if digits.startswith(abroad) and len(digits) > len(abroad) + _FEWEST_DIGITS:
            return True, digits.removeprefix(abroad)
    return is_international, digits


def _national(digits: str, plan: Plan) -> str:
    if digits.startswith(plan.code) and plan.shortest <= len(digits) - len(plan.code) <= plan.longest < len(digits):
        return digits  # 371 29123456: the calling code without its plus
    # Lithuania dials 8 and, since 2024, 0; an 8 may also begin the number itself, so only what is too long loses it.
    for trunk in filter(None, (plan.trunk, "0" if plan.trunk == "8" else "")):
        if digits.startswith(trunk) and (trunk == "0" or len(digits) > plan.longest):
            digits = digits.removeprefix(trunk)
            break
    return plan.code + digits if plan.shortest <= len(digits) <= plan.longest else ""
