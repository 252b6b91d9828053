"""Lanes written and read, and boxes opened before their turn."""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction


@dataclass(frozen=True, slots=True, repr=False)
class WriteLane:
    """The generation this device writes in a conversation; ``chain`` is of ``next_index``.

    ``rekeyed_blocks`` were written since the last re-keying; ``restarts``: a reset began it, and its first block says so.
    """

    generation: bytes
    conversation: int
    scalar: bytes
    chain: bytes
    next_index: int
    born: int
    made_at: int
    rekeyed_index: int
    rekeyed_at: int
    ended: bool
    rekeyed_blocks: int
    restarts: bool


@dataclass(frozen=True, slots=True, repr=False)
class ReadLane:
    """A generation another device writes; ``chain`` is of ``next_index``, the first index not committed here."""

    generation: bytes
    conversation: int
    device: bytes
    point: bytes
    chain: bytes
    next_index: int
    born: int
    broken_at: int | None
    hole_since: int | None
    given_up: bytes


_WRITE = (
    "generation, conversation, scalar, chain, next_index, born, made_at, rekeyed_index, rekeyed_at, ended,"
    " rekeyed_blocks, restarts"
)
_READ = "generation, conversation, device, point, chain, next_index, born, broken_at, hole_since, given_up"

# Generations kept of one conversation, a direction: as many as acknowledgements and resets speak of.
MAX_GENERATIONS = 16


def start_writing(
    tx: Transaction,
    generation: bytes,
    conversation: int,
    scalar: bytes,
    chain: bytes,
    now_ms: int,
    *,
    restarts: bool = False,
) -> WriteLane:
    """Begin a generation; end every earlier one of this conversation, and forget the oldest."""
    end_writing(tx, conversation)
    tx.run(
        "INSERT INTO write_lanes(generation, conversation, scalar, chain, born, made_at, rekeyed_at, restarts)"
        " SELECT ?1, ?2, ?3, ?4, coalesce(max(born), 0) + 1, max(?5, coalesce(max(made_at), 0) + 1), ?5, ?6"
        " FROM write_lanes WHERE conversation = ?2",
        generation,
        conversation,
        scalar,
        chain,
        now_ms,
        restarts,
    )
    tx.run(
        "DELETE FROM write_lanes WHERE conversation = ?1 AND generation NOT IN"
        " (SELECT generation FROM write_lanes WHERE conversation = ?1 ORDER BY born DESC LIMIT ?2)",
        conversation,
        MAX_GENERATIONS,
    )
    lane = writing(tx, conversation)
    assert lane is not None
    return lane


def writing(tx: Snapshot, conversation: int) -> WriteLane | None:
    """Return the generation to write in, None when there is none or it has ended."""
    row = tx.row(f"SELECT {_WRITE} FROM write_lanes WHERE conversation = ? AND ended = 0", conversation)
    return None if row is None else WriteLane(*row)


def written(tx: Snapshot, generation: bytes) -> WriteLane | None:
    """Return a generation of ours, ended or not."""
    row = tx.row(f"SELECT {_WRITE} FROM write_lanes WHERE generation = ?", generation)
    return None if row is None else WriteLane(*row)


def last_written(tx: Snapshot, conversation: int) -> WriteLane | None:
    """Return the latest generation, ended or not."""
    row = tx.row(f"SELECT {_WRITE} FROM write_lanes WHERE conversation = ? ORDER BY born DESC LIMIT 1", conversation)
    return None if row is None else WriteLane(*row)


def written_in(tx: Snapshot, conversation: int) -> list[WriteLane]:
    """Return a conversation's generations of ours, the latest first."""
    rows = tx.rows(f"SELECT {_WRITE} FROM write_lanes WHERE conversation = ? ORDER BY born DESC", conversation)
    return [WriteLane(*row) for row in rows]


def every_writing(tx: Snapshot) -> list[WriteLane]:
    """Return all generations being written."""
    return [WriteLane(*row) for row in tx.rows(f"SELECT {_WRITE} FROM write_lanes WHERE ended = 0")]


