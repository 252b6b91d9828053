"""Who may speak of a circuit, what a leaf is no part of, and how far somebody gets who spoils others' standing."""

from __future__ import annotations

from random import Random

import pytest

from net.cover_profile import NORMAL
from net.errors import Unreachable
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import LinkId
from net.link.frames import CellKind
from net.messages import Cell, Destroy, Message, Setup, decode_message
from net.onion.circuits.admission import SETUP_BURST
from net.onion.circuits.limits import RelayLimits
from net.onion.circuits.relay import MAX_AGE, MAX_SILENCE
from net.onion.circuits.transit import EndId
from net.onion.onion import Means, Onion
from net.onion.packet_sender import Kind, encode_payload
from net.onion.packets.cipher import Hop
from net.onion.paths.guards import MAX_DRAWN, MIN_LIFETIME_MS
from net.onion.paths.reputation import MAX_AVOIDED_SHARE, Reputation
from net.peers.link_pool import ForwardingPool, LinkPool
from net.scope import Scope, public_network_of
from simulator.plain_cipher import PlainOnionCipher
from tests.support.circuit_world import NAME, OurSide, Stranger, World
from tests.support.parcels import box_bytes
from tests.support.relays import NOW, OWN, FakeRoster, Traveller, at, node_of, relay

CIPHER = PlainOnionCipher()

# --- circuits ---------------------------------------------------------------------------------------------------------


def test_a_circuit_of_a_stranger_is_not_ended_or_fed_over_another_link() -> None:
    world = World()
    owner, other = Stranger(world, 0), Stranger(world, 4)
    owner.set_up(NAME, 1, 2)
    world.run()
    assert world.nodes[2].theirs.opened_ends
    other.say(Cell(NAME, bytes(1152)))
    other.say(Destroy(NAME))
    world.run()
    assert len(world.nodes[1].circuit_relay) == 1
    assert world.nodes[1].circuit_relay.counters.cells == 1, "the one that told the owner that it is open"
    assert Destroy(NAME) not in owner.heard
    owner.say(Destroy(NAME))
    world.run()
    assert len(world.nodes[1].circuit_relay) == 0


def test_two_strangers_may_call_their_circuits_alike() -> None:
    world = World()
    owner, other = Stranger(world, 0), Stranger(world, 4)
    owner.set_up(NAME, 1, 2)
    other.set_up(NAME, 1, 3)
    world.run()
    assert len(world.nodes[1].circuit_relay) == 2
    other.say(Destroy(NAME))
    world.run()
    assert (len(world.nodes[2].circuit_relay), len(world.nodes[3].circuit_relay)) == (1, 0)


def test_our_own_circuits_listen_to_the_link_they_were_built_over_alone() -> None:
    world = World()
    names: list[bytes] = []

    def note(message: Message) -> list[Message]:
        if isinstance(message, Setup):
            names.append(message.circuit)
        return [message]

    world.meddlers[0, 1] = note
    world.open(1, 2, 3)
    world.run()
    (name,) = names
    ours = world.nodes[0].circuits
    assert not ours.receive(LinkId(4), Cell(name, bytes(1152)), world.now)
    assert not ours.receive(LinkId(4), Destroy(name), world.now)
    assert (len(ours), world.nodes[0].ours.closed_circuits) == (1, [])
    assert ours.receive(LinkId(1), Destroy(name), world.now)
    assert len(ours) == 0


def test_setups_that_wait_to_be_peeled_are_bounded_though_every_link_keeps_to_its_rate() -> None:
    world = World(9, limits={1: RelayLimits(setups_waiting=500)})
    each_brings = 100
    strangers = [Stranger(world, number) for number in (0, 3, 4, 5, 6, 7)]
    assert each_brings <= SETUP_BURST
    for number in range(each_brings):
        for stranger in strangers:
            stranger.set_up(number.to_bytes(5, "big"), 1, 2)
    assert world.nodes[1].circuit_relay.counters.refused == each_brings * len(strangers) - 500
    assert sum(stranger.heard.count(Destroy((99).to_bytes(5, "big"))) for stranger in strangers) == len(strangers)


