"""Fetches: boxes by tag, from custodians that named them.

What one custodian lacks, or does not answer, is asked elsewhere; how a request hides what it asks for is said in
``fetch_requests``. A box that came may still be the wrong one, another's variant under the same id or without its work:
only the owner can tell, and has it looked for once more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Final

from net.agenda import Agenda
from net.client.choice import Choice
from net.client.fetch_requests import GROUP, Batch, FetchRequests, Probe
from net.client.followed_bucket import FollowedBucket
from net.client.follows import Follows
from net.client.ports import QUEUE_PAUSE, Purpose, ScatteredNumbers, Transport, Waits
from net.client.questions import Questions
from net.errors import Overloaded, Unreachable
from net.events import BoxAbsent, BoxArrived, NodeEvent
from net.ids import NodeId, Tag
from net.instant import Instant
from net.messages import MAX_TAGS_PER_FETCH, Boxes

# Tags wanted and not found yet: two days of a busy reader.
MAX_FETCHES: Final = 8192
# Requests without an answer yet.
MAX_ASKING: Final = 8
# Custodians asked for one tag: those that named it and as many more. Each one asked learns that it is wanted.
MAX_LOOKS: Final = 4
# Further custodians when the owner could not use what came.
RETRY_LOOKS: Final = 2
# Tags remembered after their boxes came, for ``retry``.
MAX_DONE: Final = 1024
# Seconds until all are asked again when none answered.
PAUSE: Final = 10.0
# Waiting tags looked at for what may travel with the first; keeps a long queue cheap.
_MAX_LOOKAHEAD: Final = 256


@dataclass(slots=True)
class _Task:
    looks_left: int = MAX_LOOKS
    asked: set[NodeId] = field(default_factory=set[NodeId])
    before: frozenset[NodeId] = frozenset()  # asked by the request before, whose answer was no use
    variants: set[bytes] = field(default_factory=set[bytes])  # digests of what was reported
    is_found: bool = False  # something new came
    is_absent: bool = False  # a custodian said so
    is_retry: bool = False


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
        self._choice = choice
        self._follows = follows
        self._rng = rng
        self._report = report
        self._tasks: dict[Tag, _Task] = {}
        self._done: dict[Tag, _Task] = {}
        self._requests = FetchRequests(
            Questions(transport, choice, numbers, waits, Purpose.FETCH),
            choice,
            follows,
            rng,
            is_wanted=self._tasks.__contains__,
            on_box=self._on_box,
            on_end=self._on_end,
        )
        self._waiting: deque[Tag] = deque()
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
            self._requests.ask(Batch(custodian, followed, list(tags[:GROUP])), now, then)
        except (Overloaded, Unreachable):
            then(None, now)

    # --- what comes ---------------------------------------------------------------------------------------------------

    def on_custodians_found(self, now: Instant) -> None:
        """There may be new custodians to ask."""
        self._waiting.extend(self._pauses.pop_due(float("inf")))
        self._pump(now)

    def on_circuit_lost(self, custodian: NodeId, now: Instant) -> None:
        """What was asked there gets no answer any more."""
        self._requests.on_circuit_lost(custodian, now)
        self._pump(now)

    def receive(self, custodian: NodeId, message: Boxes, now: Instant) -> None:
        """Take boxes; those not asked for are dropped, and a custodian that altered one is left."""
        if self._requests.receive(custodian, message, now):
            self._pump(now)

    def on_busy(self, custodian: NodeId, number: int, now: Instant) -> None:
        """A custodian will not answer now."""
        self._requests.on_busy(custodian, number, now)
        self._pump(now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent, ask again after a pause."""
        self._requests.handle_timeout(now)
        self._waiting.extend(self._pauses.pop_due(now.mono))
        self._pump(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        has_work = self._waiting and len(self._requests) < MAX_ASKING
        blocked = self._blocked_until if has_work else float("inf")
        return min(self._requests.next_deadline(), self._pauses.next_deadline(), blocked)

    # --- answers ------------------------------------------------------------------------------------------------------

    def _on_box(self, tag: Tag, data: bytes) -> None:
        """Report a box that is new."""
        task = self._tasks.get(tag)
        digest = sha256(data).digest()
        if task is not None and digest not in task.variants:
            task.variants.add(digest)
            task.is_found = True
            self._report(BoxArrived(data))

    def _on_end(self, tags: frozenset[Tag], is_answered: bool, now: Instant) -> None:  # noqa: FBT001 -- a callback
        """A request is over: what it did not bring is absent there, or remains unknown."""
        for tag in sorted(tags & self._tasks.keys()):
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
                self._ask(batch, now)
            except Overloaded:
                self._waiting.extendleft(reversed(batch.tags))
                self._blocked_until = now.mono + QUEUE_PAUSE
            except Unreachable:
                for tag in batch.tags:
                    self._tasks[tag].asked.add(batch.custodian)
                    self._go_on(tag, self._tasks[tag], now)

    def _ask(self, batch: Batch, now: Instant) -> None:
        self._requests.ask(batch, now)
        for tag in batch.tags:
            self._tasks[tag].asked.add(batch.custodian)
            self._tasks[tag].looks_left -= 1

    def _gather(self, now: Instant) -> Batch | None:
        """Choose a custodian for the first tag that waits, and the other tags of its bucket to ask for at once."""
        first = self._waiting.popleft()
        task = self._tasks.get(first)
        choice = self._whom(first, task, now) if task else None
        if task is None or choice is None:
            if task is not None:
                self._go_on(first, task, now)
            return None
        custodian, followed = choice
        batch = Batch(custodian, followed, [first])
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
