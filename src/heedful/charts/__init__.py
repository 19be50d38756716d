"""Every picture, once: an Altair chart from a result or a reading.

`trend`, `spark`, `bullet`, `dots`, `bars` and `picture` make them; `svg`, `png`, `pdf` and `write` draw them, offline.
"""

from __future__ import annotations

from heedful.charts.bullet import bullet
from heedful.charts.drawing import Picture, pdf, png, svg, write
from heedful.charts.palette import DARK, LIGHT, PAGE, Palette
from heedful.charts.segments import bars, by_segment, dots
from heedful.charts.trend import spark, trend
from heedful.measures.results import Result

__all__ = [
    "DARK", "LIGHT", "PAGE", "Palette", "Picture", "bars", "bullet", "by_segment", "dots", "pdf", "picture", "png",
    "spark", "svg", "trend", "write",
]  # fmt: skip


def picture(result: Result, *, palette: Palette = LIGHT) -> Picture:
    """The picture that suits a result: a trend where it has periods, else its groups side by side."""
    return trend(result, palette=palette) if result.over else by_segment(result, palette=palette)
