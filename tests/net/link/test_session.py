"""One session between two key pairs."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from net.errors import DecodeError, Unauthenticated
from net.ids import Endpoint, NodeId
from net.link import frames
from net.link.events import LinkId, LinkUp, Role, SessionEvent
from net.link.frames import Ack, Window
from net.link.keys import FrameKeys, draw_index
from net.link.noise import TransportKeys
from net.link.recovery import SUSPECT_AFTER
from net.link.session import CLOSED_BY_PEER, DOWN_AFTER, Session, SessionState
from net.link.stream import FIRST_WINDOW, WINDOW
from net.numbers import UPPER_HALF

HERE = Endpoint("192.0.2.1", 1)


class Pair:
    """Our session, and the peer's keys, with which a test writes what it likes."""

    def __init__(self, *, is_initiator: bool = True) -> None:
        random = Random(5)
        secrets = TransportKeys(random.randbytes(32), random.randbytes(32), random.randbytes(32))
        ours, theirs = draw_index(random.randbytes), draw_index(random.randbytes)
        self.keys = FrameKeys(secrets, is_initiator=is_initiator, our_index=ours, their_index=theirs, now=0.0)
        self.peer = FrameKeys(secrets, is_initiator=not is_initiator, our_index=theirs, their_index=ours, now=0.0)
        self.got: list[SessionEvent] = []
        up = LinkUp(LinkId(1), NodeId(bytes(32)), HERE, Role.FULL, 0, is_initiator)
        self.session = Session(up, self.keys, self.got.append, Random(1).randbytes, round_trip=0.01, now=0.0)
        self._number = -1

    def receive(self, body: bytes, now: float = 0.0) -> None:
        self._number += 1
        self.session.receive(self.keys, self.peer.seal(self._number, body), HERE, now)

    def is_in(self, state: SessionState) -> bool:
        return self.session.state is state

    def sent(self, now: float = 0.0) -> list[bytes]:
        return [self.peer.open(self.peer.number_of(data), data) for data in self.session.datagrams(now, 100)]


def test_a_log_line_shows_direction_and_state() -> None:
    ours, theirs = Pair(), Pair(is_initiator=False)
    assert str(ours.session) == "#1 ===> 00000000 at 192.0.2.1:1"
    assert str(theirs.session) == "#1 <=== 00000000 at 192.0.2.1:1"
    ours.session.datagrams(0.0, 1)
    ours.session.handle_timeout(SUSPECT_AFTER)
    assert str(ours.session) == "#1 =?=> 00000000 at 192.0.2.1:1"


def test_silence_suspects_and_then_ends_a_link_and_one_frame_heals_it() -> None:
    pair = Pair()
    pair.sent(0.0)  # the first ping
    assert pair.session.deadline() <= SUSPECT_AFTER
    assert pair.session.handle_timeout(SUSPECT_AFTER) is None
    assert pair.is_in(SessionState.SUSPECTED)
    assert not pair.session.info().is_answering
    assert pair.session.is_rekey_due(SUSPECT_AFTER)
    assert not pair.session.is_rekey_due(SUSPECT_AFTER + 1)
    pair.receive(frames.encode_parts([frames.PING]), SUSPECT_AFTER + 2)
    assert pair.is_in(SessionState.ESTABLISHED)
    pair.sent(100.0)
    assert pair.session.handle_timeout(100.0 + DOWN_AFTER) == "silent"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"\x09" + bytes(231), "body: unknown type"),
        (b"\x7f" + bytes(231), "body: unknown type"),
        (b"\x02\x7f" + bytes(230), "part: unknown kind"),
        (b"\x01" + bytes(231), "body: unknown type"),  # a cell in a small frame
        (frames.encode_parts([frames.encode_ack(Ack(((5, 6),), 0.0))]), "ack: of a frame never sent"),
        (frames.encode_parts([frames.encode_stream(FIRST_WINDOW, b"x")]), "stream: beyond the window"),
        (frames.encode_parts([frames.encode_stream(0, bytes(9))]), "stream: message size"),
        (frames.encode_parts([frames.CLOSE]), CLOSED_BY_PEER),
    ],
)
def test_a_broken_rule_is_named(body: bytes, rule: str) -> None:
    with pytest.raises(DecodeError) as caught:
        Pair().receive(body)
    assert caught.value.what == rule


