"""Say and do against their targets: one line a reading, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import altair as alt

from heedful.charts.captions import base_phrase, reading_format, reading_sentence
from heedful.charts.drawing import Picture, styled
from heedful.charts.palette import LIGHT, Palette, StatusName
from heedful.measures.formats import WHY_NONE, axis_format
from heedful.scorecard.results import Reading, Status

HOW_TO_READ = (
    "Circle: what customers say. Square: what happens. Thin upright line: target. Thick pale line: 95 % interval."
)
_ROLES = {"say": "say", "do": "do", "kpi": "KPI"}
SHAPES = {"say": "circle", "do": "square", "kpi": "cross"}
_HEIGHT, _MIDDLE, _EDGE = 46, 24, 8
_STATUS: dict[Status | None, StatusName] = {
    Status.MET: "met",
    Status.MISSED: "missed",
    Status.UNSURE: "unsure",
    None: "plain",
}

_Align = Literal["left", "center", "right"]


def bullet(
    readings: Sequence[Reading], *, palette: Palette = LIGHT, width: int = 320, labels: bool = True,
    ends: tuple[float, float] | None = None,
) -> Picture:  # fmt: skip
    """Readings of one objective, in the order given; shares stand on one scale, and so do points.

    `labels` writes each reading's name on the left and its figure on the right; a page that sets these itself leaves
    them out. The picture is then exactly `width` wide. `ends` fixes the scale of all of them.
    """
    rows = [_row(reading, ends or domain(reading, readings), palette, width, labels=labels) for reading in readings]
    picture: Picture = rows[0] if len(rows) == 1 else alt.vconcat(*rows, spacing=6)
    return styled(
        picture,
        palette,
        description=" ".join(map(reading_sentence, readings)),
        title=" and ".join(reading.title for reading in readings),
        how_to_read=HOW_TO_READ,
        margin=4 if labels else 0,
    )


def domain(reading: Reading, among: Sequence[Reading]) -> tuple[float, float]:
    """The ends of a reading's scale: round numbers that leave room around the figures.

    Readings that share a unit share a scale, unless it would be far too wide for this one. Shares stay within 0 to 1.
    The scale need not start at zero: what counts is the distance to the target.
    """
    alike = [r for r in among if r.unit == reading.unit] if reading.unit in {"share", "points"} else [reading]
    together, alone = _ends(alike), _ends([reading])
    # On a scale several times too wide, a margin that decides the status could not be seen.
    return together if together[1] - together[0] <= 3 * (alone[1] - alone[0]) else alone


def _ends(readings: Sequence[Reading]) -> tuple[float, float]:
    figures = [x for r in readings for x in (r.now.value, r.now.low, r.now.high, r.target)]
    known = [x for x in figures if x is not None and math.isfinite(x)]
    if not known:
        return 0.0, 1.0
    unit, low, high = readings[0].unit, min(known), max(known)
    least = {"share": 0.2, "points": 30.0}.get(unit, 0.2 * max(abs(low), abs(high)) or 1.0)
    room = max((high - low) * 0.35, (least - (high - low)) / 2, 0.0)
    step = _round_step((high - low + 2 * room) / 8)
    start, end = math.floor((low - room) / step + 1e-9) * step, math.ceil((high + room) / step - 1e-9) * step
    if unit == "share":
        start, end = max(0.0, start), min(1.0, end)
    elif low >= 0:
        start = max(0.0, start)
    return start, end


def _round_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw - 1e-12)


def _row(reading: Reading, ends: tuple[float, float], palette: Palette, width: int, *, labels: bool) -> Picture:
    now, form, colour = reading.now, reading_format(reading), palette.status(_STATUS[reading.status])
    scale = alt.Scale(domain=list(ends), range=[_EDGE, width - _EDGE], zero=False, nice=False, clamp=True)
    layers = [_rule(palette, width)]
    ends_form = axis_format(reading.unit, ends[1] - ends[0], max(map(abs, ends)))
    if now.value is not None or reading.target is not None:
        below = _HEIGHT - 4
        layers.append(_text(ends_form.figure(ends[0]), _EDGE, palette.soft, y=below, align="left", size=10))
        layers.append(_text(ends_form.figure(ends[1]), width - _EDGE, palette.soft, y=below, align="right", size=10))
    if now.low is not None and now.high is not None:
        layers.append(_interval(now.low, min(now.high, ends[1]), scale, colour))
    if reading.target is not None:
        layers += _target(reading.target, f"target {form.figure(reading.target)}", ends, scale, palette)
    if now.value is not None:
        layers.append(_mark(reading, now.value, scale, colour, palette))
    elif labels:
        layers.append(_text(WHY_NONE[now.reason], width / 2, palette.soft, y=_HEIGHT - 4, align="center", size=11))
    if labels:
        layers += [
            _text(reading.title, -12, palette.ink, y=_MIDDLE - 2, align="right", size=12),
            _text(
                f"{_ROLES[reading.role]} · {base_phrase(now)}",
                -12,
                palette.soft,
                y=_MIDDLE + 13,
                align="right",
                size=11,
            ),
        ]
        if now.value is not None:
            figure = form.figure(now.value)
            layers.append(_text(figure, width + 12, palette.ink, y=_MIDDLE + 4, align="left", size=13, is_bold=True))
    if labels:
        return alt.layer(*layers, width=width, height=_HEIGHT)
    # Without axes, Vega sizes a plot by its marks; the fixed size keeps the lines of several pictures in step.
    return alt.layer(*layers, width=width, height=_HEIGHT, autosize=alt.AutoSizeParams(type="none"))


def _one(**values: float | str) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=[values]))


def _rule(palette: Palette, width: int) -> alt.Chart:
    mark = _one(a=0).mark_rule(color=palette.line, strokeWidth=1)
    rule: alt.Chart = mark.encode(x=alt.XValue(_EDGE), x2=alt.X2Value(width - _EDGE), y=alt.YValue(_MIDDLE))
    return rule


def _interval(low: float, high: float, scale: alt.Scale, colour: str) -> alt.Chart:
    mark = _one(low=low, high=high).mark_rule(color=colour, strokeWidth=6, strokeCap="round", opacity=0.35)
    bar: alt.Chart = mark.encode(x=alt.X("low:Q", scale=scale, axis=None), x2="high:Q", y=alt.YValue(_MIDDLE))
    return bar


def _target(
    target: float, words: str, ends: tuple[float, float], scale: alt.Scale, palette: Palette
) -> list[alt.Chart]:
    place = (target - ends[0]) / (ends[1] - ends[0])
    align: _Align = "left" if place < 0.15 else "right" if place > 0.85 else "center"
    nudge = {"left": -2, "right": 2, "center": 0}[align]
    at = alt.X("target:Q", scale=scale, axis=None)
    line = _one(target=target).mark_rule(color=palette.ink, strokeWidth=1.5)
    text = _one(target=target, words=words).mark_text(align=align, dx=nudge, fontSize=10, color=palette.soft)
    return [
        line.encode(x=at, y=alt.YValue(_MIDDLE - 10), y2=alt.Y2Value(_MIDDLE + 10)),
        text.encode(x=at, y=alt.YValue(_MIDDLE - 18), text="words:N"),
    ]


def _mark(reading: Reading, value: float, scale: alt.Scale, colour: str, palette: Palette) -> alt.Chart:
    hollow = reading.role == "say"
    mark = _one(value=value).mark_point(
        shape=SHAPES[reading.role], size=95, filled=True, opacity=1,
        fill=palette.card if hollow else colour, stroke=colour, strokeWidth=2.5 if hollow else 0,
    )  # fmt: skip
    placed: alt.Chart = mark.encode(x=alt.X("value:Q", scale=scale, axis=None), y=alt.YValue(_MIDDLE))
    return placed


def _text(words: str, x: float, colour: str, *, y: float, align: _Align, size: int, is_bold: bool = False) -> alt.Chart:
    mark = _one(words=words).mark_text(align=align, fontSize=size, color=colour, fontWeight=600 if is_bold else 400)
    text: alt.Chart = mark.encode(x=alt.XValue(x), y=alt.YValue(y), text="words:N")
    return text
