"""Where a line may end: at blanks, and in East Asian text, which has none, between almost any two signs.

Not before what closes or follows a sign (``，。」``) and not behind what opens (``「``): the rule of typesetters there, in
the few signs that matter. Rich and Textual know blanks alone: to them a sentence of Chinese is one word, which leaves most
of the line before it empty, and a name or command in it is cut anywhere. They are taught here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rich import _wrap as rich_wrap
from textual import _wrap as textual_wrap

from tui.text.cells import clusters

# What no line begins with, and what no line ends with, beside a wide sign.
CLOSING: Final = frozenset(",.:;!?)]}%”’…—、。，．：；！？）》」』】〉〕｝％ー々·")
OPENING: Final = frozenset("([{“‘$（《「『【〈〔｛￥＄")
_WORD: Final = re.compile(r"\s*\S+\s*")
_CHUNK: Final = re.compile(r"\S+\s*|\s+")

Piece = tuple[int, int, str]


def breaks_between(before: str, behind: str, *, wide: bool) -> bool:
    """Tell whether a line may end between two signs that no blank parts; ``wide``: one of them is."""
    return wide and behind not in CLOSING and before not in OPENING and not before.isspace()


def pieces(word: str, start: int = 0) -> Iterator[Piece]:
    """Yield the parts of a word between which a line may end, with their places; ``start`` is the word's own."""
    begin, last, last_cells = 0, "", 0
    for at, _, cells in clusters(word):
        if last and not word[at].isspace() and breaks_between(last, word[at], wide=cells > 1 or last_cells > 1):
            yield start + begin, start + at, word[begin:at]
            begin = at
        last, last_cells = word[at], cells
    yield start + begin, start + len(word), word[begin:]


def _words(pattern: re.Pattern[str], text: str) -> Iterable[Piece]:
    for found in pattern.finditer(text):
        if found[0].isascii():
            yield *found.span(), found[0]
        else:
            yield from pieces(found[0], found.start())


def _teach() -> None:
    """Have rich and Textual end lines as we do: both look their words up whenever they wrap a text."""
    rich_wrap.words = lambda text: _words(_WORD, text)
    textual_wrap.chunks = lambda text: _words(_CHUNK, text)


_teach()
