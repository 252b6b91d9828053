"""Asking others where custodians are, without telling them who wants to know.

The roster is a uniform sample, so in a large network it holds few or none of the custodians of a given bucket. Then two
nodes, drawn at random, are asked over a circuit each to look for nodes near a random place of the bucket. They learn that
some node is interested in the bucket; not which, and no address, since the bits below the bucket's are random.

A directory may lie. What it gives must be genuine descriptors of the bucket, which cost their maker work; of one network
only a few count; and what two say is put together. Descriptors found here serve as custodians alone: paths are drawn from
the roster, which a node cannot fill by being asked.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from net.agenda import Agenda
from net.bucket import ADDRESS_SIZE, Bucket, address_of
from net.errors import DecodeError, Unauthenticated
from net.ids import NodeId
from net.instant import Instant
from net.messages import Lookup, Nodes
from net.overlay.descriptor import Descriptor, epoch_of
from net.overlay.lookup_requests import CircuitRequests
from net.scope import public_network_of

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

_TARGET_SIZE: Final = 32


@dataclass(slots=True)
class _Search:
    """What is known of one bucket."""

    found: dict[NodeId, Descriptor] = field(default_factory=dict[NodeId, Descriptor])
    asked: int = 0  # questions without an answer yet
    is_wanted: bool = True  # since the last search began
    is_fruitful: bool = False  # the last search found something
    is_answered: bool = False  # some search was
    pause: float = FIRST_PAUSE


class Directory:
    """Searches by bucket.

    ``others`` draws nodes to ask, ``check`` says whether a descriptor is genuine. ``news`` is called when a new node was
    found, and when a search is over and found hardly any.
    """

    def __init__(
        self,
        calls: CircuitRequests,
        others: Callable[[int, Instant], Sequence[Descriptor]],
        check: Callable[[bytes, Instant], Descriptor],
        rng: random.Random,
        news: Callable[[Instant], None],
    ) -> None:
        self._calls = calls
        self._news = news
        self._others = others
        self._check = check
        self._rng = rng
        self._searches: dict[Bucket, _Search] = {}  # the one wanted longest ago first
        self._due: Agenda[Bucket] = Agenda()

    # --- for the transport --------------------------------------------------------------------------------------------

    def want(self, bucket: Bucket) -> None:
        """Search for a bucket with the next timeout, which is then due, unless it is known."""
        search = self._searches.pop(bucket, None)
        if search is None:
            while len(self._searches) >= MAX_BUCKETS:
                self._drop(next(iter(self._searches)))
            search = _Search()
            self._due.schedule(bucket, 0.0)
        search.is_wanted = True
        self._searches[bucket] = search

    def found(self, bucket: Bucket, epoch: int) -> list[Descriptor]:
        """Return who was found in a bucket and can be used now."""
        search = self._searches.get(bucket)
        return [each for each in search.found.values() if each.key_of(epoch)] if search else []

    def is_searched(self, bucket: Bucket) -> bool:
        """Say whether a search for a bucket is over and was answered, so that what was found is all there is."""
        search = self._searches.get(bucket)
        return search is not None and search.is_answered and not search.asked

    def get(self, node: NodeId) -> Descriptor | None:
        """Return the latest descriptor that was found of a node. Who asks for it wants its bucket still."""
        searches = [search for search in self._searches.values() if node in search.found]
        for search in searches:
            search.is_wanted = True
        return max((search.found[node] for search in searches), key=lambda each: each.stamp, default=None)

    def forget(self, node: NodeId) -> None:
        """What was found of a node is of no use any more."""
        for search in self._searches.values():
            search.found.pop(node, None)

    def handle_timeout(self, now: Instant) -> None:
        """Begin the searches that are due."""
        for bucket in self._due.pop_due(now.mono):
            search = self._searches.get(bucket)
            if search is not None:
                self._search(bucket, search, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._due.next_deadline()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _search(self, bucket: Bucket, search: _Search, now: Instant) -> None:
        if not search.is_wanted:
            self._drop(bucket)
            return
        if sum(bool(each.asked) for each in self._searches.values()) >= MAX_SEARCHES:
            self._due.schedule(bucket, now.mono + FIRST_PAUSE)
            return
        search.is_wanted = search.is_fruitful = False
        directories = self._others(ASKED, now)
        search.asked = len(directories)
        for directory in directories:
            self._ask(bucket, search, directory, now)
        search.is_wanted = not search.asked  # no directory could be asked
        if not directories:
            self._plan(bucket, search, now)

    def _ask(self, bucket: Bucket, search: _Search, directory: Descriptor, now: Instant) -> None:
        target = self._target(bucket)

        def answered(answer: Nodes | None, now: Instant) -> None:
            if self._searches.get(bucket) is search:
                self._take_answer(bucket, search, answer, now)

        self._calls.call(directory, lambda request: Lookup(request, target), now, answered, PATIENCE)

    def _take_answer(self, bucket: Bucket, search: _Search, answer: Nodes | None, now: Instant) -> None:
        before = len(search.found)
        search.asked -= 1
        if answer is not None:
            search.is_answered = True
            for data in answer.descriptors:
                search.is_fruitful |= self._take(search, bucket, data, now)
        is_over = not search.asked
        if is_over:
            self._plan(bucket, search, now)
        if len(search.found) > before or (is_over and search.is_answered and len(search.found) < FEW):
            self._news(now)

    def _target(self, bucket: Bucket) -> bytes:
        """Return a random place in a bucket."""
        below = (1 << (8 * ADDRESS_SIZE - bucket.width)) - 1
        address = bucket.prefix | self._rng.getrandbits(8 * ADDRESS_SIZE) & below
        return address.to_bytes(ADDRESS_SIZE, "big") + self._rng.randbytes(_TARGET_SIZE - ADDRESS_SIZE)

    def _take(self, search: _Search, bucket: Bucket, data: bytes, now: Instant) -> bool:
        """Keep a descriptor; False when it is of no use here."""
        try:
            descriptor = self._check(data, now)
        except (DecodeError, Unauthenticated):
            return False
        if not descriptor.is_reachable or not bucket.covers(address_of(descriptor.overlay_id)):
            return False
        former = search.found.pop(descriptor.node, None)
        if former is not None and former.stamp >= descriptor.stamp and former.epoch <= epoch_of(now) + 1:
            descriptor = former
        elif not self._has_room(search, descriptor, now):
            return False
        search.found[descriptor.node] = descriptor
        return True

    def _has_room(self, search: _Search, descriptor: Descriptor, now: Instant) -> bool:
        epoch = epoch_of(now)
        for node in [node for node, each in search.found.items() if each.key_of(epoch) is None]:
            del search.found[node]
        networks = Counter(public_network_of(each.endpoint.host) for each in search.found.values())
        network = public_network_of(descriptor.endpoint.host)
        return len(search.found) < MAX_FOUND and (network is None or networks[network] < MAX_PER_NETWORK)

    def _plan(self, bucket: Bucket, search: _Search, now: Instant) -> None:
        """Say when the next search is due."""
        if search.is_fruitful:
            search.pause = FIRST_PAUSE
            wait = SEARCH_PERIOD
        else:
            wait = search.pause
            search.is_wanted |= search.pause < MAX_PAUSE  # it goes on for some time without being wanted again
            search.pause = min(2 * search.pause, MAX_PAUSE)
        self._due.schedule(bucket, now.mono + wait * self._rng.uniform(0.75, 1.25))

    def _drop(self, bucket: Bucket) -> None:
        self._due.cancel(bucket)
        self._searches.pop(bucket, None)
