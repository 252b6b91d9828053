"""Clocks that are wrong where nobody has three witnesses: texts of the others are stored all the same."""

# What a node still holds of others shows nowhere else.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest

from net.custodian.sweeps import SWEEP_PERIOD
from net.instant import HOUR_MS, Instant
from net.node.frontend import Frontend
from net.node.node import Node
from net.node.reconcile import PERIOD
from net.overlay.descriptor import EPOCH_HOURS
from simulator import Host
from simulator.nodes import leaf_node
from tests.support.parcels import box_bytes
from tests.support.village import Resident, Village

# Seconds from writing to stored, whatever happens to somebody else's clock.
STORED_WITHIN: Final = 15.0
# Seconds from a jump until everybody has noticed.
NOTICED: Final = 2 * PERIOD
# Hours that a box of an account lives for.
LIFE: Final = 49
YEARS: Final = -490_000.0  # a machine without a battery wakes up in 1970


def set_clocks(hosts: Sequence[Host], hours: Sequence[float]) -> None:
    for host, ahead in zip(hosts, hours, strict=True):
        host.skew_ms = round(ahead * HOUR_MS)


def write(writer: Resident) -> None:
    """Write a box as an account does, by network time as the writer's node has it."""
    host = writer.host
    host.node().look(host.now())
    host.flush()
    hour = (host.now().wall_ms + host.node().network_offset_ms()) // HOUR_MS
    number = 100 + len(writer.events)
    writer.deposit(box_bytes(number, expiry_hour=hour + LIFE))


def is_stored(village: Village, writer: Resident, seconds: float = STORED_WITHIN) -> bool:
    before = writer.copies()
    write(writer)
    return village.world.run_while(lambda: writer.copies() < before + 2, seconds, 0.25)


def left_out_by(node: Node, village: Village) -> set[int]:
    """Return the numbers of the full nodes that a node knows and does not use."""
    names = [host.node().node_id for host in village.fulls]
    return {names.index(each) for each in node.view().left_out}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "hours",
    [
        (0, 0, -5),
        (9, 0, 0),
        (0, 24, 0),
        (0, YEARS, 0),
        (0, -2.5, 0),
        (0, 1.5, 0),
        (0, -5, 9, 0),
        (0, 24, 24, 0),
    ],
    ids=str,
)
def test_texts_of_those_whose_clocks_are_right_are_stored(hours: tuple[float, ...], seed: int) -> None:
    village = Village(len(hours), 2, seed=seed)
    village.settle()
    set_clocks(village.fulls, hours)
    alice, bob = village.residents
    assert is_stored(village, alice), "at once"
    village.world.run_for(NOTICED)
    off = {number for number, ahead in enumerate(hours) if ahead}
    for resident in (alice, bob):
        assert is_stored(village, resident, 5)
        assert left_out_by(resident.node(), village) == off
        clocks = resident.node().view().clocks
        assert {each: round(ahead / HOUR_MS, 1) for each, ahead in clocks.off} == {
            village.fulls[number].node().node_id: hours[number] for number in off
        }
        assert not clocks.is_alone
    for number, host in enumerate(village.fulls):
        assert left_out_by(host.node(), village) == {
            other for other, ahead in enumerate(hours) if round(ahead - hours[number], 1)
        }


def _hang_up_nothing(self: Frontend, now: Instant) -> None:
    """Keep every circuit."""


def test_a_custodian_of_another_time_is_left_though_it_does_not_hang_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Circuits to it end from here: whatever it does, nothing more is asked of it and no stream of its is waited for."""
    village = Village(3, 2)
    village.settle()
    late = village.fulls[2]
    village.world.run_while(lambda: not late.node()._parts.frontend._of_end, 600, 1)
    monkeypatch.setattr(Frontend, "hang_up", _hang_up_nothing)
    late.skew_ms = 5 * HOUR_MS
    village.world.run_for(NOTICED)
    assert not late.node()._parts.frontend._of_end
    assert is_stored(village, village.residents[0], 5)


@pytest.mark.parametrize("hours", [(0, 0, -5), (0, -5, 9, 0)], ids=str)
def test_who_was_wrong_from_the_start_is_left_out_too(hours: tuple[float, ...]) -> None:
    village = Village(len(hours), 2)
    set_clocks(village.fulls, hours)
    village.settle()
    assert is_stored(village, village.residents[0])


def test_who_is_right_again_is_used_again_at_once_however_often_it_was_wrong() -> None:
    village = Village(3, 2)
    village.settle()
    late = village.fulls[2]
    for ahead in (-5, 9, -72, YEARS):
        late.skew_ms = round(ahead * HOUR_MS)
        village.world.run_for(NOTICED)
        assert all(len(resident.node().custodians()) == 2 for resident in village.residents)
        late.skew_ms = 0
        village.world.run_for(NOTICED)
        assert all(len(resident.node().custodians()) == 3 for resident in village.residents)
        assert late.node().view().left_out == ()
    assert is_stored(village, village.residents[0], 5)


@pytest.mark.parametrize("seconds", [20, 300])
def test_a_clock_that_is_set_back_little_by_little_comes_back(seconds: int) -> None:
    village = Village(3, 2)
    village.settle()
    late = village.fulls[2]
    late.skew_ms = 5 * HOUR_MS
    for step in range(2 * seconds):
        late.skew_ms = round(5 * HOUR_MS * (1 - (step + 1) / (2 * seconds)))
        village.world.run_for(0.5)
        if step % seconds == seconds // 2:
            assert is_stored(village, village.residents[0])
    assert village.world.run_while(
        lambda: any(host.node().view().left_out for host in [*village.fulls, village.residents[0].host]), 40, 1
    )


@pytest.mark.parametrize("hours", [1, -1, -1.9, 3, -3])
@pytest.mark.parametrize("seconds", [-60, 60, 1800])
def test_a_clock_set_at_the_turn_of_an_epoch(hours: float, seconds: int) -> None:
    """Everybody's clock shows ``seconds`` after the turn when one of them is set."""
    village = Village(3, 2)
    epoch = EPOCH_HOURS * HOUR_MS
    base = (seconds * 1000 - 30_000 - village.fulls[0].now().wall_ms) % epoch / HOUR_MS
    everybody = [*village.fulls, *(resident.host for resident in village.residents)]
    set_clocks(everybody, [base] * len(everybody))
    village.settle()
    set_clocks(village.fulls, [base, base + hours, base])
    assert is_stored(village, village.residents[0])
    village.world.run_for(60)
    assert is_stored(village, village.residents[1])


