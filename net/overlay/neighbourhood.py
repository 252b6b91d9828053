"""Our own place in the overlay: who lives around it, and what of the address space we keep as a custodian.

A look at our own place makes those who live there know us, and is how mates are found. When all of the nearest are mates
there may be more, and the other half of the scope is looked into as well; then those halves beside it where we seem to know
hardly anybody, before it is decided whether to cover for them (``net.overlay.coverage``).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from net.bucket import Bucket, address_of
from net.errors import Overloaded
from net.ids import OverlayId
from net.instant import Instant
from net.overlay.coverage import ENOUGH_SIBLINGS, Coverage, levels
from net.overlay.lookups import Found, LookUp, OnFound
from net.overlay.routing_table import ID_BITS, TOLD_AT_ONCE, K, RoutingTable


class Neighbourhood:
    """What a full node knows of its surroundings. ``width`` says how many bits buckets have in this network."""

    def __init__(self, own: OverlayId, table: RoutingTable, width: Callable[[], int], look_up: LookUp) -> None:
        self._own = int.from_bytes(own, "big")
        self._address = address_of(own)
        self._table = table
        self._width = width
        self._look_up = look_up
        self._covering = Coverage()
        self._is_shown = False

    def scope(self) -> Bucket:
        """Return what we keep."""
        return Bucket.of(self._address, self._covering.bits)

    def width_changed(self) -> None:
        """Buckets have another width."""
        self._covering.begin(self._width())

    def look(self, now: Instant, then: Callable[[Instant], None]) -> None:
        """Look around; ``then`` hears when our own place was looked at. Raises ``Overloaded``."""

        def found(found: Found, now: Instant) -> None:
            then(now)
            if found.nodes:
                self._is_shown = True
                if len(found.nodes) == K and self.scope().covers(address_of(found.nodes[-1].overlay_id)):
                    self._look_beside(self.scope().width, now, lambda found, now: None)
                self._look_at_neighbours(now)

        # Once we were shown to our neighbours they are known, and who comes shows itself to us: that all are there is asked.
        self._look_up(self._place(None), K, now, found, TOLD_AT_ONCE if self._is_shown else None)

    def _look_at_neighbours(self, now: Instant) -> None:
        """Decide for whom to cover, after a look into the halves where we know hardly any node."""
        doubtful = [bits for bits in levels(self._width()) if self._table.siblings(bits) < ENOUGH_SIBLINGS]
        waiting = len(doubtful)

        def looked(_found: Found, _now: Instant) -> None:
            nonlocal waiting
            waiting -= 1
            if not waiting:
                self._judge()

        if not doubtful:
            self._judge()
        for bits in doubtful:
            self._look_beside(bits, now, looked)

    def _judge(self) -> None:
        self._covering.judge(self._width(), self._table.siblings)

    def _look_beside(self, bits: int, now: Instant, then: OnFound) -> None:
        with suppress(Overloaded):  # the next look around comes within minutes
            self._look_up(self._place(bits), K, now, then, None)

    def _place(self, bits: int | None) -> bytes:
        """Return our own place, or the one that shares just so many bits with it."""
        flipped = 0 if bits is None else 1 << (ID_BITS - 1 - bits)
        return (self._own ^ flipped).to_bytes(ID_BITS // 8, "big")
