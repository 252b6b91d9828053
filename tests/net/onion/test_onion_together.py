"""Whole onions over links that lose nothing: questions, boxes and loops by the paths that nodes choose themselves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from random import Random

from net.client.ports import Purpose
from net.cover_profile import NORMAL, STRONG, CoverProfile
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import LinkId
from net.link.frames import CellKind
from net.messages import Cell, Destroy, FindRecord, FoundRecord, Setup, decode_message, encode_message
from net.node.onion_transport import OnionTransport
from net.onion.circuits.requests import CircuitRequests
from net.onion.circuits.transit import EndId
from net.onion.onion import Means, Onion
from net.overlay.descriptor import Descriptor
from net.peers.link_pool import ForwardingPool, LinkPool
from net.scope import Scope
from simulator.plain_cipher import PlainOnionCipher
from tests.support.fake_client import FakeClient, FakeOverlay
from tests.support.parcels import box_bytes
from tests.support.relays import NOW, FakeRoster, at, node_of, public_host, relay

CIPHER = PlainOnionCipher()


class Node:
    """One node: its switch, its onion, its transport. A link is numbered by whom it leads to."""

    def __init__(self, village: Village, number: int, cover_profile: CoverProfile, *, is_leaf: bool) -> None:
        self.village, self.number, self.is_leaf = village, number, is_leaf
        self.node = node_of(number)
        self.boxes: list[bytes] = []
        self.asked: list[bytes] = []
        self.client = FakeClient()
        rng = Random(number)
        self.link_pool = LinkPool(self.connect, lambda link, now: None)
        self.transport = OnionTransport(FakeOverlay(village.roster), village.check, CircuitRequests(rng), rng)
        forwarding_pool = ForwardingPool(self.link_pool, lambda: Scope.PUBLIC)
        self.onion = Onion(
            self.node,
            Means(
                CIPHER,
                village.roster,
                village.roster.get,
                self.link_pool,
                forwarding_pool,
                self,
                rng.randbytes,
                cover_profile,
            ),
            is_relay=not is_leaf,
            user=self.transport,
            ends=self,
            take_box=lambda box, link, now: self.boxes.append(box),
        )
        onion = self.onion
        self.transport.serve(self.client, onion.paths, onion.reputation, onion.circuits, onion.send_packet)
        self.key, _ = self.onion.turn(NOW)
        self.onion.set_address(Endpoint(public_host(number), 4000))

    def connect(self, endpoint: Endpoint, node: NodeId | None, now: Instant) -> None:
        self.village.later(partial(self.village.link, self, endpoint))

    # --- links ---

    def writable(self, link: LinkId) -> bool:
        return True

    def send_message(self, link: LinkId, data: bytes, now: Instant) -> None:
        other = self.village.nodes[link]

        def arrive() -> None:
            message = decode_message(data)
            assert isinstance(message, Setup | Cell | Destroy)
            other.onion.receive(LinkId(self.number), message, self.village.now)

        self.village.later(arrive)

    def send_cell(self, link: LinkId, data: bytes, now: Instant, kind: CellKind = CellKind.PACKET) -> bool:
        other = self.village.nodes[link]
        self.village.cells += 1
        if other.number not in self.village.droppers:
            take = other.onion.receive_packet if kind is CellKind.PACKET else other.onion.receive_datagram
            self.village.later(lambda: take(LinkId(self.number), data, self.village.now))
        return True

    # --- ends ---

    def on_circuit_opened(self, end: EndId, now: Instant) -> None:
        pass

    def on_circuit_data(self, end: EndId, data: bytes, now: Instant) -> None:
        self.asked.append(data)
        message = decode_message(data)
        assert isinstance(message, FindRecord)
        self.onion.circuit_relay.send(end, encode_message(FoundRecord(message.request, b"found")), now)

    def on_circuit_closed(self, end: EndId, now: Instant) -> None:
        pass


class Village:
    """Full nodes, and one leaf with the highest number."""

    def __init__(self, full: int = 9, cover_profile: CoverProfile = NORMAL) -> None:
        self.now = NOW
        self.cells = 0
        self.droppers: set[int] = set()
        self.roster = FakeRoster()
        self._events: deque[Callable[[], None]] = deque()
        self.nodes = {
            LinkId(number): Node(self, number, cover_profile, is_leaf=number == full) for number in range(full + 1)
        }
        self.leaf = self.nodes[LinkId(full)]
        for each in self.nodes.values():
            if not each.is_leaf:
                self.roster.nodes[each.node] = relay(each.number, key=each.key)

    def check(self, data: bytes, now: Instant) -> Descriptor:
        raise AssertionError("nobody is asked for descriptors in a village")

    def later(self, event: Callable[[], None]) -> None:
        self._events.append(event)

    def link(self, one: Node, endpoint: Endpoint) -> None:
        """Link a node with the one that listens there."""
        other = next(each for each in self.nodes.values() if Endpoint(public_host(each.number), 4000) == endpoint)
        assert not other.is_leaf
        assert other is not one
        for here, there in ((one, other), (other, one)):
            here.link_pool.on_link_up(LinkId(there.number), there.node, endpoint, self.now)
            if not there.is_leaf:
                here.onion.on_link_up(there.node, self.now)

    def run(self, seconds: float) -> None:
        end = self.now.mono + seconds
        while True:
            while self._events:
                self._events.popleft()()
            due = min(min(each.onion.next_deadline(), each.transport.next_deadline()) for each in self.nodes.values())
            if due > end and not self._events:
                break
            self.now = at(max(due, self.now.mono) - NOW.mono)
            for each in self.nodes.values():
                each.onion.handle_timeout(self.now)
                each.transport.handle_timeout(self.now)
                for node, endpoint in each.onion.guards.contacts().items():
                    if each.link_pool.link_of(node[:8]) is None:
                        self.link(each, endpoint)
        self.now = at(end - NOW.mono)


def test_a_question_reaches_its_custodian_over_three_others_and_the_answer_comes_back() -> None:
    village = Village()
    village.run(1.0)
    leaf = village.leaf
    custodian = leaf.transport.known(0)[0]
    leaf.transport.ask(custodian, Purpose.RECORD, FindRecord(7, bytes(32)), village.now)
    village.run(1.0)
    assert leaf.client.got == [(custodian, FoundRecord(7, b"found"))]
    end = next(each for each in village.nodes.values() if each.node == custodian)
    assert end.asked == [encode_message(FindRecord(7, bytes(32)))]
    assert sum(each.onion.circuit_relay.counters.built for each in village.nodes.values()) == 4
    assert len(leaf.onion.reputation) == 4  # all of them have earned credit


def test_a_box_arrives_at_its_custodian_alone() -> None:
    village = Village()
    village.run(1.0)
    custodian = village.leaf.transport.known(0)[0]
    village.leaf.transport.send_box(custodian, box_bytes(1), village.now)
    village.run(10.0)
    assert {each.node for each in village.nodes.values() if each.boxes} == {custodian}
    assert next(each for each in village.nodes.values() if each.boxes).boxes == [box_bytes(1)]


def test_everybodys_loops_come_home_a_leafs_too() -> None:
    village = Village(cover_profile=STRONG)
    village.run(60.0)
    sent = [each.onion.loops.counters.sent for each in village.nodes.values()]
    assert min(sent) > 10
    assert all(each.onion.loops.counters.lost == 0 for each in village.nodes.values())
    assert all(each.onion.loops.counters.returned > 5 for each in village.nodes.values())


def test_a_relay_that_drops_is_found_out_by_loops() -> None:
    village = Village(cover_profile=STRONG)
    village.droppers = {4}
    village.run(150.0)
    blamed = [each for each in village.nodes.values() if node_of(4) in each.onion.reputation.avoided(village.now)]
    assert len(blamed) >= 7
    unjust = sum(len(each.onion.reputation.avoided(village.now) - {node_of(4)}) for each in village.nodes.values())
    assert unjust <= 3
