"""The array types that the simulator passes around."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Times = npt.NDArray[np.datetime64]  # local wall-clock time, whole seconds; NaT where there is none
Spans = npt.NDArray[np.timedelta64]
Texts = npt.NDArray[np.object_]
Indexed = npt.NDArray[Any]
