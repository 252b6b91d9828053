"""Nodes of a version that does not exist yet: what they add to everything that they say, and what they say beside it.

All of it is allowed by the rules for growing (``docs/PROTOCOL.md``, 1.4): a node of today's version has to pass over it
or to refuse it with a word, and to serve such nodes as it serves all others.
"""
# pyright: reportPrivateUsage=false
# A node of the future reaches into its own parts; nothing but a test would.

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from net import messages as m
from net.ids import Endpoint
from net.instant import Instant
from net.link import frames
from net.link.events import LinkId
from net.link.layer import LinkLayer
from net.link.session import Session
from net.messages import Cell
from net.node.node import Node
from net.onion.circuits.builder import CircuitId
from net.onion.circuits.transit import EndId
from net.peers.requests import Answer
from tests.support.villains import override, parts_of

# Types that no version has given out yet: the last of the lower half, and some of the upper.
REFUSED_TYPE: Final = m.UPPER_HALF - 1
IGNORED_TYPES: Final = (m.UPPER_HALF, 255, 70_000)
ALL_FEATURES: Final = 2**32 - 1
# Seconds between frames of unknown types.
FRAMES_PERIOD: Final = 5.0
# What stands behind the last field that we know.
MORE_FIELDS: Final[list[Any]] = [2**63, [b"later", {1: None}], "and more", 0.5]
# Bodies of link frames: unknown ones, and parts of which some are unknown.
BODIES: Final = tuple(
    [bytes([kind]).ljust(size, b"?") for kind in (129, 191, 192, 255) for size in (232, 1208)]
    + [frames.encode_parts([frames.PING, bytes([kind]) + b"\0\3???", frames.PING]) for kind in (128, 191, 192, 255)]
)


def strange_box(data: bytes, version: int = 2, more: bytes = b"") -> bytes:
    """Return a box of another version under the same id: the same up to there, and something else behind."""
    return bytes([version]) + data[1:] + more


def strange_record(data: bytes, version: int = 2, more: bytes = b"") -> bytes:
    """Return a record of another version under the same id."""
    return bytes([version]) + data[1:] + more


def strange_descriptor(data: bytes, version: int = 2, more: bytes = bytes(3309)) -> bytes:
    """Return a descriptor of another version, with room for a signature of another kind."""
    return bytes([version]) + data[1:] + more


def strange_message(kind: int, *fields: Any) -> bytes:
    """Return a message of an unknown type."""
    return msgspec.msgpack.encode([kind, *fields])


def grown(data: bytes) -> bytes:
    """Return a message with further fields, unless that would be too much."""
    larger = msgspec.msgpack.encode([*msgspec.msgpack.decode(data), *MORE_FIELDS])
    return larger if len(larger) <= m.MAX_MESSAGE_SIZE else data


def asides() -> list[bytes]:
    """Return messages of unknown types, one that asks to be refused among them."""
    ignored = [strange_message(kind, 7, b"news", [1, [2, [3]]]) for kind in IGNORED_TYPES]
    return [*ignored, strange_message(REFUSED_TYPE, 7, "please?")]


class FromTheFuture:
    """A node that adds fields to every message, announces all features, and now and then sends messages of unknown types."""

    def __init__(self, node: Node, every: int = 5) -> None:
        links, onion = node.links, parts_of(node).onion
        assert isinstance(links, LinkLayer)
        self._links = links
        self._every = every
        self._said = 0
        self._frames_at = 0.0
        self._send_message, self._seal = links.send_message, links.datagrams_to_send
        self._send_back, self._send_on = onion.circuit_relay.send, onion.circuits.send
        links._attempts._features = links._reception._features = ALL_FEATURES
        self.refused = 0  # messages of ours that a neighbour did not know
        self._take_answer = parts_of(node).calls.receive
        override(parts_of(node).calls, "receive", self._answered)
        override(links, "send_message", self._over_link)
        override(links, "datagrams_to_send", self._datagrams)
        override(onion.circuit_relay, "send", self._to_builder)
        override(onion.circuits, "send", self._to_end)

    def _asides(self) -> list[bytes]:
        self._said += 1
        return [] if self._said % self._every else asides()

    def _answered(self, link: LinkId, message: Answer, now: Instant) -> bool:
        self.refused += isinstance(message, m.Refused)
        return self._take_answer(link, message, now)

    def _over_link(self, link: LinkId, data: bytes, now: Instant) -> None:
        for aside in self._asides():
            self._send_message(link, aside, now)
        self._send_message(link, grown(data), now)

    def _to_builder(self, end: EndId, data: bytes, now: Instant) -> bool:
        for aside in self._asides():
            self._send_back(end, aside, now)
        return self._send_back(end, grown(data), now)

    def _to_end(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        for aside in self._asides():
            self._send_on(circuit, aside, now)
        self._send_on(circuit, grown(data), now)

    def _datagrams(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        batch = self._seal(now)
        if batch and now.mono >= self._frames_at:
            self._frames_at = now.mono + FRAMES_PERIOD  # most are acknowledged, and acknowledgements are a batch
            sessions = list(self._links._sessions.values())
            batch += [(session.outbound.seal(body), session.endpoint) for session in sessions for body in BODIES]
        return batch


def send_bodies(node: Node, link: LinkId, bodies: Iterable[bytes]) -> list[tuple[bytes, Endpoint]]:
    """Return datagrams with these bodies for the other end of a link."""
    links = node.links
    assert isinstance(links, LinkLayer)
    session: Session = links._sessions[link]
    return [(session.outbound.seal(body), session.endpoint) for body in bodies]


def send_cells(node: Node, circuit: CircuitId, bodies: Iterable[bytes], now: Instant) -> None:
    """Send cells with these insides over a circuit of ours."""
    circuits = parts_of(node).onion.circuits
    found = circuits._circuits[circuit]
    for body in bodies:
        found.stream._places -= 1
        for layer in reversed(found.forward):
            body = layer.seal(body)  # noqa: PLW2901 -- layer by layer
        circuits._queues.push(found.queue, Cell(found.queue.name, body), now)


def cell_body(kind: int, data: bytes = b"") -> bytes:
    """Return the inside of a cell."""
    return (bytes(16) + bytes([kind]) + len(data).to_bytes(2, "big") + data).ljust(m.CELL_BODY_SIZE, b"\0")


def circuit_to(node: Node, last: Node, now: Instant) -> CircuitId:
    """Open a circuit of a node to another over whom it knows."""
    parts = parts_of(node)
    descriptor = parts.overlay.roster.get(last.node_id)
    assert descriptor is not None
    path = parts.onion.paths.choose(descriptor, now, is_delayed=False)
    return parts.onion.circuits.open(path.hops, now)
