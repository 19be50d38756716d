"""Banner tables: questions down the side, groups of people across the top, as survey research reads them.

Every figure follows the rule of all measures: the customer is the sampling unit, and weights count in the figure, its
effective base and its tests. A row of the table is a share of the column's answers (an option, or a net of several), a
mean with its standard deviation, or a net score. Columns of one banner are tested against each other, see `letters.py`.
"""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from heedful.errors import InputError, UnknownNameError
from heedful.measures import banner_sql
from heedful.measures.banner_lines import Part, Sums, block, read_sums
from heedful.measures.banner_results import TOTAL, BannerTable, Column
from heedful.measures.banner_sql import Kind, Wanted
from heedful.measures.composer import WEIGHTED, Composer, Scope
from heedful.measures.labels import label_text
from heedful.measures.question import Question
from heedful.measures.registry import Measure
from heedful.measures.runner import Runner
from heedful.measures.statistic import count
from heedful.measures.tabulation import Asked, Net, TableRow, asked, code_text
from heedful.streams.schema import SCALES

_MOST_COLUMNS = len(string.ascii_uppercase)
_MOST_SCORES = 20  # a scale with more is shown by its nets and mean alone


def banner_table(
    runner: Runner,
    rows: Sequence[str],
    by: Sequence[str],
    *,
    declared: Mapping[str, TableRow] | None = None,
    nets: Sequence[Net] = (),
    question: Question | None = None,
) -> BannerTable:
    """The questions `rows` by the columns, attributes and segmentations `by`.

    `question` brings the dates, the further condition and whether answers are weighted; its measure and `by` are not
    looked at. `nets` are added to each question that has any of their codes. Raises `InputError`.
    """
    asked_for = question or Question("table")
    for given, what in ((rows, "question"), (by, "--by")):
        if twice := next((name for i, name in enumerate(given) if name in given[:i]), None):
            raise InputError(f'The {what} "{twice}" stands twice. Name it once.')
    if not rows:
        raise InputError("Name at least one question for the rows of the table.")
    table = _Table(runner, tuple(by), asked_for)
    known = table.questions()
    parts = [table.part(_asked(name, declared or {}, known), nets) for name in rows]
    unused = [n.label for n in nets if not any(n in part.nets for part in parts)]
    if unused:
        raise InputError(f'No question of the table has a score or option of the net "{unused[0]}".')
    return table.joined(parts)


@dataclass(frozen=True, slots=True)
class _Scale:
    """How a question was answered. `ends` are the lowest and highest score, where they are stated; whole numbers."""

    kind: Kind
    name: str | None = None
    ends: tuple[int, int] | None = None
    codes: frozenset[str] = frozenset()


