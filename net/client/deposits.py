"""Deposits: every box sent to two different custodians, and again until two have been seen to name it.

A packet has no answer: an answer would need a way back to the sender, and a custodian could say *stored* and forget. The
sender reads the bucket as its readers do, preferably at others than those it was sent to. A box that is not named in time is
sent again, by other paths to others, after pauses that double. The same streams tell what a box costs there; one that
carries less is told to its owner at once, and sent anew with the work that it gets.

Nodes die without a word. So a box that is not named early, when most are, is sent to one more, apart from the paths
before, and whoever should have named it is asked anew over another circuit: a person who writes into a network of which a
node has just died waits for seconds, not for the patience that is needed to be sure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Final

from net.agenda import Agenda
from net.bucket import Bucket
from net.client.choice import Choice
from net.client.encoding import is_paid
from net.client.follows import Follows
from net.client.ports import QUEUE_PAUSE, Transport, Waits
from net.errors import Overloaded, Unreachable
from net.events import DepositAnswered, NodeEvent, PriceRisen, Verdict
from net.ids import NodeId, ParcelId, Tag, tag_of
from net.instant import Instant
from net.numbers import COPIES
from net.parcel.box import decode_box
from net.parcel.store import Kind
from net.parcel.work import WorkPrice

# Boxes that are not confirmed yet: a night's queue of long texts. About 5 MB.
MAX_DEPOSITS: Final = 4096
# Boxes sent and not overdue. At the usual second or two to be named that is a hundred a second, in the strong setting
# twenty; more would only wait at the first relay.
MAX_UNDER_WAY: Final = 256
# Seconds until an unconfirmed box is sent again, at most.
MAX_PAUSE: Final = 300.0
# Pauses are drawn around their length by this share, so that boxes of one message do not go round together.
JITTER: Final = 0.25
# Seconds until the next try when as many buckets are watched as may be.
NO_ROOM_PAUSE: Final = 30.0


@dataclass(slots=True)
class _Task:
    order: int
    box: bytes
    prefix: int
    pause: float
    bucket: Bucket | None = None  # the one watched for it
    confirmed: set[NodeId] = field(default_factory=set[NodeId])
    sent_to: set[NodeId] = field(default_factory=set[NodeId])
    is_ready: bool = False
    is_stranded: bool = False  # there was no custodian to send to
    thrown_at: float = 0.0
    is_excused: bool = False  # it was sent while no custodian was heard: our own network may have lost it
    asked: int = 1  # the highest price that it was measured against
    is_fresh: bool = True  # it was not sent yet, or so lately that nothing is held against its paths
    rounds: int = 0  # of packets


class Deposits:
    """Boxes on their way. ``report`` takes a ``DepositAnswered`` for each custodian that names one."""

    def __init__(
        self,
        transport: Transport,
        choice: Choice,
        follows: Follows,
        rng: Random,
        waits: Waits,
        *,
        report: Callable[[NodeEvent], None],
        hour: Callable[[Instant], int],
        price: WorkPrice,
    ) -> None:
        self._transport = transport
        self._choice = choice
        self._follows = follows
        self._rng = rng
        self._waits = waits
        self._report = report
        self._hour = hour
        self._price = price
        self._count = 0
        self._tasks: dict[ParcelId, _Task] = {}
        self._of_tag: dict[Tag, ParcelId] = {}
        self._ready: list[tuple[int, ParcelId]] = []  # a heap, the oldest first
        self._under_way: set[ParcelId] = set()
        self._hastened: set[ParcelId] = set()  # those of them that were not named early
        self._agenda: Agenda[ParcelId] = Agenda()
        self._blocked_until = 0.0

    def __len__(self) -> int:
        return len(self._tasks)

    def deposit(self, box_id: ParcelId, box: bytes, now: Instant) -> None:
        """Begin; the same bytes again change nothing, other bytes for an id take its place.

        Raises ``Overloaded``, or ``DecodeError`` for what is no box.
        """
        task = self._tasks.get(box_id)
        if task is not None and task.box == box:
            return
        decoded = decode_box(box)
        prefix = decoded.prefix
        if task is None and len(self._tasks) >= MAX_DEPOSITS:
            raise Overloaded("deposits")
        if task is not None and decode_box(task.box).variant() == decoded.variant():
            self._pay_more(box_id, task, box, now)
            return
        self.withdraw(box_id, now)
        self._count += 1
        self._tasks[box_id] = _Task(self._count, box, prefix, self._waits.naming)
        self._of_tag[tag_of(box_id)] = box_id
        self._make_ready(box_id)
        self._pump(now)

    def withdraw(self, box_id: ParcelId, now: Instant) -> None:
        """Stop trying."""
        task = self._tasks.pop(box_id, None)
        if task is None:
            return
        self._of_tag.pop(tag_of(box_id), None)
        self._under_way.discard(box_id)
        self._hastened.discard(box_id)
        self._agenda.cancel(box_id)
        if task.bucket is not None:
            self._follows.unwatch(task.bucket, now)

    def on_tags_named(self, bucket: Bucket, custodian: NodeId, tags: Collection[Tag], now: Instant) -> None:
        """Take what a custodian names as the proof that it holds it, and what it does not as one that it does not."""
        for tag in tags:
            if box_id := self._of_tag.get(tag):
                self._confirm(box_id, self._tasks[box_id], custodian, now)
        for box_id in [each for each in self._hastened if self._tasks[each].bucket == bucket]:
            if not self._tasks[box_id].confirmed:
                self._transport.on_overdue(box_id, now.mono - self._waits.early, now)
        self._pump(now)

    def on_serving(self, bucket: Bucket, now: Instant) -> None:
        """A bucket can be seen again: what was sent in the dark is given one usual time, then sent anew."""
        for box_id, task in self._tasks.items():
            if task.bucket == bucket and not task.is_ready and not task.is_fresh:
                task.pause = self._waits.naming
                task.is_excused = now.mono - task.thrown_at > self._waits.answer
                self._pause(box_id, task, now)

    def on_custodians_found(self, now: Instant) -> None:
        """There are custodians to send to."""
        for box_id, task in self._tasks.items():
            if task.is_stranded:
                self._make_ready(box_id)
        self._pump(now)

    def on_price_risen(self, bucket: Bucket) -> None:
        """The price of a bucket changed: tell of each box that carries less."""
        for box_id, task in self._tasks.items():
            if task.bucket == bucket:
                self._measure(box_id, task)

    def handle_timeout(self, now: Instant) -> None:
        """Send again what no custodian named."""
        for box_id in self._agenda.pop_due(now.mono):
            task = self._tasks[box_id]
            if task.is_fresh and task.rounds:
                self._hasten(box_id, task, now)
                continue
            self._under_way.discard(box_id)
            self._hastened.discard(box_id)
            if task.bucket is not None:
                self._look_closer(box_id, task, task.bucket, now)
            if not self._end_if_done(box_id, task, now):
                self._make_ready(box_id)
        self._pump(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        has_work = self._ready and len(self._under_way) < MAX_UNDER_WAY
        return min(self._agenda.next_deadline(), self._blocked_until if has_work else float("inf"))

    def _confirm(self, box_id: ParcelId, task: _Task, custodian: NodeId, now: Instant) -> None:
        if custodian in task.confirmed:
            return
        if not task.confirmed:
            self._transport.on_delivered(box_id, now)
        task.confirmed.add(custodian)
        self._report(DepositAnswered(custodian, box_id, Verdict.STORED, self._hour(now)))
        self._end_if_done(box_id, task, now)

    def _end_if_done(self, box_id: ParcelId, task: _Task, now: Instant) -> bool:
        enough = 1 if len(self._transport.known(task.prefix)) == 1 else COPIES
        if len(task.confirmed) >= enough:
            self.withdraw(box_id, now)
            return True
        return False

    def _look_closer(self, box_id: ParcelId, task: _Task, bucket: Bucket, now: Instant) -> None:
        """It was not named in time: perhaps before our cursor, perhaps its paths lost it."""
        is_reviewed = self._follows.review(bucket, now)
        followed = self._follows.get(bucket)
        is_seen = followed is not None and followed.is_served() and not is_reviewed and not task.is_excused
        if is_seen and task.sent_to and not task.confirmed:
            self._transport.on_missing(box_id, now)

    def _measure(self, box_id: ParcelId, task: _Task) -> None:
        """Tell, once for each price, that a box carries less than is asked where it goes."""
        followed = self._follows.get(task.bucket) if task.bucket else None
        factor = followed.price_factor() if followed else 1
        if factor > task.asked:
            task.asked = factor
            if not is_paid(Kind.BOX, task.box, factor, self._price):
                self._report(PriceRisen(box_id, factor))

    def _pay_more(self, box_id: ParcelId, task: _Task, box: bytes, now: Instant) -> None:
        """Send the same content with other work, to those as well who may have refused it before."""
        task.box = box
        task.sent_to.clear()
        task.pause, task.is_fresh = self._waits.naming, True
        self._under_way.discard(box_id)
        self._agenda.cancel(box_id)
        self._make_ready(box_id)
        self._pump(now)

    def _make_ready(self, box_id: ParcelId) -> None:
        task = self._tasks[box_id]
        if not task.is_ready:
            task.is_ready, task.is_stranded = True, False
            heappush(self._ready, (task.order, box_id))

    def _pump(self, now: Instant) -> None:
        """Send as many as may be under way."""
        while self._ready and len(self._under_way) < MAX_UNDER_WAY and now.mono >= self._blocked_until:
            order, box_id = heappop(self._ready)
            task = self._tasks.get(box_id)
            if task is None or task.order != order or not task.is_ready:
                continue
            task.is_ready = False
            try:
                self._begin(box_id, task, now)
            except Overloaded:
                self._make_ready(box_id)
                self._blocked_until = now.mono + QUEUE_PAUSE

    def _begin(self, box_id: ParcelId, task: _Task, now: Instant) -> None:
        if not self._watch(task, now):
            self._agenda.schedule(box_id, now.mono + NO_ROOM_PAUSE)
            return
        self._recall(box_id, task, now)
        if box_id not in self._tasks:
            return
        self._measure(box_id, task)
        is_sent = self._send(task, now, lacking=COPIES - len(task.confirmed))
        if is_sent:
            self._under_way.add(box_id)
            task.thrown_at, task.is_excused = now.mono, False
        else:
            task.is_stranded = True
        if is_sent and task.is_fresh:
            self._agenda.schedule(box_id, now.mono + self._waits.early)
            return
        self._pause(box_id, task, now)
        task.pause = min(2 * task.pause, MAX_PAUSE)

    def _hasten(self, box_id: ParcelId, task: _Task, now: Instant) -> None:
        """It was not named when most are: one more way, and another circuit to those who should have named it."""
        self._hastened.add(box_id)
        if task.bucket is not None:
            self._follows.hasten(task.bucket, task.thrown_at, now)
        with suppress(Overloaded):
            self._send(task, now, lacking=1)
        due = task.thrown_at + self._waits.naming
        task.is_fresh = now.mono + self._waits.early < due
        self._agenda.schedule(box_id, now.mono + self._waits.early if task.is_fresh else due)

    def _recall(self, box_id: ParcelId, task: _Task, now: Instant) -> None:
        """Count who named it before it was given to us: the same bytes are brought again after a restart."""
        followed = self._follows.get(task.bucket) if task.bucket else None
        for custodian in followed.recent.namers(tag_of(box_id)) if followed else ():
            if box_id in self._tasks:
                self._confirm(box_id, task, custodian, now)

    def _pause(self, box_id: ParcelId, task: _Task, now: Instant) -> None:
        self._agenda.schedule(box_id, now.mono + task.pause * self._rng.uniform(1 - JITTER, 1 + JITTER))

    def _watch(self, task: _Task, now: Instant) -> bool:
        """Watch the bucket that the box lies in at the present width; say whether there was room."""
        bucket = Bucket.of(task.prefix, self._transport.width())
        if task.bucket == bucket:
            return True
        if not self._follows.watch(bucket, task.prefix, now):
            return False
        if task.bucket is not None:
            self._follows.unwatch(task.bucket, now)
        task.bucket = bucket
        return True

    def _send(self, task: _Task, now: Instant, *, lacking: int) -> bool:
        """Send a box to so many; say whether it went to any. ``Overloaded`` when none took it for that reason."""
        if set(self._transport.known(task.prefix)) <= task.sent_to | task.confirmed:
            task.sent_to.clear()
        followed = self._follows.get(task.bucket) if task.bucket else None
        last = task.sent_to | (followed.members.keys() if followed else set())
        is_sent, is_again = False, task.rounds > 0
        for custodian in self._choice.order(task.prefix, now, never=task.confirmed, last=last):
            try:
                self._transport.send_box(custodian, task.box, now, is_again=is_again)
            except Unreachable:
                continue
            except Overloaded:
                if is_sent:
                    break
                raise
            is_sent = True
            task.sent_to.add(custodian)
            lacking -= 1
            if lacking <= 0:
                break
        task.rounds += is_sent
        return is_sent
