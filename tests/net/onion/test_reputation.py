"""Reputation: who loses more than its share is avoided, who does not is not."""

from __future__ import annotations

from random import Random

import pytest

from net.ids import NodeId
from net.onion.paths.reputation import HALF_LIFE, MAX_RECORDS, MAX_SUSPECTS, SUSPICION, Reputation
from tests.support.relays import NOW, at, node_of


class Traffic:
    """Paths of three over a number of relays, one every five seconds, through those that are not avoided."""

    def __init__(self, relays: int, droppers: set[int], seed: int) -> None:
        self.rng = Random(seed)
        self.nodes = [node_of(number) for number in range(relays)]
        self.droppers = {node_of(number) for number in droppers}
        self.reputation = Reputation()
        self.seconds = 0.0
        self.unjust: dict[NodeId, int] = {}
        self.lost = 0

    def send(self, paths: int, usual_loss: float = 0.0) -> None:
        self.lost = 0
        for _ in range(paths):
            self.seconds += 5.0
            now = at(self.seconds)
            avoided = self.reputation.avoided(now)
            for node in avoided - self.droppers:
                self.unjust[node] = self.unjust.get(node, 0) + 1
            path = self.rng.sample([each for each in self.nodes if each not in avoided], 3)
            if self.droppers & set(path) or self.rng.random() < usual_loss:
                self.lost += 1
                self.reputation.on_path_failed(path, now)
            else:
                self.reputation.on_path_worked(path, now)


@pytest.mark.parametrize("seed", range(4))
def test_a_dropping_relay_is_avoided_soon_and_honest_ones_are_not_starved(seed: int) -> None:
    traffic = Traffic(relays=12, droppers={3}, seed=seed)
    traffic.send(60)
    assert node_of(3) in traffic.reputation.avoided(at(traffic.seconds + 10))
    traffic.send(200)
    assert traffic.lost < 20
    assert sum(traffic.unjust.values()) < 0.1 * 260 * 11


@pytest.mark.parametrize("seed", range(4))
def test_a_fifth_of_droppers_does_a_quarter_of_its_harm(seed: int) -> None:
    traffic = Traffic(relays=20, droppers={0, 1, 2, 3}, seed=seed)
    traffic.send(200)
    traffic.send(200, usual_loss=0.02)
    assert traffic.lost < 0.25 * 0.49 * 200


def test_when_everything_fails_nobody_is_to_blame() -> None:
    traffic = Traffic(relays=12, droppers=set(), seed=1)
    traffic.send(100)
    traffic.send(100, usual_loss=1.0)
    assert len(traffic.reputation.avoided(at(traffic.seconds + 10))) <= 1


@pytest.mark.parametrize("seed", range(4))
def test_relays_that_went_away_after_a_good_life_are_avoided_soon(seed: int) -> None:
    traffic = Traffic(relays=12, droppers=set(), seed=seed)
    traffic.send(360)  # half an hour
    traffic.droppers = {node_of(number) for number in range(3)}
    traffic.send(120)
    traffic.send(100)
    assert traffic.lost < 20


def test_evidence_fades_and_who_was_avoided_gets_another_chance() -> None:
    traffic = Traffic(relays=12, droppers={3}, seed=2)
    traffic.send(60)
    later = at(traffic.seconds + 4 * HALF_LIFE)
    assert not traffic.reputation.avoided(later)


def test_at_most_a_third_is_avoided() -> None:
    reputation = Reputation()
    for round_ in range(40):
        reputation.on_path_worked([node_of(number) for number in range(6)], at(round_))
        for number in range(6, 12):
            reputation.on_path_failed([node_of(number)], at(round_))
    assert 0 < len(reputation.avoided(at(60))) <= 4


def test_records_and_suspects_are_bounded() -> None:
    reputation = Reputation()
    for number in range(MAX_RECORDS + 50):
        reputation.on_path_failed([node_of(number)], NOW)
    assert len(reputation) == MAX_RECORDS
    for number in range(MAX_SUSPECTS + 50):
        reputation.suspect(node_of(number), NOW)
    assert not reputation.is_suspect(node_of(0), NOW)
    assert reputation.is_suspect(node_of(MAX_SUSPECTS + 49), NOW)


def test_suspicion_lasts_a_day() -> None:
    reputation = Reputation()
    reputation.suspect(node_of(1), NOW)
    assert reputation.is_suspect(node_of(1), at(SUSPICION - 1))
    assert not reputation.is_suspect(node_of(1), at(SUSPICION))


def test_a_hopeless_guard_is_told_from_a_poor_network() -> None:
    reputation = Reputation()
    for second in range(20):
        reputation.on_path_failed([node_of(1)], at(second))
    assert not reputation.is_hopeless(node_of(1), at(30))  # nobody does better
    for second in range(20, 60):
        reputation.on_path_worked([node_of(2)], at(second))
    assert reputation.is_hopeless(node_of(1), at(70))
    assert not reputation.is_hopeless(node_of(2), at(70))


def test_a_guard_that_lets_nothing_through_after_a_good_life_is_hopeless_soon() -> None:
    reputation = Reputation()
    for second in range(20):
        reputation.on_path_worked([node_of(1)], at(second))
        reputation.on_path_worked([node_of(2)], at(second))
    for second in range(20, 26):
        assert not reputation.is_hopeless(node_of(1), at(second))
        reputation.on_path_worked([node_of(2)], at(second))
        reputation.on_path_failed([node_of(1)], at(second))
    assert reputation.is_hopeless(node_of(1), at(60))
    reputation.on_path_worked([node_of(1)], at(61))
    assert not reputation.is_hopeless(node_of(1), at(120)), "one thing that came through, and it is only poor"
