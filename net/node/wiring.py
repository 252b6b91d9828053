"""What a node is made of, and how the parts hang together. ``net.node.node`` has the picture."""

from __future__ import annotations

import random as random_module
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from net.client import CustodianClient, FriendRepairRate
from net.cover_profile import NORMAL, CoverProfile
from net.custodian import Custodian, Quota
from net.events import NodeEvent
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import Role
from net.link.port import Links
from net.network_time import NetworkTime
from net.node.frontend import Frontend
from net.node.onion_transport import OnionTransport
from net.node.reconcile import Upkeep
from net.onion.circuits.requests import CircuitRequests
from net.onion.onion import Means, Onion
from net.onion.packets.cipher import OnionCipher, RealOnionCipher
from net.overlay.descriptor import Verifier
from net.overlay.identity import ID_WORK_BITS, Identity
from net.overlay.overlay import Overlay
from net.parcel.store import ParcelStore
from net.parcel.work import FULL_PRICE, WorkPrice
from net.peers.dialer import Dialer
from net.peers.link_pool import ForwardingPool, LinkPool
from net.peers.requests import Requests
from net.peers.sender import LinkSender
from net.peers.table import PeerTable
from net.reach import Reach
from net.scope import Scope, scope_of


@dataclass(frozen=True, slots=True)
class Tuning:
    """What tests and simulations make cheap, and the strong setting slow; the product uses it as it stands."""

    price: WorkPrice = FULL_PRICE
    cover_profile: CoverProfile = NORMAL
    quota: Quota | None = None
    id_work_bits: int = ID_WORK_BITS
    cipher: OnionCipher | None = None  # None: the real one
    verifier: Verifier | None = None  # None: one of its own that checks everything
    keeping: FriendRepairRate | None = None  # None: the usual one


class Machine(Protocol):
    """What all parts above the links share."""

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        ...

    def next_deadline(self) -> float:
        """Return when that is, in monotonic seconds."""
        ...


class Wiring:
    """The parts of one node. ``report`` takes what the owner is to hear."""

    def __init__(
        self,
        links: Links,
        identity: Identity,
        role: Role,
        store: ParcelStore | None,
        random: Callable[[int], bytes],
        tuning: Tuning,
        report: Callable[[NodeEvent], None],
    ) -> None:
        # Choices among peers need no secrecy, only that nobody can foretell them.
        rng = random_module.Random(random(16))
        circuit_requests = CircuitRequests(rng)
        own, cover_profile = identity.node, tuning.cover_profile
        self.links = links
        self.time = NetworkTime()
        self.link_pool = LinkPool(self._connect, links.close)
        self.post = LinkSender(links, self.link_pool)
        self.calls = Requests(self.link_pool, self.post.put)
        self.table = PeerTable(own, rng)
        self.reach = Reach(
            calls=self.calls,
            rng=rng,
            connect=self._connect,
            send=self.post.put,
            close=links.close,
            seen_at=links.endpoint_of,
        )
        self.dialer = Dialer(role, self.table, self.post, rng, self._connect, self.reach.introduce)
        verifier = tuning.verifier or Verifier(work_bits=tuning.id_work_bits)
        self.overlay = Overlay(identity, role, self.calls, circuit_requests, rng=rng, random=random, verifier=verifier)
        self.frontend = Frontend(links, self.overlay)
        self.custodian = self.frontend.custodian = self._make_custodian(store, random, tuning) if store else None
        self.transport = OnionTransport(self.overlay, verifier.check, circuit_requests, rng)
        means = Means(
            cipher=tuning.cipher or RealOnionCipher(),
            roster=self.overlay.roster,
            described=self.overlay.described,
            link_pool=self.link_pool,
            forwarding_pool=ForwardingPool(self.link_pool, self._least_scope),
            links=links,
            random=random,
            cover_profile=cover_profile,
            networks=links.networks_of,
        )
        is_relay, take_box = role is Role.FULL, self.frontend.take_box
        self.onion = Onion(own, means, is_relay=is_relay, user=self.transport, ends=self.frontend, take_box=take_box)
        self.frontend.circuits = self.onion.circuit_relay
        friend_store = self.custodian.friend_store if self.custodian else None
        self.client = CustodianClient(
            self.transport,
            rng,
            report,
            Instant.hour,
            price=tuning.price,
            cover_profile=cover_profile,
            friend_store=friend_store,
            repair_rate=tuning.keeping,
        )
        self.transport.serve(self.client, self.onion)
        self.upkeep = Upkeep(self.overlay, self.onion, self.reach, self.dialer, self.custodian)

    def _make_custodian(self, store: ParcelStore, random: Callable[[int], bytes], tuning: Tuning) -> Custodian:
        return Custodian(
            store=store,
            outlet=self.frontend,
            random=random,
            price=tuning.price,
            slot=tuning.cover_profile.slot,
            quota=tuning.quota,
            is_settled=False,
        )

    def _connect(self, endpoint: Endpoint, peer: NodeId | None, now: Instant, *, is_probe: bool = False) -> None:
        """Begin a link. Whoever we sent something to first is no proof that strangers reach us."""
        self.reach.on_contacted(endpoint, now)
        self.links.connect(endpoint, peer, now, is_probe=is_probe)

    def _least_scope(self) -> Scope:
        """Return how far an address must reach for strangers to have us dial it: as far as our own."""
        return scope_of(self.reach.public.host) if self.reach.public else Scope.LOOPBACK

    def machines(self) -> tuple[Machine, ...]:
        """Return all that have deadlines."""
        those = (
            self.link_pool, self.calls, self.dialer, self.reach, self.overlay,
            self.upkeep, self.onion, self.transport, self.client,
        )  # fmt: skip
        return (*those, self.custodian) if self.custodian else those
