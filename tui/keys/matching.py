"""Search by words: each word that is typed must begin some word of what is found. Letters scattered about find nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """Return the words of a text, without case and accents."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
    return _WORD.findall(plain)


def score(query: str, fields: Iterable[tuple[str, float]]) -> float:
    """Return how well ``fields``, texts with their weights, match: 0 where a typed word begins none of their words.

    A whole word counts for more than the beginning of one, the first word of a text for more than a later one.
    """
    split = [(words_of(text), weight) for text, weight in fields]
    total = 0.0
    for wanted in words_of(query):
        best = max(
            (
                weight * (1 + (word == wanted) + (at == 0) / 2)
                for words, weight in split
                for at, word in enumerate(words)
                if word.startswith(wanted)
            ),
            default=0.0,
        )
        if not best:
            return 0.0
        total += best
    return total
