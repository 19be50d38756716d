from __future__ import annotations

from datetime import date

import click

from heedful.cli.options import DAY, Workspace, formatted, with_workspace
from heedful.cli.output import show
from heedful.cli.scorecards import draw_scorecard, scorecard_rows


@click.command(epilog="Example: heedful score --as-of 2026-10-31")
@click.option("--segmentation", help="Judge each objective for each segment of it.")
@click.option("--as-of", type=DAY, help="Look back from the end of this day; by default as far as the data reach.")
@formatted
@with_workspace
def command(workspace: Workspace, segmentation: str | None, as_of: date | None, form: str, output: str | None) -> None:
    """Judge each objective: what customers say beside what they do, against its targets."""
    result = workspace.score(as_of=as_of, segmentation=segmentation)
    show(scorecard_rows(result), form, output, lambda out: draw_scorecard(out, result))
