"""Members: the identities that take part in a conversation beside one's own."""

from __future__ import annotations

from core.storage.database import Snapshot, Transaction

# Of one conversation: as many as an audience has room for (``core.people.format.bounds.MAX_AUDIENCE``).
MAX_MEMBERS = 16


def add(tx: Transaction, conversation: int, identity: bytes) -> bool:
    """Add a member; False when there is no room. One that is a member already stays."""
    known = of_conversation(tx, conversation)
    if identity not in known and len(known) >= MAX_MEMBERS:
        return False
    tx.run("INSERT OR IGNORE INTO members(conversation, identity) VALUES (?, ?)", conversation, identity)
    return True


def remove(tx: Transaction, conversation: int, identity: bytes) -> None:
    """Remove a member."""
    tx.run("DELETE FROM members WHERE conversation = ? AND identity = ?", conversation, identity)


def of_conversation(tx: Snapshot, conversation: int) -> list[bytes]:
    """Return the members' identities, one's own left out."""
    rows = tx.rows("SELECT identity FROM members WHERE conversation = ? ORDER BY identity", conversation)
    return [bytes(row[0]) for row in rows]


def conversations_of(tx: Snapshot, identity: bytes) -> list[int]:
    """Return the conversations of which an identity is a member."""
    rows = tx.rows("SELECT conversation FROM members WHERE identity = ? ORDER BY conversation", identity)
    return [int(row[0]) for row in rows]


def forget_conversation(tx: Transaction, conversation: int) -> None:
    """Forget the members of a conversation."""
    tx.run("DELETE FROM members WHERE conversation = ?", conversation)
