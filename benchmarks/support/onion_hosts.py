"""Nodes reduced to what carries packets and circuits, on real links, over a wire without sockets; time is a number.

A host has a link layer, a link pool, Sphinx keys, a relay, a circuit relay and circuits of its own, joined as in a node.
The processor time of its turns is added up: opening and sealing frames, acknowledgements and timers are in it, the kernel's
part is not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from net.ids import Endpoint, node_tag
from net.instant import Instant
from net.link.events import CellReceived, LinkEvent, LinkId, LinkUp, MessageReceived, Role
from net.link.frames import CellKind
from net.link.layer import LinkLayer
from net.messages import Cell, Destroy, Setup, decode_message
from net.onion.circuits.builder import CircuitId, Circuits
from net.onion.circuits.relay import CircuitRelay
from net.onion.circuits.transit import EndId
from net.onion.packet_relay import PacketRelay
from net.onion.packets.cipher import Hop, OnionCipher, Peeled
from net.onion.packets.keyring import Keyring
from net.peers.link_pool import Contact, LinkPool

EPOCH = 231_000
# Seconds that a datagram is under way, and between two turns of a host.
LATENCY = 0.005

# Data, from where, to where.
Datagram = tuple[bytes, Endpoint, Endpoint]


class _Builder:
    """Uses circuits: counts those that opened, and the messages and datagrams that came back."""

    def __init__(self) -> None:
        self.opened_circuits = self.got = self.datagrams = 0

    def on_circuit_opened(self, circuit: CircuitId, now: Instant) -> None:
        self.opened_circuits += 1

    def on_circuit_data(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        self.got += 1

    def arrived(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        self.datagrams += 1

    def on_circuit_closed(self, circuit: CircuitId, now: Instant, *, is_silent: bool) -> None:
        raise AssertionError("a circuit was lost")


class _Echo:
    """Serves the ends of circuits: says again what it hears."""

    def __init__(self, host: OnionHost) -> None:
        self._host = host

    def on_circuit_opened(self, end: EndId, now: Instant) -> None:
        pass

    def on_circuit_data(self, end: EndId, data: bytes, now: Instant) -> None:
        assert self._host.circuit_relay.send(end, data, now)

    def arrived(self, end: EndId, data: bytes, now: Instant) -> None:
        self._host.circuit_relay.send_datagram(end, data, now)

    def on_circuit_closed(self, end: EndId, now: Instant) -> None:
        pass


class OnionHost:
    """One node. ``cost`` is the processor time, in seconds, of all its turns."""

    def __init__(self, number: int, cipher: OnionCipher) -> None:
        self.endpoint = Endpoint(f"192.0.2.{number}", 4000)
        self.cost = 0.0
        self.delivered = 0
        self.builder = _Builder()
        self.links = links = LinkLayer(secret_key=os.urandom(32), role=Role.FULL, random=os.urandom)
        self.link_pool = link_pool = LinkPool(links.connect, links.close)
        self._keyring = Keyring(cipher, os.urandom)
        for epoch in (EPOCH - 1, EPOCH):
            self._keyring.turn(epoch)
        self.relay = PacketRelay(peel=self._peel, link_pool=link_pool, send_cell=links.send_cell, deliver=self._deliver)
        echo = _Echo(self)
        self.circuit_relay = CircuitRelay(
            cipher=cipher, peel=self._peel, link_pool=link_pool, links=links, ends=echo, random=os.urandom
        )
        self.circuits = Circuits(cipher=cipher, link_pool=link_pool, links=links, user=self.builder, random=os.urandom)
        self.circuit_relay.datagrams.on_datagram = echo.arrived
        self.circuits.on_datagram = self.builder.arrived
        self._machines = (link_pool, self.relay, self.circuit_relay, self.circuits)

    def contact(self) -> Contact:
        """Return how others get here."""
        return Contact(self.endpoint, node_tag(self.links.node_id), self.links.node_id)

    def hop(self, delay_ms: int = 0) -> Hop:
        """Return this host as a hop of a path."""
        host = bytes(10) + b"\xff\xff" + bytes(map(int, self.endpoint.host.split(".")))
        return Hop(self._keyring.publics(EPOCH)[0], host, self.endpoint.port, self.contact().tag, delay_ms)

    def send_packet(self, to: OnionHost, packet: bytes, now: Instant) -> None:
        """Give a packet to the link with ``to``; without a packet, only make the link."""

        def linked(link: LinkId | None, now: Instant) -> None:
            assert link is not None
            if packet:
                self.links.send_cell(link, packet, now)

        self.link_pool.reach(to.contact(), now, linked)

    def turn(self, arrived: Sequence[Datagram], now: Instant) -> list[Datagram]:
        """Take datagrams, do what is due, and return what is to be sent."""
        began = time.thread_time()
        sent: list[Datagram] = []
        for data, source, _ in arrived:
            self.links.receive_datagram(data, source, now)
            self._drain(now)
        while self._is_due(now):
            self._handle_timeout(now)
            while batch := self.links.datagrams_to_send(now):
                sent += [(data, self.endpoint, target) for data, target in batch]
        self.cost += time.thread_time() - began
        return sent

    def _is_due(self, now: Instant) -> bool:
        return any(machine.next_deadline() <= now.mono for machine in (self.links, *self._machines))

    def _handle_timeout(self, now: Instant) -> None:
        self.links.handle_timeout(now)
        self._drain(now)
        for machine in self._machines:
            if machine.next_deadline() <= now.mono:
                machine.handle_timeout(now)

    def _drain(self, now: Instant) -> None:
        while (event := self.links.next_event()) is not None:
            self._receive(event, now)

    def _receive(self, event: LinkEvent, now: Instant) -> None:
        match event:
            case CellReceived() if event.kind is CellKind.PACKET:
                self.link_pool.on_used(event.link, now)
                self.relay.receive_packet(event.link, event.data, now)
            case CellReceived():
                if not self.circuits.receive_datagram(event.link, event.data, now):
                    self.circuit_relay.receive_datagram(event.link, event.data, now)
            case MessageReceived():
                self.link_pool.on_used(event.link, now)
                message = decode_message(event.data)
                assert isinstance(message, Setup | Cell | Destroy)
                if isinstance(message, Setup) or not self.circuits.receive(event.link, message, now):
                    self.circuit_relay.receive(event.link, message, now)
            case LinkUp():
                self.link_pool.on_link_up(event.link, event.peer, event.endpoint, now)
                self.link_pool.keep(event.link)
            case _:
                raise AssertionError(f"on a wire that loses nothing: {event}")

    def _peel(self, packet: bytes, now: Instant) -> Peeled:
        del now
        return self._keyring.peel(packet, EPOCH)

    def _deliver(self, payload: bytes, link: LinkId, now: Instant) -> None:
        self.delivered += 1


class Wire:
    """Takes every datagram to its host by the next turn."""

    def __init__(self, hosts: Sequence[OnionHost]) -> None:
        self.now = Instant(1000.0, 0)
        self._hosts = hosts
        self._under_way: list[Datagram] = []

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now.mono + seconds
        while self.now.mono < until:
            arrived: dict[Endpoint, list[Datagram]] = {}
            for datagram in self._under_way:
                arrived.setdefault(datagram[2], []).append(datagram)
            self._under_way = [
                datagram for host in self._hosts for datagram in host.turn(arrived.get(host.endpoint, []), self.now)
            ]
            self.now = Instant(self.now.mono + LATENCY, round((self.now.mono + LATENCY) * 1000))
