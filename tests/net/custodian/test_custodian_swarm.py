"""Swarms: custodians whose scopes meet hold alike what both keep, while the width changes and members come and go."""

from __future__ import annotations

import pytest

from net.bucket import Bucket
from net.custodian import ClientId
from net.custodian.custodian import MAX_CLIENTS
from net.custodian.swarm import MAX_WIDTH_GAP, TELL_AFTER
from net.ids import OverlayId
from net.messages import Compare, Fetch, Keeps, Push
from net.parcel.box import encode_box
from tests.support.counter import ALICE, BOB, Counter, place_of, push
from tests.support.parcels import box_bytes, id_of, make_box, record_bytes, tag_number

OTHER = ClientId(50)


def place(bits: str) -> OverlayId:
    """Return a place whose id begins with these bits."""
    return OverlayId(int(bits.ljust(256, "0"), 2).to_bytes(32, "big"))


def prefix(bits: str) -> int:
    return int(bits.ljust(32, "0"), 2)


class Neighbourhood:
    """Custodians that are all linked; to each other they are clients numbered from 100."""

    def __init__(self, **places: str) -> None:
        self.counters = {name: Counter(seed=number) for number, name in enumerate(places, start=1)}
        self.places = places
        self.numbers = {name: ClientId(100 + at) for at, name in enumerate(places)}
        for counter in self.counters.values():
            counter.meet(ALICE)

    def widths(self, **widths: int) -> None:
        for name, width in widths.items():
            self.counters[name].keep(prefix(self.places[name]), width)
        self.talk()

    def link(self, *names: str) -> None:
        for one in names or self.counters:
            for other in self.counters:
                if other != one:
                    self.counters[one].custodian.on_client_up(
                        self.numbers[other], self.counters[one].now, place(self.places[other])
                    )
                    self.counters[other].custodian.on_client_up(
                        self.numbers[one], self.counters[other].now, place(self.places[one])
                    )
        self.talk()

    def kill(self, name: str) -> None:
        del self.counters[name]
        for counter in self.counters.values():
            counter.custodian.on_client_down(self.numbers[name])

    def begin(self, name: str, bits: str) -> None:
        self.counters[name] = Counter(seed=len(self.numbers) + 9)
        self.counters[name].meet(ALICE)
        self.places[name] = bits
        self.numbers[name] = ClientId(100 + len(self.numbers))

    def talk(self) -> None:
        """Carry what they say to each other until all is said."""
        is_busy = True
        while is_busy:
            is_busy = False
            for name, counter in list(self.counters.items()):
                for other in self.counters:
                    said, counter.sent[self.numbers[other]] = counter.sent[self.numbers[other]], []
                    is_busy = is_busy or bool(said)
                    for message in said:
                        self.counters[other].say(self.numbers[name], message)
            for counter in self.counters.values():
                counter.run_store()

    def wait(self, seconds: float) -> None:
        for counter in self.counters.values():
            counter.wait(seconds)
        self.talk()

    def holders(self, number: int) -> set[str]:
        return {name for name, counter in self.counters.items() if counter.fetch(tag_number(number))}


class TestMates:
    def test_each_tells_the_other_its_width_and_again_when_it_changes(self) -> None:
        counter = Counter()
        counter.keep(prefix("10"), 2)
        counter.meet_mate(OTHER, place("101"), 2)
        assert counter.take(OTHER, Keeps) == [Keeps(2)]
        counter.keep(prefix("101"), 3)
        assert counter.take(OTHER, Keeps) == [Keeps(3)]

    def test_who_is_far_away_is_told_nothing_and_gets_nothing(self) -> None:
        counter = Counter()
        counter.keep(prefix("1111"), 4)
        counter.meet(ALICE)
        counter.meet_mate(OTHER, place("0000"), 4)
        counter.deposit(box_bytes(1, prefix=prefix("1111")))
        counter.wait(1)
        assert counter.sent[OTHER] == []

    def test_its_place_may_become_known_after_its_width(self) -> None:
        counter = Counter()
        counter.meet(OTHER)
        counter.say(OTHER, Keeps(0))
        assert counter.custodian.status(counter.now).mates == 0
        counter.custodian.on_client_known(OTHER, place("1"), counter.now)
        assert counter.custodian.status(counter.now).mates == 1

    def test_who_could_not_be_told_is_told_later(self) -> None:
        counter = Counter()
        counter.closed.add(OTHER)
        counter.meet_mate(OTHER, place("1"), 0)
        counter.closed.clear()
        counter.wait(TELL_AFTER + 1)
        assert counter.take(OTHER, Keeps) == [Keeps(0)]

    @pytest.mark.parametrize("width", [0, 5 + MAX_WIDTH_GAP + 1, 32])
    def test_whose_width_is_far_from_ours_is_no_mate(self, width: int) -> None:
        counter = Counter()
        counter.keep(prefix("10101"), 5)
        counter.meet_mate(OTHER, place("10101"), width)
        assert counter.custodian.status(counter.now).mates == 0

    def test_a_mate_gets_only_what_it_keeps(self) -> None:
        counter = Counter()
        counter.meet(ALICE)
        counter.keep(prefix("1"), 1)
        counter.meet_mate(OTHER, place("10"), 2)
        counter.deposit(box_bytes(1, prefix=prefix("10")))
        counter.deposit(box_bytes(2, prefix=prefix("11")))
        assert counter.take(OTHER, Push) == [push((0, box_bytes(1, prefix=prefix("10"))))]

    def test_strangers_circuits_do_not_keep_out_mates(self) -> None:
        counter = Counter()
        counter.meet(*[ClientId(1000 + number) for number in range(MAX_CLIENTS)])
        counter.meet(BOB)
        counter.say(BOB, Fetch(1, bytes(8)))
        assert counter.jobs() == []
        counter.meet_mate(OTHER, place("1"), 0)
        counter.wait(1)
        assert len(counter.take(OTHER, Compare)) == 2  # boxes, records


