"""The public names of Python, as a reader would write them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

from docs.markdown import lines

_STARS = {
    inspect.Parameter.VAR_POSITIONAL.value: "*",
    inspect.Parameter.VAR_KEYWORD.value: "**",
}


def public_name(name: str, thing: object) -> str:
    """A class with its documented methods and properties, a function, or a constant with its value."""
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return lines(f"## `{name}`", f"```python\n{name} = {thing!r}\n```")
    parts = [f"## `{name}`", signature(name, thing), _doc(thing)]
    for member, value in vars(thing).items() if inspect.isclass(thing) else ():
        # Behind a property, a static or a class method stands the function that has the docstring.
        inner = getattr(value, "fget", None) or getattr(value, "func", None) or getattr(value, "__func__", value)
        if not member.startswith("_") and inspect.isfunction(inner) and inner.__doc__:
            reads = not inspect.isfunction(value) and not hasattr(value, "__func__")
            shown = (
                f"```python\n{member}: {inner.__annotations__.get('return')}\n```"
                if reads
                else signature(member, inner)
            )
            parts += [f"### `{name}.{member}`", shown, _doc(inner)]
    return lines(*parts)


def signature(name: str, thing: Callable[..., object]) -> str:
    """A call, a parameter a line where there are several, with annotations as they stand in the code."""
    try:
        found = inspect.signature(thing)
    except ValueError:  # an exception that takes whatever `Exception` takes
        return ""
    shown: list[str] = []
    parameters = [p for p in found.parameters.values() if p.name != "self"]
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not any(one.startswith("*") for one in shown):
            shown.append("*")
        shown.append(_parameter(parameter))
    inside = ", ".join(shown) if len(shown) < 3 else "\n    " + ",\n    ".join(shown) + ",\n"
    silent = inspect.isclass(thing) or found.return_annotation is inspect.Signature.empty
    gives = "" if silent else f" -> {found.return_annotation}"
    return f"```python\n{name}({inside}){gives}\n```"


def _parameter(parameter: inspect.Parameter) -> str:
    empty = inspect.Parameter.empty
    kind = "" if parameter.annotation is empty else f": {parameter.annotation}"
    factory = repr(parameter.default) == "<factory>"  # a dataclass's field that is made anew each time
    default = "" if parameter.default is empty else " = …" if factory else f" = {parameter.default!r}"
    return f"{_STARS.get(parameter.kind.value, '')}{parameter.name}{kind}{default}"


def _doc(thing: object) -> str:
    # Examples stand in docstrings after >>>; Markdown shows them as code only within a fence.
    text = inspect.getdoc(thing) or ""
    return re.sub(r"(^>>> .*?)(?=\n\n|\Z)", r"```pycon\n\1\n```", text, flags=re.MULTILINE | re.DOTALL)
