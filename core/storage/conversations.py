"""Conversations and their roots."""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation with one other identity. ``inbox`` is the secret of its addresses, None until it said so.

    ``keep_asked``: we asked the other side to keep our mail; ``keep_wanted``: it asks us, as it said at ``keep_wanted_at``;
    ``keeping``: we agreed. Numbers 0 and 1 in the table.
    """

    id: int
    public_id: str
    identity: bytes
    name: str
    state: str
    created_at: int
    waiting_until: int | None
    opened_at: int | None
    read_upto: int
    draft: str
    inbox: bytes | None
    keep_asked: bool
    keep_wanted: bool
    keep_wanted_at: int
    keeping: bool


_COLUMNS = (
    "id, public_id, identity, name, state, created_at, waiting_until, opened_at, read_upto, draft, inbox,"
    " keep_asked, keep_wanted, keep_wanted_at, keeping"
)

# Roots kept of one conversation: the one that stands and the latest. Each is watched for resets, at 10 ms a day.
MAX_ROOTS = 4


@dataclass(frozen=True, slots=True)
class Overview:
    """What a list shows beside the conversation itself: unread rows, and the last row."""

    unread: int
    first_unread: str | None
    last_at: int
    last_text: str
    last_author: bytes
    last_state: str


def insert(tx: Transaction, public_id: str, identity: bytes, name: str, state: str, now_ms: int) -> ConversationRow:
    """Open a conversation."""
    tx.run(
        "INSERT INTO conversations(public_id, identity, name, state, created_at) VALUES (?, ?, ?, ?, ?)",
        public_id,
        identity,
        name,
        state,
        now_ms,
    )
    row = by_identity(tx, identity)
    assert row is not None
    return row


def by_identity(tx: Snapshot, identity: bytes) -> ConversationRow | None:
    """Find the conversation with an identity."""
    row = tx.row(f"SELECT {_COLUMNS} FROM conversations WHERE identity = ?", identity)
    return None if row is None else ConversationRow(*row)


def by_public_id(tx: Snapshot, public_id: str) -> ConversationRow | None:
    """Find the conversation that programs call ``public_id``."""
    row = tx.row(f"SELECT {_COLUMNS} FROM conversations WHERE public_id = ?", public_id)
    return None if row is None else ConversationRow(*row)


def by_id(tx: Snapshot, conversation: int) -> ConversationRow:
    """Return a conversation that exists."""
    row = tx.row(f"SELECT {_COLUMNS} FROM conversations WHERE id = ?", conversation)
    assert row is not None
    return ConversationRow(*row)


def every(tx: Snapshot) -> list[ConversationRow]:
    """Return all conversations."""
    return [ConversationRow(*row) for row in tx.rows(f"SELECT {_COLUMNS} FROM conversations")]


def set_state(tx: Transaction, conversation: int, state: str, waiting_until: int | None = None) -> None:
    """Move a conversation on."""
    tx.run("UPDATE conversations SET state = ?, waiting_until = ? WHERE id = ?", state, waiting_until, conversation)


def set_open(tx: Transaction, conversation: int, now_ms: int) -> None:
    """Open a conversation, or note that it opened once more."""
    tx.run(
        "UPDATE conversations SET state = 'open', waiting_until = NULL, opened_at = ? WHERE id = ?",
        now_ms,
        conversation,
    )


def set_name(tx: Transaction, conversation: int, name: str) -> None:
    """Change the name under which the other side is shown."""
    tx.run("UPDATE conversations SET name = ? WHERE id = ?", name, conversation)


def set_inbox(tx: Transaction, conversation: int, inbox: bytes) -> None:
    """Note where the other side reads."""
    tx.run("UPDATE conversations SET inbox = ? WHERE id = ?", inbox, conversation)


def set_keep_asked(tx: Transaction, conversation: int, *, asked: bool) -> None:
    """Note whether we asked the other side to keep our mail."""
    tx.run("UPDATE conversations SET keep_asked = ? WHERE id = ?", asked, conversation)


def set_keep_wanted(tx: Transaction, conversation: int, said_at: int, *, wanted: bool) -> None:
    """Note whether the other side asks us to keep its mail, and when it said so."""
    tx.run("UPDATE conversations SET keep_wanted = ?, keep_wanted_at = ? WHERE id = ?", wanted, said_at, conversation)


def set_keeping(tx: Transaction, conversation: int, *, keeping: bool) -> None:
    """Note whether this device keeps the other side's mail."""
    tx.run("UPDATE conversations SET keeping = ? WHERE id = ?", keeping, conversation)


