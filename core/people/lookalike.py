"""Names that could be taken for one another on a screen.

A stranger may call himself what a contact is called, or nearly: with a Cyrillic letter, a digit for a letter, another
accent, or something in between that is not drawn. Two names look alike when their skeletons are equal. This is a warning,
not a guard: the identity is what counts.
"""

from __future__ import annotations

import unicodedata

# Pairs that common terminal fonts draw alike or nearly so. A small selection of Unicode's confusables (UTS 39): Cyrillic
# and Greek letters shaped like Latin ones, digits for letters, and pairs of letters for one.
_ALIKE = str.maketrans(
    {
        # Cyrillic
        "а": "a",
        "с": "c",
        "е": "e",
        "о": "o",
        "р": "p",
        "х": "x",
        "у": "y",
        "і": "l",
        "ј": "j",
        "ѕ": "s",
        "ԁ": "d",
        "һ": "h",
        "к": "k",
        "м": "m",
        "т": "t",
        "в": "b",
        "н": "h",
        "з": "z",
        # Greek
        "α": "a",
        "ο": "o",
        "ε": "e",
        "ρ": "p",
        "ι": "l",
        "κ": "k",
        "ν": "v",
        "τ": "t",
        "υ": "u",
        "χ": "x",
        # strokes and digits
        "ɩ": "l",
        "ı": "l",
        "i": "l",
        "|": "l",
        "!": "l",
        "0": "o",
        "1": "l",
        "3": "e",
        "5": "s",
        "7": "t",
        "8": "b",
    }
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
# What is drawn of a name without letters or digits: symbols and punctuation. Not format and control characters, nor spaces,
# nor the selectors and marks that follow a sign.
_DRAWN = ("S", "P")


def skeleton(name: str) -> str:
    """Return what is left of a name when all that looks alike is made equal; nothing when nothing of it is drawn."""
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(each for each in decomposed if each.isalnum() or each in "|!").casefold().translate(_ALIKE)
    for pair, single in _PAIRS:
        plain = plain.replace(pair, single)
    return plain or "".join(each for each in decomposed if unicodedata.category(each).startswith(_DRAWN))


def look_alike(one: str, other: str) -> bool:
    """Whether two names could be mistaken for each other."""
    return skeleton(one) == skeleton(other) != ""
