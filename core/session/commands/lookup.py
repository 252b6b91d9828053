"""Finds conversations and rows by the ids that programs use, and describes rows as people see them."""

from __future__ import annotations

from typing import Any, cast

from core import api
from core.api import ApiError, Kind
from core.crypto.seed import identity_of
from core.people.conversation import rekeying, rows
from core.people.conversation.row_writers import Writers
from core.people.work import Work
from core.storage import conversations, lanes, messages
from core.storage.conversations import ConversationRow
from core.storage.messages import MessageRow


def conversation_of(work: Work, public_id: str) -> ConversationRow:
    """Return a conversation. Raises ``ApiError``."""
    row = conversations.by_public_id(work.tx, public_id)
    if row is None:
        raise ApiError(Kind.UNKNOWN_CONVERSATION, "There is no such conversation.")
    return row


def conversation_looked_at(work: Work, public_id: str) -> ConversationRow:
    """Return a conversation that a person looks at by this command. Raises ``ApiError``."""
    row = conversation_of(work, public_id)
    work.looked_at = row.id
    return row


def message_of(work: Work, message: str, conversation: ConversationRow | None = None) -> MessageRow:
    """Return a row. Raises ``ApiError``."""
    row = messages.by_id(work.tx, message)
    if row is None or (conversation is not None and row.conversation != conversation.id):
        raise ApiError(Kind.UNKNOWN_MESSAGE, "There is no such message.")
    return row


def is_rekey_overdue(work: Work, conversation: ConversationRow) -> bool:
    """Tell whether the lane to a contact was not re-keyed for longer than is promised."""
    lane = lanes.writing(work.tx, conversation.id)
    return lane is not None and rekeying.is_overdue(work, lane)


def sender_of(work: Work, author: bytes) -> str:
    """Return an author as ``api.Message`` has it."""
    if not author:
        return ""
    return "me" if author == work.me.identity else identity_of(author)


def describe(work: Work, row: MessageRow, writers: Writers) -> api.Message:
    """Return a row as people see it."""
    kind, text = rows.describe(row)
    writer = writers.of_row(row)
    return api.Message(
        id=row.id,
        sender=sender_of(work, row.author),
        text=text,
        sent_at=row.sent_at,
        state=cast("Any", row.state),  # the schema's CHECK lists the same
        copies=row.copies,
        until=row.until,
        late=bool(row.late),
        kind=kind,
        device=writer.name,
        known=writer.is_known,
    )
