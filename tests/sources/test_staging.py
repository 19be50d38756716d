"""Files as staged: every value and the line of every record survive, whatever stands in the cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.errors import EngineError
from heedful.sources.file_spec import FileSpec
from heedful.sources.files import stage_file
from heedful.sources.staging import staging
from heedful.streams.engine import translated_errors

CELLS = st.text(st.sampled_from('ab ,;|"\n\tāя้é0'), max_size=6)


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=30), st.sampled_from(["utf-8", "utf-16", "utf-8-sig"])
)
@settings(max_examples=60, deadline=None)
def test_records_keep_their_values_and_their_lines(records: list[tuple[str, str, str]], encoding: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["one", "two", "three"])
    lines = []
    for record in records:
        lines.append(out.getvalue().count("\n") + 1)
        writer.writerow(record)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cells.csv"
        path.write_bytes(out.getvalue().encode(encoding))
        with staging(Path(folder), [path]) as area:
            staged = stage_file(area, "cells", path, FileSpec.model_validate({"path": "cells.csv", "separator": ","}))
            found = pq.read_table(staged.parquet).to_pylist()
            assert staged.lines.of_records(np.arange(len(records))).tolist() == lines
    # A cell of nothing but blanks is no value.
    assert [tuple(row.values()) for row in found] == [tuple(c if c.strip(" ") else None for c in r) for r in records]
    assert staged.malformed == ()


def test_the_staging_area_reads_nothing_but_itself_and_the_files_declared(tmp_path: Path) -> None:
    for name in ("declared.csv", "other.csv"):
        (tmp_path / name).write_text("a,b\n1,2\n")
    with staging(tmp_path, [tmp_path / "declared.csv"]) as area:
        assert area.rows(f"select a from read_csv('{tmp_path}/declared.csv')") == [(1,)]
        for read in (
            f"read_csv('{tmp_path}/other.csv')",
            "read_text('/etc/passwd')",
            "read_csv('https://example.org/a.csv')",
        ):
            with pytest.raises(EngineError), translated_errors():
                area.rows(f"select * from {read}")
        with pytest.raises(EngineError), translated_errors():
            area.execute("set enable_external_access = true")
