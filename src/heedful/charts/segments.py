"""One figure by groups: dots with intervals, or bars from zero where the figures are complete counts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt

from heedful.charts.captions import figure_phrase
from heedful.charts.drawing import Picture, styled
from heedful.charts.palette import LIGHT, Palette
from heedful.measures.formats import WHY_NONE, Format, axis_format, count, format_for
from heedful.measures.results import ALL, Result, Row

_ROW = 26
_MOST_ROWS = 40


def by_segment(result: Result, *, palette: Palette = LIGHT, width: int = 360) -> Picture:
    """`dots` for estimates, `bars` for complete counts."""
    known = [row for row in result.rows if row.value is not None]
    complete = bool(known) and all(row.low is None for row in known)
    return (bars if complete else dots)(result, palette=palette, width=width)


def dots(result: Result, *, palette: Palette = LIGHT, width: int = 360) -> Picture:
    """Each group's figure as a dot on its 95 % interval, with figure and base beside it. Groups keep their order."""
    unit = _unit(result)
    figures = [x for row in result.rows for x in (row.value, row.low, row.high)]
    known = [x for x in figures if x is not None and math.isfinite(x)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = (high - low) * 0.06 or 0.05 * abs(high) or 0.5
    start, end = low - room, high + room
    if unit == "share":
        start, end = max(0.0, start), min(1.0, end)
    rows = _rows(result, end)
    scale = alt.Scale(domain=[start, end], zero=False, nice=False)
    form = axis_format(unit, end - start, max(abs(start), abs(end)))
    chart = alt.Chart(alt.InlineData(values=rows))
    x = alt.X("value:Q", scale=scale, axis=alt.Axis(labelExpr=form.axis(), tickCount=5, title=None))
    thick = chart.mark_rule(color=palette.faint, strokeWidth=6, strokeCap="round", opacity=0.45)
    dot = chart.mark_point(filled=True, size=60, opacity=1, color=palette.ink)
    layers = [
        thick.encode(x=alt.X("low:Q", scale=scale), x2="high:Q", y=_names(rows)),
        dot.encode(x=x, y=_names(rows)),
        *_beside(chart, rows, palette, width),
    ]
    how = "Dot: the figure. Thick pale line: its 95 % interval. Beside it: the figure and how many customers."
    return _dressed(layers, rows, result, palette, width, how_to_read=how)


def bars(result: Result, *, palette: Palette = LIGHT, width: int = 360) -> Picture:
    """Each group's complete count as a bar from zero, with its figure beside it. Groups keep their order."""
    unit = _unit(result)
    largest = max((abs(row.value) for row in result.rows if row.value is not None), default=1.0)
    form = axis_format(unit, largest, largest)
    rows = _rows(result, largest)
    chart = alt.Chart(alt.InlineData(values=rows))
    x = alt.X("value:Q", axis=alt.Axis(labelExpr=form.axis(), tickCount=3, title=None), scale=alt.Scale(zero=True))
    bar = chart.mark_bar(color=palette.faint, height=12).encode(x=x, y=_names(rows))
    how = "The length of a bar is the figure; these are complete counts without a margin."
    return _dressed([bar, *_beside(chart, rows, palette, width)], rows, result, palette, width, how_to_read=how)


def _beside(chart: alt.Chart, rows: Sequence[dict[str, object]], palette: Palette, width: int) -> list[alt.Chart]:
    """Each group's figure and base as text, to the right of the plot."""
    figures = chart.mark_text(align="left", color=palette.ink, fontWeight=600, fontSize=12)
    bases = chart.mark_text(align="right", color=palette.soft, fontSize=11)
    return [
        figures.encode(x=alt.XValue(width + 14), y=_names(rows), text="figure:N"),
        bases.encode(x=alt.XValue(width + 160), y=_names(rows), text="base:N"),
    ]


def _dressed(
    layers: Sequence[alt.Chart], rows: Sequence[dict[str, object]], result: Result, palette: Palette, width: int, *,
    how_to_read: str,
) -> Picture:  # fmt: skip
    picture = alt.layer(*layers, width=width, height=_ROW * max(1, len(rows)), title=result.title)
    sentences = "; ".join(f"{row['name']}: {row['sentence']}" for row in rows[:12])
    more = f"; and {len(rows) - 12} more" if len(rows) > 12 else ""
    return styled(
        picture,
        palette,
        description=f"{result.title} by group. {sentences}{more}.",
        title=result.title,
        how_to_read=how_to_read,
    )


def _names(rows: Sequence[dict[str, object]]) -> alt.Y:
    axis = alt.Axis(title=None, labelLimit=220, labelFontSize=12)
    return alt.Y("name:N", sort=[str(row["name"]) for row in rows], axis=axis)


def _unit(result: Result) -> str:
    return result.rows[0].unit if result.rows else ""


def _rows(result: Result, top: float) -> list[dict[str, object]]:
    return [_row(row, top) for row in result.rows[:_MOST_ROWS]]


def _row(row: Row, top: float) -> dict[str, object]:
    """What is drawn of a row; an interval without an upper bound ends at the `top` of the plot."""
    form: Format = format_for(row.unit, row.value, row.low, row.high)
    return {
        "name": group_name(row),
        "value": row.value,
        "low": row.low,
        "high": None if row.high is None else min(row.high, top),
        "figure": WHY_NONE[row.reason] if row.value is None else form.figure(row.value),
        "base": "" if row.value is None else count(row.customers or row.n),
        "sentence": figure_phrase(row, form),
    }


def group_name(row: Row) -> str:
    """`LV`, `LV · LB-113`; "all" for the total, "not known" for a group without a name."""
    parts = ["not known" if value is None else str(value) for value in row.by.values()]
    if row.segment != ALL or not parts:
        parts = [row.segment, *(part for part in parts if part != row.segment)]
    return " · ".join(parts)
