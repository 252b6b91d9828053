"""Fetches: boxes by tag, from any custodian, hidden among others.

Tags that are wanted travel with decoys, tags seen in the streams that are not ours, up to a whole eight, so that a custodian
does not learn how many boxes belong together or which. What one custodian lacks, or does not answer, is asked elsewhere.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from net.agenda import Agenda
from net.errors import DecodeError, Overloaded, Unreachable
from net.events import BoxAbsent, BoxArrived, NodeEvent
from net.ids import NodeId, Tag, tag_of
from net.instant import Instant
from net.messages import MAX_BOXES_PER_ANSWER, MAX_TAGS_PER_FETCH, Boxes, Fetch
from net.parcel.box import decode_box, is_signed
from net.patron.courier import PATIENCE, QUEUE_PAUSE, Courier, Numbering

# Tags wanted and not found yet: two days of a busy reader.
MAX_FETCHES: Final = 8192
# Requests without an answer yet.
MAX_ASKING: Final = 8
# Tags in a request come in multiples of this.
GROUP: Final = 8
# Tags remembered as decoys; the latest, since old boxes are rarely fetched.
MAX_DECOYS: Final = 4096
# Seconds until everybody is asked again when nobody answered.
PAUSE: Final = 10.0
# Answers to one request: 64 tags of four variants each, 64 boxes an answer.
MAX_ANSWERS: Final = 4 * MAX_TAGS_PER_FETCH // MAX_BOXES_PER_ANSWER


@dataclass(slots=True)
class _Task:
    asked: set[NodeId] = field(default_factory=set[NodeId])
    is_absent: bool = False  # somebody said so


@dataclass(slots=True)
class _Request:
    tags: set[Tag]
    answers: int = 0


class Fetches:
    """Boxes being fetched. ``report`` takes ``BoxArrived`` and ``BoxAbsent``."""

    def __init__(
        self, courier: Courier, numbering: Numbering, rng: random.Random, report: Callable[[NodeEvent], None]
    ) -> None:
        self._courier = courier
        self._numbering = numbering
        self._rng = rng
        self._report = report
        self._tasks: dict[Tag, _Task] = {}
        self._requests: dict[tuple[NodeId, int], _Request] = {}
        self._waiting: deque[Tag] = deque()
        self._decoys: deque[Tag] = deque(maxlen=MAX_DECOYS)
        self._silences: Agenda[tuple[NodeId, int]] = Agenda()
        self._pauses: Agenda[Tag] = Agenda()
        self._pump_at: Agenda[None] = Agenda()

    def fetch(self, tags: Sequence[Tag], now: Instant) -> None:
        """Look for boxes; tags that are looked for already change nothing. Raises ``Overloaded`` and takes none."""
        fresh = [tag for tag in dict.fromkeys(tags) if tag not in self._tasks]
        if len(self._tasks) + len(fresh) > MAX_FETCHES:
            raise Overloaded("fetches")
        for tag in fresh:
            self._tasks[tag] = _Task()
            self._waiting.append(tag)
        self._pump(now)

    def saw(self, tags: Iterable[Tag]) -> None:
        """Note tags of a stream, for use as decoys."""
        self._decoys.extend(tags)

    def custodian_up(self, now: Instant) -> None:
        """Somebody new to ask."""
        self._pump(now)

    def custodian_down(self, custodian: NodeId, now: Instant) -> None:
        """What was asked there gets no answer any more."""
        for key in [key for key in self._requests if key[0] == custodian]:
            self._end(key, now, is_answered=False)
        self._pump(now)

    def receive(self, custodian: NodeId, message: Boxes, now: Instant) -> None:
        """Take boxes; those not asked for, and those nobody with the right to their id wrote, are dropped."""
        key = custodian, message.request
        request = self._requests.get(key)
        if request is None:
            return
        request.answers += 1
        for data in message.boxes:
            self._on_box(request, data)
        if message.is_last or request.answers >= MAX_ANSWERS:
            self._end(key, now, is_answered=message.is_last)
            self._pump(now)

    def busy(self, custodian: NodeId, number: int, now: Instant) -> None:
        """A custodian will not answer now."""
        self._end((custodian, number), now, is_answered=False)
        self._pump(now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent, ask again after a pause."""
        for key in self._silences.pop_due(now.mono):
            self._end(key, now, is_answered=False)
        for tag in self._pauses.pop_due(now.mono):
            if tag in self._tasks:
                self._waiting.append(tag)
        self._pump_at.pop_due(now.mono)
        self._pump(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(each.next_deadline() for each in (self._silences, self._pauses, self._pump_at))

    def _on_box(self, request: _Request, data: bytes) -> None:
        try:
            box = decode_box(data)
        except DecodeError:
            return
        tag = tag_of(box.box_id)
        if tag in request.tags and is_signed(box):
            self._tasks.pop(tag, None)
            self._report(BoxArrived(data))

    def _end(self, key: tuple[NodeId, int], now: Instant, *, is_answered: bool) -> None:
        """A request is over: what it did not bring is absent there, or remains unknown."""
        request = self._requests.pop(key, None)
        self._silences.cancel(key)
        if request is None:
            return
        known = set(self._courier.custodians())
        for tag in sorted(request.tags & self._tasks.keys()):
            task = self._tasks[tag]
            task.is_absent = task.is_absent or is_answered
            self._go_on(tag, task, known, now)

    def _go_on(self, tag: Tag, task: _Task, known: set[NodeId], now: Instant) -> None:
        if known - task.asked:
            self._waiting.append(tag)
        elif task.is_absent:
            del self._tasks[tag]
            self._report(BoxAbsent(tag))
        else:
            task.asked.clear()
            self._pauses.schedule(tag, now.mono + PAUSE)

    def _pump(self, now: Instant) -> None:
        known = self._courier.custodians()
        while known and self._waiting and len(self._requests) < MAX_ASKING:
            custodian, tags = self._gather(known)
            if not tags:
                continue
            number = self._numbering.draw()
            try:
                self._courier.ask(custodian, Fetch(number, b"".join(self._disguised(tags))), now)
            except Overloaded:
                self._waiting.extendleft(reversed(tags))
                self._pump_at.schedule(None, now.mono + QUEUE_PAUSE)
                return
            except Unreachable:
                known.remove(custodian)
                self._waiting.extendleft(reversed(tags))
                continue
            for tag in tags:
                self._tasks[tag].asked.add(custodian)
            self._requests[custodian, number] = _Request(set(tags))
            self._silences.schedule((custodian, number), now.mono + PATIENCE)

    def _gather(self, known: list[NodeId]) -> tuple[NodeId, list[Tag]]:
        """Choose a custodian for the first tag that waits, and the other tags it may be asked for at once."""
        first = self._tasks.get(self._waiting[0])
        if first is None:
            self._waiting.popleft()
            return known[0], []
        custodian = self._rng.choice([each for each in known if each not in first.asked] or known)
        tags: list[Tag] = []
        for _ in range(len(self._waiting)):
            tag = self._waiting.popleft()
            task = self._tasks.get(tag)
            if task is None:
                continue
            if len(tags) < MAX_TAGS_PER_FETCH and (not tags or custodian not in task.asked):
                tags.append(tag)
            else:
                self._waiting.append(tag)
        return custodian, tags

    def _disguised(self, tags: list[Tag]) -> list[Tag]:
        """Return the tags among decoys, in an order that tells nothing."""
        lacking = -len(tags) % GROUP
        spare = [tag for tag in self._sample(4 * lacking) if tag not in self._tasks]
        return sorted({*tags, *spare[:lacking]})

    def _sample(self, count: int) -> list[Tag]:
        return self._rng.sample(self._decoys, min(count, len(self._decoys)))
