"""A custodian's parcels in SQLCipher: ``net.parcel.store.ParcelStore`` over one ``Database``.

Sequence numbers are unsigned 64-bit on the wire and signed in SQLite; they are shifted by 2**63 on the way in and out,
which keeps their order.
"""

from __future__ import annotations

from core.storage.database import Database, Row, Transaction
from net.ids import ParcelId, Tag
from net.parcel.store import HeldBox, HeldRecord, KeptBox, Kind, Name, Stored

# Turns an unsigned 64-bit number into a signed one of the same order.
SIGN_SHIFT = 1 << 63

# Answer to what is neither box nor record and was stored: None would mean "left as it was".
NO_ARRIVAL = 0

_PARCEL_OF: dict[Kind, str] = {
    Kind.BOX: "SELECT variant, prefix, expiry_hour, 0, data, id, surplus FROM box",
    Kind.RECORD: "SELECT variant, prefix, expiry_hour, sequence, data, id, surplus FROM record",
    Kind.CHUNK: "SELECT variant, prefix, expiry_hour, 0, data, id, surplus FROM chunk",
    Kind.KEPT: "SELECT variant, prefix, expiry_hour, 0, data, id, surplus FROM kept",
}

_DELETE_OF: dict[Kind, str] = {
    Kind.BOX: "DELETE FROM box WHERE id = ? AND variant = ?",
    Kind.RECORD: "DELETE FROM record WHERE id = ? AND variant = ?",
    Kind.CHUNK: "DELETE FROM chunk WHERE id = ? AND variant = ?",
    Kind.KEPT: "DELETE FROM kept WHERE id = ? AND variant = ?",
}

_BOXES_AFTER = """
    SELECT arrival, id, variant, prefix, expiry_hour, surplus FROM box INDEXED BY box_held
    WHERE arrival > ? ORDER BY arrival LIMIT ?"""
# Of the table itself only the header of each row is read: it tells how long the data is.
_RECORDS_AFTER = """
    SELECT number, id, variant, sequence, expiry_hour, surplus, length(data) FROM record INDEXED BY record_held
    WHERE id > ? ORDER BY id LIMIT ?"""

# Not ON CONFLICT: an insert that is given up there has drawn a number of arrival, and the next box would skip one.
_PUT_BOX = """
    INSERT INTO box (id, variant, prefix, expiry_hour, data, surplus) SELECT ?1, ?2, ?3, ?4, ?5, ?6
    WHERE NOT EXISTS (SELECT 1 FROM box WHERE id = ?1 AND variant = ?2) RETURNING arrival"""
# The same box with more work.
_PAY_BOX = """
    UPDATE box SET data = ?, surplus = ? WHERE id = ? AND variant = ? AND surplus < ? RETURNING arrival"""
_PUT_CHUNK = """
    INSERT INTO chunk (id, variant, prefix, expiry_hour, data, surplus) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
_PUT_KEPT = """
    INSERT INTO kept (id, variant, prefix, expiry_hour, data, surplus) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
_PUT_RECORD = """
    INSERT INTO record (id, variant, prefix, expiry_hour, data, surplus, sequence) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET variant = excluded.variant, prefix = excluded.prefix,
        expiry_hour = excluded.expiry_hour, sequence = excluded.sequence, data = excluded.data,
        surplus = excluded.surplus
    WHERE excluded.sequence > sequence
        OR (excluded.sequence = sequence AND excluded.variant = variant AND excluded.surplus > surplus)
    RETURNING number"""

_EXPIRE = (
    "DELETE FROM box WHERE expiry_hour <= ?",
    "DELETE FROM record WHERE expiry_hour <= ?",
    "DELETE FROM chunk WHERE expiry_hour <= ?",
    "DELETE FROM kept WHERE expiry_hour <= ?",
)


