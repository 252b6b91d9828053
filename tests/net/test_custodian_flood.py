"""Floods: what was paid for stays, what floods pays ever more, and no mate takes more than its share."""

from __future__ import annotations

import pytest

from net.custodian import Quota, Requester
from net.custodian.allowance import RELAYED_BURST
from net.custodian.index import Index
from net.custodian.ladder import surplus_of
from net.custodian.price import WINDOW, RisingPrice
from net.custodian.swarm import MAX_SHARES, SHARE_PERIOD, Swarm
from net.events import Verdict
from net.ids import OverlayId
from net.instant import Instant
from net.messages import MAX_PRICE_FACTOR, Deposit, Price
from net.parcel.box import appraise_box, decode_box
from net.parcel.record import encode_record
from net.store import Kind
from tests.support.counter import ALICE, BOB, Counter, place_of, push
from tests.support.parcels import CHEAP, HOUR, box_bytes, make_record, record_bytes, tag_number

MATE = Requester(9)


def paid(number: int, factor: int = 1, *, expiry_hour: int = HOUR + 48) -> bytes:
    """Return a box that was paid ``factor`` times the price and, by luck, not seen to be worth twice that."""
    for attempt in range(20):
        data = box_bytes(number, content=b"%d" % attempt, expiry_hour=expiry_hour, price=CHEAP, factor=factor)
        if appraise_box(decode_box(data), HOUR, CHEAP) == factor.bit_length() - 1:
            return data
    raise AssertionError("no such luck")


