"""Every measure on every engine gives the figures that were worked out by hand over the company of `tests/golden`."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from heedful.measures.question import Over, Question, Scalar
from heedful.measures.registry import shipped
from heedful.measures.results import Row
from heedful.measures.runner import Runner

GOLDEN = Path(__file__).parents[1] / "golden"
MEASURES = sorted(path.stem for path in GOLDEN.glob("*.csv"))
ASKED = ("by", "over", "from", "to", "as_of", "where", "segment", "outside", "params")
Cells = dict[str, str]


@dataclass(frozen=True)
class Case:
    """One question and all the rows that answer it."""

    name: str
    question: Question
    rows: Sequence[Cells]


def cases(measure: str) -> list[Case]:
    with (GOLDEN / f"{measure}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = []
    for name in dict.fromkeys(row["case"] for row in rows):
        own = [row for row in rows if row["case"] == name]
        assert all([row[a] for a in ASKED] == [own[0][a] for a in ASKED] for row in own), (
            f"{measure}: two cases {name!r}"
        )
        found.append(Case(name, question(measure, own[0]), own))
    return found


def question(measure: str, row: Cells) -> Question:
    over: Over | None = next((o for o in get_args(Over) if o == row["over"]), None)
    assert (over or "") == row["over"]
    start, end, as_of = (date.fromisoformat(row[c]) if row[c] else None for c in ("from", "to", "as_of"))
    return Question(
        measure, tuple(filter(None, row["by"].split(";"))), over, start, end, as_of, row["where"] or None,
        pairs(row["segment"]), pairs(row["outside"]), {k: scalar(v) for k, v in pairs(row["params"]).items()},
    )  # fmt: skip


def pairs(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(";") if part)


def scalar(text: str) -> Scalar:
    return text == "true" if text in ("true", "false") else int(text) if text.isdigit() else text


def differences(wanted: Cells, got: Row) -> list[str]:
    tolerance = float(wanted["tolerance"])
    found = []
    for column, value in (("expected", got.value), ("low", got.low), ("high", got.high)):
        text = wanted[column]
        if text == "none" or (column == "expected" and not text):
            found += [f"{column} {value}, not null"] if value is not None else []
        elif text and (value is None or abs(value - float(text)) > tolerance):
            found.append(f"{column} {value}, not {text}")
    told = {"n": got.n, "customers": got.customers, "flag": got.flag or "", "reason": got.reason or ""}
    return found + [f"{c} {v}, not {wanted[c]}" for c, v in told.items() if wanted[c] != str(v)]


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_gives_the_figures_worked_out_by_hand(company_runner: Runner, measure: str) -> None:
    wrong = []
    for case in cases(measure):
        result = company_runner.answer(case.question)
        got = {("|".join(str(v or "") for v in r.by.values()), str(r.period_start or "")): r for r in result}
        wanted = {(r["group"], r["period"]): r for r in case.rows}
        wrong += [f"{case.name}: {key} is there, but should not be" for key in got.keys() - wanted.keys()]
        wrong += [f"{case.name}: {key} is not there" for key in wanted.keys() - got.keys()]
        for key in wanted.keys() & got.keys():
            wrong += [f"{case.name}: {key}: {d}" for d in differences(wanted[key], got[key])]
        assert len(got) == len(result.rows), f"{case.name}: a group stands twice"
    assert wrong == []


def test_every_measure_that_ships_has_its_golden_cases() -> None:
    assert [name for name in shipped() if name not in MEASURES] == []


def test_every_golden_case_says_where_its_figure_comes_from() -> None:
    for measure in MEASURES:
        for case in cases(measure):
            assert len(case.rows[0]["source"]) > len("by hand: "), f"{measure}: {case.name}"
