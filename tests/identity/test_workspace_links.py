from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from heedful.errors import DefinitionError, InputError, UnknownNameError
from heedful.sources.pull import PullReport
from heedful.workspace import Workspace, open_workspace

FILES: Mapping[str, str] = {
    "heedful.yaml": "company: Nordlys\nidentity: {country: LV, first: [crm]}\nattributes: {city: string}\n",
    "sources/crm.yaml": """
files: {c: crm.csv}
identity_of: crm
rows:
  - into: customers
    customer_id: id
    valid_from: "timestamptz '2020-01-01'"
    acquired_at: "timestamptz '2020-01-01'"
    identifiers: {email: mail, phone: tel, first_name: first, surname: last}
""",
    "crm.csv": "id,mail,tel,first,last\n1,anna@x.lv,29111222,Anna,Ozola\n2,bruno@x.lv,29333444,Bruno,Kalns\n3,,abc,,\n",
    "sources/shop.yaml": """
files: {o: orders.csv}
identity_of: shop
rows:
  - into: activity
    activity_id: nr
    customer_id: cust
    kind: "'order'"
    occurred_at: day
    amount: paid
    identifiers: {email: mail}
  - into: customers
    when: cust is not null
    customer_id: cust
    valid_from: "timestamptz '2019-01-01'"
    acquired_at: day
    city: city
    identifiers: {email: mail}
""",
    "orders.csv": "nr,cust,day,paid,mail,city\n1,u1,2019-01-02,10.5,Anna@x.lv,Riga\n3,,2026-01-04,5,anna@x.lv,\n"
    "4,,2026-01-04,5,info@x.lv,\n",
    "sources/survey.yaml": """
files: {s: survey.csv}
rows:
  - into: feedback
    feedback_id: nr
    occurred_at: day
    channel: "'survey'"
    scale: "'nps'"
    score: score
    identifiers: {email: mail, phone: tel}
""",
    "survey.csv": "nr,day,score,mail,tel\n1,2026-02-01,9,anna@x.lv,\n2,2026-02-01,3,,+371 29333444\n3,2026-02-01,7,,\n",
    "sources/web.yaml": """
files: {w: web.csv}
identity_of: shop
rows:
  - into: activity
    activity_id: nr
    customer_id: login
    kind: "'visit'"
    occurred_at: day
    identifiers: {cookie: cid}
""",
    "web.csv": "nr,login,day,cid\n1,u1,2026-01-01,c1\n2,,2026-01-02,c1\n3,,2026-01-02,c9\n",
}


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def pulled(workspace: Workspace) -> dict[str, PullReport]:
    return {report.source: report for report in workspace.pull()}


def customers(workspace: Workspace, stream: str) -> list[str | None]:
    key = "feedback_id" if stream == "feedback" else "source || activity_id"
    table = workspace.runner.engine.query(f"select customer_id from {stream} order by {key}")
    found: list[str | None] = table.column("customer_id").to_pylist()
    return found


def stored(workspace: Workspace, table: str) -> list[dict[str, object]]:
    """The rows on disk, no link followed."""
    import duckdb

    uris = workspace.lake.snapshot([table])[table].uris
    with duckdb.connect() as con:
        found = con.read_parquet([u.removeprefix("file://") for u in uris]).to_arrow_table()
    rows: list[dict[str, object]] = found.to_pylist()
    return rows


@dataclass(frozen=True)
class Loaded:
    """A workspace whose data were brought in, and what was said of it. Tests only read it."""

    ws: Workspace
    reports: Mapping[str, PullReport]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    with open_workspace(written(tmp_path_factory.mktemp("identity"), FILES)) as ws:
        yield Loaded(ws, pulled(ws))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path, FILES)


def test_one_customer_of_four_sources_reads_as_one(loaded: Loaded) -> None:
    ws = loaded.ws
    assert customers(ws, "feedback") == ["crm:1", "crm:2", None]
    assert customers(ws, "activity") == ["crm:1", "crm:1", None, "crm:1", "crm:1", None]


def test_nothing_on_disk_says_an_email_a_telephone_or_who_was_linked(loaded: Loaded) -> None:
    ws = loaded.ws
    assert {r["customer_id"] for r in stored(ws, "activity")} >= {"shop:u1"}
    assert not any(str(r["customer_id"]).startswith("crm") for r in stored(ws, "activity"))
    held = b"".join(p.read_bytes() for p in ws.folder.rglob("*") if p.is_file() and "lake" in p.parts)
    assert b"anna@x.lv" not in held.lower()
    assert b"29111222" not in held


