"""Due times by key, the earliest first: what every machine with many timers needs."""

from __future__ import annotations

import math
from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

# Entries that were moved or cancelled stay in the heap until they outnumber the live ones by this many.
_SLACK: Final = 64


class Agenda(Generic[K]):
    """One due time for each key, in monotonic seconds."""

    def __init__(self) -> None:
        self._due: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._due)

    def schedule(self, key: K, due: float) -> None:
        """Set when ``key`` is due; replaces an earlier setting."""
        self._due[key] = due
        self._count += 1  # breaks ties, so that keys are never compared
        heappush(self._heap, (due, self._count, key))
        if len(self._heap) > 2 * len(self._due) + _SLACK:
            # One entry for each key: a due time that was set, moved and set again has left several.
            live = {entry[2]: entry for entry in self._heap if self._due.get(entry[2]) == entry[0]}
            self._heap = list(live.values())
            heapify(self._heap)

    def at_latest(self, key: K, due: float) -> None:
        """Make sure that ``key`` is due then or before: for due times that mostly move later, as a busy link's do.

        Its owner looks at the true one when it comes up, and sets it again; most calls cost one comparison.
        """
        if due < self._due.get(key, math.inf):
            self.schedule(key, due)

    def cancel(self, key: K) -> None:
        """Forget ``key``."""
        self._due.pop(key, None)

    def pop_due(self, now: float) -> list[K]:
        """Take out the keys that are due, earliest first."""
        keys: list[K] = []
        while self._heap and self._heap[0][0] <= now:
            due, _, key = heappop(self._heap)
            if self._due.get(key) == due:
                del self._due[key]
                keys.append(key)
        return keys

    def next_deadline(self) -> float:
        """Return when the next key is due; infinity when none is."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else math.inf
