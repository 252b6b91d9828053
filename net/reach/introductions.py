"""Hole punching: two nodes behind NATs that a third is linked with, and that want to be linked with each other.

    A -- Introduce(B) --> introducer -- Introduction(A's address) --> B
    A <-- Introduction(B's address) -- introducer

Both dial at once. Each one's first datagram opens its own NAT, so the other's come through: B's only one, or A's next, three
quarters of a second later. Of two handshakes that cross the link layer lets one stand.

The introducer tells addresses that both proved to it, and tells only those who are linked. Whom it makes dial has chosen it
as a neighbour, follows few introductions, and sends one small datagram for each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from net.errors import DecodeError
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import LinkId
from net.link.port import Connect
from net.messages import Introduce, Introduction, Message
from net.numbers import FIRST_PORT
from net.peers.request_ids import RequestIds
from net.reach.address import NOWHERE, pack_host, unpack_host
from net.reach.neighbours import Neighbour, Neighbours
from net.scope import scope_of
from net.token_bucket import TokenBucket

# Introductions that one link may ask for, and that one link may give us.
INTRODUCE_RATE: Final = 0.1
INTRODUCE_BURST: Final = 5.0
# Introductions that we follow, all links together.
FOLLOW_RATE: Final = 0.5
FOLLOW_BURST: Final = 10.0
# Introductions asked for that have not been answered, and for how many seconds the answer and the link are awaited.
MAX_WANTED: Final = 32
WANTED_FOR: Final = 20.0


class Introductions:
    """All three roles. ``send`` puts a message on a link, ``connect`` begins a link.

    The asker goes on knocking. The other sends one datagram, which opens its NAT for that, and no more: introductions
    come unasked for, and a liar's must not make us send a third party more than it cost him.
    """

    def __init__(
        self,
        neighbours: Neighbours,
        send: Callable[[LinkId, Message, Instant], bool],
        connect: Connect,
    ) -> None:
        self._neighbours = neighbours
        self._send = send
        self._connect = connect
        self._request_ids = RequestIds()
        self._asked: dict[int, tuple[LinkId, NodeId]] = {}
        self._wanted: dict[NodeId, float] = {}  # until when
        self._served: dict[LinkId, TokenBucket] = {}
        self._followed: dict[LinkId, TokenBucket] = {}
        self._following = TokenBucket(FOLLOW_RATE, FOLLOW_BURST)

    def ask(self, introducer: LinkId, node: NodeId, now: Instant) -> bool:
        """Ask a neighbour to introduce us; False when too much is under way."""
        self._expire(now)
        if node in self._wanted or len(self._wanted) >= MAX_WANTED:
            return False
        number = self._request_ids.draw()
        self._asked[number] = (introducer, node)
        self._wanted[node] = now.mono + WANTED_FOR
        return self._send(introducer, Introduce(number, node), now)

    def is_wanted(self, node: NodeId, now: Instant) -> bool:
        """Say whether we asked to be introduced to a node lately, and so welcome its link."""
        return self._wanted.get(node, 0.0) > now.mono

    def on_link_down(self, link: LinkId) -> None:
        """A neighbour is gone."""
        self._served.pop(link, None)
        self._followed.pop(link, None)

    def introduce(self, link: LinkId, message: Introduce, now: Instant) -> None:
        """Make two neighbours known to each other."""
        asker = self._neighbours.get(link)
        bucket = self._served.setdefault(link, TokenBucket(INTRODUCE_RATE, INTRODUCE_BURST))
        if asker is None or not bucket.take(1, now.mono):
            return
        other = self._neighbours.with_node(NodeId(message.node))
        if other is None or other.node == asker.node:
            self._send(link, Introduction(message.request, NOWHERE, 0, message.node), now)
            return
        self._send(other.link, _introduction(0, asker), now)
        self._send(link, _introduction(message.request, other), now)

    def follow(self, link: LinkId, message: Introduction, now: Instant) -> None:
        """Dial whom a neighbour introduced, because we asked it to or because it was asked."""
        introducer = self._neighbours.get(link)
        if introducer is None or not self._is_welcome(introducer, message, now):
            return
        try:
            endpoint = Endpoint(unpack_host(message.host), message.port)
        except DecodeError:
            return
        is_far_enough = scope_of(endpoint.host) >= scope_of(introducer.endpoint.host)
        if is_far_enough and endpoint.port >= FIRST_PORT and self._following.take(1, now.mono):
            self._connect(endpoint, NodeId(message.node), now, is_probe=not message.request)

    def _is_welcome(self, introducer: Neighbour, message: Introduction, now: Instant) -> bool:
        node = NodeId(message.node)
        if self._neighbours.with_node(node) is not None:
            return False
        if message.request:
            if self._asked.get(message.request) != (introducer.link, node):
                return False
            del self._asked[message.request]
            if not message.port:
                self._wanted.pop(node, None)
            return message.port > 0 and self.is_wanted(node, now)
        # Who cannot be reached has dialled all its neighbours itself; one that dialled in has no business here.
        bucket = self._followed.setdefault(introducer.link, TokenBucket(INTRODUCE_RATE, INTRODUCE_BURST))
        return introducer.is_chosen and bucket.take(1, now.mono)

    def _expire(self, now: Instant) -> None:
        for node in [each for each, until in self._wanted.items() if until <= now.mono]:
            del self._wanted[node]
        for number in [each for each, (_, node) in self._asked.items() if node not in self._wanted]:
            del self._asked[number]


def _introduction(request: int, neighbour: Neighbour) -> Introduction:
    return Introduction(request, pack_host(neighbour.endpoint.host), neighbour.endpoint.port, neighbour.node)
