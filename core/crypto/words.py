"""Eighteen words for a seed: 12 bits a word, from a list of 4096 that is made for hand and ear.

Four letters name a word, case and accents do not matter, and no word is one typing slip from another, so that a slip
never goes unseen. Two right words in the wrong place, or a wrong word that exists, are caught by the seed's own check
(``core.crypto.seed``) 255 times in 256.

The list is ``core/words.txt``, pinned here by hash: one changed line would give people another account than their own.
``scripts/make_words.py`` makes it. Reference: ``docs/PROTOCOL.md`` 4.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import takewhile
from string import ascii_lowercase
from typing import Final

from core.crypto import primitives
from core.crypto.seed import SEED_SIZE, is_checked
from core.errors import CoreError

WORD_COUNT: Final = 18  # words in a backup
LIST_SIZE: Final = 4096
WORD_BITS: Final = 12
PREFIX_SIZE: Final = 4  # letters that name a word
WORDS_SHA256: Final = "cf6c17a3093cc602e7561160eacbee98900b91196456451442365f8a45ed62a6"
MAX_TOKEN: Final = 32  # characters of one typed word that are looked at; the longest word has 8


class WordListDamaged(CoreError):
    """The installed word list is not the one this program was made with."""


class BadWords(CoreError):
    """Not eighteen words of the list. ``positions`` (from 0) are unknown; ``count`` is how many were given."""

    def __init__(self, positions: tuple[int, ...], count: int) -> None:
        super().__init__(positions, count)
        self.positions = positions
        self.count = count


class WordsMismatch(CoreError):
    """Eighteen words of the list whose seed does not carry its check: most likely one is another than was written down."""


@lru_cache(maxsize=1)
def load_words() -> tuple[str, ...]:
    """Return the list, sorted. Raises ``WordListDamaged``."""
    return words_in(files("core").joinpath("words.txt").read_bytes())


def words_in(text: bytes) -> tuple[str, ...]:
    """Return the words of the list, if that is it; another one would give people another account."""
    if primitives.sha256(text).hex() != WORDS_SHA256:
        raise WordListDamaged
    return tuple(text.decode("ascii").split())


@lru_cache(maxsize=1)
def _places() -> dict[str, int]:
    """Map each word's first four letters (all of a three-letter word) to its place in the list."""
    return {word[:PREFIX_SIZE]: place for place, word in enumerate(load_words())}


def words_of(seed: bytes) -> list[str]:
    """Return the eighteen words of a seed, most significant bits first."""
    if len(seed) != SEED_SIZE:
        raise ValueError("a seed has 27 bytes")
    bits = int.from_bytes(seed, "big")
    shifts = range((WORD_COUNT - 1) * WORD_BITS, -1, -WORD_BITS)
    return [load_words()[bits >> shift & LIST_SIZE - 1] for shift in shifts]


def seed_of(words: Sequence[str], *, accept_mismatch: bool = False) -> bytes:
    """Return the seed that eighteen words spell; the first four letters of each are enough.

    Raises:
        BadWords: words that are not in the list, or not eighteen of them.
        WordsMismatch: the seed lacks its check, unless ``accept_mismatch``.
    """
    places = [place_of(word) for word in words[:WORD_COUNT]]
    unknown = tuple(position for position, place in enumerate(places) if place is None)
    if unknown or len(words) != WORD_COUNT:
        raise BadWords(unknown, len(words))
    bits = 0
    for place in places:
        bits = bits << WORD_BITS | (place or 0)
    seed = bits.to_bytes(SEED_SIZE, "big")
    if not (accept_mismatch or is_checked(seed)):
        raise WordsMismatch
    return seed


def place_of(typed: str) -> int | None:
    """Return the place in the list of the word that was typed: whole, or cut after four letters or later; else None."""
    token = fold(typed)
    place = _places().get(token[:PREFIX_SIZE])
    if place is None or not load_words()[place].startswith(token):
        return None
    return place


def fold(typed: str) -> str:
    """Return what was typed without case, accents and surrounding space."""
    decomposed = unicodedata.normalize("NFKD", typed[:MAX_TOKEN].strip())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).lower()


def complete(prefix: str) -> list[str]:
    """Return the words that begin with what was typed, in order; nothing for an empty prefix."""
    token = fold(prefix)
    if not token:
        return []
    words = load_words()
    return list(takewhile(lambda word: word.startswith(token), words[bisect_left(words, token) :]))


def nearest(typed: str) -> str | None:
    """Return the one word a single typing slip away from what was typed (or from its first four letters), if only one is.

    The word itself when it was typed right.
    """
    place = place_of(typed)
    if place is not None:
        return load_words()[place]
    token = fold(typed)
    whole = {word for slip in _slips(token) if (word := _exact(slip))}
    found = whole or {load_words()[at] for slip in _slips(token) if (at := place_of(slip)) is not None}
    return found.pop() if len(found) == 1 else None


def _exact(token: str) -> str | None:
    place = _places().get(token[:PREFIX_SIZE])
    return token if place is not None and load_words()[place] == token else None


def _slips(token: str) -> Iterator[str]:
    """Yield every string that one slip leads to or comes from: one letter replaced, inserted, left out, or two swapped."""
    for at in range(len(token) + 1):
        head, tail = token[:at], token[at:]
        for letter in ascii_lowercase:
            yield head + letter + tail
            yield head + letter + tail[1:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
