"""Circuits between two versions: what either end does not know ends none, and the end refuses what it should."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from net import messages as m
from net.instant import Instant
from net.messages import decode_message, encode_message
from net.node.node import Node
from net.onion.circuits.builder import CircuitId
from net.onion.circuits.stream import Kind as CellKind
from tests.support.future import (
    IGNORED_TYPES,
    MORE_FIELDS,
    REFUSED_TYPE,
    cell_body,
    circuit_to,
    send_cells,
    strange_box,
    strange_message,
)
from tests.support.parcels import box_bytes
from tests.support.village import Village
from tests.support.villains import override, parts_of

MORE: list[Any] = MORE_FIELDS
FOUND = m.U32 - 77


def fields(*those: Any) -> bytes:
    return msgspec.msgpack.encode(list(those))


def box(version: int, more: int = 0) -> bytes:
    return strange_box(box_bytes(1), version, bytes(more))


class Caller:
    """A leaf of a later version with a circuit to a custodian; keeps what comes back."""

    def __init__(self) -> None:
        self.village = Village(5, 1, is_quiet=True)
        self.village.settle()
        [resident] = self.village.residents
        self.host, self.end = resident.host, self.village.fulls[2]
        self.heard: list[m.Message] = []
        self.kinds: list[int] = []
        self.lost: list[CircuitId] = []
        user = parts_of(self.node).onion.circuits._user  # pyright: ignore[reportPrivateUsage]
        received, closed = user.on_circuit_data, user.on_circuit_closed

        def listen(circuit: CircuitId, data: bytes, now: Instant) -> None:
            if circuit == self.circuit:
                self.heard.append(decode_message(data))
            received(circuit, data, now)

        def note(circuit: CircuitId, now: Instant, *, is_silent: bool) -> None:
            self.lost.append(circuit)
            closed(circuit, now, is_silent=is_silent)

        override(user, "on_circuit_data", listen)
        override(user, "on_circuit_closed", note)
        self.circuit = CircuitId(0)
        self.host.do(self._open)
        self.village.world.run_for(2)
        stream = parts_of(self.node).onion.circuits._circuits[self.circuit].stream  # pyright: ignore[reportPrivateUsage]
        take = stream.receive

        def count(body: bytes) -> Any:
            self.kinds.append(body[16])
            return take(body)

        override(stream, "receive", count)

    def _open(self, now: Instant) -> None:
        self.circuit = circuit_to(self.node, self.end.node(), now)

    @property
    def node(self) -> Node:
        return self.host.node()

    def say(self, *said: bytes) -> list[m.Message]:
        self.heard.clear()

        def send(now: Instant) -> None:
            for each in said:
                parts_of(self.node).onion.circuits.send(self.circuit, each, now)

        self.host.do(send)
        self.village.world.run_for(5)
        return list(self.heard)

    def send_cells(self, *bodies: bytes) -> None:
        self.kinds.clear()
        self.host.do(lambda now: send_cells(self.node, self.circuit, bodies, now))
        self.village.world.run_for(2)

    def assert_is_served(self) -> None:
        assert self.circuit not in self.lost
        assert parts_of(self.end.node()).frontend.counters.malformed == 0
        [answer] = self.say(encode_message(m.FindNodes(FOUND, bytes(32))))
        assert isinstance(answer, m.Nodes)
        assert answer.request == FOUND


@pytest.fixture(scope="module")
def caller() -> Caller:
    return Caller()


@pytest.mark.parametrize(
    "said",
    [
        *(strange_message(kind, 1, b"news") for kind in IGNORED_TYPES),
        encode_message(m.Refused(1, 200)),
        fields(34, 1, 200, *MORE),
        encode_message(m.Deposit(6, 0, box(2)))[:1] + b"\xcc\xff" + b"\6\0\xc4\0",  # another type with the same fields
    ],
)
def test_what_is_only_to_be_passed_over_is_passed_over_through_a_circuit(caller: Caller, said: bytes) -> None:
    assert caller.say(said) == []
    caller.assert_is_served()


def test_a_circuits_end_refuses_what_it_does_not_know_and_serves_what_says_more(caller: Caller) -> None:
    assert caller.say(strange_message(REFUSED_TYPE, 5, b"?")) == [m.Refused(5, REFUSED_TYPE)]
    assert caller.say(strange_message(99, None)) == [m.Refused(0, 99)]
    for said in (m.Deposit(6, 200, b"?"), m.Deposit(6, 0, box(2)), m.Deposit(6, 1, b"\2" * 80_000)):
        [answer] = caller.say(encode_message(said))
        assert isinstance(answer, m.DepositAnswer)
        assert answer.verdict == 1
    [found] = caller.say(fields(8, 3, bytes(32), *MORE))
    assert found == m.FoundRecord(3, b"")
    [tags] = caller.say(fields(3, 4, 0, 0, b"", 0, *MORE))
    assert isinstance(tags, m.Tags)
    caller.assert_is_served()


def test_cells_of_kinds_unknown_take_their_places_and_end_nothing(caller: Caller) -> None:
    caller.send_cells(*(cell_body(kind, b"news") for kind in (128, 200, 255)))
    assert CellKind.REFUSED not in caller.kinds
    caller.send_cells(cell_body(127, b"please?"))
    assert caller.kinds == [CellKind.REFUSED]
    caller.send_cells(*[cell_body(255)] * 100)  # with the window's other half, so that credit must come back
    assert CellKind.CREDIT in caller.kinds
    caller.assert_is_served()


def test_a_flood_of_unknown_messages_through_a_circuit_is_hardly_answered(caller: Caller) -> None:
    caller.village.world.run_for(30)
    answers = caller.say(*[strange_message(99)] * 2000)
    assert 8 <= len(answers) <= 11
    caller.assert_is_served()
