"""Pieces of Markdown that the generated pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def lines(*parts: str) -> str:
    """Paragraphs; empty ones are left out."""
    return "\n\n".join(part for part in parts if part)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, or nothing where there are no rows; a last column that is empty throughout is left out."""
    body = [[_cell(text) for text in row] for row in rows]
    if not body:
        return ""
    width = len(head) if any(row[-1] for row in body) else len(head) - 1
    return "\n".join("| " + " | ".join(row[:width]) + " |" for row in (head, ["---"] * width, *body))


def _cell(text: str) -> str:
    """On one line, with bars escaped, which Markdown wants except in code."""
    return re.sub(r"(`[^`]*`)|\|", lambda m: m[1] or r"\|", " ".join(text.split()))
