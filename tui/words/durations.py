"""Spans of time as people say them, in one unit, rounded down: ``6 days``, ``1 hour``, ``40 s``."""

from __future__ import annotations

from tui.language import tr, tr_n

_DAY, _HOUR, _MINUTE = 86_400, 3600, 60

# What is left is rounded up where hardly anything is missing: an invitation for a week, just made, ends in 7 days.
NEARLY = 1.02


def spoken(seconds: float) -> str:
    """Return the largest whole unit of a span; ``now`` for less than a second."""
    if seconds >= _DAY:
        return tr_n("{count} day", "{count} days", int(seconds // _DAY))
    if seconds >= _HOUR:
        return tr_n("{count} hour", "{count} hours", int(seconds // _HOUR))
    if seconds >= _MINUTE:
        return tr("{count} min").format(count=int(seconds // _MINUTE))
    return tr("{count} s").format(count=int(seconds)) if seconds >= 1 else tr("now")


def until(at_ms: int, now_ms: int) -> str:
    """Return how long until an instant of Unix time: ``in 6 days`` or ``over``."""
    left = (at_ms - now_ms) / 1000
    return tr("in {span}").format(span=spoken(left * NEARLY)) if left >= 1 else tr("over")


def since(at_ms: int, now_ms: int) -> str:
    """Return how long ago an instant was: ``5 min ago`` or ``just now``."""
    gone = (now_ms - at_ms) / 1000
    return tr("{span} ago").format(span=spoken(gone)) if gone >= 1 else tr("just now")
