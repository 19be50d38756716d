# ruff: noqa: E501 - the cases are SQL, a line each
"""What people may not write, and the sentence that each gets, under their own text."""

from __future__ import annotations

import pytest

from heedful.errors import ExpressionError
from heedful.streams.expressions import MAX_LENGTH, parse_condition, parse_value, table_columns
from heedful.streams.schema import ACTIVITY, FEEDBACK

COLUMNS = {**table_columns(FEEDBACK), **table_columns(ACTIVITY)}

REFUSED = [
    # what reaches beyond the row
    ("read_csv('/etc/passwd') is not null", 'There is no function "read_csv"'),
    ("score in (select score from feedback)", "A query within an expression"),
    ("exists(select 1)", "A query within an expression"),
    ("(select 1) = 1", "A query within an expression"),
    ("read_parquet('x') is null", 'There is no function "read_parquet"'),
    ("read_text('/etc/passwd') = ''", 'There is no function "read_text"'),
    ("getenv('HOME') = 'x'", 'There is no function "getenv"'),
    ("query('select 1') = 1", 'There is no function "query"'),
    ("query_table('feedback') is null", 'There is no function "query_table"'),
    ("getvariable('x') = 1", 'There is no function "getvariable"'),
    ("current_setting('threads') = '1'", 'There is no function "current_setting"'),
    ("pg_sleep(10) is null", 'There is no function "pg_sleep"'),
    ("current_user = 'x'", 'There is no function "current_user"'),
    ("nextval('s') = 1", 'There is no function "nextval"'),
    ("url('http://x') = ''", 'There is no function "url"'),
    ("file('/etc/passwd') = ''", "`(` cannot stand here"),
    ("dictGet('a', 'b', 1) = 1", 'There is no function "dictget"'),
    # what is another time something else
    ("random() > 0.5", "`random` gives another answer each time"),
    ("current_date > date '2024-01-01'", "`current_date` gives another answer each time"),
    ("current_timestamp > occurred_at", "`current_timestamp` gives another answer each time"),
    ("now() > occurred_at", 'There is no function "now"'),
    ("uuid() is null", 'There is no function "uuid"'),
    # what looks at other rows
    ("sum(score) > 3", "`sum` gathers many rows"),
    ("count(*) > 3", "`count` gathers many rows"),
    ("max(score) filter (where score > 1) > 3", "`filter` gathers many rows"),
    ("row_number() over () = 1", "`over (…)` looks at other rows"),
    ("lag(score) over (order by occurred_at) > 1", "`over (…)` looks at other rows"),
    # what has no value of its own
    ("columns(*)", "`*` stands for many columns"),
    ("*", "`*` stands for many columns"),
    ("score > ?", "There is nothing that could fill a parameter"),
    ("score > $1", "There is nothing that could fill a parameter"),
    ("score > $name", "There is nothing that could fill a parameter"),
    ("null", "A condition is true or false, and this is null"),
    # statements, and texts that would close a bracket around them
    ("1) or (1=1", "`)` cannot stand here"),
    ("score >= 9; drop table feedback", "`drop` cannot stand here"),
    ("score >= 9;", "One expression stands here, without a semicolon"),
    ("score >= 9 as x", "`as` cannot stand here"),
    ("score >= 9 union select 1", "`union` cannot stand here"),
    ("score >= 9 order by 1", "`order by` cannot stand here"),
    ("score >= 9 limit 1", "`limit` cannot stand here"),
    ("", "There is nothing here"),
    (" \n ", "There is nothing here"),
    ("-- only a comment", "Something is missing"),
    ("score >", "Something is missing after this"),
    ("(score > 1", "`)` is missing after this"),
    ("'abc", "A quote is not closed here"),
    ("score > 1\x00", "There is a character here that is not text"),
    ("score > 1 -- \ud800", "There is a character here that is not text"),
    ("not " * 1500 + "true", "This is nested too deeply"),
    ("(" * 3000 + "1" + ")" * 3000, "This is nested too deeply"),
    ("score > 1 or " * 1000 + "true", "This is longer than"),
    ("score+" * 800 + "1 > 1", "This is "),
    # columns
    ("scor >= 9", 'There is no column "scor". Closest: score'),
    ("feedback.score >= 9", "Write score alone, without feedback"),
    ("score.x >= 9", "score has no parts; write it alone"),
    ("ищет = 'a'", 'There is no column "ищет". There are: activity_id'),
    # kinds
    ("score", "A condition is true or false, and this is a number; compare it, as in `score >= 9`"),
    ("text", "A condition is true or false, and this is text"),
    ("score and true", "A condition is true or false, and this is a number"),
    ("score >= 'high'", "A number stands beside text"),
    ("score >= '9'", "A number stands beside text"),
    ("text = 3", "Text stands beside a number"),
    ("resolved = 1", "True or false stands beside a number"),
    ("resolved > false", "True and false have no order"),
    ("lower(score) = 'a'", "`lower` takes text, and this is a number: lower(text)"),
    ("text + 1 > 1", "`+` takes a number, and this is text"),
    ("-text = 'a'", "`-` takes a number, and this is text"),
    ("text || score = 'a'", "`||` takes text, and this is a number; write ::varchar"),
    ("coalesce(score, 'none') = 1", "A number stands beside text"),
    ("case when score > 1 then 1 else 'x' end = 1", "A number stands beside text"),
    ("case when score then 1 end = 1", "A condition is true or false, and this is a number"),
    ("greatest(text, brand) = 'a'", "`greatest` takes numbers or times"),
    ("score % 2 = 1", "`%` takes whole numbers"),
    ("year(text) = 2024", "`year` takes an instant or a date, and this is text"),
    ("hour(occurred_at::date) = 1", "`hour` takes an instant, and this is a date"),
    ("occurred_at > text", "Text stands beside a time"),
    ("interval 2 day > interval 1 day", "Values of this kind cannot be compared"),
    # null
    ("score = null", "Nothing equals null; write `is null`"),
    ("score not in (9, null)", "Null in a list makes every other answer unknown"),
    ("coalesce(null, null) = 1", "All of its results are null"),
    ("nullif(score, null) = 1", "Nothing equals null, so this nullif does nothing"),
    # times
    ("occurred_at > 'yesterday'", "'yesterday' is not a time; write '2026-01-31 09:30:00'"),
    ("occurred_at > '2024-13-01'", "'2024-13-01' is not a time"),
    ("occurred_at > date '31.12.2024'", "'31.12.2024' is not a date; write '2026-01-31'"),
    ("occurred_at > timestamp '0001-01-01'", "The years from 1900 to 2261"),
    ("due_at - occurred_at <= interval 2 day", "Two times cannot be subtracted on every engine; write date_diff"),
    ("occurred_at + 1 > due_at", "Say what is added to a time: interval 2 day"),
    ("occurred_at at time zone 'Europe/Rga' > '2024-01-01'", 'There is no time zone "Europe/Rga". Closest: Europe/Riga'),
    ("occurred_at at time zone text > '2024-01-01'", "A time zone is written between quotes"),
    ("occurred_at::timestamp at time zone 'Europe/Riga' > due_at", "`at time zone` takes an instant"),
    ("date_trunc('decade', occurred_at) = date '2020-01-01'", "`date_trunc` knows the units day, week"),
    ("date_diff('week', occurred_at, due_at) > 1", "`date_diff` knows the units second"),
    ("occurred_at + interval '1 day 2 hours' > due_at", "An interval is a whole number and a unit"),
    ("occurred_at + interval (score) day > due_at", "An interval is a whole number and a unit"),
    # casts
    ("text::double > 1", "Text cannot be made a double here; convert text in the mapping"),
    ("score::varchar = '9'", "A number with a fraction reads differently"),
    ("score::decimal(10, 2) = 9", "A double cannot be made a decimal"),
    ("score::float = 1", "A value cannot be made a real; the types are date"),
    ("score::int[] = 1", "A value cannot be made a int[]"),
    ("score::json = 1", "A value cannot be made a json"),
    ("score::struct(a int) = 1", "A value cannot be made a struct"),
    ("resolved::bigint = 1", "True or false cannot be made a bigint"),
    ("try_cast(text as double) > 1", "`try_cast` works in the mappings of sources only"),
    # forms that engines read differently
    ("text like brand", "`like` takes a pattern between quotes"),
    (r"text like 'a\_b'", "A backslash in a pattern"),
    ("text like 'a!_b' escape '!'", "`escape` is not available"),
    ("text ~ 'late'", "Use `like`, `ilike` or regexp_matches"),
    ("text similar to 'late'", "Use `like`, `ilike` or regexp_matches"),
    ("text glob 'late*'", "Use `like`, `ilike` or regexp_matches"),
    ("regexp_matches(text, brand)", "A regular expression is written out"),
    (r"regexp_matches(text, '\bfoo')", r"This regular expression has \b"),
    (r"regexp_matches(text, '\w+')", r"This regular expression has \w"),
    ("regexp_matches(text, 'a+?')", "This regular expression has ? where there is nothing to repeat"),
    ("regexp_matches(text, '(?i)late')", "This regular expression has "),
    ("regexp_matches(text, '(late')", "This regular expression leaves a group open"),
    ("regexp_matches(text, 'late)')", "This regular expression closes a group that is not open"),
    ("regexp_matches(text, 'a{999}')", "This regular expression repeats more than 255 times"),
    ("regexp_matches(text, '[[:alpha:]]')", "This regular expression has "),
    ("text collate nocase = 'a'", "`collate` is not available"),
    ("score is distinct from 1", "`is distinct from` is not available"),
    ("score between symmetric 9 and 1", "This form of `between` is not available"),
    ("score // 2 = 1", "`//` is not available; write floor(a / b)"),
    ("score ^ 2 > 1", "Powers are not available"),
    ("score & 1 = 1", "There are no operations on bits"),
    ("score > all(select 1)", "`any` and `all` are not available"),
    ("score > 1 && true", "`&&` is not available; write and"),
    ("[1, 2] = score", "Lists and structs cannot be built here"),
    ("{'a': 1} = score", "Lists and structs cannot be built here"),
    ("(score, score) = (1, 1)", "Lists and structs cannot be built here"),
    ("brand[1] = 'a'", "Fields and elements can be picked in the mappings"),
    ("brand -> 'a' = 'b'", "Fields and elements can be picked in the mappings"),
    ("e'a' = text", "Write text between single quotes"),
    ("$$a$$ = text", "Write text between single quotes"),
    ("score > 1e400", "This number is written in a way"),
    ("score > 99999999999999999999", "This number is written in a way"),
    ("left(text, -1) = 'a'", "`left` takes a whole number from 1 here"),
    ("left(text, 0) = 'a'", "`left` takes a whole number from 1 here"),
    ("round(score, score) > 1", "`round` takes a number of digits from 0 to 15"),
    ("replace(text, '', 'x') = 'a'", "`replace` takes text between quotes here, not empty"),
    ("trim('x' from text) = 'a'", "`trim` takes other arguments: trim(text)"),
    ("strptime(text, '%d') > occurred_at", "`strptime` works in the mappings of sources only"),
    ("md5(text) = 'a'", "`md5` works in the mappings of sources only"),
    ("lenght(text) > 3", 'There is no function "lenght" here. Closest: length'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), REFUSED, ids=[t[:40] for t, _ in REFUSED])
