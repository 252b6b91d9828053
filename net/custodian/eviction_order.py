"""What is held of one size, the least paid for first: a parcel that needs room pushes out from the bottom.

A *rank* is one parcel in this order, as bytes: ``surplus 1 | latest arrival first 8 | size 3 | key``. Of those that were
paid alike the one that came last goes first: a flood loses what it brought before anything does that was there, whatever
expiry it chose. A parcel's seniority is the number under which the store took it in.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final

from net.parcel.work import MAX_SURPLUS

_SIZE_AT: Final = 9
_KEY_AT: Final = 12
_LAST: Final = 2**64 - 1


def rank_of(surplus: int, seniority: int, size: int, key: bytes) -> bytes:
    """Return a parcel's rank; ``seniority`` is its number of arrival, ``surplus`` -32 … 32."""
    return bytes([surplus + MAX_SURPLUS]) + (_LAST - seniority).to_bytes(8, "big") + size.to_bytes(3, "big") + key


def surplus_of(rank: bytes) -> int:
    """Return what was paid beyond the yardstick, in doublings; below zero: what lacks."""
    return rank[0] - MAX_SURPLUS


def size_of(rank: bytes) -> int:
    """Return a parcel's bytes."""
    return int.from_bytes(rank[_SIZE_AT:_KEY_AT], "big")


def key_on(rank: bytes) -> bytes:
    """Return a parcel's key."""
    return rank[_KEY_AT:]


class EvictionOrder:
    """Rungs in order, and the bytes of all parcels on them."""

    def __init__(self, ranks: list[bytes] | None = None) -> None:
        self._ranks = sorted(ranks or [])
        self.size = sum(map(size_of, self._ranks))

    def __len__(self) -> int:
        return len(self._ranks)

    def add(self, rank: bytes) -> None:
        """Put a parcel in its place."""
        insort(self._ranks, rank)
        self.size += size_of(rank)

    def remove(self, rank: bytes) -> None:
        """Take a parcel out, if it is there."""
        at = bisect_left(self._ranks, rank)
        if at < len(self._ranks) and self._ranks[at] == rank:
            del self._ranks[at]
            self.size -= size_of(rank)

    def lowest(self, count: int) -> list[bytes]:
        """Return up to ``count`` ranks from the bottom."""
        return self._ranks[:count]

    def surplus_at(self, place: int) -> int:
        """Return the surplus of the parcel so many places from the bottom, of the topmost where there are fewer."""
        return surplus_of(self._ranks[min(place, len(self._ranks) - 1)])
