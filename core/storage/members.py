"""Members: the identities that take part in a conversation beside one's own."""

from __future__ import annotations

from core.storage.database import Snapshot, Transaction

# Of one conversation: as many as an audience has room for (``core.people.format.bounds.MAX_AUDIENCE``).
MAX_MEMBERS = 16


def add(tx: Transaction, conversation: int, identity: bytes) -> bool:
    """Let an identity take part; False when there is no room. One that does already stays."""
    known = of_conversation(tx, conversation)
    if identity not in known and len(known) >= MAX_MEMBERS:
        return False
    tx.run("INSERT OR IGNORE INTO members(conversation, identity) VALUES (?, ?)", conversation, identity)
    return True


def remove(tx: Transaction, conversation: int, identity: bytes) -> None:
    """Let an identity take part no longer."""
    tx.run("DELETE FROM members WHERE conversation = ? AND identity = ?", conversation, identity)


def of_conversation(tx: Snapshot, conversation: int) -> list[bytes]:
    """Return who takes part, but for oneself."""
    rows = tx.rows("SELECT identity FROM members WHERE conversation = ? ORDER BY identity", conversation)
    return [bytes(row[0]) for row in rows]


def conversations_of(tx: Snapshot, identity: bytes) -> list[int]:
    """Return the conversations in which an identity takes part."""
    rows = tx.rows("SELECT conversation FROM members WHERE identity = ? ORDER BY conversation", identity)
    return [int(row[0]) for row in rows]


def forget_conversation(tx: Transaction, conversation: int) -> None:
    """Forget who took part in a conversation."""
    tx.run("DELETE FROM members WHERE conversation = ?", conversation)
