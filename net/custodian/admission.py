"""What a custodian takes, and why it refuses the rest; ``room`` then says whether there is a place for it.

Checks go from free to dear, so that a flood of rubbish costs its sender more than us: length and version, expiry, prefix,
exact duplicate, proof of work, signature, variants. A duplicate is *stored*: a depositor who comes again wants to hear just
that. One that carries at least twice the work takes the place of what is held: it was paid for to stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from net.bucket import Bucket
from net.custodian.index import Index, id_part, key_of, sequence_of, stored_key
from net.errors import DecodeError
from net.events import Verdict
from net.numbers import MAX_VARIANTS
from net.parcel.box import appraise_box, check_box_terms, decode_box, may_be_paid, yardstick
from net.parcel.record import appraise_record, check_record_terms, decode_record, week_of
from net.parcel.store import Kind, Stored
from net.parcel.work import WorkPrice, is_dearer, work_digest

Examined = tuple[Verdict, Stored | None]
# The keys that begin with an ``id_part`` of what is admitted and not committed yet: ``Intake.variants``.
Waiting = Callable[[bytes], set[bytes]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked at the moment: the hour, and the addresses that are kept.

    ``coverage``: the width of the network's buckets, where the scope is wider.
    """

    hour: int
    scope: Bucket
    coverage: int = 0


@dataclass(frozen=True, slots=True)
class Admission:
    """Examines parcels at one price."""

    price: WorkPrice

    def may_be_paid(self, box: bytes) -> bool:
        """Say at the cost of one trial whether a box may have been paid in full."""
        try:
            return may_be_paid(decode_box(box), self.price)
        except DecodeError:
            return False

    def examine(self, kind: Kind, data: bytes, terms: Terms, index: Index, waiting: Waiting) -> Examined:
        """Return (STORED, the parcel to commit), (STORED, None) for what is held, or (why not, None)."""
        try:
            if kind is Kind.BOX:
                return self._examine_box(data, terms, index, waiting)
            if kind is Kind.RECORD:
                return self._examine_record(data, terms, index, waiting)
        except DecodeError:
            pass
        return Verdict.MALFORMED, None

    def _examine_box(self, data: bytes, terms: Terms, index: Index, waiting: Waiting) -> Examined:
        box = decode_box(data)
        if refusal := check_box_terms(box, terms.hour, terms.scope, terms.coverage):
            return refusal, None
        variant = box.variant()
        key = key_of(Kind.BOX, box.prefix, box.box_id, variant, 0)
        held = index.surplus(key)
        if held is not None and not is_dearer(work_digest(box.fields()), box.work, yardstick(self.price), held):
            return Verdict.STORED, None
        stored = Stored(Kind.BOX, box.box_id, variant, box.prefix, box.expiry_hour, 0, data)
        on_the_way = waiting(id_part(key))
        if key in on_the_way:
            return Verdict.STORED, stored  # checked a moment ago
        surplus = appraise_box(box, terms.hour, self.price)
        if isinstance(surplus, Verdict):
            return surplus, None
        if held is None and len(on_the_way) + len(index.variants(id_part(key))) >= MAX_VARIANTS:
            return Verdict.CROWDED, None
        return Verdict.STORED, replace(stored, surplus=surplus)

    def _examine_record(self, data: bytes, terms: Terms, index: Index, waiting: Waiting) -> Examined:
        record = decode_record(data)
        if refusal := check_record_terms(record, terms.hour, terms.scope):
            return refusal, None
        stored = Stored(Kind.RECORD, record.record_id, record.variant(), 0, record.expiry_hour, record.sequence, data)
        key = stored_key(stored)
        held = index.surplus(key)
        week = week_of(len(data), self.price)
        if held is not None and not is_dearer(work_digest(record.fields()), record.work, week, held):
            return Verdict.STORED, None
        on_the_way = waiting(id_part(key))
        if key in on_the_way:
            return Verdict.STORED, stored  # checked a moment ago
        others = (*index.variants(id_part(key)), *on_the_way) if held is None else ()
        if any(sequence_of(other) >= record.sequence for other in others):
            return Verdict.STALE, None
        surplus = appraise_record(record, terms.hour, self.price)
        if isinstance(surplus, Verdict):
            return surplus, None
        return Verdict.STORED, replace(stored, surplus=surplus)
