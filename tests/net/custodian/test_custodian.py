"""The custodian's counter: what it takes, what it gives, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from net.bucket import address_of
from net.custodian import ClientId, Quota
from net.custodian.allowance import DEPOSIT_BURST, READ_BURST
from net.custodian.intake import MAX_WAITING
from net.custodian.reads import MAX_READS
from net.custodian.sweeps import SWEEP_PERIOD
from net.events import Verdict
from net.messages import MAX_TAGS_PER_FETCH, Boxes, Busy, Deposit, DepositAnswer, Fetch, FindRecord, Push
from net.parcel.box import encode_box
from net.parcel.record import encode_record
from tests.support.counter import ALICE, BOB, Counter, push
from tests.support.parcels import (
    CHEAP,
    HOUR,
    NOW,
    box_bytes,
    id_of,
    make_box,
    make_record,
    record_bytes,
    tag_number,
)

DAVE = ClientId(9)


@pytest.fixture
def counter() -> Counter:
    counter = Counter()
    counter.meet(ALICE, BOB)
    return counter


def test_a_box_is_stored_and_given_back(counter: Counter) -> None:
    assert counter.deposit(box_bytes(1)) is Verdict.STORED
    assert counter.fetch(tag_number(1), client=BOB) == [box_bytes(1)]


def test_the_answer_carries_the_custodians_hour(counter: Counter) -> None:
    counter.say(ALICE, Deposit(4, 0, box_bytes(1)))
    counter.run_store()
    assert counter.take(ALICE, DepositAnswer) == [DepositAnswer(4, 0, HOUR)]


def test_the_same_box_again_is_stored_again(counter: Counter) -> None:
    assert counter.deposit(box_bytes(1)) is Verdict.STORED
    assert counter.deposit(box_bytes(1), BOB) is Verdict.STORED
    assert counter.store.usage()[0] == 1


def test_two_who_deposit_the_same_box_at_once_both_hear_of_it(counter: Counter) -> None:
    counter.say(ALICE, Deposit(1, 0, box_bytes(1)))
    counter.say(BOB, Deposit(2, 0, box_bytes(1)))
    counter.run_store()
    assert len(counter.take(ALICE, DepositAnswer)) == len(counter.take(BOB, DepositAnswer)) == 1
    assert counter.store.usage()[0] == 1


def test_nothing_is_acknowledged_before_it_is_on_the_disk(counter: Counter) -> None:
    counter.say(ALICE, Deposit(1, 0, box_bytes(1)))
    [job] = counter.jobs()
    result = job.run()
    assert counter.store.usage()[0] == 1
    assert not counter.sent[ALICE]
    job.done(result, counter.now)
    assert len(counter.take(ALICE, DepositAnswer)) == 1


def test_what_comes_during_a_commit_is_committed_together(counter: Counter) -> None:
    counter.say(ALICE, Deposit(1, 0, box_bytes(1)))
    [first] = counter.jobs()
    for number in range(2, 50):
        counter.say(ALICE, Deposit(number, 0, box_bytes(number)))
        assert counter.jobs() == []
    first.done(first.run(), counter.now)
    [second] = counter.jobs()
    assert len(second.run()) == 48


def test_a_disk_that_fails_makes_the_custodian_full_and_not_forgetful(counter: Counter) -> None:
    counter.say(ALICE, Deposit(1, 0, box_bytes(1)))
    [job] = counter.jobs()
    job.failed(counter.now)
    assert [answer.verdict for answer in counter.take(ALICE, DepositAnswer)] == [Verdict.FULL.value]
    assert counter.deposit(box_bytes(1)) is Verdict.STORED


class TestVerdicts:
    def test_malformed(self, counter: Counter) -> None:
        assert counter.deposit(box_bytes(1)[:-1]) is Verdict.MALFORMED
        assert counter.deposit(b"\x02" + box_bytes(1)[1:]) is Verdict.MALFORMED
        assert counter.deposit(box_bytes(1), kind=1) is Verdict.MALFORMED

    def test_expiry(self, counter: Counter) -> None:
        assert counter.deposit(box_bytes(1, expiry_hour=HOUR + 51)) is Verdict.EXPIRY
        assert counter.deposit(box_bytes(1, expiry_hour=HOUR - 1)) is Verdict.EXPIRY
        assert counter.deposit(box_bytes(1, expiry_hour=HOUR)) is Verdict.STORED

    def test_prefix(self, counter: Counter) -> None:
        assert counter.deposit(box_bytes(1, prefix=1 << 29)) is Verdict.PREFIX
        counter.keep(1 << 31, 1)
        assert counter.deposit(box_bytes(1)) is Verdict.PREFIX
        assert counter.deposit(box_bytes(1, prefix=1 << 31)) is Verdict.STORED

    def test_work(self) -> None:
        counter = Counter(price=CHEAP)
        counter.meet(ALICE)
        assert counter.deposit(box_bytes(1)) is Verdict.WORK
        assert counter.deposit(box_bytes(1, price=CHEAP)) is Verdict.STORED

    def test_signature(self, counter: Counter) -> None:
        assert counter.deposit(encode_box(replace(make_box(1), signature=bytes(64)))) is Verdict.SIGNATURE

    def test_crowded_after_four_variants(self, counter: Counter) -> None:
        for variant in range(4):
            assert counter.deposit(box_bytes(1, content=b"%d" % variant)) is Verdict.STORED
        assert counter.deposit(box_bytes(1, content=b"fifth")) is Verdict.CROWDED
        assert counter.deposit(box_bytes(1, content=b"2")) is Verdict.STORED
        assert len(counter.fetch(tag_number(1))) == 4

    def test_crowded_counts_what_is_still_on_its_way_to_the_disk(self, counter: Counter) -> None:
        for variant in range(5):
            counter.say(ALICE, Deposit(variant, 0, box_bytes(1, content=b"%d" % variant)))
        counter.run_store()
        verdicts = [answer.verdict for answer in counter.take(ALICE, DepositAnswer)]
        assert sorted(verdicts) == [0, 0, 0, 0, Verdict.CROWDED.value]

    def test_full_by_number_and_by_size(self) -> None:
        for quota in (Quota(parcels=2), Quota(size=2 * 921)):
            counter = Counter(quota=quota)
            counter.meet(ALICE)
            assert [counter.deposit(box_bytes(n)) for n in range(3)] == [Verdict.STORED, Verdict.STORED, Verdict.FULL]
            assert counter.deposit(box_bytes(1)) is Verdict.STORED

    def test_stale(self, counter: Counter) -> None:
        assert counter.deposit(record_bytes(1, 5), kind=1) is Verdict.STORED
        assert counter.deposit(record_bytes(1, 4), kind=1) is Verdict.STALE
        assert counter.deposit(record_bytes(1, 5, content=b"other"), kind=1) is Verdict.STALE
        assert counter.deposit(record_bytes(1, 5), kind=1) is Verdict.STORED

    def test_a_record_lies_where_its_id_begins(self, counter: Counter) -> None:
        counter.keep(address_of(id_of(1)), 8)
        assert counter.deposit(record_bytes(1, 1), kind=1) is Verdict.STORED
        assert counter.deposit(record_bytes(2, 1), kind=1) is Verdict.PREFIX

    def test_a_record_is_checked_like_a_box(self) -> None:
        counter = Counter(price=CHEAP)
        counter.meet(ALICE)
        paid = make_record(1, 1, price=CHEAP)
        assert counter.deposit(encode_record(replace(paid, work=(0,) * 8)), kind=1) is Verdict.WORK
        assert counter.deposit(encode_record(replace(paid, signature=bytes(64))), kind=1) is Verdict.SIGNATURE
        assert counter.deposit(encode_record(make_record(1, 1, expiry_hour=HOUR + 2163)), kind=1) is Verdict.EXPIRY
        assert counter.deposit(encode_record(paid), kind=1) is Verdict.STORED


def test_the_record_with_the_highest_number_is_given(counter: Counter) -> None:
    counter.deposit(record_bytes(1, 1), kind=1)
    counter.deposit(record_bytes(1, 2, content=b"newer"), kind=1)
    assert counter.find(id_of(1)) == record_bytes(1, 2, content=b"newer")
    assert counter.find(id_of(2)) == b""
    assert counter.custodian.parcels == 1


def test_what_was_refused_is_not_there(counter: Counter) -> None:
    counter.deposit(encode_box(replace(make_box(1), signature=bytes(64))))
    assert counter.fetch(tag_number(1)) == []
    assert counter.custodian.refused == 1


def test_many_boxes_come_in_several_answers(counter: Counter) -> None:
    for number in range(30):
        for variant in range(4):
            counter.deposit(box_bytes(number, content=b"%d" % variant))
    counter.say(ALICE, Fetch(1, b"".join(tag_number(number) for number in range(30))))
    counter.run_store()
    answers = counter.take(ALICE, Boxes)
    assert [len(answer.boxes) for answer in answers] == [64, 56]
    assert [answer.is_last for answer in answers] == [False, True]


def test_a_parcel_goes_an_hour_after_its_expiry_and_not_before(counter: Counter) -> None:
    counter.deposit(box_bytes(1, expiry_hour=HOUR + 1))
    counter.wait(2 * 3600 - SWEEP_PERIOD)
    assert counter.fetch(tag_number(1)) != []
    counter.wait(3600 + SWEEP_PERIOD)
    assert counter.fetch(tag_number(1)) == []
    assert counter.custodian.parcels == 0


class TestFloods:
    def test_deposits_of_one_client_are_rationed_and_others_unharmed(self, counter: Counter) -> None:
        rubbish = encode_box(replace(make_box(1), signature=bytes(64)))
        for _ in range(int(DEPOSIT_BURST)):
            counter.say(ALICE, Deposit(1, 0, rubbish))
        counter.take(ALICE, DepositAnswer)
        assert counter.deposit(box_bytes(2)) is not Verdict.STORED
        assert counter.deposit(box_bytes(2), BOB) is Verdict.STORED
        counter.wait(10)
        assert counter.deposit(box_bytes(3)) is Verdict.STORED

    def test_fetches_of_one_client_are_rationed(self, counter: Counter) -> None:
        request = Fetch(1, b"".join(bytes([n] * 8) for n in range(MAX_TAGS_PER_FETCH)))
        for _ in range(int(READ_BURST) // MAX_TAGS_PER_FETCH):
            counter.say(ALICE, request)
            counter.run_store()
        counter.say(ALICE, request)
        assert len(counter.take(ALICE, Busy)) == 1

    def test_reads_that_wait_for_the_disk_are_bounded(self, counter: Counter) -> None:
        for number in range(10, 20):
            counter.meet(ClientId(number))
            for _ in range(64):
                counter.say(ClientId(number), Fetch(1, bytes(8)))
        busy = sum(len(counter.take(ClientId(number), Busy)) for number in range(10, 20))
        assert busy == 640 - MAX_READS

    def test_a_client_that_takes_nothing_costs_no_reads(self, counter: Counter) -> None:
        counter.closed.add(ALICE)
        counter.say(ALICE, FindRecord(1, id_of(1)))
        assert counter.jobs() == []

    def test_parcels_on_their_way_to_the_disk_are_bounded(self, counter: Counter) -> None:
        clients = [ClientId(number) for number in range(100, 104)]
        counter.meet(*clients)
        for number in range(MAX_WAITING + 10):
            counter.say(clients[number % 4], Deposit(number, 0, box_bytes(number)))
        refused = [answer.verdict for client in clients for answer in counter.take(client, DepositAnswer)]
        assert refused == [Verdict.FULL.value] * 10
        counter.run_store()
        assert counter.custodian.parcels == MAX_WAITING

    def test_a_stranger_who_never_came_to_the_counter_gets_no_answer(self, counter: Counter) -> None:
        counter.say(DAVE, Deposit(1, 0, box_bytes(1)))
        counter.run_store()
        assert not counter.sent[DAVE]


class TestPushes:
    def test_a_deposit_is_pushed_to_the_other_custodians_at_once(self, counter: Counter) -> None:
        counter.meet(DAVE, is_custodian=True)
        counter.deposit(box_bytes(1))
        assert counter.take(DAVE, Push) == [push((0, box_bytes(1)))]
        assert counter.take(BOB, Push) == []

    def test_what_was_pushed_is_kept_and_not_pushed_on(self, counter: Counter) -> None:
        counter.meet(DAVE, ClientId(10), is_custodian=True)
        counter.say(DAVE, push((0, box_bytes(1)), (1, record_bytes(2, 3))))
        counter.run_store()
        assert counter.fetch(tag_number(1)) == [box_bytes(1)]
        assert counter.find(id_of(2)) == record_bytes(2, 3)
        assert counter.take(ClientId(10), Push) == []

    def test_a_push_is_checked_like_a_deposit(self, counter: Counter) -> None:
        counter.meet(DAVE, is_custodian=True)
        counter.say(DAVE, push((0, encode_box(replace(make_box(1), signature=bytes(64))))))
        counter.run_store()
        assert counter.store.usage() == (0, 0)

    def test_a_leaf_cannot_push(self, counter: Counter) -> None:
        counter.say(ALICE, push((0, box_bytes(1))))
        counter.run_store()
        assert counter.store.usage() == (0, 0)

    def test_a_full_queue_is_no_reason_to_hang(self, counter: Counter) -> None:
        counter.meet(DAVE, is_custodian=True)
        counter.closed.add(DAVE)
        assert counter.deposit(box_bytes(1)) is Verdict.STORED
        assert counter.custodian.pushes_lost == 1


def test_what_was_stored_before_a_restart_is_held_after_it(counter: Counter) -> None:
    counter.deposit(box_bytes(1))
    again = Counter(counter.store)
    again.meet(ALICE)
    assert again.custodian.parcels == 1
    assert again.deposit(box_bytes(1)) is Verdict.STORED
    assert again.fetch(tag_number(1)) == [box_bytes(1)]
    assert again.now == NOW
