"""Pages of a conversation's rows beside ``messages.page``: the pinned ones, those around a row, those from a time on."""

from __future__ import annotations

from core.storage import messages
from core.storage.database import Snapshot
from core.storage.messages import COLUMNS, FIRST, MessageRow


def pinned(tx: Snapshot, conversation: int, limit: int, before: int | None, after: int | None) -> list[MessageRow]:
    """Return up to ``limit`` pinned rows as ``page`` does."""
    order = "" if after is not None else "DESC"
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM messages WHERE conversation = ? AND pinned = 1 AND seq > ? AND seq < ?"
        f" ORDER BY seq {order} LIMIT ?",
        conversation,
        FIRST - 1 if after is None else after,
        1 << 62 if before is None else before,
        limit,
    )
    return sorted((MessageRow(*row) for row in rows), key=lambda row: row.seq)


def around(tx: Snapshot, conversation: int, limit: int, seq: int) -> list[MessageRow]:
    """Return up to ``limit`` rows that are shown, oldest first, row ``seq`` in the middle as far as there are others."""
    later = messages.page(tx, conversation, limit, None, seq - 1)
    earlier = messages.page(tx, conversation, max(limit // 2, limit - len(later)), seq, None)
    return (earlier + later)[:limit]


def first_since(tx: Snapshot, conversation: int, at_ms: int) -> int | None:
    """Return the number of the row that is the first from a time on, by the clocks of those who wrote; None without any."""
    row = tx.row(
        "SELECT seq FROM messages WHERE conversation = ? AND shown = 1 AND sent_at >= ? ORDER BY sent_at, seq LIMIT 1",
        conversation,
        at_ms,
    )
    return None if row is None else int(row[0])
