"""A scorecard in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from heedful.measures.results import Result
from heedful.reports.notebook import figure_cells
from heedful.reports.sentences import (
    base_sentence,
    change_sentence,
    headline,
    readings,
    segment_phrase,
    target_sentence,
)
from heedful.scorecard.results import ObjectiveResult, ScorecardResult, Status

_MARKS: Mapping[Status, str] = {
    Status.MET: "[green]● met[/green]",
    Status.MISSED: "[red]▲ missed[/red]",
    Status.UNSURE: "[yellow]◆ cannot tell yet[/yellow]",
}
_SHAPES = {"say": "○", "do": "■", "kpi": "·"}


def draw_scorecard(out: Console, result: ScorecardResult) -> None:
    """The scorecard for people: each objective in the customer's voice, then what they say, what they do, the KPI."""
    out.print(f"[bold]{escape(headline(result))}[/bold]")
    out.print(
        f"{escape(result.company)}, {escape(result.unit)}; figures to {result.as_of:%-d %B %Y}, 95 % intervals.",
        style="dim",
    )
    for objective in result.objectives:
        out.print()
        _objective(out, objective, result)
    if result.notes:
        out.print()
    for note in result.notes:
        out.print(escape(note), style="dim")


def _objective(out: Console, objective: ObjectiveResult, result: ScorecardResult) -> None:
    asked = objective.objective
    about = [asked.attribute or "", segment_phrase(objective.segment), asked.owner or "no owner"]
    out.print(f"{_MARKS[objective.status]}  [italic]{escape(asked.voice)}[/italic]")
    out.print(f"   {escape(' · '.join(a for a in about if a))}", style="dim")
    table = Table(box=None, show_header=False, pad_edge=False)
    for justify in ("left", "left", "right", "left", "left", "left", "right"):
        table.add_column(justify=justify)
    for reading in readings(objective):
        value, interval, _, _, remark = figure_cells(reading.now)
        table.add_row(
            f"   {_SHAPES[reading.role]} {reading.role}",
            escape(reading.title),
            value,
            interval or remark,
            target_sentence(reading),
            change_sentence(reading, result.as_of),
            base_sentence(reading.now) if reading.now.value is not None else "",
        )
    out.print(table)
    for said in (objective.disagreement, objective.tension):
        if said:
            out.print(f"   {escape(said)}")
    for quote in objective.quotes[:1]:
        where = ", ".join(filter(None, (quote.language, quote.channel, f"{quote.said_on:%-d %b %Y}")))
        out.print(f"   [italic]“{escape(quote.text)}”[/italic] [dim]{escape(where)}[/dim]")


def scorecard_rows(result: ScorecardResult) -> pa.Table:
    """One row a reading: the objective, its status, and the figure as every result has it."""
    tables = [_rows(o) for o in result.objectives]
    return pa.concat_tables([t for t in tables if t.num_rows] or tables[:1], promote_options="permissive")


def _rows(objective: ObjectiveResult) -> pa.Table:
    found = readings(objective)
    own = Result("", "", tuple(r.now for r in found)).to_arrow()
    own = own.drop_columns(["segment"])
    columns: dict[str, Iterable[object]] = {
        "objective": [objective.objective.voice for _ in found],
        "segment": [objective.segment for _ in found],
        "status": [objective.status.value for _ in found],
        "role": [r.role for r in found],
        "reading_status": [r.status.value if r.status else None for r in found],
        "target": [r.target for r in found],
        "change": [r.change.difference if r.change else None for r in found],
        "change_p": [r.change.p if r.change else None for r in found],
        "direction": [r.change.direction if r.change else None for r in found],
    }
    numbers = {"target", "change", "change_p"}
    table = pa.table({k: pa.array(list(v), pa.float64() if k in numbers else pa.string()) for k, v in columns.items()})
    for name in own.column_names:
        table = table.append_column(name, own.column(name))
    return table
