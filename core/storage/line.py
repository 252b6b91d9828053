"""Properties of a node's line, noted for its next start (``core.node.roles``)."""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction


@dataclass(frozen=True, slots=True)
class Line:
    """``is_metered``: its owner says so; ``is_shut``: no peer can come in; ``full_nodes`` that were known."""

    is_metered: bool = False
    is_shut: bool = False
    full_nodes: int = 0


def load(snapshot: Snapshot) -> Line:
    """Return what was noted."""
    row = snapshot.row("SELECT is_metered, is_shut, full_nodes FROM line")
    return Line() if row is None else Line(bool(row[0]), bool(row[1]), row[2])


def note_metered(tx: Transaction, *, is_metered: bool) -> None:
    """Note what the owner says."""
    tx.run("UPDATE line SET is_metered = ?", int(is_metered))


def note_seen(tx: Transaction, *, is_shut: bool, full_nodes: int) -> None:
    """Note how the network looks."""
    tx.run("UPDATE line SET is_shut = ?, full_nodes = ?", int(is_shut), full_nodes)
