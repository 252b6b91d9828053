"""What a custodian takes, and why it refuses the rest.

Checks go from free to dear, so that a flood of rubbish costs its sender more than us: length and version, expiry, prefix,
exact duplicate, proof of work, signature, quota. A duplicate is *stored*: whoever deposits again wants to hear just that.

When the quota is reached, deposits are refused rather than old parcels evicted: a flood that pays could otherwise push out
mail that was promised a time. Expiry makes room within two days.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Protocol

from net.custodian.index import Index, key_of, sequence_of, stored_key
from net.errors import DecodeError
from net.events import Verdict
from net.ids import ParcelId
from net.parcel.box import check_box_proof, check_box_terms, decode_box
from net.parcel.record import check_record_proof, check_record_terms, decode_record
from net.parcel.work import WorkPrice
from net.store import Kind, Stored

# Variants of one box id: the true one must find room though the other holder of a shared-write slot wrote first.
MAX_VARIANTS: Final = 4


@dataclass(frozen=True, slots=True)
class Quota:
    """What a custodian gives to strangers. A parcel also costs about 200 bytes of memory."""

    parcels: int = 65536
    size: int = 256 * 1024 * 1024  # bytes


class Waiting(Protocol):
    """What has been admitted and is not committed yet."""

    parcels: int
    size: int

    def variants(self, kind: Kind, parcel_id: ParcelId) -> Collection[bytes]:
        """Return the keys of one id."""
        ...


Examined = tuple[Verdict, Stored | None]


@dataclass(frozen=True, slots=True)
class Admission:
    """The terms of one custodian. ``bits`` of a box's prefix are in use."""

    price: WorkPrice
    bits: int
    quota: Quota

    def examine(self, kind: Kind, data: bytes, hour: int, index: Index, waiting: Waiting) -> Examined:
        """Return (STORED, the parcel to commit), (STORED, None) for a duplicate, or (why not, None)."""
        try:
            verdict, stored = self._check(kind, data, hour, index, waiting)
        except DecodeError:
            return Verdict.MALFORMED, None
        if stored is None:
            return verdict, None
        if index.parcels + waiting.parcels >= self.quota.parcels or index.size + waiting.size >= self.quota.size:
            return Verdict.FULL, None
        return Verdict.STORED, stored

    def _check(self, kind: Kind, data: bytes, hour: int, index: Index, waiting: Waiting) -> Examined:
        if kind is Kind.BOX:
            return self._check_box(data, hour, index, waiting)
        if kind is Kind.RECORD:
            return self._check_record(data, hour, index)
        return Verdict.MALFORMED, None

    def _check_box(self, data: bytes, hour: int, index: Index, waiting: Waiting) -> Examined:
        box = decode_box(data)
        if refusal := check_box_terms(box, hour, self.bits):
            return refusal, None
        stored = Stored(Kind.BOX, box.box_id, box.variant(), box.prefix, box.expiry_hour, 0, data)
        if stored_key(stored) in index:
            return Verdict.STORED, None
        rivals = waiting.variants(Kind.BOX, box.box_id)
        if stored_key(stored) in rivals:
            return Verdict.STORED, stored  # checked a moment ago
        if refusal := check_box_proof(box, hour, self.price):
            return refusal, None
        if len(rivals) + len(index.variants(Kind.BOX, box.box_id)) >= MAX_VARIANTS:
            return Verdict.CROWDED, None
        return Verdict.STORED, stored

    def _check_record(self, data: bytes, hour: int, index: Index) -> Examined:
        record = decode_record(data)
        if refusal := check_record_terms(record, hour):
            return refusal, None
        variant = record.variant()
        if key_of(Kind.RECORD, record.record_id, variant, record.sequence) in index:
            return Verdict.STORED, None
        held = index.variants(Kind.RECORD, record.record_id)
        if any(sequence_of(key) >= record.sequence for key in held):
            return Verdict.STALE, None
        if refusal := check_record_proof(record, hour, self.price):
            return refusal, None
        return Verdict.STORED, Stored(
            Kind.RECORD, record.record_id, variant, 0, record.expiry_hour, record.sequence, data
        )
