"""Deadlines of many things in one heap, for things whose deadlines mostly move later.

An entry is pushed only when a deadline comes nearer; when its time is up, the owner is asked for the true one. So a link
that is busy all the time costs a comparison per batch, and ``next`` may be early, never late.
"""

from __future__ import annotations

import heapq
import math
from typing import Final, Generic, TypeVar

# Entries per live key before those that no longer count are thrown out: often enough to bound the heap, seldom enough to
# cost nothing.
MAX_STALE: Final = 8

K = TypeVar("K", bound=int)


class Timers(Generic[K]):
    """At most one live entry per key."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, K]] = []
        self._live: dict[K, float] = {}

    def __len__(self) -> int:
        return len(self._live)

    def at_latest(self, key: K, deadline: float) -> None:
        """Make sure that ``key`` comes up at ``deadline`` or before."""
        if deadline < self._live.get(key, math.inf):
            self._live[key] = deadline
            heapq.heappush(self._heap, (deadline, key))
            if len(self._heap) > MAX_STALE * (len(self._live) + MAX_STALE):
                self._heap = [(at, live) for live, at in self._live.items()]
                heapq.heapify(self._heap)

    def forget(self, key: K) -> None:
        """Drop a key."""
        self._live.pop(key, None)

    def next(self) -> float:
        """Return the nearest entry, ``inf`` for none."""
        heap = self._heap
        while heap and self._live.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)  # forgotten, or an earlier one took its place
        return heap[0][0] if heap else math.inf

    def pop_due(self, now: float) -> K | None:
        """Return a key whose entry is due, the entry gone, or None."""
        if self.next() > now:
            return None
        _, key = heapq.heappop(self._heap)
        del self._live[key]
        return key
