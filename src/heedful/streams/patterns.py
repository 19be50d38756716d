"""The part of regular expressions that means the same on every engine.

DuckDB and ClickHouse read RE2's, PostgreSQL its own. They differ in what `.` matches, in `\\w`, `\\b`, lazy repetition
and groups with a question mark, so those are refused or written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKENS = re.compile(
    r"""(?P<class>\[\^?\]?(?:[^\]\\\[]|\\.)*\])
      | (?P<escape>\\.)
      | (?P<repeat>(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\}))
      | (?P<group>\((?:\?:)?)
      | (?P<plain>[^\[\](){}*+?\\])
      | (?P<close>\))
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACE = r" \t\n\r\f\v"
_PUNCTUATION = frozenset(r"""\.[](){}*+?^$|/-"'#&~,:;<=>!@%_""")


def portable(pattern: str) -> str:
    """`pattern` as every engine matches it alike. Raises `ValueError` with a clause that says what cannot be."""
    out, depth, repeatable = [], 0, False
    for kind, text in _tokens(pattern):
        match kind:
            case "repeat" if not repeatable:
                raise ValueError(f"has {text} where there is nothing to repeat, or a lazy repetition")
            case "repeat" if text.startswith("{") and max(map(int, re.findall(r"\d+", text))) > 255:
                raise ValueError("repeats more than 255 times")
            case "group":
                depth += 1
                text = "("  # noqa: PLW2901 - the same group, spelt as every engine reads it
            case "close" if depth == 0:
                raise ValueError("closes a group that is not open")
            case "close":
                depth -= 1
        out.append(_written(kind, text))
        repeatable = kind in {"class", "escape", "close"} or (kind == "plain" and text not in "^$|")
    if depth:
        raise ValueError("leaves a group open")
    found = "".join(out)
    try:
        re.compile(found)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error.msg}") from None
    return found


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(pattern):
        found = _TOKENS.match(pattern, at)
        if found is None or found.lastgroup is None:
            raise ValueError(f"has {pattern[at : at + 3]!r}, which does not mean the same on every engine")
        yield found.lastgroup, found.group()
        at = found.end()


def _written(kind: str, text: str) -> str:
    if kind == "plain" and text == ".":
        return "[^\n]"
    if kind == "escape":
        return f"[{_class_escape(text)}]" if text in {r"\d", r"\s"} else _class_escape(text)
    if kind == "class":
        inner = re.sub(r"\\.", lambda found: _class_escape(found.group()), text[1:-1], flags=re.DOTALL)
        if "[" in inner.replace(r"\[", ""):
            raise ValueError("has a [ within […]; write \\[")
        return f"[{inner}]"
    return text


def _class_escape(text: str) -> str:
    if text == r"\d":
        return "0-9"
    if text == r"\s":
        return _SPACE
    if text[1] not in _PUNCTUATION:
        raise ValueError(f"has {text}, which does not mean the same on every engine")
    return text
