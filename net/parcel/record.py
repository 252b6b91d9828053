"""Record: the rewritable parcel, for invitation bundles and personal data (``docs/PROTOCOL.md`` 2).

The highest sequence number wins, everywhere; a custodian keeps nothing else of an id. Like a box it is signed by a
blinded key that is its id, so that custodians can refuse strangers' writes without knowing whose record it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from net.bucket import Bucket, address_of
from net.codec import Reader, uint
from net.errors import DecodeError, UnknownVersion
from net.events import Verdict
from net.ids import ParcelId
from net.parcel.box import ID_SIZE, UNPAID_HOURS, VARIANT_SIZE
from net.parcel.work import (
    FULL_PRICE,
    MAX_SURPLUS,
    NONCE_SIZE,
    PUZZLES,
    WORK_SIZE,
    WorkPrice,
    appraise,
    required_work,
    work_digest,
)
from net.primitives import SIGNATURE_SIZE, verify_signature

LABEL_RECORD: Final = b"sottovoce/v1/record"

VERSION: Final = 1
# Bytes of ciphertext, tag included: few classes, so that a record's size says little about it.
CIPHERTEXT_SIZES: Final = (1024, 4096, 16384, 65536)
_FRAME_SIZE: Final = 1 + ID_SIZE + 8 + 4 + WORK_SIZE + SIGNATURE_SIZE
RECORD_SIZES: Final = tuple(_FRAME_SIZE + size for size in CIPHERTEXT_SIZES)
MAX_RECORD_SIZE: Final = RECORD_SIZES[-1]

# Ninety days, and two hours for clocks that differ.
MAX_RECORD_HOURS: Final = 90 * 24 + UNPAID_HOURS
# What a record paid is measured against, whatever its own time: a week, which most invitations live.
YARDSTICK_HOURS: Final = 7 * 24


@dataclass(frozen=True, slots=True)
class Record:
    """A decoded record. Sizes are those of the layout; the signature is not checked yet."""

    record_id: ParcelId
    sequence: int
    expiry_hour: int
    work: tuple[int, ...]
    ciphertext: bytes
    signature: bytes

    def fields(self) -> bytes:
        """Return the fields that the work and the signature cover."""
        return _fields(self.record_id, self.sequence, self.expiry_hour, self.ciphertext)

    def variant(self) -> bytes:
        """Return 16 bytes that tell two contents of one id apart."""
        return sha256(self.fields() + self.signature).digest()[:VARIANT_SIZE]


def signed_fields(record_id: ParcelId, sequence: int, expiry_hour: int, ciphertext: bytes) -> bytes:
    """Return the bytes that the owner of ``record_id`` signs."""
    return LABEL_RECORD + _fields(record_id, sequence, expiry_hour, ciphertext)


def record_digest(record_id: ParcelId, sequence: int, expiry_hour: int, ciphertext: bytes) -> bytes:
    """Return the digest to give to ``solve``."""
    return work_digest(_fields(record_id, sequence, expiry_hour, ciphertext))


def record_size(ciphertext_size: int) -> int:
    """Return a record's bytes on the wire, which ``required_work`` asks for."""
    return _FRAME_SIZE + ciphertext_size


def encode_record(record: Record) -> bytes:
    """Return a record's bytes. Fields of a wrong size are our own bug: ``ValueError``."""
    nonces = b"".join(uint(nonce, NONCE_SIZE) for nonce in record.work)
    head = record.fields()[: -len(record.ciphertext)]
    data = head + nonces + record.ciphertext + record.signature
    if len(data) not in RECORD_SIZES:
        raise ValueError("record: size of a field")
    return data


def decode_record(data: bytes) -> Record:
    """Take a record apart. Raises ``DecodeError`` on a wrong length, ``UnknownVersion``; checks nothing else."""
    reader = Reader(data, "record")
    if reader.uint(1) != VERSION:
        raise UnknownVersion("record: version")
    if len(data) not in RECORD_SIZES:
        raise DecodeError("record: length")
    return Record(
        record_id=ParcelId(reader.take(ID_SIZE)),
        sequence=reader.uint(8),
        expiry_hour=reader.uint(4),
        work=tuple(reader.uint(NONCE_SIZE) for _ in range(PUZZLES)),
        ciphertext=reader.take(len(data) - _FRAME_SIZE),
        signature=reader.take(SIGNATURE_SIZE),
    )


def check_record_terms(record: Record, hour: int, scope: Bucket) -> Verdict | None:
    """Check what costs nothing: the expiry against network time ``hour``, and that the record belongs into ``scope``."""
    if not hour <= record.expiry_hour <= hour + MAX_RECORD_HOURS:
        return Verdict.EXPIRY
    return None if scope.covers(address_of(record.record_id)) else Verdict.PREFIX


def appraise_record(record: Record, hour: int, price: WorkPrice = FULL_PRICE) -> Verdict | int:
    """Check the work and then the signature; return its surplus, measured against a record of its size for a week."""
    size = record_size(len(record.ciphertext))
    work = required_work(size, record.expiry_hour - hour - UNPAID_HOURS, price)
    surplus = appraise(work_digest(record.fields()), record.work, work, week_of(size, price))
    if surplus is None:
        return Verdict.WORK
    return surplus if is_signed(record) else Verdict.SIGNATURE


def asked_work(size: int, hours: int, price: WorkPrice, factor: int) -> float:
    """Return the work of a record of ``size`` bytes where custodians ask for ``factor`` times a week's; 0: nothing more.

    No owner pays less than for the hours of the record itself.
    """
    return max(required_work(size, hours, price), factor * week_of(size, price))


def surplus_of_record(record: Record, price: WorkPrice) -> int | None:
    """Return what a record carries, in doublings of a week's price; None when that is next to nothing."""
    week = week_of(record_size(len(record.ciphertext)), price)
    return appraise(work_digest(record.fields()), record.work, week / 2**MAX_SURPLUS, week)


def week_of(size: int, price: WorkPrice) -> float:
    """Return the work of a record of ``size`` bytes for a week, by which what was paid is measured."""
    return required_work(size, YARDSTICK_HOURS, price)


def is_signed(record: Record) -> bool:
    """Say whether the owner of the id wrote this record."""
    return verify_signature(record.record_id, record.signature, LABEL_RECORD + record.fields())


def _fields(record_id: ParcelId, sequence: int, expiry_hour: int, ciphertext: bytes) -> bytes:
    return uint(VERSION, 1) + record_id + uint(sequence, 8) + uint(expiry_hour, 4) + ciphertext
