"""Rows of conversations: what was said, in the order it was committed here, and how far it got."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One row. ``kind`` is the content kind of ``docs/PROTOCOL.md`` 7, or ``GAP`` or ``NEW_DEVICE``."""

    seq: int
    id: str
    conversation: int
    uid: bytes
    author: bytes
    device: bytes
    generation: bytes | None
    idx: int | None
    incoming: bool
    kind: int
    text: str
    sent_at: int
    state: str
    copies: int | None
    until: int | None
    late: bool
    pending: bool


_COLUMNS = (
    "seq, id, conversation, uid, author, device, generation, idx, incoming, kind, text, sent_at, state, copies, until,"
    " late, pending"
)
GAP = 0
KEEP_REQUEST = 6  # ``core.people.safekeeping``
NEW_DEVICE = -1  # the other side restored its account on a device that was not known before


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a new row says; ``seq`` is given by the database."""

    id: str
    conversation: int
    uid: bytes
    author: bytes
    device: bytes
    incoming: bool
    kind: int
    text: str
    sent_at: int
    state: str
    generation: bytes | None = None
    idx: int | None = None
    raw: bytes | None = None
    late: bool = False
    pending: bool = False


def insert(tx: Transaction, new: NewMessage) -> int | None:
    """Insert a row and return its number; None when this uid is there already, or was deleted."""
    if tx.row(
        "SELECT 1 FROM deleted WHERE conversation = ? AND author = ? AND uid = ?", new.conversation, new.author, new.uid
    ):
        return None
    changed = tx.run(
        "INSERT OR IGNORE INTO messages(id, conversation, uid, author, device, generation, idx, incoming, kind, text,"
        " raw, sent_at, state, late, pending) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        new.id,
        new.conversation,
        new.uid,
        new.author,
        new.device,
        new.generation,
        new.idx,
        new.incoming,
        new.kind,
        new.text,
        new.raw,
        new.sent_at,
        new.state,
        new.late,
        new.pending,
    )
    row = tx.row("SELECT seq FROM messages WHERE id = ?", new.id)
    return int(row[0]) if changed and row else None


def by_id(tx: Snapshot, message_id: str) -> MessageRow | None:
    """Find a row by the id programs know."""
    row = tx.row(f"SELECT {_COLUMNS} FROM messages WHERE id = ?", message_id)
    return None if row is None else MessageRow(*row)


def by_seq(tx: Snapshot, seq: int) -> MessageRow | None:
    """Find a row by its number."""
    row = tx.row(f"SELECT {_COLUMNS} FROM messages WHERE seq = ?", seq)
    return None if row is None else MessageRow(*row)


def page(tx: Snapshot, conversation: int, limit: int, before: int | None, after: int | None) -> list[MessageRow]:
    """Return up to ``limit`` rows, oldest first: those just before a row, those just after one, or the newest."""
    if after is not None:
        rows = tx.rows(
            f"SELECT {_COLUMNS} FROM messages WHERE conversation = ? AND seq > ? AND seq < ? ORDER BY seq LIMIT ?",
            conversation,
            after,
            before if before is not None else 1 << 62,
            limit,
        )
        return [MessageRow(*row) for row in rows]
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM messages WHERE conversation = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        conversation,
        before if before is not None else 1 << 62,
        limit,
    )
    return [MessageRow(*row) for row in reversed(rows)]


def pending(tx: Snapshot, conversation: int, limit: int) -> list[MessageRow]:
    """Return rows that wait to be encoded, in order."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM messages WHERE pending = 1 AND conversation = ? ORDER BY seq LIMIT ?",
        conversation,
        limit,
    )
    return [MessageRow(*row) for row in rows]


def conversations_pending(tx: Snapshot) -> list[int]:
    """Return the conversations in which rows wait to be encoded."""
    return [int(row[0]) for row in tx.rows("SELECT DISTINCT conversation FROM messages WHERE pending = 1")]


def place(tx: Transaction, seq: int, generation: bytes | None, index: int | None) -> None:
    """Note where a row was encoded."""
    tx.run("UPDATE messages SET generation = ?, idx = ?, pending = 0 WHERE seq = ?", generation, index, seq)


def set_pending(tx: Transaction, seq: int) -> None:
    """Let a row be encoded into the lane."""
    tx.run("UPDATE messages SET pending = 1 WHERE seq = ?", seq)


def set_state(tx: Transaction, seq: int, state: str, copies: int | None = None, until: int | None = None) -> None:
    """Move a row on."""
    tx.run("UPDATE messages SET state = ?, copies = ?, until = ? WHERE seq = ?", state, copies, until, seq)


def encode_again(tx: Transaction, conversation: int, generation: bytes, first: int, end: int | None = None) -> int:
    """Let rows of ours at indexes of a lane, from ``first`` on and below ``end``, be encoded anew; return how many."""
    return tx.run(
        "UPDATE messages SET pending = 1 WHERE conversation = ? AND generation = ? AND idx >= ? AND idx < ?"
        " AND incoming = 0 AND kind > 0 AND state <> 'failed'",
        conversation,
        generation,
        first,
        1 << 62 if end is None else end,
    )


def unanswered_greetings(tx: Snapshot, conversation: int) -> list[int]:
    """Return the rows that were said in a greeting and are not known to have come."""
    rows = tx.rows(
        "SELECT seq FROM messages WHERE conversation = ? AND incoming = 0 AND generation IS NULL AND pending = 0"
        " AND state NOT IN ('delivered', 'read')",
        conversation,
    )
    return [int(row[0]) for row in rows]


def encode_lane_again(tx: Transaction, conversation: int) -> int:
    """Let every row of ours that is not known to be delivered be encoded anew; return how many."""
    return tx.run(
        "UPDATE messages SET pending = 1 WHERE conversation = ? AND incoming = 0 AND generation IS NOT NULL"
        " AND state IN ('queued', 'sent', 'stored')",
        conversation,
    )


def delete(tx: Transaction, ids: list[str]) -> int:
    """Delete rows for good, keeping only what is needed so that no late copy brings them back; return how many."""
    count = 0
    for message_id in ids:
        row = by_id(tx, message_id)
        if row is not None:
            tx.run("INSERT OR IGNORE INTO deleted VALUES (?, ?, ?)", row.conversation, row.author, row.uid)
            count += tx.run("DELETE FROM messages WHERE seq = ?", row.seq)
    return count


def search(tx: Snapshot, query: str, conversation: int | None, limit: int, before: int | None) -> list[MessageRow]:
    """Return rows that hold every word of ``query`` (the last as a beginning), newest first."""
    words = re.findall(r"\w+", query)
    if not words:
        return []
    match = " ".join(f'"{word}"' for word in words) + "*"
    columns = ", ".join(f"m.{column.strip()}" for column in _COLUMNS.split(","))
    # Hits of other conversations are passed over in an index alone: to read the row of each, and open its page, takes a
    # second where a word is common elsewhere and rare here.
    rows = tx.rows(
        f"SELECT {columns} FROM (SELECT search.rowid AS hit FROM search WHERE search MATCH ?1 AND search.rowid < ?2"
        " AND (?3 IS NULL OR EXISTS (SELECT 1 FROM messages INDEXED BY messages_by_conversation"
        " WHERE conversation = ?3 AND seq = search.rowid)) ORDER BY search.rowid DESC LIMIT ?4)"
        " JOIN messages m ON m.seq = hit ORDER BY hit DESC",
        match,
        before if before is not None else 1 << 62,
        conversation,
        limit,
    )
    return [MessageRow(*row) for row in rows]
