"""Banner tables as people read them: small bases hidden, then one layout for page, workbook, file and terminal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

import pyarrow as pa

from heedful.measures.banner_results import BannerTable, Base, Block, Cell, LineKind
from heedful.measures.formats import MINUS, SPACE, day
from heedful.reports.page import fill
from heedful.reports.suppression import Line, places_to_hide

RowKind = Literal["base", "weighted base", "effective base"] | LineKind
_NOTHING = "–"
HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class ShownCell:
    """One cell: its number (None where there is none), how that reads, and its letters."""

    number: float | None
    text: str
    letters: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row under a question."""

    label: str
    kind: RowKind
    cells: tuple[ShownCell, ...]


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """One question with its rows."""

    title: str
    is_multiple: bool
    rows: tuple[ShownRow, ...]


@dataclass(frozen=True)
class Head:
    """The two rows of the header: each banner with the number of its columns, and each column as `LV (A)`."""

    banners: tuple[tuple[str, int], ...]
    columns: tuple[str, ...]


def suppress_table(table: BannerTable, *, hide_below: int = 5) -> BannerTable:
    """`table` as those may see it who may not see customers: the rules of `suppression.py`, question by question."""
    blocks = tuple(_suppressed(table, block, hide_below) for block in table.blocks)
    return replace(table, blocks=blocks)


def _suppressed(table: BannerTable, block: Block, hide_below: int) -> Block:
    lines, nested = [], []
    for banner in table.banners:
        places = tuple(i for i, c in enumerate(table.columns) if c.banner == banner)
        if banner in table.overlapping:
            nested += [(i, 0) for i in places]
        else:
            lines.append(Line(0, places, block.outside.get(banner, 0)))
    hidden = places_to_hide([b.customers for b in block.bases], lines, nested, hide_below)
    if not hidden:
        return block
    bases = tuple(_no_base() if i in hidden else base for i, base in enumerate(block.bases))
    shown = []
    for line in block.lines:
        cells = [
            Cell(None, 0) if i in hidden else replace(cell, letters=_without(cell.letters, table, i, hidden))
            for i, cell in enumerate(line.cells)
        ]
        shown.append(replace(line, cells=tuple(cells)))
    return replace(block, bases=bases, lines=tuple(shown), outside={})


def _no_base() -> Base:
    return Base(0, 0, 0.0, 0.0, "hidden")


def _without(letters: str, table: BannerTable, place: int, gone: Collection[int]) -> str:
    """The letters less those of hidden columns: being above somebody is a figure about them."""
    banner = table.columns[place].banner
    names = {c.letter for i, c in enumerate(table.columns) if i in gone and c.banner == banner}
    return "".join(letter for letter in letters if letter.upper() not in names)


def head(table: BannerTable) -> Head:
    """What stands above the figures."""
    banners = tuple((banner, len(list(columns))) for banner, columns in groupby(table.columns, lambda c: c.banner))
    return Head(banners, tuple(f"{c.label} ({c.letter})" if c.letter else c.label for c in table.columns))


def layout(table: BannerTable) -> tuple[ShownBlock, ...]:
    """The rows of each question as they are shown."""
    return tuple(
        ShownBlock(
            block.title,
            block.is_multiple,
            (
                *_base_rows(table, block),
                *(ShownRow(n.label, n.kind, _cells(n.kind, n.cells, block.bases)) for n in block.lines),
            ),
        )
        for block in table.blocks
    )


def _base_rows(table: BannerTable, block: Block) -> list[ShownRow]:
    rows = [ShownRow("Base (unweighted)", "base", tuple(_base_cell(b, b.n, marks=True) for b in block.bases))]
    if table.is_weighted:
        weighted = tuple(_base_cell(b, b.weighted) for b in block.bases)
        rows.append(ShownRow("Base (weighted)", "weighted base", weighted))
    if any(round(b.n_eff) != b.n for b in block.bases if b.flag != "hidden"):
        effective = tuple(_base_cell(b, b.n_eff) for b in block.bases)
        rows.append(ShownRow("Effective base", "effective base", effective))
    return rows


def _base_cell(base: Base, number: float, *, marks: bool = False) -> ShownCell:
    if base.flag == "hidden":
        return ShownCell(None, HIDDEN if marks else "")
    return ShownCell(number, f"{number:,.0f}{'*' if marks and base.flag == 'few' and base.n else ''}")


