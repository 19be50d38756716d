"""SQL databases as sources, through SQLAlchemy: streamed by a cursor on the server, batch by batch, into Parquet."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heedful.errors import MissingExtraError, SourceError, SourceInterruptedError
from heedful.sources.arrow_parts import Parts
from heedful.sources.column_types import RawColumn
from heedful.sources.definition import Source
from heedful.sources.file_spec import FileSpec
from heedful.sources.sql_spec import Overlap, QuerySpec, SqlSpec
from heedful.sources.staged import RowNumbers, StagedFile
from heedful.sources.staging import Staging
from heedful.sources.state import CursorValue
from heedful.sources.variables import filled, secrets, unknown, what_to_type

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult, Select

BATCH_ROWS = 10_000
DRY_ROWS = 1_000
"""Rows of each query that a dry run looks at."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query brought. `reached` is the last value of its cursor; `broken_off` says why it is not all."""

    file: StagedFile
    reached: CursorValue | None
    broken_off: str = ""


class Database:
    """A database to ask. Whatever it says is shown without the secrets that lead to it."""

    def __init__(self, spec: SqlSpec, variables: Mapping[str, str], source: Source, folder: Path) -> None:
        self._spec, self._source, self._shown = spec, source, source.path
        shown, sqlalchemy = source.path, _library()
        texts = [spec.url, *(v for v in spec.connect_args.values() if isinstance(v, str))]
        if missing := [name for text in texts for name in unknown(text, variables)]:
            what = " and ".join(n.replace("env:", "the environment variable ") for n in missing)
            said = f"nothing says what {what} is.{what_to_type(missing, source.name)}"
            raise SourceError(said, path=shown, line=source.document.problem(["sql"], "").line)
        url, self._hidden = _url(spec, variables, folder, shown)
        arguments = {k: filled(v, variables) if isinstance(v, str) else v for k, v in spec.connect_args.items()}
        self._hidden += [s for v in spec.connect_args.values() if isinstance(v, str) for s in secrets(v, variables)]
        self.address = url.set(password="***" if url.password else None, query={}).render_as_string(hide_password=True)
        try:
            self._engine = sqlalchemy.create_engine(url, connect_args=arguments, poolclass=sqlalchemy.pool.NullPool)
        except ModuleNotFoundError as error:
            said = f"the database {self.address} needs the Python package {error.name}. Type: pip install {error.name}"
            raise SourceError(said, path=shown) from None
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise SourceError(
                f"{self.address} is no database that SQLAlchemy knows: {self._said(error)}.", path=shown
            ) from None

    def ask(
        self,
        staging: Staging,
        name: str,
        since: CursorValue | None,
        tell: Callable[[int], None],
        *,
        dry_run: bool = False,
    ) -> Answer:
        """The answer of the query `name`, from `since` on where it has a cursor.

        Raises `SourceError` for a query that fails, `SourceInterruptedError` for a database that goes away before
        anything came that can be kept.
        """
        query, notes = self._spec.queries[name], list[str]()
        parts, reached, broken_off = Parts(staging.folder, name), since, ""
        with self._connected() as connection:
            since = self._start(connection, name, query, since, notes)
            reached = since
            try:
                with self._executed(connection, self._select(query, since, dry_run=dry_run)) as result:
                    parts.begin(self._names(name, result))
                    for batch in result.partitions(BATCH_ROWS):
                        parts.add([list(column) for column in zip(*batch, strict=True)])
                        reached = _last(query, parts.names, batch) or reached
                        tell(parts.rows)
            except _library().exc.SQLAlchemyError as error:
                broken_off = self._broken_off(name, error, parts.rows)
        if broken_off and query.cursor is None:
            raise SourceInterruptedError(
                f"{broken_off}. Nothing was written. Type: heedful pull {self._source.name}", path=self._shown
            )
        return Answer(self._staged(staging, name, parts, since=since, notes=notes), reached, broken_off)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            connection = self._engine.connect()
        except (_library().exc.SQLAlchemyError, OSError) as error:
            said = f"the database {self.address} cannot be reached: {self._said(error)}"
            raise SourceInterruptedError(f"{said}. Nothing was written.", path=self._shown) from None
        try:
            yield connection.execution_options(stream_results=True, max_row_buffer=BATCH_ROWS)
        finally:
            _give_up(connection)

    @contextmanager
    def _executed(self, connection: Connection, select: Select[Any]) -> Iterator[CursorResult[Any]]:
        """The running answer. Its cursor on the server is let go of, also where the server itself is gone."""
        result = connection.execute(select)
        cursor = result.cursor
        try:
            yield result
        finally:
            with suppress(self._engine.dialect.loaded_dbapi.Error):
                if cursor is not None:
                    cursor.close()

    def _start(
        self, connection: Connection, name: str, query: QuerySpec, since: CursorValue | None, notes: list[str]
    ) -> CursorValue | None:
        """Where to begin: at `since`, or from the first row where the cursor went backwards."""
        if query.cursor is None or since is None:
            return None
        sqlalchemy = _library()
        pulled = self._pulled(query)
        newest = sqlalchemy.select(sqlalchemy.func.max(pulled.c[query.cursor])).select_from(pulled)
        try:
            last = connection.execute(newest).scalar()
            behind = last is None or _plain(last) < since
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise SourceError(self._failed(name, error), path=self._shown) from None
        except TypeError:
            notes.append(f"{name}: {query.cursor} has another type than at the last pull; everything is read again")
            return None
        if behind:
            ends = "has no rows now" if last is None else f"now ends at {_plain(last)}"
            notes.append(
                f"{name}: the cursor {query.cursor} went backwards: it was read up to {since}, and the database {ends} "
                "(put back from a backup?); everything is read again, and rows that the database lost stay in the lake"
            )
            return None
        return since

    def _select(self, query: QuerySpec, since: CursorValue | None, *, dry_run: bool) -> Select[Any]:
        sqlalchemy = _library()
        pulled = self._pulled(query)
        select: Select[Any] = sqlalchemy.select(sqlalchemy.literal_column("pulled.*")).select_from(pulled)
        if query.cursor is not None:
            column = pulled.c[query.cursor]
            if since is not None:
                begin = _before(since, query.reach, self._shown)
                # A row without a value of the cursor would never be seen again.
                select = select.where(sqlalchemy.or_(column >= begin, column.is_(None)))
            select = select.order_by(column)
        return select.limit(DRY_ROWS) if dry_run else select

    def _pulled(self, query: QuerySpec) -> Any:
        sqlalchemy = _library()
        columns = [sqlalchemy.column(query.cursor)] if query.cursor else [sqlalchemy.column("anything")]
        # A colon in somebody's SQL is a cast or belongs to a time; none of it is a parameter.
        return sqlalchemy.text(query.select.replace(":", r"\:")).columns(*columns).subquery("pulled")

    def _names(self, name: str, result: CursorResult[Any]) -> list[str]:
        names = list(result.keys())
        # SQLite tells columns of one name apart by itself: id and id:1.
        names = [re.sub(r":\d+$", "", n) if re.sub(r":\d+$", "", n) in names else n for n in names]
        twice = [n for i, n in enumerate(names) if n.lower() in {other.lower() for other in names[:i]}]
        if twice:
            said = f'two columns of the query "{name}" are called {twice[0]}. Give one another name: … as other_name.'
            raise SourceError(said, path=self._shown)
        return names

    def _staged(
        self, staging: Staging, name: str, parts: Parts, *, since: CursorValue | None, notes: list[str]
    ) -> StagedFile:
        query = self._spec.queries[name]
        parquet, types = parts.as_one(staging)
        columns = tuple(_column(n, types[n], mixed=n in parts.mixed) for n in parts.names)
        begin = f", from {query.cursor} {_before(since, query.reach, self._shown)} on" if since is not None else ""
        notes = [f"{name}: {parts.rows:,} rows of {self.address}{begin}", *notes]
        if query.cursor is not None and self._spec.deleted is None:
            notes.append(f"{name}: rows deleted in the database stay in the lake, since nothing says which they are")
        spec = FileSpec.model_validate({"path": name})
        return StagedFile(name, Path(name), spec, parquet, columns, parts.rows, (), RowNumbers(), tuple(notes))

    def _broken_off(self, name: str, error: Exception, rows: int) -> str:
        """Why the answer is not whole; a query at fault is a `SourceError`."""
        exc = _library().exc
        gone = bool(getattr(error, "connection_invalidated", False))
        # Before any row came, an operational error may as well say that there is no such table.
        if not gone and (rows == 0 or not isinstance(error, exc.OperationalError | exc.InterfaceError)):
            raise SourceError(self._failed(name, error), path=self._shown) from None
        return f'the database {self.address} went away after {rows:,} rows of "{name}": {self._said(error)}'

    def _failed(self, name: str, error: Exception) -> str:
        return f'the query "{name}" fails on the database {self.address}: {self._said(error)}.'

    def _said(self, error: BaseException) -> str:
        """What a library says, on one line, without secrets."""
        said = str(getattr(error, "orig", None) or error).strip().split("\n", 1)[0].rstrip(".")
        for hidden in sorted(filter(None, self._hidden), key=len, reverse=True):
            said = said.replace(hidden, "***")
        return said


