"""What was read of the network: a cursor for each stream of a custodian, and the tags seen."""

from __future__ import annotations

from collections.abc import Iterable

from core.storage.database import Snapshot, Transaction
from net.bucket import Bucket
from net.ids import Cursor, NodeId, Tag

# Tags kept, at most: 50 hours of a bucket of some thousand conversations; beyond it the oldest go.
MAX_TAGS = 500_000
# Cursors kept, at most: three custodians for each of three days of our own address and of a hundred invitations.
MAX_CURSORS = 1024


def add_tags(tx: Transaction, tags: Iterable[Tag], hour: int) -> None:
    """Keep tags seen now."""
    tx.run_many("INSERT OR IGNORE INTO tags VALUES (?, ?)", ((tag, hour) for tag in tags))


def tags(tx: Snapshot) -> list[Tag]:
    """Return every tag kept, the oldest first."""
    rows = tx.rows("SELECT tag FROM tags ORDER BY hour DESC LIMIT ?", MAX_TAGS)
    return [Tag(bytes(row[0])) for row in reversed(rows)]


def expire_tags(tx: Transaction, before_hour: int) -> None:
    """Forget tags of boxes that are gone from the network, and the oldest beyond ``MAX_TAGS``."""
    tx.run("DELETE FROM tags WHERE hour < ?", before_hour)
    count = tx.row("SELECT count(*) FROM tags")
    if count is not None and int(count[0]) > MAX_TAGS:
        tx.run("DELETE FROM tags WHERE tag IN (SELECT tag FROM tags ORDER BY hour LIMIT ?)", int(count[0]) - MAX_TAGS)


def cursor(tx: Snapshot, custodian: NodeId, bucket: Bucket) -> Cursor | None:
    """Return how far a custodian's stream of a bucket was followed."""
    row = tx.row(
        "SELECT run, arrival FROM cursors WHERE custodian = ? AND prefix = ? AND width = ?", custodian, *bucket
    )
    return None if row is None else Cursor(bytes(row[0]), int(row[1]))


def set_cursor(tx: Transaction, custodian: NodeId, bucket: Bucket, cursor: Cursor, hour: int) -> None:
    """Note how far a custodian's stream of a bucket was followed."""
    tx.run(
        "INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?, ?, ?)",
        custodian,
        *bucket,
        cursor.run,
        cursor.arrival,
        hour,
    )


def expire_cursors(tx: Transaction, before_hour: int) -> None:
    """Forget streams not followed for so long that all they held then is gone, and the oldest beyond ``MAX_CURSORS``."""
    tx.run("DELETE FROM cursors WHERE hour < ?", before_hour)
    tx.run(
        "DELETE FROM cursors WHERE (custodian, prefix, width) NOT IN"
        " (SELECT custodian, prefix, width FROM cursors ORDER BY hour DESC LIMIT ?)",
        MAX_CURSORS,
    )
