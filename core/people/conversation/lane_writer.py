"""Writes lanes: a block of items takes the next indexes of a lane.

Everything one device says in a conversation goes through ``write_block``: it runs the ratchets, and commits the block with
the advanced state. Nothing is written before the network was caught up with once, because ids of our own future found there
mean that this state is an old copy (``resets``). What is to be said next is decided by ``sender``.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.crypto import primitives
from core.people.conversation import prekeys, trust
from core.people.conversation.acks import restart_of
from core.people.conversation.ratchets import seal_for, sessions_for
from core.people.format import lane, signing
from core.people.format.block import Block, encode_block
from core.people.format.content import InboxNotice, Item, Rekey, encode_item, uid_of
from core.people.format.device import TAG_SIZE
from core.people.format.fragment import cut
from core.people.format.prekey import KeyOffer, make_prekey
from core.people.format.signing import Entry, Place
from core.people.mail.outcome import NO_END, NO_END_PAUSE, TRY_MS
from core.people.work import Work
from core.storage import accounts, contact_inboxes, conversations, lanes, outgoing, postings
from core.storage.lanes import WriteLane
from core.storage.messages import MessageRow
from core.storage.postings import Posting
from net.instant import DAY_MS

# A text that is encoded again is tried until 30 days after it was written, and for so long at least. Milliseconds.
LEAST_TRY_MS = 2 * DAY_MS


def place_of(work: Work, conversation: int, generation: bytes, index: int) -> Place:
    """Return where a block of ours stands."""
    recipient = conversations.by_id(work.tx, conversation).recipient
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
        inbox=contact_inboxes.written_to(conversations.by_id(work.tx, conversation)),
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
        place = place_of(work, conversation, lane_row.generation, index)
        keep_signed(work, message.seq, message.uid, place, Block(made_at, items))
    return index


def encode(work: Work, lane_row: WriteLane, index: int, block: Block, size: int | None = None) -> bytes:
    """Return a block at an index of a lane, signed and sealed for its readers. Raises ``ValueError``: no room."""
    audience = sessions_for(work, trust.audience(work, lane_row.conversation))
    place = place_of(work, lane_row.conversation, lane_row.generation, index)
    return seal_for(work, audience, encode_block(block, place, work.me.device_seed), size)


def _restart(work: Work, lane_row: WriteLane) -> tuple[Item, ...]:
    """Return what begins a lane after a reset: what we hold, so that the other side sends the rest again."""
    return (restart_of(work, lane_row.conversation),) if lane_row.restarts else ()


def _offers(work: Work, lane_row: WriteLane) -> tuple[Item, ...]:
    """Return a key for one device that has none of ours."""
    for device in trust.audience(work, lane_row.conversation):
        if prekeys.is_due(work, device.device, lane_row.generation):
            made = make_prekey(work.now.network_ms)
            told_at = lane_row.generation, lane_row.next_index
            prekeys.keep(work, lane_row.conversation, device.device, made, told_at)
            return (KeyOffer(device.device[:TAG_SIZE], made.public),)
    return ()


def _until(work: Work, message: MessageRow | None) -> int:
    """Return when trying ends: 30 days from now; of what was encoded before, from when it was written."""
    if message is None or message.generation is None:
        return work.now.network_ms + TRY_MS
    return max(message.sent_at + TRY_MS, work.now.network_ms + LEAST_TRY_MS)


def keep_signed(work: Work, seq: int, uid: bytes, place: Place, block: Block) -> None:
    """Keep with a row of ours what was signed of it, as with rows of others."""
    for number, item in enumerate(block.items):
        if uid_of(item) == uid:
            entry = Entry(number, len(block.items), *encode_item(item))
            signature = signing.sign(work.me.device_seed, place, block.made_at, entry)
            outgoing.set_signed(work.tx, seq, signing.message(place, block.made_at, entry) + signature)


def future_ids(row: WriteLane, days: range) -> Iterator[tuple[int, bytes]]:
    """Yield the next indexes of a lane of ours with their ids, which only another copy of us can have used."""
    point, chain = primitives.scalar_public(row.scalar), row.chain
    for index in range(row.next_index, row.next_index + lane.WINDOW):
        secrets, chain = lane.step(chain)
        for day in days:
            yield index, lane.box_id(point, secrets, day)
