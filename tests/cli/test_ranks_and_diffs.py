"""`heedful measure --rank`, `--by region` and `heedful diff` as people type them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from heedful.simulate import simulate
from heedful.workspace import open_workspace
from tests.cli.conftest import Run


def test_a_region_adds_up_its_shops(run: Run, shop: Path) -> None:
    by_unit = json.loads(run("measure", "orders", "--by", "unit", "--format", "json", "-w", shop).out)
    by_region = json.loads(run("measure", "orders", "--by", "region", "--format", "json", "-w", shop).out)
    orders = {row["by_unit"]: row["value"] for row in by_unit}
    assert {row["region"]: row["value"] for row in by_region}["Baltics"] == sum(
        orders[unit] for unit in ("riga", "vilnius", "tallinn")
    )


def test_a_ranking_shows_ranks_with_their_doubt_and_says_who_stands_out(run: Run, shop: Path) -> None:
    done = run("measure", "average_order_value", "--by", "shop", "--rank", "-w", shop)
    assert done.code == 0
    assert "Riga Centre" in done.out
    assert "No shop really stands out" in done.out or "Beyond what luck explains" in done.out
    rows = json.loads(
        run("measure", "average_order_value", "--by", "shop", "--rank", "--format", "json", "-w", shop).out
    )
    assert all(row["rank_low"] <= row["rank"] <= row["rank_high"] for row in rows if row["rank"])


def test_a_complete_count_cannot_be_ranked(run: Run, shop: Path) -> None:
    done = run("measure", "revenue", "--by", "shop", "--rank", "-w", shop)
    assert done.code == 2
    assert '"revenue" is a complete count, in which there is no luck' in done.err


def test_a_unit_that_the_file_does_not_know_is_named_by_doctor(run: Run, shop: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shop, tmp_path / "shop"))
    units = folder / "units.yaml"
    units.write_text(units.read_text(encoding="utf-8").replace("  milan:", "  milano:"), encoding="utf-8")
    done = run("doctor", "-w", folder)
    assert done.code == 1
    assert 'does not know the unit "milan" of' in done.out
    assert "Closest: milano. Declare it under units, or mend the source's mapping." in done.out


def test_a_scorecard_may_be_meant_for_a_region(run: Run, shop: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shop, tmp_path / "shop"))
    card = folder / "scorecard.yaml"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace("segment: {country: LV}", "segment: {region: Baltics}"), encoding="utf-8")
    assert run("check", "-w", folder).code == 0
    card.write_text(text.replace("segment: {country: LV}", "segment: {region: Baltic}"), encoding="utf-8")
    done = run("check", "-w", folder)
    assert done.code == 2
    assert "Closest: Baltics." in done.err


def test_a_diff_lists_what_moved_and_exits_with_0(run: Run, shop: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shop, tmp_path / "shop"))
    measures = folder / "measures.yaml"
    text = measures.read_text(encoding="utf-8")
    measures.write_text(text.replace("mean: score, unit: stars", "mean: score + 1, unit: stars"), encoding="utf-8")
    done = run("diff", shop, "-w", folder)
    assert done.code == 0
    assert 'measures.yaml: review_score: mean was "score", is "score + 1"' in done.out


def test_a_diff_without_data_says_what_to_do(run: Run, tmp_path: Path) -> None:
    simulate("shop", tmp_path / "shop", customers=50, months=3)
    done = run("diff", "HEAD", "-w", tmp_path / "shop")
    assert (done.code, done.err) == (2, "There is no data yet, so that no figure can move. Bring it in: heedful pull\n")


def test_a_changed_definition_is_told_beside_its_figures(run: Run, shop: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shop, tmp_path / "shop"))
    with open_workspace(folder) as workspace:
        last = workspace.runner.reach.last
        assert last is not None
    with (folder / "measures.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "parcel_cost: {stream: activity, where: \"kind = 'delivery'\", mean: cost,"
            f" changed: [{{on: {last.date()}, what: counts returns by post too.}}]}}\n"
        )
    said = f"Since {last.day} {last:%B %Y} the definition is another one: counts returns by post too."
    assert said in run("measure", "parcel_cost", "--over", "month", "-w", folder).out
    assert said not in run("measure", "parcel_cost", "--to", "2020-01-01", "-w", folder).out
