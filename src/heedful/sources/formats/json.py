"""JSON: a list of objects, or an object a line."""

from __future__ import annotations

from heedful.sources import json_files
from heedful.sources.encodings import as_utf8
from heedful.sources.files import shown_encoding
from heedful.sources.formats.registry import file_format
from heedful.sources.staged import Original, StagedFile
from heedful.sources.staging import Staging


@file_format("json", about="a list of objects in JSON", endings=(".json",), options=("encoding", "records"))
def read_list(staging: Staging, original: Original) -> StagedFile:
    """A list; or objects by line, which many programs write under this name too."""
    return _read(staging, original, by_line=False)


@file_format(
    "jsonl", about="JSON Lines: an object a line", endings=(".jsonl", ".ndjson"), options=("encoding",), by_lines=True
)
def read_lines(staging: Staging, original: Original) -> StagedFile:
    """An object a line."""
    return _read(staging, original, by_line=True)


def _read(staging: Staging, original: Original, *, by_line: bool) -> StagedFile:
    name, path, spec = original.name, original.path, original.spec
    text = as_utf8(path, spec.encoding, staging.folder / f"{name}.utf8", link=original.link)
    target = staging.folder / f"{name}.parquet"
    by_line = by_line or (spec.records is None and json_files.is_json_lines(text.path))
    if not by_line and spec.records is None and json_files.first_sign(text.path) == "{":
        raise json_files.one_object(text.path, path)
    found = json_files.stage(staging, text.path, path, spec, target, lines=by_line)
    records = found.records - len(found.malformed)
    lines = json_files.JsonLines(text.path, found.malformed, records=found.records, by_line=by_line)
    what = "JSON, an object a line" if by_line else "a list in JSON"
    note = f"{name}: {path.name} read as {what}, {shown_encoding(text.encoding)}, {records:,} records"
    return StagedFile(name, path, spec, target, found.columns, records, found.malformed, lines, (note,))
