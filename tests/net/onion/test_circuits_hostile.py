"""Strangers who meddle with circuits, break their rules or ask for too many."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from net.errors import Unreachable
from net.messages import Cell, Destroy, Message, Setup
from net.onion.circuits.admission import (
    ALL_SETUPS_BURST,
    MAX_CIRCUITS,
    MAX_CIRCUITS_PER_LINK,
    NETWORK_SHARE,
    SETUP_BURST,
    SETUP_RATE,
)
from net.onion.circuits.builder import CircuitId
from net.onion.circuits.limits import RelayLimits
from net.onion.circuits.queues import MAX_FAREWELLS, MAX_QUEUE
from net.onion.circuits.stream import DATA_SIZE, WINDOW
from tests.support.circuit_world import NAME, Meddle, Stranger, World

# --- more than a window -----------------------------------------------------------------------------------------------


def test_more_cells_than_a_window_end_the_circuit() -> None:
    world = World()
    stranger = Stranger(world)
    stranger.set_up(NAME, 1, 2)
    world.run()
    world.blocked = {(1, 2)}
    for _ in range(MAX_QUEUE):
        stranger.say(Cell(NAME, bytes(1152)))
    assert len(world.nodes[1].circuit_relay) == 1
    stranger.say(Cell(NAME, bytes(1152)))
    assert len(world.nodes[1].circuit_relay) == 0
    assert world.nodes[1].circuit_relay.counters.broken == 1
    assert stranger.heard[-1] == Destroy(NAME)


def test_more_cells_than_a_window_before_the_next_link_is_up_end_the_circuit() -> None:
    world = World()
    world.dialling = {2: []}
    stranger = Stranger(world)
    stranger.set_up(NAME, 1, 2)
    for _ in range(MAX_QUEUE + 1):
        stranger.say(Cell(NAME, bytes(1152)))
    world.run()
    assert len(world.nodes[1].circuit_relay) == 0
    assert stranger.heard == [Destroy(NAME)]


# --- those who meddle -------------------------------------------------------------------------------------------------


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
    assert len(world.nodes[1].circuit_relay) == 0
    assert len(world.nodes[1].theirs.closed_ends) == 1


def test_a_packet_that_is_no_setups_builds_nothing() -> None:
    world = World()
    stranger = Stranger(world)
    stranger.say(Setup(NAME, stranger.packet(1, 2, is_setup=False)))
    stranger.say(Setup(b"junk.", bytes(1207)))
    world.run()
    assert world.nodes[1].circuit_relay.counters.refused == 2
    assert stranger.heard == [Destroy(NAME), Destroy(b"junk.")]


def test_cells_of_no_circuit_are_nobodys() -> None:
    world = World()
    stranger = Stranger(world)
    circuit_relay = world.nodes[1].circuit_relay
    assert not circuit_relay.receive(stranger.link, Cell(NAME, bytes(1152)), world.now)
    assert not circuit_relay.receive(stranger.link, Destroy(NAME), world.now)
    assert stranger.heard == []


# --- floods -----------------------------------------------------------------------------------------------------------


def test_a_flood_of_setups_is_refused_beyond_the_rate_and_others_still_get_in() -> None:
    world = World(count=4)
    flooder, other = Stranger(world), Stranger(world, number=3)
    for number in range(1000):
        flooder.set_up(number.to_bytes(5, "big"), 1)
    assert world.nodes[1].circuit_relay.counters.refused == 1000 - SETUP_BURST
    assert len([message for message in flooder.heard if isinstance(message, Destroy)]) == 1000 - SETUP_BURST
    other.set_up(NAME, 1)
    world.run()
    assert world.nodes[1].circuit_relay.counters.built == SETUP_BURST + 1
    assert any(isinstance(message, Cell) for message in other.heard)


def test_a_slice_of_setups_is_peeled_at_a_time() -> None:
    world = World()
    stranger = Stranger(world)
    for number in range(100):
        stranger.set_up(number.to_bytes(5, "big"), 1)
    world.nodes[1].handle_timeout(world.now)
    assert 0 < world.nodes[1].circuit_relay.counters.built < 50
    assert world.nodes[1].next_deadline() <= world.mono
    world.run()
    assert world.nodes[1].circuit_relay.counters.built == 100


def fill(stranger: Stranger, wanted: int) -> int:
    """Have a stranger build circuits at the rate it is given; return how many more there are."""
    world = stranger.world
    before = len(world.nodes[1].circuit_relay)
    for number in range(wanted):
        if number >= SETUP_BURST:
            world.mono += 1.001 / SETUP_RATE
        stranger.set_up(number.to_bytes(5, "big"), 1)
        if number % 100 == 0:
            world.run()
    world.run()
    return len(world.nodes[1].circuit_relay) - before


def take_all(world: World, attackers: list[Stranger]) -> int:
    """Have strangers take all places there are, at the rate that they are given; return how many they hold."""
    circuit_relay = world.nodes[1].circuit_relay
    while True:
        before = len(circuit_relay)
        for attacker in attackers:
            for _ in range(8):
                attacker.set_up(world.rng.randbytes(5), 1)
        world.run()
        world.mono += 8 / SETUP_RATE
        if len(circuit_relay) == before:
            return before


def lives(stranger: Stranger, name: bytes) -> bool:
    """Say whether a circuit was opened and is not over."""
    heard = [message for message in stranger.heard if isinstance(message, (Cell, Destroy)) and message.circuit == name]
    return bool(heard) and isinstance(heard[-1], Cell)


CROWDS = {
    "one address": "8.8.8.8",
    "one /24": "8.8.8.{0}",
    "one /48": "2a00:1:2:{0:x}00::1",
    "one /56": "2a00:1:2:{0:x}::1",
    "one machine": "127.0.99.1",
}


@pytest.mark.parametrize("host", CROWDS.values(), ids=list(CROWDS))
def test_one_network_that_took_all_places_keeps_nobody_out(host: str) -> None:
    world = World(count=80)
    world.hosts = {number: host.format(number) for number in range(10, 80)} | {2: "9.9.9.9", 3: "9.9.8.1"}
    attackers = [Stranger(world, number) for number in range(10, 80)]
    assert take_all(world, attackers) == MAX_CIRCUITS // 2
    persons = [Stranger(world, 2), Stranger(world, 3)]
    names = [number.to_bytes(5, "big") for number in range(30)]
    for name in names:
        for person in persons:
            person.set_up(name, 1)
    world.run()
    for _ in range(20):
        attackers[0].set_up(world.rng.randbytes(5), 1)
    world.run()
    assert all(lives(person, name) for person in persons for name in names)
    assert MAX_CIRCUITS // 2 <= len(world.nodes[1].circuit_relay) <= MAX_CIRCUITS // 2 + len(names) * len(persons)


def test_a_neighbour_of_who_took_all_places_gets_in_too() -> None:
    world = World(count=80)
    world.hosts = dict.fromkeys(range(10, 80), "8.8.8.8") | {2: "8.8.8.9"}
    assert take_all(world, [Stranger(world, number) for number in range(10, 80)]) == MAX_CIRCUITS // 2
    person = Stranger(world, 2)
    person.set_up(NAME, 1)
    world.run()
    assert lives(person, NAME)


def test_many_networks_that_took_all_places_keep_nobody_out() -> None:
    world = World(count=40, limits={1: RelayLimits(circuits=100)})
    world.hosts = {number: f"8.8.{number % 5}.{number}" for number in range(10, 40)}
    held = take_all(world, [Stranger(world, number) for number in range(10, 40)])
    assert 80 <= held <= 100
    person = Stranger(world, 2)
    names = [number.to_bytes(5, "big") for number in range(12)]
    for name in names:
        person.set_up(name, 1)
    world.run()
    assert all(lives(person, name) for name in names)
    assert len(world.nodes[1].circuit_relay) <= 100


def test_the_circuit_that_was_silent_longest_gives_way() -> None:
    world = World(count=8, limits={1: RelayLimits(circuits=5)})
    circuits: list[CircuitId] = []
    for _ in range(3):
        circuits.append(world.open(1, 2))
        world.run()
        world.mono += 1.0
    world.send(circuits[0], b"still here")
    persons = [Stranger(world, number) for number in (3, 4, 5)]
    for person in persons:
        person.set_up(NAME, 1)
        world.run()
    assert all(lives(person, NAME) for person in persons)
    assert world.nodes[0].ours.closed_circuits == [(circuits[1], False)]


def test_who_would_be_the_heaviest_is_refused_and_displaces_nobody() -> None:
    world = World(limits={1: RelayLimits(circuits=5)})
    one, other = Stranger(world), Stranger(world, 2)
    for stranger in (one, other):
        for number in range(9):
            stranger.set_up(number.to_bytes(5, "big"), 1)
        world.run()
    assert world.nodes[1].circuit_relay.counters.displaced == 1
    held = [sum(lives(each, number.to_bytes(5, "big")) for number in range(9)) for each in (one, other)]
    assert held == [2, 2]


def test_circuits_of_one_link_are_bounded() -> None:
    world = World()
    assert fill(Stranger(world), MAX_CIRCUITS_PER_LINK + 20) == MAX_CIRCUITS_PER_LINK < MAX_CIRCUITS // 2


def test_setups_are_shared_out_by_network() -> None:
    world = World(count=60)
    world.hosts = {number: f"8.8.8.{number}" for number in range(10, 60)}
    for stranger in [Stranger(world, number) for number in range(10, 60)]:
        for _ in range(20):
            stranger.set_up(world.rng.randbytes(5), 1)
    assert len(world.nodes[1].circuit_relay) <= ALL_SETUPS_BURST * NETWORK_SHARE
    person = Stranger(world, 2)
    person.set_up(NAME, 1)
    world.run()
    assert lives(person, NAME)


def test_the_way_onward_is_shared_out_before_the_next_node_has_to_refuse() -> None:
    world = World(count=8, limits={1: RelayLimits(passed_on=6)})
    flooder, persons = Stranger(world, 3), [Stranger(world, number) for number in (4, 5, 6, 7)]
    for number in range(20):
        flooder.set_up(number.to_bytes(5, "big"), 1, 2)
    world.run()
    assert len(world.nodes[2].circuit_relay) == 3
    for person in persons:
        person.set_up(NAME, 1, 2)
        world.run()
    assert all(lives(person, NAME) for person in persons)
    assert len(world.nodes[2].circuit_relay) == 6
    world.link_down(1, 3)
    world.run()
    assert len(world.nodes[2].circuit_relay) == 4


def test_circuits_that_ended_give_their_places_back() -> None:
    world = World()
    stranger = Stranger(world)
    for _ in range(2):
        assert fill(stranger, MAX_CIRCUITS_PER_LINK) == MAX_CIRCUITS_PER_LINK
        for number in range(MAX_CIRCUITS_PER_LINK):
            stranger.say(Destroy(number.to_bytes(5, "big")))
        world.mono += SETUP_BURST / SETUP_RATE
    assert fill(stranger, MAX_CIRCUITS_PER_LINK) == MAX_CIRCUITS_PER_LINK
    assert fill(Stranger(world, number=2), 100) == 100


def test_beyond_the_backlog_the_circuit_that_holds_most_has_to_go() -> None:
    world = World(limits={1: RelayLimits(backlog=100 * 1152)})
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


def test_beyond_the_backlog_the_heaviest_network_loses_though_each_of_its_circuits_holds_little() -> None:
    world = World(limits={1: RelayLimits(backlog=200 * 1152)}, count=12)
    world.hosts = {number: f"8.8.8.{number}" for number in range(5, 12)}
    person = world.open(1, 2, 3)
    many = [(number, world.open(1, 2, 4, by=number)) for number in range(5, 12) for _ in range(3)]
    world.run()
    world.blocked = {(1, 2)}
    world.send(person, bytes(50 * DATA_SIZE))
    for number, circuit in many:
        world.send(circuit, bytes(8 * DATA_SIZE), by=number)
    world.run()
    assert world.nodes[0].ours.closed_circuits == []
    assert world.nodes[1].circuit_relay.counters.relieved > 0


def test_what_ends_hold_counts_for_the_backlog_until_they_are_over() -> None:
    world = World(limits={2: RelayLimits(backlog=(WINDOW + 12) * 1152)})
    circuit_relay, theirs = world.nodes[2].circuit_relay, world.nodes[2].theirs
    for ended in range(3):
        circuit = world.open(1, 2)
        world.run()
        world.blocked = {(2, 1)}
        end = theirs.opened_ends[-1]
        for size in (60_000, 80_000):  # goes into the window, and waits with the link
            assert circuit_relay.send(end, bytes(size), world.now)
        world.run()
        assert len(theirs.closed_ends) == ended
        assert circuit_relay.send(end, bytes(80_000), world.now)
        assert len(theirs.closed_ends) == ended  # never out of a call of its own
        world.run()
        assert theirs.closed_ends[ended:] == [end]
        world.blocked = set()
        world.wait(1.0)
        assert world.nodes[0].ours.closed_circuits[ended:] == [(circuit, False)]


def test_last_words_for_a_link_that_takes_nothing_are_bounded() -> None:
    world = World()
    world.blocked = {(1, 0)}
    stranger = Stranger(world)
    for number in range(1000):
        stranger.say(Setup(number.to_bytes(5, "big"), bytes(1207)))
    world.run()
    assert len(world.nodes[1].circuit_relay) == 0
    world.blocked = set()
    world.wait(1.0)
    assert len(stranger.heard) == MAX_FAREWELLS
