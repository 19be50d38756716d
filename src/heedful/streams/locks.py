"""One writer at a time for each table, across processes and threads.

Delta's own optimistic commits let appends through but starve and fail everything that replaces rows. A lock that the
kernel drops when its holder dies needs no cleaning up after a crash.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heedful.errors import LakeBusyError

_PAUSE_S = 0.05


@contextmanager
def table_lock(path: Path, *, table: str, timeout_s: float) -> Iterator[None]:
    """Hold the lock file at `path` while the block runs.

    Raises `LakeBusyError` that names the holder once `timeout_s` seconds have passed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # flock rather than lockf: it also excludes another thread, and closing another handle does not drop it.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        _wait(handle, table, timeout_s)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()} {socket.gethostname()}".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(handle, 0)
            fcntl.flock(handle, fcntl.LOCK_UN)
    finally:
        os.close(handle)


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock at `path` just now."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _taken(handle)
    finally:
        os.close(handle)


def _wait(handle: int, table: str, timeout_s: float) -> None:
    give_up_at = time.monotonic() + timeout_s
    while not _taken(handle):
        if time.monotonic() >= give_up_at:
            raise LakeBusyError(_message(os.pread(handle, 200, 0).decode(errors="replace"), table, timeout_s))
        time.sleep(_PAUSE_S)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _message(holder: str, table: str, timeout_s: float) -> str:
    pid, _, host = holder.partition(" ")
    who = f"process {pid} on {host}" if pid else "another process"
    look = f" (ps -p {pid} shows it)" if pid else ""
    return (
        f'The table "{table}" is being written by {who}, and was not free within {timeout_s:g} seconds. '
        f"Wait for that process to end{look}, then run the same command again."
    )
