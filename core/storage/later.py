"""Items of kinds from the future, kept as they came until a later version acts on them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction

# Kept of one conversation; of more the newest are dropped. An item is at most as long as the longest block, 24 KiB.
MAX_KEPT = 1000


@dataclass(frozen=True, slots=True)
class LaterRow:
    """An item, where it stood, and what its device signed of it."""

    conversation: int
    device: bytes
    generation: bytes
    idx: int
    number: int
    kind: int
    made_at: int
    item: bytes
    signed: bytes


_COLUMNS = "conversation, device, generation, idx, number, kind, made_at, item, signed"


def insert(tx: Transaction, row: LaterRow, most: int = MAX_KEPT) -> None:
    """Keep an item, if there is room."""
    count = tx.row("SELECT count(*) FROM later WHERE conversation = ?", row.conversation)
    if count is not None and int(count[0]) < most:
        tx.run(
            f"INSERT OR IGNORE INTO later({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row.conversation,
            row.device,
            row.generation,
            row.idx,
            row.number,
            row.kind,
            row.made_at,
            row.item,
            row.signed,
        )


def every(tx: Snapshot) -> list[LaterRow]:
    """Return what is kept, lane by lane in order."""
    return [
        LaterRow(*row) for row in tx.rows(f"SELECT {_COLUMNS} FROM later ORDER BY made_at, generation, idx, number")
    ]


def shown_unknown(tx: Snapshot, kinds: Sequence[int]) -> list[tuple[int, LaterRow]]:
    """Return rows that are shown as of a kind that is not known, of these kinds, with their numbers, oldest first."""
    rows = tx.rows(
        "SELECT seq, conversation, device, generation, idx, 0, kind, sent_at, raw, signed FROM messages"
        " WHERE raw IS NOT NULL AND kind IN (SELECT value FROM json_each(?)) AND signed IS NOT NULL ORDER BY seq",
        json.dumps(list(kinds)),
    )
    return [(int(seq), LaterRow(*rest)) for seq, *rest in rows]


def drop_shown(tx: Transaction, seq: int) -> None:
    """Forget a row that is shown as of a kind that is not known, once it was acted on."""
    tx.run("DELETE FROM messages WHERE seq = ?", seq)


def drop(tx: Transaction, row: LaterRow) -> None:
    """Forget an item once it was acted on."""
    tx.run("DELETE FROM later WHERE generation = ? AND idx = ? AND number = ?", row.generation, row.idx, row.number)


def forget_conversation(tx: Transaction, conversation: int) -> None:
    """Forget what is kept of a conversation."""
    tx.run("DELETE FROM later WHERE conversation = ?", conversation)
