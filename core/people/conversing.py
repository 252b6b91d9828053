"""Writing into lanes: texts, acknowledgements, keys for re-keying.

Everything one device says in a conversation goes through ``write_block``: it takes the next indexes of the lane, runs the
ratchets, and commits the block with the advanced state. Nothing is written before the network was caught up with once,
because ids of our own future found there mean that this state is an old copy (``resetting``).
"""

from __future__ import annotations

from collections.abc import Iterator

from core.crypto import primitives
from core.crypto.ratchet import Session
from core.people import acknowledge, envelope, knowing, lane, safekeeping
from core.people.bounds import decode
from core.people.content import (
    MAX_LANES,
    Ack,
    Block,
    Item,
    KeyOffer,
    LaneAck,
    Rekey,
    SealedSecret,
    Text,
    encode_block,
)
from core.people.device import TAG_SIZE, Certificate
from core.people.envelope import Place
from core.people.fragment import cut
from core.people.posting import TRY_MS, done, repeat_missing
from core.people.watching import given_up_indexes
from core.people.work import Work
from core.storage import accounts, conversations, devices, lanes, messages, postings
from core.storage.devices import DeviceRow
from core.storage.lanes import ReadLane, WriteLane
from core.storage.messages import KEEP_REQUEST, MessageRow
from core.storage.postings import Posting

# Texts encoded in one transaction: bounds how long the database is busy at a stretch (about 1 ms each).
BATCH = 16
# Blocks of one conversation that wait for their first copy: a thousand texts, or a contact who wants everything said
# again, must not keep those to others waiting for longer than some seconds.
MAX_UNPOSTED = 32
# A key for re-keying is offered once the other side has written this many boxes: short chats need none.
OFFER_AFTER_BOXES = 20


def audience_session(work: Work, device: DeviceRow) -> Session:
    """Return the ratchet to write to a device by: the one a message last came in by, else a new one."""
    for _, pickle, sendable in devices.sessions(work.tx, device.device):
        if sendable:
            return Session.restore(pickle, work.me.pickle_key)
    return start_session(work, device)


def start_session(work: Work, device: DeviceRow) -> Session:
    """Start a ratchet towards a device's fallback key."""
    certificate = decode(Certificate, device.certificate, "stored certificate")
    session = work.olm_account().open_session(certificate.olm_identity, certificate.olm_fallback)
    pickle = session.pickle(work.me.pickle_key)
    devices.add_session(work.tx, session.id, device.device, pickle)
    return session


def seal_for(work: Work, audience: list[DeviceRow], block: bytes, place: Place, size: int | None = None) -> bytes:
    """Return an envelope for an audience, every ratchet's new state stored."""
    sessions = [(device, audience_session(work, device)) for device in audience]
    sealed = envelope.seal(
        block, place, work.me.device_seed, [(d.device[:TAG_SIZE], s) for d, s in sessions], size=size
    )
    for _, session in sessions:
        devices.save_session(work.tx, session.id, session.pickle(work.me.pickle_key))
    return sealed


def write_block(work: Work, lane_row: WriteLane, items: tuple[Item, ...], message: MessageRow | None = None) -> int:
    """Append a block to a lane and keep it as a posting; return its first index."""
    audience = knowing.audience(work, lane_row.conversation)
    inbox = conversations.by_id(work.tx, lane_row.conversation).inbox
    assert inbox is not None
    place = Place(work.me.identity, lane_row.generation, lane_row.next_index)
    made_at = work.now.own_ms if message is None else message.sent_at
    sealed = seal_for(work, audience, encode_block(Block(made_at, items)), place)
    pieces = cut(sealed)
    chain, secrets = lane_row.chain, b""
    for _ in pieces:
        box, chain = lane.step(chain)
        secrets += box.pack()
    posting = Posting(
        id=0,
        kind="block",
        conversation=lane_row.conversation,
        generation=lane_row.generation,
        first_index=lane_row.next_index,
        fragments=len(pieces),
        payload=b"".join(pieces),
        secrets=secrets,
        inbox=inbox,
        message=None if message is None else message.seq,
        made_at=work.now.network_ms,
        until=work.now.network_ms + TRY_MS,
    )
    postings.insert(work.tx, posting)
    lanes.advance_writing(work.tx, lane_row.generation, chain, lane_row.next_index + len(pieces))
    accounts.advance(work.tx)
    return lane_row.next_index


def write_pending(work: Work, conversation: int) -> bool:
    """Encode what waits in a conversation, at most ``BATCH`` texts; tell whether more waits."""
    room = MAX_UNPOSTED - postings.count_unposted(work.tx, conversation)
    rows = messages.pending(work.tx, conversation, max(0, min(BATCH, room)))
    for row in rows:
        lane_row = lanes.writing(work.tx, conversation)
        assert lane_row is not None
        lane_row = _rekey_if_due(work, lane_row)
        index = write_block(work, lane_row, (_item_of(row), acks(work, conversation)), row)
        messages.place(work.tx, row.seq, lane_row.generation, index)
    if rows:
        conversations.set_ack_due(work.tx, conversation, due=False)
    return len(rows) == BATCH


