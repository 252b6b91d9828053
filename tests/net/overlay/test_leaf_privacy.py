"""Whom a leaf's address is shown to: its guards, whoever it talks with."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache

from net.ids import Endpoint, NodeId
from net.onion.paths.guards import GUARDS
from tests.support.parcels import box_bytes
from tests.support.village import Resident, Village

FULLS = 14
PAIRS = 6
# Standard deviations that count as chance: less than once in seven hundred worlds.
CHANCE = 3.0


class Talk:
    """A town in which leaf 2i and leaf 2i+1 talk with each other, and who exchanged datagrams with whom meanwhile."""

    def __init__(self) -> None:
        self.village = Village(FULLS, 2 * PAIRS, seed=5, is_plain=True)
        self.leaves = self.village.residents
        self.met: dict[Endpoint, set[Endpoint]] = defaultdict(set)
        self.village.settle(60)
        self.village.world.taps.append(self._see)
        for round_ in range(3):
            for number, leaf in enumerate(self.leaves):
                parcel = 100 * round_ + number
                leaf.deposit(box_bytes(parcel))
                self.leaves[number ^ 1].await_boxes([parcel])
            self.village.world.run_for(30)
        self.is_over = all(leaf.is_served() for leaf in self.leaves)

    def _see(self, _now: float, source: Endpoint, to: Endpoint, _data: bytes) -> None:
        self.met[source].add(to)
        self.met[to].add(source)

    def guards(self, leaf: Resident) -> set[NodeId]:
        return {guard.node for guard in leaf.node().guards()[:GUARDS]}

    def names_met(self, leaf: Resident) -> set[NodeId]:
        return {self.at(endpoint) for endpoint in self.met[leaf.endpoint]}

    def at(self, endpoint: Endpoint) -> NodeId:
        return self.village.world.hosts[endpoint].node().node_id

    def pairs(self) -> list[tuple[Resident, Resident]]:
        """Those who talk, in both orders."""
        return [(leaf, self.leaves[number ^ 1]) for number, leaf in enumerate(self.leaves)]


@cache
def talk() -> Talk:
    """Return one town; tests only look at it."""
    return Talk()


def test_everything_said_arrived() -> None:
    assert talk().is_over


def test_a_leaf_exchanges_datagrams_with_its_guards_and_nobody_else() -> None:
    for leaf in talk().leaves:
        assert talk().names_met(leaf) <= talk().guards(leaf)
        assert len(talk().names_met(leaf)) == 3


def overlap(sets: Iterable[tuple[set[NodeId], set[NodeId]]]) -> tuple[int, float, float]:
    """How many nodes two sets have in common, over all pairs of sets; what chance would give, and its deviation."""
    seen, mean, variance = 0, 0.0, 0.0
    for one, other in sets:
        a, b = len(one), len(other)
        seen += len(one & other)
        mean += a * b / FULLS  # hypergeometric: b drawn out of FULLS, of which a are marked
        variance += a * b / FULLS * (1 - a / FULLS) * (FULLS - b) / (FULLS - 1)
    return seen, mean, math.sqrt(variance)


def assert_no_more_than_chance(of_other: Callable[[Resident], set[NodeId]]) -> None:
    town = talk()
    seen, mean, deviation = overlap((town.names_met(one), of_other(other)) for one, other in town.pairs())
    assert seen <= mean + CHANCE * deviation
    # Strangers meet as often: the measure itself finds nothing where there is nothing to find.
    strangers = list(zip(town.leaves, town.leaves[2:], strict=False))
    seen, mean, deviation = overlap((town.names_met(one), of_other(other)) for one, other in strangers)
    assert abs(seen - mean) <= CHANCE * deviation


def test_it_meets_the_custodians_of_the_others_inbox_no_more_often_than_chance_has_it() -> None:
    assert_no_more_than_chance(lambda leaf: set(leaf.custodians()))


def test_it_meets_the_others_guards_no_more_often_than_chance_has_it() -> None:
    assert_no_more_than_chance(talk().guards)


def test_the_measure_would_notice() -> None:
    """If a leaf wrote to the other's custodians directly, three times the deviation were exceeded by far."""
    town = talk()
    direct = ((town.names_met(one) | set(other.custodians()), set(other.custodians())) for one, other in town.pairs())
    seen, mean, deviation = overlap(direct)
    assert seen > mean + CHANCE * deviation
