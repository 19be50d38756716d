from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from heedful.errors import InputError
from heedful.reports.fonts import FOLDER, Face
from heedful.reports.page import render, write_report
from heedful.scorecard.results import ScorecardResult

HTML = re.compile(r"<style>.*?</style>", re.DOTALL)


class Elements(HTMLParser):
    """Collects start tags, and finds tags that are not closed or not opened."""

    VOID = frozenset({"meta", "link", "br", "img", "input", "path", "circle", "rect", "line"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def attributes(self, name: str) -> Iterator[str]:
        return (value for _, attrs in self.tags if (value := attrs.get(name)))


def test_every_element_is_closed_where_it_should_be(page: str) -> None:
    assert Elements(page).open == []


def test_the_page_names_no_address_but_its_own(page: str) -> None:
    found = Elements(page)
    assert not list(found.attributes("src"))
    assert all(v.startswith(("#", "data:")) for v in found.attributes("href"))
    assert not re.findall(r"url\((?!data:)", page)
    assert "<script" not in page
    assert "@import" not in page


def test_every_link_leads_to_something_on_the_page(page: str) -> None:
    found = Elements(page)
    ids = list(found.attributes("id"))
    assert len(ids) == len(set(ids))
    links = [v[1:] for v in found.attributes("href") if v.startswith("#")]
    assert len(links) == 7
    assert set(links) <= set(ids)
    assert set(found.attributes("aria-labelledby")) <= set(ids)


def test_every_quote_bears_its_own_language_and_direction(page: str) -> None:
    quotes = [attrs for tag, attrs in Elements(page).tags if tag == "blockquote"]
    assert {(q.get("lang"), q.get("dir")) for q in quotes} == {
        ("lv", "ltr"), ("ru", "ltr"), ("th", "ltr"), ("it", "ltr"), ("nl", "ltr"), ("he", "rtl"),
    }  # fmt: skip
    for name in ("Latvian · review · 14 October", "Thai · call · 2 November", "Dutch · focus group · 3 December 2025"):
        assert name in page


def test_words_of_customers_cannot_become_markup(scorecard: ScorecardResult) -> None:
    one = scorecard.objectives[0]
    evil = "<script>alert(1)</script><b onclick=x>&"
    nasty = replace(
        one, quotes=(replace(one.quotes[0], text=evil, language='lv"><i'),), unknown=(evil,), tension=evil,
        objective=one.objective.model_copy(update={"voice": evil, "owner": evil, "initiatives": (evil,)}),
        say=one.say and replace(one.say, title=evil),
    )  # fmt: skip
    tags = {tag for tag, _ in Elements(render(replace(scorecard, objectives=(nasty,), company=evil))).tags}
    assert not {"script", "i"} & tags


def test_a_status_is_never_told_by_colour_alone(page: str) -> None:
    statuses = re.findall(r'class="status (\w+)"[^>]*>(<svg.*?</svg>)\s*([a-z ]+)', page)
    assert {(name, words.strip()) for name, _, words in statuses} == {
        ("met", "met"), ("missed", "missed"), ("unsure", "cannot tell yet"),
    }  # fmt: skip
    assert len({shape for _, shape, _ in statuses}) == 3


def test_the_figures_stand_in_a_table_beside_the_pictures(page: str) -> None:
    table = page[page.index("<table>") : page.index("</table>")].replace("\u00a0", " ")
    assert '<th scope="row">October 2026</th>' in table
    assert "66 to 76 %" in table
    assert "1,204" in table


def test_a_hidden_figure_leaves_no_trace_on_the_page(page: str) -> None:
    assert "hidden: too few customers" in page
    card = page[page.index('id="objective-5"') : page.index('id="objective-6"')]
    assert "Only three of us" not in card
    assert "25" not in re.sub(r"2025|<svg.*?</svg>|colspan", "", card)
    assert "4 customers" not in card


def test_an_objective_without_measures_and_a_scorecard_without_objectives_have_pages(
    page: str, empty_scorecard: ScorecardResult
) -> None:
    assert "This objective has no measure yet." in page
    assert "Nobody has written down yet" in render(empty_scorecard)
    assert Elements(render(empty_scorecard)).open == []


def test_the_same_objective_for_two_segments_is_told_apart_in_the_overview(scorecard: ScorecardResult) -> None:
    one = scorecard.objectives[1]
    twice = render(replace(scorecard, objectives=(one, replace(one, segment="country EE"))))
    overview = twice[twice.index("<nav") : twice.index("</nav>")]
    assert "country EE" in overview
    assert "all customers" in overview


def test_only_the_fonts_that_the_page_needs_are_in_it(scorecard: ScorecardResult, page: str) -> None:
    families = set(re.findall(r'font-family:"([^"]+)"', page))
    assert families == {"Noto Serif", "Noto Sans", "Noto Serif Thai"}
    italian = render(replace(scorecard, objectives=scorecard.objectives[2:3]))
    assert set(re.findall(r'font-family:"([^"]+)"', italian)) == {"Noto Serif", "Noto Sans"}
    assert len(italian) < 200_000
    assert len(page) < 300_000


def test_every_font_file_has_its_place_in_the_page(page: str) -> None:
    named = {
        Face(family, subset, weight, style).path.name
        for family in ("Noto Serif", "Noto Sans", "Noto Serif Thai", "Noto Sans Thai")
        for subset in ("latin", "latin-ext", "cyrillic", "thai")
        for weight in (400, 600)
        for style in ("normal", "italic")
    }
    files = {path.name for path in FOLDER.glob("*.woff2")}
    assert len(files) == 15
    assert files <= named


def test_the_query_behind_a_figure_can_be_typed(page: str) -> None:
    queries = [q.replace("&#39;", "'").replace("&#34;", '"') for q in re.findall(r"<code>(.*?)</code>", page)]
    assert queries[0] == (
        "heedful measure csat --by country --where \"touchpoint = 'delivery'\" --from 2026-10-01 --to 2026-10-31 --sql"
    )


def test_a_report_is_written_with_small_bases_hidden(scorecard: ScorecardResult, tmp_path: Path) -> None:
    write_report(scorecard, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Only three of us were asked" not in text
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_report_that_cannot_be_written_leaves_the_old_one_alone(scorecard: ScorecardResult, tmp_path: Path) -> None:
    old = tmp_path / "report.html"
    old.write_text("old")
    (tmp_path / ".report.html.part").mkdir()
    with pytest.raises(OSError, match="report"):
        write_report(scorecard, old)
    assert old.read_text() == "old"


def test_a_report_into_a_folder_that_is_not_there_says_how_to_make_it(
    scorecard: ScorecardResult, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="mkdir -p"):
        write_report(scorecard, tmp_path / "reports" / "march.html")
