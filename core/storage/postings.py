"""Postings: what has to lie in the network until it is acknowledged. Their daily copies are in ``core.storage.deposits``."""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction

_SECRET_SIZE = 32
# Fragments of the largest block; a copy that goes beside has the numbers from here on.
MAX_FRAGMENTS = 32


@dataclass(frozen=True, slots=True, repr=False)
class Posting:
    """Box plaintexts with what is needed to give them an id on any day, and the secrets of the inboxes they go to.

    ``inbox`` is one secret, or two when a copy goes beside: of that, fragments are counted on from ``MAX_FRAGMENTS``.
    ``pause``: days between two copies' days, 0 and 1 being each day. Which devices say they have it: ``receipts``.
    ``device``: of a reset, the one of the other side that it is for. ``tells``: number of the inbox of ours that it tells.
    """

    id: int
    kind: str
    conversation: int
    generation: bytes | None
    first_index: int
    fragments: int
    payload: bytes
    secrets: bytes
    inbox: bytes
    message: int | None
    made_at: int
    until: int
    pause: int = 0
    device: bytes | None = None
    tells: int = 0

    @property
    def copies(self) -> int:
        """The number of inboxes it goes to."""
        return len(self.inbox) // _SECRET_SIZE


_COLUMNS = (
    "id, kind, conversation, generation, first_index, fragments, payload, secrets, inbox, message, made_at, until,"
    " pause, device, tells"
)


def insert(tx: Transaction, posting: Posting) -> int:
    """Keep a posting; return its id (the one in ``posting`` is ignored)."""
    return tx.insert(
        "INSERT INTO postings(kind, conversation, generation, first_index, fragments, payload, secrets, inbox,"
        " message, made_at, until, pause, device, tells) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        posting.kind,
        posting.conversation,
        posting.generation,
        posting.first_index,
        posting.fragments,
        posting.payload,
        posting.secrets,
        posting.inbox,
        posting.message,
        posting.made_at,
        posting.until,
        posting.pause,
        posting.device,
        posting.tells,
    )


def find(tx: Snapshot, posting: int) -> Posting | None:
    """Return a posting, None when it was done meanwhile."""
    row = tx.row(f"SELECT {_COLUMNS} FROM postings WHERE id = ?", posting)
    return None if row is None else Posting(*row)


_POSTING_AND_NUMBER = ", ".join(f"p.{column.strip()}" for column in _COLUMNS.split(",")) + ", first + m"


def due(tx: Snapshot, fresh: range, day: int, limit: int) -> list[tuple[Posting, int]]:
    """Return (posting, fragment) of everything without a copy that expires in the hours ``fresh``, oldest first.

    Postings that never had a copy come before those to be renewed: weeks of mail to an absent contact delay no new text.

    What has a copy of ``day`` is never among them: no other is made that day. A copy that expires too late was made while
    the clock was ahead, and no custodian takes it yet.
    """
    # In this order (CROSS JOIN), and each day's copies by the index alone: it is asked at the end of each transaction.
    copies = "SELECT 1 FROM deposits d WHERE d.posting = p.id AND d.fragment = first + m"
    rows = tx.rows(
        "WITH RECURSIVE numbers(m) AS (SELECT 0 UNION ALL SELECT m + 1 FROM numbers WHERE m < 31),"
        " inboxes(first) AS (VALUES (0), (32))"
        f" SELECT {_POSTING_AND_NUMBER} FROM postings p"
        " CROSS JOIN conversations c ON c.id = p.conversation AND c.blocked = 0"
        " CROSS JOIN inboxes ON first < length(p.inbox) CROSS JOIN numbers ON m < p.fragments"
        f" WHERE length(p.payload) > 0 AND NOT EXISTS ({copies} AND d.day BETWEEN ?1 - max(p.pause, 1) + 1 AND ?1)"
        f" AND NOT EXISTS ({copies} AND d.expiry_hour BETWEEN ?2 AND ?3)"
        f" ORDER BY EXISTS ({copies}), coalesce(p.stead, p.id), first + m LIMIT ?4",
        day,
        fresh.start,
        fresh.stop - 1,
        limit,
    )
    return [(Posting(*row[:-1]), int(row[-1])) for row in rows]


def count_unposted(tx: Snapshot, conversation: int) -> int:
    """Return how many of a conversation's blocks have had no copy made yet."""
    row = tx.row(
        "SELECT count(*) FROM postings p WHERE conversation = ? AND kind = 'block'"
        " AND NOT EXISTS (SELECT 1 FROM deposits d WHERE d.posting = p.id)",
        conversation,
    )
    return 0 if row is None else int(row[0])


def count_controls(tx: Snapshot, conversation: int) -> int:
    """Return how many blocks with acknowledgements alone are deposited for a conversation."""
    row = tx.row(
        "SELECT count(*) FROM postings WHERE conversation = ? AND kind = 'block' AND message IS NULL AND tells = 0",
        conversation,
    )
    return 0 if row is None else int(row[0])


