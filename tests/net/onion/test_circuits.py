"""Circuits over a row of nodes: what goes in comes out, in order, within bounds, until one side ends."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings, strategies as st

from net.errors import Overloaded
from net.instant import Instant
from net.link.events import LinkId
from net.messages import Cell, Destroy, Message, Setup
from net.numbers import MAX_MESSAGE_SIZE
from net.onion.circuits.admission import MAX_OWN_CIRCUITS, SETUP_BURST
from net.onion.circuits.builder import OPEN_PATIENCE, CircuitId
from net.onion.circuits.queues import RETRY_AFTER, CircuitQueue, CircuitQueues
from net.onion.circuits.relay import MAX_AGE, MAX_SILENCE
from net.onion.circuits.stream import DATA_SIZE, MAX_CELLS_UNDER_WAY, CircuitStream
from net.onion.packets.cipher import Direction, Hop, OnionCipher, RealOnionCipher
from simulator.plain_cipher import PlainOnionCipher
from tests.support.circuit_world import NAME, Meddle, Stranger, World


def some_messages(rng: random.Random, count: int) -> list[bytes]:
    sizes = [1, DATA_SIZE - 3, DATA_SIZE - 2, MAX_MESSAGE_SIZE, 40_000, *(rng.randrange(1, 5000) for _ in range(count))]
    return [rng.randbytes(size) for size in sizes[:count]]


# --- what goes in comes out -------------------------------------------------------------------------------------------


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
    assert world.nodes[1].circuit_relay.counters.built == 0
    world.dialled(1)
    world.run()
    assert world.nodes[2].circuit_relay.counters.built == 1
    assert world.nodes[3].theirs.opened_ends == []
    world.dialled(3)
    world.run()
    assert world.nodes[3].theirs.got == [message, b"and more"]


def test_a_message_of_more_than_one_burst_of_sealing_goes_without_further_ado() -> None:
    world = World()
    circuit = world.open(1, 2)
    world.run()
    world.send(circuit, bytes(MAX_MESSAGE_SIZE))
    world.run()
    assert world.nodes[2].theirs.got == [bytes(MAX_MESSAGE_SIZE)]
    world.send(circuit, bytes(MAX_MESSAGE_SIZE))
    world.nodes[0].circuits.close(circuit, world.now)  # in the midst of the next
    world.run()
    assert world.circuits_everywhere() == 0


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


# --- bounds of one circuit --------------------------------------------------------------------------------------------


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
    assert world.nodes[1].circuit_relay.counters.cells <= MAX_CELLS_UNDER_WAY + 1  # and "opened" on its way back
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


def test_circuits_share_a_link_by_turns() -> None:
    world = World()
    sent: list[bytes] = []

    def note(message: Message) -> list[Message]:
        assert isinstance(message, Cell)
        sent.append(message.circuit)
        return []

    world.meddlers[0, 1] = note
    world.blocked = {(0, 1)}
    queues = CircuitQueues(world.nodes[0])
    long, short = CircuitQueue(b"long.", LinkId(1)), CircuitQueue(b"short", LinkId(1))
    for queue, count in ((long, 5), (short, 2)):
        for _ in range(count):
            assert queues.push(queue, Cell(queue.name, bytes(1152)), world.now)
    world.blocked = set()
    assert queues.push(short, Cell(b"short", bytes(1152)), world.now)  # may not overtake the others of its queue
    assert sent == []
    queues.handle_timeout(Instant(world.mono + RETRY_AFTER, 0))
    assert sent == [b"long.", b"short"] * 3 + [b"long."] * 2
    assert queues.queued == 0


# --- how circuits end -------------------------------------------------------------------------------------------------


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


def test_a_lost_link_with_many_circuits_holds_nobody_up() -> None:
    world = World()
    stranger = Stranger(world)
    for number in range(int(SETUP_BURST)):
        stranger.set_up(number.to_bytes(5, "big"), 1, 2)
    world.run()
    relay = world.nodes[1].circuit_relay
    assert len(relay) == SETUP_BURST
    relay.on_link_down(LinkId(0), world.now)
    assert 0 < len(relay) < SETUP_BURST, "some at once, the others in turns of their own"
    world.run()
    assert world.circuits_everywhere() == 0
    assert len(world.nodes[2].theirs.closed_ends) == SETUP_BURST


def test_either_end_may_close() -> None:
    world = World()
    first, second = world.open(1, 2, 3), world.open(1, 2, 4)
    world.run()
    world.nodes[0].circuits.close(first, world.now)
    [end] = world.nodes[4].theirs.opened_ends
    world.nodes[4].circuit_relay.close(end, world.now)
    world.run()
    assert len(world.nodes[3].theirs.closed_ends) == 1
    assert world.nodes[0].ours.closed_circuits == [(second, False)]
    assert world.nodes[4].theirs.closed_ends == []
    assert not world.nodes[4].circuit_relay.send(end, b"late", world.now)
    assert not world.nodes[4].circuit_relay.writable(end)
    assert world.circuits_everywhere() == 0


def test_everybody_hears_of_an_end_once() -> None:
    world = World()
    heard: list[tuple[int, int]] = []

    def note(wire: tuple[int, int]) -> Meddle:
        def look(message: Message) -> list[Message]:
            if isinstance(message, Destroy):
                heard.append(wire)
            return [message]

        return look

    for one in range(4):
        for other in range(4):
            world.meddlers[one, other] = note((one, other))
    circuit = world.open(1, 2, 3)
    world.run()
    world.nodes[0].circuits.close(circuit, world.now)
    world.run()
    assert heard == [(0, 1), (1, 2), (2, 3)]


def test_who_never_heard_of_a_circuit_hears_nothing_of_its_end() -> None:
    world = World()
    heard: list[Message] = []

    def keep(message: Message) -> list[Message]:
        heard.append(message)
        return []

    world.meddlers[1, 2] = keep
    world.blocked = {(1, 2)}
    blocked = world.open(1, 2, 3)
    world.run()
    world.nodes[0].circuits.close(blocked, world.now)
    world.run()
    world.blocked = set()
    world.dialling = {2: []}
    dialling = world.open(1, 2, 3)
    world.run()
    world.nodes[0].circuits.close(dialling, world.now)
    world.run()
    world.dialled(2)
    world.wait(1.0)
    assert heard == []
    assert world.circuits_everywhere() == 0


def test_an_end_that_closes_at_a_message_gets_no_more() -> None:
    world = World()
    node, stranger = world.nodes[1], Stranger(world)

    def refuse(data: bytes) -> None:
        node.circuit_relay.close(node.theirs.opened_ends[0], world.now)

    node.theirs.answer = refuse
    packet, [secret] = world.cipher.create([node.hop], b"", stranger.rng.randbytes, is_setup=True)
    stranger.say(Setup(NAME, packet))
    world.run()
    stream = CircuitStream(is_builder=True)
    for number in range(3):
        stream.push(bytes([number]))
    body = stream.next_body()
    assert body is not None
    stranger.say(Cell(NAME, world.cipher.layer(secret, Direction.FORWARD).seal(body)))  # all three in one cell
    assert node.theirs.got == [b"\0"]


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
    world.meddlers[2, 3] = lambda message: []
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
    assert len(world.nodes[1].circuit_relay) == 1
    world.wait(MAX_SILENCE + 1)
    assert (len(world.nodes[1].circuit_relay), len(world.nodes[2].circuit_relay)) == (0, 0)
    assert stranger.heard[-1] == Destroy(NAME)


# --- bounds at the ends -----------------------------------------------------------------------------------------------


def test_the_far_end_is_told_when_there_is_no_room_for_more() -> None:
    world = World()
    world.open(1)
    world.run()
    world.blocked = {(1, 0)}
    node, [end] = world.nodes[1], world.nodes[1].theirs.opened_ends
    accepted = 0
    while node.circuit_relay.send(end, bytes(50_000), world.now):
        accepted += 1
    assert not node.circuit_relay.writable(end)
    world.blocked = set()
    world.wait(1.0)
    assert world.nodes[0].ours.got == [bytes(50_000)] * accepted
    assert node.circuit_relay.writable(end)


def test_our_own_circuits_are_bounded() -> None:
    world = World()
    world.dialling = {1: []}
    for _ in range(MAX_OWN_CIRCUITS):
        world.open(1)
    with pytest.raises(Overloaded):
        world.open(1)
