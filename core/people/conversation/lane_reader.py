"""Reading: from a tag that is ours to a row in a conversation.

A box is opened at once, and its plaintext held; blocks are then taken in the order of their lane, so that ratchets never
skip and rows never jump. A hole holds later blocks back (``core.people.conversation.gaps``).
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from core import api
from core.crypto import primitives
from core.crypto.ratchet import PREKEY, Session
from core.crypto.seed import identity_of
from core.errors import Malformed, OpenFailed
from core.people.conversation import inboxes, keep_request, lane_reading, lane_writer, prekeys, resets, trust
from core.people.conversation.row_writers import Writers
from core.people.conversation.rows import message_id
from core.people.format import lane, signing
from core.people.format.content import (
    FIRST_SILENT_KIND,
    Ack,
    InboxNotice,
    Item,
    KeepRequest,
    Rekey,
    Restart,
    Said,
    Text,
    Unknown,
    decode_block,
    decode_item,
)
from core.people.format.device import TAG_SIZE
from core.people.format.envelope import Wrapped, open_envelope
from core.people.format.fragment import MAX_FRAGMENTS, Piece, decode_piece
from core.people.format.prekey import KeyOffer, check_prekey
from core.people.format.signing import Place
from core.people.mail.outbox import box_ad
from core.people.tag_index import LaneTarget, given_up_entries
from core.people.work import Work
from core.storage import accounts, conversations, devices, lanes, later, messages
from core.storage.conversations import ConversationRow
from core.storage.devices import DeviceRow
from core.storage.lanes import ReadLane
from core.storage.later import LaterRow
from core.storage.messages import NewMessage
from net.parcel.box import Box


def open_lane_box(work: Work, target: LaneTarget, box: Box) -> bool:
    """Open a box found at a lane's index, hold it, and take what is whole and in order.

    False when it is not what the lane's writer put there: a variant by somebody else, or a writer gone wrong.
    """
    row = lanes.reading(work.tx, target.generation)
    if row is None:
        return True
    key = lane.box_key(target.secrets, target.day)
    try:
        plaintext = primitives.siv_open(key, box.ciphertext, box_ad(box.prefix, box.expiry_hour, box.box_id))
        piece = decode_piece(plaintext)
    except (OpenFailed, Malformed):
        return False
    work.tag_index.got_index(target.generation, target.index)
    if target.late:
        _take_late(work, row, target.index, piece)
    elif target.index >= row.next_index and lanes.hold(work.tx, row.generation, target.index, plaintext):
        take_ready(work, row)
    return True


def take_ready(work: Work, row: ReadLane) -> None:
    """Take every whole block at the front of a lane."""
    current, chain, index = row, row.chain, row.next_index
    while True:
        pieces = _block_at(work, row.generation, index)
        if pieces is None:
            break
        secret = _take_block(work, current, index, b"".join(piece.data for piece in pieces))
        if lanes.reading(work.tx, row.generation) is None:
            return  # it ended with that
        for _ in pieces:
            _, chain = lane.step(chain)
        index += len(pieces)
        if secret is not None:
            chain = lane.rekey(chain, secret)
        lanes.advance_reading(work.tx, row.generation, chain, index)
        lanes.release(work.tx, row.generation, index)
        if secret is not None:
            fresh = lanes.reading(work.tx, row.generation)
            assert fresh is not None
            lane_reading.watch_lane(work, fresh)
    if index > row.next_index:
        work.want(work.tag_index.move_lane(row.generation, index))
    if lanes.held(work.tx, row.generation, index + 1, lane.WINDOW):
        _note_hole(work, row)


def _block_at(work: Work, generation: bytes, index: int) -> list[Piece] | None:
    """Return the pieces of the block that starts at ``index``, None while it is not whole."""
    held = lanes.held(work.tx, generation, index, MAX_FRAGMENTS)
    if not held or held[0][0] != index:
        return None
    first = decode_piece(held[0][1])
    if first.number != 0:
        return [first]  # the beginning was given up, or the writer went wrong: taken alone, it opens as nothing
    pieces = [decode_piece(plaintext) for _, plaintext in held[: first.count]]
    whole = [(index + n, n, first.count) for n in range(first.count)]
    if [(at, piece.number, piece.count) for (at, _), piece in zip(held, pieces, strict=False)] != whole:
        return None
    return pieces


def _note_hole(work: Work, row: ReadLane) -> None:
    """Note since when something is missing, and ask for it, once.

    The question is posted until it is acknowledged. Were it put again whenever something comes that cannot be read yet,
    two sides that both lack something would only ask each other, for ever.
    """
    if lanes.set_hole(work.tx, row.generation, accounts.add_online(work.tx, 0)):
        _owe_ack(work, row)


def _take_late(work: Work, row: ReadLane, index: int, piece: Piece) -> None:
    """Take a block whose place was given up; only single boxes can still be put together."""
    block = _open_block(work, row, index, piece.data) if piece.count == 1 else None
    if block is not None:
        _take_items(work, row, index, block, late=True)
        kept = b"".join(entry for at, _, entry in given_up_entries(row.given_up) if at != index)
        lanes.give_up(work.tx, row.generation, kept)


def _open_block(work: Work, row: ReadLane, index: int, sealed: bytes) -> Said | None:
    device = devices.find(work.tx, row.device)
    if device is None:
        return None
    author = conversations.by_id(work.tx, row.conversation).identity
    place = Place(author, work.me.identity, row.device, row.generation, index)
    try:
        plain = open_envelope(sealed, work.me.device[:TAG_SIZE], lambda wrapped: unwrap(work, device, wrapped))
        return decode_block(plain, place)
    except (OpenFailed, Malformed):
        return None


def _take_block(work: Work, row: ReadLane, index: int, sealed: bytes) -> bytes | None:
    """Open a block and act on its items; return the secret of a re-keying."""
    block = _open_block(work, row, index, sealed)
    device = devices.find(work.tx, row.device)
    if block is not None and device is not None:
        trust.heard(work, device, block.made_at)
        if device.left_behind and device.is_known:  # it lives after all, and cannot read what we write
            resets.request(work, row.conversation)
    secret = None if block is None else _take_items(work, row, index, block, late=False)
    if block is None or (secret is None and any(isinstance(item, Rekey) for item, _ in block.items)):
        _break_off(work, row, index)
    return secret


def _break_off(work: Work, row: ReadLane, index: int) -> None:
    """A lane cannot be read on. Of a known device that makes us begin anew; of any other that lane alone ends."""
    device = devices.find(work.tx, row.device)
    if device is not None and device.is_known:
        lanes.set_broken(work.tx, row.generation, index)
        resets.request(work, row.conversation)
    else:
        lane_reading.end_reading(work, row)


def _take_items(work: Work, row: ReadLane, index: int, block: Said, *, late: bool) -> bytes | None:
    secret: bytes | None = None
    for number, (item, signed) in enumerate(block.items):
        at = _At(row.conversation, row.device, row.generation, index, number, block.made_at, late)
        if not isinstance(item, Ack):
            secret = _take_item(work, at, item, signed) or secret
    acks = [item for item, _ in block.items if isinstance(item, Ack)]
    device = devices.find(work.tx, row.device)
    if acks and device is not None:
        _take_ack(work, device, acks[0])  # more than one says nothing that could not be said in one
        resets.notice_unheard(work, row.conversation, row.device, block.made_at, acks[0])
    if len(acks) < len(block.items):
        _owe_ack(work, row)
    return secret


def _owe_ack(work: Work, row: ReadLane) -> None:
    """An acknowledgement is owed to whoever writes a lane, if it can read one."""
    device = devices.find(work.tx, row.device)
    if device is not None and device.let_in is not None:
        conversations.set_ack_due(work.tx, row.conversation, due=True)


def _take_ack(work: Work, device: DeviceRow, said: Ack) -> None:
    """Take what a device holds of each lane of ours, of each once."""
    spoken_of: set[bytes] = set()
    for ack in said.lanes:
        is_new = ack.generation not in spoken_of
        spoken_of.add(ack.generation)
        if is_new and not lane_writer.apply_ack(work, ack, device) and device.is_known:
            resets.request(work, device.conversation, is_last_known=False)


def unwrap(work: Work, device: DeviceRow, wrapped: Wrapped) -> bytes:
    """Run the ratchet with a device; a first message opens a new one by a prekey of ours, once. Raises ``OpenFailed``."""
    for session_id, pickle, _ in devices.sessions(work.tx, device.device):
        session = Session.restore(pickle, work.me.pickle_key)
        try:
            plaintext = session.decrypt(wrapped.kind, wrapped.message)
        except OpenFailed:
            continue
        devices.save_session(work.tx, session_id, session.pickle(work.me.pickle_key))
        devices.prefer_session(work.tx, session_id)
        return plaintext
    if wrapped.kind != PREKEY:
        raise OpenFailed
    session, plaintext = prekeys.accept_first(work, device.device, wrapped.message)
    devices.add_session(work.tx, session.id, device.device, session.pickle(work.me.pickle_key))
    return plaintext


@dataclass(frozen=True, slots=True)
class _At:
    """Where an item stands, and when it was said; ``late`` when its place had been given up."""

    conversation: int
    device: bytes
    generation: bytes
    index: int
    number: int
    made_at: int
    late: bool


def _take_item(work: Work, at: _At, item: Item, signed: bytes) -> bytes | None:
    match item:
        case Text():
            place = at.generation, at.index
            insert_incoming(
                work, at.conversation, at.device, at.made_at, item, late=at.late, place=place, signed=signed
            )
        case Rekey():
            return _open_rekey(work, at, item)
        case KeepRequest():
            keep_request.received(work, at.conversation, at.device, at.made_at, item, late=at.late)
        case Unknown():
            _keep_unknown(work, at, item, signed)
        case _:
            _take_silently(work, at, item)
    return None


def _take_silently(work: Work, at: _At, item: Item) -> None:
    """Take what makes no row."""
    device = devices.find(work.tx, at.device)
    if device is None:
        return
    match item:
        case Restart():
            if (at.index, at.number) == (0, 0):  # it begins a lane, and is there once
                resets.say_again(work, device, item.holds)
        case KeyOffer():
            _take_offer(work, at, item)
        case InboxNotice():
            inboxes.noticed(work, device, item)
        case _:
            pass  # an acceptance has no place in a lane


def _take_offer(work: Work, at: _At, item: KeyOffer) -> None:
    if item.device != work.me.certificate.tag or at.late:
        return
    try:
        check_prekey(item.prekey)
    except Malformed:
        return
    devices.set_offered_key(work.tx, at.device, msgspec.msgpack.encode(item.prekey))


def _open_rekey(work: Work, at: _At, item: Rekey) -> bytes | None:
    identity = conversations.by_id(work.tx, at.conversation).identity
    conversation = signing.conversation_hash(identity, work.me.identity)
    info = lane_writer.rekey_info(conversation, at.generation, work.me.device)
    for sealed in item.secrets:
        if sealed.device == work.me.certificate.tag:
            try:
                secret = prekeys.open_sealed(work, at.device, sealed.key_id, sealed.sealed, info)
            except OpenFailed:
                return None  # its writer has locked itself out of its own lane
            prekeys.forget(work, sealed.key_id)
            return secret
    return None


def insert_incoming(
    work: Work,
    conversation: int,
    device: bytes,
    made_at: int,
    item: Text,
    *,
    late: bool = False,
    place: tuple[bytes, int] | None = None,
    signed: bytes | None = None,
) -> None:
    """Insert somebody's text, once, and tell; ``signed`` is what its device signed of it."""
    owner = conversations.by_id(work.tx, conversation)
    new = NewMessage(
        id=message_id(owner.public_id, owner.identity, item.uid),
        conversation=conversation,
        uid=item.uid,
        author=owner.identity,
        device=device,
        incoming=True,
        kind=1,
        text=item.text,
        sent_at=made_at,
        state="received",
        generation=place[0] if place else None,
        idx=place[1] if place else None,
        late=late,
        signed=signed,
    )
    if messages.insert(work.tx, new) is not None:
        _tell(work, owner, new, item.text)


