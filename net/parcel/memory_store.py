"""A custodian's store in memory: for simulations, for nodes that keep nothing over a restart, and as the store's model.

``snapshot`` and ``restore`` stand for a disk put back from an old copy.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field, replace

from net.ids import TAG_SIZE, ParcelId, Tag
from net.parcel.store import HeldBox, HeldRecord, KeptBox, Kind, Name, Stored


@dataclass(slots=True)
class Snapshot:
    """Everything a store holds; opaque to all but ``MemoryStore``."""

    last_arrival: int = 0
    parcels: dict[Kind, dict[bytes, dict[bytes, Stored]]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    arrivals: dict[int, tuple[bytes, bytes]] = field(default_factory=dict[int, tuple[bytes, bytes]])
    numbers: dict[tuple[bytes, bytes], int] = field(default_factory=dict[tuple[bytes, bytes], int])
    records: dict[bytes, int] = field(default_factory=dict[bytes, int])


class MemoryStore:
    """``ParcelStore`` without a disk."""

    def __init__(self) -> None:
        self._contents = Snapshot()
        self._order: dict[Kind, list[bytes]] = {kind: [] for kind in Kind}  # ids
        self._size = 0
        self._count = 0

    def put(self, parcels: list[Stored]) -> list[int | None]:
        """Keep parcels; give the number of each box and record, None for what was left as it was."""
        return [self._put(parcel) for parcel in parcels]

    def delete(self, names: list[Name]) -> int:
        """Delete parcels, those that are there; return how many."""
        found = [
            stored
            for kind, parcel_id, variant in dict.fromkeys(names)
            if (stored := self._contents.parcels[kind].get(parcel_id, {}).get(variant))
        ]
        for stored in found:
            self._remove(stored)
        return len(found)

    def get(self, kind: Kind, parcel_id: ParcelId) -> list[Stored]:
        """Return every variant of an id, in order of variant."""
        variants = self._contents.parcels[kind].get(parcel_id, {})
        return [variants[variant] for variant in sorted(variants)]

    def by_tag(self, tags: list[Tag]) -> list[Stored]:
        """Return all boxes whose id starts with one of the tags, in order of (id, variant) for each tag."""
        order = self._order[Kind.BOX]
        found: list[Stored] = []
        for tag in dict.fromkeys(tags):
            at = bisect_left(order, tag)
            while at < len(order) and order[at][:TAG_SIZE] == tag:
                found += self.get(Kind.BOX, ParcelId(order[at]))
                at += 1
        return found

    def boxes_after(self, arrival: int, limit: int) -> list[HeldBox]:
        """Return up to ``limit`` boxes that arrived after ``arrival``, oldest first."""
        found = [(number, name) for number, name in self._contents.arrivals.items() if number > arrival]
        boxes = self._contents.parcels[Kind.BOX]
        held = [(number, boxes[parcel_id][variant]) for number, (parcel_id, variant) in found[:limit]]
        return [HeldBox(n, s.parcel_id, s.variant, s.prefix, s.expiry_hour, s.surplus) for n, s in held]

    def records_after(self, record_id: bytes, limit: int) -> list[HeldRecord]:
        """Return up to ``limit`` records in order of their ids, from beyond ``record_id`` (empty: from the first)."""
        order = self._order[Kind.RECORD]
        start = bisect_right(order, record_id)
        held = [s for each in order[start : start + limit] for s in self.get(Kind.RECORD, ParcelId(each))]
        numbers = self._contents.records
        return [
            HeldRecord(numbers[s.parcel_id], s.parcel_id, s.variant, s.sequence, s.expiry_hour, s.surplus, len(s.data))
            for s in held
        ]

    def kept(self) -> list[KeptBox]:
        """Return all boxes that are kept for friends, in order of (id, variant)."""
        held = [s for each in self._order[Kind.KEPT] for s in self.get(Kind.KEPT, ParcelId(each))]
        return [KeptBox(s.parcel_id, s.variant, s.prefix, s.expiry_hour) for s in held]

    def expire(self, hour: int) -> int:
        """Delete everything whose expiry hour is at or before ``hour``; return how many."""
        gone = [
            stored
            for by_id in self._contents.parcels.values()
            for variants in by_id.values()
            for stored in variants.values()
            if stored.expiry_hour <= hour
        ]
        for stored in gone:
            self._remove(stored)
        return len(gone)

    def usage(self) -> tuple[int, int]:
        """Return (parcels, bytes) held."""
        return self._count, self._size

    def snapshot(self) -> Snapshot:
        """Return a copy of everything, for ``restore``."""
        return _copy(self._contents)

    def restore(self, snapshot: Snapshot) -> None:
        """Become what ``snapshot`` was: later parcels are gone, and later arrival numbers will be given again."""
        self._contents = contents = _copy(snapshot)
        self._order = {kind: sorted(by_id) for kind, by_id in contents.parcels.items()}
        held = [s for by_id in contents.parcels.values() for variants in by_id.values() for s in variants.values()]
        self._count, self._size = len(held), sum(len(stored.data) for stored in held)

    def _put(self, parcel: Stored) -> int | None:
        variants = self._contents.parcels[parcel.kind].get(parcel.parcel_id, {})
        if parcel.variant in variants:
            return self._pay(parcel, variants)
        if parcel.kind is Kind.RECORD:
            return self._put_record(parcel, list(variants.values()))
        self._insert(parcel)
        if parcel.kind is not Kind.BOX:
            return 0
        contents = self._contents
        contents.last_arrival += 1
        name = parcel.parcel_id, parcel.variant
        contents.arrivals[contents.last_arrival] = name
        contents.numbers[name] = contents.last_arrival
        return contents.last_arrival

    def _pay(self, parcel: Stored, variants: dict[bytes, Stored]) -> int | None:
        """Take the same parcel with more work."""
        held = variants[parcel.variant]
        if (
            parcel.kind not in (Kind.BOX, Kind.RECORD)
            or parcel.surplus <= held.surplus
            or parcel.sequence != held.sequence
        ):
            return None
        variants[parcel.variant] = replace(held, data=parcel.data, surplus=parcel.surplus)
        contents = self._contents
        if parcel.kind is Kind.RECORD:
            return contents.records[parcel.parcel_id]
        return contents.numbers[parcel.parcel_id, parcel.variant]

    def _put_record(self, parcel: Stored, before: list[Stored]) -> int | None:
        if any(old.sequence >= parcel.sequence for old in before):
            return None
        contents = self._contents
        number = contents.records.get(parcel.parcel_id)
        if number is None:
            number = max(contents.records.values(), default=0) + 1
        for old in before:
            self._remove(old)
        self._insert(parcel)
        contents.records[parcel.parcel_id] = number
        return number

    def _insert(self, parcel: Stored) -> None:
        by_id = self._contents.parcels[parcel.kind]
        if parcel.parcel_id not in by_id:
            by_id[parcel.parcel_id] = {}
            insort(self._order[parcel.kind], parcel.parcel_id)
        by_id[parcel.parcel_id][parcel.variant] = parcel
        self._count += 1
        self._size += len(parcel.data)

    def _remove(self, stored: Stored) -> None:
        by_id = self._contents.parcels[stored.kind]
        del by_id[stored.parcel_id][stored.variant]
        if not by_id[stored.parcel_id]:
            del by_id[stored.parcel_id]
            order = self._order[stored.kind]
            del order[bisect_left(order, stored.parcel_id)]
        if stored.kind is Kind.BOX:
            del self._contents.arrivals[self._contents.numbers.pop((stored.parcel_id, stored.variant))]
        elif stored.kind is Kind.RECORD:
            del self._contents.records[stored.parcel_id]
        self._count -= 1
        self._size -= len(stored.data)


def _copy(contents: Snapshot) -> Snapshot:
    parcels = {
        kind: {parcel_id: dict(variants) for parcel_id, variants in by_id.items()}
        for kind, by_id in contents.parcels.items()
    }
    return Snapshot(
        contents.last_arrival,
        parcels,
        dict(contents.arrivals),
        dict(contents.numbers),
        dict(contents.records),
    )
