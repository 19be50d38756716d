from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.identity.made import Link, Name, identities, linked


@pytest.fixture
def link() -> Link:
    """Links names, and says which id belongs to which customer."""

    def call(names: Sequence[Name], *, days: Sequence[int] | None = None, **more: object) -> dict[str, str]:
        found = linked(identities(names, days), **more)  # type: ignore[arg-type]
        return {local_id: customer for local_id, (customer, _) in found.items()}

    return call
