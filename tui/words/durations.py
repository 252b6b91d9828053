"""Spans of time as people say them, in one unit, rounded down: ``6 days``, ``1 hour``, ``40 s``."""

from __future__ import annotations

_UNITS = ((86400, "day"), (3600, "hour"), (60, "min"), (1, "s"))
_PLURAL = {"day": "days", "hour": "hours"}

# What is left is rounded up where hardly anything is missing: an invitation for a week, just made, ends in 7 days.
NEARLY = 1.02


def spoken(seconds: float) -> str:
    """Return the largest whole unit of a span; ``now`` for less than a second."""
    for size, unit in _UNITS:
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {unit if count == 1 else _PLURAL.get(unit, unit)}"
    return "now"


def until(at_ms: int, now_ms: int) -> str:
    """Return how long until an instant of Unix time: ``in 6 days`` or ``over``."""
    left = (at_ms - now_ms) / 1000
    return f"in {spoken(left * NEARLY)}" if left >= 1 else "over"


def since(at_ms: int, now_ms: int) -> str:
    """Return how long ago an instant was: ``5 min ago`` or ``just now``."""
    gone = (now_ms - at_ms) / 1000
    return f"{spoken(gone)} ago" if gone >= 1 else "just now"
