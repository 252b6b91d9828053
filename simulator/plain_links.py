"""Links without ciphers for worlds of thousands of nodes: the same verbs, events, sizes and failures as ``LinkLayer``.

What real links do with cryptography and retransmission is left out: a handshake is two datagrams, a message is one, however
many frames it would fill (they are counted), and silence is not found out by pings but by asking the *census*, which knows
whether the same machine still runs there, at the moments when a real link would have noticed. Messages keep their order
though datagrams overtake each other. Nothing is sent again, so a lost message holds up all that follow on its link; such
worlds have paths without loss, and datagrams are lost only by partitions and with the machines they were for.

When two nodes begin a link at once the smaller key's stands, as with real links. For that both must know the other's key: a
node that has only an endpoint asks the census, where real links ask the other end for its key.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

from net.address_shares import Networks, nested_networks
from net.agenda import Agenda
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.attempts import ATTEMPT_LIFE, PROBE_LIFE, RETRY_AFTER
from net.link.events import (
    FEATURES,
    CellReceived,
    ConnectFailed,
    LinkDown,
    LinkEvent,
    LinkId,
    LinkUp,
    MessageReceived,
    Role,
)
from net.link.frames import CELL_SIZE, CellKind
from net.link.session import DOWN_AFTER, PROBE_AFTER
from net.link.status import Counters, LinkInfo
from net.link.table import MAX_LINKS
from net.numbers import LARGE_DATAGRAM_SIZE, MAX_MESSAGE_SIZE

# What a real frame carries of a message.
FRAME_ROOM: Final = 1190
# Seconds after which a peer that does not answer is given up, and between two looks whether all are there, as pings would.
SILENCE: Final = DOWN_AFTER
LOOK_PERIOD: Final = PROBE_AFTER
# Messages that overtook another one and wait for it.
MAX_EARLY: Final = 256

_HELLO, _ANSWER, _MESSAGE, _CELL, _BYE, _DATAGRAM = range(6)
_HEAD: Final = 13  # of a message: its sort, the link's name, its number
_KEY, _NAME = 32, 8
_SAID: Final = Struct(">BQI")  # behind the key in a greeting: role, wall clock in ms, features


class Sort(IntEnum):
    """What a stand-in's datagram is; its first byte."""

    HELLO = _HELLO
    ANSWER = _ANSWER
    MESSAGE = _MESSAGE
    CELL = _CELL
    BYE = _BYE
    DATAGRAM = _DATAGRAM


class Resident(NamedTuple):
    """The node that runs at an endpoint, and the number of its start."""

    node: NodeId
    life: int


Census = Callable[[Endpoint], Resident | None]


@dataclass(slots=True)
class _Link:
    up: LinkUp
    name: bytes
    life: int
    sent: int = 0
    received: int = 0
    early: dict[int, bytes] = field(default_factory=dict[int, bytes])
    bytes_in: int = 0
    bytes_out: int = 0
    is_doubted: bool = False


@dataclass(slots=True)
class _Attempt:
    endpoint: Endpoint
    peer: NodeId | None
    began_at: float
    overtakers: list[bytes] = field(default_factory=list[bytes])  # what came before the answer


