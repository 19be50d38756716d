"""What a pull needs to know of the workspace around a source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

Hashed = Callable[[str, Iterable[str]], Iterator[tuple[str | None, str]]]
"""From the kind of names and the names as they stand to their keyed hashes, or None and why it names nobody."""


@dataclass(frozen=True, slots=True)
class PullSettings:
    """The workspace as a source sees it. `folder` is where relative paths begin and where rejects are written.

    `variables` fill `${…}` in paths, `now` is the aware instant written as the time of loading, and `reject_share` is
    the share of rows that may be rejected where a source states none. `hashed` is needed by sources that state
    identifiers.
    """

    folder: Path
    variables: Mapping[str, str]
    timezone: str
    currency: str
    own_brand: str
    attributes: Mapping[str, pa.DataType]
    now: datetime
    reject_share: float = 0.05
    hashed: Hashed | None = None
