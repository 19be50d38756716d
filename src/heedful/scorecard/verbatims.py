"""The customers' own words beside an objective: those that it quotes by key, then the newest that say something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow as pa
from sqlglot import exp

from heedful.measures.compose import row_conditions
from heedful.measures.composer import Scope
from heedful.measures.periods import midnight, span
from heedful.measures.question import Question
from heedful.measures.runner import Runner
from heedful.scorecard.definition import Objective
from heedful.scorecard.results import Verbatim

_SHORTEST, _LONGEST = 20, 240
"""Fewer characters say nothing; more do not fit beside a figure. Thai needs no spaces, so words are not counted."""

_COLUMNS = ("source", "feedback_id", "text", "language", "channel", "occurred_at", "score")


def verbatims_of(objective: Objective, most: int, runner: Runner, as_of: date) -> Sequence[Verbatim]:
    """Up to `most` verbatims: first those that the objective names, then the newest behind its say measure.

    One a language first, so that no language speaks for all of them. Empty where nobody wrote anything.
    """
    zone = runner.setting.zone
    cut = midnight(as_of + timedelta(days=1), zone)
    named = [_split(key) for key in objective.quotes]
    found: list[Verbatim] = []
    if named:
        rows = exp.select(*_COLUMNS).from_("feedback").where(exp.or_(*(_is(source, key) for source, key in named)))
        by_key = {v.key: v for v in _read(runner, rows)}
        found += [by_key[key] for key in objective.quotes if key in by_key]
    if len(found) < most and objective.say is not None:
        question = Question(
            objective.say.measure, where=objective.say.where, segment=dict(objective.segment), as_of=as_of
        )
        measure = runner.measures[objective.say.measure]
        scope = Scope(runner.setting, cut, (span(None, as_of, zone),), (as_of,))
        query = row_conditions(measure, question, scope, [f"r.{c}" for c in _COLUMNS])
        length = exp.Length(this=exp.column("text", table="r"))
        query = query.where(
            "r.text is not null",
            exp.Between(this=length, low=exp.Literal.number(_SHORTEST), high=exp.Literal.number(_LONGEST)),
        )
        newest = _read(runner, query.order_by("r.occurred_at desc", "r.feedback_id").limit(40 * most))
        found += _spread([v for v in newest if v.key not in objective.quotes], most - len(found))
    return found[:most]


def _spread(newest: Sequence[Verbatim], most: int) -> list[Verbatim]:
    newest = list({v.text.casefold(): v for v in reversed(newest)}.values())[::-1]  # the same words once
    seen: set[str | None] = set()
    first = [v for v in newest if not (v.language in seen or seen.add(v.language))]  # type: ignore[func-returns-value]
    rest = [v for v in newest if v not in first]
    return [*first, *rest][:most]


def _split(key: str) -> tuple[str, str]:
    source, _, feedback_id = key.partition("/")
    return source, feedback_id


def _is(source: str, feedback_id: str) -> exp.Expr:
    return exp.and_(exp.column("source").eq(source), exp.column("feedback_id").eq(feedback_id))


def _read(runner: Runner, query: exp.Select) -> list[Verbatim]:
    table: pa.Table = runner.engine.query(query)
    zone = runner.setting.zone
    return [
        Verbatim(
            key=f"{r['source']}/{r['feedback_id']}",
            text=" ".join(r["text"].split()),
            language=r["language"],
            channel=r["channel"],
            said_on=r["occurred_at"].astimezone(zone).date(),
            score=r["score"],
        )
        for r in table.to_pylist()
    ]
