"""A town of simulated people: letters arrive, the eye sees how, and the attacker's sums are right."""

from __future__ import annotations

from random import Random

import pytest

from net.ids import NodeId
from simulator.observer import Exchange, Walk, linked
from simulator.old_town import OldTown
from simulator.plain_links import Sort, message_of
from simulator.town import HOUR, Habits, Town
from simulator.traffic import Traffic

NODES = [NodeId(bytes([number]) * 32) for number in range(40)]


def walk(who: int, *hops: int) -> Walk:
    return Walk(NODES[who], tuple(NODES[hop] for hop in hops))


def exchange(sent_boxes: list[Walk], fetches: list[Walk], custodians: list[int]) -> Exchange:
    return Exchange(
        NODES[0], NODES[1], tuple(sent_boxes), tuple(fetches), frozenset(NODES[each] for each in custodians)
    )


@pytest.fixture(scope="module")
def town() -> Town:
    town = Town(12, seed=2)
    town.run_for(60)
    for number, writer in enumerate(town.people[:4]):
        town.write(writer, town.people[11 - number])
    town.run_for(120)
    return town


def test_letters_arrive_and_two_custodians_name_them(town: Town) -> None:
    assert len(town.letters) == 4
    for letter in town.letters:
        assert letter.delivered_at is not None
        assert letter.stored_at is not None
        assert 0 < letter.delivered_at - letter.sent_at < 60
        assert len(letter.held_by) >= 8


def test_the_eye_sees_every_throw_and_fetch_by_whole_paths(town: Town) -> None:
    for each in town.exchanges():
        assert len(each.sent_boxes) >= 2
        assert each.fetches
        assert {walk.who for walk in each.sent_boxes} == {each.writer}
        assert {walk.who for walk in each.fetches} == {each.reader}
        for walk in each.sent_boxes + each.fetches:
            assert walk.who not in walk.nodes
            assert 3 <= len(set(walk.nodes)) == len(walk.nodes) <= 4  # whoever starts avoids those that failed it
        assert all(walk.nodes[-1] in each.custodians for walk in each.sent_boxes)


def test_who_starts_late_reads_what_waited_and_keeps_its_name() -> None:
    town = Town(10, seed=3)
    town.run_for(30)
    reader, name = town.people[9], town.people[9].node
    town.hosts[9].kill()
    letter = town.write(town.people[0], reader)
    town.run_for(60)
    assert letter.stored_at is not None
    assert town.exchanges() == []
    town.hosts[9].start()
    town.run_for(60)
    assert len(town.exchanges()) == 1
    assert reader.node == name


def test_people_come_and_go_as_often_as_their_habits_say() -> None:
    habits = Habits(up=HOUR, down=3 * HOUR)
    assert habits.uptime == 0.25
    town = Town(16, seed=4, habits=habits)
    online: list[int] = []
    for _ in range(4):
        town.run_for(300)
        online.append(len(town.online()))
    assert min(online) > 0
    assert max(online) < 16


def test_a_town_that_was_there_for_long_knows_itself_and_goes_on_by_itself() -> None:
    town = OldTown(30, seed=6)
    views = [host.node().view() for host in town.hosts]
    assert all(20 < view.size < 45 for view in views)
    assert {host.node().shown_width() for host in town.hosts} <= {2, 3}
    town.run_for(30)
    assert all(host.node().view().guards_linked >= 2 for host in town.hosts)
    town.hosts[7].kill()
    letter = town.write(town.people[3], town.people[7])
    town.run_for(30)
    assert letter.stored_at is not None
    town.hosts[7].start()  # who comes later joins as ever
    town.run_for(60)
    assert letter.delivered_at is not None


def test_traffic_is_counted_by_purpose_in_datagrams_as_they_would_be() -> None:
    town, traffic = Town(3, seed=5), Traffic()
    town.world.taps.append(traffic)
    kinds: set[Sort] = set()
    town.world.taps.append(lambda _now, _source, _to, data: kinds.add(message_of(data)[0]))
    town.run_for(20)
    assert {Sort.HELLO, Sort.ANSWER, Sort.MESSAGE} <= kinds
    assert {"overlay", "circuits", "custody", "handshakes"} <= traffic.datagrams.keys()
    for purpose, count in traffic.datagrams.items():
        assert 256 * count <= traffic.bytes[purpose] <= 1232 * count


def test_an_attacker_who_has_both_guards_and_both_ends_is_sure() -> None:
    seen = exchange([walk(0, 2, 3, 4, 5)], [walk(1, 6, 7, 8, 9)], [5, 9])
    everybody = linked([seen], NODES[2:], 1.0, 1, Random(1))
    assert everybody == (1.0, 1.0, 1.0, 1.0)
    assert linked([seen], NODES[10:], 0.5, 10, Random(1)) == (0.0, 0.0, 0.0, 0.0)


def test_at_worst_any_place_in_the_bucket_will_do_but_not_another_path() -> None:
    guards_and_a_mate = exchange([walk(0, 2, 12, 13, 14)], [walk(1, 3, 15, 16, 17)], [4, 14, 17])
    assert linked([guards_and_a_mate], NODES[2:5], 1.0, 1, Random(1)) == (0.0, 1.0, 0.0, 1.0)
    two_halves = exchange([walk(0, 2, 12, 13, 14), walk(0, 15, 12, 13, 4)], [walk(1, 3, 16, 17, 4)], [14, 4])
    assert linked([two_halves], NODES[2:5], 1.0, 1, Random(1)).letters_sharp == 0.0


def test_those_whose_own_node_is_the_attackers_are_not_counted() -> None:
    seen = exchange([walk(0, 2, 3, 4, 5)], [walk(1, 6, 7, 8, 9)], [5, 9])
    assert linked([seen], NODES, 1.0, 3, Random(1)) == (0.0, 0.0, 0.0, 0.0)