def of_lane(tx: Snapshot, generation: bytes) -> list[Posting]:
    """Return the unacknowledged blocks of a generation, in order."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM postings WHERE generation = ? AND kind = 'block' ORDER BY first_index", generation
    )
    return [Posting(*row) for row in rows]


def said_in(tx: Snapshot, generation: bytes, *, fewer_than: int) -> list[int]:
    """Return the rows that unacknowledged blocks of a generation say, but for those that so many blocks say already."""
    rows = tx.rows(
        "SELECT message FROM postings WHERE generation = ? AND kind = 'block' AND message IS NOT NULL"
        " GROUP BY message HAVING count(*) < ? ORDER BY message",
        generation,
        fewer_than,
    )
    return [int(row[0]) for row in rows]


def of_conversation(tx: Snapshot, conversation: int, kind: str) -> list[Posting]:
    """Return a conversation's postings of one kind."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM postings WHERE conversation = ? AND kind = ? ORDER BY id", conversation, kind
    )
    return [Posting(*row) for row in rows]


def has_notice(tx: Snapshot, generation: bytes, number: int) -> bool:
    """Tell whether a block of a lane that tells of an inbox of ours waits to be acknowledged."""
    return tx.row("SELECT 1 FROM postings WHERE generation = ? AND tells = ?", generation, number) is not None


def every(tx: Snapshot) -> list[Posting]:
    """Return all postings."""
    return [Posting(*row) for row in tx.rows(f"SELECT {_COLUMNS} FROM postings ORDER BY id")]


def of_message(tx: Snapshot, seq: int) -> list[Posting]:
    """Return the postings that carry a row."""
    return [Posting(*row) for row in tx.rows(f"SELECT {_COLUMNS} FROM postings WHERE message = ?", seq)]


def empty(tx: Transaction, posting: int) -> int:
    """Empty a block that never left; it gets a new id, so that work under way for the old one is dropped.

    It keeps its place in the order of postings, and is not deposited until it is filled.
    """
    number = tx.insert(
        "INSERT INTO postings(kind, conversation, generation, first_index, fragments, payload, secrets, inbox, message,"
        " made_at, until, pause, device, stead) SELECT kind, conversation, generation, first_index, fragments, x'',"
        " secrets, inbox, NULL, made_at, until, pause, device, coalesce(stead, id) FROM postings WHERE id = ?",
        posting,
    )
    tx.run("DELETE FROM postings WHERE id = ?", posting)
    return number


def reserve(tx: Transaction, emptied: Posting, message: int) -> None:
    """Keep the place of a block that was emptied for another text of the row that it said."""
    tx.run(
        "UPDATE postings SET message = ? WHERE generation = ? AND first_index = ? AND payload = x''",
        message,
        emptied.generation,
        emptied.first_index,
    )


def emptied(tx: Snapshot) -> list[Posting]:
    """Return the blocks that are to be filled, those of each lane in order; none of blocked contacts."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM postings WHERE payload = x'' AND conversation NOT IN"
        " (SELECT id FROM conversations WHERE blocked = 1) ORDER BY generation, first_index"
    )
    return [Posting(*row) for row in rows]


def is_behind_text(tx: Snapshot, posting: Posting) -> bool:
    """Tell whether an earlier block of a lane may still be withdrawn, or was and is not filled."""
    row = tx.row(
        "SELECT 1 FROM postings p WHERE generation = ? AND kind = 'block' AND first_index < ?"
        " AND (message IS NOT NULL OR payload = x'')"
        " AND NOT EXISTS (SELECT 1 FROM deposits d WHERE d.posting = p.id) LIMIT 1",
        posting.generation,
        posting.first_index,
    )
    return row is not None


def fill(tx: Transaction, posting: int, payload: bytes) -> None:
    """Set the content of a block that was emptied."""
    tx.run("UPDATE postings SET payload = ? WHERE id = ?", payload, posting)


def move(tx: Transaction, posting: int, secrets: bytes) -> None:
    """Give a posting another address; its copies are forgotten."""
    tx.run("UPDATE postings SET secrets = ? WHERE id = ?", secrets, posting)
    tx.run("DELETE FROM deposits WHERE posting = ?", posting)


def detach(tx: Transaction, posting: int) -> None:
    """Detach a posting from its message, which is sent in another way; it cannot be withdrawn any more."""
    tx.run("UPDATE messages SET departed = 1 WHERE seq = (SELECT message FROM postings WHERE id = ?)", posting)
    tx.run("UPDATE postings SET message = NULL WHERE id = ?", posting)


def over(tx: Snapshot, now_ms: int) -> list[Posting]:
    """Return the postings that are tried no longer at ``now_ms``, Unix milliseconds."""
    return [Posting(*row) for row in tx.rows(f"SELECT {_COLUMNS} FROM postings WHERE until <= ?", now_ms)]


def delete(tx: Transaction, posting: int) -> list[bytes]:
    """Forget a posting with its keys and copies; return the parcel ids to withdraw."""
    ids = [bytes(row[0]) for row in tx.rows("SELECT parcel_id FROM deposits WHERE posting = ?", posting)]
    tx.run("DELETE FROM postings WHERE id = ?", posting)
    return ids


def every_of(tx: Snapshot, conversation: int) -> list[Posting]:
    """Return all postings of a conversation."""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM postings WHERE conversation = ? ORDER BY id", conversation)
    return [Posting(*row) for row in rows]
