"""Texts in many writing systems, as many as are wanted, of words as frequent and as rare as in real talk.

The words of an alphabet are walks over which letter follows which in real sayings; those of Han, kana and Hangul are drawn
from as many characters as are in daily use, because an index pays for each pair of them.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

SAYINGS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "tests" / "vectors" / "search.json").read_text("utf-8")
)["systems"]
VOCABULARY = 6000
# The n-th most frequent word is said 1/n as often as the first, about.
STEEPNESS = 0.95
WITHOUT_BLANKS = {"Thai", "Lao", "Khmer", "Burmese", "Chinese", "Japanese"}
HAN = [chr(0x4E00 + 7 * at) for at in range(2500)]
KANA = [chr(number) for number in range(0x3042, 0x3094)]
HANGUL = [chr(0xAC00 + 9 * at) for at in range(1200)]


def _walks(sayings: list[str], rng: random.Random) -> Callable[[], str]:
    following: dict[str, list[str]] = {}
    for word in " ".join(sayings).casefold().split():
        for first, second in itertools.pairwise(f"^{word}"):
            following.setdefault(first, []).append(second)

    def walk() -> str:
        word = rng.choice(following["^"])
        for _ in range(rng.randint(1, 8)):
            word += rng.choice(following.get(word[-1], following["^"]))
        return word

    return walk


def _drawn(characters: list[str], longest: int, rng: random.Random) -> Callable[[], str]:
    weights = list(itertools.accumulate(1 / (50 + at) for at in range(len(characters))))
    return lambda: "".join(rng.choices(characters, cum_weights=weights, k=rng.randint(1, longest)))


class Talk:
    """What is said in one writing system."""

    def __init__(self, system: str, seed: int = 1) -> None:
        self._rng = random.Random(f"{system} {seed}")
        sayings = SAYINGS[system]["texts"]
        makers = {
            "Chinese": [_drawn(HAN, 2, self._rng)],
            "Japanese": [_drawn(HAN[:1500], 2, self._rng), _drawn(KANA, 4, self._rng)],
            "Korean": [_drawn(HANGUL, 4, self._rng)],
        }.get(system, [_walks(sayings, self._rng)])
        self._words = [self._rng.choice(makers)() for _ in range(VOCABULARY)]
        self._weights = list(itertools.accumulate(1 / (1 + at) ** STEEPNESS for at in range(VOCABULARY)))
        self._blank = "" if system in WITHOUT_BLANKS else " "

    def text(self) -> str:
        """Return something that is said."""
        words = self._rng.choices(self._words, cum_weights=self._weights, k=self._rng.randint(4, 20))
        return self._blank.join(words)

    def word(self, rank: int) -> str:
        """Return a word by how frequent it is; ranks beyond the last mean the rarest."""
        return self._words[min(rank, VOCABULARY - 1)]
