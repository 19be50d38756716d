"""Fixtures that tests of every package share."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

import pytest

from tests.engines import NAMES, Engines


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """Starts engines over given tables: `engines.load("postgres", {"feedback": table})`."""
    started = Engines()
    yield started
    started.close()


@pytest.fixture(params=NAMES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """A test that asks for this runs once on every engine."""
    return str(request.param)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With HEEDFUL_NO_SKIP=1, as in CI, a test that would be skipped fails instead: nothing is left out unseen."""
    report = yield
    if report.skipped and os.environ.get("HEEDFUL_NO_SKIP") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
    return report
