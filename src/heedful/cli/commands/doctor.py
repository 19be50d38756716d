from __future__ import annotations

import click

from heedful.cli.options import Workspace, with_workspace


@click.command(epilog="Example: heedful doctor -w shop")
@with_workspace
def command(workspace: Workspace) -> int:
    """Say what is wrong with files, tables and sources, and what to type. Exits with 1 if anything is."""
    found = workspace.doctor()
    for problem in found:
        click.echo(problem)
    if found:
        return 1
    for source in workspace.freshness():
        until = f"{source.data_until:%Y-%m-%d}" if source.data_until else "never"
        click.echo(f"{source.source}: {source.rows:,} rows, until {until}")
    click.echo("Nothing is wrong.")
    return 0