def _url(spec: SqlSpec, variables: Mapping[str, str], folder: Path, shown: Path) -> tuple[Any, list[str]]:
    """The address, and what of it is not to be shown."""
    sqlalchemy = _library()
    # A password may hold any sign, so it is filled in once the address is taken apart.
    written = re.sub(r"\$\{(?!env:)(\w+)\}", lambda match: variables.get(match[1], match[0]), spec.url)
    if re.fullmatch(r"\$\{env:\w+\}", written.strip()):
        written = filled(written.strip(), {})
    hidden = secrets(spec.url, variables)
    try:
        url = sqlalchemy.make_url(written)
        for part in ("username", "password", "host", "database"):
            if value := getattr(url, part):
                url = url.set(**{part: filled(str(value), {})})
    except (sqlalchemy.exc.ArgumentError, ValueError):
        said = "this is no address of a database; write it as in postgresql://reader:${env:PASSWORD}@host/name"
        raise SourceError(said, path=shown) from None
    if url.drivername in ("postgresql", "postgres") and find_spec("psycopg") is not None:
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        path = folder / url.database
        if not path.is_file():
            raise SourceError(f"the database does not exist: {path}.", path=shown)
        url = url.set(database=str(path))
    if url.password:
        hidden += [str(url.password), url.render_as_string(hide_password=False).split("@")[0].rpartition(":")[2]]
    return url, hidden


