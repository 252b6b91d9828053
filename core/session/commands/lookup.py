"""Finds conversations and rows by the ids that programs use."""

from __future__ import annotations

from core.api import ApiError, Kind
from core.people.conversation import rekeying, views
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


def rekeys_overdue(work: Work) -> frozenset[int]:
    """Return the conversations whose lane was not re-keyed for longer than is promised."""
    written = lanes.every_writing(work.tx)
    return frozenset(lane.conversation for lane in written if rekeying.is_overdue(work, lane))


def muted_until(work: Work, conversation: ConversationRow) -> int | None:
    """Return until when a conversation makes no noise; None when it does."""
    return conversation.muted_until if views.is_muted(work, conversation) else None
