"""The reference, written from the code that it describes while the documentation is built.

MkDocs loads this file as a hook. A page of `docs/reference/` says `<!-- generated: NAME -->` where the section NAME of
`SECTIONS` is to stand; nothing is written into the sources, so a page cannot fall behind the code.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import cast

import click
import pyarrow as pa
from pydantic import BaseModel

import heedful
from docs.markdown import lines, table
from docs.signatures import public_name
from heedful import errors
from heedful.cli import heedful as command_line
from heedful.measures import registry
from heedful.measures.results import COLUMN_MEANINGS, Result
from heedful.sources.transcripts.relation import COLUMNS as TRANSCRIPT_COLUMNS
from heedful.streams import functions, schema

WORKSPACE_FILES: Mapping[str, str] = {
    "heedful.yaml": "heedful.settings:Settings",
    "sources/NAME.yaml": "heedful.sources.definition:SourceDefinition",
    "links.yaml": "heedful.identity.decisions:LinksFile",
    "segments.yaml": "heedful.measures.segments:SegmentFile",
    "units.yaml": "heedful.measures.units:UnitFile",
    "measures.yaml": "heedful.measures.own:MeasureFile",
    "weights.yaml": "heedful.measures.waves:WeightFile",
    "tables.yaml": "heedful.measures.tabulation:TableFile",
    "scorecard.yaml": "heedful.scorecard.definition:Scorecard",
}
"""The files of a workspace and the models that read them. A test finds a model that no file leads to."""


def on_page_markdown(markdown: str, **_: object) -> str:
    """Called by MkDocs with each page: puts what is generated where the page asks for it."""
    return re.sub(r"^<!-- generated: (.+?) -->$", lambda m: SECTIONS[m[1]](), markdown, flags=re.MULTILINE)


def commands() -> str:
    """Every command of the command line, as its own help describes it."""
    root = click.Context(command_line, info_name="heedful")
    return lines(*(_command(c) for c in _contexts(root)))


def _contexts(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            if command is not None and not command.hidden:
                yield from _contexts(click.Context(command, info_name=name, parent=context))


def _command(context: click.Context) -> str:
    with context:
        usage = context.command.get_usage(context).removeprefix("Usage: ")
        records = [r for p in context.command.get_params(context) if (r := p.get_help_record(context)) is not None]
    return lines(
        f"## {context.command_path}",
        inspect.cleandoc(context.command.help or ""),
        f"```text\n{usage}\n```",
        table(("option", "meaning"), [(f"`{name}`", meaning) for name, meaning in records]),
        re.sub(r"^(\w+): (.+)$", r"\1: `\2`", context.command.epilog or ""),
    )


def workspace_files() -> str:
    """Every file of a workspace, field by field, from the models that read them."""
    parts = []
    for name, place in WORKSPACE_FILES.items():
        json_schema = model_at(place).model_json_schema()
        inner = cast("Mapping[str, Mapping[str, object]]", json_schema.pop("$defs", {}))
        parts.append(lines(f"## {name}", _model(json_schema, name)))
        parts += [
            lines(f"### {title} {{: #{_anchor(name)}-{_anchor(title)} }}", _model(s, name))
            for title, s in inner.items()
        ]
    return lines(*parts)


def model_at(place: str) -> type[BaseModel]:
    """The model that `module:Class` names."""
    module, _, name = place.partition(":")
    return cast("type[BaseModel]", getattr(import_module(module), name))


def _model(json_schema: Mapping[str, object], file: str) -> str:
    properties = cast("Mapping[str, Mapping[str, object]]", json_schema.get("properties", {}))
    required = cast("Sequence[str]", json_schema.get("required", ()))
    # A source's rows take the columns of a table as fields: those stand in the page of tables, and have no type here.
    fields = {name: field for name, field in properties.items() if _shape(field, file)}
    rows = [
        (
            f"`{name}`",
            _shape(field, file),
            _default(field, required=name in required),
            str(field.get("description", "")),
        )
        for name, field in fields.items()
    ]
    open_to = json_schema.get("additionalProperties")
    return lines(
        str(json_schema.get("description", "")),
        table(("field", "value", "if left out", "meaning"), rows),
        "Each further field is a column of [the table](tables.md) that the rows go to."
        if len(fields) < len(properties)
        else "",
        f"A mapping from names of your own to: {_shape(open_to, file)}."
        if isinstance(open_to, dict) and not rows
        else "",
    )


def _shape(field: Mapping[str, object], file: str) -> str:
    """What a field takes, in words: `text`, `a number`, `a list of …`; empty where its schema does not say."""
    match field:
        case {"$ref": str(place)}:
            shape = f"[{(name := place.rpartition('/')[2])}](#{_anchor(file)}-{_anchor(name)})"
        case {"anyOf": list(options)} | {"oneOf": list(options)}:
            shape = " or ".join(
                dict.fromkeys(one for option in options if (one := _shape(option, file)) not in ("", "nothing"))
            )
        case {"enum": list(values)}:
            shape = ", ".join(f"`{value}`" for value in values)
        case {"const": value}:
            shape = f"`{value}`"
        case {"type": "array"}:
            items = field.get("items")
            shape = f"a list of {_shape(items, file) if isinstance(items, dict) else 'anything'}"
        case {"type": "object", "additionalProperties": dict(inner)}:
            shape = f"a mapping to {_shape(inner, file) or 'anything'}"
        case {"format": "date" | "date-time" as kind}:
            shape = _WORDS[kind]
        case {"type": str(kind)}:
            shape = _WORDS[kind]
        case _:
            shape = ""
    return shape


_WORDS: Mapping[str, str] = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
    "object": "a mapping",
    "null": "nothing",
    "date": "a date",
    "date-time": "a time",
}


def _default(field: Mapping[str, object], *, required: bool) -> str:
    if required:
        return "an error"
    default = field.get("default")
    # The defaults of a nested model stand in its own table.
    if default is None or isinstance(default, dict) or default in ([], ""):
        return ""
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def measures() -> str:
    """Every measure that ships, with its definition, source and parameters."""
    shipped = registry.shipped()
    overview = table(
        ("measure", "title", "reads", "better"),
        [(f"[`{m.name}`](#{m.name})", m.title, m.stream, m.better) for m in shipped.values()],
    )
    return lines(overview, *(_measure(m) for m in shipped.values()))


def _measure(measure: registry.Measure) -> str:
    facts = {
        "Unit": measure.unit,
        "Reads": measure.rows,
        "Only rows where": f"`{measure.where}`" if measure.where else "",
        "Better": measure.better,
        "Said by a customer": f"“{measure.voice}”" if measure.voice else "",
        "Source": measure.source,
    }
    params = [
        (f"`{name}`", "" if p.default is None else f"`{p.default}`", p.meaning) for name, p in measure.params.items()
    ]
    return lines(
        f"## {measure.name} {{: #{measure.name} }}",
        f"**{measure.title}.** {inspect.cleandoc(measure.about)}",
        "\n".join(f"- {label}: {fact}" for label, fact in facts.items() if fact),
        table(("parameter", "if left out", "meaning"), params),
    )


def tables() -> str:
    """Every table of the lake and its columns."""
    return lines(*(_stored(one) for one in schema.TABLES.values()))


def _stored(stored: schema.Table) -> str:
    rows = [
        (f"`{name}`", f"`{column.type}`", "yes" if column.required else "", _meaning(column))
        for name, column in {**stored.columns, **stored.bookkeeping}.items()
    ]
    return lines(
        f"## {stored.name}",
        f"One row is {stored.grain}. Its key: {', '.join(f'`{k}`' for k in stored.key)}.",
        table(("column", "type", "required", "meaning"), rows),
        "Further columns are those that `attributes` in `heedful.yaml` declares." if stored.open_ended else "",
    )


def _meaning(column: schema.Column) -> str:
    allowed = f"; one of {', '.join(f'`{v}`' for v in column.allowed)}" if column.allowed else ""
    default = f"; `{column.default}` if left out" if column.default not in (None, "") else ""
    return column.meaning + allowed + default


def expressions() -> str:
    """The functions that expressions may use, by group."""
    groups = dict.fromkeys(f.group for f in functions.FUNCTIONS)
    return lines(*(lines(f"## Functions: {group}", _functions(group)) for group in groups))


def _functions(group: str) -> str:
    rows = [
        (
            f"`{f.signature}`",
            f.meaning + (" (in mappings only)" if f.mapping else ""),
            f"`{f.example}`",
            _plain(f.result),
        )
        for f in functions.FUNCTIONS
        if f.group == group
    ]
    return table(("function", "gives", "example", "is"), rows)


def _plain(value: object) -> str:
    """A value as SQL writes it."""
    return f"`{'null' if value is None else str(value).lower() if isinstance(value, bool) else value}`"


def results() -> str:
    """The columns of a result, which are those of every format that it is written in."""
    fields: pa.Schema = Result("", "", ()).to_arrow().schema
    rows = [(f"`{f.name}`", f"`{f.type}`", COLUMN_MEANINGS[f.name]) for f in fields]
    return lines(table(("column", "type", "meaning"), rows))


def python() -> str:
    """The public API: what `heedful` exports, and nothing else."""
    return lines(*(public_name(name, getattr(heedful, name)) for name in heedful.__all__))


def error_tree() -> str:
    """What Heedful raises on purpose."""
    # The drawing is indented in its docstring, which makes it a block of code here.
    drawing = "\n".join((errors.__doc__ or "").splitlines()[1:]).strip("\n")
    classes = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.HeedfulError)]
    rows = [(f"`{c.__name__}`", inspect.getdoc(c) or "") for c in sorted(classes, key=_source_line(errors))]
    return lines(drawing, table(("error", "when"), rows))


def _source_line(module: ModuleType) -> Callable[[type], int]:
    lines = inspect.getsource(module).splitlines()
    return lambda c: next(n for n, line in enumerate(lines) if line.startswith(f"class {c.__name__}("))


def _anchor(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-")


def transcripts() -> str:
    """The columns of a transcript."""
    rows = [(f"`{name}`", str(type_), meaning) for name, (type_, meaning) in TRANSCRIPT_COLUMNS.items()]
    return table(("column", "type", "meaning"), rows)


SECTIONS: Mapping[str, Callable[[], str]] = {
    "transcripts": transcripts,
    "commands": commands,
    "workspace-files": workspace_files,
    "measures": measures,
    "tables": tables,
    "expressions": expressions,
    "results": results,
    "python": python,
    "errors": error_tree,
}
