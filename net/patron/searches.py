"""Searches for records: up to three custodians are asked, and each answer is reported.

A record can be hidden by whoever holds it but not forged, so the asker compares several answers and takes the one with the
highest sequence number.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from net.agenda import Agenda
from net.errors import DecodeError, Overloaded, Unreachable
from net.events import NodeEvent, RecordAnswered
from net.ids import NodeId, ParcelId
from net.instant import Instant
from net.messages import FindRecord, FoundRecord
from net.parcel.record import decode_record, is_signed
from net.patron.courier import PATIENCE, QUEUE_PAUSE, Courier, Numbering

# Custodians whose answer is wanted for one record.
ANSWERS: Final = 3
# Records searched for at a time.
MAX_SEARCHES: Final = 256
# Seconds after which a search ends with the answers it has.
SEARCH_TIME: Final = 60.0


@dataclass(slots=True)
class _Search:
    ends_at: float
    answers: int = 0
    asked: set[NodeId] = field(default_factory=set[NodeId])
    asking: set[NodeId] = field(default_factory=set[NodeId])


class Searches:
    """Records being searched for. ``report`` takes a ``RecordAnswered`` for each answer."""

    def __init__(
        self, courier: Courier, numbering: Numbering, rng: random.Random, report: Callable[[NodeEvent], None]
    ) -> None:
        self._courier = courier
        self._numbering = numbering
        self._rng = rng
        self._report = report
        self._searches: dict[ParcelId, _Search] = {}
        self._asked: dict[tuple[NodeId, int], ParcelId] = {}
        self._silences: Agenda[tuple[NodeId, int]] = Agenda()
        self._again: Agenda[ParcelId] = Agenda()

    def search(self, record_id: ParcelId, now: Instant) -> None:
        """Ask, and go on asking until three have answered or a minute is over. Raises ``Overloaded``."""
        if record_id not in self._searches and len(self._searches) >= MAX_SEARCHES:
            raise Overloaded("searches")
        self._searches[record_id] = _Search(now.mono + SEARCH_TIME)
        self._ask(record_id, now)

    def custodian_up(self, now: Instant) -> None:
        """Somebody new to ask."""
        for record_id in list(self._searches):
            self._ask(record_id, now)

    def custodian_down(self, custodian: NodeId, now: Instant) -> None:
        """What was asked there gets no answer any more."""
        for key in [key for key in self._asked if key[0] == custodian]:
            self._on_silence(key, now)

    def receive(self, custodian: NodeId, message: FoundRecord, now: Instant) -> None:
        """Take an answer; a record that its owner did not write is as good as silence."""
        key = custodian, message.request
        record_id = self._asked.get(key)
        if record_id is None:
            return
        if message.record and not _is_genuine(message.record, record_id):
            self._on_silence(key, now)
            return
        self._asked.pop(key)
        self._silences.cancel(key)
        if search := self._searches.get(record_id):
            search.answers += 1
            search.asking.discard(custodian)
            self._report(RecordAnswered(custodian, record_id, message.record or None))
            self._ask(record_id, now)

    def busy(self, custodian: NodeId, number: int, now: Instant) -> None:
        """A custodian will not answer now."""
        self._on_silence((custodian, number), now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent and end what took too long."""
        for key in self._silences.pop_due(now.mono):
            self._on_silence(key, now)
        for record_id in self._again.pop_due(now.mono):
            self._ask(record_id, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(self._silences.next_deadline(), self._again.next_deadline())

    def _on_silence(self, key: tuple[NodeId, int], now: Instant) -> None:
        record_id = self._asked.pop(key, None)
        self._silences.cancel(key)
        if record_id is not None and (search := self._searches.get(record_id)):
            search.asking.discard(key[0])
            self._ask(record_id, now)

    def _ask(self, record_id: ParcelId, now: Instant) -> None:
        search = self._searches.get(record_id)
        if search is None:
            return
        if search.answers >= ANSWERS or now.mono >= search.ends_at:
            del self._searches[record_id]
            self._again.cancel(record_id)
            return
        self._again.schedule(record_id, search.ends_at)
        candidates = [each for each in self._courier.custodians() if each not in search.asked]
        self._rng.shuffle(candidates)
        while candidates and search.answers + len(search.asking) < ANSWERS:
            custodian = candidates.pop()
            number = self._numbering.draw()
            try:
                self._courier.ask(custodian, FindRecord(number, record_id), now)
            except Overloaded:
                self._again.schedule(record_id, min(search.ends_at, now.mono + QUEUE_PAUSE))
                continue
            except Unreachable:
                continue
            search.asked.add(custodian)
            search.asking.add(custodian)
            self._asked[custodian, number] = record_id
            self._silences.schedule((custodian, number), now.mono + PATIENCE)


def _is_genuine(data: bytes, record_id: ParcelId) -> bool:
    try:
        record = decode_record(data)
    except DecodeError:
        return False
    return record.record_id == record_id and is_signed(record)
