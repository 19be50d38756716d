"""Which encoding a text file is in, and the file as UTF-8.

UTF-8 and UTF-16 show themselves. A single-byte encoding does not: any bytes read as any of them. What tells them apart
is which letters the languages behind them use, and whether the high bytes stand alone among ASCII letters (Western and
Baltic languages) or in whole words (Cyrillic, Thai). It is a guess, so it is always stated and can be overruled.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heedful.errors import SourceError

_CHUNK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

# How strongly a letter speaks for its encoding: the letters that running text in its languages is full of weigh 1.
_LETTERS: Mapping[str, Mapping[str, float]] = {
    "cp1252": dict.fromkeys("éèàäöüñçóíáãêòùåøæßúõ", 1.0) | dict.fromkeys("âîôûïëìÿ", 0.4) | dict.fromkeys("ðþý", 0.2),
    "cp1257": dict.fromkeys("āčēģīķļņšūžąęėįų", 1.0) | dict.fromkeys("öäüõ", 0.4) | dict.fromkeys("óéåæøśźżńłć", 0.2),
}


@dataclass(slots=True)
class LineCount:
    """The lines of a file as an editor counts them: how many line feeds, and the longest line.

    `longest` is right in bytes for lines of more than a MiB, which is all that anybody asks it.
    """

    line_feeds: int = 0
    longest: int = 0
    _open: int = 0

    def feed(self, block: bytes) -> None:
        """Count the next block of the file."""
        first = block.find(b"\n")
        if first < 0:
            self._open += len(block)
        else:
            self.longest = max(self.longest, self._open + first)
            self._open = len(block) - block.rfind(b"\n") - 1
            self.line_feeds += block.count(b"\n")
        self.longest = max(self.longest, self._open)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file in UTF-8 without a mark: the file itself, or a copy of it. `encoding` is that of the original.

    `guessed` says that the encoding was neither stated nor certain.
    """

    path: Path
    encoding: str
    lines: LineCount
    guessed: bool = False


@dataclass(slots=True)
class _Bytes:
    """What one pass over a file finds."""

    lines: LineCount = field(default_factory=LineCount)
    returns: int = 0
    nul_line: int = 0
    broken_at: tuple[int, int] | None = None
    """The line and the byte that are not UTF-8."""
    multibyte: bool = False
    pairs: int = 0
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))


def as_utf8(path: Path, stated: str | None, copy: Path, *, link: Path | None = None) -> TextFile:
    """The text of `path` as UTF-8, written to `copy` if it is anything else; memory stays small.

    A file that is UTF-8 already answers by the name `link`, if one is given.

    Raises `SourceError` for an empty file, an unknown or a wrong encoding, and for bytes that are no text.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise SourceError("this file is empty (0 bytes). Was the export cut short?", path=path)
    encoding = _codec(stated, path) if stated else _from_head(head)
    if encoding in (None, "utf-8", "utf-8-sig"):
        found = _inspect(path)
        if found.nul_line:
            raise SourceError(_nul_message(found.nul_line), path=path, line=found.nul_line)
        if found.broken_at and encoding:
            raise SourceError(_wrong_message(stated or "utf-8", found), path=path, line=found.broken_at[0])
        lone_returns = found.returns and not found.lines.line_feeds
        if (
            not found.broken_at
            and encoding != "utf-8-sig"
            and not lone_returns
            and not head.startswith(codecs.BOM_UTF8)
        ):
            return TextFile(link or path, "utf-8", found.lines)
        encoding = _guess(found, path) if found.broken_at else "utf-8-sig"
        return _transcode(path, encoding, copy, guessed=bool(found.broken_at), lone_returns=bool(lone_returns))
    if stated and not encoding.startswith(("utf", "UTF")):
        found = _inspect(path)
        if found.multibyte and found.broken_at is None:
            raise SourceError(
                f"`encoding: {stated}` is stated, but this file is UTF-8: read so, its letters would come out "
                "garbled (Ã© for é). Remove `encoding:`.",
                path=path,
            )
    return _transcode(path, encoding, copy, guessed=False, lone_returns=False)


def rewritten_lines(text: TextFile, copy: Path) -> TextFile:
    """A copy whose lines all end alike: CR LF becomes LF, and a CR that stands alone becomes a space."""
    with text.path.open("rb") as source, copy.open("wb") as target:
        held = b""
        while block := source.read(_CHUNK):
            block = held + block
            held = b"\r" if block.endswith(b"\r") else b""
            target.write(block[: len(block) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b" "))
    return TextFile(copy, text.encoding, text.lines, text.guessed)


def _codec(stated: str, path: Path) -> str:
    names = {"windows-874": "cp874", "ansi": "cp1252", "utf8": "utf-8", "utf-8-bom": "utf-8-sig"}
    try:
        return codecs.lookup(names.get(stated.lower(), stated)).name
    except LookupError:
        known = "utf-8, utf-16, windows-1252, windows-1257, windows-1251, windows-874, latin-1"
        raise SourceError(f'there is no encoding "{stated}". Usual ones: {known}.', path=path) from None


def _from_head(head: bytes) -> str | None:
    """The encoding that a mark or the pattern of NUL bytes gives away."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    even, odd = head[0::2], head[1::2]
    if len(head) >= 4 and odd.count(0) > 0.3 * len(odd) > 5 * even.count(0):
        return "utf-16-le"
    if len(head) >= 4 and even.count(0) > 0.3 * len(even) > 5 * odd.count(0):
        return "utf-16-be"
    return None


