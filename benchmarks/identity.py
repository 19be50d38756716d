"""Linking a simulated company's systems: time, memory, precision and recall; and what following links costs a question.

    python benchmarks/identity.py --customers 200000
    python benchmarks/identity.py --cost 2000000        rows of activity, half of whose customers have another id

Linking runs in a process of its own, whose peak of memory is its own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks import data
from heedful.identity.graph import Decisions, Guards
from heedful.identity.links import relink
from heedful.identity.names import Names
from heedful.simulate.stack import stack
from heedful.streams.engine import DuckDBEngine
from heedful.streams.lake import Lake, TableFiles
from heedful.streams.schema import LINKS
from tests.identity.scores import scored, stored

ROUNDS = 7
QUESTIONS = {
    "share with the customer as sampling unit": "select unit, count(*), sum(x), sum(y), sum(x * x), sum(x * y), "
    "sum(y * y) from (select unit, customer_id, count(*)::double as x, sum((kind = 'order')::int)::double as y "
    "from activity group by unit, customer_id) group by unit",
    "active customers": "select count(distinct customer_id) from activity",
    "revenue": "select sum(amount) from activity where kind = 'order'",
}


def peak_mb() -> float:
    """The most memory that this process has held; `getrusage` would tell its parent's where that is more."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def link(customers: int) -> None:
    """Simulate, hash, link and score."""
    began = time.perf_counter()
    made = stack(customers, np.random.default_rng(1))
    simulated = time.perf_counter()
    names = stored(made.names, Names("LV"))
    hashed = time.perf_counter()
    print(f"{customers:,} customers, {made.truth.num_rows:,} ids, {made.names.num_rows:,} names")
    print(f"simulated in {simulated - began:.1f} s, hashed in {hashed - simulated:.1f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake")
        lake.append("identities", names, source="benchmark", sequence=1)
        subprocess.run([sys.executable, __file__, "--lake", str(lake.root)], check=True)
        uris = [u.removeprefix("file://") for u in lake.snapshot(["links"])["links"].uris]
        with duckdb.connect() as con:
            rows = con.read_parquet(uris).to_arrow_table()
    found = dict(zip(rows["local_id"].to_pylist(), rows["customer_id"].to_pylist(), strict=True))
    is_named = pa.compute.invert(pa.compute.starts_with(made.truth["local_id"], "anonymous:"))
    for what, truth in (("all ids", made.truth), ("ids but visitors", made.truth.filter(is_named))):
        score = scored(truth, found)
        print(f"{what}: precision {score.precision:.4f}, recall {score.recall:.4f}")


def link_lake(root: Path) -> None:
    """Link the names of a lake, and say what that took."""
    before, begin = peak_mb(), time.perf_counter()
    linked = relink(Lake(root), Decisions(), Guards())
    took = time.perf_counter() - begin
    print(f"linked in {took:.1f} s, peak {peak_mb():,.0f} MB ({before:,.0f} MB before)")
    for note in linked.notes:
        print(note, flush=True)


def cost(rows: int) -> None:
    """The same questions with and without links, in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data.make(folder, rows, max(rows // 10, 1000))
        with duckdb.connect() as con:
            con.execute(
                "copy (select customer_id as local_id, 'C' || lpad((i - 1)::varchar, 9, '0') as customer_id, "
                "'email' as rule from (select customer_id, substr(customer_id, 2)::bigint as i from "
                f"'{folder}/customers.parquet') where i % 2 = 1) to '{folder}/links.parquet'"
            )
        tables = dict(data.tables(folder))
        links = TableFiles("links", 0, (str(folder / "links.parquet"),), LINKS.arrow_schema())
        plain, following = DuckDBEngine(tables), DuckDBEngine({**tables, "links": links})
        for what, query in QUESTIONS.items():
            seconds: dict[str, list[float]] = {"plain": [], "linked": []}
            for _ in range(ROUNDS):
                for kind, engine in (("plain", plain), ("linked", following)):
                    begin = time.process_time()
                    engine.query(query)
                    seconds[kind].append(time.process_time() - begin)
            without, with_ = (statistics.median(s) for s in seconds.values())
            print(f"{what}: {without:.3f} CPU s, {with_:.3f} with links ({with_ / without - 1:+.1%})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int)
    parser.add_argument("--cost", type=int)
    parser.add_argument("--lake", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.customers:
        link(given.customers)
    if given.lake:
        link_lake(given.lake)
    if given.cost:
        cost(given.cost)
