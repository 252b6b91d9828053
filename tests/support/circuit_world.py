"""A row of nodes with circuits, joined by links that lose nothing; time and everything else happen when told."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from net.address_shares import Networks, nested_networks
from net.instant import Instant
from net.link.events import LinkId
from net.link.frames import CellKind
from net.messages import Cell, Destroy, Message, Setup, decode_message
from net.onion.circuits.builder import CircuitId, Circuits
from net.onion.circuits.limits import RELAY_LIMITS, RelayLimits
from net.onion.circuits.relay import CircuitRelay
from net.onion.circuits.rendezvous import MAX_COOKIES, Rendezvous
from net.onion.circuits.rendezvous_client import RendezvousClient
from net.onion.circuits.transit import EndId
from net.onion.packets.cipher import Hop, OnionCipher
from net.onion.packets.keyring import Keyring
from net.peers.link_pool import Contact, OnLink
from simulator.plain_cipher import PlainOnionCipher

# Changes what passes from one node to another.
Meddle = Callable[[Message], list[Message]]
# The same for datagrams, which come as cells.
MeddleCell = Callable[[bytes], list[bytes]]


@dataclass
class TheirSide:
    """Serves what ends at a node, and keeps what it heard."""

    node: Node
    answer: Callable[[bytes], bytes | None] = lambda data: None
    opened_ends: list[EndId] = field(default_factory=list[EndId])
    got: list[bytes] = field(default_factory=list[bytes])
    closed_ends: list[EndId] = field(default_factory=list[EndId])
    datagrams: list[bytes] = field(default_factory=list[bytes])

    def arrived(self, end: EndId, data: bytes, now: Instant) -> None:
        self.datagrams.append(data)

    def on_circuit_opened(self, end: EndId, now: Instant) -> None:
        self.opened_ends.append(end)

    def on_circuit_data(self, end: EndId, data: bytes, now: Instant) -> None:
        self.got.append(data)
        answer = self.answer(data)
        if answer is not None:
            self.node.circuit_relay.send(end, answer, now)

    def on_circuit_closed(self, end: EndId, now: Instant) -> None:
        self.closed_ends.append(end)


@dataclass
class OurSide:
    """Uses a node's own circuits."""

    opened_circuits: list[CircuitId] = field(default_factory=list[CircuitId])
    got: list[bytes] = field(default_factory=list[bytes])
    by_circuit: dict[CircuitId, list[bytes]] = field(default_factory=dict[CircuitId, list[bytes]])
    closed_circuits: list[tuple[CircuitId, bool]] = field(default_factory=list[tuple[CircuitId, bool]])
    datagrams: list[tuple[CircuitId, bytes]] = field(default_factory=list[tuple[CircuitId, bytes]])
    meetings: RendezvousClient | None = None  # hears first

    def arrived(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        self.datagrams.append((circuit, data))

    def on_circuit_opened(self, circuit: CircuitId, now: Instant) -> None:
        self.opened_circuits.append(circuit)

    def on_circuit_data(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        if self.meetings is not None and self.meetings.on_circuit_data(circuit, data, now):
            return
        self.got.append(data)
        self.by_circuit.setdefault(circuit, []).append(data)

    def on_circuit_closed(self, circuit: CircuitId, now: Instant, *, is_silent: bool) -> None:
        self.closed_circuits.append((circuit, is_silent))
        if self.meetings is not None:
            self.meetings.on_circuit_closed(circuit, now)


class Node:
    """One node: its circuits, its exchange, its links. Links are numbered by whom they lead to."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        rng = random.Random(number)
        keyring = Keyring(world.cipher, rng.randbytes)
        keyring.turn(0)
        self.hop = Hop(keyring.publics(0)[0], bytes(16), 0, bytes([number]) * 8, 0)
        self.theirs = TheirSide(self)
        self.ours = OurSide()
        self.rendezvous = Rendezvous(self.theirs, self.networks_of, max_cookies=world.max_cookies)
        self.circuit_relay = CircuitRelay(
            cipher=world.cipher,
            peel=lambda packet, now: keyring.peel(packet, 0),
            link_pool=self,
            links=self,
            ends=self.rendezvous if world.has_rendezvous else self.theirs,
            random=rng.randbytes,
            networks=self.networks_of,
            limits=world.limits.get(number, RELAY_LIMITS),
        )
        self.circuits = Circuits(cipher=world.cipher, link_pool=self, links=self, user=self.ours, random=rng.randbytes)
        self.circuit_relay.datagrams.on_datagram = self.rendezvous.on_circuit_datagram
        self.rendezvous.serve(self.circuit_relay)
        self.rendezvous.on_datagram = self.theirs.arrived
        self.circuits.on_datagram = self.ours.arrived

    def networks_of(self, link: LinkId) -> Networks:
        return nested_networks(self.world.hosts.get(link, f"node {link}"))

    def writable(self, link: LinkId) -> bool:
        return (self.number, link) not in self.world.blocked

    def send_message(self, link: LinkId, data: bytes, now: Instant) -> None:
        assert self.writable(link)
        self.world.post(self.number, link, decode_message(data))

    def send_cell(self, link: LinkId, data: bytes, now: Instant, kind: CellKind = CellKind.PACKET) -> bool:
        assert kind is CellKind.DATAGRAM
        if self.writable(link):
            self.world.post_cell(self.number, link, data)
        return self.writable(link)

    def reach(self, contact: Contact, now: Instant, then: OnLink) -> None:
        number = contact.tag[0]
        if number in self.world.dialling:
            self.world.dialling[number].append(then)
        else:
            is_there = number < len(self.world.nodes) and number not in self.world.gone
            then(LinkId(number) if is_there else None, now)

    def on_used(self, link: LinkId, now: Instant) -> None:
        assert link < len(self.world.nodes)

    def receive(self, link: LinkId, message: Message, now: Instant) -> None:
        assert isinstance(message, (Setup, Cell, Destroy))
        if isinstance(message, Setup) or not self.circuits.receive(link, message, now):
            self.circuit_relay.receive(link, message, now)

    def receive_cell(self, link: LinkId, data: bytes, now: Instant) -> None:
        if not self.circuits.receive_datagram(link, data, now):
            self.circuit_relay.receive_datagram(link, data, now)

    def next_deadline(self) -> float:
        machines = (self.circuits, self.circuit_relay, self.rendezvous)
        return min(each.next_deadline() for each in machines)

    def handle_timeout(self, now: Instant) -> None:
        self.circuits.handle_timeout(now)
        self.circuit_relay.handle_timeout(now)
        self.rendezvous.handle_timeout(now)


class World:
    """A row of nodes, and the time; ``limits`` by node."""

    def __init__(
        self,
        count: int = 5,
        cipher: OnionCipher | None = None,
        *,
        limits: Mapping[int, RelayLimits] | None = None,
        max_cookies: int = MAX_COOKIES,
        has_rendezvous: bool = True,
    ) -> None:
        self.limits, self.max_cookies = limits or {}, max_cookies
        self.has_rendezvous = has_rendezvous
        self.cipher = cipher or PlainOnionCipher()
        self.rng = random.Random(5)
        self.mono = 1000.0
        self.wires: dict[tuple[int, int], deque[Message]] = {}
        self.meddlers: dict[tuple[int, int], Meddle] = {}
        self.cells: deque[tuple[int, int, bytes]] = deque()
        self.cell_meddlers: dict[tuple[int, int], MeddleCell] = {}
        self.blocked: set[tuple[int, int]] = set()
        self.gone: set[int] = set()
        self.hosts: dict[int, str] = {}  # where nodes are; others are each in a network of their own
        self.dialling: dict[int, list[OnLink]] = {}
        self.nodes = [Node(self, number) for number in range(count)]

    @property
    def now(self) -> Instant:
        return Instant(self.mono, 0)

    def post(self, source: int, target: int, message: Message) -> None:
        meddle = self.meddlers.get((source, target))
        for each in [message] if meddle is None else meddle(message):
            self.wires.setdefault((source, target), deque()).append(each)

    def post_cell(self, source: int, target: int, data: bytes) -> None:
        meddle = self.cell_meddlers.get((source, target))
        self.cells.extend((source, target, each) for each in ([data] if meddle is None else meddle(data)))

    def deliver_cell(self) -> None:
        source, target, data = self.cells.popleft()
        self.nodes[target].receive_cell(LinkId(source), data, self.now)

    def deliver(self, wire: tuple[int, int]) -> None:
        source, target = wire
        self.nodes[target].receive(LinkId(source), self.wires[wire].popleft(), self.now)

    def run(self) -> None:
        """Let happen what happens now."""
        while True:
            for wire in [each for each, waiting in self.wires.items() if waiting]:
                self.deliver(wire)
            while self.cells:
                self.deliver_cell()
            due = [node for node in self.nodes if node.next_deadline() <= self.mono]
            for node in due:
                node.handle_timeout(self.now)
            if not due and not self.cells and not any(self.wires.values()):
                return

    def wait(self, seconds: float) -> None:
        """Let time pass, deadline by deadline."""
        end = self.mono + seconds
        self.run()
        while (due := min(node.next_deadline() for node in self.nodes)) <= end:
            self.mono = max(self.mono, due)
            self.run()
        self.mono = end

    def link_down(self, one: int, other: int) -> None:
        for source, target in ((one, other), (other, one)):
            self.wires.pop((source, target), None)
            self.nodes[source].circuit_relay.on_link_down(LinkId(target), self.now)
            self.nodes[source].circuits.on_link_down(LinkId(target), self.now)

    def dialled(self, number: int) -> None:
        for then in self.dialling.pop(number):
            then(LinkId(number), self.now)

    def open(self, *path: int, by: int = 0) -> CircuitId:
        return self.nodes[by].circuits.open([self.nodes[number].hop for number in path], self.now)

    def send(self, circuit: CircuitId, data: bytes, by: int = 0) -> None:
        self.nodes[by].circuits.send(circuit, data, self.now)

    def circuits_everywhere(self) -> int:
        return sum(len(node.circuits) + len(node.circuit_relay) for node in self.nodes)


# What strangers call their circuit.
NAME = b"names"


class Stranger:
    """Stands in for a node's neighbour and says what it likes. Always speaks to node 1."""

    def __init__(self, world: World, number: int = 0) -> None:
        self.world, self.link = world, LinkId(number)
        self.heard: list[Message] = []
        self.rng = random.Random(99 + number)
        world.meddlers[1, number] = self._hear

    def _hear(self, message: Message) -> list[Message]:
        self.heard.append(message)
        return []

    def say(self, message: Message) -> None:
        self.world.nodes[1].receive(self.link, message, self.world.now)

    def packet(self, *path: int, is_setup: bool = True) -> bytes:
        hops = [self.world.nodes[number].hop for number in path]
        return self.world.cipher.create(hops, b"", self.rng.randbytes, is_setup=is_setup)[0]

    def set_up(self, name: bytes, *path: int) -> None:
        self.say(Setup(name, self.packet(*path)))
