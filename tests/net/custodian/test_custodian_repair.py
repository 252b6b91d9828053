"""Custodians of a swarm come to hold the same, by comparing little."""

from __future__ import annotations

from random import Random
from typing import TypeVar

import pytest
from hypothesis import given, settings, strategies as st

from net.bucket import Bucket, address_of
from net.custodian import ClientId
from net.custodian.index import Index, key_of, key_ranges
from net.custodian.repair import (
    MAX_COMPARISONS,
    MAX_HASHED_AT_ONCE,
    PATIENCE,
    PERIOD,
    Repair,
    answer_comparison,
    comparison_cost,
)
from net.ids import ParcelId
from net.instant import Instant
from net.messages import MAX_KEYS_PER_ANSWER, Compare, Compared, Keeps, Message, Push, Range, Want
from net.parcel.box import BOX_SIZE, decode_box
from net.parcel.store import Kind, Stored
from tests.support.counter import ALICE, Counter, place_of, push, talk
from tests.support.parcels import HOUR, NOW, box_bytes, id_of, record_bytes, tag_number

M = TypeVar("M", Compare, Want)

OTHER = ClientId(50)
BOXES = [box_bytes(number) for number in range(300)]


def counter_with(numbers: list[int], seed: int) -> Counter:
    counter = Counter(seed=seed)
    counter.meet(ALICE)
    counter.store.put([_stored(BOXES[number]) for number in numbers])
    again = Counter(counter.store, seed=seed)
    again.meet(ALICE)
    return again


def _stored(data: bytes) -> Stored:
    box = decode_box(data)
    return Stored(Kind.BOX, box.box_id, box.variant(), 0, box.expiry_hour, 0, data)


def meet(one: Counter, other: Counter) -> int:
    one.meet(OTHER, is_custodian=True)
    other.meet(OTHER, is_custodian=True)
    one.wait(0.1)  # only one of them asks: the other's turn comes with its own clock
    return talk(one, other, as_seen_by_one=OTHER, as_seen_by_other=OTHER)


def held(counter: Counter) -> set[bytes]:
    return {bytes(box.parcel_id) for box in counter.store.boxes_after(0, 10_000)}


@settings(max_examples=12)
@given(st.sets(st.integers(0, 299), max_size=299), st.sets(st.integers(0, 299), max_size=299))
def test_whatever_two_custodians_hold_they_end_up_with_the_union(ours: set[int], theirs: set[int]) -> None:
    sample = Random(len(ours))
    some, others = sorted(ours)[:40], sorted(theirs)[:40]
    shared = sample.sample(range(300), 100)
    one = counter_with(sorted({*some, *shared}), 1)
    other = counter_with(sorted({*others, *shared}), 2)
    meet(one, other)
    assert held(one) == held(other) == {bytes(id_of(n)) for n in {*some, *others, *shared}}


def test_those_who_hold_the_same_exchange_one_question_and_one_answer_for_each_kind() -> None:
    assert meet(counter_with(list(range(200)), 1), counter_with(list(range(200)), 2)) == 2 + 4  # and their widths


def test_one_difference_among_many_costs_a_few_short_messages() -> None:
    one, other = counter_with(list(range(300)), 1), counter_with([n for n in range(300) if n != 123], 2)
    assert meet(one, other) <= 12
    assert other.fetch(tag_number(123)) == [BOXES[123]]


def test_an_empty_custodian_is_filled() -> None:
    one, other = counter_with([], 1), counter_with(list(range(300)), 2)
    meet(one, other)
    assert len(held(one)) == 300


class Mates:
    """Others who are asked, and say what a test wants."""

    def __init__(self) -> None:
        self.sent: list[tuple[ClientId, Message]] = []

    def writable(self, client: ClientId) -> bool:
        return True

    def send(self, client: ClientId, message: Message, now: Instant) -> bool:
        self.sent.append((client, message))
        return True

    def take(self, kind: type[M]) -> list[tuple[ClientId, M]]:
        """Return what was sent of a kind, and forget it all."""
        found: list[tuple[ClientId, M]] = [
            (client, message) for client, message in self.sent if isinstance(message, kind)
        ]
        self.sent.clear()
        return found


def test_what_one_mate_was_asked_for_another_is_asked_for_only_when_it_went_away() -> None:
    mates, index, now = Mates(), Index(), NOW
    repair = Repair(mates, random=bytes)
    keys = sorted(key_of(Kind.BOX, 0, id_of(number), bytes(16), 0) for number in range(40))
    for number in (1, 2):
        repair.meet(ClientId(number), key_ranges(Bucket(0, 0)), now)

    def ask_all() -> list[tuple[ClientId, Want]]:
        repair.handle_timeout(index, now)
        for client, question in mates.take(Compare):
            if question.low[:1] == bytes([Kind.BOX.value]):
                repair.on_compared(client, Compared(question.request, is_same=False, keys=keys, ranges=[]), index, now)
        return mates.take(Want)

    assert ask_all() == [(ClientId(1), Want(keys))]
    repair.forget(ClientId(1))
    now = Instant(now.mono + PATIENCE, now.wall_ms)
    assert ask_all() == [(ClientId(2), Want(keys))]


