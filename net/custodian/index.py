"""What a custodian holds, in three orders: by key for duplicates and repair, by arrival for readers, by pay for room.

The store has the parcels; this has 61 bytes of key, 73 of rank and 20 of log for each, so that nothing on the way of a
message waits for the disk. It is built from the store at start and after each sweep.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from hashlib import sha256
from typing import Final

from net.bucket import ADDRESS_BITS, ADDRESS_SIZE, Bucket, address_of
from net.custodian.eviction_order import EvictionOrder, key_on, rank_of, size_of, surplus_of
from net.ids import TAG_SIZE, ParcelId, Tag, tag_of
from net.messages import KEY_SIZE, RANGE_DIGEST_SIZE
from net.parcel.box import BOX_SIZE, ID_SIZE, PREFIX_BITS, VARIANT_SIZE
from net.parcel.record import RECORD_SIZES
from net.parcel.store import Kind, Name, ParcelStore, Stored

# Rows read from the store at a time while the index is built: small enough that SQLite's cache is not turned over.
_PAGE: Final = 1024

# The kinds that are served.
KINDS: Final = (Kind.BOX, Kind.RECORD)

_ID_AT: Final = 1 + ADDRESS_SIZE
_VARIANT_AT: Final = _ID_AT + ID_SIZE
_SEQUENCE_AT: Final = _VARIANT_AT + VARIANT_SIZE
_END: Final = b"\xff" * (KEY_SIZE + 1)


def key_of(kind: Kind, address: int, parcel_id: bytes, variant: bytes, sequence: int) -> bytes:
    """Return the name by which custodians compare: kind ‖ address ‖ id ‖ variant ‖ sequence."""
    return (
        bytes([kind.value]) + address.to_bytes(ADDRESS_SIZE, "big") + parcel_id + variant + sequence.to_bytes(8, "big")
    )


def stored_key(stored: Stored) -> bytes:
    """Return a parcel's key."""
    return key_of(stored.kind, stored.address, stored.parcel_id, stored.variant, stored.sequence)


def name_in(key: bytes) -> Name:
    """Return how the store calls the parcel with this key."""
    return Name(Kind(key[0]), ParcelId(key[_ID_AT:_VARIANT_AT]), key[_VARIANT_AT:_SEQUENCE_AT])


def id_part(key: bytes) -> bytes:
    """Return the part of a key that all variants of a parcel share: kind ‖ address ‖ id."""
    return key[:_VARIANT_AT]


def sequence_of(key: bytes) -> int:
    """Return a key's sequence number."""
    return int.from_bytes(key[_SEQUENCE_AT:], "big")


def key_ranges(bucket: Bucket) -> list[tuple[bytes, bytes]]:
    """Return the ranges of keys that lie in a bucket, one for each kind."""
    first, beyond = bucket.bounds()
    return [(_bound(kind.value, first), _bound(kind.value, beyond)) for kind in KINDS]


def _bound(kind: int, address: int) -> bytes:
    if address >> ADDRESS_BITS:
        return bytes([kind + 1])
    return bytes([kind]) + address.to_bytes(ADDRESS_SIZE, "big")


class TagLog:
    """(arrival, tag, prefix) of every box held, in order of arrival."""

    def __init__(self) -> None:
        self._arrivals = array("Q")
        self._prefixes = array("L")
        self._tags = bytearray()
        self.last_arrival = 0

    def append(self, arrival: int, tag: Tag, prefix: int) -> None:
        """Add the newest box."""
        self._arrivals.append(arrival)
        self._prefixes.append(prefix)
        self._tags += tag
        self.last_arrival = arrival

    def count_after(self, arrival: int) -> int:
        """Return how many boxes came after this one."""
        return len(self._arrivals) - bisect_right(self._arrivals, arrival)

    def page(self, after: int, prefix: int, width: int, limit: int) -> tuple[bytes, int, bool]:
        """Return (tags end to end, arrival reached, whether that is the end) of up to ``limit`` boxes after ``after``."""
        start = bisect_right(self._arrivals, after)
        stop = min(start + limit, len(self._arrivals))
        reached = self._arrivals[stop - 1] if stop > start else max(after, self.last_arrival)
        is_end = stop == len(self._arrivals)
        if width == 0:
            return bytes(self._tags[start * TAG_SIZE : stop * TAG_SIZE]), reached, is_end
        shift = PREFIX_BITS - width
        tags = b"".join(
            self._tags[at * TAG_SIZE : (at + 1) * TAG_SIZE]
            for at in range(start, stop)
            if self._prefixes[at] >> shift == prefix >> shift
        )
        return tags, reached, is_end

    def __len__(self) -> int:
        return len(self._arrivals)


