"""What the disk and the libraries say, in sentences that tell a person what to do."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from deltalake.exceptions import CommitFailedError, DeltaError

from heedful.errors import LakeBusyError, LakeError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_WORDS = ("no space left", "disk quota exceeded", "file too large", *(f"os error {n})" for n in _FULL))


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn failures of the disk, delta-rs and DuckDB while writing below `folder` into `LakeError`."""
    try:
        yield
    except CommitFailedError as error:
        raise LakeBusyError(
            f"{folder}: another program changed this table at the same moment ({first_line(error)}) "
            "Nothing of this write was kept. Run the same command again."
        ) from error
    except (OSError, DeltaError, duckdb.Error) as error:
        raise LakeError(_sentence(error, folder)) from error


@contextmanager
def full_disk_explained(folder: Path) -> Iterator[None]:
    """Turn a disk that fills up while something is prepared below `folder` into `LakeError`; other failures pass."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if not _is_full(error):
            raise
        raise LakeError(_sentence(error, folder)) from error


def first_line(error: BaseException) -> str:
    """The first line of what a library said."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _sentence(error: Exception, folder: Path) -> str:
    if _is_full(error):
        return (
            f"{folder}: the disk is full ({_free(folder)} free). Nothing was lost: the tables are as they were before "
            "this write. Free some space there, then run the same command again."
        )
    if isinstance(error, PermissionError):
        return f"{folder}: this folder cannot be written ({first_line(error)}). Change its owner or its permissions."
    if isinstance(error, duckdb.OutOfMemoryException):
        return (
            f"{folder}: there was not enough memory and disk to compare the rows with those stored "
            f"({first_line(error)}). Nothing was lost. Free some space there, then run the same command again."
        )
    return f"{folder}: {first_line(error)}. To see what is wrong with the tables: heedful doctor"


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    text = str(error).lower()
    return any(words in text for words in _FULL_WORDS)


def _free(folder: Path) -> str:
    there = next((f for f in (folder, *folder.parents) if f.exists()), Path("/"))
    return f"{shutil.disk_usage(there).free / 1e6:,.1f} MB"
