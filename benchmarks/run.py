"""Time and memory of twelve measures by segment and month beside hand-written SQL, pandas and polars.

    make bench                                    2 million activity and 200,000 feedback rows
    make bench ARGS="--activity 20000000 --feedback 2000000"

Each of the four runs in a process of its own over the same Parquet files, in turn, several rounds; ratios are of the
medians in the same run. Times are CPU seconds, all threads together, which other work on the machine does not change;
the last rows give wall seconds and the peak of memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypedDict

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import data
from benchmarks.peers import MEASURES, ROW_WISE, hand_sql, pandas_measures, polars_measures

TOOLS = ("heedful", "hand-written SQL", "pandas", "polars")


class Ran(TypedDict):
    """What one process used."""

    seconds: dict[str, float]
    wall: float
    peak_mb: float


def run_one(tool: str, folder: Path) -> Ran:
    """All twelve with one tool: CPU seconds each, wall seconds and peak MB in all."""
    seconds: dict[str, float] = {}
    wall = 0.0
    work: dict[str, Callable[[], object]]
    if tool == "heedful":
        from zoneinfo import ZoneInfo

        from heedful.measures.question import Question
        from heedful.measures.runner import Runner
        from heedful.measures.setting import Setting
        from heedful.streams.engine import DuckDBEngine
        from heedful.streams.schema import TEXT

        runner = Runner(
            DuckDBEngine(data.tables(folder)), Setting(ZoneInfo("Europe/Riga"), "Own", "EUR", {"country": TEXT})
        )
        work = {m: partial(runner.answer, Question(m, by=("country",), over="month")) for m in MEASURES}
    elif tool == "hand-written SQL":
        import duckdb

        con = duckdb.connect()
        con.execute("set timezone = 'UTC'; set enable_progress_bar = false")
        for name in ("feedback", "activity", "customers"):
            con.execute(f"create view {name} as from read_parquet('{folder / name}.parquet')")
        work = {m: partial(lambda name: con.sql(hand_sql(name)).to_arrow_table(), m) for m in MEASURES}
    elif tool == "pandas":
        import pandas as pd

        work = dict(
            pandas_measures(lambda table, columns: pd.read_parquet(folder / f"{table}.parquet", columns=columns))
        )
    else:
        import polars as pl

        work = dict(polars_measures(lambda table: pl.scan_parquet(folder / f"{table}.parquet")))
    for name, ask in work.items():
        began, walled = _cpu(), time.perf_counter()
        ask()
        seconds[name] = _cpu() - began
        wall += time.perf_counter() - walled
    return {"seconds": seconds, "wall": wall, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _cpu() -> float:
    """CPU seconds of this process, all threads: what other work on the machine does not change."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Make the data, run the tools in turn, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--activity", type=int, default=2_000_000)
    parser.add_argument("--feedback", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--one", choices=TOOLS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(run_one(given.one, given.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        data.make(Path(folder), given.activity, given.feedback)
        found: dict[str, list[Ran]] = {tool: [] for tool in given.tools}
        for _ in range(given.rounds):
            for tool in given.tools:
                command = [sys.executable, __file__, "--one", tool, "--folder", folder]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found[tool].append(json.loads(done.stdout))
    report(found, given)


def report(found: dict[str, list[Ran]], given: argparse.Namespace) -> None:
    """Medians and ratios."""
    print(f"{given.activity:,} activity and {given.feedback:,} feedback rows, {given.rounds} rounds, medians\n")
    median = {
        tool: {m: statistics.median(r["seconds"][m] for r in rounds) for m in MEASURES}
        for tool, rounds in found.items()
    }
    peak = {tool: statistics.median(r["peak_mb"] for r in rounds) for tool, rounds in found.items()}
    ours = median["heedful"]
    print(f"{'CPU seconds':22}" + "".join(f"{t:>18}" for t in found) + "   ours/SQL")
    sql = median.get("hand-written SQL", ours)
    for m in MEASURES:
        print(f"{m:22}" + "".join(f"{median[t][m]:18.3f}" for t in found) + f"{ours[m] / sql[m]:11.2f}")
    for label, group in (
        ("row-wise statistics", ROW_WISE),
        ("customer as unit", [m for m in MEASURES if m not in ROW_WISE]),
    ):
        print(f"{label:22}" + "".join(f"{sum(median[t][m] for m in group):18.3f}" for t in found)
              + f"{sum(ours[m] for m in group) / sum(sql[m] for m in group):11.2f}")  # fmt: skip
    print(f"{'all twelve':22}" + "".join(f"{sum(median[t].values()):18.3f}" for t in found))
    print(f"{'times ours':22}" + "".join(f"{sum(median[t].values()) / sum(ours.values()):18.2f}" for t in found))
    wall = {tool: statistics.median(r["wall"] for r in rounds) for tool, rounds in found.items()}
    print(f"{'wall seconds':22}" + "".join(f"{wall[t]:18.2f}" for t in found))
    print(f"{'peak memory, MB':22}" + "".join(f"{peak[t]:18.0f}" for t in found))
    print(f"{'ours as share of it':22}" + "".join(f"{peak['heedful'] / peak[t]:18.2f}" for t in found))


if __name__ == "__main__":
    main()
