"""A transcript of a million lines: memory stays bounded, and every turn knows its line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CUES = 250_000
MOST_MORE_MIB = 250
"""What a long file may take beyond a short one."""

READ = """
import sys
from pathlib import Path
from heedful.sources.transcripts.relation import transcribe
from heedful.sources.transcripts.roles import Roles
from heedful.sources.transcripts.turns import layouts

def peak_mib():  # not ru_maxrss: that begins with the size of the process that started this one
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024

memory = []
for name in ("short.vtt", "long.vtt"):
    text = Path(sys.argv[1]) / name
    found = transcribe(layouts()["vtt"], text, text, text.with_suffix(".parquet"), roles=Roles())
    memory.append(peak_mib())
print(found.turns, len(found.broken), found.broken[0].line, int(found.lines[-1]), memory[1] - memory[0])
"""


def test_a_million_lines_are_read_in_bounded_memory(tmp_path: Path) -> None:
    for name, cues in (("short.vtt", 100), ("long.vtt", CUES)):
        with (tmp_path / name).open("w") as file:
            file.write("WEBVTT\n\n")
            for i in range(cues):
                at = f"{i // 1200:03}:{i // 20 % 60:02}:{i % 20 * 3:02}"
                end = "" if i == 50 else f"{at}.900"
                file.write(f"{i}\n{at}.000 --> {end}\n{'Customer' if i % 2 else 'Agent'}: words &amp; more of them\n\n")
    done = subprocess.run([sys.executable, "-c", READ, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    turns, broken, broken_line, last_line, more_mib = map(int, done.stdout.split())
    assert (turns, broken, broken_line, last_line) == (CUES - 1, 1, 2 + 50 * 4 + 2, 2 + (CUES - 1) * 4 + 2)
    assert more_mib < MOST_MORE_MIB
