"""Overlays that find each other by themselves: joining, mates, leaves, lookups for others, and what changes with time."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from net.bucket import address_of
from net.errors import DecodeError, Overloaded, Unauthenticated
from net.ids import Endpoint
from net.instant import HOUR_MS, Instant
from net.link.events import Role
from net.overlay.chores import MOST, NEIGHBOURHOOD_PERIOD
from net.overlay.delegated_lookups import DelegatedLookups, Delegation
from net.overlay.descriptor import EPOCH_HOURS, Descriptor, decode_descriptor, epoch_of
from net.overlay.overlay import MAX_SERVED
from net.overlay.routing_table import K
from net.overlay.table_upkeep import QUIET
from tests.support.overlay_world import OverlayWorld, SimNode, link

SIZE = 28


@cache
def grown() -> OverlayWorld:
    """Return a network that grew node by node; tests only look at it."""
    world = OverlayWorld(SIZE)
    world.join()
    world.run_for(2 * NEIGHBOURHOOD_PERIOD)
    return world


def served_by(node: SimNode, target: bytes) -> list[Descriptor]:
    """Return what a full node finds for another, itself counted in."""
    results: list[list[bytes]] = []
    node.overlay.serve(target, node.world.now(), lambda told, now: results.append(told))
    node.wake()
    for _ in range(100):
        if results:
            break
        node.world.run_for(0.2)
    return [decode_descriptor(each) for each in results[0]]


@pytest.mark.slow
def test_everybody_finds_the_truly_closest() -> None:
    world, rng = grown(), Random(4)
    for node in rng.sample(world.nodes, 8):
        target = rng.randbytes(32)
        assert [each.node for each in served_by(node, target)] == world.closest(target)


@pytest.mark.slow
def test_everybody_knows_enough_to_route_through_and_how_many_there_are() -> None:
    for node in grown().nodes:
        overlay = node.overlay
        assert overlay.is_ready
        assert len(overlay.roster) >= MOST * (SIZE - 1)
        assert 0.65 * SIZE < overlay.size() < 1.35 * SIZE


@pytest.mark.slow
def test_mates_are_those_of_the_scope_nearest_first() -> None:
    world = grown()
    for node in world.nodes:
        scope = node.overlay.scope()
        inside = [
            other.identity.node
            for other in world.nodes
            if other is not node and scope.covers(address_of(other.identity.overlay_id))
        ]
        assert {mate.node for mate in node.overlay.mates()} >= set(
            world.closest(node.identity.overlay_id, min(K, len(inside)), aside=node)
        )
        assert {mate.node for mate in node.overlay.mates()} <= set(inside)


def small(size: int = 5, *, pause: float = 30.0) -> OverlayWorld:
    world = OverlayWorld(size, seed=3)
    world.join(pause=0.2)
    world.run_for(pause)
    return world


def test_a_handful_is_counted_exactly_and_shares_one_scope() -> None:
    world = small()
    for node in world.nodes:
        assert node.overlay.size() == 5
        assert node.overlay.width() == 0
        assert len(node.overlay.mates()) == len(node.overlay.roster.fresh()) == 4


def test_the_roster_is_there_within_seconds_of_the_first_link() -> None:
    world = OverlayWorld(4, seed=3)
    world.join(pause=0.0)
    world.run_for(5.0)
    assert all(node.overlay.roster.is_ready and len(node.overlay.roster) == 3 for node in world.nodes)


def test_who_was_alone_begins_when_somebody_can_be_found() -> None:
    """The first link is to a node that nobody can reach: that begins nothing that the next would have to wait for."""
    world = OverlayWorld(3, seed=3)
    one, hidden, other = world.nodes
    hidden.overlay.set_address(hidden.endpoint, is_reachable=False)
    link(one, hidden)
    world.run_for(20.0)
    assert len(one.overlay.roster) == 0
    link(one, other)
    world.run_for(4.0)
    assert one.overlay.roster.is_ready
    assert one.overlay.roster.get(other.identity.node)


def test_a_leaf_has_full_nodes_look_for_it() -> None:
    world = small()
    leaf = world.add(Role.LEAF)
    for helper in world.nodes[:3]:
        link(leaf, helper)
    world.run_for(20.0)
    assert leaf.overlay.descriptor() is None
    assert leaf.overlay.is_ready
    assert len(leaf.overlay.roster.fresh()) == 5
    assert leaf.overlay.size() == 5
    target = bytes(32)
    assert [each.node for each in told_to(leaf, world.nodes[:3], target)] == world.closest(target)
    with pytest.raises(Overloaded):
        leaf.overlay.serve(target, world.now(), lambda told, now: None)


def told_to(leaf: SimNode, linked: list[SimNode], target: bytes) -> list[Descriptor]:
    """Return what a leaf makes of what two full nodes find for it."""
    results: list[Delegation] = []
    lookups = DelegatedLookups(leaf, leaf.world.verifier, Random(1))
    lookups.find(target, [each.descriptor for each in linked], leaf.world.now(), lambda told, _: results.append(told))
    leaf.world.run_for(20.0)
    return results[0].nodes


def test_a_leaf_without_links_is_told_of_no_node() -> None:
    leaf = OverlayWorld(1).add(Role.LEAF)
    assert told_to(leaf, [], bytes(32)) == []


def test_a_leaf_is_told_at_most_half_by_one_liar() -> None:
    world = small(24, pause=15.0)
    leaf = world.add(Role.LEAF)
    liar, helper = world.nodes[:2]
    sybils = OverlayWorld(K, seed=99, endpoint=lambda number: Endpoint(f"150.{number}.0.1", 1))
    liar.lie = lambda target: [sybil.descriptor.data for sybil in sybils.nodes]
    told = told_to(leaf, [liar, helper], bytes(32))
    assert sum(each.endpoint.host.startswith("150.") for each in told) == K // 2


def test_lookups_for_others_are_bounded() -> None:
    world = small()
    node, told = world.nodes[0], list[list[bytes]]()
    for _ in range(MAX_SERVED):
        node.overlay.serve(bytes(32), world.now(), lambda data, now: told.append(data))
    with pytest.raises(Overloaded):
        node.overlay.serve(bytes(32), world.now(), lambda data, now: told.append(data))
    world.run_for(10.0)
    assert len(told) == MAX_SERVED
    assert node.descriptor.data in told[0]  # who looks for others counts itself in
    node.overlay.serve(bytes(32), world.now(), lambda data, now: told.append(data))


def test_a_description_of_somebody_else_is_refused() -> None:
    world = small(3)
    one, other, third = world.nodes
    with pytest.raises(Unauthenticated):
        one.overlay.on_descriptor(other.descriptor.data, third.identity.node, third.endpoint, world.now())
    with pytest.raises(DecodeError):
        one.overlay.on_descriptor(b"", third.identity.node, third.endpoint, world.now())


def test_what_we_say_of_ourselves_changes_with_address_and_epoch_and_the_stamp_rises() -> None:
    node = OverlayWorld(1).nodes[0]
    first = node.descriptor
    node.overlay.set_address(first.endpoint, is_reachable=True)
    assert node.descriptor == first
    moved = Endpoint("11.99.0.1", 5)
    node.overlay.set_address(moved, is_reachable=True)
    second = node.descriptor
    assert (second.endpoint, second.epoch) == (moved, first.epoch)
    node.overlay.turn(first.epoch + 1, (b"\x07" * 32, b"\x08" * 32), second.stamp - 5)
    third = node.descriptor
    assert third.sphinx_keys == (b"\x07" * 32, b"\x08" * 32)
    assert first.stamp < second.stamp < third.stamp
    assert third.place == first.place


def test_mates_that_vanish_are_looked_for_and_struck_out() -> None:
    world = small(6)
    node, *others = world.nodes
    lost = others[0]
    lost.is_up = False
    for other in list(lost.links.values()):
        other.links.pop(lost.identity.node)
        other.overlay.on_gone(lost.identity.node, world.now())
        other.wake()
    world.run_for(NEIGHBOURHOOD_PERIOD)
    assert lost.identity.node not in {mate.node for mate in node.overlay.mates()}
    assert node.overlay.size() == 5


def test_nobody_is_told_of_whom_nothing_was_heard_for_two_epochs() -> None:
    world = small(3)
    node = world.nodes[0]
    assert len(node.overlay.answer_find(bytes(32))) == 2
    later = Instant(world.mono, world.now().wall_ms + 2 * EPOCH_HOURS * HOUR_MS)
    node.overlay.turn(epoch_of(later), (bytes(32), bytes(32)), later.wall_ms)
    assert node.overlay.answer_find(bytes(32)) == []
    assert node.overlay.mates() == []


def test_the_quiet_are_asked_whether_they_are_there() -> None:
    world = small(3)
    node, gone = world.nodes[0], world.nodes[1]
    gone.is_up = False
    world.run_for(QUIET + 600.0)
    assert node.overlay.table.get(gone.identity.node) is None


def test_an_idle_node_asks_little() -> None:
    """In a network of a few all are linked anyway; what goes on is a lookup a few minutes apart."""
    world = small(5, pause=600.0)
    before = sum(node.asked for node in world.nodes)
    world.run_for(3600.0)
    per_node = (sum(node.asked for node in world.nodes) - before) / 5
    assert per_node < 250
