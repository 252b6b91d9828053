"""Where a parcel finds room, and at whose cost.

Boxes, and records of each size, have a room of their own, so that none crowds out another. When one is used up, a parcel
pushes out what was paid least, if it was itself paid at least twice as much: the order is by ``surplus`` alone, so whoever
wants the room of mail that was paid for has to outbid it, and what came cheap keeps no parcel out.

What other custodians push is taken on the same terms: its work was done, no matter which node brings it. So all custodians
of a bucket come to hold the same and to ask the same for it, whichever of them a flood begins with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from net.custodian.eviction_order import surplus_of
from net.custodian.index import Index
from net.parcel.box import BOX_SIZE
from net.parcel.record import RECORD_SIZES
from net.parcel.store import Stored

_SIXTEENTHS: Final = 16
# Parcels that one may push out: more only where a quota was made smaller.
MAX_PUSHED_OUT: Final = 8
# What records of each size have of the bytes for records, in sixteenths: small ones little, since there is room for so many;
# large ones so much that 1.8 · 10^10 compressions do not raise their price beyond fourfold.
RECORD_SIXTEENTHS: Final = dict(zip(RECORD_SIZES, (1, 2, 5, 8), strict=True))


@dataclass(frozen=True, slots=True)
class Quota:
    """What a custodian gives to strangers, for boxes and for records. A parcel also costs about 250 bytes of memory."""

    parcels: int = 65536  # boxes, and records of each size
    size: int = 128 * 1024 * 1024  # bytes of boxes
    records: int = 256 * 1024 * 1024  # bytes of records of all sizes

    def rooms(self) -> dict[int, int]:
        """Return how many parcels of each size are kept."""
        records = {size: self.records * part // _SIXTEENTHS // size for size, part in RECORD_SIXTEENTHS.items()}
        return {size: min(self.parcels, count) for size, count in {BOX_SIZE: self.size // BOX_SIZE, **records}.items()}


class Capacity:
    """The room that a quota leaves."""

    def __init__(self, quota: Quota) -> None:
        self.limits = quota.rooms()

    def make(self, stored: Stored, index: Index, waiting: int) -> list[bytes] | None:
        """Return the ranks of what a parcel pushes out; None when it finds no room.

        ``waiting``: how many parcels of its size are admitted and not committed yet.
        """
        excess = self._excess(stored, index, waiting)
        if excess <= 0:
            return []
        pushed_out = index.eviction_order(len(stored.data)).lowest(excess) if excess <= MAX_PUSHED_OUT else []
        is_outbid = len(pushed_out) == excess and all(surplus_of(rank) < stored.surplus for rank in pushed_out)
        return pushed_out if is_outbid else None

    def _excess(self, stored: Stored, index: Index, waiting: int) -> int:
        """Return by how many parcels it does not fit."""
        size = len(stored.data)
        count = len(index.eviction_order(size)) + waiting + 1
        if index.takes_own_place(stored):
            count -= 1
        return count - self.limits.get(size, 0)
