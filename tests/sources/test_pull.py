"""What a pull brings into the lake."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from heedful.errors import DefinitionError, SourceError
from heedful.sources import pull

ANSWERS = """
    files: {answers: answers.csv}
    rows:
      - into: feedback
        feedback_id: id
        customer_id: who
        occurred_at: day
        channel: "'survey'"
        scale: "'nps'"
        score: score
        text: said
"""


def test_a_csv_file_becomes_feedback_with_its_defaults(workspace: Any) -> None:
    workspace.write("answers.csv", 'id,who,day,score,said\n007,c1,2024-03-01,9,"good, really"\n008,,2024-03-02,3,\n')
    report = workspace.pull(ANSWERS)
    assert report.tables["feedback"].new == 2
    assert (report.read, report.rejected, report.rejects_path) == (2, 0, None)
    first, second = workspace.rows("select * from feedback order by feedback_id")
    assert first["feedback_id"] == "007", "an id with leading zeros stays text"
    assert (first["source"], first["brand"], first["weight"]) == ("shop", "Nordlys", 1.0)
    assert (first["score"], first["scale_min"], first["scale_max"]) == (9.0, 0.0, 10.0)
    assert first["text"] == "good, really"
    assert second["customer_id"] is None, "an empty customer is null"
    assert second["text"] is None
    assert (first["revision"], first["ingested_at"]) == (1, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def test_a_second_pull_changes_nothing(workspace: Any) -> None:
    workspace.write("answers.csv", "id,who,day,score,said\n1,c1,2024-03-01,9,a\n2,c2,2024-03-01,8,b\n")
    workspace.pull(ANSWERS)
    before = workspace.rows("select * from feedback order by 1, 2")
    written = workspace.pull(ANSWERS).tables["feedback"]
    assert (written.new, written.changed, written.unchanged) == (0, 0, 2)
    assert workspace.rows("select * from feedback order by 1, 2") == before


def test_a_changed_row_supersedes_its_older_version(workspace: Any) -> None:
    workspace.write("answers.csv", "id,who,day,score,said\n1,c1,2024-03-01,9,a\n2,c2,2024-03-01,8,b\n")
    workspace.pull(ANSWERS)
    workspace.write("answers.csv", "id,who,day,score,said\n1,c1,2024-03-01,4,a\n2,c2,2024-03-01,8,b\n")
    written = workspace.pull(ANSWERS).tables["feedback"]
    assert (written.new, written.changed, written.unchanged) == (0, 1, 1)
    assert workspace.rows("select feedback_id, score, revision from feedback order by 1") == [
        {"feedback_id": "1", "score": 4.0, "revision": 2},
        {"feedback_id": "2", "score": 8.0, "revision": 1},
    ]


def test_a_dry_run_shows_ten_mapped_rows_and_writes_nothing(workspace: Any) -> None:
    body = "".join(f"{i},c{i},2024-03-01,9,a\n" for i in range(25))
    workspace.write("answers.csv", "id,who,day,score,said\n" + body)
    report = workspace.pull(ANSWERS, dry_run=True)
    assert report.sample["feedback"].num_rows == 10
    assert report.sample["feedback"].column("feedback_id").to_pylist() == [str(i) for i in range(10)]
    assert report.tables == {}
    assert workspace.rows("select * from feedback") == []
    assert not (workspace.folder / "rejected").exists()


def test_nothing_of_the_staging_stays_behind(workspace: Any) -> None:
    workspace.write("answers.csv", "id,who,day,score,said\n1,c1,2024-03-01,9,a\n".encode("utf-16"))
    (workspace.folder / ".staging" / "pull-left").mkdir(parents=True)
    (workspace.folder / ".staging" / "pull-left" / ".lock").touch()
    workspace.pull(ANSWERS)
    assert list((workspace.folder / ".staging").glob("pull-*")) == [], "what a crash left is gone as well"


def test_one_input_row_becomes_several_rows(workspace: Any) -> None:
    workspace.write(
        "stays.csv", "id,guest,left_on,stars,recommend,nights\n5,g1,2024-05-01,4,10,3\n6,g2,2024-05-02,,7,1\n"
    )
    report = workspace.pull("""
        files: {stays: stays.csv}
        rows:
          - into: activity
            activity_id: id
            customer_id: guest
            kind: "'order'"
            occurred_at: left_on
            quantity: nights
          - into: feedback
            when: stars is not null
            feedback_id: id || ':stars'
            customer_id: guest
            occurred_at: left_on
            channel: "'survey'"
            scale: "'rating'"
            score: stars
          - into: feedback
            feedback_id: id || ':nps'
            customer_id: guest
            occurred_at: left_on
            channel: "'survey'"
            scale: "'nps'"
            score: recommend
    """)
    assert {name: written.new for name, written in report.tables.items()} == {"activity": 2, "feedback": 3}
    assert workspace.column("select feedback_id from feedback order by 1") == ["5:nps", "5:stars", "6:nps"]


def test_constants_and_value_maps_fill_columns(workspace: Any) -> None:
    workspace.write("calls.csv", "id,day,how,solved\n1,2024-01-01,Very good,J\n2,2024-01-01,good,N\n3,2024-01-01,,\n")
    workspace.pull("""
        files: {calls: calls.csv}
        rows:
          - into: feedback
            feedback_id: id
            occurred_at: day
            channel: "'call'"
            scale: "'csat'"
            score: how
            wave: 2024
            touchpoint: "'service'"
            values: {score: {Very good: 5, good: 4}}
          - into: activity
            activity_id: id
            occurred_at: day
            kind: "'contact'"
            cost: 4.5
            resolved: solved
            values: {resolved: {J: true, N: false}}
    """)
    assert workspace.column("select score from feedback order by feedback_id") == [5.0, 4.0, None]
    assert workspace.column("select distinct wave from feedback") == ["2024"]
    assert workspace.column("select resolved from activity order by activity_id") == [True, False, None]
    assert workspace.column("select distinct cost from activity") == [Decimal("4.50")]


@pytest.mark.parametrize(
    ("otherwise", "units", "rejected"),
    [("", ["A", "A"], 1), (", else: keep", ["A", "A", "zz"], 0), (", else: null", ["A", "A", None], 0)],
    ids=["rejected by default", "kept", "left empty"],
)
def test_an_unknown_code_is(workspace: Any, otherwise: str, units: list[str | None], rejected: int) -> None:
    workspace.write("v.csv", "id,day,shop\n1,2024-01-01,1\n2,2024-01-01,1\n3,2024-01-01,zz\n")
    report = workspace.pull(
        f"""
        files: {{v: v.csv}}
        reject_share: 0.5
        rows:
          - into: activity
            activity_id: id
            occurred_at: day
            kind: "'visit'"
            unit: shop
            values: {{unit: {{1: A{otherwise}}}}}
        """
    )
    assert workspace.column("select unit from activity order by activity_id") == units
    assert report.rejected == rejected
    if rejected:
        (line,) = workspace.rejects()
        assert line.startswith('v.csv,4,shop,zz,"is not listed under')


def test_money_is_converted_at_the_stated_rate(workspace: Any) -> None:
    workspace.write("o.csv", "id,day,paid\n1,2024-01-01,10\n2,2024-01-01,0.33\n3,2024-01-01,\n")
    workspace.pull("""
        files: {o: o.csv}
        currency: USD
        rate: 0.92
        rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'", amount: paid}]
    """)
    assert workspace.column("select amount from activity order by activity_id") == [
        Decimal("9.20"),
        Decimal("0.30"),
        None,
    ]


def test_another_currency_needs_a_rate(workspace: Any) -> None:
    workspace.write("o.csv", "id,day,paid\n1,2024-01-01,10\n")
    with pytest.raises(DefinitionError, match=r"shop.yaml:3: amounts are in USD, and reports in EUR. Add `rate:`"):
        workspace.pull("""
            files: {o: o.csv}
            currency: USD
            rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'", amount: paid}]
        """)


def test_customers_come_with_their_attributes_and_keep_their_history(workspace: Any) -> None:
    text = """
        files: {people: people.csv}
        rows:
          - into: customers
            customer_id: id
            acquired_at: since
            country: land
            age: years
            joined: since
    """
    workspace.write("people.csv", "id,land,years,since\nc1,LV,40,2020-05-01\nc2,EE,,2021-01-01\n")
    assert workspace.pull(text).tables["customers"].new == 2
    workspace.write("people.csv", "id,land,years,since\nc1,LT,40,2020-05-01\nc2,EE,,2021-01-01\n")
    workspace.pull(text, now=datetime(2026, 6, 1, tzinfo=UTC))
    rows = workspace.rows(
        "select customer_id, country, age, joined, valid_to is null as holds from customers order by 1, valid_from"
    )
    assert rows[-1] == {"customer_id": "c2", "country": "EE", "age": None, "joined": date(2021, 1, 1), "holds": True}
    assert [(r["country"], r["holds"]) for r in rows if r["customer_id"] == "c1"] == [("LV", False), ("LT", True)]


def test_market_and_spend_come_in(workspace: Any) -> None:
    workspace.write(
        "m.csv", "month,until,brand,sales\n2024-01-01,2024-02-01,Kaffia,1000.50\n2024-01-01,2024-02-01,,2000\n"
    )
    workspace.pull("""
        files: {m: m.csv}
        timezone: UTC
        rows: [{into: market, period_start: month, period_end: until, brand: brand, sales: sales}]
    """)
    assert workspace.rows("select brand, segment, sales from market order by brand") == [
        {"brand": "Kaffia", "segment": "", "sales": Decimal("1000.50")},
        {"brand": "Nordlys", "segment": "", "sales": Decimal("2000.00")},
    ]


def test_a_query_joins_files_and_its_rejects_still_have_their_line(workspace: Any) -> None:
    workspace.write(
        "orders.csv",
        "order_id,customer,at_day\n"
        + "".join(f"{i:03d},c{i},2024-01-{i % 28 + 1:02d}\n" for i in range(1, 60))
        + "060,c60,never\n",
    )
    workspace.write(
        "items.csv", "order_id,price\n" + "".join(f"{i:03d},{i}.5\n{i:03d},1\n" for i in range(1, 60)) + "001,dear\n"
    )
    report = workspace.pull("""
        files: {orders: orders.csv, items: items.csv}
        query: |
          select o.order_id, o.customer, o.at_day, total
          from orders o left join (select order_id, sum(price) as total from items group by order_id) i using (order_id)
        rows:
          - {into: activity, activity_id: order_id, customer_id: customer, kind: "'order'", occurred_at: at_day,
             amount: total}
    """)
    assert workspace.rows(
        "select activity_id, amount from activity where activity_id in ('001', '059') order by 1"
    ) == [
        {"activity_id": "001", "amount": Decimal("2.50")},
        {"activity_id": "059", "amount": Decimal("60.50")},
    ]
    assert report.rejected == 2
    assert workspace.rejects() == [
        'orders.csv,61,at_day,never,"is not a date, as the rest of its column is"',
        'items.csv,120,price,dear,"is not a number, as the rest of its column is"',
    ]


def test_copies_collapse_and_of_conflicting_rows_the_last_one_stays(workspace: Any) -> None:
    body = "".join(f"{i},c{i},2024-03-01,9,a\n" for i in range(100))
    extra = "5,c5,2024-03-01,9,a\n" + '6,c6,2024-03-01,2,"was\nbetter"\n'
    workspace.write("answers.csv", "id,who,day,score,said\n" + body + extra)
    report = workspace.pull(ANSWERS)
    assert report.tables["feedback"].new == 100
    assert workspace.column("select score from feedback where feedback_id = '6'") == [2.0]
    assert workspace.rejects() == [
        'answers.csv,8,feedback_id,6,"duplicate key of feedback: a later row says something else, also in line 103"'
    ]
    assert "feedback: 1 copies of other rows, with the same key, left out" in report.notes


def test_rejects_are_replaced_by_each_pull(workspace: Any) -> None:
    body = "".join(f"{i},c{i},2024-03-01,9,a\n" for i in range(50))
    workspace.write("answers.csv", "id,who,day,score,said\n" + body + "50,c,2024-03-01,11,a\n")
    report = workspace.pull(ANSWERS)
    assert report.rejects_path == workspace.folder / "rejected" / "shop.csv"
    assert workspace.rejects() == ["answers.csv,52,score,11.0,is outside of its scale"]
    workspace.write("answers.csv", "id,who,day,score,said\n" + body)
    assert workspace.pull(ANSWERS).rejects_path is None
    assert workspace.rejects() == []


def test_too_many_rejects_stop_the_source_before_it_writes(workspace: Any) -> None:
    body = "".join(f"{i},c{i},2024-03-01,9,a\n" for i in range(90))
    bad = "".join(f"{i},c{i},2024-03-01,{'x' if i % 2 else 11},a\n" for i in range(90, 100))
    workspace.write("answers.csv", "id,who,day,score,said\n" + body + bad)
    with pytest.raises(SourceError) as error:
        workspace.pull(ANSWERS)
    said = workspace.refusal(error)
    assert "10 of 100 of the rows into feedback do not fit (10.0%), where at most 5% may. Nothing was written" in said
    assert "5 times, such as answers.csv:92: score '11.0' is outside of its scale" in said
    assert "rejected/shop.csv" in said
    assert "reject_share: …` in shop.yaml and type: heedful pull shop" in said
    assert workspace.rows("select * from feedback") == []
    assert len(workspace.rejects()) == 10
    assert "a real pull would stop" in " ".join(workspace.pull(ANSWERS, dry_run=True).notes)
    assert workspace.pull(ANSWERS, reject_share=0.2).tables["feedback"].new == 90


def test_progress_is_told(workspace: Any, tmp_path: Path) -> None:
    workspace.write("answers.csv", "id,who,day,score,said\n1,c1,2024-03-01,9,a\n")
    told: list[tuple[str, int, int | None]] = []
    pull(workspace.source(ANSWERS), workspace.lake, workspace.settings, progress=lambda *what: told.append(what))
    assert told[0] == ("reading answers.csv", 0, 1)
    assert told[-1] == ("writing feedback", 1, 1)


def test_an_anonymous_source_may_name_nobody(workspace: Any) -> None:
    with pytest.raises(DefinitionError, match=r"shop\.yaml:7: the source is `identity: anonymous`"):
        workspace.source(ANSWERS.replace("rows:", "identity: anonymous\n    rows:"))


def test_files_join_by_ids_that_are_whole_numbers_in_one_of_them_only(workspace: Any) -> None:
    workspace.write("orders.csv", "order_id,day\n1,2024-01-01\n2,2024-01-02\n")
    workspace.write("items.csv", "order_id,price\n1,5\n2,6\nX9,7\n")
    workspace.pull("""
        files: {orders: orders.csv, items: items.csv}
        query: select order_id, day, price from orders join items using (order_id)
        rows: [{into: activity, activity_id: ORDER_ID, occurred_at: Day, kind: "'order'", amount: price}]
    """)
    assert workspace.column("select activity_id from activity order by 1") == ["1", "2"]


def test_rows_that_a_query_gathers_are_rejected_without_a_line(workspace: Any) -> None:
    workspace.write("items.csv", "shop,day,price\n" + "a,2024-01-01,5\nb,2024-01-01,6\n,2024-01-01,7\n" * 2)
    workspace.pull("""
        files: {items: items.csv}
        query: select shop, day, sum(price) as total from items group by shop, day
        reject_share: 0.4
        rows: [{into: activity, activity_id: shop, occurred_at: day, kind: "'takings'", amount: total}]
    """)
    assert workspace.rows("select activity_id, amount::int as amount from activity order by 1") == [
        {"activity_id": "a", "amount": 10},
        {"activity_id": "b", "amount": 12},
    ]
    assert workspace.rejects() == ["query,,shop,,activity.activity_id is empty"]


def test_an_empty_list_loads_nothing_and_says_so(workspace: Any) -> None:
    workspace.write("answers.json", "[]")
    report = workspace.pull(ANSWERS.replace("answers.csv", "answers.json"))
    assert (report.read, report.tables) == (0, {})
    assert report.notes == ("answers: answers.json read as a list in JSON, UTF-8, 0 records",)
