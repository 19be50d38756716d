"""Input that is wrong: each fault has a message that says where, what and what to do."""

from __future__ import annotations

import fcntl
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heedful.errors import DefinitionError, LakeBusyError, SourceError

ORDERS = """
    files: {orders: orders.csv}
    rows:
      - into: activity
        activity_id: id
        occurred_at: day
        kind: "'order'"
        amount: paid
"""


def refused(workspace: Any, text: str, kind: type[Exception] = SourceError) -> str:
    with pytest.raises(kind) as error:
        workspace.pull(text)
    assert workspace.rows("select * from activity") == [], "nothing was written"
    said: str = workspace.refusal(error)
    return said


def test_a_missing_file_is_named_as_it_was_looked_for_and_the_closest_is_offered(workspace: Any) -> None:
    workspace.write("order.csv", "id\n")
    assert refused(workspace, ORDERS) == (
        'sources/shop.yaml:2: the file "orders" does not exist: orders.csv (written orders.csv). Closest: order.csv.'
    )


def test_an_unknown_variable_says_what_to_type(workspace: Any) -> None:
    said = refused(workspace, ORDERS.replace("orders.csv", '"${data}/orders.csv"'))
    assert said == (
        'sources/shop.yaml:2: the file "orders" is ${data}/orders.csv, and nothing says what data is. '
        "Type: heedful pull shop --set data=…"
    )


def test_a_variable_that_leads_nowhere_shows_both_paths(workspace: Any) -> None:
    with pytest.raises(SourceError) as error:
        workspace.pull(ORDERS.replace("orders.csv", '"${data}/orders.csv"'), variables={"data": "gone"})
    assert "does not exist: gone/orders.csv (written ${data}/orders.csv). There is no folder gone either." in (
        workspace.refusal(error)
    )


def test_a_folder_in_place_of_a_file_lists_what_it_holds(workspace: Any) -> None:
    workspace.write("orders.csv/january.csv", "id\n")
    said = refused(workspace, ORDERS)
    assert "is a folder, not a file: orders.csv (written orders.csv)." in said
    assert "Name one file, or all of a kind: orders.csv/*.csv. It holds january.csv." in said


def test_all_missing_files_are_named_at_once(workspace: Any) -> None:
    said = refused(
        workspace,
        """
        files: {a: a.csv, b: b.csv}
        query: select * from a
        rows: [{into: activity, activity_id: x, occurred_at: y, kind: z}]
        """,
    )
    assert 'the file "a" does not exist' in said
    assert 'the file "b" does not exist' in said


def test_an_empty_file_is_refused(workspace: Any) -> None:
    workspace.write("orders.csv", "")
    assert refused(workspace, ORDERS) == "orders.csv: this file is empty (0 bytes). Was the export cut short?"


def test_a_file_of_blank_lines_is_refused(workspace: Any) -> None:
    workspace.write("orders.csv", "\n\n  \n")
    assert refused(workspace, ORDERS) == "orders.csv: this file holds no line with names or values."


