"""The onion of one node: what it carries for strangers, and what hides its own.

    cells ── relay ──> other links, or ends here: a box to keep, a loop come home
    Setup, Cell, Destroy ── exchange ──> circuits of others     ── circuits ──> our own
    departures, loops ──> our own packets, by paths that begin at a guard

One set of Sphinx keys serves packets and circuits. A leaf carries nothing for others, but its loops end at it.
"""

from __future__ import annotations

import random as random_module
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from net.address_shares import Networks
from net.cover_profile import CoverProfile
from net.errors import DecodeError
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import LinkId
from net.messages import Cell, Destroy, Setup
from net.onion.circuits.admission import apart
from net.onion.circuits.builder import Circuitry, Circuits
from net.onion.circuits.ports import CircuitLinks, Ends
from net.onion.circuits.relay import CircuitRelay
from net.onion.circuits.rendezvous import Rendezvous
from net.onion.cover import Loops, home_hop
from net.onion.packet_relay import PacketRelay
from net.onion.packet_sender import Kind, PacketSender, decode_payload
from net.onion.packets.cipher import Hop, OnionCipher, Peeled
from net.onion.packets.keyring import Keyring
from net.onion.paths.guards import Guards
from net.onion.paths.paths import Paths
from net.onion.paths.ports import Described, Roster
from net.onion.paths.reputation import ABSENCE, Reputation
from net.overlay.descriptor import epoch_of
from net.peers.link_pool import ForwardingPool, LinkPool

TakeBox = Callable[[bytes, LinkId, Instant], None]


@dataclass(frozen=True, slots=True)
class Means:
    """What an onion works with. ``described`` gives what a linked node said of itself, ``networks`` where a link leads."""

    cipher: OnionCipher
    roster: Roster
    described: Described
    link_pool: LinkPool
    forwarding_pool: ForwardingPool  # for what strangers send
    links: CircuitLinks
    random: Callable[[int], bytes]
    cover_profile: CoverProfile
    networks: Callable[[LinkId], Networks] = apart


