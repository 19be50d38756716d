"""A ranking as the terminal shows it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from heedful.measures.formats import WHY_NONE, format_for
from heedful.measures.ranking import Ranked, Ranking
from heedful.reports.notebook import figure_cells


def draw_ranking(out: Console, ranking: Ranking) -> None:
    """Ranks with their intervals, shrunk figures beside the units' own, and who stands out."""
    out.print(f"[bold]{ranking.title}[/bold] by {ranking.by}")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("rank", "may be", ranking.by, "estimate", "95 % interval", "own figure", "customers", "best fifth"):
        table.add_column(name, justify="left" if name == ranking.by else "right")
    for name in ("worst fifth", "p"):
        table.add_column(name, justify="right")
    table.add_column("")
    for ranked in ranking.rows:
        table.add_row(*_cells(ranked))
    out.print(table)
    out.print(ranking.sentence)
    for row in ranking.unranked:
        why = WHY_NONE[row.reason] if row.value is None else "too few customers for an interval"
        out.print(f"Not ranked: {'no ' + ranking.by if row.by[ranking.by] is None else row.by[ranking.by]} ({why}).")
    out.print(
        "Estimates are drawn towards each other, the more so the fewer customers. Against the others together; p "
        "corrected for all (Benjamini and Hochberg).",
        style="dim",
    )
    for note in ranking.notes:
        out.print(note, style="dim")


def _cells(ranked: Ranked) -> tuple[str, ...]:
    form = format_for(ranked.row.unit, ranked.value, ranked.low, ranked.high)
    return (
        str(ranked.rank),
        f"{ranked.rank_low} to {ranked.rank_high}",
        ranked.title,
        form.figure(ranked.value),
        form.interval(ranked.low, ranked.high),
        figure_cells(ranked.row)[0],
        f"{ranked.row.customers:,}",
        f"{ranked.top:.0%}",
        f"{ranked.bottom:.0%}",
        "" if ranked.p is None else f"{ranked.p:.3f}",
        ranked.stands_out or "",
    )
