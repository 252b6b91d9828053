"""Circuits over a row of nodes joined by links that lose nothing: what goes in comes out, and whoever meddles ends them."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings, strategies as st

from net.errors import Overloaded, Unreachable
from net.instant import Instant
from net.link.events import LinkId
from net.messages import MAX_MESSAGE_SIZE, Cell, Destroy, Message, Setup, decode_message
from net.onion.cipher import Hop, OnionCipher, RealOnionCipher
from net.onion.circuit_stream import DATA_SIZE, MAX_CELLS_UNDER_WAY
from net.onion.circuits import MAX_OWN_CIRCUITS, OPEN_PATIENCE, CircuitId, Circuits
from net.onion.egress import MAX_FAREWELLS, MAX_LANE, RETRY_AFTER, Egress, Lane
from net.onion.exchange import (
    FAIR_SHARE,
    MAX_AGE,
    MAX_CIRCUITS,
    MAX_CIRCUITS_PER_LINK,
    MAX_SILENCE,
    SETUP_BURST,
    SETUP_RATE,
    EndId,
    Exchange,
)
from net.onion.keyring import Keyring
from net.onion.plain_cipher import PlainOnionCipher
from net.switch import Contact, Then

# Changes what passes from one node to another.
Meddle = Callable[[Message], list[Message]]


@dataclass
class TheirSide:
    """Serves what ends at a node, and keeps what it heard."""

    node: Node
    answer: Callable[[bytes], bytes | None] = lambda data: None
    opened_ends: list[EndId] = field(default_factory=list[EndId])
    got: list[bytes] = field(default_factory=list[bytes])
    closed_ends: list[EndId] = field(default_factory=list[EndId])

    def opened(self, end: EndId, now: Instant) -> None:
        self.opened_ends.append(end)

    def received(self, end: EndId, data: bytes, now: Instant) -> None:
        self.got.append(data)
        answer = self.answer(data)
        if answer is not None:
            self.node.exchange.send(end, answer, now)

    def closed(self, end: EndId, now: Instant) -> None:
        self.closed_ends.append(end)


@dataclass
class OurSide:
    """Uses a node's own circuits."""

    opened_circuits: list[CircuitId] = field(default_factory=list[CircuitId])
    got: list[bytes] = field(default_factory=list[bytes])
    by_circuit: dict[CircuitId, list[bytes]] = field(default_factory=dict[CircuitId, list[bytes]])
    closed_circuits: list[tuple[CircuitId, bool]] = field(default_factory=list[tuple[CircuitId, bool]])

    def opened(self, circuit: CircuitId, now: Instant) -> None:
        self.opened_circuits.append(circuit)

    def received(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        self.got.append(data)
        self.by_circuit.setdefault(circuit, []).append(data)

    def closed(self, circuit: CircuitId, now: Instant, *, is_silent: bool) -> None:
        self.closed_circuits.append((circuit, is_silent))


class Node:
    """One node: its circuits, its exchange, its links. Links are numbered by whom they lead to."""

    def __init__(self, world: World, number: int, max_backlog: int) -> None:
        self.world, self.number = world, number
        rng = random.Random(number)
        keyring = Keyring(world.cipher, rng.randbytes)
        keyring.turn(0)
        self.hop = Hop(keyring.publics(0)[0], bytes(16), 0, bytes([number]) * 8, 0)
        self.theirs = TheirSide(self)
        self.ours = OurSide()
        self.exchange = Exchange(
            cipher=world.cipher,
            peel=lambda packet, now: keyring.peel(packet, 0),
            switch=self,
            links=self,
            ends=self.theirs,
            random=rng.randbytes,
            max_backlog=max_backlog,
        )
        self.circuits = Circuits(cipher=world.cipher, switch=self, links=self, user=self.ours, random=rng.randbytes)

    def writable(self, link: LinkId) -> bool:
        return (self.number, link) not in self.world.blocked

    def send_message(self, link: LinkId, data: bytes, now: Instant) -> None:
        assert self.writable(link)
        self.world.post(self.number, link, decode_message(data))

    def reach(self, contact: Contact, now: Instant, then: Then) -> None:
        number = contact.tag[0]
        if number in self.world.dialling:
            self.world.dialling[number].append(then)
        else:
            is_there = number < len(self.world.nodes) and number not in self.world.gone
            then(LinkId(number) if is_there else None, now)

    def used(self, link: LinkId, now: Instant) -> None:
        assert link < len(self.world.nodes)

    def receive(self, link: LinkId, message: Message, now: Instant) -> None:
        assert isinstance(message, (Setup, Cell, Destroy))
        if isinstance(message, Setup) or not self.circuits.receive(link, message, now):
            self.exchange.receive(link, message, now)

    def next_deadline(self) -> float:
        return min(self.circuits.next_deadline(), self.exchange.next_deadline())

    def handle_timeout(self, now: Instant) -> None:
        self.circuits.handle_timeout(now)
        self.exchange.handle_timeout(now)


class World:
    """A row of nodes, and the time."""

    def __init__(self, count: int = 5, cipher: OnionCipher | None = None, max_backlog: int = 1 << 25) -> None:
        self.cipher = cipher or PlainOnionCipher()
        self.mono = 1000.0
        self.wires: dict[tuple[int, int], deque[Message]] = {}
        self.meddlers: dict[tuple[int, int], Meddle] = {}
        self.blocked: set[tuple[int, int]] = set()
        self.gone: set[int] = set()
        self.dialling: dict[int, list[Then]] = {}
        self.nodes = [Node(self, number, max_backlog) for number in range(count)]

    @property
    def now(self) -> Instant:
        return Instant(self.mono, 0)

    def post(self, source: int, target: int, message: Message) -> None:
        meddle = self.meddlers.get((source, target))
        for each in [message] if meddle is None else meddle(message):
            self.wires.setdefault((source, target), deque()).append(each)

    def deliver(self, wire: tuple[int, int]) -> None:
        source, target = wire
        self.nodes[target].receive(LinkId(source), self.wires[wire].popleft(), self.now)

    def run(self) -> None:
        """Let happen what happens now."""
        while True:
            for wire in [each for each, waiting in self.wires.items() if waiting]:
                self.deliver(wire)
            due = [node for node in self.nodes if node.next_deadline() <= self.mono]
            for node in due:
                node.handle_timeout(self.now)
            if not due and not any(self.wires.values()):
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
            self.nodes[source].exchange.link_down(LinkId(target), self.now)
            self.nodes[source].circuits.link_down(LinkId(target), self.now)

    def dialled(self, number: int) -> None:
        for then in self.dialling.pop(number):
            then(LinkId(number), self.now)

    def open(self, *path: int, by: int = 0) -> CircuitId:
        return self.nodes[by].circuits.open([self.nodes[number].hop for number in path], self.now)

    def send(self, circuit: CircuitId, data: bytes, by: int = 0) -> None:
        self.nodes[by].circuits.send(circuit, data, self.now)

    def circuits_everywhere(self) -> int:
        return sum(len(node.circuits) + len(node.exchange) for node in self.nodes)


def some_messages(rng: random.Random, count: int) -> list[bytes]:
    sizes = [1, DATA_SIZE - 3, DATA_SIZE - 2, MAX_MESSAGE_SIZE, 40_000, *(rng.randrange(1, 5000) for _ in range(count))]
    return [rng.randbytes(size) for size in sizes[:count]]


# --- what goes in comes out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hops", "cipher"),
    [(1, PlainOnionCipher), (2, PlainOnionCipher), (3, PlainOnionCipher), (4, PlainOnionCipher), (4, RealOnionCipher)],
)
def test_messages_of_all_sizes_pass_both_ways(hops: int, cipher: Callable[[], OnionCipher]) -> None:
    world = World(cipher=cipher())
    end = world.nodes[hops].theirs
    end.answer = lambda data: data[::-1]
    messages = some_messages(random.Random(hops), 9)
    circuit = world.open(*range(1, hops + 1))
    for message in messages:
        while not world.nodes[0].circuits.writable(circuit):
            world.run()
        world.send(circuit, message)
    world.run()
    assert end.got == messages
    assert world.nodes[0].ours.got == [message[::-1] for message in messages]
    assert world.nodes[0].ours.opened_circuits == [circuit]


