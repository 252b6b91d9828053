"""What two people let each other know, and up to which index of each lane a person has seen what was said."""

from __future__ import annotations

from core.storage.database import Snapshot, Transaction

# ``told`` of a conversation where what was said last may not have come: it is said again.
UNSURE = -1


def set_tells(tx: Transaction, conversation: int, bits: int) -> None:
    """Note what the other side lets us know."""
    tx.run("UPDATE conversations SET tells = ? WHERE id = ?", bits, conversation)


def set_told(tx: Transaction, conversation: int, bits: int) -> None:
    """Note what we said that we let the other side know."""
    tx.run("UPDATE conversations SET told = ? WHERE id = ?", bits, conversation)


def set_here(tx: Transaction, conversation: int, at: int) -> None:
    """Note when the other person was last there, own clock."""
    tx.run("UPDATE conversations SET here_at = ? WHERE id = ?", at, conversation)


def tell_again(tx: Transaction, conversation: int) -> None:
    """Say all of it again with the next block: a block that said it was taken back, or its lane has ended."""
    tx.run("UPDATE conversations SET told = ? WHERE id = ? AND told <> 0", UNSURE, conversation)
    tx.run("UPDATE read_lanes SET seen_told = 0 WHERE conversation = ?", conversation)


# --- what was seen here -----------------------------------------------------------------------------------------------


def see(tx: Transaction, conversation: int, after: int, upto: int) -> bool:
    """Note that the person has seen the rows beyond ``after`` and up to ``upto``; tell whether any was new."""
    rows = tx.rows(
        "SELECT generation, max(idx) + 1 FROM messages WHERE conversation = ? AND seq > ? AND seq <= ?"
        " AND state = 'received' AND shown = 1 AND kind > 0 AND generation IS NOT NULL GROUP BY generation",
        conversation,
        after,
        upto,
    )
    changed = [
        tx.run("UPDATE read_lanes SET seen = ?2 WHERE generation = ?1 AND seen < ?2", generation, below)
        for generation, below in rows
    ]
    return any(changed)


def untold(tx: Snapshot, conversation: int, limit: int) -> list[tuple[bytes, int]]:
    """Return (generation, index) of the lanes of which more was seen than was said, the newest first."""
    rows = tx.rows(
        "SELECT generation, seen FROM read_lanes WHERE conversation = ? AND seen > seen_told AND ended_at IS NULL"
        " ORDER BY born DESC LIMIT ?",
        conversation,
        limit,
    )
    return [(bytes(generation), int(seen)) for generation, seen in rows]


def set_seen_told(tx: Transaction, told: list[tuple[bytes, int]]) -> None:
    """Note that it was said."""
    tx.run_many("UPDATE read_lanes SET seen_told = ?2 WHERE generation = ?1", told)


# --- what the other person has seen -----------------------------------------------------------------------------------


def seen_of(tx: Snapshot, generation: bytes) -> int:
    """Return below which index of a lane of ours the other person has seen everything."""
    row = tx.row("SELECT seen FROM write_lanes WHERE generation = ?", generation)
    return 0 if row is None else int(row[0])


def set_seen(tx: Transaction, generation: bytes, below: int) -> None:
    """Note it."""
    tx.run("UPDATE write_lanes SET seen = ? WHERE generation = ?", below, generation)


def delivered_in(tx: Snapshot, generation: bytes, first: int, below: int) -> list[int]:
    """Return the rows of ours at these indexes of a lane that are delivered, and not known to be read."""
    rows = tx.rows(
        "SELECT seq FROM messages WHERE generation = ? AND idx >= ? AND idx < ? AND state = 'delivered' ORDER BY seq",
        generation,
        first,
        below,
    )
    return [int(row[0]) for row in rows]
