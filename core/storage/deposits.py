"""Daily deposits of postings: a fragment's copy of one day, the box that was made of it, and who says that it is held."""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction
from core.storage.postings import MAX_FRAGMENTS
from net.ids import NODE_ID_SIZE

MAX_CUSTODIANS = 16  # confirmations kept of one deposit or record


@dataclass(frozen=True, slots=True, repr=False)
class DepositRow:
    """One fragment's copy of one day; ``box`` is empty when it is repeated no more."""

    parcel_id: bytes
    posting: int
    fragment: int
    day: int
    expiry_hour: int
    box: bytes
    custodians: bytes

    @property
    def copies(self) -> int:
        """How many custodians confirmed."""
        return len(self.custodians) // NODE_ID_SIZE


_COLUMNS = "parcel_id, posting, fragment, day, expiry_hour, box, custodians"


def any_was_made(tx: Snapshot, posting: int) -> bool:
    """Tell whether any copy of a posting was ever made, and so may have left."""
    return tx.row("SELECT 1 FROM deposits WHERE posting = ?", posting) is not None


def add(tx: Transaction, deposit: DepositRow) -> None:
    """Keep a finished box, the first of its id."""
    tx.run(
        "INSERT INTO deposits VALUES (?, ?, ?, ?, ?, ?, ?)",
        deposit.parcel_id,
        deposit.posting,
        deposit.fragment,
        deposit.day,
        deposit.expiry_hour,
        deposit.box,
        deposit.custodians,
    )


def pay(tx: Transaction, parcel_id: bytes, box: bytes) -> None:
    """Keep the same box with other work."""
    tx.run("UPDATE deposits SET box = ? WHERE parcel_id = ?", box, parcel_id)


def on_day(tx: Snapshot, posting: int, fragment: int, day: int) -> DepositRow | None:
    """Return the copy made on a day."""
    row = tx.row(
        f"SELECT {_COLUMNS} FROM deposits WHERE posting = ? AND fragment = ? AND day = ?", posting, fragment, day
    )
    return None if row is None else DepositRow(*row)


def find(tx: Snapshot, parcel_id: bytes) -> DepositRow | None:
    """Return the copy with this id."""
    row = tx.row(f"SELECT {_COLUMNS} FROM deposits WHERE parcel_id = ?", parcel_id)
    return None if row is None else DepositRow(*row)


def current(tx: Snapshot, posting: int) -> list[DepositRow]:
    """Return the latest copy of each fragment."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM deposits d WHERE posting = ? AND day ="
        " (SELECT max(day) FROM deposits e WHERE e.posting = d.posting AND e.fragment = d.fragment) ORDER BY fragment",
        posting,
    )
    return [DepositRow(*row) for row in rows]


def unconfirmed(tx: Snapshot, hour: int, copies: int, limit: int) -> list[DepositRow]:
    """Return unexpired copies that fewer than ``copies`` custodians confirmed; none for blocked contacts."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM deposits WHERE expiry_hour > ? AND length(custodians) < ? AND box <> x''"
        " AND posting NOT IN"
        " (SELECT p.id FROM postings p JOIN conversations c ON c.id = p.conversation WHERE c.blocked = 1)"
        " ORDER BY posting LIMIT ?",
        hour,
        copies * NODE_ID_SIZE,
        limit,
    )
    return [DepositRow(*row) for row in rows]


def confirm(tx: Transaction, parcel_id: bytes, custodian: bytes) -> bool:
    """Note that a custodian holds a copy; False when that was known."""
    row = find(tx, parcel_id)
    if row is None or row.copies >= MAX_CUSTODIANS:
        return False
    known = [row.custodians[i : i + NODE_ID_SIZE] for i in range(0, len(row.custodians), NODE_ID_SIZE)]
    if custodian in known:
        return False
    tx.run("UPDATE deposits SET custodians = CAST(custodians || ? AS BLOB) WHERE parcel_id = ?", custodian, parcel_id)
    return True


def expire(tx: Transaction, hour: int) -> None:
    """Forget copies that expired, except each fragment's latest, which says that it was once out."""
    tx.run(
        "DELETE FROM deposits WHERE expiry_hour <= ? AND day < (SELECT max(e.day) FROM deposits e"
        " WHERE e.posting = deposits.posting AND e.fragment = deposits.fragment)",
        hour,
    )


def forget_beside(tx: Transaction, conversation: int) -> list[bytes]:
    """Forget the boxes of a conversation that lie beside; return their parcel ids, to be withdrawn.

    That they were made is kept: no other copy of the same day may be.
    """
    rows = tx.rows(
        "SELECT parcel_id FROM deposits WHERE fragment >= ? AND box <> x''"
        " AND posting IN (SELECT id FROM postings WHERE conversation = ?)",
        MAX_FRAGMENTS,
        conversation,
    )
    for row in rows:
        tx.run("UPDATE deposits SET box = x'', expiry_hour = 0 WHERE parcel_id = ?", row[0])
    return [bytes(row[0]) for row in rows]


def last_expiry(tx: Snapshot) -> int | None:
    """Return the hour since 1970 at which the last box that was made ends; None where there is none."""
    row = tx.row("SELECT max(expiry_hour) FROM deposits")
    return None if row is None or row[0] is None else int(row[0])