def _cells(kind: LineKind, cells: Sequence[Cell], bases: Sequence[Base]) -> tuple[ShownCell, ...]:
    return tuple(
        ShownCell(
            cell.value,
            "" if base.flag == "hidden" else _NOTHING if cell.value is None else _read(kind, cell.value),
            cell.letters,
        )
        for cell, base in zip(cells, bases, strict=True)
    )


def _read(kind: LineKind, value: float) -> str:
    if kind in ("option", "net"):
        return f"{value * 100:.0f}{SPACE}%"
    text = f"{abs(value):.0f}" if kind == "nps" else f"{abs(value):.2f}"
    return f"{MINUS}{text}" if value < 0 and text.strip("0.") else text


def notes(table: BannerTable) -> tuple[str, ...]:
    """What a reader has to know, a sentence each."""
    flags = {b.flag for block in table.blocks for b in block.bases if b.n or b.flag == "hidden"}
    found = [
        "Percentages are of the column's answers to the question; each customer is one sampling unit.",
        (
            "A letter names a column of the same banner that the figure is above: lower case at 5 %, upper case at "
            "1 %, corrected for all pairs of its row and banner (Holm)."
        ),
    ]
    if table.is_weighted:
        found.append("Figures and tests are weighted; tests rest on effective bases.")
    if any(block.is_multiple for block in table.blocks):
        found.append("Where several options could be chosen, shares add up to more than 100 %.")
    if table.overlapping:
        found.append(
            f"Groups of {', '.join(sorted(table.overlapping))} overlap; those that share a customer are not tested."
        )
    if "few" in flags:
        found.append("* Too small an effective base to be tested.")
    if "hidden" in flags:
        found.append("Columns marked hidden rest on too few customers, or would give such a column away.")
    return (*found, *table.notes)


def caption(table: BannerTable) -> str:
    """Which answers the table is of."""
    said = [f"as of {day(table.as_of)}"] if table.as_of else []
    said += [f"where {table.where}"] if table.where else []
    said.append("weighted" if table.is_weighted else "unweighted")
    return ", ".join(said)


def html(table: BannerTable, *, company: str = "") -> str:
    """One self-contained page."""
    top = head(table)
    starts = {i for i, c in enumerate(table.columns) if i and c.banner != table.columns[i - 1].banner}
    return fill(
        "tables.html.j2", company=company, head=top, blocks=layout(table), notes=notes(table), caption=caption(table),
        starts=starts, title=_title(table),
    )  # fmt: skip


def _title(table: BannerTable) -> str:
    titles = [block.title for block in table.blocks]
    what = titles[0] if len(titles) == 1 else f"{len(titles)} questions"
    return f"{what} by {' and '.join(table.banners)}" if table.banners else what


def to_arrow(table: BannerTable) -> pa.Table:
    """One row a figure: `question, line, kind, banner, column, value, letters, n`, and the column's bases."""
    rows = [
        {
            "question": block.name, "line": line.label, "kind": line.kind, "banner": column.banner,
            "column": column.label, "value": cell.value, "letters": cell.letters, "n": cell.n, "base": base.n,
            "weighted_base": base.weighted, "effective_base": base.n_eff, "flag": base.flag,
        }
        for block in table.blocks
        for line in block.lines
        for column, cell, base in zip(table.columns, line.cells, block.bases, strict=True)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=_TIDY)


_TIDY = pa.schema(
    [(n, pa.string()) for n in ("question", "line", "kind", "banner", "column")]
    + [("value", pa.float64()), ("letters", pa.string()), ("n", pa.int64()), ("base", pa.int64())]
    + [("weighted_base", pa.float64()), ("effective_base", pa.float64()), ("flag", pa.string())]
)


def text(table: BannerTable) -> str:
    """The table in plain characters."""
    top = head(table)
    grid: list[list[str]] = [["", *_spread(top)], ["", *top.columns]]
    blocks = layout(table)
    for block in blocks:
        grid += [[], [block.title]]
        grid += [[f"  {row.label}", *(_plain(cell) for cell in row.cells)] for row in block.rows]
    widths = [max(len(row[i]) for row in grid if len(row) > max(i, 1)) for i in range(len(top.columns) + 1)]
    return "\n".join(_aligned(row, widths) for row in grid)


def _plain(cell: ShownCell) -> str:
    return f"{cell.text} {cell.letters}".rstrip()


def _spread(top: Head) -> list[str]:
    return [name if i == 0 else "" for name, columns in top.banners for i in range(columns)]


def _aligned(row: Sequence[str], widths: Collection[int]) -> str:
    cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
    return "  ".join(cells).rstrip()
