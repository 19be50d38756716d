"""What a picture shows, in one sentence, for those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

from heedful.measures.formats import WHY_NONE, Format, count, format_for, period_name
from heedful.measures.results import Row
from heedful.scorecard.results import Reading


def reading_format(reading: Reading) -> Format:
    """The format in which a reading's value, interval and target are all written."""
    now = reading.now
    return format_for(reading.unit, now.value, now.low, now.high, reading.target)


def reading_sentence(reading: Reading) -> str:
    """`delivery CSAT (what customers say): 71 %, 95 % interval 66 to 76 %, target 85 %, missed, 1,204 customers.`"""
    form = reading_format(reading)
    whose = {"say": "what customers say", "do": "what happens", "kpi": "what the company wants"}[reading.role]
    parts = [figure_phrase(reading.now, form)]
    if reading.target is not None:
        parts.append(f"target {form.figure(reading.target)}")
    if reading.status is not None:
        parts.append(str(reading.status))
    if reading.now.value is not None:
        parts.append(base_phrase(reading.now))
    return f"{reading.title} ({whose}): {', '.join(parts)}."


def figure_phrase(row: Row, form: Format) -> str:
    """`71 %, 95 % interval 66 to 76 %`, or why there is no figure."""
    if row.value is None:
        return WHY_NONE[row.reason]
    if row.low is None or row.high is None:
        return form.figure(row.value)
    return f"{form.figure(row.value)}, 95 % interval {form.interval(row.low, row.high)}"


def base_phrase(row: Row) -> str:
    """`1,204 customers`; rows where the measure knows no customers."""
    if row.customers:
        return f"{count(row.customers)} customer{'' if row.customers == 1 else 's'}"
    return f"{count(row.n)} record{'' if row.n == 1 else 's'}"


def trend_sentence(title: str, rows: Sequence[Row], unit: str) -> str:
    """Where a line starts, where it ends, and between what it lay; it never says that something rose or fell."""
    known = [row for row in rows if row.value is not None]
    if not known:
        return f"{title}: no figures in {len(rows)} periods." if rows else f"{title}: no figures."
    first, last = known[0], known[-1]
    values = [row.value for row in known if row.value is not None]
    form = format_for(unit, last.value, last.low, last.high)
    text = f"{title}, {len(known)} period{'' if len(known) == 1 else 's'}: {form.figure(values[-1])} in the last"
    if len(known) > 1:
        text += f", {form.figure(values[0])} in the first, between {form.interval(min(values), max(values))} over all"
    missing = len(rows) - len(known)
    when = f"{period_name(first)} to {period_name(last)}" if len(known) > 1 else period_name(last)
    gaps = f"; {missing} period{' has' if missing == 1 else 's have'} no figure" if missing else ""
    return f"{text} ({when}){gaps}."
