"""A workspace: the folder that holds a company's definitions and its lake, opened. The Python API."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self, get_args

import pyarrow as pa

from heedful.definitions import read_yaml
from heedful.errors import DefinitionError, ExpressionError, HeedfulError, InputError, Problem, UnknownNameError
from heedful.measures.compare import Against, Comparisons, compare
from heedful.measures.compose import WEIGHTED, check
from heedful.measures.facts import FACT_TYPES
from heedful.measures.own import load_measures
from heedful.measures.periods import local_date
from heedful.measures.question import MeasureInfo, Over, Question, Scalar
from heedful.measures.registry import Catalogue, shipped
from heedful.measures.runner import Runner
from heedful.measures.segments import Segmentations, load_segments
from heedful.measures.setting import Setting
from heedful.measures.sql import EARLIEST, LATEST
from heedful.measures.waves import WeightedWave, load_weightings, weigh
from heedful.reports.notebook import Figures
from heedful.scorecard.definition import Objective, Scorecard, check_scorecard, load_scorecard
from heedful.scorecard.evaluate import evaluate
from heedful.scorecard.lint import Linted, lint_scorecard
from heedful.scorecard.results import Freshness, ScorecardResult, Verbatim
from heedful.scorecard.verbatims import verbatims_of
from heedful.settings import SETTINGS_FILE, Settings, load_settings
from heedful.sources.checks import check_source
from heedful.sources.definition import Source, load_source
from heedful.sources.pull import Progress, PullReport, pull
from heedful.sources.settings import PullSettings
from heedful.streams.engine import DuckDBEngine
from heedful.streams.expressions import parse_condition, table_columns
from heedful.streams.lake import Lake
from heedful.streams.schema import ACTIVITY, ATTRIBUTE_TYPES, FEEDBACK
from heedful.streams.scratch import spill_folder

Day = date | str


@dataclass(frozen=True)
class Definitions:
    """Every file of a workspace, read and checked."""

    sources: Mapping[str, Source]
    setting: Setting
    measures: Catalogue
    scorecard: Scorecard | None


class Workspace:
    """One workspace. Reading needs no locks; any number of processes may have it open.

    Figures come from the tables as they are when they are first asked for; `refresh` looks again. A context manager:
    leaving it closes the engine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: Settings = load_settings(folder)

    # -- definitions ---------------------------------------------------------------------------------------------

    @property
    def attributes(self) -> Mapping[str, pa.DataType]:
        """The further columns of customers, with their Arrow types."""
        return {name: ATTRIBUTE_TYPES[kind] for name, kind in self.settings.attributes.items()}

    @cached_property
    def definitions(self) -> Definitions:
        """Every file of the workspace. Raises `DefinitionError` with all problems of all files."""
        problems: list[Problem] = []
        found = self._read(problems)
        if found is None or problems:
            raise DefinitionError(problems)
        return found

    @cached_property
    def setting(self) -> Setting:
        """What measures know of the workspace. Raises `DefinitionError`."""
        problems = self._unfit_settings()
        segmentations: Segmentations = {}
        with _collecting(problems):
            segmentations = load_segments(self.folder / "segments.yaml", self.attributes)
        if problems:
            raise DefinitionError(problems)
        return Setting(
            self.settings.zone,
            self.settings.own_brand,
            self.settings.currency,
            self.attributes,
            segmentations,
            self.settings.first_value,
            self.settings.bases.flag_below,
        )

    def _unfit_settings(self) -> list[Problem]:
        """What is wrong in heedful.yaml that only measures can tell."""
        document = read_yaml(self.folder / SETTINGS_FILE)
        parameters = {name for measure in shipped().values() for name in measure.params}
        taken = {
            **dict.fromkeys({"as_of", "own_brand", WEIGHTED, *parameters}, "something that conditions know already"),
            **dict.fromkeys(FACT_TYPES, "a fact that segments know of each customer"),
        }
        problems = [
            document.problem(
                ("attributes", name), f'the attribute "{name}" bears the name of {taken[name]}; rename it.'
            )
            for name in self.attributes
            if name in taken
        ]
        if self.settings.first_value is not None:
            try:
                parse_condition(self.settings.first_value, table_columns(ACTIVITY))
            except ExpressionError as error:
                problems.append(document.problem(("first_value",), str(error)))
        return problems

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """The sources by name. Raises `DefinitionError`."""
        paths = sorted((self.folder / "sources").glob("*.yaml"))
        return {path.stem: load_source(path) for path in paths}

    @cached_property
    def measures(self) -> Catalogue:
        """Shipped measures and the workspace's own. Raises `DefinitionError`."""
        return Catalogue(load_measures(self.folder / "measures.yaml", self.setting))

    def _read(self, problems: list[Problem]) -> Definitions | None:
        """All definitions that can be read, their problems added to `problems`; None where measures cannot be."""
        sources: dict[str, Source] = {}
        for path in sorted((self.folder / "sources").glob("*.yaml")):
            with _collecting(problems):
                sources[path.stem] = load_source(path)
                problems += check_source(sources[path.stem], self.pull_settings())
        try:
            setting, measures = self.setting, self.measures
        except DefinitionError as error:
            problems += error.problems
            return None
        scorecard: list[Scorecard] = []
        with _collecting(problems):
            load_weightings(self.folder / "weights.yaml", setting)
        with _collecting(problems):
            scorecard += self._scorecard(measures, setting, problems)
        return Definitions(sources, setting, measures, scorecard[0] if scorecard else None)

    def _scorecard(self, measures: Catalogue, setting: Setting, problems: list[Problem]) -> list[Scorecard]:
        path = self.folder / "scorecard.yaml"
        if not path.exists():
            return []
        scorecard, document = load_scorecard(path)

        def info(name: str) -> MeasureInfo:
            return measures[name].info()

        def wrong(question: Question) -> str | None:
            try:
                check(measures[question.measure], question, setting)
            except InputError as error:
                return str(error)
            return None

        segments: dict[str, Sequence[str] | None] = dict.fromkeys(
            (*ACTIVITY.columns, *FEEDBACK.columns, *self.attributes)
        )
        segments |= {n: list(s.segments) if s.segments else None for n, s in setting.segmentations.items()}
        problems += check_scorecard(
            scorecard,
            document,
            info=info,
            segments=segments,
            check_where=lambda name, where: wrong(Question(name, where=where)),
            check_params=lambda name, params: wrong(Question(name, params=params)),
        )
        return [scorecard]

    def check(self) -> list[Problem]:
        """Every problem in the workspace's files, without looking at data; empty where all is well."""
        problems: list[Problem] = []
        self._read(problems)
        return problems

    def lint(self) -> Linted:
        """What to mend in each objective; nothing where there is no scorecard."""
        scorecard = self.definitions.scorecard
        return lint_scorecard(scorecard, self._info, languages=self.settings.languages) if scorecard else Linted((), ())

    def _info(self, name: str) -> MeasureInfo:
        return self.measures[name].info()

    # -- bringing in ---------------------------------------------------------------------------------------------

    @cached_property
    def lake(self) -> Lake:
        """The tables."""
        return Lake(self.folder / "lake", attributes=self.attributes)

    def pull_settings(self, variables: Mapping[str, str] | None = None) -> PullSettings:
        """What sources know of the workspace."""
        return PullSettings(
            folder=self.folder,
            variables={**self.settings.variables, **(variables or {})},
            timezone=self.settings.timezone,
            currency=self.settings.currency,
            own_brand=self.settings.own_brand,
            attributes=self.attributes,
            now=datetime.now(UTC),
            reject_share=self.settings.reject_share,
        )

    def pull(
        self,
        *names: str,
        variables: Mapping[str, str] | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Iterator[PullReport]:
        """Bring the named sources in, or all, one after the other; a report each. Raises `InputError`, `LakeError`."""
        for name in names:
            if name not in self.sources:
                raise UnknownNameError("source", name, self.sources)
        settings = self.pull_settings(variables)
        for name in names or self.sources:
            yield pull(self.sources[name], self.lake, settings, dry_run=dry_run, progress=progress)
        self.refresh()

    def weigh(self) -> tuple[WeightedWave, ...]:
        """Compute the weights that weights.yaml asks for; says what each wave's weighting did. Raises `InputError`."""
        weightings = load_weightings(self.folder / "weights.yaml", self.setting)
        if not weightings:
            return ()
        table, waves = weigh(self.runner.engine, self.setting, weightings)
        self.lake.replace("weights", table)
        self.refresh()
        return waves

    # -- measuring -----------------------------------------------------------------------------------------------

    @cached_property
    def runner(self) -> Runner:
        """Answers questions over the tables as they are now."""
        return Runner(self.open_engine(), self.setting, self.measures)

    def open_engine(self) -> DuckDBEngine:
        """An engine over the tables as they are now; its caller closes it."""
        spill = spill_folder(self.lake.root)
        return DuckDBEngine(
            self.lake.snapshot(), memory_limit=self.settings.memory, threads=self.settings.threads, spill=spill
        )

    def refresh(self) -> None:
        """Let the next question see what was loaded meanwhile."""
        if "runner" in self.__dict__:
            self.runner.engine.close()
            del self.__dict__["runner"]
            shutil.rmtree(spill_folder(self.lake.root), ignore_errors=True)

    def question(
        self,
        measure: str,
        *,
        by: str | Sequence[str] = (),
        over: Over | None = None,
        start: Day | None = None,
        end: Day | None = None,
        as_of: Day | None = None,
        where: str | None = None,
        segment: Mapping[str, str] | None = None,
        **params: Scalar,
    ) -> Question:
        """The question as `measure` takes it; dates may be ISO text. Raises `InputError`."""
        if over is not None and over not in get_args(Over):
            raise InputError(f'There is no period "{over}". There are: {", ".join(get_args(Over))}.')
        return Question(
            measure,
            by=(by,) if isinstance(by, str) else tuple(by),
            over=over,
            start=_day(start),
            end=_day(end),
            as_of=_day(as_of),
            where=where,
            segment=dict(segment or {}),
            params=params,
        )

    def measure(
        self,
        measure: str,
        *,
        by: str | Sequence[str] = (),
        over: Over | None = None,
        start: Day | None = None,
        end: Day | None = None,
        as_of: Day | None = None,
        where: str | None = None,
        segment: Mapping[str, str] | None = None,
        **params: Scalar,
    ) -> Figures:
        """The figures of one measure, which draw themselves; see `Question` for the arguments.

        Raises `InputError` and `EngineError`.
        """
        question = self.question(
            measure, by=by, over=over, start=start, end=end, as_of=as_of, where=where, segment=segment, **params
        )
        return Figures.of(self.runner.answer(question))

    def compare(self, question: Question, against: Against) -> Comparisons:
        """Each figure of `question` against the period before, or each segment against the rest; Holm-corrected."""
        return compare(self.runner, question, against)

    # -- judging -------------------------------------------------------------------------------------------------

    @property
    def scorecard(self) -> Scorecard:
        """The scorecard. Raises `InputError` where the workspace has none."""
        found = self.definitions.scorecard
        if found is None:
            raise InputError(f"{self.folder / 'scorecard.yaml'} does not exist. Write one: see heedful init --help")
        return found

    def score(self, *, as_of: Day | None = None, segmentation: str | None = None) -> ScorecardResult:
        """Where each objective stands. Raises `InputError`, `EngineError`."""
        scorecard = self.scorecard
        if self.runner.reach.last is None:
            raise InputError("There is no data yet. Bring it in: heedful pull")
        seen_from = self.runner.as_of(Question("nps", as_of=_day(as_of)))
        return evaluate(
            scorecard,
            self.runner,
            company=self.settings.company,
            as_of=seen_from,
            segmentation=segmentation,
            verbatims=lambda objective, most: self._verbatims(objective, most, seen_from),
            freshness=self.freshness(),
        )

    def _verbatims(self, objective: Objective, most: int, as_of: date) -> Sequence[Verbatim]:
        return verbatims_of(objective, most, self.runner, as_of)

    def report(self, path: Path, *, as_of: Day | None = None, segmentation: str | None = None) -> ScorecardResult:
        """Write the scorecard to `path` as one self-contained page, small bases hidden; returns what it shows."""
        from heedful.reports.page import write_report  # noqa: PLC0415 -- charts take half a second to import

        result = self.score(as_of=as_of, segmentation=segmentation)
        bases = self.settings.bases
        write_report(result, path, hide_below=bases.hide_below, flag_below=bases.flag_below)
        return result

    def freshness(self) -> tuple[Freshness, ...]:
        """How far each source's data reach."""
        table = self.runner.engine.query(
            "select source, count(*) as k, max(last_at) as until_at from ("
            "select source, occurred_at as last_at from feedback "
            "union all select source, occurred_at as last_at from activity "
            "union all select source, period_end as last_at from market) as every group by source order by source"
        )
        return tuple(Freshness(r["source"], r["k"], r["until_at"]) for r in table.to_pylist())

    # -- upkeep --------------------------------------------------------------------------------------------------

    def compact(self) -> Mapping[str, int]:
        """Join small files and drop old versions; files before less files after, by table."""
        return self.lake.compact()

    def doctor(self) -> list[str]:
        """What is wrong with the workspace: definitions, tables, leftovers. Each sentence says what to do."""
        found = [str(problem) for problem in self.check()]
        try:
            found += self.lake.problems()
            if not found:
                self.runner.reach  # noqa: B018 -- reading each stream once shows whether it can be read
        except HeedfulError as error:
            found.append(str(error))
        return found

    def today(self) -> date:
        """The local date now."""
        return local_date(datetime.now(UTC), self.settings.zone)

    def close(self) -> None:
        """Close the engine; a later question opens another."""
        self.refresh()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_workspace(folder: str | Path = ".") -> Workspace:
    """The workspace in `folder`. Raises `DefinitionError` where there is none or heedful.yaml is wrong."""
    return Workspace(Path(folder))


@contextmanager
def _collecting(problems: list[Problem]) -> Iterator[None]:
    try:
        yield
    except DefinitionError as error:
        problems += error.problems
    except InputError as error:
        problems.append(Problem(str(error)))


def _day(value: Day | None) -> date | None:
    if value is None:
        return None
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise InputError(f'"{value}" is not a date; write it as 2026-03-31.') from None
    if isinstance(day, datetime):
        raise InputError(f"{value} is a time; a question is about whole days, such as {day:%Y-%m-%d}.")
    if not EARLIEST.date() <= day < LATEST.date():
        raise InputError(f"{day} is too far away; dates lie between {EARLIEST:%Y-%m-%d} and {LATEST:%Y-%m-%d}.")
    return day
