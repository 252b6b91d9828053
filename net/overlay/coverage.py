"""What a custodian keeps: the bucket around its place, and a wider one where chance left its neighbours few.

Places are drawn, so of many buckets some are nearly empty, and there no node would keep anything. So custodians cover for
their neighbours: who finds hardly anybody in the other half of the next wider bucket, or of the one beyond that, keeps
that whole bucket. Readers and writers do the like (``net.node.onion_transport``), and so meet.

A table that knows no node there proves little, since lookups jump over most of the near: the half is looked into first. A
scope widens at once, and narrows only when the half was found inhabited several times in a row, so that newcomers have been
given what they are to keep before those who covered for them stop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

# Bits by which a scope is wider than the coverage at most: twice that many buckets in a row are never empty.
MAX_COVER: Final = 2
# Custodians in the other half below which it is covered, and from which on no longer.
FEW_SIBLINGS: Final = 4
ENOUGH_SIBLINGS: Final = 6
# Looks in a row, five minutes apart, that must find enough.
NARROW_AFTER: Final = 3

# How many nodes share just so many leading bits with us.
Siblings = Callable[[int], int]


class Coverage:
    """The width of our own scope, in bits."""

    def __init__(self) -> None:
        self.bits = 0
        self._enough = 0  # looks in a row

    def begin(self, coverage: int) -> None:
        """The coverage width is another one: keep just that, until the halves beside it were looked into."""
        self.bits = coverage
        self._enough = 0

    def judge(self, coverage: int, siblings: Siblings) -> None:
        """Decide anew after a look at those halves."""
        width = scope_width(coverage, self.bits, siblings)
        self._enough = self._enough + 1 if width > self.bits else 0
        if width < self.bits or self._enough >= NARROW_AFTER:
            self.begin(width)


def levels(coverage: int) -> range:
    """Return how many bits those share with us for whom we may have to cover."""
    return range(max(0, coverage - MAX_COVER), coverage)


def scope_width(coverage: int, former: int, siblings: Siblings) -> int:
    """Return how many bits of its place a custodian's scope shares, when it shared ``former`` of them so far."""
    for bits in levels(coverage):
        if siblings(bits) < (FEW_SIBLINGS if former > bits else ENOUGH_SIBLINGS):
            return bits
    return coverage
