"""What the person made of a conversation: muted until when, pinned, archived, marked as unread."""

from __future__ import annotations

from core.storage.conversations import ConversationRow
from core.storage.database import Transaction


def set_view(tx: Transaction, row: ConversationRow) -> None:
    """Store ``muted_until``, ``pinned``, ``archived`` and ``marked_unread`` of a row."""
    tx.run(
        "UPDATE conversations SET muted_until = ?, pinned = ?, archived = ?, marked_unread = ? WHERE id = ?",
        row.muted_until,
        row.pinned,
        row.archived,
        row.marked_unread,
        row.id,
    )
