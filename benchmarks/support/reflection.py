"""Nodes made to send to a victim that asked for nothing: bytes that it gets, for each byte that the attacker sent.

What is sent from a socket at the victim's address stands for datagrams with a forged source; the victim answers nothing.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from benchmarks.support.attacked_world import AttackedWorld, attacker_address
from benchmarks.support.guest import Guest, clock, link_all, pump
from benchmarks.support.paid_work import Order
from benchmarks.support.processor import cpu_seconds
from benchmarks.support.report import Figures
from core.node.options import JoinSpec, parse_join
from net.ids import Endpoint, NodeId
from net.link.events import Role
from net.link.layer import LinkLayer
from net.messages import FindRecord, Message, PleaseDial
from net.onion.packets.cipher import Hop, RealOnionCipher
from net.overlay.descriptor import epoch_of, packed_host

_CIPHER: Final = RealOnionCipher()
# Seconds between two looks at what came, during which all is counted after the last word, and for all ways together.
_LOOK: Final = 0.02
_COUNTED: Final = 10.0
_PATIENCE: Final = 100.0


class Victim:
    """The victim's address: what is sent from here stands for datagrams with a forged source. It answers nothing."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self._socket.bind((address, 0))
        self._socket.setblocking(False)  # noqa: FBT003 - the socket's own signature
        self.got = self.datagrams = self.forged = 0

    @property
    def endpoint(self) -> Endpoint:
        """Where it is."""
        host, port = self._socket.getsockname()
        return Endpoint(host, port)

    def forge(self, datagram: bytes, target: Endpoint) -> None:
        """Send as if the victim did."""
        self._socket.sendto(datagram, tuple(target))
        self.forged += len(datagram)

    def count(self) -> None:
        """Count what came."""
        while True:
            try:
                self.got += len(self._socket.recv(2048))
            except (BlockingIOError, ConnectionError):
                return
            self.datagrams += 1

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()


class Reflector:
    """One way of having a node send to a victim."""

    def __init__(self, spec: JoinSpec, number: int) -> None:
        assert spec.node is not None
        self.spec, self.node = spec, spec.node
        self.guest = Guest(attacker_address(500 + number), Role.FULL)
        self.victim = Victim(attacker_address(20_000 + number))
        link_all([self.guest], [spec])
        pump([self.guest], 10.0, lambda: self.node in self.guest.described)
        self.paid = 0  # bytes that the attacker sent beside forged ones

    def ask_from_afar(self, message: Message) -> None:
        """Send a message over the link, its datagrams with the victim's address on them."""
        self.guest.say(self.node, message)
        self._forge_all()

    def _forge_all(self) -> None:
        while batch := self.guest.layer.datagrams_to_send(clock()):
            for datagram, _ in batch:
                self.victim.forge(datagram, self.spec.endpoint)

    def begin_handshake(self, node: NodeId | None) -> None:
        """Begin a link with the victim's address; without a node's key, ask for it."""
        layer = LinkLayer(secret_key=os.urandom(32), role=Role.FULL, random=os.urandom)
        layer.connect(self.spec.endpoint, node, clock())
        while batch := layer.datagrams_to_send(clock()):
            for datagram, _ in batch:
                self.victim.forge(datagram, self.spec.endpoint)

    def say(self, message: Message) -> None:
        """Say something over the link, from where we are."""
        before = self.guest.sent
        self.guest.say(self.node, message)
        self.guest.flush()
        self.paid += self.guest.sent - before

    def send_packet(self) -> None:
        """Send a packet whose next relay is the victim."""
        said = self.guest.described[self.node]
        key = said.key_of(epoch_of(clock()))
        assert key is not None
        here = Hop(key, bytes(16), 0, bytes(8), 0)
        there = Hop(
            _CIPHER.keypair(os.urandom).public,
            packed_host(self.victim.endpoint.host),
            self.victim.endpoint.port,
            os.urandom(8),
            0,
        )
        packet, _ = _CIPHER.create([here, there], b"", os.urandom)
        before = self.guest.sent
        self.guest.layer.send_cell(self.guest.link_of[self.node], packet, clock())
        self.guest.flush()
        self.paid += self.guest.sent - before

    def wait(self, seconds: float, *, is_linked: bool = True) -> None:
        """Count what the victim gets; the attacker's own link lives on unless it has moved."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.victim.count()
            if is_linked:
                before = self.guest.sent
                pump([self.guest], _LOOK)
                self.paid += self.guest.sent - before
            else:
                time.sleep(_LOOK)

    def figures(self, times: int) -> Figures:
        """Return what came of it."""
        came = self.victim.forged + self.paid
        return {
            "times": times,
            "bytes_sent": came,
            "victim_got_bytes": self.victim.got,
            "victim_got_datagrams": self.victim.datagrams,
            "factor": round(self.victim.got / came, 2) if came else None,
        }

    def close(self) -> None:
        """End it."""
        self.guest.close()
        self.victim.close()


def _question(reflector: Reflector, record_id: bytes, times: int) -> None:
    """One frame that asks for 64 KiB, with the victim's address on it; and so each second."""
    for number in range(times):
        reflector.ask_from_afar(FindRecord(number, record_id))
        reflector.wait(1.0, is_linked=False)
    reflector.wait(_COUNTED, is_linked=False)


