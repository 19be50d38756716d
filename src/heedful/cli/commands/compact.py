from __future__ import annotations

import click

from heedful.cli.options import Workspace, with_workspace


@click.command(epilog="Example: heedful compact -w shop")
@with_workspace
def command(workspace: Workspace) -> None:
    """Join small files, drop versions older than a week, and sweep what killed processes left behind."""
    saved = workspace.compact()
    for table, files in saved.items():
        click.echo(f"{table}: {files} files fewer" if files else f"{table}: nothing to join")
    if not saved:
        click.echo("There are no tables yet. Bring data in: heedful pull")
