"""Many names in one hand: nodes that cost their owner nothing must not decide for one that did not choose them."""

from __future__ import annotations

from random import Random

import pytest

from net.custodian.custodian import SWEEP_PERIOD
from net.errors import DecodeError
from net.ids import Endpoint
from net.instant import HOUR_MS
from net.link import layer
from net.link.events import Role
from net.link.layer import LinkLayer
from net.link.stream import MAX_HOLES, WINDOW, ReceiveStream
from net.simulator import World
from net.simulator.nodes import full_node, leaf_node
from net.timekeeping import MAX_DIFFERENCE_MS, NetworkTime
from tests.net.test_timekeeping import START, peer
from tests.support.parcels import box_bytes
from tests.support.village import parcels_at, tuning

LATER_MS = 100 * HOUR_MS


def test_a_crowd_that_dials_in_does_not_set_the_clock() -> None:
    """By network time a custodian throws away what is over: who moves it a week ahead empties every disk."""
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
    leaf.do(lambda now: leaf.node().deposit(box_bytes(1), now))
    world.run_for(10)
    for liar in [world.add(full_node(), skew_ms=LATER_MS) for _ in range(3)]:
        victim.node().join(liar.endpoint, None, victim.now())
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
        time.heard(peer(number), START.wall_ms + MAX_DIFFERENCE_MS + 1, START)
    assert time.offset_ms == 0


def test_a_stream_cut_into_crumbs_is_given_up() -> None:
    stream = ReceiveStream()
    for offset in range(1, 2 * MAX_HOLES, 2):
        stream.on_data(offset, b"x")
    with pytest.raises(DecodeError):
        stream.on_data(2 * MAX_HOLES + 1, b"x")


def test_a_stream_with_every_other_frame_lost_is_put_together() -> None:
    stream, size = ReceiveStream(), 2 * (WINDOW // 2 // MAX_HOLES)
    for offset in [*range(size, WINDOW - size, 2 * size), *range(0, WINDOW - size, 2 * size)]:
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


def test_one_address_cannot_take_all_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "MAX_LINKS", 16)
    monkeypatch.setattr(layer, "MAX_LINKS_PER_NETWORK", 4)
    victim = LinkLayer(secret_key=bytes(range(32)), role=Role.FULL, random=Random(0).randbytes)
    for number in range(1, 30):
        come_in(victim, number, "203.0.113.7")
    assert len(victim.links()) == 8, "half of all, while there is room"
    come_in(victim, 99, "198.51.100.1")
    assert len(victim.links()) == 9
