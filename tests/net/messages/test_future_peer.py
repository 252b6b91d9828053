"""A peer of a later version: whatever it says that we do not know, it stays linked and is served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from net import messages as m
from net.ids import Endpoint
from net.instant import Instant
from net.link.events import LinkId
from net.messages import decode_message, encode_message
from net.node.node import Node
from net.onion.circuits.transit import EndId
from net.onion.packet_sender import decode_payload
from net.reach.address import pack_host
from simulator import Host
from tests.support.future import (
    ALL_FEATURES,
    BODIES,
    IGNORED_TYPES,
    MORE_FIELDS,
    REFUSED_TYPE,
    FromTheFuture,
    send_bodies,
    strange_box,
    strange_descriptor,
    strange_message,
    strange_record,
)
from tests.support.parcels import box_bytes, record_bytes
from tests.support.village import Village, arrivals
from tests.support.villains import avoided_by, override, own_descriptor, parts_of, suspected_by

MORE: list[Any] = MORE_FIELDS
# What nobody is sent but who asks for it here, and the numbers of our own requests, which nodes do not draw themselves.
OURS = (m.Refused, m.DepositAnswer, m.Busy, m.Boxes, m.FoundRecord)
NUMBERS = (ASKED, FOUND) = (m.U32 - 9, m.U32 - 77)
NEWER_KEY = bytes([9]) + bytes(m.KEY_SIZE - 1)
AFTER = bytes([10])


def link_to(node: Node, peer: Node) -> LinkId:
    [link] = [each.link for each in node.links.links() if each.peer == peer.node_id]
    return link


def malformed(node: Node) -> int:
    return node._router.malformed  # pyright: ignore[reportPrivateUsage] -- nobody but tests counts them


class Visitor:
    """A full node of a later version and the one it is linked with; keeps what that one answers."""

    def __init__(self) -> None:
        self.village = Village(5, 1, is_quiet=True)
        self.village.settle()
        self.host, self.other = self.village.fulls[3], self.village.fulls[0]
        self.link = link_to(self.node, self.other.node())
        self.heard: list[m.Message] = []
        router = self.node._router  # pyright: ignore[reportPrivateUsage]
        hear = router._hear  # pyright: ignore[reportPrivateUsage]

        def listen(link: LinkId, other: Any, data: bytes, now: Instant) -> None:
            if link == self.link:
                self.heard.append(decode_message(data))
            hear(link, other, data, now)

        override(router, "_hear", listen)

    @property
    def node(self) -> Node:
        return self.host.node()

    def say(self, *said: bytes) -> list[m.Message]:
        """Say something over the link; return what answers it within a second, and not what both say anyway."""
        self.heard.clear()

        def send(now: Instant) -> None:
            for each in said:
                self.node.links.send_message(self.link, each, now)

        self.host.do(send)
        self.village.world.run_for(1)
        return [each for each in self.heard if isinstance(each, OURS) or getattr(each, "request", None) in NUMBERS]

    def assert_is_served(self) -> None:
        """The link is the same as ever, and questions over it are answered."""
        assert malformed(self.other.node()) == 0
        assert link_to(self.node, self.other.node()) == self.link
        assert self.host.endpoint in {peer.endpoint for peer in self.other.node().peers()}
        [answer] = self.say(encode_message(m.FindNodes(FOUND, bytes(32))))
        assert isinstance(answer, m.Nodes)
        assert answer.request == FOUND
        assert len(answer.descriptors) >= 4


@pytest.fixture(scope="module")
def visitor() -> Visitor:
    return Visitor()


def fields(*those: Any) -> bytes:
    return msgspec.msgpack.encode(list(those))


def box(version: int, more: int = 0) -> bytes:
    return strange_box(box_bytes(1), version, bytes(more))


IGNORED: dict[str, Callable[[Visitor], bytes]] = {
    "the first type of the upper half": lambda _: strange_message(IGNORED_TYPES[0], 1, b"news"),
    "the last of one byte": lambda _: strange_message(IGNORED_TYPES[1], 1, b"news"),
    "one far beyond": lambda _: strange_message(IGNORED_TYPES[2], 1, b"news"),
    "an unknown type of a largest message": lambda _: strange_message(200, bytes(m.MAX_MESSAGE_SIZE - 10)),
    "an unknown type and nothing else": lambda _: strange_message(255),
    "a refusal of nothing": lambda _: encode_message(m.Refused(12, 200)),
    "a refusal that says why": lambda _: fields(34, 12, 200, *MORE),
    "a description of a later version": lambda v: encode_message(
        m.Describe(strange_descriptor(own_descriptor(v.node)))
    ),
    "a shorter description": lambda v: encode_message(m.Describe(own_descriptor(v.node).replace(b"\1", b"\2", 1)[:99])),
    "nodes of a later version": lambda v: encode_message(
        m.Nodes(1, [strange_descriptor(own_descriptor(v.node))] * m.MAX_NODES_PER_ANSWER)
    ),
    "peers at addresses of a kind unknown": lambda _: encode_message(
        m.Peers(1, 0, [m.Peer(bytes(size), 4000, bytes(32)) for size in (0, 5, 32, 64)])
    ),
    "a verdict unknown": lambda _: encode_message(m.DepositAnswer(1, 200, 0)),
    "what a dial-back came to, unknown": lambda _: encode_message(m.DialBack(1, 200)),
    "a price beyond all known": lambda _: encode_message(m.Price(1, m.U32)),
    "boxes of a later version": lambda _: encode_message(m.Boxes(1, [box(2), box(3, 2000), b""], is_last=True)),
    "a record of a later version": lambda _: encode_message(
        m.FoundRecord(1, strange_record(record_bytes(1, 1), more=bytes(70_000)))
    ),
    "pushed parcels of kinds and versions unknown": lambda _: encode_message(
        m.Push([m.Parcel(kind, box(2, kind)) for kind in (0, 1, 2, 3, 200)])
    ),
    "keys of a kind unknown": lambda _: encode_message(m.Want([NEWER_KEY])),
    "a comparison of a kind unknown": lambda _: encode_message(m.Compare(1, NEWER_KEY[:1], AFTER, bytes(16))),
    "a comparison's answer of a kind unknown": lambda _: encode_message(
        m.Compared(1, is_same=False, keys=[NEWER_KEY], ranges=[])
    ),
    "a width and more": lambda _: fields(33, 0, *MORE),
}


@pytest.mark.parametrize("what", IGNORED)
def test_what_is_only_to_be_passed_over_is(visitor: Visitor, what: str) -> None:
    assert visitor.say(IGNORED[what](visitor)) == []
    visitor.assert_is_served()


ANSWERED: dict[str, tuple[bytes, m.Message]] = {
    "a type of the lower half": (strange_message(REFUSED_TYPE, 5, b"?"), m.Refused(5, REFUSED_TYPE)),
    "the next type": (strange_message(38, m.U32), m.Refused(m.U32, 38)),
    "a type that has no request": (strange_message(99, m.U32 + 1), m.Refused(0, 99)),
    "a type that has a word there": (strange_message(99, "five"), m.Refused(0, 99)),
    "a type that has nothing": (strange_message(0), m.Refused(0, 0)),
    "a parcel of a kind unknown": (encode_message(m.Deposit(6, 200, b"?")), m.DepositAnswer(6, 1, 0)),
    "a parcel of our store's own kind": (encode_message(m.Deposit(6, 3, box_bytes(1))), m.DepositAnswer(6, 1, 0)),
    "a box of a later version": (encode_message(m.Deposit(6, 0, box(2))), m.DepositAnswer(6, 1, 0)),
    "a longer box": (encode_message(m.Deposit(6, 0, box(2, 3309))), m.DepositAnswer(6, 1, 0)),
    "a record longer than any": (encode_message(m.Deposit(6, 1, b"\2" * 80_000)), m.DepositAnswer(6, 1, 0)),
    "a question with more fields": (fields(24, ASKED, *MORE), m.Reflection(ASKED, b"", 4000)),
}


@pytest.mark.parametrize("what", ANSWERED)
def test_what_wants_an_answer_gets_one(visitor: Visitor, what: str) -> None:
    visitor.village.world.run_for(40)  # refusals and reflections are rationed
    said, expected = ANSWERED[what]
    [answer] = visitor.say(said)
    match answer, expected:
        case m.DepositAnswer(), m.DepositAnswer():
            assert (answer.request, answer.verdict) == (expected.request, expected.verdict)
        case m.Reflection(), m.Reflection():
            assert (answer.request, answer.host) == (expected.request, pack_host(visitor.host.endpoint.host))
        case _:
            assert answer == expected
    visitor.assert_is_served()


def test_refusals_never_come_to_more_than_what_they_refuse(visitor: Visitor) -> None:
    visitor.village.world.run_for(60)
    came = went = 0

    def tap(_now: float, source: Endpoint, to: Endpoint, data: bytes) -> None:
        nonlocal came, went
        ends = {visitor.host.endpoint, visitor.other.endpoint}
        if {source, to} == ends:
            went += len(data) * (source == visitor.host.endpoint)
            came += len(data) * (source == visitor.other.endpoint)

    visitor.village.world.taps.append(tap)
    answers = visitor.say(*[strange_message(99)] * 2000)
    visitor.village.world.taps.clear()
    assert 8 <= len(answers) <= 10
    assert 0 < came <= went
    visitor.assert_is_served()


def test_frames_with_bodies_and_parts_of_a_later_version_are_passed_over(visitor: Visitor) -> None:
    counters = visitor.other.node().links.counters
    before = counters.dropped_malformed
    for datagram, endpoint in send_bodies(visitor.node, visitor.link, BODIES):
        visitor.village.world.send(visitor.host.endpoint, endpoint, datagram)
    visitor.village.world.run_for(1)
    assert counters.dropped_malformed == before
    visitor.assert_is_served()


def test_a_part_of_the_lower_half_still_breaks_a_rule() -> None:
    visitor = Visitor()
    [(datagram, endpoint)] = send_bodies(visitor.node, visitor.link, [b"\2\x7f".ljust(232, b"\0")])
    visitor.village.world.send(visitor.host.endpoint, endpoint, datagram)
    visitor.village.world.run_for(0.5)
    assert visitor.link not in {each.link for each in visitor.node.links.links()}


def test_a_packet_with_a_payload_of_a_kind_unknown_is_dropped_and_no_more() -> None:
    visitor = Visitor()
    relay = parts_of(visitor.other.node()).onion
    payloads = [bytes([kind]) + b"?" * 950 for kind in (3, 127, 128, 255)] + [bytes([1]) + box(2)[:921] + bytes(29)]

    def deliver(now: Instant) -> None:
        for payload in payloads:
            relay._deliver(payload, visitor.link, now)  # pyright: ignore[reportPrivateUsage]

    visitor.other.do(deliver)
    assert decode_payload(payloads[-1])[1] == box(2)
    visitor.assert_is_served()


# --- whole worlds -----------------------------------------------------------------------------------------------------


def future_village(is_future: Callable[[int], bool]) -> tuple[Village, list[FromTheFuture]]:
    village = Village(6, 2, is_quiet=True)
    later: list[FromTheFuture] = []
    for number, host in enumerate([*village.fulls, *(each.host for each in village.residents)]):
        if is_future(number):
            later.append(FromTheFuture(host.node()))
    village.settle()
    return village, later


def features(host: Host, of: Host) -> int:
    [info] = [each for each in host.node().links.links() if each.peer == of.node().node_id]
    return info.features


@pytest.mark.parametrize("remainder", [0, 1])
def test_nodes_of_two_versions_live_together(remainder: int) -> None:
    """Every other node adds fields and unknown messages to all it says, full nodes and leaves, over links and circuits."""
    village, those = future_village(lambda number: number % 2 == remainder)
    writer, reader = village.residents
    reader.await_boxes(range(6))
    for number in range(6):
        writer.deposit(box_bytes(number))
    writer.put_record(record_bytes(7, 1))
    assert village.world.run_while(lambda: not reader.is_served() or writer.copies() < 2 * 6 + 3, 120, 2)
    village.world.run_for(60)
    hosts = [*village.fulls, writer.host, reader.host]
    assert [malformed(host.node()) for host in hosts] == [0] * len(hosts)
    assert [parts_of(host.node()).frontend.counters.malformed for host in hosts] == [0] * len(hosts)
    assert set(arrivals(reader).values()) == {1}
    for host in hosts:
        assert not avoided_by(host.node())
        assert not any(suspected_by(host.node(), other.node().node_id) for other in hosts)
    assert all(each.refused for each in those)
    today, later = village.fulls[1 - remainder], village.fulls[remainder]
    assert (features(today, later), features(later, today)) == (ALL_FEATURES, 0)


def test_what_a_custodian_of_a_later_version_says_is_never_refused_by_its_reader() -> None:
    """A refusal would tell it something about who reads there."""
    village, _ = future_village(lambda number: number < 6)
    heard: list[bytes] = []
    for host in village.fulls:
        frontend = parts_of(host.node()).frontend
        received = frontend.on_circuit_data

        def listen(end: EndId, data: bytes, now: Instant, received: Any = received) -> None:
            heard.append(data)
            received(end, data, now)

        override(frontend, "on_circuit_data", listen)
    writer, reader = village.residents
    reader.await_boxes(range(3))
    for number in range(3):
        writer.deposit(box_bytes(number))
    assert village.world.run_while(lambda: not reader.is_served(), 120, 2)
    assert heard
    assert not any(data[1] == REFUSED_TYPE or isinstance(decode_message(data), m.Refused) for data in heard)
