"""The workspace's secret key, and hashes made with it.

A plain hash of a telephone number is undone by trying all numbers. A keyed one is not, as long as the key stays here.
Whoever loses the key loses no figure, but no longer recognises a name that was hashed with it.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from heedful.errors import InputError

KEY_FILE = Path(".heedful") / "key"
KEY_BYTES = 32
_IGNORED = "/.heedful/"


def workspace_key(folder: Path) -> bytes:
    """The key of the workspace in `folder`, 32 bytes; made on first need, readable by its owner alone.

    Also tells git to leave it alone. Raises `InputError` for a file that holds no key.
    """
    path = folder / KEY_FILE
    try:
        return _read(path)
    except FileNotFoundError:
        _make(path)
        _ignore(folder / ".gitignore")
        return _read(path)


def keyed_hash(key: bytes, kind: str, value: str) -> str:
    """The HMAC-SHA-256 of `value`, 64 hexadecimal digits. The same text of another `kind` has another hash."""
    return hmac.digest(key, f"{kind}\0{value}".encode(), "sha256").hex()


def _read(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise InputError(
            f"{path} holds {len(key)} bytes, where a key has {KEY_BYTES}. Put the key back from a backup. Without one, "
            "delete the file and pull again: heedful pull makes a new key, and hashes all names anew."
        )
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"key.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # A link is whole or not there, and fails where another process was first: its key is the key then.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _ignore(path: Path) -> None:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if _IGNORED not in text.splitlines():
        separator = "" if not text or text.endswith("\n") else "\n"
        path.write_text(f"{text}{separator}{_IGNORED}\n", encoding="utf-8")
