"""Ratchets between two devices: one to write by, any of those kept to read by, a new one by a prekey.

A ratchet that may be a copy's is *retired*: it still opens what comes, and nothing is sealed by it again
(``core.people.conversation.resets``).
"""

from __future__ import annotations

from core.crypto.ratchet import PREKEY, Session
from core.errors import OpenFailed
from core.people.conversation import prekeys, trust
from core.people.format import envelope
from core.people.format.device import TAG_SIZE
from core.people.format.envelope import Wrapped
from core.people.format.prekey import Prekey, decode_prekey, open_session_to
from core.people.work import Work
from core.storage import devices, sessions
from core.storage.devices import DeviceRow


def sessions_for(work: Work, audience: list[DeviceRow]) -> list[tuple[DeviceRow, Session]]:
    """Return the devices that can be written to, each with its ratchet: the one a message last came in by, else a new one.

    A device that gave us no key, and whose ratchet is retired, cannot be written to until it answers.
    """
    found = [(device, audience_session(work, device)) for device in audience]
    return [(device, session) for device, session in found if session is not None]


def audience_session(work: Work, device: DeviceRow) -> Session | None:
    """Return the ratchet to write to a device by; a new one uses up the key it offered."""
    for _, pickle, sendable in sessions.of_device(work.tx, device.conversation, device.device):
        if sendable:
            return Session.restore(pickle, work.me.pickle_key)
    offered = usable_key(work, device)
    devices.set_offered_key(work.tx, device.conversation, device.device, None)
    return None if offered is None else start_session(work, device, offered)


def usable_key(work: Work, device: DeviceRow) -> Prekey | None:
    """Return the key that a device offered and we have not used, None when there is none that is young enough."""
    if device.offered_key is None:
        return None
    offered = decode_prekey(device.offered_key)
    return offered if offered.is_usable(work.now.network_ms) else None


def has_ratchet(work: Work, device: DeviceRow) -> bool:
    """Tell whether there is a ratchet by which a device may be written to."""
    return any(sendable for _, _, sendable in sessions.of_device(work.tx, device.conversation, device.device))


def start_session(work: Work, device: DeviceRow, prekey: Prekey) -> Session:
    """Start a ratchet to a prekey of a device; the caller marks the prekey as used."""
    session = open_session_to(prekey)
    pickle = session.pickle(work.me.pickle_key)
    sessions.add(work.tx, session.id, device.conversation, device.device, pickle)
    return session


def can_write(work: Work, conversation: int) -> bool:
    """Tell whether any device there could read what is written now."""
    audience = trust.audience(work, conversation)
    return any(has_ratchet(work, device) or usable_key(work, device) is not None for device in audience)


def seal_for(work: Work, audience: list[tuple[DeviceRow, Session]], block: bytes, size: int | None = None) -> bytes:
    """Return an envelope for an audience, every ratchet's new state stored."""
    sealed = envelope.seal(block, [(d.device[:TAG_SIZE], s) for d, s in audience], size=size)
    for _, session in audience:
        sessions.save(work.tx, session.id, session.pickle(work.me.pickle_key))
    return sealed


def unwrap(work: Work, device: DeviceRow, wrapped: Wrapped) -> bytes:
    """Run the ratchet with a device; a first message opens a new one by a prekey of ours, once. Raises ``OpenFailed``."""
    for session_id, pickle, _ in sessions.of_device(work.tx, device.conversation, device.device):
        session = Session.restore(pickle, work.me.pickle_key)
        try:
            plaintext = session.decrypt(wrapped.kind, wrapped.message)
        except OpenFailed:
            continue
        sessions.save(work.tx, session_id, session.pickle(work.me.pickle_key))
        sessions.prefer(work.tx, session_id)
        return plaintext
    if wrapped.kind != PREKEY:
        raise OpenFailed
    session, plaintext = prekeys.accept_first(work, device.device, wrapped.message)
    sessions.add(work.tx, session.id, device.conversation, device.device, session.pickle(work.me.pickle_key))
    return plaintext
