"""One query for one question: the rows that a measure looks at, then per customer, then per group.

    base      the rows that count, each with its group, its customer, its weight w and its value v (and divisor d)
    clusters  one row a customer and group: n rows, x = sum of w (or of w * d), y = sum of w * v
    result    one row a group: m customers, n rows and the sums of x, y, xx, xy, yy over customers

What is derived for the rows (tenures, segments, the grid of periods) stands before them as further CTEs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from heedful.measures.composer import Composer, Scope
from heedful.measures.forms import FORMS
from heedful.measures.periods import span
from heedful.measures.question import Question
from heedful.measures.registry import Measure
from heedful.measures.setting import Setting
from heedful.measures.sql import LATEST


@dataclass(frozen=True)
class Plan:
    """A composed query. Its columns are `by_0`, `by_1`, …, `period` and those of the form of the statistic."""

    tree: exp.Select
    notes: tuple[str, ...] = ()


def compose(measure: Measure, question: Question, scope: Scope) -> Plan:
    """The query whose answer holds the statistics of `measure` for each group of `question`.

    Raises `UnknownNameError` and `ExpressionError` where the question names what does not exist or does not fit.
    """
    composer = Composer(measure, question, scope)
    groups = [composer.group(name) for name in question.by]
    parts, result = FORMS[measure.statistic.form](composer, groups)
    return Plan(composer.whole(result, parts).order_by(*composer.keys(groups), copy=False))


def row_conditions(measure: Measure, question: Question, scope: Scope, columns: Sequence[str]) -> exp.Select:
    """The rows behind a figure: `columns` (of `r`, the measure's rows) of each row that counts in `question`."""
    return Composer(measure, question, scope).rows(columns)


def check(measure: Measure, question: Question, setting: Setting) -> None:
    """Compose without data, for what it raises: `ExpressionError` and `UnknownNameError`."""
    period = span(None, LATEST.date(), setting.zone)
    compose(measure, question, Scope(setting, LATEST, (period,), (LATEST.date(),)))
