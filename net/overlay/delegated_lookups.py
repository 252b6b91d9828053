"""Lookups that others do for us.

Before a leaf knows nodes it can build circuits through, it asks two full nodes that it is linked with to look for the
same target. What they answer is signed, but whom they leave out, and whether whom they name is there, is theirs to say. So
nodes that both name come first, and the others of each in turn: one liar of two fills at most half of the answer.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Final, NamedTuple

from net.errors import DecodeError, Overloaded, Unauthenticated
from net.ids import NodeId
from net.instant import Instant
from net.messages import Lookup, Message, Nodes
from net.overlay.descriptor import Descriptor, Verifier, place_of
from net.overlay.lookup_requests import contact_of
from net.overlay.routing_table import K, nearest
from net.peers.requests import LinkRequests
from net.scope import scope_of

# Full nodes that are asked the same.
TELLERS: Final = 2
# Seconds for a lookup at another's: a few hops with a silent node on each.
PATIENCE: Final = 20.0
# Lookups under way at others'.
MAX_DELEGATED: Final = 32


class Delegation(NamedTuple):
    """What came of one lookup: all together, closest first, and what each teller said."""

    target: bytes
    nodes: list[Descriptor]
    tales: list[tuple[NodeId, list[Descriptor]]]


OnDelegated = Callable[[Delegation, Instant], None]


@dataclass(slots=True)
class _Delegated:
    target: bytes
    then: OnDelegated
    waiting: int
    tales: list[tuple[NodeId, list[Descriptor]]] = field(default_factory=list[tuple[NodeId, list[Descriptor]]])


class DelegatedLookups:
    """The lookups that are under way at full nodes we are linked with."""

    def __init__(self, calls: LinkRequests, verifier: Verifier, rng: random.Random) -> None:
        self._calls = calls
        self._verifier = verifier
        self._rng = rng
        self._under_way = 0

    def find(self, target: bytes, linked: Sequence[Descriptor], now: Instant, then: OnDelegated) -> None:
        """Have two of ``linked`` look for ``target``; ``then`` hears once. Raises ``Overloaded``."""
        if self._under_way >= MAX_DELEGATED:
            raise Overloaded("lookups")
        tellers = self._rng.sample(list(linked), min(TELLERS, len(linked)))
        lookup = _Delegated(target, then, len(tellers))
        self._under_way += 1
        if not tellers:
            self._end(lookup, now)
        for teller in tellers:
            self._ask(lookup, teller, now)

    def _ask(self, lookup: _Delegated, teller: Descriptor, now: Instant) -> None:
        def answered(answer: Message | None, now: Instant) -> None:
            if isinstance(answer, Nodes):
                told = self._checked(answer, teller, lookup.target, now)
                lookup.tales.append((teller.node, told))
            lookup.waiting -= 1
            if not lookup.waiting:
                self._end(lookup, now)

        self._calls.call(contact_of(teller), lambda request: Lookup(request, lookup.target), now, answered, PATIENCE)

    def _end(self, lookup: _Delegated, now: Instant) -> None:
        self._under_way -= 1
        nodes = merged([told for _, told in lookup.tales], place_of(lookup.target))
        lookup.then(Delegation(lookup.target, nodes, lookup.tales), now)

    def _checked(self, answer: Nodes, teller: Descriptor, target: bytes, now: Instant) -> list[Descriptor]:
        """Return what is genuine and makes sense from where the teller is, closest first."""
        told: dict[NodeId, Descriptor] = {}
        for data in answer.descriptors:
            try:
                descriptor = self._verifier.check(data, now)
            except (DecodeError, Unauthenticated):
                continue
            if descriptor.is_reachable and scope_of(descriptor.endpoint.host) >= scope_of(teller.endpoint.host):
                told[descriptor.node] = descriptor
        return nearest(told.values(), place_of(target), K)


def merged(tales: Sequence[Sequence[Descriptor]], place: int) -> list[Descriptor]:
    """Return at most k of what several told, closest first: what all told, then each teller's next in turn."""
    tellers = Counter(each.node for told in tales for each in told)
    vouched = (each for told in tales for each in told if tellers[each.node] == len(tales))
    in_turn = (each for row in zip_longest(*tales) for each in row if each is not None)
    chosen: dict[NodeId, Descriptor] = {}
    for each in chain(vouched, in_turn):
        known = chosen.get(each.node)
        if known is None and len(chosen) >= K:
            break
        if known is None or (known.place == each.place and known.stamp < each.stamp):
            chosen[each.node] = each
    return nearest(chosen.values(), place, K)
