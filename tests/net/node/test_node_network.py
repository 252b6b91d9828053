"""Stories of whole nodes: boxes arrive, readers miss nothing, custodians agree, time is kept, leaves are left alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from random import Random

import pytest

from net.custodian.repair import PERIOD as REPAIR_PERIOD
from net.errors import DecodeError
from net.events import BoxAbsent, CustodianDown, CustodianUp, RecordAnswered, TagsArrived
from net.ids import Endpoint, NodeId, Tag
from net.instant import HOUR_MS
from net.link.events import Role
from net.link.layer import LinkLayer
from net.node.node import Node
from net.onion.paths.guards import GUARDS, SPARES
from net.overlay.identity import identity_of
from net.parcel.memory_store import MemoryStore
from net.requests import Deposit, FindRecord, Join, Read
from simulator import Path, World
from simulator.nodes import full_node, leaf_node
from tests.support.parcels import box_bytes, id_of, record_bytes, tag_number
from tests.support.village import Resident, Village, arrivals, parcels_at, tuning

ROUGH = Path(latency=0.02, jitter=0.02, loss=0.05, duplication=0.05)


@pytest.mark.parametrize(("role", "store"), [(Role.FULL, None), (Role.LEAF, MemoryStore())])
def test_a_full_node_has_a_store_and_a_leaf_has_none(role: Role, store: MemoryStore | None) -> None:
    random = Random(1).randbytes
    links = LinkLayer(secret_key=bytes(32), role=role, random=random)
    with pytest.raises(ValueError):
        Node(links, identity_of(bytes(32), 0), role=role, store=store, random=random)


# --- boxes and records ------------------------------------------------------------------------------------------------


def test_a_box_travels_from_one_leaf_to_another_over_four_hops_each_way() -> None:
    village = Village()
    writer, reader = village.residents
    village.settle()
    assert writer.node().view().hops == reader.node().view().hops == 4
    reader.await_boxes([1])
    writer.deposit(box_bytes(1))
    assert village.world.run_while(lambda: not reader.boxes() or writer.copies() < 2, 10)
    reader.fetch(2)
    village.world.run_for(20)
    assert reader.boxes() == [box_bytes(1)]
    assert reader.happened(BoxAbsent) == [BoxAbsent(tag_number(2))]
    assert village.parcels() == [1] * 12, "every custodian of the bucket keeps it"


@pytest.mark.parametrize("fulls", [1, 2, 3])
def test_the_least_networks_work_too_and_say_how_little_they_hide(fulls: int) -> None:
    village = Village(fulls)
    writer, reader = village.residents
    village.settle()
    reader.await_boxes([1])
    writer.deposit(box_bytes(1))
    assert village.world.run_while(lambda: not reader.boxes() or writer.copies() < min(fulls, 2), 20)
    assert reader.node().view().hops == fulls
    assert reader.node().view().is_small


def test_a_record_is_put_found_and_replaced() -> None:
    village = Village(5)
    writer, reader = village.residents
    village.settle()
    for sequence in (1, 2):
        writer.put_record(record_bytes(7, sequence))
        village.world.run_for(5)
    reader.do(lambda node, now: node.request(FindRecord(id_of(7)), now))
    reader.do(lambda node, now: node.request(FindRecord(id_of(8)), now))
    village.world.run_for(5)
    answers = Counter((event.record_id, event.record) for event in reader.happened(RecordAnswered))
    assert answers == {(id_of(7), record_bytes(7, 2)): 3, (id_of(8), None): 3}


def test_the_same_box_again_is_confirmed_again_and_kept_once() -> None:
    village = Village(5)
    writer = village.residents[0]
    village.settle()
    for _ in range(2):
        writer.deposit(box_bytes(1))
        village.world.run_for(10)
    assert writer.copies() == 4
    assert village.parcels() == [1] * 5


def test_bytes_that_are_no_box_are_our_own_bug() -> None:
    village = Village(1, 1)
    with pytest.raises(DecodeError):
        village.residents[0].deposit(b"box?")
    with pytest.raises(DecodeError):
        village.residents[0].put_record(b"record?")


# --- what fails -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("victim", "delay"), [(0, 0.0), (1, 0.3), (2, 0.15), (3, 0.6), (4, 0.1)])
def test_a_deposit_survives_the_death_of_any_one_custodian(victim: int, delay: float) -> None:
    village = Village(5)
    writer, reader = village.residents
    village.settle()
    reader.await_boxes([1])
    writer.deposit(box_bytes(1))
    village.world.run_for(delay)
    village.fulls[victim].kill()
    assert village.world.run_while(lambda: not reader.boxes() or writer.copies() < 2, 180, 1)
    assert reader.boxes() == [box_bytes(1)]


def test_a_custodian_that_dies_between_commit_and_naming_costs_nothing() -> None:
    village = Village(3)
    writer, reader = village.residents
    village.settle()
    for host in village.fulls[:2]:
        host.crash_at_next_commit()
    reader.await_boxes([1])
    writer.deposit(box_bytes(1))
    village.world.run_for(10)
    assert not all(host.is_up for host in village.fulls)
    for host in village.fulls[:2]:
        host.restart()
    assert village.world.run_while(
        lambda: not reader.boxes() or writer.copies() < 2 or village.parcels() != [1] * 3, 300, 1
    )
    assert reader.boxes() == [box_bytes(1)]


def named_in(reader: Resident) -> dict[tuple[NodeId, bytes], list[Tag]]:
    """What each custodian named in each of its runs."""
    named: dict[tuple[NodeId, bytes], list[Tag]] = defaultdict(list)
    for event in reader.happened(TagsArrived):
        named[event.custodian, event.cursor.run] += event.tags
    return named


@pytest.mark.parametrize("path", [Path(), ROUGH], ids=["calm", "rough"])
def test_no_tag_is_missed_and_none_comes_twice(path: Path) -> None:
    village = Village(3, path=path)
    writer, reader = village.residents
    village.settle()
    world = village.world
    numbers = range(40)
    reader.await_boxes(numbers)
    for number in numbers:
        world.at(world.now + number, partial(writer.deposit, box_bytes(number)))
    world.at(world.now + 13, village.fulls[0].restart)
    world.at(world.now + 20, reader.restart)
    world.at(world.now + 27, village.fulls[1].restart)
    assert world.run_while(lambda: not reader.is_served() or village.parcels() != [40] * 3, 600, 5)
    assert arrivals(reader) == {tag_number(number): 1 for number in numbers}
    for tags in named_in(reader).values():
        assert len(tags) == len(set(tags)), "a custodian names a box once while it runs"
    for custodian in reader.custodians():
        assert set(reader.tags[custodian]) == {tag_number(number) for number in numbers}


def test_a_custodian_that_lost_its_disk_starts_a_new_run_and_is_filled_again() -> None:
    village = Village(2)
    writer, reader = village.residents
    village.settle()
    writer.deposit(box_bytes(1))
    village.world.run_for(5)
    lost = village.fulls[1]
    name = lost.node().node_id
    lost.restart(lose_store=True)
    assert village.world.run_while(lambda: len(reader.tags[name]) < 2, 300, 1)
    assert village.parcels() == [1, 1]
    runs = [run for custodian, run in named_in(reader) if custodian == name]
    assert len(runs) == 2
    assert reader.tags[name] == [tag_number(1)] * 2


def test_a_disk_put_back_is_filled_again_and_hides_nothing() -> None:
    village = Village(3)
    writer, reader = village.residents
    village.settle()
    old = village.fulls[0].store.snapshot()
    reader.await_boxes([*range(5), 9])
    for number in range(5):
        writer.deposit(box_bytes(number))
    village.settle()
    village.fulls[0].roll_back(old)
    writer.deposit(box_bytes(9))
    assert village.world.run_while(lambda: village.parcels() != [6] * 3 or not reader.is_served(), 300, 1)
    assert arrivals(reader) == {tag_number(number): 1 for number in (*range(5), 9)}


def test_custodians_agree_again_after_a_partition() -> None:
    village = Village(6, 4, is_quiet=True)
    residents, fulls = village.residents, village.fulls
    village.settle()
    here, there = residents[:2], residents[2:]
    village.world.partition([*fulls[:3], *(each.host for each in here)], [*fulls[3:], *(each.host for each in there)])
    village.world.run_for(120)
    for number in range(10):
        here[0].deposit(box_bytes(number))
        there[0].deposit(box_bytes(100 + number))
    for each in residents:
        each.await_boxes([*range(10), *range(100, 110)])
    village.world.run_for(120)
    assert [len(arrivals(each)) for each in residents] == [10] * 4, "each side goes on by itself"
    village.world.heal()
    assert village.world.run_while(lambda: village.parcels() != [20] * 6, REPAIR_PERIOD, 10)
    assert village.world.run_while(lambda: not all(each.is_served() for each in residents), 300, 10)
    assert [set(arrivals(each).values()) for each in residents] == [{1}] * 4
    assert [len(arrivals(each)) for each in residents] == [20] * 4


def test_a_dead_custodian_is_noticed_and_another_takes_its_place() -> None:
    village = Village(5, 1)
    [reader] = village.residents
    village.settle()
    former = reader.custodians()
    village.full(former[0]).kill()
    assert village.world.run_while(lambda: not reader.happened(CustodianDown), 180, 1)
    assert village.world.run_while(lambda: former[0] in reader.custodians(), 300, 1)
    assert former[0] in {event.custodian for event in reader.happened(CustodianDown)}
    assert village.world.run_while(lambda: len(reader.custodians()) < 2, 60, 1)


# --- who is linked with whom ------------------------------------------------------------------------------------------


def test_all_of_a_small_swarm_come_to_know_each_other() -> None:
    village = Village(10, 0)
    village.settle()
    for host in village.fulls:
        node = host.node()
        assert len(node.custodians()) == 9
        assert len(node.guards()) == GUARDS + SPARES
        assert sum(peer.is_guard for peer in node.peers()) == GUARDS
        assert node.is_reachable()
        status = node.view().custodian
        assert status is not None
        assert status.mates == 9


def test_a_leaf_settles_on_its_guards_and_lets_go_of_all_others() -> None:
    village = Village(8, 1)
    [resident] = village.residents
    village.settle(60)
    guards = {guard.node for guard in resident.node().guards()[:GUARDS]}
    assert len(guards) == GUARDS
    assert {peer.node for peer in resident.node().peers()} == guards
    assert all(peer.is_guard and peer.role is Role.FULL for peer in resident.node().peers())


def test_a_leaf_takes_new_guards_when_its_own_are_gone() -> None:
    village = Village(8, 1)
    [resident] = village.residents
    village.settle()
    former = [guard.node for guard in resident.node().guards()]
    for node in former:
        village.full(node).kill()
    world = village.world
    assert world.run_while(lambda: resident.node().view().guards_linked < 2, 900, 5)
    assert [guard.node for guard in resident.node().guards()][: len(former)] == former, "they keep their precedence"
    resident.deposit(box_bytes(1))
    assert world.run_while(lambda: resident.copies() < 2, 120, 1)


def test_no_leaf_ever_gets_a_datagram_from_a_leaf() -> None:
    village = Village(4, 4)
    leaves = {resident.endpoint for resident in village.residents}
    between: list[tuple[Endpoint, Endpoint]] = []
    village.world.taps.append(lambda _now, source, to, _data: between.append((source, to)))
    village.residents[0].deposit(box_bytes(1))
    village.world.run_for(120)
    assert len(leaves) == 4
    assert any(source in leaves for source, _ in between)
    assert [pair for pair in between if leaves.issuperset(pair)] == []
    assert all(not leaves & {endpoint for endpoint, _, _ in host.node().remembered()} for host in village.fulls)


def test_a_leaf_that_was_named_as_bootstrap_is_left_alone() -> None:
    world = World(1)
    leaf = world.add(leaf_node())
    other = world.add(leaf_node(leaf.endpoint))
    world.run_for(30)
    assert leaf.node().peers() == other.node().peers() == []
    assert leaf.node().custodians() == other.node().custodians() == []


def test_a_bootstrap_is_tried_until_it_is_there() -> None:
    world = World(1)
    hub = world.add(full_node())
    hub.kill()
    leaf = world.add(leaf_node(hub.endpoint))
    world.run_for(3600)
    assert leaf.node().custodians() == []
    hub.start()
    world.run_for(600)
    assert leaf.node().custodians() == [hub.node().node_id]


def test_a_leaf_comes_back_to_the_guards_it_remembered() -> None:
    village = Village(8, 1)
    [resident] = village.residents
    village.settle()
    guards = resident.node().guards()
    village.fulls[0].kill()
    resident.restart()
    village.settle()
    assert resident.node().guards() == guards
    resident.deposit(box_bytes(1))
    village.settle()
    assert resident.copies() == 2


def test_who_is_joined_at_its_own_address_is_not_its_own_peer() -> None:
    world = World(1)
    hub = world.add(full_node(tuning=tuning()))
    hub.do(lambda now: hub.node().request(Join(hub.endpoint), now))
    hub.do(lambda now: hub.node().request(Join(Endpoint("127.0.9.9", 1), hub.node().node_id), now))
    world.run_for(60)
    assert hub.node().peers() == []


def test_the_buckets_read_follow_what_is_asked_for() -> None:
    village = Village(2, 1, is_quiet=True)
    [resident] = village.residents
    village.settle()
    assert len(resident.happened(CustodianUp)) == 2
    resident.do(lambda node, now: node.request(Read(frozenset()), now))
    assert village.world.run_while(lambda: len(resident.happened(CustodianDown)) < 2, 3600, 60)
    assert village.world.run_while(lambda: len(resident.custodians()) > 0, 600, 30)


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_node_whose_clock_is_hours_off_keeps_network_time_and_serves() -> None:
    world = World(1)
    first = world.add(full_node())
    hosts = [world.add(full_node(first.endpoint)) for _ in range(3)]
    late = world.add(full_node(first.endpoint), skew_ms=-5 * HOUR_MS)
    world.run_for(30)
    assert abs(late.node().network_offset_ms() - 5 * HOUR_MS) < 1000
    assert abs(late.node().clock_difference_ms() - 5 * HOUR_MS) < 1000
    assert [host.node().network_offset_ms() for host in [first, *hosts]] == [0] * 4
    assert len(late.node().custodians()) == 4
    writer = world.add(full_node(first.endpoint))
    world.run_for(30)
    writer.do(lambda now: writer.node().request(Deposit(box_bytes(1)), now))
    world.run_for(10)
    assert parcels_at(late) == 1


def test_a_clock_that_is_days_off_finds_its_way_too() -> None:
    village = Village(5, 0, is_quiet=True)
    village.settle()
    late = village.world.add(full_node(village.fulls[0].endpoint, tuning=village.tuning), skew_ms=-100 * HOUR_MS)
    village.settle()
    assert abs(late.node().network_offset_ms() - 100 * HOUR_MS) < 1000
    assert len(late.node().custodians()) == 5
    assert village.world.run_while(lambda: any(len(host.node().custodians()) < 5 for host in village.fulls), 600, 10)


def test_a_clock_that_is_set_while_we_run_is_noticed() -> None:
    village = Village(4, 0)
    village.settle()
    set_back = village.fulls[-1]
    set_back.skew_ms = 3 * HOUR_MS
    village.settle()
    assert abs(set_back.node().network_offset_ms() + 3 * HOUR_MS) < 1000
    set_back.do(lambda now: set_back.node().request(Deposit(box_bytes(1)), now))
    village.settle()
    assert village.parcels() == [1] * 4


def test_a_newcomer_takes_its_own_part_and_not_everything() -> None:
    village = Village(36, 1, is_plain=True, is_quiet=True, addresses=[(0, 0x80000000)])
    village.settle(60)
    writer = village.residents[0]
    for number in range(20):
        writer.deposit(box_bytes(number, prefix=(number % 4) << 30))
    assert village.world.run_while(lambda: writer.copies() < 40, 60, 1)
    newcomer = village.add_full()
    village.world.run_for(60)
    status = newcomer.node().view().custodian
    assert status is not None
    scope = status.scope
    prefixes = {box.prefix for box in newcomer.store.boxes_after(0, 100)}
    assert scope.width
    assert prefixes
    assert all(scope.covers(prefix) for prefix in prefixes)