class Onion:
    """Every ``now`` carries network time in its wall clock. ``is_relay``: carries for others too."""

    def __init__(
        self, own: NodeId, means: Means, *, is_relay: bool, user: Circuitry, ends: Ends, take_box: TakeBox
    ) -> None:
        cipher, link_pool, links, random = means.cipher, means.link_pool, means.links, means.random
        rng = random_module.Random(random(16))
        self._own = own
        self._is_relay = is_relay
        self._take_box = take_box
        self._address: Endpoint | None = None
        self.keyring = Keyring(cipher, random)
        self.reputation = Reputation()
        self.guards = Guards(own, means.roster, rng)
        self.paths = Paths(own, means.roster, means.described, self.guards, self.reputation, rng, means.cover_profile)
        self.packet_sender = PacketSender(cipher, link_pool, links.send_cell, self.paths.on_path_failed, random)
        self.send_packet: Final = self.packet_sender.send
        self.loops = Loops(self.paths, self.send_packet, self._home, rng, random)
        self.relay = PacketRelay(
            peel=self._peel,
            link_pool=means.forwarding_pool,
            send_cell=links.send_cell,
            deliver=self._deliver,
            networks=means.networks,
        )
        self.rendezvous = Rendezvous(ends, means.networks)
        self.circuit_relay = CircuitRelay(
            cipher=cipher,
            peel=self._peel,
            link_pool=means.forwarding_pool,
            links=links,
            ends=self.rendezvous,
            random=random,
            networks=means.networks,
        )
        self.circuit_relay.datagrams.on_datagram = self.rendezvous.on_circuit_datagram
        self.rendezvous.serve(self.circuit_relay)
        self.circuits = Circuits(cipher=cipher, link_pool=link_pool, links=links, user=user, random=random)
        self._light: Final = (self.guards, self.loops, self.rendezvous)
        self._heavy: Final = (
            self.packet_sender,
            self.relay,
            self.circuit_relay,
            self.circuits,
        )  # slices of up to 3 ms each
        self._turn = 0

    def set_address(self, endpoint: Endpoint | None) -> None:
        """Say where others reach us; None when they cannot. A leaf lets no stranger in, so it is not to be dialled."""
        self._address = endpoint if self._is_relay else None

    def turn(self, now: Instant) -> tuple[bytes, bytes]:
        """A new epoch: draw and drop keys; return the public ones of this epoch and the next."""
        epoch = epoch_of(now)
        self.keyring.turn(epoch)
        return self.keyring.publics(epoch)

    # --- links --------------------------------------------------------------------------------------------------------

    def on_link_up(self, peer: NodeId, now: Instant) -> None:
        """A full node is linked."""
        self.reputation.came_back(peer)
        self.guards.on_link_up(peer, now)

    def on_link_down(self, link: LinkId, peer: NodeId, now: Instant) -> None:
        """A link is gone."""
        if self.reputation.is_away(peer):
            self.reputation.left(peer, until=now.mono + ABSENCE)
        self.relay.on_link_down(link)
        self.circuit_relay.on_link_down(link, now)
        self.circuits.on_link_down(link, now)
        self.guards.on_link_down(peer, now)

    def on_link_quiet(self, link: LinkId, peer: NodeId, now: Instant) -> None:
        """What goes there may go nowhere: other ways are taken until something is heard."""
        self.reputation.left(peer)
        self.circuit_relay.on_link_quiet(link, now)
        self.guards.on_link_quiet(peer, now)
        if self.guards.in_use(now):  # else our own network is gone, and nothing would be won
            self.circuits.on_link_quiet(link, now)

    def on_link_heard(self, link: LinkId, peer: NodeId, now: Instant) -> None:
        """A link that was quiet is not any more."""
        self.reputation.came_back(peer)
        self.circuit_relay.on_link_heard(link)
        self.guards.on_link_heard(peer, now)

    def receive_packet(self, link: LinkId, packet: bytes, now: Instant) -> None:
        """Take a link's cell with a packet."""
        self.relay.receive_packet(link, packet, now)

    def receive_datagram(self, link: LinkId, data: bytes, now: Instant) -> None:
        """Take a link's cell with a datagram of a circuit, ours or a stranger's."""
        if not self.circuits.receive_datagram(link, data, now):
            self.circuit_relay.receive_datagram(link, data, now)

    def receive(self, link: LinkId, message: Setup | Cell | Destroy, now: Instant) -> None:
        """Take a message of a circuit, ours or a stranger's."""
        if isinstance(message, Setup):
            if self._is_relay:
                self.circuit_relay.receive(link, message, now)
        elif not self.circuits.receive(link, message, now):
            self.circuit_relay.receive(link, message, now)

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due; of what is heavy one slice, by turns, so that nothing else waits for more than that."""
        for machine in self._light:
            if machine.next_deadline() <= now.mono:
                machine.handle_timeout(now)
        for _ in self._heavy:
            self._turn = (self._turn + 1) % len(self._heavy)
            if self._heavy[self._turn].next_deadline() <= now.mono:
                self._heavy[self._turn].handle_timeout(now)
                return

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(machine.next_deadline() for machine in (*self._light, *self._heavy))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _peel(self, packet: bytes, now: Instant) -> Peeled:
        peeled = self.keyring.peel(packet, epoch_of(now))
        if peeled.next is not None and not self._is_relay:
            raise DecodeError("packet: not for a leaf")
        return peeled

    def _deliver(self, payload: bytes, link: LinkId, now: Instant) -> None:
        try:
            kind, body = decode_payload(payload)
        except DecodeError:
            return
        if kind is Kind.BOX:
            self._take_box(body, link, now)
        elif kind is Kind.LOOP:
            self.loops.receive(body, now)

    def _home(self, now: Instant) -> Hop | None:
        key, _ = self.keyring.publics(epoch_of(now))
        return home_hop(self._own, self._address, key)
