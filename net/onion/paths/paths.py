"""Paths: which nodes a packet or a circuit goes through.

    guard -> relay -> relay -> last hop              (the last hop: a custodian, a directory, or ourselves for a loop)

The guard is one of our three, the relays are drawn anew for each path from the roster, a uniform sample of the network.
All are different nodes in different networks, none is ours, and none loses more than its share (``standing``). The guard is
never the last hop, because it knows our address and the last hop knows what we ask for.

In a tiny network there are not enough nodes for that. Then a path has as many hops as there are nodes, down to the last one
alone, which hides nothing; ``hops_possible`` tells, so that the network screen can say so. In a network that could do
better a path is refused instead. Nothing is sent before the roster knows a first sample of the network.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from net.cover_profile import MAX_DELAY_MS, CoverProfile
from net.errors import Unreachable
from net.ids import NodeId
from net.instant import Instant
from net.onion.packets.cipher import Hop
from net.onion.paths.guards import Guards
from net.onion.paths.ports import Described, Roster
from net.onion.paths.reputation import Reputation
from net.overlay.descriptor import Descriptor, epoch_of, packed_host
from net.peers.link_pool import Contact
from net.scope import public_network_of

# Hops of a whole path: three relays and the last.
PATH_HOPS: Final = 4
# Relays between the guard and the last hop.
MIDDLES: Final = PATH_HOPS - 2
# Draws before every node is looked at; in a roster that is not tiny, the second draw already fits as a rule.
MAX_DRAWS: Final = 24


@dataclass(frozen=True, slots=True)
class Path:
    """Hops for ``OnionCipher.create``; ``nodes`` are those that bear the blame, all but ourselves."""

    hops: tuple[Hop, ...]
    nodes: tuple[NodeId, ...]
    first: Contact

    @property
    def guard(self) -> NodeId:
        """Return who is linked with us."""
        return self.nodes[0]


class Paths:
    """Chooses paths. The wall clock of every ``now`` is network time: it decides which Sphinx keys are used."""

    def __init__(  # one of each thing it chooses by
        self,
        own: NodeId,
        roster: Roster,
        described: Described,
        guards: Guards,
        reputation: Reputation,
        rng: random.Random,
        cover_profile: CoverProfile,
    ) -> None:
        self.own = own
        self._roster = roster
        self._described = described
        self._guards = guards
        self._reputation = reputation
        self._rng = rng
        self.cover_profile = cover_profile
        self.losses = 0  # paths that failed, since the start

    # --- choosing -----------------------------------------------------------------------------------------------------

    def choose(self, last: Descriptor, now: Instant, *, is_delayed: bool, apart_from: Collection[NodeId] = ()) -> Path:
        """Return a path to a node: for a packet with a delay at each relay, for a circuit without.

        ``apart_from`` are nodes of paths that brought nothing: another guard is taken if there is one, and no relay of them,
        so in a tiny network the path is shorter. Raises ``Unreachable`` when there is none to be had for now.
        """
        avoided = {*self._reputation.avoided(now), *apart_from}
        guard = self._guard(last.node, now, apart_from=apart_from)
        if guard is None:
            return self._path([last], now, is_delayed=is_delayed)
        middles = self._relays(MIDDLES, [guard, last], avoided)
        return self._path([guard, *middles, last], now, is_delayed=is_delayed)

    def loop(self, home: Hop, now: Instant) -> Path:
        """Return a path that ends at ourselves: where we listen, or by a guard's link when we cannot be reached.

        Raises ``Unreachable`` when there is none to be had for now.
        """
        guard = self._guard(self.own, now)
        if guard is None:
            raise Unreachable
        avoided = self._reputation.avoided(now)
        if home.port:
            nodes = [guard, *self._relays(MIDDLES, [guard], avoided)]
        else:
            back = self._guard(guard.node, now, is_needed=False) or guard
            relays = self._relays(MIDDLES - 1, [guard, back], avoided)
            nodes = [guard, *relays, back] if relays or back is not guard else [guard]
        path = self._path(nodes, now, is_delayed=True, delays=len(nodes))
        return Path((*path.hops, home), path.nodes, path.first)

    def others(self, count: int, now: Instant) -> list[Descriptor]:
        """Return up to ``count`` different nodes at random, to be asked where others are; none before there is a roster."""
        if not self._roster.is_ready:
            return []
        return self._relays(count, [], self._reputation.avoided(now))

    # --- how it went --------------------------------------------------------------------------------------------------

    def on_path_worked(self, path: Path, now: Instant) -> None:
        """What went this way arrived."""
        self._reputation.on_path_worked(path.nodes, now)

    def on_path_failed(self, path: Path, now: Instant) -> None:
        """What went this way did not arrive."""
        self.losses += 1
        self._reputation.on_path_failed(path.nodes, now)
        if self._reputation.is_hopeless(path.guard, now):
            self._guards.lossy(path.guard, now)

    # --- for the honest network view ----------------------------------------------------------------------------------

    def hops_possible(self, now: Instant) -> int:
        """Return how many hops a path can have, 0 … ``PATH_HOPS``; below that nothing is hidden from who runs them."""
        if not self._roster.is_ready or not self._guards.in_use(now):
            return 0
        avoided = self._reputation.avoided(now)
        usable = sum(each.node not in avoided and each.node != self.own for each in self._roster.fresh())
        return min(PATH_HOPS, usable)

    def is_possible(self, now: Instant) -> bool:
        """Say whether anything can be sent."""
        return self._roster.is_ready and bool(self._guards.in_use(now))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _guard(
        self, last: NodeId, now: Instant, *, is_needed: bool = True, apart_from: Collection[NodeId] = ()
    ) -> Descriptor | None:
        """Return one of our guards at random; None when a path without one is all that this network allows.

        Raises ``Unreachable``: there is none, but there could be.
        """
        if not self._roster.is_ready:
            raise Unreachable
        in_use = self._guards.in_use(now)
        epoch = epoch_of(now)
        said = [each for node in in_use if node != last and (each := self._described(node) or self._roster.get(node))]
        fit = [each for each in said if each.key_of(epoch)]
        if fit:
            # Whatever their standing: who could spoil it for honest guards would else lead us to their own.
            return self._rng.choice([each for each in fit if each.node not in apart_from] or fit)
        if is_needed and not (last in in_use and self._is_tiny(last)):
            raise Unreachable
        return None

    def _is_tiny(self, last: NodeId) -> bool:
        """Say whether there are too few nodes for a whole path to ``last`` anyway."""
        return sum(each.node not in {last, self.own} for each in self._roster.fresh()) < PATH_HOPS - 1

    def _relays(self, count: int, beside: Sequence[Descriptor], avoided: Collection[NodeId]) -> list[Descriptor]:
        """Draw up to ``count`` nodes, in networks of their own as far as there are such."""
        fresh = self._roster.fresh()
        taken = {each.node for each in beside} | {self.own}
        networks = {public_network_of(each.endpoint.host) for each in beside} - {None}
        chosen: list[Descriptor] = []

        def take(node: Descriptor) -> None:
            chosen.append(node)
            taken.add(node.node)
            if network := public_network_of(node.endpoint.host):
                networks.add(network)

        for _ in range(MAX_DRAWS if fresh else 0):
            if len(chosen) == count:
                return chosen
            node = self._rng.choice(fresh)
            if (
                node.node not in taken
                and node.node not in avoided
                and public_network_of(node.endpoint.host) not in networks
            ):
                take(node)
        rest = [each for each in fresh if each.node not in taken and each.node not in avoided]
        self._rng.shuffle(rest)
        while rest and len(chosen) < count:
            # Those in a network of their own first; one network for two hops is better than one hop less.
            rest.sort(key=lambda each: public_network_of(each.endpoint.host) in networks)
            take(rest.pop(0))
        return chosen

    def _path(self, nodes: Sequence[Descriptor], now: Instant, *, is_delayed: bool, delays: int | None = None) -> Path:
        """Put hops together; what is peeled at the last is not delayed, since no observer sees when it is taken in."""
        epoch = epoch_of(now)
        waits = (len(nodes) - 1 if delays is None else delays) if is_delayed else 0
        hops: list[Hop] = []
        for at, node in enumerate(nodes):
            key = node.key_of(epoch)
            if key is None:
                raise Unreachable
            delay = self._delay_ms() if at < waits else 0
            hops.append(Hop(key, packed_host(node.endpoint.host), node.endpoint.port, node.tag, delay))
        first = nodes[0]
        return Path(tuple(hops), tuple(each.node for each in nodes), Contact(first.endpoint, first.tag, first.node))

    def _delay_ms(self) -> int:
        """Draw a delay; exponential, so that having waited tells nothing about how much longer it takes (Loopix)."""
        return min(MAX_DELAY_MS, round(1000 * self._rng.expovariate(1 / self.cover_profile.hop_delay)))
