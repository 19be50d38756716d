from __future__ import annotations

import shutil
import time
from pathlib import Path

import click

from heedful.cli.output import console, progress
from heedful.cli.scorecards import draw_scorecard
from heedful.simulate import simulate
from heedful.workspace import open_workspace

_MARK = "data/truth.json"


@click.command(epilog="Example: heedful demo --customers 5000")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Where; an earlier demo there is replaced.",
)
@click.option("--customers", type=click.IntRange(min=200), default=4000, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same shop.")
def command(folder: Path, customers: int, seed: int) -> None:
    """Simulate a shop, bring its data in, judge its scorecard and write it as a page."""
    began = time.monotonic()
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise click.UsageError(f"{folder} is not empty and no demo. Name a new folder: --folder NAME")
        shutil.rmtree(folder)
    click.echo(f"Simulating a shop with {customers:,} customers in {folder} …")
    simulate("shop", folder, customers=customers, seed=seed)
    with open_workspace(folder) as workspace:
        with progress() as report:
            reports = list(workspace.pull(progress=report))
        rows = sum(w.new + w.changed for each in reports for w in each.tables.values())
        click.echo(f"Brought in {rows:,} rows from {len(reports)} sources.\n")
        page = folder / "scorecard.html"
        draw_scorecard(console(), workspace.report(page))
    click.echo(f"\nDone in {time.monotonic() - began:.0f} seconds. The same as a page: {page}")
    click.echo(f"Look further: heedful -w {folder} measure nps --by country")
