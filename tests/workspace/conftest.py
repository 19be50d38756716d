"""Workspaces to try things on: a simulated shop that tests only read, and small ones that they write themselves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from heedful.cli import main
from heedful.simulate import simulate
from heedful.workspace import Workspace

Write = Callable[..., Path]
Run = Callable[..., tuple[int, str, str]]

FILES = {
    "heedful.yaml": """
        company: Nordlys
        brands: {own: Nordlys, others: [Kaffia]}
        timezone: Europe/Riga
        attributes: {country: string, persona: string}
    """,
    "sources/orders.yaml": """
        files: {orders: orders.csv}
        rows:
          - {into: activity, activity_id: id, customer_id: whom, occurred_at: day, kind: "'order'", amount: paid}
    """,
    "sources/people.yaml": """
        files: {people: people.csv}
        rows: [{into: customers, customer_id: whom, country: land}]
    """,
    "orders.csv": "id,whom,day,paid\n1,a,2026-01-05,10\n2,a,2026-02-05,20\n3,b,2026-02-07,30\n",
    "people.csv": "whom,land\na,LV\nb,NO\n",
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a small workspace into a folder of its own; what is given by its path replaces or adds a file."""

    def make(**given: str) -> Path:
        folder = tmp_path / "small"
        for name, text in {**FILES, **{k.replace("__", "/"): v for k, v in given.items()}}.items():
            path = folder / (name if "." in name else f"{name}.yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return folder

    return make


@pytest.fixture(scope="session")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated shop, its data brought in. Tests only read it."""
    folder = tmp_path_factory.mktemp("workspace") / "shop"
    simulate("shop", folder, customers=500, months=12)
    with Workspace(folder) as workspace:
        list(workspace.pull())
    return folder


@pytest.fixture(scope="session")
def shop(shop_folder: Path) -> Iterator[Workspace]:
    """The same, opened."""
    with Workspace(shop_folder) as workspace:
        yield workspace


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the program as a person would, and gives its exit code, what it printed and what it said of errors."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["heedful", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call
