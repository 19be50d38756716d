"""What can be written to a file: rows of a table of the lake, and figures of a measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
from sqlglot import exp

from heedful.errors import InputError, UnknownNameError
from heedful.measures.results import Result
from heedful.measures.segments import Segmentations
from heedful.reports.codebook import MOST_VALUES, Codebook, of_result, of_table
from heedful.reports.export import Content
from heedful.reports.suppression import suppress
from heedful.streams.engine import DuckDBEngine
from heedful.streams.expressions import parse_condition, table_columns
from heedful.streams.schema import TABLES, Table

_FREE_TEXT = ("text", "reference", "value", "speaker")


def table_content(
    engine: DuckDBEngine,
    name: str,
    attributes: Mapping[str, pa.DataType],
    *,
    where: str | None = None,
    columns: Sequence[str] = (),
    limit: int | None = None,
) -> Content:
    """The rows of the table `name` that meet `where`, the given columns of them, with their codebook.

    Raises `UnknownNameError`, `ExpressionError` and `InputError`.
    """
    table = TABLES[name]
    extra = attributes if table.open_ended else {}
    schema = table.arrow_schema(extra)
    for column in columns:
        if column not in schema.names:
            raise UnknownNameError("column", column, schema.names, of=name)
    if limit is not None and limit < 0:
        raise InputError(f"--limit {limit} is negative; it is the most rows to write.")
    wanted = list(dict.fromkeys(columns)) or schema.names
    rows = exp.select("*").from_(name)
    if where is not None:
        rows = rows.where(parse_condition(where, table_columns(table, extra)).tree, copy=False)
    if limit is not None:
        rows = rows.limit(limit, copy=False)
    picked = exp.select(*(exp.column(c, quoted=True) for c in wanted)).from_(rows.subquery("chosen", copy=True))
    counted = exp.select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_(rows.subquery("chosen", copy=True))
    count = int(engine.query(counted).column("n")[0].as_py())
    kept = pa.schema([schema.field(c) for c in wanted])
    return Content(kept, _batches(engine, picked, kept), count, _codebook(engine, table, kept, rows))


def result_content(result: Result) -> Content:
    """The figures of a measure as they stand, with their codebook."""
    table = result.to_arrow()
    return Content(table.schema, table.to_batches(), table.num_rows, of_result(result, table))


def without_small_bases(
    result: Result, segmentations: Segmentations, *, hide_below: int, flag_below: int
) -> tuple[Result, int]:
    """`result` as those may see it who may not see customers, and how many figures are hidden in it."""
    overlapping = {n for n in result.by if n in segmentations and not segmentations[n].exclusive}
    # People may choose several options: those of a question overlap as such segments do.
    overlapping |= {"choice"} & set(result.by)
    shown = suppress(result, hide_below=hide_below, flag_below=flag_below, overlapping=overlapping)
    return shown, sum(row.reason == "hidden" for row in shown.rows)


def _batches(engine: DuckDBEngine, tree: exp.Select, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in engine.batches(tree):
        yield from pa.Table.from_batches([batch]).cast(schema).to_batches()


def _codebook(engine: DuckDBEngine, table: Table, schema: pa.Schema, rows: exp.Select) -> Codebook:
    values = {}
    for column in schema:
        declared = table.columns.get(column.name)
        if not pa.types.is_string(column.type) or column.name in _FREE_TEXT or column.name.endswith("_id"):
            continue
        if declared is not None and declared.allowed:
            continue
        found = _values(engine, column.name, rows)
        if len(found) <= MOST_VALUES:
            values[column.name] = found
    return of_table(table, schema, values)


def _values(engine: DuckDBEngine, column: str, rows: exp.Select) -> list[str]:
    name = exp.column(column, quoted=True)
    chosen = rows.subquery("chosen", copy=True)
    query = (
        exp.select(name).distinct().from_(chosen).where(exp.Not(this=exp.Is(this=name.copy(), expression=exp.null())))
    )
    return sorted(str(v) for v in engine.query(query.limit(MOST_VALUES + 1)).column(column).to_pylist())
