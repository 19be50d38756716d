"""The steps from one version of the workspace's files to the next, in order.

A step goes here when a released version's files would be read otherwise, or not at all, by the next. It edits the files
through `Yaml`, so that comments and layout stay; `run.py` keeps a backup, sets the version and puts everything back
should the step fail. A step is never edited once it is released: workspaces of every earlier version come through it.
There is no second version yet, and so no step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Step:
    """From version `to` - 1 to `to`: what it changes, as a clause for people, and what edits the folder."""

    to: int
    what: str
    edit: Callable[[Path], None]


STEPS: tuple[Step, ...] = ()
