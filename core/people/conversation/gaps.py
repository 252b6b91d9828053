"""Holes in lanes: waited for, asked for, and at last given up, so that the blocks behind them are shown.

A hole holds later blocks back. After 48 hours of own time online it is shown as a gap; what still comes later is inserted
late, as long as its secrets are kept.
"""

from __future__ import annotations

from core.people.conversation.lane_reader import take_ready
from core.people.conversation.lane_reading import watch_lane
from core.people.conversation.rows import insert_notice
from core.people.format import lane
from core.people.format.fragment import decode_piece
from core.people.format.numbers import COPIES_GONE_MS
from core.people.tag_index import GIVEN_UP_SIZE, given_up_entries, given_up_entry
from core.people.work import Work
from core.storage import accounts, conversations, lanes
from core.storage.lanes import ReadLane
from core.storage.messages import GAP
from net.instant import HOUR_MS

# A hole is waited for this long, counted while this account is online: its writer had the time to fill it.
HOLE_PATIENCE_MS = 48 * HOUR_MS
# Indexes remembered after they were given up, for what comes late.
MAX_GIVEN_UP = 256
# How long their secrets are kept: no copy of such an index is in the network any more after that, and its content was sent
# again.
GIVEN_UP_MS = COPIES_GONE_MS


def give_up_holes(work: Work) -> None:
    """Go on past holes that were waited for long enough."""
    online = accounts.add_online(work.tx, 0)
    for row in lanes.every_reading(work.tx):
        is_missing = row.hole_since is not None and online - row.hole_since >= HOLE_PATIENCE_MS
        if is_missing and not conversations.by_id(work.tx, row.conversation).blocked:
            _skip_hole(work, row)


def _skip_hole(work: Work, row: ReadLane) -> None:
    chain, index, given_up = row.chain, row.next_index, row.given_up
    end = _end_of_hole(work, row)
    while index < end:
        secrets, chain = lane.step(chain)
        given_up += given_up_entry(index, secrets, work.now.network_ms)
        index += 1
    lanes.give_up(work.tx, row.generation, given_up[-MAX_GIVEN_UP * GIVEN_UP_SIZE :])
    lanes.advance_reading(work.tx, row.generation, chain, index)
    lanes.release(work.tx, row.generation, index)
    about = b"gap" + row.generation + row.next_index.to_bytes(8, "big")
    insert_notice(work, row.conversation, row.device, GAP, about, (row.generation, row.next_index))
    conversations.set_ack_due(work.tx, row.conversation, due=True)  # its writer is to say it again
    fresh = lanes.reading(work.tx, row.generation)
    assert fresh is not None
    watch_lane(work, fresh)
    take_ready(work, fresh)


def forget_given_up(work: Work) -> None:
    """Forget the secrets of indexes of which no copy is in the network any more."""
    before = work.now.earliest_ms - GIVEN_UP_MS
    for row in lanes.with_given_up(work.tx):
        kept = b"".join(entry for _, at, entry in given_up_entries(row.given_up) if at >= before)
        if kept != row.given_up:
            lanes.give_up(work.tx, row.generation, kept)
            work.tx.forget()
            fresh = lanes.reading(work.tx, row.generation)
            assert fresh is not None
            watch_lane(work, fresh)


def _end_of_hole(work: Work, row: ReadLane) -> int:
    """Return the first index beyond what is missing: the next one held, or the end of a block that is held in part."""
    held = lanes.held(work.tx, row.generation, row.next_index, lane.WINDOW)
    if not held:
        return row.next_index
    index, plaintext = held[0]
    piece = decode_piece(plaintext)
    is_start = piece.number == 0 and index > row.next_index
    return index if is_start else index - piece.number + piece.count
