"""Blocks in place of those whose text was withdrawn, empty or with what it says now: encoded when their turn has come.

A lane has no holes and no index is ever used for two contents that left; so an empty block takes the place of the one that
was taken back. Its reader runs the ratchets in the order of the lane and keeps 40 keys that it passed over. Encoded at the
moment of deletion, in the order in which texts are deleted, empty blocks would use up a key each and be passed over by more
than that. So they are encoded in the order of the lane, each once, when nothing before them can be taken back any more:
then the reader of one passes over the keys of the blocks behind it, and these are few.

A text that was edited before it left stands in its own place, so that it stays before those written after it: they may have
left. Its block is as long as the first. What does not fit is said there by its beginning, and whole by an edit behind it:
nothing of the first wording leaves, and the order holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from core.people.conversation import acks
from core.people.conversation.changes import say_otherwise
from core.people.conversation.lane_writer import encode, keep_signed, place_of
from core.people.conversation.ratchets import can_write
from core.people.conversation.rows import own_item
from core.people.format.block import Block
from core.people.format.content import Item
from core.people.format.device import TAG_SIZE
from core.people.format.fragment import PIECE_SIZE, cut
from core.people.format.prekey import KeyOffer, decode_prekey
from core.people.mail.outcome import done, move_on
from core.people.work import Work
from core.storage import changes, conversations, lanes, messages, outgoing, postings, prekeys as prekey_rows
from core.storage.lanes import WriteLane
from core.storage.messages import MessageRow
from core.storage.postings import Posting

# Blocks behind an empty one that were encoded before it and whose keys its reader still has: of the 40 that a ratchet
# keeps, a few less.
MAX_BEHIND: Final = 36


def fill(work: Work) -> None:
    """Encode the empty blocks whose turn has come."""
    if not work.now.custodians:  # nothing leaves yet, so what is before them can still be taken back
        return
    for posting in postings.emptied(work.tx):
        if not postings.is_behind_text(work.tx, posting):
            _fill(work, posting)


def _fill(work: Work, posting: Posting) -> None:
    assert posting.generation is not None
    lane_row = lanes.written(work.tx, posting.generation)
    if lane_row is None:  # forgotten: no device reads it any more
        if posting.message is not None:
            outgoing.set_pending(work.tx, posting.message)
        done(work, posting, None)
        return
    if not can_write(work, posting.conversation):
        return  # until a device there can read it
    said = None if posting.message is None else messages.by_seq(work.tx, posting.message)
    if _behind(work, lane_row, posting) > MAX_BEHIND:
        _end(work, posting)
    elif said is not None:
        _say(work, lane_row, posting, said)
    elif not _put(work, lane_row, posting, Block(work.now.own_ms, ())):
        _end(work, posting)


def _say(work: Work, lane_row: WriteLane, posting: Posting, row: MessageRow) -> None:
    """Say in a block's place what its row says now, as much of it as fits there; the rest by an edit."""
    text = beginning = row.text
    block = Block(row.sent_at, (own_item(row),))
    while not _put(work, lane_row, posting, block, row):
        if not beginning:
            _end(work, posting)
            return
        beginning = beginning[: len(beginning) // 2]
        block = Block(row.sent_at, (own_item(replace(row, text=beginning)),))
    if beginning != text:
        changes.begin(work.tx, row.seq, beginning)
        say_otherwise(work, replace(row, text=beginning), text)


def _behind(work: Work, lane_row: WriteLane, posting: Posting) -> int:
    """Return how many blocks there are behind one at most; of those that are done their boxes are counted."""
    first = posting.first_index + posting.fragments
    behind = [row for row in postings.of_lane(work.tx, lane_row.generation) if row.first_index >= first]
    return len(behind) + lane_row.next_index - first - sum(row.fragments for row in behind)


def _put(work: Work, lane_row: WriteLane, posting: Posting, block: Block, row: MessageRow | None = None) -> bool:
    """Put a block into a place, with what has to stand beside; False where there is no room, for more ratchets, say."""
    beside = tuple(_beside_the_text(work, lane_row, posting.first_index))
    size = posting.fragments * PIECE_SIZE
    for items in ((*beside, acks.owed(work, lane_row.conversation)), beside):
        whole = Block(block.made_at, (*block.items, *items))
        try:
            sealed = encode(work, lane_row, posting.first_index, whole, size)
        except ValueError:
            continue
        postings.fill(work.tx, posting.id, b"".join(cut(sealed)))
        if row is not None:
            place = place_of(work, posting.conversation, lane_row.generation, posting.first_index)
            keep_signed(work, row.seq, row.uid, place, whole)
        return True
    return False


def _beside_the_text(work: Work, lane_row: WriteLane, index: int) -> Iterator[Item]:
    """Yield what a block held beside its text and acknowledgements, and the other side must still learn."""
    if index == 0 and lane_row.born > 1:
        yield acks.restart_of(work, lane_row.conversation)
    told = prekey_rows.told_at(work.tx, lane_row.generation, index)
    if told is not None:
        yield KeyOffer(told.device[:TAG_SIZE], decode_prekey(told.public))


def _end(work: Work, posting: Posting) -> None:
    """End a lane that cannot be read on past a block; what is not known to be delivered is sent in another.

    So is what its reader acknowledged behind the block: it holds that and cannot read it. Were it taken as delivered, the
    reader would ask for it later, and show it behind what is said anew now.
    """
    assert posting.generation is not None
    for row in outgoing.delivered_behind(work.tx, posting.generation, posting.first_index):
        move_on(work, row, "sent")
    outgoing.encode_lane_again(work.tx, posting.conversation, work.me.device, again=False)
    lanes.end_writing(work.tx, posting.conversation)
    conversations.set_ack_due(work.tx, posting.conversation, due=True)
    done(work, posting, None)
