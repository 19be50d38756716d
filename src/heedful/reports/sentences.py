"""What a page says in words, written from the figures by rules. No sentence claims more than its interval holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from heedful.charts.captions import reading_format
from heedful.measures.formats import WHY_NONE, count, day, difference_format, format_for
from heedful.measures.results import Reason, Row
from heedful.scorecard.definition import Benchmark
from heedful.scorecard.results import Change, ObjectiveResult, Reading, ScorecardResult, Status

_WORDS = (
    "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_THINGS = "customers should be able to say of us"
_WHAT_TRUE_MEANS = (
    "True means that each of its measures, of what customers say and of what happens, reaches its target with 95 % "
    "certainty."
)


def number_word(n: int) -> str:
    """Words to twelve, digits beyond."""
    return _WORDS[n] if n < len(_WORDS) else count(n)


def plural(n: int, one: str, many: str | None = None) -> str:
    """`1 customer`, `1,204 customers`."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b, and c`."""
    if len(parts) < 3:
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])}, and {parts[-1]}"


def headline(result: ScorecardResult) -> str:
    """What is true, in one sentence."""
    statuses = [objective.status for objective in result.objectives]
    n = len(statuses)
    if n == 0:
        return f"Nobody has written down yet what {_THINGS}"
    met, missed, unsure = (statuses.count(s) for s in (Status.MET, Status.MISSED, Status.UNSURE))
    if n == 1:
        return {
            Status.MET: f"What {_THINGS} is true",
            Status.MISSED: f"What {_THINGS} is not true yet",
            Status.UNSURE: f"We cannot tell yet whether what {_THINGS} is true",
        }[statuses[0]]
    if met == n:
        all_of = "Both" if n == 2 else f"All {number_word(n)}"
        return f"{all_of} things that {_THINGS} are true"
    if missed == n:
        none_of = "Neither of the two" if n == 2 else f"None of the {number_word(n)}"
        return f"{none_of} things that {_THINGS} is true yet"
    if unsure == n:
        return f"We cannot tell yet whether any of the {number_word(n)} things that {_THINGS} is true"
    parts = [
        f"{number_word(met)} {'is' if met == 1 else 'are'} true" if met else "",
        f"{number_word(missed)} {'is' if missed == 1 else 'are'} not" if missed and met else "",
        f"{number_word(missed)} {'is' if missed == 1 else 'are'} not true" if missed and not met else "",
        f"{number_word(unsure)} cannot be told yet" if unsure else "",
    ]
    return f"Of {number_word(n)} things that {_THINGS}, {listed([part for part in parts if part])}"


def lede(result: ScorecardResult) -> str:
    """How sure the heading is, of whom, and as of when."""
    until = f"Figures to the end of {day(result.as_of)}"
    if not result.objectives:
        return f"{until}. Objectives stand in scorecard.yaml; heedful init writes a first one."
    rows = [reading.now for objective in result.objectives for reading in readings(objective)]
    shown = [row for row in rows if row.value is not None]
    bases = [row.customers for row in shown if row.customers]
    sentences = [
        _WHAT_TRUE_MEANS,
        f"{until}{_bases(bases)}.",
    ]
    if not shown:
        sentences[1] = f"{until}. There is no figure yet: nobody has answered, or nothing has been loaded."
    few, hidden = sum(row.flag == "few" for row in shown), sum(row.reason == "hidden" for row in rows)
    if few:
        sentences.append(f"{_figures(few)} on few customers and {'is' if few == 1 else 'are'} marked.")
    if hidden:
        verb = "figure is" if hidden == 1 else "figures are"
        sentences.append(f"{number_word(hidden).capitalize()} {verb} hidden to protect small groups of customers.")
    return " ".join(sentences)


def _figures(n: int) -> str:
    return "One figure rests" if n == 1 else f"{number_word(n).capitalize()} figures rest"


def _bases(bases: Sequence[int]) -> str:
    if not bases:
        return ""
    low, high = min(bases), max(bases)
    if low == high:
        return f", on {plural(low, 'customer')}"
    return f", each on {count(low)} to {count(high)} customers"


def readings(objective: ObjectiveResult) -> list[Reading]:
    """The readings that an objective has: say, do, KPI."""
    return [r for r in (objective.say, objective.do, objective.kpi) if r is not None]


def verdict(reading: Reading) -> str:
    """Why a reading has its status; empty where it has no target, and so none.

    `delivery CSAT is 9 to 19 points below its target.`
    """
    if reading.status is None or reading.target is None:
        return ""
    row, title = reading.now, reading.title
    if row.value is None:
        return f"{title}: {_WHY_NONE[row.reason]}."
    if reading.status is Status.UNSURE:
        if row.flag == "few":
            return f"{title} rests on only {plural(row.customers, 'customer')}, too few to judge."
        return f"{title} could lie on either side of its target: {_against(reading)}."
    return f"{title} {_decided(reading, row.value)}."


_WHY_NONE: Mapping[Reason | None, str] = {
    "no_answers": "there are no answers in this period",
    "too_few": "there are too few answers",
    "not_yet": "it is too early to know",
    "not_recorded": "nobody has recorded it",
    "hidden": "the figure is hidden, because it would speak of very few customers",
    None: "there is no figure",
}


