"""Network time: when others overrule the own clock, and when they do not."""

from __future__ import annotations

from hypothesis import given, strategies as st

from net.ids import NodeId
from net.instant import HOUR_MS, Instant
from net.network_time import (
    AGREEMENT_MS,
    ASK_PAUSE,
    HELD_TIME,
    JUMP_CAUTION,
    MAX_PEERS,
    Clocks,
    NetworkTime,
    agreed_offset_ms,
)

MINUTE_MS = 60_000
START = Instant(100.0, 1_790_000_000_000)


def peer(number: int) -> NodeId:
    return NodeId(bytes([number]) * 32)


def heard(*hours_ahead: float) -> NetworkTime:
    time = NetworkTime()
    for number, hours in enumerate(hours_ahead):
        time.on_time_told(peer(number), START.wall_ms + round(hours * HOUR_MS), START)
    return time


def test_three_who_agree_overrule_a_wrong_clock_by_their_median() -> None:
    assert heard(3.0, 3.05, 3.1).offset_ms == round(3.05 * HOUR_MS)


def test_two_do_not() -> None:
    assert heard(3.0, 3.0).offset_ms == 0


def test_three_who_do_not_agree_do_not() -> None:
    assert heard(3.0, 4.0, 5.0).offset_ms == 0


def test_a_few_minutes_are_not_worth_it_but_are_shown() -> None:
    time = heard(0.1, 0.1, 0.1)
    assert time.offset_ms == 0
    assert time.difference_ms() == 6 * MINUTE_MS


def test_one_liar_among_four_moves_nothing() -> None:
    assert heard(0, 0, 0, 50).offset_ms == 0
    assert abs(heard(3, 3, 3, 50).offset_ms - 3 * HOUR_MS) < MINUTE_MS


def test_three_liars_among_seven_honest_move_nothing() -> None:
    assert heard(0, 0, 0, 0, 9, 9, 9).offset_ms == 0


def test_who_leaves_does_not_count() -> None:
    time = heard(3, 3, 3)
    time.forget(peer(0))
    assert time.offset_ms == 0


def test_a_peer_has_one_vote() -> None:
    time = NetworkTime()
    for _ in range(5):
        time.on_time_told(peer(1), START.wall_ms + 5 * HOUR_MS, START)
    assert time.offset_ms == 0


def test_voters_are_bounded() -> None:
    time = heard(*[3] * MAX_PEERS)
    for number in range(MAX_PEERS, 200):
        time.on_time_told(peer(number), START.wall_ms, START)
    assert abs(time.offset_ms - 3 * HOUR_MS) < MINUTE_MS


def test_when_the_own_clock_jumps_everybody_is_asked_anew() -> None:
    time = heard(3, 3, 3)
    assert not time.look(START)
    assert not time.look(Instant(START.mono + 60, START.wall_ms + MINUTE_MS))
    assert time.look(Instant(START.mono + 61, START.wall_ms + 4 * HOUR_MS))
    assert time.clocks() == Clocks()


def test_for_a_second_after_a_jump_network_time_goes_on_as_before() -> None:
    time = heard(3, 3, 3)
    time.look(START)
    jumped = Instant(START.mono + 1, START.wall_ms + 1000 - 5 * HOUR_MS)
    time.look(jumped)
    assert time.offset_ms == 8 * HOUR_MS
    time.look(Instant(jumped.mono + HELD_TIME / 2, jumped.wall_ms))
    assert time.offset_ms == 8 * HOUR_MS
    time.look(Instant(jumped.mono + HELD_TIME, jumped.wall_ms))
    assert time.offset_ms == 0


def test_a_clock_that_creeps_away_has_jumped_too() -> None:
    time = heard(0, 0, 0)
    steps = [Instant(START.mono + second, START.wall_ms + 1000 * second - 900 * second) for second in range(120)]
    assert sum(time.look(each) for each in steps) == 1
    assert time.clocks() == Clocks()


