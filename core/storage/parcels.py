"""A custodian's parcels in SQLCipher: ``net.store.ParcelStore`` over one ``Database``.

Sequence numbers are unsigned 64-bit on the wire and signed in SQLite; they are shifted by 2**63 on the way in and out,
which keeps their order.
"""

from __future__ import annotations

from core.storage.database import Database, Row, Transaction
from net.ids import ParcelId, Tag
from net.store import Kind, Stored

# Turns an unsigned 64-bit number into a signed one of the same order.
SIGN_SHIFT = 1 << 63

# Answer to a record or chunk that was stored: only boxes are numbered, and None would mean "left as it was".
NO_ARRIVAL = 0

_PARCEL_OF: dict[Kind, str] = {
    Kind.BOX: "SELECT variant, prefix, expiry_hour, 0, data, id FROM box",
    Kind.RECORD: "SELECT variant, prefix, expiry_hour, sequence, data, id FROM record",
    Kind.CHUNK: "SELECT variant, prefix, expiry_hour, 0, data, id FROM chunk",
}

_SUMMARY_OF: dict[Kind, str] = {
    Kind.BOX: "SELECT id, variant, 0 FROM box",
    Kind.RECORD: "SELECT id, variant, sequence FROM record",
    Kind.CHUNK: "SELECT id, variant, 0 FROM chunk",
}

# Not ON CONFLICT: an insert that is given up there has drawn a number of arrival, and the next box would skip one.
_PUT_BOX = """
    INSERT INTO box (id, variant, prefix, expiry_hour, data) SELECT ?1, ?2, ?3, ?4, ?5
    WHERE NOT EXISTS (SELECT 1 FROM box WHERE id = ?1 AND variant = ?2) RETURNING arrival"""
_PUT_CHUNK = """
    INSERT INTO chunk (id, variant, prefix, expiry_hour, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_PUT_RECORD = """
    INSERT INTO record (id, variant, prefix, expiry_hour, sequence, data) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET variant = excluded.variant, prefix = excluded.prefix,
        expiry_hour = excluded.expiry_hour, sequence = excluded.sequence, data = excluded.data
    WHERE excluded.sequence > sequence"""

_EXPIRE = (
    "DELETE FROM box WHERE expiry_hour <= ?",
    "DELETE FROM record WHERE expiry_hour <= ?",
    "DELETE FROM chunk WHERE expiry_hour <= ?",
)


class SqlParcelStore:
    """Every call is one transaction, committed before it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run_id(self) -> bytes:
        """Return the 8 random bytes drawn when this store was created."""
        with self._database.read() as snapshot:
            row = snapshot.row("SELECT id FROM run")
        assert row is not None, "the first migration writes it"
        return bytes(row[0])

    def put(self, parcels: list[Stored]) -> list[int | None]:
        """Commit parcels in one transaction; give each box's arrival number, 0 for other kinds, None for what was left."""
        with self._database.transaction() as tx:
            return [_put(tx, parcel) for parcel in parcels]

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

    def tags_after(self, arrival: int, limit: int) -> list[tuple[int, Tag, int]]:
        """Return (arrival, tag, prefix) of up to ``limit`` boxes that arrived after ``arrival``, oldest first."""
        query = (
            "SELECT arrival, substr(id, 1, 8), prefix FROM box INDEXED BY box_tags"
            " WHERE arrival > ? ORDER BY arrival LIMIT ?"
        )
        with self._database.read() as snapshot:
            return [(number, Tag(tag), prefix) for number, tag, prefix in snapshot.rows(query, arrival, limit)]

    def summary(self, kind: Kind, after: bytes, limit: int) -> list[tuple[ParcelId, bytes, int]]:
        """Return (id, variant, sequence) in order of (id, variant), from beyond the key ``after`` (id ‖ variant)."""
        query = f"{_SUMMARY_OF[kind]} WHERE (id, variant) > (?, ?) ORDER BY id, variant LIMIT ?"
        with self._database.read() as snapshot:
            rows = snapshot.rows(query, after[:32], after[32:], limit)
        return [(ParcelId(row[0]), row[1], _unsigned(kind, row[2])) for row in rows]

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
    fields = (parcel.parcel_id, parcel.variant, parcel.prefix, parcel.expiry_hour)
    if parcel.kind is Kind.RECORD:
        return NO_ARRIVAL if tx.run(_PUT_RECORD, *fields, parcel.sequence - SIGN_SHIFT, parcel.data) else None
    if parcel.kind is Kind.CHUNK:
        return NO_ARRIVAL if tx.run(_PUT_CHUNK, *fields, parcel.data) else None
    row = tx.row(_PUT_BOX, *fields, parcel.data)
    return row[0] if row else None


def _stored(kind: Kind, row: Row) -> Stored:
    variant, prefix, expiry_hour, sequence, data, parcel_id = row
    return Stored(kind, ParcelId(parcel_id), variant, prefix, expiry_hour, _unsigned(kind, sequence), data)


def _unsigned(kind: Kind, sequence: int) -> int:
    return sequence + SIGN_SHIFT if kind is Kind.RECORD else 0
