"""What a measure computes, declared as data: its form and the expressions that fill it.

The same words serve in Python (`100 * net_share(up="score >= 9", down="score <= 6")`) and in a workspace's YAML
(`net_share: {up: "score >= 9", down: "score <= 6"}`, `times: 100`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

Form = Literal[
    "share", "net_share", "mean", "ratio", "median", "sum", "count", "distinct",
    "customer_share", "customer_mean", "choices", "survival", "panel_share", "panel_mean",
]  # fmt: skip
FORMS: tuple[Form, ...] = get_args(Form)

ADDS_UP: frozenset[Form] = frozenset({"sum", "count"})
"""Forms whose figures for parts add up to the figure for the whole."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """A form with its expressions by role; `times` scales the figure (100 for points)."""

    form: Form
    of: Mapping[str, str]
    times: float = 1.0

    def __rmul__(self, factor: float) -> Statistic:
        return replace(self, times=self.times * factor)

    @property
    def adds_up(self) -> bool:
        """Whether parts may be summed; otherwise a total has to be asked for."""
        return self.form in ADDS_UP


def share(of: str) -> Statistic:
    """Rows that meet the condition `of`, as a share of the rows in which it is not null."""
    return Statistic("share", {"of": of})


def net_share(up: str, down: str) -> Statistic:
    """Share of rows that meet `up` less the share that meet `down`, of the rows in which both are not null."""
    return Statistic("net_share", {"up": up, "down": down})


def mean(of: str) -> Statistic:
    """The mean of `of` over the rows in which it is not null."""
    return Statistic("mean", {"of": of})


def ratio(of: str, per: str) -> Statistic:
    """The sum of `of` over the sum of `per`."""
    return Statistic("ratio", {"of": of, "per": per})


def median(of: str) -> Statistic:
    """The median of `of` over the rows in which it is not null; survey weights are left out of it."""
    return Statistic("median", {"of": of})


def total(of: str) -> Statistic:
    """The sum of `of`: a complete count, without an interval."""
    return Statistic("sum", {"of": of})


def count() -> Statistic:
    """The number of rows: a complete count, without an interval."""
    return Statistic("count", {})


def distinct(of: str = "customer_id") -> Statistic:
    """How many different values of `of` there are: a complete count that does not add up over groups."""
    return Statistic("distinct", {"of": of})


def customer_share(of: str) -> Statistic:
    """Share of customers for whom the aggregate condition `of` over their rows holds."""
    return Statistic("customer_share", {"of": of})


def customer_mean(of: str) -> Statistic:
    """The mean over customers of the aggregate `of` over their rows."""
    return Statistic("customer_mean", {"of": of})


def choices() -> Statistic:
    """For each option, the share of respondents to the question who chose it."""
    return Statistic("choices", {})


def survival(days: str, reached: str) -> Statistic:
    """The median of `days` until an event, where `reached` says whether it has come; Kaplan and Meier (1958)."""
    return Statistic("survival", {"days": days, "reached": reached})


def panel_share(of: str, per: str) -> Statistic:
    """Sum of `of` over sum of `per` in market data; a margin only where the panel's base is stated."""
    return Statistic("panel_share", {"of": of, "per": per})


def panel_mean(of: str) -> Statistic:
    """A share stated by a panel, averaged with the panel's base as weight; a margin only where that base is stated."""
    return Statistic("panel_mean", {"of": of})