def _inspect(path: Path) -> _Bytes:
    found, decoder, at = _Bytes(), codecs.getincrementaldecoder("utf-8")(), 0
    for block in _blocks(path):
        if not found.nul_line and (nul := block.find(0)) >= 0:
            found.nul_line = found.lines.line_feeds + block.count(b"\n", 0, nul) + 1
        if not block.isascii():
            high = np.frombuffer(block, np.uint8)
            found.counts += np.bincount(high, minlength=256)
            found.pairs += int(np.count_nonzero((high[1:] >= 0x80) & (high[:-1] >= 0x80)))
        if found.broken_at is None:
            _decode(decoder, block, at, found)
        found.lines.feed(block)
        found.returns += block.count(b"\r")
        at += len(block)
    if found.broken_at is None:
        _decode(decoder, b"", at, found, final=True)
    return found


def _decode(decoder: codecs.IncrementalDecoder, block: bytes, at: int, found: _Bytes, *, final: bool = False) -> None:
    held = len(decoder.getstate()[0])
    try:
        found.multibyte |= len(decoder.decode(block, final)) < len(block)
    except UnicodeDecodeError as error:
        within = error.start - held
        found.broken_at = (found.lines.line_feeds + block.count(b"\n", 0, max(within, 0)) + 1, at + within)


def _guess(found: _Bytes, path: Path) -> str:
    """The single-byte encoding that the bytes look most like."""
    high = found.counts[0x80:]
    total = int(high.sum())
    if found.pairs > 0.5 * total:
        thai_only = int(found.counts[0xA1:0xC0].sum())
        return "cp874" if thai_only > 0.1 * total and _decodes(found, "cp874") else "cp1251"
    scores = {name: _score(found.counts, name) for name in _LETTERS if _decodes(found, name)}
    if not scores:
        line, byte = found.broken_at or (1, 0)
        raise SourceError(
            f"this file is not UTF-8 (first at byte {byte}) and fits no usual encoding. Say `encoding: …` beside its "
            "path, or save it as UTF-8.",
            path=path,
            line=line,
        )
    return max(scores, key=lambda name: scores[name])


def _decodes(found: _Bytes, encoding: str) -> bool:
    present = bytes(int(b) for b in np.flatnonzero(found.counts))
    try:
        present.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _score(counts: NDArray[np.int64], encoding: str) -> float:
    letters = _LETTERS[encoding]
    decoded = ((bytes([b]).decode(encoding, "replace").lower(), int(counts[b])) for b in range(0x80, 0x100))
    return sum(letters.get(letter, 0.0) * count for letter, count in decoded)


def _transcode(path: Path, encoding: str, copy: Path, *, guessed: bool, lone_returns: bool) -> TextFile:
    """A UTF-8 copy of `path`. A file whose lines end in CR alone, as on old machines, gets LF."""
    lines, decoder = LineCount(), codecs.getincrementaldecoder(encoding)()
    with copy.open("wb") as target:
        for block in _with_end(path):
            try:
                text = decoder.decode(block, not block)
            except UnicodeDecodeError as error:
                line = lines.line_feeds + error.object[: error.start].count(b"\n") + 1
                raise SourceError(_undecodable(encoding), path=path, line=line) from None
            if "\0" in text:
                line = lines.line_feeds + text.count("\n", 0, text.index("\0")) + 1
                raise SourceError(_nul_message(line), path=path, line=line)
            written = (text.replace("\r", "\n") if lone_returns else text).encode()
            lines.feed(written)
            target.write(written)
    return TextFile(copy, encoding.removesuffix("-sig"), lines, guessed)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            yield block


def _with_end(path: Path) -> Iterator[bytes]:
    yield from _blocks(path)
    yield b""


def _nul_message(line: int) -> str:
    return (
        f"line {line} holds a NUL byte, which no text file does: the file is damaged, or it is not text. If a program "
        "wrote it as UTF-16, say `encoding: utf-16-le` beside its path."
    )


def _wrong_message(stated: str, found: _Bytes) -> str:
    line, byte = found.broken_at or (0, 0)
    return (
        f"`encoding: {stated}` is stated, but line {line} (byte {byte}) is not {stated}. Remove `encoding:` to have "
        "it found out, or state the right one, such as windows-1252."
    )


def _undecodable(encoding: str) -> str:
    return f"this line cannot be read as {encoding}. State the right `encoding:` beside the path, or save it as UTF-8."
