"""An airport's yearly survey, in the files of the SFO customer survey."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from heedful.definitions import read_yaml
from heedful.simulate.answers import recommend
from heedful.simulate.arrays import Floats, Texts, Whole
from heedful.simulate.draws import happens, pick, pick_index
from heedful.simulate.standins.columns import Columns, text

_COLUMNS = Path(__file__).parent / "airport_columns.yaml"


def sfo_customer_survey(rng: np.random.Generator) -> Mapping[str, Columns]:
    """Eight yearly waves: names and codes change every year, weights come in most of them."""
    return {stem: airport_wave(rng, int(stem[-4:]), kinds) for stem, kinds in read_yaml(_COLUMNS).data.items()}


_OVERALL = {2010: "Q6N", 2011: "Q8N", 2012: "Q8N_WHOLE", 2013: "Q7O_WHOLE"}
"""The airport as a whole; `Q7ALL` in every later year."""


def airport_wave(rng: np.random.Generator, year: int, kinds: Mapping[str, str]) -> Columns:
    """One wave; ratings hang together within a respondent, and the stratum answers differently."""
    n = 900
    strata = 1 + pick_index(rng, (0.3, 0.42, 0.28), n)
    liking = rng.normal(3.95, 0.5, n) + np.array([0.12, 0.0, -0.1])[strata - 1]
    columns: dict[str, pa.Array] = {}
    for name, kind in kinds.items():
        plain = name.strip("*")
        if kind == "rating":
            values = np.clip(np.round(liking + rng.normal(0, 0.6, n)), 1, 5).astype(np.int64)
            unused = 0.02 if plain == _OVERALL.get(year, "Q7ALL") else 0.12
            values = np.where(happens(rng, unused, n), 6, np.where(happens(rng, 0.04, n), 0, values))
            columns[name] = pa.array(values)
        elif kind == "number":
            weight = np.array([1.45, 0.75, 0.95])[strata - 1] * rng.uniform(0.85, 1.15, n)
            columns[name] = pa.array(np.round(weight / weight.mean(), 6) if plain == "WEIGHT" else rng.uniform(1, 9, n))
        elif kind == "text":
            columns[name] = text(airport_text(rng, plain, liking))
        else:
            columns[name] = pa.array(airport_code(rng, plain, liking, strata))
    return columns


def airport_text(rng: np.random.Generator, name: str, liking: Floats) -> Texts:
    """The columns that hold text."""
    n = len(liking)
    if name == "Q7ALL":
        rating = np.clip(np.round(liking + rng.normal(0, 0.5, n)), 1, 5).astype(np.int64).astype(str).astype(object)
        return np.where(happens(rng, 0.05, n), "Blank", rating).astype(object)
    if name == "INTDATE":
        return np.array([f"05/{day:02}/2016 12:00:00 AM" for day in rng.integers(6, 25, n)], dtype=object)
    if name in ("BAREA", "AREA"):
        return pick(rng, tuple("ABCDEFG"), np.full(7, 1 / 7), n)
    if name == "DAY":
        return pick(rng, ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"), np.full(7, 1 / 7), n)
    if name.endswith("COUNTRY"):
        return pick(rng, ("UNITED STATES", "CANADA", "JAPAN", "GERMANY"), (0.8, 0.1, 0.05, 0.05), n)
    return np.full(n, "", dtype=object)


def airport_code(rng: np.random.Generator, name: str, liking: Floats, strata: Whole) -> Whole:
    """The columns that hold whole numbers."""
    n = len(liking)
    if name in ("RESPNUM", "CCGID"):
        return np.arange(1, n + 1)
    if name == "STRATA":
        return strata
    if name == "NETPRO":
        return np.where(happens(rng, 0.03, n), 11, recommend(rng, 2.2 * liking - 0.4))
    if name == "INTDATE":
        return rng.integers(5, 29, n)
    if name == "LANG":
        return 1 + pick_index(rng, (0.94, 0.01, 0.04, 0.01), n)
    return rng.integers(1, 5, n)
