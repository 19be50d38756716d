"""All that a workspace does with names: hashing them, linking by them, showing and undoing links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from heedful.errors import UnknownNameError
from heedful.identity.decisions import decide_join, decide_split, load_decisions, undo
from heedful.identity.graph import Guards
from heedful.identity.keys import workspace_key
from heedful.identity.links import CustomerLinks, Linked, known_ids, links_of, relink
from heedful.identity.names import Fault, Hashing, Names
from heedful.streams.lake import Lake


@dataclass(frozen=True)
class Linking:
    """The names and links of the workspace in `folder`, whose tables are `lake`."""

    folder: Path
    lake: Lake
    names: Names
    guards: Guards

    def hashed(self, kind: str, texts: Iterable[str]) -> Iterator[tuple[str | None, Fault]]:
        """Keyed hashes of names of one kind, or None and why one names nobody. Makes the key on first need."""
        return self._hashing(kind, texts)

    @cached_property
    def _hashing(self) -> Hashing:
        return Hashing(workspace_key(self.folder), self.names)

    def relink(self) -> Linked:
        """Make the links anew. Raises `DefinitionError` for links.yaml, `LakeError`."""
        return relink(self.lake, load_decisions(self.folder), self.guards)

    def of(self, name: str) -> CustomerLinks:
        """Who is joined with the id `name`, and by what. Raises `UnknownNameError`."""
        return links_of(self.lake, name, load_decisions(self.folder), self.guards)

    def join(self, a: str, b: str) -> Linked:
        """Decide that the ids `a` and `b` are one customer. Raises `InputError` for ids that nobody has."""
        decide_join(self.folder, *known_ids(self.lake, a, b))
        return self.relink()

    def split(self, local_id: str) -> Linked:
        """Decide that no name joins `local_id` to others. Raises `InputError` for an id that nobody has."""
        decide_split(self.folder, *known_ids(self.lake, local_id))
        return self.relink()

    def undo(self, local_id: str) -> Linked | None:
        """Take back what was decided about `local_id`; None where nothing was."""
        with suppress(UnknownNameError):  # an id that was erased since may still stand in a decision
            (local_id,) = known_ids(self.lake, local_id)
        return self.relink() if undo(self.folder, local_id) else None
