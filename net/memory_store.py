"""A custodian's store in memory: for simulations, for nodes that keep nothing over a restart, and as the store's model.

``snapshot`` and ``restore`` stand for a disk put back from an old copy.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass, field

from net.ids import TAG_SIZE, ParcelId, Tag, tag_of
from net.store import Kind, Stored


@dataclass(slots=True)
class Snapshot:
    """Everything a store holds; opaque to all but ``MemoryStore``."""

    run: bytes
    last_arrival: int = 0
    parcels: dict[Kind, dict[bytes, dict[bytes, Stored]]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    arrivals: dict[int, tuple[Tag, int, bytes, bytes]] = field(default_factory=dict[int, tuple[Tag, int, bytes, bytes]])


class MemoryStore:
    """``ParcelStore`` without a disk. ``random(n)`` gives the run id."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._contents = Snapshot(random(8))
        self._order: dict[Kind, list[bytes]] = {kind: [] for kind in Kind}
        self._size = 0
        self._count = 0

    def run_id(self) -> bytes:
        """Return the 8 random bytes drawn when this store was created."""
        return self._contents.run

    def put(self, parcels: list[Stored]) -> list[int | None]:
        """Keep parcels; give each box's arrival number, 0 for other kinds, None for what was left as it was."""
        return [self._put(parcel) for parcel in parcels]

    def get(self, kind: Kind, parcel_id: ParcelId) -> list[Stored]:
        """Return every variant of an id, in order of variant."""
        variants = self._contents.parcels[kind].get(parcel_id, {})
        return [variants[variant] for variant in sorted(variants)]

    def by_tag(self, tags: list[Tag]) -> list[Stored]:
        """Return all boxes whose id starts with one of the tags, in order of (id, variant) for each tag."""
        order = self._order[Kind.BOX]
        ids = dict.fromkeys(
            order[at][:32]
            for tag in tags
            for at in range(bisect_right(order, tag), bisect_right(order, tag + b"\xff" * 48))
            if order[at][:TAG_SIZE] == tag
        )
        return [stored for parcel_id in ids for stored in self.get(Kind.BOX, ParcelId(parcel_id))]

    def tags_after(self, arrival: int, limit: int) -> list[tuple[int, Tag, int]]:
        """Return (arrival, tag, prefix) of up to ``limit`` boxes that arrived after ``arrival``, oldest first."""
        found = [(number, entry[0], entry[1]) for number, entry in self._contents.arrivals.items() if number > arrival]
        return found[:limit]

    def summary(self, kind: Kind, after: bytes, limit: int) -> list[tuple[ParcelId, bytes, int]]:
        """Return (id, variant, sequence) in order of (id, variant), from beyond the key ``after`` (id ‖ variant)."""
        order = self._order[kind]
        start = bisect_right(order, after)
        parcels = self._contents.parcels[kind]
        return [
            (ParcelId(key[:32]), key[32:], parcels[key[:32]][key[32:]].sequence) for key in order[start : start + limit]
        ]

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
        lost = {(stored.parcel_id, stored.variant) for stored in gone}
        arrivals = self._contents.arrivals
        for number in [n for n, entry in arrivals.items() if (entry[2], entry[3]) in lost]:
            del arrivals[number]
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
        self._order = {
            kind: sorted(i + v for i, variants in by_id.items() for v in variants)
            for kind, by_id in self._contents.parcels.items()
        }
        held = [s for by_id in contents.parcels.values() for variants in by_id.values() for s in variants.values()]
        self._count, self._size = len(held), sum(len(stored.data) for stored in held)

    def _put(self, parcel: Stored) -> int | None:
        variants = self._contents.parcels[parcel.kind].setdefault(parcel.parcel_id, {})
        if parcel.variant in variants:
            return None
        if parcel.kind is Kind.RECORD:
            for old in list(variants.values()):
                if old.sequence >= parcel.sequence:
                    return None
                self._remove(old)
            variants = self._contents.parcels[parcel.kind].setdefault(parcel.parcel_id, {})
        variants[parcel.variant] = parcel
        insort(self._order[parcel.kind], parcel.parcel_id + parcel.variant)
        self._count += 1
        self._size += len(parcel.data)
        if parcel.kind is not Kind.BOX:
            return 0
        self._contents.last_arrival += 1
        number = self._contents.last_arrival
        self._contents.arrivals[number] = (tag_of(parcel.parcel_id), parcel.prefix, parcel.parcel_id, parcel.variant)
        return number

    def _remove(self, stored: Stored) -> None:
        variants = self._contents.parcels[stored.kind][stored.parcel_id]
        del variants[stored.variant]
        if not variants:
            del self._contents.parcels[stored.kind][stored.parcel_id]
        self._order[stored.kind].remove(stored.parcel_id + stored.variant)
        self._count -= 1
        self._size -= len(stored.data)


def _copy(contents: Snapshot) -> Snapshot:
    parcels = {
        kind: {parcel_id: dict(variants) for parcel_id, variants in by_id.items()}
        for kind, by_id in contents.parcels.items()
    }
    return Snapshot(contents.run, contents.last_arrival, parcels, dict(contents.arrivals))
