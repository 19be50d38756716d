from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from heedful.cli.options import DAY, Workspace, with_workspace


@click.command(epilog="Example: heedful report scorecard.html -w shop")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--as-of", type=DAY, help="Look back from the end of this day; by default as far as the data reach.")
@click.option("--segmentation", help="Judge each objective for each segment of it.")
@with_workspace
def command(workspace: Workspace, out: Path, as_of: date | None, segmentation: str | None) -> None:
    """Write the scorecard to OUT as one HTML page that needs nothing else; small bases are hidden."""
    if out.suffix.lower() not in (".html", ".htm"):
        raise click.UsageError(f"A report is an HTML page; call it {out.with_suffix('.html')}.")
    workspace.report(out, as_of=as_of, segmentation=segmentation)
    click.echo(f"Written: {out}")
