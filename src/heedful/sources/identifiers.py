"""Names of people on their way through a pull: hashed before they leave it, and made ids of where a row states none.

A row that names no customer, but an account, an e-mail, a telephone or a handle, gets the id `email:` and the beginning
of that name's hash. A cookie is no customer: it fills `anonymous_id`, and counts once a link says whose it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from heedful.errors import SourceError
from heedful.sources.definition import NAMES, Source
from heedful.sources.mapping import Mapped
from heedful.sources.settings import Hashed, PullSettings
from heedful.sources.staging import MEMORY, Staging, identifier, literal
from heedful.streams.engine import confined_duckdb
from heedful.streams.lake import Lake, Written
from heedful.streams.schema import IDENTITIES, TEXT

_MAKE_IDS = ("account", "email", "phone", "handle")
_HASH = ".hash."
_SHORT = 32
_NAMES_FILE = pa.schema([("text", TEXT), ("value", TEXT), ("fault", TEXT)])


@dataclass(frozen=True, slots=True)
class Named:
    """One entry's rows under their customers' ids. `identities` selects their names; empty where there are none."""

    mapped: Mapped
    path: Path
    identities: str
    notes: tuple[str, ...]


def name_rows(area: Staging, source: Source, mapped: Mapped, path: Path, settings: PullSettings) -> Named:
    """The rows of an entry, which lie at `path`, with the ids that `identity_of` and their names give them.

    Raises `SourceError` where names are stated and nobody handed over how to hash them.
    """
    if not mapped.identifiers and (source.definition.identity_of is None or "customer_id" not in mapped.columns):
        return Named(mapped, path, "", ())
    if mapped.identifiers and settings.hashed is None:
        raise SourceError("identifiers need the key of a workspace to be hashed with: pull it through a workspace")
    kinds = [name.removeprefix(NAMES) for name in mapped.identifiers]
    files, notes = {}, []
    for kind in kinds:
        files[kind] = path.with_name(f".names-{mapped.index}-{kind}.parquet")
        counts = _hash(area, path, kind, files[kind], settings.hashed) if settings.hashed else Counter[str]()
        if said := _said(kind, counts):
            notes.append(f"{mapped.table}: {said}")
    target = path.with_name(f".named-{mapped.index}.parquet")
    area.execute(_rewritten(source, mapped, path, files, target))
    return Named(mapped, target, _identities(source, mapped, target, kinds, settings.now), tuple(notes))


def write_identities(area: Staging, lake: Lake, named: Sequence[Named], *, now: datetime) -> Written | None:
    """Bring the names that are not known yet into the lake; None where the source states none.

    A known name keeps the time at which it first came, which decides who stands for a customer.
    """
    selects = [part.identities for part in named if part.identities]
    if not selects:
        return None
    found = area.folder / ".identities.parquet"
    area.execute(f"copy ({' union '.join(selects)}) to {literal(str(found))} (format parquet, compression lz4)")
    uris = [uri.removeprefix("file://") for uri in lake.snapshot([IDENTITIES.name])[IDENTITIES.name].uris]
    key = ", ".join(IDENTITIES.key)
    known = f"anti join read_parquet([{', '.join(map(literal, uris))}]) as k using ({key})" if uris else ""
    con = confined_duckdb(
        allowed=[area.folder, *map(Path, uris)], memory_limit=MEMORY, spill=area.folder / "spill-identities"
    )
    try:
        query = f"select f.* from read_parquet({literal(str(found))}) as f {known}"
        reader = con.sql(query).to_arrow_reader(50_000)
        return lake.upsert(IDENTITIES.name, _cast(reader), now=now)
    finally:
        con.close()


def _cast(reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    schema = pa.schema([IDENTITIES.arrow_schema().field(name) for name in reader.schema.names])
    return pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in reader))


def _hash(area: Staging, path: Path, kind: str, target: Path, hashed: Hashed) -> Counter[str]:
    """Write each name of one kind, once, with its hash or why it names nobody; how many there are of each."""
    column = identifier(NAMES + kind)
    reader = area.batches(
        f"select distinct {column} as text from read_parquet({literal(str(path))}) "
        f'where ".fault" = 0 and {column} is not null'
    )
    counts = Counter[str]()
    with pq.ParquetWriter(target, _NAMES_FILE) as writer:
        for batch in reader:
            texts = batch.column("text").to_pylist()
            values, faults = zip(*hashed(kind, texts), strict=True) if texts else ((), ())
            counts.update(faults)
            writer.write_batch(pa.record_batch([texts, values, faults], schema=_NAMES_FILE))
    return counts


_FAULTS = {
    "malformed": "not to be read as one ({n:,})",
    "placeholder": "a filler in place of one ({n:,})",
    "shared mailbox": "the mailbox of a role, such as info@ ({n:,})",
    "no country": "of no stated country ({n:,}; say it in heedful.yaml: identity: {{country: LV}})",
}


def _said(kind: str, counts: Counter[str]) -> str:
    parts = [said.format(n=counts[fault]) for fault, said in _FAULTS.items() if counts[fault]]
    return f"of {counts.total():,} different values of {kind}, these link nobody: {'; '.join(parts)}" if parts else ""


def _rewritten(source: Source, mapped: Mapped, path: Path, files: dict[str, Path], target: Path) -> str:
    """SQL that copies the rows with their ids and hashes, and without the names themselves."""
    hashes = {kind: f"{identifier(f'.of.{kind}')}.value" for kind in files}
    namespace = source.definition.identity_of
    own = "m.customer_id" if namespace is None else f"{literal(namespace + ':')} || m.customer_id"
    made = [f"'{kind}:' || left({hashes[kind]}, {_SHORT})" for kind in _MAKE_IDS if kind in hashes]
    replaced = [f"coalesce({', '.join([own, *made])}) as customer_id"]
    if "cookie" in hashes and "anonymous_id" in mapped.columns:
        replaced.append(f"coalesce(m.anonymous_id, 'cookie:' || left({hashes['cookie']}, {_SHORT})) as anonymous_id")
    dropped = f"exclude ({', '.join(map(identifier, mapped.identifiers))})" if mapped.identifiers else ""
    more = "".join(f", {value} as {identifier(_HASH + kind)}" for kind, value in hashes.items())
    joins = " ".join(
        f"left join read_parquet({literal(str(file))}) as {identifier(f'.of.{kind}')} "
        f"on {identifier(f'.of.{kind}')}.text = m.{identifier(NAMES + kind)}"
        for kind, file in files.items()
    )
    return (
        f"copy (select m.* {dropped} replace ({', '.join(replaced)}){more} "
        f"from read_parquet({literal(str(path))}) as m {joins}) "
        f"to {literal(str(target))} (format parquet, compression lz4)"
    )


def _identities(source: Source, mapped: Mapped, path: Path, kinds: Sequence[str], now: datetime) -> str:
    """SQL for rows of IDENTITIES: each name of each id."""
    local = "customer_id"
    if "anonymous_id" in mapped.columns:
        local = "coalesce(customer_id, 'anonymous:' || anonymous_id)"
    linked_at = f"cast({literal(now.isoformat())} as timestamptz)"
    return " union ".join(
        f"select {literal(source.name)} as source, {local} as local_id, {literal(kind)} as kind, "
        f"{identifier(_HASH + kind)} as value, {linked_at} as linked_at from read_parquet({literal(str(path))}) "
        f'where ".fault" = 0 and {identifier(_HASH + kind)} is not null and {local} is not null'
        for kind in kinds
    )
