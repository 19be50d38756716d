from __future__ import annotations

from datetime import date
from typing import Any, cast

import click
from rich.console import Console
from rich.table import Table

from heedful.cli.options import DAY, Workspace, assignments, formatted, scalar, with_workspace
from heedful.cli.output import figures, show
from heedful.cli.rankings import draw_ranking
from heedful.measures.compare import Against, Comparisons
from heedful.measures.formats import difference_format, period_name
from heedful.measures.question import Over
from heedful.measures.results import Result
from heedful.reports.notebook import figure_cells


@click.command(epilog="Example: heedful measure nps --by country --over month --from 2026-01-01")
@click.argument("name")
@click.option("--by", multiple=True, metavar="COLUMN|SEGMENTATION", help="Group by it; repeatable.")
@click.option("--over", type=click.Choice(["week", "month", "quarter", "year"]), help="One figure a period.")
@click.option("--from", "start", type=DAY, help="From this day on.")
@click.option("--to", "end", type=DAY, help="Up to the end of this day.")
@click.option("--as-of", type=DAY, help="Look back from the end of this day; by default as far as the data reach.")
@click.option("--where", metavar="SQL", help="Only rows that meet this condition.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the measure; repeatable.")
@click.option(
    "--against", type=click.Choice(["previous", "rest"]), help="Compare with the period before, or with the rest."
)
@click.option(
    "--rank",
    "ranked",
    is_flag=True,
    help="Rank the groups of one --by, with luck accounted for: heedful measure csat --by unit --rank",
)
@click.option("--sql", "show_sql", is_flag=True, help="Print the query behind the figure, not the figure.")
@formatted
@with_workspace
def command(
    workspace: Workspace,
    *,
    name: str,
    by: tuple[str, ...],
    over: Over | None,
    start: date | None,
    end: date | None,
    as_of: date | None,
    where: str | None,
    params: tuple[str, ...],
    against: str | None,
    ranked: bool,
    show_sql: bool,
    form: str,
    output: str | None,
) -> None:
    """Show the measure NAME with its 95 % interval and its base."""
    values: dict[str, Any] = {k: scalar(v) for k, v in assignments("--param", params).items()}
    question = workspace.question(name, by=by, over=over, start=start, end=end, as_of=as_of, where=where, **values)
    if show_sql:
        click.echo(workspace.runner.text(question) + ";")
        return
    if ranked:
        ranking = workspace.rank(question)
        show(ranking.to_arrow(), form, output, lambda out: draw_ranking(out, ranking))
        return
    if against is not None:
        compared = workspace.compare(question, cast("Against", against))
        show(compared.to_arrow(), form, output, lambda out: _compared(out, compared))
        return
    result = workspace.runner.answer(question)
    show(result.to_arrow(), form, output, lambda out: _shown(out, result))


def _shown(out: Console, result: Result) -> None:
    out.print(f"[bold]{result.title}[/bold] as of {result.as_of}")
    figures(result.rows, result.by)(out)
    for note in result.notes:
        out.print(note, style="dim")


def _compared(out: Console, compared: Comparisons) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in (*compared.by, "period", "value", "against", "difference", "p", ""):
        table.add_column(column, justify="right" if column in ("value", "against", "difference", "p") else "left")
    for c in compared.rows:
        period = period_name(c.row) if c.row.period_start else ""
        cells = [str(c.row.by.get(n)) for n in compared.by] + [period, figure_cells(c.row)[0], figure_cells(c.other)[0]]
        if c.low is None or c.high is None:
            table.add_row(*cells, "", "", "cannot tell")
            continue
        said = "real" if c.p is not None and c.p < 0.05 else "no real difference"
        if "few" in (c.row.flag, c.other.flag):
            said = "few customers: do not rely on it"
        form = difference_format(c.row.unit, c.low, c.high)
        table.add_row(*cells, form.interval(c.low, c.high), "" if c.p is None else f"{c.p:.3f}", said)
    out.print(table)
    out.print("Differences with 95 % interval; p corrected for all of them together (Holm).", style="dim")
