"""A node that only makes demands: it sends packets, builds circuits and deposits boxes, and serves no other node.

A machine with the five verbs over a real link layer, so that one process holds several and a driver runs each. What it
knows of other nodes it has from what they say of themselves when it links with them.
"""

from __future__ import annotations

import os
from collections import deque
from typing import Final

from core.node.options import JoinSpec
from net.errors import Overloaded, Unreachable
from net.events import Verdict
from net.ids import Endpoint, NodeId, node_tag
from net.instant import Instant
from net.io.driver import system_clock
from net.link.congestion import MAX_WINDOW, Congestion
from net.link.events import CellReceived, LinkDown, LinkEvent, LinkId, LinkUp, MessageReceived, Role
from net.link.layer import LinkLayer
from net.messages import (
    Boxes,
    Busy,
    Cell,
    Deposit,
    DepositAnswer,
    Describe,
    Destroy,
    Message,
    decode_message,
    encode_message,
)
from net.onion.circuits.builder import CircuitId, Circuits
from net.onion.packets.cipher import Hop, RealOnionCipher
from net.overlay.descriptor import Descriptor, decode_descriptor, epoch_of, packed_host
from net.peers.link_pool import LinkPool

CIPHER: Final = RealOnionCipher()
# Circuits that one keeps: below what a node may build.
MAX_CIRCUITS: Final = 60


class _Reckless(Congestion):
    """A window that nothing closes."""

    @property
    def window(self) -> int:
        """Always the most."""
        return MAX_WINDOW

    @window.setter
    def window(self, _: int) -> None:
        """Nothing changes it."""


class Stranger:
    """One such node, a leaf. ``described`` fills as nodes are joined; the counts are of what came back."""

    def __init__(self) -> None:
        self._links = LinkLayer(secret_key=os.urandom(32), role=Role.LEAF, random=os.urandom)
        self._link_pool = LinkPool(self._links.connect, self._links.close)
        self.circuits = Circuits(
            cipher=CIPHER, link_pool=self._link_pool, links=self._links, user=self, random=os.urandom
        )
        self.described: dict[NodeId, Descriptor] = {}
        self._link_of: dict[NodeId, LinkId] = {}
        self.packets = self.answers = self.stored = self.opened_circuits = self.closed_circuits = self.messages = (
            self.fetched
        ) = self.boxes = 0
        self.refused: list[int] = []  # fetches that a custodian was too busy for
        self._request = 0
        self._to_close: deque[CircuitId] = deque()

    # --- what it does -------------------------------------------------------------------------------------------------

    def join(self, spec: JoinSpec) -> None:
        """Link with a node."""
        assert spec.node is not None
        self._links.connect(spec.endpoint, spec.node, system_clock())

    def is_linked(self, node: NodeId) -> bool:
        """Return whether the link is there."""
        return node in self._link_of

    def hop(self, node: NodeId, delay_ms: int = 0) -> Hop:
        """Return a node that described itself as a hop."""
        said = self.described[node]
        key = said.key_of(epoch_of(system_clock()))
        assert key is not None
        return Hop(key, packed_host(said.endpoint.host), said.endpoint.port, said.tag, delay_ms)

    def home(self) -> Hop:
        """Return this node as a last hop that can be reached over the link that is there alone. It has no key."""
        return Hop(CIPHER.keypair(os.urandom).public, bytes(16), 0, node_tag(self._links.node_id), 0)

    def send_packet(self, to: NodeId, packet: bytes) -> None:
        """Give a packet to a linked node."""
        self._links.send_cell(self._link_of[to], packet, system_clock())

    def deposit(self, to: NodeId, box: bytes) -> None:
        """Deposit a box over the link."""
        self._request += 1
        self._links.send_message(self._link_of[to], encode_message(Deposit(self._request, 0, box)), system_clock())

    def build(self, *path: Hop) -> CircuitId:
        """Begin a circuit; the oldest goes when there are too many."""
        now = system_clock()
        if len(self._to_close) >= MAX_CIRCUITS:
            self.circuits.close(self._to_close.popleft(), now)
        circuit = self.circuits.open(path, now)
        self._to_close.append(circuit)
        return circuit

    def ask(self, circuit: CircuitId, message: Message) -> bool:
        """Ask over a circuit; return whether there was room."""
        try:
            self.circuits.send(circuit, encode_message(message), system_clock())
        except (Overloaded, Unreachable):
            return False
        return True

    def leave(self) -> None:
        """End all links."""
        for info in self._links.links():
            self._links.close(info.link, system_clock())

    # --- circuits -----------------------------------------------------------------------------------------------------

    def on_circuit_opened(self, circuit: CircuitId, now: Instant) -> None:
        """Count it."""
        self.opened_circuits += 1

    def on_circuit_data(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        """Count it, and of boxes how many there are and whether they were the last of a fetch."""
        self.messages += 1
        message = decode_message(data)
        if isinstance(message, Boxes):
            self.boxes += len(message.boxes)
            self.fetched += message.is_last
        elif isinstance(message, Busy):
            self.refused.append(message.request)

    def on_circuit_closed(self, circuit: CircuitId, now: Instant, *, is_silent: bool) -> None:
        """Count it."""
        self.closed_circuits += 1

    # --- the five verbs -----------------------------------------------------------------------------------------------

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        """Take a datagram."""
        self._links.receive_datagram(data, source, now)
        while (event := self._links.next_event()) is not None:
            self._receive(event, now)

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        self._links.handle_timeout(now)
        for machine in (self._link_pool, self.circuits):
            if machine.next_deadline() <= now.mono:
                machine.handle_timeout(now)

    def next_deadline(self) -> float:
        """Return when that is."""
        return min(self._link_pool.next_deadline(), self.circuits.next_deadline(), self._links.next_deadline())

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        """Return the next batch."""
        return self._links.datagrams_to_send(now)

    def next_event(self) -> LinkEvent | None:
        """Return no events: the owner reads the counts."""
        return None

    def _receive(self, event: LinkEvent, now: Instant) -> None:
        match event:
            case CellReceived():
                self.packets += 1
            case LinkUp():
                self._link_of[event.peer] = event.link
                # Not polite: it does not slow down when the other side is slow, for others may not either.
                self._links._sessions[event.link].outbound.recovery.congestion = _Reckless()
                self._link_pool.on_link_up(event.link, event.peer, event.endpoint, now)
                self._link_pool.keep(event.link)
            case LinkDown():
                self._link_pool.on_link_down(event.link)
                self.circuits.on_link_down(event.link, now)
            case MessageReceived():
                self._on_message(event.link, decode_message(event.data), now)
            case _:
                pass

    def _on_message(self, link: LinkId, message: Message, now: Instant) -> None:
        if isinstance(message, Describe):
            said = decode_descriptor(message.descriptor)
            self.described[said.node] = said
        elif isinstance(message, Cell | Destroy):
            self.circuits.receive(link, message, now)
        else:
            self.answers += 1
            self.stored += isinstance(message, DepositAnswer) and message.verdict == Verdict.STORED.value
