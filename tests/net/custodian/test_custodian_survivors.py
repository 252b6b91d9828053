"""What a stranger or a mate may cost a custodian, and what neither gets out of it."""

from __future__ import annotations

from net.bucket import Bucket
from net.custodian import ClientId, Quota
from net.custodian.allowance import DEPOSIT_BURST, PUSH_BURST, READ_BURST, REPAIR_BURST
from net.custodian.custodian import (
    ENTRIES_PER_COST,
    FOLLOW_COST,
    MAX_CLIENTS,
    PUSHED_AT_ONCE,
)
from net.custodian.index import Index, key_of, key_ranges
from net.custodian.push_queue import MAX_EACH
from net.custodian.quota import MAX_PUSHED_OUT
from net.custodian.reads import RECORD_COST
from net.custodian.repair import MAX_GIVING, Repair
from net.events import Verdict
from net.messages import (
    MAX_KEYS_PER_ANSWER,
    MAX_PARCELS_PER_PUSH,
    Busy,
    Compare,
    Compared,
    Deposit,
    DepositAnswer,
    Fetch,
    FindRecord,
    FoundRecord,
    Push,
    Want,
)
from net.parcel.box import decode_box
from net.parcel.store import Kind, Stored
from tests.support.counter import ALICE, BOB, SLOT, Counter, place_of, push, tags_in
from tests.support.parcels import CHEAP, HOUR, NOW, box_bytes, id_of, record_bytes, tag_number

MATE, OTHER_MATE = ClientId(50), ClientId(51)


def key_in(kind: Kind, box: bytes) -> bytes:
    """Return the key that a box has, or would have as another kind."""
    decoded = decode_box(box)
    return key_of(kind, decoded.prefix, decoded.box_id, decoded.variant(), 0)


def counter_with_mates(*clients: ClientId) -> Counter:
    counter = Counter()
    counter.meet(ALICE, BOB)
    for client in clients:
        counter.meet_mate(client, place_of(client), 0)
    return counter


class TestRecords:
    def test_an_older_record_does_not_overtake_a_newer_one_on_its_way_to_the_disk(self) -> None:
        counter = counter_with_mates()
        counter.say(ALICE, Deposit(1, 1, record_bytes(1, 9)))
        counter.say(ALICE, Deposit(2, 1, record_bytes(1, 8)))
        counter.run_store()
        verdicts = {answer.request: Verdict(answer.verdict) for answer in counter.take(ALICE, DepositAnswer)}
        assert verdicts == {1: Verdict.STORED, 2: Verdict.STALE}
        assert counter.find(id_of(1)) == record_bytes(1, 9)

    def test_of_two_records_with_one_number_the_first_stays(self) -> None:
        counter = counter_with_mates()
        assert counter.deposit(record_bytes(1, 9), kind=1) is Verdict.STORED
        assert counter.deposit(record_bytes(1, 9, content=b"other"), kind=1) is Verdict.STALE
        assert counter.find(id_of(1)) == record_bytes(1, 9)


class TestRoom:
    def test_where_the_room_was_made_smaller_nobody_pushes_out_a_whole_store_whatever_was_paid(self) -> None:
        counter = Counter(price=CHEAP, quota=Quota(parcels=20))
        counter.meet(ALICE)
        for number in range(20):
            assert counter.deposit(box_bytes(number, price=CHEAP)) is Verdict.STORED
        smaller = Counter(counter.store, price=CHEAP, quota=Quota(parcels=20 - MAX_PUSHED_OUT), seed=2)
        smaller.meet(ALICE)
        assert smaller.deposit(box_bytes(99, price=CHEAP, factor=64)) is Verdict.FULL
        assert smaller.custodian.parcels == 20
        larger = Counter(counter.store, price=CHEAP, quota=Quota(parcels=21 - MAX_PUSHED_OUT), seed=3)
        larger.meet(ALICE)
        assert larger.deposit(box_bytes(99, price=CHEAP, factor=64)) is Verdict.STORED
        assert larger.custodian.parcels == larger.store.usage()[0] == 21 - MAX_PUSHED_OUT

    def test_what_was_paid_well_finds_room_at_the_cost_of_few(self) -> None:
        counter = Counter(price=CHEAP, quota=Quota(parcels=4))
        counter.meet(ALICE)
        for number in range(4):
            assert counter.deposit(box_bytes(number, price=CHEAP), kind=0) is Verdict.STORED
        assert counter.deposit(box_bytes(9, price=CHEAP, factor=64)) is Verdict.STORED
        assert counter.custodian.parcels == counter.store.usage()[0] == 4

    def test_what_expired_is_deleted_from_the_disk_and_nothing_sooner(self) -> None:
        counter = counter_with_mates()
        counter.deposit(box_bytes(1, expiry_hour=HOUR + 3))
        counter.wait(3 * 3600)
        assert counter.store.usage()[0] == 1
        counter.wait(3 * 3600)
        assert counter.store.usage()[0] == 0


