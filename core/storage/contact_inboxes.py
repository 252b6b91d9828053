"""Inboxes of the other side of conversations: where what is written to it lies, and which of ours it knows of."""

from __future__ import annotations

from core.storage.conversations import COLUMNS, ConversationRow
from core.storage.database import Snapshot, Transaction


def set_present(tx: Transaction, conversation: int, inbox: bytes, number: int) -> None:
    """Note the inbox of the other side; what waits for it goes there from now on."""
    tx.run(
        "UPDATE conversations SET inbox = ?1, inbox_number = ?2, inbox_beside = nullif(inbox_beside, ?1) WHERE id = ?3",
        inbox,
        number,
        conversation,
    )
    _readdress(tx, conversation)


def set_beside(tx: Transaction, conversation: int, inbox: bytes | None) -> None:
    """Note the inbox that an unknown device named, which is written to as well."""
    tx.run("UPDATE conversations SET inbox_beside = ? WHERE id = ?", inbox, conversation)
    _readdress(tx, conversation)


def _readdress(tx: Transaction, conversation: int) -> None:
    """Address blocks and resets that wait to the other side's present inbox, for copies made from now on."""
    tx.run(
        "UPDATE postings SET inbox = (SELECT CAST(inbox || coalesce(inbox_beside, x'') AS BLOB) FROM conversations"
        " WHERE id = ?1) WHERE conversation = ?1 AND kind IN ('block', 'reset')"
        " AND (SELECT inbox FROM conversations WHERE id = ?1) IS NOT NULL",
        conversation,
    )


def written_to(row: ConversationRow) -> bytes:
    """Return the inbox secrets that the other side is written to, 32 bytes each, at least one."""
    assert row.inbox is not None
    return row.inbox + (row.inbox_beside or b"")


def set_told(tx: Transaction, conversation: int, number: int) -> None:
    """Note which inbox of ours the other side knows of."""
    tx.run("UPDATE conversations SET inbox_told = ? WHERE id = ?", number, conversation)


def note_told(tx: Transaction, conversation: int, number: int) -> None:
    """Note that the other side says that it knows of an inbox of ours; of several the highest counts."""
    tx.run("UPDATE conversations SET inbox_told = max(inbox_told, ?) WHERE id = ?", number, conversation)


def untold(tx: Snapshot, number: int) -> list[ConversationRow]:
    """Return the contacts that stay and do not know of an inbox of ours: those open and not blocked."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM conversations WHERE kind = 'direct' AND state = 'open' AND blocked = 0 AND inbox_told < ?"
        " ORDER BY id",
        number,
    )
    return [ConversationRow(*row) for row in rows]


def greeted_since(tx: Snapshot, number: int, since_ms: int) -> bool:
    """Tell whether a greeting of ours, written since a time, that named an earlier inbox may still be answered."""
    row = tx.row(
        "SELECT 1 FROM conversations c WHERE state <> 'open' AND blocked = 0 AND inbox_told < ? AND EXISTS"
        " (SELECT 1 FROM messages m WHERE m.conversation = c.id AND m.state <> 'received' AND m.sent_at > ?)",
        number,
        since_ms,
    )
    return row is not None


def set_reads_beside(tx: Transaction, conversation: int) -> None:
    """Look for what is written to an inbox beside, too."""
    tx.run("UPDATE conversations SET reads_beside = 1 WHERE id = ?", conversation)


def kept(tx: Snapshot) -> list[bytes]:
    """Return the inbox secrets of those whose mail is kept here."""
    rows = tx.rows(
        "SELECT inbox FROM conversations WHERE keeping = 1 AND inbox IS NOT NULL AND state = 'open' AND blocked = 0"
    )
    return [bytes(row[0]) for row in rows]


def shared(tx: Snapshot) -> list[bytes]:
    """Return the inbox secrets of groups and channels, at which all who take part read."""
    rows = tx.rows(
        "SELECT inbox FROM conversations WHERE kind IN ('group', 'channel') AND state = 'open' AND blocked = 0"
    )
    return [bytes(row[0]) for row in rows]
