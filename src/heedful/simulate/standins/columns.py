"""Columns as the public files have them: text is large_string, times are microseconds without a zone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from heedful.simulate.arrays import Indexed, Texts, Whole

Columns = Mapping[str, pa.Array]
NOTHING = np.array(None, dtype=object)


def text(values: Indexed) -> pa.Array:
    """Text; None is null."""
    return pa.array(values, pa.large_string())


def time(moments: Indexed) -> pa.Array:
    """Times without a zone; NaT is null."""
    return pa.array(moments.astype("datetime64[us]"), pa.timestamp("us"))


def named(names: tuple[str, ...], index: Whole) -> Texts:
    """The names at the positions of `index`."""
    return np.array(names, dtype=object)[index]


def keys(rng: np.random.Generator, n: int) -> Texts:
    """`n` keys of 32 hexadecimal digits."""
    return np.array([bytes(row).hex() for row in rng.integers(0, 256, (n, 16), dtype=np.uint8)], dtype=object)
