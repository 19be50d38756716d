from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from heedful import charts
from heedful.charts.bullet import domain
from heedful.charts.palette import COLOURS
from heedful.errors import InputError
from heedful.measures.results import DefinitionChange, Result
from heedful.scorecard.results import Reading


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 -- our own picture


SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def pictures(
    say: Reading, do: Reading, by_country: Result, revenue_by_country: Result, over_months: Result
) -> dict[str, Callable[[charts.Palette], charts.Picture]]:
    return {
        "bullet": lambda palette: charts.bullet([say, do], palette=palette),
        "one bullet": lambda palette: charts.bullet([say], palette=palette, labels=False),
        "trend": lambda palette: charts.trend(say, palette=palette),
        "spark": lambda palette: charts.spark(say, palette=palette),
        "dots": lambda palette: charts.picture(by_country, palette=palette),
        "bars": lambda palette: charts.picture(revenue_by_country, palette=palette),
        "panels": lambda palette: charts.picture(over_months, palette=palette),
    }


def colours(svg: str) -> set[str]:
    return set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) - {"none", "transparent"}


NAMES = ["bullet", "one bullet", "trend", "spark", "dots", "bars", "panels"]


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_has_a_sentence_for_those_who_cannot_see_it(
    name: str, pictures: dict[str, Callable[[charts.Palette], charts.Picture]]
) -> None:
    root = parsed(charts.svg(pictures[name](charts.LIGHT)))
    assert root.get("role") == "img"
    assert len(root.get("aria-label", "")) > 30
    assert root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc")
    assert not [e for e in root.iter() if e is not root and e.get("aria-label")]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_for_a_page_takes_all_its_colours_from_the_page(
    name: str, pictures: dict[str, Callable[[charts.Palette], charts.Picture]]
) -> None:
    found = colours(charts.svg(pictures[name](charts.PAGE)))
    assert found
    assert found <= {f"var(--{colour})" for colour in COLOURS}


@pytest.mark.parametrize("name", NAMES)
def test_a_dark_picture_has_no_light_colour(
    name: str, pictures: dict[str, Callable[[charts.Palette], charts.Picture]]
) -> None:
    dark = {getattr(charts.DARK, colour) for colour in COLOURS}
    assert colours(charts.svg(pictures[name](charts.DARK))) <= dark


def test_say_is_a_circle_before_do_which_is_a_square(say: Reading, do: Reading) -> None:
    drawn = charts.svg(charts.bullet([say, do]))
    circle, square = drawn.index("A4."), drawn.index("h9.")
    assert circle < square
    assert "A4." not in charts.svg(charts.bullet([do]))


def test_the_sentence_of_a_bullet_names_value_interval_target_status_and_base(say: Reading) -> None:
    label = parsed(charts.svg(charts.bullet([say]))).get("aria-label", "").replace("\u00a0", " ")
    assert label == (
        "Delivery CSAT (what customers say): 71 %, 95 % interval 66 to 76 %, target 85 %, missed, 400 customers."
    )


def test_a_line_never_bridges_a_period_without_a_figure(say: Reading) -> None:
    lines = re.findall(r'<path d="(M[^"]+)"[^>]*stroke="#1c2127"', charts.svg(charts.trend(say)))
    assert [d.count("L") for d in lines if "Z" not in d and "A" not in d] == [
        2,
        1,
    ]  # and the lone figure between two gaps is a mark


def test_a_bullet_without_labels_is_exactly_as_wide_as_asked(say: Reading, do: Reading) -> None:
    for reading in (say, do):
        root = parsed(charts.svg(charts.bullet([reading], labels=False, width=250)))
        assert root.get("viewBox") == "0 0 250 46"


def test_a_scale_holds_value_interval_and_target(say: Reading, do: Reading) -> None:
    for reading in (say, do):
        low, high = domain(reading, [say, do])
        shown = [reading.now.value, reading.now.low, reading.now.high, reading.target]
        assert all(low <= x <= high for x in shown if x is not None)


def test_a_picture_without_any_figure_can_still_be_drawn(say: Reading) -> None:
    empty = replace(say, now=replace(say.now, value=None, low=None, high=None, reason="no_answers"), trend=())
    assert "no answers" in charts.svg(charts.bullet([empty]))
    assert "<svg" in charts.svg(charts.trend(empty))
    assert "<svg" in charts.svg(charts.picture(Result("csat", "Satisfaction", ())))


def test_an_interval_without_an_upper_bound_ends_with_the_picture(wait: Reading) -> None:
    by_unit = Result("time_to_value", "Time to value", wait.trend[:1], by=("country",))
    for picture in (charts.bullet([wait]), charts.trend(wait), charts.spark(wait), charts.picture(by_unit)):
        drawn = charts.svg(picture)
        assert not re.search(r"NaN|Infinity|undefined|\de\+", drawn)
    assert "2.5 days or more" in charts.svg(charts.bullet([wait])).replace("\u00a0", " ")


def test_a_trend_of_a_result_without_periods_says_what_to_ask_for(by_country: Result) -> None:
    with pytest.raises(ValueError, match="over week, month, quarter or year"):
        charts.trend(replace(by_country, rows=tuple(replace(r, period_start=None) for r in by_country.rows)))


def test_a_picture_is_written_as_its_file_name_says(say: Reading, tmp_path: Path) -> None:
    for name, start in [("a.svg", b"<svg"), ("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")]:
        charts.write(charts.spark(say), tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(InputError, match=r"\.svg, \.png, \.pdf"):
        charts.write(charts.spark(say), tmp_path / "a.gif")


def test_a_day_on_which_the_definition_changed_is_marked_and_told(say: Reading) -> None:
    day = date(2025, 12, 10)
    marked = charts.trend(replace(say, changed=(DefinitionChange(day, "counts returns by post too"),)))
    drawn = charts.svg(marked)
    assert "counts returns by post too" in drawn
    assert "stroke-dasharray" in drawn
    assert "Since 10 December 2025 the definition is another one: counts returns by post too." in drawn
    for outside in (date(2025, 10, 1), date(2030, 1, 1)):
        unmarked = charts.svg(charts.trend(replace(say, changed=(DefinitionChange(outside, "something else"),))))
        assert "something else" not in unmarked
