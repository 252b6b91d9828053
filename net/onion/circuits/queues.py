"""How the cells of many circuits share the links they leave by.

A *queue* is one direction of a circuit on one link: its messages in order, at most ``MAX_QUEUE`` of them. While the link has
room they go at once. When it has not, they wait, and the queues of a link then take turns, one message each, so that a
circuit that carries much delays the others by no more than its share. A queue may exist before its link does.

When a queue ends, what waits in it is dropped and the other side is told *destroy*, unless it never heard of the circuit.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from net.errors import Overloaded
from net.instant import Instant
from net.link.events import LinkId
from net.link.port import MessageLinks
from net.messages import Cell, Destroy, Setup, encode_message
from net.onion.circuits.stream import MAX_CELLS_UNDER_WAY

# What honest ends can have under way, and the setup before it.
MAX_QUEUE: Final = MAX_CELLS_UNDER_WAY + 1
# A link that took no more is tried again after this many seconds: about a round trip.
RETRY_AFTER: Final = 0.05
# Messages that one ``handle_timeout`` puts on links: 1 to 2 ms.
_BATCH: Final = 256
# Last words that wait for one link. Beyond, the other side finds out by the circuit's silence.
MAX_FAREWELLS: Final = 256

QueuedMessage = Setup | Cell
CircuitMessage = QueuedMessage | Destroy


@dataclass(slots=True, eq=False)
class CircuitQueue:
    """One direction of a circuit on one link; ``name`` is what the circuit is called there."""

    name: bytes
    link: LinkId | None = None
    waiting: deque[QueuedMessage] = field(default_factory=deque[QueuedMessage])
    is_in_line: bool = False


@dataclass(slots=True)
class _Line:
    """What waits for one link: circuits that are over, by name, and the queues that have something to send."""

    farewells: deque[bytes] = field(default_factory=deque[bytes])
    queues: deque[CircuitQueue] = field(default_factory=deque[CircuitQueue])


class CircuitQueues:
    """The queues that leave this node."""

    def __init__(self, links: MessageLinks) -> None:
        self._links = links
        self._lines: dict[LinkId, _Line] = {}
        self._retry_at = math.inf
        self.queued = 0  # messages that wait, all queues together

    def push(self, queue: CircuitQueue, message: QueuedMessage, now: Instant) -> bool:
        """Send a message, or keep it; False when the queue is full, which honest ends do not let happen."""
        if queue.link is not None and queue.link not in self._lines and self._send(queue.link, message, now):
            return True
        if len(queue.waiting) >= MAX_QUEUE:
            return False
        queue.waiting.append(message)
        self.queued += 1
        self._line_up(queue, now)
        return True

    def attach(self, queue: CircuitQueue, link: LinkId, now: Instant) -> None:
        """Give a queue its link: what waited in it goes."""
        queue.link = link
        is_free = link not in self._lines
        self._line_up(queue, now)
        if is_free and queue.is_in_line:
            self._drain(link, _BATCH, now)

    def take_all(self, queue: CircuitQueue) -> list[QueuedMessage]:
        """Take out what waits in a queue."""
        messages = list(queue.waiting)
        self.queued -= len(messages)
        queue.waiting.clear()
        return messages

    def put_all(self, queue: CircuitQueue, messages: Sequence[QueuedMessage]) -> None:
        """Put back, into a queue that has no link yet, what was taken out of it."""
        queue.waiting.extend(messages)
        self.queued += len(messages)

    def end(self, queue: CircuitQueue, now: Instant, *, is_told: bool) -> None:
        """Drop what waits; with ``is_told`` the other side hears that the circuit is over."""
        messages = self.take_all(queue)
        is_known_there = not (messages and isinstance(messages[0], Setup))
        if queue.link is not None and queue.is_in_line:
            self._lines[queue.link].queues.remove(queue)
            queue.is_in_line = False
        if queue.link is None or not is_told or not is_known_there:
            return
        if queue.link not in self._lines and self._send(queue.link, Destroy(queue.name), now):
            return
        farewells = self._line(queue.link, now).farewells
        if len(farewells) < MAX_FAREWELLS:
            farewells.append(queue.name)

    def on_link_down(self, link: LinkId) -> None:
        """A link is gone; its queues are ended one by one by their owners."""
        line = self._lines.pop(link, None)
        for queue in line.queues if line else ():
            self.take_all(queue)
            queue.is_in_line = False

    def handle_timeout(self, now: Instant) -> None:
        """Try the links that had no room."""
        if now.mono < self._retry_at:
            return
        self._retry_at = math.inf
        room = _BATCH
        for link in list(self._lines):
            room -= self._drain(link, room, now)
        if room <= 0 and self._lines:
            self._retry_at = 0.0

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._retry_at if self._lines else math.inf

    def _line(self, link: LinkId, now: Instant) -> _Line:
        self._retry_at = min(self._retry_at, now.mono + RETRY_AFTER)
        return self._lines.setdefault(link, _Line())

    def _line_up(self, queue: CircuitQueue, now: Instant) -> None:
        if queue.link is not None and queue.waiting and not queue.is_in_line:
            queue.is_in_line = True
            self._line(queue.link, now).queues.append(queue)

    def _drain(self, link: LinkId, room: int, now: Instant) -> int:
        """Send up to ``room`` messages of a link's line; return how many went."""
        line = self._lines[link]
        sent = 0
        while sent < room and line.farewells and self._send(link, Destroy(line.farewells[0]), now):
            line.farewells.popleft()
            sent += 1
        while sent < room and line.queues and not line.farewells:
            if not self._send_next(link, line.queues, now):
                break
            sent += 1
        if not line.farewells and not line.queues:
            del self._lines[link]
        elif sent < room:
            self._retry_at = min(self._retry_at, now.mono + RETRY_AFTER)
        return sent

    def _send_next(self, link: LinkId, queues: deque[CircuitQueue], now: Instant) -> bool:
        """Send one message of the queue whose turn it is; False when the link took none."""
        queue = queues[0]
        if not self._send(link, queue.waiting[0], now):
            return False
        queue.waiting.popleft()
        self.queued -= 1
        queues.popleft()
        if queue.waiting:
            queues.append(queue)
        else:
            queue.is_in_line = False
        return True

    def _send(self, link: LinkId, message: CircuitMessage, now: Instant) -> bool:
        if not self._links.writable(link):
            return False  # what room there is, is left to messages of other kinds
        try:
            self._links.send_message(link, encode_message(message), now)
        except Overloaded:
            return False
        return True