def _decided(reading: Reading, value: float) -> str:
    own = _distance(reading, value)
    if own is not None:
        return f"is {own}"
    decided = "missed" if reading.status is Status.MISSED else "met"
    other = Status.MET if reading.status is Status.MISSED else Status.MISSED
    if _distance(replace(reading, status=other), value):
        return f"is now on the other side of its target, but counts as {decided} until that is more than chance"
    return f"is now within its margin of the target, and has not really changed since it was {decided}"


def _against(reading: Reading) -> str:
    form, row = reading_format(reading), reading.now
    target = "" if reading.target is None else form.figure(reading.target)
    if row.low is None or row.high is None:
        return f"the target is {target}"
    return f"{form.interval(row.low, row.high)} against {target}"


def _distance(reading: Reading, value: float) -> str | None:
    """How far the whole interval lies from the target on the side of the status; None if it does not."""
    row, target = reading.now, reading.target or 0.0
    low, high = (value if row.low is None else row.low) - target, (value if row.high is None else row.high) - target
    good_side = 1 if reading.better == "higher" else -1
    side = good_side if reading.status is Status.MET else -good_side
    near, far = sorted((low * side, high * side))
    if near < 0 or (near == 0 and far == 0 and reading.status is Status.MISSED):
        return None
    if far == 0:
        return "exactly at its target"
    where = "above" if side > 0 else "below"
    form = difference_format(reading.unit, near, far)
    if near == far:
        return f"{form.figure(far)} {where} its target"
    if form.bare(near) == form.bare(0) and math.isfinite(far):
        return f"up to {form.figure(far)} {where} its target"
    return f"{form.interval(near, far)} {where} its target"


def change_sentence(reading: Reading, as_of: date) -> str:
    """`worse since March, by 6 to 12 points`; what is not significant reads "no real change"."""
    change = reading.change
    if change is None:
        return "nothing earlier to compare with"
    since = moment(change.since, as_of)
    if change.direction == "unknown" or change.difference is None:
        return f"change since {since} cannot be told yet"
    if change.direction == "no real change":
        return f"no real change since {since}"
    return f"{change.direction} since {since}, {_size(reading.unit, change, change.difference)}"


def _size(unit: str, change: Change, difference: float) -> str:
    if change.low is None or change.high is None:
        return f"by {difference_format(unit, difference, difference).figure(abs(difference))}"
    near, far = sorted((abs(change.low), abs(change.high)))
    if math.isinf(far):
        return f"by about {difference_format(unit, difference, difference).figure(abs(difference))}"
    form = difference_format(unit, near, far)
    if change.low * change.high <= 0 or form.bare(near) == form.bare(0):
        return f"by up to {form.figure(far)}"
    if form.bare(near) == form.bare(far):
        return f"by {form.figure(far)}"
    return f"by {form.interval(near, far)}"


def moment(when: date, as_of: date) -> str:
    """`March`, `March 2025`, `12 March`: the year only where it is another one."""
    year = "" if when.year == as_of.year else f" {when.year}"
    return f"{when:%B}{year}" if when.day == 1 else f"{when.day} {when:%B}{year}"


def is_real(change: Change | None) -> bool:
    """Whether a change is more than chance."""
    return change is not None and change.direction in {"better", "worse", "up", "down"}


def target_sentence(reading: Reading) -> str:
    """`target 95 % by 31 December 2026`; empty without a target."""
    if reading.target is None:
        return ""
    by = f" by {day(reading.target_by)}" if reading.target_by else ""
    return f"target {reading_format(reading).figure(reading.target)}{by}"


def base_sentence(row: Row) -> str:
    """`1,204 customers`, `only 18 customers`, `all 6,690 customers`; empty where there is no figure."""
    if row.value is None:
        return ""
    base = plural(row.customers, "customer") if row.customers else plural(row.n, "record")
    return {"few": f"only {base}", "complete": f"all {base}", "stale": f"{base}, old data", None: base}[row.flag]


def figure(row: Row, unit: str) -> str:
    """A row's figure alone, or why there is none."""
    return (
        WHY_NONE[row.reason] if row.value is None else format_for(unit, row.value, row.low, row.high).figure(row.value)
    )


def interval(row: Row, unit: str) -> str:
    """A row's 95 % interval; empty where there is none, `complete` for a count without a margin."""
    if row.value is not None and row.low is not None and row.high is not None:
        return format_for(unit, row.value, row.low, row.high).interval(row.low, row.high)
    return "complete" if row.flag == "complete" else ""


def benchmark_sentence(benchmark: Benchmark, reading: Reading | None) -> str:
    """`Others reach 93 % in promise kept (base 4,000; branch report, March 2026).`"""
    value = format_for(reading.unit if reading else "", None, target=benchmark.value).figure(benchmark.value)
    base = f"base {count(benchmark.base)}; " if benchmark.base else ""
    of = f" in {in_sentence(reading.title)}" if reading else ""
    return f"Others reach {value}{of} ({base}{benchmark.source}, {benchmark.date:%B %Y})."


def in_sentence(title: str) -> str:
    """`on-time rate` for `On-time rate`; `CSAT` and `Net Promoter Score` keep their capitals."""
    return title[:1].lower() + title[1:] if title[1:] == title[1:].lower() else title


def segment_phrase(segment: str) -> str:
    """`all customers` for everyone, otherwise the segment as it is described."""
    return "all customers" if segment in {"all", ""} else segment


def channel_phrase(channel: str) -> str:
    """`focus group` for `focus_group`."""
    return channel.replace("_", " ")
