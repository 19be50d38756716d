"""Imports point down the house that docs/architecture.md draws: that drawing is the rule read here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.project.checkout import ROOT

GROUND = 0
ONLY_THERE = {"click": {"cli"}, "rich": {"cli"}, "django": {"web"}}
"""Libraries that one room alone may know."""


@dataclass(frozen=True)
class Import:
    """One import statement: where it stands, and the module of the package, or the library, that it names."""

    module: str
    line: int
    target: str


def modules(root: Path, package: str) -> dict[str, Path]:
    """Every module of `package` under `root`, by its dotted name."""
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted((root / package).rglob("*.py"))
    }


def imports(found: Mapping[str, Path]) -> Iterator[Import]:
    """Every import in `found`, those inside functions and under `if TYPE_CHECKING` too."""
    for name, path in found.items():
        parent = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            for target in _targets(node, parent, found):
                yield Import(name, getattr(node, "lineno", 0), target)


def _targets(node: ast.AST, parent: str, found: Mapping[str, Path]) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        above = parent.split(".")[: len(parent.split(".")) - node.level + 1]
        base = ".".join([*above, *([node.module] if node.module else [])])
    # `from package import name` names the module package.name if there is one, else something within package.
    return [f"{base}.{alias.name}" if f"{base}.{alias.name}" in found else base for alias in node.names]


def rooms(drawing: str) -> dict[str, int]:
    """The floor of every room, read from the drawing: a line is indented, and names a room and its floor."""
    return {m[1]: int(m[2]) for m in re.finditer(r"^ {2,}(\w+)(?:/|\.py) +(\d+)\b", drawing, re.MULTILINE)}


def room_of(module: str) -> str:
    """The room of a module: the folder or file right under the package; the package itself is its own room."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def misplaced(found: Mapping[str, Path], floors: Mapping[str, int], package: str) -> list[str]:
    """Imports that do not point down, and rooms that the drawing does not show."""
    faults = [
        f"{room} stands in no floor: draw it in docs/architecture.md"
        for room in sorted({room_of(m) for m in found} - set(floors))
    ]
    for one in imports(found):
        here, there = room_of(one.module), room_of(one.target)
        if one.target.split(".")[0] != package or here == there or here not in floors or there not in floors:
            continue
        if floors[there] > floors[here] or (floors[there] == floors[here] != GROUND):
            faults.append(f"{one.module}:{one.line} imports {one.target}: {there} does not stand below {here}")
    return faults


def cycles(found: Mapping[str, Path]) -> list[str]:
    """Groups of modules that import one another in a circle, as sentences."""
    graph: dict[str, set[str]] = {name: set() for name in found}
    for one in imports(found):
        if one.target in found and one.target != one.module:
            graph[one.module].add(one.target)
    reach = {name: _reachable(graph, name) for name in graph}
    circles = {
        frozenset(other for other in reach[name] if name in reach[other]) for name in graph if name in reach[name]
    }
    return [" and ".join(sorted(circle)) + " import one another in a circle" for circle in circles]


def _reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    left = list(graph[start])
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += graph[name]
    return seen


def trespassers(found: Mapping[str, Path], only_there: Mapping[str, set[str]]) -> list[str]:
    """Imports of a library outside the rooms that alone may know it."""
    return [
        f"{one.module}:{one.line} imports {one.target}, which only {' and '.join(sorted(allowed))} may"
        for one in imports(found)
        if (allowed := only_there.get(one.target.split(".")[0])) is not None and room_of(one.module) not in allowed
    ]


@pytest.fixture(scope="module")
def heedful() -> dict[str, Path]:
    return modules(ROOT / "src", "heedful")


@pytest.fixture(scope="module")
def floors() -> dict[str, int]:
    return rooms((ROOT / "docs/architecture.md").read_text(encoding="utf-8"))


def test_every_import_points_to_a_lower_floor(heedful: dict[str, Path], floors: dict[str, int]) -> None:
    assert misplaced(heedful, floors, "heedful") == []


def test_no_module_imports_itself_through_others(heedful: dict[str, Path]) -> None:
    assert cycles(heedful) == []


