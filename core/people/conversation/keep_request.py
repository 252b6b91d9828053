"""Requests to keep mail: a contact may be asked to keep what waits for us, and decides for itself.

What the network holds for us lies with strangers who may all go at once. A contact knows our inbox, so its device can find
what waits there as we do, keep it, and give it back to the network when it is lost (``net.client.friend_backup``). The
request goes through the conversation like a text; it gets no answer: which contacts keep mail is not told, not even to the
account that asked. It is done only by an explicit act of the person at that device, and ends when either side says so.
"""

from __future__ import annotations

from typing import Final

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.people.conversation.rows import Origin, insert_own, insert_received
from core.people.format.content import KeepRequest
from core.people.work import Work
from core.storage import contact_inboxes, conversations, devices
from core.storage.conversations import ConversationRow

# Contacts whose mail one device keeps: each has four days' addresses at midnight, and a node keeps 32 in all.
MAX_KEPT_FOR: Final = 8
# How far the clock of the asking device may be ahead of ours while its requests are still ordered by it.
CLOCK_SLACK_MS: Final = 600_000


def ask(work: Work, row: ConversationRow, *, wanted: bool) -> None:
    """Ask the other side to keep our mail, or not to any more. Raises ``ApiError``."""
    _check_open(row)
    if row.keep_asked == wanted:
        return
    conversations.set_keep_asked(work.tx, row.id, asked=wanted)
    insert_own(work, row, KeepRequest(primitives.random_bytes(16), wanted))


def agree(work: Work, row: ConversationRow, *, keep: bool) -> None:
    """Keep the other side's mail on this device from now on, or no longer. Raises ``ApiError``."""
    if keep and not row.keeping:
        _check_open(row)
        if len(contact_inboxes.kept(work.tx)) >= MAX_KEPT_FOR:
            raise ApiError(Kind.BAD_REQUEST, f"This device keeps mail for {MAX_KEPT_FOR} contacts at most.")
    conversations.set_keeping(work.tx, row.id, keeping=keep)


def received(work: Work, origin: Origin, item: KeepRequest, signed: bytes) -> None:
    """Take the other side's request: a row to read, and no more. Withdrawn, nothing is kept for it any longer.

    A device that is not known asks for nothing and takes nothing back. Nor is anything said after now: a request dated at
    the end of time would be the last.
    """
    known = devices.find(work.tx, origin.conversation, origin.device)
    owner = conversations.by_id(work.tx, origin.conversation)
    if known is None or not known.is_known or known.identity != owner.recipient:
        return
    latest = work.now.own_ms + CLOCK_SLACK_MS
    said_at = min(origin.made_at, latest)
    new = insert_received(work, origin, item, signed)
    if new is None:
        return
    is_overdone = owner.keep_wanted_at > latest  # taken from the file of a version that believed it
    if said_at >= owner.keep_wanted_at or is_overdone:  # one that was said again does not undo a later one
        conversations.set_keep_wanted(work.tx, owner.id, said_at, wanted=item.wanted)
        if not item.wanted:
            conversations.set_keeping(work.tx, owner.id, keeping=False)
    work.emit(api.KeepRequested(conversation=owner.public_id, id=new.id, wanted=item.wanted))


def _check_open(row: ConversationRow) -> None:
    if row.state != "open" or row.inbox is None:
        raise ApiError(Kind.BAD_REQUEST, "Mail is kept among contacts: this conversation is not open.")
