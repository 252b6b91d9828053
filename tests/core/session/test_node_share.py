"""One node for several engines: what they tell it is merged, what it reports goes to the one that it is for."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from core.session.node_share import FOLLOW_PATIENCE, MAX_ASKED, MAX_SHARES, NodeShares, Share
from net.bucket import ADDRESS_BITS, Bucket
from net.errors import Overloaded
from net.events import (
    BoxAbsent,
    ClocksChanged,
    CustodianDown,
    CustodianUp,
    DepositAnswered,
    NodeEvent,
    RecordAnswered,
    TagsArrived,
    Verdict,
)
from net.ids import Cursor, NodeId, ParcelId, Tag
from net.instant import Instant
from net.requests import Fetch, FindRecord, Follow, KeepForFriends, Read, Request, Withdraw

CUSTODIAN = NodeId(b"c" * 32)
LOW, HIGH = 0, 1 << (ADDRESS_BITS - 1)  # addresses in two halves
LOWER, UPPER = Bucket.of(LOW, 1), Bucket.of(HIGH, 1)
TAGS = [Tag(bytes([n]) * 8) for n in range(4)]


@dataclass
class Node:
    """Notes what it is asked; refuses more addresses than ``room``."""

    room: int = 100
    mono: float = 0.0
    asked: list[Request] = field(default_factory=list[Request])

    def now(self) -> Instant:
        return Instant(self.mono, 0)

    def network_ms(self) -> int:
        return 0

    def custodians(self) -> list[NodeId]:
        return []

    def shown_width(self) -> int:
        return 1

    def price_factor(self, _: int) -> int:
        return 1

    def request(self, request: Request) -> None:
        if isinstance(request, Read | KeepForFriends) and len(request.addresses) > self.room:
            raise Overloaded("addresses")
        self.asked.append(request)

    async def note_metered(self, *, is_metered: bool) -> None:
        pass

    def told(self) -> list[Request]:
        asked, self.asked = self.asked, []
        return asked


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def shares(node: Node) -> NodeShares:
    return NodeShares(node)


def sorted_of(shares: NodeShares, *events: NodeEvent) -> dict[Share, list[NodeEvent]]:
    return dict(shares.sort(events))


def cursor(arrival: int, run: bytes = b"run-run-") -> Cursor:
    return Cursor(run, arrival)


def test_what_is_read_and_kept_is_the_union_and_is_taken_back(node: Node, shares: NodeShares) -> None:
    one, two = shares.open(), shares.open()
    one.request(Read(frozenset({1, 2})))
    two.request(Read(frozenset({2, 3})))
    two.request(KeepForFriends(frozenset({4})))
    one.request(KeepForFriends(frozenset({5})))
    assert node.told() == [
        Read(frozenset({1, 2})),
        Read(frozenset({1, 2, 3})),
        KeepForFriends(frozenset({4})),
        KeepForFriends(frozenset({4, 5})),
    ]
    one.close()
    assert node.told() == [Read(frozenset({2, 3})), KeepForFriends(frozenset({4}))]
    two.close()
    two.close()
    assert node.told() == [Read(frozenset()), KeepForFriends(frozenset())]


def test_what_the_node_has_no_room_for_changes_nothing(node: Node, shares: NodeShares) -> None:
    one, two = shares.open(), shares.open()
    node.room = 2
    one.request(Read(frozenset({1, 2})))
    one.request(KeepForFriends(frozenset({1, 2})))
    for request in (Read(frozenset({3})), KeepForFriends(frozenset({3}))):
        with pytest.raises(Overloaded):
            two.request(request)
    node.told()
    one.request(Read(frozenset({1})))
    one.request(KeepForFriends(frozenset({1})))
    assert node.told() == [Read(frozenset({1})), KeepForFriends(frozenset({1}))]


def test_there_are_a_few_shares_at_most(shares: NodeShares) -> None:
    opened = [shares.open() for _ in range(MAX_SHARES)]
    with pytest.raises(Overloaded):
        shares.open()
    opened[0].close()
    shares.open()


def test_tags_go_to_those_who_read_there(shares: NodeShares) -> None:
    one, two = shares.open(), shares.open()
    one.request(Read(frozenset({LOW})))
    two.request(Read(frozenset({HIGH})))
    up = {bucket: CustodianUp(CUSTODIAN, bucket) for bucket in (LOWER, UPPER)}
    assert sorted_of(shares, *up.values()) == {one: [up[LOWER]], two: [up[UPPER]]}
    one.request(Follow(CUSTODIAN, LOWER, None))
    two.request(Follow(CUSTODIAN, UPPER, None))
    tags = {bucket: TagsArrived(CUSTODIAN, bucket, cursor(1), (TAGS[0],), False) for bucket in (LOWER, UPPER)}
    assert sorted_of(shares, *tags.values()) == {one: [tags[LOWER]], two: [tags[UPPER]]}
    down = CustodianDown(CUSTODIAN, LOWER)
    assert sorted_of(shares, down) == {one: [down]}


@pytest.mark.parametrize(
    ("first", "second", "start"),
    [
        (cursor(5), cursor(3), cursor(3)),
        (cursor(5), None, None),
        (cursor(5), cursor(3, b"new-run-"), None),
        (cursor(5), cursor(5), cursor(5)),
    ],
)
def test_a_bucket_that_two_read_is_followed_once_from_the_earlier_cursor(
    node: Node, shares: NodeShares, first: Cursor | None, second: Cursor | None, start: Cursor | None
) -> None:
    one, two = shares.open(), shares.open()
    for share in (one, two):
        share.request(Read(frozenset({LOW})))
    shares.sort([CustodianUp(CUSTODIAN, LOWER)])
    node.told()
    one.request(Follow(CUSTODIAN, LOWER, first))
    assert node.told() == []
    two.request(Follow(CUSTODIAN, LOWER, second))
    assert node.told() == [Follow(CUSTODIAN, LOWER, start)]
    arrived = TagsArrived(CUSTODIAN, LOWER, cursor(6), (TAGS[0],), True)
    assert sorted_of(shares, arrived) == {one: [arrived], two: [arrived]}


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_stream_waits_for_none_that_left(node: Node, shares: NodeShares, is_closed: bool) -> None:
    one, two = shares.open(), shares.open()
    for share in (one, two):
        share.request(Read(frozenset({LOW})))
    shares.sort([CustodianUp(CUSTODIAN, LOWER)])
    one.request(Follow(CUSTODIAN, LOWER, cursor(5)))
    node.told()
    if is_closed:
        two.close()
    else:
        two.request(Read(frozenset()))
    assert Follow(CUSTODIAN, LOWER, cursor(5)) in node.told()


def test_a_stream_does_not_wait_for_ever(node: Node, shares: NodeShares) -> None:
    one, two = shares.open(), shares.open()
    for share in (one, two):
        share.request(Read(frozenset({LOW})))
    shares.sort([CustodianUp(CUSTODIAN, LOWER)])
    one.request(Follow(CUSTODIAN, LOWER, cursor(5)))
    node.told()
    node.mono += FOLLOW_PATIENCE + 1
    shares.sort([])
    assert node.told() == [Follow(CUSTODIAN, LOWER, cursor(5))]
    two.request(Follow(CUSTODIAN, LOWER, cursor(3)))
    assert node.told() == [Follow(CUSTODIAN, LOWER, cursor(3))]


def test_who_comes_later_is_told_of_the_custodians_and_goes_back_only_if_it_knows_less(node: Node) -> None:
    woken: list[int] = []
    shares = NodeShares(node, lambda: woken.append(1))
    one = shares.open()
    one.request(Read(frozenset({LOW})))
    shares.sort([CustodianUp(CUSTODIAN, LOWER)])
    one.request(Follow(CUSTODIAN, LOWER, cursor(1)))
    shares.sort([TagsArrived(CUSTODIAN, LOWER, cursor(9), (TAGS[0],), True)])
    for start, asked in ((cursor(9), []), (cursor(4), [Follow(CUSTODIAN, LOWER, cursor(4))])):
        late = shares.open()
        late.request(Read(frozenset({LOW, HIGH})))
        assert woken.pop()
        assert dict(shares.owed()) == {late: [CustodianUp(CUSTODIAN, LOWER)]}
        assert shares.owed() == []
        node.told()
        late.request(Follow(CUSTODIAN, LOWER, start))
        assert node.told() == asked
        late.close()


def test_who_reads_anew_begins_where_it_committed_and_others_read_on(node: Node, shares: NodeShares) -> None:
    one, two = shares.open(), shares.open()
    for share in (one, two):
        share.request(Read(frozenset({LOW})))
    shares.sort([CustodianUp(CUSTODIAN, LOWER)])
    for share in (one, two):
        share.request(Follow(CUSTODIAN, LOWER, cursor(1)))
    shares.sort([TagsArrived(CUSTODIAN, LOWER, cursor(9), (TAGS[0],), True)])
    node.told()
    one.request(Read(frozenset()))
    arrived = TagsArrived(CUSTODIAN, LOWER, cursor(10), (TAGS[1],), True)
    assert sorted_of(shares, arrived) == {two: [arrived]}
    one.request(Read(frozenset({LOW})))
    assert node.told() == [Read(frozenset({LOW})), Read(frozenset({LOW}))]
    assert dict(shares.owed()) == {one: [CustodianUp(CUSTODIAN, LOWER)]}
    one.request(Follow(CUSTODIAN, LOWER, cursor(1)))
    assert node.told() == [Follow(CUSTODIAN, LOWER, cursor(1))]


def test_one_engine_that_reads_anew_is_told_by_the_node_alone(node: Node, shares: NodeShares) -> None:
    one = shares.open()
    one.request(Read(frozenset({LOW})))
    shares.sort([CustodianUp(CUSTODIAN, LOWER)])
    one.request(Follow(CUSTODIAN, LOWER, cursor(1)))
    one.request(Read(frozenset()))
    one.request(Read(frozenset({LOW})))
    assert shares.owed() == []


def test_boxes_records_and_answers_go_to_who_asked(shares: NodeShares) -> None:
    one, two = shares.open(), shares.open()
    one.request(Fetch((TAGS[0], TAGS[1])))
    two.request(Fetch((TAGS[1], TAGS[2])))
    record = ParcelId(b"r" * 32)
    two.request(FindRecord(record))
    absent = [BoxAbsent(tag) for tag in TAGS]
    answered = RecordAnswered(CUSTODIAN, record, None)
    assert sorted_of(shares, *absent, answered) == {one: absent[:2], two: [*absent[1:3], answered]}


def test_what_none_of_several_asked_for_goes_to_none_and_to_the_only_one(shares: NodeShares) -> None:
    answer = DepositAnswered(CUSTODIAN, ParcelId(b"p" * 32), Verdict.STORED, 0)
    one = shares.open()
    assert sorted_of(shares, answer) == {one: [answer]}  # of the time before the account was locked
    shares.open()
    assert sorted_of(shares, answer) == {}


def test_what_concerns_the_node_is_told_to_all(shares: NodeShares) -> None:
    one, two = shares.open(), shares.open()
    assert sorted_of(shares, ClocksChanged()) == {one: [ClocksChanged()], two: [ClocksChanged()]}


def test_a_share_remembers_so_much_and_no_more(shares: NodeShares) -> None:
    one = shares.open()
    for n in range(MAX_ASKED + 2):
        one.request(Fetch((Tag(n.to_bytes(8, "big")),)))
    assert len(one.asked) == MAX_ASKED


def test_what_is_no_matter_of_several_is_passed_on(node: Node, shares: NodeShares) -> None:
    withdraw = Withdraw(ParcelId(b"p" * 32))
    shares.open().request(withdraw)
    assert node.told() == [withdraw]
