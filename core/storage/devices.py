"""Devices of other people, the double ratchets with them, and the one-use keys of re-keying."""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction

# Ratchets kept with one device: both sides may start one at the same time, twice (Sesame keeps several as well).
MAX_SESSIONS = 4
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device of the other side. ``offered_key`` is the X-Wing key for our next re-keying.

    ``reset_at`` is when the latest reset of it that we know was made, ``cleared_at`` the same of those after which there
    is nothing to read in its older lanes; network milliseconds by its own account, None without any. ``heard_at`` is when
    something last came from it, network milliseconds, a day late at most.
    """

    device: bytes
    conversation: int
    certificate: bytes
    offered_key: bytes | None
    reset_at: int | None
    cleared_at: int | None
    heard_at: int


_COLUMNS = "device, conversation, certificate, offered_key, reset_at, cleared_at, heard_at"


def upsert(tx: Transaction, device: bytes, conversation: int, certificate: bytes, now_ms: int) -> None:
    """Know a device that was heard of now; its certificate may be a newer one."""
    tx.run(
        "INSERT INTO devices(device, conversation, certificate, heard_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT(device) DO UPDATE SET certificate = excluded.certificate, heard_at = excluded.heard_at",
        device,
        conversation,
        certificate,
        now_ms,
    )


def hear(tx: Transaction, device: bytes, now_ms: int) -> None:
    """Note that something came from a device; not more than once a day."""
    tx.run("UPDATE devices SET heard_at = ?2 WHERE device = ?1 AND heard_at < ?3", device, now_ms, now_ms - DAY_MS)


def of_conversation(tx: Snapshot, conversation: int) -> list[DeviceRow]:
    """Return the audience of a conversation."""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM devices WHERE conversation = ? ORDER BY device", conversation)
    return [DeviceRow(*row) for row in rows]


def find(tx: Snapshot, device: bytes) -> DeviceRow | None:
    """Return a device, None when it is unknown."""
    row = tx.row(f"SELECT {_COLUMNS} FROM devices WHERE device = ?", device)
    return None if row is None else DeviceRow(*row)


def forget(tx: Transaction, device: bytes) -> None:
    """Forget a device and the ratchets with it."""
    tx.run("DELETE FROM sessions WHERE device = ?", device)
    tx.run("DELETE FROM devices WHERE device = ?", device)


def set_offered_key(tx: Transaction, device: bytes, public: bytes | None) -> None:
    """Keep the key a device offered, or forget it once used."""
    tx.run("UPDATE devices SET offered_key = ? WHERE device = ?", public, device)


def note_reset(tx: Transaction, device: bytes, made_at: int, *, clears: bool) -> None:
    """Note that a reset of a device was taken."""
    tx.run(
        "UPDATE devices SET reset_at = max(coalesce(reset_at, 0), ?2),"
        " cleared_at = CASE WHEN ?3 THEN max(coalesce(cleared_at, 0), ?2) ELSE cleared_at END WHERE device = ?1",
        device,
        made_at,
        clears,
    )


_NEXT_USE = "(SELECT coalesce(max(used), 0) + 1 FROM sessions)"


def add_session(tx: Transaction, session_id: str, device: bytes, pickle: str) -> None:
    """Keep a ratchet, now the one to write to; the longest unused beyond the bound go."""
    tx.run(
        f"INSERT OR REPLACE INTO sessions(id, device, pickle, used) VALUES (?, ?, ?, {_NEXT_USE})",
        session_id,
        device,
        pickle,
    )
    tx.run(
        "DELETE FROM sessions WHERE device = ? AND id NOT IN"
        " (SELECT id FROM sessions WHERE device = ? ORDER BY sendable DESC, used DESC LIMIT ?)",
        device,
        device,
        MAX_SESSIONS,
    )


def sessions(tx: Snapshot, device: bytes) -> list[tuple[str, str, bool]]:
    """Return (id, pickle, sendable) of a device's ratchets, the last used first."""
    rows = tx.rows("SELECT id, pickle, sendable FROM sessions WHERE device = ? ORDER BY used DESC", device)
    return [(str(i), str(p), bool(s)) for i, p, s in rows]


def save_session(tx: Transaction, session_id: str, pickle: str) -> None:
    """Store a ratchet's new state."""
    tx.run("UPDATE sessions SET pickle = ? WHERE id = ?", pickle, session_id)


def prefer_session(tx: Transaction, session_id: str) -> None:
    """A message came in by this ratchet: write to the device by it from now on."""
    tx.run(f"UPDATE sessions SET used = {_NEXT_USE} WHERE id = ?", session_id)


def retire_sessions(tx: Transaction, device: bytes | None = None) -> None:
    """Never encrypt again by the ratchets with a device, or by any: their state may be an old one."""
    tx.run("UPDATE sessions SET sendable = 0 WHERE ?1 IS NULL OR device = ?1", device)


def is_prekey_used(tx: Snapshot, session_id: str) -> bool:
    """Tell whether a prekey message's session id was used before."""
    return tx.row("SELECT 1 FROM prekeys_used WHERE id = ?", session_id) is not None


def use_prekey(tx: Transaction, session_id: str) -> bool:
    """Note a prekey message's session id; False when it was used before."""
    return tx.run("INSERT OR IGNORE INTO prekeys_used VALUES (?)", session_id) == 1


def offer_key(tx: Transaction, key_id: bytes, conversation: int, private: bytes) -> None:
    """Keep the private half of a one-use key."""
    tx.run("INSERT INTO offered_keys VALUES (?, ?, ?)", key_id, conversation, private)


def offered_key(tx: Snapshot, key_id: bytes) -> bytes | None:
    """Return the private half of a key we offered."""
    row = tx.row("SELECT private FROM offered_keys WHERE key_id = ?", key_id)
    return None if row is None else bytes(row[0])


def has_offer(tx: Snapshot, conversation: int) -> bool:
    """Tell whether one of our keys waits to be used in this conversation."""
    return tx.row("SELECT 1 FROM offered_keys WHERE conversation = ?", conversation) is not None


def drop_offered_key(tx: Transaction, key_id: bytes) -> None:
    """Forget a key once it was used."""
    tx.run("DELETE FROM offered_keys WHERE key_id = ?", key_id)


def drop_offers(tx: Transaction, conversation: int) -> None:
    """Forget every key offered in a conversation: the offer may be lost with an ended generation."""
    tx.run("DELETE FROM offered_keys WHERE conversation = ?", conversation)
