"""Rows of conversations: texts and notices, in the order they were committed here, and how far their delivery got."""

from __future__ import annotations

import json
from dataclasses import dataclass

from core.storage import search_index
from core.storage.database import Snapshot, Transaction
from core.storage.search_index import Only


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One row. ``kind`` is the content kind of ``docs/PROTOCOL.md`` 7, or ``GAP`` or ``NEW_DEVICE``.

    ``author`` and ``device`` are the identity and the device that wrote it; of a notice, those it is about. A row is one's
    own by its author alone. ``state`` is "received" where others wrote it, and stays so; of one's own rows it says how far
    they got. ``departed``: a copy of it left this device, or may have, in any encoding.

    ``about_author`` and ``about_uid`` name the row that this one answers; of a row that is not ``shown``, an edit or a
    reaction (``core.storage.changes``), the row that it changes. ``rank`` and ``version`` are of those alone. ``text`` is
    the latest version, ``first_text`` the first where there are several. Numbers 0 and 1 in the table for what is yes or no.
    """

    seq: int
    id: str
    conversation: int
    uid: bytes
    author: bytes
    device: bytes
    generation: bytes | None
    idx: int | None
    kind: int
    text: str
    sent_at: int
    state: str
    copies: int | None
    until: int | None
    late: bool
    pending: bool
    again: bool
    departed: bool
    shown: bool
    about_author: bytes | None
    about_uid: bytes | None
    rank: int
    version: int
    first_text: str | None
    edited_at: int | None
    pinned: bool
    forwarded: bool


COLUMNS = (
    "seq, id, conversation, uid, author, device, generation, idx, kind, text, sent_at, state, copies, until, late,"
    " pending, again, departed, shown, about_author, about_uid, rank, version, first_text, edited_at, pinned, forwarded"
)
# Kinds of notices (``core.people.conversation.rows``); no kind of content is negative or zero.
GAP = 0
NEW_DEVICE = -1  # a device of the other side that was not known before
BOTH_ALIVE = -2  # a device that is not known and one that is were both heard: one of them may be a thief's
RENAMED = -3  # the other side calls itself otherwise; ``text`` has the name
NEWER_VERSION = -4  # the other side announced itself in a way this version cannot read
NOT_TOLD = -5  # the other side never heard where we read now
ELSEWHERE = -6  # a device with our words changed what is kept of a contact; ``text`` says what
IMPORTED = -16  # a text that came from an archive, not over the network (``core.people.conversation.imported``)
# No row has a lower number: those from archives have numbers below zero.
FIRST = -1 << 62
# Numbers for rows of one millisecond. With times below 2^47 all stay below zero.
_BITS_OF_A_MILLISECOND = 14


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a new row says; ``seq`` is given by the database."""

    id: str
    conversation: int
    uid: bytes
    author: bytes
    device: bytes
    kind: int
    text: str
    sent_at: int
    state: str
    generation: bytes | None = None
    idx: int | None = None
    raw: bytes | None = None
    late: bool = False
    pending: bool = False
    signed: bytes | None = None
    shown: bool = True
    about_author: bytes | None = None
    about_uid: bytes | None = None
    rank: int = 0
    version: int = 0
    forwarded: bool = False


def insert_imported(tx: Transaction, new: NewMessage, after: int) -> int | None:
    """Insert a row that came from an archive; return its number, None when this uid is there already, or was deleted.

    Its number is below zero, by its time, and greater than ``after``: rows of several archives stand in order of time.
    """
    if tx.row(
        "SELECT 1 FROM deleted WHERE conversation = ?1 AND author = ?2 AND uid = ?3"
        " UNION ALL SELECT 1 FROM messages WHERE conversation = ?1 AND author = ?2 AND uid = ?3",
        new.conversation,
        new.author,
        new.uid,
    ):
        return None
    seq = max(after + 1, FIRST + (new.sent_at << _BITS_OF_A_MILLISECOND))
    while tx.row("SELECT 1 FROM messages WHERE seq = ?", seq):
        seq += 1
    tx.run(
        "INSERT INTO messages(seq, id, conversation, uid, author, device, kind, text, sent_at, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        seq,
        new.id,
        new.conversation,
        new.uid,
        new.author,
        new.device,
        new.kind,
        new.text,
        new.sent_at,
        new.state,
    )
    return seq


def insert(tx: Transaction, new: NewMessage) -> int | None:
    """Insert a row and return its number; None when this uid is there already, or was deleted."""
    if tx.row(
        "SELECT 1 FROM deleted WHERE conversation = ? AND author = ? AND uid = ?", new.conversation, new.author, new.uid
    ):
        return None
    changed = tx.run(
        "INSERT OR IGNORE INTO messages(id, conversation, uid, author, device, generation, idx, kind, text,"
        " raw, sent_at, state, late, pending, signed, shown, about_author, about_uid, rank, version, forwarded)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        new.id,
        new.conversation,
        new.uid,
        new.author,
        new.device,
        new.generation,
        new.idx,
        new.kind,
        new.text,
        new.raw,
        new.sent_at,
        new.state,
        new.late,
        new.pending,
        new.signed,
        new.shown,
        new.about_author,
        new.about_uid,
        new.rank,
        new.version,
        new.forwarded,
    )
    row = tx.row("SELECT seq FROM messages WHERE id = ?", new.id)
    return int(row[0]) if changed and row else None


