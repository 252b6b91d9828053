"""A screen as text: its rows, then which of their cells look how. A change of either is a line of a diff.

Each look has a letter. ``3 7a12b`` says that in the third row seven cells look as ``a`` and twelve as ``b``; ``3-5`` are
rows that look alike, as those of a block do. It takes a tenth of an SVG.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App

from scripts.pictures.cells import segments_of

_LETTERS = (*string.ascii_letters, *(first + second for first in "αβγδ" for second in string.ascii_letters))


def drawn_text(app: App[Any]) -> str:
    """Return what ``app`` shows as text."""
    rows = segments_of(app)
    looks: dict[str, str] = {}
    runs = [_runs(row, looks) for row in rows]
    text = [f"{''.join(segment.text for segment in row).rstrip()}" for row in rows]
    legend = [f"{letter} {look}" for look, letter in looks.items()]
    return "\n".join([*text, "", *_numbered(runs), "", *legend, ""])


def _runs(row: Iterable[Segment], looks: dict[str, str]) -> str:
    """Return how long each look lasts in a row; ``looks`` gets a letter for each that is new."""
    pairs = ((_words(style), cell_len(text)) for text, style, _ in row)
    said = ""
    for look, cells in itertools.groupby(pairs, key=lambda pair: pair[0]):
        letter = looks.setdefault(look, _LETTERS[len(looks) % len(_LETTERS)])
        said += f"{sum(width for _, width in cells)}{letter}"
    return said


def _numbered(runs: list[str]) -> Iterable[str]:
    for said, same in itertools.groupby(enumerate(runs, 1), key=lambda pair: pair[1]):
        numbers = [number for number, _ in same]
        rows = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"
        yield f"{rows} {said}"


def _words(style: Style | None) -> str:
    """Return a style as words: colours by number where they are of a palette, by hexadecimal digits else."""
    return "plain" if style is None else str(style.clear_meta_and_links()).replace("none", "plain")
