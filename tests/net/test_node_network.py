"""Stories of whole nodes: deposits survive, readers miss nothing, custodians agree, time is kept, floods stay outside."""

from __future__ import annotations

from collections import Counter
from functools import partial
from random import Random

import pytest

from net.errors import DecodeError
from net.events import BoxAbsent, CustodianDown, DepositAnswered, RecordAnswered, Verdict
from net.ids import Endpoint
from net.instant import HOUR_MS, Instant
from net.link.events import Role
from net.memory_store import MemoryStore
from net.messages import Follow, encode_message
from net.node import Node
from net.simulator import Path, World
from net.simulator.nodes import full_node, leaf_node
from tests.support.parcels import box_bytes, id_of, record_bytes, tag_number
from tests.support.village import Village

ROUGH = Path(latency=0.02, jitter=0.02, loss=0.1, duplication=0.05)


def test_a_full_node_has_a_store_and_a_leaf_has_none() -> None:
    random = Random(1).randbytes
    with pytest.raises(ValueError):
        Node(secret_key=bytes(32), role=Role.FULL, store=None, random=random)
    with pytest.raises(ValueError):
        Node(secret_key=bytes(32), role=Role.LEAF, store=MemoryStore(), random=random)


def test_a_box_travels_from_one_leaf_to_another() -> None:
    village = Village()
    writer, reader = village.residents
    village.settle()
    writer.deposit(box_bytes(1))
    assert village.world.run_while(lambda: writer.copies() < 2, 10)
    assert village.world.run_while(lambda: tag_number(1) not in reader.all_tags(), 5)
    reader.fetch(1, 2)
    village.world.run_for(2)
    assert reader.boxes() == [box_bytes(1)]
    assert reader.happened(BoxAbsent) == [BoxAbsent(tag_number(2))]


def test_a_deposit_is_on_every_custodian_at_once() -> None:
    village = Village(fulls=5)
    village.settle()
    village.residents[0].deposit(box_bytes(1))
    village.world.run_for(1)
    assert village.parcels() == [1] * 5


def test_a_record_is_put_found_and_replaced() -> None:
    village = Village(fulls=4)
    writer, reader = village.residents
    village.settle()
    for sequence in (1, 2):
        writer.put_record(record_bytes(7, sequence))
        village.world.run_for(2)
    reader.do(lambda node, now: node.get_record(id_of(7), now))
    reader.do(lambda node, now: node.get_record(id_of(8), now))
    village.world.run_for(2)
    answers = Counter((event.record_id, event.record) for event in reader.happened(RecordAnswered))
    assert answers == {(id_of(7), record_bytes(7, 2)): 3, (id_of(8), None): 3}


def test_the_same_box_again_is_stored_again() -> None:
    village = Village()
    writer = village.residents[0]
    village.settle()
    for _ in range(2):
        writer.deposit(box_bytes(1))
        village.world.run_for(5)
    assert writer.copies() == 4
    assert village.parcels() == [1, 1, 1]


def test_bytes_that_are_no_box_are_our_own_bug() -> None:
    village = Village(residents=1)
    with pytest.raises(DecodeError):
        village.residents[0].deposit(b"box?")


@pytest.mark.parametrize("victim", range(3))
@pytest.mark.parametrize("delay", [0.0, 0.06, 0.1])
def test_a_deposit_survives_the_death_of_any_one_custodian(victim: int, delay: float) -> None:
    village = Village()
    writer, reader = village.residents
    village.settle()
    writer.deposit(box_bytes(1))
    village.world.run_for(delay)
    village.fulls[victim].kill()
    village.world.run_for(60)
    assert writer.copies() >= 2
    reader.fetch(1)
    village.world.run_for(30)
    assert reader.boxes() == [box_bytes(1)]


