"""The account's last records: empty ones in place of those that lie in the network.

A record cannot be deleted, since a custodian keeps whichever has the highest number until it ends. So each that may still
lie there is followed by one with a higher number, the same end, and nothing in it. Whoever has the words finds that, and no
contact. A custodian that is not reached, or lies, may show the old one until its end.

If the account is not removed after all, what it keeps in sync (``record_sync``) differs from the record, and is written
anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.crypto import primitives
from core.people.effects import RecordDraft
from core.people.format import lww, personal_record
from core.people.format.account_keys import AccountKeys
from core.people.format.personal_record import PAST_EPOCHS, RANDOM_BITS
from core.people.work import Work
from core.storage import personal as rows
from core.storage.personal import RecordRow
from net.ids import ParcelId
from net.instant import HOUR_MS
from net.parcel.record import Record, decode_record, encode_record
from net.requests import PutRecord


@dataclass(frozen=True, slots=True)
class EmptyRecord:
    """An empty record of an epoch that lacks its work."""

    epoch: int
    draft: RecordDraft


def drafts(work: Work, keys: AccountKeys) -> list[EmptyRecord]:
    """Return the empty records, the latest last; none where no record was ever written."""
    return [_draft(work, keys, row, row.record) for row in _known(work) if row.record is not None]


def _known(work: Work) -> list[RecordRow]:
    epoch = personal_record.epoch_of(work.now.day)
    found = [rows.record(work.tx, each) for each in range(epoch - PAST_EPOCHS, epoch + 1)]
    return [row for row in found if row is not None]


def _draft(work: Work, keys: AccountKeys, row: RecordRow, record: bytes) -> EmptyRecord:
    expiry = decode_record(record).expiry_hour
    bits = int.from_bytes(primitives.random_bytes(RANDOM_BITS // 8), "big")
    sequence = personal_record.next_sequence(row.sequence, bits)
    rows.set_record(work.tx, RecordRow(row.epoch, sequence, lww.digest({}), None, b""))
    ciphertext = personal_record.seal(keys, row.epoch, sequence, expiry, personal_record.compress(lww.encode({})))
    signature = personal_record.sign(keys, row.epoch, sequence, expiry, ciphertext)
    name = personal_record.record_id(keys, row.epoch)
    return EmptyRecord(row.epoch, RecordDraft(None, name, sequence, expiry, ciphertext, signature))


def paid(work: Work, empty: EmptyRecord, nonces: tuple[int, ...]) -> None:
    """Commit a record with its proof of work, and deposit it."""
    draft = empty.draft
    name = ParcelId(draft.record_id)
    record = encode_record(Record(name, draft.sequence, draft.expiry_hour, nonces, draft.ciphertext, draft.signature))
    rows.set_record(work.tx, RecordRow(empty.epoch, draft.sequence, lww.digest({}), record, b""))
    work.effects.append(PutRecord(record))


def copies(work: Work) -> int:
    """Return how many custodians hold the latest record."""
    row = rows.newest(work.tx)
    return 0 if row is None or row.record is None else row.copies


def ends_at(work: Work) -> int | None:
    """Return when the last of the account's records ends, Unix milliseconds; None where there is none."""
    ends = [decode_record(row.record).expiry_hour for row in _known(work) if row.record is not None]
    return max(ends) * HOUR_MS if ends else None