def full_counter(parcels: int = 8) -> Counter:
    """Return a counter whose quota is used up by boxes 0 … that paid the price, the last of them expiring first."""
    counter = Counter(price=CHEAP, quota=Quota(parcels=parcels))
    counter.meet(ALICE, BOB)
    for number in range(parcels):
        assert counter.deposit(paid(number, expiry_hour=HOUR + 48 - number // 4)) is Verdict.STORED
    return counter


class TestEviction:
    def test_a_flood_that_pays_what_is_asked_pushes_out_nothing(self) -> None:
        counter = full_counter()
        for number in range(100, 120):
            assert counter.deposit(paid(number)) is Verdict.FULL
        assert counter.fetch(*(tag_number(number) for number in range(8))) != []
        assert counter.custodian.status(counter.now).pushed_out == 0

    def test_who_paid_double_takes_the_place_of_what_expires_first(self) -> None:
        counter = full_counter()
        assert counter.deposit(paid(100, 2)) is Verdict.STORED
        assert len(counter.fetch(tag_number(100))) == 1
        gone = [number for number in range(8) if not counter.fetch(tag_number(number))]
        assert len(gone) == 1
        assert gone[0] >= 4
        assert counter.store.usage()[0] == counter.custodian.parcels == 8

    def test_who_paid_double_does_not_yield_to_who_paid_as_much(self) -> None:
        counter = full_counter(2)
        for number in (100, 101):
            assert counter.deposit(paid(number, 2)) is Verdict.STORED
        assert counter.deposit(paid(102, 2)) is Verdict.FULL
        assert counter.deposit(paid(103, 4)) is Verdict.STORED

    def test_a_flood_that_pays_the_risen_price_pushes_out_nothing_either(self) -> None:
        counter = Counter(price=CHEAP, quota=Quota(parcels=8))
        counter.meet(ALICE)
        for window in range(2):
            for number in range(4):  # above the target, which is none at this quota
                assert counter.deposit(paid(4 * window + number)) is Verdict.STORED
            counter.wait(WINDOW + 1)
        assert counter.custodian.status(counter.now).price_factor == 4  # and 2 is honoured
        assert counter.deposit(paid(100, 2)) is Verdict.FULL
        assert counter.deposit(paid(101, 4)) is Verdict.STORED

    def test_what_is_pushed_out_stays_out_after_a_restart_and_the_books_are_right(self) -> None:
        counter = full_counter()
        for number in range(100, 105):
            counter.deposit(paid(number, 2))
        again = Counter(counter.store, price=CHEAP, quota=Quota(parcels=8), seed=2)
        again.meet(ALICE)
        assert again.custodian.parcels == 8
        assert sorted(surplus_of(rung) for rung in _ladder(again)) == [0, 0, 0, 1, 1, 1, 1, 1]
        assert again.deposit(paid(106)) is Verdict.FULL

    def test_a_disk_that_fails_loses_nothing_that_had_to_make_room(self) -> None:
        counter = full_counter()
        counter.say(ALICE, _deposit(paid(100, 2)))
        [job] = counter.jobs()
        job.failed(counter.now)
        assert counter.custodian.parcels == 7
        counter.wait(61)
        assert counter.custodian.parcels == 8
        assert all(counter.fetch(tag_number(number)) for number in range(8))

    def test_records_and_boxes_do_not_take_each_others_room(self) -> None:
        counter = full_counter()
        for number in range(8):
            assert counter.deposit(_record(number), kind=1) is Verdict.STORED
        assert counter.deposit(_record(9), kind=1) is Verdict.FULL
        assert counter.deposit(paid(9, 2)) is Verdict.STORED
        assert counter.custodian.parcels == 16

    def test_a_record_needs_no_room_to_take_its_own_place(self) -> None:
        counter = Counter(quota=Quota(parcels=1))
        counter.meet(ALICE)
        assert counter.deposit(record_bytes(1, 1), kind=1) is Verdict.STORED
        assert counter.deposit(record_bytes(1, 2), kind=1) is Verdict.STORED
        assert counter.deposit(record_bytes(2, 1), kind=1) is Verdict.FULL
        assert (counter.custodian.parcels, counter.store.usage()[0]) == (1, 1)


def _ladder(counter: Counter) -> list[bytes]:
    return Index.load(counter.store, 0).ladder(Kind.BOX).lowest(100)


def _deposit(box: bytes) -> Deposit:
    return Deposit(1, 0, box)


def _record(number: int) -> bytes:
    return encode_record(make_record(number, 1, price=CHEAP))


class TestRisingPrice:
    def test_it_doubles_while_too_much_arrives_up_to_a_bound_and_falls_again(self) -> None:
        price, seen = RisingPrice(target=10), []
        now = Instant(0.0, 0)
        for arrivals in [11] * 8 + [10, 6] + [5] * 7:
            for _ in range(arrivals):
                price.arrived(now)
            now = Instant(now.mono + WINDOW, 0)
            price.handle_timeout(now)
            seen.append(price.factor)
        assert seen == [2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 32, 16, 8, 4, 2, 1, 1]
        assert max(seen) == MAX_PRICE_FACTOR

    def test_the_former_price_is_honoured_for_ten_minutes(self) -> None:
        price = RisingPrice(target=0)
        price.arrived(Instant(0.0, 0))
        price.handle_timeout(Instant(WINDOW, 0))
        assert (price.factor, price.honoured) == (2, 1)
        price.handle_timeout(Instant(2 * WINDOW - 1, 0))
        assert price.honoured == 1

    def test_where_nothing_arrives_no_clock_ticks(self) -> None:
        price = RisingPrice(target=0)
        assert price.next_deadline() == float("inf")
        price.arrived(Instant(0.0, 0))
        for window in range(1, 5):
            price.handle_timeout(Instant(window * WINDOW, 0))
        assert (price.factor, price.next_deadline()) == (1, float("inf"))

    def test_readers_are_told_and_late_comers_too_and_the_price_is_asked(self) -> None:
        counter = Counter(price=CHEAP, quota=Quota(parcels=288))
        counter.meet(ALICE, BOB)
        counter.follow()
        for number in range(2):
            counter.throw(paid(number))
        counter.wait(WINDOW + 1)
        assert counter.take(ALICE, Price) == [Price(5, 2)]
        counter.follow(requester=BOB)
        assert counter.take(BOB, Price) == [Price(5, 2)]
        assert counter.deposit(paid(2)) is Verdict.STORED  # solved before the news
        counter.deposit(paid(3))
        counter.wait(WINDOW)
        assert counter.take(ALICE, Price) == [Price(5, 4)]
        assert counter.deposit(paid(4)) is Verdict.WORK
        assert counter.deposit(paid(5, 2)) is Verdict.STORED
        counter.wait(3 * WINDOW)
        assert counter.take(ALICE, Price)[-1] == Price(5, 1)
        assert counter.deposit(paid(6)) is Verdict.STORED

    def test_what_mates_push_neither_raises_the_price_nor_pays_it(self) -> None:
        counter = Counter(price=CHEAP, quota=Quota(parcels=288))
        counter.meet(ALICE)
        counter.meet(MATE, is_custodian=True)
        for number in range(6):
            counter.say(MATE, push((0, paid(number))))
        counter.run_store()
        counter.wait(2 * WINDOW)
        assert counter.custodian.status(counter.now).price_factor == 1
        for number in (6, 7, 8, 9):
            counter.throw(paid(number))
            counter.wait(WINDOW / 2)
        assert counter.deposit(paid(20)) is Verdict.WORK
        counter.say(MATE, push((0, paid(20))))
        counter.run_store()
        assert counter.deposit(paid(20)) is Verdict.STORED


class TestMatesThatFlood:
    def test_a_mate_fills_half_and_its_share_and_no_more_and_pushes_out_nothing(self) -> None:
        counter = Counter(quota=Quota(parcels=64))
        counter.meet(ALICE)
        counter.meet(MATE, is_custodian=True)
        for number in range(100):
            counter.say(MATE, push((0, box_bytes(number))))
        counter.run_store()
        assert counter.custodian.parcels == 32 + 8
        assert counter.custodian.status(counter.now).pushes_refused == 60
        assert counter.deposit(box_bytes(200)) is Verdict.STORED

    def test_coming_again_gives_no_new_share_and_time_does(self) -> None:
        counter = Counter(quota=Quota(parcels=64))
        for again in range(3):
            mate = Requester(20 + again)
            counter.meet_mate(mate, place_of(MATE), 0)
            for number in range(50):
                counter.say(mate, push((0, box_bytes(50 * again + number))))
            counter.run_store()
            counter.custodian.requester_down(mate)
        assert counter.custodian.parcels == 40
        counter.wait(SHARE_PERIOD / 4)
        counter.meet_mate(MATE, place_of(MATE), 0)
        for number in range(300, 350):
            counter.say(MATE, push((0, box_bytes(number))))
        counter.run_store()
        assert counter.custodian.parcels == 42

    def test_all_mates_together_leave_room_for_those_who_deposit_here(self) -> None:
        counter = Counter(quota=Quota(parcels=64))
        counter.meet(ALICE)
        for number in range(100):
            mate = Requester(20 + number % 10)
            counter.meet_mate(mate, place_of(mate), 0)
            counter.say(mate, push((0, box_bytes(number))))
        counter.run_store()
        assert counter.custodian.parcels == 56
        assert [counter.deposit(box_bytes(200 + n)) for n in range(9)] == [Verdict.STORED] * 8 + [Verdict.FULL]

    def test_shares_that_are_remembered_are_bounded(self) -> None:
        counter = Counter()
        swarm = Swarm(counter.store, counter, bytes, share=5)
        for number in range(MAX_SHARES):
            swarm.known(Requester(number), place_of(Requester(number)), counter.now)
            swarm.told(Requester(number), 0, counter.now)
        shares = [swarm.share_of(Requester(number)) for number in range(MAX_SHARES)]
        assert swarm.share_of(Requester(0)) is shares[0]
        swarm.known(MATE, OverlayId(b"m" * 32), counter.now)
        swarm.share_of(MATE)
        assert swarm.share_of(Requester(0)) is shares[0]  # used since
        assert swarm.share_of(Requester(1)) is not shares[1]  # made room


class TestBoxesFromPackets:
    def test_a_box_is_taken_and_nobody_is_answered(self) -> None:
        counter = Counter()
        counter.meet(ALICE, BOB)
        counter.throw(box_bytes(1), ALICE)
        assert counter.fetch(tag_number(1), requester=BOB) == [box_bytes(1)]
        assert counter.sent[ALICE] == []

    @pytest.mark.parametrize("box", [b"", bytes(921), box_bytes(1)[:-1] + b"\x00"], ids=["empty", "zeros", "forged"])
    def test_rubbish_is_counted_and_costs_the_link_that_brought_it(self, box: bytes) -> None:
        counter = Counter()
        counter.meet(ALICE, BOB)
        for _ in range(int(RELAYED_BURST)):
            counter.custodian.take_box(box, ALICE, counter.now)
        counter.throw(box_bytes(1), ALICE)
        assert counter.custodian.refused == RELAYED_BURST + 1
        assert counter.fetch(tag_number(1)) == []
        counter.throw(box_bytes(1), BOB)
        assert counter.fetch(tag_number(1)) == [box_bytes(1)]

    def test_a_link_that_is_not_there_brings_nothing(self) -> None:
        counter = Counter()
        counter.throw(box_bytes(1), ALICE)
        assert counter.store.usage() == (0, 0)

    def test_a_box_from_a_packet_must_be_paid_for(self) -> None:
        counter = Counter(price=CHEAP)
        counter.meet(ALICE)
        counter.throw(box_bytes(1))
        assert counter.custodian.status(counter.now).refused == {Verdict.WORK: 1}
