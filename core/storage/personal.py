"""The personal record: the state that this account's devices share, and the records that carry it in the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction
from core.storage.deposits import MAX_CUSTODIANS
from net.ids import NODE_ID_SIZE


@dataclass(frozen=True, slots=True, repr=False)
class RecordRow:
    """The latest record of one epoch that is known here.

    ``digest`` is of the state inside; ``record`` is None while its work is being done.
    """

    epoch: int
    sequence: int
    digest: bytes
    record: bytes | None
    custodians: bytes

    @property
    def copies(self) -> int:
        """How many custodians confirmed it."""
        return len(self.custodians) // NODE_ID_SIZE


def entries(tx: Snapshot) -> list[tuple[bytes, int, bytes, bytes | None]]:
    """Return (key, milliseconds, writer, value or None for a tombstone) of everything."""
    rows = tx.rows("SELECT key, ms, writer, value FROM personal")
    return [(bytes(k), int(ms), bytes(w), None if v is None else bytes(v)) for k, ms, w, v in rows]


def save(tx: Transaction, changed: Mapping[bytes, tuple[int, bytes, bytes | None]]) -> None:
    """Store entries, replacing those of the same keys."""
    tx.run_many(
        "INSERT OR REPLACE INTO personal(key, ms, writer, value) VALUES (?, ?, ?, ?)",
        [(key, *entry) for key, entry in changed.items()],
    )


def drop_tombstones(tx: Transaction, before_ms: int) -> None:
    """Forget what was deleted before a time: no copy that could bring it back lives that long."""
    tx.run("DELETE FROM personal WHERE value IS NULL AND ms < ?", before_ms)


_COLUMNS = "epoch, sequence, digest, record, custodians"


def record(tx: Snapshot, epoch: int) -> RecordRow | None:
    """Return what is known of an epoch's record."""
    row = tx.row(f"SELECT {_COLUMNS} FROM personal_records WHERE epoch = ?", epoch)
    return None if row is None else RecordRow(*row)


def newest(tx: Snapshot) -> RecordRow | None:
    """Return the latest epoch's record."""
    row = tx.row(f"SELECT {_COLUMNS} FROM personal_records ORDER BY epoch DESC LIMIT 1")
    return None if row is None else RecordRow(*row)


def set_record(tx: Transaction, row: RecordRow) -> None:
    """Note an epoch's record, in place of the one before."""
    tx.run(
        f"INSERT OR REPLACE INTO personal_records({_COLUMNS}) VALUES (?, ?, ?, ?, ?)",
        row.epoch,
        row.sequence,
        row.digest,
        row.record,
        row.custodians,
    )


def confirm(tx: Transaction, row: RecordRow, custodian: bytes) -> None:
    """Note that a custodian holds a record."""
    known = [row.custodians[i : i + NODE_ID_SIZE] for i in range(0, len(row.custodians), NODE_ID_SIZE)]
    if custodian not in known and len(known) < MAX_CUSTODIANS:
        tx.run("UPDATE personal_records SET custodians = ? WHERE epoch = ?", row.custodians + custodian, row.epoch)


def drop_records(tx: Transaction, before_epoch: int) -> None:
    """Forget records that are gone from the network."""
    tx.run("DELETE FROM personal_records WHERE epoch < ?", before_epoch)
