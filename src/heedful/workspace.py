"""A workspace: the folder that holds a company's definitions and its lake, opened. The Python API."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self, get_args

import pyarrow as pa

from heedful.definitions import read_yaml
from heedful.errors import (
    DefinitionError,
    ExpressionError,
    HeedfulError,
    InputError,
    Problem,
    UnknownNameError,
)
from heedful.identity.coverage import coverage
from heedful.identity.decisions import load_decisions
from heedful.identity.graph import Guards
from heedful.identity.linking import Linking
from heedful.identity.links import CustomerLinks
from heedful.identity.names import Names, known_country
from heedful.measures.banner import banner_table
from heedful.measures.banner_results import BannerTable
from heedful.measures.compare import Against, Comparisons, compare
from heedful.measures.compose import check
from heedful.measures.composer import WEIGHTED
from heedful.measures.facts import FACT_TYPES
from heedful.measures.own import load_measures
from heedful.measures.periods import local_date
from heedful.measures.question import MeasureInfo, Over, Question, Scalar
from heedful.measures.ranking import Ranking, rank
from heedful.measures.registry import Catalogue, shipped
from heedful.measures.runner import Runner
from heedful.measures.segments import Segmentations, load_segments
from heedful.measures.setting import Setting
from heedful.measures.sql import EARLIEST, LATEST
from heedful.measures.tabulation import TABLES_FILE, Net, load_table_rows
from heedful.measures.units import UNITS_FILE, Hierarchy, load_units, undeclared_units
from heedful.measures.waves import WeightedWave, load_weightings, weigh
from heedful.reports.contents import result_content, table_content, without_small_bases
from heedful.reports.export import Exported, write
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
from heedful.streams.schema import ACTIVITY, ATTRIBUTE_TYPES, FEEDBACK, WEIGHTS
from heedful.streams.scratch import spill_folder
from heedful.upgrades.run import upgrade

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
    leaving it closes the engine. Files of an earlier version are upgraded on the way in; `upgraded` says what that did.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.upgraded = upgrade(folder)
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
        units: Hierarchy | None = None
        with _collecting(problems):
            units = load_units(self.folder / UNITS_FILE, self._groupings(segmentations))
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
            units,
        )

    def _groupings(self, segmentations: Segmentations) -> Mapping[str, str]:
        """What the workspace itself groups by, with what each is."""
        return {
            **dict.fromkeys(self.attributes, "an attribute of customers"),
            **dict.fromkeys(segmentations, "a segmentation"),
            **dict.fromkeys(_CONSTANTS, "something that conditions know already"),
        }

    def _unfit_settings(self) -> list[Problem]:
        """What is wrong in heedful.yaml that only measures can tell."""
        document = read_yaml(self.folder / SETTINGS_FILE)
        parameters = {name for measure in shipped().values() for name in measure.params}
        taken = {
            **dict.fromkeys({*_CONSTANTS, *parameters}, "something that conditions know already"),
            **dict.fromkeys(FACT_TYPES, "a fact that segments know of each customer"),
        }
        problems = [
            document.problem(
                ("attributes", name), f'the attribute "{name}" bears the name of {taken[name]}; rename it.'
            )
            for name in self.attributes
            if name in taken
        ]
        if self.settings.identity.country is not None:
            try:
                known_country(self.settings.identity.country)
            except InputError as error:
                problems.append(document.problem(("identity", "country"), str(error)))
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
            load_table_rows(self.folder / TABLES_FILE, setting)
        with _collecting(problems):
            load_decisions(self.folder)
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
        segments |= {n: setting.units.labels(n) for n in setting.units.levels} if setting.units else {}
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

    @cached_property
    def linking(self) -> Linking:
        """The names and links of customers."""
        how = self.settings.identity
        guards = Guards(how.most_ids, how.most_records, how.most_surnames, how.first)
        return Linking(self.folder, self.lake, Names(how.country, how.plus_tags), guards)

    def links(self, customer: str) -> CustomerLinks:
        """Which ids of which sources are joined with the id `customer`, and by what. Raises `UnknownNameError`."""
        return self.linking.of(customer)

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
            hashed=self.linking.hashed,
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
            report = pull(self.sources[name], self.lake, settings, dry_run=dry_run, progress=progress)
            yield report if dry_run else self._linked(report)
        self.refresh()

    def _linked(self, report: PullReport) -> PullReport:
        """The report with what linking made of the rows, and how much of all rows is linked to a customer."""
        notes = self.linking.relink().notes
        with closing(self.open_engine()) as engine:
            covered = coverage(engine)
        shares = {"feedback": covered.feedback, "activity": covered.activity, "joined": covered.joined}
        return replace(report, notes=(*report.notes, *notes, *covered.notes), linked_share=shares)

    def weigh(self) -> tuple[WeightedWave, ...]:
        """Compute the weights that weights.yaml asks for; says what each wave's weighting did. Raises `InputError`."""
        weightings = load_weightings(self.folder / "weights.yaml", self.setting)
        if not weightings:
            # Weights that nobody states any more must not go on counting.
            if self.lake.snapshot(["weights"])["weights"].uris:
                self.lake.replace("weights", WEIGHTS.arrow_schema().empty_table())
                self.refresh()
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

    def rank(self, question: Question) -> Ranking:
        """The groups of `question` in order, drawn towards each other, with what chance may have done to it."""
        units = self.setting.units
        return rank(self.runner, question, title_of=units.title if units else str)

    def table(
        self, rows: Sequence[str], by: Sequence[str] = (), *, nets: Sequence[Net] = (), question: Question | None = None
    ) -> BannerTable:
        """A banner table, small bases and all; see `banner_table`. Raises `InputError`, `EngineError`."""
        declared = load_table_rows(self.folder / TABLES_FILE, self.setting)
        return banner_table(self.runner, rows, by, declared=declared, nets=nets, question=question)

    # -- handing out ---------------------------------------------------------------------------------------------

    def export_table(
        self,
        name: str,
        path: Path,
        *,
        where: str | None = None,
        columns: Sequence[str] = (),
        limit: int | None = None,
        force: bool = False,
    ) -> Exported:
        """Write rows of the table `name`, which are rows of customers, to .parquet, .csv, .xlsx or .sav.

        Raises `InputError`, `EngineError` and `MissingExtraError`.
        """
        engine = self.open_engine()
        try:
            content = table_content(engine, name, self.attributes, where=where, columns=columns, limit=limit)
            return write(content, path, force=force)
        finally:
            engine.close()

    def export_result(
        self, question: Question, path: Path, *, with_small_bases: bool = False, force: bool = False
    ) -> tuple[Exported, int]:
        """Write the figures of `question`, small bases hidden unless asked for; says how many figures are hidden.

        Raises `InputError`, `EngineError` and `MissingExtraError`.
        """
        result, hidden = self.runner.answer(question), 0
        if not with_small_bases:
            bases, known = self.settings.bases, self.setting.segmentations
            result, hidden = without_small_bases(
                result, known, hide_below=bases.hide_below, flag_below=bases.flag_below
            )
        return write(result_content(result), path, force=force), hidden

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
                if self.setting.units is not None:
                    found += undeclared_units(self.runner.engine, self.setting.units, self.folder / UNITS_FILE)
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


_CONSTANTS = ("as_of", "own_brand", WEIGHTED)


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
