"""A large CSV file into the lake, beside DuckDB's own COPY of the same file into Parquet.

    make benchload                               1 million rows
    make benchload ARGS="--rows 10000000"

Each contender runs in a process of its own over the same file, in turn, several rounds; memory is its peak. `stage` is
the part of a pull that COPY does too: from CSV to typed columns. `pull` is all of it: encoding, types, mapping, keys
compared, rejects, and rows in the lake.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TypedDict

TOOLS = ("COPY", "stage", "pull", "pull again")
SOURCE = """
files: {orders: orders.csv}
rows:
  - into: activity
    activity_id: order_id
    customer_id: customer
    kind: "'order'"
    occurred_at: bought
    due_at: due
    amount: paid
    unit: shop
    reason: remark
"""


class Ran(TypedDict):
    """What one process used."""

    seconds: float
    cpu: float
    peak_mb: float


def make(path: Path, rows: int) -> None:
    """Orders with dates, money, codes and quoted text; about 90 bytes each."""
    with path.open("w") as file:
        file.write("order_id,customer,bought,due,paid,shop,remark\n")
        for i in range(rows):
            month, day = i % 12 + 1, i % 28 + 1
            file.write(
                f"o{i:08d},c{i % 300_000:06d},2024-{month:02d}-{day:02d} {i % 24:02d}:{i % 60:02d}:00,"
                f'2024-{month:02d}-{day:02d},{i % 9_999 / 100:.2f},{i % 40},"a remark, and ""words"" no. {i}"\n'
            )


def run_one(tool: str, folder: Path) -> Ran:
    """One contender over the file in `folder`."""
    began = time.perf_counter()
    if tool == "COPY":
        import duckdb

        target = folder / "copied.parquet"
        duckdb.sql(f"copy (from read_csv('{folder / 'orders.csv'}')) to '{target}' (format parquet)")
        target.unlink()
    else:
        _heedful(tool, folder)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": time.perf_counter() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }


def _heedful(tool: str, folder: Path) -> None:
    import shutil
    from datetime import UTC, datetime

    from heedful.sources import PullSettings, load_source, pull
    from heedful.sources.files import stage_file
    from heedful.sources.relation import one_file
    from heedful.sources.staging import staging
    from heedful.streams.lake import Lake

    source = load_source(folder / "orders.yaml")
    path = folder / "orders.csv"
    if tool == "stage":
        with staging(folder, [path]) as area:
            one_file(area, source, stage_file(area, "orders", path, source.definition.files["orders"]))
        return
    if tool == "pull":
        shutil.rmtree(folder / "lake", ignore_errors=True)
    settings = PullSettings(folder, {}, "Europe/Riga", "EUR", "Nordlys", {}, datetime(2026, 1, 1, tzinfo=UTC))

    def told(what: str, done: int, _whole: int | None) -> None:
        if os.environ.get("HEEDFUL_BENCH_STEPS") and done == 0:
            print(f"{time.perf_counter() - began:8.1f} s  {what}", file=sys.stderr)

    began = time.perf_counter()
    report = pull(source, Lake(folder / "lake"), settings, progress=told)
    written = report.tables["activity"]
    assert written.new == (report.read if tool == "pull" else 0), "every row came in"


def main() -> None:
    """Make the file, run the contenders in turn, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--one", choices=TOOLS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(run_one(given.one, given.folder)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "orders.csv", given.rows)
        (folder / "orders.yaml").write_text(SOURCE)
        found: dict[str, list[Ran]] = {tool: [] for tool in given.tools}
        for _ in range(given.rounds):
            for tool in given.tools:
                command = [sys.executable, __file__, "--one", tool, "--folder", name]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                found[tool].append(json.loads(done.stdout))
        size = (folder / "orders.csv").stat().st_size / 1e6
    report(found, given, size)


def report(found: dict[str, list[Ran]], given: argparse.Namespace, size_mb: float) -> None:
    """Medians, and how fast each is beside COPY."""
    print(f"{given.rows:,} rows of CSV, {size_mb:,.0f} MB, {given.rounds} rounds, medians\n")
    median = {tool: {k: statistics.median(r[k] for r in runs) for k in runs[0]} for tool, runs in found.items()}  # type: ignore[literal-required]
    copy = median.get("COPY")
    print(f"{'':12}{'seconds':>10}{'CPU':>10}{'peak MB':>10}{'rows/s':>12}{'speed of COPY':>15}")
    for tool, used in median.items():
        share = f"{copy['seconds'] / used['seconds']:15.2f}" if copy else ""
        rate = given.rows / used["seconds"]
        print(f"{tool:12}{used['seconds']:10.1f}{used['cpu']:10.1f}{used['peak_mb']:10.0f}{rate:12,.0f}{share}")


if __name__ == "__main__":
    main()
