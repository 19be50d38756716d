"""What a scorecard says in words: short, with the figures, and never more than they bear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from heedful.measures.formats import day, format_for
from heedful.measures.periods import next_period
from heedful.measures.question import Over
from heedful.measures.results import Row
from heedful.scorecard.changes import Compared
from heedful.scorecard.definition import Objective, ReadingSpec
from heedful.scorecard.results import Reading
from heedful.scorecard.status import Status, StatusAt


def period(first: date, over: Over) -> str:
    """`March 2026`, `the week of 2 March 2026`, `Q2 2026`, `2026`."""
    match over:
        case "week":
            return f"the week of {day(first)}"
        case "month":
            return f"{first:%B %Y}"
        case "quarter":
            return f"Q{(first.month + 2) // 3} {first.year}"
        case "year":
            return f"{first.year}"


def disagreement(say: Reading | None, do: Reading | None) -> str | None:
    """A sentence where what customers say and what happens stand on opposite sides of their targets."""
    if say is None or do is None or say.status is None or do.status is None:
        return None
    if {say.status, do.status} != {Status.MET, Status.MISSED} or not (_bears_out(say) and _bears_out(do)):
        return None
    figures = f"{_against_target(say)}; {_against_target(do)}"
    if say.status is Status.MET:
        return f"Customers are content, yet what happens falls short of its target: {figures}."
    return f"What happens is as it should be, yet customers do not say so: {figures}."


def _bears_out(reading: Reading) -> bool:
    """Whether the latest figure lies on the side of the target that its status says; a status outlives figures."""
    value, target = reading.now.value, reading.target
    if value is None or target is None:
        return False
    return (reading.status is Status.MET) == (value >= target if reading.better != "lower" else value <= target)


def tension(changed: Sequence[tuple[Reading, Compared | None]], over: Over) -> str | None:
    """A sentence where the KPI has really improved while what customers say, or what happens to them, has worsened."""
    by_role = {reading.role: (reading, compared) for reading, compared in changed}
    kpi = by_role.get("kpi")
    if kpi is None or kpi[1] is None or _direction(kpi[0]) != "better":
        return None
    worse = [
        _moved(*by_role[role])
        for role in ("say", "do")
        if role in by_role and _direction(by_role[role][0]) == "worse"
    ]  # fmt: skip
    if not worse:
        return None
    first = kpi[1].before.period_start
    since = f" since {period(first, over)}" if first else ""
    return (
        f"{_moved(*kpi, opening=True)}{since}, while {' and '.join(worse)}. "
        "They moved together; that does not show that one caused the other."
    )


def unknown(
    objective: Objective,
    readings: Sequence[tuple[Reading, ReadingSpec, Sequence[StatusAt]]],
    *,
    over: Over,
    as_of: date,
) -> tuple[str, ...]:
    """What is not known about an objective, and why."""
    said = list(_missing(objective))
    for reading, spec, statuses in readings:
        said += _of_reading(reading, statuses, spec.over or over, as_of)
    return tuple(said)


def _missing(objective: Objective) -> Iterator[str]:
    if objective.say is None:
        yield "There is no say measure: nobody has been asked."
    if objective.do is None:
        yield "There is no do measure: nothing shows whether it happens."


def _of_reading(reading: Reading, statuses: Sequence[StatusAt], over: Over, as_of: date) -> Iterator[str]:
    title, now = reading.title, reading.now
    if reading.role != "kpi" and reading.target is None:
        yield f"{title} has no target."
    first = now.period_start
    if first is None or now.value is None:
        yield _no_value(reading, over, as_of)
        return
    when = period(first, over)
    if stale := _later_period(now, over, as_of):
        yield f"{title}: the latest figure is of {when}; there is nothing newer {stale}."
    if now.flag == "few":
        yield f"{title} rests on {_base(reading.now)} in {when}: too few to judge by."
    elif statuses and reading.target is not None:
        yield from _of_status(reading, statuses[-1], when, over)
    if reading.change is None and reading.role != "kpi":
        yield f"{title} has no earlier figure to compare with."


def _no_value(reading: Reading, over: Over, as_of: date) -> str:
    now = reading.now
    where = f"in {period(now.period_start, over)}" if now.period_start else f"up to {day(as_of)}"
    match now.reason:
        case "too_few":
            return f"{reading.title}: too few {_things(reading)} {where} ({now.n:,})."
        case "not_yet":
            return f"{reading.title}: {where} is not over long enough to tell."
        case "not_recorded":
            return f"{reading.title} cannot be told: no source records what it counts."
        case "hidden":
            return f"{reading.title} is hidden: it rests on too few customers."
        case _:
            return f"{reading.title}: no {_things(reading)} {where}."


def _of_status(reading: Reading, at: StatusAt, when: str, over: Over) -> Iterator[str]:
    now, target = reading.now, reading.target
    if at.status is Status.UNSURE and now.low is not None and now.high is not None and target is not None:
        form = format_for(now.unit, now.value, now.low, now.high, target)
        yield (
            f"{reading.title} cannot be told from its target yet: between {form.figure(now.low)} and "
            f"{form.figure(now.high)}, against {form.figure(target)}."
        )
    if at.since is None or at.alone is at.status:
        return
    stands = f"{at.status} since {period(at.since, over)}"
    if at.alone is Status.UNSURE:
        yield f"{reading.title} has been {stands}; {when} by itself cannot tell."
    elif at.pending:
        yield f"{reading.title} has been {stands}; {when} says otherwise, and counts once the next period confirms it."
    else:
        yield f"{reading.title} has been {stands}; {when} says otherwise, but the change may still be chance."


def _later_period(now: Row, over: Over, as_of: date) -> str:
    """`up to 1 October 2018`, where a whole later period has passed without a figure."""
    if now.period_start is None:
        return ""
    later = next_period(next_period(now.period_start, over), over)
    return f"up to {day(as_of)}" if later - timedelta(days=1) <= as_of else ""


def _base(row: Row) -> str:
    count, name = (row.customers, "customer") if row.customers else (row.n, "row")
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _things(reading: Reading) -> str:
    return "answers" if reading.role == "say" else "data"


def _direction(reading: Reading) -> str:
    return reading.change.direction if reading.change else "unknown"


def _against_target(reading: Reading) -> str:
    value, target = reading.now.value, reading.target
    if value is None or target is None:
        return reading.title
    form = format_for(reading.unit, value, reading.now.low, reading.now.high, target)
    return f"{_in_sentence(reading.title)} {form.figure(value)} against {form.figure(target)}"


def _moved(reading: Reading, compared: Compared | None, *, opening: bool = False) -> str:
    """`on-time rate fell from 96 % to 93 %`."""
    title = reading.title if opening else _in_sentence(reading.title)
    if compared is None or compared.now.value is None or compared.before.value is None:
        return title
    now, before = compared.now.value, compared.before.value
    verb = "rose" if now > before else "fell"
    form = format_for(reading.unit, now, compared.now.low, compared.now.high)
    return f"{title} {verb} from {form.figure(before)} to {form.figure(now)}"


def _in_sentence(title: str) -> str:
    """A title inside a sentence: `On-time rate` loses its capital, `CSAT` and `Net Promoter Score` do not."""
    return title[:1].lower() + title[1:] if title[1:] == title[1:].lower() else title
