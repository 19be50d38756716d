"""From a scorecard and whatever answers its questions to where each objective stands.

A figure covers one reporting period: the month, unless the scorecard or a reading (`over: quarter`) says otherwise.
The figure "now" is the latest whole period that has data. Three reasons: a rate or a total means something only per
span of time, so that target, trend and status all speak of the same one; a year at a time would blur the change that a
scorecard is there to show; and half a month is not comparable with a whole one. Where there is no whole period yet, the
part there is counts. Where the data ended long ago, the latest figure stays and `unknown` says how old it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from heedful.errors import InputError
from heedful.measures.periods import next_period, period_start
from heedful.measures.question import Answers, MeasureInfo, Over, Question
from heedful.measures.results import ALL, Row
from heedful.scorecard import sentences
from heedful.scorecard.changes import Compared, compare, judge_changes
from heedful.scorecard.definition import Objective, ReadingSpec, Role, Scorecard
from heedful.scorecard.results import Change, Freshness, ObjectiveResult, Reading, ScorecardResult, Verbatim
from heedful.scorecard.status import Status, StatusAt, combine, run

Verbatims = Callable[[Objective, int], Sequence[Verbatim]]


def evaluate(
    scorecard: Scorecard,
    answers: Answers,
    *,
    company: str,
    as_of: date,
    over: Over = "month",
    periods: int = 13,
    segmentation: str | None = None,
    verbatims: Verbatims | None = None,
    quotes: int = 2,
    freshness: Sequence[Freshness] = (),
) -> ScorecardResult:
    """Where each objective of `scorecard` stands at the end of the day `as_of`.

    Each measure is asked once, over its whole history up to `as_of`: status is replayed over all of it, and `trend`
    keeps the last `periods`. With a `segmentation` (or a column, as in `Question.by`) each objective is judged for each
    of its segments: the result then has a row per objective and segment, in that order, without quotes. `verbatims`
    finds up to so many quotes for an objective. Raises `InputError` for a question that cannot be put.
    """
    asked = _Asking(answers, as_of, over, periods, segmentation)
    judged = [found for objective in scorecard.objectives for found in asked.objective(objective)]
    changes = judge_changes([part.compared for one in judged for part in one.parts])
    remaining = iter(changes)
    results = []
    for one in judged:
        of_one = [next(remaining) for _ in one.parts]
        found = verbatims(one.objective, quotes) if verbatims and segmentation is None else ()
        results.append(_result(one, of_one, tuple(found), over, as_of))
    return ScorecardResult(
        company=company,
        unit=scorecard.unit,
        as_of=as_of,
        objectives=tuple(results),
        competes_for=tuple(scorecard.competes_for.items()),
        sources=tuple(freshness),
        notes=(
            *_notes(over, sum(change is not None and change.p is not None for change in changes)),
            *dict.fromkeys(note for result in results for note in _redefined(result)),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One measure of an objective, before the changes of all have been corrected together."""

    role: Role
    spec: ReadingSpec
    info: MeasureInfo
    now: Row
    trend: tuple[Row, ...]
    statuses: tuple[StatusAt, ...]
    compared: Compared | None

    def reading(self, change: Change | None, objective: Objective) -> Reading:
        target, by = self.spec.target_on(self.now.period_end or date.max)
        status = None if target is None else (self.statuses[-1].status if self.statuses else Status.UNSURE)
        return Reading(
            self.role, self.info.name, self.info.title, self.now.unit, self.info.better, self.now, target, by, status,
            self.trend, change, (*self.info.changed, *(changed.declared() for changed in objective.changed)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Judged:
    objective: Objective
    segment: str
    parts: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _Asking:
    answers: Answers
    as_of: date
    over: Over
    periods: int
    segmentation: str | None

    def objective(self, objective: Objective) -> list[_Judged]:
        """The objective for everyone it is meant for, or once for each segment that has any data."""
        found = [(role, spec, self._history(objective, role, spec)) for role, spec in objective.readings()]
        if self.segmentation is None:
            segments: list[object] = [None]
        else:
            segments = sorted({value for _, _, rows in found for value in rows}, key=lambda v: (v is None, str(v)))
        return [
            _Judged(
                objective,
                self._describe(objective, value),
                tuple(self._part(role, spec, rows.get(value, ())) for role, spec, rows in found),
            )
            for value in segments
        ]

    def _history(self, objective: Objective, role: Role, spec: ReadingSpec) -> Mapping[object, Sequence[Row]]:
        """The figures of each segment, oldest first; under None where no segmentation is asked for."""
        by = (self.segmentation,) if self.segmentation else ()
        result = self.answers.answer(
            Question(
                spec.measure, by=by, over=spec.over or self.over, as_of=self.as_of, where=spec.where,
                segment=objective.segment, params=spec.params,
            )
        )  # fmt: skip
        histories: dict[object, list[Row]] = {}
        for row in result:
            histories.setdefault(row.by.get(self.segmentation) if self.segmentation else None, []).append(row)
        for rows in histories.values():
            rows.sort(key=lambda row: row.period_start or date.min)
            if len({row.period_start for row in rows}) < len(rows):
                raise InputError(
                    f'objective "{objective.voice}": {spec.measure} gives several figures a period, and the scorecard '
                    f"cannot know which is meant. Say so in `where` or `params` of `{role}`."
                )
        return histories

    def _part(self, role: Role, spec: ReadingSpec, rows: Sequence[Row]) -> _Part:
        info, over = self.answers.info(spec.measure), spec.over or self.over
        history = latest_whole(rows, over)
        now = history[-1] if history else _nothing(info, self.as_of)
        statuses = run(history, lambda day: spec.target_on(day)[0], info.better)
        return _Part(
            role, spec, info, now, tuple(history[-self.periods :]), tuple(statuses),
            compare(history, over, info.better, periods=self.periods),
        )  # fmt: skip

    def _describe(self, objective: Objective, value: object) -> str:
        named = {**objective.segment}
        if self.segmentation is not None:
            named[self.segmentation] = "not known" if value is None else str(value)
        return ", ".join(f"{name} {segment}" for name, segment in named.items()) or ALL


def latest_whole(rows: Sequence[Row], over: Over) -> Sequence[Row]:
    """`rows` up to the last whole period with data; up to the last with data if none of those is whole."""
    end = next((i for i in range(len(rows), 0, -1) if rows[i - 1].n > 0), 0)
    known = rows[:end]
    whole = next((i for i in range(len(known), 0, -1) if _is_whole(known[i - 1], over) and known[i - 1].n > 0), end)
    return known[:whole]


def _is_whole(row: Row, over: Over) -> bool:
    if row.period_start is None or row.period_end is None:
        return False
    return row.period_end >= next_period(period_start(row.period_start, over), over) - timedelta(days=1)


def _nothing(info: MeasureInfo, as_of: date) -> Row:
    return Row(info.name, ALL, {}, None, as_of, None, None, None, 0, 0, None, info.unit, reason="no_answers")


def _result(
    one: _Judged, changes: Sequence[Change | None], quotes: tuple[Verbatim, ...], over: Over, as_of: date
) -> ObjectiveResult:
    readings = [part.reading(change, one.objective) for part, change in zip(one.parts, changes, strict=True)]
    by_role = {reading.role: reading for reading in readings}
    say, do, kpi = by_role.get("say"), by_role.get("do"), by_role.get("kpi")
    status = combine(reading.status for reading in readings)
    said = [(reading, part.spec, part.statuses) for reading, part in zip(readings, one.parts, strict=True)]
    return ObjectiveResult(
        objective=one.objective,
        status=status,
        # What cannot be told yet has not been so since a day: nothing has been decided.
        status_since=None
        if status is Status.UNSURE
        else _since([part.statuses for part in one.parts if part.spec.target is not None]),
        say=say,
        do=do,
        kpi=kpi,
        disagreement=sentences.disagreement(say, do),
        tension=sentences.tension(
            [(reading, part.compared) for reading, part in zip(readings, one.parts, strict=True)], over
        ),
        quotes=quotes,
        segment=one.segment,
        unknown=sentences.unknown(one.objective, said, over=over, as_of=as_of),
    )


def _since(histories: Sequence[Sequence[StatusAt]]) -> date | None:
    """The first day of the period since which the measures together have given the status that they give now."""
    events = sorted(
        (
            (at.row.period_end, place, at)
            for place, history in enumerate(histories)
            for at in history
            if at.row.period_end
        ),
        key=lambda event: event[:2],
    )
    each = [Status.UNSURE] * len(histories)
    together, since = None, None
    for _, on_that_day in groupby(events, key=lambda event: event[0]):
        for last_day, place, at in on_that_day:
            each[place], first = at.status, at.row.period_start or last_day
        if combine(each) is not together:
            together, since = combine(each), first
    return since


def _redefined(result: ObjectiveResult) -> Iterator[str]:
    """The changes of definition that the trends span, which no figure on either side of them shows."""
    for reading in (result.say, result.do, result.kpi):
        if reading is None or not reading.trend:
            continue
        first, last = reading.trend[0].period_start, reading.trend[-1].period_end
        for change in reading.changed:
            if (first is None or first < change.on) and (last is None or change.on <= last):
                yield f"{reading.title}: {str(change)[:1].lower()}{str(change)[1:]}"


def _notes(over: Over, comparisons: int) -> tuple[str, ...]:
    said = [f"Each figure covers the latest whole {over} with data, unless its objective states another period."]
    if comparisons:
        many = f"{comparisons} comparisons" if comparisons > 1 else "one comparison"
        said.append(
            f"Changes are against the same period a year before, or the earliest one shown; {many}, corrected together "
            "(Holm)."
        )
    return tuple(said)
