"""segments.yaml: named groups of customers, and who is in them at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pydantic import Field, RootModel, model_validator
from sqlglot import exp

from heedful.definitions import Definition, Document, read_yaml, validate
from heedful.errors import DefinitionError, ExpressionError, Problem, did_you_mean
from heedful.measures.facts import FACT_TYPES, fact_ctes
from heedful.measures.relations import relation_ctes
from heedful.measures.sql import sql
from heedful.streams.expressions import Expression, parse_condition, table_columns
from heedful.streams.schema import ACTIVITY, CUSTOMERS, FEEDBACK, MARKET


class Segmentation(Definition):
    """One way of telling customers apart.

    Exactly one of `by` (an attribute of customers: a segment for each value), `rfm` (six groups by recency, frequency
    and money) and `segments` (named rules over facts and attributes). In an exclusive one a customer belongs to the
    first rule that fits.
    """

    exclusive: bool
    by: str | None = None
    rfm: Literal["quintiles"] | None = None
    segments: dict[str, str] | None = Field(default=None, min_length=1)
    title: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Segmentation:
        given = [n for n in ("by", "rfm", "segments") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a segmentation says one of by, rfm and segments; this one says {' and '.join(given) or 'none'}."
            )
        if not self.exclusive and self.segments is None:
            raise ValueError("a segmentation by an attribute or by rfm is exclusive; write exclusive: true.")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """Its segments; empty where they are the values of an attribute, whatever those are."""
        return _RFM_LABELS if self.rfm else tuple(self.segments or ())


class SegmentFile(RootModel[dict[str, Segmentation]]):
    """segments.yaml: segmentations by name."""


Segmentations = Mapping[str, Segmentation]
_STREAM_COLUMNS = frozenset(c for table in (FEEDBACK, ACTIVITY, MARKET) for c in table.columns)

_RFM_LABELS = ("champions", "loyal", "recent", "slipping", "at risk", "lost")
RFM_SEGMENTS = """
case when r >= 4 and fm >= 4 then 'champions'
     when r >= 3 and fm >= 3 then 'loyal'
     when r >= 4 then 'recent'
     when r = 3 then 'slipping'
     when fm >= 3 then 'at risk'
     else 'lost' end
