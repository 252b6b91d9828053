"""One's own invitations: made, kept in the network, used up, revoked."""

from __future__ import annotations

from typing import Literal, cast

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.crypto.ratchet import Receiver
from core.people.effects import RecordDraft, Solve
from core.people.format.bounds import decode
from core.people.format.invitation import (
    BUNDLE_SEQUENCE,
    TOMBSTONE_SEQUENCES,
    Bundle,
    Link,
    Tombstone,
    bundle_hash,
    decode_link,
    encode_bundle,
    encode_link,
    new_bundle,
    new_tombstone,
    seal_record,
)
from core.people.format.watch import GreetingWatch
from core.people.tag_index import WatchedSlots
from core.people.work import Work
from core.storage import accounts, meetings
from core.storage.meetings import InvitationRow
from net.ids import NodeId, ParcelId
from net.instant import HOUR_MS
from net.numbers import COPIES
from net.parcel.record import Record, asked_work, encode_record, record_digest, record_size, signed_fields
from net.parcel.work import WorkPrice, solve
from net.requests import PutRecord


def create(work: Work, command: api.InviteCreate) -> InvitationRow:
    """Make an invitation and draft its record. Works without a network."""
    xwing_private, xwing_public = primitives.xwing_generate()
    receiver, olm_key = Receiver.create()
    me = accounts.load(work.tx)
    assert me is not None
    olm = receiver.identity_key, olm_key
    bundle = encode_bundle(new_bundle(xwing_public, olm, work.me.certificate, me.name))
    expires_at = work.now.network_ms // 1000 + command.expires_in
    link = Link(expires_at, work.me.identity, primitives.random_bytes(16), bundle_hash(bundle))
    row = InvitationRow(
        id=link.bundle_hash.hex(),
        link=encode_link(link),
        record_id=link.record_id,
        created_at=work.now.own_ms,
        expires_at=expires_at * 1000,
        max_uses=command.max_uses,
        uses=0,
        state="open",
        note=command.note,
        xwing_private=xwing_private,
        olm_account=receiver.pickle(work.me.pickle_key),
        bundle=bundle,
        sequence=BUNDLE_SEQUENCE,
        record=None,
        custodians=b"",
    )
    meetings.insert(work.tx, row)
    accounts.advance(work.tx)
    watch(work, row)
    draft_record(work, row)
    return row


def watch(work: Work, row: InvitationRow) -> None:
    """Look for greetings to an open invitation."""
    if row.state == "open" and row.expires_at > work.now.network_ms and row.xwing_private is not None:
        link = decode_link(row.link)
        slots = WatchedSlots(GreetingWatch(row.id), link.greeting_secret, address=link.address_secret)
        work.want(work.tag_index.watch_slots(slots))


def forget_expired(work: Work) -> None:
    """Delete the keys of expired invitations, and look for greetings to them no longer."""
    meetings.drop_keys(work.tx, work.now.earliest_ms)
    for row in meetings.every(work.tx):
        if row.xwing_private is None:
            work.tag_index.forget_slots(GreetingWatch(row.id))


def draft_record(work: Work, row: InvitationRow) -> None:
    """Seal and sign the record that an invitation should have in the network now: its bundle, or a tombstone."""
    link = decode_link(row.link)
    content: Bundle | Tombstone
    if row.state == "open":
        assert row.bundle is not None
        content = decode(Bundle, row.bundle, "stored bundle")
    else:
        content = new_tombstone("used" if row.state == "used" else "revoked")
    expiry = -(-row.expires_at // HOUR_MS)
    ciphertext = seal_record(link, content, row.sequence, expiry)
    scalar = primitives.scalar_multiply(link.record_factor, primitives.scalar_of_seed(work.me.identity_seed))
    record_id = ParcelId(link.record_id)
    signature = primitives.scalar_sign(scalar, signed_fields(record_id, row.sequence, expiry, ciphertext))
    work.effects.append(Solve(RecordDraft(row.id, record_id, row.sequence, expiry, ciphertext, signature)))


def solve_draft(draft: RecordDraft, now_hour: int, price: WorkPrice) -> tuple[int, ...]:
    """Do a record's proof of work: up to 2 s for 90 days at full price, in a worker thread."""
    digest = record_digest(ParcelId(draft.record_id), draft.sequence, draft.expiry_hour, draft.ciphertext)
    hours = draft.expiry_hour - now_hour
    return solve(digest, asked_work(record_size(len(draft.ciphertext)), hours, price, draft.factor))


def finish_record(work: Work, draft: RecordDraft, nonces: tuple[int, ...]) -> None:
    """Commit a record with its proof of work and deposit it."""
    record = encode_record(
        Record(ParcelId(draft.record_id), draft.sequence, draft.expiry_hour, nonces, draft.ciphertext, draft.signature)
    )
    assert draft.invitation is not None
    meetings.set_record(work.tx, draft.invitation, draft.sequence, record)
    row = meetings.find(work.tx, draft.invitation)
    if row is not None and row.record == record:
        work.effects.append(PutRecord(record))


def repeat_records(work: Work) -> None:
    """Deposit again the records that too few custodians hold: at the start, and when a custodian comes up."""
    for row in meetings.every(work.tx):
        if row.expires_at > work.now.network_ms and row.copies < COPIES:
            if row.record is None:
                draft_record(work, row)
            else:
                work.effects.append(PutRecord(row.record))


def confirmed(work: Work, record_id: ParcelId, custodian: NodeId) -> None:
    """Note that a custodian holds an invitation's record."""
    row = meetings.by_record(work.tx, record_id)
    if row is not None:
        meetings.confirm_record(work.tx, row.id, custodian)


def revoke(work: Work, invitation: str) -> None:
    """Revoke an invitation. Raises ``ApiError`` when there is none with this id."""
    row = meetings.find(work.tx, invitation)
    if row is None:
        raise ApiError(Kind.BAD_REQUEST, "There is no invitation with this id.")
    if row.state == "open":
        finish(work, row, "revoked")


def finish(work: Work, row: InvitationRow, state: str) -> None:
    """End an invitation: its keys are deleted, a tombstone replaces the bundle."""
    meetings.finish(work.tx, row.id, state, TOMBSTONE_SEQUENCES[state])
    accounts.advance(work.tx)
    work.tag_index.forget_slots(GreetingWatch(row.id))
    ended = meetings.find(work.tx, row.id)
    assert ended is not None
    draft_record(work, ended)


def describe(work: Work, row: InvitationRow) -> api.Invite:
    """Return an invitation as people see it."""
    is_over = row.state == "open" and row.expires_at <= work.now.network_ms
    state = cast("Literal['open', 'used', 'revoked', 'expired']", "expired" if is_over else row.state)
    return api.Invite(
        id=row.id,
        link=row.link,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=state,
        uses=row.uses,
        copies=row.copies,
        max_uses=row.max_uses,
        note=row.note,
    )
