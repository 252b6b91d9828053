"""Liars among the nodes: each cheats at one thing; all boxes arrive all the same, once; the liar is found and avoided."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final

import pytest

from net.client.comparison import COMPARE_GRACE
from net.ids import Endpoint, NodeId, Tag
from net.instant import Instant
from net.link.status import LinkInfo
from net.messages import Introduction, PleaseDial, Setup, encode_message
from net.node.node import Node
from net.numbers import LARGE_DATAGRAM_SIZE, SMALL_DATAGRAM_SIZE
from net.onion.packets.cipher import Hop, RealOnionCipher
from net.onion.paths.guards import GUARDS
from net.overlay.descriptor import epoch_of, packed_host
from net.reach.address import pack_host
from simulator import Path
from tests.support.parcels import box_bytes, record_bytes, tag_number
from tests.support.village import Resident, Village, arrivals, parcels_at
from tests.support.villains import (
    alter,
    avoided_by,
    drop_relayed,
    flood,
    hold_back,
    invented,
    name_only,
    own_descriptor,
    parts_of,
    replay,
    roster_of,
    suspected_by,
    withhold,
)

NUMBERS: Final = range(12)
HIDDEN: Final = tag_number(3)


def write_all(village: Village, writer: Resident, every: float = 1.0) -> None:
    """Write a box now and then, from now on."""
    for number in NUMBERS:
        village.world.at(village.world.now + every * number, partial(writer.deposit, box_bytes(number)))


def assert_all_came_once(reader: Resident) -> None:
    """Every box, unaltered, reported once."""
    assert arrivals(reader) == {tag_number(number): 1 for number in NUMBERS}
    assert set(reader.boxes()) == {box_bytes(number) for number in NUMBERS}


# --- custodians -------------------------------------------------------------------------------------------------------


def everything(_tag: Tag) -> bool:
    return True


def one_box(tag: Tag) -> bool:
    return tag == HIDDEN


@pytest.mark.parametrize("is_hidden", [everything, one_box])
def test_a_custodian_that_withholds_is_found_out_and_left(is_hidden: Callable[[Tag], bool]) -> None:
    village = Village(is_quiet=True, is_plain=True)
    writer, reader = village.residents
    village.settle()
    liar = reader.custodians()[0]
    withhold(village.full(liar).node(), is_hidden)
    reader.await_boxes(NUMBERS)
    write_all(village, writer)
    assert village.world.run_while(lambda: not reader.is_served() or writer.copies() < 2 * len(NUMBERS), 120, 5)
    assert village.world.run_while(lambda: liar in reader.custodians(), 2 * COMPARE_GRACE, 20)
    assert suspected_by(reader.node(), liar)
    assert len(reader.custodians()) == 2
    assert_all_came_once(reader)


def flood_seeded(node: Node) -> None:
    flood(node, Random(1))


@pytest.mark.parametrize("cheat", [replay, alter, flood_seeded])
def test_a_custodian_that_replays_alters_or_floods_is_left_and_does_no_harm(cheat: Callable[[Node], None]) -> None:
    village = Village(is_quiet=True)
    writer, reader = village.residents
    village.settle()
    liar = reader.custodians()[0]
    host = village.full(liar)
    cheat(host.node())
    reader.await_boxes(NUMBERS)
    write_all(village, writer)
    assert village.world.run_while(lambda: not reader.is_served() or liar in reader.custodians(), 120, 5)
    assert suspected_by(reader.node(), liar)
    assert_all_came_once(reader)
    honest = [parcels_at(other) for other in village.fulls if other is not host]
    assert village.world.run_while(lambda: writer.copies() < 2 * len(NUMBERS), 60, 5)
    assert set(honest) == {len(NUMBERS)}, "what it pushed to the others was checked"
    assert len(reader.all_tags()) < 2 * 1000 + len(NUMBERS), "who names a thousand too many is not listened to"


def test_half_of_the_custodians_die_at_once_and_new_ones_take_over() -> None:
    village = Village(is_quiet=True, is_plain=True)
    writer, reader = village.residents
    village.settle()
    write_all(village, writer, every=0.1)
    assert village.world.run_while(lambda: writer.copies() < 2 * len(NUMBERS), 30)
    former, dead = list(village.fulls), village.fulls[6:]
    for host in dead:
        host.kill()
    for _ in dead:
        village.add_full()
    survivors, new = former[:6], village.fulls[12:]
    full = len(NUMBERS)
    assert village.world.run_while(lambda: any(parcels_at(host) < full for host in new), 300, 5)
    for host in survivors[1:]:
        host.kill()
    reader.await_boxes(NUMBERS)
    assert village.world.run_while(lambda: not reader.is_served(), 600, 5)
    assert_all_came_once(reader)


def test_all_nodes_restart_and_nothing_is_lost_that_was_on_two_disks() -> None:
    village = Village(is_quiet=True, is_plain=True)
    writer, reader = village.residents
    village.settle()
    write_all(village, writer, every=0.1)
    assert village.world.run_while(lambda: writer.copies() < 2 * len(NUMBERS), 30)
    for host in village.fulls:
        host.kill()
    village.world.run_for(60)
    disks = sorted((host.store.usage()[0] for host in village.fulls), reverse=True)
    assert disks[1] == len(NUMBERS)
    for host in village.fulls:
        host.start()
    writer.restart()
    reader.restart()
    reader.await_boxes(NUMBERS)
    assert village.world.run_while(lambda: not reader.is_served(), 300, 5)
    assert_all_came_once(reader)


# --- relays and guards ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_relays_that_lose_what_passes_through_them_are_avoided(share: float) -> None:
    """Whoever loses half is found out by chance, so in one of several worlds at least within so long."""
    assert any(_droppers_are_found_out(share, seed) for seed in range(4))


def _droppers_are_found_out(share: float, seed: int) -> bool:
    village = Village(is_plain=True, seed=seed)
    writer, reader = village.residents
    village.settle()
    guards = {guard.node for each in village.residents for guard in each.node().guards()[:GUARDS]}
    droppers = [host for host in village.fulls if host.node().node_id not in guards][:2]
    for number, host in enumerate(droppers):
        drop_relayed(host.node(), share, Random(number))
    reader.await_boxes(NUMBERS)
    write_all(village, writer, every=10.0)
    assert village.world.run_while(lambda: not reader.is_served() or writer.copies() < 2 * len(NUMBERS), 600, 5)
    assert_all_came_once(reader)
    names = {host.node().node_id for host in droppers}
    return village.world.run_while(
        lambda: not any(names & avoided_by(each.node()) for each in village.residents), 600, 10
    )


def test_a_relay_that_delays_only_delays() -> None:
    village = Village(is_quiet=True, is_plain=True)
    writer, reader = village.residents
    village.settle()
    for host in village.fulls[:4]:
        hold_back(host.node(), 20.0, host.after)
    reader.await_boxes(NUMBERS)
    write_all(village, writer)
    assert village.world.run_while(lambda: not reader.is_served() or writer.copies() < 2 * len(NUMBERS), 300, 5)
    village.world.run_for(60)
    assert_all_came_once(reader)


def test_a_guard_that_lets_nothing_through_is_set_aside() -> None:
    village = Village(8, is_plain=True, seed=2)
    writer, reader = village.residents
    village.settle()
    guard = writer.node().guards()[0].node
    drop_relayed(village.full(guard).node(), 1.0, Random(1))
    reader.await_boxes(NUMBERS)
    write_all(village, writer, every=10.0)
    guards = parts_of(writer.node()).onion.guards

    def in_use() -> list[NodeId]:
        return guards.in_use(writer.host.now())

    assert village.world.run_while(lambda: guard in in_use(), 900, 10)
    assert village.world.run_while(lambda: len(in_use()) < GUARDS, 60, 1)
    assert guard not in in_use()
    assert guard in {each.node for each in writer.node().guards()}, "it keeps its place for when it does better"
    assert village.world.run_while(lambda: not reader.is_served() or writer.copies() < 2 * len(NUMBERS), 120, 5)
    assert_all_came_once(reader)


def test_a_guard_that_goes_away_is_missed_by_nobody() -> None:
    village = Village(is_quiet=True, is_plain=True)
    writer, reader = village.residents
    village.settle()
    firsts = {each.node().guards()[0].node for each in village.residents}
    for host in [village.full(first) for first in firsts]:
        host.kill()
    reader.await_boxes(NUMBERS)
    write_all(village, writer)
    assert village.world.run_while(lambda: not reader.is_served() or writer.copies() < 2 * len(NUMBERS), 180, 5)
    assert_all_came_once(reader)


# --- the overlay ------------------------------------------------------------------------------------------------------


def test_nodes_that_a_liar_invents_get_into_no_table() -> None:
    village = Village(is_quiet=True, is_plain=True)
    liar = village.fulls[5].node()
    rng, nowhere = Random(1), Endpoint("127.0.77.77", 4000)

    def lies(_target: bytes, now: Instant) -> list[bytes]:
        return invented(rng, 16, nowhere, now)

    name_only(liar, lies)
    writer, reader = village.residents
    village.settle(60)
    for host in village.fulls:
        node = host.node()
        assert all(each.endpoint != nowhere for each in roster_of(node))
        assert all(entry.descriptor.endpoint != nowhere for entry in parts_of(node).overlay.table)
        assert 8 <= node.view().size <= 16
    reader.await_boxes(NUMBERS)
    write_all(village, writer)
    assert village.world.run_while(lambda: not reader.is_served(), 180, 5)
    assert_all_came_once(reader)
    for each in village.residents:
        told = sum(descriptor.endpoint == nowhere for descriptor in roster_of(each.node()))
        assert 2 * told <= len(roster_of(each.node())), "one of two tellers fills at most a half"


def test_liars_that_name_only_each_other_surround_nobody() -> None:
    village = Village(13, is_quiet=True, is_plain=True)
    liars = [host.node() for host in village.fulls[4:7]]

    def friends(_target: bytes, _now: Instant) -> list[bytes]:
        return [own_descriptor(each) for each in liars]

    village.settle(10)
    for each in liars:
        name_only(each, friends)
    village.add_full()
    late = village.add_resident(bootstrap=village.fulls[0])
    names = {each.node_id for each in liars}
    honest = [host.node() for host in village.fulls if host.node() not in liars]

    def is_anybody_surrounded() -> bool:
        known = [{each.node for each in roster_of(node)} for node in (*honest, late.node())]
        return any(len(nodes - names) < 9 for nodes in known)

    assert village.world.run_while(is_anybody_surrounded, 600, 10)
    writer, reader = village.residents
    reader.await_boxes(NUMBERS)
    write_all(village, writer)
    assert village.world.run_while(lambda: not reader.is_served(), 180, 5)
    assert_all_came_once(reader)


# --- third parties ----------------------------------------------------------------------------------------------------

VICTIM: Final = Endpoint("127.0.50.50", 4000)
Attack = Callable[[Node, LinkInfo, Instant], None]


def please_dial(node: Node, link: LinkInfo, now: Instant) -> None:
    request = PleaseDial(7, pack_host(VICTIM.host), VICTIM.port, Random(link.link).randbytes(32))
    node.links.send_message(link.link, encode_message(request), now)


def introduce(node: Node, link: LinkInfo, now: Instant) -> None:
    lie = Introduction(0, pack_host(VICTIM.host), VICTIM.port, Random(link.link).randbytes(32))
    node.links.send_message(link.link, encode_message(lie), now)


def path_to_victim(node: Node, link: LinkInfo, now: Instant, *, is_setup: bool) -> bytes:
    """A packet that a relay passes on to the victim."""
    relay = parts_of(node).overlay.described(link.peer)
    assert relay is not None
    key = relay.key_of(epoch_of(now))
    assert key is not None
    there = Hop(key, packed_host(relay.endpoint.host), relay.endpoint.port, relay.tag, 0)
    forwarding_pool = Hop(key, packed_host(VICTIM.host), VICTIM.port, bytes(8), 0)
    return RealOnionCipher().create([there, forwarding_pool], b"", Random(1).randbytes, is_setup=is_setup)[0]


def route_to(node: Node, link: LinkInfo, now: Instant) -> None:
    node.links.send_cell(link.link, path_to_victim(node, link, now, is_setup=False), now)


def set_up_to(node: Node, link: LinkInfo, now: Instant) -> None:
    setup = Setup(bytes(5), path_to_victim(node, link, now, is_setup=True))
    node.links.send_message(link.link, encode_message(setup), now)


@pytest.mark.parametrize("attack", [please_dial, introduce, route_to, set_up_to])
def test_nobody_can_be_made_to_send_a_third_party_more_than_it_cost(attack: Attack) -> None:
    village = Village(6, 0, is_quiet=True)
    village.settle()
    attacker = village.fulls[0]  # whom all have dialled themselves, the most trusted there is
    paid = reached = 0

    def tap(_now: float, source: Endpoint, to: Endpoint, data: bytes) -> None:
        nonlocal paid, reached
        paid += len(data) * (source == attacker.endpoint)
        reached += len(data) * (to == VICTIM)

    village.world.taps.append(tap)

    def act(now: Instant) -> None:
        for link in attacker.node().links.links():
            attack(attacker.node(), link, now)

    attacker.do(act)
    before = paid
    village.world.run_for(60)
    assert 0 < reached <= before


def test_nobody_answers_a_forged_address_with_more_than_was_sent() -> None:
    """All that was ever sent, sent once more from an address that proved nothing."""
    village = Village(6, 2)
    spoken: list[tuple[Endpoint, bytes]] = []
    village.world.taps.append(lambda _now, _source, to, data: spoken.append((to, data)))
    village.settle(20)
    village.world.taps.clear()
    answers: list[int] = []
    village.world.taps.append(lambda _now, _source, to, data: answers.append(len(data) * (to == VICTIM)))
    rng = Random(1)
    overheard = rng.sample(spoken, 500) + spoken[:100]
    for to, data in overheard:
        before = len(answers)
        village.world.send(VICTIM, to, data)
        village.world.run_for(0.1)
        assert sum(answers[before:]) <= len(data)
    assert any(answers), "some were questions that a stranger may ask"
    village.world.run_for(60)
    assert sum(answers) <= sum(len(data) for _, data in overheard)


def test_every_datagram_is_one_of_two_sizes() -> None:
    village = Village(6, 2, path=Path(loss=0.02))
    sizes: set[int] = set()
    village.world.taps.append(lambda _now, _source, _to, data: sizes.add(len(data)))
    writer, reader = village.residents
    village.settle()
    reader.await_boxes(NUMBERS)
    write_all(village, writer)
    writer.put_record(record_bytes(7, 1))
    village.fulls[1].restart()
    assert village.world.run_while(lambda: not reader.is_served(), 120, 5)
    assert sizes == {SMALL_DATAGRAM_SIZE, LARGE_DATAGRAM_SIZE} == {256, 1232}
