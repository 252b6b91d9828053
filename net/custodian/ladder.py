"""What is held of one kind, the least paid for first: whoever needs room pushes out from the bottom.

A *rung* is one parcel in this order, as bytes: ``surplus 1 | expiry 4 | size 3 | key``. Of those that were paid alike the
one that expires first goes first: most of what it was promised it has had.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final

_SIZE_AT: Final = 5
_KEY_AT: Final = 8


def rung_of(surplus: int, expiry_hour: int, size: int, key: bytes) -> bytes:
    """Return a parcel's rung."""
    return bytes([surplus]) + expiry_hour.to_bytes(4, "big") + size.to_bytes(3, "big") + key


def surplus_of(rung: bytes) -> int:
    """Return what was paid beyond the price, in doublings."""
    return rung[0]


def size_of(rung: bytes) -> int:
    """Return a parcel's bytes."""
    return int.from_bytes(rung[_SIZE_AT:_KEY_AT], "big")


def key_on(rung: bytes) -> bytes:
    """Return a parcel's key."""
    return rung[_KEY_AT:]


class Ladder:
    """Rungs in order, and the bytes of all parcels on them."""

    def __init__(self, rungs: list[bytes] | None = None) -> None:
        self._rungs = sorted(rungs or [])
        self.size = sum(map(size_of, self._rungs))

    def __len__(self) -> int:
        return len(self._rungs)

    def add(self, rung: bytes) -> None:
        """Put a parcel in its place."""
        insort(self._rungs, rung)
        self.size += size_of(rung)

    def remove(self, rung: bytes) -> None:
        """Take a parcel out, if it is there."""
        at = bisect_left(self._rungs, rung)
        if at < len(self._rungs) and self._rungs[at] == rung:
            del self._rungs[at]
            self.size -= size_of(rung)

    def lowest(self, count: int) -> list[bytes]:
        """Return up to ``count`` rungs from the bottom."""
        return self._rungs[:count]
