"""Network time: when others overrule the own clock, and when they do not."""

from __future__ import annotations

from hypothesis import given, strategies as st

from net.ids import NodeId
from net.instant import HOUR_MS, Instant
from net.timekeeping import AGREEMENT_MS, MAX_PEERS, NetworkTime, agreed_offset_ms

MINUTE_MS = 60_000
START = Instant(100.0, 1_790_000_000_000)


def peer(number: int) -> NodeId:
    return NodeId(bytes([number]) * 32)


def heard(*hours_ahead: float) -> NetworkTime:
    time = NetworkTime()
    for number, hours in enumerate(hours_ahead):
        time.heard(peer(number), START.wall_ms + round(hours * HOUR_MS), START)
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
        time.heard(peer(1), START.wall_ms + 5 * HOUR_MS, START)
    assert time.offset_ms == 0


def test_voters_are_bounded() -> None:
    time = heard(*[3] * MAX_PEERS)
    for number in range(MAX_PEERS, 200):
        time.heard(peer(number), START.wall_ms, START)
    assert abs(time.offset_ms - 3 * HOUR_MS) < MINUTE_MS


def test_when_the_own_clock_jumps_everybody_is_asked_anew() -> None:
    time = heard(3, 3, 3)
    assert not time.look(START)
    assert not time.look(Instant(START.mono + 60, START.wall_ms + MINUTE_MS))
    assert time.look(Instant(START.mono + 61, START.wall_ms + 3 * HOUR_MS))
    assert time.offset_ms == 0


def test_after_sleep_nobody_thinks_it_is_still_yesterday() -> None:
    # The monotonic clock stands still while the machine sleeps; the differences were taken before.
    time = heard(0, 0, 0)
    time.look(START)
    assert time.look(Instant(START.mono + 1, START.wall_ms + 8 * HOUR_MS))
    assert time.difference_ms() == 0


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
