"""What reaches the terminal of some lines, taken apart: which sequences, which letters, and to which column they lead.

The lines are written as the driver writes them (``tui.text.anchors``). Widths are those of ``wcwidth``, which is another
program's table than the one that lines are counted with.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

import pyte
from rich.console import Console
from textual.strip import Strip
from wcwidth import wcwidth

from tests.support.terminal import Emulator
from tui.text.anchors import anchored
from tui.text.links import may_be_marked

_CONSOLE: Final = Console(color_system="truecolor", force_terminal=True, legacy_windows=False)
_OURS: Final = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;([^;\x1b]*);([^\x1b]*)\x1b\\|\x1b(?P<kept>[78])|\x1b\[(?P<on>\d+)C")
# Nothing of these categories is drawn; joiners of scripts that need them are.
_UNDRAWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ALLOWED: Final = frozenset("\u200c")


def written(strip: Strip) -> str:
    """Return what is written to the terminal for a line."""
    return anchored(strip.render(_CONSOLE))


def undrawn(text: str) -> set[str]:
    """Return the characters of a text that a terminal would obey, or that only hide."""
    return {each for each in text if unicodedata.category(each) in _UNDRAWN and each not in _ALLOWED}


def faults(strips: Iterable[Strip], width: int) -> list[str]:
    """Return what is wrong with lines that should be ``width`` cells wide: sequences that are not ours, other widths."""
    found: list[str] = []
    for strip in strips:
        data = written(strip)
        if bad := undrawn(_OURS.sub("", data)):
            found.append(f"{bad!a} in {data!a}")
        if [link for _, link in _links(data) if link and not may_be_marked(link)]:
            found.append(f"a link that may not be marked in {data!a}")
        columns = {strip.cell_length, _column(data), _column_of_pyte(data, width)}
        if columns != {width}:
            found.append(f"{columns} cells instead of {width}: {data!a}")
    return found


def _links(data: str) -> list[tuple[str, str]]:
    return [(each[1] or "", each[2] or "") for each in _OURS.finditer(data)]


def _column(data: str) -> int:
    """Return the column that the cursor is led to."""
    at = column = saved = 0
    for each in _OURS.finditer(data):
        column += sum(max(0, wcwidth(sign)) for sign in data[at : each.start()])
        at = each.end()
        if each["kept"] == "7":
            saved = column
        elif each["kept"] == "8":
            column = saved
        elif each["on"]:
            column += int(each["on"])
    return column + sum(max(0, wcwidth(sign)) for sign in data[at:])


def _column_of_pyte(data: str, width: int) -> int:
    """Return the column of the cursor of an emulator. It stops at marks that do not combine, so those are kept from it."""
    screen = Emulator(width + 8, 1)
    pyte.Stream(screen).feed(
        "".join(each for each in data if each < " " or wcwidth(each) or unicodedata.combining(each))
    )
    return int(screen.cursor.x)