LATER: dict[str, Callable[[int], bytes]] = {
    "a part": lambda kind: frames.encode_parts([bytes([kind]) + b"\x00\x02??"]),
    "a body": lambda kind: bytes([kind]) + b"?" * (frames.SMALL_BODY_SIZE - 1),
    "a large body": lambda kind: bytes([kind]) + b"?" * (frames.LARGE_BODY_SIZE - 1),
}


@pytest.mark.parametrize("make", LATER.values(), ids=LATER)
def test_what_a_later_version_adds_is_acknowledged_as_its_type_asks_and_else_passed_over(
    make: Callable[[int], bytes],
) -> None:
    pair = Pair(is_initiator=False)
    for kind in (frames.UNACKNOWLEDGED, 255):
        pair.receive(make(kind))
    assert pair.sent(1.0) == []
    for kind in (UPPER_HALF + 1, frames.UNACKNOWLEDGED - 1):  # in a large body the first is a datagram's
        pair.receive(make(kind), 2.0)
    [body] = pair.sent(2.0)
    [ack] = frames.decode_parts(body)
    assert isinstance(ack, Ack)
    assert ack.ranges == ((0, 4),)
    assert pair.got == []
    assert pair.is_in(SessionState.ESTABLISHED)


def test_a_frame_seen_before_is_refused_before_it_is_opened() -> None:
    pair = Pair()
    pair.receive(frames.encode_parts([frames.PING]))
    opened = pair.keys.frames
    with pytest.raises(Unauthenticated):
        pair.session.receive(pair.keys, pair.peer.seal(0, bytes(232)), HERE, 0.0)
    assert pair.keys.frames == opened


def test_an_acknowledgement_alone_is_not_acknowledged() -> None:
    pair = Pair()
    pair.sent()
    pair.receive(frames.encode_parts([frames.encode_ack(Ack(((0, 1),), 0.0))]))
    assert pair.sent(1.0) == []


def test_a_single_frame_is_acknowledged_after_a_moment_and_two_at_once() -> None:
    pair = Pair(is_initiator=False)
    pair.receive(frames.encode_parts([frames.encode_window(WINDOW)]))
    assert pair.sent(0.0) == []
    assert pair.session.deadline() <= 0.010
    pair.receive(frames.encode_parts([frames.encode_window(WINDOW)]))
    ((part,),) = [frames.decode_parts(body) for body in pair.sent(0.0)]
    assert part == Ack(((0, 2),), 0.0)


def test_a_lost_ping_or_window_is_sent_again() -> None:
    pair = Pair()
    assert frames.decode_parts(pair.sent(0.0)[0]) == [frames.Ping()]
    pair.session.handle_timeout(pair.session.deadline())
    assert frames.decode_parts(pair.sent(1.0)[0]) == [frames.Ping()]


def test_more_unread_messages_than_the_bound_wait_as_bytes() -> None:
    pair = Pair(is_initiator=False)
    one = b"\0\0\1x"
    for number in range(3):
        pair.receive(frames.encode_parts([frames.encode_stream(number * 800, one * 200)]))
    assert len(pair.got) == 256
    for _ in range(344):
        pair.session.on_taken(1)
    assert len(pair.got) == 600


def test_a_window_is_told_again_when_a_quarter_was_taken() -> None:
    pair = Pair(is_initiator=False)
    message = bytes(1000)
    offset = 0
    for _ in range(FIRST_WINDOW // 1003):
        part = frames.encode_stream(offset, len(message).to_bytes(3, "big") + message)
        offset += 1003
        pair.receive(frames.encode_parts([part]))
        pair.session.on_taken(1000)
    told = [part for body in pair.sent() for part in frames.decode_parts(body) if isinstance(part, Window)]
    assert told == [Window(FIRST_WINDOW + offset + offset)]  # what was taken is free again, and the window grew by it
