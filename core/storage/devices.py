"""Devices of other people, and the double ratchets with them."""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction
from net.instant import DAY_MS

# Ratchets kept with one device: both sides may start one at the same time, twice (Sesame keeps several as well).
MAX_SESSIONS = 4


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device of the other side. ``offered_key`` is the prekey it offered us and we have not used, as MessagePack.

    ``reset_at`` is when the latest reset of it that we know was made, ``cleared_at`` the same of those after which there
    is nothing to read in its older lanes; network milliseconds by its own account, None without any. ``heard_at`` is when
    something last came from it, network milliseconds, a day late at most.

    ``state`` is vouched, confirmed, unknown or refused; ``since`` is when it appeared, by our own clock. It is served from
    the row after ``let_in`` on, not at all where that is None. ``rivalled``: a known device was heard since it appeared.
    ``left_behind``: a re-keying went on without it. ``asked``, ``asked_root``: its reset that waits for an answer, and the
    name of the root it came by; ``answered_at``: when one was answered last, network time.
    ``inbox``: the secret it named while unknown.
    """

    device: bytes
    conversation: int
    certificate: bytes
    offered_key: bytes | None
    reset_at: int | None
    cleared_at: int | None
    heard_at: int
    state: str
    since: int
    let_in: int | None
    rivalled: bool
    left_behind: bool
    asked: bytes | None
    asked_root: bytes | None
    inbox: bytes | None
    answered_at: int
    inbox_number: int

    @property
    def is_known(self) -> bool:
        """Whether a known device vouched for it, or the person confirmed it."""
        return self.state in {"vouched", "confirmed"}


_COLUMNS = (
    "device, conversation, certificate, offered_key, reset_at, cleared_at, heard_at, state, since, let_in, rivalled,"
    " left_behind, asked, asked_root, inbox, answered_at, inbox_number"
)


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What is known of a device at first."""

    device: bytes
    conversation: int
    certificate: bytes
    state: str
    since: int
    let_in: int | None


def insert(tx: Transaction, new: NewDevice, now_ms: int) -> None:
    """Know a device that was heard of now."""
    tx.run(
        "INSERT INTO devices(device, conversation, certificate, state, since, let_in, heard_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        new.device,
        new.conversation,
        new.certificate,
        new.state,
        new.since,
        new.let_in,
        now_ms,
    )


def renew(tx: Transaction, device: bytes, certificate: bytes, now_ms: int) -> None:
    """A device was heard of again; its certificate may be a newer one."""
    tx.run("UPDATE devices SET certificate = ?, heard_at = ? WHERE device = ?", certificate, now_ms, device)


def set_state(tx: Transaction, device: bytes, state: str) -> None:
    """Note what is thought of a device."""
    tx.run("UPDATE devices SET state = ? WHERE device = ?", state, device)


def refuse(tx: Transaction, device: bytes) -> None:
    """Keep of a device nothing but that it was refused."""
    tx.run("DELETE FROM sessions WHERE device = ?", device)
    tx.run("DELETE FROM prekeys WHERE device = ?", device)
    tx.run(
        "UPDATE devices SET state = 'refused', let_in = NULL, offered_key = NULL, asked = NULL, asked_root = NULL,"
        " inbox = NULL WHERE device = ?",
        device,
    )


def set_let_in(tx: Transaction, device: bytes, seq: int | None) -> None:
    """Serve a device from the row after ``seq`` on, or not any more."""
    tx.run("UPDATE devices SET let_in = ? WHERE device = ?", seq, device)


def set_rivalled(tx: Transaction, device: bytes) -> None:
    """A known device was heard after this one appeared."""
    tx.run("UPDATE devices SET rivalled = 1 WHERE device = ?", device)


def set_left_behind(tx: Transaction, device: bytes, *, left: bool) -> None:
    """Note whether a re-keying went on without a device."""
    tx.run("UPDATE devices SET left_behind = ? WHERE device = ?", left, device)


def set_asked(tx: Transaction, device: bytes, generation: bytes | None, root: bytes | None) -> None:
    """Note which reset of a device waits for an answer."""
    tx.run("UPDATE devices SET asked = ?, asked_root = ? WHERE device = ?", generation, root, device)


def set_answered(tx: Transaction, device: bytes, now_ms: int) -> None:
    """A reset of a device was answered: nothing waits any more."""
    tx.run("UPDATE devices SET asked = NULL, asked_root = NULL, answered_at = ? WHERE device = ?", now_ms, device)


def set_inbox(tx: Transaction, device: bytes, inbox: bytes | None, number: int = 0) -> None:
    """Note which inbox an unknown device named."""
    tx.run("UPDATE devices SET inbox = ?, inbox_number = ? WHERE device = ?", inbox, number, device)


def hear(tx: Transaction, device: bytes, now_ms: int) -> None:
    """Note that something came from a device; not more than once a day."""
    tx.run("UPDATE devices SET heard_at = ?2 WHERE device = ?1 AND heard_at < ?3", device, now_ms, now_ms - DAY_MS)


def of_conversation(tx: Snapshot, conversation: int) -> list[DeviceRow]:
    """Return every device of the other side that is known of, those refused too."""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM devices WHERE conversation = ? ORDER BY device", conversation)
    return [DeviceRow(*row) for row in rows]


def every_asking(tx: Snapshot) -> list[DeviceRow]:
    """Return the devices whose reset waits for an answer."""
    return [DeviceRow(*row) for row in tx.rows(f"SELECT {_COLUMNS} FROM devices WHERE asked IS NOT NULL")]


def reset_before(tx: Snapshot, before_ms: int) -> list[DeviceRow]:
    """Return the devices whose latest reset was made before a time, and that have ratchets or lanes from before it."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM devices d WHERE reset_at < ? AND (EXISTS (SELECT 1 FROM sessions s"
        " WHERE s.device = d.device AND sendable = 0) OR (SELECT count(*) FROM read_lanes r WHERE r.device = d.device"
        " AND r.ended_at IS NULL) > 1)",
        before_ms,
    )
    return [DeviceRow(*row) for row in rows]


def find(tx: Snapshot, device: bytes) -> DeviceRow | None:
    """Return a device, None when it is unknown."""
    row = tx.row(f"SELECT {_COLUMNS} FROM devices WHERE device = ?", device)
    return None if row is None else DeviceRow(*row)


def forget(tx: Transaction, device: bytes) -> None:
    """Forget a device, the ratchets with it and the keys it was given."""
    tx.run("DELETE FROM sessions WHERE device = ?", device)
    tx.run("DELETE FROM prekeys WHERE device = ?", device)
    tx.run("DELETE FROM devices WHERE device = ?", device)


def set_offered_key(tx: Transaction, device: bytes, prekey: bytes | None) -> None:
    """Keep the key a device offered, or forget it once used."""
    tx.run("UPDATE devices SET offered_key = ? WHERE device = ?", prekey, device)


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


def drop_sessions(tx: Transaction, device: bytes) -> None:
    """Forget the ratchets with a device: what they could still open was said again by others."""
    tx.run("DELETE FROM sessions WHERE device = ? AND sendable = 0", device)
