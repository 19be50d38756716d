"""The sentences that simulated people write."""

from __future__ import annotations

import numpy as np
import pytest

from heedful.errors import InputError
from heedful.simulate.city.parameters import LANGUAGES as CITY
from heedful.simulate.shop.parameters import LANGUAGES
from heedful.simulate.telecom.parameters import LANGUAGES as TELECOM
from heedful.simulate.verbatims import TONES, Sentences

KINDS = [("shop", LANGUAGES), ("telecom", TELECOM), ("city", CITY)]


@pytest.mark.parametrize(("kind", "languages"), KINDS)
def test_every_theme_has_sentences_of_every_tone_in_every_language(kind: str, languages: tuple[str, ...]) -> None:
    sentences = Sentences.load(kind, languages)
    assert sentences.start.shape == (len(languages), len(sentences.themes), len(TONES))
    assert sentences.count.min() >= 1
    assert len(set(sentences.texts)) == len(sentences.texts)


def test_a_shop_is_written_of_in_six_languages_with_forty_sentences_each() -> None:
    assert set(LANGUAGES) == {"en", "it", "nl", "lv", "ru", "th"}
    sentences = Sentences.load("shop", LANGUAGES)
    assert set(sentences.themes) == {"delivery", "price", "quality", "staff", "choice", "app"}
    assert sentences.count.sum(axis=(1, 2)).min() >= 40


def test_the_mood_decides_the_tone() -> None:
    sentences = Sentences.load("shop", LANGUAGES)
    rng, n = np.random.default_rng(1), 400
    mood = rng.integers(-1, 2, n)
    texts = sentences.comments(rng, languages=np.full(n, "en", dtype=object), mood=mood, late=np.zeros(n, dtype=bool))
    said = {tone: _all(sentences, "en", tone) for tone in range(len(TONES))}
    for text, m in zip(texts, mood, strict=True):
        others = [s for tone in said if tone != m + 1 for s in said[tone]]
        assert any(s in text for s in said[int(m) + 1])
        assert not any(s in text for s in others)


def test_a_language_without_sentences_is_refused() -> None:
    with pytest.raises(InputError, match="no sentences in 'xx'"):
        Sentences.load("city", ("en",)).comments(
            np.random.default_rng(1),
            languages=np.array(["xx"], dtype=object),
            mood=np.array([1]),
            late=np.array([False]),
        )


def _all(sentences: Sentences, language: str, tone: int) -> list[str]:
    at = sentences.languages.index(language)
    return [
        text
        for theme in range(len(sentences.themes))
        for text in sentences.texts[
            sentences.start[at, theme, tone] : sentences.start[at, theme, tone] + sentences.count[at, theme, tone]
        ]
    ]
