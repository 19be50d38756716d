"""What people write: sentences by language, theme and tone, put together to fit a score and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heedful.definitions import read_yaml
from heedful.errors import InputError
from heedful.simulate.arrays import Flags, Texts, Whole

WORDS = Path(__file__).parent / "words"
TONES = ("negative", "mixed", "positive")
NEGATIVE, MIXED, POSITIVE = range(3)


@dataclass(frozen=True)
class Sentences:
    """The sentences of one kind of company. `start` and `count` have the shape (languages, themes, tones)."""

    languages: tuple[str, ...]
    themes: tuple[str, ...]
    texts: Texts
    start: Whole
    count: Whole

    @classmethod
    def load(cls, kind: str, languages: Sequence[str]) -> Sentences:
        """The sentences of `kind` in each of `languages`, from `words/<kind>/<language>.yaml`."""
        files = [read_yaml(WORDS / kind / f"{language}.yaml").data for language in languages]
        themes = tuple(files[0])
        texts: list[str] = []
        start = np.zeros((len(files), len(themes), len(TONES)), dtype=np.int64)
        count = np.zeros_like(start)
        for at in np.ndindex(start.shape):
            said = files[at[0]][themes[at[1]]][TONES[at[2]]]
            start[at], count[at] = len(texts), len(said)
            texts += said
        return cls(tuple(languages), themes, np.array(texts, dtype=object), start, count)

    def say(self, rng: np.random.Generator, language: Whole, theme: Whole, tone: Whole) -> Texts:
        """One sentence for each entry."""
        at = (language, theme, tone)
        return self.texts[self.start[at] + (rng.random(len(language)) * self.count[at]).astype(np.int64)]

    def comments(
        self, rng: np.random.Generator, *, languages: Texts, mood: Whole, late: Flags, first_theme: str = "delivery"
    ) -> Texts:
        """One or two sentences each, in `languages`; `mood` is -1, 0 or 1.

        Who was served `late` says so, even if pleased with the rest; nobody else complains of `first_theme`.
        """
        language, n = self._language_index(languages), len(mood)
        about = self.themes.index(first_theme)
        tone = (mood + 1).astype(np.int64)
        theme = rng.integers(0, len(self.themes), n)
        elsewhere = (about + rng.integers(1, len(self.themes), n)) % len(self.themes)
        theme = np.where((tone != POSITIVE) | late, elsewhere, theme)
        first = self.say(rng, language, theme, np.where(late & (mood < 0), NEGATIVE, tone))
        complaint = self.say(rng, language, np.full(n, about), np.zeros(n, dtype=np.int64))
        other = np.where(theme == elsewhere, (elsewhere + 1) % len(self.themes), elsewhere)
        other = np.where((other == about) & (tone != POSITIVE), (other + 1) % len(self.themes), other)
        other = np.where(other == theme, (other + 1) % len(self.themes), other)
        other = np.where((other == about) & (tone != POSITIVE), (other + 1) % len(self.themes), other)
        second = self.say(rng, language, other, tone)
        longer = rng.random(n) < 0.45
        plain = np.where(longer, first + " " + second, first)
        pleased_but_late = np.where(
            mood > 0, first + " " + complaint, np.where(longer, complaint + " " + first, complaint)
        )
        return np.where(late, pleased_but_late, plain).astype(object)

    def of(self, language: str, theme: str) -> frozenset[str]:
        """All sentences about `theme` in `language`."""
        at = (self.languages.index(language), self.themes.index(theme))
        return frozenset(
            text
            for start, count in zip(self.start[at], self.count[at], strict=True)
            for text in self.texts[start : start + count]
        )

    def _language_index(self, languages: Texts) -> Whole:
        index = {code: i for i, code in enumerate(self.languages)}
        try:
            return np.array([index[code] for code in languages], dtype=np.int64)
        except KeyError as missing:
            raise InputError(f"there are no sentences in {missing}; there are: {', '.join(self.languages)}") from None
