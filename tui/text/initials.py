"""Two cells that stand for a name: a badge in the list, and in the rail all that there is of it."""

from __future__ import annotations

from tui.text.cells import clusters, shown, visible, width_of
from tui.text.sanitize import clean_name

CELLS = 2


def initials(name: str) -> str:
    """Return two cells: of two words with capitals their first letters, else the first two letters; one wide sign alone."""
    words = [word for word in clean_name(name).split() if word[0].isalnum()] or clean_name(name).split()
    parts = _letters(words[0])
    if len(words) > 1 and words[1][0].isupper():
        parts = parts[:1] + _letters(words[1])
    made = ""
    for part in parts:
        upper = part.upper() if width_of(part.upper()) == width_of(part) else part
        if width_of(made + upper) > CELLS:
            break
        made += upper
    return made + " " * (CELLS - width_of(made))


def _letters(word: str) -> list[str]:
    drawn = shown(word)
    return [visible(drawn[start:end]) for start, end, cells in clusters(word) if cells]
