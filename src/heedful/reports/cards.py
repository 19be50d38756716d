"""What the page's template gets: one card an objective, every word and picture ready."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import date

from heedful import charts
from heedful.charts.bullet import domain
from heedful.charts.captions import reading_format
from heedful.measures.formats import day, period_name
from heedful.measures.results import Row
from heedful.reports import sentences
from heedful.reports.languages import direction, language_name
from heedful.scorecard.results import ObjectiveResult, Reading, Role, Status, Verbatim

STATUS_NAMES = {Status.MET: "met", Status.MISSED: "missed", Status.UNSURE: "unsure"}
_LONGEST_QUOTE = 420
_BULLET, _TREND = 250, 310


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A customer's words in their own language."""

    text: str
    language: str
    direction: str
    caption: str


@dataclass(frozen=True, slots=True)
class ReadingView:
    """One line of the picture of say and do, with its words beside it."""

    role: Role
    title: str
    base: str
    period: str
    is_few: bool
    picture: str
    figure: str
    has_figure: bool
    interval: str
    target: str


@dataclass(frozen=True, slots=True)
class TrendView:
    """A small picture of the way here, and what can be said of it."""

    title: str
    picture: str
    change: str
    is_real: bool
    large: str


@dataclass(frozen=True, slots=True)
class TableView:
    """The figures by period: for each period and reading the figure, its interval and its base."""

    columns: tuple[tuple[Role, str], ...]
    rows: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]


@dataclass(frozen=True, slots=True)
class CardView:
    """One objective on the page."""

    anchor: str
    voice: str
    status: Status
    status_name: str
    since: str
    segment: str
    meta: tuple[str, ...]
    quotes: tuple[QuoteView, ...]
    initiatives: tuple[str, ...]
    period: str
    readings: tuple[ReadingView, ...]
    verdicts: tuple[str, ...]
    trends: tuple[TrendView, ...]
    notes: tuple[tuple[str, str], ...]
    benchmark: str
    table: TableView
    unknown: tuple[str, ...]
    queries: tuple[str, ...]


def card(objective: ObjectiveResult, number: int, as_of: date) -> CardView:
    """The card of the `number`-th objective."""
    own, shown = objective.objective, sentences.readings(objective)
    meta = (own.attribute, sentences.segment_phrase(objective.segment), own.owner)
    benchmarked = next((r for r in shown if own.benchmark and r.role == own.benchmark.of), None)
    notes = (("Say and do disagree", objective.disagreement), ("Tension", objective.tension))
    periods = {period_name(reading.now) for reading in shown if reading.now.period_start}
    return CardView(
        anchor=f"objective-{number}",
        voice=own.voice,
        status=objective.status,
        status_name=STATUS_NAMES[objective.status],
        since=f"since {sentences.moment(objective.status_since, as_of)}" if objective.status_since else "",
        segment=sentences.segment_phrase(objective.segment),
        meta=tuple(part for part in meta if part),
        quotes=tuple(_quote(verbatim, as_of) for verbatim in objective.quotes),
        initiatives=own.initiatives,
        period=next(iter(periods)) if len(periods) == 1 else "",
        readings=tuple(_reading(reading, shown, say_when=len(periods) > 1) for reading in shown),
        verdicts=tuple(v for reading in shown if (v := sentences.verdict(reading))),
        trends=tuple(_trend(reading, as_of) for reading in shown),
        notes=tuple((name, note) for name, note in notes if note),
        benchmark=sentences.benchmark_sentence(own.benchmark, benchmarked) if own.benchmark else "",
        table=_table(shown),
        unknown=objective.unknown,
        queries=tuple(_query(objective, reading) for reading in shown),
    )


def _quote(verbatim: Verbatim, as_of: date) -> QuoteView:
    when = verbatim.said_on
    parts = [language_name(verbatim.language), sentences.channel_phrase(verbatim.channel)]
    parts.append(f"{when.day} {when:%B}" + ("" if when.year == as_of.year else f" {when.year}"))
    if verbatim.score is not None:
        parts.append(f"score {verbatim.score:g}")
    caption = " · ".join(part for part in parts if part)
    return QuoteView(_shortened(verbatim.text), verbatim.language or "", direction(verbatim.language), caption)


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= _LONGEST_QUOTE:
        return text
    cut = text[:_LONGEST_QUOTE]
    # Thai and Chinese have no spaces to cut at; then the cut falls where it falls.
    return (cut.rsplit(" ", 1)[0] if " " in cut[-60:] else cut).rstrip(" ,;:–-") + " …"


