"""What measures have to know of the workspace that they are asked in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pyarrow as pa

from heedful.measures.segments import Segmentations
from heedful.measures.units import Hierarchy


@dataclass(frozen=True)
class Setting:
    """The workspace as measures see it.

    `first_value` is the condition on activity by which a customer first gets something out of it.
    `flag_below` is the number of customers under which a figure is marked as resting on few.
    `units` is the hierarchy of units.yaml; None where there is none.
    """

    zone: ZoneInfo
    own_brand: str
    currency: str
    attributes: Mapping[str, pa.DataType] = field(default_factory=dict)
    segmentations: Segmentations = field(default_factory=dict)
    first_value: str | None = None
    flag_below: int = 30
    units: Hierarchy | None = None
