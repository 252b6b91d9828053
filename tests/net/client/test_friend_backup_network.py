"""A friend's device in a network of two buckets: what all custodians of one took with them comes back, else it is gone."""

from __future__ import annotations

from dataclasses import replace

from net.bucket import Bucket
from net.client import FriendRepairRate
from net.ids import tag_of
from net.parcel.box import decode_box
from net.parcel.store import Kind
from net.requests import KeepForFriends
from simulator import Host
from tests.support.parcels import box_bytes, id_of, tag_number
from tests.support.village import Village

# What takes hours takes seconds here.
QUICK = FriendRepairRate(
    join=(0.0, 2.0), gather=(1.0, 5.0), fetch=(0.5, 1.0), settle=(5.0, 10.0), review=(20.0, 40.0), restore=(0.2, 0.5)
)
ALICE = 0  # her address of today
BOXES = range(1, 13)


def scope_of(host: Host) -> Bucket:
    status = host.node().view().custodian
    assert status is not None
    return status.scope


def custodians_of(village: Village, address: int) -> list[Host]:
    return [host for host in village.fulls if host.is_up and scope_of(host).covers(address)]


def holders(village: Village, number: int) -> int:
    """How many custodians hold a box, in the way that they give it to readers."""
    return sum(bool(host.store.get(Kind.BOX, id_of(number))) for host in custodians_of(village, ALICE))


def test_what_all_custodians_lost_comes_back_from_a_friend_though_sender_and_reader_are_away() -> None:
    village = Village(25, 1, is_plain=True, is_quiet=True, seed=2)
    world, [writer] = village.world, village.residents
    village.tuning = replace(village.tuning, keeping=QUICK)
    village.settle(20)
    friend = village.add_full()
    while Bucket(ALICE, 1) == scope_of(friend) or not scope_of(friend).width:  # its device is to keep the other bucket
        friend = village.add_full() if scope_of(friend).width else friend
        village.settle(2)

    # Nobody has agreed yet.
    writer.deposit(box_bytes(99))
    assert world.run_while(lambda: holders(village, 99) < len(custodians_of(village, ALICE)), 60, 1)
    for host in custodians_of(village, ALICE):
        host.restart(lose_store=True)
    world.run_for(15)
    assert holders(village, 99) == 0

    friend.do(lambda now: friend.node().request(KeepForFriends(frozenset({ALICE})), now))
    for number in BOXES:
        writer.deposit(box_bytes(number))
    assert world.run_while(lambda: len(friend.store.kept()) < len(BOXES), 120, 1)
    assert {tag_of(each.parcel_id) for each in friend.store.kept()} == {tag_number(number) for number in BOXES}
    assert all(not friend.store.get(Kind.BOX, id_of(number)) for number in BOXES), "it serves another bucket"

    writer.host.kill()
    for host in custodians_of(village, ALICE):
        host.kill()
    village.fulls = [host for host in village.fulls if host.is_up]  # newcomers join through the first
    for _ in range(8):
        village.add_full()
    world.run_while(lambda: any(not scope_of(host).width for host in village.fulls), 60, 1)
    assert len(custodians_of(village, ALICE)) >= 2
    assert all(holders(village, number) == 0 for number in BOXES)
    assert world.run_while(lambda: any(holders(village, number) < 2 for number in BOXES), 900, 5)

    reader = village.add_resident([ALICE], friend)
    reader.await_boxes(BOXES)
    assert world.run_while(lambda: not reader.is_served(), 120, 1)
    assert {decode_box(box).box_id for box in reader.boxes()} == {id_of(number) for number in BOXES}
    keeping = friend.node().keeping()
    assert keeping is not None
    assert (keeping.boxes, keeping.buckets) == (len(BOXES), 1)
    assert keeping.restored >= len(BOXES)
