"""Turning a picture into SVG, PNG or PDF: offline, in our fonts, and with a sentence for those who cannot see it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import altair as alt
import vl_convert

from heedful.charts.palette import LIGHT, Palette
from heedful.errors import InputError

Picture: TypeAlias = alt.Chart | alt.LayerChart | alt.VConcatChart | alt.ConcatChart | alt.FacetChart

# Our own copy of Noto Sans bears a name of its own: an older Noto Sans on the machine would win, and older ones lack
# the minus sign. In SVG, where the reader's program sets the type, the name that readers have comes first.
_OUR_FONT = "Heedful Sans"
_FONT = f"{_OUR_FONT}, Noto Sans, Noto Sans Thai, sans-serif"

SVG = "http://www.w3.org/2000/svg"
_NOISE = ("class", "role", "pointer-events", "version", "stroke-miterlimit")
_NUMBERS = ("x", "y", "x1", "x2", "y1", "y2", "width", "height", "stroke-width")

ElementTree.register_namespace("", SVG)


def svg(picture: Picture, *, fluid: bool = False) -> str:
    """The picture as an `<svg>` element, its description as its accessible name.

    `fluid` leaves the width to the page around it. Marks carry no names of their own: a reader of the screen hears one
    sentence, and finds the figures in the table that stands beside the picture.
    """
    spec = _spec(picture)
    # An address in a specification would be fetched; nothing of ours holds one.
    text: str = vl_convert.vegalite_to_svg(spec, vl_version=_version(), allowed_base_urls=[])
    root = ElementTree.fromstring(text.replace(f"{_OUR_FONT}, ", ""))  # noqa: S314 -- written by our own renderer a moment ago
    _tidy(root)
    if fluid:
        root.attrib.pop("height", None)
        root.set("width", "100%")
    root.set("role", "img")
    root.set("aria-label", str(spec.get("description", "")))
    names: dict[str, str] = spec.get("usermeta", {})
    for position, tag in enumerate(tag for tag in ("title", "desc") if names.get(tag)):
        element = ElementTree.Element(f"{{{SVG}}}{tag}")
        element.text = names[tag]
        root.insert(position, element)
    return ElementTree.tostring(root, encoding="unicode")


def png(picture: Picture, *, scale: float = 2) -> bytes:
    """The picture as PNG, `scale` pixels to a CSS pixel."""
    rendered: bytes = vl_convert.vegalite_to_png(
        _spec(picture), vl_version=_version(), scale=scale, allowed_base_urls=[]
    )
    return rendered


def pdf(picture: Picture) -> bytes:
    """The picture as a PDF page of its own size."""
    rendered: bytes = vl_convert.vegalite_to_pdf(_spec(picture), vl_version=_version(), allowed_base_urls=[])
    return rendered


def write(picture: Picture, path: Path) -> None:
    """Writes the picture to `path` as its ending says. Raises `InputError` for another ending than svg, png or pdf."""
    match path.suffix.lower():
        case ".svg":
            path.write_text(svg(picture), encoding="utf-8")
        case ".png":
            path.write_bytes(png(picture))
        case ".pdf":
            path.write_bytes(pdf(picture))
        case other:
            raise InputError(f'A picture cannot be written as "{other}". Endings: .svg, .png, .pdf')


def styled(
    picture: Picture, palette: Palette = LIGHT, *, description: str, title: str, how_to_read: str, margin: int = 4
) -> Picture:
    """`picture` with Heedful's type and colours, and with the words that stand for it.

    `description` is the sentence that says what it shows, `title` its short name, `how_to_read` what its marks mean.
    """
    config = alt.Config(
        font=_FONT,
        background="transparent",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=palette.soft,
            titleColor=palette.soft,
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
            domain=False,
            ticks=False,
            gridColor=palette.line,
            labelPadding=6,
        ),
        title=alt.TitleConfig(color=palette.ink, fontSize=13, fontWeight=600, anchor="start", offset=10),
        text=alt.MarkConfig(color=palette.soft, fontSize=12),
    )
    dressed: Picture = picture.properties(
        description=description, config=config, padding=margin, usermeta={"title": title, "desc": how_to_read}
    )
    return dressed


def _spec(picture: Picture) -> dict[str, Any]:
    _fonts()
    return picture.to_dict(validate=False)


@cache
def _fonts() -> None:
    vl_convert.register_font_directory(str(Path(__file__).with_name("fonts")))


def _version() -> str:
    return ".".join(alt.SCHEMA_VERSION.split(".")[:2])


def _tidy(element: ElementTree.Element) -> None:
    """Drops what nobody sees: Vega's empty backgrounds, roles of marks, and digits beyond a tenth of a pixel."""
    for name in [a for a in element.attrib if a in _NOISE or a.startswith("aria-")]:
        del element.attrib[name]
    for name in _NUMBERS:
        if name in element.attrib and element.attrib[name].replace(".", "").replace("-", "").isdigit():
            element.set(name, f"{float(element.attrib[name]):.2f}".rstrip("0").rstrip("."))
    for child in list(element):
        if _is_empty(child):
            element.remove(child)
        else:
            _tidy(child)
            if child.tag == f"{{{SVG}}}g" and not len(child):
                element.remove(child)


def _is_empty(element: ElementTree.Element) -> bool:
    if element.tag != f"{{{SVG}}}path":
        return False
    invisible = element.get("display") == "none" or not element.get("d")
    return invisible or (element.get("class") == "background" and not {"fill", "stroke"} & element.attrib.keys())
