"""Deposits: every parcel to two different custodians, and again until two have confirmed it.

A custodian that is silent or full is tried again later, one that refuses for good is not; meanwhile others are asked.
Only answers count as copies: what was sent may be lost with its link, or with a disk that never saw it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from net.agenda import Agenda
from net.errors import Overloaded, Unreachable
from net.events import DepositAnswered, NodeEvent, Verdict
from net.ids import NodeId, ParcelId
from net.instant import Instant
from net.messages import Deposit, DepositAnswer
from net.patron.courier import PATIENCE, QUEUE_PAUSE, Courier, Numbering
from net.store import Kind

# Custodians that must have confirmed a parcel before we stop: one may die at once without any loss.
COPIES: Final = 2
# Parcels that are not confirmed yet: a night's queue of long texts. About 5 MB.
MAX_DEPOSITS: Final = 4096
# Questions without an answer yet, all custodians together: keeps links busy and queues short.
MAX_ASKING: Final = 128
# Seconds until a custodian that was silent or full is tried again with the same parcel: doubled each time up to the most.
FIRST_PAUSE: Final = 5.0
MAX_PAUSE: Final = 300.0

# Answers after which the same bytes have no chance there.
_FINAL: Final = frozenset(Verdict) - {Verdict.STORED, Verdict.FULL}


@dataclass(slots=True)
class _Task:
    kind: Kind
    parcel: bytes
    confirmed: set[NodeId] = field(default_factory=set[NodeId])
    asking: set[NodeId] = field(default_factory=set[NodeId])
    avoided: dict[NodeId, float] = field(default_factory=dict[NodeId, float])  # until when
    pause: float = FIRST_PAUSE


class Deposits:
    """Parcels on their way. ``report`` takes a ``DepositAnswered`` for each answer."""

    def __init__(
        self, courier: Courier, numbering: Numbering, rng: random.Random, report: Callable[[NodeEvent], None]
    ) -> None:
        self._courier = courier
        self._numbering = numbering
        self._rng = rng
        self._report = report
        self._tasks: dict[ParcelId, _Task] = {}
        self._asked: dict[tuple[NodeId, int], ParcelId] = {}
        self._ready: dict[ParcelId, None] = {}  # an ordered set: those to ask for next
        self._silences: Agenda[tuple[NodeId, int]] = Agenda()
        self._pauses: Agenda[ParcelId] = Agenda()
        self._blocked_until = 0.0

    def __len__(self) -> int:
        return len(self._tasks)

    def deposit(self, kind: Kind, parcel_id: ParcelId, parcel: bytes, now: Instant) -> None:
        """Begin; the same bytes again change nothing, other bytes for an id take its place. Raises ``Overloaded``."""
        task = self._tasks.get(parcel_id)
        if task is not None and task.parcel == parcel:
            return
        if task is None and len(self._tasks) >= MAX_DEPOSITS:
            raise Overloaded("deposits")
        self._tasks[parcel_id] = _Task(kind, parcel)
        self._make_ready(parcel_id, now)

    def withdraw(self, parcel_id: ParcelId) -> None:
        """Stop trying."""
        self._tasks.pop(parcel_id, None)
        self._ready.pop(parcel_id, None)
        self._pauses.cancel(parcel_id)

    def custodian_up(self, custodian: NodeId, now: Instant) -> None:
        """Somebody new to ask: whatever lacks copies goes there too."""
        for parcel_id, task in self._tasks.items():
            task.avoided.pop(custodian, None)
            self._enqueue(parcel_id, task)
        self._pump(now)

    def custodian_down(self, custodian: NodeId, now: Instant) -> None:
        """What was asked there gets no answer any more."""
        for key in [key for key in self._asked if key[0] == custodian]:
            self._on_silence(key, now)
        self._pump(now)

    def receive(self, custodian: NodeId, message: DepositAnswer, now: Instant) -> None:
        """Take an answer; answers to nothing we asked are ignored."""
        key = custodian, message.request
        parcel_id = self._asked.pop(key, None)
        if parcel_id is None:
            return
        self._silences.cancel(key)
        verdict = Verdict(message.verdict)
        if task := self._tasks.get(parcel_id):
            self._note(task, custodian, verdict, now)
            if len(task.confirmed) >= COPIES:
                self.withdraw(parcel_id)
            else:
                self._enqueue(parcel_id, task)
        self._report(DepositAnswered(custodian, parcel_id, verdict, message.hour))
        self._pump(now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent, try the avoided again."""
        for key in self._silences.pop_due(now.mono):
            self._on_silence(key, now)
        for parcel_id in self._pauses.pop_due(now.mono):
            if task := self._tasks.get(parcel_id):
                self._enqueue(parcel_id, task)
        self._pump(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        blocked = self._blocked_until if self._ready and len(self._asked) < MAX_ASKING else math.inf
        return min(self._silences.next_deadline(), self._pauses.next_deadline(), blocked)

    def _note(self, task: _Task, custodian: NodeId, verdict: Verdict, now: Instant) -> None:
        task.asking.discard(custodian)
        if verdict is Verdict.STORED:
            task.confirmed.add(custodian)
        elif verdict in _FINAL:
            task.avoided[custodian] = math.inf
        else:
            self._avoid(task, custodian, now)

    def _on_silence(self, key: tuple[NodeId, int], now: Instant) -> None:
        parcel_id = self._asked.pop(key, None)
        self._silences.cancel(key)
        task = self._tasks.get(parcel_id) if parcel_id is not None else None
        if task is not None and parcel_id is not None:
            task.asking.discard(key[0])
            self._avoid(task, key[0], now)
            self._enqueue(parcel_id, task)

    def _avoid(self, task: _Task, custodian: NodeId, now: Instant) -> None:
        task.avoided[custodian] = now.mono + task.pause
        task.pause = min(2 * task.pause, MAX_PAUSE)

    def _make_ready(self, parcel_id: ParcelId, now: Instant) -> None:
        self._enqueue(parcel_id, self._tasks[parcel_id])
        self._pump(now)

    def _enqueue(self, parcel_id: ParcelId, task: _Task) -> None:
        if len(task.confirmed) + len(task.asking) < COPIES:
            self._ready[parcel_id] = None

    def _pump(self, now: Instant) -> None:
        """Ask for as many ready parcels as may be under way."""
        while self._ready and len(self._asked) < MAX_ASKING and now.mono >= self._blocked_until:
            parcel_id = next(iter(self._ready))
            del self._ready[parcel_id]
            try:
                self._ask(parcel_id, self._tasks[parcel_id], now)
            except Overloaded:
                self._ready[parcel_id] = None
                self._blocked_until = now.mono + QUEUE_PAUSE

    def _ask(self, parcel_id: ParcelId, task: _Task, now: Instant) -> None:
        known = self._courier.custodians()
        candidates = [
            each
            for each in known
            if each not in task.confirmed and each not in task.asking and task.avoided.get(each, 0.0) <= now.mono
        ]
        self._rng.shuffle(candidates)
        while candidates and len(task.confirmed) + len(task.asking) < COPIES:
            custodian = candidates.pop()
            number = self._numbering.draw()
            try:
                self._courier.ask(custodian, Deposit(number, task.kind.value, task.parcel), now)
            except Unreachable:
                continue
            task.asking.add(custodian)
            self._asked[custodian, number] = parcel_id
            self._silences.schedule((custodian, number), now.mono + PATIENCE)
        again = min((task.avoided[each] for each in known if each in task.avoided), default=math.inf)
        if len(task.confirmed) + len(task.asking) < COPIES and again < math.inf:
            self._pauses.schedule(parcel_id, max(again, now.mono + QUEUE_PAUSE))
