"""Writing into lanes: texts, acknowledgements, keys for re-keying.

Everything one device says in a conversation goes through ``write_block``: it takes the next indexes of the lane, runs the
ratchets, and commits the block with the advanced state. Nothing is written before the network was caught up with once,
because ids of our own future found there mean that this state is an old copy (``resets``).
"""

from __future__ import annotations

from collections.abc import Iterator

from core.crypto import primitives
from core.crypto.ratchet import Session
from core.people.conversation import keep_request, prekeys, trust
from core.people.format import acknowledgement, envelope, lane, signing
from core.people.format.content import (
    MAX_LANES,
    Ack,
    Block,
    InboxNotice,
    Item,
    LaneAck,
    Rekey,
    Restart,
    SealedSecret,
    Text,
    encode_block,
    encode_item,
)
from core.people.format.device import TAG_SIZE
from core.people.format.fragment import cut
from core.people.format.prekey import KeyOffer, Prekey, decode_prekey, make_prekey, open_session_to
from core.people.format.signing import Entry, Place
from core.people.mail.outcome import NO_END, NO_END_PAUSE, TRY_MS, done, repeat_missing
from core.people.moment import DAY_MS
from core.people.tag_index import given_up_indexes
from core.people.work import Work
from core.storage import accounts, conversations, devices, lanes, messages, postings, prekeys as prekey_rows, roots
from core.storage.devices import DeviceRow
from core.storage.lanes import ReadLane, WriteLane
from core.storage.messages import KEEP_REQUEST, MessageRow
from core.storage.postings import Posting

# Texts encoded in one transaction: bounds how long the database is busy at a stretch (about 1 ms each).
BATCH = 16
# Blocks of one conversation that wait for their first copy: a thousand texts, or a contact who wants everything said
# again, must not keep those to others waiting for longer than some seconds.
MAX_UNPOSTED = 32
# Boxes that are made in a day of what was encoded before, because the other side lost it or says so: 26 s of a core. The
# rest waits for the next day; what was never encoded does not wait.
MAX_AGAIN_BOXES = 512
# A text that is encoded again is tried until 30 days after it was written, and for so long at least. Milliseconds.
LEAST_TRY_MS = 2 * DAY_MS


def sessions_for(work: Work, audience: list[DeviceRow]) -> list[tuple[DeviceRow, Session]]:
    """Return the devices that can be written to, each with its ratchet: the one a message last came in by, else a new one.

    Whoever gave us no key, and whose ratchet is not to be trusted any more, cannot be written to until it answers.
    """
    found = [(device, audience_session(work, device)) for device in audience]
    return [(device, session) for device, session in found if session is not None]


def audience_session(work: Work, device: DeviceRow) -> Session | None:
    """Return the ratchet to write to a device by; a new one uses up the key it offered."""
    for _, pickle, sendable in devices.sessions(work.tx, device.device):
        if sendable:
            return Session.restore(pickle, work.me.pickle_key)
    offered = usable_key(work, device)
    devices.set_offered_key(work.tx, device.device, None)
    return None if offered is None else start_session(work, device.device, offered)


def usable_key(work: Work, device: DeviceRow) -> Prekey | None:
    """Return the key that a device offered and we have not used, None when there is none that is young enough."""
    if device.offered_key is None:
        return None
    offered = decode_prekey(device.offered_key)
    return offered if offered.is_usable(work.now.network_ms) else None


def has_ratchet(work: Work, device: DeviceRow) -> bool:
    """Tell whether there is a ratchet by which a device may be written to."""
    return any(sendable for _, _, sendable in devices.sessions(work.tx, device.device))


def start_session(work: Work, device: bytes, prekey: Prekey) -> Session:
    """Start a ratchet to a prekey of a device; whoever calls this uses the prekey up."""
    session = open_session_to(prekey)
    devices.add_session(work.tx, session.id, device, session.pickle(work.me.pickle_key))
    return session


def can_write(work: Work, conversation: int) -> bool:
    """Tell whether somebody there could read what is written now."""
    audience = trust.audience(work, conversation)
    return any(has_ratchet(work, device) or usable_key(work, device) is not None for device in audience)


def seal_for(work: Work, sessions: list[tuple[DeviceRow, Session]], block: bytes, size: int | None = None) -> bytes:
    """Return an envelope for an audience, every ratchet's new state stored."""
    sealed = envelope.seal(block, [(d.device[:TAG_SIZE], s) for d, s in sessions], size=size)
    for _, session in sessions:
        devices.save_session(work.tx, session.id, session.pickle(work.me.pickle_key))
    return sealed


