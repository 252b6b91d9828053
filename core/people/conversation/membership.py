"""Membership in a conversation of more than two: its identities, and their devices that read what is written there.

Joins and departures are decided elsewhere: by a group's log, or the account's own list of devices. That calls these
functions on every device that takes part, and carries introductions from device to device. Each pair of devices shares a
root for resets and has ratchets of its own; each device writes one lane for all. The conversation has an inbox of its own.

    open_shared ─> join ─> admit ─> introduce ~~> meet        and later   dismiss, leave
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from core.crypto import primitives
from core.people.conversation import delivery, lane_reading, prekeys, resets, trust
from core.people.format.bounds import MAX_AUDIENCE
from core.people.format.device import Certificate, is_vouched_by
from core.people.format.lane import Offer
from core.people.format.prekey import Prekey, make_prekey
from core.people.work import Work
from core.storage import conversations, devices, lanes, members, messages
from core.storage.conversations import ConversationRow, Kind
from core.storage.devices import DeviceRow


@dataclass(frozen=True, slots=True)
class Introduction:
    """What one device tells a new reader: its lane from the present index on, and a key for that reader alone."""

    certificate: Certificate
    offer: Offer
    prekey: Prekey


def open_shared(work: Work, kind: Kind, recipient: bytes, name: str, inbox: bytes) -> ConversationRow:
    """Open a conversation whose mail lies at ``inbox``; ``recipient`` is its id, or one's own identity of kind self.

    Raises ``ValueError`` where the id equals a known identity, or is there already.
    """
    is_own = recipient == work.me.identity
    public_id, now = primitives.random_bytes(16).hex(), work.now.own_ms
    row = None
    if is_own == (kind == "self"):
        row = conversations.insert_shared(work.tx, public_id, kind, recipient, name, inbox, now)
    if row is None:
        raise ValueError("the id of a conversation is taken")
    return row


def join(work: Work, conversation: int, identity: bytes) -> bool:
    """Add a member; False when there is no room. None of its devices is served yet."""
    return members.add(work.tx, conversation, identity)


def admit(work: Work, conversation: int, certificate: Certificate) -> DeviceRow | None:
    """Let a device of a member, or another one's own, read what is written from now on; None when it may not.

    It is as far trusted as anywhere: vouched for by a device that is known, or the first of its identity; else unknown until
    the person confirms it, and then its word ends no deposit. None for a device whose identity takes no part, that is
    another's or was refused, whose short name another one here has (envelopes would mistake them), and where there is no
    room.
    """
    if not _is_member(work, conversation, certificate.identity) or trust.is_foreign(work, certificate):
        return None
    others = devices.of_conversation(work.tx, conversation)
    tags = {work.me.certificate.tag, *(row.device[: len(certificate.tag)] for row in others)}
    if certificate.tag in tags or len(others) >= MAX_AUDIENCE:
        return None
    trust.insert(work, conversation, certificate, _state(work, certificate), messages.last_seq(work.tx))
    row = devices.find(work.tx, conversation, certificate.device)
    assert row is not None
    delivery.excuse(work, row)
    return row


def _is_member(work: Work, conversation: int, identity: bytes) -> bool:
    return identity in {work.me.identity, *members.of_conversation(work.tx, conversation)}


def _state(work: Work, certificate: Certificate) -> str:
    known = {row.device for row in devices.of_identity(work.tx, certificate.identity) if row.is_known}
    if certificate.identity == work.me.identity:
        known.add(work.me.device)
    return "vouched" if not known or any(is_vouched_by(certificate, device) for device in known) else "unknown"


def introduce(work: Work, device: DeviceRow) -> Introduction:
    """Return what a device needs to read what is written here from now on, and to write to this device."""
    row = lanes.writing(work.tx, device.conversation)
    if row is None:
        resets.start_lane(work, device.conversation, again=False)
        row = lanes.writing(work.tx, device.conversation)
        assert row is not None
    made = make_prekey(work.now.network_ms)
    prekeys.keep(work, device.conversation, device.device, made)
    offer = Offer(row.generation, primitives.scalar_public(row.scalar), row.chain, row.next_index)
    return Introduction(work.me.certificate, offer, made.public)


def meet(work: Work, device: DeviceRow, said: Introduction, root: bytes) -> None:
    """Read a device that introduced itself, and write to it; ``root`` is known to the two of them alone."""
    encoded = msgspec.msgpack.encode(said.prekey)
    devices.set_offered_key(work.tx, device.conversation, device.device, encoded)
    resets.add_root(work, device.conversation, root, device=device.device)
    lane_reading.start_reading(work, device.conversation, device.device, said.offer)


def dismiss(work: Work, device: DeviceRow) -> None:
    """Neither read a device in a conversation any more nor let it read: what is written next is sealed to others alone.

    It has the chain of the lane that is written, up to the next secret that is mixed in; so that is due at once.
    """
    trust.withdraw_resets(work, device)
    trust.forget(work, device)
    lane = lanes.writing(work.tx, device.conversation)
    if lane is not None:
        lanes.make_rekeying_due(work.tx, lane.generation)
    delivery.settle(work, device.conversation)
    work.tx.forget()


def leave(work: Work, conversation: int, identity: bytes) -> None:
    """Remove a member with all its devices. What was said stays."""
    members.remove(work.tx, conversation, identity)
    for device in devices.of_member(work.tx, conversation, identity):
        dismiss(work, device)
