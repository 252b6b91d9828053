"""An attacker's end of links: the project's own link layer on a plain socket, with no node above it that obeys limits.

A guest has an address and a node key; it may be linked with several nodes. Nothing runs by itself: ``pump`` all guests of
an attack as long as it lasts. Costs of the attacker are counted here: bytes sent and received.
"""

from __future__ import annotations

import os
import select
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Final

from core.node.options import JoinSpec
from net.errors import Overloaded
from net.events import Verdict
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import ConnectFailed, LinkDown, LinkId, LinkUp, MessageReceived, Role
from net.link.layer import LinkLayer
from net.messages import (
    Deposit,
    DepositAnswer,
    Describe,
    Follow,
    Message,
    Price,
    Tags,
    UnknownMessage,
    decode_message,
    encode_message,
)
from net.overlay.descriptor import Descriptor, decode_descriptor

# Seconds that a pump waits for something to come, and datagrams read of one socket before the next.
_TURN: Final = 0.003
_READS: Final = 256
# Deposits to one node that are not answered yet: beyond, a link's stream would only grow.
UNDER_WAY: Final = 256


def clock() -> Instant:
    """Return the present."""
    return Instant(time.monotonic(), time.time_ns() // 1_000_000)


class Guest:
    """One address and key. ``verdicts`` of each node's answers, ``prices`` it told, tags it named on a stream."""

    def __init__(self, address: str, role: Role = Role.LEAF) -> None:
        self.layer = LinkLayer(secret_key=os.urandom(32), role=role, random=os.urandom)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.setblocking(False)  # noqa: FBT003 - the socket's own signature
        self.link_of: dict[NodeId, LinkId] = {}
        self.failed: set[NodeId] = set()
        self.described: dict[NodeId, Descriptor] = {}
        self.verdicts: dict[NodeId, Counter[Verdict]] = {}
        self.told: dict[NodeId, list[int]] = {}  # prices, as they came
        self.tags: dict[NodeId, set[bytes]] = {}
        self.heard: Callable[[NodeId, Message], None] | None = None
        self.sent = self.received = 0
        self._peer_of: dict[LinkId, NodeId] = {}
        self._under_way: Counter[NodeId] = Counter()
        self._waiting: dict[NodeId, deque[tuple[int, bytes]]] = {}
        self._request = 0

    # --- what it does -------------------------------------------------------------------------------------------------

    def connect(self, spec: JoinSpec) -> None:
        """Begin a link."""
        assert spec.node is not None
        self.layer.connect(spec.endpoint, spec.node, clock())

    def say(self, node: NodeId, message: Message) -> bool:
        """Send a message; return whether there was a link and room."""
        link = self.link_of.get(node)
        if link is None:
            return False
        try:
            self.layer.send_message(link, encode_message(message), clock())
        except Overloaded:
            return False
        return True

    def follow(self, node: NodeId) -> bool:
        """Have a node tell its price, and what arrives there."""
        return self.say(node, Follow(1, 0, 0, b"", 0))

    def deposit(self, node: NodeId, parcels: Sequence[bytes], kind: int = 0) -> None:
        """Queue deposits."""
        self._waiting.setdefault(node, deque()).extend((kind, parcel) for parcel in parcels)

    def owed(self) -> int:
        """Return how many deposits wait or are not answered."""
        return sum(map(len, self._waiting.values())) + self._under_way.total()

    # --- turns --------------------------------------------------------------------------------------------------------

    def turn(self) -> None:
        """Read what came, do what is due, send what may be sent."""
        now = clock()
        for _ in range(_READS):
            try:
                data, source = self.socket.recvfrom(2048)
            except (BlockingIOError, ConnectionError):
                break
            self.received += len(data)
            self.layer.receive_datagram(data, Endpoint(*source), now)
        self._take_events()
        self.layer.handle_timeout(now)
        self._take_events()
        self._feed()
        self.flush()

    def flush(self) -> None:
        """Send what the link layer has."""
        while batch := self.layer.datagrams_to_send(clock()):
            for data, target in batch:
                try:
                    self.socket.sendto(data, tuple(target))
                except BlockingIOError:
                    continue
                self.sent += len(data)

    def close(self) -> None:
        """End all links and let go of the socket."""
        for info in list(self.layer.links()):
            self.layer.close(info.link, clock())
        self.flush()
        self.socket.close()

    def _feed(self) -> None:
        for node, waiting in self._waiting.items():
            while waiting and self._under_way[node] < UNDER_WAY:
                kind, parcel = waiting[0]
                self._request = self._request + 1 & 0xFFFFFFFF
                if not self.say(node, Deposit(self._request, kind, parcel)):
                    break
                waiting.popleft()
                self._under_way[node] += 1

    def _take_events(self) -> None:
        while (event := self.layer.next_event()) is not None:
            match event:
                case LinkUp():
                    self.link_of[event.peer] = event.link
                    self._peer_of[event.link] = event.peer
                case LinkDown():
                    peer = self._peer_of.pop(event.link, None)
                    if peer is not None and self.link_of.get(peer) == event.link:
                        del self.link_of[peer]
                        self._under_way[peer] = 0
                case ConnectFailed():
                    if event.peer is not None:
                        self.failed.add(event.peer)
                case MessageReceived():
                    self._take(self._peer_of.get(event.link), event.data)
                case _:
                    pass

    def _take(self, node: NodeId | None, data: bytes) -> None:
        if node is None:
            return
        try:
            message = decode_message(data)
        except UnknownMessage:
            return
        match message:
            case DepositAnswer():
                self._under_way[node] = max(self._under_way[node] - 1, 0)
                self.verdicts.setdefault(node, Counter())[Verdict(message.verdict)] += 1
            case Price():
                self.told.setdefault(node, []).append(message.factor)
            case Tags():
                named = self.tags.setdefault(node, set())
                named.update(message.tags[at : at + 8] for at in range(0, len(message.tags), 8))
            case Describe():
                said = decode_descriptor(message.descriptor)
                self.described[said.node] = said
            case _:
                pass
        if self.heard is not None:
            self.heard(node, message)


def pump(guests: Sequence[Guest], seconds: float, until: Callable[[], bool] | None = None) -> bool:
    """Let all guests have turns for so many seconds, or until a condition holds; return whether it does."""
    end = time.monotonic() + seconds
    while True:
        select.select([each.socket for each in guests], [], [], _TURN)
        for each in guests:
            each.turn()
        if until is not None and until():
            return True
        if time.monotonic() >= end:
            return False


def link_all(guests: Sequence[Guest], specs: Sequence[JoinSpec], patience: float = 8.0) -> int:
    """Link every guest with every node; return how many links there are."""
    for spec in specs:
        for each in guests:
            each.connect(spec)
    nodes = [spec.node for spec in specs]
    pump(
        guests, patience, lambda: all(node in each.link_of or node in each.failed for each in guests for node in nodes)
    )
    return sum(node in each.link_of for each in guests for node in nodes)
