"""CSV, with any separator and in any encoding."""

from __future__ import annotations

from heedful.sources import delimited
from heedful.sources.delimited_files import read_delimited, text_of
from heedful.sources.formats.registry import file_format
from heedful.sources.staged import Original, StagedFile
from heedful.sources.staging import Staging

OPTIONS = ("encoding", "separator", "decimal", "header", "skip")


@file_format("csv", about="values separated by a sign", endings=(".csv", ".tsv", ".tab", ".txt"), options=OPTIONS,
             by_lines=True)  # fmt: skip
def read(staging: Staging, original: Original) -> StagedFile:
    """Every value as text; what type a column is comes later."""
    text = text_of(staging, original)
    return read_delimited(staging, original, text, delimited.layout(text, original.path, original.spec))
