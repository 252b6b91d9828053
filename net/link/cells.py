"""Cells that wait for a place in the link's window: each kind in a queue of its own, and the kinds take turns.

So neither a flood of packets nor one of datagrams keeps the other waiting for more than every second frame.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from net.link.frames import CELL_SIZE, CellKind

# Per link, 308 kB: a tenth of a second at 3 MB/s; an older packet is of no use at its destination.
MAX_QUEUED_CELLS: Final = 256
# Per link, 77 kB. What waits longer waits above, in queues that circuits take turns in.
MAX_QUEUED_DATAGRAMS: Final = 64

_ROOM: Final = {CellKind.PACKET: MAX_QUEUED_CELLS, CellKind.DATAGRAM: MAX_QUEUED_DATAGRAMS}


class CellQueue:
    """The cells of one link, as bodies of frames."""

    __slots__ = ("_first", "_second")

    def __init__(self) -> None:
        self._first: tuple[CellKind, deque[bytes]] = CellKind.PACKET, deque()
        self._second: tuple[CellKind, deque[bytes]] = CellKind.DATAGRAM, deque()

    def __len__(self) -> int:
        return len(self._first[1]) + len(self._second[1])

    def push(self, kind: CellKind, data: bytes) -> bool:
        """Queue a cell; False, and nothing queued, when its kind's queue is full.

        Raises:
            ValueError: it has not ``CELL_SIZE`` bytes.
        """
        if len(data) != CELL_SIZE:
            raise ValueError(f"a cell has {CELL_SIZE} bytes, not {len(data)}")
        waiting = self._first[1] if self._first[0] is kind else self._second[1]
        if len(waiting) >= _ROOM[kind]:
            return False
        waiting.append(data)
        return True

    def pop(self) -> bytes:
        """Take out the next body of a large frame; there is one."""
        if self._first[1]:
            self._first, self._second = self._second, self._first
        kind, waiting = self._second
        return bytes([kind]) + waiting.popleft()
