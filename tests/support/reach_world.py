"""Nodes that are links and reach and nothing else, in the open and behind NATs, on a wire without loss."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from random import Random

from net.errors import Overloaded
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import ConnectFailed, LinkDown, LinkEvent, LinkId, LinkUp, MessageReceived, Role
from net.link.layer import LinkLayer
from net.messages import DialBack, Dialed, Message, Reflection, decode_message, encode_message
from net.peers.link_pool import LinkPool
from net.peers.requests import Requests
from net.reach import Reach
from net.reach.neighbours import Neighbour
from tests.support.nat_box import NatBox, NatKind

EPOCH_MS = 1_800_000_000_000
DELAY = 0.02
PORT = 4000


class Node:
    """A node at an address, with what it was told and what it sends."""

    def __init__(self, host: str, nat: NatBox | None, seed: int) -> None:
        random = Random(seed)
        self.inside = Endpoint(host, PORT)
        self.nat = nat
        self.layer = LinkLayer(secret_key=random.randbytes(32), role=Role.FULL, random=random.randbytes)
        self.link_pool = LinkPool(self._connect_any, self.layer.close)
        self.calls = Requests(self.link_pool, self.send)
        self.reach = Reach(
            calls=self.calls,
            rng=Random(seed + 1),
            connect=self._connect,
            send=self.send,
            close=self.layer.close,
            seen_at=self.layer.endpoint_of,
        )
        self.ups: list[LinkUp] = []
        self.heard: list[Message] = []
        self.dialled: list[Endpoint] = []
        self.lie: Callable[[Message], Message | None] | None = None  # what it answers instead of the truth

    @property
    def node_id(self) -> NodeId:
        return self.layer.node_id

    def link_with(self, other: Node) -> LinkId:
        return next(up.link for up in reversed(self.ups) if up.peer == other.node_id)

    def is_linked(self, other: Node) -> bool:
        return any(link.peer == other.node_id for link in self.layer.links())

    def connect(self, endpoint: Endpoint, peer: NodeId, now: Instant) -> None:
        self._connect(endpoint, peer, now, is_probe=False)

    def _connect_any(self, endpoint: Endpoint, peer: NodeId | None, now: Instant) -> None:
        assert peer is not None
        self._connect(endpoint, peer, now, is_probe=False)

    def _connect(self, endpoint: Endpoint, peer: NodeId | None, now: Instant, *, is_probe: bool = False) -> None:
        self.dialled.append(endpoint)
        self.reach.on_contacted(endpoint, now)
        self.layer.connect(endpoint, peer, now, is_probe=is_probe)

    def send(self, link: LinkId, message: Message, now: Instant) -> bool:
        try:
            self.layer.send_message(link, encode_message(message), now)
        except Overloaded:
            return False
        return True

    def take(self, event: LinkEvent, now: Instant) -> None:
        match event:
            case LinkUp():
                self.ups.append(event)
                self.link_pool.on_link_up(event.link, event.peer, event.endpoint, now)
                neighbour = Neighbour(event.link, event.peer, event.endpoint, event.role, event.is_initiator)
                self.reach.on_link_up(neighbour, now)
            case LinkDown():
                self.link_pool.on_link_down(event.link)
                self.calls.on_link_down(event.link, now)
                self.reach.on_link_down(event.link, now)
            case ConnectFailed():
                self.link_pool.on_connect_failed(event.endpoint, event.peer, now)
                self.reach.on_connect_failed(event.peer, now)
            case MessageReceived():
                message = decode_message(event.data)
                self.heard.append(message)
                lie = self.lie(message) if self.lie else None
                if lie is not None:
                    self.send(event.link, lie, now)
                    return
                if isinstance(message, Reflection | DialBack | Dialed):
                    self.calls.receive(event.link, message, now)
                else:
                    self.reach.handle(message, event.link, now)
            case _:
                raise AssertionError(event)

    def drain(self, now: Instant) -> None:
        while (event := self.layer.next_event()) is not None:
            self.take(event, now)

    def handle_timeout(self, now: Instant) -> None:
        for machine in (self.layer, self.link_pool, self.calls, self.reach):
            machine.handle_timeout(now)

    def next_deadline(self) -> float:
        return min(machine.next_deadline() for machine in (self.layer, self.link_pool, self.calls, self.reach))


class ReachWorld:
    """The wire, the clock, the NATs and the nodes."""

    def __init__(self) -> None:
        self.now = Instant(1000.0, EPOCH_MS)
        self.nodes: list[Node] = []
        self.wire: list[tuple[Endpoint, Endpoint, int]] = []  # source and target as seen outside, bytes
        self.loses: Callable[[Endpoint, Endpoint], bool] = lambda _source, _target: False
        self._air: list[tuple[float, int, bytes, Endpoint, Endpoint]] = []
        self._serial = itertools.count()

    def node(self, host: str, kind: NatKind | None = None) -> Node:
        """A node with a public address, its own or, behind a NAT, the NAT's."""
        nat = NatBox(kind, host) if kind else None
        node = Node("10.0.0.2" if nat else host, nat, len(self.nodes) + 1)
        node.reach.set_own([node.inside])
        self.nodes.append(node)
        return node

    def join(self, one: Node, other: Node) -> None:
        """Link a node to one in the open."""
        one.connect(other.inside, other.node_id, self.now)
        assert self.run(5, lambda: one.is_linked(other) and other.is_linked(one))

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass; return whether ``until`` came true."""
        end = self.now.mono + seconds
        self._flush()
        while not until():
            deadline = min(node.next_deadline() for node in self.nodes)
            at = max(min([deadline, *(entry[0] for entry in self._air[:1])]), self.now.mono)
            if at >= end:
                self.now = _at(end)
                return until()
            self.now = _at(at)
            while self._air and self._air[0][0] <= at:
                _, _, data, source, target = heapq.heappop(self._air)
                self._deliver(data, source, target)
            for node in self.nodes:
                if node.next_deadline() <= at:
                    node.handle_timeout(self.now)
            self._flush()
        return True

    def _deliver(self, data: bytes, source: Endpoint, target: Endpoint) -> None:
        for node in self.nodes:
            if node.nat is None and node.inside == target:
                node.layer.receive_datagram(data, source, self.now)
            elif node.nat is not None and node.nat.host == target.host:
                inside = node.nat.inbound(source, target.port)
                if inside is not None:
                    node.layer.receive_datagram(data, source, self.now)

    def _flush(self) -> None:
        for node in self.nodes:
            node.drain(self.now)
        for node in self.nodes:
            while batch := node.layer.datagrams_to_send(self.now):
                for data, target in batch:
                    source = node.nat.outbound(node.inside, target) if node.nat else node.inside
                    self.wire.append((source, target, len(data)))
                    if self.loses(source, target):
                        continue
                    heapq.heappush(self._air, (self.now.mono + DELAY, next(self._serial), data, source, target))


def _at(mono: float) -> Instant:
    return Instant(mono, EPOCH_MS + round((mono - 1000.0) * 1000))
