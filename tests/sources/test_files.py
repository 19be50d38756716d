"""Files as they come: encodings, separators, number formats, nested values."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

VISITS = """
    files: {visits: visits.csv}
    rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'visit'", reason: why}]
"""


@pytest.mark.parametrize(
    ("encoding", "words", "shown"),
    [
        ("utf-8", "pakomāts ātri", "UTF-8"),
        ("utf-8-sig", "pakomāts ātri", "UTF-8"),
        ("utf-16", "pakomāts ātri", "utf-16"),
        ("utf-16-le", "pakomāts ātri", "utf-16-le"),
        ("utf-16-be", "pakomāts ātri", "utf-16-be"),
        ("cp1252", "perché è così – café", "windows-1252"),
        ("latin-1", "Größe und Öl für Übung", "windows-1252"),
        ("cp1257", "šodien pakomāts bija ļoti ātri", "windows-1257"),
        ("cp1257", "šiandien žmogus ačiū", "windows-1257"),
        ("cp1251", "Посылка опоздала", "windows-1251"),
        ("cp874", "พัสดุมาช้ามาก", "windows-874"),
    ],
)
def test_the_encoding_is_found_out_and_stated(workspace: Any, encoding: str, words: str, shown: str) -> None:
    workspace.write("visits.csv", f"id,day,why\n1,2024-01-01,{words}\n".encode(encoding))
    report = workspace.pull(VISITS)
    assert workspace.column("select reason from activity") == [words]
    assert f"visits: visits.csv read as {shown}" in report.notes[0]
    assert ("a guess by its letters" in report.notes[0]) is shown.startswith("windows")


def test_a_stated_encoding_is_obeyed(workspace: Any) -> None:
    workspace.write("visits.csv", "id,day,why\n1,2024-01-01,ātri\n".encode("cp1257"))
    workspace.pull(VISITS.replace("visits.csv", "{path: visits.csv, encoding: latin-1}"))
    assert workspace.column("select reason from activity") == ["âtri"]


@pytest.mark.parametrize(
    ("sign", "shown"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar"), ("^", '"^"')]
)
def test_the_separator_is_found_out_or_obeyed_and_stated(workspace: Any, sign: str, shown: str) -> None:
    rows = ["id,day,why", '1,2024-01-01,"a; b, c"', "2,2024-01-02,d"]
    text = "\n".join(row.replace(",", sign).replace(f"a; b{sign} c", "a; b, c") for row in rows)
    workspace.write("visits.csv", text)
    spec = f"{{path: visits.csv, separator: '{sign}'}}" if sign == "^" else "visits.csv"
    report = workspace.pull(VISITS.replace("visits.csv", spec))
    assert workspace.column("select reason from activity order by activity_id") == ["a; b, c", "d"]
    assert f"separated by {shown}, 2 records" in report.notes[0]


def test_excels_own_separator_line_is_understood(workspace: Any) -> None:
    workspace.write("visits.csv", "sep=;\nid;day;why\n1;2024-01-01;a,b,c\n")
    workspace.pull(VISITS)
    assert workspace.column("select reason from activity") == ["a,b,c"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "mixed"])
def test_lines_may_end_in_any_way(workspace: Any, ends: str) -> None:
    lines = [
        "id,day,why",
        "1,2024-01-01,a",
        '2,2024-01-02,"b\nc"' if ends != "\r" else "2,2024-01-02,b",
        "3,2024-01-03,d",
        "",
    ]
    content = "\r\n".join(lines[:3]) + "\n" + "\n".join(lines[3:]) if ends == "mixed" else ends.join(lines)
    workspace.write("visits.csv", content.encode())
    workspace.pull(VISITS)
    found = workspace.column("select replace(reason, chr(10), '/') from activity order by activity_id")
    assert found == ["a", "b" if ends == "\r" else "b/c", "d"]


def test_lines_above_the_header_are_skipped_where_stated(workspace: Any) -> None:
    workspace.write("visits.csv", "Export of 3 May\n\nid,day,why\n1,2024-01-01,a\n2,never,b\n")
    workspace.pull(VISITS.replace("visits.csv", "{path: visits.csv, skip: 1}") + "    reject_share: 1\n")
    assert workspace.rejects() == ["visits.csv,5,day,never,is not a time as 2020-03-17 or 2020-03-17 10:00:00"]


def test_stated_words_mean_no_value(workspace: Any) -> None:
    workspace.write("visits.csv", "id,day,why\n1,2024-01-01,n/a\n2,2024-01-01,-\n3,2024-01-01,x\n")
    workspace.pull(VISITS.replace("visits.csv", "{path: visits.csv, nulls: [n/a, '-']}"))
    assert workspace.column("select reason from activity order by activity_id") == [None, None, "x"]


AMOUNTS = """
    files: {orders: orders.csv}
    rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'", amount: paid}]
