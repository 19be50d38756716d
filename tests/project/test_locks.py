"""The locks fit pyproject.toml, carry hashes and name no host: docs/decisions/0001-lock-without-hosts.md says why."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.project.checkout import ROOT


@dataclass(frozen=True)
class Pin:
    """One package of a lock: its version and how many files' hashes are allowed."""

    version: Version
    hashes: int


Project = TypedDict("Project", {"dependencies": list[str], "optional-dependencies": dict[str, list[str]]})
Pyproject = TypedDict(
    "Pyproject",
    {
        "build-system": dict[str, list[str]],
        "project": Project,
        "dependency-groups": dict[str, list[str | dict[str, str]]],
    },
)


def pins(text: str) -> dict[str, Pin]:
    """The packages of a requirements file, by canonical name. Raises ValueError for a line that is not a pin."""
    found: dict[str, Pin] = {}
    entries = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    for entry in filter(str.strip, entries):
        match = re.fullmatch(
            r"([\w.-]+(?:\[[\w,-]+\])?)==(\S+)(?: ;[^\\]*?)?((?:\s+--hash=sha256:[0-9a-f]{64})*)\s*", entry
        )
        if match is None:
            raise ValueError(f"this is not a pinned package: {entry}")
        found[canonicalize_name(match[1].partition("[")[0])] = Pin(Version(match[2]), match[3].count("--hash"))
    return found


def unmet(wanted: Iterable[str], pinned: dict[str, Pin]) -> list[str]:
    """Requirements that the pins do not meet."""
    needs = [Requirement(line) for line in wanted]
    return [
        f"{need} is not met by {pin.version if pin else 'any pin'}: type make lock"
        for need in needs
        if (pin := pinned.get(canonicalize_name(need.name))) is None or pin.version not in need.specifier
    ]


def group(project: Pyproject, name: str) -> list[str]:
    """The requirements of a dependency group, with those of the groups that it includes."""
    lines: list[str] = []
    for line in project["dependency-groups"][name]:
        lines += group(project, line["include-group"]) if isinstance(line, dict) else [line]
    return lines


@pytest.fixture(scope="module")
def project() -> Pyproject:
    loaded: Pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))  # type: ignore[assignment]
    return loaded


def lock(name: str) -> str:
    return (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")


def test_the_runtime_lock_meets_every_dependency(project: Pyproject) -> None:
    assert unmet(project["project"]["dependencies"], pins(lock("runtime"))) == []


def test_the_development_lock_meets_every_dependency_extra_and_group(project: Pyproject) -> None:
    extras = [line for lines in project["project"]["optional-dependencies"].values() for line in lines]
    assert unmet([*project["project"]["dependencies"], *extras, *group(project, "dev")], pins(lock("dev"))) == []


def test_the_build_lock_meets_the_build_system_and_brings_uv(project: Pyproject) -> None:
    assert unmet([*project["build-system"]["requires"], *group(project, "build")], pins(lock("build"))) == []


def test_development_runs_on_the_versions_that_users_get() -> None:
    development = pins(lock("dev"))
    assert {name: development.get(name) for name in pins(lock("runtime"))} == pins(lock("runtime"))


def test_the_runtime_environment_holds_no_test_tools(project: Pyproject) -> None:
    tools = {canonicalize_name(Requirement(line).name) for line in group(project, "dev")}
    direct = {canonicalize_name(Requirement(line).name) for line in project["project"]["dependencies"]}
    # `packaging` and the like are test tools by our own wish and come with a runtime dependency besides.
    assert {"pytest", "mypy", "ruff", "mkdocs"} <= tools - direct
    assert {"pytest", "mypy", "ruff", "mkdocs", "chdb", "pandas", "scipy"}.isdisjoint(pins(lock("runtime")))


@pytest.mark.parametrize("name", ["runtime", "dev", "build"])
def test_a_lock_has_hashes_for_every_package_and_no_address(name: str) -> None:
    text = lock(name)
    assert [package for package, pin in pins(text).items() if pin.hashes == 0] == []
    assert re.findall(r"\w+://\S*|^\s*--(?!hash)\S*|^.*@.*$", text, flags=re.MULTILINE) == []


def test_a_pin_outside_the_bounds_or_missing_is_found() -> None:
    first, second = (f"    --hash=sha256:{digit * 64}\n" for digit in "01")
    pinned = pins(f"a==1.5 \\\n{first}    # via us\nb.c==2 ; python_version < '4' \\\n{second}")
    assert pinned == {"a": Pin(Version("1.5"), 1), "b-c": Pin(Version("2"), 1)}
    assert unmet(["a>=1", "B_c<3"], pinned) == []
    assert [line.split(" is ")[0] for line in unmet(["a>=2", "d"], pinned)] == ["a>=2", "d"]


@pytest.mark.parametrize("line", ["a>=1", "a @ file:///a.whl", "--index-url x", "a==1 --hash=md5:0"])
def test_a_line_that_pins_nothing_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not a pinned package"):
        pins(line + "\n")
