"""From the sums of one question to its lines: shares, nets, mean, deviation and net score of every column."""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heedful.measures import banner_sql
from heedful.measures.banner_results import Base, Block, Cell, Line, LineKind
from heedful.measures.banner_sql import Wanted
from heedful.measures.comparisons import Differences
from heedful.measures.estimators import ClusterSums, Estimate, effective_customers, mean, net_share, share
from heedful.measures.letters import letters, means_differ, net_shares_differ, pairs, shares_differ
from heedful.measures.tabulation import Asked, Net, code_text

Array = NDArray[np.float64]
Row = Mapping[str, Any]
Key = tuple[str, int, str]
_HUNDRED = 100.0


@dataclass(frozen=True)
class Sums:
    """What the query of one question and banner answered, by group; None is the group of those who have none."""

    bases: Mapping[object, Row]
    lines: Mapping[Key, Mapping[object, Row]]


@dataclass(frozen=True)
class Part:
    """One question with its sums for the total and for each banner.

    `nets` are those typed by hand that it has; `sharing` holds, by banner, the pairs of groups that share a customer.
    """

    asked: Asked
    wanted: Wanted
    codes: frozenset[str]
    nets: tuple[Net, ...]
    total: Sums
    banners: tuple[Sums, ...]
    sharing: tuple[frozenset[tuple[object, object]], ...]


@dataclass(frozen=True)
class _Place:
    """Where a column's sums are."""

    sums: Sums
    group: object

    @property
    def base(self) -> Row | None:
        return self.sums.bases.get(self.group)

    def line(self, key: Key) -> Row | None:
        return self.sums.lines.get(key, {}).get(self.group)


@dataclass(frozen=True)
class _Tests:
    """Which columns are tested against which, by banner, and the letter of each column."""

    pairs: tuple[tuple[tuple[int, int], ...], ...]
    names: tuple[str, ...]


def read_sums(rows: Sequence[Row]) -> Sums:
    """The rows of `banner_sql.statistics`, sorted out."""
    bases: dict[object, Row] = {}
    lines: dict[Key, dict[object, Row]] = {}
    for row in rows:
        if row["line"] == banner_sql.BASE:
            bases[row["g"]] = row
        else:
            code = "" if row["code"] is None else code_text(row["code"])
            lines.setdefault((row["line"], int(row["place"]), code), {})[row["g"]] = row
    return Sums(bases, lines)


def block(part: Part, by: Sequence[str], groups: Sequence[Sequence[object]], least: int) -> Block:
    """One question of the table. Columns whose effective base is below `least` are not tested."""
    places, names = [_Place(part.total, None)], [""]
    banners = []
    for sums, found in zip(part.banners, groups, strict=True):
        banners.append(range(len(places), len(places) + len(found)))
        places += [_Place(sums, group) for group in found]
        names += string.ascii_uppercase[: len(found)]
    bases = tuple(_base(place.base, least) for place in places)
    tested = []
    for banner, sharing in zip(banners, part.sharing, strict=True):
        large = [i for i in banner if bases[i].flag is None and bases[i].n]
        tested.append(tuple(pairs(large, _apart(places, sharing))))
    tests = _Tests(tuple(tested), tuple(names))
    lines = [_line(label, kind, key, places, tests) for label, kind, key in _keys(part)]
    if part.wanted.kind == "scale":
        lines.insert(len(lines) - part.wanted.nps, _deviation(places))
    outside = [int(s.bases[None]["m"]) if None in s.bases else 0 for s in part.banners]
    return Block(
        part.asked.name, part.asked.title, _is_multiple(part), bases, tuple(lines), dict(zip(by, outside, strict=True))
    )


def _apart(places: Sequence[_Place], sharing: frozenset[tuple[object, object]]) -> Callable[[int, int], bool]:
    return lambda one, other: (places[one].group, places[other].group) not in sharing


def _is_multiple(part: Part) -> bool:
    """Whether somebody chose more than one option."""
    chosen = sum(int(found[None]["k"]) for key, found in part.total.lines.items() if key[0] == banner_sql.OPTION)
    return part.wanted.kind == "choice" and chosen > int(part.total.bases[None]["k"])