"""


@pytest.mark.parametrize(
    ("separator", "values", "amounts"),
    [
        (",", ["1234.50", "0.005", "-3", "1e2"], ["1234.50", "0.01", "-3.00", "100.00"]),
        (";", ["1.234,50", "12,5", "1.234", "7"], ["1234.50", "12.50", "1234.00", "7.00"]),
        (";", ["12,500", "7,250"], ["12.50", "7.25"]),
        ("\t", ["1,234.50", "1,234", "99"], ["1234.50", "1234.00", "99.00"]),
    ],
    ids=["point", "comma", "comma as the separator suggests", "comma between thousands"],
)
def test_the_decimal_sign_is_found_out(workspace: Any, separator: str, values: list[str], amounts: list[str]) -> None:
    body = "".join(separator.join([str(i), "2024-01-01", value]) + "\n" for i, value in enumerate(values))
    workspace.write("orders.csv", separator.join(["id", "day", "paid"]) + "\n" + body)
    workspace.pull(AMOUNTS)
    assert workspace.column("select amount from activity order by activity_id") == [Decimal(a) for a in amounts]


def test_a_comma_that_could_be_either_is_rejected_until_it_is_stated(workspace: Any) -> None:
    workspace.write("orders.csv", 'id,day,paid\n1,2024-01-01,"1,234"\n')
    with pytest.raises(Exception, match=r"is not a number; if its comma is a decimal sign, say `decimal: \",\"`"):
        workspace.pull(AMOUNTS)
    workspace.pull(AMOUNTS.replace("orders.csv", "{path: orders.csv, decimal: ','}"))
    assert workspace.column("select amount from activity") == [Decimal("1.23")]


def test_ids_keep_their_leading_zeros_and_mixed_ids_stay_text(workspace: Any) -> None:
    ids = [*(str(i) for i in range(1000, 1100)), "C000123", "0042", "1e5"]
    workspace.write("visits.csv", "id,day,why\n" + "".join(f"{i},2024-01-01,\n" for i in ids))
    workspace.pull(VISITS.replace("id: id", "id: id, unit: id || '-x'"))
    assert sorted(workspace.column("select activity_id from activity")) == sorted(ids)
    assert sorted(workspace.column("select unit from activity")) == sorted(f"{i}-x" for i in ids)


def test_ids_that_pandas_wrote_as_decimals_are_whole_again(workspace: Any) -> None:
    workspace.write("visits.csv", "id,day,why\n17850.0,2024-01-01,\n17851.0,2024-01-01,\n")
    workspace.pull(VISITS)
    table = pa.table({"id": [17850.0, 17852.0], "day": [date(2024, 1, 1)] * 2, "why": ["a", "b"]})
    pq.write_table(table, workspace.folder / "visits.parquet")
    workspace.pull(VISITS.replace("visits.csv", "visits.parquet"))
    assert workspace.column("select activity_id from activity order by 1") == ["17850", "17851", "17852"]


def test_a_stated_type_is_obeyed(workspace: Any) -> None:
    workspace.write(
        "visits.csv", "id,day,why\n" + "".join(f"{i},2024-01-01,{i if i < 5 else 'x'}\n" for i in range(10))
    )
    text = VISITS.replace("visits.csv", "{path: visits.csv, types: {why: number}}") + "    reject_share: 1\n"
    workspace.pull(text.replace("reason: why", "quantity: why + 1"))
    assert workspace.column("select quantity from activity order by activity_id") == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_parquet_keeps_its_types(workspace: Any) -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "day": pa.array([datetime.fromisoformat(f"2024-{m}-01 12:00") for m in ("01", "07")], pa.timestamp("ns")),
            "why": pa.array(["a", "b"]).dictionary_encode(),
        }
    )
    pq.write_table(table, workspace.folder / "visits.parquet")
    workspace.pull(VISITS.replace("visits.csv", "visits.parquet"))
    assert workspace.rows("select activity_id, reason, occurred_at from activity order by 1") == [
        {"activity_id": "1", "reason": "a", "occurred_at": datetime(2024, 1, 1, 10, tzinfo=UTC)},
        {"activity_id": "2", "reason": "b", "occurred_at": datetime(2024, 7, 1, 9, tzinfo=UTC)},
    ]


CASES = [
    {"id": "007", "at": {"day": "2024-01-01T10:00:00Z"}, "amount": "12.50", "tags": ["late", "parcel"], "n": 1},
    {"id": 8, "at": {"day": "2024-01-02T10:00:00Z", "by": "x"}, "amount": 3, "tags": [], "n": None},
    {"id": 9, "amount": None, "at": {"day": "2024-01-03T10:00:00Z"}},
]
NESTED = """
    files: {cases: %s}
    rows:
      - {into: activity, activity_id: id, occurred_at: at.day, kind: "'contact'", amount: amount, reason: "tags[1]",
         quantity: n + 1, team: "coalesce(at.by, 'nobody')"}
