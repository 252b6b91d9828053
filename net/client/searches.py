"""Searches for records: three custodians are asked, and each answer is reported.

A record can be hidden by a custodian that holds it but not forged, so the asker compares several answers and takes the one
with the highest sequence number. Who answered with less is then told the newest: that repairs what its swarm has not got
round to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from net.agenda import Agenda
from net.bucket import address_of
from net.client.choice import Choice
from net.client.ports import QUEUE_PAUSE, Purpose, ScatteredNumbers, Transport, Waits
from net.client.questions import Questions
from net.errors import DecodeError, Overloaded, UnknownVersion, Unreachable
from net.events import NodeEvent, RecordAnswered
from net.ids import NodeId, ParcelId
from net.instant import Instant
from net.messages import Deposit, FindRecord, FoundRecord
from net.parcel.record import decode_record, is_signed
from net.parcel.store import Kind

# Custodians whose answer is wanted for one record.
ANSWERS: Final = 3
# Records searched for at a time.
MAX_SEARCHES: Final = 256
# Seconds after which a search ends with the answers it has.
SEARCH_TIME: Final = 60.0
# What a custodian without the record is taken to hold.
_NOTHING: Final = -1


@dataclass(slots=True)
class _Search:
    ends_at: float
    asked: set[NodeId] = field(default_factory=set[NodeId])
    asking: set[NodeId] = field(default_factory=set[NodeId])
    held: dict[NodeId, int] = field(default_factory=dict[NodeId, int])  # the sequence number that each answered with
    newest: bytes = b""
    newest_sequence: int = _NOTHING


class Searches:
    """Records being searched for. ``report`` takes a ``RecordAnswered`` for each answer."""

    def __init__(
        self,
        transport: Transport,
        choice: Choice,
        numbers: ScatteredNumbers,
        waits: Waits,
        report: Callable[[NodeEvent], None],
    ) -> None:
        self._transport = transport
        self._choice = choice
        self._numbers = numbers
        self._report = report
        self._searches: dict[ParcelId, _Search] = {}
        self._questions: Questions[ParcelId] = Questions(transport, choice, numbers, waits, Purpose.RECORD)
        self._again: Agenda[ParcelId] = Agenda()

    def search(self, record_id: ParcelId, now: Instant) -> None:
        """Ask, and go on asking until three have answered or a minute is over. Raises ``Overloaded``."""
        if record_id not in self._searches and len(self._searches) >= MAX_SEARCHES:
            raise Overloaded("searches")
        self._searches[record_id] = _Search(now.mono + SEARCH_TIME)
        self._ask(record_id, now)

    def on_custodians_found(self, now: Instant) -> None:
        """There may be new custodians to ask."""
        for record_id in list(self._searches):
            self._ask(record_id, now)

    def on_circuit_lost(self, custodian: NodeId, now: Instant) -> None:
        """What was asked there gets no answer any more."""
        for number in self._questions.at(custodian):
            self._on_silence(custodian, number, now)

    def receive(self, custodian: NodeId, message: FoundRecord, now: Instant) -> None:
        """Take an answer; a record that its owner did not write is as good as silence, and tells of a liar.

        One of another version is as good as silence, too, and no custodian's fault: there is something, so it is not
        "nothing".
        """
        record_id = self._questions.get(custodian, message.request)
        if record_id is None:
            return
        try:
            sequence = _sequence_of(message.record, record_id) if message.record else _NOTHING
        except UnknownVersion:
            self._choice.on_answer(now)
            self._on_silence(custodian, message.request, now)
            return
        if sequence is None:
            self._choice.on_caught(custodian, now)
            self._on_silence(custodian, message.request, now)
            return
        self._choice.on_answer(now)
        self._questions.end(custodian, message.request)
        if (search := self._searches.get(record_id)) and custodian in search.asking:
            search.asking.discard(custodian)
            search.held[custodian] = sequence
            if sequence > search.newest_sequence:
                search.newest, search.newest_sequence = message.record, sequence
            self._report(RecordAnswered(custodian, record_id, message.record or None))
            self._ask(record_id, now)

    def on_busy(self, custodian: NodeId, number: int, now: Instant) -> None:
        """A custodian will not answer now."""
        self._on_silence(custodian, number, now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent and end what took too long."""
        for custodian, number in self._questions.silent(now):
            self._on_silence(custodian, number, now)
        for record_id in self._again.pop_due(now.mono):
            self._ask(record_id, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(self._questions.next_deadline(), self._again.next_deadline())

    def _on_silence(self, custodian: NodeId, number: int, now: Instant) -> None:
        record_id = self._questions.end(custodian, number)
        if record_id is not None and (search := self._searches.get(record_id)):
            search.asking.discard(custodian)
            self._ask(record_id, now)

    def _ask(self, record_id: ParcelId, now: Instant) -> None:
        search = self._searches.get(record_id)
        if search is None:
            return
        if len(search.held) >= ANSWERS or now.mono >= search.ends_at:
            self._end(record_id, search, now)
            return
        self._again.schedule(record_id, search.ends_at)
        for custodian in self._choice.order(address_of(record_id), now, never=search.asked):
            if len(search.held) + len(search.asking) >= ANSWERS:
                return
            try:
                self._questions.ask(custodian, lambda number: FindRecord(number, record_id), record_id, now)
            except Overloaded:
                self._again.schedule(record_id, min(search.ends_at, now.mono + QUEUE_PAUSE))
                continue
            except Unreachable:
                continue
            search.asked.add(custodian)
            search.asking.add(custodian)

    def _end(self, record_id: ParcelId, search: _Search, now: Instant) -> None:
        del self._searches[record_id]
        self._again.cancel(record_id)
        for custodian, sequence in search.held.items():
            if sequence < search.newest_sequence:
                repair = Deposit(self._numbers.draw(), Kind.RECORD.value, search.newest)
                try:
                    self._transport.ask(custodian, Purpose.RECORD, repair, now)
                except (Overloaded, Unreachable):
                    continue  # its swarm will tell it within the hour


def _sequence_of(data: bytes, record_id: ParcelId) -> int | None:
    """Return the sequence number of a record that the owner of its id wrote, else None. Raises ``UnknownVersion``."""
    try:
        record = decode_record(data)
    except UnknownVersion:
        raise
    except DecodeError:
        return None
    return record.sequence if record.record_id == record_id and is_signed(record) else None
