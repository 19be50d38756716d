"""The checkout that tests run in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def project_files(root: Path) -> list[Path]:
    """Files under `root` that are committed, or would be by `git add .`."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        check=True,
        text=True,
    )
    return sorted(path for name in listed.stdout.split("\0") if name and (path := root / name).is_file())


def environment(**changed: str) -> Mapping[str, str]:
    """The environment of a shell that the reader of a page types in.

    Make hands its flags and variables down to what it starts; a test run by `make test ARGS=…` must not see them.
    """
    from_make = {"ARGS", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"}
    return {name: value for name, value in os.environ.items() if name not in from_make} | changed
