"""One instant on both clocks.

Timers run on the monotonic clock, which never jumps; expiry, day and epoch are read off the wall clock, which may be
wrong by days (``net.network_time`` says what to make of it). Every protocol object takes an ``Instant``, so that none owns
a clock.
"""

from __future__ import annotations

from typing import NamedTuple

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


class Instant(NamedTuple):
    """``mono``: seconds on a clock that only moves forward. ``wall_ms``: Unix time by this machine's own clock."""

    mono: float
    wall_ms: int

    def hour(self, offset_ms: int = 0) -> int:
        """Return whole hours since 1970, the own clock corrected by ``offset_ms``."""
        return (self.wall_ms + offset_ms) // HOUR_MS
