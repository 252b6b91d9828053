"""What mates pushed and is not examined yet: looked at in turns, so that one who pushes much keeps out no other."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from net.custodian.jobs import Requester
from net.messages import Parcel

# Parcels of one mate that wait; what finds no room, repair brings.
MAX_EACH: Final = 512


class PushedParcels:
    """A queue for each mate; bounded by how many mates there are."""

    def __init__(self) -> None:
        self._queues: dict[Requester, deque[Parcel]] = {}  # the one whose turn it is first

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def __bool__(self) -> bool:
        return bool(self._queues)

    def room_for(self, requester: Requester) -> int:
        """Return how many more of a mate's may wait."""
        return MAX_EACH - len(self._queues.get(requester, ()))

    def add(self, requester: Requester, parcels: Sequence[Parcel]) -> None:
        """Take what a mate pushed, as far as there is ``room_for`` it."""
        if parcels:
            self._queues.setdefault(requester, deque()).extend(parcels)

    def take(self) -> tuple[Requester, Parcel] | None:
        """Return the next, of the mate whose turn it is."""
        requester = next(iter(self._queues), None)
        if requester is None:
            return None
        queue = self._queues.pop(requester)
        parcel = queue.popleft()
        if queue:
            self._queues[requester] = queue
        return requester, parcel

    def forget(self, requester: Requester) -> None:
        """A mate is gone, with what it pushed."""
        self._queues.pop(requester, None)
