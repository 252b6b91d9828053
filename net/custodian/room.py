"""Where a parcel finds room, and at whose cost.

Boxes and records have a quota each, so that neither crowds out the other. When one is used up, a deposit may push out what
was paid least, if its own surplus over today's price is higher: whoever pays just what is asked, today or during a flood,
never takes the place of mail that was promised a time.

What other custodians push did not pay today's price, so it pushes out nothing. It is taken freely while half of the quota
is empty, which is what fills a custodian that is new; from then on out of its sender's *share*; and never into the last
eighth, which is for those who deposit here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from net.custodian.index import Index, id_part, stored_key
from net.custodian.ladder import size_of, surplus_of
from net.store import Kind, Stored

# Parts of the quota, in eighths: what pushes fill freely, and what they fill in shares.
FREE_EIGHTHS: Final = 4
SHARED_EIGHTHS: Final = 7
ALL_EIGHTHS: Final = 8
# Parcels that one may push out: a large record several small ones, but not a shelf of them.
MAX_PUSHED_OUT: Final = 8


@dataclass(frozen=True, slots=True)
class Quota:
    """What a custodian gives to strangers, for each kind of parcel. A parcel also costs about 250 bytes of memory."""

    parcels: int = 65536
    size: int = 128 * 1024 * 1024  # bytes


class Waiting(Protocol):
    """What has been admitted and is not committed yet."""

    def usage(self, kind: Kind) -> tuple[int, int]:
        """Return (parcels, bytes) of one kind."""
        ...

    def variants(self, part: bytes) -> set[bytes]:
        """Return the keys that begin with ``part``, an ``id_part``."""
        ...


class Room:
    """The room that a quota leaves."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota

    def has(self, stored: Stored, index: Index, waiting: Waiting, eighths: int = ALL_EIGHTHS) -> bool:
        """Say whether a parcel fits so many eighths of its kind's quota."""
        parcels, size = self._excess(stored, index, waiting, eighths)
        return parcels <= 0 and size <= 0

    def make(self, stored: Stored, factor: int, index: Index, waiting: Waiting) -> list[bytes] | None:
        """Return the rungs of what a deposit may push out at ``factor`` times the price; None when it finds no room."""
        parcels, size = self._excess(stored, index, waiting, ALL_EIGHTHS)
        pushed_out: list[bytes] = []
        for rung in index.ladder(stored.kind).lowest(MAX_PUSHED_OUT):
            if parcels <= 0 and size <= 0:
                break
            if surplus_of(rung) + factor.bit_length() - 1 >= stored.surplus:
                return None
            pushed_out.append(rung)
            parcels, size = parcels - 1, size - size_of(rung)
        return pushed_out if parcels <= 0 and size <= 0 else None

    def _excess(self, stored: Stored, index: Index, waiting: Waiting, eighths: int) -> tuple[int, int]:
        """Return by how many parcels and bytes it does not fit."""
        ladder = index.ladder(stored.kind)
        parcels, size = waiting.usage(stored.kind)
        parcels += len(ladder) + 1
        size += ladder.size + len(stored.data)
        if replaced := index.record_rung(id_part(stored_key(stored))):
            parcels, size = parcels - 1, size - size_of(replaced)
        return parcels - self._quota.parcels * eighths // ALL_EIGHTHS, size - self._quota.size * eighths // ALL_EIGHTHS
