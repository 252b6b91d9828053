"""Notices come at most one in some seconds, and a flood of them ever more seldom."""

from __future__ import annotations

from tui.notices.pauses import LONGEST, SETTLING, SHORTEST, Pauses


def test_the_first_is_told_at_once_and_the_next_are_gathered() -> None:
    pauses = Pauses()
    assert pauses.may_tell(100)
    assert not pauses.may_tell(101)
    assert not pauses.may_tell(102)
    assert pauses.release(102) == 0
    assert pauses.next_look(102) == SHORTEST - 2
    assert pauses.release(100 + SHORTEST) == 2
    assert pauses.release(100 + 9 * SHORTEST) == 0


def test_a_flood_is_told_ever_more_seldom_and_quiet_ends_that() -> None:
    pauses, now, told = Pauses(), 0.0, list[float]()
    pauses.may_tell(now)
    while now < 600:
        now += 1
        if pauses.release(now):
            told.append(now)
        pauses.may_tell(now)
    assert len(told) < 16
    assert told[-1] - told[-2] >= LONGEST
    now += 10 * LONGEST
    pauses.release(now)
    now += 10 * LONGEST
    assert pauses.may_tell(now)
    assert pauses.next_look(now) == SHORTEST


def test_what_came_while_the_account_was_away_is_told_once() -> None:
    pauses = Pauses()
    pauses.opened(50)
    assert [pauses.may_tell(50 + second) for second in range(10)] == [True] + [False] * 9
    assert pauses.held == 0
    assert pauses.may_tell(50 + SETTLING)


def test_a_lock_and_a_look_forget_what_was_held() -> None:
    for forget in (Pauses.locked, Pauses.seen):
        pauses = Pauses()
        pauses.may_tell(0)
        pauses.may_tell(1)
        forget(pauses)
        assert pauses.release(100) == 0
