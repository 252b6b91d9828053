"""Tag streams: what custodians name, piece by piece, over circuits that end and are opened again.

A stream goes on from the last cursor that was passed on. A circuit loses nothing while it lives; when it ends, what was
under way is gone with it, and the next begins at that cursor under a new number: no tag is missed, and none comes twice in
one run of the custodian's. A custodian that is silent, or breaks the order of a stream, ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from net.agenda import Agenda
from net.bucket import Bucket
from net.client.ports import QUEUE_PAUSE, Purpose, ScatteredNumbers, Transport, Waits
from net.errors import Overloaded, Unreachable
from net.ids import TAG_SIZE, Cursor, NodeId, Tag
from net.instant import Instant
from net.messages import MAX_PRICE_FACTOR, Follow, Price, Tags, Unfollow

# Circuits that end before they brought anything, one after another, after which a custodian counts as gone.
MAX_FRUITLESS: Final = 3
# The same for who should have named something by now.
HASTENED_FRUITLESS: Final = 2
# Seconds until the next circuit after a fruitless one; twice that after the second.
FRUITLESS_PAUSE: Final = 1.0
# Seconds in which a stream must have caught up. A whole custodian is 2.3 MB of tags, minutes over a circuit.
CATCH_UP_TIME: Final = 1800.0
# Seconds for an answer over a new circuit when the one before brought nothing: circuits are not delayed.
HASTE: Final = 3.0
# Tags of one stream in an hour. A custodian's whole quota is about 290 000 boxes: a custodian that names more invents.
MAX_TAGS_PER_HOUR: Final = 2**19
_HOUR: Final = 3600.0
# Seconds without being caught up after which a stream is compared anew. A circuit is replaced faster than that.
_STEADY_GAP: Final = 60.0


class Failure(Enum):
    """Why a stream ended."""

    SILENT = auto()  # no answer to expect, or a backlog that stalled
    GONE = auto()  # several circuits there failed
    BROKEN = auto()  # pieces out of order, or more tags than there can be


@dataclass(slots=True, eq=False)
class Stream:
    """One custodian naming one bucket. ``arrived`` and ``failed`` belong to its opener."""

    custodian: NodeId
    bucket: Bucket
    cursor: Cursor | None
    arrived: Callable[[Stream, tuple[Tag, ...], Instant], None]
    failed: Callable[[Stream, Failure, Instant], None]
    must_catch_up_by: float
    is_whole: bool  # it began with the oldest box
    number: int = 0
    is_asked: bool = False
    is_served: bool = False  # something came since it was asked for
    is_caught_up: bool = False
    is_end: bool = False  # the last piece said that nothing older is waiting
    is_live: bool = False  # the last piece was no part of a backlog
    steady_since: float | None = None  # caught up since then, short gaps aside
    gap_since: float = 0.0
    asked_at: float = 0.0
    heard_at: float = 0.0  # when something came last
    is_hastened: bool = False  # it was asked for anew, and should be quick
    fruitless: int = 0
    price: int = 1
    is_priced: bool = False  # the price was told since it was asked for
    count: int = 0  # tags in the hour that began then
    counted_from: float = 0.0


class Streams:
    """All streams that are open. Bounded by those who open them."""

    def __init__(self, transport: Transport, numbers: ScatteredNumbers, waits: Waits) -> None:
        self._transport = transport
        self._numbers = numbers
        self._waits = waits
        self._streams: dict[Stream, None] = {}
        self._numbered: dict[int, Stream] = {}
        self._agenda: Agenda[Stream] = Agenda()  # when to ask, or when an answer is overdue

    def __len__(self) -> int:
        return len(self._streams)

    def open(
        self,
        custodian: NodeId,
        bucket: Bucket,
        cursor: Cursor | None,
        arrived: Callable[[Stream, tuple[Tag, ...], Instant], None],
        failed: Callable[[Stream, Failure, Instant], None],
        now: Instant,
    ) -> Stream:
        """Begin a stream after ``cursor``, or with the oldest box. It is asked for by the next ``handle_timeout``."""
        deadline = now.mono + CATCH_UP_TIME
        stream = Stream(custodian, bucket, cursor, arrived, failed, deadline, cursor is None, gap_since=now.mono)
        stream.counted_from = now.mono
        self._streams[stream] = None
        self._agenda.schedule(stream, now.mono)
        return stream

    def close(self, stream: Stream, now: Instant) -> None:
        """End a stream and tell its custodian, if that is possible at once; else its circuit's end will."""
        if stream not in self._streams:
            return
        if stream.is_asked:
            # If it cannot be told now, pieces of the unknown number are ignored until the circuit ends.
            with suppress(Overloaded, Unreachable):
                self._transport.ask(stream.custodian, Purpose.FOLLOW, Unfollow(stream.number), now)
        self._forget(stream)

    def hasten(self, stream: Stream, since: float, now: Instant) -> None:
        """Ask for a stream anew, over another circuit, if nothing came of it since; all of its custodian's go with it."""
        if not stream.is_asked or stream.is_hastened or stream.heard_at >= since:
            return
        self._transport.renew(stream.custodian, Purpose.FOLLOW, now)
        for each in [each for each in self._streams if each.custodian == stream.custodian and each.is_asked]:
            self._numbered.pop(each.number, None)
            each.is_asked, each.is_hastened = False, True
            self._ask(each, now)

    def receive(self, custodian: NodeId, message: Tags, now: Instant) -> None:
        """Take a piece; those of streams that were left or asked for anew are ignored."""
        stream = self._of(custodian, message.stream)
        if stream is None:
            return
        tags = tuple(Tag(message.tags[at : at + TAG_SIZE]) for at in range(0, len(message.tags), TAG_SIZE))
        if not _is_next(stream, message, len(tags)) or not _is_plausible(stream, len(tags), now):
            self._fail(stream, Failure.BROKEN, now)
            return
        stream.cursor = Cursor(message.run, message.arrival)
        stream.is_served = True
        if not stream.is_priced:  # a custodian that asks for more says so before anything else
            stream.price, stream.is_priced = 1, True
        stream.fruitless = 0
        stream.heard_at, stream.is_hastened = now.mono, False
        stream.is_end, stream.is_live = message.caught_up, stream.is_caught_up
        self._note_end(stream, now, is_end=message.caught_up)
        stream.arrived(stream, tags, now)

    def receive_price(self, custodian: NodeId, message: Price) -> Bucket | None:
        """Note what a box costs at a custodian, as a multiple of the usual; return in what bucket."""
        if (stream := self._of(custodian, message.stream)) is None:
            return None
        stream.price, stream.is_priced = min(message.factor, MAX_PRICE_FACTOR), True
        return stream.bucket

    def on_refused(self, custodian: NodeId, number: int, now: Instant) -> None:
        """A custodian does not know the question."""
        if (stream := self._of(custodian, number)) is not None:
            self._fail(stream, Failure.SILENT, now)

    def on_circuit_lost(self, custodian: NodeId, now: Instant) -> None:
        """A circuit is gone: its streams go on over the next one."""
        for stream in [each for each in self._streams if each.custodian == custodian and each.is_asked]:
            if stream not in self._streams:
                continue  # closed with one that failed
            if stream.is_served:
                self._pause(stream, now.mono, now)
            else:
                self._on_fruitless(stream, now)

    def handle_timeout(self, now: Instant) -> None:
        """Ask for what waits, give up on the silent."""
        for stream in self._agenda.pop_due(now.mono):
            if stream not in self._streams:
                continue  # closed with one that failed
            if not stream.is_asked:
                self._ask(stream, now)
            else:
                self._fail(stream, Failure.GONE if stream.is_hastened else Failure.SILENT, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._agenda.next_deadline()

    def _of(self, custodian: NodeId, number: int) -> Stream | None:
        stream = self._numbered.get(number)
        return stream if stream is not None and stream.custodian == custodian else None

    def _ask(self, stream: Stream, now: Instant) -> None:
        number = self._numbers.draw()
        run, arrival = stream.cursor or Cursor(b"", 0)
        prefix, width = stream.bucket
        try:
            self._transport.ask(stream.custodian, Purpose.FOLLOW, Follow(number, prefix, width, run, arrival), now)
        except Overloaded:
            self._agenda.schedule(stream, now.mono + QUEUE_PAUSE)
            return
        except Unreachable:
            self._on_fruitless(stream, now)
            return
        self._numbered.pop(stream.number, None)
        self._numbered[number] = stream
        stream.number = number
        stream.is_asked, stream.is_served = True, False
        stream.is_priced = False
        stream.asked_at = now.mono
        self._agenda.schedule(stream, now.mono + (HASTE if stream.is_hastened else self._waits.answer))

    def _note_end(self, stream: Stream, now: Instant, *, is_end: bool) -> None:
        if is_end and not stream.is_caught_up:
            stream.is_caught_up = True
            if stream.steady_since is None or now.mono - stream.gap_since > _STEADY_GAP:
                stream.steady_since = now.mono
        if stream.is_caught_up:
            self._agenda.cancel(stream)
        else:
            self._agenda.schedule(stream, min(now.mono + self._waits.answer, stream.must_catch_up_by))

    def _on_fruitless(self, stream: Stream, now: Instant) -> None:
        stream.fruitless += 1
        if stream.fruitless >= (HASTENED_FRUITLESS if stream.is_hastened else MAX_FRUITLESS):
            self._fail(stream, Failure.GONE, now)
        else:
            self._pause(stream, now.mono + FRUITLESS_PAUSE * stream.fruitless * (not stream.is_hastened), now)

    def _pause(self, stream: Stream, until: float, now: Instant) -> None:
        """Ask again at ``until``; what still comes under the old number is ignored."""
        self._numbered.pop(stream.number, None)
        if stream.is_caught_up:
            stream.is_caught_up = False
            stream.gap_since = now.mono
            stream.must_catch_up_by = now.mono + CATCH_UP_TIME
        stream.is_asked = False
        self._agenda.schedule(stream, until)

    def _fail(self, stream: Stream, failure: Failure, now: Instant) -> None:
        self._forget(stream)
        stream.failed(stream, failure, now)

    def _forget(self, stream: Stream) -> None:
        self._streams.pop(stream, None)
        self._numbered.pop(stream.number, None)
        self._agenda.cancel(stream)
        stream.is_caught_up = stream.is_asked = False


def _is_next(stream: Stream, message: Tags, count: int) -> bool:
    """Say whether a piece may follow what came: numbers rise by one with each box, and only a new circuit starts over."""
    before = stream.cursor
    is_same_run = before is not None and before.run == message.run
    if before is not None and is_same_run and message.arrival >= before.arrival:
        return count <= message.arrival - before.arrival
    return not stream.is_served and count <= message.arrival


def _is_plausible(stream: Stream, count: int, now: Instant) -> bool:
    if now.mono - stream.counted_from >= _HOUR:
        stream.count, stream.counted_from = 0, now.mono
    stream.count += count
    return stream.count <= MAX_TAGS_PER_HOUR
