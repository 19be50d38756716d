"""The functions that people may use in expressions: the whole list.

The reference page is generated from it, the checks read it, and one test runs every example on every engine. A function
that cannot be given the same meaning on DuckDB, PostgreSQL and ClickHouse is not here, except among those marked
`mapping`: they work in sources only, which DuckDB alone reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlglot import exp

Group = Literal["numbers", "text", "times", "choices", "lists and structs"]
Kind = Literal[
    "number",  # a number of any type
    "text",
    "time",  # a date or an instant
    "instant",  # a date will not do
    "truth",
    "any",  # whatever suits the other arguments
    "constant",  # text in quotes, not empty
    "text constant",  # text in quotes, perhaps empty
    "pattern",  # a regular expression in quotes
    "count",  # a whole number written out, 1 or more
    "digits",  # a whole number written out, 0 to 15
    "unit",  # the name of a unit of time in quotes
    "free",  # anything; in mappings only
]

TRUNC_UNITS = ("day", "week", "month", "quarter", "year")
DIFF_UNITS = ("second", "minute", "hour", "day", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `example` evaluates to `result` on every engine.

    `node` is the class that sqlglot reads the call as, and `takes` what each of that class's fields may hold.
    """

    name: str
    signature: str
    meaning: str
    example: str
    result: str | float | bool | None
    group: Group
    node: type[exp.Expr]
    takes: Mapping[str, Kind] = field(default_factory=dict)
    units: tuple[str, ...] = ()
    mapping: bool = False


def _numbers() -> list[Function]:
    one: Mapping[str, Kind] = {"this": "number"}
    several: Mapping[str, Kind] = {"this": "any", "expressions": "any"}
    group: Group = "numbers"
    return [
        Function("abs", "abs(number)", "without its sign", "abs(-2.5)", 2.5, group, exp.Abs, one),
        Function("ceil", "ceil(number)", "the next whole number up", "ceil(-1.5)", -1, group, exp.Ceil, one),
        Function("floor", "floor(number)", "the next whole number down", "floor(-1.5)", -2, group, exp.Floor, one),
        Function(
            "round",
            "round(number [, digits])",
            "rounded to so many digits after the point (none), halves away from zero",
            "round(-2.5)",
            -3,
            group,
            exp.Round,
            {"this": "number", "decimals": "digits"},
        ),
        Function("sign", "sign(number)", "-1, 0 or 1", "sign(-7)", -1, group, exp.Sign, one),
        Function("sqrt", "sqrt(number)", "square root; null below 0", "sqrt(16)", 4, group, exp.Sqrt, one),
        Function("ln", "ln(number)", "logarithm to base e; null at 0 and below", "ln(1)", 0, group, exp.Ln, one),
        Function(
            "greatest", "greatest(a, b, …)", "the largest of them; nulls do not count", "greatest(3, null, 7)", 7,
            group, exp.Greatest, several,
        ),
        Function(
            "least", "least(a, b, …)", "the smallest of them; nulls do not count", "least(3, null, 7)", 3, group,
            exp.Least, several,
        ),
    ]  # fmt: skip


def _choices() -> list[Function]:
    group: Group = "choices"
    return [
        Function(
            "coalesce", "coalesce(a, b, …)", "the first that is not null", "coalesce(null, 5)", 5, group, exp.Coalesce,
            {"this": "any", "expressions": "any"},
        ),
        Function(
            "nullif", "nullif(a, b)", "null where a equals b, else a", "nullif(7, 7)", None, group, exp.Nullif,
            {"this": "any", "expression": "any"},
        ),
        Function(
            "if", "if(condition, a, b)", "a where the condition holds, else b", "if(2 > 1, 'yes', 'no')", "yes", group,
            exp.If, {"this": "truth", "true": "any", "false": "any"},
        ),
    ]  # fmt: skip


