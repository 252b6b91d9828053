"""Records: each to three custodians of its bucket, over circuits, and again until they have said that they keep it.

A record is large and rare, and its custodians say something about it (that a newer one is there, say), so it is brought
over a circuit and answered. A custodian that is silent or full, or says something that we do not know, is tried again
later, one that refuses for good is not. Who has no room says what a record of that size costs; where two ask for more than
ours carries, its owner is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from net.agenda import Agenda
from net.bucket import address_of
from net.client.choice import Choice
from net.client.encoding import agreed, is_paid
from net.client.ports import QUEUE_PAUSE, Purpose, ScatteredNumbers, Transport, Waits
from net.client.questions import Questions
from net.errors import Overloaded, Unreachable
from net.events import DepositAnswered, NodeEvent, PriceRisen, Verdict
from net.ids import NodeId, ParcelId
from net.instant import Instant
from net.messages import Deposit, DepositAnswer
from net.parcel.store import Kind
from net.parcel.work import WorkPrice

# Custodians that must have confirmed a record before we stop; their swarm makes more of them.
REPLICAS: Final = 3
# Records that are not confirmed yet, 64 KiB each at most: invitations, and an account's own state.
MAX_RECORDS: Final = 256
# Questions without an answer yet.
MAX_ASKING: Final = 16
# Seconds until a custodian that was silent or full is tried again with the same record: doubled each time up to the most.
FIRST_PAUSE: Final = 5.0
MAX_PAUSE: Final = 300.0

# Answers after which the same bytes have no chance there.
_FINAL: Final = frozenset(Verdict) - {Verdict.STORED, Verdict.FULL, Verdict.REFUSED}


@dataclass(slots=True)
class _Task:
    record: bytes
    confirmed: set[NodeId] = field(default_factory=set[NodeId])
    asking: set[NodeId] = field(default_factory=set[NodeId])
    avoided: dict[NodeId, float] = field(default_factory=dict[NodeId, float])  # until when
    pause: float = FIRST_PAUSE
    prices: dict[NodeId, int] = field(default_factory=dict[NodeId, int])  # that those without room told last
    asked: int = 0  # the highest price that it was measured against

    @property
    def lacking(self) -> int:
        """How many more custodians to ask."""
        return REPLICAS - len(self.confirmed) - len(self.asking)


class Records:
    """Records on their way. ``report`` takes a ``DepositAnswered`` for each answer."""

    def __init__(
        self,
        transport: Transport,
        choice: Choice,
        numbers: ScatteredNumbers,
        waits: Waits,
        report: Callable[[NodeEvent], None],
        price: WorkPrice,
    ) -> None:
        self._transport = transport
        self._choice = choice
        self._report = report
        self._price = price
        self._tasks: dict[ParcelId, _Task] = {}
        self._questions: Questions[ParcelId] = Questions(transport, choice, numbers, waits, Purpose.RECORD)
        self._ready: dict[ParcelId, None] = {}  # an ordered set: those to ask for next
        self._pauses: Agenda[ParcelId] = Agenda()
        self._blocked_until = 0.0

    def __len__(self) -> int:
        return len(self._tasks)

    def put(self, record_id: ParcelId, record: bytes, now: Instant) -> None:
        """Begin; the same bytes again change nothing, others take their place. Raises ``Overloaded``."""
        task = self._tasks.get(record_id)
        if task is not None and task.record == record:
            return
        if task is None and len(self._tasks) >= MAX_RECORDS:
            raise Overloaded("records")
        self._tasks[record_id] = _Task(record)
        self._enqueue(record_id)
        self._pump(now)

    def withdraw(self, record_id: ParcelId) -> None:
        """Stop trying."""
        self._tasks.pop(record_id, None)
        self._ready.pop(record_id, None)
        self._pauses.cancel(record_id)

    def on_custodians_found(self, now: Instant) -> None:
        """There may be new custodians to ask."""
        for record_id in self._tasks:
            self._enqueue(record_id)
        self._pump(now)

    def on_circuit_lost(self, custodian: NodeId, now: Instant) -> None:
        """What was asked there gets no answer any more."""
        for number in self._questions.at(custodian):
            self._on_silence(custodian, number, now)
        self._pump(now)

    def receive(self, custodian: NodeId, message: DepositAnswer, now: Instant) -> None:
        """Take an answer; answers to nothing we asked are ignored."""
        record_id, verdict = self._questions.end(custodian, message.request), Verdict(message.verdict)
        if record_id is None:
            return
        self._choice.on_answer(now)
        if task := self._tasks.get(record_id):
            self._note(task, custodian, verdict, now)
            if verdict is Verdict.FULL:
                self._measure(record_id, task, custodian, message.price)
            if len(task.confirmed) >= REPLICAS:
                self.withdraw(record_id)
            else:
                self._enqueue(record_id)
        self._report(DepositAnswered(custodian, record_id, verdict, message.hour))
        self._pump(now)

    def on_refused(self, custodian: NodeId, number: int, now: Instant) -> None:
        """A custodian does not know the question."""
        if self._questions.get(custodian, number) is not None:
            self._on_silence(custodian, number, now)
            self._pump(now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent, try the avoided again."""
        for custodian, number in self._questions.silent(now):
            self._on_silence(custodian, number, now)
        for record_id in self._pauses.pop_due(now.mono):
            self._enqueue(record_id)
        self._pump(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        has_work = self._ready and len(self._questions) < MAX_ASKING
        blocked = self._blocked_until if has_work else float("inf")
        return min(self._questions.next_deadline(), self._pauses.next_deadline(), blocked)

    def _note(self, task: _Task, custodian: NodeId, verdict: Verdict, now: Instant) -> None:
        task.asking.discard(custodian)
        if verdict is Verdict.STORED:
            task.confirmed.add(custodian)
        elif verdict in _FINAL:
            task.avoided[custodian] = float("inf")
        else:
            self._avoid(task, custodian, now)

    def _measure(self, record_id: ParcelId, task: _Task, custodian: NodeId, price: int) -> None:
        """Tell, once for each price, that a record carries less than two custodians ask for."""
        task.prices[custodian] = price
        factor = agreed(task.prices.values())
        if factor > task.asked:
            task.asked = factor
            if not is_paid(Kind.RECORD, task.record, factor, self._price):
                self._report(PriceRisen(record_id, factor))

    def _on_silence(self, custodian: NodeId, number: int, now: Instant) -> None:
        record_id = self._questions.end(custodian, number)
        if record_id is not None and (task := self._tasks.get(record_id)):
            task.asking.discard(custodian)
            self._avoid(task, custodian, now)
            self._enqueue(record_id)

    @staticmethod
    def _avoid(task: _Task, custodian: NodeId, now: Instant) -> None:
        task.avoided[custodian] = now.mono + task.pause
        task.pause = min(2 * task.pause, MAX_PAUSE)

    def _enqueue(self, record_id: ParcelId) -> None:
        task = self._tasks.get(record_id)
        if task is not None and task.lacking > 0:
            self._ready[record_id] = None

    def _pump(self, now: Instant) -> None:
        """Ask for as many ready records as may be under way."""
        while self._ready and len(self._questions) < MAX_ASKING and now.mono >= self._blocked_until:
            record_id = next(iter(self._ready))
            del self._ready[record_id]
            try:
                self._ask(record_id, self._tasks[record_id], now)
            except Overloaded:
                self._ready[record_id] = None
                self._blocked_until = now.mono + QUEUE_PAUSE

    def _ask(self, record_id: ParcelId, task: _Task, now: Instant) -> None:
        address = address_of(record_id)
        avoided = {each for each, until in task.avoided.items() if until > now.mono}
        for custodian in self._choice.order(address, now, never={*task.confirmed, *task.asking, *avoided}):
            if task.lacking <= 0:
                return
            try:
                self._questions.ask(
                    custodian, lambda number: Deposit(number, Kind.RECORD.value, task.record), record_id, now
                )
            except Unreachable:
                self._avoid(task, custodian, now)
                continue
            task.asking.add(custodian)
        again = min(
            (task.avoided[each] for each in self._transport.known(address) if each in task.avoided), default=0.0
        )
        if task.lacking > 0 and now.mono < again < float("inf"):
            self._pauses.schedule(record_id, again)
