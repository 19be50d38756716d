"""The folder of real data sets, where there is one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[2] / "shared" / "data"


def real_data(name: str) -> Path:
    """The data set `name`; the test that asks is skipped where it is absent."""
    folder = Path(os.environ.get("HEEDFUL_DATA", _BESIDE)) / name
    if not folder.is_dir():
        pytest.skip(f"the data set {name} is not here; set HEEDFUL_DATA to the folder that holds it")
    return folder