class TestStrangers:
    def test_who_found_no_room_at_the_counter_is_not_served(self) -> None:
        counter = Counter()
        counter.meet(*(ClientId(1000 + number) for number in range(MAX_CLIENTS)))
        counter.meet(BOB)
        counter.say(BOB, Deposit(1, 0, box_bytes(1)))
        counter.say(BOB, Fetch(2, bytes(8)))
        counter.follow(client=BOB)
        counter.run_store()
        assert counter.sent[BOB] == []
        assert counter.store.usage()[0] == 0

    def test_deposits_have_a_rate_for_each_client(self) -> None:
        counter = counter_with_mates()
        for _ in range(int(DEPOSIT_BURST)):
            counter.say(ALICE, Deposit(1, 0, b"rubbish"))
        counter.take(ALICE, DepositAnswer)
        assert counter.deposit(box_bytes(1)) is Verdict.FULL
        assert counter.deposit(box_bytes(1), BOB) is Verdict.STORED

    def test_searches_for_records_have_a_rate_for_each_client(self) -> None:
        counter = counter_with_mates()
        allowed = int(READ_BURST) // RECORD_COST
        for number in range(allowed + 1):
            counter.say(ALICE, FindRecord(number, id_of(number)))
            counter.run_store()
        assert len(counter.take(ALICE, FoundRecord)) == allowed
        assert counter.take(ALICE, Busy) == [Busy(allowed)]
        assert counter.find(id_of(1), BOB) == b""

    def test_beginning_streams_over_and_over_costs_an_allowance(self) -> None:
        counter = counter_with_mates()
        for _ in range(int(READ_BURST) // FOLLOW_COST):
            counter.follow()
            assert counter.pieces()
        counter.follow()
        assert counter.pieces() == []
        counter.follow(client=BOB)
        assert counter.pieces(BOB)

    def test_a_stream_from_the_beginning_costs_what_looking_through_the_log_does(self) -> None:
        entries = 200 * ENTRIES_PER_COST
        counter = Counter()
        junk = [
            Stored(Kind.BOX, id_of(0), number.to_bytes(16, "big"), 0, HOUR + 48, 0, b"") for number in range(entries)
        ]
        counter.store.put(junk)
        counter = Counter(counter.store)
        counter.meet(ALICE)
        followed, is_told = -1, True
        while is_told:
            followed += 1
            counter.follow()
            is_told = bool(counter.pieces())
        assert followed == int(READ_BURST) // (FOLLOW_COST + 200)

    def test_a_tag_tells_nothing_finer_than_a_slot_of_the_moment_of_a_deposit(self) -> None:
        counter = counter_with_mates()
        counter.follow()
        counter.pieces()
        counter.wait(SLOT / 4)
        counter.deposit(box_bytes(8), BOB)
        counter.wait(SLOT / 4)
        assert counter.pieces() == []
        counter.wait(SLOT)
        assert tags_in(counter.pieces()) == [tag_number(8)]


class TestMates:
    def test_pushes_have_a_rate_for_each_mate(self) -> None:
        counter = counter_with_mates(MATE, OTHER_MATE)
        rubbish = push(*[(0, b"rubbish")] * MAX_PARCELS_PER_PUSH)
        for _ in range(int(PUSH_BURST) // MAX_PARCELS_PER_PUSH):
            counter.say(MATE, rubbish)
            counter.run_store()
        counter.say(MATE, push((0, box_bytes(1))))
        counter.run_store()
        assert counter.fetch(tag_number(1)) == []
        counter.say(OTHER_MATE, push((0, box_bytes(1))))
        counter.run_store()
        assert counter.fetch(tag_number(1)) == [box_bytes(1)]

    def test_pushed_parcels_that_wait_to_be_examined_are_bounded(self) -> None:
        counter = counter_with_mates(MATE)
        for _ in range(MAX_EACH // MAX_PARCELS_PER_PUSH + 10):
            counter.say(MATE, push(*[(0, b"rubbish")] * MAX_PARCELS_PER_PUSH))
        counter.run_store()
        assert counter.custodian.status(counter.now).pushes_refused == MAX_EACH + PUSHED_AT_ONCE

    def test_what_a_mate_wants_and_compares_has_a_rate(self) -> None:
        counter = counter_with_mates(MATE, OTHER_MATE)
        counter.deposit(box_bytes(1))
        for mate in (MATE, OTHER_MATE):
            counter.take(mate, Push)
        [(low, high), _] = key_ranges(Bucket(0, 0))
        compare, want = Compare(1, low, high, bytes(16)), Want([key_in(Kind.BOX, box_bytes(1))])
        nothing = Want([bytes(61)] * MAX_KEYS_PER_ANSWER)
        for _ in range(int(REPAIR_BURST) // MAX_KEYS_PER_ANSWER):
            counter.say(MATE, nothing)
        for mate in (MATE, OTHER_MATE):
            counter.say(mate, compare)
            counter.say(mate, want)
        counter.run_store()
        assert (counter.take(MATE, Compared), counter.take(MATE, Push)) == ([], [])
        assert len(counter.take(OTHER_MATE, Compared)) == 1
        assert counter.take(OTHER_MATE, Push) == [push((0, box_bytes(1)))]

    def test_comparisons_alone_have_a_rate(self) -> None:
        index_size = 64 * MAX_KEYS_PER_ANSWER
        counter = Counter()
        counter.store.put(
            [
                Stored(Kind.BOX, id_of(0), number.to_bytes(16, "big"), 0, HOUR + 48, 0, b"")
                for number in range(index_size)
            ]
        )
        counter = Counter(counter.store)
        counter.meet_mate(MATE, place_of(MATE), 0)
        [(low, high), _] = key_ranges(Bucket(0, 0))
        allowed = int(REPAIR_BURST) // (1 + index_size // MAX_KEYS_PER_ANSWER)
        for number in range(allowed + 1):
            counter.say(MATE, Compare(number, low, high, bytes(16)))
        assert len(counter.take(MATE, Compared)) == allowed

    def test_a_mate_is_not_given_what_lies_in_the_store_of_friends(self) -> None:
        counter = counter_with_mates(MATE)
        assert counter.custodian.friend_store.take(box_bytes(1), Bucket(0, 0), counter.now) is Verdict.STORED
        counter.run_store()
        assert counter.store.get(Kind.KEPT, id_of(1)) != []
        counter.say(MATE, Want([key_in(Kind.KEPT, box_bytes(1))]))
        counter.say(MATE, Want([key_in(Kind.BOX, box_bytes(1))]))
        counter.run_store()
        assert counter.take(MATE, Push) == []

    def test_what_waits_to_be_given_to_a_mate_is_bounded(self) -> None:
        counter = counter_with_mates()
        index, key = Index(), key_in(Kind.BOX, box_bytes(1))
        box = decode_box(box_bytes(1))
        index.add(Stored(Kind.BOX, box.box_id, box.variant(), 0, box.expiry_hour, 0, box_bytes(1)), 1)
        repair = Repair(counter, random=bytes)
        repair.meet(MATE, key_ranges(Bucket(0, 0)), NOW)
        for _ in range(MAX_GIVING // MAX_KEYS_PER_ANSWER + 5):
            repair.on_wanted(MATE, [key] * MAX_KEYS_PER_ANSWER, index)
        gift = repair.to_give(2 * MAX_GIVING)
        assert gift is not None
        assert len(gift[1]) == MAX_GIVING