def test_a_clock_that_runs_away_does_not_make_us_ask_all_the_time() -> None:
    time = NetworkTime()
    steps = [Instant(START.mono + step / 10, START.wall_ms + step * HOUR_MS) for step in range(100)]
    assert sum(time.look(each) for each in steps) <= 100 / 10 / ASK_PAUSE + 1


def test_after_sleep_nobody_thinks_it_is_still_yesterday() -> None:
    # The monotonic clock stands still while the machine sleeps; the differences were taken before.
    time = heard(0, 0, 0)
    time.look(START)
    assert time.look(Instant(START.mono + 1, START.wall_ms + 8 * HOUR_MS))
    assert time.clocks() == Clocks()


@given(st.lists(st.integers(-(10**9), 10**9), max_size=20))
def test_the_offset_is_nothing_or_what_a_majority_says(differences: list[int]) -> None:
    offset = agreed_offset_ms(differences)
    if offset:
        near = [each for each in differences if abs(each - offset) <= AGREEMENT_MS]
        assert len(near) >= 3
        assert 2 * len(near) > len(differences)
        assert abs(offset) > AGREEMENT_MS


def test_three_who_agree_in_the_middle_of_many_who_do_not_are_no_majority() -> None:
    assert heard(-9, -5, 3, 3, 3, 20, 30).offset_ms == 0


# --- who is off -------------------------------------------------------------------------------------------------------


def test_one_that_is_off_is_named_with_how_far_it_is_ahead() -> None:
    clocks = heard(0, 0.1, -5).clocks()
    assert clocks == Clocks((peer(0), peer(1)), ((peer(2), -5 * HOUR_MS),), (peer(2),))


def test_who_is_alone_against_two_names_both_groups() -> None:
    time = heard(5, 5.1)
    clocks = time.clocks()
    assert clocks.is_alone
    assert clocks.agreeing == ()
    assert clocks.against == (peer(0), peer(1))
    assert time.offset_ms == 0, "two are no witnesses"
    assert abs(time.difference_ms() - 5.05 * HOUR_MS) < MINUTE_MS


def test_two_against_two_nobody_is_alone() -> None:
    clocks = heard(0, 5, 5).clocks()
    assert not clocks.is_alone
    assert clocks.agreeing == (peer(0),)
    assert clocks.against == (peer(1), peer(2))


def test_whom_everybody_contradicts_in_another_way_is_alone_all_the_same() -> None:
    clocks = heard(5, -9).clocks()
    assert clocks.is_alone
    assert clocks.against == (peer(0),), "of groups that are as large the nearest"


def test_who_has_witnesses_is_not_alone_and_measures_others_by_them() -> None:
    clocks = heard(5, 5, 5, 0).clocks()
    assert not clocks.is_alone
    assert clocks.off == ((peer(3), -5 * HOUR_MS),)


def test_the_median_of_those_who_differ_is_nobodys_time() -> None:
    assert heard(0, -5).difference_ms() == 0
    assert heard(0, 0, -5, -5).difference_ms() == 0


def test_nothing_is_over_by_a_clock_that_others_contradict() -> None:
    assert heard(-9, -9).caution_ms(START) == -9 * HOUR_MS
    assert heard(0, -9, -9).caution_ms(START) == -9 * HOUR_MS, "two against two"
    assert heard(0, 0, -9).caution_ms(START) == 0
    assert heard(9, 9).caution_ms(START) == 0
    assert heard(-9, -9, -9).caution_ms(START) == -9 * HOUR_MS


def test_nothing_is_over_by_a_jump_until_others_were_heard() -> None:
    time = NetworkTime()
    time.look(START)
    jumped = Instant(START.mono, START.wall_ms + 9 * HOUR_MS)
    time.look(jumped)
    time.look(late := Instant(jumped.mono + JUMP_CAUTION - 1, jumped.wall_ms))
    assert time.caution_ms(late) == -9 * HOUR_MS
    assert time.caution_ms(Instant(jumped.mono + JUMP_CAUTION, jumped.wall_ms)) == 0
    time.on_time_told(peer(1), late.wall_ms, late)
    assert time.caution_ms(late) == 0
