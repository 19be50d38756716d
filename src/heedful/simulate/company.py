"""Writing a whole simulated workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, get_args

import jinja2

from heedful.errors import InputError
from heedful.simulate import city, shop, telecom
from heedful.simulate.calendar import Calendar, months_before
from heedful.simulate.plan import Built, Plan
from heedful.simulate.truth import Truth

Kind = Literal["shop", "telecom", "city"]
KINDS: tuple[Kind, ...] = get_args(Kind)
UNTIL = date(2026, 10, 31)
"""The last day where none is given. It is fixed: the same arguments give the same bytes, today and in ten years."""

_BUILDERS: Mapping[Kind, Callable[[Plan], Built]] = {"shop": shop.build, "telecom": telecom.build, "city": city.build}
_WORKSPACES = Path(__file__).parent / "workspaces"


def simulate(
    kind: Kind,
    folder: Path,
    *,
    customers: int = 2000,
    months: int = 24,
    seed: int = 1,
    until: date | None = None,
    change: bool = True,
    mess: bool = False,
) -> Truth:
    """Write the workspace of a simulated company into `folder`, which is made, and return what is true of it.

    The company has `customers` customers, of whom half joined in the two years before the span of `months` that ends
    with the day `until`. `change` plants a dated change two thirds into the span; without it nothing ever changes.
    `mess` adds rows with named faults to the raw files, counted in `Truth.faults`; the truths hold without them.
    The same arguments write the same bytes. Raises `InputError` for a kind that does not exist, a size that makes no
    sense, or a folder that holds a workspace already.
    """
    if kind not in KINDS:
        raise InputError(f'There is no simulated company "{kind}". There are: {", ".join(KINDS)}.')
    if customers < 1 or months < 1:
        raise InputError(f"A simulation needs at least 1 customer and 1 month; asked for {customers} and {months}.")
    if seed < 0:
        raise InputError(f"The seed is a whole number from 0 on; asked for {seed}.")
    if (folder / "heedful.yaml").exists():
        raise InputError(f"{folder}: there is a workspace already. Name another folder, or remove this one first.")
    last = until or UNTIL
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    plan = Plan(seed, customers, Calendar(months_before(last, months), last), change, mess, data)
    built = _BUILDERS[kind](plan)
    truth = Truth(
        kind=kind,
        company=built.company,
        seed=seed,
        customers=customers,
        since=plan.calendar.since,
        until=last,
        facts=tuple(built.facts.known),
        changes=built.changes,
        rows=built.rows,
        faults=built.faults,
    )
    truth.write(data / "truth.json")
    _write_workspace(
        kind, folder, {"since": plan.calendar.since, "until": last, "by": _next_year_end(last), **built.blanks}
    )
    return truth


def _next_year_end(day: date) -> date:
    """The end of this year, or of the next if fewer than 60 days remain."""
    return date((day + timedelta(days=60)).year, 12, 31)


def _write_workspace(kind: Kind, folder: Path, blanks: Mapping[str, object]) -> None:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 -- what comes out is YAML, and nothing from outside goes in
    )
    source = _WORKSPACES / kind
    for path in sorted(source.rglob("*.yaml")):
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = environment.from_string(path.read_text(encoding="utf-8")).render(blanks)
        target.write_text(text, encoding="utf-8", newline="\n")
