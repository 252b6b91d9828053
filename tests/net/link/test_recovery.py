"""What counts as lost, how long we wait, and how much may be under way."""

from __future__ import annotations

import math

import pytest

from net.errors import DecodeError
from net.link.congestion import INITIAL_WINDOW, MIN_WINDOW, TARGET_DELAY, Congestion
from net.link.frames import Ack
from net.link.recovery import MAX_TIMEOUT, MIN_TIMEOUT, REORDER_FRAMES, Recovery, SentFrame
from net.numbers import LARGE_DATAGRAM_SIZE


def sent(recovery: Recovery, numbers: range, at: float) -> None:
    for number in numbers:
        recovery.on_sent(number, SentFrame(at, 1232, number * 10, number * 10 + 10, has_ping=False, has_window=False))


def ack(*ranges: tuple[int, int], delay: float = 0.0) -> Ack:
    return Ack(ranges, delay)


def test_a_frame_is_lost_when_three_later_ones_came() -> None:
    recovery = Recovery(0.1)
    sent(recovery, range(10), 1.0)
    fates = recovery.on_ack(ack((REORDER_FRAMES, 10)), 10, 1.1)
    assert len(fates.confirmed) == 10 - REORDER_FRAMES
    assert [frame.start for frame in fates.lost] == [0, 10, 20]
    assert recovery.in_flight == 0


def test_a_slightly_reordered_frame_is_waited_for_and_then_lost() -> None:
    recovery = Recovery(0.1)
    sent(recovery, range(2), 1.0)
    assert recovery.on_ack(ack((1, 2)), 2, 1.1).lost == []
    deadline = recovery.deadline()
    assert 1.1 < deadline < 1.2
    assert [frame.start for frame in recovery.handle_timeout(deadline).lost] == [0]


def test_the_timeout_doubles_and_a_second_one_gives_everything_up() -> None:
    recovery = Recovery(0.1)
    sent(recovery, range(20), 1.0)
    first = recovery.timeout()
    assert MIN_TIMEOUT <= first < 1.0
    assert len(recovery.handle_timeout(1.0 + first).lost) == 2
    assert recovery.timeout() == pytest.approx(2 * first)
    assert len(recovery.handle_timeout(recovery.deadline()).lost) == 18
    assert recovery.congestion.window == MIN_WINDOW
    assert recovery.deadline() == math.inf


def test_the_timeout_is_bounded() -> None:
    recovery = Recovery(0.5)
    for number in range(40):
        sent(recovery, range(number, number + 1), recovery.deadline() if recovery.is_waiting() else 1.0 + number)
        recovery.handle_timeout(recovery.deadline())
    assert recovery.timeout() == MAX_TIMEOUT


def test_the_round_trip_leaves_out_the_peers_own_delay() -> None:
    recovery = Recovery(None)
    sent(recovery, range(1), 1.0)
    recovery.on_ack(ack((0, 1), delay=0.05), 1, 1.15)
    assert recovery.smoothed == pytest.approx(0.1)


def test_a_round_trip_is_measured_on_the_newest_frame_only() -> None:
    recovery = Recovery(0.1)
    sent(recovery, range(1), 1.0)
    recovery.on_ack(ack((5, 6), (0, 1)), 6, 9.0)  # 5 was a mere acknowledgement
    assert recovery.smoothed == pytest.approx(0.1)


def test_confirming_a_frame_never_sent_is_a_broken_rule() -> None:
    recovery = Recovery(0.1)
    sent(recovery, range(3), 1.0)
    with pytest.raises(DecodeError):
        recovery.on_ack(ack((0, 4)), 3, 1.1)
    assert recovery.in_flight == 3 * 1232


def test_an_ack_of_everything_since_the_beginning_costs_what_is_under_way() -> None:
    recovery = Recovery(0.1)
    sent(recovery, range(4_000_000_000, 4_000_000_002), 1.0)
    fates = recovery.on_ack(ack((0, 4_000_000_002)), 4_000_000_002, 1.1)
    assert len(fates.confirmed) == 2


def grow(congestion: Congestion, rounds: int, round_trip: float, start: float = 0.0) -> float:
    """Confirm a full window per round; return the time."""
    now = start
    for _ in range(rounds):
        now += round_trip
        for _ in range(congestion.window // LARGE_DATAGRAM_SIZE):
            congestion.on_confirmed(LARGE_DATAGRAM_SIZE, round_trip, now, was_limited=True)
    return now


def test_without_a_queue_the_window_doubles_each_round() -> None:
    congestion = Congestion()
    grow(congestion, 4, 0.05)
    assert congestion.window == INITIAL_WINDOW * 16


def test_a_queue_above_the_target_makes_the_window_shrink() -> None:
    congestion = Congestion()
    now = grow(congestion, 6, 0.05)
    before = congestion.window
    grow(congestion, 6, 0.05 + 2 * TARGET_DELAY, now)
    assert congestion.window < before


def test_the_window_settles_where_the_queue_is_at_its_target() -> None:
    """A path of 2 MB/s and 50 ms: what is beyond the product of both waits in the queue."""
    rate, base = 2e6, 0.05
    congestion, now = Congestion(), 0.0
    for _ in range(400):
        queue = max(0.0, congestion.window / rate - base)
        now = grow(congestion, 1, base + queue, now)
    assert 0.5 * TARGET_DELAY < congestion.window / rate - base < 1.5 * TARGET_DELAY


def test_losses_of_one_round_halve_the_window_once() -> None:
    congestion = Congestion()
    now = grow(congestion, 4, 0.05)
    before = congestion.window
    for _ in range(10):
        congestion.on_lost(now - 0.01, now)
    assert congestion.window == before // 2


def test_the_window_never_closes() -> None:
    congestion = Congestion()
    for at in range(40):
        congestion.on_lost(at + 0.5, at + 1.0)
    assert congestion.window == MIN_WINDOW


def test_an_idle_link_does_not_keep_its_old_speed() -> None:
    recovery = Recovery(0.05)
    grow(recovery.congestion, 6, 0.05)
    recovery.on_sent(0, SentFrame(100.0, 1232, 0, 10, has_ping=False, has_window=False))
    assert recovery.congestion.window == INITIAL_WINDOW
