"""A company whose truth is known: for the demo, for tests and for benchmarks.

`simulate` writes a whole workspace: its YAML, its raw files in the shapes that companies really have, and
`data/truth.json` with what was planted. Whatever Heedful says of such a workspace can be held against the truth.
"""

from __future__ import annotations

from heedful.simulate.company import KINDS, Kind, simulate
from heedful.simulate.standins import STANDINS, Standin, standin
from heedful.simulate.truth import Change, Known, Truth

__all__ = ["KINDS", "STANDINS", "Change", "Kind", "Known", "Standin", "Truth", "simulate", "standin"]
