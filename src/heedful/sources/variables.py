"""`${name}` and `${env:NAME}` in what a source says: filled from `--set` and heedful.yaml, and from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$\{((?:env:)?\w+)\}")
_DEPTH = 3


def filled(text: str, variables: Mapping[str, str]) -> str:
    """`text` with each variable filled; one that nothing is known of stays. Variables may hold variables."""
    for _ in range(_DEPTH):
        text = _VARIABLE.sub(lambda match: _value(match[1], variables) or match[0], text)
    return text


def unknown(text: str, variables: Mapping[str, str]) -> list[str]:
    """The variables in `text` of which nothing is known."""
    return list(dict.fromkeys(_VARIABLE.findall(filled(text, variables))))


def what_to_type(names: list[str], source: str) -> str:
    """How to say what the variables `names` are."""
    of_environment = [name.removeprefix("env:") for name in names if name.startswith("env:")]
    others = [name for name in names if not name.startswith("env:")]
    before = "".join(f"{name}=… " for name in of_environment)
    return f" Type: {before}heedful pull {source}" + "".join(f" --set {name}=…" for name in others)


def secrets(text: str, variables: Mapping[str, str]) -> list[str]:
    """What the environment fills into `text`, which is never to be shown."""
    found = [text, *(variables.get(name, "") for name in _VARIABLE.findall(text))]
    names = [name for part in found for name in _VARIABLE.findall(part) if name.startswith("env:")]
    return [value for name in names if (value := _value(name, {}))]


def _value(name: str, variables: Mapping[str, str]) -> str | None:
    return os.environ.get(name.removeprefix("env:")) if name.startswith("env:") else variables.get(name)
