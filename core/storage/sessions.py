"""Double ratchets with each device, separate for each conversation: a hole in one uses up no key of another."""

from __future__ import annotations

from core.storage.database import Snapshot, Transaction

# Ratchets kept with one device: both sides may start one at the same time, twice (Sesame keeps several as well).
MAX_SESSIONS = 4

_NEXT_USE = "(SELECT coalesce(max(used), 0) + 1 FROM sessions)"


def add(tx: Transaction, session_id: str, conversation: int, device: bytes, pickle: str) -> None:
    """Keep a ratchet, now the one to write to; the longest unused beyond the bound go."""
    tx.run(
        f"INSERT OR REPLACE INTO sessions(id, conversation, device, pickle, used) VALUES (?, ?, ?, ?, {_NEXT_USE})",
        session_id,
        conversation,
        device,
        pickle,
    )
    tx.run(
        "DELETE FROM sessions WHERE conversation = ?1 AND device = ?2 AND id NOT IN (SELECT id FROM sessions"
        " WHERE conversation = ?1 AND device = ?2 ORDER BY sendable DESC, used DESC LIMIT ?3)",
        conversation,
        device,
        MAX_SESSIONS,
    )


def of_device(tx: Snapshot, conversation: int, device: bytes) -> list[tuple[str, str, bool]]:
    """Return (id, pickle, sendable) of the ratchets with a device in a conversation, the last used first."""
    rows = tx.rows(
        "SELECT id, pickle, sendable FROM sessions WHERE conversation = ? AND device = ? ORDER BY used DESC",
        conversation,
        device,
    )
    return [(str(i), str(p), bool(s)) for i, p, s in rows]


def save(tx: Transaction, session_id: str, pickle: str) -> None:
    """Store a ratchet's new state."""
    tx.run("UPDATE sessions SET pickle = ? WHERE id = ?", pickle, session_id)


def prefer(tx: Transaction, session_id: str) -> None:
    """Use this ratchet to write to the device from now on: a message came in by it."""
    tx.run(f"UPDATE sessions SET used = {_NEXT_USE} WHERE id = ?", session_id)


def retire(tx: Transaction, conversation: int, device: bytes) -> None:
    """Never encrypt again by the ratchets with a device in a conversation: their state may be an old one."""
    tx.run("UPDATE sessions SET sendable = 0 WHERE conversation = ? AND device = ?", conversation, device)


def retire_all(tx: Transaction) -> None:
    """Never encrypt again by any ratchet: this file may be an old copy."""
    tx.run("UPDATE sessions SET sendable = 0")


def drop_retired(tx: Transaction, conversation: int, device: bytes) -> None:
    """Forget the retired ratchets with a device: what they could still open was said again by others."""
    tx.run("DELETE FROM sessions WHERE conversation = ? AND device = ? AND sendable = 0", conversation, device)
