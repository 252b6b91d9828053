"""Receipts: the devices that a posting still deposited does not wait for any more. They are deleted with their posting."""

from __future__ import annotations

from core.storage import postings
from core.storage.database import Snapshot, Transaction
from core.storage.postings import Posting


def add(tx: Transaction, posting: int, device: bytes, *, excused: bool = False) -> None:
    """Note that a device says that it holds what a posting carries; or, ``excused``, that it is not to read it."""
    tx.run("INSERT OR IGNORE INTO receipts(posting, device, excused) VALUES (?, ?, ?)", posting, device, excused)


def of_posting(tx: Snapshot, posting: int) -> set[bytes]:
    """Return the devices for which a posting waits no more."""
    return {bytes(row[0]) for row in tx.rows("SELECT device FROM receipts WHERE posting = ?", posting)}


def is_held(tx: Snapshot, posting: int) -> bool:
    """Tell whether any device says that it holds what a posting carries."""
    return tx.row("SELECT 1 FROM receipts WHERE posting = ? AND excused = 0", posting) is not None


def postings_held(tx: Snapshot, conversation: int) -> list[Posting]:
    """Return the postings of a conversation that some device holds, and that are deposited on, the oldest first."""
    rows = tx.rows(
        "SELECT id FROM postings p WHERE conversation = ? AND EXISTS"
        " (SELECT 1 FROM receipts r WHERE r.posting = p.id AND excused = 0) ORDER BY id",
        conversation,
    )
    found = [postings.find(tx, row[0]) for row in rows]
    return [posting for posting in found if posting is not None]
