"""What a node is made of, and how the parts hang together. ``net.node.node`` has the picture."""

from __future__ import annotations

import random as random_module
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from net.client import KeepingPace, Patron
from net.cover_profile import NORMAL, Pace
from net.custodian import Custodian, Quota
from net.events import NodeEvent
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import Role
from net.link.port import Links
from net.network_time import NetworkTime
from net.node.circuit_client import OnionCourier
from net.node.frontend import Desk
from net.node.reconcile import Upkeep
from net.onion.circuits.requests import FarCalls
from net.onion.onion import Means, Onion
from net.onion.packets.cipher import OnionCipher, RealOnionCipher
from net.overlay.descriptor import Verifier
from net.overlay.identity import ID_WORK_BITS, Identity
from net.overlay.overlay import Overlay
from net.parcel.store import ParcelStore
from net.parcel.work import FULL_PRICE, WorkPrice
from net.peers.dialer import Dialer
from net.peers.link_pool import Onward, Switch
from net.peers.requests import Calls
from net.peers.sender import Post
from net.peers.table import PeerTable
from net.reach import Reach
from net.scope import Scope, scope_of


@dataclass(frozen=True, slots=True)
class Tuning:
    """What tests and simulations make cheap, and the strong setting slow; the product uses it as it stands."""

    price: WorkPrice = FULL_PRICE
    pace: Pace = NORMAL
    quota: Quota | None = None
    id_work_bits: int = ID_WORK_BITS
    cipher: OnionCipher | None = None  # None: the real one
    verifier: Verifier | None = None  # None: one of its own that checks everything
    keeping: KeepingPace | None = None  # None: the usual one


class Machine(Protocol):
    """What all parts above the links share."""

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        ...

    def next_deadline(self) -> float:
        """Return when that is, in monotonic seconds."""
        ...


class Parts:
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
        far_calls = FarCalls(rng)
        own, pace = identity.node, tuning.pace
        self.links = links
        self.time = NetworkTime()
        self.switch = Switch(self._connect, links.close)
        self.post = Post(links, self.switch)
        self.calls = Calls(self.switch, self.post.put)
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
        self.overlay = Overlay(identity, role, self.calls, far_calls, rng=rng, random=random, verifier=verifier)
        self.desk = Desk(links, self.overlay)
        self.custodian = self.desk.custodian = self._make_custodian(store, random, tuning) if store else None
        self.courier = OnionCourier(self.overlay, verifier.check, far_calls, rng)
        means = Means(
            cipher=tuning.cipher or RealOnionCipher(),
            roster=self.overlay.roster,
            described=self.overlay.described,
            switch=self.switch,
            onward=Onward(self.switch, self._least_scope),
            links=links,
            random=random,
            pace=pace,
            networks=links.networks_of,
        )
        is_relay, take_box = role is Role.FULL, self.desk.take_box
        self.onion = Onion(own, means, is_relay=is_relay, user=self.courier, ends=self.desk, take_box=take_box)
        self.desk.circuits = self.onion.exchange
        shelf = self.custodian.shelf if self.custodian else None
        self.patron = Patron(
            self.courier,
            rng,
            report,
            Instant.hour,
            price=tuning.price,
            pace=pace,
            shelf=shelf,
            keeping_pace=tuning.keeping,
        )
        self.courier.serve(self.patron, self.onion)
        self.upkeep = Upkeep(self.overlay, self.onion, self.reach, self.dialer, self.custodian)

    def _make_custodian(self, store: ParcelStore, random: Callable[[int], bytes], tuning: Tuning) -> Custodian:
        return Custodian(
            store=store,
            outlet=self.desk,
            random=random,
            price=tuning.price,
            slot=tuning.pace.slot,
            quota=tuning.quota,
            is_settled=False,
        )

    def _connect(self, endpoint: Endpoint, peer: NodeId | None, now: Instant, *, is_probe: bool = False) -> None:
        """Begin a link. Whoever we sent something to first is no proof that strangers reach us."""
        self.reach.contacted(endpoint, now)
        self.links.connect(endpoint, peer, now, is_probe=is_probe)

    def _least_scope(self) -> Scope:
        """Return how far an address must reach for strangers to have us dial it: as far as our own."""
        return scope_of(self.reach.public.host) if self.reach.public else Scope.LOOPBACK

    def machines(self) -> tuple[Machine, ...]:
        """Return all that have deadlines."""
        those = (
            self.switch, self.calls, self.dialer, self.reach, self.overlay,
            self.upkeep, self.onion, self.courier, self.patron,
        )  # fmt: skip
        return (*those, self.custodian) if self.custodian else those