@pytest.mark.parametrize("lacking", [MAX_KEYS_PER_ANSWER, MAX_KEYS_PER_ANSWER + 1])
def test_who_lacks_much_is_given_nothing_unasked(lacking: int) -> None:
    mates, index = Mates(), Index()
    for number in range(lacking):
        index.add(_stored(BOXES[number]), number + 1)
    repair = Repair(mates, random=bytes)
    repair.meet(OTHER, key_ranges(Bucket(0, 0)), NOW)
    repair.handle_timeout(index, NOW)
    for _, question in mates.take(Compare):
        repair.on_compared(OTHER, Compared(question.request, is_same=False, keys=[], ranges=[]), index, NOW)
    assert repair.is_giving() == (lacking <= MAX_KEYS_PER_ANSWER)


def test_the_newer_record_wins_on_both_sides() -> None:
    one, other = Counter(seed=1), Counter(seed=2)
    for counter, sequence_of_first, sequence_of_second in ((one, 1, 9), (other, 2, 8)):
        counter.meet(ALICE)
        counter.deposit(record_bytes(1, sequence_of_first), kind=1)
        counter.deposit(record_bytes(2, sequence_of_second), kind=1)
    meet(one, other)
    for counter in (one, other):
        assert counter.find(id_of(1)) == record_bytes(1, 2)
        assert counter.find(id_of(2)) == record_bytes(2, 9)


def test_repair_comes_again_within_the_hour() -> None:
    one, other = counter_with([1], 1), counter_with([1], 2)
    meet(one, other)
    other.store.put([_stored(BOXES[7])])
    other = Counter(other.store, seed=2)  # back after a restart with something more
    other.meet(OTHER, is_custodian=True)
    waited = 0
    one.take(OTHER, Keeps)
    while not one.sent[OTHER]:
        one.wait(10)
        waited += 10
    assert PERIOD / 2 < waited <= PERIOD + 10
    talk(one, other, as_seen_by_one=OTHER, as_seen_by_other=OTHER)
    assert one.fetch(tag_number(7)) == [BOXES[7]]


def test_a_silent_partner_is_left_and_asked_again_next_time() -> None:
    one = counter_with([1], 1)
    one.meet(OTHER, is_custodian=True)
    one.wait(2 * PERIOD)
    assert 4 <= len(one.take(OTHER, Compare)) <= 6  # one for each kind


def test_answers_that_were_not_asked_for_change_nothing() -> None:
    one = counter_with([1], 1)
    one.meet(OTHER, is_custodian=True)
    one.say(OTHER, Compared(99, is_same=False, keys=[key_of(Kind.BOX, 0, id_of(2), bytes(16), 0)], ranges=[]))
    assert one.take(OTHER, Want) == []


def test_a_liar_with_endless_ranges_is_asked_only_so_often() -> None:
    one = counter_with(list(range(50)), 1)
    one.meet(OTHER, is_custodian=True)
    one.wait(0.1)
    asked = 0
    rng = Random(1)
    while questions := one.take(OTHER, Compare):
        asked += len(questions)
        for question in questions:
            cuts = sorted(question.low[:1] + rng.randbytes(60) for _ in range(8))
            ranges = [Range(cut, rng.randbytes(16)) for cut in cuts if cut > question.low] or [
                Range(question.high, bytes(16))
            ]
            one.say(OTHER, Compared(question.request, is_same=False, keys=[], ranges=ranges))
        if asked > MAX_COMPARISONS + 100:
            break
    assert asked <= MAX_COMPARISONS


def test_a_liar_cannot_make_us_hash_everything_for_ever() -> None:
    one = counter_with(list(range(300)), 1)
    one.meet(OTHER, is_custodian=True)
    one.wait(0.1)
    rounds = 0
    while questions := one.take(OTHER, Compare):
        rounds += len(questions)
        for question in questions:
            again = [Range(question.low + b"\x00", bytes(16)), Range(question.high, bytes(16))]
            one.say(OTHER, Compared(question.request, is_same=False, keys=[], ranges=again))
    assert rounds < 2 * 20 * 16  # for each kind