def _text() -> list[Function]:
    one: Mapping[str, Kind] = {"this": "text"}
    two: Mapping[str, Kind] = {"this": "text", "expression": "text"}
    some: Mapping[str, Kind] = {"this": "text", "expression": "count"}
    trim: Mapping[str, Kind] = {"this": "text"}
    group: Group = "text"
    return [
        Function("lower", "lower(text)", "in small letters, of any alphabet", "lower('ОПОЗДАЛА')", "опоздала", group,
                 exp.Lower, one),
        Function("upper", "upper(text)", "in capital letters, of any alphabet", "upper('ātri')", "ĀTRI", group,
                 exp.Upper, one),
        Function("length", "length(text)", "how many characters", "length('ช้า')", 3, group,
                 exp.Length, one),
        Function("trim", "trim(text)", "without spaces at both ends", "trim('  late ')", "late", group, exp.Trim, trim),
        Function("ltrim", "ltrim(text)", "without spaces at its start", "ltrim('  late')", "late", group, exp.Trim,
                 trim),
        Function("rtrim", "rtrim(text)", "without spaces at its end", "rtrim('late  ')", "late", group,
                 exp.Trim, trim),
        Function("left", "left(text, count)", "its first characters", "left('Рига', 2)", "Ри", group, exp.Left, some),
        Function("right", "right(text, count)", "its last characters", "right('Рига', 2)", "га", group, exp.Right,
                 some),
        Function("substring", "substring(text, start [, count])", "a part of it; the first character is 1",
                 "substring('LV-1010', 4, 2)", "10", group, exp.Substring,
                 {"this": "text", "start": "count", "length": "count"}),
        Function("replace", "replace(text, old, new)", "with every `old` replaced by `new`",
                 "replace('a-b-c', '-', '')", "abc", group, exp.Replace,
                 {"this": "text", "expression": "constant", "replacement": "text constant"}),
        Function("contains", "contains(text, part)", "whether it holds the part, capitals counting",
                 "contains('too late', 'late')", True, group, exp.Contains, two),
        Function("starts_with", "starts_with(text, part)", "whether it begins with the part",
                 "starts_with('late', 'la')", True, group, exp.StartsWith, two),
        Function("ends_with", "ends_with(text, part)", "whether it ends with the part", "ends_with('late', 'la')",
                 False,
                 group, exp.EndsWith, two),
        Function("strpos", "strpos(text, part)", "where the part begins, from 1; 0 where it does not occur",
                 "strpos('Рига', 'га')", 3, group, exp.StrPosition, {"this": "text", "substr": "constant"}),
        Function("split_part", "split_part(text, separator, count)",
                 "the piece of that number between separators; empty where there are fewer",
                 "split_part('a/b/c', '/', 2)", "b", group, exp.SplitPart,
                 {"this": "text", "delimiter": "constant", "part_index": "count"}),
        Function("regexp_matches", "regexp_matches(text, pattern)",
                 "whether a part of it fits the regular expression: letters, `.`, `[…]`, `\\d`, `(…|…)`, `* + ? {n}`, "
                 "`^` and `$`", "regexp_matches('order 12', '[0-9]+$')", True, group, exp.RegexpLike,
                 {"this": "text", "expression": "pattern"}),
    ]  # fmt: skip


def _times() -> list[Function]:
    time: Mapping[str, Kind] = {"this": "time"}
    group: Group = "times"
    day = "date '2024-12-30'"
    return [
        Function("year", "year(time)", "the year", f"year({day})", 2024, group, exp.Year, time),
        Function("quarter", "quarter(time)", "the quarter, 1 to 4", f"quarter({day})", 4, group, exp.Quarter, time),
        Function("month", "month(time)", "the month, 1 to 12", f"month({day})", 12, group, exp.Month, time),
        Function("week", "week(time)", "the ISO week, 1 to 53", f"week({day})", 1, group, exp.Week, time),
        Function("day", "day(time)", "the day of the month", f"day({day})", 30, group, exp.Day, time),
        Function("isodow", "isodow(time)", "the day of the week, Monday 1 to Sunday 7", "isodow(date '2024-12-29')", 7,
                 group, exp.DayOfWeekIso, time),
        Function("hour", "hour(time)", "the hour, 0 to 23; in UTC unless `at time zone` is given",
                 "hour(timestamp '2024-12-30 17:45:00')", 17, group, exp.Hour, {"this": "instant"}),
        Function("minute", "minute(time)", "the minute, 0 to 59", "minute(timestamp '2024-12-30 17:45:00')", 45, group,
                 exp.Minute, {"this": "instant"}),
        Function("date_trunc", "date_trunc('unit', time)",
                 f"the first day of its {', '.join(TRUNC_UNITS[:-1])} or {TRUNC_UNITS[-1]}, as a date; weeks begin on "
                 "Monday", "date_trunc('week', date '2025-01-01')", "2024-12-30", group, exp.TimestampTrunc,
                 {"this": "time", "unit": "unit"}, TRUNC_UNITS),
        Function("date_diff", "date_diff('unit', from, to)",
                 f"how many times a new {', '.join(DIFF_UNITS[:-1])} or {DIFF_UNITS[-1]} began between them",
                 "date_diff('month', date '2024-01-31', date '2024-02-01')", 1, group, exp.DateDiff,
                 {"this": "time", "expression": "time", "unit": "unit"}, DIFF_UNITS),
        Function("epoch", "epoch(time)", "seconds since 1970; the difference of two is a duration",
                 "epoch(timestamp '1970-01-02 00:00:00')", 86400, group, exp.TimeToUnix, time),
    ]  # fmt: skip


