"""Gives each event of the node to the rules that it concerns."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from core.people import maintenance, slot_reader
from core.people.contact import invitations
from core.people.conversation import lane_reader
from core.people.mail import outbox
from core.people.memory import Memory
from core.people.tag_index import LaneTarget, SlotTarget
from core.people.work import Work
from core.storage import mail
from net.errors import DecodeError
from net.events import (
    BoxAbsent,
    BoxArrived,
    CustodianUp,
    DepositAnswered,
    NodeEvent,
    PriceRisen,
    RecordAnswered,
    TagsArrived,
    Verdict,
)
from net.ids import ParcelId, tag_of
from net.parcel.box import decode_box
from net.parcel.work import WorkPrice
from net.requests import Follow, Retry

_log = logging.getLogger(__name__)


class NetworkEvents:
    """Takes events of the node, each within the transaction that it is given; ``price`` is what strangers owe."""

    def __init__(self, memory: Memory, price: WorkPrice) -> None:
        self._memory = memory
        self._price = price
        self._handlers: Final[dict[type[NodeEvent], Callable[[Work, Any], None]]] = {
            CustodianUp: self._on_custodian,
            TagsArrived: self._on_tags,
            BoxArrived: self._on_box,
            BoxAbsent: self._on_absent,
            DepositAnswered: self._on_verdict,
            PriceRisen: self._on_price,
            RecordAnswered: self._on_record,
        }

    def take(self, work: Work, event: NodeEvent) -> None:
        """Take one event; those that do not concern the people layer are ignored."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(work, event)

    def _on_custodian(self, work: Work, event: CustodianUp) -> None:
        cursor = mail.cursor(work.tx, event.custodian, event.bucket)
        work.effects.append(Follow(event.custodian, event.bucket, cursor))
        outbox.repeat_unconfirmed(work, maintenance.MAX_REPEATED)
        invitations.repeat_records(work)
        self._memory.record_sync.look(work)

    def _on_tags(self, work: Work, event: TagsArrived) -> None:
        memory = self._memory
        new, ours = memory.tag_index.see(event.tags)
        mail.add_tags(work.tx, new, work.now.hour)
        mail.set_cursor(work.tx, event.custodian, event.bucket, event.cursor, work.now.hour)
        work.want(ours)
        if event.caught_up and not memory.is_caught_up:
            memory.is_caught_up = True
            memory.rollback_detection.foresee(work)
            new = memory.tag_index.seen()
        memory.rollback_detection.look(work, new)

    def _on_absent(self, work: Work, event: BoxAbsent) -> None:
        self._memory.pending_fetches.absent(event.tag, work.now.mono)
        if self._memory.rollback_detection.absent(event.tag):
            self._memory.tag_index.forget_seen(event.tag)

    def _on_verdict(self, work: Work, event: DepositAnswered) -> None:
        self._memory.record_sync.deposited(work, event)
        if event.verdict is Verdict.STORED:
            outbox.confirmed(work, event.parcel_id, event.custodian)
            invitations.confirmed(work, event.parcel_id, event.custodian)

    def _on_price(self, work: Work, event: PriceRisen) -> None:
        self._memory.record_sync.pay_more(work, event)
        self._memory.repricing.risen(work, event)

    def _on_record(self, work: Work, event: RecordAnswered) -> None:
        if not self._memory.record_sync.answered(work, event):
            self._distrust_state(work)

    def _distrust_state(self, work: Work) -> None:
        _log.warning("this state is an old copy of itself: every lane begins anew")
        self._memory.distrust_state(work)

    def _on_box(self, work: Work, event: BoxArrived) -> None:
        try:
            box = decode_box(event.box)
        except DecodeError:
            return
        self._memory.pending_fetches.came(tag_of(box.box_id))
        if self._memory.rollback_detection.is_proof(work, box):
            self._distrust_state(work)
        targets = self._memory.tag_index.targets(box.box_id)
        is_use = [
            lane_reader.open_lane_box(work, target, box)
            if isinstance(target, LaneTarget)
            else self._on_slot_box(work, target, event.box)
            for target in targets
        ]
        if targets and not any(is_use):  # others who know the id may have put something else there
            work.effects.append(Retry(tag_of(box.box_id)))

    def _on_slot_box(self, work: Work, target: SlotTarget, data: bytes) -> bool:
        if slot_reader.is_for_later(work):
            self._memory.pending_fetches.asked([tag_of(ParcelId(target.box_id))], work.now.mono)
            return True
        return slot_reader.take(work, target, data, self._price)
