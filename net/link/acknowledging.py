"""Which frames came, and when the peer is told.

At every second frame that asks for it, at once after a gap, else within ``MAX_ACK_DELAY``, and with whatever else goes out.

Reference: RFC 9000, 13.2.1.
"""

from __future__ import annotations

import math
from typing import Final

from net.link.frames import MAX_ACK_RANGES, Ack
from net.link.ranges import RangeSet

ACK_EVERY: Final = 2  # frames
MAX_ACK_DELAY: Final = 0.010  # seconds: lets an answer carry it, and is nothing beside the least timeout


class Acknowledgements:
    """What one end owes the other. ``newest_at`` is when the frame with the highest number came."""

    def __init__(self) -> None:
        self.newest_at = 0.0
        self.due_at = math.inf
        self._received = RangeSet()
        self._owed = 0

    def note(self, number: int, now: float) -> None:
        """A frame came that asks for an acknowledgement."""
        ends = self._received.ends
        is_in_order = not ends or number == ends[-1]
        self.add(number)
        self._owed += 1 if is_in_order else ACK_EVERY
        self.due_at = min(self.due_at, now + MAX_ACK_DELAY)

    def add(self, number: int) -> None:
        """A frame came that asks for none."""
        self._received.add(number, number + 1)
        if len(self._received) > MAX_ACK_RANGES:
            self._received.keep_newest(MAX_ACK_RANGES)

    def is_due(self, now: float, *, has_company: bool) -> bool:
        """Say whether one is to be sent; ``has_company``: a frame goes out anyway."""
        return self._owed > 0 and (has_company or self._owed >= ACK_EVERY or now >= self.due_at)

    def take(self, now: float) -> Ack:
        """Return the acknowledgement that is owed."""
        received = self._received
        self._owed = 0
        self.due_at = math.inf
        ranges = tuple(zip(reversed(received.starts), reversed(received.ends), strict=True))
        return Ack(ranges, now - self.newest_at)