def _before(since: CursorValue, overlap: Overlap | None, shown: Path) -> CursorValue:
    """`since` less the overlap."""
    if overlap is None:
        return since
    if isinstance(since, str) and isinstance(overlap, timedelta):
        # SQLite keeps times as text, which sorts as they do.
        try:
            return (datetime.fromisoformat(since) - overlap).isoformat("T" if "T" in since else " ")[
                : max(len(since), 10)
            ]
        except ValueError:
            pass
    try:
        earlier: CursorValue = since - overlap  # type: ignore[operator, assignment]
    except TypeError:
        said = f"an overlap of {overlap} does not go with a cursor such as {since!r}"
        raise SourceError(f"{said}: a span of time needs times, a number numbers.", path=shown) from None
    return earlier


def _last(query: QuerySpec, names: Sequence[str], batch: Sequence[Sequence[Any]]) -> CursorValue | None:
    """The last value of the cursor in a batch."""
    if query.cursor is None:
        return None
    place = [name.lower() for name in names].index(query.cursor.lower())
    values = (row[place] for row in reversed(batch))
    return next((_plain(value) for value in values if value is not None), None)


def _plain(value: Any) -> Any:
    """A value that can be kept and compared: a driver's own types become Python's."""
    if isinstance(value, datetime | date | bool | int | float | Decimal | str | uuid.UUID):
        return value
    return str(value)


def _column(name: str, type_: str, *, mixed: bool) -> RawColumn:
    infer = "no" if type_ != "VARCHAR" else "all" if mixed else "times"
    return RawColumn((name,), name, type_, infer)  # type: ignore[arg-type]


def _give_up(connection: Connection) -> None:
    """Close a connection, which may be gone."""
    exc = _library().exc
    try:
        connection.close()
    except (exc.SQLAlchemyError, OSError):
        connection.invalidate()


def _library() -> Any:
    try:
        import sqlalchemy  # noqa: PLC0415 -- an optional library
        import sqlalchemy.exc  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("SQLAlchemy", "sql") from None
    return sqlalchemy
