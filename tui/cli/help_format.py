"""How ``--help`` is set: argparse's way, in the language in use, and in cells of the terminal.

argparse counts characters and breaks lines at blanks. Chinese has no blanks, and its signs are two cells wide each: there a
line may end behind any of them.
"""

from __future__ import annotations

import argparse
import re
import textwrap
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from tui.language import tr

_WIDE: Final = frozenset("WF")
# A line does not begin with these.
_CLOSING: Final = "，。；：、！？）」』”’"
# What stays together: a wide sign with closing ones behind it, or a word.
_PIECE: Final = re.compile(
    rf"\s+|[\u2e80-\u9fff\uff00-\uffef][{_CLOSING}]*|[^\s\u2e80-\u9fff\uff00-\uffef]+[{_CLOSING}]*"
)


class Formatter(argparse.HelpFormatter):
    """Says before the usage what it is, and breaks lines where the language in use allows it."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """Add the usage."""
        super().add_usage(usage, actions, groups, tr("usage: ") if prefix is None else prefix)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(" ".join(text.split()), width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = wrapped(" ".join(text.split()), width - len(indent))
        return "\n".join(indent + line for line in lines)


def cells_of(text: str) -> int:
    """Return how wide a text is on a terminal."""
    return sum(2 if unicodedata.east_asian_width(sign) in _WIDE else 1 for sign in text)


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of so many cells."""
    if cells_of(text) == len(text):
        return textwrap.wrap(text, width)
    lines = [""]
    for piece in _PIECE.findall(text):
        if lines[-1] and cells_of(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines if line.strip()]
