"""Writes the blocks that say nothing but that the person types, or is there (``signs``).

Each is a box. None goes to a contact that leaves several unanswered: it is away, and they would only wait for it.
"""

from __future__ import annotations

from typing import Final

from core import api
from core.crypto.seed import identity_of
from core.people.conversation import sender, signs
from core.people.format.content import Here, Tells
from core.people.work import Work
from core.storage import conversations, lanes, postings
from core.storage.conversations import ConversationRow

# Blocks without a text that one contact may leave unacknowledged and still be told who types, and who is there.
MAX_UNANSWERED: Final = 8
# Contacts that are told in one look (every half minute) that the person is there: bounds the work done at once.
MAX_AT_ONCE: Final = 8


def types(work: Work, row: ConversationRow) -> None:
    """Let a contact know that the person types, if both want that, and it was not done just now."""
    if signs.exchanged(work, row) & Tells.TYPING and _may_be_told(work, row):
        work.presence.types(row.id, work.now.mono)


def write_typing(work: Work) -> None:
    """Write the notices of typing that are wanted."""
    for conversation in sorted(work.presence.typing):
        sender.write_control(work, conversation, now=Here.TYPING)
    work.presence.typing.clear()


def tend(work: Work, *, may_write: bool) -> None:
    """Tell who wants to know that the person is there, and notice who is there no longer."""
    for conversation in work.presence.left(work.now.own_ms):
        row = conversations.by_id(work.tx, conversation)
        work.emit(api.ContactPresence(identity=identity_of(row.identity), online=False, last_seen=row.here_at))
    if not may_write or not work.now.attention.present or not signs.shared(work) & Tells.PRESENCE:
        return
    due = [
        row
        for row in conversations.every_direct(work.tx)
        if row.tells & Tells.PRESENCE and work.presence.is_here_due(row.id, work.now.mono) and _may_be_told(work, row)
    ]
    for row in due[:MAX_AT_ONCE]:
        sender.write_control(work, row.id)


def _may_be_told(work: Work, row: ConversationRow) -> bool:
    """Tell whether a block may be written now for this alone."""
    return (
        row.state == "open"
        and not row.blocked
        and bool(work.now.custodians)
        and lanes.writing(work.tx, row.id) is not None
        and postings.count_controls(work.tx, row.id) < MAX_UNANSWERED
    )
