"""The ledger of a row: when it came into each state for the first time, by our own clock. It is deleted with its row."""

from __future__ import annotations

from core.storage.database import Snapshot, Transaction


def note(tx: Transaction, message: int, state: str, now_ms: int) -> None:
    """Note that a row came into a state now; a state that it was in before keeps its time."""
    tx.run("INSERT OR IGNORE INTO ledger(message, state, at) VALUES (?, ?, ?)", message, state, now_ms)


def of_message(tx: Snapshot, message: int) -> list[tuple[str, int]]:
    """Return the states of a row with their times in milliseconds, the earliest first."""
    rows = tx.rows("SELECT state, at FROM ledger WHERE message = ? ORDER BY at", message)
    return [(str(state), int(at)) for state, at in rows]