class PlainLinks:
    """All links of one simulated node. ``census`` returns the resident of an endpoint, None when there is none."""

    def __init__(
        self,
        *,
        node_id: NodeId,
        role: Role,
        random: Callable[[int], bytes],
        census: Census,
        features: int = FEATURES,
    ) -> None:
        self.node_id = node_id
        self._features = features
        self.counters = Counters()
        self._role = role
        self._random = random
        self._census = census
        self._links: dict[LinkId, _Link] = {}
        self._by_peer: dict[NodeId, _Link] = {}
        self._by_name: dict[bytes, _Link] = {}
        self._attempts: dict[bytes, _Attempt] = {}
        self._attempt_to: dict[tuple[Endpoint, NodeId | None], bytes] = {}
        self._patience: Agenda[bytes] = Agenda()
        self._doubts: Agenda[LinkId] = Agenda()
        self._events: deque[LinkEvent] = deque()
        self._outbox: list[tuple[bytes, Endpoint]] = []
        self._last_link = 0
        self._look_at = math.inf

    # --- what the owner does ------------------------------------------------------------------------------------------

    def connect(self, endpoint: Endpoint, peer: NodeId | None, now: Instant, *, is_probe: bool = False) -> None:
        """Begin a link, as ``LinkLayer.connect``; a greeting is sent once anyway."""
        if peer is None and (resident := self._census(endpoint)):
            peer = resident.node
        if peer in self._by_peer or (endpoint, peer) in self._attempt_to:
            return
        if peer == self.node_id or len(self._links) >= MAX_LINKS:
            reason = "ourselves" if peer == self.node_id else "too many links"
            self._events.append(ConnectFailed(endpoint, peer, reason))
            return
        name = self._random(_NAME)
        self._attempts[name] = _Attempt(endpoint, peer, now.mono)
        self._attempt_to[endpoint, peer] = name
        self._patience.schedule(name, now.mono + (PROBE_LIFE if is_probe else ATTEMPT_LIFE))
        self._greet(_HELLO, name, endpoint, now)

    def send_message(self, link: LinkId, data: bytes, now: Instant) -> None:
        """Send a message in order."""
        if not 1 <= len(data) <= MAX_MESSAGE_SIZE:
            raise ValueError("message size")
        if held := self._links.get(link):
            held.sent += 1
            self._send(held, bytes([_MESSAGE]) + held.name + held.sent.to_bytes(4, "big") + data, now)

    def writable(self, link: LinkId) -> bool:
        """Return whether the link is there; nothing queues up in it."""
        return link in self._links

    def send_cell(self, link: LinkId, data: bytes, now: Instant, kind: CellKind = CellKind.PACKET) -> bool:
        """Send a cell."""
        if len(data) != CELL_SIZE:
            raise ValueError("cell size")
        if held := self._links.get(link):
            self._send(held, bytes([_CELL if kind is CellKind.PACKET else _DATAGRAM]) + held.name + data, now)
        return held is not None

    def close(self, link: LinkId, now: Instant) -> None:
        """End a link."""
        if held := self._links.get(link):
            self._post(bytes([_BYE]) + held.name, held.up.endpoint)
            self._end(held, "closed")

    def endpoint_of(self, link: LinkId) -> Endpoint | None:
        """Return where a link's other end is."""
        held = self._links.get(link)
        return held.up.endpoint if held else None

    def networks_of(self, link: LinkId) -> Networks:
        """Return which networks a link's other end is in."""
        held = self._links.get(link)
        return nested_networks(held.up.endpoint.host if held else "")

    def features_of(self, link: LinkId) -> int:
        """Return what a link's peer said that it can do."""
        held = self._links.get(link)
        return held.up.features if held else 0

    def links(self) -> list[LinkInfo]:
        """Return the links that are up."""
        return [
            LinkInfo(
                link,
                held.up.peer,
                held.up.endpoint,
                held.up.role,
                0.05,
                held.bytes_in,
                held.bytes_out,
                held.up.features,
            )
            for link, held in self._links.items()
        ]

    # --- the five verbs -----------------------------------------------------------------------------------------------

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        """Take a datagram."""
        self.counters.datagrams_in += _frames(data)
        kind, name = data[0], data[1 : 1 + _NAME]
        if kind in {_HELLO, _ANSWER}:
            self._on_greeting(kind, name, data[1 + _NAME :], source, now)
            return
        held = self._by_name.get(name)
        if held is None:
            attempt = self._attempts.get(name)
            if attempt is not None and len(attempt.overtakers) < MAX_EARLY:
                attempt.overtakers.append(data)
            elif kind != _BYE:
                self._post(bytes([_BYE]) + name, source)
        elif kind == _BYE:
            self._end(held, "closed by the peer")
        elif kind in {_CELL, _DATAGRAM}:
            held.bytes_in += LARGE_DATAGRAM_SIZE
            sort = CellKind.PACKET if kind == _CELL else CellKind.DATAGRAM
            self._events.append(CellReceived(held.up.link, data[1 + _NAME :], sort))
        else:
            self._on_message(held, data, now)

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        for name in self._patience.pop_due(now.mono):
            if attempt := self._take_attempt(name):
                self._events.append(ConnectFailed(attempt.endpoint, attempt.peer, "no answer"))
        for link in self._doubts.pop_due(now.mono):
            held = self._links[link]
            held.is_doubted = False
            if not self._is_there(held):
                self._end(held, "silent")
        if now.mono >= self._look_at:
            self._look_at = now.mono + LOOK_PERIOD if self._links else math.inf
            for held in self._links.values():
                self._look_for(held, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due."""
        if self._outbox:
            return 0.0
        return min(self._patience.next_deadline(), self._doubts.next_deadline(), self._look_at)

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        """Return everything there is to send."""
        batch, self._outbox = self._outbox, []
        return batch

    def next_event(self) -> LinkEvent | None:
        """Return what happened next, or None."""
        return self._events.popleft() if self._events else None

    # --- inside -------------------------------------------------------------------------------------------------------

    def _greet(self, kind: int, name: bytes, endpoint: Endpoint, now: Instant) -> None:
        said = self.node_id + _SAID.pack(self._role.value, now.wall_ms, self._features)
        self._post(bytes([kind]) + name + said, endpoint)

    def _on_greeting(self, kind: int, name: bytes, said: bytes, source: Endpoint, now: Instant) -> None:
        peer = NodeId(said[:_KEY])
        role, wall_ms, features = _SAID.unpack_from(said, _KEY)
        attempt: _Attempt | None = None
        if kind == _ANSWER:
            attempt = self._take_attempt(name)
            if attempt is None:
                return
            if attempt.peer not in {None, peer}:
                self._events.append(ConnectFailed(source, attempt.peer, "another node"))
                return
        elif self._is_crossed(peer, source, now) or (len(self._links) >= MAX_LINKS and peer not in self._by_peer):
            return
        if former := self._by_peer.get(peer):
            self._end(former, "replaced")
        if own := self._attempt_to.get((source, peer)):
            self._take_attempt(own)  # the other's stands
        resident = self._census(source)
        self._last_link += 1
        up = LinkUp(LinkId(self._last_link), peer, source, Role(role), wall_ms, kind == _ANSWER, features)
        held = _Link(up, name, resident.life if resident else 0)
        self._links[up.link] = self._by_peer[peer] = self._by_name[name] = held
        self._look_at = min(self._look_at, now.mono + LOOK_PERIOD)
        if kind == _HELLO:
            self._greet(_ANSWER, name, source, now)
        self._events.append(up)
        for each in attempt.overtakers if attempt else ():
            self.counters.datagrams_in -= _frames(each)
            self.receive_datagram(each, source, now)

    def _is_crossed(self, peer: NodeId, source: Endpoint, now: Instant) -> bool:
        """Return whether both began at once and ours stands."""
        name = self._attempt_to.get((source, peer))
        return name is not None and self.node_id < peer and now.mono < self._attempts[name].began_at + RETRY_AFTER

    def _take_attempt(self, name: bytes) -> _Attempt | None:
        attempt = self._attempts.pop(name, None)
        if attempt is not None:
            del self._attempt_to[attempt.endpoint, attempt.peer]
            self._patience.cancel(name)
        return attempt

    def _is_there(self, held: _Link) -> bool:
        return self._census(held.up.endpoint) == (held.up.peer, held.life)

    def _on_message(self, held: _Link, data: bytes, now: Instant) -> None:
        number = int.from_bytes(data[1 + _NAME : 5 + _NAME], "big")
        held.bytes_in += _frames(data) * LARGE_DATAGRAM_SIZE
        held.early[number] = data[5 + _NAME :]
        while (message := held.early.pop(held.received + 1, None)) is not None:
            held.received += 1
            self._events.append(MessageReceived(held.up.link, message))
        if len(held.early) > MAX_EARLY:
            self.close(held.up.link, now)

    def _send(self, held: _Link, data: bytes, now: Instant) -> None:
        held.bytes_out += _frames(data) * LARGE_DATAGRAM_SIZE
        self._post(data, held.up.endpoint)
        self._look_for(held, now)

    def _look_for(self, held: _Link, now: Instant) -> None:
        if not held.is_doubted and not self._is_there(held):
            held.is_doubted = True
            self._doubts.schedule(held.up.link, now.mono + SILENCE)

    def _post(self, data: bytes, endpoint: Endpoint) -> None:
        self.counters.datagrams_out += _frames(data)
        self._outbox.append((data, endpoint))

    def _end(self, held: _Link, reason: str) -> None:
        link = held.up.link
        del self._links[link], self._by_name[held.name]
        self._doubts.cancel(link)
        if self._by_peer.get(held.up.peer) is held:
            del self._by_peer[held.up.peer]
        self._events.append(LinkDown(link, held.up.peer, reason))


def _frames(data: bytes) -> int:
    return 1 if data[0] == _CELL else -(-len(data) // FRAME_ROOM)


def message_of(data: bytes) -> tuple[Sort, bytes]:
    """Return what a datagram is, and the message that it carries if any."""
    return Sort(data[0]), data[_HEAD:] if data[0] == _MESSAGE else b""