def _item_of(row: MessageRow) -> Item:
    """Return what a row of ours says."""
    return safekeeping.request_row(row) if row.kind == KEEP_REQUEST else Text(row.uid, row.text)


def acks(work: Work, conversation: int) -> Ack:
    """Say what is held of every lane of the other side."""
    return Ack(lane_acks(work, conversation))


def lane_acks(work: Work, conversation: int) -> list[LaneAck]:
    """Return what is held of each lane of the other side, the newest generations first."""
    return [_lane_ack(work, row) for row in lanes.reading_in(work.tx, conversation)[:MAX_LANES]]


def _lane_ack(work: Work, row: ReadLane) -> LaneAck:
    given_up = given_up_indexes(row.given_up)
    if row.broken_at is not None:  # what came after it will be said again as well
        return acknowledge.describe(row.generation, row.broken_at, (), given_up)
    held = lanes.held_indexes(work.tx, row.generation)
    return acknowledge.describe(row.generation, row.next_index, held, given_up)


def write_control(work: Work, conversation: int) -> None:
    """Write an acknowledgement by itself, with a key offer when one is due."""
    lane_row = lanes.writing(work.tx, conversation)
    is_known = conversations.by_id(work.tx, conversation).inbox is not None
    if lane_row is None or not is_known or not devices.of_conversation(work.tx, conversation):
        return
    items: tuple[Item, ...] = (acks(work, conversation),)
    if _offer_due(work, conversation):
        private, public = primitives.xwing_generate()
        devices.offer_key(work.tx, key_id(public), conversation, private)
        items = (*items, KeyOffer(public))
    write_block(work, lane_row, items)
    conversations.set_ack_due(work.tx, conversation, due=False)


def key_id(public: bytes) -> bytes:
    """Return how a re-keying names the offered key it uses."""
    return primitives.sha256(public)[:8]


def _offer_due(work: Work, conversation: int) -> bool:
    read = sum(row.next_index for row in lanes.reading_in(work.tx, conversation)[:1])
    return read >= OFFER_AFTER_BOXES and not devices.has_offer(work.tx, conversation)


def _rekey_if_due(work: Work, row: WriteLane) -> WriteLane:
    age_ms = work.now.network_ms - row.rekeyed_at
    if row.next_index - row.rekeyed_index < lane.REKEY_AFTER_BOXES and age_ms < lane.REKEY_AFTER_MS:
        return row
    audience = knowing.audience(work, row.conversation)
    if not audience or any(device.offered_key is None for device in audience):
        return row
    secret = primitives.random_bytes(32)
    sealed = tuple(_seal_secret(device, secret) for device in audience)
    write_block(work, row, (Rekey(list(sealed)),))
    for device in audience:
        devices.set_offered_key(work.tx, device.device, None)
    after = lanes.written(work.tx, row.generation)
    assert after is not None
    lanes.advance_writing(work.tx, row.generation, lane.rekey(after.chain, secret), after.next_index)
    lanes.mark_rekeyed(work.tx, row.generation, after.next_index, work.now.network_ms)
    rekeyed = lanes.written(work.tx, row.generation)
    assert rekeyed is not None
    return rekeyed


def _seal_secret(device: DeviceRow, secret: bytes) -> SealedSecret:
    assert device.offered_key is not None
    sealed = primitives.xwing_seal(device.offered_key, secret, b"sottovoce/v1/lane/rekey" + device.device)
    return SealedSecret(device.device[:TAG_SIZE], key_id(device.offered_key), sealed)


def apply_ack(work: Work, ack: LaneAck, conversation: int) -> bool:
    """Let go of what the other side holds; repeat what it lacks, and say again what it gave up waiting for.

    False when it holds more of the lane we write than was written here: then this state is an old copy.
    """
    written = lanes.written(work.tx, ack.generation)
    if written is None or written.conversation != conversation:
        return True
    if acknowledge.end(ack) > written.next_index:
        return written.ended
    for posting in postings.of_lane(work.tx, ack.generation):
        if acknowledge.covers(ack, posting.first_index, posting.fragments):
            done(work, posting, "delivered")
        elif acknowledge.lacks(ack, posting.first_index, posting.fragments):
            _say_again(work, posting)
    for kind in ("acceptance", "reset"):  # who speaks of a generation has learned of it
        for posting in postings.of_conversation(work.tx, conversation, kind):
            if posting.generation == ack.generation:
                done(work, posting, None)
    lacking = set(acknowledge.missing(ack))
    if lacking:
        repeat_missing(work, ack.generation, lacking)
    return True


def _say_again(work: Work, posting: Posting) -> None:
    done(work, posting, None)
    row = None if posting.message is None else messages.by_seq(work.tx, posting.message)
    if row is not None and row.state != "failed":
        messages.set_pending(work.tx, row.seq)


def future_ids(row: WriteLane, days: range) -> Iterator[tuple[int, bytes]]:
    """Yield the next indexes of a lane of ours with their ids, which nobody but another copy of us can have used."""
    point, chain = primitives.scalar_public(row.scalar), row.chain
    for index in range(row.next_index, row.next_index + lane.WINDOW):
        secrets, chain = lane.step(chain)
        for day in days:
            yield index, lane.box_id(point, secrets, day)