def test_a_circuit_of_which_nothing_is_heard_ends_long_before_it_is_old() -> None:
    world = World()
    stranger = Stranger(world)
    stranger.set_up(NAME, 1, 2)
    world.wait(MAX_SILENCE - 1)
    assert (len(world.nodes[1].circuit_relay), len(world.nodes[2].circuit_relay)) == (1, 1)
    world.wait(2)
    assert (len(world.nodes[1].circuit_relay), len(world.nodes[2].circuit_relay)) == (0, 0)
    assert world.nodes[1].circuit_relay.counters.expired == 1


def test_a_circuit_that_talks_without_end_ends_when_it_is_old() -> None:
    world = World()
    circuit = world.open(1, 2)
    for _ in range(int(MAX_AGE / 60) - 1):
        world.wait(60)
        world.send(circuit, b"still here")
    assert len(world.nodes[1].circuit_relay) == 1
    world.wait(61)
    assert len(world.nodes[1].circuit_relay) == 0


# --- a leaf -----------------------------------------------------------------------------------------------------------


class Alone:
    """An onion without neighbours, and all that it sends or hands over."""

    def __init__(self, *, is_relay: bool) -> None:
        self.sent: list[Message] = []
        self.cells: list[bytes] = []
        self.boxes: list[bytes] = []
        self.dialled: list[Endpoint] = []
        self.opened_ends: list[EndId] = []
        link_pool = LinkPool(self._connect, lambda link, now: None)
        forwarding_pool = ForwardingPool(link_pool, lambda: Scope.PUBLIC)
        roster, random = FakeRoster(), Random(1).randbytes
        means = Means(CIPHER, roster, roster.get, link_pool, forwarding_pool, self, random, NORMAL)
        self.onion = Onion(
            node_of(0),
            means,
            is_relay=is_relay,
            user=OurSide(),
            ends=self,
            take_box=lambda box, link, now: self.boxes.append(box),
        )
        self.key, _ = self.onion.turn(NOW)
        self.random = random

    def _connect(self, endpoint: Endpoint, node: NodeId | None, now: Instant) -> None:
        self.dialled.append(endpoint)

    def packet(self, *, ends_here: bool, is_setup: bool = False, payload: bytes = b"") -> bytes:
        here = Hop(self.key, bytes(16), 0, node_of(0)[:8], 0)
        beyond = Hop(
            CIPHER.keypair(self.random).public, bytes(10) + b"\xff\xff" + bytes([20, 1, 1, 1]), 4000, bytes(8), 0
        )
        hops = [here] if ends_here else [here, beyond]
        return CIPHER.create(hops, payload, self.random, is_setup=is_setup)[0]

    def run(self) -> None:
        for second in range(5):
            for _ in range(20):
                self.onion.handle_timeout(at(second))

    # What the onion needs.

    def writable(self, link: LinkId) -> bool:
        return True

    def send_message(self, link: LinkId, data: bytes, now: Instant) -> None:
        self.sent.append(decode_message(data))

    def send_cell(self, link: LinkId, data: bytes, now: Instant, kind: CellKind = CellKind.PACKET) -> bool:
        self.cells.append(data)
        return True

    def on_circuit_opened(self, end: EndId, now: Instant) -> None:
        self.opened_ends.append(end)

    def on_circuit_data(self, end: EndId, data: bytes, now: Instant) -> None:
        raise AssertionError("nobody says anything here")

    def on_circuit_closed(self, end: EndId, now: Instant) -> None:
        pass


@pytest.mark.parametrize("is_relay", [True, False])
def test_a_leaf_passes_no_packet_on_and_dials_for_nobody(is_relay: bool) -> None:
    node = Alone(is_relay=is_relay)
    node.onion.receive_packet(LinkId(1), node.packet(ends_here=False), NOW)
    node.run()
    assert node.dialled == ([Endpoint("20.1.1.1", 4000)] if is_relay else [])


@pytest.mark.parametrize("is_relay", [True, False])
def test_a_leaf_is_no_part_of_others_circuits(is_relay: bool) -> None:
    node = Alone(is_relay=is_relay)
    node.onion.receive(LinkId(1), Setup(b"12345", node.packet(ends_here=True, is_setup=True)), NOW)
    node.run()
    assert len(node.opened_ends) == len(node.onion.circuit_relay) == int(is_relay)
    assert bool(node.sent) is is_relay