class _Table:
    """Asks the engine for one table, question by question."""

    def __init__(self, runner: Runner, by: tuple[str, ...], question: Question) -> None:
        self.runner, self.by, self.question = runner, by, question
        self.scope: Scope = runner.scope(replace(question, over=None))
        self.segmentations = runner.setting.segmentations
        self.overlapping = frozenset(n for n in by if n in self.segmentations and not self.segmentations[n].exclusive)

    def composer(self, where: str | None) -> Composer:
        measure = Measure("table", "Table", "feedback", count(), "neither", "rows", where=where)
        params = {k: v for k, v in self.question.params.items() if k == WEIGHTED}
        return Composer(measure, replace(self.question, measure="table", by=(), params=params), self.scope)

    def questions(self) -> list[str]:
        found = self.runner.engine.query(
            "select distinct question from feedback where question is not null order by question"
        )
        return [str(q) for q in found.column("question").to_pylist()]

    def part(self, row: Asked, nets: Sequence[Net]) -> Part:
        scale = self._scale(row)
        added = tuple(n for n in nets if n.of in (None, row.name) and scale.codes.intersection(n.codes))
        named = {net.label for net in added}
        chosen = (*(n for n in row.nets or _usual_nets(scale) if n.label not in named), *added)
        _check_nets(row, chosen, scale.kind)
        wanted = Wanted(
            scale.kind, chosen, len(scale.codes) <= _MOST_SCORES or scale.kind == "choice", scale.name == "nps"
        )
        composer = self.composer(row.where)
        total = read_sums(self.runner.engine.query(banner_sql.statistics(composer, None, wanted)).to_pylist())
        banners = []
        for name in self.by:
            composer = self.composer(row.where)
            found = self.runner.engine.query(banner_sql.statistics(composer, composer.group(name), wanted))
            banners.append(read_sums(found.to_pylist()))
        sharing = tuple(self._sharing(row, name, wanted) for name in self.by)
        return Part(row, wanted, scale.codes, added, total, tuple(banners), sharing)

    def _scale(self, row: Asked) -> _Scale:
        found = self.runner.engine.query(banner_sql.profile(self.composer(row.where))).to_pylist()
        if not found:
            raise InputError(f'Nobody answered "{row.name}" here. Look at the dates and the condition.')
        scores, choices = (sum(int(r[n]) for r in found) for n in ("scores", "choices"))
        if not scores and not choices:
            raise InputError(f'"{row.name}" has open answers only: neither scores nor options to count.')
        if choices >= scores:
            return _Scale("choice", codes=self._codes(row, "choice"))
        scales = {(r["scale"], r["scale_min"], r["scale_max"]) for r in found if r["scores"]}
        if len(scales) > 1:
            said = " and ".join(sorted(f"{s or 'a scale'} from {_end(low)} to {_end(high)}" for s, low, high in scales))
            raise InputError(
                f'"{row.name}" was asked on several scales: {said}. Take one of them, such as --where "scale_max = 10".'
            )
        name, low, high = scales.pop()
        whole = low is not None and high is not None and float(low).is_integer() and float(high).is_integer()
        ends = (int(low), int(high)) if whole else None
        codes = self._codes(row, "score")
        if ends and ends[1] - ends[0] < _MOST_SCORES:
            # A score that nobody gave has a share of 0, not no share.
            codes |= {str(score) for score in range(ends[0], ends[1] + 1)}
        return _Scale("scale", name, ends, codes | row.labels.keys())

    def _codes(self, row: Asked, column: str) -> frozenset[str]:
        rows = self.composer(row.where).rows([f"r.{column}"]).distinct()
        found = self.runner.engine.query(rows).column(column).to_pylist()
        return frozenset(code_text(code) for code in found if code is not None)

    def _sharing(self, row: Asked, name: str, wanted: Wanted) -> frozenset[tuple[object, object]]:
        """Pairs of overlapping groups that share a customer, and so are not tested against each other."""
        if name not in self.overlapping:
            return frozenset()
        composer = self.composer(row.where)
        found = self.runner.engine.query(banner_sql.shared(composer, composer.group(name), wanted)).to_pylist()
        return frozenset(pair for r in found for pair in ((r["one"], r["other"]), (r["other"], r["one"])))

    def joined(self, parts: Sequence[Part]) -> BannerTable:
        """The table, with the same columns for every question."""
        groups = [self._groups(name, [p.banners[i] for p in parts]) for i, name in enumerate(self.by)]
        columns = [Column("", TOTAL)]
        for name, found in zip(self.by, groups, strict=True):
            columns += [Column(name, label_text(g), string.ascii_uppercase[i]) for i, g in enumerate(found)]
        least = self.runner.setting.flag_below
        blocks = tuple(block(part, self.by, groups, least) for part in parts)
        weighed = any(not math.isclose(b.weighted, b.n) for each in blocks for b in each.bases)
        seen_from = self.runner.as_of(self.question)
        return BannerTable(tuple(columns), blocks, weighed, seen_from, self.question.where, self.overlapping)

    def _groups(self, name: str, sums: Sequence[Sums]) -> list[object]:
        found = {g for each in sums for g in each.bases if g is not None}
        if len(found) > _MOST_COLUMNS:
            raise InputError(
                f'"{name}" has {len(found)} groups; a banner has at most {_MOST_COLUMNS} columns. '
                "Narrow it with --where, or make fewer groups in segments.yaml."
            )
        segmentation = self.segmentations.get(name)
        order = {label: i for i, label in enumerate(segmentation.labels)} if segmentation else {}
        return sorted(found, key=lambda g: (order.get(str(g), len(order)), str(g) == "unknown", _natural(g)))


def _asked(name: str, declared: Mapping[str, TableRow], questions: Sequence[str]) -> Asked:
    row = declared.get(name)
    quoted = name.replace("'", "''")
    if (row is not None and row.where is not None) or name in questions:
        return asked(name, row, f"question = '{quoted}'")
    if name in SCALES:
        return asked(name, row, f"scale = '{quoted}'")
    raise UnknownNameError("question", name, [*declared, *questions, *SCALES])


def _check_nets(row: Asked, nets: Sequence[Net], kind: Kind) -> None:
    """The nets of a scale have to be of numbers."""
    for net in nets:
        for code in net.codes if kind == "scale" else ():
            try:
                float(code)
            except ValueError:
                raise InputError(
                    f'The net "{net.label}" names "{code}", and "{row.name}" is answered with numbers.'
                ) from None


def _usual_nets(scale: _Scale) -> tuple[Net, ...]:
    """The nets that everybody expects: promoters, passives and detractors; the two boxes at each end of a scale."""
    if scale.name == "nps":
        spans = (("Promoters (9 to 10)", 9, 10), ("Passives (7 to 8)", 7, 8), ("Detractors (0 to 6)", 0, 6))
        return tuple(Net(label, tuple(str(c) for c in range(low, high + 1))) for label, low, high in spans)
    if (
        scale.name not in ("csat", "ces", "rating")
        or scale.ends is None
        or not 3 <= scale.ends[1] - scale.ends[0] <= 10
    ):
        return ()
    low, high = scale.ends
    return (Net("Top 2", (str(high - 1), str(high))), Net("Bottom 2", (str(low), str(low + 1))))


def _end(value: float | None) -> str:
    return "?" if value is None else code_text(value)


def _natural(group: object) -> tuple[int, float, str]:
    """Numbers by size, before words; `10` after `9`."""
    text = str(group)
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)