def end_writing(tx: Transaction, conversation: int | None = None) -> None:
    """End a conversation's generation, or all of them: this state may be an old one. Their secrets are overwritten."""
    tx.run("UPDATE write_lanes SET ended = 1, chain = x'' WHERE ?1 IS NULL OR conversation = ?1", conversation)


def advance_writing(tx: Transaction, generation: bytes, chain: bytes, next_index: int) -> None:
    """Move a lane forward by a block; the old chain secret is overwritten."""
    tx.run(
        "UPDATE write_lanes SET chain = ?, next_index = ?, rekeyed_blocks = rekeyed_blocks + 1, restarts = 0"
        " WHERE generation = ?",
        chain,
        next_index,
        generation,
    )


def mark_rekeyed(tx: Transaction, generation: bytes, chain: bytes, index: int, now_ms: int) -> None:
    """Store the chain of ``index``, which was mixed with a fresh secret."""
    tx.run(
        "UPDATE write_lanes SET chain = ?, rekeyed_index = ?, rekeyed_at = ?, rekeyed_blocks = 0 WHERE generation = ?",
        chain,
        index,
        now_ms,
        generation,
    )


def make_rekeying_due(tx: Transaction, generation: bytes) -> None:
    """Let a lane be mixed with a fresh secret before the next block, as soon as there is a key to seal it to."""
    tx.run("UPDATE write_lanes SET rekeyed_at = 0 WHERE generation = ?", generation)


def start_reading(
    tx: Transaction, generation: bytes, conversation: int, device: bytes, point: bytes, chain: bytes, first: int
) -> bool:
    """Begin to read a generation at index ``first``; False when it is known already, or was."""
    return (
        tx.run(
            "INSERT OR IGNORE INTO read_lanes(generation, conversation, device, point, chain, next_index, born)"
            " SELECT ?1, ?2, ?3, ?4, ?5, ?6, coalesce(max(born), 0) + 1 FROM read_lanes",
            generation,
            conversation,
            device,
            point,
            chain,
            first,
        )
        == 1
    )


def reading(tx: Snapshot, generation: bytes) -> ReadLane | None:
    """Return a lane that is read."""
    row = tx.row(f"SELECT {_READ} FROM read_lanes WHERE generation = ? AND ended_at IS NULL", generation)
    return None if row is None else ReadLane(*row)


def was_read(tx: Snapshot, conversation: int, device: bytes) -> bool:
    """Tell whether a lane of this device is read in a conversation, or was lately."""
    row = tx.row("SELECT 1 FROM read_lanes WHERE conversation = ? AND device = ?", conversation, device)
    return row is not None


def every_reading(tx: Snapshot) -> list[ReadLane]:
    """Return all lanes that are read."""
    return [ReadLane(*row) for row in tx.rows(f"SELECT {_READ} FROM read_lanes WHERE ended_at IS NULL")]


def reading_in(tx: Snapshot, conversation: int) -> list[ReadLane]:
    """Return a conversation's lanes, the newest generation first."""
    rows = tx.rows(
        f"SELECT {_READ} FROM read_lanes WHERE conversation = ? AND ended_at IS NULL ORDER BY born DESC", conversation
    )
    return [ReadLane(*row) for row in rows]


def ever_read_in(tx: Snapshot, conversation: int) -> list[ReadLane]:
    """Return a conversation's lanes, those too that are not read any more but known by name, the newest first."""
    rows = tx.rows(f"SELECT {_READ} FROM read_lanes WHERE conversation = ? ORDER BY born DESC", conversation)
    return [ReadLane(*row) for row in rows]


def advance_reading(tx: Transaction, generation: bytes, chain: bytes, next_index: int) -> None:
    """Note that everything below ``next_index`` is committed; the old chain secret is overwritten."""
    tx.run(
        "UPDATE read_lanes SET chain = ?, next_index = ?, hole_since = NULL WHERE generation = ?",
        chain,
        next_index,
        generation,
    )


