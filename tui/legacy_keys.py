"""Alt with a digit, Enter or a slash, on terminals without the newer keyboard protocol.

Such a terminal sends Alt as an escape in front of the key. Textual reads escape and a digit as the sign that an Apple
keyboard has there (™ for 2), and loses the Alt of the others, so that Alt+Enter would send a message, not break the line.
Its table of sequences has no public door; this file adds the lines it lacks and is the only one that knows the table.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import NamedTuple, cast

from textual import _ansi_sequences  # the table is private; a test drives it through a real terminal

ESCAPE = "\x1b"


class _Named(NamedTuple):
    """What the parser expects of an entry: an object with the key's name as ``value``."""

    value: str


def teach_alt_keys() -> None:
    """Add the sequences to Textual's table. Does nothing the second time."""
    table = cast("MutableMapping[str, object]", _ansi_sequences.ANSI_SEQUENCES_KEYS)
    for digit in "0123456789":
        table[ESCAPE + digit] = (_Named(f"alt+{digit}"),)
    table[ESCAPE + "\r"] = (_Named("alt+enter"),)
    table[ESCAPE + "/"] = (_Named("alt+slash"),)
