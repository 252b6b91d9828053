"""Floods: closing a room costs what the room is worth, and whoever pays what is asked gets in all the same."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, log2

import pytest
from hypothesis import given, strategies as st

from net.custodian import ClientId, Quota
from net.custodian.allowance import RELAYED_BURST
from net.custodian.eviction_order import surplus_of
from net.custodian.index import Index
from net.custodian.price import MARK_PERIOD, Prices
from net.custodian.push_queue import MAX_EACH, PushQueue
from net.events import Verdict
from net.ids import ParcelId
from net.instant import Instant
from net.messages import MAX_PRICE_FACTOR, Deposit, DepositAnswer, Parcel, Price, Push
from net.parcel.box import BOX_SIZE, appraise_box, decode_box
from net.parcel.record import encode_record
from net.parcel.store import Kind, Stored
from net.parcel.work import COMPRESSIONS_PER_TRIAL, PUZZLES, required_work
from tests.support.counter import ALICE, BOB, SLOT, Counter, push
from tests.support.parcels import CHEAP, HOUR, box_bytes, id_of, make_record, record_bytes, tag_number

MATE = ClientId(9)
# At a hundredth of the price a trial for each puzzle is more than an hour costs.
LEAST = PUZZLES * COMPRESSIONS_PER_TRIAL / required_work(BOX_SIZE, 48, CHEAP)


def paid(number: int, factor: int = 1, *, hours: int = 48) -> bytes:
    """Return a box that was paid ``factor`` times the price of its hours and, by luck, not seen to be worth twice that."""
    worth = max((hours + 1) / 49 * factor, LEAST)
    for attempt in range(20):
        data = box_bytes(
            number, content=b"%d" % attempt, expiry_hour=HOUR + hours, price=CHEAP, hours=hours, factor=factor
        )
        if appraise_box(decode_box(data), HOUR, CHEAP) in {floor(log2(worth)), floor(log2(worth * 1.12))}:
            return data
    raise AssertionError("no such luck")


def record(number: int, *, size: int = 1024, hours: int = 168, factor: int = 0) -> bytes:
    """Return a record paid for its hours, or ``factor`` times a week."""
    return encode_record(make_record(number, 1, size=size, expiry_hour=HOUR + hours, price=CHEAP, factor=factor))


def full_counter(parcels: int = 8, *, hours: int = 48) -> Counter:
    """Return a counter whose room is used up by boxes 0 … that paid the price of their hours."""
    counter = Counter(price=CHEAP, quota=Quota(parcels=parcels))
    counter.meet(ALICE, BOB)
    for number in range(parcels):
        assert counter.deposit(paid(number, hours=hours)) is Verdict.STORED
    return counter


def held(counter: Counter, numbers: Iterable[int]) -> list[int]:
    """Return which of these boxes are there."""
    return [number for number in numbers if counter.fetch(tag_number(number))]


class TestOutbidding:
    def test_a_flood_that_pays_what_others_paid_pushes_out_nothing(self) -> None:
        counter = full_counter()
        for number in range(100, 120):
            assert counter.deposit(paid(number)) is Verdict.FULL
        assert held(counter, range(8)) == list(range(8))
        assert counter.custodian.status(counter.now).pushed_out == 0

    @pytest.mark.parametrize("hours", [2, 11, 23])
    def test_what_is_paid_in_full_takes_the_place_of_what_is_cheap(self, hours: int) -> None:
        counter = full_counter(hours=hours)
        for number in range(100, 108):
            assert counter.deposit(paid(number)) is Verdict.STORED
        assert held(counter, range(8)) == []
        assert held(counter, range(100, 108)) == list(range(100, 108))
        assert counter.deposit(paid(9, hours=hours)) is Verdict.FULL

    def test_who_paid_double_takes_the_place_of_what_came_last(self) -> None:
        counter = full_counter()
        assert counter.deposit(paid(100, 2)) is Verdict.STORED
        assert held(counter, [*range(8), 100]) == [0, 1, 2, 3, 4, 5, 6, 100]
        assert counter.store.usage()[0] == counter.custodian.parcels == 8

    def test_a_flood_pushes_out_what_it_brought_itself_before_what_was_there(self) -> None:
        counter = Counter(price=CHEAP, quota=Quota(parcels=16))
        counter.meet(ALICE)
        for number in range(16):  # four of honest people, then the flood, which chose the earlier expiry
            assert (
                counter.deposit(paid(number, hours=48) if number < 4 else paid(number, 2, hours=24)) is Verdict.STORED
            )
        for number in range(100, 112):
            counter.deposit(paid(number, 4))
        assert held(counter, range(16)) == [0, 1, 2, 3]

    def test_who_paid_double_does_not_yield_to_who_paid_as_much(self) -> None:
        counter = full_counter(2)
        for number in (100, 101):
            assert counter.deposit(paid(number, 2)) is Verdict.STORED
        assert counter.deposit(paid(102, 2)) is Verdict.FULL
        assert counter.deposit(paid(103, 4)) is Verdict.STORED

    def test_what_is_pushed_out_stays_out_after_a_restart_and_the_books_are_right(self) -> None:
        counter = full_counter()
        for number in range(100, 105):
            counter.deposit(paid(number, 2))
        again = Counter(counter.store, price=CHEAP, quota=Quota(parcels=8), seed=2)
        again.meet(ALICE)
        assert again.custodian.parcels == 8
        assert [surplus_of(rank) for rank in _eviction_order(again)] == [0, 0, 0, 1, 1, 1, 1, 1]
        assert again.deposit(paid(106)) is Verdict.FULL
        assert again.deposit(paid(107, 2)) is Verdict.STORED
        assert held(again, range(8)) == [0, 1], "who came last went first, as before the restart"

    def test_a_disk_that_fails_loses_nothing_that_had_to_make_room(self) -> None:
        counter = full_counter()
        counter.say(ALICE, _deposit(paid(100, 2)))
        [job] = counter.jobs()
        job.failed(counter.now)
        assert counter.custodian.parcels == 7
        counter.wait(61)
        assert counter.custodian.parcels == 8
        assert held(counter, range(8)) == list(range(8))

    def test_what_a_mate_pushes_outbids_like_anything_else(self) -> None:
        counter = full_counter()
        counter.meet(MATE, is_custodian=True)
        counter.say(MATE, push((0, paid(100)), (0, paid(101, 2))))
        counter.run_store()
        assert held(counter, [6, 7, 100, 101]) == [6, 101]


class TestRecords:
    def test_records_and_boxes_do_not_take_each_others_room(self) -> None:
        counter = full_counter()
        for number in range(8):
            assert counter.deposit(record(number), kind=1) is Verdict.STORED
        assert counter.deposit(record(9), kind=1) is Verdict.FULL
        assert counter.deposit(paid(9, 2)) is Verdict.STORED
        assert counter.custodian.parcels == 16

    def test_records_of_one_size_do_not_take_the_room_of_another(self) -> None:
        counter = Counter(price=CHEAP, quota=Quota(parcels=4))
        counter.meet(ALICE)
        for number in range(4):
            assert counter.deposit(record(number, size=65536, hours=2), kind=1) is Verdict.STORED
        assert counter.deposit(record(9, size=65536, hours=2), kind=1) is Verdict.FULL
        for number in range(10, 14):
            assert counter.deposit(record(number, size=4096), kind=1) is Verdict.STORED

    def test_each_size_has_room_for_what_it_is_worth(self) -> None:
        rooms = Quota().rooms()
        assert sum(size * count for size, count in rooms.items() if size != BOX_SIZE) <= Quota().records
        assert rooms[BOX_SIZE] == Quota().parcels
        assert list(rooms.values()) == sorted(rooms.values(), reverse=True)

    def test_a_record_for_a_week_takes_the_place_of_what_is_cheap(self) -> None:
        counter = Counter(price=CHEAP, quota=Quota(parcels=4))
        counter.meet(ALICE)
        for number in range(4):
            assert counter.deposit(record(number, hours=2), kind=1) is Verdict.STORED
        for number in range(10, 14):
            assert counter.deposit(record(number), kind=1) is Verdict.STORED
        assert [bool(counter.find(id_of(number))) for number in range(4)] == [False] * 4

    def test_a_record_needs_no_room_to_take_its_own_place(self) -> None:
        counter = Counter(quota=Quota(parcels=1))
        counter.meet(ALICE)
        assert counter.deposit(record_bytes(1, 1), kind=1) is Verdict.STORED
        assert counter.deposit(record_bytes(1, 2), kind=1) is Verdict.STORED
        assert counter.deposit(record_bytes(2, 1), kind=1) is Verdict.FULL
        assert (counter.custodian.parcels, counter.store.usage()[0]) == (1, 1)

    def test_a_record_that_is_written_anew_keeps_its_seniority(self) -> None:
        counter = Counter(price=CHEAP, quota=Quota(parcels=2))
        counter.meet(ALICE)
        assert counter.deposit(record(1), kind=1) is Verdict.STORED
        assert counter.deposit(record(2), kind=1) is Verdict.STORED
        again = encode_record(make_record(1, 2, expiry_hour=HOUR + 168, price=CHEAP))
        assert counter.deposit(again, kind=1) is Verdict.STORED
        assert counter.deposit(record(3, factor=4), kind=1) is Verdict.STORED
        assert [bool(counter.find(id_of(number))) for number in (1, 2, 3)] == [True, False, True]


def _eviction_order(counter: Counter) -> list[bytes]:
    return Index.load(counter.store, 0).eviction_order(BOX_SIZE).lowest(100)


def _deposit(box: bytes) -> Deposit:
    return Deposit(1, 0, box)


class TestPrices:
    def counter(self) -> Counter:
        counter = Counter(price=CHEAP, quota=Quota(parcels=64))
        counter.meet(ALICE, BOB)
        counter.follow()
        return counter

    def told(self, counter: Counter) -> list[int]:
        return [price.factor for price in counter.take(ALICE, Price)]

    def test_it_rises_when_the_last_sixteenth_is_begun_and_is_told_before_anybody_is_refused(self) -> None:
        counter = self.counter()
        for number in range(60):
            assert counter.deposit(paid(number)) is Verdict.STORED
        counter.wait(SLOT)
        assert self.told(counter) == []
        assert counter.deposit(paid(60)) is Verdict.STORED
        counter.wait(SLOT)
        assert self.told(counter) == [2]
        assert [counter.deposit(paid(number)) for number in (61, 62, 63, 64)] == [Verdict.STORED] * 3 + [Verdict.FULL]
        assert [counter.deposit(paid(number, 2)) for number in range(70, 80)] == [Verdict.STORED] * 10

    def test_late_comers_are_told_too(self) -> None:
        counter = self.counter()
        for number in range(61):
            counter.deposit(paid(number))
        counter.follow(client=BOB)
        assert counter.take(BOB, Price) == [Price(5, 2)]

    def test_who_is_refused_is_told_what_would_do(self) -> None:
        counter = self.counter()
        for number in range(64):
            counter.deposit(paid(number))
        counter.say(ALICE, Deposit(1, 0, paid(100)))
        assert counter.take(ALICE, DepositAnswer) == [DepositAnswer(1, Verdict.FULL.value, HOUR, 2)]
        counter.say(ALICE, Deposit(2, 1, record(1)))
        counter.run_store()
        assert counter.take(ALICE, DepositAnswer) == [DepositAnswer(2, Verdict.STORED.value, HOUR, 0)]

    def test_what_is_cheap_raises_no_price(self) -> None:
        counter = self.counter()
        for number in range(64):
            counter.deposit(paid(number, hours=2))
        counter.wait(2 * MARK_PERIOD)
        assert self.told(counter) == []
        assert counter.custodian.status(counter.now).price_factor == 1
        assert counter.deposit(paid(100)) is Verdict.STORED

    def test_it_is_twice_what_an_eighth_of_the_room_was_paid_at_most(self) -> None:
        counter = self.counter()
        for number in range(64):
            counter.deposit(paid(number))
        for number in range(100, 155):
            counter.deposit(paid(number, 2))
        counter.wait(MARK_PERIOD)
        assert self.told(counter)[-1] == 2  # nine of those that paid once are left
        counter.deposit(paid(200, 2))
        counter.wait(MARK_PERIOD)
        assert self.told(counter) == [4]

    def test_between_two_marks_it_falls_for_nobody(self) -> None:
        full, empty = Index.load(full_counter(64).store, 0), Index()
        prices, mark_ms = Prices({BOX_SIZE: 64}), MARK_PERIOD * 1000
        seen: list[int] = []
        for index, wall_ms in ((empty, 1), (full, 2), (empty, mark_ms - 1), (empty, mark_ms), (full, mark_ms)):
            prices.look(index, Instant(0.0, wall_ms))
            seen.append(prices.of(BOX_SIZE))
        assert seen == [0, 2, 2, 0, 2]

    @given(st.integers(0, 10**9))
    def test_all_look_at_the_same_moments_whenever_they_began(self, began_ms: int) -> None:
        prices = Prices({BOX_SIZE: 1})
        index = Index()
        index.add(Stored(Kind.BOX, ParcelId(bytes(32)), bytes(16), 0, HOUR, 0, bytes(BOX_SIZE)), 1)
        prices.look(index, Instant(5.0, began_ms))
        at_ms = began_ms + (prices.next_deadline() - 5.0) * 1000
        assert at_ms == pytest.approx(-(-(began_ms + 1) // 600_000) * 600_000)

    def test_it_goes_no_higher_than_anybody_pays(self) -> None:
        index = Index()
        index.add(Stored(Kind.BOX, ParcelId(bytes(32)), bytes(16), 0, HOUR, 0, bytes(BOX_SIZE), 30), 1)
        prices = Prices({BOX_SIZE: 1})
        prices.look(index, Instant(0.0, 0))
        assert prices.of(BOX_SIZE) == MAX_PRICE_FACTOR

    def test_where_nothing_has_to_be_outbid_no_clock_ticks(self) -> None:
        prices = Prices({BOX_SIZE: 64})
        prices.look(Index(), Instant(0.0, 0))
        assert prices.next_deadline() == float("inf")


class TestMatesThatFlood:
    def test_what_mates_push_is_taken_on_the_terms_of_deposits(self) -> None:
        counter = Counter(price=CHEAP, quota=Quota(parcels=8))
        counter.meet(ALICE)
        counter.meet(MATE, is_custodian=True)
        for number in range(20):
            counter.say(MATE, push((0, paid(number))))
        counter.run_store()
        assert held(counter, range(20)) == list(range(8))
        assert counter.custodian.status(counter.now).pushes_refused == 12
        assert counter.custodian.status(counter.now).price_factor == 2
        assert counter.deposit(paid(100, 2)) is Verdict.STORED

    def test_a_flood_of_one_custodian_comes_to_its_mates_and_so_does_its_price(self) -> None:
        flooded, mate = (Counter(price=CHEAP, quota=Quota(parcels=16), seed=seed) for seed in (1, 2))
        flooded.meet(ALICE)
        mate.meet(ALICE)
        flooded.meet(MATE, is_custodian=True)
        mate.meet(MATE, is_custodian=True)
        for number in range(16):
            assert flooded.deposit(paid(number)) is Verdict.STORED
            for message in flooded.take(MATE, Push):
                mate.say(MATE, message)
            mate.run_store()
        assert [each.custodian.status(each.now).price_factor for each in (flooded, mate)] == [2, 2]
        assert held(mate, range(16)) == list(range(16))

    def test_one_that_pushes_much_keeps_out_no_other(self) -> None:
        counter = Counter(price=CHEAP)
        other = ClientId(10)
        counter.meet(MATE, other, is_custodian=True)
        counter.meet(ALICE)
        rubbish = [(0, b"%d" % number) for number in range(50)]
        for _ in range(2 * MAX_EACH // 50):
            counter.say(MATE, push(*rubbish))
        counter.say(other, push((0, paid(1))))
        waiting = len(counter.custodian._pushed)
        assert waiting <= MAX_EACH + 1
        for _ in range(3):
            counter.custodian.handle_timeout(counter.now)
        assert counter.custodian.is_examining
        for job in counter.jobs():
            job.done(job.run(), counter.now)
        assert held(counter, [1]) == [1]

    def test_what_a_mate_pushed_goes_with_it(self) -> None:
        pushed = PushQueue()
        pushed.add(MATE, [Parcel(0, b"one"), Parcel(0, b"two")])
        pushed.add(ALICE, [Parcel(0, b"three")])
        assert (len(pushed), pushed.room_for(MATE)) == (3, MAX_EACH - 2)
        pushed.forget(MATE)
        assert pushed.take() == (ALICE, Parcel(0, b"three"))
        assert pushed.take() is None
        assert not pushed


class TestBoxesFromPackets:
    def test_a_box_is_taken_and_nobody_is_answered(self) -> None:
        counter = Counter()
        counter.meet(ALICE, BOB)
        counter.send_box(box_bytes(1), ALICE)
        assert counter.fetch(tag_number(1), client=BOB) == [box_bytes(1)]
        assert counter.sent[ALICE] == []

    @pytest.mark.parametrize("box", [b"", bytes(921), box_bytes(1)], ids=["empty", "zeros", "unpaid"])
    def test_rubbish_is_counted_and_costs_the_link_that_brought_it(self, box: bytes) -> None:
        counter = Counter(price=CHEAP)
        counter.meet(ALICE, BOB)
        for _ in range(int(RELAYED_BURST)):
            counter.custodian.take_box(box, ALICE, counter.now)
        counter.send_box(cheap := paid(1, hours=2), ALICE)
        assert counter.custodian.refused == RELAYED_BURST + 1
        assert counter.fetch(tag_number(1)) == []
        counter.send_box(cheap, BOB)
        assert counter.fetch(tag_number(1)) == [cheap]

    def test_who_shares_a_relay_with_a_flood_gets_through_with_what_is_paid_for(self) -> None:
        counter = Counter(price=CHEAP)
        counter.meet(ALICE)
        for _ in range(int(RELAYED_BURST) + 100):
            counter.custodian.take_box(bytes(921), ALICE, counter.now)
        counter.send_box(paid(1), ALICE)
        assert held(counter, [1]) == [1]

    def test_a_link_that_is_not_there_brings_nothing(self) -> None:
        counter = Counter()
        counter.send_box(box_bytes(1), ALICE)
        assert counter.store.usage() == (0, 0)

    def test_a_box_from_a_packet_must_be_paid_for(self) -> None:
        counter = Counter(price=CHEAP)
        counter.meet(ALICE)
        counter.send_box(box_bytes(1))
        assert counter.custodian.status(counter.now).refused == {Verdict.WORK: 1}
