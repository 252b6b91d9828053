"""What mates pushed and is not examined yet: looked at in turns, so that one who pushes much keeps out no other."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from net.custodian.jobs import ClientId
from net.messages import Parcel

# Parcels of one mate that wait; what finds no room, repair brings.
MAX_EACH: Final = 512


class PushQueue:
    """A queue for each mate; bounded by how many mates there are."""

    def __init__(self) -> None:
        self._queues: dict[ClientId, deque[Parcel]] = {}  # the one whose turn it is first

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def __bool__(self) -> bool:
        return bool(self._queues)

    def room_for(self, client: ClientId) -> int:
        """Return how many more of a mate's may wait."""
        return MAX_EACH - len(self._queues.get(client, ()))

    def add(self, client: ClientId, parcels: Sequence[Parcel]) -> None:
        """Take what a mate pushed, as far as there is ``room_for`` it."""
        if parcels:
            self._queues.setdefault(client, deque()).extend(parcels)

    def take(self) -> tuple[ClientId, Parcel] | None:
        """Return the next, of the mate whose turn it is."""
        client = next(iter(self._queues), None)
        if client is None:
            return None
        queue = self._queues.pop(client)
        parcel = queue.popleft()
        if queue:
            self._queues[client] = queue
        return client, parcel

    def forget(self, client: ClientId) -> None:
        """A mate is gone, with what it pushed."""
        self._queues.pop(client, None)
