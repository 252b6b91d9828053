"""The ordered stream: whatever the cuts, losses and repeats, messages come once and in order."""

from __future__ import annotations

import itertools
import tracemalloc
from random import Random

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from net.errors import DecodeError, Overloaded
from net.link.ahead import JOINED, PIECE_COST, Ahead
from net.link.stream import FIRST_WINDOW, MAX_SEND_BUFFER, WINDOW, ReceiveStream, SendStream
from net.numbers import MAX_MESSAGE_SIZE, MESSAGE_LENGTH_SIZE


class StreamsOverABadWire(RuleBasedStateMachine):
    """Two ends and the ranges between them; ranges are delivered in any order, twice, or declared lost."""

    def __init__(self) -> None:
        super().__init__()
        self.out, self.into = SendStream(), ReceiveStream()
        self.random = Random(1)
        self.pushed: list[bytes] = []
        self.got: list[bytes] = []
        self.air: list[tuple[int, bytes]] = []

    @rule(size=st.integers(1, 5000))
    def push(self, size: int) -> None:
        message = self.random.randbytes(size)
        self.out.push(message)
        self.pushed.append(message)

    @rule(room=st.integers(1, 1300))
    def send(self, room: int) -> None:
        taken = self.out.take(room)
        if taken is not None:
            assert 1 <= len(taken[1]) <= room
            self.air.append(taken)

    @precondition(lambda self: self.air)
    @rule(at=st.integers(0, 1000), is_repeated=st.booleans(), is_confirmed=st.booleans())
    def arrive(self, at: int, is_repeated: bool, is_confirmed: bool) -> None:
        at %= len(self.air)
        offset, data = self.air[at]
        self.into.on_data(offset, data)
        while (message := self.into.take_message()) is not None:
            self.got.append(message)
            self.into.on_taken(len(message))
        if is_repeated:
            return
        del self.air[at]
        # A confirmation that never comes is a loss to the sender: the bytes go out once more.
        (self.out.on_confirmed if is_confirmed else self.out.on_lost)(offset, offset + len(data))

    @precondition(lambda self: self.air)
    @rule(at=st.integers(0, 1000))
    def lose(self, at: int) -> None:
        offset, data = self.air.pop(at % len(self.air))
        self.out.on_lost(offset, offset + len(data))

    @rule()
    def widen(self) -> None:
        self.out.on_window(self.into.tell_limit())

    @invariant()
    def messages_come_once_and_in_order(self) -> None:
        assert self.got == self.pushed[: len(self.got)]

    def teardown(self) -> None:
        """In fair weather everything arrives and nothing is kept."""
        while self.air:
            self.arrive(0, is_repeated=False, is_confirmed=True)
        while self.out.has_data():
            self.widen()
            self.send(1200)
            if self.air:
                self.arrive(0, is_repeated=False, is_confirmed=True)
        assert self.got == self.pushed
        assert self.out.queued == 0


TestStreamsOverABadWire = StreamsOverABadWire.TestCase
TestStreamsOverABadWire.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)


def test_the_send_buffer_is_bounded() -> None:
    out = SendStream()
    message = bytes(MAX_MESSAGE_SIZE)
    count = 0
    while out.is_writable():
        out.push(message)
        count += 1
    assert count == MAX_SEND_BUFFER // (MAX_MESSAGE_SIZE + MESSAGE_LENGTH_SIZE)
    with pytest.raises(Overloaded):
        out.push(message)


@pytest.mark.parametrize("size", [0, MAX_MESSAGE_SIZE + 1])
def test_messages_of_no_or_too_many_bytes_are_our_own_mistake(size: int) -> None:
    with pytest.raises(ValueError, match="a message has"):
        SendStream().push(bytes(size))


@pytest.mark.parametrize("prefix", [b"\0\0\0", (MAX_MESSAGE_SIZE + 1).to_bytes(3, "big")])
def test_a_peer_cannot_announce_a_message_of_no_or_too_many_bytes(prefix: bytes) -> None:
    into = ReceiveStream()
    into.on_data(0, prefix)
    with pytest.raises(DecodeError):
        into.take_message()


@given(st.integers(FIRST_WINDOW - 50, FIRST_WINDOW + 50))
def test_a_peer_cannot_write_beyond_its_window(offset: int) -> None:
    into = ReceiveStream()
    data = bytes(20)
    if offset + len(data) > FIRST_WINDOW:
        with pytest.raises(DecodeError):
            into.on_data(offset, data)
    else:
        into.on_data(offset, data)


