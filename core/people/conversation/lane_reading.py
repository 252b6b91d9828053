"""The life of a lane that is read: begun where its writer offers it, watched while boxes may come, ended afterwards."""

from __future__ import annotations

from core.people.format.lane import Offer
from core.people.format.numbers import COPIES_GONE_MS
from core.people.work import Work
from core.storage import conversations, devices, lanes, sessions
from core.storage.lanes import ReadLane

# Of a lane whose writer began another, nothing is left in the network after so long.
OVERTAKEN_MS = COPIES_GONE_MS


def watch_lane(work: Work, row: ReadLane) -> None:
    """Look for the next indexes of a lane; not of a blocked contact's."""
    owner = conversations.by_id(work.tx, row.conversation)
    if owner.blocked:
        return
    beside = bool(owner.reads_beside)
    work.want(work.tag_index.watch_lane(row, lanes.held_indexes(work.tx, row.generation), beside=beside))


def end_overtaken(work: Work) -> None:
    """End lanes that were read beside a later one of the same device, once nothing of them can be in the network.

    With them go the ratchets that were retired: what they could still open was said again.
    """
    for device in devices.reset_before(work.tx, work.now.network_ms - OVERTAKEN_MS):
        read = [row for row in lanes.reading_in(work.tx, device.conversation) if row.device == device.device]
        for row in read[1:]:
            end_reading(work, row)
        sessions.drop_retired(work.tx, device.conversation, device.device)


def start_reading(work: Work, conversation: int, device: bytes, offer: Offer) -> bool:
    """Begin to read a lane that its writer offered; False when it is known already."""
    if not lanes.start_reading(work.tx, offer.generation, conversation, device, offer.point, offer.chain, offer.first):
        return False
    row = lanes.reading(work.tx, offer.generation)
    assert row is not None
    watch_lane(work, row)
    conversations.set_ack_due(work.tx, conversation, due=True)
    for old in lanes.reading_in(work.tx, conversation)[lanes.MAX_GENERATIONS :]:
        end_reading(work, old)
    return True


def end_older(work: Work, conversation: int, device: bytes, keep: bytes) -> None:
    """Stop reading what a device wrote before the generation ``keep``."""
    for row in lanes.reading_in(work.tx, conversation):
        if row.device == device and row.generation != keep:
            end_reading(work, row)


def end_reading(work: Work, row: ReadLane) -> None:
    """Stop reading a lane: its secrets go."""
    work.tag_index.forget_lane(row.generation)
    lanes.end_reading(work.tx, row.generation, work.now.network_ms)