def test_a_second_pull_changes_no_name_and_no_link(folder: Path) -> None:
    with open_workspace(folder) as ws:
        pulled(ws)
        names, links = stored(ws, "identities"), stored(ws, "links")
        report = pulled(ws)["crm"]
        assert report.tables["identities"].new == report.tables["identities"].changed == 0
        assert stored(ws, "identities") == names
        assert stored(ws, "links") == links


def test_each_pull_states_what_is_linked(loaded: Loaded) -> None:
    reports = loaded.reports
    last = reports["web"]
    assert last.linked_share == {"feedback": 2 / 3, "activity": 4 / 6, "joined": 1 / 3}
    assert "linked to a customer: 66.7 % of feedback and 66.7 % of activity" in last.notes
    assert "of a customer who also has activity: 33.3 % of feedback" in last.notes


def test_names_that_link_nobody_are_counted_with_the_reason(loaded: Loaded) -> None:
    reports = loaded.reports
    role = "activity: of 3 different values of email, these link nobody: the mailbox of a role, such as info@ (1)"
    assert role in reports["shop"].notes
    unread = "customers: of 3 different values of phone, these link nobody: not to be read as one (1)"
    assert unread in reports["crm"].notes


def test_a_customer_with_several_records_has_one_history(loaded: Loaded) -> None:
    ws = loaded.ws
    rows = ws.runner.engine.query(
        "select customer_id, valid_from::date::varchar as f, valid_to::date::varchar as t, city, "
        "acquired_at::date::varchar as a from customers order by all"
    ).to_pylist()
    assert [r for r in rows if r["customer_id"] == "crm:1"] == [
        {"customer_id": "crm:1", "f": "2019-01-01", "t": "2020-01-01", "city": "Riga", "a": "2019-01-02"},
        {"customer_id": "crm:1", "f": "2020-01-01", "t": None, "city": "Riga", "a": "2019-01-02"},
    ]
    assert sorted({r["customer_id"] for r in rows}) == ["crm:1", "crm:2", "crm:3"]


def test_figures_that_join_say_of_how_much_feedback_they_speak(loaded: Loaded) -> None:
    ws = loaded.ws
    said = "joins what customers said with what they did: 33.3 % of feedback is of a customer with activity"
    assert said in ws.measure("promoters_who_referred").notes
    assert said not in ws.measure("nps").notes
    assert said not in ws.measure("orders").notes


def test_links_show_who_is_joined_by_what_and_no_name(loaded: Loaded) -> None:
    ws = loaded.ws
    found = ws.links("shop:u1")
    assert found == ws.links("crm:1")
    assert found.customer_id == "crm:1"
    ways = {m.local_id.split(":")[0]: m.through for m in found.members}
    assert ways["crm"] == ""
    assert ways["shop"].startswith("email #")
    assert ways["shop"].endswith(" with crm:1")
    assert ways["anonymous"].startswith("cookie #")
    assert ways["anonymous"].endswith(" with shop:u1")
    assert "anna" not in str(found).lower()


def test_the_id_of_one_system_alone_will_do_where_it_is_clear(loaded: Loaded) -> None:
    ws = loaded.ws
    assert ws.links("u1").customer_id == "crm:1"


def test_a_split_is_honoured_by_later_pulls_and_taking_it_back_restores_the_links(folder: Path) -> None:
    with open_workspace(folder) as ws:
        pulled(ws)
        before = stored(ws, "links")
        ws.linking.split("shop:u1")
        pulled(ws)
        assert "shop:u1" in customers(ws, "activity")
        ws.linking.undo("shop:u1")
        assert stored(ws, "links") == before


def test_two_ids_can_be_joined_by_hand(folder: Path) -> None:
    with open_workspace(folder) as ws:
        pulled(ws)
        ws.linking.join("crm:3", "crm:2")
        ws.refresh()
        assert [m.local_id for m in ws.links("crm:3").members][:2] == ["crm:2", "crm:3"]
        assert ws.links("crm:3").members[1].through == "by hand with crm:2"


def test_a_split_of_an_unknown_id_names_the_closest_and_writes_nothing(folder: Path) -> None:
    with open_workspace(folder) as ws:
        pulled(ws)
        with pytest.raises(UnknownNameError, match=r'There is no customer "crm:19"\. Closest: crm:1\.'):
            ws.linking.split("crm:19")
    assert not (folder / "links.yaml").exists()


