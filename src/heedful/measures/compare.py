"""One figure against another: a period against the one before, a segment against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pyarrow as pa

from heedful.errors import InputError
from heedful.measures.comparisons import compare_rows, holm
from heedful.measures.labels import label_text
from heedful.measures.question import Answers, Question
from heedful.measures.results import Result, Row

Against = Literal["previous", "rest"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`row` less `other`: the difference in the measure's unit, its 95 % interval, and Holm's p over all comparisons.

    All four are None where either figure has no value or no interval.
    """

    row: Row
    other: Row
    difference: float | None
    low: float | None
    high: float | None
    p: float | None


@dataclass(frozen=True)
class Comparisons(Sequence[Comparison]):
    """Comparisons of one measure, corrected together."""

    against: Against
    rows: tuple[Comparison, ...]
    by: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __getitem__(self, index: Any) -> Any:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def to_arrow(self) -> pa.Table:
        """The rows' own columns, then `other_value`, `difference`, `difference_low`, `difference_high`, `p`."""
        own = Result("", "", tuple(c.row for c in self.rows), self.by).to_arrow()
        more = {
            "other_value": [c.other.value for c in self.rows],
            "difference": [c.difference for c in self.rows],
            "difference_low": [c.low for c in self.rows],
            "difference_high": [c.high for c in self.rows],
            "p": [c.p for c in self.rows],
        }
        for name, values in more.items():
            own = own.append_column(name, pa.array(values, pa.float64()))
        return own


def compare(answers: Answers, question: Question, against: Against) -> Comparisons:
    """Each figure of `question` against the period before it, or against all customers outside of its segment.

    The two sides are taken as independent samples. Customers who stand on both sides make that cautious where they
    answer alike, as they mostly do. Raises `InputError` for a question without periods or without segments.
    """
    if against == "previous":
        if question.over is None:
            raise InputError("A comparison with the period before needs --over week, month, quarter or year.")
        result = answers.answer(question)
        pairs = [
            (now, before)
            for before, now in zip(result.rows, result.rows[1:], strict=False)
            if dict(now.by) == dict(before.by)
        ]
    else:
        if len(question.by) != 1:
            raise InputError("A comparison with the rest needs exactly one --by, such as --by country.")
        result = answers.answer(question)
        pairs = [(row, _rest(answers, question, row)) for row in result.rows]
    found = [compare_rows(now, other) for now, other in pairs]
    corrected = holm([f.p for f in found])
    rows = tuple(
        Comparison(now, other, f.difference, f.low, f.high, None if f.p is None else float(p))
        for (now, other), f, p in zip(pairs, found, corrected, strict=True)
    )
    return Comparisons(against, rows, result.by, result.notes)


def _rest(answers: Answers, question: Question, row: Row) -> Row:
    """The figure of everyone outside of the row's group, in the row's period; asked for, never subtracted."""
    (name,) = question.by
    label = row.by[name]
    outside = {**question.outside, name: label_text(label)}
    asked = replace(question, by=(), over=None, start=row.period_start, end=row.period_end, outside=outside)
    result = answers.answer(asked)
    # A measure may split its figure further, as choices do: each option is compared with itself.
    split = {k: v for k, v in row.by.items() if k != name}
    none = replace(row, value=None, low=None, high=None, n=0, customers=0, n_eff=None, flag=None, reason="no_answers")
    found = next((r for r in result.rows if dict(r.by) == split), none)
    return replace(found, segment=f"not {label}")
