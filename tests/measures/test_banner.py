"""Banner tables against figures worked out by hand: those of docs/how-to/banner-tables.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from heedful.errors import DefinitionError, InputError, UnknownNameError
from heedful.measures import banner_results as results
from heedful.measures.banner import banner_table
from heedful.measures.banner_results import BannerTable, Line
from heedful.measures.question import Question
from heedful.measures.runner import Runner
from heedful.measures.segments import Segmentation
from heedful.measures.setting import Setting
from heedful.measures.tabulation import TableRow, load_table_rows, read_nets
from heedful.reports.tables import text
from heedful.streams.schema import TEXT
from tests.company import RIGA, Cell, arrow_tables, blank
from tests.engines import Engines

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "banner-tables.md"
SCORES: Mapping[str, Sequence[int]] = {
    "Riga": (2, 4, 6, 16, 12),
    "Tartu": (6, 10, 14, 12, 8),
    "Vilnius": (6, 9, 15, 18, 12),
}
"""How often each shop got 1, 2, 3, 4 and 5, as in the worked example."""

Row = dict[str, Cell]
Load = Callable[..., Runner]


def said(number: int, **cells: Cell) -> Row:
    given: Row = {
        "feedback_id": str(number),
        "source": "survey",
        "channel": "survey",
        "brand": "Nordlys",
        "weight": 1.0,
    }
    return blank("feedback", **{**given, "occurred_at": datetime(2026, 3, 1, tzinfo=UTC), **cells})


def ratings(**cells: Cell) -> list[Row]:
    given = [(shop, score) for shop, counts in SCORES.items() for score, n in enumerate(counts, 1) for _ in range(n)]
    scale: Row = {"question": "overall", "scale": "rating", "scale_min": 1.0, "scale_max": 5.0}
    return [
        said(i, **{"unit": shop, "score": float(score), "customer_id": f"c{i}", **scale, **cells})
        for i, (shop, score) in enumerate(given)
    ]


def runner_over(engines: Engines, name: str) -> Load:
    def runner(rows: Sequence[Row], *, customers: Sequence[Row] = (), **segmentations: Segmentation) -> Runner:
        setting = Setting(RIGA, "Nordlys", "EUR", {"country": TEXT}, segmentations)
        tables = dict(arrow_tables({"feedback": list(rows)}))
        if customers:
            schema = tables["customers"].schema
            full = [{**dict.fromkeys(schema.names), **row} for row in customers]
            tables["customers"] = pa.Table.from_pylist(full, schema=schema)
        return Runner(engines.load(name, tables), setting)

    return runner


@pytest.fixture
def load(engines: Engines) -> Load:
    """A runner over rows of feedback."""
    return runner_over(engines, "duckdb")


@pytest.fixture
def load_on_each(engines: Engines, engine_name: str) -> Load:
    """The same on each engine in turn."""
    return runner_over(engines, engine_name)


def line(table: BannerTable, label: str, block: int = 0) -> Line:
    return next(each for each in table.blocks[block].lines if each.label == label)


def values(cells: Sequence[results.Cell]) -> list[float | None]:
    return [cell.value for cell in cells]


def marks(found: Line) -> list[str]:
    return [cell.letters for cell in found.cells]


def test_the_worked_example_of_the_docs_comes_out_to_the_last_sign(load: Load) -> None:
    table = banner_table(load(ratings()), ["overall"], ["unit"])
    page = HOW_TO.read_text(encoding="utf-8")
    shown = [cells.split() for cells in text(table).replace("\u00a0", " ").splitlines() if cells.strip()]
    block = page.split("<!-- worked example -->")[1].split("```")[1].removeprefix("text\n")
    assert shown == [cells.split() for cells in block.splitlines() if cells.strip()]


def test_shares_nets_mean_and_deviation_are_those_worked_out_by_hand(load_on_each: Load) -> None:
    table = banner_table(load_on_each(ratings()), ["overall"], ["unit"])
    assert [c.label for c in table.columns] == ["Total", "Riga", "Tartu", "Vilnius"]
    assert [c.letter for c in table.columns] == ["", "A", "B", "C"]
    assert [b.n for b in table.blocks[0].bases] == [150, 40, 50, 60]
    assert values(line(table, "Top 2").cells) == pytest.approx([78 / 150, 0.7, 0.4, 0.5])
    assert values(line(table, "5").cells) == pytest.approx([32 / 150, 12 / 40, 8 / 50, 12 / 60])
    assert values(line(table, "Mean").cells) == pytest.approx([509 / 150, 3.8, 3.12, 3.35])
    deviations = values(line(table, "Standard deviation").cells)[1:]
    assert deviations == pytest.approx([(50.4 / 39) ** 0.5, (77.28 / 49) ** 0.5, (91.65 / 59) ** 0.5])


def test_a_difference_that_holm_weakens_from_one_to_five_per_cent_has_a_small_letter(load: Load) -> None:
    # Riga and Tartu: p = 0.0046 by itself, 0.0138 as one of three pairs. Riga and Vilnius: 0.047 by itself, 0.094.
    table = banner_table(load(ratings()), ["overall"], ["unit"])
    assert marks(line(table, "Top 2")) == ["", "b", "", ""]
    assert marks(line(table, "Mean")) == ["", "b", "", ""]


def test_a_large_difference_has_a_capital(load: Load) -> None:
    rows = [row for row in ratings() if row["unit"] != "Vilnius"]
    assert marks(line(banner_table(load(rows), ["overall"], ["unit"]), "Top 2")) == ["", "B", ""]


def test_weights_count_in_bases_figures_and_tests(load_on_each: Load) -> None:
    rows = [row for row in ratings() if row["unit"] == "Riga"]
    for i, row in enumerate(rows):
        row["weight"] = 0.5 if i % 2 else 1.5
    table = banner_table(load_on_each(rows), ["overall"], ["unit"])
    base = table.blocks[0].bases[1]
    assert (base.n, base.weighted) == (40, 40.0)
    assert base.n_eff == pytest.approx(32)  # 40² / (20 * 0.25 + 20 * 2.25)
    heavy = sum(float(str(r["weight"])) for r in rows if float(str(r["score"])) >= 4)
    assert values(line(table, "Top 2").cells)[1] == pytest.approx(heavy / 40)
    plain = banner_table(
        load_on_each(rows), ["overall"], ["unit"], question=Question("table", params={"weighted": False})
    )
    assert not plain.is_weighted
    assert values(line(plain, "Top 2").cells)[1] == pytest.approx(0.7)


def test_a_customer_who_answers_ten_times_is_no_ten_customers(load: Load) -> None:
    once = banner_table(load(ratings()), ["overall"], ["unit"])
    rows = [{**row, "feedback_id": f"{row['feedback_id']}/{k}"} for row in ratings() for k in range(10)]
    table = banner_table(load(rows), ["overall"], ["unit"])
    assert [b.n for b in table.blocks[0].bases] == [1500, 400, 500, 600]
    assert [b.n_eff for b in table.blocks[0].bases] == pytest.approx([150, 40, 50, 60])
    assert marks(line(table, "Mean")) == marks(line(once, "Mean"))


def multiple() -> list[Row]:
    """Sixty people who each chose some of three options: 40 price, 30 price and range, 20 service."""
    chosen = [("price",)] * 10 + [("price", "range")] * 30 + [("service",)] * 20
    return [
        said(1000 * i + k, thread_id=f"r{i}", customer_id=f"c{i}", question="reasons", scale="choice", choice=option,
             unit="Riga" if i % 2 else "Tartu")
        for i, options in enumerate(chosen)
        for k, option in enumerate(options)
    ]  # fmt: skip


def test_a_multiple_choice_is_by_people_and_adds_up_to_more_than_all(load_on_each: Load) -> None:
    table = banner_table(load_on_each(multiple()), ["reasons"], ["unit"], nets=read_nets(["Offer=price,range"]))
    (block,) = table.blocks
    assert block.is_multiple
    assert [b.n for b in block.bases] == [60, 30, 30]
    assert [each.label for each in block.lines] == ["Offer", "price", "range", "service"]
    assert values([each.cells[0] for each in block.lines]) == pytest.approx([40 / 60, 40 / 60, 30 / 60, 20 / 60])


def test_options_stand_in_the_order_and_under_the_names_that_tables_yaml_gives(load: Load) -> None:
    declared = {"reasons": TableRow(title="Why us?", where=None, labels={"service": "Service", "range": "Range"})}
    (block,) = banner_table(load(multiple()), ["reasons"], [], declared=declared).blocks
    assert block.title == "Why us?"
    assert [each.label for each in block.lines] == ["Service", "Range", "price"]


def test_a_recommendation_shows_promoters_and_the_net_score(load: Load) -> None:
    rows = ratings(question="recommend", scale="nps", scale_min=0.0, scale_max=10.0)
    for row in rows:
        row["score"] = {1.0: 3.0, 2.0: 6.0, 3.0: 7.0, 4.0: 9.0, 5.0: 10.0}[float(str(row["score"]))]
    table = banner_table(load(rows), ["nps"], ["unit"])
    assert values(line(table, "Promoters (9 to 10)").cells)[1:] == pytest.approx([0.7, 0.4, 0.5])
    assert values(line(table, "Net Promoter Score").cells)[1:] == pytest.approx([55, 8, 25])
    assert marks(line(table, "Net Promoter Score"))[1] == "b"


def test_a_net_typed_for_one_question_is_of_that_one_alone_and_replaces_one_of_its_name(load: Load) -> None:
    rows = [*ratings(), *[{**r, "feedback_id": f"f{i}", "question": "food"} for i, r in enumerate(ratings())]]
    nets = read_nets(["food: Top 2=3,4,5"], ["overall", "food"])
    table = banner_table(load(rows), ["overall", "food"], [], nets=nets)
    assert values(line(table, "Top 2", 0).cells) == pytest.approx([78 / 150])
    assert values(line(table, "Top 2", 1).cells) == pytest.approx([113 / 150])
    assert [each.label for each in table.blocks[1].lines].count("Top 2") == 1


def test_a_score_that_nobody_gave_has_a_share_of_nought(load: Load) -> None:
    rows = [row for row in ratings() if row["score"] != 2.0]
    table = banner_table(load(rows), ["overall"], ["unit"])
    assert values(line(table, "2").cells) == [0, 0, 0, 0]


def test_groups_that_share_customers_are_not_tested_against_each_other(load_on_each: Load) -> None:
    rows = ratings()
    since: Row = {"valid_from": datetime(2020, 1, 1, tzinfo=UTC), "source": "crm"}
    customers: list[Row] = [{"customer_id": str(row["customer_id"]), "country": row["unit"], **since} for row in rows]
    rules = {"tartu": "country = 'Tartu'", "riga": "country = 'Riga'", "some": "country in ('Riga', 'Vilnius')"}
    places = Segmentation(exclusive=False, segments=rules)
    table = banner_table(load_on_each(rows, customers=customers, places=places), ["overall"], ["places"])
    assert [c.label for c in table.columns] == ["Total", "tartu", "riga", "some"]
    assert table.overlapping == {"places"}
    # riga (B) and some (C) share people; tartu (A) is tested against both.
    assert marks(line(table, "Top 2")) == ["", "", "A", "a"]


def test_small_groups_are_flagged_and_not_tested(load: Load) -> None:
    rows = [row for row in ratings() if row["unit"] != "Riga" or int(str(row["feedback_id"])) >= 15]
    table = banner_table(load(rows), ["overall"], ["unit"])
    assert [b.flag for b in table.blocks[0].bases] == [None, "few", None, None]
    assert values(line(table, "Top 2").cells)[1] == 1.0
    assert marks(line(table, "Top 2"))[1] == ""


@pytest.mark.parametrize(
    ("rows", "by", "nets", "message"),
    [
        (["overal"], ["unit"], [], 'There is no question "overal". Closest: overall.'),
        (["overall"], ["unti"], [], 'There is no column or segmentation "unti". Closest: unit.'),
        (["overall"], ["unit", "unit"], [], 'The --by "unit" stands twice.'),
        ([], ["unit"], [], "Name at least one question"),
        (["overall"], ["feedback_id"], [], '"feedback_id" has 150 groups; a banner has at most 26 columns.'),
        (["overall"], ["unit"], ["Top=6"], 'No question of the table has a score or option of the net "Top".'),
        (["overall"], ["unit"], ["Top 2"], '--net "Top 2" is not NAME=CODE,CODE'),
        (["words"], ["unit"], [], '"words" has open answers only'),
    ],
)  # fmt: skip
def test_what_cannot_be_tabled_is_refused_with_what_would_be_right(
    engines: Engines, rows: list[str], by: list[str], nets: list[str], message: str
) -> None:
    words = ratings(question="words", scale="open", score=None, text="fine", source="letters")
    answers = [*ratings(), *words]
    engine = engines.load("duckdb", arrow_tables({"feedback": answers}))
    runner = Runner(engine, Setting(RIGA, "Nordlys", "EUR"))
    with pytest.raises(InputError) as refused:
        banner_table(runner, rows, by, nets=read_nets(nets))
    assert message in str(refused.value)


def test_two_scales_under_one_question_are_not_added_up(load: Load) -> None:
    rows = [*ratings(), *[{**r, "feedback_id": f"b{i}", "scale_max": 7.0} for i, r in enumerate(ratings())]]
    with pytest.raises(InputError, match="several scales: rating from 1 to 5 and rating from 1 to 7"):
        banner_table(load(rows), ["overall"], ["unit"])


def test_tables_yaml_is_refused_with_the_line_of_each_fault(tmp_path: Path) -> None:
    path = tmp_path / "tables.yaml"
    path.write_text("overall:\n  where: qestion = 'overall'\n  nets: {Top 2: []}\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        load_table_rows(path, Setting(RIGA, "Nordlys", "EUR"))
    assert f"{path}:2:" in str(refused.value)
    assert "question" in str(refused.value)
    assert f'{path}:3: the net "Top 2" is empty' in str(refused.value)


def test_an_unknown_question_is_no_other_kind_of_error(load: Load) -> None:
    with pytest.raises(UnknownNameError):
        banner_table(load(ratings()), ["satisfaction"], [])
