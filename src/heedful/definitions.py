"""Reading a workspace's YAML: plain data, the line of each piece, and every problem at once.

YAML here is 1.2's core in one respect: only `true` and `false` are booleans, so that the country code `NO` and an
answer `yes` stay text.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from heedful.errors import DefinitionError, Problem, did_you_mean

Loc = tuple[str | int, ...]


class Definition(BaseModel):
    """Base of every model of a workspace file: frozen, and closed to fields that nobody reads."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file: its data and where each piece stands. `lines` is keyed by the path to a piece."""

    path: Path
    data: Any
    lines: Mapping[Loc, tuple[int, int]]

    def problem(self, loc: Iterable[str | int], message: str) -> Problem:
        """A problem at the innermost piece of `loc` that the file holds."""
        at = tuple(loc)
        while at and at not in self.lines:
            at = at[:-1]
        line, column = self.lines.get(at, (1, 1))
        return Problem(message, self.path, line, column)


def read_yaml(path: Path) -> Document:
    """The document at `path`; an empty file is an empty mapping.

    Raises `DefinitionError` for a file that is missing, not UTF-8, not YAML, or holds a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DefinitionError([Problem("this file does not exist", path)]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DefinitionError([Problem("this is not UTF-8; save the file as UTF-8", path, line)]) from None
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        said = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise DefinitionError([Problem(f"this is not valid YAML: {said}", path, line, column)]) from None
    except yaml.YAMLError as error:
        raise DefinitionError([Problem(f"this is not valid YAML: {error}", path)]) from None
    if node is None:
        return Document(path, {}, {(): (1, 1)})
    reader = _Reader(path)
    data = reader.read(node, ())
    if reader.problems:
        raise DefinitionError(reader.problems)
    return Document(path, data, reader.lines)


def validate(document: Document, model: type[M]) -> M:
    """`document` as a `model`. Raises `DefinitionError` with every problem found."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise DefinitionError([_problem(document, dict(e), model) for e in error.errors()]) from None


def _problem(document: Document, error: dict[str, Any], model: type[BaseModel]) -> Problem:
    loc: Loc = tuple(error["loc"])
    name = str(loc[-1]) if loc else "the file"
    match error["type"]:
        case "extra_forbidden":
            known = _fields_at(model, loc[:-1])
            message = f'there is no field "{name}" here.' + did_you_mean(name, known)
            if known and "Closest" not in message:
                message += f" Fields: {', '.join(known)}."
        case "missing":
            message = f'the field "{name}" is missing.'
            loc = loc[:-1]
        case "value_error":
            message = str(error["ctx"]["error"])
        case _:
            message = f"{name}: {error['msg'][:1].lower()}{error['msg'][1:]}; found {error['input']!r:.60}."
    return document.problem(loc, message)


def _fields_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """The fields of the model found by following `loc` from `model`; unions answer with the fields of all members."""
    models = [model]
    for step in loc:
        inner: list[type[BaseModel]] = []
        for m in models:
            info = m.model_fields.get(str(step)) or next((f for f in m.model_fields.values() if f.alias == step), None)
            inner += _models_in(info.annotation) if info else ([m] if not isinstance(step, str) else [])
        # An index, a free key or a union's tag names no field: stay where we are.
        models = inner or models
    return [f.alias or name for m in models for name, f in m.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in getattr(annotation, "__args__", ()) for m in _models_in(arg)]


class _Loader(yaml.SafeLoader):
    """SafeLoader that takes only `true` and `false` for booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|false|False)$"), list("tTfF"))


class _Reader:
    """Turns nodes into data, keeping their places; a key that stands twice is a problem."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Loc, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self._open: set[int] = set()

    def read(self, node: yaml.Node, loc: Loc) -> Any:
        self.lines.setdefault(loc, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self._open:
            self.problems.append(Problem("this anchor contains itself", self.path, node.start_mark.line + 1))
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.read(child, (*loc, i)) for i, child in enumerate(node.value)]
            return self._mapping(node, loc)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.Node, loc: Loc) -> dict[Hashable, Any]:
        data: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            key = self._scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else str(key_node.value)
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            step = key if isinstance(key, str | int) and not isinstance(key, bool) else str(key)
            if key in data:
                first = self.lines[(*loc, step)][0]
                self.problems.append(
                    Problem(f'"{key}" stands here a second time; first in line {first}', self.path, line, column)
                )
                continue
            self.lines[*loc, step] = (line, column)
            data[key] = self.read(value_node, (*loc, step))
        return data

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        loader = _Loader("")
        try:
            return loader.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            self.problems.append(Problem(f"this value cannot be read: {error}", self.path, node.start_mark.line + 1))
            return None
        finally:
            loader.dispose()
