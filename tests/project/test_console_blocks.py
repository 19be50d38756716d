"""The runner of pages, on small made-up ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.console_blocks import Command, SavedFile, missing_line, run, steps

PAGE = """
<!-- file: a/b.txt -->

```csv title="b"
x
y
```

1. Then:

   ```console
   $ wc -l < a/b.txt
   2
   $ false
   ```

```sh
exit 3
```
"""


def test_files_are_saved_and_commands_run_in_their_order(tmp_path: Path) -> None:
    assert list(steps(PAGE)) == [
        SavedFile(5, "a/b.txt", "x\ny\n"),
        Command(12, "wc -l < a/b.txt", ("2",)),
        Command(14, "false", ()),
    ]
    assert [fault.split(":")[0] for fault in run(PAGE, tmp_path)] == ["line 14"]


def test_a_command_that_prints_something_else_is_found(tmp_path: Path) -> None:
    assert run("```console\n$ echo one\none\n```", tmp_path) == []
    assert len(run("```console\n$ echo one\ntwo\n```", tmp_path)) == 1


def test_a_make_target_that_does_not_exist_is_found(tmp_path: Path) -> None:
    assert run("```console\n$ make demo\n```", tmp_path) == []
    assert len(run("```console\n$ make coffee\n```", tmp_path)) == 1


def test_a_console_block_without_a_command_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2"):
        list(steps("```console\nheedful check\n```"))


@pytest.mark.parametrize(
    ("shown", "absent"),
    [
        ((), None),
        (("a", "b  c", "d"), None),
        (("a", "…"), None),
        (("…", "d"), None),
        (("a", "…", "d"), None),
        (("…", "b c", "…"), None),
        (("a", "b c"), "d"),
        (("b c",), "b c"),
        (("…", "e"), "e"),
        (("…", "b c"), "d"),
        (("a", "b c", "d", "e"), "e"),
        (("…", "d", "…", "a"), "a"),
    ],
)
def test_shown_lines_are_looked_for_in_their_place(shown: tuple[str, ...], absent: str | None) -> None:
    assert missing_line(shown, "a\n b c\n\nd\n") == absent