"""


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("cases.jsonl", "\n".join(map(json.dumps, CASES))),
        ("cases.json", json.dumps(CASES, indent=2)),
        ("lines.json", "\n".join(map(json.dumps, CASES))),
        ("{path: whole.json, records: data.cases}", json.dumps({"data": {"cases": CASES}, "page": 1})),
    ],
    ids=["lines", "a list", "lines under the name of a list", "a list within an object"],
)
def test_json_is_read_with_its_nested_values(workspace: Any, file: str, content: str) -> None:
    workspace.write(file.partition(",")[0].removeprefix("{path: "), content)
    workspace.pull(NESTED % file)
    rows = workspace.rows("select activity_id, amount, reason, quantity, team from activity order by 1")
    assert rows == [
        {"activity_id": "007", "amount": Decimal("12.50"), "reason": "late", "quantity": 2.0, "team": "nobody"},
        {"activity_id": "8", "amount": Decimal("3.00"), "reason": None, "quantity": None, "team": "x"},
        {"activity_id": "9", "amount": None, "reason": None, "quantity": None, "team": "nobody"},
    ]
    assert workspace.column("select min(occurred_at) from activity") == [datetime(2024, 1, 1, 10, tzinfo=UTC)]


def test_a_value_that_is_an_object_here_and_a_number_there_keeps_its_text(workspace: Any) -> None:
    lines = ['{"id": 1, "day": "2024-01-01", "why": {"a": 1}, "x": {}}', '{"id": 2, "day": "2024-01-01", "why": 2.50}']
    workspace.write("visits.jsonl", "\n".join([*lines, '{"id": 3, "day": "2024-01-01", "x": {"y": [1, "b"]}}']))
    workspace.pull(VISITS.replace("visits.csv", "visits.jsonl").replace("why}", "why, team: 'x.y[2]'}"))
    assert workspace.column("select reason from activity order by activity_id") == ['{"a":1}', "2.5", None]
    assert workspace.column("select team from activity order by activity_id") == [None, None, "b"]


def test_names_with_spaces_and_capitals_are_quoted(workspace: Any) -> None:
    workspace.write("visits.csv", "Visit ID,The Day,Why?\n1,2024-01-01,a\n")
    workspace.pull("""
        files: {visits: visits.csv}
        rows: [{into: activity, activity_id: '"Visit ID"', occurred_at: '"The Day"', kind: "'visit'", reason: '"Why?"'}]
    """)
    assert workspace.rows("select activity_id, reason from activity") == [{"activity_id": "1", "reason": "a"}]


def test_a_name_that_looks_like_a_pattern_is_the_file_of_that_name_and_no_other(workspace: Any) -> None:
    workspace.write("visits [*].csv", "id,day,why\n1,2024-01-01,this\n")
    workspace.write("visits a.csv", "id,day,why\n2,2024-01-01,another\n")
    workspace.pull(VISITS.replace("visits.csv", '"visits [*].csv"'))
    assert workspace.column("select reason from activity") == ["this"]
    table = pa.table({"id": ["3"], "day": [date(2024, 1, 1)], "why": ["parquet"]})
    pq.write_table(table, workspace.folder / "visits [*].parquet")
    workspace.pull(VISITS.replace("visits.csv", '"visits [*].parquet"'))
    assert workspace.column("select reason from activity order by 1") == ["parquet", "this"]


def test_numbers_that_an_expression_takes_for_text_are_text_where_some_are_none(workspace: Any) -> None:
    codes = [*(str(i) for i in range(1000, 1100)), "C1001"]
    workspace.write("visits.csv", "id,day,why\n" + "".join(f"{i},2024-01-01,{c}\n" for i, c in enumerate(codes)))
    workspace.pull(
        VISITS.replace("\"'visit'\"", "\"if(starts_with(why, 'C'), 'refund', 'visit')\"").replace(", reason: why", "")
    )
    assert workspace.column("select activity_id from activity where kind = 'refund'") == ["100"]
    text = VISITS.replace("reason: why", "when: \"why in ('C1001', '1000')\"")
    assert workspace.pull(text.replace("activity_id: id", "activity_id: \"'in ' || id\"")).tables["activity"].new == 2
