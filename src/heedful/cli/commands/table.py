from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from heedful.cli.options import DAY, Workspace, with_workspace
from heedful.cli.output import console
from heedful.measures.banner_results import BannerTable
from heedful.measures.tabulation import read_nets
from heedful.reports.export import check_target
from heedful.reports.table_files import ENDINGS, write_table
from heedful.reports.tables import ShownCell, caption, head, layout, notes, suppress_table


@click.command(epilog="Example: heedful table nps --by country --by wave -o tables.xlsx")
@click.argument("rows", nargs=-1, required=True, metavar="QUESTION...")
@click.option("--by", multiple=True, metavar="COLUMN|SEGMENTATION", help="A column for each of its groups; repeatable.")
@click.option("--net", "nets", multiple=True, metavar="NAME=CODES", help='Answers together: "Top 2=4,5"; repeatable.')
@click.option("--where", metavar="SQL", help="Only answers that meet this condition.")
@click.option("--from", "start", type=DAY, help="From this day on.")
@click.option("--to", "end", type=DAY, help="Up to the end of this day.")
@click.option("--as-of", type=DAY, help="Look back from the end of this day; by default as far as the data reach.")
@click.option("--unweighted", is_flag=True, help="Each answer counts one.")
@click.option(
    "--with-small-bases",
    is_flag=True,
    help="Also columns of very few customers. Who may do so comes with roles; so far, whoever runs this.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file: .xlsx, .html or .csv.")
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
@with_workspace
def command(
    workspace: Workspace, *, rows: tuple[str, ...], by: tuple[str, ...], nets: tuple[str, ...], where: str | None,
    start: date | None, end: date | None, as_of: date | None, unweighted: bool, with_small_bases: bool,
    output: Path | None, force: bool,
) -> None:  # fmt: skip
    """Show a banner table: questions by groups, with bases, shares, nets, means and significance letters."""
    if output is not None:
        check_target(output, force=force, endings=ENDINGS)
    asked = workspace.question("table", start=start, end=end, as_of=as_of, where=where, weighted=not unweighted)
    table = workspace.table(rows, by, nets=read_nets(nets, rows), question=asked)
    if with_small_bases:
        click.echo("Columns of very few customers are shown: keep them to those who may see customers.", err=True)
    else:
        table = suppress_table(table, hide_below=workspace.settings.bases.hide_below)
    if output is None:
        _draw(console(), table)
    else:
        write_table(table, output, company=workspace.settings.company, force=force)
        click.echo(f"Written: {output}")


def _draw(out: Console, table: BannerTable) -> None:
    top = head(table)
    spread = [name if i == 0 else "" for name, columns in top.banners for i in range(columns)]
    for places in _fitting(out.width, table):
        out.print(_drawn(table, spread, places))
    for note in notes(table):
        out.print(note, style="dim", markup=False)


def _fitting(width: int, table: BannerTable) -> list[list[int]]:
    """The columns in as few tables as the terminal has room for, each with the total."""
    top, blocks = head(table), layout(table)
    rows = [row for block in blocks for row in block.rows]
    widths = [2 + max(len(name), *(len(_bare(row.cells[i])) for row in rows)) for i, name in enumerate(top.columns)]
    left = max(len(caption(table)), *(len(row.label) + 2 for row in rows))
    found, room = [[0]], width - left - widths[0]
    for i in range(1, len(widths)):
        if widths[i] > room and len(found[-1]) > 1:
            found.append([0])
            room = width - left - widths[0]
        found[-1].append(i)
        room -= widths[i]
    return found


def _drawn(table: BannerTable, spread: list[str], places: list[int]) -> Table:
    top = head(table)
    drawn = Table(box=None, pad_edge=False, header_style="dim")
    drawn.add_column(caption(table), overflow="fold")
    for i in places:
        above = spread[i] or (table.columns[i].banner if places[1:2] == [i] else "")
        drawn.add_column(f"{_literal(above)}\n{_literal(top.columns[i])}", justify="right", no_wrap=True)
    for block in layout(table):
        drawn.add_row(f"[bold]{_literal(block.title)}[/bold]")
        for row in block.rows:
            drawn.add_row(f"  {_literal(row.label)}", *(_plain(row.cells[i]) for i in places))
    return drawn


def _plain(cell: ShownCell) -> str:
    return f"{cell.text} [bold]{cell.letters}[/bold]" if cell.letters else cell.text


def _bare(cell: ShownCell) -> str:
    return f"{cell.text} {cell.letters}" if cell.letters else cell.text


def _literal(text: str) -> str:
    return text.replace("[", "\\[")
