"""What is wrong with a source, found without loading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from heedful.errors import DefinitionError, ExpressionError, HeedfulError, Problem, SourceError
from heedful.sources.definition import Source
from heedful.sources.file_spec import FileSpec
from heedful.sources.files import resolve, stage_file, unknown_columns
from heedful.sources.for_each import spread
from heedful.sources.formats.registry import format_of
from heedful.sources.inputs import located, read_entry
from heedful.sources.mapping import compose
from heedful.sources.pull import currency_problem
from heedful.sources.relation import Relation, one_file, queried
from heedful.sources.settings import PullSettings
from heedful.sources.staged import StagedFile
from heedful.sources.staging import Staging, staging

_ENOUGH = 4 << 20
"""Bytes from the start of a long file of lines that show its columns and their types."""


def check_source(source: Source, settings: PullSettings) -> list[Problem]:
    """Every mistake in `source` that shows without loading it, in the order of its lines.

    Where the files are there, expressions are checked against their columns, of long ones as their beginning shows
    them. A file that is not there is no mistake here.
    """
    problems = [said] if (said := currency_problem(source, settings)) else []
    paths, absent = resolve(source, settings.folder, settings.variables)
    if absent or source.definition.sql is not None:
        # Looking for mistakes asks nothing of a database.
        problems += _names(source, None, settings)
    else:
        problems += _against_files(source, paths, settings)
    return sorted(problems, key=lambda problem: (problem.line, problem.column))


def _names(source: Source, columns: Mapping[str, str] | None, settings: PullSettings) -> list[Problem]:
    entries = range(len(source.definition.rows))
    return [p for index in entries for p in read_entry(source, index, columns, settings.attributes)[1]]


def _against_files(source: Source, paths: Mapping[str, Sequence[Path]], settings: PullSettings) -> list[Problem]:
    firsts = {name: several[0] for name, several in paths.items()}
    with staging(settings.folder, firsts.values()) as area:
        try:
            files = [_beginning(area, name, path, source.definition.files[name]) for name, path in firsts.items()]
            if unknown := unknown_columns(source, files):
                return unknown
            relation = _relation(area, source, files)
        except ExpressionError as error:
            return [*_names(source, None, settings), located(source, ("query",), error)]
        except SourceError as error:
            return [*_names(source, None, settings), Problem(_sentence(error), error.path, error.line)]
        return [
            p for index in range(len(source.definition.rows)) for p in _entry(area, source, index, relation, settings)
        ]


def _entry(area: Staging, source: Source, index: int, relation: Relation, settings: PullSettings) -> list[Problem]:
    try:
        relation = spread(area, source, index, relation)
    except DefinitionError as error:
        return list(error.problems)
    inputs, problems = read_entry(source, index, relation.columns, settings.attributes)
    if not problems:
        try:
            compose(area, source, inputs, relation, settings)
        except DefinitionError as error:
            problems += error.problems
        except SourceError as error:
            place = source.document.problem(["rows", index], "")
            problems.append(Problem(_sentence(error), place.path, place.line))
    return problems


def _relation(area: Staging, source: Source, files: list[StagedFile]) -> Relation:
    if source.definition.query is None:
        return one_file(area, source, files[0])
    return queried(area, source, files)[0]


def _beginning(area: Staging, name: str, path: Path, spec: FileSpec) -> StagedFile:
    found = format_of(spec.format, spec.path)
    if found is not None and found.by_lines and path.stat().st_size > 2 * _ENOUGH:
        copy = area.folder / f"{name}.begin{path.suffix}"
        with path.open("rb") as file:
            block = file.read(_ENOUGH)
        # Only whole lines; in UTF-16 a line feed has two bytes, and a half one would be no text.
        copy.write_bytes(block if b"\0" in block[:4096] else block[: block.rfind(b"\n") + 1])
        path = copy
    return stage_file(area, name, path, spec)


def _sentence(error: HeedfulError) -> str:
    """What an error says, without the place that it begins with."""
    said = str(error)
    path, line = getattr(error, "path", None), getattr(error, "line", 0)
    place = f"{path}:{line}: " if line else f"{path}: "
    return said.removeprefix(place) if path else said
