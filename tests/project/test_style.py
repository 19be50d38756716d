"""What STYLE asks of every file and a machine can see: sizes, names, and nothing of anyone's own machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.checkout import ROOT, project_files

MOST_LINES = 600
MOST_FUNCTION_LINES = 60
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc"}

# Written in pieces, so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.~$}>/*-])/(?:work|root|home/\w+|Users/\w+)/[\w.]")
REGISTRY = re.compile(
    "|".join(
        re.escape(host)
        for host in (
            "pypi" + ".org",
            "python" + "hosted.org",
            "npm" + "js.org",
            "npm" + "js.com",
            "deb." + "debian.org",
        )
    )
)


def long_modules(files: list[Path]) -> list[str]:
    """Python files past the bound."""
    counted = [(path, len(path.read_text(encoding="utf-8").splitlines())) for path in files if path.suffix == ".py"]
    return [f"{path}: {lines} lines; split it by idea" for path, lines in counted if lines > MOST_LINES]


def long_functions(files: list[Path]) -> list[str]:
    """Functions past the bound; their docstrings do not count."""
    return [
        f"{path}:{node.lineno} {node.name}: {lines} lines without its docstring; split it by idea"
        for path in files
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := _own_lines(node)) > MOST_FUNCTION_LINES
    ]


def _own_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
    return lines


def empty_names(files: list[Path]) -> list[str]:
    """Modules and folders whose names say nothing of what is inside."""
    return [
        f"{path}: {part} does not say what is inside"
        for path in files
        if path.suffix == ".py"
        for part in path.with_suffix("").parts
        if part in EMPTY_NAMES or part.rpartition("_")[2] in EMPTY_NAMES
    ]


def texts(files: list[Path]) -> Iterator[tuple[Path, int, str]]:
    """Every line of every text file, numbered from 1."""
    for path in files:
        content = path.read_bytes()
        if b"\0" not in content:
            for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
                yield path, number, line


def matches(files: list[Path], pattern: re.Pattern[str]) -> list[str]:
    """Places where `pattern` stands."""
    return [f"{path}:{number}: {found[0]}" for path, number, line in texts(files) if (found := pattern.search(line))]


@pytest.fixture(scope="module")
def files() -> list[Path]:
    return project_files(ROOT)


def test_no_module_is_longer_than_a_reader_can_hold(files: list[Path]) -> None:
    assert long_modules(files) == []


def test_every_function_fits_a_screen(files: list[Path]) -> None:
    assert long_functions(files) == []


def test_every_module_has_a_name_that_says_what_is_inside(files: list[Path]) -> None:
    assert empty_names([path.relative_to(ROOT) for path in files]) == []


def test_no_file_names_a_path_of_someones_machine(files: list[Path]) -> None:
    assert matches(files, MACHINE_PATH) == []


def test_no_file_names_the_host_of_a_package_registry(files: list[Path]) -> None:
    assert matches(files, REGISTRY) == []


# The checkers themselves, on small made-up files.


def write(path: Path, text: str) -> list[Path]:
    path.write_text(text, encoding="utf-8")
    return [path]


def test_a_module_one_line_too_long_is_found(tmp_path: Path) -> None:
    assert long_modules(write(tmp_path / "a.py", "x = 1\n" * MOST_LINES)) == []
    assert len(long_modules(write(tmp_path / "b.py", "x = 1\n" * (MOST_LINES + 1)))) == 1


def test_a_function_one_line_too_long_is_found_and_its_docstring_does_not_count(tmp_path: Path) -> None:
    fits = 'class C:\n    async def f(self):\n        """One.\n\n        Two.\n        """\n' + "        x = 1\n" * (
        MOST_FUNCTION_LINES - 1
    )
    assert long_functions(write(tmp_path / "a.py", fits)) == []
    assert len(long_functions(write(tmp_path / "b.py", fits + "        x = 1\n"))) == 1


@pytest.mark.parametrize("name", ["utils.py", "core/a.py", "date_helpers.py"])
def test_a_name_that_says_nothing_is_found(name: str) -> None:
    assert len(empty_names([Path(name)])) == 1


@pytest.mark.parametrize("name", ["scores.py", "commons.py", "core.md"])
def test_a_name_that_says_something_is_fine(name: str) -> None:
    assert empty_names([Path(name)]) == []


@pytest.mark.parametrize(
    "line", ["see /" + "work/data", "'/" + "root/.cache'", "(/" + "home/ann/x)", "/" + "Users/ann/x"]
)
def test_a_path_of_someones_machine_is_found(tmp_path: Path, line: str) -> None:
    assert len(matches(write(tmp_path / "a.md", line), MACHINE_PATH)) == 1


@pytest.mark.parametrize("line", ["~/" + "work/x", "${data}/" + "work/x", "/etc/passwd", "docs/" + "root/x"])
def test_a_path_that_every_machine_has_is_fine(tmp_path: Path, line: str) -> None:
    assert matches(write(tmp_path / "a.md", line), MACHINE_PATH) == []


def test_a_registry_host_is_found_in_text_and_binary_files_are_left_alone(tmp_path: Path) -> None:
    found = matches(write(tmp_path / "a.txt", "one\nhttps://pypi" + ".org/simple"), REGISTRY)
    assert [place.rpartition(":")[0] for place in found] == [f"{tmp_path / 'a.txt'}:2"]
    (tmp_path / "b.bin").write_bytes(b"\0pypi" + b".org")
    assert matches([tmp_path / "b.bin"], REGISTRY) == []


def test_ignored_files_are_not_the_projects(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    write(tmp_path / ".gitignore", "/made/\n")
    write(tmp_path / "new.md", "")
    (tmp_path / "made").mkdir()
    write(tmp_path / "made/by_a_target.md", "")
    assert [path.name for path in project_files(tmp_path)] == [".gitignore", "new.md"]
