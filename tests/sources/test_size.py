"""A million rows of CSV: memory stays bounded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from heedful.streams.lake import Lake

ROWS = 1_000_000
MOST_MEMORY_MIB = 1_200

PULL = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from heedful.sources import PullSettings, load_source, pull
from heedful.streams.lake import Lake

folder = Path(sys.argv[1])
settings = PullSettings(folder, {}, "Europe/Riga", "EUR", "Nordlys", {}, datetime(2026, 1, 1, tzinfo=UTC))
report = pull(load_source(folder / "orders.yaml"), Lake(folder / "lake"), settings)
# Not ru_maxrss: that begins with the size of the process that started this one.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
memory_mib = int(peak.split()[1]) // 1024
print(report.read, report.tables["activity"].new, report.rejected, memory_mib)
"""


def test_a_million_rows_load_in_bounded_memory(tmp_path: Path) -> None:
    with (tmp_path / "orders.csv").open("w") as file:
        file.write("order_id,customer,bought,due,paid,shop,remark\n")
        for i in range(ROWS):
            month, day = i % 12 + 1, i % 28 + 1
            file.write(
                f"o{i:07d},c{i % 300_000:06d},2024-{month:02d}-{day:02d} {i % 24:02d}:{i % 60:02d}:00,"
                f'2024-{month:02d}-{day:02d},{i % 9_999 / 100:.2f},{i % 40},"a remark, and ""words"" no. {i}"\n'
            )
        file.write("last,c1,2024-01-01 00:00:00,2024-01-01,much,1,\n")
    (tmp_path / "orders.yaml").write_text(
        "files: {orders: orders.csv}\n"
        "rows: [{into: activity, activity_id: order_id, customer_id: customer, kind: \"'order'\", occurred_at: bought,"
        " due_at: due, amount: paid, unit: shop, reason: remark}]\n"
    )
    script = tmp_path / "pull.py"
    script.write_text(PULL)
    done = subprocess.run([sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    read, new, rejected, memory_mib = map(int, done.stdout.split())
    assert (read, new, rejected) == (ROWS + 1, ROWS, 1)
    assert f"orders.csv,{ROWS + 2},paid,much" in (tmp_path / "rejected" / "orders.csv").read_text()
    assert memory_mib < MOST_MEMORY_MIB
    assert len(Lake(tmp_path / "lake").snapshot(["activity"])["activity"].uris) < 20
