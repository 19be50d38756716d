"""The page in a real Chromium: what it asks of the network, how it fits a phone, and which type it is set in.

Only Chromium's own command line is used. A copy of the page with a script at its end writes what it measures into the
document, which `--dump-dom` prints; the page itself has no script.
"""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Browse = Callable[[str, str], dict[str, object]]

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--virtual-time-budget=20000", "--dump-dom",
)  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = os.environ.get("HEEDFUL_CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no Chromium: none of {', '.join(names)} is on the path, and HEEDFUL_CHROMIUM names none"
        if os.environ.get("HEEDFUL_NO_SKIP") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture
def browse(chromium: str, tmp_path: Path) -> Browse:
    """Opens HTML in a window, runs a script after it has loaded, and gives what the script puts into `found`."""

    def run(page: str, script: str) -> dict[str, object]:
        probe = (
            "<script>addEventListener('load', async () => { await document.fonts.ready; const found = {};"
            f"{script}; document.documentElement.dataset.found = JSON.stringify(found); }});</script>"
        )
        path = tmp_path / "page.html"
        path.write_text(page + probe, encoding="utf-8")
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        command = [chromium, *ARGUMENTS, profile, "--window-size=1280,900", path.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        start = done.stdout.index('data-found="') + len('data-found="')
        found: dict[str, object] = json.loads(html.unescape(done.stdout[start : done.stdout.index('"', start)]))
        return found

    return run


def on_a_phone(page: str) -> str:
    """A page that shows `page` 390 pixels wide, with all its details open: no window of Chromium's is so narrow."""
    opened = page.replace("<details>", "<details open>")
    frame = html.escape(opened, quote=True)
    return f'<!doctype html><iframe srcdoc="{frame}" style="width:390px;height:800px;border:0"></iframe>'


def test_the_page_asks_nothing_of_the_network(page: str, browse: Browse) -> None:
    found = browse(page, "found.asked = performance.getEntriesByType('resource').map(r => r.name.slice(0, 60))")
    assert [name for name in found["asked"] if not name.startswith("data:")] == []  # type: ignore[attr-defined]


def test_nothing_sticks_out_of_a_phone(page: str, browse: Browse) -> None:
    script = """
    const inner = frames[0].document, width = inner.documentElement.clientWidth;
    found.width = width; found.wide = inner.documentElement.scrollWidth;
    found.out = [...inner.querySelectorAll('main *')].filter(e => !e.closest('.scroll, svg, .skip') &&
      e.getBoundingClientRect().right > width + 1).map(e => e.tagName + '.' + e.className)
    """
    found = browse(on_a_phone(page), script)
    assert found == {"width": 390, "wide": 390, "out": []}


def test_every_text_is_set_in_a_type_that_the_page_brings_along(page: str, browse: Browse) -> None:
    script = """
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), seen = new Set();
    for (let node; node = walker.nextNode();) {
      const text = node.data.trim(), style = getComputedStyle(node.parentElement);
      if (!text || node.parentElement.closest('code, script, title, desc') || /[֐-׿]/.test(text)) continue;
      for (const c of text) {
        const family = /[฀-๿]/.test(c) ? style.fontFamily.split(',')[1] : style.fontFamily.split(',')[0];
        seen.add([style.fontStyle, style.fontWeight, family.trim().replaceAll('"', ''), c].join('|'));
      }
    }
    // check() is true as well where no face has the character: then load() finds none.
    found.missing = [];
    for (const entry of seen) {
      const [slope, weight, family, c] = entry.split('|');
      const faces = await document.fonts.load(`${slope} ${weight} 16px "${family}"`, c);
      if (!faces.some(f => f.style === slope || /[฀-๿]/.test(c)) || !faces.some(f => f.weight === weight))
        found.missing.push(entry);
    }
    found.count = seen.size;
    """
    found = browse(page.replace("<details>", "<details open>"), script)
    assert isinstance(found["count"], int)
    assert found["count"] > 150
    assert found["missing"] == []


def test_thai_stands_upright_and_takes_as_much_room_as_its_letters_need(page: str, browse: Browse) -> None:
    script = """
    const quote = document.querySelector('blockquote[lang=th]'), style = getComputedStyle(quote);
    found.style = style.fontStyle; found.loaded = [...document.fonts].filter(f => f.status === 'loaded' &&
      f.family.includes('Thai')).length; found.width = quote.getBoundingClientRect().width
    """
    found = browse(page, script)
    assert found["style"] == "normal"
    assert found["loaded"] == 1
    assert isinstance(found["width"], int | float)
    assert found["width"] > 200


def test_the_colours_follow_the_reader(page: str, browse: Browse) -> None:
    script = "found.dark = matchMedia('(prefers-color-scheme: dark)').matches;"
    script += "found.ground = getComputedStyle(document.body).backgroundColor;"
    script += "found.ink = getComputedStyle(document.querySelector('.trends svg path[stroke]')).stroke"
    as_it_is = browse(page, script)
    turned = browse(page.replace("(prefers-color-scheme:dark)", "(min-width:1px)"), script)
    light = {"ground": "rgb(251, 250, 247)", "ink": "rgb(28, 33, 39)"}
    dark = {"ground": "rgb(20, 23, 27)", "ink": "rgb(236, 234, 228)"}
    assert {k: as_it_is[k] for k in light} == (dark if as_it_is["dark"] else light)
    assert {k: turned[k] for k in dark} == dark
