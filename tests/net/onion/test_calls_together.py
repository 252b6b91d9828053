"""Datagrams and rendezvous on whole nodes in a world that loses, and on links over real sockets."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import trio

from net.errors import Unreachable
from net.ids import Endpoint, node_tag
from net.instant import Instant
from net.io.driver import Driver, system_clock
from net.io.udp import Transport
from net.link.events import CellReceived, LinkDown, LinkEvent, LinkUp, MessageReceived, Role
from net.link.layer import LinkLayer
from net.messages import Cell, Destroy, Setup, decode_message
from net.node.node import Node
from net.onion.circuits.builder import CircuitId, Circuits
from net.onion.circuits.relay import CircuitRelay
from net.onion.circuits.rendezvous import Rendezvous
from net.onion.circuits.rendezvous_client import Outcome, RendezvousClient
from net.onion.circuits.transit import EndId
from net.onion.packets.cipher import Hop, RealOnionCipher
from net.onion.packets.keyring import Keyring
from net.peers.link_pool import LinkPool
from simulator import Host
from simulator.world import Path
from tests.support.future import circuit_to
from tests.support.village import Village
from tests.support.villains import override, parts_of

COOKIE = b"\7" * 32
# As speech: one in 20 ms, each of its own content.
PERIOD, COUNT = 0.02, 250


class Caller:
    """A leaf that meets another at a full node."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.outcomes: list[Outcome] = []
        self.got: list[bytes] = []
        self.datagrams: list[bytes] = []
        self.circuit = CircuitId(0)
        circuits = parts_of(self.node()).onion.circuits
        self.client = RendezvousClient(circuits, self, os.urandom)
        circuits.on_datagram = self.arrived
        user = circuits._user  # pyright: ignore[reportPrivateUsage]
        received = user.on_circuit_data

        def listen(circuit: CircuitId, data: bytes, now: Instant) -> None:
            if circuit != self.circuit:
                received(circuit, data, now)
            elif not self.client.on_circuit_data(circuit, data, now):
                self.got.append(data)

        override(user, "on_circuit_data", listen)

    def node(self) -> Node:
        node = self.host.node()
        assert isinstance(node, Node)
        return node

    def on_rendezvous(self, circuit: CircuitId, outcome: Outcome, now: Instant) -> None:
        self.outcomes.append(outcome)

    def arrived(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        self.datagrams.append(data)

    def meet(self, place: Node, ask: Callable[[CircuitId, bytes, Instant], None]) -> None:
        def begin(now: Instant) -> None:
            self.circuit = circuit_to(self.node(), place, now)
            ask(self.circuit, COOKIE, now)

        self.host.do(begin)

    def talk(self, number: int) -> None:
        """Say one thing after another, each both ways."""

        def say(now: Instant) -> None:
            circuits = parts_of(self.node()).onion.circuits
            circuits.send_datagram(self.circuit, b"%d" % number, now)
            if number % 10 == 0:
                circuits.send(self.circuit, b"message %d" % number, now)
            if number + 1 < COUNT:
                self.talk(number + 1)

        self.host.after(PERIOD, say)


@pytest.mark.parametrize("is_plain", [False, True])
def test_two_leaves_meet_and_talk_through_a_network_that_loses(is_plain: bool) -> None:
    village = Village(6, 2, path=Path(jitter=0.01), is_plain=is_plain, is_quiet=True)
    village.settle()
    place = village.fulls[3].node()
    one, other = (Caller(resident.host) for resident in village.residents)
    one.meet(place, one.client.leave)
    village.world.run_for(2)
    other.meet(place, other.client.present)
    village.world.run_for(2)
    assert one.outcomes == [Outcome.WAITING, Outcome.JOINED]
    assert other.outcomes == [Outcome.JOINED]
    if not is_plain:  # plain links repeat nothing
        village.world.path = Path(jitter=0.01, loss=0.01, duplication=0.02)
    for caller in (one, other):
        caller.talk(0)
    village.world.run_for(COUNT * PERIOD + 5)
    for caller in (one, other):
        assert caller.got == [b"message %d" % number for number in range(0, COUNT, 10)]
        assert len(set(caller.datagrams)) == len(caller.datagrams)
        assert set(caller.datagrams) <= {b"%d" % number for number in range(COUNT)}
        # Eight links at one in a hundred lose a twelfth; beyond, links with lost or late frames send less at a time.
        assert len(caller.datagrams) > COUNT * (0.6 if not is_plain else 0.99)


# --- real sockets --------------------------------------------------------------------------------------------------------


class Peer:
    """Links, circuits and rendezvous over a socket; a caller too."""

    def __init__(self) -> None:
        cipher = RealOnionCipher()
        self.links = LinkLayer(secret_key=os.urandom(32), role=Role.FULL, random=os.urandom)
        self.pool = LinkPool(self.links.connect, self.links.close)
        self.keyring = Keyring(cipher, os.urandom)
        self.keyring.turn(0)
        self.rendezvous = Rendezvous(self, lambda link: (f"{link}",))
        self.circuit_relay = CircuitRelay(
            cipher=cipher,
            peel=lambda packet, now: self.keyring.peel(packet, 0),
            link_pool=self.pool,
            links=self.links,
            ends=self.rendezvous,
            random=os.urandom,
        )
        self.circuit_relay.datagrams.on_datagram = self.rendezvous.on_circuit_datagram
        self.rendezvous.serve(self.circuit_relay)
        self.circuits = Circuits(
            cipher=cipher, link_pool=self.pool, links=self.links, user=self._User(self), random=os.urandom
        )
        self.circuits.on_datagram = self.arrived
        self.client = RendezvousClient(self.circuits, self, os.urandom)
        self.machines = (self.pool, self.circuit_relay, self.circuits, self.rendezvous)
        self.outcomes: list[Outcome] = []
        self.got: list[bytes] = []
        self.datagrams: list[bytes] = []

    class _User:
        def __init__(self, peer: Peer) -> None:
            self._peer = peer

        def on_circuit_opened(self, circuit: CircuitId, now: Instant) -> None:
            pass

        def on_circuit_data(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
            if not self._peer.client.on_circuit_data(circuit, data, now):
                self._peer.got.append(data)

        def on_circuit_closed(self, circuit: CircuitId, now: Instant, *, is_silent: bool) -> None:
            self._peer.client.on_circuit_closed(circuit, now)

    def on_rendezvous(self, circuit: CircuitId, outcome: Outcome, now: Instant) -> None:
        self.outcomes.append(outcome)

    def arrived(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        self.datagrams.append(data)

    def on_circuit_opened(self, end: EndId, now: Instant) -> None:
        pass

    def on_circuit_data(self, end: EndId, data: bytes, now: Instant) -> None:
        raise AssertionError("nothing but rendezvous here")

    def on_circuit_closed(self, end: EndId, now: Instant) -> None:
        pass

    def hop(self, at: Endpoint) -> Hop:
        host = bytes(10) + b"\xff\xff" + bytes(map(int, at.host.split(".")))
        return Hop(self.keyring.publics(0)[0], host, at.port, node_tag(self.links.node_id), 0)

    # The five verbs.

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        self.links.receive_datagram(data, source, now)
        self._drain(now)

    def handle_timeout(self, now: Instant) -> None:
        self.links.handle_timeout(now)
        self._drain(now)
        for machine in self.machines:
            if machine.next_deadline() <= now.mono:
                machine.handle_timeout(now)

    def next_deadline(self) -> float:
        return min(machine.next_deadline() for machine in (self.links, *self.machines))

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        return self.links.datagrams_to_send(now)

    def next_event(self) -> LinkEvent | None:
        return None

    def _drain(self, now: Instant) -> None:
        while (event := self.links.next_event()) is not None:
            match event:
                case LinkUp():
                    self.pool.on_link_up(event.link, event.peer, event.endpoint, now)
                    self.pool.keep(event.link)
                case LinkDown():
                    self.pool.on_link_down(event.link)
                case MessageReceived():
                    message = decode_message(event.data)
                    assert isinstance(message, Setup | Cell | Destroy)
                    if isinstance(message, Setup) or not self.circuits.receive(event.link, message, now):
                        self.circuit_relay.receive(event.link, message, now)
                case CellReceived():
                    if not self.circuits.receive_datagram(event.link, event.data, now):
                        self.circuit_relay.receive_datagram(event.link, event.data, now)
                case _:
                    pass


async def _until(condition: Callable[[], bool]) -> None:
    with trio.fail_after(20):
        while not condition():  # noqa: ASYNC110 - peers tell nobody
            await trio.sleep(0.01)


async def _ignore(_: LinkEvent) -> None:
    pass


@pytest.mark.trio
@pytest.mark.network
async def test_two_parties_meet_and_talk_over_real_sockets() -> None:
    one, other, relay, place = peers = [Peer() for _ in range(4)]
    try:
        transports = [Transport.open("127.0.0.1", 0) for _ in peers]
    except Unreachable:
        pytest.skip("no loopback here")
    async with trio.open_nursery() as nursery:
        drivers = [
            Driver[LinkEvent](peer, transport, _ignore) for peer, transport in zip(peers, transports, strict=True)
        ]
        for driver in drivers:
            await nursery.start(driver.run)
        through, at = relay.hop(transports[2].local), place.hop(transports[3].local)
        first = one.circuits.open([through, at], system_clock())
        one.client.leave(first, COOKIE, system_clock())
        drivers[0].poke()
        await _until(lambda: bool(one.outcomes))
        second = other.circuits.open([at], system_clock())
        other.client.present(second, COOKIE, system_clock())
        drivers[1].poke()
        await _until(lambda: len(one.outcomes) == 2 and bool(other.outcomes))
        assert one.outcomes == [Outcome.WAITING, Outcome.JOINED]
        assert other.outcomes == [Outcome.JOINED]
        for peer, circuit, driver in ((one, first, drivers[0]), (other, second, drivers[1])):
            peer.circuits.send(circuit, b"hello" * 1000, system_clock())
            for number in range(50):
                assert peer.circuits.send_datagram(circuit, b"%d" % number, system_clock())
            driver.poke()
        await _until(lambda: all(peer.got and len(peer.datagrams) >= 45 for peer in (one, other)))
        assert one.got == other.got == [b"hello" * 1000]
        nursery.cancel_scope.cancel()
    for transport in transports:
        transport.close()
