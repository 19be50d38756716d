"""Stand-ins for public data sets: simulated files with the same names, columns and types.

With them every example runs anywhere. The figures are invented and are not those of the originals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from heedful.errors import InputError
from heedful.simulate.draws import stream
from heedful.simulate.standins.airport import sfo_customer_survey
from heedful.simulate.standins.columns import Columns
from heedful.simulate.standins.marketplace import olist
from heedful.simulate.standins.telecom import telco_churn
from heedful.simulate.standins.wholesaler import online_retail

Standin = Literal["olist", "telco_churn", "sfo_customer_survey", "online_retail"]
STANDINS: tuple[Standin, ...] = get_args(Standin)

_MAKERS: Mapping[Standin, Callable[[np.random.Generator], Mapping[str, Columns]]] = {
    "olist": olist,
    "telco_churn": telco_churn,
    "sfo_customer_survey": sfo_customer_survey,
    "online_retail": online_retail,
}


def standin(name: Standin, folder: Path, *, seed: int = 1) -> Mapping[str, int]:
    """Write the stand-in of the data set `name` into `folder`, which is made; returns the rows of each file.

    The same seed writes the same bytes. Raises `InputError` for a name that does not exist.
    """
    if name not in STANDINS:
        raise InputError(f'There is no stand-in "{name}". There are: {", ".join(STANDINS)}.')
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, int] = {}
    for stem, columns in _MAKERS[name](stream(seed, name)).items():
        table = pa.table(dict(columns))
        pq.write_table(table, folder / f"{stem}.parquet", compression="zstd")
        rows[f"{stem}.parquet"] = table.num_rows
    return rows
