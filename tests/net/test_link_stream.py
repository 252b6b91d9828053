"""The ordered stream: whatever the cuts, losses and repeats, messages come once and in order."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from net.errors import DecodeError, Overloaded
from net.link.stream import MAX_MESSAGE_SIZE, MAX_SEND_BUFFER, PREFIX_SIZE, WINDOW, ReceiveStream, SendStream


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
    assert count == MAX_SEND_BUFFER // (MAX_MESSAGE_SIZE + PREFIX_SIZE)
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


@given(st.integers(WINDOW - 50, WINDOW + 50))
def test_a_peer_cannot_write_beyond_its_window(offset: int) -> None:
    into = ReceiveStream()
    data = bytes(20)
    if offset + len(data) > WINDOW:
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
    assert taken == WINDOW
    assert not into.is_window_due()
    while (message := into.take_message()) is not None:
        into.on_taken(len(message))
    assert into.is_window_due()
    out.on_window(into.tell_limit())
    assert out.has_data()
