from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from heedful.cli.options import DAY, Workspace, assignments, scalar, with_workspace
from heedful.errors import InputError, UnknownNameError
from heedful.measures.question import Over
from heedful.reports.export import Exported, check_target
from heedful.streams.schema import TABLES

_PEOPLE = frozenset({"feedback", "activity", "customers", "weights", "identities", "links", "consents"})


@click.command(epilog="Example: heedful export feedback answers.sav --where \"scale = 'nps'\"")
@click.argument("name", metavar="TABLE|MEASURE")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--where", metavar="SQL", help="Only rows that meet this condition.")
@click.option("--columns", metavar="A,B,C", help="Of a table: only these columns, in this order.")
@click.option("--limit", type=int, help="Of a table: at most this many rows.")
@click.option("--by", multiple=True, metavar="COLUMN|SEGMENTATION", help="Of a measure: group by it; repeatable.")
@click.option(
    "--over", type=click.Choice(["week", "month", "quarter", "year"]), help="Of a measure: one figure a period."
)
@click.option("--from", "start", type=DAY, help="Of a measure: from this day on.")
@click.option("--to", "end", type=DAY, help="Of a measure: up to the end of this day.")
@click.option("--as-of", type=DAY, help="Of a measure: look back from the end of this day.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the measure; repeatable.")
@click.option(
    "--with-small-bases",
    is_flag=True,
    help="Of a measure: also figures of very few customers. Who may do so comes with roles; so far, whoever runs this.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
@with_workspace
def command(
    workspace: Workspace, *, name: str, out: Path, where: str | None, columns: str | None, limit: int | None,
    by: tuple[str, ...], over: Over | None, start: date | None, end: date | None, as_of: date | None,
    params: tuple[str, ...], with_small_bases: bool, force: bool,
) -> None:  # fmt: skip
    """Write a table of the lake, or the figures of a measure, to OUT: .parquet, .csv, .xlsx or .sav.

    CSV and SPSS files get a codebook beside them, workbooks one on a sheet.
    """
    check_target(out, force=force)
    if name in TABLES:
        given = {"--by": by, "--over": over, "--from": start, "--to": end, "--as-of": as_of, "--param": params}
        _refuse(given, f'"{name}" is a table, and', "a measure")
        _table(workspace, name, out, where=where, columns=columns, limit=limit, force=force)
        return
    _refuse({"--columns": columns, "--limit": limit}, f'"{name}" is no table, and', "a table")
    if name not in workspace.measures:
        raise UnknownNameError(
            "table or measure",
            name,
            [*TABLES, *workspace.measures],
            listed_by="heedful measures; heedful export --help",
        )
    values: dict[str, Any] = {k: scalar(v) for k, v in assignments("--param", params).items()}
    question = workspace.question(name, by=by, over=over, start=start, end=end, as_of=as_of, where=where, **values)
    done, hidden = workspace.export_result(question, out, with_small_bases=with_small_bases, force=force)
    _told(done, "figures")
    if hidden:
        least = workspace.settings.bases.hide_below
        click.echo(
            f"{hidden:,} figures are hidden, as they rest on fewer than {least} customers or would give one away."
        )
    if with_small_bases:
        click.echo("Figures of very few customers are in this file: keep it to those who may see customers.", err=True)


def _table(
    workspace: Workspace,
    name: str,
    out: Path,
    *,
    where: str | None,
    columns: str | None,
    limit: int | None,
    force: bool,
) -> None:
    picked = [c.strip() for c in columns.split(",") if c.strip()] if columns else []
    _told(workspace.export_table(name, out, where=where, columns=picked, limit=limit, force=force), "rows")
    if name in _PEOPLE:
        click.echo("These are rows of customers, one by one: keep the file to those who may see customers.", err=True)


def _refuse(given: dict[str, Any], reason: str, of: str) -> None:
    for option, value in given.items():
        if value:
            raise InputError(f"{reason} {option} is for {of}. Leave it out.")


def _told(done: Exported, what: str) -> None:
    click.echo(f"Written: {done.files[0]}, {done.rows:,} {what}")
    for beside in done.files[1:]:
        click.echo(f"  codebook: {beside}")
    for note in done.notes:
        click.echo(f"  {note}")
