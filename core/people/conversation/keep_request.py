"""Friends' devices: a contact may be asked to keep what waits for us, and decides for itself.

What the network holds for us lies with strangers who may all go at once. A contact knows our inbox, so its device can find
what waits there as we do, keep it, and give it back to the network when it is lost (``net.client.friend_backup``). The
question goes through the conversation like a text; the answer goes nowhere: whether somebody keeps, and who, nobody
learns, not even whoever asked. It is done only by an explicit act of the person at that device, and ends when either
side says so.
"""

from __future__ import annotations

from typing import Final

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.people.conversation.rows import message_id
from core.people.format.content import KeepRequest
from core.people.work import Work
from core.storage import conversations, devices, messages
from core.storage.conversations import ConversationRow
from core.storage.messages import KEEP_REQUEST, MessageRow, NewMessage

# Contacts whose mail one device keeps: each has four days' addresses at midnight, and a node keeps 32 in all.
MAX_KEPT_FOR: Final = 8
# How far the clock of whoever asks may be ahead of ours and what it says still counts in its order.
CLOCK_SLACK_MS: Final = 600_000

# What a row of this kind says, in the place of a text. No word of a search finds it.
_WANTED, _NOT_WANTED = "+", "-"


def request_row(row: MessageRow | NewMessage) -> KeepRequest:
    """Return the item that a row of ours stands for."""
    return KeepRequest(row.uid, wanted=row.text == _WANTED)


def row_kind(row: MessageRow) -> api.RowKind:
    """Return how programs call a row of this kind; one that came before this version could read it stays unknown."""
    kinds: dict[str, api.RowKind] = {_WANTED: "keep-asked", _NOT_WANTED: "keep-ended"}
    return kinds.get(row.text, "unknown")


def ask(work: Work, row: ConversationRow, *, wanted: bool) -> None:
    """Ask the other side to keep our mail, or not to any more. Raises ``ApiError``."""
    _check_open(row)
    if row.keep_asked == wanted:
        return
    conversations.set_keep_asked(work.tx, row.id, asked=wanted)
    uid = primitives.random_bytes(16)
    messages.insert(work.tx, _new_row(work, row, KeepRequest(uid, wanted), work.now.own_ms, work.me.device, own=True))


def agree(work: Work, row: ConversationRow, *, keep: bool) -> None:
    """Keep the other side's mail on this device from now on, or no longer. Raises ``ApiError``."""
    if keep and not row.keeping:
        _check_open(row)
        if len(conversations.kept_inboxes(work.tx)) >= MAX_KEPT_FOR:
            raise ApiError(Kind.BAD_REQUEST, f"This device keeps mail for {MAX_KEPT_FOR} contacts at most.")
    conversations.set_keeping(work.tx, row.id, keeping=keep)


def received(work: Work, conversation: int, device: bytes, made_at: int, item: KeepRequest, *, late: bool) -> None:
    """Take the other side's request: a row to read, and no more. Withdrawn, nothing is kept for it any longer.

    A device that is not known asks for nothing and takes nothing back. Nor is anything said after now: a request dated at
    the end of time would be the last.
    """
    known = devices.find(work.tx, device)
    if known is None or not known.is_known:
        return
    owner = conversations.by_id(work.tx, conversation)
    latest = work.now.own_ms + CLOCK_SLACK_MS
    said_at = min(made_at, latest)
    new = _new_row(work, owner, item, made_at, device, own=False, late=late)
    if messages.insert(work.tx, new) is None:
        return
    is_overdone = owner.keep_wanted_at > latest  # taken from the file of a version that believed it
    if said_at >= owner.keep_wanted_at or is_overdone:  # one that was said again does not undo a later one
        conversations.set_keep_wanted(work.tx, conversation, said_at, wanted=item.wanted)
        if not item.wanted:
            conversations.set_keeping(work.tx, conversation, keeping=False)
    work.emit(api.KeepRequested(conversation=owner.public_id, id=new.id, wanted=item.wanted))


def _check_open(row: ConversationRow) -> None:
    if row.state != "open" or row.inbox is None:
        raise ApiError(Kind.BAD_REQUEST, "Mail is kept among contacts: this conversation is not open.")


def _new_row(
    work: Work, owner: ConversationRow, item: KeepRequest, made_at: int, device: bytes, *, own: bool, late: bool = False
) -> NewMessage:
    author = work.me.identity if own else owner.identity
    return NewMessage(
        id=message_id(owner.public_id, author, item.uid),
        conversation=owner.id,
        uid=item.uid,
        author=author,
        device=device,
        incoming=not own,
        kind=KEEP_REQUEST,
        text=_WANTED if item.wanted else _NOT_WANTED,
        sent_at=made_at,
        state="queued" if own else "received",
        late=late,
        pending=own,
    )
