"""How commands show what they found: rows as a table, JSON, CSV or Parquet, and the progress of long work."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from heedful.errors import InputError
from heedful.measures.formats import period_name
from heedful.measures.results import Row
from heedful.reports.notebook import figure_cells
from heedful.sources.pull import Progress as Report


def console(*, error: bool = False) -> Console:
    """A console that does not cut lines when its output goes to a file."""
    stream = sys.stderr if error else sys.stdout
    return Console(stderr=error, width=None if stream.isatty() else 160, highlight=False, soft_wrap=not stream.isatty())


@contextmanager
def writing(path: str | Path | None) -> Iterator[None]:
    """Turn a failure to write the file at `path`, if one is named, into `InputError`."""
    try:
        yield
    except OSError as error:
        if path is None:
            raise
        why = os.strerror(error.errno) if error.errno else str(error)
        raise InputError(
            f"{path}: this file cannot be written ({why}). Name another, in a folder that exists."
        ) from None


def show(table: pa.Table, form: str, output: str | None, draw: Callable[[Console], None]) -> None:
    """The rows of `table` in `form`, to `output` or to the terminal; `draw` makes the table for people."""
    with writing(output):
        _show(table, form, output, draw)


def _show(table: pa.Table, form: str, output: str | None, draw: Callable[[Console], None]) -> None:
    if form == "parquet":
        _parquet(table, output)
    elif form == "table":
        if output:
            with Path(output).open("w", encoding="utf-8") as file:
                draw(Console(file=file, width=160, highlight=False))
        else:
            draw(console())
    else:
        text = _json(table) if form == "json" else _csv(table)
        if output:
            Path(output).write_text(text, encoding="utf-8")
        else:
            click.echo(text, nl=False)


def _parquet(table: pa.Table, output: str | None) -> None:
    if output:
        pq.write_table(table, output)
        return
    if sys.stdout.isatty():
        raise InputError("Parquet is not for a terminal. Name a file: --output figures.parquet")
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    sys.stdout.buffer.write(buffer.getvalue())


def _json(table: pa.Table) -> str:
    rows = [{k: _plain(v) for k, v in row.items()} for row in table.to_pylist()]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    # JSON has no infinity; an upper bound that is not known is null.
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _csv(table: pa.Table) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow(["" if v is None else _formula_safe(_plain(v)) for v in row.values()])
    return buffer.getvalue()


def _formula_safe(value: object) -> object:
    """A spreadsheet runs text that begins like a formula; a quote in front keeps it text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def figures(rows: Sequence[Row], by: Sequence[str]) -> Callable[[Console], None]:
    """Draws the rows of a result: group, period, figure with its interval and base."""

    def draw(out: Console) -> None:
        table = Table(box=None, pad_edge=False, header_style="dim", collapse_padding=False)
        for name in by:
            table.add_column(name)
        has_period = any(r.period_start is not None for r in rows)
        if has_period:
            table.add_column("period")
        for name in ("value", "95 % interval", "rows", "customers"):
            table.add_column(name, justify="right")
        table.add_column("")
        for row in rows:
            cells = ["-" if row.by.get(n) is None else str(row.by.get(n)) for n in by]
            if has_period:
                cells.append(period_name(row))
            table.add_row(*cells, *figure_cells(row))
        out.print(table)

    return draw


@contextmanager
def progress() -> Iterator[Report]:
    """Shows long work: a bar on a terminal, a plain line a step otherwise."""
    if sys.stderr.isatty():
        with Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console(error=True), transient=True,
        ) as bars:  # fmt: skip
            tasks: dict[str, int] = {}

            def report(what: str, done: int, total: int | None) -> None:
                if what not in tasks:
                    tasks[what] = bars.add_task(what, total=total)
                bars.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

            yield report
        return
    said: set[str] = set()

    def line(what: str, _: int, __: int | None) -> None:
        if what not in said:
            said.add(what)
            click.echo(what, err=True)

    yield line
