"""A row of a conversation as lines for people to read.

    2025-11-18 14:30:05 +0100  Bob: Yes! Which day?
                                    (continued lines are indented)

What others wrote may hold commands for a terminal, and text files are looked at in terminals: signs that are not printed
become their number in brackets.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from core import api

# Rows that no one wrote, as people would say it; others by the name of their kind.
_SAID: Final = {
    "gap": "something is missing here",
    "device": "a device that was not known before",
    "both-alive": "a known and an unknown device are both in use",
    "renamed": "calls itself otherwise now",
    "unknown": "needs a newer version of sottovoce",
    "newer-version": "uses a newer version of sottovoce",
}
_WRITTEN: Final = frozenset({"text", "imported"})
_UNPRINTED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_INDENT: Final = " " * 4
# Joiners, which emoji and some scripts are written with; they command nothing.
_JOINERS: Final = frozenset("\u200c\u200d")


def lines_of(row: api.Message, names: Mapping[str, str]) -> str:
    """Return a row with its time, ending with a line's end. ``names``: what senders are called."""
    known: dict[str, Any] = api.builtins_of(row)
    words = printable(row.text).split("\n")
    if row.kind not in _WRITTEN:
        said = _SAID.get(row.kind) or printable(row.kind)
        words = [f"[{said}{': ' if row.text else ''}{words[0]}]", *words[1:]]
    if known.get("edited_at"):
        words[-1] += " (edited)"
    if row.kind == "imported":
        words[-1] += " (imported)"
    who = printable(names.get(row.sender, row.sender)).replace("\n", " ")
    return f"{time_of(row.sent_at)}  {who}: " + f"\n{_INDENT}".join(words) + "\n"


def time_of(ms: int) -> str:
    """Return a moment by the local clock, with its distance from universal time."""
    try:
        return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
    except (ValueError, OverflowError, OSError):  # a sender's clock can show anything
        return f"at {ms} ms"


def printable(text: str) -> str:
    """Return a text in which signs that a terminal would obey stand as their numbers; lines and tabs stay."""
    return "".join(
        each
        if each in "\n\t" or each in _JOINERS or unicodedata.category(each) not in _UNPRINTED
        else f"[U+{ord(each):04X}]"
        for each in text
    )
