"""weights.yaml: which answers are weighted to which stated margins, and the weights that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pydantic import Field, RootModel
from sqlglot import exp

from heedful.definitions import Definition, read_yaml, validate
from heedful.errors import DefinitionError, ExpressionError, InputError, did_you_mean
from heedful.measures.setting import Setting
from heedful.measures.sql import resolve, sql
from heedful.measures.weighting import SUM_TOLERANCE, rake
from heedful.streams.engine import Engine
from heedful.streams.expressions import parse_condition, table_columns
from heedful.streams.schema import CUSTOMERS, FEEDBACK, WEIGHTS


class Weighting(Definition):
    """Answers weighted so that the shares of their respondents are those of the population. Each wave by itself."""

    where: str | None = Field(None, description="the condition on feedback that an answer meets to be weighted")
    margins: dict[str, dict[str, float]] = Field(
        min_length=1,
        description="per column of feedback or attribute of customers, each category's share, summing to 1",
    )
    bounds: tuple[float, float] | None = Field(
        None, description="the least and the most weight, mean 1, such as [0.2, 5]"
    )


class WeightFile(RootModel[dict[str, Weighting]]):
    """weights.yaml: weightings by name."""


@dataclass(frozen=True, slots=True)
class WeightedWave:
    """What the weighting of one wave did: respondents, Kish's effective number of them, and the design effect.

    `gap` is by how much a category's share still misses its margin, where the bounds on weights stand in the way.
    """

    weighting: str
    wave: str
    respondents: int
    n_eff: float
    deff: float
    gap: float


def load_weightings(path: Path, setting: Setting) -> Mapping[str, Weighting]:
    """The weightings of the file at `path`, none where it does not exist. Raises `DefinitionError`."""
    if not path.exists():
        return {}
    document = read_yaml(path)
    found = validate(document, WeightFile).root
    known = _columns(setting)
    problems = []
    for name, weighting in found.items():
        for column, shares in weighting.margins.items():
            if column not in known:
                said = f'there is no column or attribute "{column}".{did_you_mean(column, known)}'
                problems.append(document.problem((name, "margins", column), said))
            problems += [document.problem((name, "margins", column, c), said) for c, said in _unfit(shares)]
        if weighting.bounds is not None and not 0 < weighting.bounds[0] < 1 < weighting.bounds[1]:
            said = "bounds on weights stand below and above their mean of 1, such as [0.2, 5]."
            problems.append(document.problem((name, "bounds"), said))
        if weighting.where is not None:
            try:
                parse_condition(weighting.where, known)
            except ExpressionError as error:
                problems.append(document.problem((name, "where"), str(error)))
    if problems:
        raise DefinitionError(problems)
    return found


def _unfit(shares: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """What is wrong with the shares of one margin, beside the category that it is said of."""
    for category, share in shares.items():
        if not 0 < share <= 1:
            yield category, f'the share of "{category}" is {share:g}; shares lie above 0 and up to 1.'
    if shares and not abs(sum(shares.values()) - 1) <= SUM_TOLERANCE:
        yield "", f"the shares sum to {sum(shares.values()):.6g}; they have to sum to 1."


def weigh(
    engine: Engine, setting: Setting, weightings: Mapping[str, Weighting]
) -> tuple[pa.Table, tuple[WeightedWave, ...]]:
    """The rows of the `weights` table, and what each wave's weighting did.

    A response counts once, however many answers it holds. Raises `InputError` where a wave cannot be weighted.
    """
    tables, waves = [], []
    for name, weighting in weightings.items():
        answers = engine.query(_answers(setting, weighting))
        for wave in sorted(set(answers.column("wave").to_pylist())):
            rows = answers.filter(pa.compute.equal(answers.column("wave"), wave))
            table, report = _weigh_wave(name, wave, weighting, rows)
            tables.append(table)
            waves.append(report)
    schema = WEIGHTS.arrow_schema()
    return (pa.concat_tables(tables).cast(schema) if tables else schema.empty_table()), tuple(waves)


def _weigh_wave(name: str, wave: str, weighting: Weighting, rows: pa.Table) -> tuple[pa.Table, WeightedWave]:
    responses = rows.group_by("response").aggregate([(c, "max") for c in weighting.margins])
    columns = {c: responses.column(f"{c}_max").to_pylist() for c in weighting.margins}
    try:
        found = rake(columns, weighting.margins, bounds=weighting.bounds)
    except InputError as error:
        at = f'wave "{wave}" of "{name}"' if wave else f'"{name}"'
        raise InputError(f"weights.yaml: {at} cannot be weighted.\n{error}") from None
    by_response = dict(zip(responses.column("response").to_pylist(), found.weights.tolist(), strict=True))
    weights = [by_response[r] for r in rows.column("response").to_pylist()]
    table = rows.select(["source", "feedback_id", "wave"]).append_column("weight", pa.array(weights, pa.float64()))
    return table, WeightedWave(name, wave, responses.num_rows, found.n_eff, found.deff, found.gap)


def _answers(setting: Setting, weighting: Weighting) -> exp.Expr:
    names = {n: exp.column(n, table="f" if n in FEEDBACK.columns else "c") for n in _columns(setting)}
    margins = [exp.alias_(exp.cast(names[c].copy(), "varchar"), c) for c in weighting.margins]
    query = exp.select(
        sql("f.source as source"),
        sql("f.feedback_id as feedback_id"),
        sql("coalesce(f.wave, '') as wave"),
        sql("f.source || '/' || coalesce(f.thread_id, f.feedback_id) as response"),
        *margins,
    ).from_("feedback as f")
    query = query.join(
        "customers as c", on=sql("c.customer_id = f.customer_id and c.valid_to is null"), join_type="left"
    )
    own = sql("f.brand = :own", own=exp.Literal.string(setting.own_brand))
    rule = parse_condition(weighting.where, _columns(setting)).tree if weighting.where else None
    staff = sql("f.speaker is null or f.speaker not in ('agent', 'moderator')")
    return query.where(own, staff, *([resolve(rule.copy(), names)] if rule is not None else []))


def _columns(setting: Setting) -> Mapping[str, str]:
    return {**table_columns(CUSTOMERS, setting.attributes), **table_columns(FEEDBACK)}
