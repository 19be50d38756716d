"""A result as a notebook shows it: its picture above its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING, Self

from heedful.measures.formats import WHY_NONE, format_for, period_name
from heedful.measures.results import Result, Row

if TYPE_CHECKING:
    from heedful.charts import Picture

_MOST_ROWS = 60


class Figures(Result):
    """A result that draws itself: in a notebook as picture and table, in a terminal as a table."""

    @classmethod
    def of(cls, result: Result) -> Self:
        """The same rows."""
        return cls(**{f.name: getattr(result, f.name) for f in fields(Result)})

    def chart(self) -> Picture:
        """The picture of these figures, as an Altair chart."""
        from heedful.charts import picture  # noqa: PLC0415 -- charts take half a second to import

        return picture(self)

    def _repr_html_(self) -> str:
        from heedful.charts import svg  # noqa: PLC0415 -- charts take half a second to import

        drawn = svg(self.chart()) if any(row.value is not None for row in self.rows) and len(self.rows) > 1 else ""
        head = [*self.by, *(["period"] if self.over else []), "value", "95 % interval", "rows", "customers", ""]
        body = "".join(_table_row(self._cells(row)) for row in self.rows[:_MOST_ROWS])
        more = f"<p>and {len(self.rows) - _MOST_ROWS:,} more</p>" if len(self.rows) > _MOST_ROWS else ""
        caption = f"{escape(self.title)}, as of {self.as_of}" if self.as_of else escape(self.title)
        heading = "".join(f"<th>{escape(h)}</th>" for h in head)
        head_row, rows = f"<thead><tr>{heading}</tr></thead>", f"<tbody>{body}</tbody>"
        return f"{drawn}<table><caption>{caption}</caption>{head_row}{rows}</table>{more}"

    def __str__(self) -> str:
        rows = [[*self.by, *(["period"] if self.over else []), "value", "95 % interval", "rows", "customers", ""]]
        rows += [self._cells(row) for row in self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([f"{self.title}, as of {self.as_of}", *lines])

    def _cells(self, row: Row) -> list[str]:
        groups = ["-" if row.by.get(n) is None else str(row.by.get(n)) for n in self.by]
        period = [period_name(row)] if self.over else []
        return [*groups, *period, *figure_cells(row)]


def _table_row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def figure_cells(row: Row) -> tuple[str, str, str, str, str]:
    """Value, interval, rows, customers and remark of one figure, for people."""
    base = (f"{row.n:,}", f"{row.customers:,}")
    if row.value is None:
        return ("-", "", *base, WHY_NONE[row.reason])
    form = format_for(row.unit, row.value, row.low, row.high)
    interval = form.interval(row.low, row.high) if row.low is not None and row.high is not None else ""
    remark = {"few": "few customers", "complete": "complete", "stale": "stale"}.get(row.flag or "", "")
    return (form.figure(row.value), interval, *base, remark)
