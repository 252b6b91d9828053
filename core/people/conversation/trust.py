"""Trust in devices: which identity a device belongs to, and whether it is known.

With an account's words anyone can make a device that its identity certifies. So a device is *known* only when one that was
known before vouches for it, or when the person says so, by accepting a greeting, following a link, or confirming. Any other
is *unknown*: it is shown, displaces no device, and its acknowledgements end no deposit. Where the person compared a code
with the contact, it waits until the person confirms it. Else it is let in an hour after it appeared, as long as no known
device of its owner was heard since: a lost laptop is silent, the device of an owner whose words were stolen is not. Once
both were heard it is shut out, and a row says that both are alive. It is served from the row on at which it was let in, and
what no known device ever acknowledged.
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
from core.storage import contact_inboxes, conversations, deposits, devices, lanes, members, messages, postings, roots
from core.storage.conversations import ConversationRow
from core.storage.devices import DeviceRow, NewDevice
from core.storage.messages import BOTH_ALIVE, NEW_DEVICE
from net.ids import ParcelId
from net.instant import DAY_MS, HOUR_MS
from net.requests import Withdraw

# A device is left out this long after it was last heard, counted by the last word of the others (Sesame: 30 days).
SILENCE_MS = 30 * DAY_MS
# An unknown device is let in this long after it appeared, own clock: time for its owner's other device to be heard.
WAIT_MS: Final = HOUR_MS
# How far the clock of an owner's device may be behind ours and what it says still counts as said since.
CLOCK_SLACK_MS: Final = HOUR_MS


def know(work: Work, conversation: int, certificate: Certificate) -> None:
    """Know a device by the person's own act: it made the link, or its greeting was accepted."""
    known = devices.find(work.tx, conversation, certificate.device)
    encoded = msgspec.msgpack.encode(certificate)
    if known is not None:
        devices.renew(work.tx, certificate.device, encoded, work.now.network_ms)
        if not known.is_known:
            confirm(work, known)
        return
    others = _not_refused(work, conversation, certificate.identity)
    if len(others) >= work.limits.devices:
        forget(work, min(others, key=lambda row: (row.is_known, row.since)))
    served = 0 if not others else messages.last_seq(work.tx)
    insert(work, conversation, certificate, "confirmed", served)


def insert(work: Work, conversation: int, certificate: Certificate, state: str, let_in: int | None) -> None:
    """Let a device be in a conversation, served from the row after ``let_in`` on.

    One that is known from another conversation is trusted as it is there, or more.
    """
    encoded, standing = msgspec.msgpack.encode(certificate), devices.standing(work.tx, certificate.device)
    if standing is None:
        new = NewDevice(certificate.device, conversation, certificate.identity, encoded, state, work.now.own_ms, let_in)
        devices.insert(work.tx, new, work.now.network_ms)
        return
    devices.enter(work.tx, conversation, certificate.device, let_in)
    devices.renew(work.tx, certificate.device, encoded, work.now.network_ms)
    if state == "confirmed" and not standing.is_known:
        devices.set_state(work.tx, certificate.device, state)


def _not_refused(work: Work, conversation: int, identity: bytes) -> list[DeviceRow]:
    return [row for row in devices.of_member(work.tx, conversation, identity) if row.state != "refused"]


def meet(work: Work, conversation: int, certificate: Certificate) -> DeviceRow | None:
    """Know of a device that came by itself; None when there is no room for one more."""
    others = _not_refused(work, conversation, certificate.identity)
    if len(others) >= work.limits.devices:
        return None
    known = [row.device for row in others if row.is_known]
    is_vouched = any(is_vouched_by(certificate, device) for device in known)
    served = messages.last_seq(work.tx) if is_vouched else None
    state = "vouched" if is_vouched else "unknown"
    insert(work, conversation, certificate, state, served)
    insert_notice(work, conversation, certificate.device, NEW_DEVICE, b"device" + certificate.device)
    row = devices.find(work.tx, conversation, certificate.device)
    assert row is not None
    tell(work, row)
    return row


def tell(work: Work, row: DeviceRow) -> None:
    """Tell screens and programs what a device is now."""
    state = cast("api.DeviceState", row.state)  # the schema's CHECK lists the same
    work.emit(api.DeviceChanged(identity=identity_of(row.identity), device=row.device.hex(), state=state))


def confirm(work: Work, row: DeviceRow) -> None:
    """Make a device known by the person's word: it is served from now on, and its acknowledgements count."""
    devices.set_state(work.tx, row.device, "confirmed")
    if row.let_in is None:
        devices.set_let_in(work.tx, row.conversation, row.device, messages.last_seq(work.tx))
    changed = devices.find(work.tx, row.conversation, row.device)
    assert changed is not None
    tell(work, changed)


def refuse(work: Work, row: DeviceRow) -> None:
    """Refuse a device by the person's word: it is ignored, and cannot come again."""
    for each in everywhere(work, row):
        stop_reading(work, each)
        forget_roots(work, each)
        withdraw_resets(work, each)
    devices.refuse(work.tx, row.device)
    settle_beside(work, row.conversation)
    changed = devices.find(work.tx, row.conversation, row.device)
    assert changed is not None
    tell(work, changed)


def is_ripe(work: Work, row: DeviceRow) -> bool:
    """Tell whether an unknown device that waits may be let in now."""
    if row.state != "unknown" or row.rivalled or _is_compared(work, row.identity):
        return False
    return work.now.own_ms - row.since >= WAIT_MS


def _is_compared(work: Work, identity: bytes) -> bool:
    """Tell whether the person compared a code with the owner of a device."""
    contact = conversations.by_identity(work.tx, identity)
    return contact is not None and bool(contact.verified)


