"""Conversations: direct ones of two people, and the kinds that later versions use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.storage import members
from core.storage.database import Snapshot, Transaction

Kind = Literal["self", "group", "channel"]


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation.

    ``kind`` is direct (with one other identity), self (among one's own devices), group or channel; this version makes direct
    ones only. ``recipient`` is the addressee of what is written there: the other's identity, one's own, or the id of the
    group or channel. ``inbox`` is the secret of the addresses at which that is read, None until it was told.

    ``keep_asked``: we asked the other side to keep our mail; ``keep_wanted``: it asks us, as it said at ``keep_wanted_at``;
    ``keeping``: we agreed. Numbers 0 and 1 in the table.

    ``name`` is the person's own name for the contact, ``own_name`` what the contact calls itself. ``inbox`` is the contact's
    ``inbox_number``-th; ``inbox_beside`` one that an unknown device named. ``inbox_told`` is the number of the inbox of
    ours that the contact knows of. ``reads_beside``: this device was restored from the words, and looks for copies to an
    inbox beside as well. ``own_name_at``: when it was first heard to call itself so, by our own clock.

    ``muted_until`` is by our own clock, 0 where it is not muted. ``tells`` and ``told`` are bits
    (``core.people.format.content.Signs``): what the other side lets us know, and what we said last that we let it know.
    ``here_at``: when its person was last there, own clock; 0 where that is not known. ``notify``: how our person wants to be
    told of what comes.
    """

    id: int
    public_id: str
    kind: str
    recipient: bytes
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
    own_name: str
    verified: bool
    blocked: bool
    inbox_number: int
    inbox_beside: bytes | None
    inbox_told: int
    reads_beside: bool
    own_name_at: int
    muted_until: int
    pinned: bool
    archived: bool
    marked_unread: bool
    tells: int
    told: int
    here_at: int
    notify: Literal["always", "bell", "never"]

    @property
    def is_direct(self) -> bool:
        """Whether it is with one other identity."""
        return self.kind == "direct"

    @property
    def identity(self) -> bytes:
        """The other's identity: of direct conversations only."""
        assert self.is_direct, self.kind
        return self.recipient


COLUMNS = (
    "id, public_id, kind, recipient, name, state, created_at, waiting_until, opened_at, read_upto, draft, inbox,"
    " keep_asked, keep_wanted, keep_wanted_at, keeping, own_name, verified, blocked, inbox_number, inbox_beside, inbox_told,"
    " reads_beside, own_name_at, muted_until, pinned, archived, marked_unread, tells, told, here_at, notify"
)


@dataclass(frozen=True, slots=True)
class Overview:
    """What a list shows beside the conversation itself: unread rows, and the last row."""

    unread: int
    first_unread: str | None
    last_at: int
    last_kind: int | None  # None: there is no row
    last_text: str
    last_author: bytes
    last_state: str


_UNREAD = "FROM messages m WHERE m.conversation = c.id AND seq > c.read_upto AND state = 'received' AND shown = 1"


def insert(
    tx: Transaction, public_id: str, identity: bytes, name: str, state: str, now_ms: int, *, own_name: str | None = None
) -> ConversationRow:
    """Open a conversation with a contact called ``name`` here, and ``own_name`` by itself (None: the same)."""
    tx.run(
        "INSERT INTO conversations(public_id, recipient, name, own_name, own_name_at, state, created_at)"
        " VALUES (?1, ?2, ?3, ?4, ?6, ?5, ?6)",
        public_id,
        identity,
        name,
        name if own_name is None else own_name,
        state,
        now_ms,
    )
    row = by_identity(tx, identity)
    assert row is not None
    members.add(tx, row.id, identity)
    return row


def insert_shared(
    tx: Transaction, public_id: str, kind: Kind, recipient: bytes, name: str, inbox: bytes, now_ms: int
) -> ConversationRow | None:
    """Open a conversation of another kind, whose mail lies at the addresses of ``inbox``; None where it is there already.

    None also where ``recipient``, a group's id, equals a known identity: what is signed for one must not pass for the
    other.
    """
    if tx.row(
        "SELECT 1 FROM conversations WHERE recipient = ?1 UNION SELECT 1 FROM devices WHERE identity = ?1", recipient
    ):
        return None
    number = tx.insert(
        "INSERT INTO conversations(public_id, kind, recipient, name, own_name, own_name_at, state, created_at, inbox)"
        " VALUES (?1, ?2, ?3, ?4, ?4, ?5, 'open', ?5, ?6)",
        public_id,
        kind,
        recipient,
        name,
        now_ms,
        inbox,
    )
    return by_id(tx, number)


def by_identity(tx: Snapshot, identity: bytes) -> ConversationRow | None:
    """Find the direct conversation with an identity."""
    row = tx.row(f"SELECT {COLUMNS} FROM conversations WHERE recipient = ? AND kind = 'direct'", identity)
    return None if row is None else ConversationRow(*row)


