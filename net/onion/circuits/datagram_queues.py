"""Datagrams that wait for a link with no room: beside the queues of the ordered cells, and much shorter.

The link takes some tens of them (``net.link.cells``). Beyond that the circuits that leave by it take turns, one datagram
each, so that one that sends much delays the others by no more than its share. A circuit's queue that is full takes no more:
what is late is of no use. All queues together are bounded, too, and one network may hold as many as are left, or what it
sends is dropped; nothing that waits is pushed out, for all of it is gone within a few round trips.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Final

from net.address_shares import Networks, Shares
from net.instant import Instant
from net.link.events import LinkId
from net.link.frames import CellKind
from net.link.port import CellLinks
from net.onion.circuits.queues import CircuitQueue

# Of one circuit and direction: a third of a second of speech.
MAX_WAITING_EACH: Final = 16
# Of all circuits, 2.5 MB.
MAX_WAITING: Final = 2048
# A link that took no more is tried again after this many seconds.
RETRY_AFTER: Final = 0.01
# Datagrams that one ``handle_timeout`` puts on links: 1 ms.
_BATCH: Final = 128


class DatagramQueues:
    """The datagrams that leave this node. ``networks`` says where a link leads."""

    def __init__(
        self, links: CellLinks, networks: Callable[[LinkId], Networks], *, max_waiting: int = MAX_WAITING
    ) -> None:
        self._links = links
        self._networks = networks
        self._max_waiting = max_waiting
        # Link, then circuit, the one whose turn it is first: who brought it, and what.
        self._lines: dict[LinkId, dict[CircuitQueue, deque[tuple[LinkId, bytes]]]] = {}
        self._held: Shares[LinkId] = Shares()
        self._retry_at = math.inf

    @property
    def queued(self) -> int:
        """How many wait."""
        return self._held.total

    def push(self, queue: CircuitQueue, source: LinkId, cell: bytes, now: Instant) -> bool:
        """Send a cell by the link of a circuit, or keep it; False when it was dropped. ``source`` is what it came by."""
        link = queue.link
        if link is None:
            return False
        if link not in self._lines and self._links.send_cell(link, cell, now, CellKind.DATAGRAM):
            return True
        if self._held.weight_of_network(self._networks(source)) >= self._max_waiting - self._held.total:
            return False
        waiting = self._lines.setdefault(link, {}).setdefault(queue, deque())
        if len(waiting) >= MAX_WAITING_EACH:
            return False
        waiting.append((source, cell))
        self._held.count(source, self._networks, 1)
        self._retry_at = min(self._retry_at, now.mono + RETRY_AFTER)
        return True

    def drop(self, queue: CircuitQueue) -> None:
        """A circuit is over: what waits of it is dropped."""
        link = queue.link
        if link is None or (line := self._lines.get(link)) is None or queue not in line:
            return
        self._forget(line.pop(queue))
        if not line:
            del self._lines[link]

    def on_link_down(self, link: LinkId) -> None:
        """A link is gone, and what waits for it."""
        for waiting in self._lines.pop(link, {}).values():
            self._forget(waiting)

    def handle_timeout(self, now: Instant) -> None:
        """Try the links that had no room."""
        if now.mono < self._retry_at:
            return
        self._retry_at = math.inf
        room = _BATCH
        for link in list(self._lines):
            room -= self._drain(link, room, now)
        if self._lines:
            self._retry_at = 0.0 if room <= 0 else now.mono + RETRY_AFTER

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._retry_at if self._lines else math.inf

    def _forget(self, waiting: deque[tuple[LinkId, bytes]]) -> None:
        for source, _ in waiting:
            self._held.count(source, self._networks, -1)

    def _drain(self, link: LinkId, room: int, now: Instant) -> int:
        """Send up to ``room`` datagrams of a link's line; return how many went."""
        line = self._lines[link]
        sent = 0
        while sent < room and line:
            queue, waiting = next(iter(line.items()))
            source, cell = waiting[0]
            if not self._links.send_cell(link, cell, now, CellKind.DATAGRAM):
                break
            waiting.popleft()
            self._held.count(source, self._networks, -1)
            sent += 1
            del line[queue]
            if waiting:
                line[queue] = waiting  # to the end of the line
        if not line:
            del self._lines[link]
        return sent