def _key_request(reflector: Reflector, record_id: bytes, times: int) -> None:
    """The first datagram of an attacker who does not know the node's key."""
    del record_id
    for _ in range(times):
        reflector.begin_handshake(None)
        reflector.wait(0.1)
    reflector.wait(_COUNTED)


def _initiation(reflector: Reflector, record_id: bytes, times: int) -> None:
    """The first datagram of an attacker who knows the node's key."""
    del record_id
    for _ in range(times):
        reflector.begin_handshake(reflector.node)
        reflector.wait(0.1)
    reflector.wait(_COUNTED)


def _packet(reflector: Reflector, record_id: bytes, times: int) -> None:
    """A packet that is to go on to the victim, which the node has to dial for that."""
    del record_id
    for _ in range(times):
        reflector.send_packet()
        reflector.wait(0.1)
    reflector.wait(_COUNTED)


def _dial(reflector: Reflector, record_id: bytes, times: int) -> None:
    """A request to find out whether strangers reach the victim."""
    del record_id
    for number in range(times):
        host, port = reflector.victim.endpoint
        reflector.say(PleaseDial(number, packed_host(host), port, NodeId(os.urandom(32))))
        reflector.wait(0.1)
    reflector.wait(_COUNTED)


WAYS: Final = {
    "question": (_question, 1),
    "question_each_second": (_question, 10),
    "key_request": (_key_request, 10),
    "initiation": (_initiation, 10),
    "packet": (_packet, 10),
    "dial": (_dial, 10),
}


def reflect(world: AttackedWorld, circuit_pool: Sequence[str]) -> Figures:
    """Try all ways at once, each with a victim of its own, against a node that keeps a record of 64 KiB."""
    spec = parse_join(world.nodes[0].spec)
    assert spec.node is not None
    record_id = _keep_record(world, spec)
    reflectors = {way: Reflector(spec, number) for number, way in enumerate(circuit_pool)}
    before = cpu_seconds(world.nodes[0].pid)
    threads = [
        threading.Thread(target=WAYS[way][0], args=(each, record_id, WAYS[way][1])) for way, each in reflectors.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE)
    figures: Figures = {way: each.figures(WAYS[way][1]) for way, each in reflectors.items()}
    figures["node_cpu_seconds"] = round(cpu_seconds(world.nodes[0].pid) - before, 2)
    for each in reflectors.values():
        each.close()
    return figures


def _keep_record(world: AttackedWorld, spec: JoinSpec) -> bytes:
    """Have a node keep a large record; return its id."""
    assert spec.node is not None
    guest = Guest(attacker_address(900))
    link_all([guest], [spec])
    record, _, _ = Order(1, world.scale.work_price().per_byte_hour, hours=0, size=65536).make()
    guest.deposit(spec.node, [record], kind=1)
    pump([guest], 10.0, lambda: not guest.owed())
    counted = guest.verdicts.get(spec.node, Counter())
    guest.close()
    if not counted:
        raise AssertionError("the record was not answered")
    return record[1:33]
