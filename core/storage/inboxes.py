"""Inboxes of our own: the secret of the present one, and of former ones at which mail may still come."""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction


@dataclass(frozen=True, slots=True, repr=False)
class InboxRow:
    """An inbox of ours. ``made_at``: when it took the place of the one before, network time.

    ``settled_at``: since when all contacts that stay know of a later one, network time; None: not all of them do.
    """

    number: int
    secret: bytes
    made_at: int
    settled_at: int | None


_COLUMNS = "number, secret, made_at, settled_at"


def add(tx: Transaction, row: InboxRow) -> None:
    """Know an inbox; one of the same number stays as it is."""
    tx.run(
        f"INSERT OR IGNORE INTO inboxes({_COLUMNS}) VALUES (?, ?, ?, ?)",
        row.number,
        row.secret,
        row.made_at,
        row.settled_at,
    )


def every(tx: Snapshot) -> list[InboxRow]:
    """Return all inboxes at which mail may come, the present one first."""
    return [InboxRow(*row) for row in tx.rows(f"SELECT {_COLUMNS} FROM inboxes ORDER BY number DESC")]


def set_settled(tx: Transaction, number: int, at: int | None) -> None:
    """Note since when all contacts that stay know of a later inbox; None: not all of them do."""
    tx.run("UPDATE inboxes SET settled_at = ? WHERE number = ?", at, number)


def drop(tx: Transaction, number: int) -> None:
    """Forget an inbox."""
    tx.run("DELETE FROM inboxes WHERE number = ?", number)


def is_owed(tx: Snapshot) -> bool:
    """Tell whether another inbox is to be drawn once the former one is dropped."""
    return tx.row("SELECT 1 FROM account WHERE inbox_owed = 1") is not None


def set_owed(tx: Transaction, *, owed: bool) -> None:
    """Note whether another inbox is to be drawn."""
    tx.run("UPDATE account SET inbox_owed = ?", owed)
