"""Whose device is whose: what is known of other people's devices, and what is refused."""

from __future__ import annotations

import msgspec

from core.people.bounds import decode
from core.people.device import Certificate
from core.people.work import Work
from core.storage import conversations, devices, lanes

# Devices kept of one person: half of an audience, the other half being one's own.
MAX_DEVICES = 8


def know(work: Work, conversation: int, certificate: Certificate) -> None:
    """Know a device of the other side; of too many the one that was certified first is forgotten."""
    others = [row for row in devices.of_conversation(work.tx, conversation) if row.device != certificate.device]
    if len(others) >= MAX_DEVICES:
        forget(work, min(others, key=lambda row: decode(Certificate, row.certificate, "stored certificate").created_at))
    devices.upsert(work.tx, certificate.device, conversation, msgspec.msgpack.encode(certificate))


def forget(work: Work, row: devices.DeviceRow) -> None:
    """Neither write to a device any more nor read it."""
    for lane in lanes.reading_in(work.tx, row.conversation):
        if lane.device == row.device:
            work.watches.forget_lane(lane.generation)
            lanes.end_reading(work.tx, lane.generation, work.now.network_ms)
    devices.forget(work.tx, row.device)


def is_foreign(work: Work, certificate: Certificate) -> bool:
    """Tell whether an identity signed for a device that is ours, or known as another identity's.

    It may sign for any key it has seen; taken at its word, it would put its own ratchet keys in a common contact's place.
    """
    known = devices.find(work.tx, certificate.device)
    if known is None:
        return certificate.device == work.me.device
    return conversations.by_id(work.tx, known.conversation).identity != certificate.identity
