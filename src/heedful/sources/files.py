"""The files of a source: found, staged as Parquet in one pass, and seen by expressions as typed relations.

Nothing is read but the files that the source names. Whatever their format, a file becomes a Parquet file of records in
their order, so that a record's number is known, and its line can be told when something is wrong with it.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from heedful.errors import Problem, SourceError, did_you_mean
from heedful.sources.definition import Source
from heedful.sources.file_spec import FileSpec
from heedful.sources.formats.registry import format_of, formats
from heedful.sources.staged import Original, Reader, StagedFile
from heedful.sources.staging import Staging, literal
from heedful.sources.variables import filled, unknown, what_to_type


def resolve(
    source: Source, folder: Path, variables: Mapping[str, str]
) -> tuple[dict[str, tuple[Path, ...]], list[Problem]]:
    """The absolute paths of each file, several for a pattern, and what is wrong: unknown variables, missing files."""
    paths: dict[str, tuple[Path, ...]] = {}
    problems: list[Problem] = []
    for name, spec in source.definition.files.items():
        if missing := unknown(spec.path, variables):
            what = " and ".join(n.replace("env:", "the environment variable ") for n in missing)
            said = f'the file "{name}" is {spec.path}, and nothing says what {what} is.'
            problems.append(source.document.problem(["files", name], said + what_to_type(missing, source.name)))
            continue
        path = (folder / filled(spec.path, variables)).absolute()
        if spec.is_pattern and not path.exists():
            paths[name] = matching(path)
            said = "" if paths[name] else f"fits no file: {path} (written {spec.path})."
        else:
            paths[name], said = (path,), _absent(path, spec.path)
        if said:
            problems.append(source.document.problem(["files", name], f'the file "{name}" {said}'))
    return paths, problems


def matching(pattern: Path) -> tuple[Path, ...]:
    """The files that fit a pattern, by name; hidden ones do not."""
    found = sorted(glob.glob(str(pattern).replace("[", "[[]"), recursive=True))  # noqa: PTH207 -- of any root
    return tuple(path for path in map(Path, found) if path.is_file())


def stage_file(staging: Staging, name: str, path: Path, spec: FileSpec) -> StagedFile:
    """Read one file into the staging area. Raises `SourceError` for a file that cannot be read at all."""
    if path.stat().st_size == 0:
        raise SourceError("this file is empty (0 bytes). Was the export cut short?", path=path)
    found = format_of(spec.format, spec.path)
    if found is None:
        raise SourceError(f"nothing says in which format this file is. Formats: {', '.join(formats())}.", path=path)
    # DuckDB takes a * or [ in a path for a pattern, so it is given a name of ours.
    link = staging.folder / f"{name}.original"
    link.symlink_to(path)
    return cast("Reader", found.read)(staging, Original(name, path, spec, link))


def unknown_columns(source: Source, files: Sequence[StagedFile]) -> list[Problem]:
    """What is said of columns that a file does not have."""
    problems = []
    for file in files:
        known = [column.name for column in file.columns]
        for part, names in (("types", file.spec.types), ("dates", file.spec.dates)):
            for name in names:
                if name not in known:
                    said = f'{file.path.name} has no column "{name}".{did_you_mean(name, known)}'
                    problems.append(source.document.problem(["files", file.name, part, name], said))
    return problems


def _absent(path: Path, written: str) -> str:
    """Why there is nothing to read at `path`; empty where there is."""
    where = f"{path}" if written == str(path) else f"{path} (written {written})"
    if path.is_dir():
        inside = [p.name for p in sorted(path.iterdir()) if p.is_file()]
        some = f" It holds {', '.join(inside[:5])}{', …' if len(inside) > 5 else ''}." if inside else ""
        kind = Path(inside[0]).suffix if inside else ".csv"
        return f"is a folder, not a file: {where}. Name one file, or all of a kind: {written}/*{kind}.{some}"
    if path.is_file():
        return ""
    if not path.parent.is_dir():
        return f"does not exist: {where}. There is no folder {path.parent} either."
    return f"does not exist: {where}.{did_you_mean(path.name, [p.name for p in path.parent.iterdir()])}"


def count_records(staging: Staging, parquet: Path) -> int:
    """How many rows a Parquet file has."""
    ((count,),) = staging.rows(f"select count(*) from read_parquet({literal(str(parquet))})")
    return int(count)


def shown_encoding(encoding: str) -> str:
    """The usual name of an encoding."""
    return {"utf-8": "UTF-8", "iso8859-1": "Latin-1"}.get(encoding, re.sub("^cp", "windows-", encoding))


def first_line(error: Exception) -> str:
    """The first line of what another library says."""
    return str(error).strip().split("\n", 1)[0].rstrip(".")


def one_error(problems: Sequence[Problem]) -> SourceError:
    """All of `problems` as one error."""
    first, *more = problems
    message = "\n".join([first.message, *map(str, more)])
    return SourceError(message, path=first.path, line=first.line)
