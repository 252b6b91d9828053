"""The caches of the process that hold texts that were drawn or typed, and how a lock empties them.

A cache of the whole process outlives every screen: after a lock it would still hold what was shown. Caches that widgets have
for themselves go with them.
"""

from __future__ import annotations

from rich.cells import cached_cell_len, get_character_cell_size
from rich.segment import Segment
from textual import actions
from textual.document import _document
from textual.fuzzy import FuzzySearch

from tui.text import cells, sanitize

_CACHED = (
    *cells.CACHES,
    sanitize.kept_text,
    sanitize.clean_text,
    sanitize.clean_line,
    sanitize.drawn_name,
    cached_cell_len,
    get_character_cell_size,
    Segment._split_cells,  # pyright: ignore[reportPrivateUsage]  # rows cut at the edge of a pane
    _document._utf8_encode,  # pyright: ignore[reportPrivateUsage]  # lines of the composer
    actions.parse,  # commands with what was typed after them
    FuzzySearch.get_first_letters,
)


def forget_texts() -> None:
    """Empty every cache of the process that holds text."""
    for cached in _CACHED:
        cached.cache_clear()
