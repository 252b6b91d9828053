"""Reading: from a tag that is ours to a row in a conversation.

A box is opened at once, and its plaintext held; blocks are then taken in the order of their lane, so that ratchets never
skip and rows never jump. A hole holds later blocks back and is asked for in every acknowledgement; after 48 hours of own
time online it is given up, shown as a gap, and what still comes later is inserted late.
"""

from __future__ import annotations

from core import api
from core.crypto import primitives
from core.crypto.ratchet import Session, prekey_id
from core.crypto.seed import identity_of
from core.errors import Malformed, OpenFailed
from core.people import conversing, lane, resetting, safekeeping
from core.people.bounds import decode
from core.people.content import Ack, Block, Item, KeepRequest, KeyOffer, Rekey, Text, Unknown, decode_block
from core.people.device import TAG_SIZE, Certificate
from core.people.envelope import Place, Wrapped, open_envelope
from core.people.fragment import MAX_FRAGMENTS, Piece, decode_piece
from core.people.moment import HOUR_MS
from core.people.notices import insert_notice, message_id
from core.people.posting import box_ad
from core.people.watching import GIVEN_UP_SIZE, LanePlace
from core.people.work import Work
from core.storage import accounts, conversations, devices, lanes, messages
from core.storage.devices import DeviceRow
from core.storage.lanes import ReadLane
from core.storage.messages import GAP, NewMessage
from net.parcel.box import Box

# A hole is waited for this long, counted while this account is online: whoever could fill it had the time to.
HOLE_PATIENCE_MS = 48 * HOUR_MS
# Indexes remembered after they were given up, for what comes late.
MAX_GIVEN_UP = 256


def open_lane_box(work: Work, place: LanePlace, box: Box) -> bool:
    """Open a box found at a lane's index, hold it, and take what is whole and in order.

    False when it is not what the lane's writer put there: a variant by somebody else, or a writer gone wrong.
    """
    row = lanes.reading(work.tx, place.generation)
    if row is None:
        return True
    key = lane.box_key(place.secrets, place.day)
    try:
        plaintext = primitives.siv_open(key, box.ciphertext, box_ad(box.prefix, box.expiry_hour, box.box_id))
        piece = decode_piece(plaintext)
    except (OpenFailed, Malformed):
        return False
    work.watches.got_index(place.generation, place.index)
    if place.late:
        _take_late(work, row, place.index, piece)
    elif place.index >= row.next_index and lanes.hold(work.tx, row.generation, place.index, plaintext):
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
            work.want(work.watches.watch_lane(fresh, lanes.held_indexes(work.tx, row.generation)))
    if index > row.next_index and lanes.reading(work.tx, row.generation) is not None:
        work.want(work.watches.move_lane(row.generation, index))
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
        conversations.set_ack_due(work.tx, row.conversation, due=True)


def give_up_holes(work: Work) -> None:
    """Go on past holes that were waited for long enough."""
    online = accounts.add_online(work.tx, 0)
    for row in lanes.every_reading(work.tx):
        if row.hole_since is not None and online - row.hole_since >= HOLE_PATIENCE_MS:
            _skip_hole(work, row)


def _skip_hole(work: Work, row: ReadLane) -> None:
    chain, index, given_up = row.chain, row.next_index, row.given_up
    end = _end_of_hole(work, row)
    while index < end:
        secrets, chain = lane.step(chain)
        given_up += index.to_bytes(8, "big") + secrets.pack()
        index += 1
    lanes.give_up(work.tx, row.generation, given_up[-MAX_GIVEN_UP * GIVEN_UP_SIZE :])
    lanes.advance_reading(work.tx, row.generation, chain, index)
    lanes.release(work.tx, row.generation, index)
    about = b"gap" + row.generation + row.next_index.to_bytes(8, "big")
    insert_notice(work, row.conversation, row.device, GAP, about, (row.generation, row.next_index))
    conversations.set_ack_due(work.tx, row.conversation, due=True)  # its writer is to say it again
    fresh = lanes.reading(work.tx, row.generation)
    assert fresh is not None
    work.want(work.watches.watch_lane(fresh, lanes.held_indexes(work.tx, row.generation)))
    take_ready(work, fresh)


def _end_of_hole(work: Work, row: ReadLane) -> int:
    """Return the first index beyond what is missing: the next one held, or the end of a block that is held in part."""
    held = lanes.held(work.tx, row.generation, row.next_index, lane.WINDOW)
    if not held:
        return row.next_index
    index, plaintext = held[0]
    piece = decode_piece(plaintext)
    is_start = piece.number == 0 and index > row.next_index
    return index if is_start else index - piece.number + piece.count


def _take_late(work: Work, row: ReadLane, index: int, piece: Piece) -> None:
    """Take a block whose place was given up; only single boxes can still be put together."""
    block = _open_block(work, row, index, piece.data) if piece.count == 1 else None
    if block is not None:
        _take_items(work, row, index, block, late=True)
        entries = [row.given_up[at : at + GIVEN_UP_SIZE] for at in range(0, len(row.given_up), GIVEN_UP_SIZE)]
        kept = b"".join(entry for entry in entries if int.from_bytes(entry[:8], "big") != index)
        lanes.give_up(work.tx, row.generation, kept)