def place_of(work: Work, conversation: int, generation: bytes, index: int) -> Place:
    """Return where a block of ours stands."""
    recipient = conversations.by_id(work.tx, conversation).identity
    return Place(work.me.identity, recipient, work.me.device, generation, index)


def write_block(
    work: Work,
    lane_row: WriteLane,
    items: tuple[Item, ...],
    message: MessageRow | None = None,
    until: int | None = None,
) -> int:
    """Append a block to a lane and keep it as a posting; return its first index."""
    conversation, index = lane_row.conversation, lane_row.next_index
    items = (*_restart(work, lane_row), *items)
    if not any(isinstance(item, Rekey) for item in items):
        items = (*items, *_offers(work, lane_row))
    made_at = work.now.own_ms if message is None else message.sent_at
    pieces = cut(encode(work, lane_row, index, Block(made_at, items)))
    chain, secrets = lane_row.chain, b""
    for _ in pieces:
        box, chain = lane.step(chain)
        secrets += box.pack()
    posting = Posting(
        id=0,
        kind="block",
        conversation=conversation,
        generation=lane_row.generation,
        first_index=index,
        fragments=len(pieces),
        payload=b"".join(pieces),
        secrets=secrets,
        inbox=conversations.inboxes_of(conversations.by_id(work.tx, conversation)),
        message=None if message is None else message.seq,
        made_at=work.now.network_ms,
        until=_until(work, message) if until is None else until,
        pause=NO_END_PAUSE if until == NO_END else 0,
        tells=next((item.number for item in items if isinstance(item, InboxNotice)), 0),
    )
    postings.insert(work.tx, posting)
    lanes.advance_writing(work.tx, lane_row.generation, chain, index + len(pieces))
    accounts.advance(work.tx)
    if message is not None:
        _keep_signed(work, message, lane_row, Block(made_at, items))
    return index


def encode(work: Work, lane_row: WriteLane, index: int, block: Block, size: int | None = None) -> bytes:
    """Return a block at an index of a lane, signed and sealed for whoever is to read it. Raises ``ValueError``: no room."""
    sessions = sessions_for(work, trust.audience(work, lane_row.conversation))
    place = place_of(work, lane_row.conversation, lane_row.generation, index)
    return seal_for(work, sessions, encode_block(block, place, work.me.device_seed), size)


def _restart(work: Work, lane_row: WriteLane) -> tuple[Item, ...]:
    """A lane that a reset began says first what we hold, so that the other side says the rest again."""
    return (restart_of(work, lane_row.conversation),) if lane_row.restarts else ()


def restart_of(work: Work, conversation: int) -> Restart:
    """Say what is held, of lanes too that were ended by the answer to our reset and were not read to their end."""
    return Restart([_lane_ack(work, row) for row in lanes.ever_read_in(work.tx, conversation)[:MAX_LANES]])


def _offers(work: Work, lane_row: WriteLane) -> tuple[Item, ...]:
    """Return a key for one device that has none of ours."""
    for device in trust.audience(work, lane_row.conversation):
        if prekeys.is_due(work, device.device, lane_row.generation):
            made = make_prekey(work.now.network_ms)
            place = lane_row.generation, lane_row.next_index
            prekeys.keep(work, lane_row.conversation, device.device, made, place)
            return (KeyOffer(device.device[:TAG_SIZE], made.public),)
    return ()


def _until(work: Work, message: MessageRow | None) -> int:
    """Return when trying ends: 30 days from now; of what was encoded before, from when it was written."""
    if message is None or message.generation is None:
        return work.now.network_ms + TRY_MS
    return max(message.sent_at + TRY_MS, work.now.network_ms + LEAST_TRY_MS)


def _keep_signed(work: Work, message: MessageRow, lane_row: WriteLane, block: Block) -> None:
    """Keep with a row of ours what was signed of it, as with rows of others."""
    place = place_of(work, lane_row.conversation, lane_row.generation, lane_row.next_index)
    for number, item in enumerate(block.items):
        if getattr(item, "uid", None) == message.uid:
            entry = Entry(number, len(block.items), *encode_item(item))
            signature = signing.sign(work.me.device_seed, place, block.made_at, entry)
            messages.set_signed(work.tx, message.seq, signing.message(place, block.made_at, entry) + signature)


