from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import click

from heedful.settings import SETTINGS_FILE

_TEMPLATES = sorted(entry.name for entry in (files("heedful") / "templates").iterdir() if entry.is_dir())


@click.command(epilog="Example: heedful init shop --template retail")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--template", type=click.Choice(_TEMPLATES), default="retail", show_default=True)
def command(folder: Path, template: str) -> None:
    """Make a workspace in FOLDER from a commented template, with a small sample of data to begin with."""
    if (folder / SETTINGS_FILE).exists():
        raise click.UsageError(f"{folder} is a workspace already. Name another folder.")
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty. Name a new folder.")
    with as_file(files("heedful") / "templates" / template) as origin:
        shutil.copytree(origin, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    click.echo(f"Made {folder} from the template {template}.")
    click.echo(f"Next: heedful -w {folder} pull, then heedful -w {folder} score")
