"""Where the DHT sees our socket: two must agree, answers are to questions, and any bytes may come."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given, strategies as st

from net.ids import Endpoint, NodeId
from net.reach.reflection import Place, Reflections
from net.rendezvous.global_addresses import FRESH, MAX_ASKED, MAX_SIZE, Outside

lt = pytest.importorskip("libtorrent", reason="no libtorrent here")

NODES = [Endpoint(f"192.0.{number}.1", 6881) for number in range(20)]
HERE = Endpoint("198.51.100.7", 50_001)


class Dht:
    """Answers as nodes of the DHT do."""

    def __init__(self) -> None:
        numbers = count()
        self.outside = Outside(lt.bencode, lt.bdecode, lambda size: next(numbers).to_bytes(size, "big"))

    def ask(self, count: int = 2) -> dict[Endpoint, bytes]:
        """Ask so many; return the tokens of the questions."""
        return {node: lt.bdecode(data)[b"t"] for data, node in self.outside.questions(NODES[:count])}

    def answer(
        self, node: Endpoint, token: bytes, place: Endpoint = HERE, now: float = 0.0, kind: bytes = b"r"
    ) -> None:
        packed = bytes(map(int, place.host.split("."))) + place.port.to_bytes(2, "big")
        data = lt.bencode({b"ip": packed, b"r": {b"id": bytes(20)}, b"t": token, b"y": kind})
        self.outside.receive(data, node, now)


def test_what_two_say_is_believed_and_what_one_says_is_not() -> None:
    dht = Dht()
    (one, first), (other, second) = dht.ask().items()
    dht.answer(one, first)
    assert dht.outside.place(0.0) is None
    dht.answer(other, second)
    assert dht.outside.place(0.0) == HERE
    assert dht.outside.place(FRESH + 1) is None


def test_behind_a_symmetric_nat_nothing_is_agreed() -> None:
    dht = Dht()
    for number, (node, token) in enumerate(dht.ask(3).items()):
        dht.answer(node, token, Endpoint(HERE.host, 50_000 + number))
    assert dht.outside.place(0.0) is None


def test_only_answers_to_questions_count_and_each_once() -> None:
    dht = Dht()
    (one, token), (other, _) = dht.ask().items()
    dht.answer(NODES[9], token)
    dht.answer(other, b"none")
    dht.answer(one, token, kind=b"q")
    dht.answer(one, token)
    dht.answer(one, token, Endpoint("203.0.113.1", 1))
    assert dht.outside.place(0.0) is None
    (_, again), (other, second) = dht.ask().items()
    assert again != token
    dht.answer(other, second)
    assert dht.outside.place(0.0) == HERE, "who said so before still counts"


def test_few_are_asked() -> None:
    assert len(Dht().outside.questions(NODES)) == MAX_ASKED


@given(st.binary(max_size=200) | st.just(b"d" * 3000))
def test_any_bytes_may_come(data: bytes) -> None:
    dht = Dht()
    (node, _), _ = dht.ask().items()
    dht.outside.receive(data, node, 0.0)
    assert dht.outside.place(0.0) is None


def test_what_is_longer_than_any_answer_is_not_read() -> None:
    dht = Dht()
    for node, token in dht.ask().items():
        long = {b"ip": b"\xc6\x33\x64\x07\xc3\x51", b"t": token, b"x": bytes(MAX_SIZE), b"y": b"r"}
        dht.outside.receive(lt.bencode(long), node, 0.0)
    assert dht.outside.place(0.0) is None


class TestPlace:
    def votes(self, *seen: Endpoint) -> Reflections:
        reflections = Reflections()
        reflections.outside = Endpoint("8.8.4.4", 50_001)
        for number, each in enumerate(seen):
            reflections.on_reflection(NodeId(bytes([number]) * 32), f"9.{number}.0.1", each, is_chosen=True)
        return reflections

    def test_it_counts_while_there_are_too_few_nodes_to_vote(self) -> None:
        told = Place("8.8.4.4", 50_001, is_own=False)
        assert self.votes().place([]) == told
        assert self.votes(Endpoint("8.8.4.4", 50_001)).place([]) == told

    def test_a_node_that_sees_something_else_stands_against_it(self) -> None:
        assert self.votes(Endpoint("8.8.4.4", 50_002)).place([]) is None

    def test_three_nodes_outvote_it(self) -> None:
        elsewhere = Endpoint("8.8.8.8", 7)
        assert self.votes(elsewhere, elsewhere, elsewhere).place([]) == Place("8.8.8.8", 7, is_own=False)
