"""SQL databases as sources, on SQLite and on a real PostgreSQL: cursors, changes, deletions and breaks."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from heedful.errors import DefinitionError, SourceError, SourceInterruptedError
from heedful.sources import databases
from heedful.sources.pull import pull
from tests.engines import Engines

AMOUNTS = "select activity_id || ' ' || amount from activity order by 1"


@dataclass
class Shop:
    """A database with a table of orders beside a workspace that pulls it."""

    workspace: Any
    url: str
    connection: Any
    table: str

    def sql(self, statement: str) -> None:
        self.connection.execute(statement.replace("ORDERS", self.table))
        if isinstance(self.connection, sqlite3.Connection):
            self.connection.commit()

    def order(self, number: int, day: int, paid: float, gone: bool = False) -> None:
        stamp = f"2024-03-{day:02d} 10:00:00"
        self.sql(f"delete from ORDERS where id = {number}")
        self.sql(f"insert into ORDERS values ({number}, '{stamp}', {paid}, '{stamp}', {gone})")

    def source(self, more: str = "cursor: changed_at\n  overlap: 2 days", columns: str = "*") -> str:
        return f"""
sql:
  url: {self.url}
  queries: {{orders: "select {columns} from {self.table}"}}
  {more}
rows: [{{into: activity, activity_id: id, occurred_at: ordered_at, kind: "'order'", amount: paid}}]
"""

    def pull(self, more: str = "cursor: changed_at\n  overlap: 2 days", **options: Any) -> Any:
        return self.workspace.pull(self.source(more), **options)

    @property
    def state(self) -> Any:
        return json.loads((self.workspace.folder / ".heedful" / "state" / "shop.json").read_text())["cursors"]


def filled(shop: Shop, columns: str) -> Shop:
    shop.sql(f"create table ORDERS ({columns})")
    for number in range(1, 6):
        shop.order(number, number, number * 10)
    return shop


@pytest.fixture
def sqlite_shop(workspace: Any) -> Iterator[Shop]:
    connection = sqlite3.connect(workspace.folder / "shop.db")
    made = Shop(workspace, "sqlite:///shop.db", connection, "orders")
    yield filled(made, "id integer, ordered_at text, paid numeric, changed_at text, gone boolean")
    connection.close()


@pytest.fixture
def postgres_shop(workspace: Any, engines: Engines) -> Iterator[Shop]:
    import psycopg

    # A server of one's own may need more than a folder and a user.
    parts = psycopg.conninfo.conninfo_to_dict(engines.postgres_dsn)
    user = f"{parts['user']}:{parts['password']}" if "password" in parts else parts.get("user", "")
    url = f"postgresql://{user}@/{parts.get('dbname', '')}?host={parts['host']}&port={parts.get('port', 5432)}"
    connection = psycopg.connect(engines.postgres_dsn, autocommit=True)
    made = Shop(workspace, f"{url}&application_name=heedful_pull", connection, f"orders_{uuid.uuid4().hex[:12]}")
    yield filled(made, "id int, ordered_at timestamp, paid numeric(10, 2), changed_at timestamptz, gone bool")
    made.sql("drop table ORDERS")
    connection.close()


@pytest.fixture(params=["sqlite_shop", "postgres_shop"])
def shop(request: pytest.FixtureRequest) -> Shop:
    made: Shop = request.getfixturevalue(request.param)
    return made


def test_rows_of_a_database_come_in(shop: Shop) -> None:
    report = shop.pull("")
    assert (report.read, report.rejected) == (5, 0)
    assert shop.workspace.column(AMOUNTS) == ["1 10.00", "2 20.00", "3 30.00", "4 40.00", "5 50.00"]
    found = shop.workspace.column("select occurred_at::text from activity order by activity_id limit 1")
    assert found == ["2024-03-01 08:00:00+00"], "a time without a zone is local to the workspace"


def test_a_second_pull_reads_from_the_cursor_less_the_overlap(shop: Shop) -> None:
    shop.pull()
    shop.order(6, 6, 60)
    report = shop.pull()
    assert (report.read, report.tables["activity"].new, report.tables["activity"].unchanged) == (4, 1, 3)


def test_rows_that_come_late_or_change_within_the_overlap_are_brought_in(shop: Shop) -> None:
    shop.pull()
    shop.order(7, 4, 70)
    shop.sql("update ORDERS set paid = 55 where id = 5")
    report = shop.pull()
    assert (report.tables["activity"].new, report.tables["activity"].changed) == (1, 1)
    assert shop.workspace.column(AMOUNTS)[-2:] == ["5 55.00", "7 70.00"]


def test_a_row_without_a_value_of_the_cursor_is_never_lost_sight_of(shop: Shop) -> None:
    shop.sql("update ORDERS set changed_at = null where id = 1")
    shop.pull()
    shop.sql("update ORDERS set paid = 11 where id = 1")
    shop.pull()
    assert shop.workspace.column(AMOUNTS)[0] == "1 11.00"


def test_a_cursor_of_numbers_overlaps_by_a_number(shop: Shop) -> None:
    shop.pull("cursor: id\n  overlap: 2")
    assert shop.state == {"orders": ["int", "5"]}
    shop.order(6, 6, 60)
    assert shop.pull("cursor: id\n  overlap: 2").read == 4


def test_a_cursor_that_goes_backwards_is_said_and_everything_read_again(shop: Shop) -> None:
    shop.pull()
    shop.sql("delete from ORDERS where id > 2")
    shop.sql("update ORDERS set paid = 12 where id = 1")
    report = shop.pull()
    (said,) = [note for note in report.notes if "went backwards" in note]
    assert said.startswith("orders: the cursor changed_at went backwards: it was read up to 2024-03-05")
    assert said.endswith("everything is read again, and rows that the database lost stay in the lake")
    assert (report.read, report.tables["activity"].changed) == (2, 1)
    assert shop.workspace.column(AMOUNTS) == ["1 12.00", "2 20.00", "3 30.00", "4 40.00", "5 50.00"]
    shop.order(6, 3, 60)
    assert shop.pull().tables["activity"].new == 1, "the cursor stands where the database ends"


def test_the_cursor_moves_only_once_the_lake_has_the_rows(shop: Shop) -> None:
    shop.pull()
    before = shop.state
    shop.order(6, 6, 60)
    shop.sql("update ORDERS set ordered_at = null where id > 3")
    with pytest.raises(SourceError, match="do not fit"):
        shop.pull()
    assert shop.state == before


def test_rows_with_a_flag_that_says_they_are_gone_leave_the_lake(shop: Shop) -> None:
    more = "cursor: changed_at\n  deleted: {column: gone}"
    shop.pull(more)
    shop.order(2, 6, 20, gone=True)
    report = shop.pull(more)
    assert "activity: 1 rows deleted, since the database has them no more" in report.notes
    assert shop.workspace.column(AMOUNTS) == ["1 10.00", "3 30.00", "4 40.00", "5 50.00"]
    assert report.rejected == 0


def test_a_row_marked_as_gone_that_was_never_there_is_no_row(shop: Shop) -> None:
    shop.order(9, 9, 90, gone=True)
    assert shop.pull("deleted: {column: gone}").tables["activity"].new == 5


def test_rows_absent_from_a_full_answer_leave_the_lake(shop: Shop) -> None:
    shop.pull("deleted: snapshot")
    shop.sql("delete from ORDERS where id = 4")
    report = shop.pull("deleted: snapshot")
    assert "activity: 1 rows deleted, since the database has them no more" in report.notes
    assert shop.workspace.column(AMOUNTS) == ["1 10.00", "2 20.00", "3 30.00", "5 50.00"]


def test_a_rejected_row_of_a_full_answer_is_not_taken_for_a_deleted_one(shop: Shop) -> None:
    shop.pull("deleted: snapshot")
    shop.sql("update ORDERS set ordered_at = null where id = 4")
    shop.pull("deleted: snapshot", reject_share=0.5)
    assert shop.workspace.column("select count(*) from activity") == [5]


def test_a_full_answer_that_lacks_most_rows_is_not_believed(shop: Shop) -> None:
    shop.pull("deleted: snapshot")
    shop.sql("delete from ORDERS where id > 2")
    with pytest.raises(SourceError) as error:
        shop.pull("deleted: snapshot")
    said = shop.workspace.refusal(error)
    assert said.startswith(
        "sources/shop.yaml:5: 3 of 5 rows of activity are absent from this answer, where at most 50%"
    )
    assert shop.workspace.column("select count(*) from activity") == [5]
    shop.pull("deleted: {snapshot: true, at_most: 1}")
    assert shop.workspace.column("select count(*) from activity") == [2]


def test_rows_of_other_sources_stay_when_a_snapshot_takes_some_out(shop: Shop) -> None:
    shop.workspace.write("other.csv", "id,day\n4,2024-01-01\n")
    text = "files: {o: other.csv}\nrows: [{into: activity, activity_id: id, occurred_at: day, kind: \"'order'\"}]\n"
    pull(shop.workspace.source(text, "other"), shop.workspace.lake, shop.workspace.settings)
    shop.pull("deleted: snapshot")
    shop.sql("delete from ORDERS where id = 4")
    shop.pull("deleted: snapshot")
    assert shop.workspace.column("select source from activity where activity_id = '4'") == ["other"]


def test_without_a_way_to_tell_deletions_the_notes_say_that_they_stay(shop: Shop) -> None:
    assert "orders: rows deleted in the database stay in the lake, since nothing says which they are" in (
        shop.pull().notes
    )


def test_a_column_that_changes_its_type_half_way_rejects_what_does_not_fit(
    sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "BATCH_ROWS", 2)
    sqlite_shop.sql("update ORDERS set paid = 'on the house' where id = 5")
    report = sqlite_shop.pull(reject_share=0.3)
    assert (report.rejected, report.tables["activity"].new) == (1, 4)
    assert sqlite_shop.workspace.rejects()[0].startswith('orders,5,paid,on the house,"is not a number')


def test_two_tables_of_a_database_are_joined_by_a_query(shop: Shop) -> None:
    report = shop.workspace.pull(f"""
        sql:
          url: {shop.url}
          cursor: changed_at
          queries:
            orders: select * from {shop.table}
            lines: {{select: "select id, 'shop' as unit from {shop.table} where id < 3", cursor: null}}
        query: select o.*, l.unit from orders o left join lines l on l.id = o.id
        rows: [{{into: activity, activity_id: id, occurred_at: ordered_at, kind: "'order'", unit: unit}}]
    """)
    assert report.tables["activity"].new == 5
    assert shop.workspace.column("select count(unit) from activity") == [2]


def test_a_cursor_on_a_table_that_is_joined_to_another_is_refused(shop: Shop) -> None:
    with pytest.raises(DefinitionError) as error:
        shop.workspace.pull(f"""
        sql:
          url: {shop.url}
          cursor: changed_at
          queries: {{orders: "select * from {shop.table}", lines: "select id from {shop.table}"}}
        query: select o.*, l.id as line from orders o left join lines l on l.id = o.id
        rows: [{{into: activity, activity_id: id, occurred_at: ordered_at, kind: "'order'"}}]
        """)
    assert '"lines" is joined to others by `query:`, and its cursor would bring only its new rows.' in str(error.value)


def test_casts_and_times_in_the_databases_own_sql_are_left_alone(shop: Shop) -> None:
    text = "cast(id as text) || ':' || '10:30' as id, ordered_at, paid"
    shop.workspace.pull(shop.source("", columns=text))
    assert shop.workspace.column("select min(activity_id) from activity") == ["1:10:30"]


def test_a_query_that_fails_is_named_with_what_the_database_says(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r'the query "orders" fails on the database .*nowhere'):
        shop.workspace.pull(shop.source().replace(f"from {shop.table}", "from nowhere"))


def test_two_columns_of_one_name_are_refused(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r'two columns of the query "orders" are called id\. Give one another name'):
        shop.workspace.pull(shop.source("", columns="id, id"))


def test_a_dry_run_looks_at_the_beginning_and_notes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "DRY_ROWS", 3)
    report = shop.pull(dry_run=True)
    assert (report.read, report.sample["activity"].num_rows) == (3, 3)
    assert not (shop.workspace.folder / ".heedful" / "state" / "shop.json").exists()


def test_an_overlap_that_does_not_go_with_the_cursor_is_refused(shop: Shop) -> None:
    shop.pull("cursor: id\n  overlap: 2 days")
    with pytest.raises(SourceError, match="an overlap of 2 days, 0:00:00 does not go with a cursor such as 5"):
        shop.pull("cursor: id\n  overlap: 2 days")


def test_an_empty_answer_is_no_fault(shop: Shop) -> None:
    shop.sql("delete from ORDERS")
    assert shop.pull("").read == 0


def test_a_database_that_goes_away_in_mid_pull_keeps_what_came_and_goes_on_from_there(
    postgres_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "BATCH_ROWS", 1000)
    postgres_shop.sql(
        "insert into ORDERS select n, '2024-04-01', 1, timestamptz '2024-04-01' + n * interval '1 minute', false "
        "from generate_series(100, 20099) n"
    )

    def kill(what: str, done: int, _whole: int | None) -> None:
        if what == "asking for orders" and done == 3000:
            postgres_shop.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'heedful_pull'"
            )

    source, lake = postgres_shop.workspace.source(postgres_shop.source()), postgres_shop.workspace.lake
    with pytest.raises(SourceInterruptedError) as error:
        pull(source, lake, postgres_shop.workspace.settings, progress=kill)
    said = postgres_shop.workspace.refusal(error)
    assert 'went away after 3,000 rows of "orders"' in said
    assert said.endswith("the next pull goes on from there. Type: heedful pull shop")
    assert error.value.retry
    assert postgres_shop.workspace.column("select count(*) from activity") == [3000]
    report = pull(source, lake, postgres_shop.workspace.settings)
    assert postgres_shop.workspace.column("select count(*) from activity") == [20005]
    assert report.read < 20005, "it went on, and did not begin anew"


def test_a_database_that_goes_away_without_a_cursor_writes_nothing_and_says_so(
    postgres_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "BATCH_ROWS", 1000)
    postgres_shop.sql("insert into ORDERS select n, '2024-04-01', 1, now(), false from generate_series(100, 20099) n")

    def kill(what: str, done: int, _whole: int | None) -> None:
        if done == 3000:
            postgres_shop.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'heedful_pull'"
            )

    source = postgres_shop.workspace.source(postgres_shop.source(""))
    with pytest.raises(SourceInterruptedError, match=r"went away after 3,000 rows .* Nothing was written"):
        pull(source, postgres_shop.workspace.lake, postgres_shop.workspace.settings, progress=kill)
    assert postgres_shop.workspace.column("select count(*) from activity") == [0]


def test_a_server_that_cannot_be_reached_is_named_without_its_password(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "s3cr3t/with@signs")
    with pytest.raises(SourceInterruptedError) as error:
        workspace.pull("""
        sql:
          url: "postgresql://reader:${env:SHOP_PASSWORD}@127.0.0.1:1/shop"
          connect_args: {connect_timeout: 2}
          queries: {orders: select 1 as id}
        rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'"}]
        """)
    said = str(error.value)
    assert "the database postgresql+psycopg://reader:***@127.0.0.1:1/shop cannot be reached" in said
    assert "s3cr3t" not in said
    assert "with@signs" not in said


def test_a_password_that_is_not_in_the_environment_is_asked_for(workspace: Any) -> None:
    with pytest.raises(SourceError) as error:
        workspace.pull("""
        sql: {url: "postgresql://reader:${env:NO_SUCH_PASSWORD}@localhost/shop", queries: {orders: select 1}}
        rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'"}]
        """)
    assert workspace.refusal(error) == (
        "sources/shop.yaml:2: nothing says what the environment variable NO_SUCH_PASSWORD is. "
        "Type: NO_SUCH_PASSWORD=… heedful pull shop"
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("queries: {o: drop table orders}", "a query begins with select or with."),
        ("queries: {o: select 1}, deleted: {snapshot: true, column: x}", "deleted is either `snapshot` or"),
        ("queries: {o: select 1}, cursor: id, deleted: snapshot", "with a cursor, o brings only what changed"),
        ("queries: {o: {select: select 1, overlap: 2 days}}", "o has an overlap and no cursor that it could overlap."),
        ("queries: {o: select 1}, cursor: id, overlap: 2 moons", '"2 moons" is no span; write it as "2 days"'),
        ("queries: {a: select 1, b: select 2}", "there are several files and queries (a, b), so a query must join"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_asked(workspace: Any, written: str, said: str) -> None:
    with pytest.raises(DefinitionError) as error:
        workspace.source(f"""
        sql: {{url: "sqlite:///shop.db", {written}}}
        rows: [{{into: activity, activity_id: id, occurred_at: day, kind: "'order'"}}]
        """)
    assert said in str(error.value)


def test_a_database_file_that_is_not_there_is_not_made(workspace: Any) -> None:
    with pytest.raises(SourceError) as error:
        workspace.pull("""
        sql: {url: "sqlite:///shop.db", queries: {orders: select 1 as id}}
        rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'"}]
        """)
    assert workspace.refusal(error) == "sources/shop.yaml: the database does not exist: shop.db."
    assert not (workspace.folder / "shop.db").exists()


def test_looking_for_mistakes_asks_nothing_of_a_database(workspace: Any) -> None:
    text = """
        sql: {url: "postgresql://nobody@127.0.0.1:1/x", queries: {orders: select 1}}
        rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'"}]
    """
    assert workspace.check(text) == []


def test_a_machine_without_sqlalchemy_is_told_what_to_install(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(Exception, match=r"This needs SQLAlchemy. Install it with: pip install 'heedful\[sql\]'"):
        workspace.pull("""
        sql: {url: "sqlite:///shop.db", queries: {orders: select 1 as id}}
        rows: [{into: activity, activity_id: id, occurred_at: day, kind: "'order'"}]
        """)
