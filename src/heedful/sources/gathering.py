"""Everything that a source reads, staged: its files, those of a pattern that are new, and answers of its database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from heedful.errors import DefinitionError, SourceError
from heedful.sources.column_types import RawColumn
from heedful.sources.databases import Database
from heedful.sources.definition import Source
from heedful.sources.files import count_records, first_line, stage_file
from heedful.sources.relation import leading
from heedful.sources.settings import PullSettings
from heedful.sources.staged import StagedFile
from heedful.sources.staging import Staging, identifier, literal
from heedful.sources.state import CursorValue, Reached, SeenFile

_SHOWN = 3
Progress = Callable[[str, int, int | None], None]


@dataclass
class Gathered:
    """What was staged, and how far the source is read once the lake has it.

    `nothing_new` says that no file of the pattern that leads the rows is new. `broken_off` says why a database's
    answer is not whole.
    """

    files: list[StagedFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cursors: dict[str, CursorValue] = field(default_factory=dict)
    seen: dict[str, Mapping[str, SeenFile]] = field(default_factory=dict)
    nothing_new: bool = False
    broken_off: str = ""

    @property
    def reached(self) -> Reached:
        """The state to keep."""
        return Reached(self.cursors, self.seen)

    @property
    def keeps_state(self) -> bool:
        """Whether there is anything to keep."""
        return bool(self.cursors or self.seen)


def gather(
    area: Staging,
    source: Source,
    paths: Mapping[str, Sequence[Path]],
    settings: PullSettings,
    *,
    before: Reached,
    tell: Progress,
    dry_run: bool,
) -> Gathered:
    """Stage all that the rows need. Raises `SourceError` and `DefinitionError`."""
    found, first = Gathered(), leading(source)
    _refuse_partial_joins(source, first)
    for number, (name, all_paths) in enumerate(paths.items()):
        spec = source.definition.files[name]
        if not spec.is_pattern:
            tell(f"reading {all_paths[0].name}", number, len(paths))
            found.files.append(stage_file(area, name, all_paths[0], spec))
            continue
        fresh, seen = _fresh(all_paths, before.files.get(name, {}), settings.folder)
        if name == first and not dry_run:
            found.seen[name] = seen
            found.notes.append(_told(name, fresh, all_paths))
            if not fresh:
                found.nothing_new = True
                return found
        else:
            fresh = list(all_paths)
        parts = []
        for place, path in enumerate(fresh):
            tell(f"reading {path.name}", place, len(fresh))
            part = stage_file(area, f"{name}.{place}", path, spec)
            notes = tuple(note.replace(f"{name}.{place}:", f"{name}:", 1) for note in part.notes)
            parts.append(replace(part, notes=notes))
        found.files.append(as_one(area, name, parts))
    if source.definition.sql is not None:
        _ask(area, source, settings, found, before=before, tell=tell, dry_run=dry_run)
    return found


def as_one(area: Staging, name: str, parts: Sequence[StagedFile]) -> StagedFile:
    """Several files as one, their columns brought together by name. Raises `SourceError` where they cannot be."""
    names = list(dict.fromkeys(column.path for part in parts for column in part.columns))
    by_path = [{column.path: column for column in part.columns} for part in parts]
    notes = [note for part in parts[:_SHOWN] for note in part.notes]
    if len(parts) > _SHOWN:
        notes.append(f"{name}: and {len(parts) - _SHOWN:,} more files, read in the same way")
    for part, columns in zip(parts, by_path, strict=True):
        if lacking := [".".join(path) for path in names if path not in columns]:
            notes.append(
                f"{name}: {part.title} has no column {', '.join(lacking[:5])}{', …' if len(lacking) > 5 else ''}"
            )
    selects = [_select(part, columns, names) for part, columns in zip(parts, by_path, strict=True)]
    target = area.folder / f"{name}.parquet"
    try:
        area.execute(
            f"copy ({' union all '.join(selects)}) to {literal(str(target))} (format parquet, compression lz4)"
        )
    except duckdb.Error as error:
        titles = f"{parts[0].title} to {parts[-1].title}"
        said = f"the files {titles} do not go together: {first_line(error)}. Read them as separate files"
        raise SourceError(f"{said}.", path=parts[0].path) from None
    types = area.columns(f"from read_parquet({literal(str(target))})")
    combined = tuple(_column(path, place, types, by_path) for place, path in enumerate(names))
    zones = {part.timezone for part in parts}
    return StagedFile(
        name,
        parts[0].path,
        parts[0].spec,
        target,
        combined,
        count_records(area, target),
        tuple(fault for part in parts for fault in part.malformed),
        parts[0].lines,
        tuple(dict.fromkeys(notes)),
        {k: v for part in reversed(parts) for k, v in part.labels.items()},
        zones.pop() if len(zones) == 1 else None,
        tuple(parts),
    )


def _select(part: StagedFile, columns: Mapping[tuple[str, ...], RawColumn], names: Sequence[tuple[str, ...]]) -> str:
    chosen = []
    for place, path in enumerate(names):
        column = columns.get(path)
        trouble = column.trouble if column else None
        stored = identifier(column.stored) if column else "null"
        chosen.append(f'{stored} as "k{place}"')
        chosen.append(f'{identifier(trouble.stored) if trouble else "null::varchar"} as ".trouble.k{place}"')
    return f"select {', '.join(chosen)} from read_parquet({literal(str(part.parquet))})"


def _column(
    path: tuple[str, ...], place: int, types: Mapping[str, str], by_path: Sequence[Mapping[tuple[str, ...], RawColumn]]
) -> RawColumn:
    found = [columns[path] for columns in by_path if path in columns]
    type_, infers = types[f"k{place}"], {column.infer for column in found}
    infer = infers.pop() if len(infers) == 1 else "all"
    if type_ != "VARCHAR":
        infer = "no"
    elif len({column.type for column in found}) > 1:
        infer = "all"
    trouble = next((replace(c.trouble, stored=f".trouble.k{place}") for c in found if c.trouble), None)
    fits = {column.fits for column in found}
    return RawColumn(path, f"k{place}", type_, infer, trouble, fits.pop() if len(fits) == 1 else "")


def _fresh(
    paths: Sequence[Path], before: Mapping[str, SeenFile], folder: Path
) -> tuple[list[Path], dict[str, SeenFile]]:
    """The files that are new or changed, and all as they are now."""
    fresh, seen = [], {}
    for path in paths:
        key = str(path.relative_to(folder.absolute())) if path.is_relative_to(folder.absolute()) else str(path)
        stat, known = path.stat(), before.get(key)
        if known is not None and (known.size, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
            seen[key] = known
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        seen[key] = SeenFile(stat.st_size, stat.st_mtime_ns, digest)
        if known is None or known.sha256 != digest:
            fresh.append(path)
    return fresh, seen


def _told(name: str, fresh: Sequence[Path], paths: Sequence[Path]) -> str:
    if not fresh:
        return f"{name}: none of {len(paths):,} files is new or changed"
    shown = ", ".join(path.name for path in fresh[:_SHOWN]) + (", …" if len(fresh) > _SHOWN else "")
    return f"{name}: {len(fresh):,} of {len(paths):,} files are new or changed: {shown}"


def _refuse_partial_joins(source: Source, first: str | None) -> None:
    """Raise for a cursor on a table that is joined to others: only what is new of it would be there to join."""
    queries = source.definition.sql.queries if source.definition.sql else {}
    for name, query in queries.items():
        if query.cursor is not None and name != first:
            said = (
                f'"{name}" is joined to others by `query:`, and its cursor would bring only its new rows. Write '
                f"`{name}: {{select: …, cursor: null}}`, so that all of it is there, or join them in the database."
            )
            raise DefinitionError([source.document.problem(["sql", "queries", name], said)])


def _ask(
    area: Staging,
    source: Source,
    settings: PullSettings,
    found: Gathered,
    *,
    before: Reached,
    tell: Progress,
    dry_run: bool,
) -> None:
    spec = source.definition.sql
    if spec is None:
        return
    database = Database(spec, settings.variables, source, settings.folder)
    try:
        # What is read whole comes first: where it breaks off there is nothing to keep.
        for name in sorted(spec.queries, key=lambda n: spec.queries[n].cursor is not None):
            tell(f"asking for {name}", 0, None)
            answer = database.ask(
                area,
                name,
                None if dry_run else before.cursors.get(name),
                lambda rows, name=name: tell(f"asking for {name}", rows, None),  # type: ignore[misc]
                dry_run=dry_run,
            )
            found.files.append(answer.file)
            found.broken_off = found.broken_off or answer.broken_off
            if answer.reached is not None:
                found.cursors[name] = answer.reached
    finally:
        database.close()
    found.files.sort(key=lambda file: source.definition.relations.index(file.name))