def test_what_is_sent_behind_the_setup_waits_for_links_that_are_not_up_yet() -> None:
    world = World()
    world.dialling = {1: [], 3: []}
    circuit = world.open(1, 2, 3)
    message = bytes(MAX_MESSAGE_SIZE)
    world.send(circuit, message)
    world.send(circuit, b"and more")
    world.run()
    assert world.nodes[1].exchange.counters.built == 0
    world.dialled(1)
    world.run()
    assert world.nodes[2].exchange.counters.built == 1
    assert world.nodes[3].theirs.opened_ends == []
    world.dialled(3)
    world.run()
    assert world.nodes[3].theirs.got == [message, b"and more"]


def test_neighbours_of_a_relay_know_a_circuit_by_different_names_and_bytes() -> None:
    world = World()
    seen: dict[tuple[int, int], list[Message]] = {}

    def watch(wire: tuple[int, int]) -> Meddle:
        def look(message: Message) -> list[Message]:
            seen.setdefault(wire, []).append(message)
            return [message]

        return look

    for wire in ((0, 1), (1, 2), (2, 3)):
        world.meddlers[wire] = watch(wire)
    world.send(world.open(1, 2, 3), b"hello")
    world.run()
    names = {message.circuit for wire in seen.values() for message in wire if isinstance(message, (Setup, Cell))}
    bodies = {message.body for wire in seen.values() for message in wire if isinstance(message, Cell)}
    packets = {message.packet for wire in seen.values() for message in wire if isinstance(message, Setup)}
    assert (len(names), len(bodies), len(packets)) == (3, 3, 3)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_however_links_interleave_stall_and_go_on_each_circuit_delivers_in_order(seed: int) -> None:
    rng = random.Random(seed)
    world = World()
    ours = world.nodes[0].ours
    for node in world.nodes:
        node.theirs.answer = lambda data: data + b"!"
    paths = [(1, 2, 3), (1, 3, 4, 2), (2, 4), (1, 2, 3)]
    circuits = [world.open(*path) for path in paths]
    sent: dict[CircuitId, list[bytes]] = {circuit: [] for circuit in circuits}
    for _ in range(300):
        circuit, chance = rng.choice(circuits), rng.random()
        if chance < 0.2 and world.nodes[0].circuits.writable(circuit):
            message = rng.randbytes(rng.choice([1, 500, 5000, 70_000]))
            world.send(circuit, message)
            sent[circuit].append(message + b"!")
        elif chance < 0.3:
            world.blocked = {(rng.randrange(5), rng.randrange(5)) for _ in range(4)}
        elif chance < 0.5:
            world.mono += rng.random() / 10
            for node in rng.sample(world.nodes, 3):
                node.handle_timeout(world.now)
        elif waiting := [wire for wire, messages in world.wires.items() if messages]:
            wire = rng.choice(waiting)
            for _ in range(rng.randrange(1, len(world.wires[wire]) + 1)):
                world.deliver(wire)
    world.blocked = set()
    world.wait(2.0)
    assert {circuit: ours.by_circuit.get(circuit, []) for circuit in circuits} == sent
    assert ours.closed_circuits == []


