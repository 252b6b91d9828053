"""What a hostile reading of the overlay found, so that it is not found again."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from net.ids import Endpoint, NodeId, node_tag
from net.instant import HOUR_MS, Instant
from net.link.events import LinkId, Role
from net.link.frames import CellKind
from net.messages import Describe, encode_message
from net.node.linked_peers import DESCRIBE_BURST
from net.numbers import FIRST_PORT
from net.onion.circuits.builder import CircuitId, Circuits
from net.onion.circuits.requests import CircuitRequests
from net.onion.packets.cipher import Hop
from net.overlay.descriptor import Descriptor, Verifier, epoch_of
from net.overlay.identity import identity_of
from net.overlay.overlay import Overlay
from net.peers.link_pool import MAX_DIALING_FORWARDING, Contact, ForwardingPool, LinkPool
from net.scope import Scope
from simulator import World
from simulator.nodes import full_node, plain_tuning
from simulator.plain_cipher import PlainOnionCipher
from tests.support.parcels import NOW
from tests.support.villains import override, own_descriptor, parts_of

HERE, THERE = Endpoint("127.0.0.1", 4000), Endpoint("127.0.0.2", 4000)
PEER = NodeId(bytes(range(32)))
LINK = LinkId(1)


# --- clocks -----------------------------------------------------------------------------------------------------------


class Nobody:
    """A network in which no question is ever answered."""

    def call(self, *_: object, **__: object) -> None:
        """Lose a question."""


def reachable_node() -> Overlay:
    rng = Random(1)
    identity = identity_of(rng.randbytes(32), 0)
    overlay = Overlay(
        identity,
        Role.FULL,
        Nobody(),
        CircuitRequests(rng),
        rng=rng,
        random=rng.randbytes,
        verifier=Verifier(work_bits=0),
    )
    overlay.set_address(HERE, is_reachable=True)
    overlay.turn(epoch_of(NOW), (bytes(32), bytes(32)), NOW.wall_ms)
    return overlay


def test_who_slept_through_an_epoch_still_answers_the_lookups_that_wait() -> None:
    overlay = reachable_node()
    answers: list[list[bytes]] = []
    woken = Instant(NOW.mono + 1, NOW.wall_ms + 6 * HOUR_MS)
    overlay.serve(bytes(32), woken, lambda nodes, _: answers.append(nodes))
    assert answers == [[overlay.descriptor()]]


def test_after_the_clock_was_set_back_a_node_is_not_from_the_future() -> None:
    overlay = reachable_node()
    back = Instant(NOW.mono + 1, NOW.wall_ms - 5 * HOUR_MS)
    overlay.turn(epoch_of(back), (bytes(32), bytes(32)), back.wall_ms)
    descriptor = overlay.descriptor()
    assert descriptor is not None
    assert Verifier(work_bits=0).check(descriptor, back).endpoint == HERE


# --- circuits that end together ---------------------------------------------------------------------------------------


class Wire:
    """A link that is always there and takes everything."""

    def reach(self, contact: Contact, now: Instant, then: Callable[[LinkId | None, Instant], None]) -> None:
        """Give the link at once."""
        then(LINK, now)

    def on_used(self, link: LinkId, now: Instant) -> None:
        """Take note."""

    def writable(self, link: LinkId) -> bool:
        """Say that there is room."""
        return True

    def send_message(self, link: LinkId, data: bytes, now: Instant) -> None:
        """Take it."""

    def send_cell(self, link: LinkId, data: bytes, now: Instant, kind: CellKind = CellKind.PACKET) -> bool:
        """Take it."""
        return True


class Hasty:
    """A user who closes all its circuits as soon as one is gone, to make room for another."""

    def __init__(self) -> None:
        self.circuits: Circuits | None = None
        self.ended: list[CircuitId] = []

    def on_circuit_opened(self, circuit: CircuitId, now: Instant) -> None:
        """Never here."""

    def on_circuit_data(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        """Never here."""

    def on_circuit_closed(self, circuit: CircuitId, now: Instant, *, is_silent: bool) -> None:
        """Close the others, and begin another."""
        assert self.circuits is not None
        self.ended.append(circuit)
        for number in range(1, 5):
            self.circuits.close(CircuitId(number), now)


def test_a_link_that_ends_takes_its_circuits_with_it_whatever_their_user_does_meanwhile() -> None:
    wire, user, random = Wire(), Hasty(), Random(1).randbytes
    circuits = user.circuits = Circuits(cipher=PlainOnionCipher(), link_pool=wire, links=wire, user=user, random=random)
    hop = Hop(PlainOnionCipher().keypair(random).public, bytes(16), 0, bytes(8), 0)
    for _ in range(4):
        circuits.open([hop], NOW)
    circuits.on_link_down(LINK, NOW)
    assert user.ended == [CircuitId(1)]
    assert len(circuits) == 0


# --- strangers who choose whom we dial --------------------------------------------------------------------------------


class Dialled:
    """A switch, and what it dials."""

    def __init__(self) -> None:
        self.calls: list[Endpoint] = []
        self.heard: list[LinkId | None] = []
        self.link_pool = LinkPool(lambda endpoint, _peer, _now: self.calls.append(endpoint), lambda _link, _now: None)
        self.forwarding_pool = ForwardingPool(self.link_pool, lambda: Scope.LOOPBACK)

    def then(self, link: LinkId | None, _now: Instant) -> None:
        """Hear how it ended."""
        self.heard.append(link)


def test_a_wrong_address_for_a_node_keeps_nobody_from_the_right_one() -> None:
    dialled = Dialled()
    dialled.forwarding_pool.reach(Contact(THERE, node_tag(PEER)), NOW, dialled.then)
    dialled.link_pool.reach(Contact(HERE, node_tag(PEER), PEER), NOW, dialled.then)
    assert dialled.calls == [THERE, HERE]
    dialled.link_pool.on_link_up(LINK, PEER, HERE, NOW)
    assert dialled.heard == [LINK, LINK]
    assert dialled.link_pool.dialing == 0


def test_strangers_leave_room_for_our_own_dials() -> None:
    dialled = Dialled()
    for number in range(2 * MAX_DIALING_FORWARDING):
        endpoint = Endpoint(f"127.0.{number >> 8}.{number & 255}", 4000)
        dialled.forwarding_pool.reach(Contact(endpoint, number.to_bytes(8, "big")), NOW, dialled.then)
    assert len(dialled.calls) == MAX_DIALING_FORWARDING
    dialled.link_pool.reach(Contact(HERE, node_tag(PEER), PEER), NOW, dialled.then)
    assert dialled.calls[-1] == HERE


def test_strangers_cannot_have_us_knock_at_the_ports_of_other_services() -> None:
    dialled = Dialled()
    dialled.forwarding_pool.reach(Contact(Endpoint("127.0.0.3", FIRST_PORT - 1), bytes(8)), NOW, dialled.then)
    assert (dialled.calls, dialled.heard) == ([], [None])


# --- descriptions without end -----------------------------------------------------------------------------------------


def test_who_describes_itself_without_end_costs_a_few_signatures_and_no_more() -> None:
    world = World(seed=1)
    tuning = plain_tuning()
    victim = world.add(full_node(tuning=tuning, is_plain=True))
    flooder = world.add(full_node(victim.endpoint, tuning=tuning, is_plain=True))
    world.run_for(30)
    overlay = parts_of(victim.node()).overlay
    read: list[bytes] = []
    honest = overlay.on_descriptor

    def met(data: bytes, peer: NodeId, endpoint: Endpoint, now: Instant) -> Descriptor:
        read.append(data)
        return honest(data, peer, endpoint, now)

    override(overlay, "on_descriptor", met)

    def flood(now: Instant) -> None:
        links = flooder.node().links
        for _ in range(200):
            links.send_message(links.links()[0].link, encode_message(Describe(own_descriptor(flooder.node()))), now)

    flooder.do(flood)
    world.run_for(5)
    assert 0 < len(read) <= DESCRIBE_BURST
    assert len(victim.node().peers()) == 1, "and nothing else happens to it"
