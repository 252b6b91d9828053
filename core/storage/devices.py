"""Devices of people, each with its identity, and their state in each conversation.

How far a device is trusted is the same in all conversations. What it is served, which key it offered and how its lane
stands is of one conversation alone: a device that was refused nothing in one may be let into another.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction
from net.instant import DAY_MS


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device as ``conversation`` knows it.

    ``offered_key`` is the prekey it offered us there and we have not used, as MessagePack.
    ``reset_at`` is when the latest reset of it that we know was made, ``cleared_at`` the same of those after which there
    is nothing to read in its older lanes; network milliseconds by its own account, None without any. ``heard_at`` is when
    something last came from it, network milliseconds, a day late at most.

    ``state`` is vouched, confirmed, unknown or refused; ``since`` is when it appeared, by our own clock. It is served from
    the row after ``let_in`` on, not at all where that is None. ``rivalled``: a known device of its identity was heard since
    it appeared. ``left_behind``: a re-keying went on without it. ``asked``, ``asked_root``: its reset that waits for an
    answer, and the name of the root it came by; ``answered_at``: when one was answered last, network time.
    ``inbox``: the secret it named for its identity while unknown.
    """

    device: bytes
    conversation: int
    identity: bytes
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
        return _is_known(self.state)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose a device is and how far it is trusted, wherever it is met."""

    identity: bytes
    state: str

    @property
    def is_known(self) -> bool:
        """Whether a known device vouched for it, or the person confirmed it, as in ``DeviceRow``."""
        return _is_known(self.state)


def _is_known(state: str) -> bool:
    return state in {"vouched", "confirmed"}


_COLUMNS = (
    "device, conversation, identity, certificate, offered_key, reset_at, cleared_at, heard_at, state, since, let_in,"
    " rivalled, left_behind, asked, asked_root, inbox, answered_at, inbox_number"
)
_FROM = "FROM conversation_devices c JOIN devices d USING (device)"


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What is known of a device at first, and the conversation it is met in."""

    device: bytes
    conversation: int
    identity: bytes
    certificate: bytes
    state: str
    since: int
    let_in: int | None


def insert(tx: Transaction, new: NewDevice, now_ms: int) -> None:
    """Know a device that was heard of now."""
    tx.run(
        "INSERT INTO devices(device, identity, certificate, state, since, heard_at) VALUES (?, ?, ?, ?, ?, ?)",
        new.device,
        new.identity,
        new.certificate,
        new.state,
        new.since,
        now_ms,
    )
    enter(tx, new.conversation, new.device, new.let_in)


def enter(tx: Transaction, conversation: int, device: bytes, let_in: int | None) -> None:
    """Add a stored device to a conversation that it was not in before."""
    tx.run(
        "INSERT INTO conversation_devices(conversation, device, let_in) VALUES (?, ?, ?)", conversation, device, let_in
    )


def renew(tx: Transaction, device: bytes, certificate: bytes, now_ms: int) -> None:
    """Store the certificate of a device that was heard of again; it may be a newer one."""
    tx.run("UPDATE devices SET certificate = ?, heard_at = ? WHERE device = ?", certificate, now_ms, device)


def set_state(tx: Transaction, device: bytes, state: str) -> None:
    """Note how far a device is trusted."""
    tx.run("UPDATE devices SET state = ? WHERE device = ?", state, device)


def refuse(tx: Transaction, device: bytes) -> None:
    """Delete all state of a device but the refusal, in all conversations."""
    tx.run("DELETE FROM sessions WHERE device = ?", device)
    tx.run("DELETE FROM prekeys WHERE device = ?", device)
    tx.run("UPDATE devices SET state = 'refused', inbox = NULL WHERE device = ?", device)
    tx.run(
        "UPDATE conversation_devices SET let_in = NULL, offered_key = NULL, asked = NULL, asked_root = NULL"
        " WHERE device = ?",
        device,
    )


def set_rivalled(tx: Transaction, device: bytes) -> None:
    """Note that a known device of the same identity was heard after this one appeared."""
    tx.run("UPDATE devices SET rivalled = 1 WHERE device = ?", device)


def set_inbox(tx: Transaction, device: bytes, inbox: bytes | None, number: int = 0) -> None:
    """Note which inbox an unknown device named."""
    tx.run("UPDATE devices SET inbox = ?, inbox_number = ? WHERE device = ?", inbox, number, device)


def hear(tx: Transaction, device: bytes, now_ms: int) -> None:
    """Note that something came from a device; not more than once a day."""
    tx.run("UPDATE devices SET heard_at = ?2 WHERE device = ?1 AND heard_at < ?3", device, now_ms, now_ms - DAY_MS)


def standing(tx: Snapshot, device: bytes) -> Standing | None:
    """Return whose a device is and how far it is trusted, None when it is unknown everywhere."""
    row = tx.row("SELECT identity, state FROM devices WHERE device = ?", device)
    return None if row is None else Standing(*row)


def certificate_of(tx: Snapshot, device: bytes) -> bytes:
    """Return the certificate of a device as MessagePack; empty without one."""
    row = tx.row("SELECT certificate FROM devices WHERE device = ?", device)
    return b"" if row is None else bytes(row[0])


