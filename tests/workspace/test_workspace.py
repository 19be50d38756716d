"""The Python API: what it names, what it gives back, and that several processes may use one workspace."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from inspect import signature
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import heedful
from heedful.errors import DefinitionError, InputError, UnknownNameError
from heedful.measures.results import RESERVED
from heedful.reports.notebook import Figures
from heedful.workspace import Workspace
from tests.workspace.conftest import Write

PUBLIC_API_1 = [
    "API_VERSION",
    "HeedfulError",
    "InputError",
    "Param",
    "Question",
    "Result",
    "Row",
    "Workspace",
    "__version__",
    "measure",
    "open",
]


def test_the_public_api_of_version_1_is_this_list_and_every_name_in_it_is_there() -> None:
    assert heedful.API_VERSION == 1
    assert sorted(heedful.__all__) == PUBLIC_API_1
    assert [name for name in heedful.__all__ if getattr(heedful, name, None) is None] == []
    assert dir(heedful) == heedful.__all__


def test_a_name_that_the_api_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="opne"):
        heedful.opne  # noqa: B018 -- looking it up is the test


def test_the_measures_of_a_workspace_take_these_arguments_and_no_others() -> None:
    asked = ["self", "measure", "by", "over", "start", "end", "as_of", "where", "segment", "params"]
    for method in (Workspace.measure, Workspace.question):
        assert list(signature(method).parameters) == asked


# -- opening and asking --------------------------------------------------------------------------------------------


def test_a_workspace_is_opened_by_its_folder_as_text_or_path_and_closed_by_with(write: Write) -> None:
    folder = write()
    for given in (str(folder), folder):
        with heedful.open(given) as ws:
            list(ws.pull())
            assert ws.measure("orders")[0].value == 3
            runner = ws.runner
        assert ws.measure("orders")[0].value == 3, "asked again, it opens again"
        assert ws.runner is not runner
        ws.close()
        ws.close()


def test_a_folder_that_is_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"heedful\.yaml is missing.*heedful init"):
        heedful.open(tmp_path / "nowhere")


def test_dates_may_be_text_and_mean_the_same(shop: Workspace) -> None:
    as_text = shop.question("nps", by="country", start="2026-01-01", end="2026-06-30", as_of="2026-07-31")
    as_dates = shop.question(
        "nps", by=["country"], start=date(2026, 1, 1), end=date(2026, 6, 30), as_of=date(2026, 7, 31)
    )
    assert as_text == as_dates
    assert as_text.by == ("country",)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"start": "1.2.2026"}, '"1.2.2026" is not a date; write it as 2026-03-31'),
        ({"start": "2026-02-30"}, '"2026-02-30" is not a date'),
        ({"start": date(1, 1, 1)}, "0001-01-01 is too far away; dates lie between 1900-01-01 and 2200-01-01"),
        ({"as_of": "9999-12-31"}, "9999-12-31 is too far away"),
        (
            {"end": datetime(2026, 1, 1, 12, tzinfo=UTC)},
            "is a time; a question is about whole days, such as 2026-01-01",
        ),
        ({"over": "day"}, 'There is no period "day". There are: week, month, quarter, year'),
        ({"start": "2026-03-01", "end": "2026-02-01"}, "Swap them"),
        ({"by": ["country", "country"]}, "A name stands twice"),
        ({"segment": {"contry": "LV"}}, "Closest: country"),
        ({"segment": {"care": "laet"}}, 'There is no segment "laet" of "care". Closest: late'),
        ({"window_days": 3}, 'There is no parameter "window_days" of "nps"'),
        ({"weighted": 1}, "it has to be true or false"),
    ],
)
def test_a_question_that_cannot_be_put_says_why(shop: Workspace, asked: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as error:
        shop.measure("nps", **asked)  # type: ignore[arg-type]
    assert said in str(error.value)


def test_an_unknown_measure_carries_the_closest_one(shop: Workspace) -> None:
    with pytest.raises(UnknownNameError) as error:
        shop.measure("on_time_rat")
    assert error.value.closest == "on_time_rate"


@pytest.mark.parametrize("where", ["read_csv('/etc/passwd') is not null", "score in (select 1)", "1=1; drop table x"])
def test_nothing_but_the_checked_subset_of_sql_gets_through(shop: Workspace, where: str) -> None:
    with pytest.raises(InputError):
        shop.measure("nps", where=where)


def test_a_workspace_without_data_has_no_figures_rather_than_zeros(write: Write) -> None:
    with heedful.open(write(scorecard="unit: a\nobjectives: [{voice: My order comes on time.}]\n")) as ws:
        for name in ("nps", "orders", "revenue", "customer_base", "market_share", "churn_rate"):
            assert {(row.value, row.n) for row in ws.measure(name)} <= {(None, 0)}, name
        assert ws.freshness() == ()
        with pytest.raises(InputError, match="heedful pull"):
            ws.score()


def test_figures_stay_as_they_were_until_a_pull_or_a_refresh(write: Write) -> None:
    folder = write()
    with heedful.open(folder) as ws, heedful.open(folder) as other:
        list(ws.pull())
        assert ws.measure("orders")[0].value == 3
        (folder / "orders.csv").write_text("id,whom,day,paid\n4,b,2026-02-08,30\n", encoding="utf-8")
        (report,) = other.pull("orders")
        assert report.tables["activity"].new == 1
        assert ws.measure("orders")[0].value == 3
        ws.refresh()
        assert ws.measure("orders")[0].value == 4
        (folder / "orders.csv").write_text("id,whom,day,paid\n5,b,2026-02-09,30\n", encoding="utf-8")
        list(ws.pull("orders"))
        assert ws.measure("orders")[0].value == 5, "its own pull it sees at once"


PULLS = """
import sys
from pathlib import Path
from heedful.workspace import Workspace
folder = Path(sys.argv[1])
with Workspace(folder) as ws:
    for batch in range(1, 5):
        lines = [f"{n},c{n % 40},2026-02-{n % 28 + 1:02},10" for n in range(batch * 500)]
        (folder / "orders.csv").write_text("\\n".join(["id,whom,day,paid", *lines]) + "\\n")
        list(ws.pull("orders"))
        print(batch, flush=True)
