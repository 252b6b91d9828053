"""Rows of one's own on their way out: which wait to be encoded, where they were, and which left this device."""

from __future__ import annotations

from core.storage.database import Snapshot, Transaction
from core.storage.messages import COLUMNS, MessageRow


def pending(tx: Snapshot, conversation: int, limit: int, *, again: bool) -> list[MessageRow]:
    """Return rows that wait to be encoded, in order; those to be said again only if that is wanted."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM messages WHERE pending = 1 AND conversation = ? AND again <= ? ORDER BY seq LIMIT ?",
        conversation,
        again,
        limit,
    )
    return [MessageRow(*row) for row in rows]


def conversations_pending(tx: Snapshot) -> list[int]:
    """Return the conversations in which rows wait to be encoded."""
    return [int(row[0]) for row in tx.rows("SELECT DISTINCT conversation FROM messages WHERE pending = 1")]


def set_encoded(tx: Transaction, seq: int, generation: bytes | None, index: int | None) -> None:
    """Note where a row was encoded."""
    tx.run("UPDATE messages SET generation = ?, idx = ?, pending = 0, again = 0 WHERE seq = ?", generation, index, seq)


def set_pending(tx: Transaction, seq: int, *, again: bool = False) -> None:
    """Let a row be encoded into the lane; ``again`` when the other side asked for that."""
    tx.run("UPDATE messages SET pending = 1, again = max(again, ?) WHERE seq = ?", again, seq)


def note_departed(tx: Transaction, seq: int) -> None:
    """Note that a copy of a row of ours went to the node: it counts as sent, however often it is encoded anew."""
    tx.run("UPDATE messages SET departed = 1 WHERE seq = ? AND departed = 0", seq)


def doubt_all(tx: Transaction, device: bytes) -> None:
    """Count every text of this device as sent: this file may be an old copy, and what waits in it may have left since."""
    tx.run("UPDATE messages SET departed = 1 WHERE device = ? AND state <> 'received' AND departed = 0", device)


def set_signed(tx: Transaction, seq: int, signed: bytes) -> None:
    """Keep what was signed of a row of ours."""
    tx.run("UPDATE messages SET signed = ? WHERE seq = ?", signed, seq)


def encode_again(
    tx: Transaction, conversation: int, generation: bytes, span: tuple[int, int], *, served_after: int | None
) -> int:
    """Let rows of ours at indexes ``span`` of a lane be encoded anew for a device; return how many.

    Of the rows up to ``served_after``, and of all when it is None, only those that are not known to be delivered.
    """
    return tx.run(
        "UPDATE messages SET pending = 1, again = 1 WHERE conversation = ? AND generation = ? AND idx >= ? AND idx < ?"
        " AND kind > 0 AND state <> 'failed'"
        " AND (state IN ('queued', 'sent', 'stored') OR seq > coalesce(?, seq))",
        conversation,
        generation,
        *span,
        served_after,
    )


def unanswered_greetings(tx: Snapshot, conversation: int) -> list[int]:
    """Return the rows that were said in a greeting of ours and are not known to have come."""
    rows = tx.rows(
        "SELECT seq FROM messages WHERE conversation = ? AND generation IS NULL AND pending = 0"
        " AND state NOT IN ('delivered', 'read', 'received')",
        conversation,
    )
    return [int(row[0]) for row in rows]


def encode_lane_again(tx: Transaction, conversation: int, device: bytes, *, again: bool) -> int:
    """Let every row that this device wrote and that is not known to be delivered be encoded anew; return how many."""
    return tx.run(
        "UPDATE messages SET pending = 1, again = max(again, ?) WHERE conversation = ? AND device = ? AND kind > 0"
        " AND generation IS NOT NULL AND state IN ('queued', 'sent', 'stored')",
        again,
        conversation,
        device,
    )


def delivered_behind(tx: Snapshot, generation: bytes, index: int) -> list[MessageRow]:
    """Return the rows of a lane, from an index on, that are known to be delivered."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM messages WHERE generation = ? AND idx >= ? AND state = 'delivered' ORDER BY seq",
        generation,
        index,
    )
    return [MessageRow(*row) for row in rows]


def on_their_way(tx: Snapshot, conversation: int, limit: int) -> list[MessageRow]:
    """Return rows of ours in a conversation that are not known to be delivered, or of which something is deposited still."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM messages WHERE conversation = ?1 AND (state IN ('queued', 'sent', 'stored')"
        " OR seq IN (SELECT message FROM postings WHERE conversation = ?1)) ORDER BY shown, seq LIMIT ?2",
        conversation,
        limit,
    )
    return [MessageRow(*row) for row in rows]