def compared(work: Work, row: ConversationRow, *, verified: bool) -> None:
    """Note whether the person compared a code with a contact.

    If so, its unknown devices are served no more until the person confirms them, also those that were let in.
    """
    if bool(row.verified) == verified:
        return
    conversations.set_verified(work.tx, row.id, verified=verified)
    if verified:
        for device in devices.of_identity(work.tx, row.identity):
            if device.state == "unknown" and device.let_in is not None:
                _shut_out(work, device)
                _tell_now(work, device)
    work.emit(api.ContactChanged(identity=identity_of(row.identity)))


def heard(work: Work, row: DeviceRow, made_at: int) -> None:
    """Note that a device was heard, with a message made at a time of its own clock, and act on its owner's others."""
    devices.hear(work.tx, row.device, work.now.network_ms)
    if not row.is_known:
        return
    for other in devices.of_identity(work.tx, row.identity):
        is_since = made_at >= other.since - CLOCK_SLACK_MS
        if other.state == "unknown" and not other.rivalled and is_since:
            _put_out(work, other)


def _put_out(work: Work, row: DeviceRow) -> None:
    devices.set_rivalled(work.tx, row.device)
    insert_notice(work, row.conversation, row.device, BOTH_ALIVE, b"both" + row.device)
    if row.let_in is not None:
        _shut_out(work, row)
    _tell_now(work, row)


def _shut_out(work: Work, row: DeviceRow) -> None:
    devices.set_let_in(work.tx, row.conversation, row.device, None)
    settle_beside(work, row.conversation)
    lane = lanes.writing(work.tx, row.conversation)
    if lane is not None:  # it has the chain of this lane, up to the next secret that is sealed to others alone
        lanes.make_rekeying_due(work.tx, lane.generation)


def _tell_now(work: Work, row: DeviceRow) -> None:
    changed = devices.find(work.tx, row.conversation, row.device)
    assert changed is not None
    tell(work, changed)


def audience(work: Work, conversation: int) -> list[DeviceRow]:
    """Return the devices to write to: those of members and one's own that were let in, in the order of their keys.

    But for those long silent while another of the same person was heard. A lost device never offers a key again, and would
    keep the others from re-keying for ever. Should it come back, what it cannot read makes it ask for a fresh start, by
    which it is heard.
    """
    rows = served(work, conversation)
    latest: dict[bytes, int] = {}
    for row in rows:
        latest[row.identity] = max(row.heard_at, latest.get(row.identity, 0))
    return [row for row in rows if row.heard_at > latest[row.identity] - SILENCE_MS and not row.left_behind]


def served(work: Work, conversation: int) -> list[DeviceRow]:
    """Return the devices of members, and one's own, that were let in."""
    taking_part = {work.me.identity, *members.of_conversation(work.tx, conversation)}
    rows = devices.of_conversation(work.tx, conversation)
    return [row for row in rows if row.let_in is not None and row.identity in taking_part]


def everywhere(work: Work, row: DeviceRow) -> list[DeviceRow]:
    """Return a device as each conversation knows it that it is in."""
    return [each for each in devices.of_identity(work.tx, row.identity) if each.device == row.device]


def addressed_to(work: Work, device: DeviceRow) -> bytes:
    """Return to whom what a device writes in its conversation is addressed, as it signs it (``signing.Place``)."""
    row = conversations.by_id(work.tx, device.conversation)
    is_theirs = row.is_direct and device.identity == row.recipient
    return work.me.identity if is_theirs else row.recipient


def stop_reading(work: Work, row: DeviceRow) -> None:
    """Read nothing more of what a device wrote."""
    for lane in lanes.reading_in(work.tx, row.conversation):
        if lane.device == row.device:
            work.tag_index.forget_lane(lane.generation)
            lanes.end_reading(work.tx, lane.generation, work.now.network_ms)


def withdraw_resets(work: Work, row: DeviceRow) -> None:
    """Announce our lane to a device no longer."""
    for posting in postings.of_conversation(work.tx, row.conversation, "reset"):
        if posting.device == row.device:
            done(work, posting, None)


def forget_roots(work: Work, row: DeviceRow) -> None:
    """Look for no more resets at the roots that a device has in common with us alone."""
    for name in roots.forget_of(work.tx, row.conversation, row.device):
        work.tag_index.forget_slots(ResetWatch(row.conversation, name))


def forget(work: Work, row: DeviceRow) -> None:
    """Neither write to a device in a conversation any more nor read it there."""
    stop_reading(work, row)
    forget_roots(work, row)
    devices.forget(work.tx, row.conversation, row.device)
    settle_beside(work, row.conversation)


def settle_beside(work: Work, conversation: int) -> None:
    """Write beside to what a device that is served named and its account did not, or to nothing.

    What waits goes there no more; the copies that lie there already are repeated no more.
    """
    row = conversations.by_id(work.tx, conversation)
    rows = [each for each in devices.of_member(work.tx, conversation, row.recipient) if each.let_in is not None]
    beside = next((each.inbox for each in rows if each.inbox not in {None, row.inbox}), None)
    if beside != row.inbox_beside:
        contact_inboxes.set_beside(work.tx, conversation, beside)
        for parcel_id in deposits.forget_beside(work.tx, conversation):
            work.effects.append(Withdraw(ParcelId(parcel_id)))


def is_foreign(work: Work, certificate: Certificate) -> bool:
    """Tell whether an identity signed for a device that is ours, or known as another identity's, or refused.

    It may sign for any key it has seen; taken at its word, it would put its own ratchet keys in a common contact's place.
    """
    standing = devices.standing(work.tx, certificate.device)
    if standing is None:
        return certificate.device == work.me.device
    return standing.state == "refused" or standing.identity != certificate.identity
