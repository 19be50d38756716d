from __future__ import annotations

import pytest

from heedful.charts.palette import DARK, LIGHT, Palette


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "soft", "met", "missed", "unsure", "accent"])
@pytest.mark.parametrize("ground", ["paper", "card", "wash"])
def test_every_text_can_be_read_on_every_ground(palette: Palette, text: str, ground: str) -> None:
    # WCAG 2.2, success criterion 1.4.3 (AA).
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= 4.5