def _mapping_only() -> list[Function]:
    def make(  # noqa: PLR0917 - the rows of a table
        name: str, signature: str, meaning: str, example: str, result: str | float | bool | None,
        node: type[exp.Expr], takes: str, group: Group = "text",
    ) -> Function:  # fmt: skip
        kinds: Mapping[str, Kind] = dict.fromkeys(takes.split(), "free")
        return Function(name, signature, meaning, example, result, group, node, kinds, mapping=True)

    call = "expressions"
    return [
        make("concat", "concat(a, b, …)", "joined as text; nulls count as empty", "concat('a', null, 1)", "a1",
             exp.Concat, call),
        make("concat_ws", "concat_ws(separator, a, b, …)", "joined with a separator; nulls are left out",
             "concat_ws('-', 'a', null, 'b')", "a-b", exp.ConcatWs, call),
        make("lpad", "lpad(text, count, fill)", "filled up on the left to so many characters", "lpad('7', 3, '0')",
             "007", exp.Pad, "this expression fill_pattern"),
        make("regexp_extract", "regexp_extract(text, pattern [, group])", "the part that fits the regular expression",
             r"regexp_extract('order 12', '(\d+)', 1)", "12", exp.RegexpExtract, "this expression group"),
        make("regexp_replace", "regexp_replace(text, pattern, new [, 'g'])",
             "with the first part (with 'g' every part) that fits replaced", "regexp_replace('a1b2', '[0-9]', '', 'g')",
             "ab", exp.RegexpReplace, "this expression replacement modifiers"),
        make("md5", "md5(text)", "a fingerprint of the text, to make an id of a long one", "md5('a')",
             "0cc175b9c0f1b6a831c399e269772661", exp.MD5, "this"),
        make("strip_accents", "strip_accents(text)", "letters without their accents", "strip_accents('ātri')", "atri",
             exp.Anonymous, call),
        make("strptime", "strptime(text, format)", "the time that the text states", "strptime('3.2.2024', '%d.%m.%Y')",
             "2024-02-03 00:00:00", exp.StrToTime, "this format", "times"),
        make("try_strptime", "try_strptime(text, format)", "as strptime; null where the text is not such a time",
             "try_strptime('soon', '%d.%m.%Y')", None, exp.Anonymous, call, "times"),
        make("strftime", "strftime(time, format)", "the time as text", "strftime(date '2024-02-03', '%Y/%m')",
             "2024/02", exp.TimeToStr, "this format", "times"),
        make("to_timestamp", "to_timestamp(seconds)", "the instant so many seconds after 1970", "to_timestamp(86400)",
             "1970-01-02 00:00:00+00", exp.UnixToTime, "this", "times"),
        make("epoch_ms", "epoch_ms(milliseconds)", "the time so many milliseconds after 1970", "epoch_ms(86400000)",
             "1970-01-02 00:00:00", exp.UnixToTime, "this scale", "times"),
        make("make_date", "make_date(year, month, day)", "the date", "make_date(2024, 2, 3)", "2024-02-03",
             exp.DateFromParts, "year month day", "times"),
        make("last_day", "last_day(time)", "the last day of its month", "last_day(date '2024-02-03')", "2024-02-29",
             exp.LastDay, "this", "times"),
        make("list_extract", "list_extract(list, place)", "the element at that place, from 1; as `list[place]`",
             "list_extract(string_split('a,b', ','), 2)", "b", exp.Anonymous, call, "lists and structs"),
        make("list_contains", "list_contains(list, element)", "whether it is in the list",
             "list_contains(string_split('a,b', ','), 'b')", True, exp.ArrayContains, "this expression",
             "lists and structs"),
        make("array_to_string", "array_to_string(list, separator)", "the elements as one text",
             "array_to_string(string_split('a,b', ','), '/')", "a/b", exp.ArrayToString, "this expression",
             "lists and structs"),
        make("string_split", "string_split(text, separator)", "the list of pieces between separators",
             "string_split('a,b', ',')[1]", "a", exp.Split, "this expression", "lists and structs"),
        make("json_extract_string", "json_extract_string(json, path)", "the text at a path within a JSON text",
             """json_extract_string('{"a": {"b": "c"}}', '$.a.b')""", "c", exp.JSONExtractScalar, "this expression",
             "lists and structs"),
    ]  # fmt: skip


FUNCTIONS: tuple[Function, ...] = (*_numbers(), *_choices(), *_text(), *_times(), *_mapping_only())

AGGREGATES: Mapping[str, type[exp.Expr]] = {
    "count": exp.Count, "sum": exp.Sum, "avg": exp.Avg, "min": exp.Min, "max": exp.Max, "median": exp.Median,
    "quantile_cont": exp.PercentileCont, "stddev_samp": exp.StddevSamp, "var_samp": exp.Variance,
    "bool_or": exp.LogicalOr, "bool_and": exp.LogicalAnd, "any_value": exp.AnyValue, "arg_max": exp.ArgMax,
    "arg_min": exp.ArgMin, "string_agg": exp.GroupConcat, "list": exp.ArrayAgg, "count_if": exp.CountIf,
}  # fmt: skip
"""What a source's query may gather rows with, besides the functions above."""

WINDOWS: Mapping[str, type[exp.Expr]] = {
    "row_number": exp.RowNumber, "rank": exp.Rank, "dense_rank": exp.DenseRank, "lag": exp.Lag, "lead": exp.Lead,
    "first_value": exp.FirstValue, "last_value": exp.LastValue, "ntile": exp.Ntile,
}  # fmt: skip
"""What a source's query may use with `over (…)`, besides the aggregates."""


def known_names(*, mapping: bool) -> list[str]:
    """The names of the functions, for offering the closest one."""
    return [f.name for f in FUNCTIONS if mapping or not f.mapping]