def write_pending(work: Work, conversation: int) -> bool:
    """Encode what waits in a conversation, at most ``BATCH`` texts; tell whether more waits."""
    room = MAX_UNPOSTED - postings.count_unposted(work.tx, conversation)
    may_repeat = conversations.spend_again(work.tx, conversation, work.now.day, 0) < MAX_AGAIN_BOXES
    rows = messages.pending(work.tx, conversation, max(0, min(BATCH, room)), again=may_repeat)
    is_written = False
    for row in rows:
        if row.again and conversations.spend_again(work.tx, conversation, work.now.day, 0) >= MAX_AGAIN_BOXES:
            continue  # the long ones before it took the rest
        boxes = _write_row(work, conversation, row)
        is_written = True
        if row.again:
            conversations.spend_again(work.tx, conversation, work.now.day, boxes)
    if is_written:
        conversations.set_ack_due(work.tx, conversation, due=False)
    return len(rows) == BATCH


def _write_row(work: Work, conversation: int, row: MessageRow) -> int:
    """Encode a row of ours; return how many boxes that makes, with a re-keying that was due before it."""
    lane_row = lanes.writing(work.tx, conversation)
    assert lane_row is not None
    first = lane_row.next_index
    lane_row = rekey_if_due(work, lane_row)
    index = write_block(work, lane_row, (_item_of(row), acks(work, conversation)), row)
    messages.place(work.tx, row.seq, lane_row.generation, index)
    after = lanes.written(work.tx, lane_row.generation)
    assert after is not None
    return after.next_index - first


def _item_of(row: MessageRow) -> Item:
    """Return what a row of ours says."""
    return keep_request.request_row(row) if row.kind == KEEP_REQUEST else Text(row.uid, row.text)


def acks(work: Work, conversation: int) -> Ack:
    """Say what is held of every lane of the other side."""
    return Ack(lane_acks(work, conversation))


def lane_acks(work: Work, conversation: int) -> list[LaneAck]:
    """Return what is held of each lane of the other side, the newest generations first."""
    return [_lane_ack(work, row) for row in lanes.reading_in(work.tx, conversation)[:MAX_LANES]]


def _lane_ack(work: Work, row: ReadLane) -> LaneAck:
    given_up = given_up_indexes(row.given_up)
    if row.broken_at is not None:  # what came after it will be said again as well
        return acknowledgement.describe(row.generation, row.broken_at, (), given_up)
    held = lanes.held_indexes(work.tx, row.generation)
    return acknowledgement.describe(row.generation, row.next_index, held, given_up)


def write_control(work: Work, conversation: int, *items: Item, until: int | None = None) -> None:
    """Write an acknowledgement by itself, or with items that stand in no row."""
    lane_row = lanes.writing(work.tx, conversation)
    is_known = conversations.by_id(work.tx, conversation).inbox is not None
    if lane_row is None or not is_known or not can_write(work, conversation):
        return
    lane_row = rekey_if_due(work, lane_row)
    write_block(work, lane_row, (*items, acks(work, conversation)), until=until)
    conversations.set_ack_due(work.tx, conversation, due=False)


def is_unheard(work: Work, conversation: int) -> bool:
    """Tell whether so many acknowledgements are deposited that whoever they are for does not read them, or says so."""
    return postings.count_controls(work.tx, conversation) >= acknowledgement.MAX_UNHEARD


# --- re-keying ----------------------------------------------------------------------------------------------------------


def is_overdue(work: Work, row: WriteLane) -> bool:
    """Tell whether a lane was not mixed with a fresh secret for longer than is promised."""
    is_long_ago = row.next_index > 0 and work.now.network_ms - max(row.rekeyed_at, row.made_at) > lane.REKEY_PROMISED_MS
    return row.rekeyed_blocks > lane.REKEY_PROMISED_BLOCKS or is_long_ago


def rekey_if_due(work: Work, row: WriteLane) -> WriteLane:
    """Mix a fresh secret into a lane if it is time to and every device that is to read on has a key; return the lane."""
    is_due = (
        row.rekeyed_blocks >= lane.REKEY_AFTER_BLOCKS or work.now.network_ms - row.rekeyed_at >= lane.REKEY_AFTER_MS
    )
    if not is_due or row.restarts:
        return row
    audience = trust.audience(work, row.conversation)
    with_key = [device for device in audience if usable_key(work, device) is not None]
    lacking = [device for device in audience if device not in with_key]
    if not with_key or not all(not device.is_known or is_overdue(work, row) for device in lacking):
        return row
    for device in lacking:  # it cannot read on, and will ask for a fresh start when it notices
        devices.set_left_behind(work.tx, device.device, left=True)
    return _rekey(work, row, with_key)


