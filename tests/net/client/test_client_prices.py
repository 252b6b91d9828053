"""What custodians ask for is paid when two ask for it, told once for each price, and by parcels that carry less alone."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from net.bucket import Bucket
from net.client.encoding import agreed, is_paid
from net.events import PriceRisen, Verdict
from net.messages import MAX_PRICE_FACTOR, Deposit, Follow, Price
from net.parcel.record import encode_record
from net.parcel.store import Kind
from tests.support.parcels import CHEAP, HOUR, box_bytes, id_of, make_record
from tests.support.swarm import Swarm, node_of

EVERYTHING = Bucket(0, 0)


def swarm_that_asks(*prices: int) -> Swarm:
    """Return a swarm whose custodians name these prices to a reader."""
    swarm = Swarm(*"abc"[: len(prices)])
    swarm.read(7)
    ask(swarm, *prices)
    return swarm


def ask(swarm: Swarm, *prices: int) -> None:
    streams = {node: number for node, keeper in swarm.keepers.items() for number in keeper.streams}
    for name, price in zip("abc", prices, strict=False):
        swarm.tell(node_of(name), Price(streams[node_of(name)], price))


def deposit(swarm: Swarm, number: int = 1, factor: int = 1) -> bytes:
    box = box_bytes(number, price=CHEAP, factor=factor)
    assert is_paid(Kind.BOX, box, factor, CHEAP)
    swarm.client.deposit(Kind.BOX, id_of(number), box, swarm.now)
    return box


def record(factor: int = 0, *, hours: int = 24) -> bytes:
    return encode_record(make_record(1, 1, expiry_hour=HOUR + hours, price=CHEAP, factor=factor))


class TestAgreed:
    @pytest.mark.parametrize(
        ("named", "paid"),
        [
            ([], 0),
            ([8], 0),
            ([8, 2], 2),
            ([2, 8], 2),
            ([4, 4, 64], 4),
            ([1, 4, 64], 4),
            ([0, 0, 64], 0),
            ([64, 0], 0),
            ([3, 5], 2),
            ([48, 63], 32),
        ],
    )
    def test_it_is_the_lower_median_of_two_at_least(self, named: list[int], paid: int) -> None:
        assert agreed(named) == paid

    @given(st.lists(st.integers(0, 2**32 - 1), max_size=9))
    def test_it_is_a_power_of_two_that_one_alone_cannot_raise(self, named: list[int]) -> None:
        paid = agreed(named)
        assert paid == 0 or (paid & (paid - 1) == 0 and paid <= MAX_PRICE_FACTOR)
        assert sum(each >= paid for each in named) >= 2 or paid == 0


class TestBoxes:
    def test_a_box_that_carries_less_is_told_of_once_and_sent_all_the_same(self) -> None:
        swarm = swarm_that_asks(2, 4)
        swarm.drops = True
        box = deposit(swarm)
        assert swarm.happened(PriceRisen) == [PriceRisen(id_of(1), 2)]
        assert {each for _, each in swarm.sent_boxes} == {box}
        swarm.wait(1000)
        assert swarm.happened(PriceRisen) == []

    def test_what_is_on_its_way_when_the_price_rises_is_told_of_at_once(self) -> None:
        swarm = swarm_that_asks(1, 1)
        swarm.drops = True
        deposit(swarm)
        deposit(swarm, 2, factor=4)
        ask(swarm, 1, 4)
        assert swarm.happened(PriceRisen) == []
        ask(swarm, 4, 4)
        assert swarm.happened(PriceRisen) == [PriceRisen(id_of(1), 4)]
        ask(swarm, 8, 8)
        assert swarm.happened(PriceRisen) == [PriceRisen(id_of(1), 8), PriceRisen(id_of(2), 8)]

    def test_a_price_that_falls_and_rises_again_is_not_told_again(self) -> None:
        swarm = swarm_that_asks(2, 2)
        swarm.drops = True
        deposit(swarm)
        ask(swarm, 1, 1)
        ask(swarm, 2, 2)
        assert len(swarm.happened(PriceRisen)) == 1

    def test_what_is_named_by_two_is_told_of_no_more(self) -> None:
        swarm = swarm_that_asks(1, 1)
        deposit(swarm)
        swarm.settle()
        ask(swarm, 4, 4)
        assert swarm.happened(PriceRisen) == []

    def test_with_more_work_it_is_sent_at_once_to_those_who_refused_it_too(self) -> None:
        swarm = swarm_that_asks(4, 4)
        swarm.drops = True
        deposit(swarm)
        swarm.sent_boxes.clear()
        dearer = deposit(swarm, factor=4)
        assert swarm.sent_boxes == [(node_of("a"), dearer), (node_of("b"), dearer)] or swarm.sent_boxes == [
            (node_of("b"), dearer),
            (node_of("a"), dearer),
        ]
        assert len(swarm.client.deposits) == 1

    def test_who_named_it_before_counts_still(self) -> None:
        swarm = swarm_that_asks(1, 1)
        swarm.drops = True
        swarm.store(deposit(swarm), node_of("a"))
        swarm.settle()
        ask(swarm, 4, 4)
        dearer = deposit(swarm, factor=4)
        swarm.store(dearer, node_of("b"))
        swarm.settle()
        assert len(swarm.client.deposits) == 0


class TestRecords:
    def swarm(self, *prices: int) -> Swarm:
        swarm = Swarm(*"abc"[: len(prices)])
        for name, price in zip("abc", prices, strict=False):
            keeper = swarm.keepers[node_of(name)]
            keeper.verdict, keeper.price = Verdict.FULL.value, price
        swarm.client.deposit(Kind.RECORD, id_of(1), record(), swarm.now)
        swarm.settle()
        return swarm

    def test_what_two_ask_for_is_told(self) -> None:
        assert self.swarm(1, 8, 2).happened(PriceRisen) == [PriceRisen(id_of(1), 1), PriceRisen(id_of(1), 2)]

    def test_what_one_alone_asks_for_is_not(self) -> None:
        assert self.swarm(8).happened(PriceRisen) == []
        assert self.swarm(0, 8, 0).happened(PriceRisen) == []

    def test_who_is_full_for_another_reason_asks_for_nothing(self) -> None:
        assert self.swarm(0, 0, 0).happened(PriceRisen) == []

    def test_a_record_that_carries_it_is_not_told_of(self) -> None:
        swarm = self.swarm(2, 2, 2)
        swarm.happened(PriceRisen)
        swarm.client.deposit(Kind.RECORD, id_of(1), record(2), swarm.now)
        swarm.settle()
        assert swarm.happened(PriceRisen) == []
        assert swarm.questions(Deposit)[-1][1].parcel == record(2)

    def test_what_lives_long_has_paid_for_more_than_a_week(self) -> None:
        assert is_paid(Kind.RECORD, record(hours=24 * 30), 4, CHEAP)
        assert not is_paid(Kind.RECORD, record(hours=24), 1, CHEAP)


def test_what_is_no_parcel_is_left_to_those_who_check_it() -> None:
    assert is_paid(Kind.BOX, b"", 64, CHEAP)


def test_a_stream_that_is_asked_for_anew_and_names_no_price_asks_for_none() -> None:
    swarm = swarm_that_asks(4, 4)
    swarm.lose(node_of("a"))
    swarm.lose(node_of("b"))
    assert swarm.client.price_factor(EVERYTHING) == 4
    swarm.settle()
    assert swarm.questions(Follow)
    assert swarm.client.price_factor(EVERYTHING) == 1
