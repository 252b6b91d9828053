"""Follows: the tag streams this node reads, one for each custodian followed.

A stream goes on from the last cursor that was reported. Links lose nothing while they live; when one ends, what was under
way is gone with it, and the next begins at that cursor: no tag is missed, and none comes twice in one run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from net.agenda import Agenda
from net.errors import Overloaded, Unreachable
from net.events import NodeEvent, TagsArrived
from net.ids import TAG_SIZE, Cursor, NodeId, Tag
from net.instant import Instant
from net.messages import Follow, Tags, Unfollow
from net.patron.courier import QUEUE_PAUSE, Courier, Numbering

# Custodians followed at a time: two for each prefix are wanted, and links are few.
MAX_FOLLOWS: Final = 64


@dataclass(slots=True)
class _Stream:
    prefix: int
    width: int
    cursor: Cursor | None
    number: int = 0


class Follows:
    """Streams by custodian. ``report`` takes a ``TagsArrived`` for each piece."""

    def __init__(self, courier: Courier, numbering: Numbering, report: Callable[[NodeEvent], None]) -> None:
        self._courier = courier
        self._numbering = numbering
        self._report = report
        self._streams: dict[NodeId, _Stream] = {}
        self._again: Agenda[NodeId] = Agenda()

    def follow(self, custodian: NodeId, prefix: int, width: int, cursor: Cursor | None, now: Instant) -> None:
        """Read a custodian's tags now and whenever it is there; replaces what was followed there. ``Overloaded``."""
        if custodian not in self._streams and len(self._streams) >= MAX_FOLLOWS:
            raise Overloaded("follows")
        self._streams[custodian] = _Stream(prefix, width, cursor)
        self._begin(custodian, now)

    def unfollow(self, custodian: NodeId, now: Instant) -> None:
        """Stop reading a custodian's tags."""
        stream = self._streams.pop(custodian, None)
        if stream is not None and custodian in self._courier.custodians():
            try:
                self._courier.ask(custodian, Unfollow(stream.number), now)
            except (Overloaded, Unreachable):
                return  # its pieces are ignored until the link ends

    def followed(self) -> list[NodeId]:
        """Return whom we follow, reachable or not."""
        return list(self._streams)

    def custodian_up(self, custodian: NodeId, now: Instant) -> None:
        """Go on where we stopped."""
        if custodian in self._streams:
            self._begin(custodian, now)

    def receive(self, custodian: NodeId, message: Tags) -> tuple[Tag, ...]:
        """Report a piece of a stream and return its tags; pieces of streams we left are ignored."""
        stream = self._streams.get(custodian)
        if stream is None or message.stream != stream.number:
            return ()
        stream.cursor = Cursor(message.run, message.arrival)
        tags = tuple(Tag(message.tags[at : at + TAG_SIZE]) for at in range(0, len(message.tags), TAG_SIZE))
        self._report(TagsArrived(custodian, stream.cursor, tags, message.caught_up))
        return tags

    def handle_timeout(self, now: Instant) -> None:
        """Try again what the send queue did not take."""
        for custodian in self._again.pop_due(now.mono):
            self.custodian_up(custodian, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._again.next_deadline()

    def _begin(self, custodian: NodeId, now: Instant) -> None:
        if custodian not in self._courier.custodians():
            return
        stream = self._streams[custodian]
        stream.number = self._numbering.draw()
        run, arrival = stream.cursor or Cursor(b"", 0)
        try:
            self._courier.ask(custodian, Follow(stream.number, stream.prefix, stream.width, run, arrival), now)
        except Overloaded:
            self._again.schedule(custodian, now.mono + QUEUE_PAUSE)
        except Unreachable:
            return  # custodian_up comes again
