"""Whose device is whose, and how far it is trusted.

Whoever has an account's words can make a device that its identity certifies. So a device is *known* only when one that was
known before vouches for it, or when the person says so, by accepting a greeting, following a link, or confirming. Any other
is *unknown*: it is shown, displaces nobody, and its acknowledgements end no deposit. For a contact that was compared it
waits until the person confirms it. For others it is let in an hour after it appeared, as long as no known device of its
owner was heard since: a lost laptop is silent, an owner who was robbed is not. Once both were heard it is out, and a row
says that both are alive. What it is served begins where it was let in, but for what no known device ever acknowledged.
"""

from __future__ import annotations

from typing import Final, cast

import msgspec

from core import api
from core.crypto.seed import identity_of
from core.people.conversation.rows import insert_notice
from core.people.format.device import Certificate, is_vouched_by
from core.people.format.watch import ResetWatch
from core.people.mail.outcome import done
from core.people.work import Work
from core.storage import conversations, devices, lanes, messages, postings, roots
from core.storage.devices import DeviceRow, NewDevice
from core.storage.messages import BOTH_ALIVE, NEW_DEVICE
from net.ids import ParcelId
from net.instant import DAY_MS, HOUR_MS
from net.requests import Withdraw

# Devices kept of one person: half of an audience, the other half being one's own.
MAX_DEVICES = 8
# A device is left out this long after it was last heard, counted by the last word of the others (Sesame: 30 days).
SILENCE_MS = 30 * DAY_MS
# An unknown device is let in this long after it appeared, own clock: time for its owner's other device to be heard.
WAIT_MS: Final = HOUR_MS
# How far the clock of an owner's device may be behind ours and what it says still counts as said since.
CLOCK_SLACK_MS: Final = HOUR_MS


def know(work: Work, conversation: int, certificate: Certificate) -> None:
    """Know a device by the person's own act: it made the link, or its greeting was accepted."""
    known = devices.find(work.tx, certificate.device)
    encoded = msgspec.msgpack.encode(certificate)
    if known is not None:
        devices.renew(work.tx, certificate.device, encoded, work.now.network_ms)
        if not known.is_known:
            confirm(work, known)
        return
    others = [row for row in devices.of_conversation(work.tx, conversation) if row.state != "refused"]
    if len(others) >= MAX_DEVICES:
        forget(work, min(others, key=lambda row: (row.is_known, row.since)))
    served = 0 if not others else messages.last_seq(work.tx)
    new = NewDevice(certificate.device, conversation, encoded, "confirmed", work.now.own_ms, served)
    devices.insert(work.tx, new, work.now.network_ms)


def meet(work: Work, conversation: int, certificate: Certificate) -> DeviceRow | None:
    """Know of a device that came by itself; None when there is no room for one more."""
    others = [row for row in devices.of_conversation(work.tx, conversation) if row.state != "refused"]
    if len(others) >= MAX_DEVICES:
        return None
    known = [row.device for row in others if row.is_known]
    is_vouched = any(is_vouched_by(certificate, device) for device in known)
    served = messages.last_seq(work.tx) if is_vouched else None
    state = "vouched" if is_vouched else "unknown"
    encoded = msgspec.msgpack.encode(certificate)
    new = NewDevice(certificate.device, conversation, encoded, state, work.now.own_ms, served)
    devices.insert(work.tx, new, work.now.network_ms)
    insert_notice(work, conversation, certificate.device, NEW_DEVICE, b"device" + certificate.device)
    row = devices.find(work.tx, certificate.device)
    assert row is not None
    tell(work, row)
    return row


def tell(work: Work, row: DeviceRow) -> None:
    """Tell screens and programs what a device is now."""
    identity = conversations.by_id(work.tx, row.conversation).identity
    state = cast("api.DeviceState", row.state)  # the schema's CHECK lists the same
    work.emit(api.DeviceChanged(identity=identity_of(identity), device=row.device.hex(), state=state))


def confirm(work: Work, row: DeviceRow) -> None:
    """The person says that a device is the contact's: it is served from now on, and its word counts."""
    devices.set_state(work.tx, row.device, "confirmed")
    if row.let_in is None:
        devices.set_let_in(work.tx, row.device, messages.last_seq(work.tx))
    changed = devices.find(work.tx, row.device)
    assert changed is not None
    tell(work, changed)


