"""Edits of a YAML file's text at the place of one piece: what is not edited stays as it is, comments included."""

from __future__ import annotations

from pathlib import Path

import yaml

from heedful.definitions import Loc

_BOM = "\ufeff"


class Yaml:
    """One file. Each edit finds its piece in the text as the edits before have left it; `save` writes the file.

    Raises `KeyError` for a piece that is not there: look with `has` first.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Bytes, because reading text would turn a file's own line ends into ours.
        whole = path.read_bytes().decode("utf-8")
        self._mark, self.text = (_BOM, whole[1:]) if whole.startswith(_BOM) else ("", whole)

    def save(self) -> None:
        """Write the file."""
        self.path.write_bytes((self._mark + self.text).encode("utf-8"))

    def has(self, loc: Loc) -> bool:
        """Whether the piece at `loc` is there."""
        try:
            self._find(loc)
        except KeyError:
            return False
        return True

    def keys(self, loc: Loc = ()) -> tuple[str, ...]:
        """The keys of the mapping at `loc`, in order."""
        _, node = self._find(loc)
        return tuple(key.value for key, _ in node.value) if isinstance(node, yaml.MappingNode) else ()

    def rename(self, loc: Loc, key: str) -> None:
        """Give the piece at `loc` another key, written as YAML writes it."""
        found, _ = self._find(loc)
        if found is None:
            raise KeyError(loc)
        self._put(found.start_mark.index, found.end_mark.index, key)

    def replace(self, loc: Loc, text: str) -> None:
        """Put `text` in the place of the value at `loc`: a scalar, or a list or mapping in brackets."""
        _, node = self._find(loc)
        if isinstance(node, yaml.CollectionNode) and not _in_brackets(node):
            raise ValueError(f"{self.path}: {loc} is spread over lines; edit its pieces one by one")
        is_block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        self._put(node.start_mark.index, node.end_mark.index, text + (self._line_end if is_block else ""))

    def remove(self, loc: Loc) -> None:
        """Take the piece at `loc` out, with the comment on its own line; comments above it stay."""
        key, node = self._find(loc)
        _, parent = self._find(loc[:-1])
        start, end = (key or node).start_mark.index, _end(node)
        if not _in_brackets(parent):
            self._put(self._line_start(start), self._next_line(end), "")
            return
        after = len(self.text[end:]) - len(self.text[end:].lstrip())
        if self.text[end + after : end + after + 1] == ",":
            end += after + 1
            end += len(self.text[end:]) - len(self.text[end:].lstrip(" "))
        else:
            start = len(self.text[:start].rstrip().removesuffix(","))
        self._put(start, end, "")

    def add(self, loc: Loc, key: str, text: str) -> None:
        """Put `key: text` at the end of the mapping at `loc`."""
        _, node = self._find(loc)
        entry = f"{key}: {text}"
        if _in_brackets(node):
            at = node.end_mark.index - 1
            at = len(self.text[:at].rstrip())
            self._put(at, at, f", {entry}" if node.value else entry)
            return
        indent = " " * node.value[0][0].start_mark.column
        at = self._next_line(_end(node))
        before = "" if at == 0 or self.text[at - 1] == "\n" else self._line_end
        self._put(at, at, f"{before}{indent}{entry}{self._line_end}")

    def put_first(self, key: str, text: str) -> None:
        """Put `key: text` before the first entry of the file, after the comments at its head."""
        _, node = self._find(())
        at = self._line_start(node.start_mark.index)
        self._put(at, at, f"{key}: {text}{self._line_end}")

    def _find(self, loc: Loc) -> tuple[yaml.Node | None, yaml.Node]:
        key, node = None, yaml.compose(self.text, Loader=yaml.SafeLoader)
        if node is None:
            raise KeyError(loc)
        for step in loc:
            if isinstance(node, yaml.MappingNode):
                pairs = [(k, v) for k, v in node.value if k.value == str(step)]
                if not pairs:
                    raise KeyError(loc)
                key, node = pairs[0]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                key, node = None, node.value[step]
            else:
                raise KeyError(loc)
        return key, node

    @property
    def _line_end(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _next_line(self, at: int) -> int:
        # A block scalar ends on the start of the line after it.
        if at and self.text[at - 1] == "\n":
            return at
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1

    def _put(self, start: int, end: int, text: str) -> None:
        self.text = self.text[:start] + text + self.text[end:]


def _in_brackets(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _end(node: yaml.Node) -> int:
    """Where the text of a node ends; a collection over lines would claim the comments after it as its own."""
    if isinstance(node, yaml.CollectionNode) and not _in_brackets(node) and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)