def kept_inboxes(tx: Snapshot) -> list[bytes]:
    """Return the inbox secrets of those whose mail is kept here."""
    rows = tx.rows("SELECT inbox FROM conversations WHERE keeping = 1 AND inbox IS NOT NULL AND state = 'open'")
    return [bytes(row[0]) for row in rows]


def set_draft(tx: Transaction, conversation: int, draft: str) -> None:
    """Keep an unsent text."""
    tx.run("UPDATE conversations SET draft = ? WHERE id = ?", draft, conversation)


def set_read(tx: Transaction, conversation: int, seq: int) -> None:
    """Move the read mark forward, never back."""
    tx.run("UPDATE conversations SET read_upto = max(read_upto, ?) WHERE id = ?", seq, conversation)


def set_ack_due(tx: Transaction, conversation: int, *, due: bool) -> None:
    """Note that an acknowledgement is owed, or that it was written."""
    tx.run("UPDATE conversations SET ack_due = ? WHERE id = ?", 1 if due else None, conversation)


def acks_due(tx: Snapshot) -> list[int]:
    """Return the conversations in which an acknowledgement is owed."""
    return [int(row[0]) for row in tx.rows("SELECT id FROM conversations WHERE ack_due IS NOT NULL")]


def overview(tx: Snapshot, row: ConversationRow) -> Overview:
    """Return what a list shows."""
    unread = tx.row(
        "SELECT count(*), min(seq) FROM messages WHERE conversation = ? AND seq > ? AND incoming = 1",
        row.id,
        row.read_upto,
    )
    last = tx.row(
        "SELECT sent_at, iif(kind = 1, text, ''), author, state FROM messages"
        " WHERE conversation = ? ORDER BY seq DESC LIMIT 1",
        row.id,
    )
    assert unread is not None
    first = None if unread[1] is None else tx.row("SELECT id FROM messages WHERE seq = ?", unread[1])
    at, text, author, state = last or (row.created_at, "", b"", "")
    return Overview(int(unread[0]), None if first is None else str(first[0]), at, text, author, state)


def add_root(tx: Transaction, conversation: int, greeting_hash: bytes, root: bytes) -> None:
    """Add a root; the one with the smallest greeting hash stands. Of the others the latest are kept."""
    tx.run(
        "INSERT OR IGNORE INTO roots(conversation, greeting_hash, root, born)"
        " SELECT ?1, ?2, ?3, coalesce(max(born), 0) + 1 FROM roots WHERE conversation = ?1",
        conversation,
        greeting_hash,
        root,
    )
    tx.run(
        "DELETE FROM roots WHERE conversation = ?1"
        " AND greeting_hash > (SELECT min(greeting_hash) FROM roots WHERE conversation = ?1)"
        " AND born NOT IN (SELECT born FROM roots WHERE conversation = ?1 ORDER BY born DESC LIMIT ?2)",
        conversation,
        MAX_ROOTS - 1,
    )


def drop_root(tx: Transaction, conversation: int, greeting_hash: bytes) -> bool:
    """Forget a root, unless it is the only one; tell whether there was something to forget."""
    return (
        tx.run(
            "DELETE FROM roots WHERE conversation = ?1 AND greeting_hash = ?2"
            " AND (SELECT count(*) FROM roots WHERE conversation = ?1) > 1",
            conversation,
            greeting_hash,
        )
        == 1
    )


def roots(tx: Snapshot, conversation: int) -> list[tuple[bytes, bytes]]:
    """Return (greeting hash, root), the standing one first."""
    rows = tx.rows("SELECT greeting_hash, root FROM roots WHERE conversation = ? ORDER BY greeting_hash", conversation)
    return [(bytes(h), bytes(r)) for h, r in rows]