# --- bounds of one circuit -----------------------------------------------------------------------------------------------


def test_an_end_that_grants_nothing_stops_the_sender_and_nobody_keeps_more_than_a_window() -> None:
    world = World()
    circuit = world.open(1, 2, 3)
    world.run()
    world.blocked = {(3, 2)}  # no credit leaves the end
    sent = 0
    while world.nodes[0].circuits.writable(circuit):
        world.send(circuit, bytes([sent]) * MAX_MESSAGE_SIZE)
        sent += 1
        world.run()
    with pytest.raises(Overloaded):
        world.send(circuit, bytes(MAX_MESSAGE_SIZE))
    assert world.nodes[1].exchange.counters.cells <= MAX_CELLS_UNDER_WAY + 1  # and "opened" on its way back
    world.blocked = set()
    world.wait(1.0)
    assert world.nodes[3].theirs.got == [bytes([number]) * MAX_MESSAGE_SIZE for number in range(sent)]


def test_a_link_that_takes_no_more_is_tried_again() -> None:
    world = World()
    circuit = world.open(1, 2)
    world.run()
    world.blocked = {(1, 2)}
    world.send(circuit, b"patience")
    world.wait(1.0)
    assert world.nodes[2].theirs.got == []
    world.blocked = set()
    world.wait(RETRY_AFTER)
    assert world.nodes[2].theirs.got == [b"patience"]


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