def test_a_custodian_that_dies_between_commit_and_answer_costs_nothing() -> None:
    village = Village()
    writer, reader = village.residents
    village.settle()
    for host in village.fulls[:2]:
        host.crash_at_next_commit()
    writer.deposit(box_bytes(1))
    village.world.run_for(5)
    assert sum(host.is_up for host in village.fulls) < 3
    for host in village.fulls:
        if not host.is_up:
            host.start()
    village.world.run_for(120)
    assert writer.copies() >= 2
    assert village.parcels() == [1, 1, 1]
    assert tag_number(1) in reader.all_tags()


@pytest.mark.parametrize("path", [Path(), ROUGH], ids=["calm", "rough"])
def test_no_tag_is_missed_and_none_comes_twice(path: Path) -> None:
    village = Village(fulls=2, path=path)
    writer, reader = village.residents
    village.settle(10)
    world = village.world
    for number in range(40):
        world.at(world.now + number, partial(writer.deposit, box_bytes(number)))
    world.at(world.now + 13, village.fulls[0].restart)
    world.at(world.now + 27, village.fulls[1].restart)
    world.run_for(300)
    wanted = {tag_number(number) for number in range(40)}
    for custodian, tags in reader.tags.items():
        assert set(tags) == wanted, custodian
        assert len(tags) == 40
    assert len(reader.tags) == 2


def test_a_custodian_that_lost_its_disk_starts_a_new_run_and_is_filled_again() -> None:
    village = Village(residents=2)
    writer, reader = village.residents
    village.settle()
    writer.deposit(box_bytes(1))
    village.settle()
    runs = {cursor.run for cursor in reader.cursors.values()}
    village.fulls[2].restart(lose_store=True)
    village.world.run_for(120)
    assert village.parcels() == [1, 1, 1]
    assert len({cursor.run for cursor in reader.cursors.values()} - runs) == 1
    assert sorted(len(tags) for tags in reader.tags.values()) == [1, 1, 2]


def test_a_disk_put_back_is_filled_again_and_hides_nothing() -> None:
    village = Village(residents=2)
    writer, reader = village.residents
    village.settle()
    old = village.fulls[0].store.snapshot()
    for number in range(5):
        writer.deposit(box_bytes(number))
    village.settle()
    village.fulls[0].roll_back(old)
    writer.deposit(box_bytes(9))
    village.world.run_for(120)
    assert village.parcels() == [6, 6, 6]
    assert reader.all_tags() == {tag_number(number) for number in (*range(5), 9)}


def test_custodians_agree_again_after_a_partition() -> None:
    village = Village(fulls=4, residents=2)
    here, there = village.residents
    village.settle()
    fulls = village.fulls
    assert here.host is not None
    assert there.host is not None
    village.world.partition([*fulls[:2], here.host], [*fulls[2:], there.host])
    village.world.run_for(60)
    for number in range(20):
        here.deposit(box_bytes(number))
        there.deposit(box_bytes(100 + number))
    village.world.run_for(30)
    assert village.parcels() == [20] * 4
    village.world.heal()
    village.world.run_for(600)
    assert village.parcels() == [40] * 4
    assert len(here.all_tags()) == 40


def test_all_of_a_small_swarm_come_to_know_each_other() -> None:
    world = World(3)
    first = world.add(full_node())
    hosts = [first, *[world.add(full_node(first.endpoint)) for _ in range(9)]]
    world.run_for(60)
    assert [len(host.node().custodians()) for host in hosts] == [9] * 10


def test_a_leaf_finds_four_custodians_from_one() -> None:
    world = World(3)
    first = world.add(full_node())
    for _ in range(9):
        world.add(full_node(first.endpoint))
    leaf = world.add(leaf_node(first.endpoint))
    world.run_for(60)
    assert len(leaf.node().custodians()) == 4
    assert {status.role for status in leaf.node().peers()} == {Role.FULL}


def test_no_leaf_ever_gets_a_datagram_from_a_leaf() -> None:
    village = Village(fulls=3, residents=4)
    leaves = {resident.host.endpoint for resident in village.residents if resident.host}
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