"""
"""Recency r and the mean of frequency and money fm, both in quintiles from 1 (worst) to 5 (best)."""


def load_segments(path: Path, attributes: Mapping[str, pa.DataType]) -> Segmentations:
    """The segmentations of the file at `path`, none where it does not exist. Raises `DefinitionError`."""
    if not path.exists():
        return {}
    document = read_yaml(path)
    found = validate(document, SegmentFile).root
    problems = [p for name, s in found.items() for p in _problems(document, name, s, attributes)]
    if problems:
        raise DefinitionError(problems)
    return found


def rule_columns(attributes: Mapping[str, pa.DataType]) -> Mapping[str, str]:
    """The names that a rule may use, with their DuckDB types."""
    own = table_columns(CUSTOMERS, attributes)
    return {n: t for n, t in own.items() if n not in ("valid_from", "valid_to", "source")} | dict(FACT_TYPES)


def _problems(
    document: Document, name: str, segmentation: Segmentation, attributes: Mapping[str, pa.DataType]
) -> list[Problem]:
    columns = rule_columns(attributes)
    known = [*attributes, "acquired_through"]
    if not name.isidentifier() or name != name.lower():
        return [document.problem((name,), f'the segmentation "{name}" has to be lower_snake_case, such as by_value.')]
    if name in _STREAM_COLUMNS:
        said = f'the segmentation "{name}" bears the name of a column of the streams; rename it.'
        return [document.problem((name,), said)]
    if segmentation.by is not None and segmentation.by not in known:
        said = f'customers have no attribute "{segmentation.by}".{did_you_mean(segmentation.by, known)}'
        return [document.problem((name, "by"), f"{said} Declare it under attributes in heedful.yaml.")]
    problems = []
    for segment, rule in (segmentation.segments or {}).items():
        try:
            parse_condition(rule, columns)
        except ExpressionError as error:
            problems.append(document.problem((name, "segments", segment), str(error)))
    return problems


def rules_of(segmentation: Segmentation, attributes: Mapping[str, pa.DataType]) -> Mapping[str, Expression]:
    """The checked rules of a segmentation by segment; empty for one by an attribute or by rfm."""
    return {s: parse_condition(rule, rule_columns(attributes)) for s, rule in (segmentation.segments or {}).items()}


def profile_ctes(
    segmentations: Iterable[Segmentation],
    attributes: Mapping[str, pa.DataType],
    trees: Mapping[str, exp.Expr],
) -> list[tuple[str, exp.Expr]]:
    """CTEs that end in `profiles (period, ref_at, customer_id, <facts and attributes that the rules use>)`.

    Needs the CTEs `grid` and `customer_versions`; empty where no rule needs a profile.
    """
    used: set[str] = set()
    for segmentation in segmentations:
        used |= {"orders", "spend", "last_order_at"} if segmentation.rfm else set()
        used |= {c for rule in rules_of(segmentation, attributes).values() for c in rule.columns}
    if not used:
        return []
    ctes = relation_ctes("firsts", trees, name="firsts") if "tenure_days" in used else []
    ctes += fact_ctes(used & FACT_TYPES.keys() | {"orders"}, trees)
    columns = "".join(f', c."{a}"' for a in sorted(used - FACT_TYPES.keys() - {"customer_id", "last_order_at"}))
    profiles = (
        f"select f.*{columns} from facts as f left join customer_versions as c on c.customer_id = f.customer_id "
        "and c.valid_from <= f.ref_at and c.valid_to > f.ref_at"
    )
    return [*ctes, ("profiles", sql(profiles))]


def member_ctes(
    name: str, segmentation: Segmentation, attributes: Mapping[str, pa.DataType]
) -> list[tuple[str, exp.Expr]]:
    """CTEs that end in `members_<name> (period, customer_id, segment)`, read at each period's `ref_at`.

    Needs the CTEs `grid`, `customer_versions` and, unless by an attribute, `profiles`.
    """
    cte = f"members_{name}"
    if segmentation.by is not None:
        return [(cte, sql(_BY_ATTRIBUTE, value=exp.column(segmentation.by, table="c")))]
    if segmentation.rfm is not None:
        return [(f"rfm_{name}", sql(_RFM)), (cte, sql(_RFM_MEMBERS.replace("from rfm", f"from rfm_{name}")))]
    rules = rules_of(segmentation, attributes)
    if segmentation.exclusive:
        case = exp.Case()
        for segment, rule in rules.items():
            case = case.when(rule.tree.copy(), exp.Literal.string(segment))
        chosen = sql("select period, customer_id, :segment as segment from profiles", segment=case)
        return [(f"chosen_{name}", chosen), (cte, sql(f"select * from chosen_{name} where segment is not null"))]
    parts = [
        sql(
            "select period, customer_id, :segment as segment from profiles where :rule",
            segment=exp.Literal.string(segment),
            rule=rule.tree.copy(),
        )
        for segment, rule in rules.items()
    ]
    tree = parts[0]
    for part in parts[1:]:
        tree = exp.union(tree, part, distinct=False)
    return [(cte, tree)]


_BY_ATTRIBUTE = (
    "select g.period, c.customer_id, cast(:value as varchar) as segment "
    "from customer_versions as c cross join grid as g "
    "where c.valid_from <= g.ref_at and c.valid_to > g.ref_at and :value is not null"
)
# Equal values share a rank, so that nobody is moved across a border by the order in which rows happen to be read.
_QUINTILE = "1 + floor(5.0 * (rank() over (partition by period order by {}) - 1) / count(*) over (partition by period))"
_RFM = (
    f"select period, customer_id, {_QUINTILE.format('last_order_at')} as r, {_QUINTILE.format('orders')} as f, "
    f"{_QUINTILE.format('spend')} as m from profiles where orders > 0"
)
_RFM_MEMBERS = (
    f"select period, customer_id, {RFM_SEGMENTS} as segment "
    "from (select period, customer_id, r, floor((f + m + 1) / 2) as fm from rfm) as q"
)
