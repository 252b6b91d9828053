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
from net.node.linked_peers import LinkedPeers
from net.node.onion_transport import OnionTransport
from net.node.reconcile import Upkeep
from net.node.request_handlers import RequestHandlers
from net.node.router import Router
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
    """The parts of one node, built in order; each is given those it works with, and none is given the whole.

    ``report`` takes what the owner is to hear.
    """

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
        self.links = links
        self.time = NetworkTime()
        self._own, self._role, self._random, self._tuning = identity.node, role, random, tuning
        # Choices among peers need no secrecy, only that no peer can foretell them.
        self._rng = random_module.Random(random(16))
        self._add_peers()
        self._add_overlay(identity)
        self._add_custodian(store)
        self._add_onion()
        self._add_client(report)
        self.upkeep = Upkeep(self.overlay, self.onion, self.reach, self.dialer, self.custodian)
        self._add_doors()

    def _add_peers(self) -> None:
        """Add who is there, and how to get to them."""
        links, rng = self.links, self._rng
        self.link_pool = LinkPool(self._connect, links.close)
        self.post = LinkSender(links, self.link_pool)
        self.calls = Requests(self.link_pool, self.post.put)
        self.table = PeerTable(self._own, rng)
        self.reach = Reach(
            calls=self.calls,
            rng=rng,
            connect=self._connect,
            send=self.post.put,
            close=links.close,
            seen_at=links.endpoint_of,
        )
        self.dialer = Dialer(self._role, self.table, self.post.ask, rng, self._connect, self.reach.introduce)

    def _add_overlay(self, identity: Identity) -> None:
        """Add where in the network others are."""
        self._verifier = self._tuning.verifier or Verifier(work_bits=self._tuning.id_work_bits)
        self._circuit_requests = CircuitRequests(self._rng)
        self.overlay = Overlay(
            identity,
            self._role,
            self.calls,
            self._circuit_requests,
            rng=self._rng,
            random=self._random,
            verifier=self._verifier,
        )

    def _add_custodian(self, store: ParcelStore | None) -> None:
        """Add what we do for others."""
        self.frontend = Frontend(self.links, self.overlay.answer_find, self.overlay.serve)
        self.custodian = self.frontend.custodian = self._make_custodian(store) if store else None

    def _make_custodian(self, store: ParcelStore) -> Custodian:
        return Custodian(
            store=store,
            outlet=self.frontend,
            random=self._random,
            price=self._tuning.price,
            slot=self._tuning.cover_profile.slot,
            quota=self._tuning.quota,
            is_settled=False,
        )

    def _add_onion(self) -> None:
        """Add what hides our own traffic, and relays that of others."""
        self.transport = OnionTransport(self.overlay, self._verifier.check, self._circuit_requests, self._rng)
        means = Means(
            cipher=self._tuning.cipher or RealOnionCipher(),
            roster=self.overlay.roster,
            described=self.overlay.described,
            link_pool=self.link_pool,
            forwarding_pool=ForwardingPool(self.link_pool, self._least_scope),
            links=self.links,
            random=self._random,
            cover_profile=self._tuning.cover_profile,
            networks=self.links.networks_of,
        )
        is_relay, take_box = self._role is Role.FULL, self.frontend.take_box
        self.onion = Onion(
            self._own, means, is_relay=is_relay, user=self.transport, ends=self.frontend, take_box=take_box
        )
        self.frontend.circuits = self.onion.circuit_relay

    def _add_client(self, report: Callable[[NodeEvent], None]) -> None:
        """Add what we ask of custodians."""
        self.client = CustodianClient(
            self.transport,
            self._rng,
            report,
            Instant.hour,
            price=self._tuning.price,
            cover_profile=self._tuning.cover_profile,
            friend_store=self.custodian.friend_store if self.custodian else None,
            repair_rate=self._tuning.keeping,
        )
        onion = self.onion
        self.transport.serve(self.client, onion.paths, onion.reputation, onion.circuits, onion.send_packet)

    def _add_doors(self) -> None:
        """Add what takes the links' events, and the owner's requests."""
        self.linked_peers = LinkedPeers(
            role=self._role,
            time=self.time,
            overlay=self.overlay,
            guards=self.onion.guards,
            frontend=self.frontend,
            transport=self.transport,
            upkeep=self.upkeep,
            ask_peers=self.dialer.ask,
            close=self.links.close,
        )
        self.router = Router(
            own=self._own,
            role=self._role,
            links=self.links,
            link_pool=self.link_pool,
            post=self.post,
            calls=self.calls,
            table=self.table,
            dialer=self.dialer,
            reach=self.reach,
            time=self.time,
            overlay=self.overlay,
            onion=self.onion,
            frontend=self.frontend,
            peers=self.linked_peers,
        )
        self.requests = RequestHandlers(
            client=self.client,
            transport=self.transport,
            paths=self.onion.paths,
            dialer=self.dialer,
            reach=self.reach,
        )

    def _connect(self, endpoint: Endpoint, peer: NodeId | None, now: Instant, *, is_probe: bool = False) -> None:
        """Begin a link. A node that we sent something to first is no proof that strangers reach us."""
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
