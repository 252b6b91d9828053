"""Datagrams of circuits: both ways, at most once, in whatever order, beside the stream; and what meddling brings."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings, strategies as st

from net.errors import DecodeError
from net.link.frames import CELL_SIZE
from net.link.replay_window import WINDOW_SIZE
from net.onion.circuits.builder import CircuitId
from net.onion.circuits.datagram_queues import MAX_WAITING_EACH, RETRY_AFTER
from net.onion.circuits.datagram_relay import NETWORK_SHARE
from net.onion.circuits.datagrams import (
    DATAGRAM_BODY_SIZE,
    DATAGRAM_BURST,
    DATAGRAM_RATE,
    MAX_AHEAD,
    MAX_DATAGRAM_SIZE,
    DatagramCell,
    DatagramEnd,
    DatagramLayer,
    HopDatagrams,
    NumberWindow,
    decode_cell,
)
from net.onion.circuits.limits import RelayLimits
from net.onion.circuits.relay import MAX_SILENCE
from net.onion.packets.cipher import Direction, OnionCipher, RealOnionCipher
from simulator.plain_cipher import PlainOnionCipher
from tests.support.circuit_world import MeddleCell, World

CIPHERS = {"real": RealOnionCipher(), "plain": PlainOnionCipher()}
NAME = b"name."


def opened(*path: int, world: World | None = None) -> tuple[World, CircuitId]:
    world = world or World()
    circuit = world.open(*path)
    world.run()
    return world, circuit


def throw(world: World, circuit: CircuitId, *datagrams: bytes) -> list[bool]:
    sent = [world.nodes[0].circuits.send_datagram(circuit, each, world.now) for each in datagrams]
    world.run()
    return sent


def throw_back(world: World, by: int, *datagrams: bytes) -> list[bool]:
    node = world.nodes[by]
    [end] = node.theirs.opened_ends
    sent = [node.circuit_relay.send_datagram(end, each, world.now) for each in datagrams]
    world.run()
    return sent


# --- both ways -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cipher", CIPHERS.values(), ids=list(CIPHERS))
@pytest.mark.parametrize("path", [(1,), (1, 2), (1, 2, 3, 4)])
def test_datagrams_go_to_the_end_and_back_beside_the_stream(cipher: OnionCipher, path: tuple[int, ...]) -> None:
    world, circuit = opened(*path, world=World(cipher=cipher))
    far = world.nodes[path[-1]]
    sent = [b"one", bytes(MAX_DATAGRAM_SIZE), b"\xff" * MAX_DATAGRAM_SIZE]
    for each in sent:
        assert throw(world, circuit, each) == [True]
        world.send(circuit, each)
        assert throw_back(world, path[-1], each) == [True]
    assert far.theirs.datagrams == sent
    assert far.theirs.got == sent
    assert [data for _, data in world.nodes[0].ours.datagrams] == sent


@pytest.mark.parametrize("size", [0, MAX_DATAGRAM_SIZE + 1])
def test_a_datagram_of_another_size_is_our_own_mistake(size: int) -> None:
    world, circuit = opened(1, 2)
    with pytest.raises(ValueError, match="a datagram has"):
        throw(world, circuit, bytes(size))
    with pytest.raises(ValueError, match="a datagram has"):
        throw_back(world, 2, bytes(size))


def test_nothing_is_sent_on_a_circuit_that_is_not_open_or_over() -> None:
    world = World()
    circuit = world.open(1, 2)
    assert throw(world, circuit, b"early") == [False]
    assert throw(world, circuit, b"now") == [True]
    [end] = world.nodes[2].theirs.opened_ends
    world.nodes[0].circuits.close(circuit, world.now)
    world.run()
    assert throw(world, circuit, b"late") == [False]
    assert not world.nodes[2].circuit_relay.send_datagram(end, b"late", world.now)
    assert world.nodes[2].theirs.datagrams == [b"now"]


def test_every_datagram_is_one_cell_of_one_size_and_no_two_links_or_numbers_have_bytes_in_common() -> None:
    world, circuit = opened(1, 2, 3, world=World(cipher=RealOnionCipher()))
    seen: dict[tuple[int, int], list[DatagramCell]] = {}

    def note(wire: tuple[int, int]) -> MeddleCell:
        def look(data: bytes) -> list[bytes]:
            assert len(data) == CELL_SIZE
            seen.setdefault(wire, []).append(decode_cell(data))
            return [data]

        return look

    wires = [(0, 1), (1, 2), (2, 3), (3, 2), (2, 1), (1, 0)]
    world.cell_meddlers = {wire: note(wire) for wire in wires}
    throw(world, circuit, b"same", b"same", b"longer" * 100)
    throw_back(world, 3, b"same", b"same", b"longer" * 100)
    assert set(seen) == set(wires)
    bodies = [cell.body for cells in seen.values() for cell in cells]
    assert len({body[at : at + 16] for body in bodies for at in (0, 600, DATAGRAM_BODY_SIZE - 16)}) == 3 * len(bodies)
    firsts = [cells[0].number for cells in seen.values()]
    for cells in seen.values():
        assert [(cell.number - cells[0].number) % 2**64 for cell in cells] == [0, 1, 2]
    gaps = [abs(one - other) for at, one in enumerate(firsts) for other in firsts[:at]]
    assert min(*gaps, *firsts) > 2**32  # random starts: not how many came before, nor the place on the path


def test_the_layers_of_datagrams_are_not_those_of_cells_and_differ_by_direction_and_hop() -> None:
    for cipher in CIPHERS.values():
        body = bytes(DATAGRAM_BODY_SIZE)
        sealed = [cipher.layer(secret, way).seal(body) for secret in (b"a" * 32, b"b" * 32) for way in Direction]
        sealed += [
            DatagramLayer(cipher, secret, way).seal(body, number)
            for secret in (b"a" * 32, b"b" * 32)
            for way in Direction
            for number in (0, 1)
        ]
        assert len(set(sealed)) == len(sealed) == 12


# --- at most once, in whatever order ---------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(data=st.data(), hops=st.integers(1, 4), is_forward=st.booleans())
def test_whatever_is_lost_repeated_or_reordered_anywhere_each_arrives_once_at_most(
    data: st.DataObject, hops: int, is_forward: bool
) -> None:
    cipher = PlainOnionCipher()
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    secrets = [rng.randbytes(32) for _ in range(hops)]
    builder = DatagramEnd(cipher, secrets, rng.randbytes, is_builder=True)
    end = DatagramEnd(cipher, secrets[-1:], rng.randbytes, is_builder=False)
    direction = Direction.FORWARD if is_forward else Direction.BACKWARD
    between = [HopDatagrams(cipher, secret, direction) for secret in secrets[:-1]]
    sender, taker = (builder, end) if is_forward else (end, builder)
    sent = [bytes([number]) * (1 + number) for number in range(data.draw(st.integers(1, 20)))]
    cells = [sender.seal(NAME, each) for each in sent]
    for hop in between if is_forward else reversed(between):
        cells = [hop.passed_on(cell, NAME) for cell in _weather(data, cells) if hop.is_new(cell)]
        assert len(cells) <= len(sent)
    got: list[bytes] = []
    arriving = _weather(data, cells)
    for cell in arriving:
        try:
            arrived = taker.open(cell)
        except DecodeError:
            continue
        assert arrived is not None
        got.append(arrived)
    assert len(set(got)) == len(got) == len(set(arriving))
    assert set(got) <= set(sent)


def _weather(data: st.DataObject, cells: list[DatagramCell]) -> list[DatagramCell]:
    """Lose, repeat and reorder."""
    if not cells:
        return cells
    return data.draw(st.lists(st.sampled_from(cells), max_size=2 * len(cells)))


@settings(max_examples=200, deadline=None)
@given(
    origin=st.integers(0, 2**64 - 1),
    steps=st.lists(st.integers(-3 * WINDOW_SIZE, 3 * WINDOW_SIZE) | st.integers(-(2**64), 2**64), max_size=60),
)
def test_a_window_takes_each_number_once_wherever_it_begins_and_knows_no_edge(origin: int, steps: list[int]) -> None:
    window, taken, highest = NumberWindow(), {0}, 0
    assert window.is_new(origin)
    window.mark(origin)
    for step in steps:
        number = (origin + step) % 2**64
        place = (step + 2**63) % 2**64 - 2**63
        is_new = place not in taken and highest - WINDOW_SIZE < place <= highest + MAX_AHEAD
        assert window.is_new(number) is is_new
        if is_new:
            window.mark(number)
            taken.add(place)
            highest = max(highest, place)


# --- those who meddle ------------------------------------------------------------------------------------------------------


def altered(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


WIRES = [(0, 1), (1, 2), (2, 3)]
MEDDLERS: dict[str, MeddleCell] = {
    "lost": lambda data: [],
    "altered": lambda data: [altered(data, 700)],
    "altered at its head": lambda data: [altered(data, 13)],
    "another number": lambda data: [altered(data, 12)],
    "a number far ahead": lambda data: [altered(data, 5)],
    "another circuit's name": lambda data: [altered(data, 0)],
    "cut short": lambda data: [data[:-1]],
    "nothing": lambda data: [b""],
    "made up": lambda data: [data[:5] + random.Random(4).randbytes(CELL_SIZE - 5)],
}


@pytest.mark.parametrize("meddle", MEDDLERS.values(), ids=list(MEDDLERS))
@pytest.mark.parametrize("wire", [*WIRES, *(wire[::-1] for wire in WIRES)])
def test_what_a_hop_meddles_with_is_lost_and_all_else_goes_on(meddle: MeddleCell, wire: tuple[int, int]) -> None:
    world, circuit = opened(1, 2, 3, world=World(cipher=RealOnionCipher()))
    throw(world, circuit, b"first")
    throw_back(world, 3, b"first")
    world.cell_meddlers[wire] = meddle
    throw(world, circuit, b"second")
    throw_back(world, 3, b"second")
    world.cell_meddlers.clear()
    throw(world, circuit, *(b"later %d" % number for number in range(3)))
    throw_back(world, 3, *(b"later %d" % number for number in range(3)))
    world.send(circuit, b"in order")
    world.run()
    whole = [b"first", b"second", *(b"later %d" % number for number in range(3))]
    out, back = world.nodes[3].theirs.datagrams, [data for _, data in world.nodes[0].ours.datagrams]
    hit, other = (out, back) if wire in WIRES else (back, out)
    assert other == whole
    assert set(hit) <= set(whole) - {b"second"}
    # A number moved to where another is due costs that one, too.
    assert len(hit) >= (4 if meddle is not MEDDLERS["another number"] else 3)
    assert world.nodes[3].theirs.got == [b"in order"]


@pytest.mark.parametrize("wire", [*WIRES, *(wire[::-1] for wire in WIRES)])
def test_what_a_hop_repeats_goes_no_further_than_the_next(wire: tuple[int, int]) -> None:
    world, circuit = opened(1, 2, 3)
    kept: list[bytes] = []
    passed: dict[tuple[int, int], int] = {}

    def count(each: tuple[int, int]) -> MeddleCell:
        def look(data: bytes) -> list[bytes]:
            passed[each] = passed.get(each, 0) + 1
            return [data]

        return look

    def repeat(data: bytes) -> list[bytes]:
        kept.append(data)
        return [data, *kept]

    world.cell_meddlers = {each: count(each) for each in (*WIRES, *((far, near) for near, far in WIRES))}
    world.cell_meddlers[wire] = repeat
    sent = [b"%d" % number for number in range(9)]
    throw(world, circuit, *sent)
    throw_back(world, 3, *sent)
    assert world.nodes[3].theirs.datagrams == [data for _, data in world.nodes[0].ours.datagrams] == sent
    assert set(passed.values()) == {9}, "each other link carried each once"


def test_datagrams_of_one_circuit_are_noise_in_another() -> None:
    world, one = opened(1, 2, 3)
    other = world.open(1, 2, 3)
    world.run()
    names: list[bytes] = []

    def swap(data: bytes) -> list[bytes]:
        cell = decode_cell(data)
        names.append(cell.name)
        return [data] if len(set(names)) == 1 else [cell._replace(name=names[0]).encode()]

    world.cell_meddlers[0, 1] = swap
    throw(world, one, b"mine")
    throw(world, other, b"theirs")
    assert len(set(names)) == 2
    assert world.nodes[3].theirs.datagrams == [b"mine"]


def test_a_datagram_that_goes_back_where_it_came_from_is_noise() -> None:
    world, circuit = opened(1, 2)
    world.cell_meddlers[1, 2] = lambda data: [data, data]

    def echo(data: bytes) -> list[bytes]:
        world.post_cell(2, 1, data)
        return [data]

    world.cell_meddlers[1, 2] = echo
    throw(world, circuit, b"ping")
    assert world.nodes[2].theirs.datagrams == [b"ping"]
    assert world.nodes[0].ours.datagrams == []


def test_datagrams_before_the_circuit_is_there_or_for_none_are_dropped() -> None:
    world = World()
    relay = world.nodes[1].circuit_relay
    world.dialling = {2: []}
    world.open(1, 2)
    wire = world.wires[0, 1]
    name = wire[0].circuit  # type: ignore[union-attr]
    cell = DatagramCell(name, 7, bytes(DATAGRAM_BODY_SIZE)).encode()
    world.post_cell(0, 1, cell)
    world.deliver(next(iter(world.wires)))
    world.deliver_cell()  # it is not peeled yet
    world.run()
    world.post_cell(0, 1, cell)  # peeled, and the next node is still dialled
    world.post_cell(0, 1, DatagramCell(b"other", 7, bytes(DATAGRAM_BODY_SIZE)).encode())
    world.run()
    assert (relay.datagrams.counters.refused, relay.datagrams.counters.dropped_full) == (2, 1)
    assert relay.datagrams.next_deadline() == float("inf")


# --- bounds ----------------------------------------------------------------------------------------------------------------


def test_a_link_with_no_room_holds_few_datagrams_and_they_hold_up_no_cells() -> None:
    world, circuit = opened(1, 2, 3)
    throw(world, circuit, b"first")
    world.blocked = {(1, 2)}
    throw(world, circuit, *(b"%d" % number for number in range(2 * MAX_WAITING_EACH)))
    assert world.nodes[1].circuit_relay.datagrams.counters.dropped_full == MAX_WAITING_EACH
    world.send(circuit, b"in order")
    world.run()
    world.blocked = set()
    world.wait(0.1)
    assert world.nodes[3].theirs.datagrams == [b"first", *(b"%d" % number for number in range(MAX_WAITING_EACH))]
    assert world.nodes[3].theirs.got == [b"in order"]


def test_the_sender_hears_that_its_own_queue_is_full() -> None:
    world, circuit = opened(1, 2)
    world.blocked = {(0, 1), (2, 1)}
    assert throw(world, circuit, *[b"?"] * (MAX_WAITING_EACH + 1)) == [True] * MAX_WAITING_EACH + [False]
    assert throw_back(world, 2, *[b"?"] * (MAX_WAITING_EACH + 1)) == [True] * MAX_WAITING_EACH + [False]
    world.link_down(0, 1)
    world.run()
    assert world.circuits_everywhere() == 0
    assert min(node.next_deadline() for node in world.nodes) == float("inf"), "what waited is gone with the circuit"


def test_circuits_share_a_link_by_turns() -> None:
    world, long = opened(1, 2)
    short = world.open(1, 2)
    world.run()
    order: list[bytes] = []
    names: dict[bytes, int] = {}

    def note(data: bytes) -> list[bytes]:
        order.append(decode_cell(data).name)
        return [data]

    world.cell_meddlers[0, 1] = note
    world.blocked = {(0, 1)}
    throw(world, long, *[b"l"] * 5)
    throw(world, short, *[b"s"] * 2)
    world.blocked = set()
    world.wait(RETRY_AFTER)
    for name in order:
        names.setdefault(name, len(names))
    assert [names[name] for name in order] == [0, 1, 0, 1, 0, 0, 0]


def test_one_network_leaves_room_for_the_datagrams_of_others() -> None:
    world = World(count=12, limits={1: RelayLimits(datagrams_waiting=40)})
    world.hosts = {number: f"8.8.8.{number}" for number in range(5, 12)}
    many = [(number, world.open(1, 2, by=number)) for number in range(5, 12)]
    person = world.open(1, 2)
    world.run()
    world.blocked = {(1, 2)}
    for number, circuit in many:
        for _ in range(MAX_WAITING_EACH):
            world.nodes[number].circuits.send_datagram(circuit, b"flood", world.now)
    world.run()
    throw(world, person, b"mine")
    world.blocked = set()
    world.wait(1.0)
    assert world.nodes[2].theirs.datagrams.count(b"flood") == 20
    assert world.nodes[2].theirs.datagrams.count(b"mine") == 1


def test_a_circuit_brings_no_more_than_its_rate_and_its_direction_alone_pays() -> None:
    world, circuit = opened(1, 2)
    burst = round(DATAGRAM_BURST)
    throw(world, circuit, *[b"flood"] * (burst + 50))
    assert len(world.nodes[2].theirs.datagrams) == burst
    throw_back(world, 2, b"answer")
    assert [data for _, data in world.nodes[0].ours.datagrams] == [b"answer"]
    world.wait(10.5 / DATAGRAM_RATE)
    throw(world, circuit, *[b"again"] * 20)
    assert world.nodes[2].theirs.datagrams.count(b"again") == 10
    assert world.nodes[1].circuit_relay.datagrams.counters.dropped_rate == 60


def test_an_end_takes_no_more_than_the_rate_of_a_circuit() -> None:
    world, circuit = opened(1)
    burst = round(DATAGRAM_BURST)
    throw(world, circuit, *[b"flood"] * (burst + 50))
    assert len(world.nodes[1].theirs.datagrams) == burst


def test_datagrams_of_all_circuits_are_shared_out_by_network() -> None:
    world = World(count=40, limits={1: RelayLimits(datagrams_at_once=600.0)})
    world.hosts = {number: f"8.8.8.{number}" for number in range(5, 40)}
    relay = world.nodes[1].circuit_relay.datagrams
    many = [(number, world.open(1, 2, by=number)) for number in range(5, 40)]
    person = world.open(1, 2)
    world.run()
    for number, circuit in many:
        for _ in range(100):
            world.nodes[number].circuits.send_datagram(circuit, b"flood", world.now)
    world.run()
    assert relay.counters.passed_on < 600 * NETWORK_SHARE / (1 + NETWORK_SHARE) + 2
    throw(world, person, *[b"mine"] * 20)
    assert world.nodes[2].theirs.datagrams.count(b"mine") == 20


def test_datagrams_keep_a_circuit_alive_at_its_relays_but_replays_do_not() -> None:
    world, circuit = opened(1, 2)
    kept: list[bytes] = []

    def keep(data: bytes) -> list[bytes]:
        kept.append(data)
        return [data]

    world.cell_meddlers[0, 1] = keep
    world.meddlers[0, 1] = lambda message: []  # no padding
    throw(world, circuit, b"once")
    world.wait(MAX_SILENCE - 1)
    world.post_cell(0, 1, kept[0])
    world.run()
    world.wait(2)
    assert world.circuits_everywhere() == 0
    world, circuit = opened(1, 2)
    world.meddlers[0, 1] = lambda message: []
    for _ in range(3):
        throw(world, circuit, b"again")
        world.wait(MAX_SILENCE / 2)
    assert world.circuits_everywhere() == 3


def test_what_a_relay_keeps_is_gone_with_the_circuit() -> None:
    world, circuit = opened(1, 2)
    throw(world, circuit, b"one")
    throw_back(world, 2, b"two")
    relays = [world.nodes[number].circuit_relay.datagrams for number in (1, 2)]
    assert [len(relay._states) for relay in relays] == [1, 1]  # pyright: ignore[reportPrivateUsage]
    world.nodes[0].circuits.close(circuit, world.now)
    world.run()
    assert [len(relay._states) for relay in relays] == [0, 0]  # pyright: ignore[reportPrivateUsage]


def test_kinds_of_a_later_version_and_padding_are_passed_over() -> None:
    world, circuit = opened(1)
    end = DatagramEnd(world.cipher, world.nodes[0].circuits._circuits[circuit].secrets, bytes, is_builder=True)  # pyright: ignore[reportPrivateUsage]
    name = world.nodes[0].circuits._circuits[circuit].queue.name  # pyright: ignore[reportPrivateUsage]
    secret = world.nodes[0].circuits._circuits[circuit].secrets[0]  # pyright: ignore[reportPrivateUsage]
    layer = DatagramLayer(world.cipher, secret, Direction.FORWARD)
    for number, (kind, length) in enumerate([(0, 0), (200, 3), (1, 0), (1, MAX_DATAGRAM_SIZE + 1)]):
        inside = (bytes(16) + bytes([kind]) + length.to_bytes(2, "big")).ljust(DATAGRAM_BODY_SIZE, b"?")
        world.post_cell(0, 1, DatagramCell(name, 100 + number, layer.seal(inside, 100 + number)).encode())
    world.run()
    world.post_cell(0, 1, end.seal(name, b"too far back")._replace(number=99).encode())
    world.run()
    assert world.nodes[1].theirs.datagrams == []
    assert world.nodes[1].circuit_relay.datagrams.counters.refused == 2
    assert world.circuits_everywhere() == 2