def _keys(part: Part) -> list[tuple[str, LineKind, Key]]:
    """The lines in order: nets, options from the top of the scale or from the most chosen one, then the moments."""
    found: list[tuple[str, LineKind, Key]] = [
        (net.label, "net", (banner_sql.NET, i, "")) for i, net in enumerate(part.wanted.nets)
    ]
    labels = part.asked.labels
    if part.wanted.options:
        found += [(labels.get(c, c), "option", (banner_sql.OPTION, 0, c)) for c in _ordered(part)]
    if part.wanted.kind == "scale":
        found.append(("Mean", "mean", (banner_sql.MEAN, 0, "")))
    if part.wanted.nps:
        found.append(("Net Promoter Score", "nps", (banner_sql.NPS, 0, "")))
    return found


def _ordered(part: Part) -> list[str]:
    if part.wanted.kind == "scale":
        return sorted(part.codes, key=float, reverse=True)
    declared = {code: place for place, code in enumerate(part.asked.labels)}
    sums = {key[2]: float(found[None]["sy"]) for key, found in part.total.lines.items() if key[0] == banner_sql.OPTION}
    return sorted(part.codes, key=lambda c: (declared.get(c, len(declared)), -sums.get(c, 0.0), c))


def _base(row: Row | None, least: int) -> Base:
    if row is None:
        return Base(0, 0, 0.0, 0.0)
    n_eff = _known(float(effective_customers(_cluster_sums([row], [row]))[0])) or 0.0
    return Base(int(row["k"]), int(row["m"]), float(row["sy"]), n_eff, "few" if n_eff < least else None)


def _line(label: str, kind: LineKind, key: Key, places: Sequence[_Place], tests: _Tests) -> Line:
    rows = [place.line(key) for place in places]
    sums = _cluster_sums([place.base for place in places], rows)
    found, differ = _figures(kind, sums)
    letter = [""] * len(places)
    for tested in tests.pairs:
        if not tested:
            continue
        one, other = (np.array(side, dtype=np.intp) for side in zip(*tested, strict=True))
        p = differ(sums, one, other).p
        letter = [a + b for a, b in zip(letter, letters(found.value, tested, p, tests.names), strict=True)]
    cells = tuple(
        Cell(_known(float(found.value[i])), int(row["k"]) if row else 0, letter[i]) for i, row in enumerate(rows)
    )
    return Line(label, kind, cells)


def _figures(
    kind: LineKind, sums: ClusterSums
) -> tuple[Estimate, Callable[[ClusterSums, NDArray[np.intp], NDArray[np.intp]], Differences]]:
    if kind == "mean":
        return mean(sums), means_differ
    if kind == "nps":
        return net_share(sums).times(_HUNDRED), net_shares_differ
    return share(sums), shares_differ


def _deviation(places: Sequence[_Place]) -> Line:
    """The weighted standard deviation of answers, with n / (n - 1): that of a sample."""
    cells = []
    for place in places:
        base, first = place.base, place.line((banner_sql.MEAN, 0, ""))
        second = place.line((banner_sql.SQUARE, 0, ""))
        if base is None or first is None or second is None or int(base["k"]) < 2 or not base["sy"]:
            cells.append(Cell(None, 0))
            continue
        n, x = int(base["k"]), float(base["sy"])
        average = float(first["sy"]) / x
        variance = max(float(second["sy"]) / x - average**2, 0.0) * n / (n - 1)
        cells.append(Cell(math.sqrt(variance), n))
    return Line("Standard deviation", "deviation", tuple(cells))


def _cluster_sums(bases: Sequence[Row | None], lines: Sequence[Row | None]) -> ClusterSums:
    """The six sums of one line over all columns; a line that nobody of a column is in counts 0 there."""

    def of(rows: Sequence[Row | None], name: str) -> Array:
        return np.array([0.0 if row is None else float(row[name]) for row in rows])

    present = [None if base is None else line for base, line in zip(bases, lines, strict=True)]
    return ClusterSums(
        m=of(bases, "m"), n=of(bases, "k"), sx=of(bases, "sy"), sxx=of(bases, "syy"), sy=of(present, "sy"),
        sxy=of(present, "sxy"), syy=of(present, "syy"), s_abs=of(present, "sa"),
    )  # fmt: skip


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
