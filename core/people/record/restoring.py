"""Restores contacts from the personal record: opens their conversations with a device that they do not know yet.

A restored account has the *root* of each conversation and nothing else of it. A root is known to the two sides alone; so
the other side accepts a reset that is sealed under it and signed by a device that the identity certified, without another
greeting. The device is shown there as unknown, and is served after a while, or when the person confirms it
(``core.people.conversation.trust``).

A thief of the words can write the record too. So on a device that has a conversation already it only adds: what it changes
is shown as a row, a contact that was removed elsewhere is only blocked where something was said, no root in use is dropped,
and a contact's inbox is taken from the record only when the contact was not reached for long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core import api
from core.crypto import primitives
from core.crypto.seed import identity_of
from core.errors import Malformed
from core.people.contact import removal, slot_posts
from core.people.conversation import inboxes, resets, views
from core.people.conversation.rows import insert_notice
from core.people.conversation.trust import is_foreign, know
from core.people.conversation.views import View
from core.people.format.bounds import decode
from core.people.format.device import Certificate, check
from core.people.format.watch import AcceptanceWatch, ResetWatch
from core.people.work import Work
from core.storage import contact_inboxes, conversations, devices, messages, postings, roots
from core.storage.conversations import ConversationRow
from core.storage.messages import ELSEWHERE
from core.storage.roots import MAX_ROOTS
from net.instant import DAY_MS

# A contact that changed its inbox is reached at the former one for four months; one not reached for so long may have.
UNREACHED_MS: Final = 14 * DAY_MS


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """A contact in the personal record. ``inbox`` is None while it cannot be written to.

    ``blocked`` is None when it was never set, ``view`` when the person never made anything of the conversation.
    """

    identity: bytes
    name: str
    inbox: bytes | None
    inbox_number: int
    roots: dict[bytes, bytes]
    dropped_roots: list[bytes]
    certificates: list[bytes]
    blocked: bool | None
    removed: bool
    view: View | None = None


def take_contact(work: Work, contact: Contact) -> None:
    """Bring a conversation up to what the account knows elsewhere; open it if it is not."""
    if contact.identity == work.me.identity:
        return
    row = conversations.by_identity(work.tx, contact.identity)
    if contact.removed:
        if row is not None:
            _take_removal(work, row)
        return
    if row is None:
        if not contact.name and contact.inbox is None:
            return  # nothing is said of them that this version knows
        public_id = primitives.random_bytes(16).hex()
        now = work.now.own_ms
        row = conversations.insert(work.tx, public_id, contact.identity, contact.name, "unanswered", now, own_name="")
        if contact.blocked:
            removal.stop(work, row)
    else:
        _take_changes(work, row, contact)
    row = conversations.by_id(work.tx, row.id)
    if contact.view is not None:
        views.change(work, row, contact.view)
    if contact.inbox is not None and contact.roots:
        _take_secrets(work, row, contact, contact.inbox)


def _take_removal(work: Work, row: ConversationRow) -> None:
    """Act on a removal by another device. What was said here is deleted only by the person here."""
    if not messages.of_conversation(work.tx, row.id, 1):
        removal.forget(work, row)
    elif not row.blocked:
        removal.stop(work, row)
        _show(work, row, "removed")


def _take_changes(work: Work, row: ConversationRow, contact: Contact) -> None:
    if contact.name and contact.name != row.name:
        conversations.set_name(work.tx, row.id, contact.name)
        _show(work, row, "renamed")
    if contact.blocked and not row.blocked:
        removal.stop(work, row)
        _show(work, row, "blocked")
    elif contact.blocked is False and row.blocked:
        removal.unblock(work, row)
        _show(work, row, "unblocked")


def _show(work: Work, row: ConversationRow, what: str) -> None:
    about = b"elsewhere" + what.encode() + work.now.own_ms.to_bytes(8, "big")
    insert_notice(work, row.id, row.identity, ELSEWHERE, about, text=what)
    work.emit(api.ContactChanged(identity=identity_of(row.identity)))


def _is_unreached(work: Work, row: ConversationRow) -> bool:
    """Tell whether a contact was not reached at its inbox for long."""
    waiting = [posting.made_at for posting in postings.of_conversation(work.tx, row.id, "block")]
    return bool(waiting) and work.now.network_ms - min(waiting) > UNREACHED_MS


def _take_secrets(work: Work, row: ConversationRow, contact: Contact, inbox: bytes) -> None:
    is_open = row.state == "open" and row.inbox is not None
    if not is_open or (contact.inbox_number > row.inbox_number and _is_unreached(work, row)):
        contact_inboxes.set_present(work.tx, row.id, inbox, contact.inbox_number)
    known = {root.name: root for root in roots.of_conversation(work.tx, row.id)}
    room = MAX_ROOTS - sum(root.device is None for root in known.values())
    for name in sorted(contact.roots.keys() - known.keys())[: max(room, 0)]:  # none that is in use goes for them
        resets.add_root(work, row.id, contact.roots[name])
    for name in contact.dropped_roots:
        is_former = name in known and known[name].former_since is not None
        if (is_former or not is_open) and roots.drop(work.tx, row.id, name):
            work.tag_index.forget_slots(ResetWatch(row.id, name))
            work.tag_index.forget_slots(AcceptanceWatch(row.id, name))
    for stored in contact.certificates:
        _take_device(work, row, stored)
    if row.state == "open":
        slot_posts.watch_conversation(work, row.id)
        return
    conversations.set_open(work.tx, row.id, work.now.network_ms)
    contact_inboxes.set_reads_beside(work.tx, row.id)
    contact_inboxes.set_told(work.tx, row.id, inboxes.oldest_followed(work))
    if row.blocked:
        return
    slot_posts.watch_conversation(work, row.id)
    resets.begin(work, row.id, is_last_known=False)
    work.emit(api.ContactAccepted(conversation=row.public_id))


def _take_device(work: Work, row: ConversationRow, stored: bytes) -> None:
    try:
        certificate = check(decode(Certificate, stored, "certificate in the personal record"))
    except Malformed:
        return  # of a newer version
    is_known = devices.find(work.tx, row.id, certificate.device) is not None
    if not is_known and certificate.identity == row.identity and not is_foreign(work, certificate):
        know(work, row.id, certificate)
