"""A figure's way here: a line with the band of its intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import altair as alt

from heedful.charts.captions import trend_sentence
from heedful.charts.drawing import Picture, styled
from heedful.charts.palette import LIGHT, Palette
from heedful.measures.formats import axis_format, format_for
from heedful.measures.results import DefinitionChange, Result, Row
from heedful.scorecard.results import Reading, Role

HOW_TO_READ = "The line is the figure, the pale band its 95 % interval, the thin line its target. A gap: no figure."
_MOST_PANELS = 12
_SHAPES = {"say": "circle", "do": "square", "kpi": "cross"}
_Points = list[dict[str, float | int | bool | None]]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the panels of one picture share."""

    unit: str
    role: Role | None
    target: float | None
    ends: tuple[float, float]
    palette: Palette
    width: int
    height: int
    changed: tuple[DefinitionChange, ...] = ()


def trend(
    of: Reading | Result, *, palette: Palette = LIGHT, width: int = 480, height: int = 170, titled: bool = True
) -> Picture:
    """The figures of a reading or a result by period; a result with groups becomes one small panel a group.

    Panels share one scale. `titled` writes the measure's title above them. Raises `ValueError` for a result without
    periods.
    """
    panels = {"": of.trend} if isinstance(of, Reading) else _groups(of)
    everything = [row for rows in panels.values() for row in rows]
    if isinstance(of, Result) and any(row.period_start is None for row in everything):
        raise ValueError("a trend needs periods: ask the measure over week, month, quarter or year")
    unit = of.unit if isinstance(of, Reading) else next((row.unit for row in of.rows), "")
    role, target = (of.role, of.target) if isinstance(of, Reading) else (None, None)
    if len(panels) > 1:
        width, height = max(150, width // 3), max(90, height // 2)
    frame = _Frame(unit, role, target, _domain(everything, unit, target), palette, width, height, of.changed)
    plots = [_plot(rows, frame, name) for name, rows in panels.items()]
    picture: Picture = plots[0] if len(plots) == 1 else alt.concat(*plots, columns=3)
    sentences = [
        trend_sentence(f"{of.title} · {name}" if name else of.title, rows, unit) for name, rows in panels.items()
    ]
    sentences += [str(change) for change in of.changed if _redefinitions(everything, replace(frame, changed=(change,)))]
    return styled(
        picture.properties(title=of.title) if titled else picture,
        palette,
        description=" ".join(sentences),
        title=of.title,
        how_to_read=HOW_TO_READ,
    )


def spark(of: Reading, *, palette: Palette = LIGHT, width: int = 150, height: int = 44) -> Picture:
    """A reading's trend the size of a line of text: band, line, and where it stands now."""
    frame = _Frame(of.unit, of.role, None, _domain(of.trend, of.unit, None), palette, width, height)
    layers = _layers(of.trend, frame, None, None)
    picture = alt.layer(*layers, width=width, height=height, autosize=alt.AutoSizeParams(type="none"))
    sentence = trend_sentence(of.title, of.trend, of.unit)
    return styled(picture, palette, description=sentence, title=of.title, how_to_read=HOW_TO_READ, margin=0)


def _groups(result: Result) -> dict[str, tuple[Row, ...]]:
    groups: dict[str, list[Row]] = {}
    for row in result.rows:
        parts = [str(value) for value in row.by.values()] or [row.segment]
        groups.setdefault(" · ".join(parts), []).append(row)
    if len(groups) > _MOST_PANELS:
        largest = sorted(groups, key=lambda name: -sum(row.n for row in groups[name]))[:_MOST_PANELS]
        groups = {name: rows for name, rows in groups.items() if name in largest}
    if len(groups) <= 1:
        return {"": result.rows}
    return {name: tuple(rows) for name, rows in groups.items()}


def _domain(rows: Sequence[Row], unit: str, target: float | None) -> tuple[float, float]:
    known = [x for row in rows for x in (row.value, row.low, row.high) if x is not None and math.isfinite(x)]
    known += [] if target is None else [target]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    # Noise blown up to the full height would look like news.
    least = {"share": 0.1, "points": 15.0}.get(unit, 0.1 * max(abs(low), abs(high)) or 1.0)
    room = max((high - low) * 0.08, (least - (high - low)) / 2)
    start, end = low - room, high + room
    if unit == "share":
        return max(0.0, start), min(1.0, end)
    return (max(0.0, start) if low >= 0 else start), end


def _plot(rows: Sequence[Row], frame: _Frame, title: str) -> Picture:
    ends, palette = frame.ends, frame.palette
    axis = axis_format(frame.unit, ends[1] - ends[0], max(map(abs, ends)))
    y = alt.Axis(labelExpr=axis.axis(), tickCount=4, title=None, grid=True)
    layers = _layers(rows, frame, _time_axis(rows, frame.width), y)
    if frame.target is not None:
        figure = format_for(frame.unit, None, target=frame.target).figure(frame.target)
        chart = alt.Chart(alt.InlineData(values=[{"y": frame.target, "words": f"target {figure}"}]))
        at = alt.Y("y:Q", scale=alt.Scale(domain=list(ends), zero=False, nice=False))
        text = chart.mark_text(align="right", dy=-6, fontSize=10, color=palette.soft)
        layers.append(chart.mark_rule(color=palette.ink, strokeWidth=1).encode(y=at))
        layers.append(text.encode(y=at, x=alt.XValue(frame.width), text="words:N"))
    layers += _redefinitions(rows, frame)
    named = {"title": title} if title else {}
    return alt.layer(*layers, width=frame.width, height=frame.height, **named)


def _redefinitions(rows: Sequence[Row], frame: _Frame) -> list[alt.Chart]:
    """A dashed line on each day on which the figure became another one: left and right of it are not comparable."""
    starts = [row.period_start for row in rows if row.period_start is not None]
    ends = [row.period_end for row in rows if row.period_end is not None]
    if not starts or not ends:
        return []
    seen = [change for change in frame.changed if starts[0] < change.on <= ends[-1]]
    if not seen:
        return []
    layers: list[alt.Chart] = []
    for change in seen:
        # The axis ends where the last period begins; a change within that period stands there.
        at = min(change.on, starts[-1])
        late = (at - starts[0]) * 2 > starts[-1] - starts[0]
        chart = alt.Chart(alt.InlineData(values=[{"t": _instant(at), "words": change.what}])).encode(x=alt.X("t:Q"))
        text = chart.mark_text(
            align="right" if late else "left", baseline="top", dx=-4 if late else 4, fontSize=10,
            color=frame.palette.soft, limit=frame.width / 2,
        )  # fmt: skip
        layers.append(chart.mark_rule(color=frame.palette.soft, strokeDash=[3, 3]))
        layers.append(text.encode(y=alt.YValue(0), text="words:N"))
    return layers


def _layers(
    rows: Sequence[Row], frame: _Frame, x_axis: alt.Axis | None, y_axis: alt.Axis | None
) -> list[alt.Chart]:  # fmt: skip
    """Band, line and marks; without axes only the newest figure is marked."""
    points, palette, small = _points(rows, frame.ends[1]), frame.palette, y_axis is None
    chart = alt.Chart(alt.InlineData(values=points))
    span = [points[0]["t"], points[-1]["t"]] if points else [0, 1]
    x = alt.X("t:Q", scale=alt.Scale(type="utc", domain=span, nice=False, padding=6 if small else 10), axis=x_axis)
    scale = alt.Scale(domain=list(frame.ends), zero=False, nice=False, padding=4 if small else 0)
    low, value = alt.Y("low:Q", scale=scale, axis=y_axis), alt.Y("value:Q", scale=scale, axis=y_axis)
    run = alt.Detail("run:N")
    hollow = frame.role == "say"
    marks = chart.transform_filter("datum.last" if small else "datum.last || datum.alone").mark_point(
        shape=_SHAPES.get(frame.role or "", "circle"), size=42, filled=True, opacity=1, stroke=palette.ink,
        fill=palette.card if hollow else palette.ink, strokeWidth=1.7 if hollow else 0,
    )  # fmt: skip
    line = chart.mark_line(color=palette.ink, strokeWidth=1.7, strokeJoin="round")
    return [
        chart.mark_area(color=palette.band, line=False).encode(x=x, y=low, y2="high:Q", detail=run),
        line.encode(x=x, y=value, detail=run),
        marks.encode(x=x, y=value),
    ]


def _points(rows: Sequence[Row], top: float) -> _Points:
    """One point a period that has a figure; `run` counts stretches without a gap, so that no line bridges one.

    An interval without an upper bound ends at the `top` of the picture.
    """
    points: _Points = []
    run = 0
    for row in rows:
        if row.value is None or row.period_start is None:
            run += 1
            continue
        high = None if row.high is None else min(row.high, top)
        points.append({"t": _instant(row.period_start), "value": row.value, "low": row.low, "high": high, "run": run})
    runs = [point["run"] for point in points]
    for point in points:
        point["alone"] = runs.count(point["run"]) == 1
        point["last"] = point is points[-1]
    return points


def _time_axis(rows: Sequence[Row], width: int) -> alt.Axis:
    """Labels at starts of periods that are there, few enough not to touch each other."""
    starts = [row.period_start for row in rows if row.period_start is not None]
    step = max(1, math.ceil(len(starts) / max(2, width // 75)))
    # Counted from the end: the newest period is the one that people look for.
    ticks = sorted(_instant(start) for start in starts[::-1][::step])
    weekly = len(starts) > 1 and (starts[1] - starts[0]).days < 28
    form = "%-d %b" if weekly else "%b %Y"
    return alt.Axis(values=ticks, labelExpr=f"utcFormat(datum.value, '{form}')", title=None, grid=False)


def _instant(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
