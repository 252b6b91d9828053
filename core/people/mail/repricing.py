"""Repricing: new proofs of work for boxes and records, when two custodians ask for more than they carry.

Content, expiry and signature stay as they are, so a box remains the same variant of the same id, and only its work differs
(``net.custodian.price``). The person has to do nothing; the screen says once what it costs and why.
"""

from __future__ import annotations

from typing import Final

from core.api import PriceRisen as PriceTold
from core.people.effects import BoxDraft, Emit, RecordDraft, Solve
from core.people.format.slot import work_factor
from core.people.work import Work
from core.storage import conversations, deposits, meetings, postings
from core.storage.deposits import DepositRow
from net.client.deposits import MAX_DEPOSITS
from net.errors import DecodeError
from net.events import PriceRisen
from net.numbers import COPIES
from net.parcel.box import decode_box
from net.parcel.record import decode_record

# Parcels that wait for more work at a time: all that a node can have on its way.
MAX_WAITING: Final = MAX_DEPOSITS


class Repricing:
    """Boxes and records that have to carry more. Kept in memory: after a restart the node measures anew."""

    def __init__(self) -> None:
        self._boxes: dict[bytes, None] = {}
        self._in_work: set[tuple[int, int]] = set()  # those of them whose work is being done
        self._told = 1  # the price that the person heard of last

    def risen(self, work: Work, event: PriceRisen) -> None:
        """Take the node's word that a parcel carries too little."""
        invitation = meetings.by_record(work.tx, event.parcel_id)
        if invitation is not None and invitation.record is not None:
            draft = record_draft(invitation.id, invitation.record, event.factor)
            work.effects += [Solve(draft)] if draft is not None else []
        elif len(self._boxes) < MAX_WAITING and deposits.find(work.tx, event.parcel_id) is not None:
            self._boxes[event.parcel_id] = None
        if event.factor != self._told:
            self._told = event.factor
            work.effects.append(Emit(PriceTold(factor=event.factor)))

    def draft(self, work: Work, solving: set[tuple[int, int]]) -> None:
        """Draft boxes anew, as far as there is room among ``solving`` (posting, fragment); half of it is for new ones."""
        self._in_work &= solving
        for parcel_id in list(self._boxes):
            if len(self._in_work) >= work.limits.paying or len(solving) >= work.limits.solving:
                return
            del self._boxes[parcel_id]
            row = deposits.find(work.tx, parcel_id)
            draft = None if row is None else box_draft(work, row)
            if draft is not None and (draft.posting, draft.fragment) not in solving:
                solving.add((draft.posting, draft.fragment))
                self._in_work.add((draft.posting, draft.fragment))
                work.effects.append(Solve(draft))


def box_draft(work: Work, row: DepositRow) -> BoxDraft | None:
    """Return a finished box without its work; None for one that is not wanted any more."""
    current = postings.find(work.tx, row.posting)
    if current is None or not row.box or row.copies >= COPIES:
        return None
    if conversations.by_id(work.tx, current.conversation).blocked:
        return None
    box = decode_box(row.box)
    return BoxDraft(
        posting=row.posting,
        fragment=row.fragment,
        day=row.day,
        expiry_hour=box.expiry_hour,
        prefix=box.prefix,
        box_id=row.parcel_id,
        ciphertext=box.ciphertext,
        signature=box.signature,
        factor=work_factor(current.kind),
    )


def record_draft(invitation: str | None, data: bytes, factor: int) -> RecordDraft | None:
    """Return a finished record without its work, to carry ``factor`` times its yardstick."""
    try:
        record = decode_record(data)
    except DecodeError:
        return None
    return RecordDraft(
        invitation=invitation,
        record_id=record.record_id,
        sequence=record.sequence,
        expiry_hour=record.expiry_hour,
        ciphertext=record.ciphertext,
        signature=record.signature,
        factor=factor,
    )
