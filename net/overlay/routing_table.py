"""Kademlia's table: the nodes that this one knows, few of the far and all of the near.

Nodes are kept in buckets by how many leading bits they share with us, at most k in each. Only nodes that we met on a link
enter: hearsay never does, it may only bring a newer descriptor of a node that is here already. An old node that answers
is never pushed out by a new one; who finds a bucket full waits in its cache of replacements and takes the place of the
first that falls silent. Both are what makes a table hard to take over: age cannot be bought, and an attack that begins
today finds the places taken.

Addresses are what an attacker with many names has few of, so nodes under one /16 (IPv4) or /32 (IPv6) are capped in each
bucket and in the whole table. Loopback and private addresses are exempt: a network in one room is no attack.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Final

from net.ids import Endpoint, NodeId, OverlayId
from net.instant import Instant
from net.messages import MAX_NODES_PER_ANSWER
from net.overlay.descriptor import Descriptor, is_current, place_of
from net.scope import Scope, public_network_of, scope_of

# Nodes in a bucket: Kademlia's k.
K: Final = MAX_NODES_PER_ANSWER
# Descriptors that an answer in one datagram tells of.
TOLD_AT_ONCE: Final = 5
ID_BITS: Final = 256
# Nodes under one address prefix, in a bucket and in the table.
MAX_PER_PREFIX_IN_BUCKET: Final = 2
MAX_PER_PREFIX_IN_TABLE: Final = 16
# Questions in a row without an answer, while others do answer, after which a node goes though no other takes its place.
MAX_FAILURES: Final = 3


@dataclass(slots=True)
class Entry:
    """A node in the table. ``heard_at``: when it last answered or was met, in monotonic seconds."""

    descriptor: Descriptor
    prefix: bytes | None  # None: not capped
    heard_at: float
    failures: int = 0


@dataclass(slots=True)
class _Bucket:
    """Entries in the order in which they came; replacements too, the latest last."""

    entries: dict[NodeId, Entry] = field(default_factory=dict[NodeId, Entry])
    replacements: dict[NodeId, Entry] = field(default_factory=dict[NodeId, Entry])
    looked_up_at: float = 0.0


class RoutingTable:
    """The table of the node at ``own``."""

    def __init__(self, own: OverlayId) -> None:
        self._own = place_of(own)
        self._buckets: dict[int, _Bucket] = {}
        self._index: dict[NodeId, int] = {}  # in which bucket an entry is
        self._per_prefix: Counter[bytes | None] = Counter()
        self._has_refused = False

    def __len__(self) -> int:
        return len(self._index)

    def __iter__(self) -> Iterator[Entry]:
        for bucket in self._buckets.values():
            yield from bucket.entries.values()

    @property
    def is_complete(self) -> bool:
        """Whether no node that was met was ever left out: then these are all, and can be counted."""
        return not self._has_refused and all(len(each.entries) < K for each in self._buckets.values())

    def siblings(self, bits: int) -> int:
        """Return how many nodes share just so many leading bits with us, as far as a bucket tells them.

        Those that are failing count until they are struck out: an outage of our own network makes none fewer.
        """
        bucket = self._buckets.get(ID_BITS - 1 - bits)
        return len(bucket.entries) if bucket else 0

    def get(self, node: NodeId) -> Entry | None:
        """Return a node's entry."""
        index = self._index.get(node)
        return None if index is None else self._buckets[index].entries.get(node)

    def on_descriptor(self, descriptor: Descriptor, seen_at: Endpoint, now: Instant) -> bool:
        """A node described itself over a link from ``seen_at``; return whether it is in the table now.

        A node that names another address than the public one it is seen at has yet to be reached there: what it names is
        what its prefix is taken from.
        """
        if not descriptor.is_reachable or descriptor.place == self._own:
            return False
        if scope_of(seen_at.host) is Scope.PUBLIC and seen_at.host != descriptor.endpoint.host:
            return False
        known = self.get(descriptor.node)
        if known and known.descriptor.place == descriptor.place and _prefix(descriptor) == known.prefix:
            known.descriptor, known.heard_at, known.failures = descriptor, now.mono, 0
            return True
        self.forget(descriptor.node)  # it moved
        return self._insert(Entry(descriptor, _prefix(descriptor), now.mono))

    def refresh(self, descriptor: Descriptor) -> None:
        """Take a newer descriptor of a node that is here. Its place is that of both its keys, so no other node made it."""
        entry = self.get(descriptor.node)
        if entry is None or descriptor.stamp <= entry.descriptor.stamp or not descriptor.is_reachable:
            return
        if descriptor.place == entry.descriptor.place and _prefix(descriptor) == entry.prefix:
            entry.descriptor = descriptor

    def on_answered(self, node: NodeId, now: Instant) -> None:
        """A node answered."""
        if entry := self.get(node):
            entry.heard_at, entry.failures = now.mono, 0

    def on_failed(self, node: NodeId, *, is_counted: bool) -> None:
        """A node did not answer. ``is_counted`` when others do, so that it cannot be our own network's fault."""
        index = self._index.get(node)
        if index is None:
            return
        bucket = self._buckets[index]
        entry = bucket.entries[node]
        entry.failures += 1
        if is_counted and (bucket.replacements or entry.failures >= MAX_FAILURES):
            self.forget(node)
            self._promote(bucket)

    def forget(self, node: NodeId) -> None:
        """Strike a node out."""
        index = self._index.pop(node, None)
        if index is not None:
            entry = self._buckets[index].entries.pop(node)
            self._per_prefix -= Counter((entry.prefix,))  # leaves no zeros
            self._buckets[index].replacements.pop(node, None)

    def leave_out(self, node: NodeId) -> None:
        """Strike a node out, wherever it waits."""
        self.forget(node)
        for bucket in self._buckets.values():
            bucket.replacements.pop(node, None)

    def closest(self, target: bytes, count: int = K) -> list[Descriptor]:
        """Return the nodes closest to ``target``, closest first, those that are failing only if there are few others."""
        place = place_of(target)
        sound = [entry.descriptor for entry in self if not entry.failures]
        if len(sound) < count:
            sound = [entry.descriptor for entry in self]
        return nearest(sound, place, count)

    def tell(self, target: bytes, epoch: int) -> list[Descriptor]:
        """Return what to tell others: the closest to ``target`` whose descriptor is current and who do answer."""
        fit = [each.descriptor for each in self if not each.failures and is_current(each.descriptor, epoch)]
        return nearest(fit, place_of(target), K)

    def quietest(self) -> Entry | None:
        """Return the entry that was heard from longest ago."""
        return min(self, key=lambda entry: entry.heard_at, default=None)

    def on_looked_up(self, target: bytes, now: Instant) -> None:
        """A lookup went to ``target``: the bucket there is fresh."""
        if bucket := self._buckets.get(self._index_of(place_of(target))):
            bucket.looked_up_at = now.mono

    def stale_bucket(self, before: float) -> int | None:
        """Return the farthest bucket that was not looked up since ``before``, among those that have a node in them."""
        return max(
            (i for i, each in self._buckets.items() if each.entries and each.looked_up_at < before), default=None
        )

    def target_in(self, index: int, rng: random.Random) -> bytes:
        """Return a random id that belongs in a bucket."""
        return (self._own ^ (1 << index) ^ rng.getrandbits(index)).to_bytes(ID_BITS // 8, "big")

    def _index_of(self, place: int) -> int:
        """Return which bucket a place belongs in: 255 for those that share no bit with us, and down from there."""
        return (place ^ self._own).bit_length() - 1

    def _insert(self, entry: Entry) -> bool:
        index = self._index_of(entry.descriptor.place)
        bucket = self._buckets.setdefault(index, _Bucket())
        if self._is_over_cap(entry, bucket.entries.values()):
            self._has_refused = True
            return False
        if len(bucket.entries) < K:
            self._place(entry, index)
            return True
        silent = next((each for each in bucket.entries.values() if each.failures), None)
        if silent is not None:
            self.forget(silent.descriptor.node)
            self._place(entry, index)
            return True
        self._wait(entry, bucket)
        return False

    def _wait(self, entry: Entry, bucket: _Bucket) -> None:
        """Note a replacement, the latest last; the cache is capped like a bucket."""
        bucket.replacements.pop(entry.descriptor.node, None)
        if _is_crowded(entry, bucket.replacements.values()):
            return
        if len(bucket.replacements) >= K:
            del bucket.replacements[next(iter(bucket.replacements))]
        bucket.replacements[entry.descriptor.node] = entry

    def _promote(self, bucket: _Bucket) -> None:
        """Put the latest replacement in the place that is free."""
        while bucket.replacements:
            _, entry = bucket.replacements.popitem()
            if not self._is_over_cap(entry, bucket.entries.values()):
                self._place(entry, self._index_of(entry.descriptor.place))
                return

    def _place(self, entry: Entry, index: int) -> None:
        node = entry.descriptor.node
        self._buckets[index].replacements.pop(node, None)
        self._buckets[index].entries[node] = entry
        self._index[node] = index
        self._per_prefix[entry.prefix] += 1

    def _is_over_cap(self, entry: Entry, bucket: Iterable[Entry]) -> bool:
        if not entry.prefix:
            return False
        return self._per_prefix[entry.prefix] >= MAX_PER_PREFIX_IN_TABLE or _is_crowded(entry, bucket)


def nearest(descriptors: Iterable[Descriptor], place: int, count: int) -> list[Descriptor]:
    """Return the ``count`` descriptors closest to ``place``, closest first."""
    return nsmallest(count, descriptors, key=lambda descriptor: descriptor.place ^ place)


def _prefix(descriptor: Descriptor) -> bytes | None:
    return public_network_of(descriptor.endpoint.host)


def _is_crowded(entry: Entry, others: Iterable[Entry]) -> bool:
    return bool(entry.prefix) and sum(each.prefix == entry.prefix for each in others) >= MAX_PER_PREFIX_IN_BUCKET
