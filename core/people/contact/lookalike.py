"""Look-alikes: finds names that could be taken for one another on a screen.

A stranger may take a contact's name, or nearly: with a letter of another script, a digit for a letter, another accent or
case, or an invisible character in between. A name's skeleton is the name with all shapes that are drawn alike made equal;
a capital may be like another letter than its small form (Ν is like N, ν like v), so a name has up to three: as it is
written, in small letters, in capitals. Two names look alike when they share one. This is a warning, not a guard: the
identity is what counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

# Within ASCII. Of a number of two digits and more only 0 and 1, which are drawn like letters: two years are two names.
_ASCII: Final = str.maketrans("i|!01", "lllol")
_DIGITS: Final = {"2": "z", "3": "e", "4": "a", "5": "s", "6": "b", "7": "t", "8": "b", "9": "g"}
_LONE_DIGIT: Final = re.compile("(?<![0-9])[2-9](?![0-9])")
_PAIRS: Final = (("rn", "m"), ("vv", "w"))
# NFKD maps these to what they mean; this is what they are drawn like.
_DRAWN_OTHERWISE: Final = str.maketrans(
    {
        "\N{LATIN SMALL LETTER LONG S}": "f",
        "\N{GREEK LUNATE SIGMA SYMBOL}": "c",
        "\N{GREEK CAPITAL LUNATE SIGMA SYMBOL}": "C",
    }
)
# The visible part of a name without letters or digits: symbols and punctuation. Not format and control characters, spaces,
# nor the selectors and marks that follow a sign.
_DRAWN: Final = ("S", "P")
# Spaces and most signs of ASCII, accents, and what counts as a letter or a mark and is not drawn: fillers of Hangul,
# vowels of Khmer, joiners, selectors.
_PASSED_OVER: Final = re.compile(
    '[\x00- "-/:-@\\[-`{}~\u0300-\u036f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]+'
)
# Marks that make another letter of one (vowels of India and Thailand, the voicing of kana) rather than an accent, by
# combining class. Latin, Greek, Cyrillic and Armenian, which end here, have none: on their letters each is an accent.
_SPELLING: Final = frozenset({0, 8, 9})
_END_OF_ACCENTED: Final = "\u0590"


class Shapes:
    """What is drawn alike: for each character outside ASCII that is not alone in its shape, what stands for the shape."""

    def __init__(self, alike: Mapping[int, str]) -> None:
        self._alike = alike
        signs = "".join(each for each in map(chr, alike) if not each.isalnum())
        self._no_letters = re.compile(f"(?:[^\\w|!{re.escape(signs)}]|_)+")

    def letters(self, name: str) -> str:
        """Return the letters, digits and what is drawn like them, without accents."""
        if name.isascii():
            return "".join(each for each in name if each.isalnum() or each in "|!")
        decomposed = unicodedata.normalize("NFKD", name.translate(_DRAWN_OTHERWISE))
        return self._no_letters.sub(_spelling, _PASSED_OVER.sub("", decomposed))

    def bones(self, letters: str) -> str:
        """Make equal what is drawn alike: before case is folded, as a capital has a shape of its own, and after."""
        plain = letters.casefold()
        if not letters.isascii():
            plain = letters.translate(self._alike).casefold().translate(self._alike)
        plain = _LONE_DIGIT.sub(lambda digit: _DIGITS[digit[0]], plain.translate(_ASCII))
        for pair, single in _PAIRS:
            plain = plain.replace(pair, single)
        return plain


@cache
def _shapes() -> Shapes:
    """Return what Unicode says is drawn alike (``confusables.txt``, after its UTS 39)."""
    lines = resources.files("core.people.contact").joinpath("confusables.txt").read_text("ascii").splitlines()
    shapes = (line.split() for line in lines if not line.startswith("#"))
    return Shapes({int(number, 16): _shape(shape) for shape, *numbers in shapes for number in numbers})


def _shape(written: str) -> str:
    return "".join(chr(int(each, 16)) for each in written[1:].split("+")) if written.startswith("+") else written


def skeleton(name: str) -> str:
    """Return the skeleton of a name as it is written; "" when nothing of the name is drawn."""
    shapes = _shapes()
    return shapes.bones(shapes.letters(name)) or _signs(name)


def skeletons(name: str) -> frozenset[str]:
    """Return the skeletons of a name as it is written and in either case; none when nothing of it is drawn."""
    found = {skeleton(name)}
    if not name.isascii():
        shapes = _shapes()
        letters = shapes.letters(name)
        small, capital = letters.casefold(), letters.upper()
        if small != capital:
            found |= {shapes.bones(small), shapes.bones(capital)}
    return frozenset(found - {""})


def look_alike(one: str, other: str) -> bool:
    """Whether two names could be mistaken for each other."""
    return not skeletons(one).isdisjoint(skeletons(other))


def is_respelt(one: str, other: str) -> bool:
    """Whether two names are one in another spelling. Unlike looking alike, no chain of such leads to another's name."""
    return skeleton(one.casefold()) == skeleton(other.casefold()) and skeleton(one.upper()) == skeleton(other.upper())


def _spelling(between: re.Match[str]) -> str:
    """Return the marks that make another letter of the one before them."""
    at = between.start()
    if at == 0 or between.string[at - 1] < _END_OF_ACCENTED:
        return ""
    marks = (each for each in between[0] if unicodedata.category(each) in {"Mn", "Mc"})
    return "".join(each for each in marks if unicodedata.combining(each) in _SPELLING)


def _signs(name: str) -> str:
    """Return what is drawn of a name without letters."""
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(each for each in decomposed if unicodedata.category(each).startswith(_DRAWN))
