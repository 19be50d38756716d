"""From what a file holds to instants in UTC.

A time without a zone is local to the source. Where clocks go back, a local time occurs twice: the second one (winter
time) is meant. Where they go forward, a local time never occurs: it is taken as if the clock had not been changed yet,
so that 03:30 in the missing hour is 04:30. Both are what ICU, and DuckDB with it, answers.

A date lasts from local midnight; as a promise (`due_at`) it lasts to the end of its day, one microsecond before the
next local midnight. A column of dates as text is read in one format, which all its values decide. 3/4/2020 could be
either day first or month first: unless some value can only be one of them, the pull stops and asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heedful.errors import SourceError
from heedful.sources.column_types import ISO_DATE, ISO_TIME, ISO_ZONED, has_time
from heedful.sources.staging import Staging, literal, quoted_list

_SAMPLE = 5_000
_CLOCK = r"( \d{1,2}:\d{2}.*)?"
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


@dataclass(frozen=True, slots=True)
class DateFormat:
    """One way to write dates. `swapped` is the way in which the same text may mean another day."""

    pattern: str
    shape: str
    words: str
    swapped: str = ""

    @property
    def patterns(self) -> Sequence[str]:
        """The format with each way to write the time of day, and without one."""
        return [self.pattern + clock for clock in _CLOCKS]


def _numeric() -> list[DateFormat]:
    formats = []
    for sign in ("/", ".", "-"):
        for year, digits, shown in (("%Y", r"\d{4}", "year"), ("%y", r"\d{2}", "year of two digits")):
            shape = rf"\d{{1,2}}\{sign}\d{{1,2}}\{sign}{digits}"
            day, month = f"%d{sign}%m{sign}{year}", f"%m{sign}%d{sign}{year}"
            formats += [
                DateFormat(day, shape, f"day{sign}month{sign}{shown}", month),
                DateFormat(month, shape, f"month{sign}day{sign}{shown}", day),
            ]
    return formats


FORMATS: Mapping[str, DateFormat] = {
    f.pattern: f
    for f in (
        *_numeric(),
        DateFormat("%Y/%m/%d", r"\d{4}/\d{1,2}/\d{1,2}", "year/month/day"),
        DateFormat("%Y.%m.%d", r"\d{4}\.\d{1,2}\.\d{1,2}", "year.month.day"),
        DateFormat("%Y%m%d", r"(19|20)\d{6}", "yearmonthday"),
        DateFormat("%d %b %Y", r"\d{1,2} [A-Za-z]{3} \d{4}", "as 3 Mar 2020"),
        DateFormat("%d-%b-%Y", r"\d{1,2}-[A-Za-z]{3}-\d{4}", "as 3-Mar-2020"),
        DateFormat("%d-%b-%y", r"\d{1,2}-[A-Za-z]{3}-\d{2}", "as 3-Mar-20"),
        DateFormat("%d %B %Y", r"\d{1,2} [A-Za-z]{4,9} \d{4}", "as 3 March 2020"),
        DateFormat("%b %d, %Y", r"[A-Za-z]{3} \d{1,2}, \d{4}", "as Mar 3, 2020"),
        DateFormat("%B %d, %Y", r"[A-Za-z]{4,9} \d{1,2}, \d{4}", "as March 3, 2020"),
    )
}
_ISO = "ISO"


@dataclass(frozen=True, slots=True)
class TextTimes:
    """How a column of text becomes times: SQL for what the text states, with `{x}` for the trimmed text.

    `instant` answers an instant, `date` a date. `words` say which format it is.
    """

    instant: str
    date: str
    words: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """Whose times these are, for what is said about them: the table's column, and where its entry stands."""

    field: str
    place: str
    where: str


def from_naive(x: str, zone: str) -> str:
    """SQL for the instant of a time without a zone."""
    return f"timezone({literal(zone)}, {x})"


def from_date(x: str, zone: str, *, until_end: bool) -> str:
    """SQL for the first instant of a date, or for the last."""
    if until_end:
        return f"(timezone({literal(zone)}, cast({x} + 1 as timestamp)) - interval 1 microsecond)"
    return f"timezone({literal(zone)}, cast({x} as timestamp))"


def stated(format_: str, zone: str, *, until_end: bool) -> TextTimes:
    """Times in a format that somebody stated."""
    parsed = f"try_strptime({{x}}, {literal(format_)})"
    date = f"cast({parsed} as date)"
    if has_time(format_):
        aware = "%z" in format_ or "%Z" in format_
        instant = f"cast({parsed} as timestamptz)" if aware else from_naive(f"cast({parsed} as timestamp)", zone)
    else:
        instant = from_date(date, zone, until_end=until_end)
    return TextTimes(instant, date, f"in the format {format_}")


