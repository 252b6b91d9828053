"""Acceptances: the answer to a greeting of ours, found in its slot."""

from __future__ import annotations

from functools import partial

import msgspec

from core.crypto import primitives
from core.crypto.primitives import KEY_SIZE
from core.errors import Malformed, Newer, OpenFailed
from core.people.contact.greeting_received import become_open
from core.people.contact.slot_posts import acceptance_place
from core.people.conversation import resets
from core.people.conversation.lane_reading import start_reading
from core.people.conversation.ratchets import unwrap
from core.people.conversation.rows import insert_notice
from core.people.conversation.trust import is_foreign, know
from core.people.format.block import decode_block
from core.people.format.content import Acceptance
from core.people.format.device import TAG_SIZE, check
from core.people.format.envelope import open_envelope
from core.people.format.lane import check_offer
from core.people.format.prekey import check_prekey
from core.people.format.watch import AcceptanceWatch
from core.people.mail.outcome import done, mark_delivered
from core.people.work import Work
from core.storage import contact_inboxes, conversations, devices, outgoing, postings, roots, sessions
from core.storage.conversations import ConversationRow
from core.storage.devices import DeviceRow
from core.storage.messages import NEWER_VERSION
from core.storage.postings import Posting


def acceptance_found(work: Work, conversation: int, root_name: bytes, sealed: bytes) -> bool:
    """Act on what was found in an acceptance slot; False when it is not an acceptance of our greeting."""
    owner, root = conversations.by_id(work.tx, conversation), roots.find(work.tx, conversation, root_name)
    if root is None or root.acceptance is None or owner.blocked:
        return False
    secret, read = root.acceptance[:KEY_SIZE], root.acceptance[KEY_SIZE:]
    digest = primitives.sha256(sealed)
    if read == digest:
        return True  # it is deposited until we are heard
    for device in devices.of_member(work.tx, conversation, owner.identity):
        try:
            item = _open_acceptance(work, owner, device, root_name, sealed)
        except Newer:
            insert_notice(work, conversation, owner.identity, NEWER_VERSION, b"newer" + root_name)
            return True
        if item is not None:
            roots.set_acceptance(work.tx, conversation, root_name, secret + digest)
            _accepted(work, owner, item, root_name)
            return True
    if read and owner.state == "open":
        _accepted_again(work, owner, root_name)
        return True
    return False


def _open_acceptance(
    work: Work, owner: ConversationRow, device: DeviceRow, root_name: bytes, sealed: bytes
) -> Acceptance | None:
    place = acceptance_place(owner.identity, work.me.identity, device.device, root_name)
    try:
        plain = open_envelope(sealed, work.me.device[:TAG_SIZE], partial(unwrap, work, device))
        block = decode_block(plain, place)
    except Newer:
        raise
    except (OpenFailed, Malformed):
        return None
    for item, _ in block.items:
        if isinstance(item, Acceptance) and _is_sound(work, owner, device, item):
            return item
    return None


def _is_sound(work: Work, owner: ConversationRow, device: DeviceRow, item: Acceptance) -> bool:
    try:
        check(item.certificate)
        check_offer(item.offer)
        check_prekey(item.prekey)
    except Malformed:
        return False
    is_theirs = item.certificate.identity == owner.identity and item.certificate.device == device.device
    return is_theirs and not is_foreign(work, item.certificate)


def _accepted(work: Work, owner: ConversationRow, item: Acceptance, root_name: bytes) -> None:
    was_open = owner.state == "open"
    greeted = postings.of_conversation(work.tx, owner.id, "greeting")
    contact_inboxes.set_present(work.tx, owner.id, item.inbox, item.inbox_number)
    roots.prove(work.tx, owner.id, root_name)
    know(work, owner.id, item.certificate)
    if not _settle_greetings(work, greeted, root_name):
        for seq in outgoing.unanswered_greetings(work.tx, owner.id):  # of a link that was over before it was answered
            mark_delivered(work, seq)
    device = devices.find(work.tx, owner.id, item.certificate.device)
    assert device is not None
    devices.set_offered_key(work.tx, owner.id, device.device, msgspec.msgpack.encode(item.prekey))
    if device.cleared_at is None:
        start_reading(work, owner.id, item.certificate.device, item.offer)
    become_open(work, owner, item.name, tell=not was_open)


def _accepted_again(work: Work, owner: ConversationRow, root_name: bytes) -> None:
    """Act on a second acceptance: the inviter was restored to a state before the first, and lost everything since.

    Other writers to this slot know the greeting too, so this is believed once.
    """
    roots.forget_acceptance(work.tx, owner.id, root_name)
    work.tag_index.forget_slots(AcceptanceWatch(owner.id, root_name))
    for device in devices.of_conversation(work.tx, owner.id):
        sessions.retire(work.tx, owner.id, device.device)
    resets.begin(work, owner.id, is_last_known=True, everywhere=True)


def _settle_greetings(work: Work, greeted: list[Posting], root_name: bytes) -> bool:
    """Delete our greetings; tell whether the accepted one is among them.

    Greetings at other links may never be opened: their texts are sent again in the lane.
    """
    is_among = False
    for posting in greeted:
        if posting.generation == root_name[:16]:
            is_among = True
            done(work, posting, "delivered")
        else:
            if posting.message is not None:
                outgoing.set_pending(work.tx, posting.message)
            done(work, posting, None)
    return is_among
