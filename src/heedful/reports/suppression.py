"""Hiding figures that rest on very few customers, at the border where figures leave those who may see customers.

Three rules, all of them about customers, not rows:

1. A figure of 1 to 4 customers is hidden (`hide_below`). A group of nobody may be shown as such.
2. Where groups exclude each other and their total is shown, a hidden figure could be had by subtraction. Then the
   next smallest group is hidden with it, until the hidden ones are at least two, hold at least 5 customers together,
   and none of them follows from what is shown by any addition or subtraction; if no group is left to hide, the total
   is hidden.
3. Where groups overlap there is no such remedy. One is shown only if it and its difference from every shown group that
   contains it, the whole included, hold 5 customers.

This is no full audit of a table: limits on a hidden figure ("at most 9") can still be worked out, groups that overlap
without one containing the other are not looked at, and neither are differences between two reports of different days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from heedful.measures.results import ALL, Result, Row

UNKNOWN = -1
"""The base of a figure that somebody else has hidden before."""


@dataclass(frozen=True, slots=True)
class Line:
    """Figures that exclude each other, and the one that is their total, by their places in the list of figures.

    `rest` counts customers of the total who are in no part that is listed.
    """

    total: int
    parts: tuple[int, ...]
    rest: int = 0


def suppress(
    result: Result,
    *,
    hide_below: int = 5,
    flag_below: int = 30,
    overlapping: Collection[str] = (),
    nested: Collection[tuple[str, str]] = (),
) -> Result:
    """`result` as those may see it who may not see customers. Doing it twice changes nothing.

    `overlapping` names the columns of `by` whose groups overlap; all others exclude each other. `nested` lists groups
    (inner, outer) of overlapping columns of which one contains the other. A shown figure of fewer than `flag_below`
    customers bears the flag "few".
    """
    rows = result.rows
    columns = [_coordinates(rows, name) for name in result.by]
    if not _determined_by(rows, columns):
        columns.insert(0, [row.segment for row in rows])
    overlaps = [name in overlapping for name in result.by]
    overlaps = [*([True] if len(columns) > len(overlaps) else []), *overlaps]
    lines = period_lines(rows, list(zip(*columns, strict=True)) if columns else [()] * len(rows))
    pairs: list[tuple[int, int]] = []
    for place, column in enumerate(columns):
        others = [c for i, c in enumerate(columns) if i != place]
        groups = _grouped(rows, others)
        if overlaps[place]:
            pairs += _nested_pairs(column, groups, nested)
        else:
            lines += _partitions(column, groups)
    hidden = places_to_hide([base_of(row) for row in rows], lines, pairs, hide_below)
    return replace(result, rows=tuple(shown(row, i in hidden, flag_below) for i, row in enumerate(rows)))


def base_of(row: Row) -> int:
    """How many customers a row speaks of; `UNKNOWN` where it is hidden already."""
    return UNKNOWN if row.reason == "hidden" else row.customers


def places_to_hide(
    bases: Sequence[int], lines: Sequence[Line], nested: Iterable[tuple[int, int]], hide_below: int
) -> frozenset[int]:
    """Which figures have to be hidden, given the customers behind each, the sums among them and what contains what."""
    hidden = {i for i, base in enumerate(bases) if base == UNKNOWN or 0 < base < hide_below}
    hidden |= _too_close(bases, hidden, list(nested), hide_below)
    while more := _complement(bases, hidden, lines, hide_below) or _recoverable(bases, hidden, lines):
        hidden |= more
    return frozenset(hidden)


def period_lines(rows: Sequence[Row], groups: Sequence[tuple[object, ...]]) -> list[Line]:
    """Sums over time: a row whose period holds at least two periods of the same group is their total."""
    by_group: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for i, group in enumerate(groups):
        by_group[group].append(i)
    lines = []
    for places in by_group.values():
        for total in places:
            parts = tuple(i for i in places if i != total and _within(rows[i], rows[total]))
            if len(parts) > 1:
                lines.append(Line(total, parts))
    return lines


def _within(inner: Row, outer: Row) -> bool:
    if inner.period_start is None or inner.period_end is None:
        return False
    starts = outer.period_start is None or outer.period_start <= inner.period_start
    ends = outer.period_end is None or inner.period_end <= outer.period_end
    same = (inner.period_start, inner.period_end) == (outer.period_start, outer.period_end)
    return starts and ends and not same


def _coordinates(rows: Sequence[Row], name: str) -> list[object]:
    return [row.by.get(name, ALL) for row in rows]


def _determined_by(rows: Sequence[Row], columns: Sequence[Sequence[object]]) -> bool:
    """Whether `segment` says nothing that the columns do not say already."""
    seen: dict[tuple[object, ...], str] = {}
    return all(
        seen.setdefault(tuple(column[i] for column in columns), row.segment) == row.segment
        for i, row in enumerate(rows)
    )


def _grouped(rows: Sequence[Row], columns: Sequence[Sequence[object]]) -> list[list[int]]:
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        groups[row.period_start, row.period_end, *(column[i] for column in columns)].append(i)
    return list(groups.values())


def _partitions(column: Sequence[object], groups: Sequence[Sequence[int]]) -> list[Line]:
    lines = []
    for places in groups:
        totals = [i for i in places if column[i] == ALL]
        parts = tuple(i for i in places if column[i] != ALL)
        lines += [Line(total, parts) for total in totals if parts]
    return lines


def _nested_pairs(
    column: Sequence[object], groups: Sequence[Sequence[int]], nested: Collection[tuple[str, str]]
) -> list[tuple[int, int]]:
    known = set(nested)
    return [
        (inner, outer)
        for places in groups
        for inner in places
        for outer in places
        if column[inner] != ALL and (column[outer] == ALL or (column[inner], column[outer]) in known)
    ]


def _too_close(bases: Sequence[int], hidden: set[int], pairs: Sequence[tuple[int, int]], hide_below: int) -> set[int]:
    """The groups to hide so that each shown pair differs by nobody or by enough; larger groups are kept first."""
    partners: dict[int, set[int]] = defaultdict(set)
    for inner, outer in pairs:
        partners[inner].add(outer)
        partners[outer].add(inner)
    kept: set[int] = set()
    closed: set[int] = set()
    for place in sorted(partners, key=lambda i: (-bases[i], i)):
        if place in hidden:
            continue
        close = any(0 < abs(bases[place] - bases[other]) < hide_below for other in partners[place] & kept)
        (closed if close else kept).add(place)
    return closed


def _complement(bases: Sequence[int], hidden: set[int], lines: Sequence[Line], hide_below: int) -> set[int]:
    """For the first line that gives a hidden figure away: what else has to go."""
    for line in lines:
        if line.total in hidden:
            continue
        gone = [i for i in line.parts if i in hidden]
        concealed = len(gone) + (line.rest > 0)
        if not concealed:
            continue
        together = line.rest + sum(bases[i] for i in gone)
        enough = any(bases[i] == UNKNOWN for i in gone) or together >= hide_below
        if (gone and concealed == 1) or not enough:
            return _next_in(bases, hidden, line)
    return set()


def _next_in(bases: Sequence[int], hidden: set[int], line: Line) -> set[int]:
    """The smallest shown part of a line that has anybody in it, else its total."""
    left = [i for i in line.parts if i not in hidden and bases[i] > 0]
    return {min(left, key=lambda i: (bases[i], i))} if left else {line.total}


def _recoverable(bases: Sequence[int], hidden: set[int], lines: Sequence[Line]) -> set[int]:
    """What else has to go because some hidden figure follows from several sums at once.

    The sums are linear equations in the hidden figures. One of them is fixed by the others exactly if its unit vector
    lies in the space of their rows, that is, if its leverage there is 1.
    """
    unknowns = sorted(hidden)
    places = {i: k for k, i in enumerate(unknowns)}
    equations = [line for line in lines if not line.rest and hidden & {line.total, *line.parts}]
    if not equations:
        return set()
    matrix = np.zeros((len(equations), len(unknowns)))
    for row, line in enumerate(equations):
        for i in (line.total, *line.parts):
            if i in places:
                matrix[row, places[i]] = -1 if i == line.total else 1
    _, sizes, directions = np.linalg.svd(matrix, full_matrices=False)
    leverage = (directions[sizes > 1e-9] ** 2).sum(axis=0)
    for k in np.flatnonzero(leverage > 1 - 1e-9):
        touching = [line for line in equations if unknowns[k] in {line.total, *line.parts}] or equations
        for line in [*touching, *equations]:
            left = {i for i in (line.total, *line.parts) if i not in hidden}
            if left:
                parts = [i for i in left if i != line.total and bases[i] > 0]
                return {min(parts, key=lambda i: (bases[i], i))} if parts else {line.total} & left or left
    return set()


def shown(row: Row, hide: bool, flag_below: int) -> Row:
    if hide:
        return row.hidden()
    if row.flag is None and row.value is not None and 0 < row.customers < flag_below:
        return replace(row, flag="few")
    return row