class SqlParcelStore:
    """Every call is one transaction, committed before it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, parcels: list[Stored]) -> list[int | None]:
        """Commit parcels in one transaction; give the number of each box and record, None for what was left as it was."""
        with self._database.transaction() as tx:
            return [_put(tx, parcel) for parcel in parcels]

    def delete(self, names: list[Name]) -> int:
        """Delete parcels in one transaction, those that are there; return how many."""
        with self._database.transaction() as tx:
            return sum(tx.run(_DELETE_OF[kind], parcel_id, variant) for kind, parcel_id, variant in names)

    def get(self, kind: Kind, parcel_id: ParcelId) -> list[Stored]:
        """Return every variant of an id, in order of variant."""
        with self._database.read() as snapshot:
            rows = snapshot.rows(f"{_PARCEL_OF[kind]} WHERE id = ? ORDER BY variant", parcel_id)
        return [_stored(kind, row) for row in rows]

    def by_tag(self, tags: list[Tag]) -> list[Stored]:
        """Return all boxes whose id starts with one of the tags, in order of (id, variant) for each tag."""
        query = f"{_PARCEL_OF[Kind.BOX]} WHERE id >= ? AND id < ? ORDER BY id, variant"
        with self._database.read() as snapshot:
            # An id has more than a tag's 8 bytes, so tag ‖ 0xff… bounds all ids that begin with it.
            rows = [row for tag in dict.fromkeys(tags) for row in snapshot.rows(query, tag, tag + b"\xff" * 32)]
        return [_stored(Kind.BOX, row) for row in rows]

    def boxes_after(self, arrival: int, limit: int) -> list[HeldBox]:
        """Return up to ``limit`` boxes that arrived after ``arrival``, oldest first."""
        with self._database.read() as snapshot:
            rows = snapshot.rows(_BOXES_AFTER, arrival, limit)
        return [HeldBox(number, ParcelId(parcel_id), *rest) for number, parcel_id, *rest in rows]

    def records_after(self, record_id: bytes, limit: int) -> list[HeldRecord]:
        """Return up to ``limit`` records in order of their ids, from beyond ``record_id`` (empty: from the first)."""
        with self._database.read() as snapshot:
            rows = snapshot.rows(_RECORDS_AFTER, record_id, limit)
        return [HeldRecord(row[0], ParcelId(row[1]), row[2], row[3] + SIGN_SHIFT, *row[4:]) for row in rows]

    def kept(self) -> list[KeptBox]:
        """Return all boxes that are kept for friends, in order of (id, variant)."""
        with self._database.read() as snapshot:
            rows = snapshot.rows("SELECT id, variant, prefix, expiry_hour FROM kept ORDER BY id, variant")
        return [KeptBox(ParcelId(parcel_id), *rest) for parcel_id, *rest in rows]

    def expire(self, hour: int) -> int:
        """Delete everything whose expiry hour is at or before ``hour``; return how many."""
        with self._database.transaction() as tx:
            return sum(tx.run(statement, hour) for statement in _EXPIRE)

    def usage(self) -> tuple[int, int]:
        """Return (parcels, bytes) held."""
        with self._database.read() as snapshot:
            row = snapshot.row("SELECT parcels, bytes FROM holding")
        assert row is not None, "the first migration writes it"
        return row[0], row[1]


def _put(tx: Transaction, parcel: Stored) -> int | None:
    fields = (parcel.parcel_id, parcel.variant, parcel.prefix, parcel.expiry_hour, parcel.data, parcel.surplus)
    if parcel.kind is Kind.CHUNK:
        return NO_ARRIVAL if tx.run(_PUT_CHUNK, *fields) else None
    if parcel.kind is Kind.KEPT:
        return NO_ARRIVAL if tx.run(_PUT_KEPT, *fields) else None
    if parcel.kind is Kind.RECORD:
        row = tx.row(_PUT_RECORD, *fields, parcel.sequence - SIGN_SHIFT)
    else:
        row = tx.row(_PUT_BOX, *fields) or tx.row(
            _PAY_BOX, parcel.data, parcel.surplus, parcel.parcel_id, parcel.variant, parcel.surplus
        )
    return row[0] if row else None


def _stored(kind: Kind, row: Row) -> Stored:
    variant, prefix, expiry_hour, sequence, data, parcel_id, surplus = row
    return Stored(kind, ParcelId(parcel_id), variant, prefix, expiry_hour, _unsigned(kind, sequence), data, surplus)


def _unsigned(kind: Kind, sequence: int) -> int:
    return sequence + SIGN_SHIFT if kind is Kind.RECORD else 0