def _reading(reading: Reading, among: list[Reading], *, say_when: bool) -> ReadingView:
    row, form = reading.now, reading_format(reading)
    alike = [r for r in among if r.role != "kpi"] if reading.role != "kpi" else [reading]
    has_interval = row.value is not None and row.low is not None and row.high is not None
    return ReadingView(
        role=reading.role,
        title=reading.title,
        base=sentences.base_sentence(row),
        period=period_name(row) if say_when and row.period_start else "",
        is_few=row.flag == "few",
        picture=charts.svg(
            charts.bullet([reading], palette=charts.PAGE, width=_BULLET, labels=False, ends=domain(reading, alike)),
            fluid=True,
        ),
        figure=sentences.figure(row, reading.unit) if row.value is None else form.figure(row.value),
        has_figure=row.value is not None,
        interval=form.interval(row.low or 0.0, row.high or 0.0) if has_interval else "",
        target=sentences.target_sentence(reading),
    )


def _trend(reading: Reading, as_of: date) -> TrendView:
    known = sum(row.value is not None for row in reading.trend)
    small = charts.svg(charts.spark(reading, palette=charts.PAGE)) if known > 1 else ""
    large = (
        charts.svg(charts.trend(reading, palette=charts.PAGE, width=_TREND, titled=False), fluid=True)
        if known > 1
        else ""
    )
    return TrendView(
        reading.title, small, sentences.change_sentence(reading, as_of), sentences.is_real(reading.change), large
    )


def _table(shown: list[Reading]) -> TableView:
    """Periods in rows, newest first; the figure now stands on top if its period is no other's."""
    periods: dict[tuple[date | None, date | None], Row] = {}
    for reading in shown:
        for row in (*reading.trend, reading.now):
            periods.setdefault((row.period_start, row.period_end), row)
    order = sorted(periods, key=lambda p: (p[1] or date.max, p[0] or date.min), reverse=True)
    rows = tuple((period_name(periods[period]), tuple(_cell(r, period) for r in shown)) for period in order)
    return TableView(tuple((reading.role, reading.title) for reading in shown), rows)


def _cell(reading: Reading, period: tuple[date | None, date | None]) -> tuple[str, str, str]:
    row = next((r for r in (reading.now, *reading.trend) if (r.period_start, r.period_end) == period), None)
    if row is None:
        return "", "", ""
    return (
        sentences.figure(row, reading.unit),
        sentences.interval(row, reading.unit),
        f"{row.customers:,}" if row.value is not None and row.customers else "",
    )


def _query(objective: ObjectiveResult, reading: Reading) -> str:
    """The command that prints the SQL behind a figure; its result has a row for each segment."""
    spec, row = objective.objective.reading(reading.role), reading.now
    words = ["heedful", "measure", reading.measure]
    words += [word for name in objective.objective.segment for word in ("--by", name)]
    if spec and spec.where:
        words += ["--where", spec.where]
    words += [w for name, value in (spec.params if spec else {}).items() for w in ("--param", f"{name}={value}")]
    words += ["--from", row.period_start.isoformat()] if row.period_start else []
    words += ["--to", row.period_end.isoformat()] if row.period_end else []
    return " ".join(_quoted(word) for word in [*words, "--sql"])


def _quoted(word: str) -> str:
    """`word` for a shell; conditions hold single quotes, which double quotes around them leave readable."""
    safe = "'" in word and not set('"$`\\!') & set(word)
    return f'"{word}"' if safe else shlex.quote(word)


def freshness(until: date | None, as_of: date) -> str:
    """`14 November 2026 (two days earlier)`."""
    if until is None:
        return "no data"
    behind = (as_of - until).days
    if behind <= 0:
        return day(until)
    return f"{day(until)} ({sentences.number_word(behind)} day{'' if behind == 1 else 's'} earlier)"
