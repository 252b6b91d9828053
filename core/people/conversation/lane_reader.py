"""Reads lanes: from a box that was found to a row in a conversation.

A box is opened at once, and its plaintext held; blocks are then taken in the order of their lane, so that ratchets never
skip and rows never jump. A hole holds later blocks back (``core.people.conversation.gaps``).
"""

from __future__ import annotations

from typing import Final

from core.crypto import primitives
from core.errors import Malformed, OpenFailed
from core.people.conversation import acks, item_rules, lane_reading, resets, trust
from core.people.conversation.ratchets import unwrap
from core.people.conversation.rows import Origin
from core.people.format import lane
from core.people.format.block import Said, decode_block
from core.people.format.content import Ack, Rekey, Signs
from core.people.format.device import TAG_SIZE
from core.people.format.envelope import open_envelope
from core.people.format.fragment import MAX_FRAGMENTS, Piece, decode_piece
from core.people.format.signing import Place
from core.people.mail.boxes import box_ad
from core.people.tag_index import LaneTarget, given_up_entries
from core.people.work import Work
from core.storage import accounts, conversations, devices, lanes
from core.storage.devices import DeviceRow
from core.storage.lanes import ReadLane
from net.instant import MINUTE_MS
from net.parcel.box import Box

# What was made within this time of now shows that its writer is there. Milliseconds.
JUST_NOW_MS: Final = 2 * MINUTE_MS


def open_lane_box(work: Work, target: LaneTarget, box: Box) -> bool:
    """Open a box found at a lane's index, hold it, and take what is whole and in order.

    False when it does not open: a variant that the lane's writer did not make, or a faulty writer.
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

    The question is posted until it is acknowledged. Were it repeated whenever a box comes that cannot be read yet,
    two sides that both lack a box would only ask each other, for ever.
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
    device = devices.find(work.tx, row.conversation, row.device)
    if device is None:
        return None
    place = Place(device.identity, trust.addressed_to(work, device), row.device, row.generation, index)
    try:
        plain = open_envelope(sealed, work.me.device[:TAG_SIZE], lambda wrapped: unwrap(work, device, wrapped))
        return decode_block(plain, place)
    except (OpenFailed, Malformed):
        return None


def _take_block(work: Work, row: ReadLane, index: int, sealed: bytes) -> bytes | None:
    """Open a block and act on its items; return the secret of a re-keying."""
    block = _open_block(work, row, index, sealed)
    device = devices.find(work.tx, row.conversation, row.device)
    if block is not None and device is not None:
        trust.heard(work, device, block.made_at)
        if abs(work.now.own_ms - block.made_at) < JUST_NOW_MS:
            work.presence.heard(row.conversation, work.now.mono)
        if device.left_behind and device.is_known:  # it lives after all, and cannot read what we write
            resets.request(work, row.conversation)
    secret = None if block is None else _take_items(work, row, index, block, late=False)
    if block is None or (secret is None and any(isinstance(item, Rekey) for item, _ in block.items)):
        _break_off(work, row, index)
    return secret


def _break_off(work: Work, row: ReadLane, index: int) -> None:
    """Act on a lane that cannot be read on: for a known device ask for a new one; of any other end that lane alone."""
    device = devices.find(work.tx, row.conversation, row.device)
    if device is not None and device.is_known:
        lanes.set_broken(work.tx, row.generation, index)
        resets.request(work, row.conversation)
    else:
        lane_reading.end_reading(work, row)


def _take_items(work: Work, row: ReadLane, index: int, block: Said, *, late: bool) -> bytes | None:
    secret: bytes | None = None
    for number, (item, signed) in enumerate(block.items):
        origin = Origin(row.conversation, row.device, block.made_at, row.generation, index, number, late)
        if not isinstance(item, Ack):
            secret = item_rules.take(work, origin, item, signed) or secret
    said = [item for item, _ in block.items if isinstance(item, Ack)]
    device = devices.find(work.tx, row.conversation, row.device)
    if said and device is not None:
        _take_ack(work, device, said[0])  # more than one says nothing that could not be said in one
        resets.notice_unheard(work, row.conversation, row.device, block.made_at, said[0])
    if any(not isinstance(item, Ack | Signs) for item, _ in block.items):
        _owe_ack(work, row)
    return secret


def _owe_ack(work: Work, row: ReadLane) -> None:
    """Note that the writer of a lane is owed an acknowledgement, if it can read one."""
    device = devices.find(work.tx, row.conversation, row.device)
    if device is not None and device.let_in is not None:
        conversations.set_ack_due(work.tx, row.conversation, due=True)


def _take_ack(work: Work, device: DeviceRow, said: Ack) -> None:
    """Take what a device holds of each lane of ours, of each once."""
    spoken_of: set[bytes] = set()
    for ack in said.lanes:
        is_new = ack.generation not in spoken_of
        spoken_of.add(ack.generation)
        if is_new and not acks.apply(work, ack, device) and device.is_known:
            resets.request(work, device.conversation, is_last_known=False)