def test_a_node_comes_back_through_those_it_remembered() -> None:
    world = World(1)
    hub = world.add(full_node())
    leaf = world.add(leaf_node(hub.endpoint))
    world.run_for(5)
    remembered = [(endpoint, node) for endpoint, node, _ in leaf.node().remembered()]
    other = world.add(leaf_node())
    other.do(lambda now: other.node().remember(remembered, now))
    world.run_for(5)
    assert other.node().custodians() == [hub.node().node_id]


def test_who_is_joined_at_its_own_address_is_not_its_own_peer() -> None:
    world = World(1)
    hub = world.add(full_node())
    hub.do(lambda now: hub.node().join(hub.endpoint, None, now))
    hub.do(lambda now: hub.node().join(Endpoint("127.0.9.9", 1), hub.node().node_id, now))
    world.run_for(60)
    assert hub.node().peers() == []


def test_a_dead_custodian_is_noticed_and_named() -> None:
    village = Village(residents=1)
    village.settle()
    victim = village.fulls[1].node().node_id
    village.fulls[1].kill()
    village.world.run_for(120)
    assert village.residents[0].happened(CustodianDown) == [CustodianDown(victim)]


def test_a_node_whose_clock_is_hours_off_keeps_network_time() -> None:
    world = World(1)
    first = world.add(full_node())
    hosts = [world.add(full_node(first.endpoint)) for _ in range(3)]
    late = world.add(full_node(first.endpoint), skew_ms=-5 * HOUR_MS)
    world.run_for(30)
    assert abs(late.node().network_offset_ms() - 5 * HOUR_MS) < 1000
    assert abs(late.node().clock_difference_ms() - 5 * HOUR_MS) < 1000
    assert [host.node().network_offset_ms() for host in [first, *hosts]] == [0] * 4
    leaf = world.add(leaf_node(late.endpoint))
    world.run_for(10)
    verdicts: list[Verdict] = []
    leaf.on_event = lambda event, _: verdicts.append(event.verdict) if isinstance(event, DepositAnswered) else None
    leaf.do(lambda now: leaf.node().deposit(box_bytes(1), now))
    world.run_for(5)
    assert verdicts == [Verdict.STORED] * 2


def test_a_clock_that_is_set_while_we_run_is_noticed() -> None:
    world = World(1)
    first = world.add(full_node())
    others = [world.add(full_node(first.endpoint)) for _ in range(3)]
    world.run_for(30)
    others[0].skew_ms = 3 * HOUR_MS
    world.run_for(30)
    assert abs(others[0].node().network_offset_ms() + 3 * HOUR_MS) < 1000


def test_a_message_that_is_none_closes_the_link() -> None:
    village = Village(fulls=1, residents=1)
    village.settle()
    [resident] = village.residents

    def babble(node: Node, now: Instant) -> None:
        [link] = node.links.links()
        node.links.send_message(link.link, b"\xc1 nonsense", now)

    resident.do(babble)
    village.world.run_for(0.5)
    assert village.fulls[0].node().counters.malformed == 1
    assert village.fulls[0].node().peers() == []


def test_a_flood_of_requests_stays_within_bounds_and_others_are_served() -> None:
    village = Village(fulls=1, residents=2)
    attacker, victim = village.residents
    village.settle()
    hub = village.fulls[0].node()

    def flood(node: Node, now: Instant) -> None:
        [link] = node.links.links()
        data = [encode_message(Follow(number, 0, 0, b"", 0)) for number in range(300)]
        for each in data:
            node.links.send_message(link.link, each, now)

    for _ in range(10):
        attacker.do(flood)
        village.world.run_for(0.5)
    victim.deposit(box_bytes(1))
    village.world.run_for(2)
    assert victim.copies() == 1
    assert hub.parcels() == 1
