"""What a search finds: the one definition that the index, the query and the screen's highlight share.

A message is found when it holds every word of the query, as a word or as a part of one. Texts are compared *folded*: case,
accents, vowel points, width, presentation forms and invisible characters make no difference; signs and emoji count like
letters. A word is the text between blanks, so scripts without blanks work too.

The index knows a text by its *grams*: each character that is in it, each two that follow one another within a word, and each
three where three say no more than two do elsewhere (alphabets, whose letters are few). A query is looked up by the longest
grams of its words, and what has these is read and compared (``holds``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

# To be incremented with each change of what ``fold`` or ``index_terms`` return: the index is then rebuilt.
_VERSION: Final = 1
# From here on (Han, kana, Hangul, emoji) two characters tell as much as three letters of an alphabet.
_RICH: Final = "\u2e80"
# Grams that a query is looked up by. What has so many of them is rarely something else, and each costs time.
_MAX_GRAMS: Final = 32
# Folded characters cached: more than a person writes with, and a bound on what a sender of all of Unicode can fill.
_MAX_REMEMBERED: Final = 20_000

# Letters that look alike and that keyboards of two languages write differently, and signs that phones put for others.
_SAME: Final = {
    "\N{ARABIC LETTER ALEF MAKSURA}": "\N{ARABIC LETTER YEH}",
    "\N{ARABIC LETTER FARSI YEH}": "\N{ARABIC LETTER YEH}",
    "\N{ARABIC LETTER KEHEH}": "\N{ARABIC LETTER KAF}",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{MODIFIER LETTER APOSTROPHE}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{DOUBLE LOW-9 QUOTATION MARK}": '"',
}
# Letters and marks that are not drawn: joiners, fillers, selectors, the stretching of Arabic. Format characters all are not,
# but for the tags that tell the flag of Wales from that of Scotland.
_NOT_DRAWN: Final = re.compile("[\u034f\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_TAGS: Final = range(0xE0020, 0xE0080)
# Letters that are another with a stroke or without its dot and have no decomposition, as ł and ı.
_PLAIN: Final = re.compile("LATIN (?:SMALL|CAPITAL) LETTER (?:DOTLESS )?([A-Z])(?: WITH .+)?")
# Classes of marks that one may leave out: strokes through, nuktas, points of Hebrew, Arabic and Syriac, accents. Others,
# such as the vowels of India and Thailand and the voicing of kana, make another syllable.
_ACCENTS: Final = frozenset({1, 7, *range(10, 37), *range(200, 241)})
# Two indicators are one flag, and only those two: as one character, of the private ones, no other pair is found across them.
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_FIRST_INDICATOR: Final = 0x1F1E6
_FLAGS: Final = 0x10F000
# Vowels and finals of Korean syllables that are written letter by letter.
_JAMO_AFTER: Final = range(0x1160, 0x1200)
# Punctuation at the ends of a word of the query that belongs to the sentence around it, unless there is nothing else.
_KEPT_AT_ENDS: Final = frozenset("#%&*/@\\")
_STOPS: Final = frozenset({"Po", "Ps", "Pe", "Pi", "Pf"})


def definition() -> str:
    """Return the definition that an index is built by. An index of another is rebuilt, or deleted words stay in it."""
    return f"{_VERSION} {unicodedata.unidata_version}"


class _Folded(dict[int, str]):
    """What each character is folded to, once it is decomposed."""

    def __missing__(self, number: int) -> str:
        folded = _fold_character(chr(number))
        if len(self) < _MAX_REMEMBERED:
            self[number] = folded
        return folded


def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "Z" or category == "Cc":
        return " "
    if (category == "Cf" and ord(character) not in _TAGS) or _NOT_DRAWN.match(character):
        return ""
    if category[0] == "M":
        return "" if unicodedata.combining(character) in _ACCENTS else character
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd":
        return "-"
    plain = _PLAIN.fullmatch(unicodedata.name(character, ""))
    return plain[1].lower() if plain else _SAME.get(character, character).casefold()


_FOLDED: Final = _Folded()


def fold(text: str) -> str:
    """Return a text as it is compared."""
    folded = unicodedata.normalize("NFKD", text).translate(_FOLDED)
    return folded if folded.isascii() else unicodedata.normalize("NFC", _FLAG.sub(_flag, folded))


def _flag(pair: re.Match[str]) -> str:
    first, second = (ord(each) - _FIRST_INDICATOR for each in pair[0])
    return chr(_FLAGS + 26 * first + second)


def index_terms(text: str, conversation: int) -> str:
    """Return the terms by which the index knows a row, with blanks between: its grams and where it was said."""
    grams: set[str] = set()
    for word in fold(text).split():
        grams.update(word)
        grams.update([word[at : at + 2] for at in range(len(word) - 1)])
        grams.update([word[at : at + 3] for at in range(len(word) - 2) if _is_of_alphabet(word[at : at + 3])])
    return f"{' '.join(grams)} {place_term(conversation)}" if grams else ""


def place_term(conversation: int) -> str:
    """Return the term for where a row was said; longer than any gram."""
    return f"here{conversation}"


def words_of(query: str) -> list[str]:
    """Return the words of a query, folded."""
    return [_bare(word) for word in dict.fromkeys(fold(query).split())]


def _bare(word: str) -> str:
    """Return a word without the punctuation around it, which beside one letter is part of what is meant, as in ``:D``."""
    start, stop = 0, len(word)
    while start < stop and _is_stop(word[start]):
        start += 1
    while start < stop and _is_stop(word[stop - 1]):
        stop -= 1
    bare = word[start:stop]
    has_more = any(unicodedata.category(each)[0] != "P" for each in bare)
    return bare if has_more and len(bare.encode()) > 1 else word


def _is_stop(character: str) -> bool:
    return unicodedata.category(character) in _STOPS and character not in _KEPT_AT_ENDS


def query_grams(words: Sequence[str]) -> list[str]:
    """Return the grams that every text with ``words`` has, as few as cover them."""
    found: dict[str, None] = {}
    for word in words:
        covered = 0
        for at in range(len(word)):
            stop = min(at + (3 if _is_of_alphabet(word[at : at + 3]) else 2), len(word))
            if stop > covered:
                found[word[at:stop]] = None
                covered = stop
    return list(found)[:_MAX_GRAMS]


def _is_of_alphabet(gram: str) -> bool:
    return gram.isascii() or max(gram) < _RICH


def holds(text: str, words: Sequence[str]) -> bool:
    """Tell whether a text holds every word of a query (``words_of``)."""
    folded = fold(text)
    return all(word in folded for word in words)


def spans(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where in a text the words of a query are, from left to right; spans may touch and overlap."""
    folded: list[str] = []
    origin: list[tuple[int, int]] = []
    for start, stop in _cells(text):
        part = _fold_cell(text[start:stop])
        folded.append(part)
        origin += [(start, stop)] * len(part)
    whole = "".join(folded)
    found = ((at.start(), at.end()) for word in words if word for at in re.finditer(re.escape(word), whole))
    return sorted((origin[start][0], origin[stop - 1][1]) for start, stop in found)


@lru_cache(maxsize=4096)  # of single characters: nothing that was said is in it
def _fold_cell(cell: str) -> str:
    return fold(cell)


def _cells(text: str) -> Iterator[tuple[int, int]]:
    """Yield the characters of a text with what is folded together with them: marks, and the second half of a flag."""
    start = 0
    for at in range(1, len(text)):
        if not _goes_on(text, start, at):
            yield start, at
            start = at
    if text:
        yield start, len(text)


def _goes_on(text: str, start: int, at: int) -> bool:
    if text[at].isascii():
        return False
    if ord(text[at]) in _JAMO_AFTER or unicodedata.category(text[at])[0] == "M":
        return True
    return at - start == 1 and _FLAG.fullmatch(text[start : at + 1]) is not None