def test_decisions_keep_the_comments_of_those_who_wrote_them(folder: Path) -> None:
    kept = "# ours\nsplit:\n  # Anna wrote to us\n  - shop:u1  # 2026-02-01\njoin:\n  - [crm:3, crm:2]\n"
    (folder / "links.yaml").write_text(kept, encoding="utf-8")
    with open_workspace(folder) as ws:
        pulled(ws)
        ws.linking.split("crm:2")
        ws.linking.undo("shop:u1")
    text = (folder / "links.yaml").read_text(encoding="utf-8")
    assert text == '# ours\nsplit:\n  # Anna wrote to us\n  - "crm:2"\njoin:\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("join:\n  - [crm:1]\n", "links.yaml:2: "),
        ("join:\n  - [crm:1, crm:1]\n", '"crm:1" is joined to itself; name two ids.'),
        ("splits: [a]\n", 'there is no field "splits" here. Closest: split.'),
    ],
)
def test_a_mistake_in_links_yaml_is_named_with_its_line(folder: Path, text: str, said: str) -> None:
    (folder / "links.yaml").write_text(text, encoding="utf-8")
    with open_workspace(folder) as ws:
        assert said in "\n".join(map(str, ws.check()))
        with pytest.raises(DefinitionError):
            pulled(ws)


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("identifiers: {email: mail", "identifiers: {e_mail: mail", '"e_mail" is no identifier (email, phone,'),
        ("identity_of: crm", "identity_of: email", 'identity_of names a system, such as crm or web_shop, and "email"'),
        ("identity_of: crm", "identity: anonymous", "so no customer may be named: leave out identifiers."),
        ("phone: tel,", "phone: telephone,", "telephone"),
    ],
)
def test_a_mistake_in_a_sources_identifiers_is_named(folder: Path, line: str, wrong: str, said: str) -> None:
    path = folder / "sources" / "crm.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(line, wrong), encoding="utf-8")
    with open_workspace(folder) as ws:
        assert said in "\n".join(map(str, ws.check()))


def test_an_unknown_country_is_named_with_its_line(tmp_path: Path) -> None:
    written(tmp_path, {"heedful.yaml": "company: N\nidentity:\n  country: XX\n"})
    with open_workspace(tmp_path) as ws:
        assert 'heedful.yaml:3: "XX" is no country' in str(ws.check()[0])


def test_an_email_that_a_till_gives_to_500_customers_links_nobody_and_says_so(tmp_path: Path) -> None:
    rows = "".join(f"{i},{'till@x.lv' if i else 'anna@x.lv'},2026-01-01\n" for i in range(501))
    files = {
        "heedful.yaml": "company: N\n",
        "sources/shop.yaml": "files: {o: o.csv}\nidentity_of: shop\nrows:\n  - {into: activity, activity_id: nr, "
        "customer_id: nr, kind: \"'order'\", occurred_at: day, identifiers: {email: mail}}\n",
        "o.csv": f"nr,mail,day\n{rows}",
    }
    with open_workspace(written(tmp_path, files)) as ws:
        report = pulled(ws)["shop"]
        assert len(set(customers(ws, "activity"))) == 501
        (name,) = ws.links("shop:7").members[0].identifiers
    assert "names that link nobody: 1 that one source gives to too many ids" in report.notes
    assert name.reason == "one source gives it to 500 ids, where at most 5 may be one customer"


def test_a_workspace_that_names_nobody_makes_no_key_and_no_links(tmp_path: Path) -> None:
    files = {
        "heedful.yaml": "company: N\n",
        "sources/shop.yaml": "files: {o: o.csv}\nrows:\n  - {into: activity, activity_id: nr, customer_id: nr, "
        "kind: \"'order'\", occurred_at: day}\n",
        "o.csv": "nr,day\n1,2026-01-01\n",
    }
    with open_workspace(written(tmp_path, files)) as ws:
        pulled(ws)
        assert customers(ws, "activity") == ["1"]
    assert not (tmp_path / ".heedful").exists()
    assert not (tmp_path / "lake" / "links").exists()


def test_a_join_of_an_id_with_itself_is_refused(folder: Path) -> None:
    with open_workspace(folder) as ws:
        pulled(ws)
        with pytest.raises(InputError, match="cannot be joined to itself"):
            ws.linking.join("crm:1", "crm:1")
