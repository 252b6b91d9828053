"""What the person made of a conversation: muted until when, pinned, archived, marked as unread."""

from __future__ import annotations

from core.storage.conversations import ConversationRow
from core.storage.database import Transaction


def set_view(tx: Transaction, row: ConversationRow) -> None:
    """Store ``muted_until``, ``pinned``, ``archived``, ``marked_unread`` and ``notify`` of a row."""
    tx.run(
        "UPDATE conversations SET muted_until = ?, pinned = ?, archived = ?, marked_unread = ?, notify = ? WHERE id = ?",
        row.muted_until,
        row.pinned,
        row.archived,
        row.marked_unread,
        row.notify,
        row.id,
    )
