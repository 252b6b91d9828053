"""The bodies of frames as bytes and back; keys; the replay window."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, strategies as st

from net.errors import DecodeError, Unauthenticated
from net.link import frames
from net.link.frames import Ack, Close, Extra, Part, Ping, StreamData, Window
from net.link.keys import FRAME_BIT, FrameKeys, draw_index
from net.link.noise import TransportKeys
from net.link.ranges import RangeSet
from net.link.replay_window import WINDOW_SIZE, ReplayWindow
from net.numbers import UPPER_HALF


@st.composite
def acks(draw: st.DrawFn) -> Ack:
    """Ranges from the newest down, as a receiver would have them."""
    lengths = draw(st.lists(st.tuples(st.integers(1, 70_000), st.integers(1, 70_000)), min_size=1, max_size=40))
    ranges: list[tuple[int, int]] = []
    end = draw(st.integers(6_000_000, 2**32))
    for gap, length in lengths:
        ranges.append((end - length, end))
        end -= length + gap
    return Ack(tuple(ranges), draw(st.floats(0, 2)))


@given(acks())
def test_an_ack_names_nothing_that_did_not_come_and_the_newest_first(ack: Ack) -> None:
    encoded = frames.encode_ack(ack)
    assert len(encoded) <= frames.MAX_ACK_SIZE
    (decoded,) = frames.decode_parts(frames.encode_parts([encoded]))
    assert isinstance(decoded, Ack)
    assert decoded.ranges == ack.ranges[: len(decoded.ranges)]
    assert decoded.delay <= ack.delay <= decoded.delay + frames.ACK_DELAY_UNIT or ack.delay > 1


@given(
    st.integers(0, frames.MAX_OFFSET),
    st.binary(min_size=1, max_size=900),
    st.integers(0, frames.MAX_OFFSET),
    acks(),
)
def test_parts_come_back_in_order(offset: int, data: bytes, limit: int, ack: Ack) -> None:
    body = frames.encode_parts(
        [
            frames.encode_ack(ack),
            frames.PING,
            frames.encode_window(limit),
            frames.encode_stream(offset, data),
            frames.CLOSE,
        ]
    )
    assert len(body) in {frames.SMALL_BODY_SIZE, frames.LARGE_BODY_SIZE}
    first, *rest = frames.decode_parts(body)
    assert isinstance(first, Ack)
    expected: list[Part] = [Ping(), Window(limit), StreamData(offset, data), Close()]
    assert rest == expected


@given(st.binary(max_size=300))
def test_any_bytes_give_parts_or_a_decode_error(junk: bytes) -> None:
    try:
        parts = frames.decode_parts(frames.PARTS + junk)
    except DecodeError:
        return
    for part in parts:
        if isinstance(part, Ack):
            assert all(0 <= low < high for low, high in part.ranges)
            assert all(a[0] > b[1] for a, b in zip(part.ranges, part.ranges[1:], strict=False))


@pytest.mark.parametrize(
    "bad",
    [
        b"\x09",  # unknown kind
        b"\x7f\x00\x01x",  # unknown kind, the last of the lower half
        b"\x80\x00",  # of a later version, cut short
        b"\x80\xff\xff",  # of a later version, longer than the body
        b"\x02" + bytes(8) + b"\0\0",  # empty stream part
        b"\x02" + bytes(8) + b"\xff\xff",  # longer than the body
        b"\x02" + b"\xff" * 8 + b"\0\1x",  # beyond any stream
        b"\x01" + b"\0\0\0\5" + b"\0\0" + b"\0\0\0\7" + b"\0",  # reaches below zero
        b"\x01" + b"\0\0\0\5" + b"\0\0" + b"\0\0\0\0" + b"\0",  # names nothing
        b"\x01" + b"\0\0\xff\5" + b"\0\0" + b"\0\0\0\1" + b"\1" + b"\0\0\0\1",  # gap of nothing
        b"\x03\x01",  # cut short
    ],
)
def test_broken_parts_are_malformed(bad: bytes) -> None:
    with pytest.raises(DecodeError):
        frames.decode_parts(frames.PARTS + bad)


@given(st.integers(UPPER_HALF, 255), st.binary(max_size=200), st.integers(0, frames.MAX_OFFSET))
def test_a_part_of_a_later_version_is_passed_over_with_all_that_is_in_it(kind: int, data: bytes, limit: int) -> None:
    extra = bytes([kind]) + len(data).to_bytes(2, "big") + data
    body = frames.encode_parts([frames.PING, extra, frames.encode_window(limit), extra, frames.CLOSE])
    passed_over = Extra(is_eliciting=kind < frames.UNACKNOWLEDGED)
    expected: list[Part] = [Ping(), passed_over, Window(limit), passed_over, Close()]
    assert frames.decode_parts(body) == expected


def test_sizes_add_up_to_the_two_datagrams() -> None:
    assert frames.LARGE_BODY_SIZE == 1208
    assert frames.SMALL_BODY_SIZE == 232
    assert frames.CELL_SIZE == 1207


def both_keys() -> tuple[FrameKeys, FrameKeys]:
    random = Random(7)
    secrets = TransportKeys(random.randbytes(32), random.randbytes(32), random.randbytes(32))
    a, b = draw_index(random.randbytes), draw_index(random.randbytes)
    return (
        FrameKeys(secrets, is_initiator=True, our_index=a, their_index=b, now=0.0),
        FrameKeys(secrets, is_initiator=False, our_index=b, their_index=a, now=0.0),
    )


@given(st.integers(0, 2**32 - 1), st.sampled_from([232, 1208]))
def test_a_sealed_frame_opens_under_its_number_only(number: int, size: int) -> None:
    alice, bob = both_keys()
    datagram = alice.seal(number, b"\x02" * size)
    assert len(datagram) == size + 24
    assert datagram[0] & FRAME_BIT
    assert bob.number_of(datagram) == number
    assert bob.open(number, datagram) == b"\x02" * size
    with pytest.raises(Unauthenticated):
        bob.open(number ^ 1, datagram)


def test_every_altered_byte_of_a_frame_is_noticed() -> None:
    alice, bob = both_keys()
    datagram = alice.seal(5, bytes(232))
    for at in range(len(datagram)):
        altered = datagram[:at] + bytes([datagram[at] ^ 0x10]) + datagram[at + 1 :]
        with pytest.raises(Unauthenticated):
            bob.open(bob.number_of(altered), altered)


def test_numbers_do_not_show_on_the_wire() -> None:
    alice, _ = both_keys()
    shown = [int.from_bytes(alice.seal(number, bytes(232))[4:8], "big") for number in range(64)]
    assert sum(abs(a - b) < 2**20 for a, b in pairwise(shown)) < 5


@given(st.lists(st.integers(0, 3 * WINDOW_SIZE), max_size=200))
def test_the_replay_window_lets_each_number_through_once(numbers: list[int]) -> None:
    window, seen = ReplayWindow(), set[int]()
    for number in numbers:
        is_expected = number not in seen and number > max(seen, default=-1) - WINDOW_SIZE
        assert window.is_new(number) == is_expected
        if is_expected:
            window.mark(number)
            seen.add(number)


def test_a_jump_of_the_window_takes_no_memory() -> None:
    window = ReplayWindow()
    window.mark(0)
    window.mark(2**32 - 1)
    assert not window.is_new(0)
    assert window.is_new(2**32 - 2)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=30), st.integers(0, 60))
def test_a_range_set_is_a_set_of_integers(adds: list[tuple[int, int]], limit: int) -> None:
    ranges, model = RangeSet(), set[int]()
    for start, length in adds:
        ranges.add(start, start + length)
        model.update(range(start, start + length))
    ranges.remove_below(limit)
    model = {n for n in model if n >= limit}
    assert {n for s, e in zip(ranges.starts, ranges.ends, strict=True) for n in range(s, e)} == model
    assert all(s < e for s, e in zip(ranges.starts, ranges.ends, strict=True))
    assert all(e < s for e, s in zip(ranges.ends, ranges.starts[1:], strict=False))