def _tell(work: Work, owner: ConversationRow, new: NewMessage, text: str) -> None:
    writer = Writers(work.tx).of_device(new.device)
    work.emit(
        api.MessageReceived(
            conversation=owner.public_id,
            id=new.id,
            sender=identity_of(owner.identity),
            text=text,
            late=new.late,
            device=writer.name,
            known=writer.is_known,
        )
    )


# --- kinds from the future ----------------------------------------------------------------------------------------------


def _keep_unknown(work: Work, at: _At, item: Unknown, signed: bytes) -> None:
    """Keep an item of a kind that is not known here: silently, or as a row that asks for a newer version."""
    if item.kind >= FIRST_SILENT_KIND:
        row = LaterRow(
            at.conversation, at.device, at.generation, at.index, at.number, item.kind, at.made_at, item.raw, signed
        )
        later.insert(work.tx, row)
        return
    owner = conversations.by_id(work.tx, at.conversation)
    uid = unknown_uid(at.generation, at.index, at.number)
    new = NewMessage(
        id=message_id(owner.public_id, owner.identity, uid),
        conversation=at.conversation,
        uid=uid,
        author=owner.identity,
        device=at.device,
        incoming=True,
        kind=item.kind,
        text="",
        sent_at=at.made_at,
        state="received",
        generation=at.generation,
        idx=at.index,
        raw=item.raw,
        signed=signed,
    )
    if messages.insert(work.tx, new) is not None:
        _tell(work, owner, new, text="")


def unknown_uid(generation: bytes, index: int, number: int) -> bytes:
    """Return the uid of a row that nothing but its place names: longer than any uid that travels."""
    place = generation + index.to_bytes(8, "big") + number.to_bytes(1, "big")
    return b"unknown" + primitives.sha256(place)[:16]


def take_later(work: Work) -> None:
    """Act on what was kept until this version could read it."""
    for row in later.every(work.tx):
        if conversations.by_id(work.tx, row.conversation).blocked:
            continue
        try:
            item = decode_item(row.kind, row.item)
        except Malformed:
            item = None
        if isinstance(item, Unknown):
            continue
        later.drop(work.tx, row)
        if item is not None:
            at = _At(row.conversation, row.device, row.generation, row.idx, row.number, row.made_at, late=True)
            _take_item(work, at, item, row.signed)
