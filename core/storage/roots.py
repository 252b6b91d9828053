"""Roots: secrets that both sides of a conversation share, under which resets are announced."""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction

# Roots kept of one device, and of all together, the latest. Each is watched for resets, at 10 ms a day.
MAX_ROOTS = 4


@dataclass(frozen=True, slots=True, repr=False)
class RootRow:
    """A secret that both sides share, under which resets are announced. ``name`` tells nothing of it.

    ``device`` has it in common with this one alone; None: every device of the other side has it, and the account's words
    bring it back. ``proof``: the generation by whose acknowledgement the other side shows that it has it, None once it
    did. ``acceptance`` is the slot secret of the acceptance of a greeting of ours, while one may come by this root.
    """

    name: bytes
    root: bytes
    born: int
    acceptance: bytes | None
    former_since: int | None
    device: bytes | None
    proof: bytes | None


_ROOT = "greeting_hash, root, born, acceptance, former_since, device, proof"


def add(tx: Transaction, conversation: int, new: RootRow, now_ms: int) -> None:
    """Add a root (its ``born`` is given here), among its device's the newest; of too many the oldest of a device go.

    One that all devices have is never dropped for one of a single device.
    """
    added = tx.run(
        "INSERT OR IGNORE INTO roots(conversation, greeting_hash, root, born, acceptance, device, proof)"
        " SELECT ?1, ?2, ?3, coalesce(max(born), 0) + 1, ?4, ?5, ?6 FROM roots WHERE conversation = ?1",
        conversation,
        new.name,
        new.root,
        new.acceptance,
        new.device,
        new.proof,
    )
    if added == 1:
        tx.run(
            "UPDATE roots SET former_since = ? WHERE conversation = ? AND greeting_hash <> ? AND device IS ?"
            " AND former_since IS NULL",
            now_ms,
            conversation,
            new.name,
            new.device,
        )
    tx.run(
        "DELETE FROM roots WHERE conversation = ?1 AND device IS ?2 AND born NOT IN"
        " (SELECT born FROM roots WHERE conversation = ?1 AND device IS ?2 ORDER BY born DESC LIMIT ?3)",
        conversation,
        new.device,
        MAX_ROOTS,
    )


def replace(tx: Transaction, conversation: int, name: bytes, new_name: bytes, root: bytes) -> None:
    """Replace a root by another, and forget it."""
    tx.run(
        "UPDATE roots SET greeting_hash = ?, root = ? WHERE conversation = ? AND greeting_hash = ?",
        new_name,
        root,
        conversation,
        name,
    )


def prove_by(tx: Transaction, conversation: int, generation: bytes, device: bytes) -> None:
    """Note that a device of the other side knows a generation, and so has the roots that were told to it with that."""
    tx.run(
        "UPDATE roots SET proof = NULL WHERE conversation = ? AND proof = ? AND (device IS NULL OR device = ?)",
        conversation,
        generation,
        device,
    )


def prove(tx: Transaction, conversation: int, name: bytes) -> None:
    """Note that the other side has a root."""
    tx.run("UPDATE roots SET proof = NULL WHERE conversation = ? AND greeting_hash = ?", conversation, name)


def drop(tx: Transaction, conversation: int, name: bytes) -> bool:
    """Forget a root, unless it is the only one; tell whether there was something to forget."""
    return (
        tx.run(
            "DELETE FROM roots WHERE conversation = ?1 AND greeting_hash = ?2"
            " AND (SELECT count(*) FROM roots WHERE conversation = ?1) > 1",
            conversation,
            name,
        )
        == 1
    )


def of_conversation(tx: Snapshot, conversation: int) -> list[RootRow]:
    """Return a conversation's roots, the newest first."""
    rows = tx.rows(
        f"SELECT {_ROOT} FROM roots WHERE conversation = ? ORDER BY born DESC",
        conversation,
    )
    return [RootRow(*row) for row in rows]


def find(tx: Snapshot, conversation: int, name: bytes) -> RootRow | None:
    """Return a root by its name."""
    return next((row for row in of_conversation(tx, conversation) if row.name == name), None)


def set_acceptance(tx: Transaction, conversation: int, name: bytes, acceptance: bytes) -> None:
    """Keep the slot secret of an acceptance, and behind it the hash of the one that was read."""
    tx.run(
        "UPDATE roots SET acceptance = ? WHERE conversation = ? AND greeting_hash = ?", acceptance, conversation, name
    )


def forget_acceptance(tx: Transaction, conversation: int, name: bytes) -> None:
    """Note that no acceptance comes by a root any more."""
    tx.run("UPDATE roots SET acceptance = NULL WHERE conversation = ? AND greeting_hash = ?", conversation, name)


def former(tx: Snapshot, before_ms: int) -> list[tuple[int, bytes]]:
    """Return (conversation, name) of single devices' roots whose place was taken before a time."""
    rows = tx.rows(
        "SELECT conversation, greeting_hash FROM roots WHERE former_since < ? AND device IS NOT NULL", before_ms
    )
    return [(int(conversation), bytes(name)) for conversation, name in rows]


def forget_of(tx: Transaction, conversation: int, device: bytes) -> list[bytes]:
    """Forget the roots of a device in a conversation; return their names."""
    names = [row.name for row in of_conversation(tx, conversation) if row.device == device]
    tx.run("DELETE FROM roots WHERE conversation = ? AND device = ?", conversation, device)
    return names
