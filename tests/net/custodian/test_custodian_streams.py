"""Tag streams: everything after the cursor, once, in slots; and what cursors mean."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st

from net.custodian.index import TagLog
from net.custodian.streams import MAX_STREAMS_PER_CLIENT
from net.ids import Tag
from net.messages import MAX_TAGS_PER_PIECE, Follow, Tags, Unfollow
from tests.support.counter import ALICE, BOB, SLOT, Counter, tags_in
from tests.support.parcels import box_bytes, tag_number


def full_counter(boxes: int) -> Counter:
    counter = Counter()
    counter.meet(ALICE, BOB)
    for number in range(boxes):
        counter.deposit(box_bytes(number), BOB)
    return counter


def run_of(counter: Counter) -> bytes:
    counter.follow()
    run = counter.pieces()[0].run
    counter.say(ALICE, Unfollow(5))
    return bytes(run)


def test_a_new_reader_gets_everything_and_hears_that_this_is_all() -> None:
    counter = full_counter(5)
    counter.follow()
    [piece] = counter.pieces()
    assert tags_in([piece]) == [tag_number(number) for number in range(5)]
    assert (piece.arrival, piece.caught_up) == (5, True)


def test_where_nothing_is_a_reader_hears_just_that() -> None:
    counter = full_counter(0)
    counter.follow()
    [piece] = counter.pieces()
    assert (piece.tags, piece.arrival, piece.caught_up) == (b"", 0, True)


def test_a_reader_goes_on_after_its_cursor() -> None:
    counter = full_counter(5)
    counter.follow(run_of(counter), 3)
    assert tags_in(counter.pieces()) == [tag_number(3), tag_number(4)]


def test_a_cursor_of_another_run_starts_over() -> None:
    counter = full_counter(5)
    counter.follow(b"elsewher", 3)
    assert len(tags_in(counter.pieces())) == 5


def test_a_cursor_from_beyond_the_end_starts_over() -> None:
    # The disk was put back to an old copy: numbers will be given again, to other boxes.
    counter = full_counter(5)
    counter.follow(run_of(counter), 6)
    assert len(tags_in(counter.pieces())) == 5


def test_whoever_opens_a_store_anew_has_its_readers_start_over() -> None:
    # It cannot know that the disk was put back, and that numbers of arrival it gave since will name other boxes.
    counter = full_counter(3)
    run = run_of(counter)
    old = counter.store.snapshot()
    counter.deposit(box_bytes(3), BOB)
    counter.store.restore(old)
    again = Counter(counter.store, seed=2)
    again.meet(ALICE, BOB)
    again.deposit(box_bytes(4), BOB)
    again.follow(run, 4)
    assert tags_in(again.pieces()) == [tag_number(number) for number in (0, 1, 2, 4)]


def test_a_tag_is_pushed_at_the_next_slot_and_not_before() -> None:
    counter = full_counter(1)
    counter.follow()
    counter.pieces()
    counter.wait(SLOT / 4)
    counter.deposit(box_bytes(8), BOB)
    assert counter.pieces() == []
    counter.wait(SLOT)
    assert tags_in(counter.pieces()) == [tag_number(8)]


def test_all_that_came_in_a_slot_is_pushed_together_and_silence_is_silent() -> None:
    counter = full_counter(0)
    counter.follow()
    counter.pieces()
    for number in range(10):
        counter.deposit(box_bytes(number), BOB)
    counter.wait(SLOT)
    [piece] = counter.pieces()
    assert len(tags_in([piece])) == 10
    counter.wait(100 * SLOT)
    assert counter.pieces() == []


def test_a_slow_reader_is_waited_for_and_misses_nothing() -> None:
    counter = full_counter(3)
    counter.closed.add(ALICE)
    counter.follow()
    counter.wait(1)
    counter.deposit(box_bytes(3), BOB)
    counter.closed.clear()
    counter.wait(1)
    assert tags_in(counter.pieces()) == [tag_number(number) for number in range(4)]


def test_a_reader_that_left_gets_nothing_more() -> None:
    counter = full_counter(1)
    counter.follow()
    counter.follow(client=BOB)
    assert counter.pieces() != [] != counter.pieces(BOB)
    counter.say(ALICE, Unfollow(5))
    counter.custodian.on_client_down(BOB)
    counter.meet(BOB)
    counter.deposit(box_bytes(2), BOB)
    counter.wait(2 * SLOT)
    assert counter.pieces() == []
    assert counter.pieces(BOB) == []


def test_streams_of_one_client_are_bounded() -> None:
    counter = full_counter(1)
    for number in range(MAX_STREAMS_PER_CLIENT + 5):
        counter.say(ALICE, Follow(number, 0, 0, b"", 0))
    assert len(counter.take(ALICE, Tags)) == MAX_STREAMS_PER_CLIENT


def test_who_comes_before_the_store_is_read_is_served_when_it_is() -> None:
    store = full_counter(3).store
    late = Counter(store, is_loaded=False)
    late.meet(ALICE)
    late.follow()
    assert late.pieces() == []
    late.run_store()
    assert len(tags_in(late.pieces())) == 3


@settings(max_examples=30)
@given(
    boxes=st.lists(st.integers(0, 7), max_size=40),
    after=st.integers(0, 40),
    prefix=st.integers(0, 7),
    width=st.integers(0, 3),
    limit=st.integers(1, 9),
)
def test_pages_of_the_log_hold_each_box_of_the_prefix_once(
    boxes: list[int], after: int, prefix: int, width: int, limit: int
) -> None:
    log = TagLog()
    for arrival, bits in enumerate(boxes, start=1):
        log.append(2 * arrival, Tag(arrival.to_bytes(8, "big")), bits << 29)
    position, found, is_end = after, b"", False
    for _ in range(len(boxes) + 1):
        tags, position, is_end = log.page(position, prefix << 29, width, limit)
        found += tags
        if is_end:
            break
    assert is_end
    expected = [
        n for n, bits in enumerate(boxes, start=1) if 2 * n > after and bits >> (3 - width) == prefix >> (3 - width)
    ]
    assert found == b"".join(n.to_bytes(8, "big") for n in expected)


def test_a_long_stream_comes_in_pieces() -> None:
    log = TagLog()
    for arrival in range(1, 3 * MAX_TAGS_PER_PIECE + 2):
        log.append(arrival, Tag(arrival.to_bytes(8, "big")), 0)
    sizes: list[int] = []
    position, is_end = 0, False
    while not is_end:
        tags, position, is_end = log.page(position, 0, 0, MAX_TAGS_PER_PIECE)
        sizes.append(len(tags) // 8)
    assert sizes == [MAX_TAGS_PER_PIECE] * 3 + [1]
