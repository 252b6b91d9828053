"""Private halves of prekeys, until they are used."""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction

# Kept for one device of the other side: the one it has, the one before it, and those of resets under way.
MAX_PER_DEVICE = 4


@dataclass(frozen=True, slots=True, repr=False)
class PrekeyRow:
    """A prekey told to ``device``. A half that was used is None; ``generation`` and ``idx`` say where it was told."""

    key_id: bytes
    conversation: int
    device: bytes
    xwing_private: bytes | None
    olm_key: bytes
    olm_account: str | None
    public: bytes
    made_at: int
    generation: bytes | None
    idx: int | None


_COLUMNS = "key_id, conversation, device, xwing_private, olm_key, olm_account, public, made_at, generation, idx"


def insert(tx: Transaction, row: PrekeyRow) -> None:
    """Keep a prekey, as the newest of its device; of too many for one device the oldest go."""
    tx.run(
        f"INSERT INTO prekeys({_COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, max(?8, coalesce(max(made_at), 0) + 1), ?9,"
        " ?10 FROM prekeys WHERE device = ?3 AND conversation = ?2",
        row.key_id,
        row.conversation,
        row.device,
        row.xwing_private,
        row.olm_key,
        row.olm_account,
        row.public,
        row.made_at,
        row.generation,
        row.idx,
    )
    tx.run(
        "DELETE FROM prekeys WHERE device = ?1 AND conversation = ?2 AND key_id NOT IN (SELECT key_id FROM prekeys"
        " WHERE device = ?1 AND conversation = ?2 ORDER BY made_at DESC LIMIT ?3)",
        row.device,
        row.conversation,
        MAX_PER_DEVICE,
    )


def find(tx: Snapshot, key_id: bytes) -> PrekeyRow | None:
    """Return a prekey by its id."""
    row = tx.row(f"SELECT {_COLUMNS} FROM prekeys WHERE key_id = ?", key_id)
    return None if row is None else PrekeyRow(*row)


def by_olm_key(tx: Snapshot, olm_key: bytes) -> PrekeyRow | None:
    """Return a prekey by its public one-time key."""
    row = tx.row(f"SELECT {_COLUMNS} FROM prekeys WHERE olm_key = ?", olm_key)
    return None if row is None else PrekeyRow(*row)


def has_unused(tx: Snapshot, device: bytes, generation: bytes, since_ms: int) -> bool:
    """Tell whether a device was told a prekey in a lane, none of it used, that was made after a time."""
    row = tx.row(
        "SELECT 1 FROM prekeys WHERE device = ? AND xwing_private IS NOT NULL AND olm_account IS NOT NULL"
        " AND generation = ? AND made_at > ?",
        device,
        generation,
        since_ms,
    )
    return row is not None


def use_xwing(tx: Transaction, key_id: bytes) -> None:
    """Forget the X-Wing half: something sealed to it was opened. With both halves used, nothing is left."""
    tx.forget()
    tx.run("UPDATE prekeys SET xwing_private = NULL WHERE key_id = ?", key_id)
    tx.run("DELETE FROM prekeys WHERE key_id = ? AND olm_account IS NULL", key_id)


def use_olm(tx: Transaction, key_id: bytes) -> None:
    """Forget the Olm half: a ratchet was started by it. With both halves used, nothing is left."""
    tx.forget()
    tx.run("UPDATE prekeys SET olm_account = NULL WHERE key_id = ?", key_id)
    tx.run("DELETE FROM prekeys WHERE key_id = ? AND xwing_private IS NULL", key_id)


def drop(tx: Transaction, key_id: bytes) -> None:
    """Forget a prekey."""
    tx.forget()
    tx.run("DELETE FROM prekeys WHERE key_id = ?", key_id)


def drop_before(tx: Transaction, conversation: int, device: bytes, generation: bytes, told: int) -> None:
    """Forget what a device was told before the newest prekey in a lane, below index ``told``, that it has read of."""
    tx.run(
        "DELETE FROM prekeys WHERE conversation = ?1 AND device = ?2 AND made_at <"
        " (SELECT max(made_at) FROM prekeys WHERE device = ?2 AND generation = ?3 AND idx < ?4)",
        conversation,
        device,
        generation,
        told,
    )


def drop_told_at(tx: Transaction, generation: bytes, index: int) -> None:
    """Forget the prekey that was told in a block that never came."""
    tx.run("DELETE FROM prekeys WHERE generation = ? AND idx = ?", generation, index)


def told_at(tx: Snapshot, generation: bytes, index: int) -> PrekeyRow | None:
    """Return the prekey that was told in a block."""
    row = tx.row(f"SELECT {_COLUMNS} FROM prekeys WHERE generation = ? AND idx = ?", generation, index)
    return None if row is None else PrekeyRow(*row)


def forget_conversation(tx: Transaction, conversation: int) -> None:
    """Forget every prekey told in a conversation."""
    tx.run("DELETE FROM prekeys WHERE conversation = ?", conversation)


def drop_made_before(tx: Transaction, before_ms: int) -> None:
    """Forget prekeys made before a time."""
    tx.run("DELETE FROM prekeys WHERE made_at < ?", before_ms)
