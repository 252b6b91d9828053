"""Whose device is whose: what is known of other people's devices, and what is refused."""

from __future__ import annotations

import msgspec

from core.people.bounds import decode
from core.people.device import Certificate
from core.people.moment import DAY_MS
from core.people.work import Work
from core.storage import conversations, devices, lanes
from core.storage.devices import DeviceRow

# Devices kept of one person: half of an audience, the other half being one's own.
MAX_DEVICES = 8
# A device is left out this long after it was last heard, counted by the last word of the others (Sesame: 30 days).
SILENCE_MS = 30 * DAY_MS


def know(work: Work, conversation: int, certificate: Certificate) -> None:
    """Know a device of the other side; of too many the one that was certified first is forgotten."""
    others = [row for row in devices.of_conversation(work.tx, conversation) if row.device != certificate.device]
    if len(others) >= MAX_DEVICES:
        forget(work, min(others, key=lambda row: decode(Certificate, row.certificate, "stored certificate").created_at))
    encoded = msgspec.msgpack.encode(certificate)
    devices.upsert(work.tx, certificate.device, conversation, encoded, work.now.network_ms)


def audience(work: Work, conversation: int) -> list[DeviceRow]:
    """Return the devices to write to: not those long silent while another of the same person was heard.

    A lost device never offers a key again, and would keep the others from re-keying for ever. Should it come back, what
    it cannot read makes it ask for a fresh start, by which it is heard.
    """
    rows = devices.of_conversation(work.tx, conversation)
    latest = max((row.heard_at for row in rows), default=0)
    return [row for row in rows if row.heard_at > latest - SILENCE_MS]


def forget(work: Work, row: DeviceRow) -> None:
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