def by_id(tx: Snapshot, message_id: str) -> MessageRow | None:
    """Find a row that is shown by the id programs know."""
    row = tx.row(f"SELECT {COLUMNS} FROM messages WHERE id = ? AND shown = 1", message_id)
    return None if row is None else MessageRow(*row)


def by_seq(tx: Snapshot, seq: int) -> MessageRow | None:
    """Find a row by its number."""
    row = tx.row(f"SELECT {COLUMNS} FROM messages WHERE seq = ?", seq)
    return None if row is None else MessageRow(*row)


def page(tx: Snapshot, conversation: int, limit: int, before: int | None, after: int | None) -> list[MessageRow]:
    """Return up to ``limit`` of the rows that are shown, oldest first: those before one, those after one, or the newest."""
    if after is not None:
        rows = tx.rows(
            f"SELECT {COLUMNS} FROM messages WHERE conversation = ? AND shown = 1 AND seq > ? AND seq < ?"
            " ORDER BY seq LIMIT ?",
            conversation,
            after,
            before if before is not None else 1 << 62,
            limit,
        )
        return [MessageRow(*row) for row in rows]
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM messages WHERE conversation = ? AND shown = 1 AND seq < ? ORDER BY seq DESC LIMIT ?",
        conversation,
        before if before is not None else 1 << 62,
        limit,
    )
    return [MessageRow(*row) for row in reversed(rows)]


def signed_of(tx: Snapshot, seq: int) -> bytes | None:
    """Return what was signed of a row, with the signature; None when nothing is kept of it."""
    row = tx.row("SELECT signed FROM messages WHERE seq = ?", seq)
    return None if row is None else row[0]


def set_state(tx: Transaction, seq: int, state: str, copies: int | None = None, until: int | None = None) -> None:
    """Move a row on."""
    tx.run("UPDATE messages SET state = ?, copies = ?, until = ? WHERE seq = ?", state, copies, until, seq)


def count_since(tx: Snapshot, conversation: int, kind: int, since_ms: int) -> int:
    """Return how many rows of a kind a conversation got since a time."""
    row = tx.row(
        "SELECT count(*) FROM messages WHERE conversation = ? AND kind = ? AND sent_at > ?",
        conversation,
        kind,
        since_ms,
    )
    return 0 if row is None else int(row[0])


def count(tx: Snapshot, conversation: int) -> int:
    """Return how many rows a conversation has."""
    row = tx.row("SELECT count(*) FROM messages WHERE conversation = ?", conversation)
    return 0 if row is None else int(row[0])


def last_seq(tx: Snapshot) -> int:
    """Return the number of the newest row."""
    row = tx.row("SELECT coalesce(max(seq), 0) FROM messages")
    return 0 if row is None else int(row[0])


def delete(tx: Transaction, row: MessageRow, now_ms: int) -> None:
    """Delete a row for good, keeping only what is needed so that no late copy brings it back."""
    tx.run(
        "INSERT OR IGNORE INTO deleted(conversation, author, uid, at) VALUES (?, ?, ?, ?)",
        row.conversation,
        row.author,
        row.uid,
        now_ms,
    )
    tx.run("DELETE FROM messages WHERE seq = ?", row.seq)


def delete_all(tx: Transaction, conversation: int, now_ms: int) -> None:
    """Delete every row of a conversation as ``delete`` does; the mark of a row counts for the changes of it, too."""
    tx.run(
        "INSERT OR IGNORE INTO deleted(conversation, author, uid, at) SELECT conversation, author, uid, ? FROM messages"
        " WHERE conversation = ? AND shown = 1",
        now_ms,
        conversation,
    )
    tx.run("DELETE FROM messages WHERE conversation = ?", conversation)


def of_conversation(tx: Snapshot, conversation: int, limit: int) -> list[MessageRow]:
    """Return rows of a conversation, first those that are not shown, the oldest first."""
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM messages WHERE conversation = ? ORDER BY shown, seq LIMIT ?", conversation, limit
    )
    return [MessageRow(*row) for row in rows]


def forget_deleted(tx: Transaction, before_ms: int) -> None:
    """Forget what was deleted before a time: no copy of it can come any more."""
    tx.run("DELETE FROM deleted WHERE at < ?", before_ms)


def forget_conversation(tx: Transaction, conversation: int) -> None:
    """Forget all rows of a conversation, and what was deleted in it."""
    tx.run("DELETE FROM messages WHERE conversation = ?", conversation)
    tx.run("DELETE FROM deleted WHERE conversation = ?", conversation)


def search(tx: Snapshot, query: str, conversation: int | None, limit: int, before: int | None) -> list[MessageRow]:
    """Return rows that hold every word of ``query``, as a word or as a part of one, newest first."""
    found: list[MessageRow] = []
    while len(found) < limit:
        rows, before = search_some(tx, query, conversation, limit - len(found), before)
        found += rows
        if before is None:
            break
    return found


def search_some(
    tx: Snapshot, query: str, conversation: int | None, limit: int, before: int | None, only: Only = search_index.ALL
) -> tuple[list[MessageRow], int | None]:
    """Return some of what ``search`` does, and before which row to go on; None when that was all, or ``limit``."""
    page = search_index.find(tx, query, conversation, limit, before, only)
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM messages WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq DESC",
        json.dumps(page.found),
    )
    return [MessageRow(*row) for row in rows], page.rest
