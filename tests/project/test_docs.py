"""What the documentation says is so: its commands run, its paths exist, all that a user can name has its entry."""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import cast

import click
import pytest

import heedful
from docs import generate
from heedful.cli import heedful as command_line
from heedful.definitions import Definition
from heedful.measures import registry
from heedful.streams import functions, schema
from tests.project.checkout import ROOT
from tests.project.console_blocks import Command, run, steps

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*/README.md")])
RUN = ("README.md", "docs/tutorial.md")
FOLDERS = ("benchmarks", "docs", "examples", "requirements", "scripts", "src", "tests", ".ci")


@pytest.mark.parametrize("page", RUN)
def test_every_command_that_the_page_shows_runs_and_prints_what_it_shows(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert any(isinstance(step, Command) for step in steps(text))
    assert run(text, tmp_path) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    assert missing_paths(page.read_text(encoding="utf-8"), page.parent) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    assert unknown_commands(page.read_text(encoding="utf-8")) == []


def test_every_command_and_option_has_its_entry() -> None:
    written = generate.commands()
    context = click.Context(command_line)
    for name in command_line.list_commands(context):
        command = command_line.get_command(context, name)
        assert command is not None
        assert f"## heedful {name}\n" in written
        assert command.help, f"{name} has no help"
        assert "heedful " in command.help or "heedful " in (command.epilog or ""), f"{name} shows no example"
        options = [o for p in command.params if isinstance(p, click.Option) and not p.hidden for o in p.opts]
        assert [o for o in options if o not in written] == []


def test_every_model_of_a_workspace_file_has_its_entry() -> None:
    written = generate.workspace_files()
    reached = {name for place in generate.WORKSPACE_FILES.values() for name in _models(place)}
    assert sorted(c.__name__ for c in _definitions() if c.__name__ not in reached) == []
    for place in generate.WORKSPACE_FILES.values():
        for field in generate.model_at(place).model_fields:
            assert field == "root" or f"| `{field}` |" in written


def test_every_measure_function_table_and_public_name_has_its_entry() -> None:
    assert [m for m in registry.shipped() if f"## {m} {{" not in generate.measures()] == []
    assert [f.name for f in functions.FUNCTIONS if f"`{f.signature}`" not in generate.expressions()] == []
    assert [t for t in schema.TABLES if f"## {t}\n" not in generate.tables()] == []
    assert [n for n in heedful.__all__ if f"## `{n}`\n" not in generate.python()] == []


def test_every_public_name_says_what_it_is() -> None:
    public = [getattr(heedful, name) for name in heedful.__all__]
    assert [p for p in public if (inspect.isclass(p) or inspect.isfunction(p)) and not inspect.getdoc(p)] == []


def test_every_section_that_is_generated_is_asked_for_by_a_page() -> None:
    asked = {
        m
        for p in PAGES
        for m in re.findall(r"^<!-- generated: (.+?) -->$", p.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert asked == set(generate.SECTIONS)


def _models(place: str) -> Iterator[str]:
    yield place.partition(":")[2]
    yield from cast("dict[str, object]", generate.model_at(place).model_json_schema().get("$defs", {}))


def _definitions() -> Iterator[type[Definition]]:
    for module in pkgutil.walk_packages(heedful.__path__, "heedful."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    left = [Definition]
    while left:
        for model in left.pop().__subclasses__():
            left.append(model)
            if model.__module__.startswith("heedful."):
                yield model


def missing_paths(markdown: str, folder: Path) -> list[str]:
    """Links and paths in code that lead nowhere. Placeholders in capitals or angle brackets stand for any name."""
    prose = re.sub(r"^ *```.*?^ *```$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    links = [folder / link for link in re.findall(r"\]\((?!\w+:|#)([^)#]+)[^)]*\)", prose)]
    named = [ROOT / name for name in re.findall(rf"`((?:{'|'.join(map(re.escape, FOLDERS))})/[^`\s]*)`", prose)]
    return [str(p) for p in [*links, *named] if not re.search(r"[<>]|\b[A-Z]+\b(?!\.md)", p.name) and not _exists(p)]


def _exists(path: Path) -> bool:
    return any(path.parent.glob(path.name)) if "*" in path.name else path.exists()


def unknown_commands(markdown: str) -> list[str]:
    """`heedful NAME` and `make NAME`, in code, that do not exist."""
    code = " ".join(re.findall(r"```.*?```|`[^`\n]+`", markdown, re.DOTALL))
    commands = set(command_line.list_commands(click.Context(command_line)))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    typed = re.findall(r"(?:^|[`$;&] ?|\* )heedful (?:-w \S+ )?([a-z]\w*)", code, re.MULTILINE)
    made = re.findall(r"(?:^|[`$;&] ?)make ([a-z]\w*)", code, re.MULTILINE)
    return [f"heedful {c}" for c in typed if c not in commands] + [f"make {t}" for t in made if t not in targets]


# The checkers themselves, on small made-up pages.


def test_a_path_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "here.md").touch()
    links = "[a](here.md#top) [b](gone.md) [c](https://x.org/y)"
    named = "`src/heedful` `src/gone.py` `docs/*.yml` `sources/NAME.yaml` `tests/golden/<measure>.csv`"
    assert [Path(p).name for p in missing_paths(links + named, tmp_path)] == ["gone.md", "gone.py", "*.yml"]
    assert missing_paths("```yaml\n`src/gone.py`\n```", tmp_path) == []


def test_a_command_that_does_not_exist_is_found() -> None:
    page = "`heedful -w shop pull` heedful brew ```sh\nheedful brew\nmake demo && make coffee\n```"
    assert unknown_commands(page) == ["heedful brew", "make coffee"]


def test_a_section_is_put_where_the_page_asks_for_it() -> None:
    page = generate.on_page_markdown("# T\n\n<!-- generated: results -->\n\nend", page=None)
    assert page.startswith("# T\n\n| column |")
    assert page.endswith("\n\nend")
    assert json.dumps(page).count("| `value` |") == 1