def _open_block(work: Work, row: ReadLane, index: int, sealed: bytes) -> Block | None:
    device = devices.find(work.tx, row.device)
    if device is None:
        return None
    certificate = decode(Certificate, device.certificate, "stored certificate")
    place = Place(certificate.identity, row.generation, index)
    try:
        plain = open_envelope(
            sealed, work.me.device[:TAG_SIZE], place, row.device, lambda wrapped: unwrap(work, device, wrapped)
        )
        return decode_block(plain)
    except (OpenFailed, Malformed):
        return None


def _take_block(work: Work, row: ReadLane, index: int, sealed: bytes) -> bytes | None:
    """Open a block and act on its items; return the secret of a re-keying."""
    block = _open_block(work, row, index, sealed)
    if block is not None:
        devices.hear(work.tx, row.device, work.now.network_ms)
    secret = None if block is None else _take_items(work, row, index, block, late=False)
    if block is None or (secret is None and any(isinstance(item, Rekey) for item in block.items)):
        lanes.set_broken(work.tx, row.generation, index)
        resetting.request(work, row.conversation)
    return secret


def _take_items(work: Work, row: ReadLane, index: int, block: Block, *, late: bool) -> bytes | None:
    secret: bytes | None = None
    for item in block.items:
        secret = _take_item(work, row, index, block, item, late=late) or secret
    if any(not isinstance(item, Ack) for item in block.items):
        conversations.set_ack_due(work.tx, row.conversation, due=True)
    return secret


def unwrap(work: Work, device: DeviceRow, wrapped: Wrapped) -> bytes:
    """Run the ratchet with a device; a first message may open a new one, once. Raises ``OpenFailed``."""
    for session_id, pickle, _ in devices.sessions(work.tx, device.device):
        session = Session.restore(pickle, work.me.pickle_key)
        try:
            plaintext = session.decrypt(wrapped.kind, wrapped.message)
        except OpenFailed:
            continue
        devices.save_session(work.tx, session_id, session.pickle(work.me.pickle_key))
        devices.prefer_session(work.tx, session_id)
        return plaintext
    return _unwrap_first(work, device, wrapped)


def _unwrap_first(work: Work, device: DeviceRow, wrapped: Wrapped) -> bytes:
    used = prekey_id(wrapped.kind, wrapped.message) if wrapped.kind == 0 else None
    if used is None or devices.is_prekey_used(work.tx, used):
        raise OpenFailed
    account = work.olm_account()
    certificate = decode(Certificate, device.certificate, "stored certificate")
    session, plaintext = account.accept_session(certificate.olm_identity, wrapped.kind, wrapped.message)
    devices.use_prekey(work.tx, used)
    accounts.save_olm(work.tx, account.pickle(work.me.pickle_key))
    pickle = session.pickle(work.me.pickle_key)
    devices.add_session(work.tx, session.id, device.device, pickle)
    return plaintext


def _take_item(work: Work, row: ReadLane, index: int, block: Block, item: Item, *, late: bool) -> bytes | None:
    match item:
        case Text():
            _insert_text(work, row, index, block, item, late=late)
        case Ack():
            for ack in item.lanes:
                if not conversing.apply_ack(work, ack, row.conversation):
                    resetting.request(work, row.conversation, is_last_known=False)
        case KeyOffer():
            if primitives.is_xwing_public(item.public):
                devices.set_offered_key(work.tx, row.device, item.public)
        case Rekey():
            return _open_rekey(work, item)
        case KeepRequest():
            safekeeping.received(work, row.conversation, row.device, block.made_at, item, late=late)
        case Unknown():
            _insert_unknown(work, row, index, block, item)
        case _:
            pass  # an acceptance has no place in a lane
    return None


def _open_rekey(work: Work, item: Rekey) -> bytes | None:
    for sealed in item.secrets:
        private = devices.offered_key(work.tx, sealed.key_id)
        if sealed.device == work.me.device[:TAG_SIZE] and private is not None:
            info = b"sottovoce/v1/lane/rekey" + work.me.device
            devices.drop_offered_key(work.tx, sealed.key_id)  # used, whatever was made of it
            try:
                return primitives.xwing_open(private, sealed.sealed, info)
            except OpenFailed:
                return None  # its writer has locked itself out of its own lane
    return None


def _insert_text(work: Work, row: ReadLane, index: int, block: Block, item: Text, *, late: bool) -> None:
    insert_incoming(work, row.conversation, row.device, block.made_at, item, late=late, place=(row.generation, index))


def insert_incoming(
    work: Work,
    conversation: int,
    device: bytes,
    made_at: int,
    item: Text,
    *,
    late: bool = False,
    place: tuple[bytes, int] | None = None,
) -> None:
    """Insert somebody's text, once, and tell."""
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
    )
    if messages.insert(work.tx, new) is not None:
        sender = identity_of(owner.identity)
        work.emit(
            api.MessageReceived(conversation=owner.public_id, id=new.id, sender=sender, text=item.text, late=late)
        )


def _insert_unknown(work: Work, row: ReadLane, index: int, block: Block, item: Unknown) -> None:
    owner = conversations.by_id(work.tx, row.conversation)
    uid = primitives.sha256(b"unknown" + row.generation + index.to_bytes(8, "big") + item.raw)[:16]
    new = NewMessage(
        id=message_id(owner.public_id, owner.identity, uid),
        conversation=row.conversation,
        uid=uid,
        author=owner.identity,
        device=row.device,
        incoming=True,
        kind=item.kind,
        text="",
        sent_at=block.made_at,
        state="received",
        generation=row.generation,
        idx=index,
        raw=item.raw,
    )
    messages.insert(work.tx, new)
