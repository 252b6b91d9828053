"""Decides what is sent next in a conversation: rows that wait, acknowledgements, and items that stand in no row."""

from __future__ import annotations

from core.people.conversation import acks, lane_writer, resets, signs, trust
from core.people.conversation.ratchets import can_write
from core.people.conversation.rekeying import rekey_if_due
from core.people.conversation.rows import own_item
from core.people.format.content import NOTHING, Here, Item
from core.people.work import Work
from core.storage import conversations, lanes, outgoing, postings
from core.storage.messages import MessageRow

# Texts encoded in one transaction: bounds how long the database is busy at a stretch (about 1 ms each).
BATCH = 16
# Blocks of one conversation that wait for their first copy: a thousand texts, or a contact who wants everything said
# again, must not keep those to others waiting for longer than some seconds.
MAX_UNPOSTED = 32


def write_waiting(work: Work) -> None:
    """Encode what waits in every conversation that can be written to."""
    for conversation in outgoing.conversations_pending(work.tx):
        row = conversations.by_id(work.tx, conversation)
        if row.state != "open" or row.blocked or row.inbox is None or not trust.audience(work, conversation):
            continue  # no device there can be written to yet
        _ensure_lane(work, conversation)
        if can_write(work, conversation):
            write_pending(work, conversation)


def write_ack(work: Work, conversation: int) -> None:
    """Write an acknowledgement by itself."""
    _ensure_lane(work, conversation)
    write_control(work, conversation)


def _ensure_lane(work: Work, conversation: int) -> None:
    if (
        lanes.writing(work.tx, conversation) is None
    ):  # by our own doing, or after thirty days: not by a request of theirs
        resets.begin(work, conversation, is_last_known=False, again=False)


def write_pending(work: Work, conversation: int) -> bool:
    """Encode what waits in a conversation, at most ``BATCH`` texts; tell whether more waits."""
    room = MAX_UNPOSTED - postings.count_unposted(work.tx, conversation)
    may_repeat = conversations.spend_again(work.tx, conversation, work.now.day, 0) < work.limits.again_boxes
    rows = outgoing.pending(work.tx, conversation, max(0, min(BATCH, room)), again=may_repeat)
    is_written = False
    for row in rows:
        if row.again and conversations.spend_again(work.tx, conversation, work.now.day, 0) >= work.limits.again_boxes:
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
    items = (own_item(row), *signs.owed(work, conversation, beside=row.text), acks.owed(work, conversation))
    index = lane_writer.write_block(work, lane_row, items, row)
    outgoing.set_encoded(work.tx, row.seq, lane_row.generation, index)
    after = lanes.written(work.tx, lane_row.generation)
    assert after is not None
    return after.next_index - first


def write_control(work: Work, conversation: int, *items: Item, until: int | None = None, now: Here = NOTHING) -> None:
    """Write an acknowledgement by itself, or with items that stand in no row."""
    lane_row = lanes.writing(work.tx, conversation)
    is_known = conversations.by_id(work.tx, conversation).inbox is not None
    if lane_row is None or not is_known or not can_write(work, conversation):
        return
    lane_row = rekey_if_due(work, lane_row)
    said = (*items, *signs.owed(work, conversation, now), acks.owed(work, conversation))
    lane_writer.write_block(work, lane_row, said, until=until)
    conversations.set_ack_due(work.tx, conversation, due=False)