NAME = b"names"


def test_more_cells_than_a_window_end_the_circuit() -> None:
    world = World()
    stranger = Stranger(world)
    stranger.set_up(NAME, 1, 2)
    world.run()
    world.blocked = {(1, 2)}
    for _ in range(MAX_LANE):
        stranger.say(Cell(NAME, bytes(1152)))
    assert len(world.nodes[1].exchange) == 1
    stranger.say(Cell(NAME, bytes(1152)))
    assert len(world.nodes[1].exchange) == 0
    assert world.nodes[1].exchange.counters.broken == 1
    assert stranger.heard[-1] == Destroy(NAME)


def test_more_cells_than_a_window_before_the_next_link_is_up_end_the_circuit() -> None:
    world = World()
    world.dialling = {2: []}
    stranger = Stranger(world)
    stranger.set_up(NAME, 1, 2)
    for _ in range(MAX_LANE + 1):
        stranger.say(Cell(NAME, bytes(1152)))
    world.run()
    assert len(world.nodes[1].exchange) == 0
    assert stranger.heard == [Destroy(NAME)]


def test_circuits_share_a_link_by_turns() -> None:
    world = World()
    sent: list[bytes] = []

    def note(message: Message) -> list[Message]:
        assert isinstance(message, Cell)
        sent.append(message.circuit)
        return []

    world.meddlers[0, 1] = note
    world.blocked = {(0, 1)}
    egress = Egress(world.nodes[0])
    long, short = Lane(b"long.", LinkId(1)), Lane(b"short", LinkId(1))
    for lane, count in ((long, 5), (short, 2)):
        for _ in range(count):
            assert egress.push(lane, Cell(lane.name, bytes(1152)), world.now)
    world.blocked = set()
    assert egress.push(short, Cell(b"short", bytes(1152)), world.now)  # may not overtake the others of its lane
    assert sent == []
    egress.handle_timeout(Instant(world.mono + RETRY_AFTER, 0))
    assert sent == [b"long.", b"short"] * 3 + [b"long."] * 2
    assert egress.queued == 0


# --- those who meddle ----------------------------------------------------------------------------------------------------


def dropping() -> Meddle:
    return lambda message: []


def altering() -> Meddle:
    return lambda message: (
        [Cell(message.circuit, message.body[:700] + bytes([message.body[700] ^ 1]) + message.body[701:])]
        if isinstance(message, Cell)
        else [message]
    )


def repeating() -> Meddle:
    return lambda message: [message, message]


def reordering() -> Meddle:
    kept: list[Message] = []

    def swap(message: Message) -> list[Message]:
        kept.append(message)
        if len(kept) < 2:
            return []
        pair = kept[::-1]
        kept.clear()
        return pair

    return swap