def test_a_header_alone_is_no_fault_but_stated(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n")
    report = workspace.pull(ORDERS)
    assert (report.read, report.tables["activity"].new) == (0, 0)
    assert "orders: orders.csv has a header and no records" in report.notes


def test_bytes_that_are_not_of_the_stated_encoding_are_refused_with_their_line(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n1,2024-01-01,5\nRīga,2024-01-01,5\n".encode("cp1257"))
    said = refused(workspace, ORDERS.replace("orders.csv", "{path: orders.csv, encoding: utf-8}"))
    assert said.startswith("orders.csv:3: `encoding: utf-8` is stated, but line 3 (byte 28) is not utf-8.")
    assert "Remove `encoding:`" in said


def test_utf8_stated_to_be_a_single_byte_encoding_is_refused_rather_than_garbled(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\nRīga,2024-01-01,5\n")
    said = refused(workspace, ORDERS.replace("orders.csv", "{path: orders.csv, encoding: windows-1252}"))
    assert "`encoding: windows-1252` is stated, but this file is UTF-8" in said


def test_an_encoding_that_does_not_exist_is_refused(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n")
    said = refused(workspace, ORDERS.replace("orders.csv", "{path: orders.csv, encoding: utf-9}"))
    assert 'there is no encoding "utf-9". Usual ones: utf-8, utf-16, windows-1252' in said


def test_a_wrong_type_in_line_40001_is_a_reject_with_line_field_and_reason(workspace: Any) -> None:
    lines = [f"{i},2024-01-01,{i}.50\n" for i in range(2, 50_000)]
    lines[40_001 - 2] = "40001,2024-01-01,twelve\n"
    workspace.write("orders.csv", "id,day,paid\n" + "".join(lines))
    report = workspace.pull(ORDERS)
    assert (report.read, report.rejected, report.tables["activity"].new) == (49_998, 1, 49_997)
    assert workspace.rejects() == ["orders.csv,40001,paid,twelve,is not a number"]


def test_a_wrong_type_within_an_expression_is_a_reject_too(workspace: Any) -> None:
    lines = [f"{i},2024-01-01,{i}\n" for i in range(2, 1_000)]
    lines[500 - 2] = "500,2024-01-01,twelve\n"
    workspace.write("orders.csv", "id,day,paid\n" + "".join(lines))
    workspace.pull(ORDERS.replace("amount: paid", "amount: paid * 1.2\n        when: paid > 10"))
    assert workspace.rejects() == ['orders.csv,500,paid,twelve,"is not a whole number, as the rest of its column is"']
    assert workspace.column("select count(*) from activity") == [998 - 9 - 1]


def test_a_conversion_that_fails_in_an_expression_is_a_reject_rather_than_a_crash(workspace: Any) -> None:
    lines = [f"{i},2024-01-01,EUR {i}\n" for i in range(2, 100)]
    lines[50 - 2] = "50,2024-01-01,EUR none\n"
    workspace.write("orders.csv", "id,day,paid\n" + "".join(lines))
    workspace.pull(ORDERS.replace("amount: paid", "amount: replace(paid, 'EUR ', '')::double"))
    assert workspace.rejects() == ["orders.csv,50,amount,none,cannot become double"]


def test_lines_are_those_of_an_editor_also_behind_cells_with_line_breaks_and_blank_lines(workspace: Any) -> None:
    good = "".join(f"{i},2024-01-01,{i}\n" for i in range(100))
    workspace.write(
        "orders.csv", 'id,day,paid\n\n"a\nb\nc",2024-01-01,1\n\nd,2024-01-01,x\n' + good + "e,2024-01-01,y\n"
    )
    workspace.pull(ORDERS)
    assert workspace.rejects() == ["orders.csv,7,paid,x,is not a number", "orders.csv,108,paid,y,is not a number"]


def test_a_record_with_too_many_or_too_few_values_is_a_reject(workspace: Any) -> None:
    good = "".join(f"{i},2024-01-01,{i}\n" for i in range(100))
    workspace.write(
        "orders.csv", "id,day,paid\n" + good + '"x\ny",2024-01-01\n' + "z,2024-01-01,5,6\n" + "last,2024-01-01,bad\n"
    )
    report = workspace.pull(ORDERS)
    assert report.read == 103
    assert workspace.rejects() == [
        'orders.csv,102,,"""x',
        'y"",2024-01-01",2 values where the header has 3 names',
        'orders.csv,104,,"z,2024-01-01,5,6",4 values where the header has 3 names',
        "orders.csv,105,paid,bad,is not a number",
    ]


def test_a_quote_that_is_never_closed_counts_all_the_lines_lost_in_it(workspace: Any) -> None:
    good = "".join(f"{i},2024-01-01,{i}\n" for i in range(100))
    lost = "".join(f"{i},2024-01-01,{i}\n" for i in range(100, 150))
    workspace.write("orders.csv", "id,day,paid\n" + good + '"open,2024-01-01,5\n' + lost)
    said = refused(workspace, ORDERS)
    assert "51 of 151 of the records of orders.csv do not fit" in said
    assert "a quote is opened and not closed" in said
    assert "orders.csv:102" in said


def test_lines_lost_in_a_quote_that_is_never_closed_stop_the_source(workspace: Any) -> None:
    body = "".join(f"{i},2024-01-01,{'long ' * 200_000}\n" for i in range(40))
    workspace.write("orders.csv", 'id,day,paid\na,2024-01-01,1\nb,2024-01-01,"open\n' + body)
    assert refused(workspace, ORDERS).startswith(
        "orders.csv:3: the quote that opens in line 3 is never closed, and lines are lost in it."
    )


def test_conflicting_rows_of_one_key_are_rejected_all_but_the_last(workspace: Any) -> None:
    good = "".join(f"{i},2024-01-01,{i}\n" for i in range(100))
    workspace.write("orders.csv", "id,day,paid\n" + good + "7,2024-01-01,70\n7,2024-01-01,700\n")
    workspace.pull(ORDERS)
    assert [line.split(",", 4)[1] for line in workspace.rejects()] == ["9", "102"]
    assert all("duplicate key" in line and "also in line 103" in line for line in workspace.rejects())


def test_dates_in_three_formats_are_read_in_the_main_one_and_the_others_rejected(workspace: Any) -> None:
    main = "".join(f"{i},{i % 28 + 1:02d}/03/2024,{i}\n" for i in range(100))
    workspace.write("orders.csv", "id,day,paid\n" + main + "a,2024-03-05,1\nb,5 Mar 2024,1\n")
    report = workspace.pull(ORDERS)
    assert workspace.rejects() == [
        'orders.csv,102,day,2024-03-05,"is not a time written day/month/year, as most others here"',
        'orders.csv,103,day,5 Mar 2024,"is not a time written day/month/year, as most others here"',
    ]
    assert "dates of activity.occurred_at read as day/month/year" in report.notes


def test_dates_that_could_have_the_day_or_the_month_first_are_asked_about(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n1,03/04/2024,5\n2,05/06/2024,5\n")
    said = refused(workspace, ORDERS)
    assert 'the dates of occurred_at could have the day or the month first ("03/04/2024")' in said
    assert (
        'Say which in sources/shop.yaml:6: `dates: {occurred_at: "%d/%m/%Y"}` or `dates: {occurred_at: "%m/%d/%Y"}`.'
        in said
    )
    workspace.pull(ORDERS + '        dates: {occurred_at: "%m/%d/%Y"}\n')
    assert workspace.column("select month(occurred_at + interval 3 hour) from activity order by activity_id") == [3, 5]


def test_dates_that_contradict_each_other_are_asked_about(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n1,03/04/2024,5\n2,25/06/2024,5\n3,26/06/2024,5\n4,06/25/2024,5\n")
    said = refused(workspace, ORDERS)
    assert 'some dates of occurred_at have the month first ("06/25/2024") and some the day ("03/04/2024")' in said


def test_an_unknown_column_in_a_mapping_is_shown_with_its_line_a_caret_and_the_closest(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n1,2024-01-01,5\n")
    said = refused(workspace, ORDERS.replace("amount: paid", "amount: payd * 2"), DefinitionError)
    assert said == ('sources/shop.yaml:8: There is no column "payd". Closest: paid.\n  payd * 2\n  ^')


def test_an_unknown_column_of_a_table_offers_the_closest(workspace: Any) -> None:
    with pytest.raises(DefinitionError) as error:
        workspace.source(ORDERS.replace("amount:", "amuont:"))
    assert workspace.refusal(error) == (
        'sources/shop.yaml:8: the table activity has no column "amuont". Closest: amount.'
    )


def test_an_unknown_attribute_of_customers_says_where_attributes_are_declared(workspace: Any) -> None:
    workspace.write("people.csv", "id,land\n1,LV\n")
    said = refused(
        workspace, "files: {p: people.csv}\nrows: [{into: customers, customer_id: id, contry: land}]", DefinitionError
    )
    assert 'no column "contry". Closest: country.' in said
    assert "declared in heedful.yaml under `attributes:`" in said


def test_two_columns_of_the_same_name_are_refused(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid,paid\n1,2024-01-01,5,6\n")
    said = refused(workspace, ORDERS)
    assert said.startswith('orders.csv:1: two columns are called "paid" (columns 3 and 4). Rename one in the file')
    workspace.pull("""
        files: {orders: {path: orders.csv, header: false, skip: 1}}
        rows: [{into: activity, activity_id: column1, occurred_at: column2, kind: "'order'", amount: column4}]
    """)
    assert workspace.column("select amount::double from activity") == [6.0]


def test_columns_whose_names_differ_in_case_only_are_refused(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid,ID\n1,2024-01-01,5,6\n")
    assert '"id" and "ID" differ in case only (columns 1 and 4)' in refused(workspace, ORDERS)


def test_a_query_that_names_an_unknown_file_offers_the_closest(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n1,2024-01-01,5\n")
    said = refused(
        workspace,
        """
        files: {orders: orders.csv}
        query: |
          select *
          from ordrs
        rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'"}]
        """,
        DefinitionError,
    )
    assert said.startswith('sources/shop.yaml:5: There is no table "ordrs". Closest: orders.')


def test_a_query_reads_nothing_but_the_files_declared(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n1,2024-01-01,5\n")
    text = """
        files: {orders: orders.csv}
        query: select * from read_csv('/etc/passwd')
        rows: [{into: activity, activity_id: id, occurred_at: day, kind: id}]
    """
    said = refused(workspace, text, DefinitionError)
    assert "sources/shop.yaml:3" in said
    assert "read_csv" in said


def test_several_files_without_a_query_are_refused(workspace: Any) -> None:
    with pytest.raises(DefinitionError, match=r"there are several files \(a, b\), so a query must join them"):
        workspace.source(
            "files: {a: a.csv, b: b.csv}\nrows: [{into: activity, activity_id: x, occurred_at: y, kind: z}]"
        )


def test_a_locked_table_says_so(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n1,2024-01-01,5\n")
    workspace.pull(ORDERS)
    workspace.write("orders.csv", "id,day,paid\n1,2024-01-01,6\n")
    with (workspace.folder / "lake" / ".locks" / "activity.lock").open("rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LakeBusyError):
            workspace.pull(ORDERS)
    assert workspace.pull(ORDERS).tables["activity"].changed == 1


def test_a_broken_line_of_json_is_a_reject_with_its_line(workspace: Any) -> None:
    good = "".join(f'{{"id": {i}, "day": "2024-01-01", "paid": {i}}}\n' for i in range(100))
    workspace.write(
        "orders.jsonl", good + '\n{"id": 7, "day":\n[1, 2]\n{"id": "x", "day": "2024-01-01", "paid": "no"}\n'
    )
    report = workspace.pull(ORDERS.replace("orders.csv", "orders.jsonl"))
    assert report.read == 103
    assert workspace.rejects() == [
        "orders.jsonl,102,,,this is not one whole JSON object",
        'orders.jsonl,103,,"[1, 2]","a JSON value, not an object"',
        "orders.jsonl,104,paid,no,is not a number",
    ]


def test_broken_json_says_where(workspace: Any) -> None:
    workspace.write("orders.json", '[{"id": 1},\n{"id": }]')
    said = refused(workspace, ORDERS.replace("orders.csv", "orders.json"))
    assert said.startswith("orders.json:2: this is not whole JSON: expecting value in line 2.")


def test_a_json_object_asks_where_its_list_is(workspace: Any) -> None:
    workspace.write("orders.json", '{"meta": {}, "data": {"orders": [{"id": 1, "day": "2024-01-01", "paid": 2}]}}')
    said = refused(workspace, ORDERS.replace("orders.csv", "orders.json"))
    assert "this file is one object, not a list" in said
    assert "Lists in it: data.orders." in said
    wrong = refused(workspace, ORDERS.replace("orders.csv", "{path: orders.json, records: data.order}"))
    assert "there is no list at `records: data.order`, or it is empty. Lists in it: data.orders." in wrong
    workspace.pull(ORDERS.replace("orders.csv", "{path: orders.json, records: data.orders}"))
    assert workspace.column("select activity_id from activity") == ["1"]


def test_a_truncated_parquet_file_is_refused(workspace: Any) -> None:
    path = workspace.folder / "orders.parquet"
    pq.write_table(pa.table({"id": list(range(10_000)), "day": ["2024-01-01"] * 10_000, "paid": [1.0] * 10_000}), path)
    path.write_bytes(path.read_bytes()[:-200])
    said = refused(workspace, ORDERS.replace("orders.csv", "orders.parquet"))
    assert said.startswith("orders.parquet: this is not a whole Parquet file (")
    assert "Was the copy cut short?" in said


def test_a_nul_byte_is_refused_with_its_line(workspace: Any) -> None:
    workspace.write("orders.csv", b"id,day,paid\n1,2024-01-01,5\n2,2024\0-01-01,5\n")
    said = refused(workspace, ORDERS)
    assert said.startswith("orders.csv:3: line 3 holds a NUL byte")


def test_a_cell_of_a_million_letters_comes_in_and_one_of_forty_million_is_a_reject(workspace: Any) -> None:
    text = ORDERS.replace("amount: paid", "reason: paid")
    good = "".join(f"{i},2024-01-01,{i}\n" for i in range(100))
    workspace.write(
        "orders.csv",
        "id,day,paid\nx," + "2024-01-01," + "ž" * 1_000_000 + "\n" + good + "y,2024-01-01," + "b" * 40_000_000 + "\n",
    )
    workspace.pull(text)
    assert workspace.column("select length(reason) from activity where activity_id = 'x'") == [1_000_000]
    (line,) = workspace.rejects()
    assert line.startswith("orders.csv,103,,")
    assert line.endswith("longer than 16 MiB")


def test_numbers_where_a_time_is_needed_say_what_to_write(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n1,1704067200,5\n")
    said = refused(workspace, ORDERS, DefinitionError)
    assert (
        "sources/shop.yaml:6: occurred_at gives numbers, where a time is needed. "
        "Seconds since 1970 become one with to_timestamp(…)" in said
    )
    workspace.pull(ORDERS.replace("occurred_at: day", "occurred_at: to_timestamp(day)"))
    assert workspace.column("select epoch(occurred_at)::bigint from activity") == [1704067200]


def test_an_empty_key_is_a_reject(workspace: Any) -> None:
    good = "".join(f"{i},2024-01-01,{i}\n" for i in range(100))
    workspace.write("orders.csv", "id,day,paid\n" + good + ",2024-01-01,5\n  ,2024-01-01,5\n")
    workspace.pull(ORDERS)
    assert workspace.rejects() == [
        "orders.csv,102,id,,activity.activity_id is empty",
        "orders.csv,103,id,,activity.activity_id is empty",
    ]


def test_a_score_outside_of_its_scale_and_a_channel_that_is_none_are_rejects(workspace: Any) -> None:
    good = "".join(f"{i},2024-01-01,{i % 11},Survey\n" for i in range(100))
    workspace.write("a.csv", "id,day,score,how\n" + good + "x,2024-01-01,11,survey\ny,2024-01-01,5,app\n")
    workspace.pull("""
        files: {a: a.csv}
        rows: [{into: feedback, feedback_id: id, occurred_at: day, channel: how, scale: "'nps'", score: score}]
    """)
    first, second = workspace.rejects()
    assert first == "a.csv,102,score,11.0,is outside of its scale"
    assert second.startswith('a.csv,103,how,app,"is no channel (survey, review, social,')
    assert workspace.column("select distinct channel from feedback") == ["survey"]


def test_columns_that_a_table_needs_are_asked_for(workspace: Any) -> None:
    with pytest.raises(
        DefinitionError, match=r"shop.yaml:4: rows into activity need the column occurred_at \(when it began\)"
    ):
        workspace.source(ORDERS.replace("        occurred_at: day\n", ""))


def test_a_time_zone_that_does_not_exist_is_refused(workspace: Any) -> None:
    with pytest.raises(DefinitionError, match=r'shop\.yaml:2: there is no time zone "Europe/Rga"'):
        workspace.source(ORDERS.replace("    files:", "    timezone: Europe/Rga\n    files:"))


def test_check_finds_mistakes_without_the_files(workspace: Any) -> None:
    assert workspace.check(ORDERS) == []
    said = workspace.check("files: {p: people.csv}\nrows: [{into: customers, customer_id: id, contry: land}]")
    assert len(said) == 1
    assert 'sources/shop.yaml:2: the table customers has no column "contry"' in said[0]


def test_check_holds_expressions_against_the_headers_where_the_files_are_there(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n1,2024-01-01,5\n")
    said = workspace.check(ORDERS.replace("amount: paid", "amount: payd\n        unit: shop"))
    assert [s.split("\n")[0] for s in said] == [
        'sources/shop.yaml:8: There is no column "payd". Closest: paid.',
        'sources/shop.yaml:9: There is no column "shop". There are: day, id, paid.',
    ]
    assert not (workspace.folder / "lake").exists()


def test_a_type_stated_for_a_column_that_is_not_there_offers_the_closest(workspace: Any) -> None:
    workspace.write("orders.csv", "id,day,paid\n1,2024-01-01,5\n")
    text = ORDERS.replace("orders.csv", "{path: orders.csv, types: {payd: text}}")
    assert refused(workspace, text, DefinitionError) == (
        'sources/shop.yaml:2: orders.csv has no column "payd". Closest: paid.'
    )


@pytest.mark.parametrize(
    ("format_", "said"), [("%d/%q/%Y", "has %q, which means nothing"), ("%d/%m", "has no year"), ("%", "has %,")]
)
def test_a_date_format_that_cannot_be_one_is_refused(workspace: Any, format_: str, said: str) -> None:
    with pytest.raises(DefinitionError) as error:
        workspace.source(ORDERS + f'        dates: {{occurred_at: "{format_}"}}\n')
    assert workspace.refusal(error).startswith(f'sources/shop.yaml:9: the date format "{format_}" {said}')


def test_a_second_row_of_headers_in_a_csv_file_is_a_reject_with_its_line(workspace: Any) -> None:
    rows = "".join(f"{i},2024-01-01,{i}\n" for i in range(1, 41))
    workspace.write("orders.csv", f"id,day,paid\nnumber,of order,EUR\n{rows}")
    report = workspace.pull(ORDERS)
    assert (report.rejected, report.tables["activity"].new) == (1, 40)
    assert workspace.rejects()[0].startswith("orders.csv,2,day,of order,")
