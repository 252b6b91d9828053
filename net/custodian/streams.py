"""Tag streams: every reader of a prefix is told what arrived, in order, without saying what it looks for.

A stream stands at a number of arrival. Behind the log's end it is filled as fast as the client takes it; at the end it
gets what arrived once per slot, whole slots for all streams at once, so that the moment of a push says nothing finer than a
slot about the moment of a deposit. Streams also tell what a box costs here, whenever that is news to the reader.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from net.custodian.index import TagLog
from net.custodian.jobs import ClientId, ClientPort
from net.instant import Instant
from net.messages import MAX_TAGS_PER_PIECE, Follow, Price, Tags

# Streams of one client: a real prefix among decoys (eight), twice while a day turns.
MAX_STREAMS_PER_CLIENT: Final = 16
# When a client could not take more, try again after this many seconds: about a round trip.
RETRY_AFTER: Final = 0.05


@dataclass(slots=True)
class _Stream:
    client: ClientId
    number: int
    prefix: int
    width: int
    position: int
    is_told: bool = False  # that it has caught up
    factor: int = 1  # that it was told


class Streams:
    """All streams of a custodian; ``slot`` in seconds."""

    def __init__(self, outlet: ClientPort, slot: float) -> None:
        self._outlet = outlet
        self._slot = slot
        self._streams: dict[ClientId, dict[int, _Stream]] = {}
        self._factor = 1
        self._due = math.inf

    def follow(self, client: ClientId, message: Follow, run: bytes, log: TagLog, now: Instant) -> None:
        """Begin a stream, or begin it anew. A cursor of another run, or from beyond the end, starts over."""
        of_client = self._streams.setdefault(client, {})
        if len(of_client) >= MAX_STREAMS_PER_CLIENT and message.stream not in of_client:
            return
        # A number that was never given here tells of a disk put back: what lies before it is not what the reader saw.
        is_known = message.run == run and message.arrival <= log.last_arrival
        stream = _Stream(client, message.stream, message.prefix, message.width, message.arrival if is_known else 0)
        of_client[message.stream] = stream
        if not self._fill(stream, run, log, now):
            self._due = min(self._due, now.mono + RETRY_AFTER)

    def unfollow(self, client: ClientId, number: int) -> None:
        """End one stream."""
        self._streams.get(client, {}).pop(number, None)

    def forget(self, client: ClientId) -> None:
        """End all streams of a client that is gone."""
        self._streams.pop(client, None)

    def on_arrivals(self, now: Instant) -> None:
        """Something was stored: tell all streams at the next slot."""
        if self._streams:
            self._due = min(self._due, (math.floor(now.mono / self._slot) + 1) * self._slot)

    def set_price(self, factor: int, now: Instant) -> None:
        """Boxes cost so many times the price from now on."""
        if factor != self._factor:
            self._factor = factor
            self.on_arrivals(now)

    def handle_timeout(self, run: bytes, log: TagLog, now: Instant) -> None:
        """Push what is due."""
        if now.mono < self._due:
            return
        self._due = math.inf
        for of_client in self._streams.values():
            for stream in of_client.values():
                if not self._fill(stream, run, log, now):
                    self._due = min(self._due, now.mono + RETRY_AFTER)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._due

    def _fill(self, stream: _Stream, run: bytes, log: TagLog, now: Instant) -> bool:
        """Send what a stream lacks; say whether it is at the end."""
        if stream.factor != self._factor:
            price = Price(stream.number, self._factor)
            if not (self._outlet.writable(stream.client) and self._outlet.send(stream.client, price, now)):
                return False
            stream.factor = self._factor
        while not stream.is_told or stream.position < log.last_arrival:
            if not self._outlet.writable(stream.client):
                return False
            tags, reached, is_end = log.page(stream.position, stream.prefix, stream.width, MAX_TAGS_PER_PIECE)
            if tags or (is_end and not stream.is_told):
                piece = Tags(stream.number, run, reached, tags, is_end)
                if not self._outlet.send(stream.client, piece, now):
                    return False
                stream.is_told = stream.is_told or is_end
            stream.position = reached
        return True