def test_the_window_grows_only_as_the_owner_takes() -> None:
    out, into = SendStream(), ReceiveStream()
    taken = 0
    for _ in range(40):
        while out.is_writable():
            out.push(bytes(MAX_MESSAGE_SIZE))
        while (cut := out.take(60_000)) is not None:
            taken += len(cut[1])
            into.on_data(*cut)
            out.on_confirmed(cut[0], cut[0] + len(cut[1]))
    assert taken == FIRST_WINDOW
    assert not into.is_window_due()
    while (message := into.take_message()) is not None:
        into.on_taken(len(message))
    assert into.is_window_due()
    out.on_window(into.tell_limit())
    assert out.has_data()


def pass_through(into: ReceiveStream, messages: int, *, may_grow: bool) -> int:
    """Send messages of a thousand bytes, each taken at once; return the offset behind them."""
    offset = 0
    for _ in range(messages):
        into.on_data(offset, (1000).to_bytes(MESSAGE_LENGTH_SIZE, "big") + bytes(1000))
        assert into.take_message() is not None
        into.on_taken(1000, may_grow=may_grow)
        into.tell_limit()
        offset += MESSAGE_LENGTH_SIZE + 1000
    return offset


def test_the_window_grows_by_what_is_taken_in_order_up_to_a_most() -> None:
    into = ReceiveStream()
    assert into.tell_limit() == FIRST_WINDOW >= MESSAGE_LENGTH_SIZE + MAX_MESSAGE_SIZE
    offset = pass_through(into, 100, may_grow=True)
    assert into.tell_limit() - offset == FIRST_WINDOW + offset
    offset = pass_through(later := ReceiveStream(), 1000, may_grow=True)
    assert later.tell_limit() == offset + WINDOW


def test_the_window_does_not_grow_while_it_may_not() -> None:
    into = ReceiveStream()
    offset = pass_through(into, 1000, may_grow=False)
    assert into.tell_limit() == offset + FIRST_WINDOW


def test_bytes_beyond_a_hole_cost_what_came_and_not_how_far_they_lie() -> None:
    tracemalloc.start()
    try:
        streams = [ReceiveStream() for _ in range(100)]
        before = tracemalloc.get_traced_memory()[0]
        for stream in streams:
            stream.on_data(FIRST_WINDOW - 100, bytes(100))
        assert tracemalloc.get_traced_memory()[0] - before < 100 * 1024
    finally:
        tracemalloc.stop()
    assert all(100 < stream.held < 1024 for stream in streams)


def test_crumbs_count_for_what_they_cost_and_not_for_their_bytes() -> None:
    stream = ReceiveStream()
    for offset in range(1, 1001, 2):
        stream.on_data(offset, b"x")
    assert stream.held == 500 * (1 + PIECE_COST)


cuts = st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 400)), max_size=80)


@given(cuts, st.randoms(use_true_random=False))
def test_pieces_are_put_together_whatever_their_cuts_and_overlaps(
    pieces: list[tuple[int, int]], random: Random
) -> None:
    whole = Random(1).randbytes(4400)
    ahead, came, at = Ahead(), set[int](), 0
    for offset, size in pieces:
        start = max(offset, at)
        if start < offset + size:
            ahead.add(start, whole[start : offset + size])
            came.update(range(start, offset + size))
        if random.random() < 0.2:
            taken = b"".join(ahead.take(at))
            end = next(number for number in itertools.count(at) if number not in came)
            assert taken == whole[at:end]
            at = end
    left = len([number for number in came if number >= at])
    assert ahead.held >= left
    ends: list[int] = [number for number in sorted(came) if number >= at and number + 1 not in came]
    assert (ahead.held - left) // PIECE_COST >= len(ends)
    for start in sorted(number for number in came if number >= at and (number == at or number - 1 not in came)):
        piece = b"".join(ahead.take(start))
        assert piece == whole[start : start + len(piece)]
        left -= len(piece)
    assert (left, ahead.held, bool(ahead)) == (0, 0, False)


def test_what_comes_backwards_is_joined_and_copied_little() -> None:
    ahead, size = Ahead(), 200
    for offset in range(FIRST_WINDOW - size, 1, -size):
        ahead.add(offset, bytes(size))
    assert ahead.held < FIRST_WINDOW + 3 * PIECE_COST * FIRST_WINDOW // JOINED