def test_the_terminal_and_the_web_are_known_to_one_room_each(heedful: dict[str, Path]) -> None:
    assert trespassers(heedful, ONLY_THERE) == []


def test_the_drawing_shows_no_room_that_does_not_exist(heedful: dict[str, Path], floors: dict[str, int]) -> None:
    assert sorted(set(floors) - {room_of(name) for name in heedful}) == []


# The checkers themselves, on small made-up houses.

FLOORS = {"__init__": 8, "stone": 0, "earth": 0, "cellar": 1, "shed": 1, "kitchen": 2, "attic": 9}


def build(root: Path, **files: str) -> dict[str, Path]:
    """A package `house` whose modules hold the text given; `__` in a name is a folder's border."""
    package = root / "house"
    package.mkdir()
    (package / "__init__.py").touch()
    for name, text in files.items():
        path = package / (name.replace("__", "/") + ".py" if name != "__init__" else "__init__.py")
        path.parent.mkdir(exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")
    return modules(root, "house")


@pytest.mark.parametrize(
    "text",
    [
        "import house.kitchen.stove",
        "from house.kitchen import stove",
        "from house.kitchen.stove import light",
        "from house import kitchen",
        "from ..kitchen import stove",
        "from ..kitchen.stove import light",
        "def f():\n    from house.kitchen import stove",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.kitchen.stove import light",
        "from house import anything",
        "import house",
        "from house.shed import rake",
    ],
)
def test_an_import_that_does_not_point_down_is_found(tmp_path: Path, text: str) -> None:
    house = build(tmp_path, cellar__wine=text, kitchen__stove="", shed__rake="")
    assert len(misplaced(house, FLOORS, "house")) == 1


@pytest.mark.parametrize(
    "text", ["from house.cellar import wine", "from ..cellar.wine import red", "from . import stove", "import os"]
)
def test_an_import_that_points_down_or_stays_in_its_room_is_fine(tmp_path: Path, text: str) -> None:
    house = build(tmp_path, kitchen__table=text, kitchen__stove="", cellar__wine="")
    assert misplaced(house, FLOORS, "house") == []


def test_modules_of_the_ground_may_lean_on_each_other_but_not_in_a_circle(tmp_path: Path) -> None:
    house = build(tmp_path, stone="from house import earth", earth="from house.stone import grey")
    assert misplaced(house, FLOORS, "house") == []
    assert cycles(house) == ["house.earth and house.stone import one another in a circle"]


def test_the_face_may_import_from_below_it_but_not_from_above(tmp_path: Path) -> None:
    house = build(
        tmp_path, __init__="from house.kitchen import stove\nfrom house import attic", kitchen__stove="", attic=""
    )
    assert misplaced(house, FLOORS, "house") == ["house:2 imports house.attic: attic does not stand below __init__"]


def test_a_room_without_a_floor_is_found(tmp_path: Path) -> None:
    assert misplaced(build(tmp_path, garage__car=""), FLOORS, "house") == [
        "garage stands in no floor: draw it in docs/architecture.md"
    ]


def test_a_circle_through_a_function_and_a_third_module_is_found(tmp_path: Path) -> None:
    house = build(
        tmp_path,
        kitchen__a="from house.kitchen import b",
        kitchen__b="def f():\n    from .c import x",
        kitchen__c="import house.kitchen.a",
        kitchen__d="from house.kitchen import a",
    )
    assert cycles(house) == ["house.kitchen.a and house.kitchen.b and house.kitchen.c import one another in a circle"]


def test_a_library_outside_its_room_is_found(tmp_path: Path) -> None:
    house = build(tmp_path, attic__light="import click.testing", cellar__wine="def f():\n    from click import echo")
    assert trespassers(house, {"click": {"attic"}}) == ["house.cellar.wine:2 imports click, which only attic may"]


def test_the_drawing_is_read_room_by_room() -> None:
    drawing = (
        "The house, floor 3 of which is new\n\n    a/  2  what stands in b/ 7\n      errors.py  0  the tree\n\n- b/ 3\n"
    )
    assert rooms(drawing) == {"a": 2, "errors": 0}
