"""Many names in one hand: nodes that cost their owner nothing must not decide for one that did not choose them."""

from __future__ import annotations

from random import Random

import pytest

from net.custodian.sweeps import SWEEP_PERIOD
from net.errors import DecodeError
from net.ids import Endpoint
from net.instant import HOUR_MS
from net.link.ahead import MAX_PIECES
from net.link.events import Role
from net.link.layer import LinkLayer
from net.link.stream import FIRST_WINDOW, ReceiveStream
from net.link.table import LinkTable
from net.network_time import MAX_DIFFERENCE_MS, NetworkTime
from net.requests import Deposit, Join
from simulator import World
from simulator.nodes import full_node, leaf_node
from tests.net.test_network_time import START, peer
from tests.support.parcels import box_bytes
from tests.support.village import parcels_at, tuning

LATER_MS = 100 * HOUR_MS


def test_a_crowd_that_dials_in_does_not_set_the_clock() -> None:
    """By network time a custodian sent_boxes away what is over: who moves it a week ahead empties every disk."""
    world = World(1)
    victim = world.add(full_node())
    for _ in range(9):
        world.add(full_node(victim.endpoint), skew_ms=LATER_MS)
    world.run_for(30)
    assert victim.node().network_offset_ms() == 0


def test_those_we_chose_cannot_empty_the_disk_either() -> None:
    world = World(1)
    victim = world.add(full_node(tuning=tuning(is_quiet=True)))
    leaf = world.add(leaf_node(victim.endpoint, tuning=tuning(is_quiet=True)))
    world.run_for(10)
    leaf.do(lambda now: leaf.node().request(Deposit(box_bytes(1)), now))
    world.run_for(10)
    for liar in [world.add(full_node(), skew_ms=LATER_MS) for _ in range(3)]:
        victim.node().request(Join(liar.endpoint), victim.now())
    world.run_for(30)
    assert victim.node().network_offset_ms() > 0, "they agree, and outvote the own clock"
    world.run_for(2 * SWEEP_PERIOD)
    assert parcels_at(victim) == 1


def test_nobody_is_a_custodian_of_a_leaf_that_did_not_dial_it() -> None:
    world = World(1)
    chosen = world.add(full_node())
    leaf = world.add(leaf_node(chosen.endpoint))
    world.run_for(10)
    strangers = [world.add(full_node(leaf.endpoint)) for _ in range(5)]
    world.run_for(20)
    assert leaf.node().custodians() == [chosen.node().node_id]
    assert [stranger.node().peers() for stranger in strangers] == [[]] * 5


def test_a_clock_a_century_off_is_no_clock() -> None:
    time = NetworkTime()
    for number in range(5):
        time.on_time_told(peer(number), START.wall_ms + MAX_DIFFERENCE_MS + 1, START)
    assert time.offset_ms == 0


def test_a_stream_cut_into_crumbs_is_given_up() -> None:
    stream = ReceiveStream()
    for offset in range(1, 2 * MAX_PIECES, 2):
        stream.on_data(offset, b"x")
    with pytest.raises(DecodeError):
        stream.on_data(2 * MAX_PIECES + 1, b"x")


def test_a_stream_with_every_other_frame_lost_is_put_together() -> None:
    stream, size = ReceiveStream(), 2 * (FIRST_WINDOW // 2 // MAX_PIECES)
    for offset in [*range(size, FIRST_WINDOW - size, 2 * size), *range(0, FIRST_WINDOW - size, 2 * size)]:
        stream.on_data(offset, bytes(size))


def come_in(victim: LinkLayer, number: int, host: str) -> None:
    """Let a node with a name of its own link to the victim from ``host``."""
    here, there = Endpoint(host, 1000 + number), Endpoint("127.0.0.1", 1)
    guest = LinkLayer(secret_key=Random(number).randbytes(32), role=Role.LEAF, random=Random(number).randbytes)
    guest.connect(there, victim.node_id, START)
    for _ in range(3):
        for datagram, _ in guest.datagrams_to_send(START):
            victim.receive_datagram(datagram, here, START)
        for datagram, endpoint in victim.datagrams_to_send(START):
            if endpoint == here:
                guest.receive_datagram(datagram, there, START)


CROWDS = {
    "one address": "8.8.8.8",
    "one /24": "8.8.8.{0}",
    "one /48": "2a00:1:2:{0:x}00::1",
    "one /56": "2a00:1:2:{0:x}::1",
    "one machine": "127.0.99.1",
}


def a_victim(max_links: int) -> LinkLayer:
    random, table = Random(0).randbytes, LinkTable(max_links)
    return LinkLayer(secret_key=bytes(range(32)), role=Role.FULL, random=random, table=table)


@pytest.mark.parametrize("host", CROWDS.values(), ids=list(CROWDS))
def test_who_took_all_links_keeps_nobody_out(host: str) -> None:
    victim = a_victim(max_links=16)
    for number in range(1, 20):
        come_in(victim, number, host.format(number))
    assert len(victim.links()) == 16
    phones = [f"9.9.9.{number % 3}" for number in range(8)]
    for number, phone in enumerate(phones):
        come_in(victim, 100 + number, phone)
    for number in range(200, 230):  # and goes on
        come_in(victim, number, host.format(number))
    assert len(victim.links()) == 16
    assert sorted(link.endpoint.host for link in victim.links() if link.endpoint.host.startswith("9.")) == sorted(
        phones
    )


def test_links_that_we_began_stay_though_strangers_come_from_the_same_address() -> None:
    victim = a_victim(max_links=4)
    for number in range(1, 6):
        come_in(victim, number, "8.8.8.8")
    guard = LinkLayer(secret_key=Random(99).randbytes(32), role=Role.FULL, random=Random(99).randbytes)
    here, there = Endpoint("8.8.8.8", 99), Endpoint("127.0.0.1", 1)
    victim.connect(here, guard.node_id, START)
    for _ in range(3):
        for datagram, endpoint in victim.datagrams_to_send(START):
            if endpoint == here:
                guard.receive_datagram(datagram, there, START)
        for datagram, _ in guard.datagrams_to_send(START):
            victim.receive_datagram(datagram, here, START)
    for number in range(10, 20):
        come_in(victim, number, "8.8.8.8")
    peers = [link.peer for link in victim.links()]
    assert len(peers) == 4
    assert guard.node_id in peers