class SortedKeys:
    """Keys in order, and what custodians compare of them: counts and digests of ranges."""

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = keys

    def __contains__(self, key: bytes) -> bool:
        at = bisect_left(self._keys, key)
        return at < len(self._keys) and self._keys[at] == key

    def keys(self, low: bytes, high: bytes) -> list[bytes]:
        """Return the keys in [low, high); an empty ``high`` means to the end."""
        start, stop = self._bounds(low, high)
        return self._keys[start:stop]

    def count(self, low: bytes, high: bytes) -> int:
        """Return how many keys lie in [low, high)."""
        start, stop = self._bounds(low, high)
        return max(stop - start, 0)

    def digest(self, low: bytes, high: bytes) -> bytes:
        """Return 16 bytes that two custodians share just when they hold the same in [low, high)."""
        return sha256(b"".join(self.keys(low, high))).digest()[:RANGE_DIGEST_SIZE]

    def split(self, low: bytes, high: bytes, parts: int) -> list[tuple[bytes, bytes]]:
        """Cut [low, high) into ``parts`` ranges of about as many keys each: (end, digest) in order."""
        start, stop = self._bounds(low, high)
        cuts = [self._keys[start + (stop - start) * part // parts] for part in range(1, parts)]
        ends = [*cuts, high]
        return [(end, self.digest(begin, end)) for begin, end in zip([low, *cuts], ends, strict=True)]

    def _bounds(self, low: bytes, high: bytes) -> tuple[int, int]:
        return bisect_left(self._keys, low), bisect_left(self._keys, high or _END)

    def snapshot(self, low: bytes, high: bytes) -> SortedKeys:
        """Return the keys in [low, high) as they are now, for another thread."""
        return SortedKeys(self.keys(low, high))


class Index(SortedKeys):
    """Keys in order, the tag log, and a ladder for each size of parcels."""

    def __init__(self) -> None:
        super().__init__([])
        self._ranks: list[bytes] = []  # of each key
        self.log = TagLog()
        self._ladders = {size: EvictionOrder() for size in (BOX_SIZE, *RECORD_SIZES)}
        self._records: dict[bytes, bytes] = {}  # the rank of each, by kind ‖ address ‖ id

    @property
    def parcels(self) -> int:
        """How many parcels are held."""
        return len(self._keys)

    @property
    def size(self) -> int:
        """Their bytes."""
        return sum(eviction_order.size for eviction_order in self._ladders.values())

    def eviction_order(self, size: int) -> EvictionOrder:
        """Return what is held of one size, the least paid for first; boxes and records have none in common."""
        return self._ladders[size]

    def variants(self, part: bytes) -> list[bytes]:
        """Return the keys that begin with ``part``, an ``id_part``."""
        return self.keys(part, part + b"\xff" * (VARIANT_SIZE + 8 + 1))

    def takes_own_place(self, stored: Stored) -> bool:
        """Say whether a parcel would take the place of itself, or a record that of an older one of its size."""
        key = stored_key(stored)
        rank = self._records.get(id_part(key))
        return key in self or (rank is not None and size_of(rank) == len(stored.data))

    def surplus(self, key: bytes) -> int | None:
        """Return what a parcel was paid, None when it is not held."""
        at = bisect_left(self._keys, key)
        return surplus_of(self._ranks[at]) if at < len(self._keys) and self._keys[at] == key else None

    def add(self, stored: Stored, arrival: int) -> None:
        """Note what the store has just taken under a number; a record takes the place of the one before."""
        key = stored_key(stored)
        rank = rank_of(stored.surplus, arrival, len(stored.data), key)
        if key in self:  # the same with more work
            self._reprice(key, rank)
            return
        if stored.kind is Kind.RECORD:
            if old := self._records.get(id_part(key)):
                self.discard(old)
            self._records[id_part(key)] = rank
        at = bisect_left(self._keys, key)
        self._keys.insert(at, key)
        self._ranks.insert(at, rank)
        self._ladders[len(stored.data)].add(rank)
        if stored.kind is Kind.BOX:
            self.log.append(arrival, tag_of(stored.parcel_id), stored.prefix)

    def _reprice(self, key: bytes, rank: bytes) -> None:
        at = bisect_left(self._keys, key)
        eviction_order = self._ladders[size_of(rank)]
        eviction_order.remove(self._ranks[at])
        eviction_order.add(rank)
        self._ranks[at] = rank
        if id_part(key) in self._records:
            self._records[id_part(key)] = rank

    def discard(self, rank: bytes) -> None:
        """Forget a parcel, if it is there. A box's tag stays in the log until the index is read anew."""
        key = key_on(rank)
        at = bisect_left(self._keys, key)
        if at < len(self._keys) and self._keys[at] == key:
            del self._keys[at]
            self._ladders[size_of(rank)].remove(self._ranks.pop(at))
            self._records.pop(id_part(key), None)

    @classmethod
    def load(cls, store: ParcelStore, last_arrival: int) -> Index:
        """Read everything a store holds; blocks. ``last_arrival`` is the highest number known to have been given."""
        index = cls()
        ranks = index._load_boxes(store) + index._load_records(store)
        of_size: dict[int, list[bytes]] = {size: [] for size in index._ladders}
        for rank in ranks:
            of_size.setdefault(size_of(rank), []).append(rank)
        index._ladders = {size: EvictionOrder(each) for size, each in of_size.items()}
        index._ranks = sorted(ranks, key=key_on)
        index._keys += map(key_on, index._ranks)
        index.log.last_arrival = max(index.log.last_arrival, last_arrival)
        return index

    def _load_boxes(self, store: ParcelStore) -> list[bytes]:
        ranks: list[bytes] = []
        while boxes := store.boxes_after(self.log.last_arrival, _PAGE):
            for box in boxes:
                key = key_of(Kind.BOX, box.prefix, box.parcel_id, box.variant, 0)
                ranks.append(rank_of(box.surplus, box.arrival, BOX_SIZE, key))
                self.log.append(box.arrival, tag_of(box.parcel_id), box.prefix)
        return ranks

    def _load_records(self, store: ParcelStore) -> list[bytes]:
        after = b""
        while records := store.records_after(after, _PAGE):
            for record in records:
                after = record.parcel_id
                key = key_of(Kind.RECORD, address_of(after), after, record.variant, record.sequence)
                self._records[id_part(key)] = rank_of(record.surplus, record.arrival, record.size, key)
        return list(self._records.values())
