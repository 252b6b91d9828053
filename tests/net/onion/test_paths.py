"""Paths: the guard first, the last hop last, all different, never through ourselves; and what tiny networks allow."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from net.cover_profile import MAX_DELAY_MS, STRONG
from net.errors import Unreachable
from net.ids import NodeId
from net.onion.cover import home_hop
from net.onion.packets.cipher import Hop
from net.onion.paths.guards import Guards
from net.onion.paths.paths import PATH_HOPS, Path, Paths
from net.onion.paths.reputation import Reputation
from net.overlay.descriptor import Descriptor
from net.scope import public_network_of
from tests.support.relays import NOW, OWN, FakeRoster, Traveller, at, node_of, public_host, relay

# Networks of all sizes; some crowd into few networks, some listen on private addresses.
hosts = st.one_of(
    st.integers(0, 3).map(lambda number: f"8.{number}.1.1"),
    st.integers(0, 3).map(lambda number: f"192.168.1.{number + 1}"),
    st.integers(0, 900).map(public_host),
)
networks = st.lists(hosts, min_size=1, max_size=30).map(
    lambda chosen: FakeRoster.of(*(relay(number, host) for number, host in enumerate(chosen)))
)


def is_direct(path: Path) -> bool:
    return len(path.nodes) == 1


@given(roster=networks, seed=st.integers(0, 10**6), at_=st.integers(0, 29), is_delayed=st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_path_has_different_hops_and_begins_and_ends_where_it_should(
    roster: FakeRoster, seed: int, at_: int, *, is_delayed: bool
) -> None:
    traveller = Traveller(roster, seed)
    last = list(roster.nodes.values())[at_ % len(roster.nodes)]
    path = traveller.paths.choose(last, NOW, is_delayed=is_delayed)
    assert path.nodes[-1] == last.node
    assert len(set(path.nodes)) == len(path.nodes) == len(path.hops) == min(PATH_HOPS, len(roster.nodes))
    assert OWN not in path.nodes
    assert path.first.node == path.guard
    assert path.guard in traveller.guards.in_use(NOW)
    assert [hop.tag for hop in path.hops] == [node[:8] for node in path.nodes]
    assert all(0 <= hop.delay_ms <= MAX_DELAY_MS for hop in path.hops)
    assert path.hops[-1].delay_ms == 0
    assert is_delayed or not any(hop.delay_ms for hop in path.hops)


@given(seed=st.integers(0, 10**6), number=st.integers(0, 39))
@settings(max_examples=50, deadline=None)
def test_where_there_are_enough_networks_every_hop_has_its_own(seed: int, number: int) -> None:
    crowd = [relay(each, f"8.8.{each}.1") for each in range(20)]
    roster = FakeRoster.of(*crowd, *map(relay, range(20, 40)))
    traveller = Traveller(roster, seed)
    path = traveller.paths.choose(roster.nodes[node_of(number)], NOW, is_delayed=False)
    middles = {public_network_of(roster.nodes[node].endpoint.host) for node in path.nodes[1:-1]}
    ends = {public_network_of(roster.nodes[node].endpoint.host) for node in (path.nodes[0], path.nodes[-1])}
    assert len(middles) == 2
    assert not middles & ends


def test_all_three_guards_and_all_relays_are_used() -> None:
    traveller = Traveller(FakeRoster.of(*map(relay, range(30))))
    paths = [traveller.paths.choose(relay(0), NOW, is_delayed=False) for _ in range(400)]
    guards = set(traveller.guards.in_use(NOW)) - {node_of(0)}
    assert {path.guard for path in paths} == guards
    assert len({node for path in paths for node in path.nodes[1:3]}) == 29


def test_delays_are_exponential_with_the_mean_of_the_cover_profile() -> None:
    traveller = Traveller(FakeRoster.of(*map(relay, range(30))))
    traveller.paths.cover_profile = STRONG
    delays = [
        hop.delay_ms for _ in range(700) for hop in traveller.paths.choose(relay(0), NOW, is_delayed=True).hops[:3]
    ]
    mean = sum(delays) / len(delays)
    assert 900 < mean < 1100
    assert 0.33 < sum(delay > mean for delay in delays) / len(delays) < 0.41  # 1/e


def test_nothing_is_sent_before_the_roster_is_ready_or_without_a_linked_guard() -> None:
    roster = FakeRoster.of(*map(relay, range(9)))
    traveller = Traveller(roster)
    roster.is_ready = False
    with pytest.raises(Unreachable):
        traveller.paths.choose(relay(0), NOW, is_delayed=True)
    assert traveller.paths.hops_possible(NOW) == 0
    assert traveller.paths.others(2, NOW) == []
    roster.is_ready = True
    for guard in traveller.guards.contacts():
        traveller.guards.on_link_down(guard, NOW)
    with pytest.raises(Unreachable):
        traveller.paths.choose(relay(0), NOW, is_delayed=True)
    assert not traveller.paths.is_possible(NOW)


def test_in_a_network_that_could_do_better_the_last_hop_is_never_the_guard() -> None:
    traveller = Traveller(FakeRoster.of(*map(relay, range(9))))
    first, *others = traveller.guards.in_use(NOW)
    for guard in others:
        traveller.guards.on_link_down(guard, NOW)
    last = traveller.roster.nodes[first]
    with pytest.raises(Unreachable):
        traveller.paths.choose(last, NOW, is_delayed=False)


@pytest.mark.parametrize(("others", "hops"), [(1, 1), (2, 2), (3, 3), (4, 4), (20, 4)])
def test_tiny_networks_give_as_many_hops_as_they_have_nodes(others: int, hops: int) -> None:
    traveller = Traveller(FakeRoster.of(*map(relay, range(others))))
    assert traveller.paths.hops_possible(NOW) == hops
    assert len(traveller.paths.choose(relay(0), NOW, is_delayed=False).nodes) == hops


def test_in_a_tiny_network_with_one_guard_left_it_may_be_the_last_hop() -> None:
    traveller = Traveller(FakeRoster.of(relay(0), relay(1)))
    traveller.guards.on_link_down(node_of(1), NOW)
    assert is_direct(traveller.paths.choose(relay(0), NOW, is_delayed=False))


def test_who_has_a_bad_standing_is_on_no_path() -> None:
    traveller = Traveller(FakeRoster.of(*map(relay, range(12))))
    bad = next(node for node in traveller.roster.nodes if node not in traveller.guards.contacts())
    others = [node for node in traveller.roster.nodes if node != bad]
    for second in range(20):
        traveller.reputation.on_path_worked(others[:3], at(second))
        traveller.reputation.on_path_failed([bad], at(second))
    last = next(each for each in traveller.roster.nodes.values() if each.node != bad)
    for _ in range(100):
        assert bad not in traveller.paths.choose(last, at(60), is_delayed=False).nodes


def test_a_guard_that_swallows_everything_is_replaced() -> None:
    traveller = Traveller(FakeRoster.of(*map(relay, range(40))))
    bad = traveller.guards.in_use(NOW)[0]
    for second in range(120):
        now = at(float(second))
        path = traveller.paths.choose(relay(0), now, is_delayed=False)
        report = traveller.paths.on_path_failed if path.guard == bad else traveller.paths.on_path_worked
        report(path, now)
        if traveller.guards.next_deadline() <= now.mono:
            traveller.guards.handle_timeout(now)
        for guard in traveller.guards.contacts():
            traveller.guards.on_link_up(guard, now)
    assert bad not in traveller.guards.in_use(at(120))
    assert len(traveller.guards.in_use(at(120))) == 3


def loop_of(traveller: Traveller, home: Hop) -> Path:
    return traveller.paths.loop(home, NOW)


@given(roster=networks, seed=st.integers(0, 10**6), is_reachable=st.booleans())
@settings(max_examples=80, deadline=None)
def test_loops_come_home(roster: FakeRoster, seed: int, *, is_reachable: bool) -> None:
    traveller = Traveller(roster, seed)
    home = home_hop(OWN, relay(77).endpoint if is_reachable else None, bytes(32))
    path = loop_of(traveller, home)
    assert path.hops[-1] == home
    assert len(path.hops) == len(path.nodes) + 1 <= PATH_HOPS
    assert OWN not in path.nodes
    if is_reachable:
        assert len(set(path.nodes)) == len(path.nodes) == min(3, len(roster.nodes))
    else:
        assert path.nodes[-1] in traveller.guards.in_use(NOW)  # who has a link to us
        if len(roster.nodes) > 2:
            assert len(set(path.nodes)) == 3


def test_relays_whose_keys_are_of_another_time_are_not_used() -> None:
    roster = FakeRoster.of(*map(relay, range(6)))
    traveller = Traveller(roster)
    stale: Descriptor = relay(0, now=at(-6 * 3600))
    with pytest.raises(Unreachable):
        traveller.paths.choose(stale, NOW, is_delayed=False)


def test_a_guard_that_the_roster_has_forgotten_is_used_by_what_it_said_itself() -> None:
    roster = FakeRoster.of(*map(relay, range(30)))
    traveller = Traveller(roster)
    guards = traveller.guards.in_use(NOW)
    numbers = [number for number in range(30) if node_of(number) in guards]
    for guard in guards:
        del roster.nodes[guard]
    last = roster.fresh()[0]
    with pytest.raises(Unreachable):
        traveller.paths.choose(last, NOW, is_delayed=False)
    traveller.linked[guards[0]] = next(relay(number) for number in numbers if node_of(number) == guards[0])
    assert traveller.paths.choose(last, NOW, is_delayed=False).guard == guards[0]


def test_an_empty_roster_gives_no_path() -> None:
    roster = FakeRoster()
    guards = Guards(OWN, roster, Random(1))
    guards.handle_timeout(NOW)
    paths = Paths(OWN, roster, roster.get, guards, Reputation(), Random(2), STRONG)
    with pytest.raises(Unreachable):
        paths.choose(relay(0), NOW, is_delayed=False)
    assert paths.hops_possible(NOW) == 0


def test_directories_are_drawn_from_all_nodes() -> None:
    traveller = Traveller(FakeRoster.of(*map(relay, range(10))))
    drawn: set[NodeId] = set()
    for _ in range(100):
        pair = traveller.paths.others(2, NOW)
        assert len({each.node for each in pair}) == 2
        drawn.update(each.node for each in pair)
    assert len(drawn) == 10