def detected(staging: Staging, relation: str, x: str, zone: str, asking: Asking, *, until_end: bool) -> TextTimes:
    """The one format that the values of `x` (SQL, over `relation`) are written in.

    Raises `SourceError` where day and month could be the other way round.
    """
    trimmed = f"trim({x})"
    tests = {_ISO: _iso_test(trimmed)} | {p: _test(f, trimmed) for p, f in FORMATS.items()}
    first = _count(staging, f"(select * from {relation} where {x} is not null limit {_SAMPLE})", x, tests)
    likely = {name: test for name, test in tests.items() if first[name]}
    counts = _count(staging, relation, x, likely)
    best = max(likely, key=lambda name: counts[name], default=_ISO)
    if best == _ISO:
        return _iso(zone, until_end=until_end)
    if FORMATS[best].swapped:
        _settle_order(staging, relation, x, FORMATS[best], asking)
    return _in_format(FORMATS[best], zone, asking, until_end=until_end)


def _settle_order(staging: Staging, relation: str, x: str, best: DateFormat, asking: Asking) -> None:
    """Raise unless the values say which of day and month comes first."""
    other = FORMATS[best.swapped]
    this_way, that_way = _test(best, f"trim({x})"), _test(other, f"trim({x})")
    ((certain, contrary, example, against),) = staging.rows(
        f"select count(*) filter (where {this_way} and not {that_way}), "
        f"count(*) filter (where {that_way} and not {this_way}), min(trim({x})) filter (where {this_way}), "
        f"min(trim({x})) filter (where {that_way} and not {this_way}) from {relation}"
    )
    if certain and not contrary:
        return
    if contrary:
        said = f'some dates of {asking.field} have the month first ("{against}") and some the day ("{example}")'
        if best.words.startswith("month"):
            said = f'some dates of {asking.field} have the day first ("{against}") and some the month ("{example}")'
        said += ", so that others could be either"
    else:
        said = f'the dates of {asking.field} could have the day or the month first ("{example}")'
    day, month = sorted((best.pattern, other.pattern))
    raise SourceError(
        f'{said}. Say which in {asking.place}: `dates: {{{asking.field}: "{day}"}}` or '
        f'`dates: {{{asking.field}: "{month}"}}`' + (" (values that do not fit it are rejected)." if contrary else ".")
    )


def _iso(zone: str, *, until_end: bool) -> TextTimes:
    zoned = f"regexp_full_match({{x}}, {literal(ISO_ZONED)})"
    dated = f"regexp_full_match({{x}}, {literal(ISO_DATE)})"
    timed = f"regexp_full_match({{x}}, {literal(ISO_TIME)})"
    naive = from_naive("try_cast({x} as timestamp)", zone)
    from_dates = from_date("try_cast({x} as date)", zone, until_end=until_end)
    aware = "try_cast({x} as timestamptz)"
    local = f"timezone({literal(zone)}, {aware})"
    return TextTimes(
        f"case when {dated} then {from_dates} when {timed} then {naive} when {zoned} then {aware} end",
        f"cast(case when {timed} then try_cast({{x}} as timestamp) when {zoned} then {local} end as date)",
        "as 2020-03-17 or 2020-03-17 10:00:00",
    )


def _in_format(found: DateFormat, zone: str, asking: Asking, *, until_end: bool) -> TextTimes:
    parsed = _parse(found)
    date = f"cast({parsed} as date)"
    fits = f"regexp_full_match({{x}}, {literal(found.shape + _CLOCK)})"
    instant = (
        f"case when not {fits} then null "
        f"when contains({{x}}, ':') then {from_naive(f'cast({parsed} as timestamp)', zone)} "
        f"else {from_date(date, zone, until_end=until_end)} end"
    )
    note = f"dates of {asking.where} read as {found.words}"
    return TextTimes(instant, f"case when {fits} then {date} end", f"written {found.words}, as most others here", note)


def _parse(found: DateFormat) -> str:
    return f"try_strptime({{x}}, [{quoted_list(found.patterns)}])"


def _test(found: DateFormat, x: str) -> str:
    parsed = _parse(found).replace("{x}", x)
    return f"(regexp_full_match({x}, {literal(found.shape + _CLOCK)}) and {parsed} is not null)"


def _iso_test(x: str) -> str:
    naive = f"(regexp_full_match({x}, {literal(ISO_TIME)}) and try_cast({x} as timestamp) is not null)"
    zoned = f"(regexp_full_match({x}, {literal(ISO_ZONED)}) and try_cast({x} as timestamptz) is not null)"
    return f"({naive} or {zoned})"


def _count(staging: Staging, relation: str, x: str, tests: Mapping[str, str]) -> dict[str, int]:
    if not tests:
        return {}
    parts = ", ".join(f"count(*) filter (where {test})" for test in tests.values())
    (row,) = staging.rows(f"select {parts} from {relation} where {x} is not null")
    return dict(zip(tests, map(int, row), strict=True))
