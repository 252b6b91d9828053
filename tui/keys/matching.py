"""Search by words: each word that is typed must begin some word of what is found. Letters scattered about find nothing.

Chinese has no spaces: what is typed of it may stand anywhere in an unbroken run of its signs, as it is typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from tui.language import tr

# Chinese and Japanese, which are written without spaces.
_UNSPACED = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_UNSPACED}]+")
_WORD = re.compile(f"[{_UNSPACED}]+|[^\\W{_UNSPACED}]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text, without case and accents; a run of signs without spaces is one."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
    return _WORD.findall(plain)


def in_both(*texts: str) -> str:
    """Return marked texts in the language in use and in English, without case, to look in for what is typed."""
    shown, english = " ".join(map(tr, texts)), " ".join(texts)
    return (shown if shown == english else f"{shown}\n{english}").casefold()


def score(query: str, fields: Iterable[tuple[str, float]]) -> float:
    """Return how well ``fields``, texts with their weights, match: 0 where a typed word begins none of their words.

    A whole word counts for more than the beginning of one, the first word of a text for more than a later one.
    """
    split = [(words_of(text), weight) for text, weight in fields]
    total = 0.0
    for wanted in words_of(query):
        best = max(
            (
                weight * (1 + (word == wanted) + (at == 0 and word.startswith(wanted)) / 2)
                for words, weight in split
                for at, word in enumerate(words)
                if _matches(wanted, word)
            ),
            default=0.0,
        )
        if not best:
            return 0.0
        total += best
    return total


def _matches(wanted: str, word: str) -> bool:
    return word.startswith(wanted) or (wanted in word and _RUN.fullmatch(wanted) is not None)
