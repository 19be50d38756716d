"""What a pull needs to know of the workspace around a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class PullSettings:
    """The workspace as a source sees it. `folder` is where relative paths begin and where rejects are written.

    `variables` fill `${…}` in paths, `now` is the aware instant written as the time of loading, and `reject_share` is
    the share of rows that may be rejected where a source states none.
    """

    folder: Path
    variables: Mapping[str, str]
    timezone: str
    currency: str
    own_brand: str
    attributes: Mapping[str, pa.DataType]
    now: datetime
    reject_share: float = 0.05
