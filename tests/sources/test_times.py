"""Times: zones, the hours when clocks change, dates, promises, formats."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

DELIVERIES = """
    files: {d: d.csv}
    timezone: Europe/Riga
    rows: [{into: activity, activity_id: id, occurred_at: sent, kind: "'delivery'", due_at: due}]
"""


def instants(workspace: Any, column: str) -> list[str]:
    found = workspace.column(f"select {column} from activity order by activity_id")
    return [value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") for value in found]


def deliver(workspace: Any, sent: list[str], due: str = "2024-06-01", *, text: str = DELIVERIES) -> Any:
    body = "".join(f'{i:03d},"{value}",{due}\n' for i, value in enumerate(sent))
    workspace.write("d.csv", "id,sent,due\n" + body)
    return workspace.pull(text)


def test_a_time_without_a_zone_is_local_to_the_source(workspace: Any) -> None:
    report = deliver(workspace, ["2024-01-15 12:00", "2024-07-15 12:00:30"])
    assert instants(workspace, "occurred_at") == ["2024-01-15 10:00:00.000000", "2024-07-15 09:00:30.000000"]
    assert "times without a zone are local to Europe/Riga" in report.notes


def test_the_workspaces_zone_holds_where_the_source_states_none(workspace: Any) -> None:
    report = deliver(workspace, ["2024-01-15 12:00"], text=DELIVERIES.replace("    timezone: Europe/Riga\n", ""))
    assert "times without a zone are local to Europe/Riga (the workspace's)" in report.notes


def test_a_time_with_a_zone_is_that_instant(workspace: Any) -> None:
    deliver(
        workspace,
        [
            "2024-01-15T12:00:00Z",
            "2024-01-15 12:00:00+05:30",
            "2024-01-15T12:00:00.250-0300",
            "2024-01-15 12:00:00 UTC",
        ],
    )
    assert instants(workspace, "occurred_at") == [
        "2024-01-15 12:00:00.000000",
        "2024-01-15 06:30:00.000000",
        "2024-01-15 15:00:00.250000",
        "2024-01-15 12:00:00.000000",
    ]


def test_times_with_and_without_a_zone_may_stand_in_one_column(workspace: Any) -> None:
    deliver(workspace, ["2024-01-15T12:00:00Z", "2024-01-15 12:00:00", "2024-01-15"])
    assert instants(workspace, "occurred_at") == [
        "2024-01-15 12:00:00.000000",
        "2024-01-15 10:00:00.000000",
        "2024-01-14 22:00:00.000000",
    ]


def test_an_hour_that_occurs_twice_is_the_second_and_one_that_never_occurs_is_moved_on(workspace: Any) -> None:
    deliver(workspace, ["2024-10-27 03:30:00", "2024-03-31 03:30:00"])
    assert instants(workspace, "occurred_at") == ["2024-10-27 01:30:00.000000", "2024-03-31 01:30:00.000000"]


def test_a_promised_date_lasts_to_the_end_of_its_local_day(workspace: Any) -> None:
    deliver(workspace, ["2024-01-15", "2024-01-15"], due="2024-06-01")
    assert instants(workspace, "due_at") == ["2024-06-01 20:59:59.999999"] * 2
    assert instants(workspace, "occurred_at") == ["2024-01-14 22:00:00.000000"] * 2


def test_a_promised_day_of_25_hours_lasts_to_its_end(workspace: Any) -> None:
    deliver(workspace, ["2024-01-15"], due="2024-10-27")
    assert instants(workspace, "due_at") == ["2024-10-27 21:59:59.999999"]


def test_a_day_that_begins_at_one_begins_there_and_the_day_before_ends_there(workspace: Any) -> None:
    text = DELIVERIES.replace("Europe/Riga", "America/Sao_Paulo")
    deliver(workspace, ["2018-11-04"], due="2018-11-03", text=text)
    assert instants(workspace, "occurred_at") == ["2018-11-04 03:00:00.000000"]
    assert instants(workspace, "due_at") == ["2018-11-04 02:59:59.999999"]


def test_a_promised_time_is_that_time(workspace: Any) -> None:
    deliver(workspace, ["2024-01-15"], due="2024-06-01 14:00")
    assert instants(workspace, "due_at") == ["2024-06-01 11:00:00.000000"]


def test_a_date_cast_in_the_mapping_is_a_promise_of_the_day(workspace: Any) -> None:
    table = pa.table({"id": ["1"], "due": pa.array([datetime.fromisoformat("2018-09-04")], pa.timestamp("us"))})
    pq.write_table(table, workspace.folder / "d.parquet")
    workspace.pull(
        DELIVERIES.replace("d.csv", "d.parquet").replace("sent", "due").replace("due_at: due", "due_at: due::date")
    )
    assert instants(workspace, "due_at") == ["2018-09-04 20:59:59.999999"]
    assert instants(workspace, "occurred_at") == ["2018-09-03 21:00:00.000000"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (["15/01/2024", "3/2/2024 14:30"], "day/month/year"),
        (["01/15/2024", "2/3/2024 2:30 PM"], "month/day/year"),
        (["15.01.2024", "03.02.2024 14:30:00"], "day.month.year"),
        (["15-01-2024", "03-02-2024 14:30"], "day-month-year"),
        (["15/01/24", "03/02/24 14:30"], "day/month/year of two digits"),
        (["2024/01/15", "2024/02/03 14:30"], "year/month/day"),
        (["15 Jan 2024", "3 Feb 2024 14:30"], "as 3 Mar 2020"),
        (["15-Jan-2024", "03-Feb-2024 14:30"], "as 3-Mar-2020"),
        (["January 15, 2024", "February 3, 2024 14:30"], "as March 3, 2020"),
    ],
)
def test_dates_in_words_and_orders_of_their_own_are_read_and_the_format_stated(
    workspace: Any, written: list[str], words: str
) -> None:
    report = deliver(workspace, written)
    assert instants(workspace, "occurred_at") == ["2024-01-14 22:00:00.000000", "2024-02-03 12:30:00.000000"]
    assert f"dates of activity.occurred_at read as {words}" in report.notes


def test_a_format_stated_for_a_column_of_the_table_is_obeyed(workspace: Any) -> None:
    deliver(
        workspace,
        ["03/02/2024"],
        text=DELIVERIES.replace("due_at: due}", "due_at: due, dates: {occurred_at: '%m/%d/%Y'}}"),
    )
    assert instants(workspace, "occurred_at") == ["2024-03-01 22:00:00.000000"]


def test_a_format_stated_for_a_column_of_the_file_makes_it_a_time_in_expressions(workspace: Any) -> None:
    text = DELIVERIES.replace("d.csv", "{path: d.csv, dates: {sent: '%d/%m/%Y'}}")
    deliver(
        workspace,
        ["03/02/2024", "05/02/2024"],
        text=text.replace("due_at: due", "due_at: sent + 2, when: sent > date '2024-02-03'"),
    )
    assert instants(workspace, "occurred_at") == ["2024-02-04 22:00:00.000000"]
    assert instants(workspace, "due_at") == ["2024-02-07 21:59:59.999999"]


def test_milliseconds_since_1970_are_an_instant_in_any_zone(workspace: Any) -> None:
    deliver(workspace, ["1704067200000"], text=DELIVERIES.replace("sent,", "epoch_ms(sent),"))
    assert instants(workspace, "occurred_at") == ["2024-01-01 00:00:00.000000"]