def _rekey(work: Work, row: WriteLane, audience: list[DeviceRow]) -> WriteLane:
    secret = primitives.random_bytes(32)
    sealed = [_seal_secret(work, row, device, secret) for device in audience]
    write_block(work, row, (Rekey(sealed),))
    after = lanes.written(work.tx, row.generation)
    assert after is not None
    lanes.mark_rekeyed(work.tx, row.generation, lane.rekey(after.chain, secret), after.next_index, work.now.network_ms)
    rekeyed = lanes.written(work.tx, row.generation)
    assert rekeyed is not None
    return rekeyed


def rekey_info(conversation: bytes, generation: bytes, device: bytes) -> bytes:
    """Return what binds a re-keying secret to its lane and its reader."""
    return b"sottovoce/v1/lane/rekey-secret" + conversation + generation + device


def _seal_secret(work: Work, row: WriteLane, device: DeviceRow, secret: bytes) -> SealedSecret:
    offered = usable_key(work, device)
    assert offered is not None
    recipient = conversations.by_id(work.tx, row.conversation).identity
    info = rekey_info(signing.conversation_hash(work.me.identity, recipient), row.generation, device.device)
    # The Olm half goes with it where there is a ratchet already; where there is none this block opens it.
    sealed = primitives.xwing_seal(offered.xwing, secret, info)
    if has_ratchet(work, device):
        devices.set_offered_key(work.tx, device.device, None)
    return SealedSecret(device.device[:TAG_SIZE], offered.key_id, sealed)


def apply_ack(work: Work, ack: LaneAck, device: DeviceRow) -> bool:
    """Let go of what the other side holds; repeat what it lacks, and say again what it gave up waiting for.

    The word of a device that is not known ends nothing, and proves nothing of others; what it has is noted, in case the
    device is confirmed. False when it holds more of the lane we write than was written here: then this state is an old copy.
    """
    conversation = device.conversation
    written = lanes.written(work.tx, ack.generation)
    if written is None or written.conversation != conversation:
        return True
    if acknowledgement.end(ack) > written.next_index:
        return written.ended
    for posting in postings.of_lane(work.tx, ack.generation):
        if acknowledgement.covers(ack, posting.first_index, posting.fragments):
            if device.is_known:
                done(work, posting, "delivered")
            elif device.let_in is not None:  # who is out cannot have read it
                postings.note_held(work.tx, posting.id)
        elif acknowledgement.lacks(ack, posting.first_index, posting.fragments) and device.is_known:
            prekey_rows.drop_told_at(work.tx, ack.generation, posting.first_index)
            _say_again(work, posting)
    prekey_rows.drop_before(work.tx, device.device, ack.generation, ack.next)
    if device.is_known:
        roots.prove_by(work.tx, conversation, ack.generation, device.device)
    _let_go_of_announcements(work, device, ack.generation)
    _repeat(work, ack, device)
    return True


def _repeat(work: Work, ack: LaneAck, device: DeviceRow) -> None:
    """Deposit again what a device lacks. Not for one that is out: what a known one lacks would count as repeated."""
    if device.let_in is not None:
        lacking = work.repeats.due(ack.generation, acknowledgement.missing(ack), work.now.mono)
        if lacking:
            repeat_missing(work, ack.generation, lacking)


def _let_go_of_announcements(work: Work, device: DeviceRow, generation: bytes) -> None:
    """Whoever speaks of a generation has learned of it; what is for others than it goes by the word of a known one."""
    readers = {None, prekeys.ANYBODY, device.device} if device.is_known else {device.device}
    for kind in ("acceptance", "reset"):
        for posting in postings.of_conversation(work.tx, device.conversation, kind):
            if posting.generation == generation and posting.device in readers:
                done(work, posting, None)


def _say_again(work: Work, posting: Posting) -> None:
    done(work, posting, None)
    row = None if posting.message is None else messages.by_seq(work.tx, posting.message)
    if row is not None and row.state != "failed":
        messages.set_pending(work.tx, row.seq, again=True)


def future_ids(row: WriteLane, days: range) -> Iterator[tuple[int, bytes]]:
    """Yield the next indexes of a lane of ours with their ids, which nobody but another copy of us can have used."""
    point, chain = primitives.scalar_public(row.scalar), row.chain
    for index in range(row.next_index, row.next_index + lane.WINDOW):
        secrets, chain = lane.step(chain)
        for day in days:
            yield index, lane.box_id(point, secrets, day)
