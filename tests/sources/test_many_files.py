"""Files by a pattern: only new and changed ones are read, and what a later one says replaces the earlier."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

import pytest

from heedful.errors import SourceError

ORDERS = """
    files: {orders: "exports/*.csv"}
    rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'", amount: paid}]
"""
AMOUNTS = "select activity_id || ' ' || amount from activity order by 1"


@pytest.fixture
def exports(workspace: Any) -> Any:
    workspace.write("exports/2024-01.csv", "id,day,paid\n1,2024-01-01,10\n2,2024-01-02,20\n")
    workspace.write("exports/2024-02.csv", "id,day,paid\n2,2024-01-02,25\n3,2024-02-01,30\n")
    return workspace


def test_all_files_come_in_and_a_later_one_replaces_what_an_earlier_one_said(exports: Any) -> None:
    report = exports.pull(ORDERS)
    assert (report.read, report.rejected) == (4, 0)
    assert exports.column(AMOUNTS) == ["1 10.00", "2 25.00", "3 30.00"]
    assert "orders: 2 of 2 files are new or changed: 2024-01.csv, 2024-02.csv" in report.notes
    assert "activity: 1 rows left out, since a later file has them anew" in report.notes


def test_a_second_pull_reads_nothing_and_says_so(exports: Any) -> None:
    exports.pull(ORDERS)
    report = exports.pull(ORDERS)
    assert (report.read, report.tables) == (0, {})
    assert report.notes == ("orders: none of 2 files is new or changed",)


def test_only_new_and_changed_files_are_read(exports: Any) -> None:
    exports.pull(ORDERS)
    exports.write("exports/2024-01.csv", "id,day,paid\n1,2024-01-01,11\n2,2024-01-02,20\n")
    exports.write("exports/2024-03.csv", "id,day,paid\n4,2024-03-01,40\n")
    report = exports.pull(ORDERS)
    assert report.read == 3
    assert "orders: 2 of 3 files are new or changed: 2024-01.csv, 2024-03.csv" in report.notes
    assert exports.column(AMOUNTS) == ["1 11.00", "2 20.00", "3 30.00", "4 40.00"]


def test_a_file_that_was_only_touched_is_not_read_again(exports: Any) -> None:
    exports.pull(ORDERS)
    os.utime(exports.folder / "exports" / "2024-01.csv", (1, 1))
    assert exports.pull(ORDERS).notes == ("orders: none of 2 files is new or changed",)


def test_rejects_name_the_file_and_the_line_within_it(exports: Any) -> None:
    exports.write("exports/2024-03.csv", "id,day,paid\n4,2024-03-01,40\n5,2024-03-01,lots\n6,2024-03-01,60,7\n")
    report = exports.pull(ORDERS, reject_share=0.5)
    assert report.rejected == 2
    first, second = sorted(exports.rejects())
    assert first.startswith('2024-03.csv,3,paid,lots,"is not a number')
    assert second == '2024-03.csv,4,,"6,2024-03-01,60,7",4 values where the header has 3 names'


def test_two_rows_of_one_file_that_contradict_each_other_are_still_told(exports: Any) -> None:
    exports.write("exports/2024-03.csv", "id,day,paid\n4,2024-03-01,40\n4,2024-03-01,41\n")
    report = exports.pull(ORDERS, reject_share=0.5)
    assert report.rejected == 1
    assert exports.rejects()[0].startswith("2024-03.csv,2,activity_id,4,")


def test_a_column_that_one_file_lacks_is_empty_there_and_stated(exports: Any) -> None:
    exports.write("exports/2024-03.csv", "day,id\n2024-03-01,4\n")
    report = exports.pull(ORDERS)
    assert "orders: 2024-03.csv has no column paid" in report.notes
    assert exports.column("select activity_id from activity where amount is null") == ["4"]


def test_a_changed_mapping_reads_all_files_again(exports: Any) -> None:
    exports.pull(ORDERS)
    report = exports.pull(ORDERS.replace("amount: paid", "amount: paid * 2"))
    assert report.read == 4
    assert "the source was described otherwise at the last pull, so everything is read again" in report.notes
    assert exports.column(AMOUNTS) == ["1 20.00", "2 50.00", "3 60.00"]


def test_a_lake_that_was_deleted_is_filled_again(exports: Any) -> None:
    exports.pull(ORDERS)
    shutil.rmtree(exports.folder / "lake")
    report = exports.pull(ORDERS)
    assert report.tables["activity"].new == 3
    assert report.notes[0].startswith("the table activity is another one than after the last pull")


def test_a_pull_that_is_refused_leaves_no_trace_of_having_read(exports: Any) -> None:
    exports.write("exports/2024-03.csv", "id,day,paid\n4,never,40\n")
    with pytest.raises(SourceError):
        exports.pull(ORDERS)
    assert not (exports.folder / ".heedful" / "state" / "shop.json").exists()
    exports.write("exports/2024-03.csv", "id,day,paid\n4,2024-03-01,40\n")
    assert exports.pull(ORDERS).tables["activity"].new == 4


def test_a_dry_run_looks_at_all_files_and_notes_nothing(exports: Any) -> None:
    assert exports.pull(ORDERS, dry_run=True).read == 4
    assert exports.pull(ORDERS).tables["activity"].new == 3


def test_the_pattern_of_a_joined_table_is_read_whole(exports: Any) -> None:
    exports.write("shops/a.csv", "id,unit\n1,Riga\n")
    exports.write("shops/b.csv", "id,unit\n3,Tartu\n4,Oslo\n")
    text = """
        files: {orders: "exports/*.csv", shops: "shops/*.csv"}
        query: select o.id, o.day, s.unit from orders o left join shops s on s.id = o.id
        rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'", unit: unit}]
    """
    exports.pull(text)
    exports.write("exports/2024-03.csv", "id,day,paid\n4,2024-03-01,40\n")
    assert exports.pull(text).read == 4
    units = exports.column("select activity_id || coalesce(unit, '') from activity order by 1")
    assert units == ["1Riga", "2", "3Tartu", "4Oslo"]


def test_a_pattern_that_fits_no_file_is_refused(workspace: Any) -> None:
    with pytest.raises(SourceError) as error:
        workspace.pull(ORDERS)
    assert workspace.refusal(error) == (
        'sources/shop.yaml:2: the file "orders" fits no file: exports/*.csv (written exports/*.csv).'
    )


def test_damaged_notes_of_the_last_pull_are_no_fault(exports: Any) -> None:
    exports.pull(ORDERS)
    exports.write(".heedful/state/shop.json", json.dumps({})[:1])
    assert exports.pull(ORDERS).tables["activity"].unchanged == 3


def test_the_environment_fills_a_variable_and_what_is_unknown_says_what_to_type(
    exports: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = ORDERS.replace("exports/", "${env:HEEDFUL_EXPORTS}/")
    with pytest.raises(SourceError) as error:
        exports.pull(text)
    assert (
        "nothing says what the environment variable HEEDFUL_EXPORTS is. Type: HEEDFUL_EXPORTS=… heedful pull shop"
        in (str(error.value))
    )
    monkeypatch.setenv("HEEDFUL_EXPORTS", "exports")
    assert exports.pull(text).read == 4


def test_a_cell_of_a_million_characters_comes_in_whole(workspace: Any) -> None:
    workspace.write("said.csv", f"id,day,text\n1,2024-01-01,{'ā' * 1_000_000}\n2,2024-01-01,short\n")
    report = workspace.pull("""
        files: {said: said.csv}
        rows: [{into: feedback, channel: "'review'", feedback_id: id, occurred_at: day, text: text}]
    """)
    assert report.rejected == 0
    assert workspace.column("select length(text) from feedback order by feedback_id") == [1_000_000, 5]
