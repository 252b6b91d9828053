"""What one side says it holds, and what the other makes of it."""

from __future__ import annotations

from hypothesis import given, strategies as st

from core.people.format import acknowledgement
from core.people.format.acknowledgement import BITMAP_BITS, covers, describe, lacks, missing
from core.people.format.bounds import decode
from core.people.format.content import MAX_LACKS, LaneAck

GENERATION = bytes(16)
indexes = st.integers(0, 300)


@given(indexes, st.sets(st.integers(0, 400)), st.sets(st.integers(0, 60)))
def test_a_block_is_covered_just_when_all_of_it_is_held(next_index: int, beyond: set[int], given_up: set[int]) -> None:
    held = {index for index in beyond if next_index < index <= next_index + BITMAP_BITS}
    ack = describe(GENERATION, next_index, beyond, given_up)
    named = {first + n for first, count in ack.lacks for n in range(count)}
    assert named <= given_up
    for first in range(0, next_index + BITMAP_BITS + 4, 3):
        block = range(first, first + 4)
        has_all = all(index < next_index or index in held for index in block)
        assert covers(ack, first, 4) == (has_all and not named & set(block))
        assert lacks(ack, first, 4) == bool(named & set(block))


@given(indexes, st.sets(st.integers(0, 400), min_size=1))
def test_what_is_missing_is_asked_for_up_to_the_last_that_is_held(next_index: int, beyond: set[int]) -> None:
    held = {index for index in beyond if next_index < index <= next_index + BITMAP_BITS}
    ack = describe(GENERATION, next_index, beyond)
    expected = set(range(next_index, max(held))) - held if held else set[int]()
    assert set(missing(ack)) == expected
    assert acknowledgement.end(ack) == (max(held) + 1 if held else next_index)


@given(st.sets(st.integers(0, 200)))
def test_runs_that_were_given_up_are_bounded_and_the_latest_are_named(given_up: set[int]) -> None:
    ack = describe(GENERATION, 201, (), given_up)
    assert len(ack.lacks) <= MAX_LACKS
    if given_up:
        assert sum(ack.lacks[-1]) - 1 == max(given_up)


@given(st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 53) - 1))
def test_the_largest_bitmap_a_stranger_can_send_is_looked_through_quickly(bitmap: int, next_index: int) -> None:
    import msgspec

    ack = decode(LaneAck, msgspec.msgpack.encode(LaneAck(GENERATION, next_index, bitmap)), "ack")
    assert len(list(missing(ack))) <= BITMAP_BITS + 1
    assert covers(ack, 0, 1) == (next_index > 0)
