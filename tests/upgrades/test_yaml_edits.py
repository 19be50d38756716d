"""Edits of one piece of a YAML file leave everything else, comments too, as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from heedful.upgrades.yaml_edits import Yaml

FILE = """\
# at the head
company: Nordlys   # the name
brands: {own: Nordlys, others: [Kaffia]}

bases:
  hide_below: 5  # customers
  flag_below: 30
# at the end
"""


def edited(folder: Path, edit: Callable[[Yaml], None], text: str = FILE) -> str:
    path = folder / "heedful.yaml"
    path.write_bytes(text.encode("utf-8"))
    file = Yaml(path)
    edit(file)
    file.save()
    return path.read_bytes().decode("utf-8")


@pytest.mark.parametrize(
    ("edit", "was", "becomes"),
    [
        (lambda f: f.replace(("company",), '"A: B"'), "company: Nordlys ", 'company: "A: B" '),
        (lambda f: f.replace(("brands", "others", 0), "Rival"), "[Kaffia]", "[Rival]"),
        (lambda f: f.replace(("brands", "others"), "[]"), "others: [Kaffia]", "others: []"),
        (lambda f: f.rename(("bases", "hide_below"), "hidden_under"), "hide_below: 5", "hidden_under: 5"),
        (lambda f: f.rename(("brands", "own"), "ours"), "{own:", "{ours:"),
        (lambda f: f.remove(("bases", "hide_below")), "  hide_below: 5  # customers\n", ""),
        (lambda f: f.remove(("bases",)), "bases:\n  hide_below: 5  # customers\n  flag_below: 30\n", ""),
        (lambda f: f.remove(("brands", "own")), "{own: Nordlys, others", "{others"),
        (lambda f: f.remove(("brands", "others")), "Nordlys, others: [Kaffia]}", "Nordlys}"),
        (lambda f: f.add(("bases",), "show_from", "5"), "flag_below: 30\n", "flag_below: 30\n  show_from: 5\n"),
        (lambda f: f.add(("brands",), "rival", "X"), "[Kaffia]}", "[Kaffia], rival: X}"),
        (lambda f: f.add((), "currency", "EUR"), "flag_below: 30\n", "flag_below: 30\ncurrency: EUR\n"),
        (lambda f: f.put_first("version", "2"), "company: ", "version: 2\ncompany: "),
    ],
)
def test_only_the_piece_itself_is_edited(tmp_path: Path, edit: Callable[[Yaml], None], was: str, becomes: str) -> None:
    assert FILE.count(was) == 1
    assert edited(tmp_path, edit) == FILE.replace(was, becomes)


def test_edits_follow_each_other(tmp_path: Path) -> None:
    def edit(file: Yaml) -> None:
        file.put_first("version", "10")
        file.replace(("bases", "flag_below"), "300")
        file.rename(("company",), "organisation")

    assert edited(tmp_path, edit) == (
        FILE.replace("company", "version: 10\norganisation").replace("flag_below: 30", "flag_below: 300")
    )


def test_a_file_keeps_its_byte_order_mark_and_its_line_ends(tmp_path: Path) -> None:
    text = "\ufeff" + FILE.replace("\n", "\r\n")
    found = edited(tmp_path, lambda f: f.add(("bases",), "show_from", "5"), text)
    assert found == text.replace("flag_below: 30\r\n", "flag_below: 30\r\n  show_from: 5\r\n")


def test_a_text_over_lines_is_replaced_whole(tmp_path: Path) -> None:
    text = "query: |\n  select *\n  from a\n# next\nname: b\n"
    assert edited(tmp_path, lambda f: f.replace(("query",), "select 1"), text) == "query: select 1\n# next\nname: b\n"


def test_an_empty_mapping_takes_an_entry(tmp_path: Path) -> None:
    assert edited(tmp_path, lambda f: f.add(("a",), "b", "1"), "a: {}\n") == "a: {b: 1}\n"


def test_a_last_line_without_an_end_gets_one(tmp_path: Path) -> None:
    assert edited(tmp_path, lambda f: f.add((), "b", "2"), "a: 1") == "a: 1\nb: 2\n"


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(FILE, encoding="utf-8")
    file = Yaml(path)
    assert file.keys() == ("company", "brands", "bases")
    assert not file.has(("bases", "show_from"))
    with pytest.raises(KeyError):
        file.rename(("bases", "show_from"), "x")
    with pytest.raises(ValueError, match="spread over lines"):
        file.replace(("bases",), "{}")
