"""measures.yaml: a company's own measures, in the very words of the shipped ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, RootModel, model_validator

from heedful.definitions import Definition, Document, read_yaml, validate
from heedful.errors import DefinitionError, ExpressionError, Problem
from heedful.measures.compose import check
from heedful.measures.question import Better, Question
from heedful.measures.registry import Measure, shipped
from heedful.measures.results import DefinitionChange
from heedful.measures.setting import Setting
from heedful.measures.statistic import Form, Statistic

_FORMS: Mapping[str, Form] = {
    "share": "share",
    "net_share": "net_share",
    "mean": "mean",
    "ratio": "ratio",
    "sum": "sum",
    "count": "count",
    "median": "median",
    "distinct": "distinct",
}
_UNITS: Mapping[str, str] = {"share": "share", "net_share": "share", "rate": "share", "mean": "score", "count": "rows"}


class NetShare(Definition):
    """Share of rows that meet `up` less the share that meet `down`."""

    up: str
    down: str


class Ratio(Definition):
    """Sum of `of` over sum of `per`."""

    of: str
    per: str


class Rate(Definition):
    """Share of the customers at the start of a period to whom `event`, a condition on activity, happens in it."""

    event: str


class Changed(Definition):
    """A change of definition: trends mark the day."""

    on: date = Field(description="the first day on which the new definition holds")
    what: str = Field(min_length=1, description="what is other, in a few words, such as: counts returns by post too")

    def declared(self) -> DefinitionChange:
        """The same, as results carry it."""
        return DefinitionChange(self.on, self.what.strip().rstrip("."))


class OwnMeasure(Definition):
    """One measure: what it looks at, which rows count, and exactly one statistic."""

    title: str | None = Field(None, description="how it is headed; by default its name")
    about: str = Field("", description="what it means, in a sentence")
    stream: Literal["feedback", "activity"] = Field(description="say or do")
    where: str | None = Field(None, description="the condition that a row meets to count")
    speakers: Literal["customers", "everyone"] = Field(
        "customers", description="of feedback: whose turns count; everyone counts agents and moderators too"
    )
    kind: Literal["kpi", "cpi"] | None = Field(None, description="what the company wants, or what its customers want")
    voice: str | None = Field(None, description="a CPI in the customer's words")
    outcome: Literal["functional", "emotional", "social"] | None = Field(None, description="what a CPI does for them")
    target: float | None = Field(None, description="the customer's own target")
    better: Better = Field("higher", description="which way is good")
    unit: str | None = Field(None, description="share, points, score, days, EUR, …")
    times: float = Field(1.0, description="a factor, such as 100 for points")
    share: str | None = Field(None, description="a condition")
    net_share: NetShare | None = Field(None, description="two conditions, up and down")
    mean: str | None = Field(None, description="a number")
    ratio: Ratio | None = Field(None, description="two numbers, of and per")
    rate: Rate | None = Field(None, description="an event, a condition on activity")
    sum: str | None = Field(None, description="a number")
    count: Literal[True] | None = Field(None, description="true")
    median: str | None = Field(None, description="a number")
    distinct: str | None = Field(None, description="a column, such as customer_id")
    changed: tuple[Changed, ...] = Field((), description="when this definition became another one, and how")

    @model_validator(mode="after")
    def _whole(self) -> OwnMeasure:
        given = [f for f in (*_FORMS, "rate") if getattr(self, f) is not None]
        if len(given) != 1:
            said = " and ".join(given) or "none"
            raise ValueError(f"a measure has one of {', '.join((*_FORMS, 'rate'))}; this one has {said}.")
        if self.kind == "cpi" and not (self.voice and self.outcome):
            raise ValueError('a cpi needs `voice`, such as "You solve it the first time I ask", and `outcome`.')
        if self.rate is not None and self.stream != "activity":
            raise ValueError("a rate counts events of activity; write stream: activity.")
        return self

    @property
    def form(self) -> str:
        """The word of its statistic."""
        return next(f for f in (*_FORMS, "rate") if getattr(self, f) is not None)

    def measure(self, name: str, currency: str) -> Measure:
        """The measure that it declares."""
        form = self.form
        unit = self.unit or ("points" if self.times == 100 and form == "net_share" else _UNITS.get(form, ""))
        if form == "rate":
            return self._declared(
                name, Statistic("share", {"of": "has_happened"}, self.times), unit, currency, relation="at_risk"
            )
        value = getattr(self, form)
        of: Mapping[str, str] = (
            {} if form == "count" else value.model_dump() if isinstance(value, Definition) else {"of": value}
        )
        return self._declared(name, Statistic(_FORMS[form], of, self.times), unit, currency)

    def _declared(self, name: str, statistic: Statistic, unit: str, currency: str, relation: str = "") -> Measure:
        if self.stream == "feedback" and self.speakers == "everyone":
            relation = relation or "turns"
        return Measure(
            name=name,
            title=self.title or name.replace("_", " ").capitalize(),
            stream=self.stream,
            statistic=statistic,
            better=self.better,
            unit="currency" if unit == currency else unit,
            about=self.about,
            where=self.where,
            relation=relation,
            event=self.rate.event if self.rate else None,
            kind=self.kind,
            voice=self.voice,
            outcome=self.outcome,
            target=self.target,
            own=True,
            changed=tuple(change.declared() for change in self.changed),
        )


class MeasureFile(RootModel[dict[str, OwnMeasure]]):
    """measures.yaml: a company's own measures by name."""


def load_measures(path: Path, setting: Setting) -> Mapping[str, Measure]:
    """The measures of the file at `path`, none where it does not exist. Raises `DefinitionError`."""
    if not path.exists():
        return {}
    document = read_yaml(path)
    declared = validate(document, MeasureFile).root
    problems: list[Problem] = []
    found: dict[str, Measure] = {}
    for name, own in declared.items():
        if name in shipped():
            problems.append(
                document.problem((name,), f'"{name}" is a measure that ships with Heedful; choose another name.')
            )
        elif not name.isidentifier() or name != name.lower():
            problems.append(document.problem((name,), f'"{name}" has to be lower_snake_case.'))
        else:
            found[name] = own.measure(name, setting.currency)
            problems += _unfit(document, name, own, found[name], setting)
    if problems:
        raise DefinitionError(problems)
    return found


def _unfit(document: Document, name: str, own: OwnMeasure, measure: Measure, setting: Setting) -> list[Problem]:
    """Composing the query says what is wrong with its expressions; each then gets its own place in the file."""
    try:
        check(measure, Question(name), setting)
    except ExpressionError as error:
        return [document.problem((name, *_place(own, error.text)), str(error))]
    return []


def _place(own: OwnMeasure, text: str) -> tuple[str, ...]:
    if own.where == text:
        return ("where",)
    value = getattr(own, own.form)
    if isinstance(value, Definition):
        return next(((own.form, k) for k, v in value.model_dump().items() if v == text), (own.form,))
    return (own.form,)