def test_a_persons_own_clock_is_corrected_by_three_witnesses_before_anything_is_written() -> None:
    village = Village(3, 2)
    village.settle()
    alice = village.residents[0]
    for ahead in (72, -5, 0, YEARS, 0):
        alice.host.skew_ms = round(ahead * HOUR_MS)
        assert is_stored(village, alice, 5)
        assert not alice.node().view().clocks.is_alone


def test_who_has_two_witnesses_waits_names_both_groups_and_goes_on_when_clocks_agree() -> None:
    village = Village(3, 2)
    village.settle()
    alice = village.residents[0]
    set_clocks(village.fulls, (-5, 0, 0))
    alice.host.skew_ms = 30 * HOUR_MS
    village.world.run_for(NOTICED)
    write(alice)
    village.world.run_for(60)
    assert alice.copies() == 0
    clocks = alice.node().view().clocks
    assert clocks.is_alone
    assert clocks.agreeing == ()
    assert set(clocks.against) == {host.node().node_id for host in village.fulls[1:]}
    assert is_stored(village, village.residents[1], 5)
    alice.host.skew_ms = 0
    assert village.world.run_while(lambda: len(alice.node().custodians()) < 2, 8, 0.25)
    assert not is_alone(alice)
    assert is_stored(village, alice, 6)


def is_alone(resident: Resident) -> bool:
    return resident.node().view().clocks.is_alone


@pytest.mark.parametrize("fulls", [3, 4])
def test_when_every_relay_is_wrong_in_the_same_way_people_go_by_them(fulls: int) -> None:
    village = Village(fulls, 2)
    village.settle()
    for ahead in (-5, 0):
        set_clocks(village.fulls, [ahead] * fulls)
        village.world.run_for(NOTICED)
        assert is_stored(village, village.residents[0])


@pytest.mark.parametrize("hours", [(-5, 9, 24), (-5, -5)])
def test_when_nobody_agrees_texts_wait_and_go_out_when_they_do(hours: tuple[float, ...]) -> None:
    village = Village(len(hours), 2)
    village.settle()
    set_clocks(village.fulls, hours)
    village.world.run_for(NOTICED)
    alice = village.residents[0]
    assert is_alone(alice)
    write(alice)
    village.world.run_for(60)
    assert alice.copies() == 0
    set_clocks(village.fulls, [0] * len(hours))
    assert village.world.run_while(lambda: alice.copies() < 2, STORED_WITHIN, 0.25)


def test_two_groups_of_two_each_go_on_among_themselves() -> None:
    village = Village(4, 2)
    village.settle()
    set_clocks(village.fulls, (0, 0, 9, 9))
    alice, bob = village.residents
    bob.host.skew_ms = 9 * HOUR_MS
    village.world.run_for(NOTICED)
    for resident in (alice, bob):
        assert is_stored(village, resident)
        clocks = resident.node().view().clocks
        assert (len(clocks.agreeing), len(clocks.against), clocks.is_alone) == (2, 2, False)


def test_nothing_is_thrown_away_by_a_clock_that_jumped_far_ahead() -> None:
    village = Village(3, 1, is_quiet=True)
    village.settle()
    assert is_stored(village, village.residents[0])
    village.world.run_for(30)
    assert village.parcels() == [1, 1, 1]
    village.fulls[2].skew_ms = 240 * HOUR_MS
    village.world.run_for(SWEEP_PERIOD + 60)
    assert village.parcels() == [1, 1, 1]


def test_who_is_wrong_and_has_three_witnesses_is_corrected_and_used() -> None:
    village = Village(4, 2)
    village.settle()
    village.fulls[3].skew_ms = -5 * HOUR_MS
    village.world.run_for(NOTICED)
    assert abs(village.fulls[3].node().network_offset_ms() - 5 * HOUR_MS) < 1000
    for resident in village.residents:
        assert left_out_by(resident.node(), village) == set()
        assert [round(ahead / HOUR_MS) for _, ahead in resident.node().view().clocks.off] == [-5]
        assert is_stored(village, resident, 5)


def test_a_newcomer_is_told_whose_clock_is_wrong_though_nobody_tells_of_that_node_any_more() -> None:
    village = Village(3, 0)
    village.settle()
    village.fulls[0].skew_ms = -5 * HOUR_MS
    village.world.run_for(NOTICED)
    newcomer = village.world.add(leaf_node(*(host.endpoint for host in village.fulls), tuning=village.tuning))
    village.settle()
    assert left_out_by(newcomer.node(), village) == {0}
    assert [round(ahead / HOUR_MS) for _, ahead in newcomer.node().view().clocks.off] == [-5]
    assert len(newcomer.node().custodians()) == 2
