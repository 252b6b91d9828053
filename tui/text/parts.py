"""Cuts a text that is too long for one message into several, where a reader would: between lines, else between words."""

from __future__ import annotations

from typing import Final

from tui.text.cells import before

# Where a piece may end, the best first.
_ENDS: Final = ("\n\n", "\n", " ")
# Characters looked at beyond the end of a piece, for a cluster that goes on there.
_LONGEST: Final = 64
# Share of a piece that is given up for a better end.
_LEAST: Final = 0.5


def size_of(text: str) -> int:
    """Return the bytes of a text as it is sent."""
    return len(text.encode(errors="replace"))


def parts_of(text: str, limit: int) -> list[str]:
    """Return ``text`` in pieces of at most ``limit`` bytes each, without the white space between them."""
    parts: list[str] = []
    rest = text.strip("\n")
    while size_of(rest) > limit:
        cut = _cut(rest, limit)
        if piece := rest[:cut].strip("\n"):
            parts.append(piece.rstrip())
        rest = rest[cut:].lstrip("\n")
    return [*(part for part in parts if part.strip()), *([rest] if rest.strip() else [])]


def _cut(text: str, limit: int) -> int:
    """Return where the first piece ends: at least one character, and never within a cluster that fits."""
    whole = len(text.encode(errors="replace")[:limit].decode(errors="ignore"))
    for end in _ENDS:
        at = text.rfind(end, int(whole * _LEAST), whole + len(end))
        if at > 0:
            return at + (len(end) if end == " " else 0)
    return before(text[: whole + _LONGEST], whole + 1) or whole or 1