"""


def test_one_process_measures_while_another_pulls_and_sees_whole_loads_only(write: Write) -> None:
    folder = write()
    seen = []
    with (
        subprocess.Popen([sys.executable, "-c", PULLS, str(folder)], stdout=subprocess.PIPE, text=True) as child,
        heedful.open(folder) as ws,
    ):
        while child.poll() is None:
            seen.append(ws.measure("orders")[0])
            ws.refresh()
        assert child.stdout is not None
        assert child.stdout.read().split() == list("1234")
        seen.append(ws.measure("orders")[0])
    assert child.returncode == 0
    assert {row.n % 500 for row in seen} == {0}
    assert [row.n for row in seen] == sorted(row.n for row in seen)
    assert seen[-1].n == 2000


# -- what comes back -----------------------------------------------------------------------------------------------


def test_figures_show_themselves_in_a_notebook_as_picture_and_table(shop: Workspace) -> None:
    found = shop.measure("nps", by="country", over="quarter", start="2026-01-01")
    assert isinstance(found, Figures)
    page = found._repr_html_()
    assert page.count("<svg") == page.count("</svg>") == 1
    assert page.count("<tr>") == len(found) + 1
    assert "Net Promoter Score" in page
    assert "country" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_one_figure_alone_is_a_table_without_a_picture(shop: Workspace) -> None:
    page = shop.measure("nps")._repr_html_()
    assert "<svg" not in page
    assert "<table>" in page


def test_names_from_the_data_cannot_write_into_the_page(write: Write) -> None:
    folder = write(people_csv="", **{"people.csv": "whom,land\na,<script>alert(1)</script>\nb,LV\n"})
    with heedful.open(folder) as ws:
        list(ws.pull())
        assert "<script>" not in ws.measure("orders", by="country")._repr_html_()


@pytest.mark.parametrize(
    "asked",
    [
        {"measure": "csat", "over": "month"},
        {"measure": "csat", "by": "country"},
        {"measure": "csat", "by": "country", "over": "quarter"},
        {"measure": "revenue", "by": ["country", "persona"]},
        {"measure": "choice_share"},
        {"measure": "nps"},
    ],
)
def test_every_shape_of_result_has_its_chart(shop: Workspace, asked: dict[str, str]) -> None:
    assert shop.measure(**asked).chart().to_dict()["$schema"].startswith("https://vega")  # type: ignore[arg-type]


def test_a_result_converts_to_pandas_polars_and_arrow_with_the_same_unrounded_numbers(shop: Workspace) -> None:
    found = shop.measure("csat", by=["country", "unit"], over="quarter")
    table = found.to_arrow()
    assert table.column_names == ["measure", "segment", "country", "by_unit", *RESERVED[2:]]
    values = [row.value for row in found]
    assert table.column("value").to_pylist() == values
    frame = found.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == table.column_names
    assert [None if pd.isna(v) else v for v in frame["value"]] == values
    polar = found.to_polars()
    assert isinstance(polar, pl.DataFrame)
    assert polar["value"].to_list() == values
    assert polar.schema["period_start"] == pl.Date


def test_whoever_speaks_arrow_reads_a_result_as_it_is(shop: Workspace) -> None:
    found = shop.measure("csat", by="country")
    values = [row.value for row in found]
    assert pl.DataFrame(found)["value"].to_list() == values
    assert pa.table(found).column("value").to_pylist() == values
    with duckdb.connect() as connection:
        connection.register("figures", pa.RecordBatchReader.from_stream(found))
        assert [row[0] for row in connection.sql("select value from figures order by country").fetchall()] == values


def test_a_result_is_a_sequence_of_rows_that_know_their_question(shop: Workspace) -> None:
    found = shop.measure("csat", by="country", start="2026-01-01")
    assert list(found) == [found[i] for i in range(len(found))]
    assert found.sql.lstrip().upper().startswith(("WITH", "SELECT"))
    assert {row.period_start for row in found} == {date(2026, 1, 1)}
    assert str(found).splitlines()[0].startswith("Satisfied, as of ")


UNINSTALLED = """
import sys

class Uninstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pandas", "polars"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Uninstalled())
import heedful

with heedful.open(sys.argv[1]) as ws:
    found = ws.measure("csat", by="country")
    assert found.to_arrow().num_rows == len(found)
    assert "<table>" in found._repr_html_()
    for convert in (found.to_pandas, found.to_polars):
        try:
            convert()
        except heedful.HeedfulError as error:
            print(type(error).__name__, error)
"""


def test_without_pandas_and_polars_the_rest_works_and_a_conversion_says_what_to_install(shop_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNINSTALLED, str(shop_folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"MissingExtraError This needs {library}. Install it with: pip install 'heedful[{library}]'"
        for library in ("pandas", "polars")
    ]


def test_importing_heedful_loads_neither_the_engine_nor_the_charts() -> None:
    code = "import sys, heedful; print([m for m in ('duckdb', 'altair', 'pandas', 'deltalake') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
