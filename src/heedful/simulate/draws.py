"""Seeded draws. Each part of a simulation has its own stream, so that a change in one leaves the others alone."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from heedful.simulate.arrays import Flags, Floats, Texts, Whole


def stream(seed: int, name: str) -> np.random.Generator:
    """The random numbers of the part called `name`."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def pick(rng: np.random.Generator, options: Sequence[str], shares: Sequence[float] | Floats, n: int) -> Texts:
    """`n` of the `options`, each with its share."""
    return np.array(options, dtype=object)[pick_index(rng, shares, n)]


def pick_index(rng: np.random.Generator, shares: Sequence[float] | Floats, n: int) -> Whole:
    """`n` positions within `shares`, each with its share."""
    edges = np.cumsum(np.asarray(shares, dtype=np.float64))
    return np.searchsorted(edges / edges[-1], rng.random(n), side="right").astype(np.int64)


def pick_row(rng: np.random.Generator, shares: Floats, rows: Whole) -> Whole:
    """For each entry of `rows`, a column of `shares` (n_rows, n_columns), drawn with the shares of that row."""
    edges = np.cumsum(shares, axis=1)
    edges = edges / edges[:, -1:]
    below = rng.random(len(rows))[:, None] >= edges[rows]
    columns: Whole = below.sum(axis=1).astype(np.int64)
    return columns


def happens(rng: np.random.Generator, probability: Floats | float, n: int) -> Flags:
    """`n` flags, each true with its probability."""
    flags: Flags = rng.random(n) < probability
    return flags


def around(rng: np.random.Generator, median: Floats | float, spread: float, n: int) -> Floats:
    """`n` lognormal amounts around `median`; `spread` is the standard deviation of their logarithm."""
    amounts: Floats = np.asarray(median) * np.exp(spread * rng.standard_normal(n))
    return amounts