def test_what_ends_at_a_leaf_arrives() -> None:
    node = Alone(is_relay=False)
    payload = encode_payload(Kind.BOX, box_bytes(1))
    node.onion.receive_packet(LinkId(1), node.packet(ends_here=True, payload=payload), NOW)
    node.run()
    assert node.boxes == [box_bytes(1)]


# --- standing and paths -----------------------------------------------------------------------------------------------


def test_who_spoils_the_standing_of_half_the_network_has_a_third_avoided() -> None:
    reputation = Reputation()
    nodes = [node_of(number) for number in range(12)]
    for second in range(40):
        reputation.on_path_worked(nodes[:6], at(second))
        reputation.on_path_failed(nodes[6:], at(second))
    avoided = reputation.avoided(at(60))
    assert avoided < set(nodes[6:])
    assert len(avoided) == int(12 * MAX_AVOIDED_SHARE)


def test_no_path_leads_through_ourselves_though_somebody_named_us() -> None:
    relays = [relay(number) for number in range(6)]
    roster = FakeRoster.of(*relays)
    traveller = Traveller(roster)
    ourselves = relay(77)
    object.__setattr__(ourselves, "node", OWN)
    roster.nodes[OWN] = ourselves
    for second in range(40):
        path = traveller.paths.choose(relays[second % 6], at(second), is_delayed=False)
        assert OWN not in path.nodes
    assert OWN not in {each.node for each in traveller.paths.others(7, NOW)}


def test_nobody_is_a_relay_who_loses_more_than_its_share() -> None:
    traveller = Traveller(FakeRoster.of(*(relay(number) for number in range(12))))
    lossy = next(node for node in traveller.roster.nodes if node not in traveller.guards.in_use(NOW))
    for second in range(20):
        traveller.reputation.on_path_failed([lossy], at(second))
        traveller.reputation.on_path_worked([each for each in traveller.roster.nodes if each != lossy], at(second))
    last = next(
        each for each in traveller.roster.nodes.values() if each.node not in {lossy, *traveller.guards.in_use(NOW)}
    )
    assert all(lossy not in traveller.paths.choose(last, at(30), is_delayed=False).nodes for _ in range(100))


def test_the_relays_of_a_path_lie_in_networks_of_their_own() -> None:
    crowd = [relay(number, f"8.8.{number}.1") for number in range(30)]
    traveller = Traveller(FakeRoster.of(*crowd, *map(relay, range(30, 40))))
    for number in range(60):
        last = relay(30 + number % 10)
        nodes = [
            traveller.roster.nodes[node] for node in traveller.paths.choose(last, at(number), is_delayed=False).nodes
        ]
        assert len({public_network_of(each.endpoint.host) for each in nodes}) == len(nodes)


def test_guards_are_drawn_from_networks_of_their_own() -> None:
    crowd = [relay(number, f"8.8.{number}.1") for number in range(200)]
    for seed in range(10):
        traveller = Traveller(FakeRoster.of(*crowd, *map(relay, range(200, 206))), seed)
        kept = [guard.endpoint.host for guard in traveller.guards.remembered()]
        assert sum(host.startswith("8.8.") for host in kept) <= 1
        assert len(kept) > 1


def test_a_whole_path_or_none() -> None:
    relays = [relay(number) for number in range(8)]
    traveller = Traveller(FakeRoster.of(*relays))
    for guard in traveller.guards.in_use(NOW)[1:]:
        traveller.guards.on_link_down(guard, NOW)
    (guard,) = traveller.guards.in_use(NOW)[:1]
    with pytest.raises(Unreachable):
        traveller.paths.choose(traveller.roster.nodes[guard], NOW, is_delayed=False)


def test_who_breaks_all_our_links_for_weeks_makes_us_draw_so_many_guards_and_no_more() -> None:
    traveller = Traveller(FakeRoster.of(*map(relay, range(400))))
    guards, end = traveller.guards, MIN_LIFETIME_MS / 1000 - 86_400
    seconds = 0.0
    while seconds < end:
        for guard in guards.contacts():
            guards.on_link_down(guard, at(seconds))
        guards.handle_timeout(at(seconds))
        seconds = max(guards.next_deadline() - NOW.mono, seconds + 600)
    assert len(guards.remembered()) == MAX_DRAWN
