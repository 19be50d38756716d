"""What each table fills by itself, and what it does not accept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from heedful.sources.innermost import Fault, slot
from heedful.sources.inputs import Input
from heedful.sources.staging import identifier, literal, quoted_list
from heedful.streams.schema import Table

SCALE_BOUNDS: Mapping[str, tuple[float, float]] = {
    "nps": (0, 10),
    "csat": (1, 5),
    "ces": (1, 7),
    "rating": (1, 5),
    "yes_no": (0, 1),
}
"""The lowest and the highest answer of each scale, where a source does not state its own."""


def written(name: str) -> str:
    """The name of a column as it will be written, after defaults."""
    return f".out.{name}"


def filled_columns(table: Table, given: Mapping[str, str], *, source: str, own_brand: str) -> dict[str, str]:
    """SQL for every column that is written; `given` is SQL for those that the mapping fills."""
    filled = {**given, "source": literal(source)}
    for name, column in table.columns.items():
        if name == "brand" and column.required:
            filled[name] = f"coalesce({given.get(name, 'null')}, {literal(own_brand)})"
        elif column.default == "":
            filled[name] = f"coalesce({given.get(name, 'null')}, '')"
        elif column.allowed and name in given:
            filled[name] = f"lower({given[name]})"
    if "score" in given and "scale" in given:
        for place, name in enumerate(("scale_min", "scale_max")):
            whens = " ".join(f"when {literal(scale)} then {b[place]}" for scale, b in SCALE_BOUNDS.items())
            filled[name] = f"cast(coalesce({given.get(name, 'null')}, case {filled['scale']} {whens} end) as double)"
    return filled


def table_faults(table: Table, given: tuple[Input, ...], filled: Mapping[str, str]) -> Iterator[Fault]:
    """What `table` needs, what it allows, and answers outside of their scale."""
    shown = {g.column: g.name or g.column for g in given}
    for name, column in table.columns.items():
        if name not in shown:
            continue
        value, as_given = identifier(written(name)), identifier(slot(name))
        if column.allowed:
            reason = f"is no {name} ({', '.join(column.allowed)}); say under `values:` which it is"
            test = f"({value} is not null and {value} not in ({quoted_list(column.allowed)}))"
            yield Fault(shown[name], reason, test, as_given)
        if column.required and column.default != "" and name != "brand":
            yield Fault(shown[name], f"{table.name}.{name} is empty", f"({value} is null)", as_given)
    if "score" in shown and "scale_min" in filled and "scale_max" in filled:
        score, low, high = (identifier(written(name)) for name in ("score", "scale_min", "scale_max"))
        yield Fault(shown["score"], "is outside of its scale", f"({score} < {low} or {score} > {high})", score)
    if "weight" in shown and "weight" in table.columns:
        weight = identifier(written("weight"))
        yield Fault(shown["weight"], "is below 0, which no weight can be", f"({weight} < 0)", weight)
