"""Asking others where custodians are, without telling them who wants to know.

The roster is a uniform sample, so in a large network it holds few or none of the custodians of a given bucket. Then two
nodes, drawn at random, are asked over a circuit each to look for nodes near a random place of the bucket. They learn that
somebody is interested in the bucket; not who, and no address, since the bits below the bucket's are random.

A directory may lie. What it gives must be genuine descriptors of the bucket, which cost their maker work; of one network
only a few count; and what two say is put together. Descriptors found here serve as custodians alone: paths are drawn from
the roster, which nobody can fill by being asked.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from net.agenda import Agenda
from net.bucket import Bucket, address_of
from net.errors import DecodeError, Overloaded, Unauthenticated, Unreachable
from net.ids import NodeId
from net.instant import Instant
from net.messages import Lookup, Nodes
from net.onion.guards import network_of
from net.overlay.descriptor import Descriptor, epoch_of

# Nodes asked for one bucket at a time.
ASKED: Final = 2
# Seconds that a directory may take: the circuit, a lookup of a few rounds, and what is slow on the way.
PATIENCE: Final = 20.0
# Seconds after which a bucket that is still wanted is searched again, on average; descriptors last two to four hours.
SEARCH_PERIOD: Final = 1800.0
# Seconds until the next try when nothing was found, doubled up to the most.
FIRST_PAUSE: Final = 10.0
MAX_PAUSE: Final = 600.0
# Buckets remembered: more than any account reads or writes in half an hour.
MAX_BUCKETS: Final = 256
# Searches at a time: sixteen circuits.
MAX_SEARCHES: Final = 8
# Custodians kept of a bucket, twice a swarm, and how many of them may be in one network.
MAX_FOUND: Final = 32
MAX_PER_NETWORK: Final = 4
# Custodians of a bucket below which those of the next wider one cover for them.
FEW: Final = 2

_ADDRESS_SIZE: Final = 4
_TARGET_SIZE: Final = 32
_REQUEST_SIZE: Final = 4  # a number that names no reader


class Line(Protocol):
    """How a directory is asked: over a circuit of its own for each question."""

    def ask_directory(self, directory: Descriptor, message: Lookup, now: Instant) -> None:
        """Put a question. Raises ``Unreachable`` or ``Overloaded``."""
        ...

    def end_directory(self, directory: NodeId, request: int, now: Instant) -> None:
        """The question is done with."""
        ...

    def searched_in_vain(self, now: Instant) -> None:
        """A search is over, and where one looked there is hardly anybody."""
        ...


@dataclass(slots=True)
class _Shelf:
    """What is known of one bucket."""

    found: dict[NodeId, Descriptor] = field(default_factory=dict[NodeId, Descriptor])
    asked: set[int] = field(default_factory=set[int])  # requests without an answer yet
    is_wanted: bool = True  # since the last search began
    is_fruitful: bool = False  # the last search found something
    is_answered: bool = False  # some search was
    pause: float = FIRST_PAUSE


class Directory:
    """Searches by bucket. ``others`` draws nodes to ask, ``check`` says whether a descriptor is genuine."""

    def __init__(
        self,
        line: Line,
        others: Callable[[int, Instant], Sequence[Descriptor]],
        check: Callable[[bytes, Instant], Descriptor],
        rng: random.Random,
    ) -> None:
        self._line = line
        self._others = others
        self._check = check
        self._rng = rng
        self._shelves: dict[Bucket, _Shelf] = {}  # the one wanted longest ago first
        self._asked: dict[int, tuple[NodeId, Bucket]] = {}
        self._silences: Agenda[int] = Agenda()
        self._due: Agenda[Bucket] = Agenda()

    # --- for the courier ----------------------------------------------------------------------------------------------

    def want(self, bucket: Bucket) -> None:
        """Search for a bucket with the next timeout, which is then due, unless it is known."""
        shelf = self._shelves.pop(bucket, None)
        if shelf is None:
            while len(self._shelves) >= MAX_BUCKETS:
                self._drop(next(iter(self._shelves)))
            shelf = _Shelf()
            self._due.schedule(bucket, 0.0)
        shelf.is_wanted = True
        self._shelves[bucket] = shelf

    def found(self, bucket: Bucket, epoch: int) -> list[Descriptor]:
        """Return who was found in a bucket and can be used now."""
        shelf = self._shelves.get(bucket)
        return [each for each in shelf.found.values() if each.key_of(epoch)] if shelf else []

    def is_searched(self, bucket: Bucket) -> bool:
        """Say whether a search for a bucket is over that somebody answered, so that what was found is all there is."""
        shelf = self._shelves.get(bucket)
        return shelf is not None and shelf.is_answered and not shelf.asked

    def get(self, node: NodeId) -> Descriptor | None:
        """Return the latest descriptor that was found of a node. Who asks for it wants its bucket still."""
        shelves = [shelf for shelf in self._shelves.values() if node in shelf.found]
        for shelf in shelves:
            shelf.is_wanted = True
        return max((shelf.found[node] for shelf in shelves), key=lambda each: each.stamp, default=None)

    def forget(self, node: NodeId) -> None:
        """What was found of a node is of no use any more."""
        for shelf in self._shelves.values():
            shelf.found.pop(node, None)

    # --- answers ------------------------------------------------------------------------------------------------------

    def receive(self, directory: NodeId, message: Nodes, now: Instant) -> bool:
        """Take an answer; True when it brought somebody new. Answers to nothing we asked there change nothing."""
        asked = self._asked.get(message.request)
        if asked is None or asked[0] != directory:
            return False
        bucket = asked[1]
        shelf = self._shelves[bucket]
        before = len(shelf.found)
        shelf.is_answered = True
        for data in message.descriptors:
            shelf.is_fruitful |= self._take(shelf, bucket, data, now)
        self._end(message.request, now)
        return len(shelf.found) > before

    def lost(self, request: int, now: Instant) -> None:
        """A directory's circuit is gone."""
        if request in self._asked:
            self._end(request, now)

    def handle_timeout(self, now: Instant) -> None:
        """Begin what is due, give up on the silent."""
        for request in self._silences.pop_due(now.mono):
            self._end(request, now)
        for bucket in self._due.pop_due(now.mono):
            shelf = self._shelves.get(bucket)
            if shelf is not None:
                self._search(bucket, shelf, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(self._silences.next_deadline(), self._due.next_deadline())

    # --- inside -------------------------------------------------------------------------------------------------------

    def _search(self, bucket: Bucket, shelf: _Shelf, now: Instant) -> None:
        if not shelf.is_wanted:
            self._drop(bucket)
            return
        if sum(bool(each.asked) for each in self._shelves.values()) >= MAX_SEARCHES:
            self._due.schedule(bucket, now.mono + FIRST_PAUSE)
            return
        shelf.is_wanted = shelf.is_fruitful = False
        for directory in self._others(ASKED, now):
            self._ask(bucket, shelf, directory, now)
        if not shelf.asked:
            shelf.is_wanted = True
            self._plan(bucket, shelf, now)

    def _ask(self, bucket: Bucket, shelf: _Shelf, directory: Descriptor, now: Instant) -> None:
        request = self._rng.getrandbits(8 * _REQUEST_SIZE)
        try:
            self._line.ask_directory(directory, Lookup(request, self._target(bucket)), now)
        except (Unreachable, Overloaded):
            return
        shelf.asked.add(request)
        self._asked[request] = directory.node, bucket
        self._silences.schedule(request, now.mono + PATIENCE)

    def _target(self, bucket: Bucket) -> bytes:
        """Return a random place in a bucket."""
        below = (1 << (8 * _ADDRESS_SIZE - bucket.width)) - 1
        address = bucket.prefix | self._rng.getrandbits(8 * _ADDRESS_SIZE) & below
        return address.to_bytes(_ADDRESS_SIZE, "big") + self._rng.randbytes(_TARGET_SIZE - _ADDRESS_SIZE)

    def _take(self, shelf: _Shelf, bucket: Bucket, data: bytes, now: Instant) -> bool:
        """Keep a descriptor; False when it is of no use here."""
        try:
            descriptor = self._check(data, now)
        except (DecodeError, Unauthenticated):
            return False
        if not descriptor.is_reachable or not bucket.covers(address_of(descriptor.overlay_id)):
            return False
        former = shelf.found.pop(descriptor.node, None)
        if former is not None and former.stamp >= descriptor.stamp and former.epoch <= epoch_of(now) + 1:
            descriptor = former
        elif not self._has_room(shelf, descriptor, now):
            return False
        shelf.found[descriptor.node] = descriptor
        return True

    def _has_room(self, shelf: _Shelf, descriptor: Descriptor, now: Instant) -> bool:
        epoch = epoch_of(now)
        for node in [node for node, each in shelf.found.items() if each.key_of(epoch) is None]:
            del shelf.found[node]
        networks = Counter(network_of(each.endpoint.host) for each in shelf.found.values())
        network = network_of(descriptor.endpoint.host)
        return len(shelf.found) < MAX_FOUND and (network is None or networks[network] < MAX_PER_NETWORK)

    def _end(self, request: int, now: Instant) -> None:
        directory, bucket = self._asked.pop(request)
        self._silences.cancel(request)
        self._line.end_directory(directory, request, now)
        shelf = self._shelves[bucket]
        shelf.asked.discard(request)
        if not shelf.asked:
            self._plan(bucket, shelf, now)
            if shelf.is_answered and len(shelf.found) < FEW:
                self._line.searched_in_vain(now)

    def _plan(self, bucket: Bucket, shelf: _Shelf, now: Instant) -> None:
        """Say when the next search is due."""
        if shelf.is_fruitful:
            shelf.pause = FIRST_PAUSE
            wait = SEARCH_PERIOD
        else:
            wait = shelf.pause
            shelf.is_wanted |= shelf.pause < MAX_PAUSE  # it goes on for some time without being wanted again
            shelf.pause = min(2 * shelf.pause, MAX_PAUSE)
        self._due.schedule(bucket, now.mono + wait * self._rng.uniform(0.75, 1.25))

    def _drop(self, bucket: Bucket) -> None:
        self._due.cancel(bucket)
        shelf = self._shelves.pop(bucket, None)
        for request in shelf.asked if shelf else ():
            del self._asked[request]
            self._silences.cancel(request)
