"""Guards: drawn from the whole network, kept for weeks, and few whatever an attacker breaks."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings, strategies as st

from net.ids import Endpoint, NodeId
from net.instant import DAY_MS, Instant
from net.onion.paths.guards import (
    DRAWN_WITHIN_MS,
    GUARDS,
    HASTE,
    MAX_DRAWN,
    MAX_LIFETIME_MS,
    MIN_LIFETIME_MS,
    SET_ASIDE_AFTER,
    SPARES,
    TRIAL,
    Guard,
    Guards,
)
from net.scope import public_network_of
from tests.support.relays import NOW, OWN, FakeRoster, at, node_of, relay


def guards_of(count: int, seed: int = 1) -> Guards:
    """Return guards drawn from so many relays; none is linked."""
    guards = Guards(OWN, FakeRoster.of(*map(relay, range(count))), Random(seed))
    guards.handle_timeout(NOW)
    return guards


class Life:
    """Guards and the links to them over time; those of the dead go and do not come."""

    def __init__(self, guards: Guards) -> None:
        self.guards = guards
        self.now = NOW
        self.dead: set[NodeId] = set()
        self.used: set[NodeId] = set()

    def settle(self) -> None:
        """Link whom the dialer would link."""
        for node in self.guards.contacts():
            if node in self.dead:
                self.guards.on_link_down(node, self.now)
            else:
                self.guards.on_link_up(node, self.now)

    def live(self, seconds: float) -> None:
        self.settle()
        end = self.now.mono + seconds
        while (due := max(self.guards.next_deadline(), self.now.mono + 1.0)) < end:
            self.now = at(due - NOW.mono)
            self.guards.handle_timeout(self.now)
            self.settle()
            self.used.update(self.guards.in_use(self.now))
        self.now = at(end - NOW.mono)
        self.guards.handle_timeout(self.now)
        self.settle()


def test_three_are_drawn_from_the_whole_roster_and_not_from_who_is_linked() -> None:
    seen: set[NodeId] = set()
    for seed in range(60):
        guards = Guards(OWN, FakeRoster.of(*map(relay, range(40))), Random(seed))
        for number in range(5):
            guards.on_link_up(node_of(number), NOW)
        guards.handle_timeout(NOW)
        seen.update(guards.contacts())
        assert len(guards.contacts()) == GUARDS
    assert len(seen) > 35


def test_nothing_is_drawn_before_the_roster_is_ready() -> None:
    roster = FakeRoster.of(*map(relay, range(9)))
    roster.is_ready = False
    guards = Guards(OWN, roster, Random(1))
    guards.handle_timeout(NOW)
    assert not guards.contacts()
    roster.is_ready = True
    guards.handle_timeout(at(60))
    assert len(guards.contacts()) == GUARDS


def test_soon_after_the_roster_is_ready_guards_are_drawn_and_waiting_costs_little() -> None:
    roster = FakeRoster.of(*map(relay, range(9)))
    roster.is_ready = False
    guards = Guards(OWN, roster, Random(1))
    looks, seconds = 0, 0.0
    while True:
        roster.is_ready = seconds >= 20.0
        guards.handle_timeout(at(seconds))
        looks += 1
        if guards.contacts():
            break
        seconds = guards.next_deadline() - NOW.mono
    assert 20.0 <= seconds < 26.0
    assert looks < 25


def test_guards_lie_in_different_networks_while_there_are_any() -> None:
    crowd = [relay(number, f"8.8.{number}.1") for number in range(100)]
    guards = Guards(OWN, FakeRoster.of(*crowd, relay(200), relay(201)), Random(3))
    guards.handle_timeout(NOW)
    assert len({public_network_of(host) for host, _ in guards.contacts().values()}) == GUARDS


def test_the_networks_of_private_addresses_say_nothing() -> None:
    assert public_network_of("127.0.0.1") is None
    assert public_network_of("192.168.4.1") is None
    assert public_network_of("fe80::1%eth0") is None
    assert public_network_of("8.8.4.4") == public_network_of("8.8.8.8") == bytes([8, 8])
    assert public_network_of("2a00:1450:1::1") == public_network_of("2a00:1450:ffff::2")


def test_guards_are_remembered_over_a_restart_in_their_order() -> None:
    kept = guards_of(40).remembered()
    again = Guards(OWN, FakeRoster.of(*map(relay, range(40))), Random(99))
    again.recall(kept, at(3600))
    assert again.remembered() == kept
    assert list(again.contacts()) == [each.node for each in kept[:GUARDS]]


def test_spares_that_were_drawn_long_ago_are_turned_to_within_seconds_after_a_start() -> None:
    kept = guards_of(40).remembered()
    assert len(kept) == GUARDS + SPARES
    life = Life(Guards(OWN, FakeRoster(is_ready=False), Random(99)))
    life.guards.recall(kept, NOW)
    life.dead = {each.node for each in kept[:GUARDS]}
    life.live(HASTE + 2)
    assert life.guards.in_use(life.now) == [each.node for each in kept[GUARDS:]]
    assert life.guards.remembered() == kept, "nobody was drawn for that"
    life.dead = set()
    life.live(60)
    assert life.guards.in_use(life.now) == [each.node for each in kept[:GUARDS]]


def test_what_is_recalled_is_dialled_before_the_roster_knows_anybody() -> None:
    guards = Guards(OWN, FakeRoster(is_ready=False), Random(1))
    kept = [Guard(Endpoint("9.9.9.9", 1), node_of(1), NOW.wall_ms, NOW.wall_ms + MIN_LIFETIME_MS)]
    guards.recall([*kept, kept[0], Guard(Endpoint("9.9.9.9", 2), OWN, NOW.wall_ms, NOW.wall_ms + 1)], NOW)
    assert dict(guards.contacts()) == {node_of(1): Endpoint("9.9.9.9", 1)}


def test_a_guard_that_moved_is_dialled_where_it_is_now() -> None:
    roster = FakeRoster.of(relay(1), relay(2), relay(3))
    guards = Guards(OWN, roster, Random(1))
    guards.handle_timeout(NOW)
    roster.nodes[node_of(2)] = relay(2, "9.9.9.9")
    guards.handle_timeout(at(60))
    assert guards.contacts()[node_of(2)].host == "9.9.9.9"


def test_only_linked_guards_are_used_and_at_most_three() -> None:
    guards = guards_of(40)
    assert guards.in_use(NOW) == []
    life = Life(guards)
    life.settle()
    assert len(guards.in_use(NOW)) == GUARDS


def test_one_silent_guard_changes_nothing_and_its_place_is_kept() -> None:
    life = Life(guards_of(40))
    life.settle()
    first, second, third = life.guards.in_use(NOW)
    life.dead = {second}
    life.live(3600)
    assert life.guards.in_use(life.now) == [first, third]
    assert len(life.guards.remembered()) == GUARDS + SPARES
    life.dead = set()
    life.live(600)
    assert life.guards.in_use(life.now) == [first, second, third]


def test_after_three_hours_online_a_silent_guard_is_set_aside_and_comes_back_when_it_answers() -> None:
    life = Life(guards_of(40))
    life.settle()
    first, second, third = life.guards.in_use(NOW)
    life.dead = {first}
    life.live(SET_ASIDE_AFTER + 1200)
    assert len(life.guards.remembered()) == GUARDS + SPARES
    fourth = life.guards.remembered()[3].node
    assert life.guards.in_use(life.now) == [second, third, fourth]
    assert first in life.guards.contacts()
    life.dead = set()
    life.live(600)
    assert life.guards.in_use(life.now) == [first, second, third]
    assert fourth not in life.guards.contacts()


def test_when_two_of_three_are_silent_another_is_used_within_a_minute() -> None:
    life = Life(guards_of(40))
    life.settle()
    first, second, third = life.guards.in_use(NOW)
    life.dead = {second, third}
    life.live(2 * TRIAL)
    in_use = life.guards.in_use(life.now)
    assert in_use[0] == first
    assert len(in_use) == 2


def test_a_day_without_any_network_draws_few_and_the_first_three_are_used_again_after_it() -> None:
    life = Life(guards_of(100))
    life.settle()
    first = life.guards.in_use(NOW)
    life.dead = {node_of(number) for number in range(100)}
    life.live(8 * 3600)
    assert life.guards.in_use(life.now) == []
    assert len(life.guards.remembered()) < MAX_DRAWN
    life.dead = set()
    life.live(600)
    assert life.guards.in_use(life.now) == first
    assert set(life.guards.contacts()) == set(first)


def test_a_guard_through_which_nothing_comes_is_replaced_for_a_while() -> None:
    life = Life(guards_of(40))
    life.settle()
    first, second, third = life.guards.in_use(NOW)
    life.guards.lossy(first, life.now)
    life.live(600)
    assert first not in life.guards.in_use(life.now)
    assert len(life.guards.in_use(life.now)) == GUARDS
    life.live(SET_ASIDE_AFTER)
    assert life.guards.in_use(life.now) == [first, second, third]


def test_guards_last_between_thirty_and_sixty_days() -> None:
    for guard in guards_of(40).remembered():
        assert MIN_LIFETIME_MS <= guard.until_ms - guard.since_ms <= MAX_LIFETIME_MS
    guards = guards_of(40)
    late = Instant(NOW.mono + 1, NOW.wall_ms + MAX_LIFETIME_MS)
    before = set(guards.contacts())
    guards.handle_timeout(late)
    assert len(guards.contacts()) == GUARDS
    assert all(guard.since_ms == late.wall_ms for guard in guards.remembered())
    assert before != set(guards.contacts())


@given(seed=st.integers(0, 1000), uptime=st.floats(0.0, 0.6))
@settings(max_examples=6, deadline=None)
def test_whoever_breaks_our_links_for_months_makes_us_use_few_guards(seed: int, uptime: float) -> None:
    """The attacker kills links at will, for all but his own fifth of the network; the exposure stays bounded."""
    rng = Random(seed)
    guards = guards_of(200, seed)
    theirs = {node_of(number) for number in range(40)}
    drawn: dict[NodeId, int] = {}
    now = NOW
    for step in range(1, 90 * 4):  # three months in steps of six hours, each with attempts
        for part in range(4):
            now = at(step * 6 * 3600 + part * 60)
            guards.handle_timeout(now)
            for node in list(guards.contacts()):
                if node in theirs or rng.random() < uptime:
                    guards.on_link_up(node, now)
                else:
                    guards.on_link_down(node, now)
        for guard in guards.remembered():
            drawn.setdefault(guard.node, guard.since_ms)
        within = [since for since in drawn.values() if since > now.wall_ms - DRAWN_WITHIN_MS]
        assert len(within) <= MAX_DRAWN
    assert len(drawn) <= 4 * MAX_DRAWN


def test_guards_stay_the_same_for_a_month_when_nobody_meddles() -> None:
    life = Life(guards_of(200))
    life.settle()
    first = set(life.guards.in_use(NOW))
    life.live(29 * DAY_MS / 1000)
    assert life.used == first


def test_a_guard_of_another_time_is_set_aside_at_once_and_takes_its_place_again() -> None:
    life = Life(guards_of(20))
    life.live(10)
    before = life.guards.in_use(life.now)
    life.guards.note_time(before[0], life.now, is_off=True)
    life.settle()
    after = life.guards.in_use(life.now)
    assert before[0] not in after
    assert after[:2] == before[1:]
    assert len(after) == GUARDS
    assert before[0] in life.guards.contacts(), "it stays linked, to hear when it is right"
    life.guards.note_time(before[0], life.now, is_off=False)
    assert life.guards.in_use(life.now) == before


def test_when_all_guards_are_of_another_time_none_is_used() -> None:
    life = Life(guards_of(3))
    life.live(10)
    for node in life.guards.in_use(life.now):
        life.guards.note_time(node, life.now, is_off=True)
    assert life.guards.in_use(life.now) == []


def test_where_all_there_are_fit_in_the_list_all_are_linked_and_three_are_used() -> None:
    few, many = Life(guards_of(GUARDS + SPARES)), Life(guards_of(GUARDS + SPARES + 1))
    few.live(10)
    many.live(10)
    assert len(few.guards.contacts()) == GUARDS + SPARES
    assert len(many.guards.contacts()) == GUARDS
    assert len(few.guards.in_use(few.now)) == len(many.guards.in_use(many.now)) == GUARDS
