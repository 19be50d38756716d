from __future__ import annotations

from datetime import date

import click
from rich.console import Console
from rich.table import Table

from heedful.cli.options import DAY, Workspace, formatted, with_workspace
from heedful.cli.output import show
from heedful.measures.formats import WHY_NONE, format_for
from heedful.revisions import diff
from heedful.scorecard.differences import Differences, Figure


@click.command(epilog="Example: heedful diff HEAD~1")
@click.argument("ref")
@click.option("--as-of", type=DAY, help="Look back from the end of this day; by default as far as the data reach.")
@formatted
@with_workspace
def command(workspace: Workspace, *, ref: str, as_of: date | None, form: str, output: str | None) -> None:
    """Show which figures the files here move against those of REF, a git revision or another workspace's folder.

    Both are asked over the same data, those of this workspace.
    """
    found = diff(workspace, ref, as_of=as_of)
    show(found.to_arrow(), form, output, lambda out: _draw(out, found, ref))


def _draw(out: Console, found: Differences, ref: str) -> None:
    if not found.rows:
        out.print(f"No figure of the scorecard, and none of an edited definition, differs from {ref}.")
    for moved in found.rows:
        table = Table(box=None, pad_edge=False, show_header=False)
        for side, figure in (("before", moved.before), ("after", moved.after)):
            table.add_row(f"  {side}", *_cells(figure))
        out.print(moved.figure, style="bold", markup=False)
        out.print(table)
        if moved.is_earlier_only:
            out.print("  The latest figure is the same; those of earlier periods are not.")
        for edit in moved.why:
            out.print(f"  {edit}", style="dim", markup=False)
        if not moved.why:
            out.print("  No edit of this figure's own definition explains it.", style="dim")
    for edit in found.idle:
        out.print(f"Moves none of these figures: {edit}", style="dim", markup=False)
    for note in found.notes:
        out.print(note, style="dim", markup=False)


def _cells(figure: Figure | None) -> tuple[str, ...]:
    if figure is None:
        return ("not there", "", "", "", "")
    row = figure.row
    if row is None:
        return (figure.problem or "no figure", "", "", "", "")
    form = format_for(row.unit, row.value, row.low, row.high, figure.target)
    value = WHY_NONE[row.reason] if row.value is None else form.figure(row.value)
    interval = form.interval(row.low, row.high) if row.low is not None and row.high is not None else ""
    target = "" if figure.target is None else f"target {form.figure(figure.target)}"
    return (value, interval, f"{row.n:,} rows", target, figure.status or "")