def of_identity(tx: Snapshot, identity: bytes) -> list[DeviceRow]:
    """Return an identity's devices, each once for every conversation it is in."""
    rows = tx.rows(f"SELECT {_COLUMNS} {_FROM} WHERE identity = ? ORDER BY device, conversation", identity)
    return [DeviceRow(*row) for row in rows]


# --- in one conversation ----------------------------------------------------------------------------------------------


def set_let_in(tx: Transaction, conversation: int, device: bytes, seq: int | None) -> None:
    """Serve a device from the row after ``seq`` on, or not any more."""
    tx.run(
        "UPDATE conversation_devices SET let_in = ? WHERE conversation = ? AND device = ?", seq, conversation, device
    )


def set_left_behind(tx: Transaction, conversation: int, device: bytes, *, left: bool) -> None:
    """Note whether a re-keying went on without a device."""
    tx.run(
        "UPDATE conversation_devices SET left_behind = ? WHERE conversation = ? AND device = ?",
        left,
        conversation,
        device,
    )


def set_asked(tx: Transaction, conversation: int, device: bytes, generation: bytes, root: bytes) -> None:
    """Note which reset of a device waits for an answer."""
    tx.run(
        "UPDATE conversation_devices SET asked = ?, asked_root = ? WHERE conversation = ? AND device = ?",
        generation,
        root,
        conversation,
        device,
    )


def set_answered(tx: Transaction, conversation: int, device: bytes, now_ms: int) -> None:
    """Note that a reset of a device was answered: none waits any more."""
    tx.run(
        "UPDATE conversation_devices SET asked = NULL, asked_root = NULL, answered_at = ?"
        " WHERE conversation = ? AND device = ?",
        now_ms,
        conversation,
        device,
    )


def set_offered_key(tx: Transaction, conversation: int, device: bytes, prekey: bytes | None) -> None:
    """Keep the key a device offered, or forget it once used."""
    tx.run(
        "UPDATE conversation_devices SET offered_key = ? WHERE conversation = ? AND device = ?",
        prekey,
        conversation,
        device,
    )


def note_reset(tx: Transaction, conversation: int, device: bytes, made_at: int, *, clears: bool) -> None:
    """Note that a reset of a device was taken."""
    tx.run(
        "UPDATE conversation_devices SET reset_at = max(coalesce(reset_at, 0), ?3),"
        " cleared_at = CASE WHEN ?4 THEN max(coalesce(cleared_at, 0), ?3) ELSE cleared_at END"
        " WHERE conversation = ?1 AND device = ?2",
        conversation,
        device,
        made_at,
        clears,
    )


def find(tx: Snapshot, conversation: int, device: bytes) -> DeviceRow | None:
    """Return a device in a conversation, None when it is not in it."""
    row = tx.row(f"SELECT {_COLUMNS} {_FROM} WHERE conversation = ? AND device = ?", conversation, device)
    return None if row is None else DeviceRow(*row)


def of_conversation(tx: Snapshot, conversation: int) -> list[DeviceRow]:
    """Return every other device in a conversation, those refused too."""
    rows = tx.rows(f"SELECT {_COLUMNS} {_FROM} WHERE conversation = ? ORDER BY device", conversation)
    return [DeviceRow(*row) for row in rows]


def of_member(tx: Snapshot, conversation: int, identity: bytes) -> list[DeviceRow]:
    """Return the devices of one identity in a conversation, those refused too."""
    return [row for row in of_conversation(tx, conversation) if row.identity == identity]


def every_unknown(tx: Snapshot) -> list[DeviceRow]:
    """Return the devices that nobody vouched for and that are not refused, each once for every conversation it is in."""
    return [DeviceRow(*row) for row in tx.rows(f"SELECT {_COLUMNS} {_FROM} WHERE state = 'unknown' ORDER BY device")]


def every_asking(tx: Snapshot) -> list[DeviceRow]:
    """Return the devices whose reset waits for an answer."""
    return [DeviceRow(*row) for row in tx.rows(f"SELECT {_COLUMNS} {_FROM} WHERE asked IS NOT NULL")]


def reset_before(tx: Snapshot, before_ms: int) -> list[DeviceRow]:
    """Return the devices whose latest reset was made before a time, and that have ratchets or lanes from before it."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} {_FROM} WHERE reset_at < ? AND (EXISTS (SELECT 1 FROM sessions s WHERE"
        " s.conversation = c.conversation AND s.device = c.device AND sendable = 0) OR (SELECT count(*) FROM read_lanes r"
        " WHERE r.conversation = c.conversation AND r.device = c.device AND r.ended_at IS NULL) > 1)",
        before_ms,
    )
    return [DeviceRow(*row) for row in rows]


def forget(tx: Transaction, conversation: int, device: bytes) -> None:
    """Forget a device in a conversation, the ratchets with it and the keys it was given; altogether if it is in no other."""
    tx.run("DELETE FROM sessions WHERE conversation = ? AND device = ?", conversation, device)
    tx.run("DELETE FROM prekeys WHERE conversation = ? AND device = ?", conversation, device)
    tx.run("DELETE FROM conversation_devices WHERE conversation = ? AND device = ?", conversation, device)
    tx.run(
        "DELETE FROM devices WHERE device = ?1 AND NOT EXISTS (SELECT 1 FROM conversation_devices WHERE device = ?1)",
        device,
    )
