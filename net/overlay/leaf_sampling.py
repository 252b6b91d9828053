"""How a leaf looks at random places: at first by the word of two it is linked with, then for itself over circuits.

A leaf has no table and few links, and a node that looks for it could show it a network of its own making. So as soon as it
knows a first few nodes, enough for circuits, it walks the overlay itself as a full node does (``lookups``), each question
over a circuit of its own: no node asked learns which leaf asks, and those who are linked with the leaf see neither
questions nor answers. Who answers is known first-hand, a few for each place, for each costs a circuit. Of what these tell,
only nodes that most of them name count, so that one liar among them adds no node and hides none.

Where no circuit brings an answer, the word of those linked is asked for again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Final, NamedTuple

from net.ids import NodeId
from net.instant import Instant
from net.overlay.delegated_lookups import DelegatedLookups, Delegation
from net.overlay.descriptor import EPOCH_HOURS, Descriptor, place_of
from net.overlay.lookup_requests import CircuitRequests
from net.overlay.lookups import Found, Lookups
from net.overlay.network_size import SizeEstimate
from net.overlay.roster import Roster
from net.overlay.routing_table import K, nearest

# Nodes of a place that are asked for themselves: three of four outvote a liar, and each costs about 3 kB.
COUNT: Final = 4
# Lookups of its own after which a leaf has seen for itself what it was told at first, and seconds between those.
FIRST_OWN: Final = 6
FIRST_PERIOD: Final = 15.0
# Seconds between two while much of what there is is not known; and once it is, at most, for then a roster has only to be
# heard of once within the life of its keys.
PERIOD: Final = 60.0
MAX_CALM_PERIOD: Final = 3600.0
_KEYS_LAST: Final = EPOCH_HOURS * 3600.0


class Sampled(NamedTuple):
    """What a look at a random place brought: how many were found, were new, and should have been found and were not."""

    found: int
    news: int
    missed: int


OnSampled = Callable[[Sampled, Instant], None]


class LeafSampling:
    """The looks of one leaf. ``linked`` has what the full nodes linked with us said of themselves, as it changes."""

    def __init__(
        self,
        roster: Roster,
        size: SizeEstimate,
        delegated: DelegatedLookups,
        lookups: Lookups,
        circuit_requests: CircuitRequests,
        linked: Mapping[NodeId, Descriptor],
    ) -> None:
        self._roster = roster
        self._size = size
        self._delegated = delegated
        self._lookups = lookups
        self._circuit_requests = circuit_requests
        self._linked = linked
        self._own = 0  # lookups of our own that found a node
        self._is_blind = False  # the last of them found none

    def sample(self, target: bytes, now: Instant, then: OnSampled) -> None:
        """Look at a place; ``then`` hears once. Raises ``Overloaded``."""
        if self._looks_itself(now):
            self._lookups.find(target, now, lambda found, now: then(self._saw(found), now), count=COUNT, told=K)
        else:
            self._is_blind = False
            self._delegated.find(
                target, list(self._linked.values()), now, lambda told, now: then(self._heard(told), now)
            )

    def period(self, *, is_calm: bool) -> float:
        """Return the seconds until the next look; ``is_calm``: most of what there is is known, and nothing is missed."""
        if self._own < FIRST_OWN:
            return FIRST_PERIOD
        return min(MAX_CALM_PERIOD, _KEYS_LAST * K / max(1, len(self._roster))) if is_calm else PERIOD

    def _looks_itself(self, now: Instant) -> bool:
        return self._roster.is_ready and not self._is_blind and self._circuit_requests.is_possible(now)

    def _saw(self, found: Found) -> Sampled:
        """Take what we found ourselves."""
        self._is_blind = not found.nodes
        self._own += bool(found.nodes)
        seen = known_by_most(found)
        self._size.observe(found._replace(nodes=seen), K)
        missed = self._roster.compare(found.target, [seen], K) if len(found.tales) > 1 else 0
        news = self._roster.hear_lookup(found.nodes)
        if found.nodes:
            news += self._roster.hear_lookup(seen, found.nodes[0].node)
        return Sampled(len(found.nodes), news, missed)

    def _heard(self, told: Delegation) -> Sampled:
        """Take what others say."""
        for _, tale in told.tales:
            self._size.observe(Found(told.target, tale, 0, 0, 0), K, is_told=True)
        tales = [tale for _, tale in told.tales]
        missed = self._roster.compare(told.target, tales, K) if len(tales) > 1 else 0
        news = sum(self._roster.hear_lookup(tale, teller) for teller, tale in told.tales)
        return Sampled(len(told.nodes), news, missed)


def known_by_most(found: Found) -> list[Descriptor]:
    """Return at most k: those who answered and those whom most of these name, closest first; newest descriptors."""
    named = Counter(each.node for tale in found.tales for each in tale)
    known = {each.node: each for each in found.nodes}
    for each in chain.from_iterable(found.tales):
        former = known.get(each.node)
        is_credible = former is None and 2 * named[each.node] > len(found.tales)
        if is_credible or (former is not None and former.place == each.place and former.stamp < each.stamp):
            known[each.node] = each
    return nearest(known.values(), place_of(found.target), K)
