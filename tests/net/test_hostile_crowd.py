"""Many names in one hand: nodes that cost their owner nothing must not decide for one that did not choose them."""

from __future__ import annotations

import pytest

from net.custodian.custodian import SWEEP_PERIOD
from net.errors import DecodeError
from net.instant import HOUR_MS
from net.link.stream import MAX_HOLES, WINDOW, ReceiveStream
from net.simulator import World, full_node, leaf_node
from net.timekeeping import MAX_DIFFERENCE_MS, NetworkTime
from tests.net.test_timekeeping import START, peer
from tests.support.parcels import box_bytes

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
    victim = world.add(full_node())
    leaf = world.add(leaf_node(victim.endpoint))
    world.run_for(5)
    leaf.do(lambda now: leaf.node().deposit(box_bytes(1), now))
    world.run_for(5)
    for liar in [world.add(full_node(), skew_ms=LATER_MS) for _ in range(3)]:
        victim.node().join(liar.endpoint, None, victim.now())
    world.run_for(30)
    assert victim.node().network_offset_ms() > 0, "they agree, and outvote the own clock"
    world.run_for(2 * SWEEP_PERIOD)
    assert victim.node().parcels() == 1


def test_nobody_is_a_custodian_of_a_leaf_that_did_not_dial_it() -> None:
    world = World(1)
    chosen = world.add(full_node())
    leaf = world.add(leaf_node(chosen.endpoint))
    world.run_for(5)
    for _ in range(5):
        world.add(full_node(leaf.endpoint))
    world.run_for(20)
    assert leaf.node().custodians() == [chosen.node().node_id]


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
