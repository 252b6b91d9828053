"""Keeps the rest of a line in its column behind a text whose width terminals dispute.

Some scripts have no form whose width all terminals agree about (``tui.text.cells``). So the room counted for such a run is
blanked first, the run is drawn into it from its left end, and then the cursor is put behind the room:

    save the cursor, blanks, back, the run, back, forward by as many cells as were counted

A terminal that draws the run narrower leaves a gap behind it; one that draws it wider loses what is beyond its room. Save
and restore (DECSC, DECRC) and forward (CUF) are as old as the VT100, and none of them names a place on the screen.
"""

from __future__ import annotations

import re
from functools import cache

from textual.driver import Driver

from tui.text.cells import PLAIN, width_of

_DISPUTED = rf"[^\x00-\x1f\x7f-\x9f{PLAIN}]"
# What may be between two disputed characters of one run: a few letters, a blank. Lines and digits begin another column.
_BETWEEN = r"(?: ?[^\x00-@\x5b-`\x7b-\xbf\u2000-\u2fff]){0,4} ?"
_SAVE, _RESTORE = "\x1b7", "\x1b8"


@cache
def _disputed() -> re.Pattern[str]:
    return re.compile(_DISPUTED)


@cache
def _run() -> re.Pattern[str]:
    """Return what finds a run, and escape sequences, so that none of their letters is taken for what a mark stands on.

    It takes longer to make than the program's first frame may wait for.
    """
    sequence = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[^\[])"
    return re.compile(rf"{sequence}|([^\x00-\x20\x7f]?{_DISPUTED}+(?:{_BETWEEN}{_DISPUTED}+)*)")


def anchored(data: str) -> str:
    """Return what is written to the terminal, disputed runs in rooms of their own."""
    return data if data.isascii() or _disputed().search(data) is None else _run().sub(_anchor, data)


def _anchor(found: re.Match[str]) -> str:
    run = found[1]
    if run is None:
        return found[0]
    cells = width_of(run)
    behind = f"{_RESTORE}\x1b[{cells}C" if cells else _RESTORE
    return f"{_SAVE}{' ' * cells}{_RESTORE}{run}{behind}"


def anchoring(driver: type[Driver]) -> type[Driver]:
    """Return a driver of Textual's that writes so."""

    def write(self: Driver, data: str) -> None:
        driver.write(self, anchored(data))

    return type("Anchoring", (driver,), {"write": write})
