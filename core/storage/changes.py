"""Changes of rows: edits and reactions, rows of ``messages`` that are not shown; and what rows show because of them.

A change names the row that it is about by author and uid, since it may be here first. ``target`` is that row's number once
both are here; until then the change *waits*.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction
from core.storage.messages import COLUMNS, MessageRow


def is_deleted(tx: Snapshot, conversation: int, author: bytes, uid: bytes) -> bool:
    """Tell whether a row was deleted here."""
    return (
        tx.row("SELECT 1 FROM deleted WHERE conversation = ? AND author = ? AND uid = ?", conversation, author, uid)
        is not None
    )


def named(tx: Snapshot, conversation: int, author: bytes, uid: bytes) -> MessageRow | None:
    """Find a row by what it is called in all places, shown or not."""
    row = tx.row(
        f"SELECT {COLUMNS} FROM messages WHERE conversation = ? AND author = ? AND uid = ?", conversation, author, uid
    )
    return None if row is None else MessageRow(*row)


def about(tx: Snapshot, conversation: int, author: bytes, uid: bytes) -> list[MessageRow]:
    """Return every change of a row, whether it is here or not; the first of each author and kind is the one that counts."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM messages WHERE shown = 0 AND conversation = ? AND about_author = ? AND about_uid = ?"
        " ORDER BY rank DESC, uid DESC",
        conversation,
        author,
        uid,
    )
    return [MessageRow(*row) for row in rows]


def of_row(tx: Snapshot, seq: int) -> list[MessageRow]:
    """Return the changes of a row that is here, in the order of ``about``."""
    rows = tx.rows(f"SELECT {COLUMNS} FROM messages WHERE target = ? ORDER BY rank DESC, uid DESC", seq)
    return [MessageRow(*row) for row in rows]


def set_target(tx: Transaction, seq: int, target: int) -> None:
    """Note that the row that a change is about is here."""
    tx.run("UPDATE messages SET target = ? WHERE seq = ?", target, seq)


def oldest_waiting(tx: Snapshot, conversation: int, author: bytes, beyond: int) -> list[MessageRow]:
    """Return the changes of an author that wait, beyond so many of the newest."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM messages WHERE shown = 0 AND target IS NULL AND conversation = ? AND author = ?"
        " ORDER BY seq DESC LIMIT -1 OFFSET ?",
        conversation,
        author,
        beyond,
    )
    return [MessageRow(*row) for row in rows]


def drop(tx: Transaction, seq: int) -> None:
    """Delete a change. It leaves no mark: one that comes again counts for no more than it did."""
    tx.run("DELETE FROM messages WHERE seq = ? AND shown = 0", seq)


def show_version(tx: Transaction, target: int, text: str, edited_at: int) -> None:
    """Let a row show another version of its text; the first is kept beside it."""
    tx.run(
        "UPDATE messages SET first_text = coalesce(first_text, text), text = ?, edited_at = ? WHERE seq = ?",
        text,
        edited_at,
        target,
    )


def replace(tx: Transaction, seq: int, text: str) -> None:
    """Put another text in place of one that never left this device, and let it be encoded."""
    tx.run(
        "UPDATE messages SET text = ?, pending = 1, generation = NULL, idx = NULL, signed = NULL WHERE seq = ?",
        text,
        seq,
    )


def begin(tx: Transaction, seq: int, text: str) -> None:
    """Let a row that never left begin with another text; another version of it follows."""
    tx.run("UPDATE messages SET text = ? WHERE seq = ?", text, seq)


def set_pinned(tx: Transaction, seq: int, *, pinned: bool) -> None:
    """Note whether the person pinned a row."""
    tx.run("UPDATE messages SET pinned = ? WHERE seq = ?", pinned, seq)


def count_pinned(tx: Snapshot, conversation: int) -> int:
    """Return how many rows of a conversation are pinned."""
    row = tx.row("SELECT count(*) FROM messages WHERE conversation = ? AND pinned = 1", conversation)
    return 0 if row is None else int(row[0])


# --- what rows show ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a row answers, as it is here: ``kind`` is None where that row is not."""

    author: bytes
    uid: bytes
    kind: int | None
    text: str


def quotes(tx: Snapshot, seqs: Iterable[int], characters: int) -> dict[int, Quoted]:
    """Return what rows answer, by their numbers, with the beginnings of the texts."""
    rows = tx.rows(
        "SELECT m.seq, m.about_author, m.about_uid, q.kind, coalesce(substr(q.text, 1, ?), '') FROM messages m LEFT JOIN"
        " messages q ON q.conversation = m.conversation AND q.author = m.about_author AND q.uid = m.about_uid AND q.shown"
        " WHERE m.seq IN (SELECT value FROM json_each(?)) AND m.about_uid IS NOT NULL",
        characters,
        json.dumps(list(seqs)),
    )
    return {int(seq): Quoted(author, uid, kind, text) for seq, author, uid, kind, text in rows}


@dataclass(frozen=True, slots=True)
class Put:
    """A reaction to row ``target``, of those that may count; empty where it was taken back."""

    target: int
    author: bytes
    device: bytes
    emoji: str
    sent_at: int


def reactions(tx: Snapshot, seqs: Iterable[int], kind: int) -> list[Put]:
    """Return the reactions (content kind ``kind``) to rows, of each author those that count before others first."""
    rows = tx.rows(
        "SELECT target, author, device, text, sent_at FROM messages WHERE target IN (SELECT value FROM json_each(?))"
        " AND kind = ? ORDER BY rank DESC, uid DESC",
        json.dumps(list(seqs)),
        kind,
    )
    return [Put(*row) for row in rows]
