"""A parcel that is held and comes again with more work stays as if it had been paid for so at first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from net.custodian import Quota
from net.events import Verdict
from net.messages import Deposit, DepositAnswer, Push
from net.numbers import MAX_VARIANTS
from net.parcel.box import BOX_SIZE, Box, decode_box, encode_box
from net.parcel.record import asked_work, decode_record, encode_record
from net.parcel.work import PUZZLES, check, required_work, solve, work_digest
from tests.net.custodian.test_custodian_flood import MATE, full_counter, held, paid, record
from tests.support.counter import ALICE, BOB, Counter, push
from tests.support.parcels import CHEAP, HOUR, id_of, make_box, make_record, tag_number


def again(number: int, factor: int) -> bytes:
    """Return the box ``paid(number)`` with more work: other nonces under the same signature."""
    box = decode_box(paid(number))
    digest = work_digest(box.fields())
    return encode_box(replace(box, work=solve(digest, required_work(BOX_SIZE, 48, CHEAP, factor))))


def record_again(number: int, factor: int) -> bytes:
    """Return ``record(number)`` with more work."""
    paid_before = decode_record(record(number))
    work = asked_work(len(record(number)), 168, CHEAP, factor)
    return encode_record(replace(paid_before, work=solve(work_digest(paid_before.fields()), work)))


def with_others(nonces: tuple[int, ...], puzzle: int) -> Iterator[tuple[int, ...]]:
    """Yield the nonces with another one for this puzzle."""
    return ((*nonces[:puzzle], nonce, *nonces[puzzle + 1 :]) for nonce in count())


def is_worth_two(box: Box, nonces: tuple[int, ...]) -> bool:
    """Say whether nonces carry twice the price of 48 hours."""
    return check(work_digest(box.fields()), nonces, required_work(BOX_SIZE, 48, CHEAP, 2))


def test_it_is_not_pushed_out_by_what_would_have_pushed_it_out_before() -> None:
    counter = full_counter()
    assert counter.deposit(again(7, 8)) is Verdict.STORED
    assert counter.custodian.parcels == counter.store.usage()[0] == 8
    for number in range(100, 108):
        counter.deposit(paid(number, 4))
    assert held(counter, range(8)) == [7]


def test_nor_after_a_restart() -> None:
    counter = full_counter()
    counter.deposit(again(7, 8))
    later = Counter(counter.store, price=CHEAP, quota=Quota(parcels=8), seed=2)
    later.meet(ALICE)
    for number in range(100, 108):
        later.deposit(paid(number, 4))
    assert held(later, range(8)) == [7]


def test_readers_get_it_once_and_as_it_is_now() -> None:
    counter = full_counter()
    arrivals = [box.arrival for box in counter.store.boxes_after(0, 100)]
    dearer = again(3, 8)
    counter.deposit(dearer)
    assert [box.arrival for box in counter.store.boxes_after(0, 100)] == arrivals
    assert counter.fetch(tag_number(3)) == [dearer]


def test_work_that_is_not_twice_as_much_changes_nothing() -> None:
    counter = full_counter()
    counter.deposit(again(3, 8))
    for factor in (1, 2, 4):
        assert counter.deposit(again(3, factor)) is Verdict.STORED
    assert counter.fetch(tag_number(3)) == [again(3, 8)]


def test_other_nonces_do_not_pass_for_work() -> None:
    counter = full_counter()
    box = decode_box(again(3, 8))
    for puzzle in range(PUZZLES):
        nonces = next(nonces for nonces in with_others(box.work, puzzle) if not is_worth_two(box, nonces))
        assert counter.deposit(encode_box(replace(box, work=nonces))) is Verdict.STORED
    assert counter.fetch(tag_number(3)) == [paid(3)]


def test_it_is_pushed_to_those_that_hold_it_for_less() -> None:
    counter = full_counter()
    counter.meet(MATE, is_custodian=True)
    counter.take(MATE, Push)
    dearer = again(3, 8)
    counter.deposit(dearer)
    assert [each.data for message in counter.take(MATE, Push) for each in message.parcels] == [dearer]
    other = full_counter()
    other.meet(MATE, is_custodian=True)
    other.say(MATE, push((0, dearer)))
    other.run_store()
    assert other.fetch(tag_number(3)) == [dearer]


def test_what_comes_back_while_it_makes_room_is_not_lost() -> None:
    counter = full_counter()
    counter.say(ALICE, Deposit(1, 0, paid(100, 2)))  # takes the place of 7
    counter.say(BOB, Deposit(1, 0, again(7, 8)))
    counter.run_store()
    assert [Verdict(each.verdict) for each in counter.take(BOB, DepositAnswer)] == [Verdict.STORED]
    assert held(counter, [7, 100]) == [7, 100]
    counter.wait(3700)
    assert held(counter, [7, 100]) == [7, 100]
    assert counter.custodian.parcels == counter.store.usage()[0] == 8


def test_all_four_variants_of_an_id_may_be_paid_again() -> None:
    counter = Counter(price=CHEAP)
    counter.meet(ALICE)
    boxes = [make_box(1, content=b"%d" % number, price=CHEAP) for number in range(MAX_VARIANTS)]
    for box in boxes:
        assert counter.deposit(encode_box(box)) is Verdict.STORED
    work = required_work(BOX_SIZE, 48, CHEAP, 16)
    dearer = [encode_box(replace(box, work=solve(work_digest(box.fields()), work))) for box in boxes]
    assert [counter.deposit(box) for box in dearer] == [Verdict.STORED] * MAX_VARIANTS
    assert sorted(counter.fetch(tag_number(1))) == sorted(dearer)


def test_a_record_too() -> None:
    counter = Counter(price=CHEAP, quota=Quota(parcels=4))
    counter.meet(ALICE)
    for number in range(4):
        assert counter.deposit(record(number), kind=1) is Verdict.STORED
    assert counter.deposit(record_again(3, 8), kind=1) is Verdict.STORED
    assert counter.deposit(record_again(3, 1), kind=1) is Verdict.STORED
    assert counter.find(id_of(3)) == record_again(3, 8)
    for number in range(10, 14):
        counter.deposit(record(number, factor=4), kind=1)
    assert [bool(counter.find(id_of(number))) for number in range(4)] == [False, False, False, True]
    assert counter.deposit(encode_record(make_record(3, 2, expiry_hour=HOUR + 168, price=CHEAP)), kind=1) is (
        Verdict.STORED
    ), "a newer one takes its place all the same"