class TestChangeOfWidth:
    @pytest.mark.parametrize("writer", ["wide", "narrow", "sibling"])
    @pytest.mark.parametrize("reader", ["wide", "narrow", "sibling"])
    def test_who_writes_and_who_reads_at_either_width_meet_at_once(self, writer: str, reader: str) -> None:
        there = Neighbourhood(wide="1011", narrow="1000", sibling="1001")
        there.widths(wide=1, narrow=2, sibling=2)
        there.link()
        box = encode_box(make_box(1, prefix=prefix("100")))
        there.counters[writer].send_box(box)
        there.talk()
        assert there.counters[reader].fetch(tag_number(1)) == [box]

    def test_when_the_network_grows_each_half_goes_on_and_old_parcels_are_served_until_they_expire(self) -> None:
        there = Neighbourhood(a="00", b="01", c="10", d="11")
        there.link()
        for number, bits in enumerate(("0", "1")):
            there.counters["a"].send_box(box_bytes(number, prefix=prefix(bits)))
        there.talk()
        there.widths(a=1, b=1)  # c and d notice later
        there.counters["c"].send_box(box_bytes(2, prefix=prefix("01")))
        there.talk()
        assert there.holders(2) == set("abcd")
        there.widths(c=1, d=1)
        there.wait(2)
        there.counters["a"].send_box(box_bytes(3, prefix=prefix("01")))
        there.counters["d"].send_box(box_bytes(4, prefix=prefix("10")))
        there.talk()
        assert there.holders(3) == set("ab")
        assert there.holders(4) == set("cd")
        assert there.holders(0) == there.holders(1) == set("abcd")

    def test_when_it_shrinks_custodians_take_over_what_their_wider_scope_holds(self) -> None:
        there = Neighbourhood(a="00", b="01", c="10", d="11")
        there.widths(a=1, b=1, c=1, d=1)
        there.link()
        there.counters["a"].send_box(box_bytes(1, prefix=prefix("01")))
        there.counters["c"].send_box(box_bytes(2, prefix=prefix("10")))
        there.talk()
        assert (there.holders(1), there.holders(2)) == (set("ab"), set("cd"))
        there.widths(a=0, b=0, c=0, d=0)
        there.wait(2)
        assert there.holders(1) == there.holders(2) == set("abcd")

    def test_only_the_shared_part_is_repaired(self) -> None:
        there = Neighbourhood(wide="1", narrow="10")
        there.widths(wide=1, narrow=2)
        there.counters["wide"].send_box(box_bytes(1, prefix=prefix("10")))
        there.counters["wide"].send_box(box_bytes(2, prefix=prefix("11")))
        there.link()
        there.wait(2)
        assert there.holders(1) == {"wide", "narrow"}
        assert there.holders(2) == {"wide"}
        assert there.counters["narrow"].custodian.status(there.counters["narrow"].now).pushes_refused == 0


def test_half_of_a_swarm_is_killed_and_replaced_and_nothing_is_lost() -> None:
    there = Neighbourhood(a="0001", b="0011", c="0101", d="0111", e="1001", f="1011")
    there.link()
    names = list(there.counters)
    for number in range(60):
        there.counters[names[number % 6]].send_box(box_bytes(number))
    there.counters["b"].deposit(record_bytes(7, 3), kind=1)
    there.talk()
    for name in "abc":
        there.kill(name)
    for name, bits in (("x", "11"), ("y", "001"), ("z", "0101")):
        there.begin(name, bits)
    there.link("x", "y", "z")
    there.wait(2)
    for counter in there.counters.values():
        assert counter.custodian.parcels == 61
        assert counter.find(id_of(7)) == record_bytes(7, 3)
        assert counter.custodian.status(counter.now).repaired_ago == pytest.approx(2, abs=2)


def test_the_scope_is_told_to_the_doctor() -> None:
    counter = Counter()
    counter.keep(prefix("10"), 2)
    counter.meet(ALICE)
    counter.meet_mate(OTHER, place_of(OTHER), 2)
    counter.deposit(box_bytes(1))
    counter.deposit(box_bytes(1, prefix=prefix("10")))
    status = counter.custodian.status(counter.now)
    assert status.scope == Bucket(prefix("10"), 2)
    assert (status.parcels, status.size, status.mates, status.repaired_ago) == (1, 921, 0, None)
    assert {verdict.name: count for verdict, count in status.refused.items()} == {"PREFIX": 1}
