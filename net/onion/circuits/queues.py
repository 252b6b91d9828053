"""How the cells of many circuits share the links they leave by.

A *lane* is one direction of a circuit on one link: its messages in order, at most ``MAX_LANE`` of them. While the link has
room they go at once. When it has not, they wait, and the lanes of a link then take turns, one message each, so that a
circuit that carries much delays the others by no more than its share. A lane may exist before its link does.

When a lane ends, what waits in it is dropped and the other side is told *destroy*, unless it never heard of the circuit.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from net.errors import Overloaded
from net.instant import Instant
from net.link.events import LinkId
from net.messages import Cell, Destroy, Setup, encode_message
from net.onion.circuits.stream import MAX_CELLS_UNDER_WAY

# What honest ends can have under way, and the setup before it.
MAX_LANE: Final = MAX_CELLS_UNDER_WAY + 1
# A link that took no more is tried again after this many seconds: about a round trip.
RETRY_AFTER: Final = 0.05
# Messages that one ``handle_timeout`` puts on links: 1 to 2 ms.
_BATCH: Final = 256
# Last words that wait for one link. Beyond, the other side finds out by the circuit's silence.
MAX_FAREWELLS: Final = 256

LaneMessage = Setup | Cell
CircuitMessage = LaneMessage | Destroy


class Links(Protocol):
    """What is needed of the link layer."""

    def writable(self, link: LinkId) -> bool:
        """Say whether the link takes one more largest message."""
        ...

    def send_message(self, link: LinkId, data: bytes, now: Instant) -> None:
        """Send, or raise ``Overloaded``."""
        ...


@dataclass(slots=True, eq=False)
class CircuitQueue:
    """One direction of a circuit on one link; ``name`` is what the circuit is called there."""

    name: bytes
    link: LinkId | None = None
    waiting: deque[LaneMessage] = field(default_factory=deque[LaneMessage])
    is_in_line: bool = False


@dataclass(slots=True)
class _Line:
    """What waits for one link: circuits that are over, by name, and the lanes that have something to send."""

    farewells: deque[bytes] = field(default_factory=deque[bytes])
    lanes: deque[CircuitQueue] = field(default_factory=deque[CircuitQueue])


class CircuitQueues:
    """The lanes that leave this node."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._lines: dict[LinkId, _Line] = {}
        self._retry_at = math.inf
        self.queued = 0  # messages that wait, all lanes together

    def push(self, lane: CircuitQueue, message: LaneMessage, now: Instant) -> bool:
        """Send a message, or keep it; False when the lane is full, which honest ends do not let happen."""
        if lane.link is not None and lane.link not in self._lines and self._send(lane.link, message, now):
            return True
        if len(lane.waiting) >= MAX_LANE:
            return False
        lane.waiting.append(message)
        self.queued += 1
        self._line_up(lane, now)
        return True

    def attach(self, lane: CircuitQueue, link: LinkId, now: Instant) -> None:
        """Give a lane its link: what waited in it goes."""
        lane.link = link
        is_free = link not in self._lines
        self._line_up(lane, now)
        if is_free and lane.is_in_line:
            self._drain(link, _BATCH, now)

    def take_all(self, lane: CircuitQueue) -> list[LaneMessage]:
        """Take out what waits in a lane."""
        messages = list(lane.waiting)
        self.queued -= len(messages)
        lane.waiting.clear()
        return messages

    def put_all(self, lane: CircuitQueue, messages: Sequence[LaneMessage]) -> None:
        """Put back, into a lane that has no link yet, what was taken out of it."""
        lane.waiting.extend(messages)
        self.queued += len(messages)

    def end(self, lane: CircuitQueue, now: Instant, *, is_told: bool) -> None:
        """Drop what waits; with ``is_told`` the other side hears that the circuit is over."""
        messages = self.take_all(lane)
        is_known_there = not (messages and isinstance(messages[0], Setup))
        if lane.link is not None and lane.is_in_line:
            self._lines[lane.link].lanes.remove(lane)
            lane.is_in_line = False
        if lane.link is None or not is_told or not is_known_there:
            return
        if lane.link not in self._lines and self._send(lane.link, Destroy(lane.name), now):
            return
        farewells = self._line(lane.link, now).farewells
        if len(farewells) < MAX_FAREWELLS:
            farewells.append(lane.name)

    def link_down(self, link: LinkId) -> None:
        """A link is gone; its lanes are ended one by one by whoever owns them."""
        line = self._lines.pop(link, None)
        for lane in line.lanes if line else ():
            self.take_all(lane)
            lane.is_in_line = False

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

    def _line_up(self, lane: CircuitQueue, now: Instant) -> None:
        if lane.link is not None and lane.waiting and not lane.is_in_line:
            lane.is_in_line = True
            self._line(lane.link, now).lanes.append(lane)

    def _drain(self, link: LinkId, room: int, now: Instant) -> int:
        """Send up to ``room`` messages of a link's line; return how many went."""
        line = self._lines[link]
        sent = 0
        while sent < room and line.farewells and self._send(link, Destroy(line.farewells[0]), now):
            line.farewells.popleft()
            sent += 1
        while sent < room and line.lanes and not line.farewells:
            if not self._send_next(link, line.lanes, now):
                break
            sent += 1
        if not line.farewells and not line.lanes:
            del self._lines[link]
        elif sent < room:
            self._retry_at = min(self._retry_at, now.mono + RETRY_AFTER)
        return sent

    def _send_next(self, link: LinkId, lanes: deque[CircuitQueue], now: Instant) -> bool:
        """Send one message of the lane whose turn it is; False when the link took none."""
        lane = lanes[0]
        if not self._send(link, lane.waiting[0], now):
            return False
        lane.waiting.popleft()
        self.queued -= 1
        lanes.popleft()
        if lane.waiting:
            lanes.append(lane)
        else:
            lane.is_in_line = False
        return True

    def _send(self, link: LinkId, message: CircuitMessage, now: Instant) -> bool:
        if not self._links.writable(link):
            return False  # what room there is, is left to messages of other kinds
        try:
            self._links.send_message(link, encode_message(message), now)
        except Overloaded:
            return False
        return True
