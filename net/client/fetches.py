"""Fetches: boxes by tag, from custodians that named them, hidden among others of their bucket.

Tags that are wanted travel with decoys, tags of the same bucket that are not ours, up to a whole eight, so that a custodian
does not learn how many boxes belong together or which. What one custodian lacks, or does not answer, is asked elsewhere.
A box that came may still be the wrong one, another's variant under the same id or without its work: only the owner can
tell, and has it looked for once more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Final, NamedTuple

from net.agenda import Agenda
from net.client.choice import Choice
from net.client.followed_bucket import FollowedBucket
from net.client.follows import Follows
from net.client.ports import QUEUE_PAUSE, Purpose, ScatteredNumbers, Transport, Waits
from net.errors import DecodeError, Overloaded, UnknownVersion, Unreachable
from net.events import BoxAbsent, BoxArrived, NodeEvent
from net.ids import NodeId, Tag, tag_of
from net.instant import Instant
from net.messages import MAX_BOXES_PER_ANSWER, MAX_TAGS_PER_FETCH, Boxes, Fetch
from net.numbers import MAX_VARIANTS
from net.parcel.box import Box, decode_box, id_in_box, is_signed

# Tags wanted and not found yet: two days of a busy reader.
MAX_FETCHES: Final = 8192
# Requests without an answer yet.
MAX_ASKING: Final = 8
# Tags in a request come in multiples of this.
GROUP: Final = 8
# Custodians asked for one tag: those that named it and as many more. Each one asked learns that somebody wants it.
MAX_LOOKS: Final = 4
# Further custodians when the owner could not use what came.
RETRY_LOOKS: Final = 2
# Tags remembered after their boxes came, for ``retry``.
MAX_DONE: Final = 1024
# Seconds until everybody is asked again when nobody answered.
PAUSE: Final = 10.0
# Answers to one request: 64 tags of four variants each, 64 boxes an answer.
MAX_ANSWERS: Final = MAX_VARIANTS * MAX_TAGS_PER_FETCH // MAX_BOXES_PER_ANSWER
# Waiting tags looked at for what may travel with the first; keeps a long queue cheap.
_MAX_LOOKAHEAD: Final = 256


@dataclass(slots=True)
class _Task:
    looks_left: int = MAX_LOOKS
    asked: set[NodeId] = field(default_factory=set[NodeId])
    before: frozenset[NodeId] = frozenset()  # asked by the request before, whose answer was no use
    variants: set[bytes] = field(default_factory=set[bytes])  # digests of what was reported
    is_found: bool = False  # something new came
    is_absent: bool = False  # somebody said so
    is_retry: bool = False


class Shown(NamedTuple):
    """What a custodian gave: boxes that it was asked for, and tags of those that are of another version than ours.

    The strange ones may be good, and we can neither use nor check them.
    """

    boxes: list[Box]
    strange: set[Tag]


Probe = Callable[[Shown | None, Instant], None]


@dataclass(slots=True)
class _Request:
    tags: frozenset[Tag]
    asked_at: float
    answers: int = 0
    count: dict[Tag, int] = field(default_factory=dict[Tag, int])
    probe: Probe | None = None
    shown: Shown = field(default_factory=lambda: Shown([], set()))  # for a probe


class _Batch(NamedTuple):
    custodian: NodeId
    followed: FollowedBucket
    tags: list[Tag]


class Fetches:
    """Boxes being fetched. ``report`` takes ``BoxArrived`` and ``BoxAbsent``."""

    def __init__(
        self,
        transport: Transport,
        choice: Choice,
        follows: Follows,
        numbers: ScatteredNumbers,
        rng: Random,
        waits: Waits,
        *,
        report: Callable[[NodeEvent], None],
    ) -> None:
        self._transport = transport
        self._choice = choice
        self._follows = follows
        self._numbers = numbers
        self._rng = rng
        self._waits = waits
        self._report = report
        self._tasks: dict[Tag, _Task] = {}
        self._done: dict[Tag, _Task] = {}
        self._requests: dict[tuple[NodeId, int], _Request] = {}
        self._waiting: deque[Tag] = deque()
        self._silences: Agenda[tuple[NodeId, int]] = Agenda()
        self._pauses: Agenda[Tag] = Agenda()
        self._blocked_until = 0.0

    # --- what is wanted -----------------------------------------------------------------------------------------------

    def fetch(self, tags: Sequence[Tag], now: Instant) -> None:
        """Look for boxes; tags that are looked for already change nothing. Raises ``Overloaded`` and takes none.

        A tag whose box came lately is looked for at other custodians first.
        """
        fresh = [tag for tag in dict.fromkeys(tags) if tag not in self._tasks]
        if len(self._tasks) + len(fresh) > MAX_FETCHES:
            raise Overloaded("fetches")
        for tag in fresh:
            former = self._done.pop(tag, None)
            self._tasks[tag] = _Task(before=frozenset(former.asked) if former else frozenset())
            self._waiting.append(tag)
        self._pump(now)

    def retry(self, tag: Tag, now: Instant) -> None:
        """Ask up to two more custodians for a box that came but was no use; only others than those are reported.

        When there are none, ``BoxAbsent`` is. Raises ``Overloaded``.
        """
        task = self._done.pop(tag, None)
        if task is None:
            self.fetch([tag], now)
        elif len(self._tasks) >= MAX_FETCHES:
            self._done[tag] = task
            raise Overloaded("fetches")
        else:
            task.looks_left, task.is_retry, task.is_found, task.is_absent = RETRY_LOOKS, True, False, False
            self._tasks[tag] = task
            self._go_on(tag, task, now)
            self._pump(now)

    def probe(
        self,
        custodian: NodeId,
        followed: FollowedBucket,
        tags: Sequence[Tag],
        then: Probe,
        now: Instant,
    ) -> None:
        """Ask one custodian for up to eight boxes to see whether it has them; None when it did not answer."""
        try:
            self._ask(_Batch(custodian, followed, list(tags[:GROUP])), now, then)
        except (Overloaded, Unreachable):
            then(None, now)

    # --- what comes ---------------------------------------------------------------------------------------------------

    def on_custodians_found(self, now: Instant) -> None:
        """There may be somebody new to ask."""
        self._waiting.extend(self._pauses.pop_due(float("inf")))
        self._pump(now)

    def on_circuit_lost(self, custodian: NodeId, now: Instant) -> None:
        """What was asked there gets no answer any more."""
        for key in [key for key in self._requests if key[0] == custodian]:
            self._end(key, now, is_answered=False)
        self._pump(now)

    def receive(self, custodian: NodeId, message: Boxes, now: Instant) -> None:
        """Take boxes; those not asked for are dropped, and so is whoever alters one."""
        key = custodian, message.request
        request = self._requests.get(key)
        if request is None:
            return
        self._choice.on_answer(now)
        request.answers += 1
        are_genuine = [self._on_box(request, data) for data in message.boxes]
        if not all(are_genuine):
            self._follows.expel(custodian, now)
            self._choice.on_caught(custodian, now)
        if message.is_last or request.answers >= MAX_ANSWERS:
            self._end(key, now, is_answered=message.is_last)
            self._pump(now)

    def on_busy(self, custodian: NodeId, number: int, now: Instant) -> None:
        """A custodian will not answer now."""
        self._end((custodian, number), now, is_answered=False)
        self._pump(now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent, ask again after a pause."""
        for key in self._silences.pop_due(now.mono):
            self._choice.was_silent(key[0], self._requests[key].asked_at, now)
            self._end(key, now, is_answered=False)
        self._waiting.extend(self._pauses.pop_due(now.mono))
        self._pump(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        has_work = self._waiting and len(self._requests) < MAX_ASKING
        blocked = self._blocked_until if has_work else float("inf")
        return min(self._silences.next_deadline(), self._pauses.next_deadline(), blocked)

    # --- answers ------------------------------------------------------------------------------------------------------

    def _on_box(self, request: _Request, data: bytes) -> bool:
        """Report a box that is wanted; say whether it is none that somebody altered."""
        try:
            box = decode_box(data)
        except UnknownVersion:
            self._on_strange_box(request, data)
            return True
        except DecodeError:
            return False
        tag = tag_of(box.box_id)
        if tag not in request.tags:
            return True  # a decoy
        if not is_signed(box):
            return False
        request.count[tag] = request.count.get(tag, 0) + 1
        if request.count[tag] <= MAX_VARIANTS:
            if request.probe:
                request.shown.boxes.append(box)
            elif task := self._tasks.get(tag):
                self._take(task, data)
        return True

    @staticmethod
    def _on_strange_box(request: _Request, data: bytes) -> None:
        """Note a box that we cannot read. To whoever fetches it is as good as not there, and nobody is to blame."""
        box_id = id_in_box(data)
        if box_id is not None:
            request.shown.strange.add(tag_of(box_id))

    def _take(self, task: _Task, data: bytes) -> None:
        digest = sha256(data).digest()
        if digest not in task.variants:
            task.variants.add(digest)
            task.is_found = True
            self._report(BoxArrived(data))

    def _end(self, key: tuple[NodeId, int], now: Instant, *, is_answered: bool) -> None:
        """A request is over: what it did not bring is absent there, or remains unknown."""
        request = self._requests.pop(key, None)
        self._silences.cancel(key)
        if request is None:
            return
        if request.probe:
            request.probe(request.shown if is_answered else None, now)
            return
        for tag in sorted(request.tags & self._tasks.keys()):
            task = self._tasks[tag]
            task.is_absent = task.is_absent or is_answered
            self._go_on(tag, task, now)

    def _go_on(self, tag: Tag, task: _Task, now: Instant) -> None:
        if task.is_found:
            self._finish(tag, task)
        elif self._whom(tag, task, now):
            self._waiting.append(tag)
        elif task.is_absent or task.is_retry:
            if task.variants:
                self._finish(tag, task)
            else:
                del self._tasks[tag]
            self._report(BoxAbsent(tag))
        else:
            task.asked.clear()
            task.looks_left = MAX_LOOKS
            self._pauses.schedule(tag, now.mono + PAUSE)

    def _finish(self, tag: Tag, task: _Task) -> None:
        del self._tasks[tag]
        self._done[tag] = task
        if len(self._done) > MAX_DONE:
            del self._done[next(iter(self._done))]

    # --- questions ----------------------------------------------------------------------------------------------------

    def _pump(self, now: Instant) -> None:
        for _ in range(len(self._waiting)):
            if not self._waiting or len(self._requests) >= MAX_ASKING or now.mono < self._blocked_until:
                return
            batch = self._gather(now)
            if batch is None:
                continue
            try:
                self._ask(batch, now, None)
            except Overloaded:
                self._waiting.extendleft(reversed(batch.tags))
                self._blocked_until = now.mono + QUEUE_PAUSE
            except Unreachable:
                for tag in batch.tags:
                    self._tasks[tag].asked.add(batch.custodian)
                    self._go_on(tag, self._tasks[tag], now)

    def _ask(self, batch: _Batch, now: Instant, probe: Probe | None) -> None:
        key = batch.custodian, self._numbers.draw()
        tags = b"".join(self._disguised(batch.tags, batch.followed))
        self._transport.ask(batch.custodian, Purpose.FETCH, Fetch(key[1], tags), now)
        self._requests[key] = _Request(frozenset(batch.tags), now.mono, probe=probe)
        self._silences.schedule(key, now.mono + self._waits.answer)
        for tag in batch.tags if probe is None else ():
            self._tasks[tag].asked.add(batch.custodian)
            self._tasks[tag].looks_left -= 1

    def _gather(self, now: Instant) -> _Batch | None:
        """Choose a custodian for the first tag that waits, and the other tags of its bucket to ask for at once."""
        first = self._waiting.popleft()
        task = self._tasks.get(first)
        choice = self._whom(first, task, now) if task else None
        if task is None or choice is None:
            if task is not None:
                self._go_on(first, task, now)
            return None
        custodian, followed = choice
        batch = _Batch(custodian, followed, [first])
        for _ in range(min(len(self._waiting), _MAX_LOOKAHEAD)):
            tag = self._waiting.popleft()
            other = self._tasks.get(tag)
            if other is None:
                continue
            if len(batch.tags) < MAX_TAGS_PER_FETCH and custodian not in other.asked and followed in self._homes(tag):
                batch.tags.append(tag)
            else:
                self._waiting.append(tag)
        return batch

    def _whom(self, tag: Tag, task: _Task, now: Instant) -> tuple[NodeId, FollowedBucket] | None:
        """Return whom to ask next: who named the tag, who is followed in its bucket, others there.

        A tag that was named before our time may lie in any bucket; then those followed in each are asked.
        """
        homes = self._homes(tag)
        is_located = any(followed.recent.namers(tag) for followed in homes)
        if (is_located or task.is_retry) and task.looks_left <= 0:
            return None
        options: list[tuple[bool, bool, float, NodeId, FollowedBucket]] = []
        for followed in homes:
            namers = followed.recent.namers(tag)
            for custodian in dict.fromkeys((*namers, *followed.members)):
                if custodian not in task.asked:
                    rank = (custodian in task.before, custodian not in namers, self._rng.random())
                    options.append((*rank, custodian, followed))
        if options:
            *_, custodian, followed = min(options, key=lambda option: option[:3])
            return custodian, followed
        if is_located:
            others = self._choice.order(homes[0].address, now, never=task.asked)
            return (others[0], homes[0]) if others else None
        return None

    def _homes(self, tag: Tag) -> list[FollowedBucket]:
        """Return the buckets where a tag may lie."""
        buckets = self._follows.buckets()
        named = [followed for followed in buckets if followed.recent.namers(tag)]
        return named or [followed for followed in buckets if followed.is_read]

    def _disguised(self, tags: list[Tag], followed: FollowedBucket) -> list[Tag]:
        """Return the tags among decoys of the same bucket, in an order that tells nothing."""
        lacking = -len(tags) % GROUP
        spare = [
            tag for tag in followed.recent.sample(self._rng, 4 * lacking) if tag not in self._tasks and tag not in tags
        ]
        return sorted({*tags, *spare[:lacking]})
