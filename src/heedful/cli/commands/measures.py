from __future__ import annotations

from pathlib import Path

import click
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from heedful.cli.options import formatted
from heedful.cli.output import show
from heedful.measures.registry import Catalogue, Measure
from heedful.settings import SETTINGS_FILE
from heedful.workspace import open_workspace


@click.command(epilog="Example: heedful measures on_time_rate")
@click.argument("name", required=False)
@click.option("-w", "--workspace", default=None, metavar="DIR", help="The workspace; by default the current folder.")
@formatted
@click.pass_context
def command(ctx: click.Context, name: str | None, workspace: str | None, form: str, output: str | None) -> None:
    """List all measures, or explain the one called NAME. Outside of a workspace: those that ship."""
    with_own = open_workspace(folder) if _is_workspace(folder := workspace or ctx.obj or ".") or workspace else None
    known = with_own.measures if with_own else Catalogue()
    if name is not None:
        click.echo(_explained(known[name]))
        return
    shown = ("name", "title", "stream", "kind", "unit", "better", "about")
    rows = [{"measure" if n == "name" else n: getattr(m, n) for n in shown} for m in known.values()]
    show(pa.Table.from_pylist(rows), form, output, lambda out: _list(out, list(known.values())))


def _is_workspace(folder: str) -> bool:
    return (Path(folder) / SETTINGS_FILE).exists()


def _list(out: Console, measures: list[Measure]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("measure", "stream", "kind", "unit", "what it says"):
        table.add_column(column, no_wrap=column != "what it says")
    for m in measures:
        table.add_row(m.name, m.stream, m.kind or "", m.unit, m.about)
    out.print(table)


def _explained(m: Measure) -> str:
    where = f" where {m.where}" if m.where else ""
    scale = f", scale {m.scale}" if m.scale else ""
    of = ", ".join(f"{role}: {text}" for role, text in m.statistic.of.items())
    factor = f", times {m.statistic.times:g}" if m.statistic.times != 1 else ""
    parts = "adds up" if m.statistic.adds_up else "does not add up over groups"
    lines = [
        f"{m.name}: {m.title}",
        m.about,
        "",
        f"looks at   {m.rows}{where}{scale}",
        f"computes   {m.statistic.form}{f' of {of}' if of else ''}{factor}",
        f"unit       {m.unit}; better: {m.better}; {parts}",
    ]
    if m.voice:
        lines.append(f'voice      "{m.voice}" ({m.outcome})')
    for name, param in m.params.items():
        default = "(none)" if param.default in (None, "") else param.default
        lines.append(f"parameter  {name} = {default}: {param.meaning}")
    if m.source:
        lines.append(f"source     {m.source}")
    return "\n".join(lines)
