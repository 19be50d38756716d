"""Several rows of one record: one for each of several columns, or for each answer that a cell lists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from heedful.errors import DefinitionError, did_you_mean
from heedful.sources.column_types import Trouble
from heedful.sources.definition import ForEach, Source, chosen
from heedful.sources.relation import NTH, Raw, Relation
from heedful.sources.staging import Staging, identifier, literal

EACH = "each"
_TEXT, _TROUBLE = ".each.text", ".each.trouble"


def spread(staging: Staging, source: Source, index: int, relation: Relation) -> Relation:
    """The rows that the entry at `index` works on: those of `relation`, or those that its `for_each` makes of them.

    Raises `DefinitionError` for columns that are not there.
    """
    wanted = source.definition.rows[index].for_each
    if wanted is None:
        return relation
    names = chosen(wanted.names, relation.columns)
    for place, pattern in enumerate(wanted.names):
        if not chosen([pattern], relation.columns):
            loc = ["rows", index, "for_each", *(["split"] if wanted.split else ["columns", place])]
            said = f'no column is called "{pattern}".{did_you_mean(pattern, relation.columns)}'
            raise DefinitionError([source.document.problem(loc, said)])
    if EACH in relation.columns:
        said = f'a column is called "{EACH}", as are the parts of for_each. Rename it in `query:`.'
        raise DefinitionError([source.document.problem(["rows", index, "for_each"], said)])
    view = f"{relation.view}.{index}"
    parts = _answers(wanted, names[0], relation) if wanted.split else _columns(names, relation)
    excuse = "missing := e.missing, " if not wanted.split and _excused(names, relation) else ""
    staging.execute(
        f"create view {identifier(view)} as select r.* exclude ({identifier(NTH)}), "
        f"cast(e.number as integer) as {identifier(NTH)}, struct_pack(name := e.name, label := e.label, "
        f"number := e.number, {excuse}value := e.value) as {EACH}, "
        f"e.text as {identifier(_TEXT)}, e.trouble as {identifier(_TROUBLE)} "
        f"from {identifier(relation.view)} r, unnest({parts}) as parts(e) "
        "where nullif(trim(e.text), '') is not null or e.trouble is not null"
    )
    columns = {n: t for n, t in staging.columns(f"from {identifier(view)}").items() if not n.startswith(".")}
    value = f"{EACH}.value"
    raws, troubles = dict(relation.raws), dict(relation.troubles)
    raws[value] = _raw(staging, view, [relation.raws.get(name) for name in names])
    if found := _trouble(names, relation):
        troubles[value] = found
    return replace(relation, view=view, columns=columns, raws=raws, troubles=troubles)


def _columns(names: Sequence[str], relation: Relation) -> str:
    """SQL for a list of what stands in each of the columns."""
    alike = len({relation.columns[name] for name in names}) == 1
    structs = []
    for number, name in enumerate(names, 1):
        text = _text(name, relation)
        trouble = relation.troubles.get(name)
        shown = identifier(trouble.stored) if trouble else "cast(null as varchar)"
        excuse = ""
        if _excused(names, relation):
            excuse = f"missing := {identifier(trouble.excused_by) if trouble and trouble.excused_by else 'null'}, "
        structs.append(
            f"struct_pack(name := {literal(name)}, label := {_label(name, relation)}, number := {number}, {excuse}"
            f"value := {identifier(name) if alike else text}, text := {text}, trouble := {shown})"
        )
    return f"[{', '.join(structs)}]"


def _answers(wanted: ForEach, name: str, relation: Relation) -> str:
    """SQL for a list of the answers in a cell."""
    text = _text(name, relation)
    if wanted.options:
        longest_first = sorted(wanted.options, key=len, reverse=True)
        options = "|".join(re.escape(option).replace("\\ ", " ") for option in longest_first)
        sign = re.escape(wanted.by).replace("\\ ", " ")
        parts = f"regexp_extract_all({text}, {literal(f'({options}|.+?)(?:{sign}|$)')}, 1)"
    else:
        parts = f"string_split({text}, {literal(wanted.by)})"
    given = f"list_filter(list_transform({parts}, lambda a: trim(a)), lambda a: a <> '')"
    label = _label(name, relation)
    return (
        f"list_transform({given}, lambda a, i: struct_pack(name := {literal(name)}, label := {label}, number := i, "
        "value := a, text := a, trouble := cast(null as varchar)))"
    )


def _text(name: str, relation: Relation) -> str:
    raw = relation.raws.get(name)
    return identifier(raw.column) if raw else f"cast({identifier(name)} as varchar)"


def _label(name: str, relation: Relation) -> str:
    labels: Mapping[str, str] = relation.file.labels if relation.file else {}
    return literal(labels.get(name, name))


def _raw(staging: Staging, view: str, raws: Sequence[Raw | None]) -> Raw:
    (kind,) = staging.columns(f"select {EACH}.value from {identifier(view)}").values()
    signs = {raw.decimal if raw else "." for raw in raws}
    unfit = kind != "VARCHAR" and any(raw is not None and raw.unfit for raw in raws)
    return Raw(_TEXT, kind, unfit, signs.pop() if len(signs) == 1 else None)


def _excused(names: Sequence[str], relation: Relation) -> bool:
    return any(t.excused_by for name in names if (t := relation.troubles.get(name)))


def _trouble(names: Sequence[str], relation: Relation) -> Trouble | None:
    found = [t for name in names if (t := relation.troubles.get(name))]
    if not found:
        return None
    return Trouble(_TROUBLE, found[0].reason, f"{EACH}.missing" if _excused(names, relation) else None)