def set_broken(tx: Transaction, generation: bytes, index: int) -> None:
    """Note the first index of a lane that could not be opened."""
    tx.run("UPDATE read_lanes SET broken_at = coalesce(broken_at, ?) WHERE generation = ?", index, generation)


def set_hole(tx: Transaction, generation: bytes, online_ms: int) -> bool:
    """Note since when (by the account's online time) the next index is missing; False when that was known."""
    return (
        tx.run(
            "UPDATE read_lanes SET hole_since = ? WHERE generation = ? AND hole_since IS NULL", online_ms, generation
        )
        == 1
    )


def restart_holes(tx: Transaction, conversation: int, online_ms: int) -> None:
    """Wait for what is missing in a conversation as if it were missed from now on."""
    tx.run(
        "UPDATE read_lanes SET hole_since = ? WHERE conversation = ? AND hole_since IS NOT NULL",
        online_ms,
        conversation,
    )


def give_up(tx: Transaction, generation: bytes, entries: bytes) -> None:
    """Keep the secrets of indexes that were given up, for what still comes late."""
    tx.run("UPDATE read_lanes SET given_up = ? WHERE generation = ?", entries, generation)


def with_given_up(tx: Snapshot) -> list[ReadLane]:
    """Return the lanes that are read and keep secrets of indexes that were given up."""
    return [
        ReadLane(*row) for row in tx.rows(f"SELECT {_READ} FROM read_lanes WHERE given_up <> x'' AND ended_at IS NULL")
    ]


def end_reading(tx: Transaction, generation: bytes, now_ms: int) -> None:
    """Stop reading a generation: its secrets go, its name stays, so that an old announcement does not revive it."""
    tx.run("DELETE FROM held WHERE generation = ?", generation)
    tx.run(
        "UPDATE read_lanes SET ended_at = ?, chain = x'', given_up = x'', hole_since = NULL WHERE generation = ?",
        now_ms,
        generation,
    )


def forget_ended(tx: Transaction, before_ms: int) -> None:
    """Forget the names of generations that were not read any more before a time."""
    tx.run("DELETE FROM read_lanes WHERE ended_at < ?", before_ms)


def hold(tx: Transaction, generation: bytes, index: int, plaintext: bytes) -> bool:
    """Keep an opened box until its turn; False when it is held already."""
    return tx.run("INSERT OR IGNORE INTO held VALUES (?, ?, ?)", generation, index, plaintext) == 1


def held(tx: Snapshot, generation: bytes, first: int, count: int) -> list[tuple[int, bytes]]:
    """Return (index, plaintext) held in a range of indexes."""
    rows = tx.rows(
        "SELECT idx, plaintext FROM held WHERE generation = ? AND idx >= ? AND idx < ? ORDER BY idx",
        generation,
        first,
        first + count,
    )
    return [(int(i), bytes(p)) for i, p in rows]


def held_indexes(tx: Snapshot, generation: bytes) -> list[int]:
    """Return every index held of a lane."""
    return [int(row[0]) for row in tx.rows("SELECT idx FROM held WHERE generation = ? ORDER BY idx", generation)]


def release(tx: Transaction, generation: bytes, below: int) -> None:
    """Drop held boxes below an index."""
    tx.run("DELETE FROM held WHERE generation = ? AND idx < ?", generation, below)


def forget_conversation(tx: Transaction, conversation: int) -> list[bytes]:
    """Forget every lane of a conversation, both ways; return those that were read."""
    read = [row.generation for row in reading_in(tx, conversation)]
    tx.run(
        "DELETE FROM held WHERE generation IN (SELECT generation FROM read_lanes WHERE conversation = ?)", conversation
    )
    tx.run("DELETE FROM read_lanes WHERE conversation = ?", conversation)
    tx.run("DELETE FROM write_lanes WHERE conversation = ?", conversation)
    return read
