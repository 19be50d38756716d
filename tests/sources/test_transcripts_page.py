"""The page on calls and focus groups does what it says."""

from __future__ import annotations

from heedful.sources import load_source, pull
from tests.project.checkout import ROOT
from tests.project.console_blocks import SavedFile, steps
from tests.sources.conftest import Workspace


def test_the_files_and_sources_of_the_page_come_in_as_it_says(workspace: Workspace) -> None:
    page = (ROOT / "docs/how-to/bring-in-calls-and-focus-groups.md").read_text(encoding="utf-8")
    saved = [step for step in steps(page) if isinstance(step, SavedFile)]
    for file in saved:
        workspace.write(file.name, file.text)
    for name in ("calls", "groups"):
        pull(load_source(workspace.folder / "sources" / f"{name}.yaml"), workspace.lake, workspace.settings)
    rows = workspace.rows(
        "select channel, speaker, customer_id, touchpoint from feedback order by channel, occurred_at, feedback_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("call", "agent", "C-17", None),
        ("call", "customer", "C-17", None),
        ("focus_group", "moderator", None, "Using a locker"),
        ("focus_group", "moderator", None, "Using a locker"),
        ("focus_group", "P1", "C-17", "Using a locker"),
        ("focus_group", "P2", None, "Using a locker"),
    ]
    assert workspace.column("select customer_id from activity where kind = 'contact'") == ["C-17"]
