"""The price that rises under flood: every ten minutes it doubles while more arrives than can be kept, and halves after.

The target is the flow that would fill the quota within the 48 hours that a box may stay. A flooder who wants to keep
adding must double its work every ten minutes, up to 64 times the price; an honest sender learns the factor from the tag
stream on which it awaits its own tags, and solves its next boxes for that. Who solved one before it heard of a rise is not
turned away: for the window after a rise the former factor is honoured.

Only boxes that were deposited here count, not what other custodians push: those could otherwise raise our price.
"""

from __future__ import annotations

import math
from typing import Final

from net.instant import Instant
from net.messages import MAX_PRICE_FACTOR

# Seconds between two looks at the flow, and so the time for which a price that rose is still honoured.
WINDOW: Final = 600.0
# Such windows in the longest time that a box is kept, 48 hours.
WINDOWS_KEPT: Final = 288


class RisingPrice:
    """What to multiply the price of a box with. Over ``target`` arrivals in a window raise it, up to half lower it."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._arrived = 0
        self._ends = math.inf  # of the window
        self.factor = 1
        self.honoured = 1

    def arrived(self, now: Instant) -> None:
        """A box was deposited."""
        self._arrived += 1
        if self._ends == math.inf:
            self._ends = now.mono + WINDOW

    def handle_timeout(self, now: Instant) -> bool:
        """Look at the window that ended, if one did; say whether the factor changed."""
        if now.mono < self._ends:
            return False
        before = self.factor
        if self._arrived > self._target:
            self.factor = min(2 * before, MAX_PRICE_FACTOR)
        elif 2 * self._arrived <= self._target:
            self.factor = max(before // 2, 1)
        self.honoured = min(before, self.factor)
        is_quiet = self.factor == self.honoured == 1 and not self._arrived
        self._arrived = 0
        self._ends = math.inf if is_quiet else now.mono + WINDOW
        return self.factor != before

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._ends
