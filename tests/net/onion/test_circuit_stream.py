"""Both ends of a circuit, joined by a pipe that keeps order: what was sent comes out, once and in order, within bounds."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from net.errors import DecodeError, Overloaded
from net.messages import CELL_BODY_SIZE
from net.numbers import MAX_MESSAGE_SIZE, UPPER_HALF
from net.onion.circuits.stream import (
    CREDIT_STEP,
    DATA_SIZE,
    MAX_CELLS_UNDER_WAY,
    MAX_SEND_BUFFER,
    WINDOW,
    CircuitStream,
    Kind,
)
from net.onion.packets.cipher import INTEGRITY_SIZE

SIDES = st.sampled_from([0, 1])
SIZES = st.one_of(
    st.integers(1, 3 * DATA_SIZE),
    st.integers(1, MAX_MESSAGE_SIZE),
    st.sampled_from([1, DATA_SIZE - 3, DATA_SIZE - 2, DATA_SIZE, MAX_MESSAGE_SIZE]),
)


def bodies(stream: CircuitStream) -> list[bytes]:
    return list(iter(stream.next_body, None))


def opened_pair() -> tuple[CircuitStream, CircuitStream]:
    builder, end = CircuitStream(is_builder=True), CircuitStream(is_builder=False)
    for body in bodies(end):
        assert builder.receive(body).kind is Kind.OPENED
    return builder, end


class TwoEnds(RuleBasedStateMachine):
    """Any interleaving of writing, sending, padding and delivery."""

    @initialize()
    def begin(self) -> None:
        self.ends = (CircuitStream(is_builder=True), CircuitStream(is_builder=False))
        self.under_way: tuple[deque[bytes], deque[bytes]] = (deque(), deque())  # by who sent it
        self.sent: tuple[list[bytes], list[bytes]] = ([], [])
        self.got: tuple[list[bytes], list[bytes]] = ([], [])  # by who sent it

    @rule(side=SIDES, size=SIZES)
    def write(self, side: int, size: int) -> None:
        message = bytes([len(self.sent[side]) % 251]) * size
        had_room = self.ends[side].is_writable()
        try:
            self.ends[side].push(message)
        except Overloaded:
            assert not had_room
        else:
            self.sent[side].append(message)

    @rule(side=SIDES)
    def pad(self, side: int) -> None:
        self.ends[side].pad()

    @rule(side=SIDES, count=st.integers(1, 2 * WINDOW))
    def send(self, side: int, count: int) -> None:
        for _ in range(count):
            body = self.ends[side].next_body()
            if body is None:
                return
            assert len(body) == CELL_BODY_SIZE
            self.under_way[side].append(body)

    @rule(side=SIDES, count=st.integers(1, 2 * WINDOW))
    def deliver(self, side: int, count: int) -> None:
        for _ in range(min(count, len(self.under_way[side]))):
            self.got[side].extend(self.ends[1 - side].receive(self.under_way[side].popleft()).messages)

    @invariant()
    def nothing_is_wrong_and_nothing_is_too_much(self) -> None:
        for side in (0, 1):
            assert self.got[side] == self.sent[side][: len(self.got[side])]
            assert len(self.under_way[side]) <= MAX_CELLS_UNDER_WAY
            assert self.ends[side].buffered <= MAX_SEND_BUFFER
            assert self.ends[side].held <= MAX_SEND_BUFFER + 2 * MAX_MESSAGE_SIZE

    def teardown(self) -> None:
        if not hasattr(self, "ends"):
            return
        while any(self.under_way) or any(self._send_all(side) for side in (0, 1)):
            for side in (0, 1):
                self.deliver(side, 2 * MAX_CELLS_UNDER_WAY)
        assert self.got == self.sent

    def _send_all(self, side: int) -> bool:
        self.send(side, 2 * WINDOW)
        return bool(self.under_way[side])


TestTwoEnds = TwoEnds.TestCase
TestTwoEnds.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_a_window_that_is_never_granted_stops_the_sender() -> None:
    builder, _ = opened_pair()
    sent = 0
    while builder.is_writable():
        builder.push(bytes(MAX_MESSAGE_SIZE))
        sent += len(bodies(builder))
    assert sent == WINDOW
    with pytest.raises(Overloaded):
        builder.push(bytes(MAX_MESSAGE_SIZE))


def test_credit_comes_after_every_half_window_and_lets_the_sender_go_on() -> None:
    builder, end = opened_pair()
    builder.push(bytes(MAX_MESSAGE_SIZE))
    builder.push(bytes(MAX_MESSAGE_SIZE))
    cells = bodies(builder)
    for body in cells[: CREDIT_STEP - 1]:
        end.receive(body)
    assert bodies(end) == []
    end.receive(cells[CREDIT_STEP - 1])
    [credit] = bodies(end)
    assert builder.receive(credit).kind is Kind.CREDIT
    assert len(bodies(builder)) == -(-2 * (MAX_MESSAGE_SIZE + 3) // DATA_SIZE) - WINDOW


def test_whoever_sends_beyond_the_window_is_found_out() -> None:
    liar, end = opened_pair()
    liar.push(b"x")
    [body] = bodies(liar)
    for _ in range(WINDOW):
        end.receive(body)
    with pytest.raises(DecodeError):
        end.receive(body)


def test_credit_for_cells_that_were_not_sent_is_found_out() -> None:
    builder, end = opened_pair()
    builder.push(bytes(MAX_MESSAGE_SIZE))
    for body in bodies(builder)[:CREDIT_STEP]:
        end.receive(body)
    [credit] = bodies(end)
    assert builder.receive(credit).kind is Kind.CREDIT
    with pytest.raises(DecodeError):
        builder.receive(credit)


@pytest.mark.parametrize(
    "head",
    [
        b"\1" + bytes(15) + b"\0\0\0",  # not whole
        bytes(16) + b"\xff\4\x6e",  # of no kind we know, and longer than a cell
        bytes(16) + b"\4\0\0",  # refused, but nothing
        bytes(16) + b"\1\0\0",  # data without data
        bytes(16) + b"\1\xff\xff",  # longer than a cell
        bytes(16) + b"\2\0\1",  # credit of one byte
        bytes(16) + b"\2\0\2\0\0",  # credit for nothing
        bytes(16) + b"\3\0\0",  # opened, to the end
        bytes(16) + b"\1\0\3\0\0\0",  # an empty message
        bytes(16) + b"\1\0\3\1\x40\1",  # a message one byte too long
    ],
)
def test_a_cell_that_no_honest_end_sends_is_refused(head: bytes) -> None:
    _, end = opened_pair()
    with pytest.raises(DecodeError):
        end.receive(head.ljust(CELL_BODY_SIZE, b"\0"))


def cell(kind: int, data: bytes = b"") -> bytes:
    return (bytes(16) + bytes([kind]) + len(data).to_bytes(2, "big") + data).ljust(CELL_BODY_SIZE, b"\0")


UNKNOWN_KINDS = st.integers(len(Kind), 255)


@given(UNKNOWN_KINDS, st.binary(max_size=DATA_SIZE), st.sampled_from([0, 1]))
def test_a_kind_of_a_later_version_takes_a_place_and_else_changes_nothing(kind: int, data: bytes, side: int) -> None:
    ends = opened_pair()
    receiver, sender = ends[side], ends[1 - side]
    sender.push(b"first")
    sender.push(b"second")
    head, tail = bodies(sender)[0], cell(Kind.DATA, b"\0\0\5third")
    assert receiver.receive(cell(kind, data)) == (None, [])
    assert receiver.receive(head) == (Kind.DATA, [b"first", b"second"])
    assert receiver.receive(cell(kind, data)) == (None, [])
    assert receiver.receive(tail) == (Kind.DATA, [b"third"])
    assert receiver.held == 0
    taken = 4 + (side == 0)  # the builder had "opened" before
    for _ in range(WINDOW - taken):
        receiver.receive(cell(kind, data))
    with pytest.raises(DecodeError):
        receiver.receive(cell(kind, data))


def test_places_taken_by_kinds_of_a_later_version_are_given_back() -> None:
    builder, end = opened_pair()
    for _ in range(CREDIT_STEP):
        end.receive(cell(255, b"news"))
    builder._places -= CREDIT_STEP  # pyright: ignore[reportPrivateUsage] -- as if it had sent them
    assert [builder.receive(body).kind for body in bodies(end)] == [Kind.CREDIT]


def test_the_far_end_refuses_a_kind_of_the_lower_half_and_the_builder_none() -> None:
    builder, end = opened_pair()
    for kind in (UPPER_HALF, 255):
        end.receive(cell(kind))
    assert bodies(end) == []
    for _ in range(5):
        end.receive(cell(UPPER_HALF - 1, b"please"))
    refusal = cell(Kind.REFUSED, bytes([UPPER_HALF - 1]))
    assert bodies(end) == [refusal], "no more cells than came"
    assert builder.receive(refusal) == (Kind.REFUSED, [])
    builder.receive(cell(UPPER_HALF - 1, b"please"))
    assert bodies(builder) == []
    end.receive(refusal)
    assert bodies(end) == [], "nothing is answered to a refusal"


def test_known_kinds_may_say_more_in_a_later_version() -> None:
    builder, end = CircuitStream(is_builder=True), CircuitStream(is_builder=False)
    builder.receive(cell(Kind.OPENED, b"what the far end can do"))
    builder.push(bytes(MAX_MESSAGE_SIZE))
    sent = len(bodies(builder))
    assert builder.receive(cell(Kind.PADDING, b"not quite nothing")) == (Kind.PADDING, [])
    assert builder.receive(cell(Kind.CREDIT, b"\0\x40 and more")) == (Kind.CREDIT, [])
    assert builder.receive(cell(Kind.REFUSED, b"\x70 for this reason")) == (Kind.REFUSED, [])
    for _ in range(2):
        builder.push(bytes(MAX_MESSAGE_SIZE))
    assert sent + len(bodies(builder)) == WINDOW + 64
    assert end.receive(cell(Kind.PADDING, b"hello")) == (Kind.PADDING, [])
    assert end.held == 0


def test_opened_comes_first_and_once() -> None:
    builder, end = opened_pair()
    opened = bytes(INTEGRITY_SIZE) + b"\3" + bytes(CELL_BODY_SIZE - INTEGRITY_SIZE - 1)
    with pytest.raises(DecodeError):
        builder.receive(opened)
    end.push(b"early")
    with pytest.raises(DecodeError):
        CircuitStream(is_builder=True).receive(bodies(end)[0])


@pytest.mark.parametrize("size", [0, MAX_MESSAGE_SIZE + 1])
def test_a_message_of_no_size_or_too_large_is_our_own_mistake(size: int) -> None:
    with pytest.raises(ValueError):
        CircuitStream(is_builder=True).push(bytes(size))


@given(noise=st.binary(max_size=2 * CELL_BODY_SIZE), is_whole=st.booleans())
def test_any_bytes_give_messages_or_a_decode_error(noise: bytes, is_whole: bool) -> None:
    _, end = opened_pair()
    body = (bytes(INTEGRITY_SIZE) + noise).ljust(CELL_BODY_SIZE, b"\0")[:CELL_BODY_SIZE] if is_whole else noise
    try:
        arrived = end.receive(body)
    except DecodeError:
        return
    assert is_whole
    assert all(arrived.messages)
