"""A node's part in the overlay: whom it knows, whom it tells of, and what it finds out about the network.

A full node looks for itself as soon as it has links, which makes its table and shows it to its neighbours; then for a few
random places, which fills the roster and tells the size. Later it looks for its *mates*, the custodians of its scope, every
few minutes and sooner when one vanishes; for a random place about once a minute, and sooner while nodes are missed
(``sampling``); and keeps its table true, a bucket that no lookup came through within an hour by one, the node that was
silent longest by a question (``table_upkeep``).

A leaf has no table and answers no node; it looks for itself over circuits (``leaf_sampling``).

The wall clock of every ``now`` is *network* time. ``handle_timeout`` and ``next_deadline`` drive the machine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Final

from net.bucket import Bucket, address_of
from net.errors import Overloaded, Unauthenticated
from net.ids import Endpoint, NodeId, OverlayId
from net.instant import Instant
from net.link.events import Role
from net.overlay.chores import (
    MATE_LOST_DELAY,
    NEIGHBOURHOOD_PAUSE,
    NEIGHBOURHOOD_PERIOD,
    REFRESH_PERIOD,
    SAMPLE_COUNT,
    START_DELAY,
    Chore,
    Chores,
)
from net.overlay.delegated_lookups import DelegatedLookups
from net.overlay.descriptor import (
    Descriptor,
    Verifier,
    decode_descriptor,
    is_current,
)
from net.overlay.identity import Identity
from net.overlay.leaf_sampling import LeafSampling
from net.overlay.lookup_requests import CircuitRequests, OverCircuits, OverLinks
from net.overlay.lookups import Found, Lookups, OnFound
from net.overlay.neighbourhood import Neighbourhood
from net.overlay.network_size import OUTLIER, CoverageWidth, SizeEstimate
from net.overlay.own_descriptor import OwnDescriptor
from net.overlay.roster import Roster
from net.overlay.routing_table import ID_BITS, K, RoutingTable, nearest
from net.overlay.sampling import Sampling
from net.overlay.table_upkeep import TableUpkeep
from net.peers.requests import LinkRequests

# Lookups under way for others.
MAX_SERVED: Final = 16
# Other custodians of the own scope that links are kept with: more than a swarm has.
MAX_MATES: Final = 24
# Linked nodes whose descriptor is kept; more than there are links.
MAX_DESCRIBED: Final = 4096


class Overlay:
    """The overlay as one node sees it. A leaf's ``identity`` may be None, for no node asks where it stands."""

    def __init__(
        self,
        identity: Identity | None,
        role: Role,
        calls: LinkRequests,
        circuit_requests: CircuitRequests,
        *,
        rng: random.Random,
        random: Callable[[int], bytes],
        verifier: Verifier | None = None,
    ) -> None:
        self.roster = Roster(rng)
        self._is_full = role is Role.FULL and identity is not None
        self._verifier = verifier or Verifier()
        self._own = identity.overlay_id if identity else OverlayId(bytes(ID_BITS // 8))
        self.table = RoutingTable(self._own)
        own_node = identity.node if identity else NodeId(b"")
        questions = OverLinks(calls, self.described) if self._is_full else OverCircuits(circuit_requests)
        self._lookups = Lookups(own_node, self, questions, self._verifier, rng)
        self._size = SizeEstimate()
        self._described: dict[NodeId, Descriptor] = {}
        delegated = DelegatedLookups(calls, self._verifier, rng)
        leaf = LeafSampling(self.roster, self._size, delegated, self._lookups, circuit_requests, self._described)
        self._width = CoverageWidth()
        self._neighbourhood = Neighbourhood(self._own, self.table, self.width, self._look_up)
        self._upkeep = TableUpkeep(self._own, self.table, calls, self._look_up, rng)
        self._chores = Chores(rng)
        self._sampling = Sampling(
            self.roster,
            self._chores,
            self._look_up,
            None if self._is_full else leaf,
            self.size,
            self._adapt,
            random,
        )
        self._begun_at = -math.inf
        self._neighbourhood_at = 0.0  # when it was last looked up
        self._knows_neighbourhood = not self._is_full
        self._served = 0
        self._ourselves = OwnDescriptor(identity if self._is_full else None)

    # --- what we say of ourselves ---

    def descriptor(self) -> bytes | None:
        """Return our own descriptor; None for a leaf, and until keys and address are known."""
        return self._ourselves.descriptor

    def set_address(self, endpoint: Endpoint, *, is_reachable: bool) -> None:
        """We are to be found there; ``is_reachable``: by strangers."""
        self._ourselves.set_address(endpoint, is_reachable=is_reachable)

    def turn(self, epoch: int, sphinx_keys: tuple[bytes, bytes] | None, now_ms: int) -> None:
        """An epoch begins at ``now_ms`` of network time, with our keys for it and the next; a leaf has none."""
        self._ourselves.turn(epoch, sphinx_keys, now_ms)
        self.roster.turn(epoch)

    # --- links ---

    def on_descriptor(self, data: bytes, peer: NodeId, endpoint: Endpoint, now: Instant) -> Descriptor:
        """A linked node described itself. Raises ``DecodeError`` or ``Unauthenticated``."""
        descriptor = self._verifier.check(data, now)
        if descriptor.node != peer:
            raise Unauthenticated("descriptor of another node")
        is_news = not self._described or (descriptor.is_reachable and not len(self.roster))
        if len(self._described) >= MAX_DESCRIBED:
            del self._described[next(iter(self._described))]
        self._described[peer] = descriptor
        if self._is_full:
            self.table.on_descriptor(descriptor, endpoint, now)
        self.roster.take_back(peer, descriptor)
        if is_news and now.mono >= self._begun_at + 2 * START_DELAY:
            self._begin(now)
        return descriptor

    def leave_out(self, peer: NodeId) -> None:
        """A linked node says that it is of another time than ours: what it said before is of no use any more."""
        self._described.pop(peer, None)
        self.table.leave_out(peer)
        self.roster.leave_out(peer)

    def on_gone(self, peer: NodeId, now: Instant) -> None:
        """A link ended. Where one lookup tells of all nodes, it is seen soon who is still there."""
        self.roster.take_back(peer)
        if self.roster.get(peer) is not None and len(self.roster) <= SAMPLE_COUNT:
            self.doubt(now)
        descriptor = self._described.pop(peer, None)
        if descriptor is not None and self._is_full and self.scope().covers(address_of(descriptor.overlay_id)):
            due = max(now.mono + MATE_LOST_DELAY, self._neighbourhood_at + NEIGHBOURHOOD_PAUSE)
            self._chores.schedule(Chore.NEIGHBOURHOOD, due)

    def described(self, node: NodeId) -> Descriptor | None:
        """Return what a linked node said of itself."""
        return self._described.get(node)

    # --- finding ---

    def answer_find(self, target: bytes) -> list[bytes]:
        """Return what to answer to ``FindNodes``."""
        return [each.data for each in self.table.tell(target, self._ourselves.epoch)]

    def serve(self, target: bytes, now: Instant, then: Callable[[list[bytes], Instant], None]) -> None:
        """Answer ``Lookup``: look for others, and count ourselves in. Raises ``Overloaded``; leaves serve none."""
        if not self._is_full or self._served >= MAX_SERVED:
            raise Overloaded("lookups")

        def found(found: Found, now: Instant) -> None:
            self._served -= 1
            then([each.data for each in self._with_ourselves(found)], now)

        self._look_up(target, K, now, found)
        self._served += 1

    def _with_ourselves(self, found: Found) -> list[Descriptor]:
        if self._ourselves.descriptor is None or not self._ourselves.is_reachable:
            return found.nodes
        # Not checked: after the clock jumped, ours may be out of date until the next epoch is turned to.
        ourselves = decode_descriptor(self._ourselves.descriptor)
        return nearest([*found.nodes, ourselves], int.from_bytes(found.target, "big"), K)

    def _look_up(self, target: bytes, count: int, now: Instant, then: OnFound, told: int | None = None) -> None:
        def ended(found: Found, now: Instant) -> None:
            self.table.on_looked_up(target, now)
            self._size.observe(found, count)
            self._adapt()
            then(found, now)

        self._lookups.find(target, now, ended, count=count, told=told)

    def doubt(self, now: Instant) -> None:
        """What was sent through nodes of the roster got lost: see soon whether they are still there."""
        self._sampling.doubt(now)

    # --- what lookups want to know and have to say ---

    def closest(self, target: bytes) -> list[Descriptor]:
        """Return whom a lookup asks first: those of the table, and whom we are linked with."""
        known = {each.node: each for each in (self.table.closest(target) if self._is_full else self.roster.fresh())}
        return nearest({**self._described, **known}.values(), int.from_bytes(target, "big"), K)

    def on_answered(self, node: NodeId, told: list[Descriptor], now: Instant) -> None:
        """A node answered and told of others."""
        self._upkeep.on_answered(node, told, now)

    def on_failed(self, node: NodeId, now: Instant) -> None:
        """A node did not answer."""
        self._upkeep.on_failed(node, now)

    # --- what is known of the network ---

    @property
    def is_ready(self) -> bool:
        """Whether the first round of lookups is over, and with it size, width and scope mean something."""
        return self._knows_neighbourhood and self.roster.is_ready

    def size(self) -> float:
        """Return about how many reachable full nodes there are, ourselves counted."""
        ourselves = 1 if self._is_full and self._ourselves.is_reachable else 0
        others = self._size.others()
        if self._is_full and self.table.is_complete:
            counted = float(sum(not entry.failures for entry in self.table))
            if others is None or others <= OUTLIER * counted:
                return counted + ourselves
        return (float(len(self._described)) if others is None else others) + ourselves

    def width(self) -> int:
        """Return the coverage width: how many bits of an address those share who keep what is sent to it."""
        return self._width.bits

    def scope(self) -> Bucket:
        """Return what we keep as a custodian."""
        return self._neighbourhood.scope()

    def mates(self) -> list[Descriptor]:
        """Return the other custodians of our scope, nearest first: those to keep links with."""
        known = {entry.descriptor.node: entry.descriptor for entry in self.table if not entry.failures}
        scope = self.scope()
        fit = [
            each
            for each in {**known, **self._described}.values()
            if each.is_reachable
            and is_current(each, self._ourselves.epoch)
            and scope.covers(address_of(each.overlay_id))
        ]
        return nearest(fit, int.from_bytes(self._own, "big"), MAX_MATES)

    def _adapt(self) -> None:
        if self.is_ready and self._width.follow(self.size()) and self._is_full:
            self._neighbourhood.width_changed()
            self._chores.schedule(Chore.NEIGHBOURHOOD, self._neighbourhood_at + NEIGHBOURHOOD_PAUSE)

    # --- chores ---

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        self._lookups.handle_timeout(now)
        for chore in self._chores.pop_due(now.mono):
            try:
                self._do(chore, now)
            except Overloaded:
                self._chores.again(chore, NEIGHBOURHOOD_PAUSE, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(self._lookups.next_deadline(), self._chores.next_deadline())

    def _begin(self, now: Instant) -> None:
        """There is a node to look with: the first link, or the first to a node that can be found."""
        self._begun_at = now.mono
        if self._is_full:
            self._chores.schedule(Chore.NEIGHBOURHOOD, now.mono + START_DELAY)
            self._chores.schedule(Chore.REFRESH, now.mono + REFRESH_PERIOD)
        else:
            self._chores.schedule(Chore.SAMPLE, now.mono + START_DELAY)

    def _do(self, chore: Chore, now: Instant) -> None:
        if chore is Chore.NEIGHBOURHOOD:
            self._look_around(now)
        elif chore is Chore.SAMPLE:
            self._sampling.sample(now)
        else:
            self._chores.again(Chore.REFRESH, REFRESH_PERIOD, now)
            self._upkeep.refresh(self._sampling.count(), now)

    def _look_around(self, now: Instant) -> None:
        """Look for our own place; those who answer know us then, and are in our table."""
        self._neighbourhood_at = now.mono
        self._chores.again(Chore.NEIGHBOURHOOD, NEIGHBOURHOOD_PERIOD, now)

        def looked(now: Instant) -> None:
            if not self._knows_neighbourhood:
                self._knows_neighbourhood = True
                self._chores.schedule(Chore.SAMPLE, now.mono)

        self._neighbourhood.look(now, looked)