def test_it_is_refused_with_a_sentence_of_its_own(text: str, sentence: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_condition(text, COLUMNS)
    assert refused.value.message.startswith(sentence)


@pytest.mark.parametrize(
    ("text", "under"),
    [
        ("scor >= 9", "scor"),
        ("score >= 9\n  and texxt = 'a'", "texxt"),
        ("score >= 9 and read_csv('/etc/passwd') is null", "read_csv"),
        ("score >= 9 and current_date > occurred_at", "current_date"),
        ("score >= 9 and occurred_at > 'soon'", "'soon'"),
        ("score >= 9 and score in (select 1)", "select"),
        ("score >= 9 and lower(weight) = 'a'", "weight"),
        ("score >= 9 and date_trunc('month', due_at) > 'x'", "'x'"),
        ("score >= 9 and regexp_matches(text, '\\b')", "'\\b'"),
        ("ОПОЗДАЛА = 'ส่งช้า' and score > 1", "ОПОЗДАЛА"),
        ("score >= 9)", ")"),
    ],
)
def test_the_caret_stands_under_the_users_own_words(text: str, under: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_condition(text, COLUMNS)
    assert refused.value.offset == text.index(under)
    assert str(refused.value).endswith("^")


def test_a_long_expression_within_the_limit_is_checked_quickly_enough_to_be_accepted() -> None:
    text = " or ".join(f"score = {i}" for i in range(300))
    assert len(text) < MAX_LENGTH
    assert parse_condition(text, COLUMNS).columns == {"score"}


def test_capitals_do_not_matter_to_a_column() -> None:
    found = parse_condition("SCORE >= 9", COLUMNS)
    assert found.columns == {"score"}
    assert found.tree.sql("duckdb") == "(score >= 9)"


def test_a_comment_does_not_reach_the_query() -> None:
    assert parse_condition("score >= 9 -- promoters */ drop", COLUMNS).tree.sql("duckdb") == "(score >= 9)"


@pytest.mark.parametrize(
    ("text", "kind"),
    [("score", "number"), ("text", "text"), ("resolved", "boolean"), ("occurred_at", "time"), ("due_at::date", "date"),
     ("amount * 2", "number"), ("interval 2 day", "interval"), ("score > 1", "boolean")],
)  # fmt: skip
def test_a_value_states_its_kind(text: str, kind: str) -> None:
    assert parse_value(text, COLUMNS).type == kind


def test_a_fragment_keeps_its_meaning_wherever_its_tree_is_put() -> None:
    either = parse_condition("score >= 9 or score is null", COLUMNS).tree
    from sqlglot import exp

    both = exp.And(this=either.copy(), expression=exp.Not(this=either.copy()))
    assert both.sql("duckdb") == "(score >= 9 OR score IS NULL) AND NOT (score >= 9 OR score IS NULL)"