def refuse(work: Work, row: DeviceRow) -> None:
    """The person says that a device is not the contact's: it is not heard, and cannot come again."""
    stop_reading(work, row)
    forget_roots(work, row)
    for posting in postings.of_conversation(work.tx, row.conversation, "reset"):
        if posting.device == row.device:
            done(work, posting, None)
    devices.refuse(work.tx, row.device)
    settle_beside(work, row.conversation)
    changed = devices.find(work.tx, row.device)
    assert changed is not None
    tell(work, changed)


def is_ripe(work: Work, row: DeviceRow) -> bool:
    """Tell whether an unknown device that waits may be let in now."""
    if row.state != "unknown" or row.rivalled or conversations.by_id(work.tx, row.conversation).verified:
        return False
    return work.now.own_ms - row.since >= WAIT_MS


def heard(work: Work, row: DeviceRow, made_at: int) -> None:
    """Something came from a device, made at a time by its own clock: what that means for the others of its owner."""
    devices.hear(work.tx, row.device, work.now.network_ms)
    if not row.is_known:
        return
    for other in devices.of_conversation(work.tx, row.conversation):
        is_since = made_at >= other.since - CLOCK_SLACK_MS
        if other.state == "unknown" and not other.rivalled and is_since:
            _put_out(work, other)


def _put_out(work: Work, row: DeviceRow) -> None:
    devices.set_rivalled(work.tx, row.device)
    insert_notice(work, row.conversation, row.device, BOTH_ALIVE, b"both" + row.device)
    if row.let_in is not None:
        devices.set_let_in(work.tx, row.device, None)
        settle_beside(work, row.conversation)
        lane = lanes.writing(work.tx, row.conversation)
        if lane is not None:  # it has the chain of this lane, up to the next secret that is sealed to others alone
            lanes.make_rekeying_due(work.tx, lane.generation)
    changed = devices.find(work.tx, row.device)
    assert changed is not None
    tell(work, changed)


def audience(work: Work, conversation: int) -> list[DeviceRow]:
    """Return the devices to write to: those let in, but for those long silent while another of the same person was heard.

    A lost device never offers a key again, and would keep the others from re-keying for ever. Should it come back, what
    it cannot read makes it ask for a fresh start, by which it is heard.
    """
    rows = [row for row in devices.of_conversation(work.tx, conversation) if row.let_in is not None]
    latest = max((row.heard_at for row in rows), default=0)
    return [row for row in rows if row.heard_at > latest - SILENCE_MS and not row.left_behind]


def stop_reading(work: Work, row: DeviceRow) -> None:
    """Read nothing more of what a device wrote."""
    for lane in lanes.reading_in(work.tx, row.conversation):
        if lane.device == row.device:
            work.tag_index.forget_lane(lane.generation)
            lanes.end_reading(work.tx, lane.generation, work.now.network_ms)


def forget_roots(work: Work, row: DeviceRow) -> None:
    """Look for no more resets at the roots that a device has in common with us alone."""
    for name in roots.forget_of(work.tx, row.device):
        work.tag_index.forget_slots(ResetWatch(row.conversation, name))


def forget(work: Work, row: DeviceRow) -> None:
    """Neither write to a device any more nor read it."""
    stop_reading(work, row)
    forget_roots(work, row)
    devices.forget(work.tx, row.device)
    settle_beside(work, row.conversation)


def settle_beside(work: Work, conversation: int) -> None:
    """Write beside to what a device that is served named and its account did not, or to nothing.

    What waits goes there no more; the copies that lie there already are repeated no more.
    """
    row = conversations.by_id(work.tx, conversation)
    rows = [each for each in devices.of_conversation(work.tx, conversation) if each.let_in is not None]
    beside = next((each.inbox for each in rows if each.inbox not in {None, row.inbox}), None)
    if beside != row.inbox_beside:
        conversations.set_inbox_beside(work.tx, conversation, beside)
        for parcel_id in postings.forget_beside(work.tx, conversation):
            work.effects.append(Withdraw(ParcelId(parcel_id)))


def is_foreign(work: Work, certificate: Certificate) -> bool:
    """Tell whether an identity signed for a device that is ours, or known as another identity's, or refused.

    It may sign for any key it has seen; taken at its word, it would put its own ratchet keys in a common contact's place.
    """
    known = devices.find(work.tx, certificate.device)
    if known is None:
        return certificate.device == work.me.device
    return known.state == "refused" or conversations.by_id(work.tx, known.conversation).identity != certificate.identity
