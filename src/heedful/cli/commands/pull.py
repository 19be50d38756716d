from __future__ import annotations

from pathlib import Path

import click

from heedful.cli.options import Workspace, assignments, with_workspace
from heedful.cli.output import console, progress
from heedful.sources.pull import PullReport


@click.command(epilog="Example: heedful pull orders --set data=exports/2026")
@click.argument("sources", nargs=-1)
@click.option(
    "--set", "given", multiple=True, metavar="NAME=VALUE", help="What ${NAME} stands for in paths; repeatable."
)
@click.option("--dry-run", is_flag=True, help="Show the first ten mapped rows a table; write nothing.")
@with_workspace
def command(workspace: Workspace, sources: tuple[str, ...], given: tuple[str, ...], dry_run: bool) -> None:
    """Bring SOURCES in, or all of them. Loading twice changes nothing; a changed row replaces its older self."""
    variables = {name: _as_typed(value) for name, value in assignments("--set", given).items()}
    if not workspace.sources:
        raise click.UsageError(
            f"There are no sources in {workspace.folder / 'sources'}. See docs: how to load a CSV file."
        )
    with progress() as report:
        reports = list(workspace.pull(*sources, variables=variables, dry_run=dry_run, progress=report))
    for each in reports:
        click.echo(_summary(each, dry_run))
        for note in each.notes:
            click.echo(f"  {note}")
        if dry_run:
            _sample(each)
    if not dry_run:
        for wave in workspace.weigh():
            of = f'{wave.weighting}, wave "{wave.wave}"' if wave.wave else wave.weighting
            counts = f"{wave.respondents:,} respondents count as {wave.n_eff:,.0f}"
            click.echo(f"weights: {of}: {counts} (design effect {wave.deff:.2f})")
            if wave.gap > 0.0005:
                click.echo(f"  the bounds stand in the way: a share misses its margin by {100 * wave.gap:.1f} points")


def _as_typed(value: str) -> str:
    """A relative path on the command line is meant from where it is typed; one in a file, from the workspace."""
    path = Path(value)
    return value if path.is_absolute() or not path.exists() else str(path.resolve())


def _summary(report: PullReport, dry_run: bool) -> str:
    if dry_run:
        return f"{report.source}: {report.read:,} rows read, {report.rejected:,} would be rejected; nothing written"
    parts = [
        f"{w.new:,} new, {w.changed:,} changed, {w.unchanged:,} unchanged in {t}" for t, w in report.tables.items()
    ]
    tail = f"; {report.rejected:,} rejected, see {report.rejects_path}" if report.rejected else ""
    return f"{report.source}: {report.read:,} rows read: {'; '.join(parts) or 'nothing to write'}{tail}"


def _sample(report: PullReport) -> None:
    out = console()
    for table, rows in report.sample.items():
        click.echo(f"  first rows for {table}:")
        for row in rows.to_pylist():
            out.print("    " + ", ".join(f"{k}={v}" for k, v in row.items() if v is not None), markup=False)