@pytest.mark.parametrize("meddle", [dropping, altering, repeating, reordering])
@pytest.mark.parametrize("wire", [(0, 1), (1, 2), (2, 3), (3, 2), (2, 1), (1, 0)])
def test_a_hop_that_meddles_with_cells_ends_the_circuit_and_nothing_wrong_is_delivered(
    meddle: Callable[[], Meddle], wire: tuple[int, int]
) -> None:
    world = World()
    world.nodes[3].theirs.answer = lambda data: data
    circuit = world.open(1, 2, 3)
    rng = random.Random(1)
    messages = [rng.randbytes(size) for size in (10, 3000, 2000)]
    world.send(circuit, messages[0])
    world.run()
    act = meddle()
    seen = 0

    def once(message: Message) -> list[Message]:
        """Meddle with the first cells only, so that those after them would be right again."""
        nonlocal seen
        seen += 1
        return act(message) if seen <= 2 else [message]

    world.meddlers[wire] = once
    for message in messages[1:]:
        world.send(circuit, message)
    world.run()
    world.meddlers.clear()
    with pytest.raises(Unreachable):
        world.send(circuit, b"over")
    assert world.nodes[0].ours.closed_circuits == [(circuit, False)]
    assert len(world.nodes[3].theirs.closed_ends) == 1
    assert world.circuits_everywhere() == 0
    for got in (world.nodes[3].theirs.got, world.nodes[0].ours.got):
        assert got == messages[: len(got)]


def test_a_setup_that_comes_twice_builds_one_circuit() -> None:
    world = World()
    stranger = Stranger(world)
    packet = stranger.packet(1)
    stranger.say(Setup(NAME, packet))
    stranger.say(Setup(b"other", packet))
    world.run()
    assert len(world.nodes[1].theirs.opened_ends) == 1
    assert stranger.heard[-1] == Destroy(b"other")


def test_a_setup_under_a_name_in_use_ends_that_circuit() -> None:
    world = World()
    stranger = Stranger(world)
    stranger.set_up(NAME, 1)
    world.run()
    stranger.set_up(NAME, 1)
    world.run()
    assert len(world.nodes[1].exchange) == 0
    assert len(world.nodes[1].theirs.closed_ends) == 1


def test_a_packet_that_is_no_setups_builds_nothing() -> None:
    world = World()
    stranger = Stranger(world)
    stranger.say(Setup(NAME, stranger.packet(1, 2, is_setup=False)))
    stranger.say(Setup(b"junk.", bytes(1207)))
    world.run()
    assert world.nodes[1].exchange.counters.refused == 2
    assert stranger.heard == [Destroy(NAME), Destroy(b"junk.")]


def test_cells_of_no_circuit_are_nobodys() -> None:
    world = World()
    stranger = Stranger(world)
    exchange = world.nodes[1].exchange
    assert not exchange.receive(stranger.link, Cell(NAME, bytes(1152)), world.now)
    assert not exchange.receive(stranger.link, Destroy(NAME), world.now)
    assert stranger.heard == []


# --- how circuits end ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [(0, 1), (1, 2), (2, 3)])
def test_a_lost_link_takes_the_circuit_with_it_on_both_sides(lost: tuple[int, int]) -> None:
    world = World()
    circuit = world.open(1, 2, 3)
    world.send(circuit, b"hello")
    world.run()
    world.link_down(*lost)
    world.run()
    assert world.nodes[0].ours.closed_circuits == [(circuit, False)]
    assert len(world.nodes[3].theirs.closed_ends) == 1
    assert world.circuits_everywhere() == 0
    assert min(node.next_deadline() for node in world.nodes) == float("inf")  # nothing is left of it


def test_either_end_may_close() -> None:
    world = World()
    first, second = world.open(1, 2, 3), world.open(1, 2, 4)
    world.run()
    world.nodes[0].circuits.close(first, world.now)
    [end] = world.nodes[4].theirs.opened_ends
    world.nodes[4].exchange.close(end, world.now)
    world.run()
    assert len(world.nodes[3].theirs.closed_ends) == 1
    assert world.nodes[0].ours.closed_circuits == [(second, False)]
    assert world.nodes[4].theirs.closed_ends == []
    assert not world.nodes[4].exchange.send(end, b"late", world.now)
    assert not world.nodes[4].exchange.writable(end)
    assert world.circuits_everywhere() == 0


