"""What a custodian holds, in memory and in two orders: by key for duplicates and repair, by arrival for readers.

The store has the parcels; this has 57 bytes of key and 20 bytes of log for each, so that nothing on the way of a message
waits for the disk. It is built from the store at start and after each sweep.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from hashlib import sha256
from typing import Final

from net.ids import TAG_SIZE, ParcelId, Tag, tag_of
from net.messages import KEY_SIZE, RANGE_DIGEST_SIZE
from net.parcel.box import ID_SIZE, PREFIX_BITS, VARIANT_SIZE
from net.store import Kind, ParcelStore, Stored

# Rows read from the store at a time while the index is built: small enough that SQLite's cache is not turned over.
_PAGE: Final = 1024

_END: Final = b"\xff" * (KEY_SIZE + 1)


def key_of(kind: Kind, parcel_id: bytes, variant: bytes, sequence: int) -> bytes:
    """Return the name by which custodians compare: kind ‖ id ‖ variant ‖ sequence."""
    return bytes([kind.value]) + parcel_id + variant + sequence.to_bytes(8, "big")


def stored_key(stored: Stored) -> bytes:
    """Return a parcel's key."""
    return key_of(stored.kind, stored.parcel_id, stored.variant, stored.sequence)


def id_part(key: bytes) -> bytes:
    """Return the part of a key that all variants of a parcel share: kind ‖ id."""
    return key[: 1 + ID_SIZE]


def sequence_of(key: bytes) -> int:
    """Return a key's sequence number."""
    return int.from_bytes(key[-8:], "big")


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


class Index:
    """Keys in order, and the tag log. ``parcels`` and ``size`` are the store's usage."""

    def __init__(self) -> None:
        self.log = TagLog()
        self.parcels = 0
        self.size = 0
        self._keys: list[bytes] = []

    def __contains__(self, key: bytes) -> bool:
        at = bisect_left(self._keys, key)
        return at < len(self._keys) and self._keys[at] == key

    def variants(self, kind: Kind, parcel_id: ParcelId) -> list[bytes]:
        """Return the keys of one id."""
        first = bytes([kind.value]) + parcel_id
        return self.keys(first, first + b"\xff" * (VARIANT_SIZE + 8 + 1))

    def add(self, stored: Stored, arrival: int | None) -> None:
        """Note what the store has just taken; a record takes the place of the one before."""
        if stored.kind is Kind.RECORD:
            for old in self.variants(stored.kind, stored.parcel_id):
                self._keys.remove(old)
                self.parcels -= 1
        insort(self._keys, stored_key(stored))
        self.parcels += 1
        self.size += len(stored.data)
        if stored.kind is Kind.BOX and arrival is not None:
            self.log.append(arrival, tag_of(stored.parcel_id), stored.prefix)

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

    @classmethod
    def load(cls, store: ParcelStore, last_arrival: int) -> Index:
        """Read everything a store holds; blocks. ``last_arrival`` is the highest number known to have been given."""
        index = cls()
        for kind in (Kind.BOX, Kind.RECORD):
            after = b""
            while rows := store.summary(kind, after, _PAGE):
                index._keys += [key_of(kind, *row) for row in rows]
                after = rows[-1][0] + rows[-1][1]
        arrival = 0
        while entries := store.tags_after(arrival, _PAGE):
            for arrival, tag, prefix in entries:
                index.log.append(arrival, tag, prefix)
        index.log.last_arrival = max(index.log.last_arrival, last_arrival)
        index.parcels, index.size = store.usage()
        return index
