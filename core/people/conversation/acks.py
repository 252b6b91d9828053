"""Acknowledgements: what is held here of the other side's lanes, and what it says that it holds of ours.

Blocks that every device that counts acknowledged (``delivery``) are deposited no more. Those that it lacks are deposited
again as they were, and those that it gave up are encoded anew. ``ack_timing`` decides when one is written.
"""

from __future__ import annotations

from core.people.conversation import delivery, prekeys
from core.people.format import acknowledgement
from core.people.format.content import MAX_LANES, Ack, LaneAck, Restart
from core.people.mail.outcome import done, repeat_missing
from core.people.tag_index import given_up_indexes
from core.people.work import Work
from core.storage import lanes, messages, outgoing, postings, prekeys as prekey_rows, roots
from core.storage.devices import DeviceRow
from core.storage.lanes import ReadLane
from core.storage.postings import Posting

# --- ours -------------------------------------------------------------------------------------------------------------


def owed(work: Work, conversation: int) -> Ack:
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


def restart_of(work: Work, conversation: int) -> Restart:
    """Say what is held, of lanes too that were ended by the answer to our reset and were not read to their end."""
    return Restart([_lane_ack(work, row) for row in lanes.ever_read_in(work.tx, conversation)[:MAX_LANES]])


def is_unheard(work: Work, conversation: int) -> bool:
    """Tell whether so many acknowledgements are deposited that the other side does not read or acknowledge them."""
    return postings.count_controls(work.tx, conversation) >= work.limits.unheard


# --- theirs -----------------------------------------------------------------------------------------------------------


def apply(work: Work, ack: LaneAck, device: DeviceRow) -> bool:
    """Finish what the other side holds; repeat what it lacks, and encode anew what it gave up waiting for.

    An unknown device's acknowledgement ends no deposit, and proves nothing of others; what it has is noted, in case the
    device is confirmed. False when it holds more of the lane we write than was written here: then this state is an old copy.
    """
    conversation = device.conversation
    written = lanes.written(work.tx, ack.generation)
    if written is None or written.conversation != conversation:
        return True
    if acknowledgement.end(ack) > written.next_index:
        return written.ended
    awaited = delivery.Awaited(work, conversation)
    for posting in postings.of_lane(work.tx, ack.generation):
        if acknowledgement.covers(ack, posting.first_index, posting.fragments):
            awaited.note(posting, device)
        elif acknowledgement.lacks(ack, posting.first_index, posting.fragments) and device.is_known:
            prekey_rows.drop_told_at(work.tx, ack.generation, posting.first_index)
            _say_again(work, posting)
    prekey_rows.drop_before(work.tx, conversation, device.device, ack.generation, ack.next)
    if device.is_known:
        roots.prove_by(work.tx, conversation, ack.generation, device.device)
    _let_go_of_announcements(work, device, ack.generation)
    _repeat(work, ack, device)
    return True


def _repeat(work: Work, ack: LaneAck, device: DeviceRow) -> None:
    """Deposit again what a device lacks. Not for one that was shut out: it would use up the repeats of a known one."""
    if device.let_in is not None:
        lacking = work.repeats.due(ack.generation, acknowledgement.missing(ack), work.now.mono)
        if lacking:
            repeat_missing(work, ack.generation, lacking)


def _let_go_of_announcements(work: Work, device: DeviceRow, generation: bytes) -> None:
    """Drop announcements of a generation that a device knows; those for all devices only by a known device's word."""
    readers = {None, prekeys.ANYBODY, device.device} if device.is_known else {device.device}
    for kind in ("acceptance", "reset"):
        for posting in postings.of_conversation(work.tx, device.conversation, kind):
            if posting.generation == generation and posting.device in readers:
                done(work, posting, None)


def _say_again(work: Work, posting: Posting) -> None:
    done(work, posting, None)
    row = None if posting.message is None else messages.by_seq(work.tx, posting.message)
    if row is not None and row.state != "failed":
        outgoing.set_pending(work.tx, row.seq, again=True)
