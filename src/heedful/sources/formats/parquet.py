"""Parquet: read where it lies, its types as they are."""

from __future__ import annotations

import duckdb

from heedful.errors import SourceError
from heedful.sources.column_types import RawColumn
from heedful.sources.files import count_records, first_line
from heedful.sources.formats.registry import file_format
from heedful.sources.staged import Original, RowNumbers, StagedFile
from heedful.sources.staging import Staging, literal


@file_format("parquet", about="Apache Parquet", endings=(".parquet", ".pq"))
def read(staging: Staging, original: Original) -> StagedFile:
    """The file itself."""
    try:
        types = staging.columns(f"select * from read_parquet({literal(str(original.link))})")
        records = count_records(staging, original.link)
    except duckdb.Error as error:
        raise SourceError(
            f"this is not a whole Parquet file ({first_line(error)}). Was the copy cut short? Fetch it again.",
            path=original.path,
        ) from None
    columns = tuple(RawColumn((column,), column, kind, "no") for column, kind in types.items())
    note = f"{original.name}: {original.path.name} read as Parquet, {records:,} records"
    return StagedFile(
        original.name, original.path, original.spec, original.link, columns, records, (), RowNumbers(), (note,)
    )
