"""What parcels of each size cost at present: nothing beyond their hours, or what it takes to outbid others for the room.

While a sixteenth of a room is free there is nothing to outbid. Below that the price is twice what an eighth of the room
was paid at most: a box that pays it finds a place even when nothing is free, and thousands after it. Since it comes from
what lies in the room, and from nothing that passes by, an attacker who wants to raise it has to fill the room at the price
before, for as long as it shall stay.

Readers are told, and pay what two custodians name (``net.client.followed_bucket``). To change at moments of its own
would mark those who read here among all writers to the bucket; so it changes at ten-minute marks that all custodians
share, by network time. Between two marks it only rises, when the last sixteenth is begun: nobody shall be refused who
could not have known.

A price is a power of two times the yardstick, a box for 48 hours or a record of its size for a week; 0 means that there is
nothing to outbid. What is cheap is not refused for it: it is only the first to go.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from net.custodian.eviction_order import EvictionOrder
from net.custodian.index import Index
from net.instant import Instant
from net.messages import MAX_PRICE_FACTOR

# Seconds between two common marks.
MARK_PERIOD: Final = 600
# A room is nearly used up when less than one part in so many is free: some seconds of the fastest flood that can be taken.
SPARE_PARTS: Final = 16
# The price outbids one part in so many of the room: more than honest writers fill until the next mark.
OUTBID_PARTS: Final = 8

_MARK_MS: Final = MARK_PERIOD * 1000


class Prices:
    """The price of each size. ``limits``: parcels of each size that there is room for."""

    def __init__(self, limits: Mapping[int, int]) -> None:
        self._limits = limits
        self._factors = dict.fromkeys(limits, 0)
        self._mark = -1  # the one that was looked at last
        self._looks_at = -math.inf  # monotonic seconds

    def of(self, size: int) -> int:
        """Return the price of a size: 0, or how many times the yardstick."""
        return self._factors.get(size, 0)

    def look(self, index: Index, now: Instant) -> None:
        """Look at the rooms: whatever the time, prices that have to rise do; at a mark they may fall."""
        mark = now.wall_ms // _MARK_MS
        may_fall = mark != self._mark
        self._mark = mark
        self._looks_at = now.mono + (_MARK_MS - now.wall_ms % _MARK_MS) / 1000
        for size, limit in self._limits.items():
            asked = _asked(index.eviction_order(size), limit)
            self._factors[size] = asked if may_fall else max(asked, self._factors[size])

    def next_deadline(self) -> float:
        """Return when to look again if nothing comes, in monotonic seconds."""
        return self._looks_at if any(self._factors.values()) else math.inf


def _asked(eviction_order: EvictionOrder, limit: int) -> int:
    if not len(eviction_order) or (limit - len(eviction_order)) * SPARE_PARTS >= limit:
        return 0
    return int(min(max(2.0 ** (eviction_order.surplus_at(limit // OUTBID_PARTS) + 1), 1), MAX_PRICE_FACTOR))
