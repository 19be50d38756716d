"""Times in transcripts: offsets from the start of a conversation, and the moments at which conversations begin."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_OFFSET = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?")
_IN_NAME = re.compile(
    r"(?<!\d)((?:19|20)\d{2})([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])"
    r"(?:[T _-]{1,3}([01]\d|2[0-3])([-_:.h]?)([0-5]\d)(?:\6([0-5]\d))?(Z|[+-]\d{2}:?\d{2})?)?(?!\d)"
)
_SHORT_ZONE = re.compile(r"([+-]\d{2})(\d{2})$")


def offset_s(text: str) -> float | None:
    """Seconds of an offset such as 01:02:03.450, 02:03 or 1:02:03,450; None where it is none."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds, fraction = found.groups()
    if int(seconds) > 59 or (hours is not None and int(minutes) > 59):
        return None
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")


def moment(text: str) -> datetime | date | None:
    """The moment that `text` states as 2026-03-04, 2026-03-04 18:00 or with a zone; None where it states none."""
    written = text.strip().replace("/", "-") if re.match(r"\d{4}/", text.strip()) else text.strip()
    written = re.sub(r"(\.\d{6})\d+", r"\1", re.sub(r"\s*(UTC|GMT)$", "Z", written))
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
            return date.fromisoformat(written)
        return datetime.fromisoformat(_SHORT_ZONE.sub(r"\1:\2", written))
    except ValueError:
        return None


def moment_in_name(name: str) -> str | None:
    """The date, with or without a time, that the name of a file holds: year, month and day in this order."""
    found = _IN_NAME.search(name)
    if found is None:
        return None
    year, _, month, day, hour, _, minute, second, zone = found.groups()
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return None
    if hour is None:
        return f"{year}-{month}-{day}"
    # Zoom writes GMT before the time in the name of a recording.
    zone = zone or ("Z" if name[: found.start()].endswith("GMT") else "")
    return f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{zone}"


def after(start: datetime | date | None, seconds: float | None) -> str | None:
    """The moment `seconds` after `start` as text, with a zone if `start` has one.

    Without an offset it is `start` itself: a turn without a time of its own was spoken in its conversation.
    """
    if start is None:
        return None
    if not isinstance(start, datetime):
        if seconds is None:
            return start.isoformat()
        start = datetime(start.year, start.month, start.day)  # noqa: DTZ001 (local to the source, which knows its zone)
    return written(start + timedelta(seconds=seconds or 0.0))


def written(moment: datetime) -> str:
    """A moment as text that the reading of times takes: microseconds where there are any, and Z for UTC."""
    if moment.tzinfo is not None:
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ") + "Z"
    return moment.isoformat(sep=" ")