def test_comparing_much_costs_much_of_the_allowance() -> None:
    index = Index.load(counter_with(list(range(300)), 1).store, 0)
    assert comparison_cost(Compare(1, b"", b"", bytes(16)), index) == 1 + 300 // MAX_KEYS_PER_ANSWER
    assert comparison_cost(Compare(1, b"\xff", b"\x00", bytes(16)), index) == 1


def test_who_only_wants_gets_only_what_is_there() -> None:
    one = counter_with([1, 2], 1)
    one.meet(OTHER, is_custodian=True)
    [box] = one.store.get(Kind.BOX, id_of(1))
    there = key_of(Kind.BOX, 0, box.parcel_id, box.variant, 0)
    one.say(OTHER, Want([there, key_of(Kind.BOX, 0, id_of(3), bytes(16), 0)]))
    one.run_store()
    assert one.take(OTHER, Push) == [push((0, BOXES[1]))]


def test_a_leaf_learns_nothing_by_comparing() -> None:
    one = counter_with([1], 1)
    one.say(ALICE, Compare(1, b"\x00", b"\x01", bytes(16)))
    one.say(ALICE, Want([bytes(61)]))
    one.run_store()
    assert one.sent[ALICE] == []


@given(st.sets(st.binary(min_size=2, max_size=2), max_size=200), st.integers(2, 20))
def test_parts_of_a_range_cover_it(ids: set[bytes], parts: int) -> None:
    index = Index()
    for part in ids:
        index.add(Stored(Kind.BOX, ParcelId(part.ljust(32)), bytes(16), 0, HOUR, 0, bytes(BOX_SIZE)), 1)
    low, found = b"", []
    for high, digest in index.split(b"", b"", parts) if len(ids) >= parts else []:
        assert index.digest(low, high) == digest
        found += index.keys(low, high)
        low = high
    assert found == (index.keys(b"", b"") if len(ids) >= parts else [])


def test_small_ranges_are_answered_with_keys_and_large_ones_with_parts() -> None:
    few = Index.load(counter_with(list(range(MAX_KEYS_PER_ANSWER)), 1).store, 0)
    many = Index.load(counter_with(list(range(MAX_KEYS_PER_ANSWER + 1)), 1).store, 0)
    question = Compare(1, b"", b"", bytes(16))
    assert len(answer_comparison(question, few).keys) == MAX_KEYS_PER_ANSWER
    assert len(answer_comparison(question, many).ranges) == 16


@pytest.mark.parametrize("bucket", [Bucket(0, 0), Bucket(0, 3), Bucket(0b101 << 29, 3), Bucket(0b111 << 29, 3)])
def test_what_lies_in_a_bucket_is_one_range_of_keys_for_each_kind(bucket: Bucket) -> None:
    ranges = key_ranges(bucket)
    for number in range(40):
        address = address_of(id_of(number))
        for kind in (Kind.BOX, Kind.RECORD):
            key = key_of(kind, address, id_of(number), bytes(16), 2**64 - 1)
            assert any(low <= key < high for low, high in ranges) is bucket.covers(address)


@pytest.mark.parametrize(
    ("low", "high"),
    [(b"", b""), (b"\x00", b"\x02"), (b"\x00\x00", b"\x00\x80"), (b"\x01", b"\x02"), (b"\x00\x40", b"\x00\x20")],
)
def test_questions_about_what_is_not_kept_by_both_get_no_answer(low: bytes, high: bytes) -> None:
    one = counter_with([1], 1)
    one.keep(0, 2)
    one.meet_mate(OTHER, place_of(OTHER), 1)
    one.say(OTHER, Compare(1, b"\x00\x20", b"\x00\x30", bytes(16)))
    assert len(one.take(OTHER, Compared)) == 1
    one.say(OTHER, Compare(2, low, high, bytes(16)))
    assert one.take(OTHER, Compared) == []


def test_full_stores_are_hashed_where_the_store_works_and_come_to_be_alike_all_the_same() -> None:
    junk = [Stored(Kind.BOX, id_of(n), bytes(16), 0, HOUR + 48, 0, b"") for n in range(1000, 1001 + MAX_HASHED_AT_ONCE)]
    one, other = counter_with([], 1), counter_with([1], 2)
    for counter in (one, other):
        counter.store.put(junk)
    one, other = Counter(one.store, seed=3), Counter(other.store, seed=4)
    one.meet(OTHER, is_custodian=True)
    one.say(OTHER, Compare(7, *key_ranges(Bucket(0, 0))[0], bytes(16)))
    assert one.take(OTHER, Compared) == [], "nothing is hashed while others wait"
    one.run_store()
    assert [len(answer.ranges) for answer in one.take(OTHER, Compared)] == [16]
    meet(Counter(one.store, seed=5), other)
    assert held(one) == held(other)