@pytest.mark.parametrize("path", [(9, 2, 3), (1, 9, 3), (1, 2, 9)])
def test_a_hop_that_is_not_to_be_had_ends_the_circuit(path: tuple[int, ...]) -> None:
    world = World()
    key = world.cipher.keypair(random.Random(5).randbytes).public
    hops = [Hop(key, bytes(16), 0, b"\x09" * 8, 0) if number == 9 else world.nodes[number].hop for number in path]
    circuit = world.nodes[0].circuits.open(hops, world.now)
    assert world.nodes[0].ours.closed_circuits == []  # not before the caller knows the circuit
    world.send(circuit, b"hello")
    world.run()
    assert world.nodes[0].ours.closed_circuits == [(circuit, False)]
    assert world.circuits_everywhere() == 0


def test_a_path_that_stays_silent_is_given_up_and_reported() -> None:
    world = World()
    world.meddlers[2, 3] = dropping()
    circuit = world.open(1, 2, 3)
    world.wait(OPEN_PATIENCE - 0.1)
    assert world.nodes[0].ours.closed_circuits == []
    world.wait(0.2)
    assert world.nodes[0].ours.closed_circuits == [(circuit, True)]
    assert world.circuits_everywhere() == 0


def test_padding_keeps_a_circuit_alive_until_it_is_too_old() -> None:
    world = World()
    circuit = world.open(1, 2, 3)
    world.wait(MAX_AGE - 1)
    world.send(circuit, b"still there")
    world.run()
    assert world.nodes[3].theirs.got == [b"still there"]
    world.wait(2)
    assert world.nodes[0].ours.closed_circuits == [(circuit, False)]
    assert world.circuits_everywhere() == 0


def test_a_circuit_without_any_cell_ends() -> None:
    world = World()
    stranger = Stranger(world)
    stranger.set_up(NAME, 1, 2)
    world.wait(MAX_SILENCE - 1)
    stranger.say(Cell(NAME, bytes(1152)))
    assert len(world.nodes[1].exchange) == 1
    world.wait(MAX_SILENCE + 1)
    assert (len(world.nodes[1].exchange), len(world.nodes[2].exchange)) == (0, 0)
    assert stranger.heard[-1] == Destroy(NAME)


# --- floods --------------------------------------------------------------------------------------------------------------


def test_a_flood_of_setups_is_refused_beyond_the_rate_and_others_still_get_in() -> None:
    world = World(count=4)
    flooder, other = Stranger(world), Stranger(world, number=3)
    for number in range(1000):
        flooder.set_up(number.to_bytes(5, "big"), 1)
    assert world.nodes[1].exchange.counters.refused == 1000 - SETUP_BURST
    assert len([message for message in flooder.heard if isinstance(message, Destroy)]) == 1000 - SETUP_BURST
    other.set_up(NAME, 1)
    world.run()
    assert world.nodes[1].exchange.counters.built == SETUP_BURST + 1
    assert any(isinstance(message, Cell) for message in other.heard)


def test_a_slice_of_setups_is_peeled_at_a_time() -> None:
    world = World()
    stranger = Stranger(world)
    for number in range(100):
        stranger.set_up(number.to_bytes(5, "big"), 1)
    world.nodes[1].handle_timeout(world.now)
    assert 0 < world.nodes[1].exchange.counters.built < 50
    assert world.nodes[1].next_deadline() <= world.mono
    world.run()
    assert world.nodes[1].exchange.counters.built == 100


def fill(stranger: Stranger, wanted: int) -> int:
    """Have a stranger build circuits at the rate it is given; return how many more there are."""
    world = stranger.world
    before = len(world.nodes[1].exchange)
    for number in range(wanted):
        if number >= SETUP_BURST:
            world.mono += 1.001 / SETUP_RATE
        stranger.set_up(number.to_bytes(5, "big"), 1)
        if number % 100 == 0:
            world.run()
    world.run()
    return len(world.nodes[1].exchange) - before