def by_public_id(tx: Snapshot, public_id: str) -> ConversationRow | None:
    """Find the conversation that programs call ``public_id``."""
    row = tx.row(f"SELECT {COLUMNS} FROM conversations WHERE public_id = ?", public_id)
    return None if row is None else ConversationRow(*row)


def by_id(tx: Snapshot, conversation: int) -> ConversationRow:
    """Return a conversation that exists."""
    row = tx.row(f"SELECT {COLUMNS} FROM conversations WHERE id = ?", conversation)
    assert row is not None
    return ConversationRow(*row)


def every(tx: Snapshot) -> list[ConversationRow]:
    """Return all conversations, of every kind."""
    return [ConversationRow(*row) for row in tx.rows(f"SELECT {COLUMNS} FROM conversations")]


def every_direct(tx: Snapshot) -> list[ConversationRow]:
    """Return the conversations with one other identity: one's contacts."""
    return [ConversationRow(*row) for row in tx.rows(f"SELECT {COLUMNS} FROM conversations WHERE kind = 'direct'")]


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


def set_own_name(tx: Transaction, conversation: int, name: str, now_ms: int) -> None:
    """Note what the other side calls itself, from now on."""
    tx.run("UPDATE conversations SET own_name = ?, own_name_at = ? WHERE id = ?", name, now_ms, conversation)


def set_verified(tx: Transaction, conversation: int, *, verified: bool) -> None:
    """Note whether the person compared a code with the contact."""
    tx.run("UPDATE conversations SET verified = ? WHERE id = ?", verified, conversation)


def set_blocked(tx: Transaction, conversation: int, *, blocked: bool) -> None:
    """Note whether the contact is heard."""
    tx.run("UPDATE conversations SET blocked = ? WHERE id = ?", blocked, conversation)


def spend_again(tx: Transaction, conversation: int, day: int, boxes: int) -> int:
    """Count boxes encoded again for the other side on a day; return how many it comes to."""
    tx.run(
        "UPDATE conversations SET again_boxes = iif(again_day = ?2, again_boxes, 0) + ?3, again_day = ?2 WHERE id = ?1",
        conversation,
        day,
        boxes,
    )
    row = tx.row("SELECT again_boxes FROM conversations WHERE id = ?", conversation)
    return 0 if row is None else int(row[0])


def set_keep_asked(tx: Transaction, conversation: int, *, asked: bool) -> None:
    """Note whether we asked the other side to keep our mail."""
    tx.run("UPDATE conversations SET keep_asked = ? WHERE id = ?", asked, conversation)


def set_keep_wanted(tx: Transaction, conversation: int, said_at: int, *, wanted: bool) -> None:
    """Note whether the other side asks us to keep its mail, and when it said so."""
    tx.run("UPDATE conversations SET keep_wanted = ?, keep_wanted_at = ? WHERE id = ?", wanted, said_at, conversation)


def set_keeping(tx: Transaction, conversation: int, *, keeping: bool) -> None:
    """Note whether this device keeps the other side's mail."""
    tx.run("UPDATE conversations SET keeping = ? WHERE id = ?", keeping, conversation)


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
    """Return the conversations in which an acknowledgement is owed; a blocked contact is owed none."""
    return [int(row[0]) for row in tx.rows("SELECT id FROM conversations WHERE ack_due IS NOT NULL AND blocked = 0")]


def set_receipt_due(tx: Transaction, conversation: int) -> None:
    """Note that what was read is to be told, where no acknowledgement is owed that would do so."""
    tx.run("UPDATE conversations SET ack_due = 2 WHERE id = ? AND ack_due IS NULL", conversation)


def receipts_due(tx: Snapshot) -> list[int]:
    """Return the conversations in which only what was read is to be told."""
    return [int(row[0]) for row in tx.rows("SELECT id FROM conversations WHERE ack_due = 2 AND blocked = 0")]


def overviews(tx: Snapshot) -> dict[int, Overview]:
    """Return what a list shows of each direct conversation, by its number: one query, however many there are."""
    rows = tx.rows(
        "WITH marks AS MATERIALIZED (SELECT c.id, c.created_at,"
        " (SELECT max(seq) FROM messages m WHERE m.conversation = c.id AND shown = 1) AS last,"
        f" (SELECT count(*) {_UNREAD}) AS unread, (SELECT min(seq) {_UNREAD}) AS first_unread"
        " FROM conversations c WHERE c.kind = 'direct')"
        " SELECT marks.id, unread, f.id, coalesce(l.sent_at, created_at), l.kind, coalesce(l.text, ''),"
        " coalesce(l.author, x''), coalesce(l.state, '')"
        " FROM marks LEFT JOIN messages l ON l.seq = last LEFT JOIN messages f ON f.seq = first_unread"
    )
    return {int(conversation): Overview(*rest) for conversation, *rest in rows}


def delete(tx: Transaction, conversation: int) -> None:
    """Forget a conversation, once nothing else speaks of it."""
    tx.run("DELETE FROM roots WHERE conversation = ?", conversation)
    members.forget_conversation(tx, conversation)
    tx.run("DELETE FROM conversations WHERE id = ?", conversation)
