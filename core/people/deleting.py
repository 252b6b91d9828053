"""Deleting rows here: from the file for good, and from what was going to leave.

A text of which nothing was ever handed to the node is taken back, and never sent. One of which anything was, by whatever
encoding, may be on a custodian's disk already: it counts as sent, and whoever deletes it is told so. What lies there stays
deposited like any other; what would be sent of it once more is taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core import api
from core.people import prekeys
from core.people.content import Block, Item
from core.people.conversing import can_write, encode, restart_of
from core.people.device import TAG_SIZE
from core.people.fragment import PIECE_SIZE, cut
from core.people.posting import done
from core.people.prekeys import KeyOffer
from core.people.work import Work
from core.storage import conversations, lanes, messages, postings, prekeys as prekey_rows
from core.storage.lanes import WriteLane
from core.storage.messages import MessageRow
from core.storage.postings import Posting

_UNDELIVERED = ("queued", "sent", "stored")


def delete(work: Work, rows: Iterable[MessageRow]) -> api.Deleted:
    """Delete rows; tell what became of those of ours that were not delivered."""
    withdrawn = on_their_way = 0
    for row in rows:
        if not row.incoming:
            is_back = _withdraw(work, row)
            if row.state in _UNDELIVERED:
                withdrawn, on_their_way = withdrawn + is_back, on_their_way + (not is_back)
        messages.delete(work.tx, row, work.now.network_ms)
    return api.Deleted(withdrawn=withdrawn, on_their_way=on_their_way)


def _withdraw(work: Work, row: MessageRow) -> bool:
    """Take a text back from what is to be deposited; False when some of it may have left, now or in an earlier encoding."""
    found = postings.of_message(work.tx, row.seq)
    kinds = {posting.kind for posting in found}
    outcomes = [withdraw(work, posting) for posting in found]  # of each, whatever became of the others
    is_back = all(outcomes)
    is_waiting = conversations.by_id(work.tx, row.conversation).state == "waiting"
    greets_on = bool(postings.of_conversation(work.tx, row.conversation, "greeting"))
    if is_back and "greeting" in kinds and is_waiting and not greets_on:
        conversations.set_state(work.tx, row.conversation, "unanswered")
    return is_back and not row.departed and (bool(row.pending) or bool(found))


def withdraw(work: Work, posting: Posting) -> bool:
    """Take back what a posting says, if none of it was handed to the node; tell whether that was so.

    Its indexes get an empty block, so that the lane has no hole and no index is ever used for two contents that left.
    """
    if postings.was_handed_over(work.tx, posting.id):
        return False
    if posting.kind != "block" or posting.generation is None:
        done(work, posting, None)
        return True
    lane_row = lanes.written(work.tx, posting.generation)
    if lane_row is None or lane_row.ended or not can_write(work, posting.conversation):
        done(work, posting, None)  # the lane ends before it, or with it
        return True
    items = tuple(_beside_the_text(work, lane_row, posting.first_index))
    size = posting.fragments * PIECE_SIZE
    try:
        sealed = encode(work, lane_row, posting.first_index, Block(work.now.own_ms, items), size)
    except ValueError:  # more ratchets than when it was written: no room; the lane ends here and begins anew
        lanes.end_writing(work.tx, posting.conversation)
        done(work, posting, None)
        return True
    postings.replace_payload(work.tx, posting.id, b"".join(cut(sealed)))
    return True


def _beside_the_text(work: Work, lane_row: WriteLane, index: int) -> Iterator[Item]:
    """Yield what a block held beside its text and acknowledgements, and the other side must still learn."""
    if index == 0 and lane_row.born > 1:
        yield restart_of(work, lane_row.conversation)
    told = prekey_rows.told_at(work.tx, lane_row.generation, index)
    if told is not None:
        yield KeyOffer(told.device[:TAG_SIZE], prekeys.decode_public(told.public))
