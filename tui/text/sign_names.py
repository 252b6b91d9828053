"""Where the name of a sign is being typed: ``:smi``, and ``:smile:`` once it is whole.

A colon means that only where a sentence goes on: not behind a Latin letter or a digit (``10:30:45``), not in a link, nor in
code, in a line or in a block of lines, where signs are kept as they were written. Chinese is written without blanks,
and with a wide colon.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from tui.text.cells import width_of

# Cells of what is typed from which on something is offered: two letters, or one Chinese sign.
LEAST: Final = 2
# Longest name looked at.
_LONGEST: Final = 24
_TYPED: Final = re.compile(r"(?<![A-Za-z0-9_:：/])[:：]([^\s:：`]{1,24})$")
_WHOLE: Final = re.compile(r"(?<![A-Za-z0-9_:：/])[:：]([A-Za-z0-9_+-]{1,24})[:：]$")
_LINK: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S*$|\bwww\.\S*$")
_TICKS: Final = re.compile(r"`+")
_FENCE: Final = re.compile(r" {0,3}(?:`{3,}|~{3,})")


def typed_name(lines: Sequence[str], before: str) -> str:
    """Return the name of which the beginning stands before the cursor; empty where none does.

    ``lines``: those above; ``before``: what stands in the cursor's line before it.
    """
    found = _TYPED.search(before, max(0, len(before) - _LONGEST - 2))
    if found is None or width_of(found[1]) < LEAST:
        return ""
    return found[1] if _is_sentence(lines, before[: found.start()]) else ""


def whole_name(lines: Sequence[str], before: str) -> str:
    """Return the name that stands before the cursor between its two colons; empty where none does."""
    found = _WHOLE.search(before, max(0, len(before) - _LONGEST - 3))
    return found[1] if found is not None and _is_sentence(lines, before[: found.start()]) else ""


def _is_sentence(lines: Sequence[str], before: str) -> bool:
    """Whether what follows is neither code nor part of a link."""
    if _LINK.search(before[-2048:]):
        return False
    return not _is_in_span(before) and not _is_in_block(lines) and _FENCE.match(before) is None


def _is_in_block(lines: Sequence[str]) -> bool:
    """Whether a block of code is open behind these lines."""
    return sum(_FENCE.match(line) is not None for line in lines) % 2 == 1


def _is_in_span(before: str) -> bool:
    """Whether code is open behind this: a run of backticks is closed by one as long as it."""
    opened = 0
    for run in _TICKS.finditer(before):
        length = len(run[0])
        if not opened:
            opened = length
        elif opened == length:
            opened = 0
    return opened > 0
