"""What was planted in a simulated company, and what came of it by chance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from heedful.errors import InputError


@dataclass(frozen=True, slots=True)
class Known:
    """One true figure, in two readings.

    `parameter` is the probability or mean that the data were drawn from, averaged over those concerned; `realised` is
    the same figure counted over the whole finite population, of size `n`, also over those who never answered. Either is
    None where the other alone makes sense. A perfect measure of everyone gives `realised`; a sample scatters around it.
    """

    measure: str
    meaning: str
    unit: str
    parameter: float | None
    realised: float | None
    n: int
    segment: Mapping[str, str] = field(default_factory=dict)
    period: str = "all"  # "all", "before" or "after" the planted change


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was made different on a day: from `since` on, `measure` is drawn with `after`."""

    measure: str
    meaning: str
    segment: Mapping[str, str]
    since: date
    before: float
    after: float


@dataclass(frozen=True)
class Truth:
    """All that is known of one simulated company. `since` and `until` are local dates, both inclusive."""

    kind: str
    company: str
    seed: int
    customers: int
    since: date
    until: date
    facts: tuple[Known, ...]
    changes: tuple[Change, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)  # rows by raw file
    faults: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # planted faults by source and kind

    def known(self, measure: str, *, period: str = "all", **segment: str) -> Known:
        """The one figure of `measure` in `segment` (none given: everyone). Raises `KeyError` where nothing is known."""
        for fact in self.facts:
            if fact.measure == measure and fact.period == period and dict(fact.segment) == segment:
                return fact
        raise KeyError(f"{measure} {period} {segment}: nothing is known of this. Known: {sorted(self.measures)}")

    @property
    def measures(self) -> frozenset[str]:
        """The names of all measures of which something is known."""
        return frozenset(fact.measure for fact in self.facts)

    def write(self, path: Path) -> None:
        """Write all of it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Truth:
        """The truth written at `path`. Raises `InputError` where there is none."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: this is no truth.json of a simulated company ({error})") from None
        facts: Sequence[Mapping[str, object]] = raw.pop("facts")
        changes = [Change(**{**c, "since": date.fromisoformat(c["since"])}) for c in raw.pop("changes")]
        since, until = (date.fromisoformat(raw.pop(name)) for name in ("since", "until"))
        return cls(
            **raw,
            since=since,
            until=until,
            facts=tuple(Known(**fact) for fact in facts),  # type: ignore[arg-type]
            changes=tuple(changes),
        )
