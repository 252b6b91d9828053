"""How many bytes may be under way: delay-based congestion control.

Queues are what a messenger must not build: the path is shared with calls and other people's traffic. So the window grows
while the queueing delay (round trip now, less the least seen lately) stays under a target, shrinks above it, and halves
on loss, once per round trip.

Reference: RFC 6817 (LEDBAT), with round trips in place of one-way delays (no clocks to compare) and slow start.
"""

from __future__ import annotations

import math
from typing import Final

from net.numbers import LARGE_DATAGRAM_SIZE

TARGET_DELAY: Final = 0.040  # seconds of queue we allow ourselves to add; under what is felt in a call
# Slow start ends when the queue reaches this; half the target leaves it room to settle.
SLOW_START_DELAY: Final = TARGET_DELAY / 2
INITIAL_WINDOW: Final = 10 * LARGE_DATAGRAM_SIZE  # bytes; RFC 6928
MIN_WINDOW: Final = 2 * LARGE_DATAGRAM_SIZE  # bytes
MAX_WINDOW: Final = 4 * 1024 * 1024  # bytes: what a socket buffer of the peer can take in one burst
BASE_DELAY_SPAN: Final = 60.0  # seconds; the least round trip is over this one and the one before, so routes may change


class Congestion:
    """The congestion window of one link, bytes."""

    def __init__(self) -> None:
        self.window = INITIAL_WINDOW
        self._is_slow_start = True
        self._cut_at = -math.inf  # frames sent before this belong to a loss already answered
        self._base = math.inf
        self._former_base = math.inf
        self._base_since = 0.0

    def on_confirmed(self, size: int, round_trip: float | None, now: float, *, was_limited: bool) -> None:
        """``size`` bytes arrived; ``was_limited``: the window, not the owner, decided how much was under way."""
        if round_trip is not None:
            self._note_base(round_trip, now)
        queue = 0.0 if round_trip is None else round_trip - min(self._base, self._former_base)
        if self._is_slow_start and queue > SLOW_START_DELAY:
            self._is_slow_start = False
        if not was_limited and queue <= TARGET_DELAY:
            return  # an unused window proves nothing about the path
        if self._is_slow_start:
            self.window += size
        else:
            off_target = max(1 - queue / TARGET_DELAY, -1.0)
            self.window += int(off_target * size * LARGE_DATAGRAM_SIZE / self.window)
        self.window = max(MIN_WINDOW, min(self.window, MAX_WINDOW))

    def on_lost(self, sent_at: float, now: float) -> None:
        """A frame sent at ``sent_at`` was lost: halve, unless that loss belongs to the last halving."""
        if sent_at <= self._cut_at:
            return
        self._cut_at = now
        self._is_slow_start = False
        self.window = max(MIN_WINDOW, self.window // 2)

    def on_blackout(self) -> None:
        """Nothing came through for two timeouts: start over carefully."""
        self.window = MIN_WINDOW
        self._is_slow_start = True

    def on_idle(self) -> None:
        """Nothing was under way for a while: what we knew of the path is old, so no burst of the old size."""
        self.window = min(self.window, INITIAL_WINDOW)
        self._is_slow_start = True

    def _note_base(self, round_trip: float, now: float) -> None:
        if now - self._base_since > BASE_DELAY_SPAN:
            self._former_base, self._base, self._base_since = self._base, round_trip, now
        self._base = min(self._base, round_trip)