def test_circuits_are_bounded_for_each_link_and_in_all_and_no_few_take_them_all() -> None:
    world = World(count=24)
    strangers = iter([Stranger(world, number) for number in (0, *range(2, 24))])
    assert fill(next(strangers), MAX_CIRCUITS_PER_LINK + 20) == MAX_CIRCUITS_PER_LINK
    assert fill(next(strangers), MAX_CIRCUITS_PER_LINK) == MAX_CIRCUITS_PER_LINK
    assert len(world.nodes[1].exchange) == MAX_CIRCUITS // 2
    assert fill(next(strangers), FAIR_SHARE + 20) == FAIR_SHARE  # half is taken: from here on a share for each
    while len(world.nodes[1].exchange) < MAX_CIRCUITS:
        assert fill(next(strangers), FAIR_SHARE) == FAIR_SHARE
    assert fill(next(strangers), 3) == 0


def test_beyond_the_backlog_the_circuit_that_holds_most_has_to_go() -> None:
    world = World(max_backlog=100 * 1152)
    greedy, modest = world.open(1, 2, 3), world.open(1, 2, 4)
    world.run()
    world.blocked = {(1, 2)}
    world.send(modest, bytes(10 * DATA_SIZE))
    world.send(greedy, bytes(60 * DATA_SIZE))
    world.run()
    assert world.nodes[0].ours.closed_circuits == []
    world.send(greedy, bytes(40 * DATA_SIZE))
    world.run()
    assert world.nodes[0].ours.closed_circuits == [(greedy, False)]
    world.blocked = set()
    world.wait(1.0)
    assert world.nodes[4].theirs.got == [bytes(10 * DATA_SIZE)]


def test_what_ends_hold_counts_for_the_backlog() -> None:
    world = World(max_backlog=100 * 1152)
    circuit = world.open(1, 2)
    world.run()
    world.blocked = {(2, 1)}
    [end] = world.nodes[2].theirs.opened_ends
    assert world.nodes[2].exchange.send(end, bytes(60_000), world.now)
    world.run()
    assert world.nodes[2].theirs.closed_ends == []
    assert world.nodes[2].exchange.send(end, bytes(80_000), world.now)
    assert world.nodes[2].theirs.closed_ends == []  # never out of a call of its own
    world.run()
    assert world.nodes[2].theirs.closed_ends == [end]
    world.blocked = set()
    world.wait(1.0)
    assert world.nodes[0].ours.closed_circuits == [(circuit, False)]


def test_the_far_end_is_told_when_there_is_no_room_for_more() -> None:
    world = World()
    world.open(1)
    world.run()
    world.blocked = {(1, 0)}
    node, [end] = world.nodes[1], world.nodes[1].theirs.opened_ends
    accepted = 0
    while node.exchange.send(end, bytes(50_000), world.now):
        accepted += 1
    assert not node.exchange.writable(end)
    world.blocked = set()
    world.wait(1.0)
    assert world.nodes[0].ours.got == [bytes(50_000)] * accepted
    assert node.exchange.writable(end)


def test_last_words_for_a_link_that_takes_nothing_are_bounded() -> None:
    world = World()
    world.blocked = {(1, 0)}
    stranger = Stranger(world)
    for number in range(1000):
        stranger.say(Setup(number.to_bytes(5, "big"), bytes(1207)))
    world.run()
    assert len(world.nodes[1].exchange) == 0
    world.blocked = set()
    world.wait(1.0)
    assert len(stranger.heard) == MAX_FAREWELLS


def test_our_own_circuits_are_bounded() -> None:
    world = World()
    world.dialling = {1: []}
    for _ in range(MAX_OWN_CIRCUITS):
        world.open(1)
    with pytest.raises(Overloaded):
        world.open(1)
