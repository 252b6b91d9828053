"""Limits how often a copy is repeated because the other side says that it lacks it.

Repeating a copy costs no proof of work, but the node sends it out anew, and an acknowledgement that names many indexes comes
in one box. A note in memory is enough: it only matters for minutes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# A copy is repeated so often at most. Seconds: what was lost for good is asked for for two days.
PAUSE: Final = 300.0
# Indexes remembered, of all lanes.
MAX_NOTED: Final = 1 << 14


class Repeats:
    """When each index of our lanes was repeated last, monotonic seconds."""

    def __init__(self) -> None:
        self._at: dict[tuple[bytes, int], float] = {}  # the latest is the last

    def due(self, generation: bytes, indexes: Iterable[int], now: float) -> set[int]:
        """Return which of these indexes may be repeated now; they count as repeated."""
        found = {index for index in indexes if now - self._at.get((generation, index), -PAUSE) >= PAUSE}
        for index in found:
            self._at.pop((generation, index), None)
            self._at[generation, index] = now
        while len(self._at) > MAX_NOTED:
            del self._at[next(iter(self._at))]
        return found
