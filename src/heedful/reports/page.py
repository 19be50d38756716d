"""The scorecard as one HTML file that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import jinja2

from heedful.charts.palette import DARK, LIGHT, css
from heedful.errors import InputError
from heedful.measures.formats import day
from heedful.reports import sentences
from heedful.reports.cards import card, freshness
from heedful.reports.fonts import Voices, font_css
from heedful.reports.suppression_of_scorecards import suppress_scorecard
from heedful.scorecard.results import ScorecardResult

_TEMPLATES = Path(__file__).with_name("templates")
_FONTS_HERE = "/*fonts*/"


def write_report(result: ScorecardResult, path: Path, *, hide_below: int = 5, flag_below: int = 30) -> None:
    """Writes the scorecard to `path`, small bases hidden. Raises `InputError` where its folder does not exist."""
    if not path.parent.is_dir():
        raise InputError(f"{path} cannot be written: the folder {path.parent} does not exist. mkdir -p {path.parent}")
    shown = suppress_scorecard(result, hide_below=hide_below, flag_below=flag_below)
    # Written beside and moved, so that a full disk leaves no half page where a whole one was.
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_text(render(shown), encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def render(result: ScorecardResult) -> str:
    """The page of `result` as it stands: hiding small bases is the caller's part (`suppress_scorecard`)."""
    cards = [card(objective, number, result.as_of) for number, objective in enumerate(result.objectives, start=1)]
    sources = [
        (source, freshness(source.data_until.date() if source.data_until else None, result.as_of))
        for source in result.sources
    ]
    return fill(
        "scorecard.html.j2",
        result=result, cards=cards, sources=sources, headline=sentences.headline(result), lede=sentences.lede(result),
        day=day, repeated=len({c.voice for c in cards}) < len(cards),
    )  # fmt: skip


def fill(template: str, **context: object) -> str:
    """The page that `template` makes of `context`, in the house's look, with the fonts that it needs inside."""
    page = _environment().get_template(template).render(style=_style(), **context)
    return page.replace(_FONTS_HERE, font_css(_voices(page)))


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def _style() -> str:
    light, dark = css(LIGHT), css(DARK)
    sheet = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
    colours = (
        f":root{{color-scheme:light dark;{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )
    return _FONTS_HERE + colours + re.sub(r"\s*\n\s*", " ", sheet)


def _voices(page: str) -> Voices:
    """Which characters the page sets in which type, by the elements that hold them."""
    reader = _TypeReader()
    reader.feed(page)
    serif, italic, sans, bold = (frozenset(c for c in text if c.isprintable()) for text in reader.texts())
    return Voices(serif=serif, italic=italic, sans=sans, bold=bold)


class _TypeReader(HTMLParser):
    """Sorts a page's text by `data-type`, which the template sets where the type is not the plain sans."""

    _VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "col", "wbr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = [("", "sans")]
        self.found: dict[str, set[str]] = {"serif": set(), "italic": set(), "sans": set(), "bold": set(), "none": set()}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._VOID:
            kind = dict(attrs).get("data-type") or ("none" if tag in {"style", "title", "desc"} else self.open[-1][1])
            self.open.append((tag, kind))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content holds no text."""

    def handle_endtag(self, tag: str) -> None:
        if tag in {name for name, _ in self.open}:
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.found[self.open[-1][1]].update(data)

    def texts(self) -> tuple[set[str], set[str], set[str], set[str]]:
        return self.found["serif"], self.found["italic"], self.found["sans"], self.found["bold"]
