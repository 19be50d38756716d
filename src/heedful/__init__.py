"""See a company from its customers' point of view: what they say beside what they do, measured honestly.

    >>> import heedful
    >>> ws = heedful.open("shop")                                   # doctest: +SKIP
    >>> ws.measure("nps", by="country", over="month").to_pandas()   # doctest: +SKIP

This module is the public Python API; what it does not name may change without notice.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heedful.errors import HeedfulError, InputError
    from heedful.measures.question import Question
    from heedful.measures.registry import Param, measure
    from heedful.measures.results import Result, Row
    from heedful.workspace import Workspace
    from heedful.workspace import open_workspace as open  # noqa: A004 -- heedful.open("shop") reads as what it does

__version__ = "0.1.0"
API_VERSION = 1
"""Raised when a name here changes its meaning or goes."""

__all__ = [
    "API_VERSION",
    "HeedfulError",
    "InputError",
    "Param",
    "Question",
    "Result",
    "Row",
    "Workspace",
    "__version__",
    "measure",
    "open",
]

# Loaded when first named, so that a plug-in or `heedful --help` does not wait for DuckDB and the charts.
_HOMES = {
    "HeedfulError": ("heedful.errors", "HeedfulError"),
    "InputError": ("heedful.errors", "InputError"),
    "Param": ("heedful.measures.registry", "Param"),
    "Question": ("heedful.measures.question", "Question"),
    "Result": ("heedful.measures.results", "Result"),
    "Row": ("heedful.measures.results", "Row"),
    "Workspace": ("heedful.workspace", "Workspace"),
    "measure": ("heedful.measures.registry", "measure"),
    "open": ("heedful.workspace", "open_workspace"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'heedful' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
