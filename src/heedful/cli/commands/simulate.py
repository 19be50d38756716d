from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import cast

import click

from heedful.cli.options import DAY
from heedful.simulate import KINDS, STANDINS, Kind, Standin, simulate, standin


@click.command(epilog="Example: heedful simulate telecom --kind telecom --customers 5000")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(list(KINDS)), default="shop", show_default=True)
@click.option(
    "--like", type=click.Choice(list(STANDINS)), help="Write only data files, in the shape of this published data set."
)
@click.option("--customers", type=click.IntRange(min=50), default=2000, show_default=True)
@click.option("--months", type=click.IntRange(min=3), default=24, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same company.")
@click.option("--until", type=DAY, help="The last day of the data.")
def command(
    *, folder: Path, kind: str, like: str | None, customers: int, months: int, seed: int, until: date | None
) -> None:
    """Make a company whose truth is known, as a workspace in FOLDER; data/truth.json says what was planted."""
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty. Name a new folder.")
    if like is not None:
        standin(cast("Standin", like), folder)
        click.echo(f"Made up files in the shape of {like} in {folder}. They say nothing about the real company.")
        return
    simulate(cast("Kind", kind), folder, customers=customers, months=months, seed=seed, until=until)
    click.echo(f"Made a {kind} in {folder}. Next: heedful -w {folder} pull")
